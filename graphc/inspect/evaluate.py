"""Reference meanings of a program: floats, mpmath's numbers, SymPy's expressions.

One loop over the nodes gives every node its value in a library; the operation table says which
function of the library it is, and operations that a library lacks are worked out from their
definitions.  Where a float operation is undefined the value is nan, so that a node of a branch not
taken stops nothing.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> evaluate(program, {"a": 2.0, "b": 1.0})[program.outputs["e"]]
6.0
"""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from graphc.language.templates import read
from graphc.ops import OPS
from graphc.program import Program

LIBRARIES = ("math", "mpmath", "sympy")


def evaluate(
    program: Program,
    inputs: Mapping[str, Any],
    library: str = "math",
    roots: Iterable[int] | None = None,
) -> list[Any]:
    """The value of every node.

    Parameters
    ----------
    program : Program
    inputs : mapping of str to number or expression
        A value for each scalar input and array element.
    library : str
        ``math``, ``mpmath`` or ``sympy``.
    roots : iterable of int, optional
        Work out only what these nodes need; other values are None.
    """
    needed = None if roots is None else program.reachable(roots)
    make = _number(library)
    values: list[Any] = []
    for i, node in enumerate(program.nodes):
        if needed is not None and not needed[i]:
            values.append(None)
        elif node[0] == "const":
            values.append(make(node[1], program.spellings.get(i, "")))
        elif node[0] == "input":
            values.append(inputs[node[1]])
        else:
            function = meaning(node[0], library)
            values.append(_apply(function, [values[a] for a in node[1:]], library))
    return values


def _apply(function: Callable[..., Any], args: list[Any], library: str) -> Any:
    if library == "sympy":
        return function(*args)
    try:
        result = function(*args)
    except (ArithmeticError, ValueError):
        result = 1j
    if type(result).__name__ in ("complex", "mpc"):  # beyond the real numbers
        return float("nan") if library == "math" else importlib.import_module(library).nan
    return result


@cache
def meaning(op: str, library: str) -> Callable[..., Any]:
    """The function of a library that an operation stands for."""
    row = OPS[op]
    if library == "sympy" and op in _SYMPY:
        return _SYMPY[op]
    if op == "where":
        return lambda c, a, b: a if c else b
    if library == "math" and row.python:
        path = "operator.pow" if op == "pow" else row.python
        module, _, name = path.partition(".")
        found = getattr(importlib.import_module(module), name, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    name = {"mpmath": row.mpmath, "sympy": row.sympy}.get(library, "")
    if row.symbol:
        if library == "sympy" and (row.condition or op in ("and", "or", "not")):
            named = {"Eq", "Ne", "And", "Or", "Not"}
            if row.sympy in named:
                return getattr(importlib.import_module("sympy"), row.sympy)  # type: ignore[no-any-return]
        if not row.definition:
            return _operator(op)
    if name and not row.symbol:
        return getattr(importlib.import_module(library), name)  # type: ignore[no-any-return]
    return _defined(op, library)


def _operator(op: str) -> Callable[..., Any]:
    names = {"div": "truediv", "and": "and_", "or": "or_", "not": "not_"}
    return getattr(operator, names.get(op, op))  # type: ignore[no-any-return]


def _piecewise(condition: Any, first: Any, second: Any) -> Any:
    import sympy

    return sympy.Piecewise((first, condition), (second, True))


def _real_cube_root(x: Any) -> Any:
    """SymPy's own ``cbrt`` is a complex root where x is negative."""
    import sympy

    return _piecewise(x >= 0, sympy.cbrt(x), -sympy.cbrt(-x))


_SYMPY: dict[str, Callable[..., Any]] = {"where": _piecewise, "cbrt": _real_cube_root}


def _defined(op: str, library: str) -> Callable[..., Any]:
    """An operation worked out from its definition in the table."""
    row = OPS[op]
    program, result = read(row.definition)

    def apply(*args: Any) -> Any:
        inputs = dict(zip(row.params, args, strict=True))
        return evaluate(program, inputs, library)[result]

    return apply


def _number(library: str) -> Callable[[Any, str], Any]:
    if library == "math":
        return lambda value, spelling: value
    module = importlib.import_module(library)
    if library == "mpmath":
        return lambda value, spelling: (
            +module.pi
            if spelling == "pi"
            else module.mpf(value)
            if type(value) is not bool
            else value
        )
    return lambda value, spelling: module.pi if spelling == "pi" else module.sympify(value)
