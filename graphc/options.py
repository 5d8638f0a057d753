"""The options that several commands share, each said once.

>>> @wrt
... def show(wrt: str) -> None: ...
>>> click.command(show).params[0].opts
['--wrt']
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

PRODUCT_HELP = "Functions to generate, separated by commas, or 'all'."
# Those of `graphc.derive.choose`, which would take too long to import here.
MODES = ("auto", "forward", "reverse", "cross-country", "markowitz", "markowitz-low",
         "relative-markowitz", "relative-markowitz-low", "used-once-forward",
         "used-once-reverse")  # fmt: skip

one_file = click.argument("file", type=click.Path(allow_dash=True))
assignments = click.argument("assignments", nargs=-1, metavar="[NAME=VALUE]...")
at = click.option("--at", "at", metavar="NAME=VALUE ...", multiple=True,
                  help="Values of the inputs; arrays as x=1,2,3.")  # fmt: skip
products = click.option("--products", metavar="LIST", help=PRODUCT_HELP)
mode = click.option("--mode", type=click.Choice(MODES), metavar="MODE", default="auto",
                    help=f"Elimination order: {', '.join(MODES)}.")  # fmt: skip
search = click.option("--search", type=click.IntRange(min=0), metavar="EFFORT", default=1,
                      show_default=True,
                      help="Effort of the search for an order: thousands of moves.")  # fmt: skip
triangle = click.option("--triangle", type=click.Choice(["full", "lower"]), default="full",
                        help="Part of sparse Hessians that is returned.")  # fmt: skip
errors = click.option("--errors", "on_error", type=click.Choice(["raise", "ieee"]), default="raise",
                      help="What functions do where Python raises: raise, or return the inf or"
                      " nan of IEEE 754.")  # fmt: skip
FORMATS = ("text", "svg", "png", "dot", "mermaid", "latex", "json", "csv", "markdown")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
wrt = click.option("--wrt", metavar="NAMES", help="Inputs to differentiate with respect to.")


def drawing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say what ``graphc show`` shows, and where it goes; see `DRAWING`."""
    options = (
        click.option("--format", "form", type=click.Choice(FORMATS), metavar="FORMAT",
                     default="text", help=f"What to print: {', '.join(FORMATS)}."),
        click.option("-o", "--output", metavar="PATH", help="File to write."),
        click.option("--forward", metavar="NAME", default="", help="Show tangents from an input."),
        click.option("--reverse", metavar="NAME", default="", help="Show adjoints of an output."),
        click.option("--steps", "kind", flag_value="steps", help="List the steps of all sweeps."),
        click.option("--derivation", "kind", flag_value="derivation",
                     help="Derive every adjoint, in LaTeX."),
        click.option("--frames", "frames_to", metavar="FOLDER", help="Write an SVG for each step."),
        click.option("--boxes", type=click.Choice(["auto", "operation", "statement"]),
                     default="auto", help="What a box of a picture stands for."),
        click.option("--across", is_flag=True, help="Draw from left to right."),
        click.option("--engine", type=click.Choice(["graphc", "graphviz"]), default="graphc",
                     help="What draws svg and png; Graphviz needs the package pygraphviz."),
        click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto",
                     help="Colours of a picture."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


DRAWING = ("form", "output", "forward", "reverse", "kind", "frames_to", "boxes", "across", "engine",
           "theme")  # fmt: skip


def reading(command: Callable[..., Any], listing: bool = False) -> Callable[..., Any]:
    """Options of every command that reads a file; ``--rules`` alone may ask for a list."""
    alone: dict[str, Any] = {"is_flag": False, "flag_value": "list"} if listing else {}
    options = (
        click.option("--rules", type=click.Choice(["exact", "real", *["list"] * listing]),
                     default="exact", **alone,
                     help="Simplification: 'real' may differ in -0.0, inf and nan."
                     + " Without a value: list the stable forms that were taken." * listing),
        click.option("--stable/--no-stable", default=True,
                     help="Whether stable forms replace what overflows, cancels or is 0/0."),
        click.option("--max-operations", type=click.IntRange(min=1), metavar="N",
                     help="Limit after loops are unrolled."),
        click.option("--diagnostics", type=click.Choice(["text", "json"]), default="text",
                     help="Form of error messages."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command
