r"""Nodes as the formulas of people, cut short.

A formula goes no deeper than to the nodes that the user named, and so many operations deep.

>>> from graphc.errors import Source
>>> from graphc.language.elaborate import elaborate
>>> program = elaborate(Source("r = a*b\ny = (r - exp(-c))**2/(1 + r)"))
>>> formula(program, program.outputs["y"])
'(r - exp(-c))**2/(1 + r)'
"""

from __future__ import annotations

from collections.abc import Collection

from graphc.ops import ATOM, OPS, POWER, PRODUCT, SIGN
from graphc.program import Program

DEPTH = 7  # operations inside each other; what is deeper is three dots
_TIGHT = ("mul", "div", "pow")  # written without spaces


def formula(program: Program, i: int, operands: Collection[int] | None = None) -> str:
    """The formula of a node.

    Parameters
    ----------
    program : Program
    i : int
    operands : collection of int, optional
        Names are used for these and below them only; by default, for all that have one.
    """
    return _operation(program, i, program.names if operands is None else operands, DEPTH)[0]


def _operand(program: Program, i: int, named: Collection[int], depth: int) -> tuple[str, int]:
    """An operand and how strongly it binds: its name if it has one."""
    node = program.nodes[i]
    if node[0] == "const":
        text = program.spellings.get(i) or repr(node[1])
        return text, SIGN if text[0] == "-" else ATOM
    if node[0] == "input":
        return str(node[1]), ATOM
    if i in named:
        if i in program.names:
            return program.names[i], ATOM
        named = program.names
    return _operation(program, i, named, depth) if depth else ("...", ATOM)


def _operation(program: Program, i: int, named: Collection[int], depth: int) -> tuple[str, int]:
    """An operation and how strongly it binds."""
    node = program.nodes[i]
    if node[0] in ("const", "input"):
        return _operand(program, i, named, depth)
    row = OPS[node[0]]
    parts = [_operand(program, a, named, depth - 1) for a in node[1:]]
    if not row.symbol:
        return f"{row.name}({', '.join(text for text, _ in parts)})", ATOM
    if len(parts) == 1:
        space = " " if row.symbol.isalpha() else ""
        return f"{row.symbol}{space}{_bracketed(parts[0], row.prec)}", row.prec
    space = "" if row.name in _TIGHT else " "
    left = _bracketed(parts[0], row.prec + (row.prec == POWER))
    right = _bracketed(parts[1], row.prec + (row.prec in (POWER - 1, PRODUCT, PRODUCT - 1)))
    return f"{left}{space}{row.symbol}{space}{right}", row.prec


def _bracketed(part: tuple[str, int], least: int) -> str:
    text, binds = part
    return text if binds >= least else f"({text})"
