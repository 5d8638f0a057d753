r"""Elimination orders counted as the literature counts them.

Figures for elimination orders (Naumann, SIAM J. Optim. 13, 2002; Lohoff & Neftci, arXiv 2406.05027)
are multiplications on the graph that the text says, operation by operation:

- Every operation that is written is a vertex, also one that was computed before; so is every
  input.  Constants are none, and two equal arguments, as in ``x*x``, make one edge.
- To eliminate a vertex costs a multiplication for every predecessor and successor, edges that carry
  1, -1 or another constant included.  Sums, local partials and the value are not counted.
- A result stays; one that others use is eliminated, with a copy behind it, and copies are free.

Vertices are numbered as they were traced: ``7`` is the seventh operation of the text, functions
inlined and loops unrolled, arguments before what uses them.  So published orders can be replayed
as they are.  A vertex that the text names goes by its name too.

>>> from graphc.errors import Source
>>> graph, names = trace(Source("p = sin(a*b)\nq = p/a"))
>>> names
{'1': 2, 'p': 3, '2': 3}
>>> count(graph, names, order="1 p").orders["as given"]
4
>>> cheapest(graph, names).text()
'p 1'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphc.derive.choose import SEARCHED
from graphc.derive.jacobian import EFFORT
from graphc.derive.linearise import active_vertices
from graphc.derive.measures import Multiplications, total
from graphc.derive.products import select_inputs
from graphc.derive.search import search
from graphc.derive.structure import Structure
from graphc.errors import OptionError, Source
from graphc.inspect.costs import GIVEN, wrapped
from graphc.inspect.replay import Order, read_order
from graphc.language.elaborate import MAX_OPERATIONS, elaborate
from graphc.program import Program

LARGE = 1_000  # vertices to be eliminated; a search and its proof take seconds

Names = Mapping[str, int]


@dataclass(frozen=True)
class Published:
    """Multiplications of a graph in all orders.

    Attributes
    ----------
    vertices, edges : int
    orders : dict of str to int
    proved : bool
        Whether there is no cheaper order than what the search found.
    """

    vertices: int
    edges: int
    orders: dict[str, int]
    proved: bool

    def text(self) -> str:
        """The orders, the cheapest first; those of one cost share a row."""
        proof = " (proved optimal)" if self.proved else ""
        names: dict[int, list[str]] = {}
        for name, products in self.orders.items():
            names.setdefault(products, []).append(name + proof * (name == SEARCHED))
        if len(names) == 1:
            names = {products: ["every order" + proof]}
        size = f"vertices: {self.vertices:,}, edges: {self.edges:,}"
        rows = [line for k in sorted(names) for line in wrapped(f"{k:>15,}", names[k])]
        return "\n".join([size, "", "multiplications  order", *rows])

    def data(self) -> dict[str, Any]:
        """The same for programs."""
        return asdict(self)


def trace(
    source: Source, wrt: Sequence[str] | None = None, max_operations: int = MAX_OPERATIONS
) -> tuple[Structure, dict[str, int]]:
    """The graph of a text, and its vertices to be eliminated by all names they go by.

    Raises
    ------
    InputError
        The text is wrong.
    OptionError
        There are more than `LARGE` vertices to be eliminated.
    """
    program = elaborate(source, None, max_operations, interned=False)
    starts = [program.input(e) for i in select_inputs(program, wrt) for e in i.elements]
    ends = list(program.outputs.values())
    active = active_vertices(program, ends, starts)
    vertices = [v for v in range(len(program)) if active[v]]
    edges = [(u, w) for w in vertices for u in program.args(w) if active[u]]
    used = {u for u, _ in edges}
    copies = [(v, len(program) + k) for k, v in enumerate(ends) if v in used or v in starts]
    interior = used.difference(starts)
    if len(interior) > LARGE:
        raise OptionError(
            f"this measure is for graphs of up to {LARGE:,} vertices; there are {len(interior):,}"
        )
    graph = Structure.of_edges(edges, interior, copies)
    return graph, _names(program, {graph.names[v]: v for v in graph.interior})


def _names(program: Program, places: Mapping[int, int]) -> dict[str, int]:
    """Places by name, then by number."""
    operations = [i for i, n in enumerate(program.nodes) if n[0] not in ("const", "input")]
    numbered = [(v, str(k)) for k, v in enumerate(operations, start=1) if v in places]
    names = {program.names.get(v, number): places[v] for v, number in numbered}
    return {**names, **{number: places[v] for v, number in numbered}}


def count(
    graph: Structure, names: Names, effort: int = EFFORT, order: str | None = None
) -> Published:
    """The multiplications of all orders.

    Parameters
    ----------
    graph, names
        From `trace`.
    effort : int
        Of the search.
    order : str, optional
        One more order to be counted.

    Raises
    ------
    OptionError
        The order is none of this graph.
    """
    found = search(graph, Multiplications, effort)
    orders = {SEARCHED: found.cost, **found.known}
    if order is not None:
        orders[GIVEN] = int(total(Multiplications(graph), read_order(order, names)))
    return Published(len(graph.names), graph.edges, orders, found.proved)


def cheapest(graph: Structure, names: Names, effort: int = EFFORT) -> Order:
    """The order that the search finds."""
    return Order.of(search(graph, Multiplications, effort).order, names)
