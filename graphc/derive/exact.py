"""The cheapest order of a small graph, with proof, by the published measure.

What eliminating v costs depends on the set eliminated before it only, so orders are paths through
the subsets of the vertices (dynamic programming; Bentert, Crane, Drange, Mizutani & Sullivan,
arXiv 2506.17521).  Few of the 2^n subsets need to be seen: whatever was eliminated before v, its
predecessors then separate it from the inputs, so there are at least as many as a smallest vertex
cut has (Menger), and likewise towards the outputs.  The product of the two cuts is a price that v
has to pay in any order: an order that costs the sum of these floors is optimal, whoever found it.
Where none does, Dijkstra's algorithm on what is paid above the floors finds the optimum.

>>> from graphc.derive.structure import Structure
>>> lion = [(0, 2), (1, 2), (2, 3), (2, 7), (3, 4), (3, 5), (3, 6), (3, 7)]
>>> graph = Structure.of_edges(lion, [2, 3])
>>> floors(graph), exact(graph)
({2: 4, 3: 4}, [2, 3])
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from graphc.derive.measures import Multiplications, bits
from graphc.derive.structure import Structure

LARGEST = 14  # vertices whose subsets are all looked at, if need be


def exact(graph: Structure, budget: int = 2**LARGEST) -> list[int] | None:
    """The cheapest order by `Multiplications`; None if it was not proved within the budget.

    Parameters
    ----------
    graph : Structure
    budget : int
        Subsets of the vertices to look at.
    """
    if len(graph.interior) > LARGEST:
        return None
    floor, measure = floors(graph), Multiplications(graph)
    paths: list[tuple[int, int, int, tuple[int, ...]]] = [(0, 0, 0, ())]
    seen: set[int] = set()
    while paths and len(seen) < budget:
        excess, depth, mask, order = heappop(paths)
        if -depth == len(graph.interior):
            return list(order)
        if mask in seen:
            continue
        seen.add(mask)
        for v in order:
            measure.eliminate(v)
        for v in graph.interior:
            if not mask >> v & 1:
                extra = measure.price(v) - floor[v]
                heappush(paths, (excess + extra, depth - 1, mask | 1 << v, (*order, v)))
        for _ in order:
            measure.undo()
    return None


def floors(graph: Structure) -> dict[int, int]:
    """What each vertex has to pay: the smallest cut before it times the smallest behind it."""
    import networkx as nx

    measure, source, sink = Multiplications(graph), "source", "sink"
    flow = nx.DiGraph((u, w) for u, row in enumerate(graph.after) for w in row)
    outside = flow.nodes - set(graph.interior)
    flow.add_edges_from((source, v) for v in outside if not measure.before[v])
    flow.add_edges_from((v, sink) for v in outside if not graph.after[v])
    flow.add_nodes_from([source, sink, *graph.interior])
    cut, found = _cuts(flow), {}
    for v in graph.interior:
        copies = [(v, w) for w in bits(measure.copies(v))]
        behind = cut
        if copies:
            paid = flow.copy()
            paid.remove_edges_from(copies)
            behind = _cuts(paid)
        found[v] = cut(source, v) * behind(v, sink)
    return found


def _cuts(graph: Any) -> Callable[[object, object], int]:
    """A function that says how many vertices separate two others."""
    from networkx.algorithms import connectivity
    from networkx.algorithms.flow import build_residual_network

    auxiliary = connectivity.build_auxiliary_node_connectivity(graph)
    shared = {"auxiliary": auxiliary, "residual": build_residual_network(auxiliary, "capacity")}
    return lambda start, end: int(connectivity.local_node_connectivity(graph, start, end, **shared))
