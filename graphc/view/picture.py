"""A picture of a program before it is written down: boxes with their lines of text, and wires.

What a picture says is decided here, once for SVG and TikZ: which boxes there are, what stands in
them, which number belongs to which wire, and where everything is.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> found = picture(program, Wanted({"a": 2.0, "b": 1.0}, reverse="e"))
>>> [line.text for line in found.items[1].lines]
['b', '1', '∂e/∂b = 5']
>>> [wire.label for wire in found.wires if wire.edge[1] == 4]
['2', '3']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from graphc.errors import OptionError, suggest
from graphc.program import Program
from graphc.view.boxes import BLANK, MINUS, Box, Boxes, by_operation, by_statement, label
from graphc.view.colours import step
from graphc.view.layout import Edge, Layout, layout
from graphc.view.metrics import brief, shortened, width
from graphc.view.sweeps import Point, Sweep, at_point

FEW = 400  # boxes of single operations; above that a picture has one box for each statement
MOST = 6_000  # boxes of one picture
LONGEST = 250.0  # of a line of text
SIZES = {"name": 14.0, "value": 12.5, "tangent": 12.5, "adjoint": 12.5, "label": 11.0}
LEADING = 1.35
PADDING = 10.0
NARROWEST = 44.0


@dataclass(frozen=True)
class Wanted:
    """What a picture should show.

    Attributes
    ----------
    at : mapping of str to float, optional
        Values of the scalar inputs and array elements.
    forward, reverse : str
        The input whose tangents, and the result whose adjoints are shown; none if empty.
    boxes : str
        ``operation``, ``statement``, or ``auto``: operations if they are few.
    down : bool
        From top to bottom, else from left to right.
    size : int, optional
        Number of nodes of the model itself; later ones belong to its derivatives.
    """

    at: Mapping[str, float] | None = None
    forward: str = ""
    reverse: str = ""
    boxes: str = "auto"
    down: bool = True
    size: int | None = None


@dataclass(frozen=True)
class Line:
    """A line of text in a box: ``name``, ``value``, ``tangent`` or ``adjoint``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Item:
    """A box as it is drawn.

    Attributes
    ----------
    kind : str
        ``input``, ``data``, ``operation``, ``output`` or ``derivative``.
    lines : tuple of Line
    title : str
        All that is known of it, unshortened.
    step : int
        The step of its derivative's magnitude; -1 if there is none.
    faded, current : bool
        Whether it is beside the branch taken; whether a step of an explanation is here.
    """

    kind: str
    lines: tuple[Line, ...]
    title: str
    step: int = -1
    faded: bool = False
    current: bool = False


@dataclass(frozen=True)
class Wire:
    """A wire, the number on it, and whether it is beside the branch taken."""

    edge: Edge
    label: str = ""
    faded: bool = False


@dataclass(frozen=True)
class Picture:
    """Boxes, wires, and where they are.

    Attributes
    ----------
    title, doc : str
    items : list of Item
    sizes : list of (float, float)
    wires : list of Wire
    layout : Layout
    down : bool
    scale : str
        Of what the colours show the magnitude; nothing if there is no derivative.
    """

    title: str
    doc: str
    items: list[Item]
    sizes: list[tuple[float, float]]
    wires: list[Wire]
    layout: Layout
    down: bool
    scale: str = ""


def picture(program: Program, wanted: Wanted) -> Picture:
    """The picture of a program.

    Raises
    ------
    OptionError
        A name is unknown, or there are more boxes than a picture can hold.
    """
    boxes = chosen_boxes(program, wanted)
    point = None if wanted.at is None else at_point(program, wanted.at)
    tangents, adjoints = sweeps(program, point, wanted)
    writer = _Writer(program, wanted, point, tangents, adjoints)
    items = [writer.item(box) for box in boxes.boxes]
    sizes = [_size(item) for item in items]
    found = layout(sizes, boxes.wires, down=wanted.down)
    wires = writer.wires(boxes)
    items = _with_partials(items, wires, [label(program, box.head) for box in boxes.boxes])
    scale = f"|∂{wanted.reverse}/∂{BLANK}|" if adjoints else ""
    if tangents and not adjoints:
        scale = f"|∂{BLANK}/∂{wanted.forward}|"
    title = Path(program.source.name).name
    return Picture(title, program.doc, items, sizes, wires, found, wanted.down, scale)


def chosen_boxes(program: Program, wanted: Wanted) -> Boxes:
    """One box for each operation, or for each statement."""
    found = by_statement(program) if wanted.boxes == "statement" else by_operation(program)
    if wanted.boxes == "auto" and len(found.boxes) > FEW:
        statements = by_statement(program)
        found = statements if len(statements.boxes) < len(found.boxes) else found
    if len(found.boxes) > MOST:
        raise OptionError(
            f"{len(found.boxes):,} boxes are too many for one picture; it can hold {MOST:,}"
        )
    return found


