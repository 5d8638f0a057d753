"""Vertex elimination: all of differentiation is this one step, in some order.

The derivative of w with respect to u is the sum over all paths of the product of the partials
along each path.  Eliminating v factors that sum: for every predecessor u and successor w,
``c_wu += c_wv * c_vu``, and v is gone.  When only sources and sinks are left, their edges are the
Jacobian (Griewank & Reese 1991; Griewank & Walther, chapter 9; the rule of C. Olah's essay
"Calculus on Computational Graphs").  A mode is an order: forward ascends, reverse descends, others
are found by `graphc.derive.orders` and `graphc.derive.search`.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> jacobian = accumulate(program, ["e"], ["a", "b"], "reverse")
>>> [program.nodes[c] for row in jacobian for c in row]
[('add', 1, 3), ('add', 2, 4)]
"""

from __future__ import annotations

from collections.abc import Sequence

from graphc.derive.arithmetic import plus, times
from graphc.derive.linearise import LATER, Linearised, linearise
from graphc.derive.orders import ORDERS
from graphc.derive.structure import Structure
from graphc.program import Program

Matrix = list[list[int | None]]
Row = dict[int, int]  # the entries of a row that are not zero, by column


def accumulate(
    program: Program,
    outputs: Sequence[str],
    inputs: Sequence[str],
    order: str | Sequence[int],
    tangents: Sequence[int] | None = None,
    cotangents: Sequence[int] | None = None,
) -> Matrix:
    """Add the derivatives of outputs with respect to inputs to a program.

    Parameters
    ----------
    program : Program
        Gets the new nodes.
    outputs : sequence of str
        Names of outputs.
    inputs : sequence of str
        Names of scalar inputs or array elements.
    order : str or sequence of int
        A name in `graphc.derive.orders.ORDERS`, or the vertices to eliminate, in order.
    tangents, cotangents : sequence of int, optional
        Nodes that seed one vertex before all inputs, or behind all outputs: the result
        has then one column, or one row.

    Returns
    -------
    list of list of (int or None)
        Node of each derivative, a row for each output; None where it is zero.
    """
    rows = accumulate_rows(program, outputs, inputs, order, tangents, cotangents)
    return dense(rows, len(inputs) if tangents is None else 1)


def dense(rows: Sequence[Row], width: int) -> Matrix:
    """A matrix given by its entries, with None where there is none."""
    return [[row.get(column) for column in range(width)] for row in rows]


def accumulate_rows(
    program: Program,
    outputs: Sequence[str],
    inputs: Sequence[str],
    order: str | Sequence[int],
    tangents: Sequence[int] | None = None,
    cotangents: Sequence[int] | None = None,
) -> list[Row]:
    """As `accumulate`, without anything for derivatives that are zero."""
    graph = prepare(program, outputs, inputs, tangents, cotangents)
    sinks = [] if cotangents is not None else graph.sinks
    labels = dict(zip(sinks, outputs, strict=False))
    sources = frozenset(graph.sources)
    for v in vertices(graph, order) if isinstance(order, str) else order:
        _name_edges(graph, v, labels, sources)
        eliminate(graph, v)
    for u in graph.sources:
        _name_edges(graph, u, labels, sources)
        if u < graph.size:
            for w, c in graph.after(u).items():
                program.derivatives[leibniz(labels.get(w, "seed"), program.nodes[u][1])] = c
    places = {w: k for k, w in enumerate(graph.sinks)}
    rows: list[Row] = [{} for _ in graph.sinks]
    for column, u in enumerate(graph.sources):
        for w, c in graph.out[u].items():
            if w in places:  # others have lost their way to an output
                rows[places[w]][column] = c
    return rows


