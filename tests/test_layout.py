"""Places and wires: nothing overlaps, what is committed stays, and depth costs no stack."""

from __future__ import annotations

import itertools
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphc.inspect.show import formula
from graphc.language.elaborate import elaborate
from graphc.language.lexer import decode
from graphc.view.columns import columns
from graphc.view.layout import GAP, Layout, layout
from graphc.view.ordering import crossings, ordered

EXAMPLES = Path(__file__).parent.parent / "examples"
PLACES = Path(__file__).parent / "layouts"
Graph = tuple[list[tuple[float, float]], list[tuple[int, int]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(0, 25))
    side = st.sampled_from([10.0, 33.5, 120.0])
    sizes = [(draw(side), draw(side)) for _ in range(count)]
    pairs = [(u, w) for w in range(count) for u in range(w)]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=50)) if pairs else []
    return sizes, edges


def model(name: str) -> Graph:
    program = elaborate(decode((EXAMPLES / f"{name}.expr").read_bytes(), name))
    sizes = [(20.0 + 7 * len(formula(program, i)), 30.0) for i in range(len(program))]
    return sizes, [(u, w) for w in range(len(program)) for u in program.args(w)]


@given(graphs(), st.booleans())
def test_boxes_stand_apart_and_wires_join_them(graph: Graph, down: bool) -> None:
    sizes, edges = graph
    found = layout(sizes, edges, down=down)
    boxes = [
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        for (x, y), (w, h) in zip(found.places, sizes, strict=True)
    ]
    for k, (left, top, right, bottom) in enumerate(boxes):
        assert left >= -0.1 and right <= found.width + 0.1
        assert top >= -0.1 and bottom <= found.height + 0.1
        for other in boxes[:k]:
            beside = right <= other[0] or other[2] <= left
            assert beside or bottom <= other[1] or other[3] <= top
    assert found.routes.keys() == set(edges)
    for (u, w), points in found.routes.items():
        assert found.ranks[u] < found.ranks[w]
        assert points[0] == (pytest.approx(end(boxes[u], down, 1), abs=0.1))
        along = 1 if down else 0
        assert points[-1][along] == pytest.approx(boxes[w][along], abs=0.1)
        across = 1 - along
        assert boxes[w][across] <= points[-1][across] <= boxes[w][2 + across]
        assert all(a[along] <= b[along] for a, b in pairwise(points))


def end(box: tuple[float, ...], down: bool, side: int) -> tuple[float, float]:
    """The middle of the side of a box where its wire begins."""
    left, top, right, bottom = box
    return ((left + right) / 2, bottom) if down else (right, (top + bottom) / 2)


@given(graphs())
def test_wires_pass_no_box(graph: Graph) -> None:
    sizes, edges = graph
    found = layout(sizes, edges)
    for (u, w), points in found.routes.items():
        for box, ((x, y), (width, height)) in enumerate(zip(found.places, sizes, strict=True)):
            for (x1, y1), (_, y2) in pairwise(points):
                if box not in (u, w) and y1 < y + height / 2 - 0.1 and y - height / 2 + 0.1 < y2:
                    assert abs(x1 - x) > width / 2, "straight where boxes are, and beside them"


@pytest.mark.parametrize("name", ["quickstart", "paths", "van_der_waals"])
def test_places_are_those_committed(name: str, request: pytest.FixtureRequest) -> None:
    found = text(layout(*model(name)))
    path = PLACES / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(found, encoding="utf-8", newline="\n")
    assert found == path.read_text(encoding="utf-8")


def text(found: Layout) -> str:
    """A layout as lines."""
    lines = [f"size {found.width} {found.height}"]
    lines += [
        f"box {k} rank {r} at {x} {y}"
        for k, (r, (x, y)) in enumerate(zip(found.ranks, found.places, strict=True))
    ]
    for (u, w), points in found.routes.items():
        lines.append(f"wire {u} {w}: " + "  ".join(f"{x} {y}" for x, y in points))
    return "\n".join(lines) + "\n"


def test_a_box_without_a_wire_stands_beside_its_neighbour() -> None:
    edges = [(0, 2), (1, 2), *((k, 8) for k in range(2, 8))]
    found = layout([(100.0, 40.0)] * 10, edges)
    row = sorted(x for (x, _), r in zip(found.places, found.ranks, strict=True) if r == 0)
    assert [y - x for x, y in itertools.pairwise(row)] == pytest.approx([124, 124])


def test_a_value_is_drawn_as_one_wire() -> None:
    """Its strokes cover all its routes, and share no more than a point."""
    chain = [(k, k + 1) for k in range(5)]
    found = layout([(40, 20)] * 6, [*chain, (0, 3), (0, 5)])
    strokes = found.strokes[0]
    assert len(strokes) == 3
    assert found.routes[0, 5] == strokes[0], "the longest way is whole"
    assert strokes[1][0] in [*strokes[0], *found.trunks[0]]
    assert sum(len(s) for s in found.strokes.values()) <= sum(map(len, found.routes.values()))


def test_ranks_are_as_late_as_possible_but_ends_are_not() -> None:
    # 4 is used last, though nothing stands before it; 5 ends early
    found = layout([(40, 20)] * 6, [(0, 1), (1, 2), (2, 3), (4, 3), (0, 5)])
    assert found.ranks == [0, 1, 2, 3, 2, 1]


def test_from_left_to_right_is_the_same_turned() -> None:
    sizes, edges = model("paths")
    across = layout([size[::-1] for size in sizes], edges)
    along = layout(sizes, edges, down=False)
    assert along.places == [(x, y) for y, x in across.places]
    assert (along.width, along.height) == (across.height, across.width)


def test_few_and_no_boxes() -> None:
    assert layout([], []) == Layout([], [], 0.0, 0.0, {}, {})
    one = layout([(40, 20)], [])
    assert (one.places, one.width, one.height) == ([(20.0, 10.0)], 40.0, 20.0)
    two = layout([(40, 20)] * 2, [(0, 1), (0, 1)])
    assert two.height == 40 + GAP and len(two.routes) == 1


def test_depth_and_width_need_no_stack() -> None:
    count = 4_000
    chain = layout([(40, 20)] * count, [(k, k + 1) for k in range(count - 1)])
    assert max(chain.ranks) == count - 1 and chain.width == 40
    star = layout([(40, 20)] * count, [(k, count - 1) for k in range(count - 1)])
    assert max(star.ranks) == 1


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        layout([(40, 20)] * 2, [(0, 1), (1, 0)])


def test_crossings_are_undone() -> None:
    """A braid that has an order without crossings gets it."""
    size = 12
    above: list[list[int]] = [[] for _ in range(size)]
    above += [[(5 * k) % size] for k in range(size)]
    below: list[list[int]] = [[size + (5 * k) % size] for k in range(size)] + [[]] * size
    rows = [list(range(size)), list(range(size, 2 * size))]
    assert crossings(rows, below) > 20
    assert crossings(ordered(rows, above, below), below) == 0


def test_long_wires_are_straight_where_there_is_room() -> None:
    ranks = [[0, 1], [2, 3], [4, 5], [6, 7]]
    above = [[], [], [0], [1], [2], [3], [4], [5]]
    below = [[2], [3], [4], [5], [6], [7], [], []]
    wide = {3: 100.0, 5: 300.0}
    xs = columns(ranks, above, below, lambda v, w: (wide.get(w, 20) + 20) / 2, {2, 4})
    assert xs[2] == xs[4] == xs[0] == xs[6]
