"""SymPy expressions in and out.

Both ways are loops over sub-expressions; what SymPy itself does with a very deep expression
(simplifying it as it is built) does recurse.

>>> import sympy
>>> x, y = sympy.symbols("x y")
>>> program = from_sympy({"e": sympy.sin(x)*y + x/2})
>>> to_sympy(program, "e")
x/2 + y*sin(x)
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy
from sympy.codegen import cfunctions

from graphc.errors import OptionError, suggest
from graphc.inspect.evaluate import evaluate
from graphc.language.words import name_problem
from graphc.ops import OPS
from graphc.program import MAX_BITS, Input, Program, Rewrite

MAX_DEPTH = 250  # levels; SymPy recurses on them, and beyond gets slow before it fails
_FAMILY = {"add": "sum", "sub": "sum", "neg": "sum", "mul": "product", "div": "product"}
_ELEMENT = re.compile(r"(\w+)\[(\d+)\]")


def to_sympy(program: Program, name: str) -> Any:
    """The expression of a name of the model; inputs become real symbols.

    Parameters
    ----------
    program : Program
    name : str

    Raises
    ------
    OptionError
        There is no such name, or SymPy cannot hold an expression that deep.
    """
    known = {**program.bindings, **program.outputs}
    if name not in known:
        hint = suggest(name, known) or "defined: " + ", ".join(known)
        raise OptionError(f"'{name}' is not defined; {hint}")
    symbols = {n[1]: sympy.Symbol(n[1], real=True) for n in program.nodes if n[0] == "input"}
    root = known[name]
    if (depth := _depth(program, root)) > MAX_DEPTH:
        raise OptionError(
            f"'{name}' is nested too deeply for SymPy: {depth} levels, it can hold {MAX_DEPTH}"
        )
    return evaluate(program, symbols, "sympy", [root])[root]


def _depth(program: Program, root: int) -> int:
    """Levels of SymPy's expression, which holds sums of sums, and products, as one level."""
    depths: list[int] = []
    for i, node in enumerate(program.nodes[: root + 1]):
        family = _FAMILY.get(node[0], node[0])
        below = (depths[a] + (_FAMILY.get(program.nodes[a][0]) != family) for a in program.args(i))
        depths.append(max(below, default=0))
    return depths[root]


def from_sympy(outputs: Mapping[str, Any], rewrite: Rewrite | None = None) -> Program:
    """A program from SymPy expressions.

    Symbols called ``x[0]``, ``x[1]`` and elements of an ``IndexedBase`` are those of an array.

    Parameters
    ----------
    outputs : mapping of str to sympy.Expr
    rewrite : callable, optional
        See `graphc.derive.rules`.

    Raises
    ------
    OptionError
        An expression holds what the language does not have.
    """
    expressions = {name: _expression(name, e) for name, e in outputs.items()}
    order = list(_arguments_first(expressions.values()))
    program = Program(rewrite)
    _declare(program, order, expressions)
    nodes: dict[Any, int] = {}
    for e in order:
        nodes[e] = program.input(_name(e)) if _is_input(e) else _node(program, e, nodes)
    for name, expression in expressions.items():
        program.outputs[name] = program.bindings[name] = nodes[expression]
        program.names.setdefault(nodes[expression], name)
    return program


# --- names --------------------------------------------------------------------------------


def _expression(name: str, e: Any) -> Any:
    try:
        expression = sympy.sympify(e, strict=True)  # texts are not evaluated
    except sympy.SympifyError:
        expression = None
    if not isinstance(expression, sympy.Expr) or expression.is_Matrix:
        raise OptionError(f"'{name}' is not a SymPy expression but of type '{type(e).__name__}'")
    return expression


def _is_input(e: Any) -> bool:
    return isinstance(e, sympy.Symbol | sympy.Indexed)


def _name(e: Any) -> str:
    """Name of a symbol, or of an element: SymPy writes ``x[1]`` for both."""
    return str(e)


