"""How notebooks show a graph or a model: a picture, its formulas, and text.

A notebook asks for a MIME bundle and shows the best form it knows.  Larger models are drawn with a
box for each statement; what is too large even for that is only described.

>>> import graphc
>>> sorted(bundle(graphc.parse("y = sin(x)**2").program, "a graph"))
['image/svg+xml', 'text/latex', 'text/plain']
"""

from __future__ import annotations

from graphc.errors import OptionError
from graphc.inspect.show import as_text
from graphc.program import Program
from graphc.view.derivation import values
from graphc.view.picture import Wanted, picture
from graphc.view.svg import svg

DRAWN = 100_000  # nodes; it would take too long to find the statements of larger ones
LINES = 40  # of formulas, and of text


def bundle(program: Program, description: str) -> dict[str, str]:
    """A program in the forms that notebooks know.

    Parameters
    ----------
    program : Program
    description : str
        Stands first in the text form.
    """
    found = {"text/plain": _text(program, description)}
    if len(program) > DRAWN:
        return found
    try:
        found["image/svg+xml"] = svg(picture(program, Wanted()))
    except OptionError:
        return found
    lines = values(program)
    if lines and len(lines) <= LINES:
        text = "\\\\\n".join(lines)
        found["text/latex"] = f"$$\\begin{{aligned}}\n{text}\n\\end{{aligned}}$$"
    return found


def _text(program: Program, description: str) -> str:
    if len(program) > 10 * LINES:
        return description
    lines = as_text(program).splitlines()
    more = [f"... and {len(lines) - LINES} more"] if len(lines) > LINES else []
    return "\n".join([description, *lines[:LINES], *more])
