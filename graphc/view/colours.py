"""The colours of pictures and page, said once, for light and for dark paper.

The hues are those of Okabe & Ito ("Color Universal Design", 2008), which people with any common
colour blindness tell apart; what a colour says is said by a shape or a label as well.  Magnitudes
are steps of one hue whose lightness falls (on dark paper: rises) evenly, so they can be told
apart in grey too.

>>> PALETTES["light"]["paper"], PALETTES["dark"]["paper"]
('#ffffff', '#14171c')
>>> [step(x) for x in (0.0, 1e-7, 0.3, -2.5, 1e4, float("inf"))]
[0, 0, 3, 4, 6, 6]
"""

from __future__ import annotations

from bisect import bisect_right

# Roles: paper; ink and its weaker shades for text, wires and lines; fill and line of each kind
# of box; the two derivatives; what is chosen; magnitudes from the smallest to the largest.
PALETTES: dict[str, dict[str, str]] = {
    "light": {
        "paper": "#ffffff",
        "ink": "#1b1f24",
        "weak": "#586069",
        "wire": "#8b949e",
        "line": "#d0d7de",
        "input-fill": "#e6f4ef",
        "input-line": "#007a59",
        "data-fill": "#f1f3f5",
        "data-line": "#6a737d",
        "operation-fill": "#f4f8fc",
        "operation-line": "#3b6a96",
        "output-fill": "#fdf3d8",
        "output-line": "#9a6a00",
        "derivative-fill": "#f9eef4",
        "derivative-line": "#a3487a",
        "tangent": "#004a7c",
        "adjoint": "#782c00",
        "chosen": "#cf222e",
        "magnitude-0": "#ffffff",
        "magnitude-1": "#fef6ef",
        "magnitude-2": "#fdebdb",
        "magnitude-3": "#fbdfc6",
        "magnitude-4": "#f9d1ad",
        "magnitude-5": "#f5c08f",
        "magnitude-6": "#f2b47b",
    },
    "dark": {
        "paper": "#14171c",
        "ink": "#e8ebef",
        "weak": "#a3adb8",
        "wire": "#6e7985",
        "line": "#363d46",
        "input-fill": "#12302a",
        "input-line": "#35b890",
        "data-fill": "#22272e",
        "data-line": "#8d96a0",
        "operation-fill": "#1b2735",
        "operation-line": "#6fa3d4",
        "output-fill": "#35290d",
        "output-line": "#e0a526",
        "derivative-fill": "#33202c",
        "derivative-line": "#dc8cba",
        "tangent": "#9fd8fa",
        "adjoint": "#ffc294",
        "chosen": "#ff7b72",
        "magnitude-0": "#14171c",
        "magnitude-1": "#2a1f18",
        "magnitude-2": "#3d291a",
        "magnitude-3": "#4a2f1b",
        "magnitude-4": "#5b391c",
        "magnitude-5": "#6c421c",
        "magnitude-6": "#774719",
    },
}

# Where a step of magnitudes ends and the next begins.
BOUNDS = (1e-6, 1e-3, 1e-1, 1.0, 1e1, 1e3)


def step(x: float) -> int:
    """The step of a derivative's magnitude; nan counts as the largest."""
    return len(BOUNDS) if x != x else bisect_right(BOUNDS, abs(x))
