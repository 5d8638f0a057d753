"""A program in every form that ``graphc show`` knows.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> print(shown(program, "csv", Wanted({"a": 2.0, "b": 1.0}, reverse="e")))
number,name,formula,value,role,adjoint
0,a,input,2.0,input,2.0
1,b,input,1.0,input,5.0
2,,a + b,3.0,,2.0
4,,b + 1,2.0,,3.0
5,e,#2 * #4,6.0,output,1.0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from graphc.derive.eliminate import Matrix, leibniz
from graphc.derive.jacobian import differentiate
from graphc.derive.products import select_inputs
from graphc.errors import GraphcError, OptionError
from graphc.inspect import condition as rounding
from graphc.inspect.show import FORMATS as LISTS
from graphc.inspect.show import render, rows
from graphc.program import Program
from graphc.view import steps
from graphc.view.derivation import derivation
from graphc.view.picture import Wanted, picture, sweeps
from graphc.view.svg import allowed, svg
from graphc.view.sweeps import at_point
from graphc.view.tables import TABLES, Cell, table
from graphc.view.tikz import tikz

FORMATS = ("text", "svg", "png", "dot", "mermaid", "latex", "json", "csv", "markdown")
PICTURES = ("svg", "png", "latex")
KINDS = ("picture", "steps", "derivation")
ZOOM = 2  # points of a PNG for each point of the picture


class MissingPackageError(GraphcError):
    """An optional package is not installed."""


def shown(
    program: Program,
    form: str,
    wanted: Wanted,
    kind: str = "picture",
    theme: str = "auto",
    engine: str = "graphc",
) -> str | bytes:
    """A program in one of `FORMATS`.

    Parameters
    ----------
    program : Program
    form : str
    wanted : Wanted
        The point, the derivatives, and how a picture is divided into boxes.
    kind : str
        ``picture`` (or list), ``steps``, or ``derivation`` of every adjoint.
    theme : str
        ``light``, ``dark`` or ``auto``.
    engine : str
        What draws an SVG or a PNG: ``graphc``, or ``graphviz`` from the list in its language.

    Raises
    ------
    OptionError
        A name is unknown, or the form cannot show what is asked for.
    MissingPackageError
        The form needs a package that is not there.
    """
    if kind == "steps":
        if form not in TABLES:
            raise OptionError(f"steps are shown as {', '.join(TABLES)}, or drawn with --frames")
        return steps.as_table(program, wanted, form)
    if kind == "derivation":
        if form not in ("latex", "text"):
            raise OptionError("a derivation is shown as latex")
        return derivation(program, wanted)
    if (wanted.forward or wanted.reverse) and wanted.at is None:
        raise OptionError("derivatives need numbers; give a point with --at")
    if form in ("csv", "markdown"):
        return _listed(program, form, wanted)
    if form in LISTS:
        return render(program, form, wanted.at, slopes(program, wanted))
    if engine == "graphviz":
        return graphviz(render(program, "dot", wanted.at, slopes(program, wanted)), form)
    found = picture(program, wanted)
    if form == "latex":
        return tikz(found)
    return (
        png(svg(found, "light" if theme == "auto" else theme))
        if form == "png"
        else svg(found, theme)
    )


def frames(program: Program, wanted: Wanted, theme: str = "auto") -> Iterator[tuple[str, str]]:
    """A file name and an SVG for each step."""
    found = list(steps.frames(program, wanted))
    digits = len(str(len(found)))
    for k, frame in enumerate(found, 1):
        yield f"step-{k:0{digits}}.svg", svg(frame, theme)


def slopes(program: Program, wanted: Wanted) -> dict[str, Sequence[float | None]]:
    """Tangents and adjoints of all nodes, by what they are called."""
    point = None if wanted.at is None else at_point(program, wanted.at)
    tangents, adjoints = sweeps(program, point, wanted)
    found = {"tangent": tangents, "adjoint": adjoints}
    return {kind: sweep for kind, sweep in found.items() if sweep is not None}


def with_adjoints(program: Program, elements: Sequence[str], matrix: Matrix) -> Program:
    """A program whose derivatives are outputs too, so that a picture shows them."""
    found = program.copy()
    for output, row in zip(program.outputs, matrix, strict=True):
        for element, c in zip(elements, row, strict=True):
            if c is not None:
                found.outputs.setdefault(leibniz(output, element), c)
                found.names.setdefault(c, leibniz(output, element))
    return found


def png(text: str) -> bytes:
    """The pixels of an SVG.

    Raises
    ------
    MissingPackageError
        resvg-py is not installed.
    """
    try:
        resvg = import_module("resvg_py")
    except ImportError:
        raise MissingPackageError(
            "PNG needs the package resvg-py: pip install 'graphc[png]'; --format svg needs nothing"
        ) from None
    return bytes(resvg.svg_to_bytes(svg_string=text, zoom=ZOOM))


def graphviz(text: str, form: str) -> bytes:
    """What Graphviz draws of a text in its language.

    Raises
    ------
    OptionError
        It is asked for another form than SVG or PNG.
    MissingPackageError
        pygraphviz is not installed.
    """
    if form not in ("svg", "png"):
        raise OptionError(f"graphviz draws svg and png, not {form}")
    try:
        drawing = import_module("pygraphviz").AGraph(string=allowed(text))
    except ImportError:
        raise MissingPackageError(
            "--engine graphviz needs the package pygraphviz: pip install 'graphc[graphviz]'"
        ) from None
    return bytes(drawing.draw(format=form, prog="dot"))


def _listed(program: Program, form: str, wanted: Wanted) -> str:
    found = slopes(program, wanted)
    cells: list[list[Cell]] = []
    for r in rows(program, wanted.at):
        value: list[Cell] = [] if wanted.at is None else [_number(r.value)]
        role = "input" if r.formula == "input" else r.role
        slope = [sweep[r.number] for sweep in found.values()]
        cells.append([str(r.number), r.name, r.formula, *value, role,
                      *("" if x is None else x for x in slope)])  # fmt: skip
    values = ("value",) * (wanted.at is not None)
    return table(("number", "name", "formula", *values, "role", *found), cells, form)


def _number(text: str) -> Cell:
    """A number from its digits; conditions stay words."""
    return text if text in ("True", "False") else int(text) if text.isdigit() else float(text)


def outcome(
    program: Program,
    point: Mapping[str, float] | None,
    derivative: bool,
    condition: bool,
    mode: str,
    *,
    form: str,
    output: str | None,
    frames_to: str | None,
    boxes: str,
    across: bool,
    theme: str,
    engine: str,
    kind: str | None,
    **named: str,
) -> list[tuple[Path | None, str | bytes]]:
    """What ``graphc show`` writes, and where; None is standard output.

    Parameters
    ----------
    program : Program
    point : mapping of str to float, optional
        Values of the scalar inputs and array elements.
    derivative : bool
        Whether to add the nodes of the derivatives, in the order ``mode``.
    condition : bool
        Whether to rank operations by what their rounding changes; see
        `graphc.inspect.condition`.
    form, boxes, theme, engine, kind, **named
        As in `shown` and `Wanted`.
    output, frames_to : str, optional
        The file, or the folder for a picture of each step.
    across : bool
        From left to right.

    Raises
    ------
    OptionError, MissingPackageError
        As `shown`.
    """
    path = None if output in (None, "-") else Path(str(output))
    size = len(program)
    if derivative:
        inputs = select_inputs(program, None)
        program, matrix, _ = differentiate(program, inputs, mode)
        if condition:
            rounding.with_slopes(program, inputs, matrix)
        elif form in PICTURES or frames_to:
            program = with_adjoints(program, [e for i in inputs for e in i.elements], matrix)
    if condition:
        return [(path, rounding.render(program, form, point) + "\n")]
    wanted = Wanted(point, boxes=boxes, down=not across, size=size, **named)
    if frames_to is not None:
        folder = Path(frames_to)
        return [(folder / name, text) for name, text in frames(program, wanted, theme)]
    found = shown(program, form, wanted, kind or "picture", theme, engine)
    if isinstance(found, str):
        found = found.removesuffix("\n") + "\n"
    return [(path, found)]
