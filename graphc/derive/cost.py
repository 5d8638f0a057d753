"""Operations of straight-line code, counted by kind.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> cost(program, program.outputs.values())
Cost(multiplications=1, additions=2, divisions=0, functions=0, others=0)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphc.ops import OPS
from graphc.program import Program


@dataclass(frozen=True)
class Cost:
    """Operations of straight-line code, by kind."""

    multiplications: int = 0
    additions: int = 0
    divisions: int = 0
    functions: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        """All operations."""
        kinds = (self.multiplications, self.additions, self.divisions, self.functions, self.others)
        return sum(kinds)


_KINDS = {
    "mul": "multiplications",
    "add": "additions",
    "sub": "additions",
    "div": "divisions",
    "neg": "others",
    "where": "others",
}


def cost(program: Program, roots: Iterable[int]) -> Cost:
    """Operations that some nodes need, each counted once.

    Comparisons, choices and negations count as ``others``.
    """
    counts = dict.fromkeys(Cost.__dataclass_fields__, 0)
    needed = program.reachable(roots)
    for i, node in enumerate(program.nodes):
        if needed[i] and node[0] not in ("const", "input"):
            other = "others" if OPS[node[0]].condition else "functions"
            counts[_KINDS.get(node[0], other)] += 1
    return Cost(**counts)
