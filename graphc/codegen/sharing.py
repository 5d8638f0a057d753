r"""What several branches need, computed once.

A value that branches of different conditionals need would be written in each of them, and computed
again in each that is taken.  Instead it gets a conditional of its own in front of them: ``if c or
d: y = ...``.  It is computed where one of the branches is taken and nowhere else, so that it can
still neither raise nor cost anything where nobody asks for it.

What takes less time than the test of that conditional stays where it is.
Where conditions and shared values need each other crosswise no order of the conditionals is right;
there each branch keeps its own copy.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> text = "y = sqrt(x)\na = y if x > 1 else 0\nb = y if x > 2 else 0"
>>> program = elaborate(Source(text))
>>> shared = share(program, list(program.outputs.values()), len(program))
>>> [(i, shared.program.nodes[i]) for i in shared.order if i >= len(program)]
[(10, ('or', 3, 7)), (11, ('where', 10, 1, 4))]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphc.derive.conditions import Conditions
from graphc.derive.regions import Places, Region, enclosing, find_regions
from graphc.program import Node, Program

CALL = 3  # additions that take as long as a call of a function
LIGHT = 2  # operations that are not worth a test of their own
HEAVY = 1_000
_CHEAP = {"lt", "le", "gt", "ge", "eq", "ne", "not", "neg", "add", "sub", "mul"}
ROUNDS = 4  # conditions that are themselves shared need another look


@dataclass(frozen=True)
class Shared:
    """A program with conditionals for what several branches need.

    Attributes
    ----------
    program : Program
        With the new nodes at the end.
    order : list of int
        The nodes, each after its arguments.
    early : set of int
        Nodes that are computed once, before all branches that need them.
    uses : list of int
        How often the roots need each node; 0 for dead ones.
    places : list of tuple of int
        The regions in which each node is computed.
    regions : list of Region
    """

    program: Program
    order: list[int]
    early: set[int]
    uses: list[int]
    places: list[Places]
    regions: list[Region]


def share(program: Program, roots: Sequence[int], primal: int) -> Shared:
    """Give what several branches need a conditional of its own.

    Parameters
    ----------
    program : Program
        Stays as it is.
    roots : sequence of int
        Nodes that are results; they keep their numbers.
    primal : int
        Number of nodes that are the user's own.
    """
    found = _placed(program, list(range(len(program))), set(), roots, primal)
    better: Shared | None = found
    for _ in range(ROUNDS * program.branching):
        better = _shared_once(found, roots, primal)
        if better is None:
            break
        found = better
    return found


def _placed(
    program: Program, order: list[int], early: set[int], roots: Sequence[int], primal: int
) -> Shared:
    """A program with the regions of its nodes; what is light is early too."""
    early, uses = early | _light(program, order), _count_uses(program, order, roots)
    places, regions = find_regions(program, uses, roots, primal, order, early)
    return Shared(program, order, early, uses, places, regions)


def _count_uses(program: Program, order: Sequence[int], roots: Sequence[int]) -> list[int]:
    nodes = program.nodes
    uses = [0] * len(nodes)
    for root in roots:
        uses[root] += 1
    for i in reversed(order):
        if uses[i]:
            node = nodes[i]
            if node[0] != "const" and node[0] != "input":
                for a in node[1:]:
                    uses[a] += 1
    return uses


def _light(program: Program, order: Sequence[int]) -> set[int]:
    """What is up to ``LIGHT`` operations of inputs and constants, none of which fail."""
    if not program.branching:
        return set()
    weights = [HEAVY] * len(program)
    for i in order:
        node = program.nodes[i]
        if node[0] in ("const", "input"):
            weights[i] = 0
        elif node[0] in _CHEAP:
            weights[i] = 1 + sum(weights[a] for a in node[1:])
    return {i for i, weight in enumerate(weights) if weight <= LIGHT}


def _shared_once(old: Shared, roots: Sequence[int], primal: int) -> Shared | None:
    """One round; None where there is nothing to share."""
    program, places = old.program, old.places
    exits = _exits(program, old.uses, places)
    sizes = dict.fromkeys(exits.values(), 0)
    for node, group in zip(program.nodes, places, strict=True):
        if group in sizes:
            sizes[group] += _size(node)
    worth = {group for group, size in sizes.items() if _is_worth(size, group, old.regions)}
    if not worth:
        return None
    made = program.copy()
    conditions = Conditions(made, old.regions)
    front = {t: _front(made, t, conditions.of(p)) for t, p in exits.items() if p in worth}
    fronts = set(front.values())
    for i, node in enumerate(program.nodes):
        inside = i in fronts  # a conditional of an earlier round serves again
        if old.uses[i] and not inside and not front.keys().isdisjoint(program.args(i)):
            moved = [front[a] if a in front and places[i] != places[a] else a for a in node[1:]]
            made.nodes[i] = (node[0], *moved)
    order = _ordered(made, old.order)
    return None if order is None else _placed(made, order, old.early | fronts, roots, primal)


def _exits(program: Program, uses: list[int], places: list[Places]) -> dict[int, Places]:
    """The values of several branches that are used outside the group that shares their places."""
    found = {}
    for i, here in enumerate(places):
        if uses[i]:
            for a in program.args(i):
                if len(places[a]) > 1 and places[a] != here and program.args(a):
                    found[a] = places[a]
    return found


def _is_worth(size: int, group: Places, regions: list[Region]) -> bool:
    """Whether a conditional of their own is better for some values than a copy in each branch.

    Its condition takes a test for each condition around a branch.  Branches that exclude each
    other never compute two copies, so there only the length of the code counts.
    """
    paths = [{regions[r].key for r in enclosing(regions, place)} for place in group]
    tests = len({condition for path in paths for condition, _ in path})
    copies = 1 if _exclusive(paths) else len(group) - 1
    return size * copies > tests


def _size(node: Node) -> int:
    """How long an operation takes, in additions."""
    return 1 if node[0] in _CHEAP else CALL


def _exclusive(paths: list[set[tuple[int, bool]]]) -> bool:
    """Whether never two of some branches are taken."""
    return all(
        any((condition, not taken) in other for condition, taken in path)
        for k, path in enumerate(paths)
        for other in paths[:k]
    )


def _front(program: Program, t: int, condition: int) -> int:
    """The value under a condition of its own; it takes over the name."""
    program.origin = program.origins[t]
    nothing = program.const(False if program.is_condition(t) else 0)
    found = program.add(("where", condition, t, nothing))
    name = program.names.pop(t, None)
    if name is not None:
        program.names.setdefault(found, name)
        if program.bindings.get(name) == t:
            program.bindings[name] = found
    return found


def _ordered(program: Program, order: Sequence[int]) -> list[int] | None:
    """The nodes, each after its arguments, else in the old order; None where that cannot be."""
    found: list[int] = []
    begun, done = set[int](), set[int]()
    for i in order:
        waiting = [i]
        while waiting:
            v = waiting[-1]
            missing = [a for a in program.args(v) if a not in done]
            if v in done or not missing:
                waiting.pop()
                if v not in done:
                    done.add(v)
                    found.append(v)
            elif not begun.isdisjoint(missing):
                return None
            else:
                begun.add(v)
                waiting += reversed(missing)
    return found
