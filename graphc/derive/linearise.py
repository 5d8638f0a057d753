"""A program to its linearised graph: one local partial on every edge.

An edge from u to w carries ``c_wu``, the partial derivative of w with respect to its argument u, as
a node of the same program (Griewank & Walther, chapter 2).  Parallel edges add up (``x*x`` has
one edge, with ``x + x``); a partial that is literally 0 gets no edge, so nothing is ever multiplied
by it: 0 * inf does not arise.  Only active vertices take part: those that depend on a chosen
input and reach a chosen output.

A partial is built when the edge is first used, so that the code computes it where it is needed
and not long before.

Where the partials of an operation share a denominator, as ``1/y`` and ``-out/y`` of a quotient do,
the operation gets an inner vertex: edges with the numerators lead to it, and one edge with the
reciprocal leads on.  So an adjoint is divided once, which saves an operation for each quotient of
two variables.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = a*b"))
>>> graph = linearise(program, [2], [0, 1])
>>> graph.after(0), graph.after(1), graph.after(2)
({2: 1}, {2: 0}, {3: 3})
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property

from graphc.derive.arithmetic import plus
from graphc.derive.conditions import Guards, find_guards
from graphc.language.templates import Template, read_all, template
from graphc.ops import OPS
from graphc.program import Program

DENSE = 100  # inputs or outputs for each edge; where there are more, counting takes too long

LATER = -1  # an edge whose partial has not been built


@dataclass
class Linearised:
    """A linearised graph under elimination.

    Vertices below ``size`` are nodes of the program; every output has a sink of its own behind
    it, so that an output that feeds others is eliminated like any other vertex.

    Attributes
    ----------
    program : Program
        Holds the partials; grows.
    size : int
        Number of vertices that are nodes.
    out : list of dict
        Successors of each vertex, with the partial on the edge, or ``LATER``.
    into : list of list
        Predecessors; may hold some that are gone.
    sources : list of int
        Vertices that stay in front: inputs or a seed.
    sinks : list of int
        Vertices that stay behind: one for each output, or a seed.
    inner : dict of int to int
        The inner vertex before some nodes.
    guards : dict of int to int
        Conditions of partials; see `graphc.derive.conditions`.
    """

    program: Program
    size: int
    out: list[dict[int, int]]
    into: list[list[int]]
    sources: list[int]
    sinks: list[int]
    inner: dict[int, int] = field(default_factory=dict)
    guards: Guards = field(default_factory=dict)

    @cached_property
    def nodes_of(self) -> dict[int, int]:
        """The node behind each inner vertex."""
        return {q: w for w, q in self.inner.items()}

    def interior(self) -> list[int]:
        """Vertices to be eliminated, in topological order."""
        kept, found = set(self.sources), []
        for v in range(self.size):
            if v in self.inner:
                found.append(self.inner[v])
            if self.out[v] and v not in kept:
                found.append(v)
        return found

    def after(self, u: int) -> dict[int, int]:
        """Successors of a vertex with their partials, built now if they were not."""
        edges = self.out[u]
        for w, c in list(edges.items()):
            if c == LATER:
                self.build(u, w)
        return edges

    def build(self, u: int, w: int) -> int | None:
        """Put the local partial on an edge; the edge goes, and None is returned, if it is 0."""
        self.program.origin = self.program.origins[self.nodes_of.get(w, w)]
        c = self._label(u, w)
        if c is None:
            del self.out[u][w]
        else:
            self.out[u][w] = c
        return c

    def _label(self, u: int, w: int) -> int | None:
        program, node = self.program, self.nodes_of.get(w, w)
        shared = _shared(program.nodes[node][0]) if node in self.inner else None
        if shared is None:
            c = partial(program, w, u)
        elif u == self.inner[node]:
            c = shared.factor(program, (*program.nodes[node][1:], node))
        else:
            c = _combined(program, node, u, shared.numerators)
        return None if c is None else guarded(program, node, c, self.guards)


Templates = tuple[Template | None, ...]


@dataclass(frozen=True)
class Shared:
    """Partials of an operation as one factor times numerators."""

    factor: Template
    numerators: Templates


@cache
def _templates(op: str) -> Templates:
    """Templates of an operation's partials; None where the partial is 0."""
    row = OPS[op]
    return tuple(
        None if text == "0" else template(text, (*row.params, "out")) for text in row.partials
    )


@cache
def _shared(op: str) -> Shared | None:
    """The denominator that all partials of an operation have, if there are several."""
    row = OPS[op]
    if len(row.partials) < 2:
        return None
    program, found = read_all(row.partials)
    partials = [program.nodes[i] for i in found]
    below = {p[2] for p in partials if p[0] == "div"}
    if len(below) > 1 or any(p[0] != "div" for p in partials):
        return None
    params = (*row.params, "out")
    factor = program.add(("div", program.const(1), below.pop()))
    return Shared(
        Template((program, factor), params),
        tuple(Template((program, p[1]), params) for p in partials),
    )


