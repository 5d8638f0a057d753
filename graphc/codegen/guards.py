"""Which operations may raise in Python, and which stand for them where nothing is to raise.

Python's floats raise where IEEE 754 goes on: a division by zero is a ZeroDivisionError, ``log(0)``
a ValueError, ``exp(1000)`` an OverflowError.  That is the default of generated code too
(``errors="raise"``): it is what the formulas mean in Python, it costs nothing, and a traceback
says where.  Optimisers want a number instead, so that a line search steps back: with
``errors="ieee"`` operations that may raise are calls of small functions that catch the error and
return what the operation table says, and everything else stays as it is.  So both modules agree
bit for bit wherever the first does not raise.  (numba, which knows no such errors, makes IEEE
arithmetic of the default: ``njit(error_model="numpy")``; it does not compile the small functions.)

The whole numbers of Python's ``floor``, ``ceil`` and ``trunc`` have no largest one, but as soon as
one beyond the floats meets a float it raises.  Sums and products of such numbers are exact as far
as floats reach, as they are without, and infinite from there on.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = log(x)/2 + 1/x + x**3"))
>>> guards(program)
{('log', 0): 'log', ('div', 4, 0): 'div', ('pow', 0, 7): 'power'}
"""

from __future__ import annotations

from collections.abc import Iterable

from graphc.errors import OptionError
from graphc.ops import OPS
from graphc.program import Node, Program

ERRORS = ("raise", "ieee")

POWER, WHOLE = "power", "whole"  # helpers that are not operations of the table

_GUARDED = {name for name, row in OPS.items() if row.ieee}
_QUOTIENTS = ("div", "floordiv", "mod")  # fmod raises for infinite dividends too
_ROUNDED = ("floor", "ceil", "trunc")
_SAME = ("neg", "abs", "min", "max", "where")  # whole if an operand is
_FOLLOWING = ("add", "sub", "mul", "floordiv", "mod")  # whole if both operands are
_GROWING = ("add", "sub", "mul", "pow")  # may then be larger than they are


def check_errors(errors: str) -> str:
    """The option, if it is one.

    Raises
    ------
    OptionError
        It is unknown.
    """
    if errors not in ERRORS:
        raise OptionError(f"unknown errors '{errors}'; choose from {', '.join(ERRORS)}")
    return errors


def guards(program: Program) -> dict[Node, str]:
    """The helper that stands for each operation that may raise."""
    found: dict[Node, str] = {}
    for node in program.nodes:
        if node[0] in _GUARDED and not _is_safe(program, node):
            whole = node[0] == "pow" and is_whole(program.value(node[2]))
            found[node] = POWER if whole else node[0]
    return found


def _is_safe(program: Program, node: Node) -> bool:
    """Whether the operands that are constants exclude any error."""
    divisor = program.value(node[2]) if node[0] in _QUOTIENTS else None
    return bool(divisor)


def is_whole(value: float | None) -> bool:
    """Whether a constant exponent is written as a whole number."""
    return value is not None and value == int(value)


def whole_numbers(program: Program, order: Iterable[int]) -> set[int]:
    """Nodes that may be whole numbers of Python, which have neither a largest one nor a -0."""
    found: set[int] = set()
    for i in order:
        node = program.nodes[i]
        if node[0] in _ROUNDED or (found and _stays_whole(program, node, found)):
            found.add(i)
    return found


def _stays_whole(program: Program, node: Node, whole: set[int]) -> bool:
    op, *args = node
    if op == "pow":
        exponent = program.value(args[1])
        return args[0] in whole and is_whole(exponent) and (exponent or 0) >= 0
    if op in _SAME:
        return not whole.isdisjoint(args)
    return op in _FOLLOWING and whole.issuperset(args)


def growing(program: Program, whole: set[int]) -> set[Node]:
    """Sums, products and powers of whole numbers, which may be larger than all floats."""
    return {program.nodes[i] for i in whole if program.nodes[i][0] in _GROWING}
