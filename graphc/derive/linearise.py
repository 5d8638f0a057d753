"""A program to its linearised graph: one local partial on every edge.

An edge from u to w carries ``c_wu``, the partial derivative of w with respect to its argument u, as
a node of the same program (Griewank & Walther, chapter 2).  Parallel edges add up (``x*x`` has
one edge, with ``x + x``); a partial that is literally 0 gets no edge, so nothing is ever multiplied
by it: 0 * inf does not arise.  Only active vertices take part: those that depend on a chosen
input and reach a chosen output.

A partial is built when the edge is first used, so that the code computes it where it is needed
and not long before.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = a*b"))
>>> graph = linearise(program, [2], [0, 1])
>>> graph.after(0), graph.after(1), graph.after(2)
({2: 1}, {2: 0}, {3: 3})
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from graphc.derive.rules import STRONG, Simplifier
from graphc.language.templates import Template, template
from graphc.ops import OPS
from graphc.program import Program

_strong = Simplifier(STRONG, strong=True)
_OPEN = ("where", "div")  # factors that the strong rules look into
_MIXED = ("where", "add", "sub", "neg", "mul")  # may be zero because of a condition
MAX_TERMS = 40  # how deep a partial is searched for such conditions

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
    """

    program: Program
    size: int
    out: list[dict[int, int]]
    into: list[list[int]]
    sources: list[int]
    sinks: list[int]

    def interior(self) -> list[int]:
        """Vertices to be eliminated, ascending."""
        kept = set(self.sources)
        return [v for v, edges in enumerate(self.out) if edges and v not in kept]

    def after(self, u: int) -> dict[int, int]:
        """Successors of a vertex with their partials, built now if they were not."""
        edges = self.out[u]
        for w, c in list(edges.items()):
            if c == LATER:
                self.build(u, w)
        return edges

    def build(self, u: int, w: int) -> int | None:
        """Put the local partial on an edge; the edge goes, and None is returned, if it is 0."""
        program = self.program
        program.origin = program.origins[w]
        c = partial(program, w, u)
        if c is None:
            del self.out[u][w]
        else:
            self.out[u][w] = c
        return c


@cache
def _templates(op: str) -> tuple[Template | None, ...]:
    """Templates of an operation's partials; None where the partial is 0."""
    row = OPS[op]
    return tuple(
        None if text == "0" else template(text, (*row.params, "out")) for text in row.partials
    )


def partial(program: Program, w: int, u: int) -> int | None:
    """Local partial of a node with respect to an argument; None where it is literally 0."""
    node, nodes = program.nodes[w], program.nodes
    found, env = None, (*node[1:], w)
    for argument, make in zip(env, _templates(node[0]), strict=False):
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
    for w in range(size):
        if active[w] == 1:
            node = nodes[w]
            for u, make in zip(node[1:], _templates(node[0]), strict=False):
                if active[u] and make is not None and w not in out[u]:
                    out[u][w] = LATER
                    into[w].append(u)
    for sink, output in enumerate(outputs, size):
        if active[output]:
            out[output][sink] = one
            into[sink].append(output)
    sinks = list(range(size, size + len(outputs)))
    return Linearised(program, size, out, into, list(inputs), sinks)


def sweep_costs(program: Program, outputs: list[int], inputs: list[int]) -> tuple[int, int]:
    """Products of a forward and of a reverse sweep, without making them.

    An edge is multiplied once for every input that reaches it, or for every output that it
    reaches; sets of inputs and outputs are the bits of whole numbers.
    """
    nodes, size = program.nodes, len(program)
    reached, reaches = [0] * size, [0] * size
    for k, i in enumerate(inputs):
        reached[i] = 1 << k
    for k, i in enumerate(outputs):
        reaches[i] |= 1 << k
    for w in range(size):
        if nodes[w][0] not in ("const", "input"):
            for u in nodes[w][1:]:
                reached[w] |= reached[u]
    forward = reverse = 0
    for w in range(size - 1, -1, -1):
        if reaches[w] and reached[w] and nodes[w][0] != "input":
            for u in nodes[w][1:]:
                reaches[u] |= reaches[w]
                if reached[u]:
                    forward += reached[u].bit_count()
                    reverse += reaches[w].bit_count()
    return forward, reverse


def times(program: Program, a: int, b: int) -> int:
    """The product of two partials; those of a branch are multiplied in the branch only.

    ``b`` is nearer to the output: its conditions decide whether those of ``a`` are asked at all.
    """
    node, nodes = ("mul", a, b), program.nodes
    if program.value(a) == 0 or program.value(b) == 0:
        return program.const(0)
    kinds = (nodes[a][0], nodes[b][0])
    if kinds[0] in _OPEN or kinds[1] in _OPEN:
        found = _strong(program, ("mul", b, a) if kinds[1] == "where" else node)
        if found is not None:
            return found
    if program.branching:
        for total, factor in ((a, b), (b, a)):
            if nodes[total][0] in _MIXED and program.may_raise(factor):
                support = _support(program, total)
                if program.value(support) is None:
                    return program.add(("where", support, program.add(node), program.const(0)))
    return program.add(node)


def _support(program: Program, total: int, budget: int = MAX_TERMS) -> int:
    """A condition without which a partial is zero; the constant True where there is none."""
    found = program.supports.get(total)
    if found is None:
        found = program.supports[total] = _find_support(program, total, budget)
    return found


def _find_support(program: Program, total: int, budget: int) -> int:
    node = program.nodes[total]
    if node[0] == "const":
        return program.const(bool(node[1]))
    if node[0] not in _MIXED or not budget:
        return program.const(True)
    terms = node[2:] if node[0] == "where" else node[1:]
    inner = [_support(program, a, budget - 1) for a in terms]
    if node[0] == "neg":
        return inner[0]
    if node[0] == "mul":
        return _joined(program, "and", *inner)
    if node[0] == "where":
        sides = (node[1], program.add(("not", node[1])))
        inner = [_joined(program, "and", c, s) for c, s in zip(sides, inner, strict=True)]
    return _joined(program, "or", *inner)


def _joined(program: Program, op: str, one: int, other: int) -> int:
    """Two conditions joined by ``and`` or ``or``; either may be a constant."""
    for known, rest in ((one, other), (other, one)):
        if (value := program.value(known)) is not None:
            return rest if value is (op == "and") else known
    return one if one == other else program.add((op, one, other))


def plus(program: Program, a: int, b: int) -> int:
    """The sum of two partials, branch by branch where both depend on the same condition."""
    node = ("add", a, b)
    if program.nodes[a][0] == "where" and program.nodes[b][0] == "where":
        found = _strong(program, node)
        if found is not None:
            return found
    return program.add(node)
