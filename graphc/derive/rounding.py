"""First-order bounds of rounding errors: how much of a value its own arithmetic can spoil.

Every operation v that rounds returns ``v*(1 + d)`` with ``|d|`` at most a known multiple of the
unit roundoff ``u = 2**-53`` (Higham, "Accuracy and Stability of Numerical Algorithms", section
2.2).  To first order that moves an output by its adjoint with respect to v times ``v*d``, so

    |error| <= u * sum over v of 2 * ulps(v) * |adjoint(v) * v|

(Linnainmaa, BIT 16, 1976; Griewank & Walther, "Evaluating Derivatives", section 2.3).  One reverse
sweep has all adjoints; the bound is nodes of the same program, and code like any other.

Inputs are taken as exact, and constants, folded ones too, as the doubles that they are.  Nothing
is said of underflow, nor of errors that carry an argument over a kink, a jump or the border of a
branch.  Where errors are not small against what they spoil, second-order terms count as well.
Only operations of the branch taken count, and nothing of the others is evaluated.  Where a slope is
infinite, as that of sqrt at 0, there is no first-order bound: it is inf, never an exception.
Where a value on the way is inf or nan, the bound may be nan too.

>>> from graphc.errors import Source
>>> from graphc.inspect.evaluate import evaluate
>>> from graphc.language.elaborate import elaborate
>>> program = elaborate(Source("d = (x + 1) - x"))
>>> made = error_bounds(Task(program, []))
>>> evaluate(made.program, {"x": 2.0**40})[made.parts[0]]  # x + 1 may be wrong by u*(x + 1)
0.00012207031250022204
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from graphc.derive.results import bare
from graphc.derive.rules import STRONG, Simplifier
from graphc.derive.task import Derivative, Task
from graphc.language.templates import Template, read, template
from graphc.ops import OPS
from graphc.program import Program

UNIT = 2.0**-53  # the unit roundoff of doubles

FEW = 4.0  # ulps, and units of u besides, of operations that are not in the table
_EXACT = ("neg", "abs", "sign", "copysign", "min", "max", "floor", "ceil", "trunc", "fmod", "where")
_ROUNDED = ("add", "sub", "mul", "div", "mod", "sqrt")

# By how many units in the last place an operation may be wrong.  IEEE arithmetic rounds correctly;
# for the functions of C libraries these are the errors that glibc's tests have on x86-64 (its file
# sysdeps/x86_64/fpu/libm-test-ulps), one more for acosh, erf, erfc and tanh, as tests seldom meet
# the largest errors; whoever searches finds larger ones (Gladman, Innocente, Mather & Zimmermann,
# "Accuracy of Mathematical Functions in Single, Double, Double Extended, and Quadruple Precision").
# Those of Python's own functions and of definitions have been measured.
ULPS = {
    **dict.fromkeys(_EXACT, 0.0),
    **dict.fromkeys(_ROUNDED, 0.5),
    **dict.fromkeys(("floordiv", "pow", "exp", "exp2", "expm1", "log", "log0", "log1p", "hypot",
                     "hypot3", "sin", "cos", "tan", "asin", "acos", "atan", "atan2"), 1.0),
    **dict.fromkeys(("log2", "log10", "sinh", "cosh", "asinh", "atanh", "erf", "xlogx",
                     "xlogy", "logit", "logratio", "sinrel", "exprel", "logrel",
                     "bernoulli", "xxlogx"), 2.0),
    **dict.fromkeys(("tanh", "acosh", "sigmoid", "softplus", "logsumexp", "sinc"), 3.0),
    "cbrt": 4.0,
    "erfc": 6.0,
    "gamma": 10.0,
    "lgamma": 4.0,
    "digamma": 4.0,
    "polygamma": 8.0,
}  # fmt: skip

# What is wrong besides, in units of u: near their zeros these have no relative accuracy.
ABSOLUTE = {"logsumexp": 4.0, "sinc": 2.0, "logit": 4.0, "lgamma": 16.0, "digamma": 20.0,
            "polygamma": 16.0}  # fmt: skip

# Partials that are defined wherever the operation is, in place of those that fail at the edge of
# its domain, or are 0 at a kink where an error has an effect.
_INF = "1e308*10"
STEEP = {
    "abs": ("copysign(1, x)",),
    "copysign": ("copysign(1, x)*copysign(1, y)", "0"),
    "sqrt": (f"where(out == 0, {_INF}, 0.5/out)",),
    "cbrt": (f"where(out == 0, {_INF}, 1/(3*out*out))",),
    "asin": (f"where(abs(x) == 1, {_INF}, 1/sqrt((1 - x)*(1 + x)))",),
    "acos": (f"where(abs(x) == 1, {_INF}, -1/sqrt((1 - x)*(1 + x)))",),
    "acosh": (f"where(x == 1, {_INF}, 1/sqrt((x - 1)*(x + 1)))",),
    "hypot": ("where(out == 0, 1, x/out)", "where(out == 0, 1, y/out)"),
    "hypot3": tuple(f"where(out == 0, 1, {x}/out)" for x in "xyz"),
    "log0": (f"where(x == 0, {_INF}, 1/x)",),
    "atan2": (f"where(hypot(x, y) == 0, {_INF}, x/hypot(x, y)/hypot(x, y))",
              f"where(hypot(x, y) == 0, {_INF}, -y/hypot(x, y)/hypot(x, y))"),
    "pow": (f"where(y == 0, 0, where(x == 0, where(y > 1, 0, where(y == 1, 1, {_INF})), y*out/x))",
            f"where(x > 0, out*log(x), where(x == 0 and y > 0, 0, {_INF}))"),
    "mod": ("1", "(out - x)/y"),
    "fmod": ("1", "where(y == 0, out, (out - x)/y)"),
    "xlogx": (f"where(x == 0, {_INF}, log(x) + 1)",),
    "xlogy": (f"where(y > 0, log(y), {_INF})", "where(x == 0, 0, x/y)"),
    "gamma": (f"where(abs(x) < {_INF}, out*digamma(x), x)",),
    "lgamma": (f"where(abs(x) < {_INF}, digamma(x), x)",),
    "digamma": (f"where(abs(x) < 1e-9, out*out, where(x > 1e9, 1/x, where(x > -10, "
                f"polygamma(1, x), {_INF})))",),
    "polygamma": ("0", "where(abs(x) < 1e-9, -(n + 1)*out/x, where(x > 1e9, -n*out/x, "
                       "polygamma(n + 1, x)))"),
}  # fmt: skip
_ENDLESS = {op for op, slopes in STEEP.items() if any(f"{_INF}," in s or f"{_INF})" in s
                                                      for s in slopes)}  # fmt: skip

Path = tuple[tuple[int, bool], ...]  # conditions and the sides on which something is computed


@dataclass(frozen=True)
class Term:
    """What one operation contributes to the bound of an output.

    Attributes
    ----------
    node : int
        The operation.
    adjoint : int
        The derivative of the output with respect to it, as a node of the branch.
    path : tuple of (int, bool)
        The branch: conditions, each with the side taken, from the outermost on.
    relative, absolute : float
        What its error may be, in units of u, relative to its value and besides.
    """

    node: int
    adjoint: int
    path: Path
    relative: float
    absolute: float


def error_bounds(task: Task) -> Derivative:
    """A bound for each output."""
    derived = task.program.copy()
    found = [_bound(derived, output) for output in task.program.outputs.values()]
    return Derivative(derived, {0: bare(tuple(found))})


def _bound(program: Program, output: int) -> int:
    """The node of the bound of one output."""
    terms = contributions(program, output)
    total = _total(program, terms)
    bound = program.add(("mul", total, program.const(UNIT)))
    used = {program.nodes[t.node][0] for t in terms}
    if not used.isdisjoint(_ENDLESS) or not used <= set(ULPS):
        bound = program.add(("min", _infinity(program), bound))  # inf where the sum is nan
    return bound


def contributions(program: Program, output: int) -> list[Term]:
    """The operations that an output depends on, in one reverse sweep; the program gets adjoints."""
    uses: dict[int, list[tuple[Path, int]]] = {output: [((), program.const(1))]}
    terms = []
    for w in range(output, -1, -1):
        if w in uses and program.args(w):
            program.origin = program.origins[w]
            path = _meet(program, [taken for taken, _ in uses[w]])
            adjoint = _gathered(program, path, uses.pop(w))
            terms.append(Term(w, adjoint, path, *rounding(program, w)))
            for u, taken, c in _slopes(program, w):
                uses.setdefault(u, []).append(((*path, *taken), _times(program, c, adjoint)))
    return terms


def rounding(program: Program, w: int) -> tuple[float, float]:
    """What the error of an operation may be, in units of u: relative to its value, and besides."""
    op, *args = program.nodes[w]
    if op == "add" and args[0] == args[1]:
        return 0.0, 0.0
    if op == "mul" and any(_is_power_of_two(program.value(a)) for a in args):
        return 0.0, 0.0
    if op == "div" and _is_power_of_two(program.value(args[1])):
        return 0.0, 0.0
    return 2 * ULPS.get(op, FEW), ABSOLUTE.get(op, 0.0 if op in ULPS else FEW)


def _is_power_of_two(value: float | None) -> bool:
    return value is not None and abs(math.frexp(value)[0]) == 0.5


def _slopes(program: Program, w: int) -> Iterator[tuple[int, Path, int]]:
    """The arguments of a node that are operations: branch, and local partial in it."""
    op, *args = program.nodes[w]
    lazy = dict(OPS[op].lazy)
    for k, (u, make) in enumerate(zip(args, _templates(program, w), strict=False)):
        if make is not None and program.args(u) and not program.is_condition(u):
            if k in lazy:
                yield u, ((args[0], lazy[k]),), program.const(1)
            else:
                c = make(program, (*args, w))
                if program.value(c) != 0:
                    yield u, (), c


def _templates(program: Program, w: int) -> list[Template | None]:
    op, *args = program.nodes[w]
    exponent = program.value(args[1]) if op == "pow" else None
    row, whole = OPS[op], isinstance(exponent, int) and exponent > 0
    texts = row.partials if whole else STEEP.get(op, row.partials)
    make = template if op in ULPS else _guarded
    return [None if t == "0" else make(t, (*row.params, "out")) for t in texts]


@cache
def _guarded(text: str, params: tuple[str, ...]) -> Template:
    """A partial of which nothing is known: inf where it divides by 0."""
    program, result = read(text)
    made, found = Program(), list[int]()
    for i, node in enumerate(program.nodes):
        if node[0] == "const":
            found.append(made.const(node[1], program.spellings.get(i, "")))
        elif node[0] == "input":
            found.append(made.input(node[1]))
        else:
            found.append(made.add((node[0], *(found[a] for a in node[1:]))))
            if node[0] == "div":
                zero = made.add(("eq", found[node[2]], made.const(0)))
                found[i] = made.add(("where", zero, _infinity(made), found[i]))
    return Template((made, found[result]), params)


def _infinity(program: Program) -> int:
    """The node of inf, which no constant can be."""
    return program.add(("mul", program.const(1e308), program.const(10)))


_strong = Simplifier(STRONG, make=Program.add)


def _times(program: Program, a: int, b: int) -> int:
    node = ("mul", a, b)
    found = _strong(program, node)
    return program.add(node) if found is None else found


def _plus(program: Program, a: int, b: int) -> int:
    node = ("add", a, b)
    found = _strong(program, node)
    return program.add(node) if found is None else found


# --- branches -----------------------------------------------------------------------------


def _meet(program: Program, paths: list[Path]) -> Path:
    """The branch in which at least one of several is computed, and no other."""
    distinct = list(dict.fromkeys(paths))
    first, common = distinct[0], min(map(len, distinct))
    while any(path[:common] != first[:common] for path in distinct):
        common -= 1
    rests = [path[common:] for path in distinct]
    both = {rest[0] for rest in rests if len(rest) == 1}
    if not all(rests) or any((c, not side) in both for c, side in both):
        return first[:common]
    return (*first[:common], (_either(program, rests), True)) if rests[1:] else first


def _either(program: Program, paths: list[Path]) -> int:
    """The condition that one of several branches is taken."""
    found = [_all(program, path) for path in paths]
    total = found[0]
    for one in found[1:]:
        total = program.add(("or", total, one))
    return total


def _all(program: Program, path: Path) -> int:
    sides = [c if side else program.add(("not", c)) for c, side in path]
    total = sides[0]
    for side in sides[1:]:
        total = program.add(("and", total, side))
    return total


def _gathered(program: Program, path: Path, parts: list[tuple[Path, int]]) -> int:
    """The sum of what was found in several branches, as a node of the one that holds them."""
    total = None
    for taken, node in parts:
        common = 0
        if taken != path:
            common = next((k for k, (a, b) in enumerate(zip(taken, path, strict=False)) if a != b),
                          min(len(taken), len(path)))  # fmt: skip
            node = _within(program, taken[common:], node)
        total = node if total is None else _plus(program, total, node)
    assert total is not None
    return total


def _within(program: Program, path: Path, node: int) -> int:
    """A node in a branch, 0 outside."""
    zero = program.const(0)
    for c, side in reversed(path):
        node = program.add(("where", c, node, zero) if side else ("where", c, zero, node))
    return node


def _total(program: Program, terms: list[Term]) -> int:
    """The sum of all terms, branch by branch."""
    sums: dict[Path, dict[float, int]] = {(): {}}
    for term in terms:
        program.origin = program.origins[term.node]
        for k in range(1, len(term.path) + 1):
            sums.setdefault(term.path[:k], {})
        for factor, size in _sizes(program, term):
            found = sums[term.path]
            found[factor] = _plus(program, found[factor], size) if factor in found else size
    done: dict[Path, int] = {}
    for path in sorted(sums, key=len, reverse=True):
        for factor, size in sorted(sums[path].items()):
            whole = size if factor == 1 else _times(program, program.const(factor), size)
            done[path] = _plus(program, done[path], whole) if path in done else whole
        if path and path in done:
            inner = _within(program, path[-1:], done.pop(path))
            outer = path[:-1]
            done[outer] = _plus(program, done[outer], inner) if outer in done else inner
    return done.get((), program.const(0))


def _sizes(program: Program, term: Term) -> Iterator[tuple[float, int]]:
    """Sizes of a term with their factors."""
    if term.relative:
        yield term.relative, program.add(("abs", _times(program, term.node, term.adjoint)))
    if term.absolute:
        yield term.absolute, program.add(("abs", term.adjoint))
