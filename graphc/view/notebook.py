"""How notebooks show a graph or a model: a picture, and text.

A notebook asks for a MIME bundle and shows the best form it knows.  Larger models are drawn with a
box for each statement; what is too large even for that is only described.  JupyterLab ranks LaTeX
above SVG and would never show the picture beside it, so formulas are there for those who ask:
``display(model, include=["text/latex"])``.

>>> import graphc
>>> sorted(bundle(graphc.parse("y = sin(x)**2").program, "a graph"))
['image/svg+xml', 'text/plain']
"""

from __future__ import annotations

from collections.abc import Container

from graphc.errors import OptionError
from graphc.inspect.show import as_text
from graphc.program import Program
from graphc.view.derivation import values
from graphc.view.picture import Wanted, picture
from graphc.view.svg import svg

LATEX = "text/latex"
DRAWN = 100_000  # nodes; it would take too long to find the statements of larger ones
LINES = 40  # of formulas, and of text


def bundle(
    program: Program, description: str, include: Container[str] | None = None
) -> dict[str, str]:
    """A program in the forms that notebooks know.

    Parameters
    ----------
    program : Program
    description : str
        Stands first in the text form.
    include : container of str, optional
        Forms that are asked for; LaTeX has to be.
    """
    found = {"text/plain": _text(program, description)}
    if len(program) > DRAWN:
        return found
    try:
        found["image/svg+xml"] = svg(picture(program, Wanted()))
    except OptionError:
        return found
    lines = values(program) if include and LATEX in include else []
    if lines and len(lines) <= LINES:
        text = "\\\\\n".join(lines)
        found[LATEX] = f"$$\\begin{{aligned}}\n{text}\n\\end{{aligned}}$$"
    return found


def _text(program: Program, description: str) -> str:
    if len(program) > 10 * LINES:
        return description
    lines = as_text(program).splitlines()
    more = [f"... and {len(lines) - LINES} more"] if len(lines) > LINES else []
    return "\n".join([description, *lines[:LINES], *more])