def _declare(program: Program, order: Sequence[Any], outputs: Iterable[str]) -> None:
    """Make inputs of the symbols, in the order of their names; elements make arrays."""
    symbols: dict[str, Any] = {}
    sizes: dict[str, int | None] = {}
    for e in filter(_is_input, order):
        if symbols.setdefault(_name(e), e) != e:
            raise OptionError(f"two different symbols are called '{_name(e)}'")
        if e.is_real is False:
            raise OptionError(f"the symbol '{e}' is not real")
        element = _ELEMENT.fullmatch(_name(e))
        name, size = (element[1], int(element[2]) + 1) if element else (_name(e), None)
        known = sizes.setdefault(name, size)
        if (known is None) != (size is None):
            raise OptionError(f"'{name}' is a number and an array")
        sizes[name] = size if known is None or size is None else max(known, size)
    _check_names(sizes, outputs)
    for name, size in sorted(sizes.items()):
        made = program.inputs[name] = Input(name, size)
        for element_name in made.elements:
            node = program.input(element_name)
            if size is None:
                program.names[node] = name


def _check_names(inputs: Mapping[str, object], outputs: Iterable[str]) -> None:
    """Names are those that a file may have."""
    for name in [*inputs, *outputs]:
        if not name.isidentifier():
            raise OptionError(f"{name!r} is not a name")
        problem = name_problem(name)
        if problem:
            raise OptionError("; ".join(filter(None, problem)))
    for name in outputs:
        if name in inputs:
            raise OptionError(f"'{name}' is a symbol and an output")


# --- expressions --------------------------------------------------------------------------


def _arguments_first(roots: Iterable[Any]) -> Iterator[Any]:
    """Sub-expressions, each once and after its arguments; no recursion."""
    waiting, seen = [(root, False) for root in reversed(list(roots))], set()
    while waiting:
        e, ready = waiting.pop()
        if ready:
            yield e
        elif e not in seen:
            seen.add(e)
            waiting.append((e, True))
            waiting += [(a, False) for a in reversed(_parts(e))]


def _parts(e: Any) -> Sequence[Any]:
    """The sub-expressions that get nodes of their own."""
    if e.is_Atom or _is_input(e):
        return ()
    if isinstance(e, sympy.Piecewise):
        return [part for pair in e.args for part in pair.args]
    if isinstance(e, sympy.Pow) and e.exp.is_Rational:
        return (e.base,)
    if isinstance(e, sympy.Mul):
        return [f.base if _is_divisor(f) else f for f in e.args if not f.is_Rational]
    return e.args  # type: ignore[no-any-return]


def _is_divisor(factor: Any) -> bool:
    """Whether a factor is better written below the line: ``x**-2``, ``1/sqrt(x)``."""
    return isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp.p < 0


def _node(program: Program, e: Any, nodes: Mapping[Any, int]) -> int:
    if e.is_Atom:
        return _atom(program, e)
    if isinstance(e, sympy.Pow):
        return _power(program, e, nodes)
    if isinstance(e, sympy.Mul):
        return _product(program, e, nodes)
    args = [nodes[a] for a in _parts(e)]
    if isinstance(e, sympy.Piecewise):
        return _where(program, e, args)
    if isinstance(e, sympy.ITE):
        return program.add(("where", *(_condition(program, e, a) for a in args)))
    special = _SPECIAL.get(type(e))
    if special is not None:
        return special(program, e, args)
    op = _OPERATIONS.get(type(e))
    if op is None:
        raise OptionError(
            f"'{type(e).__name__}' is not an operation of the language, in {_shown(e)}"
        )
    if OPS[op].conditions:
        args = [_condition(program, e, a) for a in args]
    if len(OPS[op].params) == 2 and len(args) != 2:
        result = args[0]
        for a in args[1:]:
            result = program.add((op, result, a))
        return result
    return program.add((op, *args))


def _shown(e: Any) -> str:
    try:
        text = str(e)
    except RecursionError:
        return "a deep expression"
    return text if len(text) <= 60 else text[:57] + "..."


def _condition(program: Program, e: Any, node: int) -> int:
    if not program.is_condition(node):
        raise OptionError(f"{_shown(e)} takes a number for a condition")
    return node


def _atom(program: Program, e: Any) -> int:
    if e is sympy.true or e is sympy.false:
        return program.const(bool(e))
    if e.is_Rational and max(abs(e.p), e.q).bit_length() <= MAX_BITS:
        return _rational(program, e)
    if not isinstance(e, sympy.Expr) or not e.is_number or not e.is_real:
        raise OptionError(f"'{e}' is not a real number of the language")
    value = float(e)
    if not math.isfinite(value):
        raise OptionError(f"the number {_shown(e)} is larger than any float")
    return program.const(value, "pi" if e is sympy.pi else "")


