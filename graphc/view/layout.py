"""A graph drawn in ranks: places of the boxes and ways of the wires, for page and pictures alike.

Sugiyama's scheme, with what pays for computations: ranks are as late as possible (a value stands
just above its first use), and all long edges of a value share one wire, as it is one value; so a
parameter that is used in a hundred ranks bends a hundred times, not five thousand.  The order
within ranks is `graphc.view.ordering`, the coordinates are `graphc.view.columns`.  Nothing recurses
and no clock is read: the same graph gets the same places on every machine.

Three thousand boxes take about a second; some seconds where most wires are long.

>>> found = layout([(40, 20)] * 3, [(0, 1), (0, 2), (1, 2)])
>>> found.ranks
[0, 1, 2]
>>> found.routes[0, 1][0] == (found.places[0][0], found.places[0][1] + 10)
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphc.view.columns import columns
from graphc.view.ordering import Ranks, ordered

Point = tuple[float, float]
Edge = tuple[int, int]

SPACING = 24.0  # between boxes of a rank
BESIDE = 12.0  # between wires, and between a wire and a box
GAP = 46.0  # between ranks, where wires go straight; more where they go far
PORTS = 0.6  # the part of a side of a box at which wires arrive


@dataclass(frozen=True)
class Layout:
    """Where everything is; the top left corner is (0, 0).

    Between two points a wire is drawn as a curve that leaves and arrives along the direction of
    the ranks.

    Attributes
    ----------
    places : list of (float, float)
        Centres of the boxes.
    ranks : list of int
    width, height : float
    trunks : dict of int to list of (float, float)
        The wire that all uses of a box's value share, from the side of the box.
    branches : dict of (int, int) to (int, list of (float, float))
        How many points of the trunk lead to a use, and the points from there to its box.
    """

    places: list[Point]
    ranks: list[int]
    width: float
    height: float
    trunks: dict[int, list[Point]]
    branches: dict[Edge, tuple[int, list[Point]]]

    @cached_property
    def routes(self) -> dict[Edge, list[Point]]:
        """Points of the wire between two boxes, from the side of one to that of the other."""
        return {
            (u, w): simple([*self.trunks[u][:n], *branch])
            for (u, w), (n, branch) in self.branches.items()
        }

    @cached_property
    def strokes(self) -> dict[int, list[list[Point]]]:
        """The wires of each box's value, each part once: the longest, then what branches off."""
        found: dict[int, list[list[Point]]] = {}
        for (u, _), (n, branch) in sorted(self.branches.items(), key=lambda b: -b[1][0]):
            trunk = self.trunks[u][n - 1 : n] if u in found else self.trunks[u][:n]
            found.setdefault(u, []).append(simple([*trunk, *branch]))
        return found


def layout(
    sizes: Sequence[Point], edges: Sequence[Edge], *, down: bool = True, gap: float = GAP
) -> Layout:
    """Places for boxes and wires.

    Parameters
    ----------
    sizes : sequence of (float, float)
        Width and height of each box.
    edges : sequence of (int, int)
        From box to box; several between the same boxes are one wire.
    down : bool
        Ranks from top to bottom, else from left to right.
    gap : float
        Least distance between ranks.

    Raises
    ------
    ValueError
        The edges lead round in a circle.
    """
    turned = [size if down else size[::-1] for size in sizes]
    found = _drawn(turned, list(dict.fromkeys(edges)), gap)
    return found if down else _turned(found)


def _drawn(sizes: list[Point], edges: list[Edge], gap: float) -> Layout:
    ranks = rank(len(sizes), edges)
    net = _Net(len(sizes), edges, ranks)
    rows = ordered(net.rows, net.above, net.below)
    wires = range(len(sizes), len(net.above))
    wide = [size[0] for size in sizes] + [0.0] * len(wires)

    def apart(v: int, w: int) -> float:
        both = v < len(sizes) and w < len(sizes)
        return (wide[v] + wide[w]) / 2 + (SPACING if both else BESIDE)

    xs = columns(rows, net.above, net.below, apart, set(wires))
    _beside(rows, net, xs, apart)
    left = min((x - w / 2 for x, w in zip(xs, wide, strict=True)), default=0.0)
    xs = [x - left for x in xs]
    tops, bottoms = _bands(rows, net, xs, sizes, gap)
    places = [(_round(xs[v]), _round((tops[r] + bottoms[r]) / 2)) for v, r in enumerate(ranks)]
    trunks = {u: _trunk(net, u, xs, sizes, tops, bottoms) for u in {u: 0 for u, _ in edges}}
    ports, branches = _ports(net, xs, sizes), {}
    for u, w in edges:
        x, top, bottom = ports[u, w], tops[ranks[w]], bottoms[ranks[w]]
        y = (top + bottom - sizes[w][1]) / 2
        branch = [(_round(x), _round(top)), (_round(x), _round(y))]
        branches[u, w] = 2 * (ranks[w] - ranks[u]), branch
    width = max((x + w / 2 for x, w in zip(xs, wide, strict=True)), default=0.0)
    height = bottoms[-1] if bottoms else 0.0
    return Layout(places, ranks, _round(width), _round(height), trunks, branches)


