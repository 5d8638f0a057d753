"""Values, local partials, tangents and adjoints of a program at a point, as numbers.

A forward sweep carries the tangents of one input to all nodes, a reverse sweep the adjoints of one
result back: over every edge once, adding adjoint times partial (Griewank & Walther, chapter 3).
Branches that are not taken have no derivative, whatever their values are, and nothing is multiplied
where there is no path.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> point = at_point(program, {"a": 2.0, "b": 1.0})
>>> point.reverse(program.outputs["e"])
[2.0, 5.0, 2.0, None, 3.0, 1.0]
>>> point.forward(program.input("b"))
[None, 1.0, 1.0, None, 1.0, 5.0]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

from graphc.derive.linearise import active_vertices, partial
from graphc.inspect.evaluate import evaluate
from graphc.ops import OPS
from graphc.program import Program

Edge = tuple[int, int]
Sweep = Sequence[float | None]  # None where there is no path


@dataclass(frozen=True)
class Point:
    """A program at a point.

    Attributes
    ----------
    program : Program
    values : list of float
        Of every node; nan where it is undefined.
    taken : bytearray
        A flag for every node: whether some output needs it here.
    partials : dict of (int, int) to float
        From an argument to its operation, where neither is beside the branch that is taken.
    """

    program: Program
    values: list[float]
    taken: bytearray
    partials: dict[Edge, float]

    def forward(self, start: int) -> list[float | None]:
        """The derivative of every node with respect to one of them."""
        found: list[float | None] = [None] * len(self.values)
        found[start] = 1.0
        for w, row in enumerate(self._into):
            for u in row if w != start else ():
                _add(found, w, found[u], self.partials[u, w])
        return found

    def reverse(self, end: int) -> list[float | None]:
        """The derivative of one node with respect to every other."""
        found: list[float | None] = [None] * len(self.values)
        found[end] = 1.0
        for w in range(end, -1, -1):
            if found[w] is not None:
                for u in self._into[w]:
                    _add(found, u, found[w], self.partials[u, w])
        return found

    def within(self, end: int, nodes: Sequence[int]) -> dict[int, float]:
        """The derivative of the last of some nodes with respect to what they are made from."""
        found: dict[int, float] = {end: 1.0}
        for w in reversed(nodes):
            if w in found:
                for u in self._into[w]:
                    found[u] = found.get(u, 0.0) + found[w] * self.partials[u, w]
        return found

    @cached_property
    def after(self) -> list[list[int]]:
        """The operations that use each node, as far as derivatives go."""
        rows: list[list[int]] = [[] for _ in self.values]
        for u, w in sorted(self.partials):
            rows[u].append(w)
        return rows

    @cached_property
    def _into(self) -> list[list[int]]:
        rows: list[list[int]] = [[] for _ in self.values]
        for u, w in sorted(self.partials):
            rows[w].append(u)
        return rows


def at_point(program: Program, at: Mapping[str, float]) -> Point:
    """Values and local partials of a program.

    Parameters
    ----------
    program : Program
    at : mapping of str to float
        Values of the scalar inputs and array elements.
    """
    full, size = program.copy(), len(program)
    found = {(u, w): c for u, w in edges(program) if (c := partial(full, w, u)) is not None}
    values = evaluate(full, at)
    taken = _taken(program, values)
    partials = {
        (u, w): _float(values[c])
        for (u, w), c in found.items()
        if taken[u] and taken[w] and not (full.nodes[c][0] == "where" and values[c] == 0)
    }
    return Point(program, values[:size], taken, partials)


def edges(program: Program) -> list[Edge]:
    """From argument to operation, between an input that is differentiated and an output."""
    wanted = set(program.elements(active_only=True))
    starts = [i for i, n in enumerate(program.nodes) if n[0] == "input" and n[1] in wanted]
    active = active_vertices(program, list(program.outputs.values()), starts)
    return [
        (u, w)
        for w in range(len(program))
        if active[w]
        for u in dict.fromkeys(program.args(w))
        if active[u]
    ]


def _taken(program: Program, values: Sequence[float]) -> bytearray:
    """Which nodes the outputs need; of a choice, the branch that is taken."""
    taken = bytearray(len(program))
    for i in program.outputs.values():
        taken[i] = 1
    for i in range(len(program) - 1, -1, -1):
        if taken[i]:
            args = program.args(i)
            lazy = dict(OPS[program.nodes[i][0]].lazy) if args else {}
            for k, a in enumerate(args):
                if k not in lazy or bool(values[args[0]]) == lazy[k]:
                    taken[a] = 1
    return taken


def _float(value: float) -> float:
    """A number, or infinity for whole numbers beyond the floats."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _add(found: list[float | None], i: int, factor: float | None, c: float) -> None:
    if factor is not None:
        old = found[i]
        found[i] = factor * c if old is None else old + factor * c
