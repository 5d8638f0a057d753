"""Hessians by symmetric vertex elimination.

Besides its first-order edges the graph carries weights ``w_ab`` between vertices: the second
derivatives of the output with respect to a and b, everything between held fixed.  They begin as the
adjoint of each operation times its second local partials.  To eliminate v is to substitute
``dv = sum c_p dp`` over its predecessors p: each weight at v moves to them,

    w_pu += c_p w_vu,    w_pq += c_p (w_vq + w_vv c_q) + c_q w_vp,

and is never computed twice, as ``w_pq = w_qp``.  When only inputs are left, the weights are the
Hessian.  From the outputs to the inputs this is the edge pushing of Gower & Mello (Optimization
Methods and Software 27, 2012; Griewank & Walther, section 7.5), which keeps the exact pattern
of sparse Hessians; any other order is as right.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = a*a*b"))
>>> (gradient, triangle), = second(program, program.outputs, ["a", "b"], "reverse")
>>> {pair: program.nodes[c] for pair, c in triangle.items()}
{(0, 0): ('add', 2, 2), (1, 0): ('add', 0, 0)}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphc.derive.arithmetic import plus, times
from graphc.derive.conditions import Guards
from graphc.derive.curvature import curvatures
from graphc.derive.eliminate import eliminate, leibniz, vertices
from graphc.derive.linearise import LATER, Linearised, guarded, linearise, partial
from graphc.program import Program

Gradient = list["int | None"]
Triangle = dict[tuple[int, int], int]  # nodes by positions of two inputs, the first not below


def second(
    program: Program,
    ends: Mapping[str, int],
    inputs: Sequence[str],
    order: str | Sequence[int],
) -> list[tuple[Gradient, Triangle]]:
    """Add gradients and Hessians to a program.

    Parameters
    ----------
    program : Program
        Gets the new nodes.
    ends : mapping of str to int
        The nodes to be differentiated, by the names they have in Leibniz's form.
    inputs : sequence of str
        Names of scalar inputs or array elements.
    order : str or sequence of int
        A name in `graphc.derive.orders.ORDERS`, or the nodes to eliminate, in order.

    Returns
    -------
    list of (list of (int or None), dict of (int, int) to int)
        For each end its gradient and the lower triangle of its Hessian, by positions of
        inputs; what is zero is None, or not there.
    """
    starts = [program.input(name) for name in inputs]
    graph = linearise(program, list(ends.values()), starts)
    chosen = pick_order(graph, order) if isinstance(order, str) else order
    found = []
    for label, adjoint in zip(ends, adjoints(graph), strict=True):
        _name_adjoints(program, label, adjoint)
        triangle = _triangle(curve(graph, adjoint, starts), starts, chosen)
        _name_second(program, label, triangle, inputs)
        found.append(([adjoint.get(u) for u in starts], triangle))
    return found


def pick_order(graph: Linearised, order: str) -> list[int]:
    """The nodes between inputs and outputs, in the order in which to eliminate them."""
    return [v for v in vertices(graph, order) if v < graph.size]


def product(program: Program, a: int, b: int) -> int:
    """The product of two partials, the second nearer to the output; with 1 and -1 it is free."""
    for factor, other in ((a, b), (b, a)):
        if program.value(factor) == 1:
            return other
        if program.value(factor) == -1 and program.nodes[other][0] != "where":
            return program.add(("neg", other))
    return times(program, a, b)


def weighted_sum(program: Program, nodes: Sequence[int], weights: Sequence[int]) -> int:
    """A node for the sum of some nodes times weights, to be differentiated."""
    total = program.const(0)
    for node, weight in zip(nodes, weights, strict=True):
        term = program.add(("mul", weight, node))
        total = term if program.value(total) == 0 else program.add(("add", total, term))
    return total


def adjoints(graph: Linearised) -> list[dict[int, int]]:
    """For each output, its derivatives with respect to all nodes, in one reverse sweep."""
    places = {w: k for k, w in enumerate(graph.sinks)}
    found: list[dict[int, int]] = [{} for _ in graph.sinks]
    for v in reversed(graph.interior()):
        _collect(graph, v, places, found)
        eliminate(graph, v)
    for v in graph.sources:
        _collect(graph, v, places, found)
    return found


def _collect(
    graph: Linearised, v: int, places: Mapping[int, int], found: list[dict[int, int]]
) -> None:
    """Note the adjoints of a node that only outputs follow, and what leads to none of them."""
    for w, c in graph.after(v).items() if v < graph.size else ():
        if w in places:
            found[places[w]][v] = c


def curve(first: Linearised, adjoint: Mapping[int, int], starts: Sequence[int]) -> Curved:
    """The graph with the weights that the Hessian of an output begins with."""
    program = first.program
    graph, ends = Curved(program, first.guards), set(starts)
    for w in sorted(adjoint):
        if w not in ends:
            arguments = [u for u in dict.fromkeys(program.args(w)) if u in adjoint]
            graph.add_operation(w, arguments, adjoint[w])
    return graph


def _triangle(graph: Curved, starts: Sequence[int], order: Sequence[int]) -> Triangle:
    """The Hessian, when all nodes between inputs and output have been eliminated."""
    places = {u: k for k, u in enumerate(starts)}
    for v in order:
        if v in graph.before:
            graph.eliminate(v)
    found = {
        (k, places[u]): c
        for v, k in places.items()
        for u, c in graph.weights.get(v, {}).items()
        if places[u] <= k
    }
    return dict(sorted(found.items()))


@dataclass
class Curved:
    """A linearised graph with second-order weights, under elimination.

    Attributes
    ----------
    program : Program
    guards : dict of int to int
        Conditions of partials; see `graphc.derive.conditions`.
    before : dict of dict
        Predecessors of each node, with the partial on the edge, or ``LATER``.
    after : dict of dict
        Successors of each node.
    weights : dict of dict
        Partners of each node, with the weight between them; both ways.
    """

    program: Program
    guards: Guards
    before: dict[int, dict[int, int]] = field(default_factory=dict)
    after: dict[int, dict[int, None]] = field(default_factory=dict)
    weights: dict[int, dict[int, int]] = field(default_factory=dict)

    def add_operation(self, w: int, arguments: list[int], adjoint: int) -> None:
        """An operation with its edges and the weights it begins with."""
        program = self.program
        program.origin = program.origins[w]
        self.before[w] = dict.fromkeys(arguments, LATER)
        for u in arguments:
            self.after.setdefault(u, {})[w] = None
        op, *args = program.nodes[w]
        for (i, j), curvature in curvatures(op).items():
            if args[i] in self.before[w] and args[j] in self.before[w]:
                if program.branching:
                    alone = curvature.alone(program, (*args, w))
                    c = product(program, guarded(program, w, alone, self.guards), adjoint)
                else:
                    c = curvature.weighted(program, (*args, w, adjoint))
                self._add_weight(args[i], args[j], c)
                if i != j and args[i] == args[j]:
                    self._add_weight(args[i], args[j], c)

    def eliminate(self, v: int) -> None:
        """Take a node out of the graph: its edges and weights move to its predecessors."""
        program = self.program
        program.origin = program.origins[v]
        partners, after = self.weights.pop(v, {}), list(self.after.get(v, ()))
        own = partners.pop(v, None)
        for u in partners:
            del self.weights[u][v]
        if partners or after or own is not None:
            before = {p: c for p in list(self.before[v]) if (c := self.edge(p, v)) is not None}
        else:
            before = {}
        for s in after:
            d = self.edge(v, s)
            if d is not None:
                del self.before[s][v]
                for p, c in before.items():
                    self._add_edge(p, s, product(program, c, d))
        self.after.pop(v, None)
        for p in self.before.pop(v):
            del self.after[p][v]
        self._push(before, partners, own)

    def _push(self, before: dict[int, int], partners: dict[int, int], own: int | None) -> None:
        """Move the weights of a node that is gone to its predecessors."""
        program = self.program
        for u, w in partners.items():
            for p, c in before.items() if u not in before else ():
                self._add_weight(p, u, product(program, c, w))
        if own is None and partners.keys().isdisjoint(before):
            return
        whole = {
            q: self._sum(partners.get(q), None if own is None else product(program, c, own))
            for q, c in before.items()
        }
        left = list(before)
        for k, p in enumerate(left):
            self._add_product(p, p, before[p], self._sum(whole[p], partners.get(p)))
            for q in left[k + 1 :]:
                a, b = (p, q) if q in partners or p not in partners else (q, p)
                self._add_product(p, q, before[a], whole[b])
                self._add_product(p, q, before[b], partners.get(a))

    def edge(self, u: int, w: int) -> int | None:
        """The partial on an edge, built now if it was not; None if it is 0."""
        row = self.before[w]
        if row[u] == LATER:
            self.program.origin = self.program.origins[w]
            c = partial(self.program, w, u)
            if c is None:
                del row[u], self.after[u][w]
                return None
            row[u] = guarded(self.program, w, c, self.guards)
        return row[u]

    def _add_edge(self, u: int, w: int, c: int) -> None:
        old = self.edge(u, w) if u in self.before[w] else None
        if old is not None:
            c = plus(self.program, old, c)
        if self.program.value(c) != 0:
            self.before[w][u] = c
            self.after.setdefault(u, {})[w] = None
        elif old is not None:
            del self.before[w][u], self.after[u][w]

    def _add_product(self, a: int, b: int, c: int, w: int | None) -> None:
        if w is not None:
            self._add_weight(a, b, product(self.program, c, w))

    def _add_weight(self, a: int, b: int, c: int) -> None:
        old = self.weights.setdefault(a, {}).get(b)
        if old is not None:
            c = plus(self.program, old, c)
        if self.program.value(c) != 0:
            self.weights[a][b] = c
            self.weights.setdefault(b, {})[a] = c
        elif old is not None:
            del self.weights[a][b]
            self.weights[b].pop(a, None)

    def _sum(self, a: int | None, b: int | None) -> int | None:
        if a is None or b is None:
            return a if b is None else b
        return plus(self.program, a, b)


def _name_adjoints(program: Program, label: str, adjoint: Mapping[int, int]) -> None:
    """Name first derivatives in Leibniz form: ``de_da``."""
    for v, c in adjoint.items():
        node = program.nodes[v]
        if node[0] == "input":
            program.derivatives[leibniz(label, node[1])] = c
        name = node[1] if node[0] == "input" else program.names.get(v)
        if name:
            _name(program, c, leibniz(label, name))


def _name_second(program: Program, label: str, found: Triangle, inputs: Sequence[str]) -> None:
    """Name second derivatives in Leibniz form: ``d2e_da_db``."""
    for (k, j), c in found.items():
        name = leibniz(f"2{label}_d{inputs[j]}", inputs[k])
        _name(program, c, name)
        program.derivatives[name] = c


def _name(program: Program, c: int, name: str) -> None:
    if program.nodes[c][0] not in ("const", "input"):
        program.names.setdefault(c, name)
