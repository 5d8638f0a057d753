r"""What the page knows: a program, its tape, its boxes with their places, and orders, as JSON.

Everything is computed here, so that the page only evaluates, draws and answers.  What JSON lacks
travels as text: nan, infinities, and whole numbers that a float does not hold.  ``<`` is escaped,
so that no text of a model can end the script element that holds it.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> found = scene(elaborate(Source("e = (a + b) * (b + 1)")), {"a": 2.0, "b": float("inf")})
>>> [i["value"] for i in found["inputs"]]
[2.0, 'inf']
>>> as_json({"name": "</script>", "value": 1})
'{"name":"\\u003c/script>","value":1}'
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphc.bounds import Bounds
from graphc.derive.eliminate import prepare, vertices
from graphc.derive.linearise import Linearised
from graphc.inspect.replay import order_taken
from graphc.ops import OPS
from graphc.program import Program
from graphc.view import mathml
from graphc.view.boxes import Boxes, by_operation, by_statement, inside, label, owner, spans
from graphc.view.colours import BOUNDS
from graphc.view.layout import Layout, layout
from graphc.view.metrics import width
from graphc.view.tape import record

MAX_BOXES = 6_000  # of one picture; what has more is shown in part
MAX_INSIDE = 20_000  # operations of all statements that can be opened
BOTH_WAYS = 1_500  # operations; larger models are drawn downwards only
SEARCHED = 1_500  # nodes; for larger models no order is searched
STEP = 8  # widths are multiples of it
LEAST = 112.0  # width of a box: room for a derivative
DIGITS = 3  # of a value that nobody has chosen, behind the point
EXACT = 2**53  # whole numbers up to it are floats

Data = dict[str, Any]


def scene(program: Program, at: Mapping[str, float]) -> Data:
    """All that the page shows of a program.

    Parameters
    ----------
    program : Program
    at : mapping of str to float
        Values of the scalar inputs and array elements to begin with.
    """
    notes: list[str] = []
    return {
        "file": Path(program.source.name).name,
        "doc": program.doc,
        "text": program.source.text,
        "inputs": _inputs(program, at),
        "outputs": [{"name": name, "node": i} for name, i in program.outputs.items()],
        "nodes": _nodes(program),
        "operations": _operations(program),
        "tape": _tape(program),
        "pictures": _pictures(program, notes),
        "orders": _orders(program, notes),
        "replaced": [{"before": r.before, "after": r.after, "why": r.why}
                     for r in program.replaced],
        "notes": notes,
        "bounds": BOUNDS,
    }  # fmt: skip


def as_json(data: Any) -> str:
    """Strict JSON for a script element of HTML."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def number(value: float | int | bool) -> float | int | str:
    """A number that JSON and JavaScript read back as it is; others as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    return int(value) if abs(value) <= EXACT else str(value)


def starting_point(program: Program, first: float = 1.0) -> dict[str, float]:
    """A value for every scalar: the default, else one from the first to twice as much.

    Where that is outside its bounds, it is one inside.
    """
    found = {}
    for i in program.inputs.values():
        for k, element in enumerate(i.elements):
            spread = round(first * (1 + k / len(i.elements)), DIGITS)
            value = spread if i.default is None else float(i.default)
            if i.bounds is not None and value not in i.bounds:
                value = i.bounds.region()[0]
            found[element] = value
    return found


def _inputs(program: Program, at: Mapping[str, float]) -> list[Data]:
    active = set(program.elements(active_only=True))
    places = {n[1]: i for i, n in enumerate(program.nodes) if n[0] == "input"}
    return [
        {"name": e, "node": places.get(e, -1), "active": e in active, "value": number(at[e]),
         "within": _within(i.bounds, e)}
        for i in program.inputs.values()
        for e in i.elements
    ]  # fmt: skip


def _within(bounds: Bounds | None, element: str) -> Data | None:
    """What the page needs to know of declared bounds."""
    if bounds is None:
        return None
    return {
        "text": bounds.text(element),
        "low": bounds.low,
        "high": bounds.high,
        "open": [bounds.low_open, bounds.high_open],
    }


def _nodes(program: Program) -> Data:
    """The nodes in columns; a statement is the head of `graphc.view.boxes.owner`."""
    indices = range(len(program))
    labels = [label(program, i, "") for i in indices]
    trees = {}
    for i in indices:
        if program.nodes[i][0] == "const":
            trees[i] = mathml.constant(program.value(i), program.spellings.get(i, ""))
        elif labels[i]:
            trees[i] = mathml.name(labels[i])
    lines = [program.source.origin(t) for t in program.origins]
    return {
        "op": [n[0] for n in program.nodes],
        "args": [program.args(i) for i in indices],
        "label": labels,
        "letter": mathml.letter(filter(None, labels)),
        "tree": trees,
        "owner": owner(program),
        "line": [0 if place is None else place[1] for place in lines],
        "spans": spans(program.source),
    }


def _operations(program: Program) -> Data:
    """Formulas of the operations that occur, with places for operands."""
    found = {}
    for op in dict.fromkeys(n[0] for n in program.nodes):
        if op in OPS:
            formula = mathml.operation(op)
            found[op] = {
                "tree": formula.tree,
                "prec": formula.prec,
                "partials": mathml.derivatives(op),
                "doc": OPS[op].doc,
                "note": OPS[op].note,
            }
    return found


def _tape(program: Program) -> Data:
    """The tape in one flat list: operation, three arguments, and so on."""
    tape, elements = record(program), program.elements()
    names = list(dict.fromkeys(["const", "input", *(n[0] for n in tape.code)]))
    places = {name: k for k, name in enumerate(names)}
    order = {e: k for k, e in enumerate(elements)}
    code: list[int] = []
    numbers: list[float | int | str] = []
    for op, *args in tape.code:
        if op == "const":
            args = [len(numbers), *args[1:]]
            numbers.append(number(tape.code[len(code) // 4][1]))
        elif op == "input":
            args = [order[args[0]]]
        code += [places[op], *args, *[0] * (3 - len(args))]
    return {"ops": names, "code": code, "numbers": numbers, "slots": tape.slots,
            "edges": tape.edges}  # fmt: skip


# --- pictures --------------------------------------------------------------------------------


def _pictures(program: Program, notes: list[str]) -> Data:
    operations, statements = by_operation(program), _nearest(by_statement(program), notes)
    ways = [True] if len(operations.boxes) > BOTH_WAYS else [True, False]
    found: Data = {"statements": _picture(statements, ways)}
    if len(operations.boxes) <= MAX_BOXES:
        found["operations"] = _picture(operations, ways)
    else:
        notes.append(
            f"{len(operations.boxes):,} operations are too many for one picture; "
            "statements open one by one."
        )
    left = MAX_INSIDE
    insides: Data = {}
    for box in statements.boxes[::-1]:  # from the outputs on
        if 1 < len(box.nodes) <= min(MAX_BOXES, left):
            insides[str(box.head)] = _picture(inside(program, box.nodes), ways)
            left -= len(box.nodes)
    closed = sum(len(box.nodes) > 1 for box in statements.boxes) - len(insides)
    if closed:
        notes.append(f"{closed:,} statements have too many operations to be opened.")
    return found | {"inside": insides}


def _nearest(picture: Boxes, notes: list[str]) -> Boxes:
    """The part of a picture that is drawn: the boxes nearest to the outputs."""
    if len(picture.boxes) <= MAX_BOXES:
        return picture
    before: dict[int, list[int]] = {}
    for i, j in picture.wires:
        before.setdefault(j, []).append(i)
    kept = dict.fromkeys([k for k, box in enumerate(picture.boxes) if box.output][:MAX_BOXES])
    queue = list(kept)
    for j in queue:
        for i in before.get(j, ()):
            if i not in kept and len(kept) < MAX_BOXES:
                kept[i] = None
                queue.append(i)
    notes.append(
        f"{len(picture.boxes):,} statements are too many for one picture; "
        f"shown are the {len(kept):,} nearest to the outputs."
    )
    order = sorted(kept)
    place = {k: n for n, k in enumerate(order)}
    edges = {
        (place[i], place[j]): e for (i, j), e in picture.edges.items() if i in place and j in place
    }
    return Boxes([picture.boxes[k] for k in order], sorted(edges), edges)


def _picture(picture: Boxes, ways: Sequence[bool]) -> Data:
    sizes = [box_size(box.kind, box.name, box.text) for box in picture.boxes]
    found: Data = {
        "boxes": [[b.head, b.kind, b.name, b.text, int(b.output)] for b in picture.boxes],
        "sizes": [round(x) for size in sizes for x in size],
        "wires": picture.wires,
    }
    for down in ways:
        place = _laid_out(tuple(sizes), tuple(picture.wires), down)
        found["down" if down else "right"] = _places(place, picture.wires)
    return found


@lru_cache(maxsize=1024)
def _laid_out(
    sizes: tuple[tuple[float, float], ...], wires: tuple[tuple[int, int], ...], down: bool
) -> Layout:
    """As `layout`; statements that were unrolled from one text look alike."""
    return layout(sizes, wires, down=down)


def _places(found: Layout, wires: Sequence[tuple[int, int]]) -> Data:
    return {
        "places": [round(x, 1) for place in found.places for x in place],
        "routes": [[round(x, 1) for point in found.routes[w] for x in point] for w in wires],
        "width": round(found.width),
        "height": round(found.height),
    }


def box_size(kind: str, name: str, text: str) -> tuple[float, float]:
    """Width and height of a box, for its lines of text."""
    room = 44 if kind == "statement" else 24
    wide = max(width(shown(name, text), 13.5) + room, LEAST)
    return STEP * math.ceil(wide / STEP), 58


def shown(name: str, text: str, limit: int = 30) -> str:
    """The first line of a box."""
    line = f"{name} = {text}" if name and text else name or text
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


# --- orders ----------------------------------------------------------------------------------


def _orders(program: Program, notes: list[str]) -> Data | None:
    """The linearised graph, and the orders in which its vertices can be eliminated."""
    elements = program.elements(active_only=True)
    if not elements:
        return None
    full = program.copy()
    graph = prepare(full, list(program.outputs), elements)
    between = graph.interior()
    if len(between) > MAX_BOXES:
        notes.append(f"Orders of {len(between):,} vertices are not animated.")
        return None
    product = "jacobian" if len(program.outputs) > 1 else "grad"
    if len(program) <= SEARCHED:
        chosen = order_taken(program, product)
    else:
        chosen = vertices(graph, "reverse")
        if len(program.outputs) > 1:
            notes.append("The model is large: no elimination order was searched for it here.")
    return {
        "edges": _kinds(full, graph),
        "nodes": {q: w for w, q in graph.inner.items()},
        "sources": graph.sources,
        "sinks": graph.sinks,
        "orders": {
            "forward": vertices(graph, "forward"),
            "reverse": vertices(graph, "reverse"),
            "chosen": chosen,
        },
    }


def _kinds(program: Program, graph: Linearised) -> list[tuple[int, int, int]]:
    """The edges, each with its partial if that is 1 or -1 and costs no product, else 0."""
    found = []
    for u in range(len(graph.out)):
        for w, c in graph.after(u).items():
            value = program.value(c)
            found.append((u, w, int(value) if value in (1, -1) else 0))
    return found
