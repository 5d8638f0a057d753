r"""A picture as a LaTeX document with a TikZ picture, in the places and colours of the SVG.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> from graphc.view.picture import Wanted, picture
>>> text = tikz(picture(elaborate(Source("y = 2 * x")), Wanted({"x": 3.0})))
>>> print(*[line for line in text.splitlines() if "node" in line][:1], sep="\n")
\node[input, minimum width=44pt, minimum height=47.8pt] at (41.2,23.9) {x\\3};
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from graphc.errors import OptionError
from graphc.view.colours import PALETTES
from graphc.view.labels import controls, placed
from graphc.view.latex import escaped
from graphc.view.layout import Point
from graphc.view.metrics import width
from graphc.view.picture import SIZES, Item, Picture

MARGIN = 12.0
LONGEST = 16_000.0  # TeX counts up to 16384 points
KINDS = ("input", "data", "operation", "output", "derivative")
_SHAPES = {
    "input": "rounded corners=12pt",
    "data": "rounded corners=12pt, dashed",
    "operation": "rounded corners=3pt",
    "output": "rounded corners=3pt, line width=1.6pt",
    "derivative": "rounded corners=3pt, dashed",
}


def tikz(picture: Picture) -> str:
    """The text of a LaTeX document whose page is the picture.

    Raises
    ------
    OptionError
        The picture is larger than any page of TeX.
    """
    found = picture.layout
    wide, high = found.width + 2 * MARGIN, found.height + 2 * MARGIN
    if max(wide, high) > LONGEST:
        raise OptionError("the picture is too large for TeX; --boxes statement makes it smaller")
    lines = [
        r"\documentclass{article}",
        r"\usepackage{amsmath}",
        r"\usepackage{tikz}",
        rf"\usepackage[paperwidth={_n(wide)}pt,paperheight={_n(high)}pt,margin=0pt]{{geometry}}",
        r"\pagestyle{empty}",
        r"\setlength{\parindent}{0pt}",
        r"\setlength{\topskip}{0pt}",
        *_styles(),
        r"\begin{document}",
        r"\sffamily\fontsize{11}{13.5}\selectfont",
        r"\begin{tikzpicture}[x=1pt, y=-1pt]",
        rf"\useasboundingbox ({_n(-MARGIN)},{_n(-MARGIN)}) rectangle "
        rf"({_n(wide - MARGIN - 1)},{_n(high - MARGIN - 1)});",
        *_wires(picture),
        *(_node(picture, k) for k in range(len(picture.items))),
        *_labels(picture),
        r"\end{tikzpicture}",
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _styles() -> Iterator[str]:
    palette = PALETTES["light"]
    for role, colour in palette.items():
        yield rf"\definecolor{{{role}}}{{HTML}}{{{colour[1:].upper()}}}"
    yield r"\tikzset{box/.style={draw, align=center, inner sep=0pt, text=ink},"
    for kind, shape in _SHAPES.items():
        yield rf"  {kind}/.style={{box, draw={kind}-line, fill={kind}-fill, {shape}}},"
    yield r"  wire/.style={draw=wire, -latex, line width=0.6pt},"
    yield r"  partial/.style={fill=paper, text=weak, inner sep=1pt, font=\scriptsize}}"


def _node(picture: Picture, k: int) -> str:
    item, (wide, high), (x, y) = picture.items[k], picture.sizes[k], picture.layout.places[k]
    text = r"\\".join(_line(line.kind, line.text) for line in item.lines)
    return (
        rf"\node[{item.kind}{_marks(item)}, minimum width={_n(wide)}pt, "
        rf"minimum height={_n(high)}pt] at ({_n(x)},{_n(y)}) {{{text}}};"
    )


def _line(kind: str, text: str) -> str:
    return (
        rf"\textcolor{{{kind}}}{{{escaped(text)}}}" if kind in PALETTES["light"] else escaped(text)
    )


def _marks(item: Item) -> str:
    marks = f", fill=magnitude-{item.step}" if item.step >= 0 else ""
    marks += ", draw=chosen, line width=2pt" if item.current else ""
    return marks + (", opacity=0.35" if item.faded else "")


def _wires(picture: Picture) -> Iterator[str]:
    faded = {wire.edge for wire in picture.wires if wire.faded}
    for edge, points in picture.layout.routes.items():
        weak = ", opacity=0.35" if edge in faded else ""
        yield rf"\draw[wire{weak}] {_path(points, picture.down)};"


def _path(points: list[Point], down: bool) -> str:
    text = ""
    for (x, y), (p, q) in pairwise(points):
        if (x == p) if down else (y == q):
            text += f"{_at((x, y))} -- "
        else:
            a, b = controls((x, y), (p, q), down)
            text += f"{_at((x, y))} .. controls {_at(a)} and {_at(b)} .. "
    return text + _at(points[-1])


def _labels(picture: Picture) -> Iterator[str]:
    size = SIZES["label"]
    texts = {wire.edge: wire.label for wire in picture.wires if wire.label}
    wanted = [(edge, width(text, size) + 4, size + 3) for edge, text in texts.items()]
    places = placed(picture.layout, picture.sizes, wanted, picture.down)
    for edge, place in places.items():
        yield rf"\node[partial] at {_at(place)} {{{escaped(texts[edge])}}};"


def _at(point: Point) -> str:
    return f"({_n(point[0])},{_n(point[1])})"


def _n(x: float) -> str:
    return f"{x + 0.0:.1f}".removesuffix(".0")
