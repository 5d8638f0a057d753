"""The search for the cheapest elimination order.

1. The graph falls into parts that do not touch but in inputs and outputs; each is searched alone,
   and parts of one pattern (bodies of a loop, cells of a grid) once.
2. The orders of `graphc.derive.orders` are priced; the best ones are where the search begins.
3. Small parts are solved exactly where the measure adds up (`graphc.derive.exact`).
4. Simulated annealing improves them (on elimination orders: Naumann, SIAM J. Optim. 13, 2002).  A
   move takes one vertex out of the order and puts it elsewhere.  What an elimination costs depends
   on the set before it only, so just the steps between the two places are priced again.
   A sweep goes along the order and tries moves from where it stands; a move spans at most
   ``WIDEST`` steps, so time is linear in the number of vertices.

The budget is a number of moves and the random numbers have a fixed seed: the same budget gives the
same order on every machine.

>>> lion = [(0, 2), (1, 2), (2, 3), (2, 7), (3, 4), (3, 5), (3, 6), (3, 7)]
>>> found = search(Structure.of_edges(lion, [2, 3]), Multiplications, 1)
>>> found.order, found.cost, found.proved
([2, 3], 12, True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log
from random import Random

from graphc.derive.exact import LARGEST, exact, floors
from graphc.derive.measures import Measure, Multiplications, total
from graphc.derive.orders import ORDERS, neighbours, take_out
from graphc.derive.structure import Structure

Meter = Callable[[Structure], Measure]

MOVES = 1_000  # tried for each unit of effort
LARGE = 10_000  # vertices of a part; above it the sweeps are compared, and nothing is searched
SWEPT = ("forward", "reverse")
STARTS = 2  # orders that are improved
VALUES = 100  # priced for each move, on average: dense graphs get fewer moves, not more time
TRIES = 3  # moves at each place of the order in one sweep
SWEEPS = 8  # if there are moves for it, so that there is time to cool
LOCAL, WIDEST = 8, 120  # steps that a move spans: half of them few
HOT, COLD = 2.5, 0.15  # operations that a move may lose, at first and in the end


@dataclass(frozen=True)
class Found:
    """What the search found.

    Attributes
    ----------
    order : list of int
    cost : int
    known : dict of str to int
        What the orders of `graphc.derive.orders` cost.
    proved : bool
        Whether no order costs less.
    """

    order: list[int]
    cost: int
    known: dict[str, int]
    proved: bool


Solution = tuple[list[int], dict[str, int], bool]  # of a part: as in `Found`


def search(graph: Structure, meter: Meter, effort: int) -> Found:
    """The cheapest order found.

    Parameters
    ----------
    graph : Structure
    meter : callable
        `graphc.derive.measures.Operations` or ``Multiplications``.
    effort : int
        Thousands of moves to try; 0 takes the best of the orders that cost one pass.
    """
    patterns: dict[object, list[tuple[Structure, list[int]]]] = {}
    for part, places in parts(graph):
        patterns.setdefault(part.pattern(), []).append((part, places))
    size = sum(len(same[0][0].interior) for same in patterns.values())
    order: list[int] = []
    known, proved = dict.fromkeys(ORDERS, 0), True
    for same in patterns.values():
        part = same[0][0]
        best, costs, optimal = _solve(
            part, meter, MOVES * effort * len(part.interior) // max(size, 1)
        )
        order += [places[v] for _, places in same for v in best]
        known = {n: cost + len(same) * costs[n] for n, cost in known.items() if n in costs}
        proved = proved and optimal
    return Found(order, int(total(meter(graph), order)), known, proved)


def _solve(part: Structure, meter: Meter, moves: int) -> Solution:
    """The cheapest order of one part."""
    measure = meter(part)
    large = len(part.interior) > LARGE
    orders = {n: make(part) for n, make in ORDERS.items() if n in SWEPT or not large}
    costs = {n: int(total(measure, order)) for n, order in orders.items()}
    starts = {tuple(orders[name]): None for name in sorted(orders, key=costs.__getitem__)}
    moves = 0 if large else moves // STARTS
    first = links(part) if meter is Multiplications else {}
    rest = [[v for v in order if v not in first] for order in [*starts][:STARTS]]
    found = [improve(measure, [*first, *order], moves, len(first)) for order in rest]
    cost, best = min(found, key=lambda f: f[0])
    if meter is not Multiplications:
        return best, costs, False
    if cost == sum(floors(part).values()):
        return best, costs, True
    optimum = exact(part) if len(part.interior) <= LARGEST else None
    return optimum or best, costs, optimum is not None


def links(graph: Structure) -> dict[int, None]:
    """Vertices that have one predecessor and one successor, or come to have as others go.

    Each costs one product, now as ever, and nothing becomes dearer when it is gone.  (With equal
    values shared that does not hold.)
    """
    before, after = neighbours(graph)
    found: dict[int, None] = {}
    waiting, inside = list(graph.interior), set(graph.interior)
    while waiting:
        v = waiting.pop()
        if len(before[v]) == 1 == len(after[v]) and v not in found:
            found[v] = None
            ((u,), (w,)) = before[v], after[v]
            take_out(v, before, after)
            waiting += [x for x in (u, w) if x in inside]
    return found


# --- parts --------------------------------------------------------------------------------


def parts(graph: Structure) -> Iterator[tuple[Structure, list[int]]]:
    """The parts of a graph, and the places in the graph of each part's vertices."""
    if graph.weights:  # which join what edges do not
        yield graph, list(range(len(graph.after)))
        return
    leader = list(range(len(graph.after)))

    def root(v: int) -> int:
        while leader[v] != v:
            leader[v] = leader[leader[v]]
            v = leader[v]
        return v

    inside = set(graph.interior)
    for v in graph.interior:
        for w in graph.after[v]:
            if w in inside:
                leader[root(w)] = root(v)
    groups: dict[int, list[int]] = {}
    for v in graph.interior:
        groups.setdefault(root(v), []).append(v)
    before: list[list[int]] = [[] for _ in graph.after]
    for u, row in enumerate(graph.after):
        for w in row:
            before[w].append(u)
    for members in groups.values():
        yield _part(graph, members, before)


