r"""Nodes as formulas, as a person would write them, as far as there is room.

Nodes that have names go by them; what is nested too deeply is left out.

>>> from graphc.errors import Source
>>> from graphc.language.elaborate import elaborate
>>> program = elaborate(Source("r = sqrt(x*x + y*y)\ns = -(r + 1)/(x - (y - 1))"))
>>> formula(program, program.outputs["s"])
'-(r + 1)/(x - (y - 1))'
>>> formula(program, program.outputs["s"], 14)
'-.../(x - ...)'
"""

from __future__ import annotations

import re
from collections.abc import Collection
from math import inf

from graphc.ops import ATOM, OPS, POWER, PRODUCT, SIGN, Op
from graphc.program import Program

DEPTH = 7  # of nested operations

Text = tuple[str, int]  # and how strongly it binds


def formula(
    program: Program, i: int, width: float = inf, operands: Collection[int] | None = None
) -> str:
    """A node in the language of expression files.

    Parameters
    ----------
    program : Program
    i : int
    width : float
        Columns; so many levels are shown as fit, with ``...`` for what is below.
    operands : collection of int, optional
        Names are used for these and below them only; by default below the node itself.
    """
    text = "..."
    for depth in range(DEPTH, 0, -1):
        text = _nested(program, i, depth, operands)
        if len(text) <= width:
            break
    return text


def name(program: Program, i: int) -> str:
    """What a node is called: its name, a constant's spelling; nothing for others."""
    node = program.nodes[i]
    if node[0] == "const":
        return program.spellings.get(i) or f"{node[1]}"
    return str(node[1]) if node[0] == "input" else program.names.get(i, "")


def _nested(program: Program, i: int, depth: int, operands: Collection[int] | None) -> str:
    """The formula down to a depth."""
    levels, nameless = {i: 0}, {i}
    for level in range(depth):
        for j in [j for j, at in levels.items() if at == level]:
            if j in nameless or not name(program, j):
                for a in program.args(j):
                    levels.setdefault(a, level + 1)
                    if operands is not None and j in nameless and a not in operands:
                        nameless.add(a)
    texts: dict[int, Text] = {}
    for j in sorted(levels):
        called = "" if j in nameless and program.args(j) else name(program, j)
        if called:
            texts[j] = called, SIGN if called[0] == "-" else ATOM
        else:
            whole = all(a in texts for a in program.args(j))
            texts[j] = _spelled(program, j, texts) if whole else ("...", ATOM)
    return texts[i][0]


def _spelled(program: Program, i: int, texts: dict[int, Text]) -> Text:
    op, *args = program.nodes[i]
    row, parts = OPS[op], [texts[a] for a in args]
    if op == "where":
        (test, _), (first, _), (second, _) = (_least(p, row.prec + 1) for p in parts)
        return f"{first} if {test} else {second}", row.prec
    if not row.symbol:
        return f"{row.name}({', '.join(text for text, _ in parts)})", ATOM
    if len(parts) == 1:
        factors = op == "neg" and program.nodes[args[0]][0] in ("mul", "div")  # -a*b is -(a*b)
        inner = _least(parts[0], PRODUCT if factors else row.prec)[0]
        return f"{row.symbol}{' ' * row.symbol.isalpha()}{inner}", row.prec
    return _infix(row, *parts), row.prec


def _infix(row: Op, left: Text, right: Text) -> str:
    """Operators associate to the left; powers bind a sign on their right."""
    power = row.prec == POWER
    first = _least(left, row.prec + power)[0]
    second = _least(right, SIGN if power else row.prec + 1)[0]
    symbol = row.symbol if re.fullmatch(r"[*/]+", row.symbol) else f" {row.symbol} "
    return f"{first}{symbol}{second}"


def _least(text: Text, prec: int) -> Text:
    """In parentheses if it does not bind as strongly."""
    return text if text[1] >= prec else (f"({text[0]})", ATOM)
