"""The graph that an elimination order is sought for.

A `Structure` is a linearised graph without its algebra: vertices in topological order, edges with
the fingerprint of their value (`graphc.derive.values`).  It is made from a linearised graph or from
bare edges, as the literature publishes its tasks; what eliminations cost is up to
`graphc.derive.measures`.

>>> graph = Structure.of_edges([(0, 2), (1, 2), (2, 3), (2, 4)], [2])
>>> graph.interior, graph.edges
((2,), 4)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphc.derive.linearise import Linearised
from graphc.derive.values import PRIME, Values, atom, positive
from graphc.program import Program

MINUS_ONE = PRIME - 1


@dataclass(frozen=True)
class Structure:
    """A graph to be eliminated.

    Attributes
    ----------
    names : tuple of int
        The vertices, in topological order, by their numbers elsewhere; everything else
        counts positions in it.
    after : tuple of dict of int to int
        Successors of each vertex, with the value of the edge.
    interior : tuple of int
        The vertices to be eliminated, ascending.
    free : frozenset of int
        Values that are there anyway.
    constants : frozenset of int
        Values known before the code runs: their products and sums cost nothing.
    weights : tuple of dict of int to int
        For Hessians: partners of each vertex with the value of the weight between them.
    branching : bool
        Whether values depend on conditions, which no measure knows of.
    """

    names: tuple[int, ...]
    after: tuple[dict[int, int], ...]
    interior: tuple[int, ...]
    free: frozenset[int] = frozenset()
    constants: frozenset[int] = frozenset()
    weights: tuple[dict[int, int], ...] = ()
    branching: bool = False

    @classmethod
    def of_edges(
        cls,
        edges: Iterable[tuple[int, int]],
        interior: Iterable[int],
        copies: Iterable[tuple[int, int]] = (),
    ) -> Structure:
        """From edges alone, each with a value of its own; vertex numbers ascend along edges.

        Copies are edges with value 1 to outputs, which the published measure takes to be free.
        """
        same = set(copies)
        pairs = sorted({*edges, *same})
        names = tuple(sorted({v for pair in pairs for v in pair}))
        place = {v: k for k, v in enumerate(names)}
        after: tuple[dict[int, int], ...] = tuple({} for _ in names)
        for u, w in pairs:
            after[place[u]][place[w]] = 1 if (u, w) in same else atom("edge", u, w)
        return cls(names, after, tuple(sorted(place[v] for v in interior if v in place)))

    @classmethod
    def of_linearised(cls, graph: Linearised) -> Structure:
        """The shape of a linearised graph; values are not told apart."""
        names, interior = _numbered(graph)
        place = {v: k for k, v in enumerate(names)}
        after = tuple({place[w]: 0 for w in graph.out[u] if w in place} for u in names)
        return cls(names, after, interior)

    @classmethod
    def with_values(cls, graph: Linearised, roots: Sequence[int] = ()) -> Structure:
        """The shape of a linearised graph with its values; all partials are built.

        Parameters
        ----------
        graph : Linearised
        roots : sequence of int
            Nodes that will be computed anyway, besides those that the partials need.
        """
        names, interior = _numbered(graph)
        place = {v: k for k, v in enumerate(names)}
        rows = [{place[w]: c for w, c in graph.after(u).items() if w in place} for u in names]
        return cls.of_nodes(graph.program, names, interior, rows, (), roots)

    @classmethod
    def of_nodes(
        cls,
        program: Program,
        names: tuple[int, ...],
        interior: tuple[int, ...],
        after: Sequence[dict[int, int]],
        weights: Sequence[dict[int, int]],
        roots: Sequence[int],
    ) -> Structure:
        """The graph whose edges and weights are nodes of a program."""
        used = [*roots, *(c for row in (*after, *weights) for c in row.values())]
        values, needed = Values(program), program.reachable(used)
        known = (i for i, node in enumerate(program.nodes) if node[0] == "const")
        return cls(
            names,
            tuple({w: values.of(c) for w, c in row.items()} for row in after),
            interior,
            frozenset(positive(values.of(i)) for i, used in enumerate(needed) if used),
            frozenset(values.of(i) for i in known),
            tuple({u: values.of(c) for u, c in row.items()} for row in weights),
            program.branching,
        )

    @property
    def edges(self) -> int:
        """Number of edges."""
        return sum(map(len, self.after))

    def pattern(self) -> tuple[object, ...]:
        """What graphs that differ in their values, but not in which of them are equal, share."""
        classes: dict[int, int] = {}
        rows = []
        for row in self.after:
            kinds = []
            for w, c in row.items():
                known = c in (1, MINUS_ONE) or c in self.constants
                kinds.append((w, c if known else -classes.setdefault(c, len(classes))))
            rows.append(tuple(sorted(kinds)))
        return self.interior, tuple(rows)


def _numbered(graph: Linearised) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The vertices in topological order, and the places of those to be eliminated."""
    inner, first = graph.interior(), len(graph.sources)
    return (*graph.sources, *inner, *graph.sinks), tuple(range(first, first + len(inner)))