def partial(program: Program, w: int, u: int) -> int | None:
    """Local partial of a node with respect to an argument; None where it is literally 0."""
    return _combined(program, w, u, _templates(program.nodes[w][0]))


def guarded(program: Program, w: int, c: int, guards: Guards) -> int:
    """A partial of a node, not to be computed where the node is not."""
    if w not in guards or program.value(c) is not None:
        return c
    return program.add(("where", guards[w], c, program.const(0)))


def _combined(program: Program, w: int, u: int, templates: Templates) -> int | None:
    """The sum of what templates give for one argument of a node."""
    node, nodes = program.nodes[w], program.nodes
    found, env = None, (*node[1:], w)
    for argument, make in zip(env, templates, strict=False):
        if argument != u or make is None:
            continue
        c = make(program, env)
        if nodes[c][0] != "const" or nodes[c][1]:
            found = c if found is None else plus(program, found, c)
    return found


def active_vertices(program: Program, outputs: list[int], inputs: list[int]) -> bytearray:
    """A flag for every node: whether it depends on an input and reaches an output."""
    nodes, depends = program.nodes, bytearray(len(program.nodes))
    for i in inputs:
        depends[i] = 1
    for i, node in enumerate(nodes):
        if node[0] != "const" and node[0] != "input":
            for a in node[1:]:
                if depends[a]:
                    depends[i] = 1
                    break
    needed = program.reachable(outputs)
    return bytearray(map(int.__and__, depends, needed))


def linearise(program: Program, outputs: list[int], inputs: list[int]) -> Linearised:
    """The linearised graph between some inputs and some outputs.

    Parameters
    ----------
    program : Program
        Gets the nodes of the partials.
    outputs, inputs : list of int
        Node numbers.
    """
    size, one = len(program), program.const(1)
    nodes, active = program.nodes, active_vertices(program, outputs, inputs)
    out: list[dict[int, int]] = [{} for _ in range(size)]
    into: list[list[int]] = [[] for _ in range(size + len(outputs))]
    for i in inputs:
        active[i] |= 2  # a source: what leads into it does not matter
    sinks = list(range(size, size + len(outputs)))
    out += [{} for _ in sinks]
    inner: dict[int, int] = {}
    for w in range(size):
        if active[w] == 1:
            node, top = nodes[w], w
            if _shared(node[0]) is not None and len({a for a in node[1:] if active[a]}) > 1:
                top = inner[w] = len(out)
                out.append({w: LATER})
                into.append([])
                into[w].append(top)
            for u, make in zip(node[1:], _templates(node[0]), strict=False):
                if active[u] and make is not None and top not in out[u]:
                    out[u][top] = LATER
                    into[top].append(u)
    for sink, output in zip(sinks, outputs, strict=True):
        if active[output]:
            out[output][sink] = one
            into[sink].append(output)
    guards = find_guards(program, outputs)
    return Linearised(program, size, out, into, list(inputs), sinks, inner, guards)


def sweep_costs(program: Program, outputs: list[int], inputs: list[int]) -> tuple[int, int]:
    """Products of a forward and of a reverse sweep, without making them.

    An edge is multiplied once for every input that reaches it, or for every output that it
    reaches.  These sets are held while they are needed, and a sweep is given up, at what it has
    come to, when it multiplies every edge more than ``DENSE`` times on average.
    """
    active, size = active_vertices(program, outputs, inputs), len(program)
    edges: list[tuple[int, int]] = []
    for w in range(size):
        if active[w]:
            edges += [(u, w) for u in program.args(w) if active[u]]
    forward = _products(edges, inputs)
    reverse = _products([(w, u) for u, w in reversed(edges)], outputs)
    return forward, reverse


def _products(edges: list[tuple[int, int]], ends: list[int]) -> int:
    """How many ends reach each edge, added up; edges are in topological order."""
    reached: dict[int, set[int]] = {end: {k} for k, end in enumerate(ends)}
    left: dict[int, int] = {}
    for u, _ in edges:
        left[u] = left.get(u, 0) + 1
    count, limit = 0, DENSE * len(edges)
    for u, w in edges:
        found = reached.get(u, set())
        count += len(found)
        if count > limit:
            break
        left[u] -= 1
        if w not in reached and not left[u]:
            reached[w] = reached.pop(u)  # nobody else needs it
        else:
            reached.setdefault(w, set()).update(found)
            if not left[u]:
                del reached[u]
    return count
