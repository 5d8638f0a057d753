"""Elimination orders counted as the literature counts them.

The figures of Lohoff & Neftci (arXiv 2406.05027) come out to the last digit under these rules,
for formulas (`tasks`) as for graphs that were traced (``published_graphs.txt``):

- Every operation that is written is a vertex, also one that has been computed before; so is every
  input.  ``x**2`` and ``-x`` are one operation each.
- Constants are no vertices: an operation on constants is carried out, an operation with a constant
  has one edge.  Two equal arguments, ``x*x``, have one edge.
- A result is the vertex of its last operation and stays; a result that others use as well is
  eliminated, with a copy of it behind.
- To eliminate a vertex costs a multiplication for every predecessor and successor; edges that
  carry 1, -1 or another constant cost as much as any, edges that only rename a value cost
  nothing.  Sums, local partials and the function itself are not counted.
- Forward is the order in which the vertices were traced, reverse is the opposite.  Vertices that
  lead nowhere or come from nowhere count in the degrees of others until their turn comes.

The counter works on sets and shares nothing with the library's, which it checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from tasks import Task

if TYPE_CHECKING:
    from graphc.derive.structure import Structure

GRAPHS = Path(__file__).with_name("published_graphs.txt")
GREEDY = ("markowitz-low", "markowitz", "relative-markowitz-low", "relative-markowitz")

Edge = tuple[int, int]


@dataclass(frozen=True)
class Traced:
    """A graph to be eliminated.

    Attributes
    ----------
    sources, sinks, interior : tuple of int
        Vertices; their numbers are the order of tracing.
    edges : dict of (int, int) to bool
        Whether each edge is free because it only renames a value.
    """

    sources: tuple[int, ...]
    sinks: tuple[int, ...]
    interior: tuple[int, ...]
    edges: dict[Edge, bool]

    @property
    def all(self) -> tuple[int, ...]:
        """All vertices."""
        return self.sources + self.interior + self.sinks


def graph_of(task: Task) -> Traced:
    """The graph of a task: from its formulas, or as it was published."""
    if not task.text:
        return read_graphs()[task.name]
    return trace(task.text, list(task.point), task.outputs)


def trace(text: str, inputs: Sequence[str], outputs: Sequence[str]) -> Traced:
    """The graph of an expression file, every operation a vertex."""
    from graphc.derive.linearise import active_vertices
    from graphc.language.elaborate import elaborate
    from graphc.language.lexer import make_source

    program = elaborate(make_source(text), interned=False)
    starts = [program.input(name) for name in inputs]
    ends = [program.bindings[name] for name in outputs]
    active = active_vertices(program, ends, starts)
    vertices = [v for v in range(len(program)) if active[v]]
    edges = {(u, w): False for w in vertices for u in program.args(w) if active[u]}
    used = {u for u, _ in edges}
    sinks = [len(program) + k if v in used else v for k, v in enumerate(ends)]
    edges |= {(v, w): True for v, w in zip(ends, sinks, strict=True) if v != w}
    kept = {*starts, *sinks}
    interior = tuple(v for v in vertices if v not in kept)
    return Traced(tuple(starts), tuple(sinks), interior, edges)


def read_graphs() -> dict[str, Traced]:
    """The graphs of ``published_graphs.txt``, by name."""
    found = {}
    for block in GRAPHS.read_text(encoding="utf-8").split("\ngraph ")[1:]:
        name, inputs, outputs, body = block.split("\n", 3)
        rows = dict(item.split(":") for item in "".join(body.splitlines()).split(";")[:-1])
        edges = {
            (int(u.lstrip("=")), int(w)): u.startswith("=")
            for w, before in rows.items()
            for u in before.split()
        }
        sources = tuple(range(int(inputs.split()[1])))
        sinks = tuple(map(int, outputs.split()[1:]))
        interior = tuple(w for w in map(int, rows) if w not in sinks)
        found[name] = Traced(sources, sinks, interior, edges)
    return found


def multiplications(graph: Traced, order: Sequence[int]) -> int:
    """What an elimination order costs."""
    if sorted(order) != sorted(graph.interior):
        raise ValueError("the order does not eliminate every vertex once")
    after: dict[int, dict[int, bool]] = {v: {} for v in graph.all}
    before: dict[int, dict[int, bool]] = {v: {} for v in graph.all}
    for (u, w), free in graph.edges.items():
        after[u][w] = before[w][u] = free
    total = 0
    for v in order:
        for w in after[v]:
            del before[w][v]
        for u in before[v]:
            del after[u][v]
            for w in after[v]:
                total += not (before[v][u] or after[v][w])
                after[u][w] = before[w][u] = False
    return total


# --- the library's orders -----------------------------------------------------------------


def slimmed(graph: Traced) -> tuple[list[int], dict[Edge, bool]]:
    """Vertices whose elimination is free if it comes first, and the edges that are left.

    These are the copies, and what does not lie between an input and a result.
    """
    arguments: dict[int, list[int]] = {v: [] for v in graph.all}
    for u, w in graph.edges:
        arguments[w].append(u)
    order = list(TopologicalSorter(arguments).static_order())
    depends, needed = set(graph.sources), set(graph.sinks)
    for w in order:
        if depends.intersection(arguments[w]):
            depends.add(w)
    for w in reversed(order):
        if w in needed:
            needed.update(arguments[w])
    renamed = {w: u for (u, w), free in graph.edges.items() if free and w not in graph.sinks}
    kept = (depends & needed) - set(renamed)
    idle = [v for v in order if v not in kept]
    dropped = [v for v in idle[::-1] if v not in needed] + [v for v in idle if v in needed]
    edges = {
        (renamed.get(u, u), w): free
        for (u, w), free in graph.edges.items()
        if w in kept and renamed.get(u, u) in kept
    }
    return dropped, edges


def search(graph: Traced, effort: int) -> tuple[list[int], int, bool]:
    """The order that the library finds, its own count, and whether it proved it optimal."""
    from graphc.derive.measures import Multiplications
    from graphc.derive.search import search as library_search

    dropped, shape = _structure(graph)
    found = library_search(shape, Multiplications, effort)
    return dropped + [shape.names[v] for v in found.order], found.cost, found.proved


def greedy(graph: Traced, rule: str) -> list[int]:
    """The order of one of the library's rules."""
    from graphc.derive.orders import ORDERS

    dropped, shape = _structure(graph)
    return dropped + [shape.names[v] for v in ORDERS[rule](shape)]


