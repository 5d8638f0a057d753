r"""The conditions under which shared values are computed at all.

A value that one branch needs is computed in that branch.  A value that several branches need, of
conditionals side by side, is computed where one of them is taken: under ``c or d``.  Elsewhere it
may be undefined, and so may be its local partials, although the sum of the adjoints that come from
these branches is a number, 0.  So such partials get this condition: ``where(c or d, partial, 0)``.
Values of one branch need none, as their adjoints carry its condition already.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = 1/x\na = y if x > 1 else 0\nb = y if x < 0 else a"))
>>> guards = find_guards(program, list(program.outputs.values()))
>>> {program.nodes[i]: program.nodes[c] for i, c in guards.items()}
{('div', 0, 1): ('or', 6, 3)}
"""

from __future__ import annotations

from collections.abc import Sequence

from graphc.derive.arithmetic import joined
from graphc.derive.regions import Places, Region, enclosing, find_regions
from graphc.derive.rules import implies
from graphc.program import Program

Guards = dict[int, int]


def find_guards(program: Program, ends: Sequence[int]) -> Guards:
    """The condition of every node that several branches need, added to the program.

    Parameters
    ----------
    program : Program
    ends : sequence of int
        The nodes that are computed in any case.
    """
    if not program.branching:
        return {}
    needed = list(program.reachable(ends))
    places, regions = find_regions(program, needed, ends, primal=0)
    conditions = Conditions(program, regions)
    return {i: conditions.of(found) for i, found in enumerate(places) if len(found) > 1}


class Conditions:
    """Adds the conditions of regions to a program.

    Parameters
    ----------
    program : Program
    regions : list of Region
    """

    def __init__(self, program: Program, regions: list[Region]) -> None:
        self._program = program
        self._regions = regions
        self._known: dict[Places, int] = {}

    def of(self, places: Places) -> int:
        """The condition under which one of some regions is entered."""
        found = self._known.get(places)
        if found is None:
            found = self._known[places] = self._entered(places)
        return found

    def _entered(self, places: Places) -> int:
        """The conditions around the regions, from the innermost out."""
        regions, chosen = self._regions, set(places)
        around = {r for place in places for r in enclosing(regions, place)}
        # by region and condition in it: what must hold on its sides
        sides: dict[int, dict[int, dict[bool, int]]] = {}
        for r in sorted(around, reverse=True):  # those inside come before those around
            inner = self._program.const(True) if r in chosen else self._within(sides[r])
            condition, taken = regions[r].key
            sides.setdefault(regions[r].parent, {}).setdefault(condition, {})[taken] = inner
        return self._within(sides[0])

    def _within(self, sides: dict[int, dict[bool, int]]) -> int:
        return self._either([self._one(condition, found) for condition, found in sides.items()])

    def _one(self, condition: int, sides: dict[bool, int]) -> int:
        """What one condition and its sides come to."""
        program = self._program
        if len(sides) == 2:
            (first, then), (_, other) = sides.items()
            if program.value(then) is None and program.value(other) is not None:
                first, then, other = not first, other, then
            if program.value(then) is True:  # else the condition is known to be false
                return program.add(("or", self._literal(condition, first), other))
            return program.add(("where", condition, sides[True], sides[False]))
        ((taken, inner),) = sides.items()
        return joined(program, "and", self._literal(condition, taken), inner)

    def _literal(self, condition: int, taken: bool) -> int:
        return condition if taken else self._program.add(("not", condition))

    def _either(self, conditions: list[int]) -> int:
        """The condition that one of some holds; those that others imply are enough."""
        program, rest = self._program, list(dict.fromkeys(conditions))
        for condition in list(rest):
            others = [d for d in rest if d != condition]
            if any(implies(program, condition, d) for d in others):
                rest = others
        found = rest[0]
        for condition in rest[1:]:
            found = program.add(("or", found, condition))
        return found
