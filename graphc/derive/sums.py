"""Stable forms of sums with any number of terms: lengths, and logarithms of sums of exponentials.

>>> from graphc.derive.rules import EXACT, Simplifier
>>> from graphc.errors import Source
>>> from graphc.language.elaborate import elaborate
>>> program = elaborate(Source("y = x*x + z**2"), Simplifier(EXACT))
>>> found = length(program, program.outputs["y"])
>>> [program.nodes[i] for i in found.operands]
[('input', 'x'), ('input', 'z')]
"""

from __future__ import annotations

from collections.abc import Sequence

from graphc.derive.forms import CHAINS, ZERO, Chain, Match
from graphc.program import Node, Program

MAX_TERMS = 256  # of a sum that is looked at

_LENGTH = next(chain for chain in CHAINS if chain.outer == "sqrt")


def length(program: Program, i: int) -> Match | None:
    """The root of a sum of squares."""
    return in_sum(program, ("sqrt", i), _LENGTH) if program.nodes[i][0] == "add" else None


def in_sum(program: Program, node: Node, chain: Chain) -> Match | None:
    """The form of a sum under an operation, if every term is one of its terms."""
    operands = _operands(program, node, chain)
    if operands is None or len(operands) - operands.count(ZERO) < 2:
        return None

    def build(program: Program, new: Sequence[int]) -> int:
        args = [program.const(0) if a == ZERO else new[a] for a in operands]
        if chain.op == "hypot" and len(args) > 2:
            args = [program.add(("hypot3", *args[:3])), *args[3:]]
        total = args[0]
        for a in args[1:]:
            total = program.add((chain.op, total, a))
        return total

    return Match(chain, tuple(a for a in operands if a != ZERO), build)


def _operands(program: Program, node: Node, chain: Chain) -> list[int] | None:
    """What stands in the terms, from left to right."""
    waiting, operands = [node[1]], list[int]()
    if chain.power is not None and program.value(node[2]) != chain.power:
        return None
    while waiting:
        if len(operands) + len(waiting) > MAX_TERMS:
            return None
        i = waiting.pop()
        operand = chain.operand(program, i)
        if operand is not None:
            operands.append(operand)
        elif program.nodes[i][0] == "add":
            waiting += program.nodes[i][1:]
        else:
            return None
    return operands[::-1]
