"""Elimination orders that cost one pass: sweeps, and greedy rules.

- ``forward`` and ``reverse`` sweep.
- ``markowitz`` takes the vertex with the fewest products next (Markowitz 1957; Griewank & Reese
  1991).
- ``relative-markowitz`` first subtracts the products that the vertex would cost in the end
  anyway: inputs that reach it times outputs it reaches (Albrecht, Gottschling & Naumann, LNCS
  2658, 2003).
- ``used-once`` eliminates vertices with one successor in reverse, then sweeps (the recipe that
  Forth, Tadjouddine, Pryce & Reid, TOMS 30, 2004, found best).

Among equals the greedy rules take the vertex nearest to the outputs, or with ``-low`` the one
nearest to the inputs: published figures differ by up to a half in nothing but that.

>>> graph = Structure.of_edges([(0, 2), (1, 2), (2, 3), (3, 4), (3, 5)], [2, 3])
>>> ORDERS["reverse"](graph), ORDERS["markowitz"](graph)
([3, 2], [3, 2])
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial

from graphc.derive.structure import Structure

Neighbours = list[set[int]]


def forward(graph: Structure) -> list[int]:
    """From the inputs to the outputs."""
    return list(graph.interior)


def reverse(graph: Structure) -> list[int]:
    """From the outputs to the inputs."""
    return list(graph.interior[::-1])


def used_once(graph: Structure, sweep: int = 1) -> list[int]:
    """Vertices with one successor from the outputs on, then a sweep over the others."""
    once = [v for v in graph.interior if len(graph.after[v]) == 1]
    taken = set(once)
    return once[::-1] + [v for v in graph.interior if v not in taken][::sweep]


def markowitz(graph: Structure, relative: bool = False, low: bool = False) -> list[int]:
    """Next the vertex with the fewest products, in-degree times out-degree."""
    before, after = neighbours(graph)
    waiver = _inevitable(graph) if relative else [0] * len(after)
    sign = 1 if low else -1
    left = set(graph.interior)

    def entry(v: int) -> tuple[int, int]:
        return len(before[v]) * len(after[v]) - waiver[v], sign * v

    heap = [entry(v) for v in left]
    heapq.heapify(heap)
    order = []
    while heap:
        found = heapq.heappop(heap)
        v = abs(found[1])
        if v not in left or found != entry(v):
            continue  # a newer entry is in the heap
        left.remove(v)
        order.append(v)
        take_out(v, before, after)
        for x in sorted((before[v] | after[v]) & left):
            heapq.heappush(heap, entry(x))
    return order


def neighbours(graph: Structure) -> tuple[Neighbours, Neighbours]:
    """Predecessors and successors of every vertex."""
    after = [set(row) for row in graph.after]
    before: Neighbours = [set() for _ in after]
    for u, row in enumerate(after):
        for w in row:
            before[w].add(u)
    return before, after


def take_out(v: int, before: Neighbours, after: Neighbours) -> None:
    """Join every predecessor of a vertex with every successor."""
    for u in before[v]:
        after[u].remove(v)
        after[u] |= after[v]
    for w in after[v]:
        before[w].remove(v)
        before[w] |= before[v]


def _inevitable(graph: Structure) -> list[int]:
    """Inputs that reach each vertex times outputs that it reaches; sets are whole numbers."""
    size, interior = len(graph.after), set(graph.interior)
    reached, reaches = [0] * size, [0] * size
    for v in range(size):
        if v not in interior and graph.after[v]:
            reached[v] = 1 << v
        for w in graph.after[v]:
            reached[w] |= reached[v]
    for v in range(size - 1, -1, -1):
        if v not in interior and not graph.after[v]:
            reaches[v] = 1 << v
        for w in graph.after[v]:
            reaches[v] |= reaches[w]
    return [reached[v].bit_count() * reaches[v].bit_count() for v in range(size)]


ORDERS: dict[str, Callable[[Structure], list[int]]] = {
    "forward": forward,
    "reverse": reverse,
    "markowitz": markowitz,
    "markowitz-low": partial(markowitz, low=True),
    "relative-markowitz": partial(markowitz, relative=True),
    "relative-markowitz-low": partial(markowitz, relative=True, low=True),
    "used-once-forward": used_once,
    "used-once-reverse": partial(used_once, sweep=-1),
}