def _beside(rows: Ranks, net: _Net, xs: list[float], apart: Callable[[int, int], float]) -> None:
    """Boxes without a wire next to their neighbours: nothing else tells where they belong."""
    for row in rows:
        loose = [not net.above[v] and not net.below[v] for v in row]
        for k in range(1, len(row)):
            if loose[k] and not all(loose[:k]):
                xs[row[k]] = xs[row[k - 1]] + apart(row[k - 1], row[k])
        for k in range(len(row) - 2, -1, -1):
            if all(loose[: k + 1]):
                xs[row[k]] = xs[row[k + 1]] - apart(row[k], row[k + 1])


def rank(count: int, edges: Sequence[Edge]) -> list[int]:
    """The rank of every box: just before its first use, and ends just behind what they need."""
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for u, w in edges:
        after[u].append(w)
        before[w].append(u)
    left = [len(b) for b in before]
    order = [v for v in range(count) if not left[v]]
    for v in order:
        for w in after[v]:
            left[w] -= 1
            if not left[w]:
                order.append(w)
    if len(order) < count:
        raise ValueError("the edges lead round in a circle")
    height = [0] * count
    for v in reversed(order):
        height[v] = max((height[w] + 1 for w in after[v]), default=0)
    top = max(height, default=0)
    found = [top - h for h in height]
    for v in range(count):
        if not after[v]:
            found[v] = max((found[u] + 1 for u in before[v]), default=0)
    return found


class _Net:
    """Boxes and bends of wires, joined from rank to rank only.

    Attributes
    ----------
    rows : list of list of int
        Vertices of each rank; those from the number of boxes on are bends.
    above, below : list of list of int
        Neighbours in the ranks before and after.
    bends : dict of int to list of int
        The bends of a box's wire, rank by rank.
    """

    def __init__(self, count: int, edges: Sequence[Edge], ranks: list[int]) -> None:
        self.ranks = ranks
        self.rows: Ranks = [[] for _ in range(max(ranks, default=-1) + 1)]
        for v, r in enumerate(ranks):
            self.rows[r].append(v)
        self.above: list[list[int]] = [[] for _ in range(count)]
        self.below: list[list[int]] = [[] for _ in range(count)]
        self.bends: dict[int, list[int]] = {}
        for u, w in edges:
            self._join(self._bend(u, ranks[w] - 1), w)

    def _bend(self, u: int, at: int) -> int:
        """The end of a box's wire in a rank; the wire is drawn out to there."""
        bends = self.bends.setdefault(u, [])
        while self.ranks[u] + len(bends) < at:
            bend = len(self.above)
            self.above.append([])
            self.below.append([])
            self._join(bends[-1] if bends else u, bend)
            bends.append(bend)
            self.rows[self.ranks[u] + len(bends)].append(bend)
        return bends[at - self.ranks[u] - 1] if at > self.ranks[u] else u

    def _join(self, v: int, w: int) -> None:
        self.below[v].append(w)
        self.above[w].append(v)


def _bands(
    rows: Ranks, net: _Net, xs: list[float], sizes: list[Point], gap: float
) -> tuple[list[float], list[float]]:
    """Top and bottom of each rank; ranks are further apart where wires go far to the side."""
    tops, bottoms, y = [], [], 0.0
    for row in rows:
        thick = max((sizes[v][1] for v in row if v < len(sizes)), default=0.0)
        far = max((abs(xs[v] - xs[w]) for v in row for w in net.below[v]), default=0.0)
        tops.append(y)
        bottoms.append(y + thick)
        y += thick + gap + min(gap, far / 12)
    return tops, bottoms


def _trunk(
    net: _Net,
    u: int,
    xs: list[float],
    sizes: list[Point],
    tops: list[float],
    bottoms: list[float],
) -> list[Point]:
    """The side of a box, the end of its rank, and both ends of the ranks that the wire passes."""
    r = net.ranks[u]
    points = [(xs[u], (tops[r] + bottoms[r] + sizes[u][1]) / 2), (xs[u], bottoms[r])]
    for k, v in enumerate(net.bends.get(u, []), r + 1):
        points += [(xs[v], tops[k]), (xs[v], bottoms[k])]
    return [(_round(x), _round(y)) for x, y in points]


def _ports(net: _Net, xs: list[float], sizes: list[Point]) -> dict[Edge, float]:
    """Where each wire arrives: side by side, in the order in which they come."""
    owner = {bend: u for u, bends in net.bends.items() for bend in bends}
    found = {}
    for w, (width, _) in enumerate(sizes):
        ends = sorted(net.above[w], key=lambda v: (xs[v], v))
        step = min(18.0, width * PORTS / max(len(ends), 1))
        for k, v in enumerate(ends):
            found[owner.get(v, v), w] = xs[w] + (k - (len(ends) - 1) / 2) * step
    return found


def simple(points: list[Point]) -> list[Point]:
    """Without points that repeat, or that lie on the straight way between their neighbours."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (
            kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]
        ):
            kept.pop()
        kept.append(point)
    return kept


def _round(x: float) -> float:
    return round(x, 1) + 0.0


def _turned(found: Layout) -> Layout:
    """Rows made columns."""

    def turn(points: list[Point]) -> list[Point]:
        return [(x, y) for y, x in points]

    return Layout(
        turn(found.places),
        found.ranks,
        found.height,
        found.width,
        {u: turn(trunk) for u, trunk in found.trunks.items()},
        {edge: (n, turn(branch)) for edge, (n, branch) in found.branches.items()},
    )
