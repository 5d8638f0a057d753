"""A picture as SVG: no program, no font and no network is needed to make it or to look at it.

Light and dark follow the reader's system by a media query, or are chosen.  Every box has a title
that screen readers read and that browsers show as a hint.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> from graphc.view.picture import Wanted, picture
>>> text = svg(picture(elaborate(Source("y = 2 * x")), Wanted({"x": 3.0})))
>>> text.startswith('<svg xmlns="http://www.w3.org/2000/svg"'), "y = 2 · x" in text
(True, True)
"""

from __future__ import annotations

import re
from itertools import pairwise

from graphc.view.colours import BOUNDS, PALETTES
from graphc.view.labels import controls, placed
from graphc.view.layout import Point
from graphc.view.metrics import width
from graphc.view.picture import LEADING, SIZES, Item, Picture

MARGIN = 16.0
LEGEND = 34.0  # height
SWATCH = 62.0
ARROW = 6.0
THEMES = ("auto", "light", "dark")
KINDS = ("input", "data", "operation", "output", "derivative")


def svg(picture: Picture, theme: str = "auto") -> str:
    """The text of an SVG file.

    Parameters
    ----------
    picture : Picture
    theme : str
        ``light``, ``dark``, or ``auto`` for what the reader's system says.
    """
    found = picture.layout
    wide, high = found.width + 2 * MARGIN, found.height + 2 * MARGIN
    if picture.scale:
        wide, high = max(wide, len(BOUNDS) * SWATCH + SWATCH + 4 * MARGIN + 60), high + LEGEND
    left = (wide - found.width) / 2
    title = clean(picture.title or "computation graph")
    doc = f"<desc>{clean(picture.doc)}</desc>" if picture.doc else ""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graphc" width="{_n(wide)}" '
        f'height="{_n(high)}" viewBox="0 0 {_n(wide)} {_n(high)}" '
        f'role="graphics-document document" aria-label="{title}">',
        f"<title>{title}</title>{doc}",
        f"<style>{style(theme)}</style>",
        f'<rect class="gc-paper" width="{_n(wide)}" height="{_n(high)}"/>',
        f'<g transform="translate({_n(left)} {_n(MARGIN)})">',
        *_wires(picture),
        *(_box(picture, k) for k in range(len(picture.items))),
        *_labels(picture),
        "</g>",
    ]
    if picture.scale:
        lines += _legend(picture.scale, MARGIN, high - LEGEND)
    return "\n".join([*lines, "</svg>"]) + "\n"


