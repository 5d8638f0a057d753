"""SymPy expressions in and out.

>>> import sympy
>>> x, y = sympy.symbols("x y")
>>> program = from_sympy({"e": sympy.sin(x)*y + x/2})
>>> to_sympy(program, "e")
x/2 + y*sin(x)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sympy

from graphc.errors import OptionError, suggest
from graphc.evaluate import evaluate
from graphc.ops import OPS
from graphc.program import Input, Program, Rewrite


def to_sympy(program: Program, name: str) -> Any:
    """The expression of a name of the model; inputs become real symbols.

    Parameters
    ----------
    program : Program
    name : str

    Raises
    ------
    OptionError
        There is no such name.
    """
    known = {**program.bindings, **program.outputs}
    if name not in known:
        raise OptionError(f"'{name}' is not defined; {suggest(name, known) or 'defined: ' + ', '.join(known)}")
    symbols = {n[1]: sympy.Symbol(n[1], real=True) for n in program.nodes if n[0] == "input"}
    return evaluate(program, symbols, "sympy")[known[name]]


def from_sympy(outputs: Mapping[str, Any], rewrite: Rewrite | None = None) -> Program:
    """A program from SymPy expressions.

    Parameters
    ----------
    outputs : mapping of str to sympy.Expr
    rewrite : callable, optional
        See `graphc.rules`.

    Raises
    ------
    OptionError
        An expression holds what the language does not have.
    """
    program = Program(rewrite)
    nodes: dict[Any, int] = {}
    expressions = {name: sympy.sympify(e) for name, e in outputs.items()}
    for symbol in sorted({s for e in expressions.values() for s in e.free_symbols}, key=str):
        if not str(symbol).isidentifier():
            raise OptionError(f"the symbol '{symbol}' is not a name")
        program.inputs[str(symbol)] = Input(str(symbol))
        nodes[symbol] = program.input(str(symbol))
        program.names[nodes[symbol]] = str(symbol)
    for name, expression in expressions.items():
        for e in _arguments_first(expression, nodes):
            nodes[e] = _node(program, e, [nodes[a] for a in _parts(e)])
        program.outputs[name] = program.bindings[name] = nodes[expression]
        program.names.setdefault(nodes[expression], name)
    return program


def _arguments_first(root: Any, done: Mapping[Any, int]) -> Iterator[Any]:
    """Sub-expressions that have no node yet, each after its arguments; no recursion."""
    waiting, seen = [(root, False)], set(done)
    while waiting:
        e, ready = waiting.pop()
        if ready:
            yield e
        elif e not in seen:
            seen.add(e)
            waiting.append((e, True))
            waiting += [(a, False) for a in reversed(_parts(e))]


def _parts(e: Any) -> Sequence[Any]:
    if isinstance(e, sympy.Piecewise):
        return [part for pair in e.args for part in pair.args]
    return () if e.is_Atom else e.args  # type: ignore[no-any-return]


def _node(program: Program, e: Any, args: list[int]) -> int:
    add = program.add
    if e.is_Atom:
        return _atom(program, e)
    if isinstance(e, sympy.Piecewise):
        return _where(program, e, args)
    if isinstance(e, sympy.Pow):
        return _power(program, e, args)
    if isinstance(e, sympy.Mul):
        return _product(program, e, args)
    op = _OPERATIONS.get(type(e).__name__)
    if op is None:
        raise OptionError(f"'{type(e).__name__}' is not an operation of the language")
    if len(OPS[op].params) == 2 and len(args) > 2:
        result = args[0]
        for a in args[1:]:
            result = add((op, result, a))
        return result
    return add((op, *args))


def _atom(program: Program, e: Any) -> int:
    if e is sympy.true or e is sympy.false:
        return program.const(bool(e))
    if e.is_Rational and not e.is_Integer:
        return program.add(("div", program.const(int(e.p)), program.const(int(e.q))))
    if e.is_Integer:
        return program.const(int(e))
    if e.is_number and e.is_real and e.is_finite:
        return program.const(float(e), "pi" if e == sympy.pi else "")
    raise OptionError(f"'{e}' is not a real number of the language")


def _where(program: Program, e: Any, args: list[int]) -> int:
    pairs = list(zip(args[::2], args[1::2], strict=True))
    if e.args[-1].cond is not sympy.true:
        raise OptionError("a Piecewise needs a last branch that is always true")
    result = pairs[-1][0]
    for value, condition in reversed(pairs[:-1]):
        result = program.add(("where", condition, value, result))
    return result


def _power(program: Program, e: Any, args: list[int]) -> int:
    base, exponent = args
    add, one = program.add, program.const(1)
    if e.base is sympy.E:
        return add(("exp", exponent))
    if e.exp == sympy.Rational(1, 2):
        return add(("sqrt", base))
    if e.exp == -sympy.Rational(1, 2):
        return add(("div", one, add(("sqrt", base))))
    if e.exp.is_Integer and e.exp < 0:
        return add(("div", one, add(("pow", base, program.const(-int(e.exp))))))
    return add(("pow", base, exponent))


def _product(program: Program, e: Any, args: list[int]) -> int:
    """A product; factors with exponent -1 become divisions, a leading -1 a negation."""
    above: list[int] = []
    below: list[int] = []
    for factor, node in zip(e.args, args, strict=True):
        inverse = isinstance(factor, sympy.Pow) and factor.exp == -1
        if inverse:
            below.append(program.nodes[node][2])
        elif factor.is_Rational and factor.p == 1 and factor.q != 1:
            below.append(program.const(int(factor.q)))
        else:
            above.append(node)
    result = above[0] if above else program.const(1)
    for node in above[1:]:
        result = program.add(("mul", result, node))
    for node in below:
        result = program.add(("div", result, node))
    return result


def _operations() -> dict[str, str]:
    """SymPy's class names to operations: the table's column, read backwards."""
    names = {"Add": "add", "StrictLessThan": "lt", "LessThan": "le", "StrictGreaterThan": "gt",
             "GreaterThan": "ge", "Equality": "eq", "Unequality": "ne"}  # fmt: skip
    for op, row in OPS.items():
        if row.sympy and (not row.symbol or row.condition):
            found: Callable[..., Any] | None = getattr(sympy, row.sympy, None)
            if isinstance(found, type):
                names.setdefault(found.__name__, op)
    return names


_OPERATIONS = _operations()