def prepare(
    program: Program,
    outputs: Sequence[str],
    inputs: Sequence[str],
    tangents: Sequence[int] | None = None,
    cotangents: Sequence[int] | None = None,
) -> Linearised:
    """The linearised graph that `accumulate` eliminates; its vertices are numbered for orders."""
    ends = [program.outputs[name] for name in outputs]
    starts = [program.input(name) for name in inputs]
    graph = linearise(program, ends, starts)
    if tangents is not None:
        _seed_front(graph, tangents)
    if cotangents is not None:
        _seed_back(graph, cotangents)
    return graph


def vertices(graph: Linearised, order: str) -> list[int]:
    """The vertices of a graph in an order of `graphc.derive.orders.ORDERS`."""
    if order in ("forward", "reverse"):
        return graph.interior()[:: 1 if order == "forward" else -1]
    shape = Structure.of_linearised(graph)
    return [shape.names[v] for v in ORDERS[order](shape)]


def eliminate(graph: Linearised, v: int) -> None:
    """Take a vertex out of the graph, joining its edges."""
    program, out, into = graph.program, graph.out, graph.into
    successors, out[v] = graph.after(v), {}
    one, minus_one = program.const(1), program.const(-1)
    for u in into[v]:
        row = out[u]
        c_vu = row.get(v)
        if c_vu == LATER:
            c_vu = graph.build(u, v)
        if c_vu is None:
            continue
        del row[v]
        for w, c_wv in successors.items():
            if c_vu == one:
                c = c_wv
            elif c_wv == one:
                c = c_vu
            elif c_vu == minus_one and program.nodes[c_wv][0] != "where":
                c = program.add(("neg", c_wv))
            else:
                c = times(program, c_vu, c_wv)
            if program.value(c) == 0:
                continue  # two branches that exclude each other
            old = row.get(w)
            if old == LATER:
                old = graph.build(u, w)
            if old is None:
                row[w] = c
                into[w].append(u)
            else:
                c = plus(program, old, c)
                if program.value(c) == 0:
                    del row[w]  # two terms that cancel
                else:
                    row[w] = c


def _seed_front(graph: Linearised, tangents: Sequence[int]) -> None:
    """One source before all inputs; its edges carry the tangents."""
    source = len(graph.into)
    graph.into.append([])
    graph.out += [{} for _ in range(source + 1 - len(graph.out))]
    for u, tangent in zip(graph.sources, tangents, strict=True):
        graph.out[source][u] = tangent
        graph.into[u].append(source)
    graph.sources = [source]


def _seed_back(graph: Linearised, cotangents: Sequence[int]) -> None:
    """One sink behind all outputs; its edges carry the cotangents."""
    sink = len(graph.into)
    graph.into.append([])
    graph.out += [{} for _ in range(sink + 1 - len(graph.out))]
    for w, cotangent in zip(graph.sinks, cotangents, strict=True):
        for u in graph.into[w]:
            graph.out[u].pop(w)
            old = graph.out[u].get(sink)
            c = cotangent if old is None else plus(graph.program, old, cotangent)
            graph.out[u][sink] = c
            graph.into[sink].append(u)
    graph.sinks = [sink]


def _name_edges(graph: Linearised, v: int, labels: dict[int, str], sources: frozenset[int]) -> None:
    """Name the finished derivatives at a vertex in Leibniz form: ``de_dc``."""
    program = graph.program
    name = program.names.get(v) if v < graph.size else None
    if name is None:
        return
    for w, c_wv in graph.out[v].items():
        if w in labels:
            _name(program, c_wv, labels[w], name)
    for u in graph.into[v]:
        if u in sources and u < graph.size and v in graph.out[u]:
            _name(program, graph.out[u][v], name, program.nodes[u][1])


def _name(program: Program, c: int, top: str, bottom: str) -> None:
    if c != LATER and program.nodes[c][0] not in ("const", "input"):
        program.names.setdefault(c, leibniz(top, bottom))


def leibniz(top: str, bottom: str) -> str:
    """Name of a derivative: ``de_db``, ``dloss_dw_3`` for an array element."""
    return f"d{top}_d{bottom}".replace("[", "_").replace("]", "")
