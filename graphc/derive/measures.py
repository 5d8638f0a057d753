"""What eliminating a vertex costs, by three measures.

- `Multiplications` counts as the literature does: in-degree times out-degree, edges with 1 and -1
  included, additions and equal values not (Griewank & Walther, section 10.3; the figures of
  Lohoff & Neftci, arXiv 2406.05027).
- `Operations` counts what the generated code will compute: products by 1 and -1 are free, sums
  count, and a value that is there already costs nothing.
- `Curvatures` counts the same where second-order weights move with a vertex, step by step as
  `graphc.derive.hessian` does.

The value of an edge, after some set of vertices has been eliminated, is the sum over the paths
through that set: it depends on the set and not on its order.  So what a step costs depends on the
set before it only, and changing a part of an order leaves the bills of all other steps as they
are: `graphc.derive.search` lives on that.

>>> graph = Structure.of_edges([(0, 2), (1, 2), (2, 3), (2, 4)], [2])
>>> Multiplications(graph).eliminate(2)
4
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, Protocol

from graphc.derive.structure import MINUS_ONE, Structure
from graphc.derive.values import PRIME, positive

_UNITS = (1, MINUS_ONE)


Row = dict[int, int]


class Measure(Protocol):
    """Prices eliminations; each can be undone.

    ``eliminate`` gives a bill.  ``charge`` and ``refund`` say what a bill adds to the total, or
    takes from it, next to all other bills charged.
    """

    def eliminate(self, v: int) -> Any:
        """Take a vertex out; the bill."""

    def undo(self) -> None:
        """Put the vertex eliminated last back."""

    def charge(self, bill: Any) -> int:
        """Add a bill; by how much the total grows."""

    def refund(self, bill: Any) -> int:
        """Take a bill back; by how much the total shrinks."""


class Multiplications:
    """The published measure; sets of vertices are the bits of whole numbers."""

    def __init__(self, graph: Structure) -> None:
        self.after = [sum(1 << w for w in row) for row in graph.after]
        self.before = [0] * len(graph.after)
        for u, row in enumerate(graph.after):
            for w in row:
                self.before[w] |= 1 << u
        self._paid = [~_copies(graph, v) for v in range(len(graph.after))]
        self._undo: list[list[tuple[list[int], int, int]]] = []

    def eliminate(self, v: int) -> int:
        """Take a vertex out; the products."""
        price, bit, changed = self.price(v), 1 << v, []
        into, out = self.before[v], self.after[v]
        for masks, here, there in ((self.after, into, out), (self.before, out, into)):
            for u in bits(here):
                changed.append((masks, u, masks[u]))
                masks[u] = (masks[u] | there) ^ bit
        self._undo.append(changed)
        return price

    def price(self, v: int) -> int:
        """The products that taking a vertex out now would cost."""
        return self.before[v].bit_count() * (self.after[v] & self._paid[v]).bit_count()

    def copies(self, v: int) -> int:
        """The outputs that a vertex is a copy of, as bits."""
        return ~self._paid[v]

    def undo(self) -> None:
        """Put the vertex eliminated last back."""
        for masks, v, old in self._undo.pop():
            masks[v] = old

    def charge(self, bill: int) -> int:
        """The products themselves: they add up."""
        return bill

    def refund(self, bill: int) -> int:
        """The products themselves."""
        return bill


def bits(mask: int) -> list[int]:
    """Positions of the bits of a whole number, ascending.

    >>> bits(0b1010)
    [1, 3]
    """
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def _copies(graph: Structure, v: int) -> int:
    """The outputs that a vertex is copied to."""
    return sum(1 << w for w, c in graph.after[v].items() if c == 1 and not graph.after[w])


class Operations:
    """What the generated code computes, sums included, everything once.

    A bill holds the values that a step computes, without their signs.
    """

    def __init__(self, graph: Structure) -> None:
        self.after = [dict(row) for row in graph.after]
        self.before: list[dict[int, None]] = [{} for _ in graph.after]
        for u, row in enumerate(graph.after):
            for w in row:
                self.before[w][u] = None
        self._constants = {*graph.constants, *_UNITS}
        self._uses = dict.fromkeys(graph.free, 1)
        self._undo: list[tuple[int, list[tuple[int, int, int | None]]]] = []

    def eliminate(self, v: int) -> list[int]:
        """Take a vertex out; the values computed."""
        after, before, out = self.after, self.before, self.after[v]
        bill: list[int] = []
        changed: list[tuple[int, int, int | None]] = []
        for w in out:
            del before[w][v]
        for u in before[v]:
            row = after[u]
            a = row.pop(v)
            changed.append((u, v, a))
            for w, b in out.items():
                c, old = self._product(a, b, bill), row.get(w)
                changed.append((u, w, old))
                if old is None:
                    before[w][u] = None
                else:
                    c = self._sum(old, c, bill)
                row[w] = c
                if not c:
                    del row[w], before[w][u]
        self._undo.append((v, changed))
        return bill

    def _product(self, a: int, b: int, bill: list[int]) -> int:
        c = a * b % PRIME
        if a not in _UNITS and b not in _UNITS:
            self._enter(a, b, c, bill)
        return c

    def _sum(self, a: int, b: int, bill: list[int]) -> int:
        c = (a + b) % PRIME
        self._enter(a, b, c, bill)
        return c

    def _enter(self, a: int, b: int, c: int, bill: list[int]) -> None:
        """Bill a value, unless it is known before the code runs."""
        if a in self._constants and b in self._constants:
            self._constants.add(c)
        else:
            bill.append(positive(c))

    def undo(self) -> None:
        """Put the vertex eliminated last back."""
        v, changed = self._undo.pop()
        after, before = self.after, self.before
        for u, w, old in reversed(changed):
            if old is None:
                after[u].pop(w, None)
                before[w].pop(u, None)
            else:
                after[u][w] = old
                before[w][u] = None
        for w in after[v]:
            before[w][v] = None

    def charge(self, bill: list[int]) -> int:
        """Add values; how many of them are new."""
        uses, new = self._uses, 0
        for value in bill:
            before = uses.get(value, 0)
            new += not before
            uses[value] = before + 1
        return new

    def refund(self, bill: list[int]) -> int:
        """Take values back; how many of them nothing else computes."""
        uses, gone = self._uses, 0
        for value in bill:
            uses[value] -= 1
            gone += not uses[value]
        return gone


class Curvatures(Operations):
    """What the code of a Hessian computes, everything once."""

    def __init__(self, graph: Structure) -> None:
        super().__init__(graph)
        self.weights = [dict(row) for row in graph.weights]
        self._log: list[list[tuple[Row, int, int | None]]] = []

    def eliminate(self, v: int) -> list[int]:
        """Take a vertex out; the values computed."""
        before = {p: self.after[p][v] for p in sorted(self.before[v])}
        self._log.append([])
        bill = super().eliminate(v)
        partners = dict(self.weights[v])
        for u in partners:
            self._set(self.weights[u], v, None)
        own = partners.pop(v, None)
        for u, w in partners.items():
            if u not in before:
                for p, c in before.items():
                    self._move(p, u, c, w, bill)
        if own is not None or not partners.keys().isdisjoint(before):
            self._push(before, partners, own, bill)
        return bill

    def _push(self, before: Row, partners: Row, own: int | None, bill: list[int]) -> None:
        """Move weights between what comes before a vertex; see `graphc.derive.hessian`."""
        whole: dict[int, int | None] = {}
        for q, c in before.items():
            moved = None if own is None else self._product(c, own, bill)
            whole[q] = self._joined(partners.get(q), moved, bill)
        left = list(before)
        for k, p in enumerate(left):
            self._move(p, p, before[p], self._joined(whole[p], partners.get(p), bill), bill)
            for q in left[k + 1 :]:
                a, b = (p, q) if q in partners or p not in partners else (q, p)
                self._move(p, q, before[a], whole[b], bill)
                self._move(p, q, before[b], partners.get(a), bill)

    def _move(self, p: int, u: int, c: int, w: int | None, bill: list[int]) -> None:
        """Add a product to a weight."""
        if w is None:
            return
        new = self._joined(self.weights[p].get(u), self._product(c, w, bill), bill)
        for a, b in ((p, u), (u, p)) if p != u else ((p, p),):
            self._set(self.weights[a], b, new or None)

    def _joined(self, a: int | None, b: int | None, bill: list[int]) -> int | None:
        if a is None or b is None:
            return a if b is None else b
        return self._sum(a, b, bill)

    def _set(self, row: Row, key: int, value: int | None) -> None:
        self._log[-1].append((row, key, row.get(key)))
        if value is None:
            row.pop(key, None)
        else:
            row[key] = value % PRIME

    def undo(self) -> None:
        """Put the vertex eliminated last back."""
        for row, key, old in reversed(self._log.pop()):
            if old is None:
                row.pop(key, None)
            else:
                row[key] = old
        super().undo()


def total(measure: Measure, order: Sequence[int], limit: float = inf) -> float:
    """What a whole order costs; infinite above a limit.  The measure stays as it was."""
    cost, bills = 0, []
    for v in order:
        bills.append(measure.eliminate(v))
        cost += measure.charge(bills[-1])
        if cost > limit:
            break
    for bill in bills:
        measure.undo()
        measure.refund(bill)
    return cost if len(bills) == len(order) else inf
