"""How wide a text is, without any font, and how numbers are cut short.

The widths are an upper bound for the usual sans-serif fonts: those of DejaVu Sans, rounded up to
twentieths of the font size.  It is the widest of the fonts that ``sans-serif`` stands for on common
systems, so a text that fits by this table fits everywhere.

>>> width("c = a + b", 10) < width("W = M + @", 10)
True
>>> shortened("a very long formula", 60, 10)
'a very lo…'
"""

from __future__ import annotations

from unicodedata import category, east_asian_width

_WIDTHS = {
    0.30: "'IJijl",
    0.35: " ,./:;\\|\N{MIDDLE DOT}",
    0.40: "()-[]ft",
    0.45: "!r\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079",
    0.50: '"*_`',
    0.55: "?csz\N{PARTIAL DIFFERENTIAL}\N{SUPERSCRIPT MINUS}",
    0.60: "FLkvxy\N{BULLET}",
    0.65: "$0123456789EPSTYabdeghnopqu{}",
    0.70: "ABCKRVXZ",
    0.75: "NU",
    0.80: "&DGHOQ",
    0.85: "#+<=>^w~\N{MINUS SIGN}",
    0.90: "M",
}
_WIDTH = {c: w for w, characters in _WIDTHS.items() for c in characters}
_OTHER = 1.0
_FULL = 1.7  # characters of East Asia, emoji


def width(text: str, size: float) -> float:
    """An upper bound of the width of a text in a font of a size."""
    return size * sum([_WIDTH.get(c) or _other(c) for c in text])


def shortened(text: str, limit: float, size: float) -> str:
    """As much of a text as is no wider than a limit, with three dots if that is not all."""
    if width(text, size) <= limit:
        return text
    left, kept = limit - size * _OTHER, 0
    for c in text:
        left -= size * (_WIDTH.get(c) or _other(c))
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…"


def brief(value: float, digits: int = 6) -> str:
    """A number for people: so many digits, no sign before 0; conditions as words.

    >>> brief(2 / 3), brief(-0.0), brief(True), brief(10**400)
    ('0.666667', '0', 'true', 'inf')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return f"{value + 0.0:.{digits}g}"
    except OverflowError:  # a whole number beyond the floats
        return "inf" if value > 0 else "-inf"


def _other(c: str) -> float:
    if category(c) in ("Mn", "Me"):  # accents upon the letter before
        return 0.01
    return _FULL if east_asian_width(c) in "WF" else _OTHER