def sweeps(
    program: Program, point: Point | None, wanted: Wanted
) -> tuple[Sweep | None, Sweep | None]:
    """Tangents and adjoints, as far as they are asked for.

    Raises
    ------
    OptionError
        A name is unknown.
    """
    tangents = adjoints = None
    if wanted.forward:
        inputs = program.elements(active_only=True)
        start = _found(wanted.forward, inputs, "an input that is differentiated")
        tangents = point.forward(program.input(start)) if point else None
    if wanted.reverse:
        end = result(program, wanted.reverse)
        adjoints = point.reverse(end) if point else None
    return tangents, adjoints


def result(program: Program, name: str) -> int:
    """The node of an output or of another name of the model."""
    names = {**program.bindings, **program.outputs}
    return names[_found(name, names, "an output or a name of the model")]


def number(value: float, digits: int = 6) -> str:
    """A number for people: so many digits."""
    text = str(value) if type(value) is int and abs(value) < 10**6 else brief(value, digits)
    return text.replace("-", MINUS)


def _found(name: str, known: Sequence[str] | Mapping[str, int], what: str) -> str:
    if name in known:
        return name
    hint = suggest(name, known) or f"choose from {', '.join(list(known)[:20])}"
    raise OptionError(f"'{name}' is not {what}; {hint}")


@dataclass(frozen=True)
class _Writer:
    """Writes the texts of a picture."""

    program: Program
    wanted: Wanted
    point: Point | None
    tangents: Sweep | None
    adjoints: Sweep | None

    def item(self, box: Box) -> Item:
        i, formula = box.head, f"{box.name} = {box.text}" if box.name and box.text else ""
        formula = formula or box.name or box.text
        lines = [Line("name", formula)]
        faded = False
        if self.point is not None:
            faded = not self.point.taken[i]
            if not faded and box.kind != "constant":
                lines.append(Line("value", number(self.point.values[i])))
        name = label(self.program, i)
        magnitude = -1
        if self.tangents is not None and (x := self.tangents[i]) is not None:
            lines.append(Line("tangent", f"∂{name}/∂{self.wanted.forward} = {number(x)}"))
            magnitude = step(x)
        if self.adjoints is not None and (x := self.adjoints[i]) is not None:
            lines.append(Line("adjoint", f"∂{self.wanted.reverse}/∂{name} = {number(x)}"))
            magnitude = step(x)
        line = self.program.source.origin(self.program.origins[i])
        where = [f"line {line[1]}"] if line else []
        title = "\n".join([*(text.text for text in lines), *where])
        short = tuple(replace(t, text=shortened(t.text, LONGEST, SIZES[t.kind])) for t in lines)
        return Item(self.kind(box), short, title, magnitude, faded)

    def kind(self, box: Box) -> str:
        """The kind of a box as its colour and shape tell it."""
        if self.wanted.size is not None and box.head >= self.wanted.size:
            return "derivative"
        if box.kind in ("input", "data"):
            return box.kind
        return "output" if box.output else "operation"

    def wires(self, boxes: Boxes) -> list[Wire]:
        """Wires with their partials: the factored sum over the ways within a statement."""
        if self.point is None:
            return [Wire(edge) for edge in boxes.wires]
        into: dict[int, list[Edge]] = {}
        for edge in boxes.wires:
            into.setdefault(edge[1], []).append(edge)
        found: dict[Edge, Wire] = {}
        for k, edges in into.items():
            target = boxes.boxes[k]
            slopes = self.point.within(target.head, target.nodes)
            for edge in edges:
                ends = {u for u, _ in boxes.edges[edge]}
                taken = self.point.taken[target.head] and any(self.point.taken[u] for u in ends)
                partial = slopes.get(min(ends)) if taken and len(ends) == 1 else None
                text = "" if partial is None else number(partial, 4)
                found[edge] = Wire(edge, text, not taken)
        return [found[edge] for edge in boxes.wires]


def _with_partials(items: list[Item], wires: list[Wire], names: list[str]) -> list[Item]:
    """Titles that have the partials too, as there may be no room for them on the wires."""
    titles = [item.title for item in items]
    for wire in wires:
        if wire.label:
            u, w = wire.edge
            titles[w] += f"\n∂{names[w]}/∂{names[u]} = {wire.label}"
    return [replace(item, title=title) for item, title in zip(items, titles, strict=True)]


def _size(item: Item) -> tuple[float, float]:
    widest = max(width(line.text, SIZES[line.kind]) for line in item.lines)
    height = sum(SIZES[line.kind] * LEADING for line in item.lines)
    round_ends = 12.0 if item.kind in ("input", "data") else 0.0
    return max(NARROWEST, widest + 2 * PADDING + round_ends), height + PADDING + 2