def clean(text: str) -> str:
    """A text of a model as text of XML: no markup, and no character that XML forbids."""
    text = allowed(text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return text


def allowed(text: str) -> str:
    """A text with replacement characters for those that XML forbids, even escaped."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def style(theme: str) -> str:
    """The style sheet of a theme."""
    fonts = (
        ".graphc text{font-family:sans-serif;text-anchor:middle}"
        f".gc-name{{font-size:{SIZES['name']}px}}.gc-value{{font-size:{SIZES['value']}px}}"
        f".gc-tangent,.gc-adjoint{{font-size:{SIZES['adjoint']}px}}"
        f".gc-label,.gc-scale{{font-size:{SIZES['label']}px}}"
        ".gc-under{opacity:.85}"
        ".gc-wire{fill:none;stroke-width:1.3px}.gc-box rect{stroke-width:1.4px}"
        ".gc-data rect,.gc-derivative rect{stroke-dasharray:5 3}"
        ".gc-output rect{stroke-width:2.8px}.gc-faded{opacity:.35}"
        ".gc-box.gc-current rect{stroke-width:4px}"
    )
    if theme != "auto":
        return fonts + _colours(PALETTES[theme])
    dark = _colours(PALETTES["dark"])
    return f"{fonts}{_colours(PALETTES['light'])}@media(prefers-color-scheme:dark){{{dark}}}"


def _colours(palette: dict[str, str]) -> str:
    rules = [
        f".gc-paper,.gc-under{{fill:{palette['paper']}}}",
        f".gc-name,.gc-value{{fill:{palette['ink']}}}",
        f".gc-label,.gc-scale{{fill:{palette['weak']}}}",
        f".gc-swatch{{stroke:{palette['line']}}}",
        f".gc-wire{{stroke:{palette['wire']}}}.gc-arrow{{fill:{palette['wire']}}}",
        f".gc-tangent{{fill:{palette['tangent']}}}.gc-adjoint{{fill:{palette['adjoint']}}}",
    ]
    for kind in KINDS:
        fill, line = palette[f"{kind}-fill"], palette[f"{kind}-line"]
        rules.append(f".gc-{kind} rect{{fill:{fill};stroke:{line}}}")
    for k in range(len(BOUNDS) + 1):
        rules.append(f".gc-box.gc-m{k} rect,.gc-m{k}{{fill:{palette[f'magnitude-{k}']}}}")
    rules.append(f".gc-box.gc-current rect{{stroke:{palette['chosen']}}}")
    return "".join(rules)


def _box(picture: Picture, k: int) -> str:
    """A box with its lines of text."""
    item, (wide, high) = picture.items[k], picture.sizes[k]
    x, y = picture.layout.places[k]
    radius = high / 2 if item.kind in ("input", "data") else 6
    texts, below = [], y - sum(SIZES[line.kind] for line in item.lines) * LEADING / 2
    for line in item.lines:
        below += SIZES[line.kind] * LEADING
        base = below - SIZES[line.kind] * 0.38
        texts.append(
            f'<text class="gc-{line.kind}" x="{_n(x)}" y="{_n(base)}">{clean(line.text)}</text>'
        )
    return (
        f'<g class="gc-box gc-{item.kind}{_marks(item)}" role="graphics-symbol img" '
        f'aria-label="{clean(item.title)}"><title>{clean(item.title)}</title>'
        f'<rect x="{_n(x - wide / 2)}" y="{_n(y - high / 2)}" width="{_n(wide)}" '
        f'height="{_n(high)}" rx="{_n(radius)}"/>{"".join(texts)}</g>'
    )


def _marks(item: Item) -> str:
    marks = [f"m{item.step}"] * (item.step >= 0)
    marks += ["faded"] * item.faded + ["current"] * item.current
    return "".join(f" gc-{mark}" for mark in marks)


def _wires(picture: Picture) -> list[str]:
    """One path for the wire of each value, and the arrow heads."""
    weak: dict[int, bool] = {}
    for wire in picture.wires:
        weak[wire.edge[0]] = wire.faded and weak.get(wire.edge[0], True)
    lines = []
    for u, strokes in picture.layout.strokes.items():
        mark = " gc-faded" * weak[u]
        path = "".join(_path(points, picture.down) for points in strokes)
        heads = "".join(_head(stroke[-1], picture.down) for stroke in strokes)
        lines.append(f'<path class="gc-wire{mark}" d="{path}"/>')
        lines.append(f'<path class="gc-arrow{mark}" d="{heads}"/>')
    return lines


def _path(points: list[Point], down: bool) -> str:
    """The curves of a wire; it ends where its arrow head begins."""
    (x, y), last = points[0], points[-1]
    points = [*points[:-1], (last[0], last[1] - ARROW) if down else (last[0] - ARROW, last[1])]
    text = f"M{_n(x)} {_n(y)}"
    for (x, y), (p, q) in pairwise(points):
        if (x == p and down) or (y == q and not down):
            text += f"L{_n(p)} {_n(q)}"
        else:
            a, b = controls((x, y), (p, q), down)
            text += f"C{_n(a[0])} {_n(a[1])} {_n(b[0])} {_n(b[1])} {_n(p)} {_n(q)}"
    return text


def _head(end: Point, down: bool) -> str:
    x, y = end
    if down:
        return f"M{_n(x)} {_n(y)}l-3.2 -{_n(ARROW + 1)}h6.4z"
    return f"M{_n(x)} {_n(y)}l-{_n(ARROW + 1)} -3.2v6.4z"


def _labels(picture: Picture) -> list[str]:
    size = SIZES["label"]
    texts = {wire.edge: wire.label for wire in picture.wires if wire.label}
    wanted = [(edge, width(text, size) + 4, size + 3) for edge, text in texts.items()]
    places = placed(picture.layout, picture.sizes, wanted, picture.down)
    lines = []
    for edge, (x, y) in places.items():
        wide, text = width(texts[edge], size), clean(texts[edge])
        lines.append(
            f'<rect class="gc-under" x="{_n(x - wide / 2)}" y="{_n(y - size / 2)}" '
            f'width="{_n(wide)}" height="{_n(size)}"/>'
            f'<text class="gc-label" x="{_n(x)}" y="{_n(y + size * 0.36)}">{text}</text>'
        )
    return lines


def _legend(scale: str, left: float, top: float) -> list[str]:
    """The steps of magnitudes."""
    lines = [f'<g transform="translate({_n(left)} {_n(top)})">']
    x = width(scale, SIZES["label"]) + 12
    lines.append(f'<text class="gc-scale" x="{_n(x / 2 - 4)}" y="15">{clean(scale)}</text>')
    for k in range(len(BOUNDS) + 1):
        bound = f"{BOUNDS[min(k, len(BOUNDS) - 1)]:g}".replace("e-0", "e-")
        text = f"< {bound}" if k < len(BOUNDS) else f"≥ {bound}"
        lines.append(
            f'<rect class="gc-swatch gc-m{k}" x="{_n(x + k * SWATCH)}" y="2" width="{_n(SWATCH)}" '
            f'height="18"/><text class="gc-name gc-scale" x="{_n(x + (k + 0.5) * SWATCH)}" '
            f'y="15">{clean(text)}</text>'
        )
    return [*lines, "</g>"]


def _n(x: float) -> str:
    """A number with one decimal, without zeros."""
    return f"{x:.1f}".removesuffix(".0").replace("-0", "-0" if abs(x) >= 0.05 else "0")
