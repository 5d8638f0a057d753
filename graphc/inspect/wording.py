r"""An operation as a person would write it, as far as there is room.

Nodes that have names go by them; what is nested too deeply is left out.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("r = sqrt(x*x + y*y)\ns = -(r + 1)/(x - (y - 1))"))
>>> expression(program, program.outputs["s"])
'-(r + 1)/(x - (y - 1))'
>>> expression(program, program.outputs["s"], 14)
'-.../(x - ...)'
"""

from __future__ import annotations

import re

from graphc.ops import ATOM, OPS, POWER, PRODUCT, SIGN, Op
from graphc.program import Program

WIDTH = 50  # columns
DEPTH = 5  # of nested operations
_LEAVES = ("const", "input", "error")

Text = tuple[str, int]  # and how strongly it binds


def expression(program: Program, i: int, width: int = WIDTH) -> str:
    """A node in the language of expression files; shortened with ``...`` to a width."""
    text = "..."
    for depth in range(DEPTH, 0, -1):
        text = _nested(program, i, depth)
        if len(text) <= width:
            break
    return text


def name(program: Program, i: int) -> str:
    """What a node is called: its name, a constant's spelling; nothing for others."""
    node = program.nodes[i]
    if node[0] == "const":
        return program.spellings.get(i) or f"{node[1]}"
    return str(node[1]) if node[0] == "input" else program.names.get(i, "")


def _nested(program: Program, i: int, depth: int) -> str:
    """The expression down to a depth."""
    levels = {i: 0}
    for level in range(depth):
        for j in [j for j, at in levels.items() if at == level]:
            if j == i or not name(program, j):
                for a in program.args(j):
                    levels.setdefault(a, level + 1)
    texts: dict[int, Text] = {}
    for j in sorted(levels):
        called = name(program, j) if j != i or not program.args(j) else ""
        whole = all(a in texts for a in program.args(j))
        if called:
            texts[j] = called, SIGN if called[0] == "-" else ATOM
        else:
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
        return f"{row.symbol}{' ' * row.symbol.isalpha()}{_least(parts[0], PRODUCT)[0]}", row.prec
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
