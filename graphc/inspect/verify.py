"""Derivatives checked three ways: between orders, against differences, against SymPy.

Hessians are checked against differences of first derivatives.

The differences are central ones in 60-digit arithmetic with a step of 1e-20, so that they are
exact to far more than double precision and nothing has to be tuned.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> [check.agrees for check in verify(program)]
[True, True, True, True, True]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from random import Random
from typing import Any

from graphc.bounds import region
from graphc.derive.jacobian import differentiate
from graphc.derive.twice import differentiate_twice
from graphc.errors import OptionError
from graphc.inspect.evaluate import evaluate
from graphc.ops import OPS
from graphc.program import Program

TOLERANCE = 1e-9  # relative; rounding in a long program, not a formula, accounts for it
POINTS = 5
SYMPY_LIMIT = 1_000  # operations of the outputs as trees; SymPy's derivatives of them swell
BRANCH_WEIGHT = 10
HESSIAN_LIMIT = 10_000  # nodes times first derivatives, which are all computed at many points

Jacobian = list[list[float]]


@dataclass(frozen=True)
class Check:
    """One comparison: what with what, the largest relative error, at how many points."""

    name: str
    error: float
    points: int

    @property
    def agrees(self) -> bool:
        """Whether the two are the same but for rounding."""
        return self.points > 0 and self.error < TOLERANCE


def verify(program: Program, at: Mapping[str, float] | None = None) -> list[Check]:
    """Compare the derivatives of a model with each other and with references.

    Parameters
    ----------
    program : Program
    at : mapping of str to float, optional
        One point to look at; a few reproducible ones by default.

    Raises
    ------
    OptionError
        The model is undefined at every point tried.
    """
    points = [dict(at)] if at is not None else list(_points(program))
    if not points:
        raise OptionError("no point was found where the model is defined; name one with --at")
    orders = {mode: _by_order(program, mode, points) for mode in ("forward", "reverse",
                                                                  "cross-country")}  # fmt: skip
    base = orders["reverse"]
    checks = [
        _compare("reverse order against forward order", base, orders["forward"]),
        _compare("reverse order against cross-country order", base, orders["cross-country"]),
        _compare("reverse order against differences in 60 digits", base,
                 [_differences(program, list(program.outputs.values()), p) for p in points]),
    ]  # fmt: skip
    if _hessian_size(program) <= HESSIAN_LIMIT:
        checks.append(_check_hessians(program, points))
    if _tree_size(program) <= SYMPY_LIMIT:
        checks.append(_compare("reverse order against SymPy", base, _by_sympy(program, points)))
    return checks


def left_out(program: Program) -> list[str]:
    """Comparisons that would take too long, and why."""
    hessian, tree = _hessian_size(program), _tree_size(program)
    found = []
    if hessian > HESSIAN_LIMIT:
        found.append(f"Hessian: {hessian:,} operations times first derivatives, more than "
                     f"{HESSIAN_LIMIT:,}")  # fmt: skip
    if tree > SYMPY_LIMIT:
        found.append(f"SymPy: {tree:,} operations written out, more than {SYMPY_LIMIT:,}")
    return found


def _hessian_size(program: Program) -> int:
    return len(program) * len(program.outputs) * len(program.elements())


def _tree_size(program: Program) -> int:
    """Operations of the outputs when nothing is shared; branches count more often.

    SymPy compares their conditions with each other as it makes them.
    """
    sizes: list[int] = []
    for i, node in enumerate(program.nodes):
        weight = BRANCH_WEIGHT if _has_branches(node[0]) else 1
        sizes.append(min(1 + weight * sum(sizes[a] for a in program.args(i)), 10**18))
    return sum(sizes[o] for o in program.outputs.values())


def _has_branches(op: str) -> bool:
    """Whether SymPy gets an operation as a choice between branches."""
    return op == "where" or (op in OPS and not OPS[op].sympy and "where" in OPS[op].definition)


def _points(program: Program) -> Iterator[dict[str, float]]:
    """A few points inside the bounds where all values are numbers."""
    random, found = Random(1), 0
    elements = [(e, i) for i in program.inputs.values() for e in i.elements]
    where = {e: region(i.bounds, i.default) for e, i in elements}
    for attempt in range(200):
        spread = (0.5, 1.0, 2.0, 0.1)[attempt % 4]
        point = {
            e: centre + spread * reach * random.uniform(-1, 1)
            for e, (centre, reach) in where.items()
        }
        values = evaluate(program, point)
        if all(isfinite(values[o]) for o in program.outputs.values()):
            yield point
            found += 1
            if found == POINTS:
                return


def _by_order(program: Program, mode: str, points: list[dict[str, float]]) -> list[Jacobian]:
    derived, matrix, _ = differentiate(program, list(program.inputs.values()), mode)
    found = []
    for point in points:
        values = evaluate(derived, point)
        found.append([[0.0 if c is None else float(values[c]) for c in row] for row in matrix])
    return found


def _check_hessians(program: Program, points: list[dict[str, float]]) -> Check:
    """The Hessians in the order taken, against differences of the first derivatives."""
    inputs, size = list(program.inputs.values()), len(program.elements())
    first, matrix, _ = differentiate(program, inputs, "reverse")
    zero = first.const(0)
    slopes = [zero if c is None else c for row in matrix for c in row]
    derived, _, triangles, _ = differentiate_twice(program, inputs, "auto")
    found = []
    for point in points:
        values = evaluate(derived, point)
        at = [{pair: float(values[c]) for pair, c in t.items()} for t in triangles]
        found.append([
            [t.get((max(i, j), min(i, j)), 0.0) for j in range(size)]
            for t in at for i in range(size)
        ])  # fmt: skip
    wanted = [_differences(first, slopes, point) for point in points]
    return _compare("Hessian against differences of first derivatives", found, wanted)


def _differences(program: Program, nodes: list[int], point: Mapping[str, float]) -> Jacobian:
    """Central differences of some nodes, a row for each."""
    import mpmath

    with mpmath.workdps(60):
        step = mpmath.mpf("1e-20")
        exact = {e: mpmath.mpf(v) for e, v in point.items()}

        def values(element: str, sign: int) -> list[Any]:
            moved = {**exact, element: exact[element] + sign * step}
            found = evaluate(program, moved, "mpmath")
            return [found[node] for node in nodes]

        columns = []
        for e in program.elements():
            above, below = values(e, 1), values(e, -1)
            columns.append([float((a - b) / (2 * step)) for a, b in zip(above, below, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


def _by_sympy(program: Program, points: list[dict[str, float]]) -> list[Jacobian]:
    import sympy

    from graphc.inspect.sympy_bridge import to_sympy

    symbols = {e: sympy.Symbol(e, real=True) for e in program.elements()}
    steps = {step: _flat(step) for step in (sympy.floor, sympy.ceiling)}
    outputs = [to_sympy(program, name) for name in program.outputs]
    for step, flat in steps.items():
        outputs = [e.replace(step, flat) for e in outputs]
    rows = [[sympy.diff(e, symbol) for symbol in symbols.values()] for e in outputs]
    for step, flat in [*steps.items(), (lambda *_: sympy.Integer(0), sympy.DiracDelta)]:
        rows = [[d.replace(flat, step) for d in row] for row in rows]
    return _evaluated(list(symbols.values()), rows, points)


def _flat(step: Any) -> Any:
    """A function that stands for steps, whose derivatives SymPy leaves open: they are 0."""
    import sympy

    class Flat(sympy.Function):  # type: ignore[misc]  # SymPy has no types
        def fdiff(self, argindex: int = 1) -> Any:
            return sympy.Integer(0)

    return type(f"Flat{step.__name__}", (Flat,), {})


def _evaluated(
    symbols: list[Any], rows: list[list[Any]], points: list[dict[str, float]]
) -> list[Jacobian]:
    """The numbers of SymPy's expressions; by mpmath, if it can, which is much faster."""
    import mpmath
    import sympy

    found = []
    try:
        function = sympy.lambdify(symbols, rows, "mpmath", cse=True)
        with mpmath.workdps(40):
            return [
                [[float(d) for d in row] for row in function(*map(mpmath.mpf, point.values()))]
                for point in points
            ]
    except Exception:  # of any kind: a function that mpmath lacks, or an untaken branch
        for point in points:
            at = {s: sympy.Float(v, 40) for s, v in zip(symbols, point.values(), strict=True)}
            found.append([[float(d.subs(at).evalf(30)) for d in row] for row in rows])
    return found


def _compare(name: str, found: list[Jacobian], wanted: list[Jacobian]) -> Check:
    """The largest distance, relative to the largest entry of the output's row."""
    worst = 0.0
    for ours, theirs in zip(found, wanted, strict=True):
        for our_row, their_row in zip(ours, theirs, strict=True):
            scale = max(map(abs, their_row), default=0.0) or 1.0
            for a, b in zip(our_row, their_row, strict=True):
                error = abs(a - b) / scale
                worst = max(worst, error) if error == error else float("inf")
    return Check(name, worst, len(found))