def _part(
    graph: Structure, members: list[int], before: list[list[int]]
) -> tuple[Structure, list[int]]:
    """The subgraph of all edges at some vertices, and all edges between their neighbours."""
    inside = set(members)
    sources = {u for v in members for u in before[v]} - inside
    sinks = {w for v in members for w in graph.after[v]} - inside
    places = sorted(inside | sources | sinks)
    new = {v: k for k, v in enumerate(places)}
    after = tuple(
        {new[w]: c for w, c in graph.after[v].items() if w in inside or (w in sinks)}
        if v in inside or v in sources
        else {}
        for v in places
    )
    interior = tuple(new[v] for v in members)
    return Structure(tuple(places), after, interior, graph.free, graph.constants), places


# --- annealing ----------------------------------------------------------------------------


class _Path:
    """An order under change: each step with its bill, and a place up to which it is carried out.

    All bills are charged; the graph stands where the steps before ``place`` have been taken.
    """

    def __init__(self, measure: Measure, order: Sequence[int]) -> None:
        self.measure, self.order, self.place = measure, list(order), 0
        self.bills, self.cost, self.priced = [], 0, 0
        for v in order:
            self.bills.append(measure.eliminate(v))
            self.cost += measure.charge(self.bills[-1])
        self.place = len(self.order)
        self.rewind()

    def rewind(self) -> None:
        """Back to the beginning."""
        for _ in range(self.place):
            self.measure.undo()
        self.place = 0

    def advance(self) -> None:
        """Take the next step."""
        self.measure.eliminate(self.order[self.place])
        self.place += 1

    def close(self) -> None:
        """Leave the measure as it was."""
        self.rewind()
        for bill in self.bills:
            self.measure.refund(bill)

    def change(self, steps: list[int], loss: float) -> bool:
        """Take these steps next instead, if that loses no more than allowed."""
        measure, end = self.measure, self.place + len(steps)
        old = self.bills[self.place : end]
        saved = sum(map(measure.refund, old))
        new, added = [], 0
        for v in steps:
            new.append(measure.eliminate(v))
            added += measure.charge(new[-1])
            if added > saved + loss:
                break
        self.priced += added
        for _ in new:
            measure.undo()
        if added <= saved + loss:
            self.order[self.place : end], self.bills[self.place : end] = steps, new
            self.cost += added - saved
            return True
        for bill in new:
            measure.refund(bill)
        for bill in old:
            measure.charge(bill)
        return False


def improve(
    measure: Measure, order: Sequence[int], moves: int, settled: int = 0
) -> tuple[float, list[int]]:
    """Anneal an order; the best cost and order seen.

    Parameters
    ----------
    measure : Measure
        Of the whole graph.
    order : sequence of int
    moves : int
        How many are tried.
    settled : int
        Steps at the beginning that stay.
    """
    path, random = _Path(measure, order), Random(1)
    best, size = (path.cost, list(order)), len(order) - settled
    sweeps = _sweeps(moves, size)
    due = 0.0
    for sweep in range(1, sweeps + 1):
        if path.priced >= moves * VALUES:
            break
        path.priced += path.cost
        heat = HOT * (COLD / HOT) ** (sweep / sweeps)
        for _ in range(settled):
            path.advance()
        for _ in range(size - 1):
            due += moves / (sweeps * (size - 1))
            while due >= 1 and path.priced < moves * VALUES:
                due -= 1
                steps = _moved(path.order, path.place, random)
                if path.change(steps, -heat * log(1 - random.random())) and path.cost < best[0]:
                    best = path.cost, path.order.copy()
            path.advance()
        path.rewind()
    path.close()
    return best


def _sweeps(moves: int, size: int) -> int:
    """How often to go along an order: often enough to cool slowly, or with few moves once."""
    if not moves or size < 2:
        return 0
    return max(1, min(SWEEPS, SWEEPS * moves // size), moves // (TRIES * size))


def _moved(order: list[int], place: int, random: Random) -> list[int]:
    """The next steps, with the first of them put last or the last put first."""
    widest = min(WIDEST, len(order) - 1 - place)
    if random.random() < 0.5:
        widest = min(LOCAL, widest)
    steps = order[place : place + 2 + int(random.random() * widest)]
    return steps[1:] + steps[:1] if random.random() < 0.5 else steps[-1:] + steps[:-1]