def _rational(program: Program, e: Any) -> int:
    above = program.const(int(e.p))
    return above if e.q == 1 else program.add(("div", above, program.const(int(e.q))))


def _where(program: Program, e: Any, args: Sequence[int]) -> int:
    pairs = list(zip(args[::2], args[1::2], strict=True))
    if e.args[-1].cond is not sympy.true:
        raise OptionError(f"a Piecewise needs a last branch (value, True), in {_shown(e)}")
    result = pairs[-1][0]
    for value, condition in reversed(pairs[:-1]):
        result = program.add(("where", _condition(program, e, condition), value, result))
    return result


def _power(program: Program, e: Any, nodes: Mapping[Any, int]) -> int:
    if not e.exp.is_Rational:
        if e.base is sympy.E:
            return program.add(("exp", nodes[e.exp]))
        return program.add(("pow", nodes[e.base], nodes[e.exp]))
    if e.exp.p < 0:
        one = program.const(1)
        return program.add(("div", one, _root(program, nodes[e.base], -e.exp)))
    return _root(program, nodes[e.base], e.exp)


def _root(program: Program, base: int, exponent: Any) -> int:
    """A base to a positive rational power."""
    if exponent == sympy.Rational(1, 2):
        return program.add(("sqrt", base))
    return base if exponent == 1 else program.add(("pow", base, _atom(program, exponent)))


def _product(program: Program, e: Any, nodes: Mapping[Any, int]) -> int:
    """A product: divisors below the line, of a number ``p/q`` too, and a -1 as a sign."""
    add = program.add
    number = math.prod((f for f in e.args if f.is_Rational), start=sympy.S.One)
    factors = [f for f in e.args if not f.is_Rational]
    above = [nodes[f] for f in factors if not _is_divisor(f)]
    below = [_root(program, nodes[f.base], -f.exp) for f in factors if _is_divisor(f)]
    if abs(number.p) != 1 or not above:
        above.insert(0, _atom(program, sympy.Integer(number.p)))
    elif number.p == -1:
        above[0] = add(("neg", above[0]))
    if number.q != 1:
        below.append(_atom(program, sympy.Integer(number.q)))
    result = above[0]
    for node in above[1:]:
        result = add(("mul", result, node))
    for node in below:
        result = add(("div", result, node))
    return result


# --- tables -------------------------------------------------------------------------------


def _polygamma(program: Program, e: Any, args: Sequence[int]) -> int:
    order = e.args[0]
    if not order.is_Integer or order < 0:
        raise OptionError(f"the order of a polygamma is a constant whole number, in {_shown(e)}")
    return program.add(("polygamma", *args) if order else ("digamma", args[1]))


def _sinc(program: Program, e: Any, args: Sequence[int]) -> int:
    """SymPy's is sin(x)/x, that of the language sin(pi*x)/(pi*x)."""
    return program.add(("sinc", program.add(("div", args[0], program.const(math.pi, "pi")))))


def _step(program: Program, e: Any, args: Sequence[int]) -> int:
    zero, one = program.const(0), program.const(1)
    below = program.add(("where", program.add(("lt", args[0], zero)), zero, args[1]))
    return program.add(("where", program.add(("gt", args[0], zero)), one, below))


_SPECIAL = {sympy.polygamma: _polygamma, sympy.sinc: _sinc, sympy.Heaviside: _step}


def _operations() -> dict[type, str]:
    """SymPy's classes to operations: the table's column, read backwards."""
    classes = {sympy.Add: "add", sympy.StrictLessThan: "lt", sympy.LessThan: "le",
               sympy.StrictGreaterThan: "gt", sympy.GreaterThan: "ge", sympy.Equality: "eq",
               sympy.Unequality: "ne", sympy.Mod: "mod", cfunctions.Cbrt: "cbrt",
               cfunctions.Sqrt: "sqrt"}  # fmt: skip
    for op, row in OPS.items():
        for found in (getattr(sympy, row.sympy, None), getattr(cfunctions, op, None)):
            if isinstance(found, type) and (not row.symbol or row.condition):
                classes.setdefault(found, op)
    return classes


_OPERATIONS = _operations()
