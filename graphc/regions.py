"""Which branch of which condition a value belongs to.

A region is a branch of a condition, inside another region; the whole body is region 0.  The region
of a node is the innermost one that contains all its uses: a value that only one branch needs is
then computed in that branch only.  This is the lazy code motion of Knoop, Ruething and Steffen
(PLDI 1992) for a program without loops: everything sinks as far as it can.

>>> from graphc.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = sqrt(x) if x > 0 else x"))
>>> program.nodes
[('input', 'x'), ('sqrt', 0), ('const', 0), ('gt', 0, 2), ('where', 3, 1, 0)]
>>> find_regions(program, [3, 1, 1, 1, 1], [4])[0]
[0, 1, 0, 0, 0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphc.ops import OPS
from graphc.program import Program

MAX_DEPTH = 60  # of nested conditionals; Python allows 100 levels of indentation


@dataclass
class Region:
    """A branch of a condition, inside another region."""

    parent: int
    depth: int
    children: dict[tuple[int, bool], int] = field(default_factory=dict)


def find_regions(
    program: Program, uses: list[int], roots: Sequence[int]
) -> tuple[list[int], list[Region]]:
    """The region of every node: the innermost one that contains all its uses."""
    nodes = program.nodes
    regions = [Region(0, 0)]
    if not any(node[0] in _LAZY and uses[i] for i, node in enumerate(nodes)):
        return [0] * len(nodes), regions
    region = [-1] * len(nodes)
    for root in roots:
        region[root] = 0
    for i in range(len(nodes) - 1, -1, -1):
        node = nodes[i]
        if not uses[i] or node[0] in ("const", "input"):
            continue
        here = region[i]
        lazy = dict(OPS[node[0]].lazy)
        for k, a in enumerate(node[1:]):
            where = _child(program, regions, here, node[1], lazy[k]) if k in lazy else here
            region[a] = where if region[a] < 0 else _meet(regions, region[a], where)
    return region, regions


_LAZY = {name for name, row in OPS.items() if row.lazy}


def _child(program: Program, regions: list[Region], here: int, condition: int, taken: bool) -> int:
    key = (condition, taken)
    found = regions[here].children.get(key)
    if found is None:
        depth = regions[here].depth + 1
        if depth > MAX_DEPTH:
            token = program.origins[condition]
            raise program.error(
                f"conditionals are nested more than {MAX_DEPTH} deep",
                "split them: give the inner ones conditions of their own",
                token,
            )
        found = regions[here].children[key] = len(regions)
        regions.append(Region(here, depth))
    return found


def _meet(regions: list[Region], a: int, b: int) -> int:
    """The innermost region that contains two regions."""
    while a != b:
        if regions[a].depth >= regions[b].depth:
            a = regions[a].parent
        else:
            b = regions[b].parent
    return a