def _structure(graph: Traced) -> tuple[list[int], Structure]:
    """What to eliminate first, and the library's form of the rest."""
    from graphc.derive.structure import Structure

    dropped, edges = slimmed(graph)
    gone = set(dropped)
    return dropped, Structure.of_edges(edges, [v for v in graph.interior if v not in gone])


@dataclass(frozen=True)
class Counted:
    """What was found for a task."""

    task: Task
    vertices: int
    edges: int
    forward: int
    reverse: int
    greedy: dict[str, int]
    found: int
    proved: bool
    seconds: float


def count(task: Task, effort: int) -> Counted:
    """All orders of a task, counted.

    Raises
    ------
    SystemExit
        A count is not what was published, or the library has miscounted.
    """
    graph = graph_of(task)
    rules = {rule: multiplications(graph, greedy(graph, rule)) for rule in GREEDY}
    start = process_time()
    order, claimed, proved = search(graph, effort)
    seconds = process_time() - start
    ascending = sorted(graph.interior)
    row = Counted(
        task,
        len(graph.all),
        len(graph.edges),
        multiplications(graph, ascending),
        multiplications(graph, ascending[::-1]),
        rules,
        multiplications(graph, order),
        proved,
        seconds,
    )
    _check(row, claimed)
    return row


def _check(row: Counted, claimed: int) -> None:
    task = row.task
    found = (row.vertices, row.edges, row.forward, row.reverse)
    if found != (task.vertices, task.edges, task.forward, task.reverse):
        raise SystemExit(f"{task.name}: {found} is not what was published")
    if row.found != claimed:
        raise SystemExit(f"{task.name}: the library says {claimed}, the order costs {row.found}")
