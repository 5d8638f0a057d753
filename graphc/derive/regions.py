"""Which branches of which conditions a value belongs to.

A region is a branch of a condition, inside another region; the whole body is region 0.  A value is
computed in the regions that use it and in no other: in the innermost region that contains all
its uses if that one certainly needs it, else in each of the branches that do, where it has the
same name.  So nothing of an untaken branch is evaluated, and nothing that both branches of a
condition need is written twice.  This is the code motion of Knoop, Ruething and Steffen (PLDI
1992) for a program without loops: everything sinks as far as it can.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = sqrt(x) if x > 0 else x"))
>>> program.nodes
[('input', 'x'), ('sqrt', 0), ('const', 0), ('gt', 0, 2), ('where', 3, 1, 0)]
>>> find_regions(program, [3, 1, 1, 1, 1], [4])[0]
[(0,), (1,), (0,), (0,), (0,)]
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

from graphc.ops import OPS
from graphc.program import Program

MAX_DEPTH = 60  # of nested conditionals; Python allows 100 levels of indentation
MAX_COPIES = 100  # branches that compute the same value; beyond it all compute it, needed or not

_LAZY = {name for name, row in OPS.items() if row.lazy}


Places = tuple[int, ...]


@dataclass
class Region:
    """A branch of a condition, inside another region."""

    parent: int
    depth: int
    key: tuple[int, bool]
    children: dict[tuple[int, bool], int] = field(default_factory=dict)


def find_regions(
    program: Program,
    uses: Sequence[int],
    roots: Sequence[int],
    primal: int | None = None,
    order: Sequence[int] | None = None,
    early: Container[int] = (),
) -> tuple[list[Places], list[Region]]:
    """The regions in which each node is computed, and all regions.

    Parameters
    ----------
    program : Program
    uses : list of int
        How often each node is used; 0 for dead ones.
    roots : sequence of int
        Nodes that are results.
    primal : int, optional
        Number of nodes that are the user's own; later ones are derivatives.
    order : sequence of int, optional
        The nodes, each after its arguments; as they are numbered by default.
    early : container of int, optional
        Nodes that are computed once, before all branches that need them.
    """
    nodes, whole = program.nodes, (0,)
    order = range(len(nodes)) if order is None else order
    regions = [Region(0, 0, (-1, True))]
    if not any(node[0] in _LAZY and uses[i] for i, node in enumerate(nodes)):
        return [whole] * len(nodes), regions
    unsafe = _unsafe(program, len(nodes) if primal is None else primal, order)
    places: list[Places] = [()] * len(nodes)
    for root in roots:
        places[root] = whole
    for i in reversed(order):
        node = nodes[i]
        if not uses[i] or node[0] in ("const", "input"):
            continue
        if len(places[i]) > 1 and i in early:
            places[i] = (_common(regions, places[i]),)
        lazy = dict(OPS[node[0]].lazy)
        for here in places[i]:
            for k, a in enumerate(node[1:]):
                where = here
                if k in lazy and (node[0] == "where" or a not in early):
                    where = _child(program, regions, here, (node[1], lazy[k]), unsafe[a])
                places[a] = _join(regions, places[a], where)
    return places, regions


def _unsafe(program: Program, primal: int, order: Sequence[int]) -> bytearray:
    """The user's nodes that may fail where the model's value does not, and what needs them."""
    nodes = program.nodes
    certain, unsafe = bytearray(len(nodes)), bytearray(len(nodes))
    for output in program.outputs.values():
        certain[output] = 1
    for i in reversed(order):
        if certain[i] and nodes[i][0] not in ("const", "input"):
            lazy = dict(OPS[nodes[i][0]].lazy)
            for k, a in enumerate(nodes[i][1:]):
                certain[a] |= k not in lazy
    for i in order:
        node = nodes[i]
        if node[0] not in ("const", "input") and not certain[i]:
            fails = i < primal and program.is_partial(node)
            unsafe[i] = fails or any(unsafe[a] for a in node[1:])
    return unsafe


def _child(
    program: Program, regions: list[Region], here: int, key: tuple[int, bool], unsafe: int
) -> int:
    """The region of what is needed on one side of a condition.

    Beyond the greatest depth a value is computed whether it is needed or not, if that is safe.
    """
    found = regions[here].children.get(key)
    if found is not None:
        return found
    depth = regions[here].depth + 1
    if depth > MAX_DEPTH:
        if unsafe:
            raise program.error(
                f"conditionals are nested more than {MAX_DEPTH} deep",
                "split them: give the inner ones conditions of their own",
                program.origins[key[0]],
            )
        return here
    regions[here].children[key] = len(regions)
    regions.append(Region(here, depth, key))
    return len(regions) - 1


def _join(regions: list[Region], places: Places, new: int) -> Places:
    """Places that cover one more: no place inside another, no two branches of one condition."""
    if any(_within(regions, new, place) for place in places):
        return places
    places = tuple(place for place in places if not _within(regions, place, new))
    region = regions[new]
    condition, taken = region.key
    other = regions[region.parent].children.get((condition, not taken)) if new else None
    if other is not None and other in places:
        rest = tuple(place for place in places if place != other)
        return _join(regions, rest, region.parent)
    places = (*places, new)
    if len(places) <= MAX_COPIES:
        return places
    return (_common(regions, places),)


def _common(regions: list[Region], places: Places) -> int:
    """The innermost region that contains all of some places."""
    common = places[0]
    for place in places[1:]:
        common = _meet(regions, common, place)
    return common


def enclosing(regions: list[Region], place: int) -> Iterator[int]:
    """A region and those around it, without the whole body."""
    while place:
        yield place
        place = regions[place].parent


def _within(regions: list[Region], a: int, b: int) -> bool:
    """Whether region a is b, or inside b."""
    while regions[a].depth > regions[b].depth:
        a = regions[a].parent
    return a == b


def _meet(regions: list[Region], a: int, b: int) -> int:
    """The innermost region that contains two regions."""
    while a != b:
        if regions[a].depth >= regions[b].depth:
            a = regions[a].parent
        else:
            b = regions[b].parent
    return a
