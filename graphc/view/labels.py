"""Numbers beside the wires: where there is room for them, or nowhere.

A number stands on its own wire, and where few other wires are near.  One that would lie on a box
or on another number is left out; the boxes' titles have it.

>>> from graphc.view.layout import layout
>>> found = layout([(40, 20)] * 2, [(0, 1)])
>>> placed(found, [(40, 20)] * 2, [((0, 1), 20, 12)], down=True)
{(0, 1): (20.0, 43.0)}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from graphc.view.layout import Edge, Layout, Point

CELL = 32.0
CLOSE = 8  # steps along a piece of wire
ALONG = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)  # places to try on it

Rect = tuple[float, float, float, float]


def placed(
    found: Layout,
    sizes: Sequence[Point],
    labels: Iterable[tuple[Edge, float, float]],
    down: bool,
) -> dict[Edge, Point]:
    """Centres of labels.

    Parameters
    ----------
    found : Layout
    sizes : sequence of (float, float)
        Of the boxes.
    labels : iterable of ((int, int), float, float)
        Wire, width and height of each.
    down : bool
        The direction of the layout.
    """
    crowd = _Crowd()
    for (x, y), (w, h) in zip(found.places, sizes, strict=True):
        crowd.take((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
    for u, strokes in found.strokes.items():
        for points in strokes:
            for p, q in pairwise(points):
                crowd.draw(u, (curve(p, q, k / CLOSE, down) for k in range(CLOSE + 1)))
    places = {}
    for edge, w, h in labels:
        tries = []
        for n, (p, q) in enumerate(pairwise(reversed(found.routes[edge]))):
            for k, t in enumerate(ALONG):
                x, y = curve(q, p, t, down)
                rect = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
                if crowd.free(rect):
                    tries.append((crowd.wires(rect, edge[0]), n, k, (x, y), rect))
            if n == 3:
                break
        if tries:
            *_, place, rect = min(tries)
            crowd.take(rect)
            places[edge] = (round(place[0], 1), round(place[1], 1))
    return places


def curve(p: Point, q: Point, t: float, down: bool) -> Point:
    """A point of the curve between two points of a wire."""
    late, far = t * t * (3 - 2 * t), 1.5 * t - 1.5 * t * t + t * t * t
    (x, y), (dx, dy) = p, (q[0] - p[0], q[1] - p[1])
    return (x + dx * late, y + dy * far) if down else (x + dx * far, y + dy * late)


def controls(p: Point, q: Point, down: bool) -> tuple[Point, Point]:
    """The inner control points of that curve, a cubic of Bezier's."""
    (x, y), (a, b) = p, q
    if down:
        return (x, (y + b) / 2), (a, (y + b) / 2)
    return ((x + a) / 2, y), ((x + a) / 2, b)


class _Crowd:
    """What is drawn already, by cells of the plane."""

    def __init__(self) -> None:
        self._taken: dict[tuple[int, int], list[Rect]] = {}
        self._points: dict[tuple[int, int], set[tuple[int, Point]]] = {}

    def take(self, rect: Rect) -> None:
        for cell in _cells(rect):
            self._taken.setdefault(cell, []).append(rect)

    def draw(self, wire: int, points: Iterable[Point]) -> None:
        for x, y in points:
            self._points.setdefault((int(x // CELL), int(y // CELL)), set()).add((wire, (x, y)))

    def free(self, rect: Rect) -> bool:
        return not any(
            _meet(rect, other) for cell in _cells(rect) for other in self._taken.get(cell, ())
        )

    def wires(self, rect: Rect, own: int) -> int:
        """How many other wires come close."""
        left, top, right, bottom = rect
        return len({
            wire
            for cell in _cells(rect)
            for wire, (x, y) in self._points.get(cell, ())
            if wire != own and left - 4 < x < right + 4 and top - 4 < y < bottom + 4
        })  # fmt: skip


def _cells(rect: Rect) -> list[tuple[int, int]]:
    left, top, right, bottom = (int(x // CELL) for x in rect)
    return [(i, j) for i in range(left, right + 1) for j in range(top, bottom + 1)]


def _meet(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
