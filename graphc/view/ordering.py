r"""The order of vertices within their ranks: few crossings, in bounded time.

Sweeps down and up put every vertex at the mean position of its neighbours in the rank before
(Sugiyama, Tagawa & Toda 1981); after each, neighbours change places where that saves crossings
(Gansner, Koutsofios, North & Vo 1993, section 3).  Crossings are counted as inversions, and the
best order that was met is kept.  There are two starts, and as many sweeps as the size allows: the
work is bounded by counting, not by a clock, so the same graph always gets the same order.

>>> ranks = [[0, 1], [2, 3]]
>>> above, below = [[], [], [1], [0]], [[3], [2], [], []]
>>> crossings(ranks, below)
1
>>> ordered(ranks, above, below)
[[0, 1], [3, 2]]
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

Ranks = list[list[int]]
Neighbours = Sequence[Sequence[int]]

WORK = 80_000  # vertices and edges that the sweeps of a start may touch together
MOST, FEWEST = 24, 3  # sweeps
PATIENCE = 5  # sweeps without a gain


def ordered(ranks: Ranks, above: Neighbours, below: Neighbours) -> Ranks:
    """The vertices of every rank in an order with few crossings.

    Parameters
    ----------
    ranks : list of list of int
        Vertices of each rank, in any order.
    above, below : sequence of sequence of int
        Neighbours of each vertex in the rank before and after its own.
    """
    size = sum(map(len, ranks)) + sum(map(len, below))
    sweeps = max(FEWEST, min(MOST, WORK // max(size, 1)))
    starts = [ranks] * (FEWEST * size < WORK) + [_walked(ranks, above)]
    found = [_swept(start, above, below, sweeps) for start in starts]
    return min(found, key=lambda order: order[0])[1]


def crossings(ranks: Ranks, below: Neighbours) -> int:
    """How many pairs of edges between adjacent ranks cross."""
    place = positions(ranks)
    return sum(_inversions(rank, below, place) for rank in ranks)


def positions(ranks: Ranks) -> dict[int, int]:
    """The place of each vertex in its rank."""
    return {v: k for rank in ranks for k, v in enumerate(rank)}


def _inversions(rank: list[int], below: Neighbours, place: dict[int, int]) -> int:
    seen: list[int] = []
    count = 0
    for v in rank:
        for k in sorted([place[w] for w in below[v]]):
            at = bisect_right(seen, k)
            count += len(seen) - at
            seen.insert(at, k)
    return count


def _walked(ranks: Ranks, above: Neighbours) -> Ranks:
    """Vertices in the order in which a walk back from the last rank meets them."""
    level = {v: r for r, rank in enumerate(ranks) for v in rank}
    found: Ranks = [[] for _ in ranks]
    seen: set[int] = set()
    waiting = [v for rank in ranks for v in reversed(rank)]
    while waiting:
        v = waiting.pop()
        if v not in seen:
            seen.add(v)
            found[level[v]].append(v)
            waiting += reversed(above[v])
    return found


def _swept(start: Ranks, above: Neighbours, below: Neighbours, sweeps: int) -> tuple[int, Ranks]:
    """The best order that sweeps meet, and its crossings."""
    ranks = [list(rank) for rank in start]
    best, kept, idle = crossings(ranks, below), [list(r) for r in ranks], 0
    for sweep in range(sweeps):
        if not best or idle == PATIENCE:
            break
        down = sweep % 2 == 0
        place = positions(ranks)
        for rank in ranks[1:] if down else ranks[-2::-1]:
            _sort(rank, above if down else below, place)
        for rank in ranks if down else ranks[::-1]:
            _swap(rank, above, below, place)
        count, idle = crossings(ranks, below), idle + 1
        if count < best:
            best, kept, idle = count, [list(rank) for rank in ranks], 0
    return best, kept


def _sort(rank: list[int], neighbours: Neighbours, place: dict[int, int]) -> None:
    """Sort a rank by mean positions; vertices without neighbours stay where they are."""
    means = {
        v: sum([place[u] for u in neighbours[v]]) / len(neighbours[v])
        for v in rank
        if neighbours[v]
    }
    moving = iter(sorted(means, key=means.__getitem__))
    rank[:] = [next(moving) if v in means else v for v in rank]
    place.update((v, k) for k, v in enumerate(rank))


def _swap(rank: list[int], above: Neighbours, below: Neighbours, place: dict[int, int]) -> None:
    """Exchange adjacent vertices where that saves crossings."""
    if len(rank) < 2:
        return
    around = [
        (sorted([place[u] for u in above[v]]), sorted([place[w] for w in below[v]])) for v in rank
    ]
    for _ in range(4):
        changed = False
        for k in range(len(rank) - 1):
            (a, b), (c, d) = around[k], around[k + 1]
            if (not a or not c or a[-1] <= c[0]) and (not b or not d or b[-1] <= d[0]):
                continue  # nothing crosses
            if _crossing(a, c) + _crossing(b, d) > _crossing(c, a) + _crossing(d, b):
                rank[k], rank[k + 1] = rank[k + 1], rank[k]
                around[k], around[k + 1] = around[k + 1], around[k]
                changed = True
        if not changed:
            break
    place.update((v, k) for k, v in enumerate(rank))


def _crossing(left: list[int], right: list[int]) -> int:
    """Crossings of two vertices' edges, given the places of their neighbours, in order."""
    if not left or not right or left[-1] <= right[0]:
        return 0
    return sum([bisect_left(right, k) for k in left])
