r"""The command line: arguments, files and exit codes; no logic.

Each command imports what it needs when it runs, so that ``graphc --version`` costs little more than
Python itself (``python -X importtime -m graphc --version`` shows what is loaded).  Exit codes: 0
done, 1 the input is wrong or a check failed, 2 wrong usage.

>>> from click.testing import CliRunner
>>> CliRunner().invoke(commands, ["--version"]).output
'graphc 0.1.0\n'
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from graphc import __version__, options
from graphc.arguments import errors, limit_of, listed, order_text, program_of, source_of
from graphc.files import check_outputs, deliver, output_path


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="graphc", message="%(prog)s %(version)s")
def commands() -> None:
    """Compile expression files to plain Python gradient functions."""


@commands.command("compile")
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("-o", "--output", metavar="PATH", help="File to write; a folder for several files.")
@options.products
@options.wrt
@options.mode
@options.search
@options.triangle
@options.errors
@click.option("--target", type=click.Choice(["python"]), default="python", help="Language.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if an output is stale.")
@click.option("--dump-after", "stage",
              type=click.Choice(["elaborate", "prune", "stabilise", "differentiate"]),
              help="Print the graph as it is after a pass, and stop.")  # fmt: skip
@options.reading
def compile_(
    files: Sequence[str],
    output: str | None,
    products: str | None,
    wrt: str | None,
    mode: str,
    search: int,
    triangle: str,
    on_error: str,
    target: str,
    check: bool,
    stage: str | None,
    **reading: Any,
) -> None:
    """Compile expression FILES to Python modules ('-' is standard input)."""
    if check and output is None:
        raise click.UsageError("--check needs -o: the output to compare with")
    if len(files) > 1 and output is None:
        raise click.UsageError("several files need -o: the folder to write to")
    from graphc.model import generate_source

    if stage is not None:
        return _dump(files, stage, listed(wrt), mode, search, reading)
    texts = []
    for file in files:
        with errors(reading):
            program = program_of(file, reading)
            text = generate_source(program, products=listed(products), wrt=listed(wrt), mode=mode,
                                   search=search, triangle=triangle, errors=on_error,
                                   target=target)  # fmt: skip
            texts.append((output_path(file, output, len(files)), text))
    check_outputs(files, [path for path, _ in texts])
    stale = [path for path, text in texts if not deliver(path, text, check)]
    for path in stale:
        click.echo(f"graphc: {path} is stale", err=True)
    sys.exit(1 if stale else 0)


def _dump(
    files: Sequence[str],
    stage: str,
    wrt: list[str] | None,
    mode: str,
    search: int,
    reading: dict[str, Any],
) -> None:
    """Print programs as they are after a pass."""
    from graphc.derive.jacobian import differentiate
    from graphc.derive.products import select_inputs
    from graphc.inspect.show import render
    from graphc.model import passes

    chosen = passes(reading["stable"])
    names = [p.__name__ for p in chosen]
    count = names.index(stage) + 1 if stage in names else len(names) * (stage != "elaborate")
    for file in files:
        with errors(reading):
            program = program_of(file, reading, chosen[:count])
            if stage == "differentiate":
                program = differentiate(program, select_inputs(program, wrt), mode, search)[0]
            click.echo(render(program))


@commands.command("eval")
@options.one_file
@options.assignments
@options.products
@options.wrt
@options.mode
@options.search
@options.triangle
@options.errors
@options.as_json
@options.reading
def evaluate(
    file: str,
    assignments: Sequence[str],
    products: str | None,
    wrt: str | None,
    mode: str,
    search: int,
    triangle: str,
    on_error: str,
    as_json: bool,
    **reading: Any,
) -> None:
    """Print the value and derivatives of FILE at a point: graphc eval FILE a=2 b=1."""
    import shlex

    from graphc.inspect import report

    with errors(reading):
        program = program_of(file, reading)
        point = report.point(program, assignments)
        try:
            click.echo(report.at_point(program, point, listed(products), listed(wrt), mode, search,
                                       triangle, as_json, on_error))  # fmt: skip
        except report.EvaluationError as error:
            again = shlex.join(["graphc", "trace", file, *assignments])
            raise report.EvaluationError(f"{error}\nhelp: {again}  names the operation") from None


@commands.command()
@options.one_file
@options.assignments
@options.drawing
@click.option("--derivative", is_flag=True, help="Show the nodes of the derivatives too.")
@click.option("--condition", is_flag=True, help="Rank operations by what their rounding changes.")
@options.mode
@options.at
@lambda command: options.reading(command, listing=True)
def show(
    file: str,
    assignments: Sequence[str],
    derivative: bool,
    condition: bool,
    mode: str,
    at: Sequence[str],
    **more: Any,
) -> None:
    """Show the graph of FILE, with values and derivatives if a point is given."""
    from graphc.inspect import report
    from graphc.inspect.show import replaced
    from graphc.view.formats import outcome

    drawing = {name: more.pop(name) for name in options.DRAWING}
    with errors(more):
        if more["rules"] == "list":
            click.echo(replaced(program_of(file, more | {"rules": "exact"})))
            return
        program = program_of(file, more)
        given = at or assignments or condition  # of the roundings, at the defaults
        point = report.elements(program, [*at, *assignments]) if given else None
        found = outcome(program, point, derivative, condition, mode, **drawing)
    check_outputs([file], [path for path, _ in found])
    if drawing["frames_to"] is not None:
        os.makedirs(drawing["frames_to"], exist_ok=True)
    for path, text in found:
        deliver(path, text, False)


@commands.command()
@options.one_file
@options.assignments
@click.option("--from", "start", required=True, metavar="NAME", help="Where the paths begin.")
@click.option("--to", "end", required=True, metavar="NAME", help="Where they end.")
@click.option("--limit", type=click.IntRange(min=1), default=20, help="Paths to list.")
@options.at
@options.reading
def paths(
    file: str,
    assignments: Sequence[str],
    start: str,
    end: str,
    limit: int,
    at: Sequence[str],
    **reading: Any,
) -> None:
    """List the paths between two names of FILE, and factor them."""
    from graphc.inspect import report
    from graphc.inspect.paths import explain

    with errors(reading):
        program = program_of(file, reading)
        point = report.elements(program, [*at, *assignments]) if at or assignments else None
        click.echo(explain(program, start, end, point, limit))


@commands.command()
@options.one_file
@options.products
@options.wrt
@options.search
@click.option(
    "--measure",
    type=click.Choice(["operations", "multiplications"]),
    default="operations",
    help="What the code computes; or products as the literature counts them.",
)
@click.option(
    "--order",
    is_flag=False,
    flag_value="",
    metavar="[ORDER|@FILE]",
    help="Print the order taken; or count this one too: vertices with spaces between.",
)
@options.as_json
@options.reading
def cost(
    file: str,
    products: str | None,
    wrt: str | None,
    search: int,
    measure: str,
    order: str | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Count the operations of FILE's derivatives in every elimination order."""
    import json

    from graphc.inspect import costs, published, replay

    with errors(reading):
        given = order_text(order)
        found: costs.Costs | published.Published | replay.Order
        if measure == "multiplications":
            graph, names = published.trace(source_of(file), listed(wrt), limit_of(reading))
            if order == "":
                found = published.cheapest(graph, names, search)
            else:
                found = published.count(graph, names, search, given)
        else:
            program = program_of(file, reading)
            if order == "":
                found = replay.taken(program, listed(products), listed(wrt), search)
            else:
                found = costs.count(program, listed(products), listed(wrt), search, given)
        click.echo(json.dumps(found.data()) if as_json else found.text())


@commands.command()
@options.one_file
@options.assignments
@click.option("--all", "list_all", is_flag=True, help="List what declared bounds exclude too.")
@options.at
@options.as_json
@options.reading
def check(
    file: str,
    assignments: Sequence[str],
    list_all: bool,
    at: Sequence[str],
    as_json: bool,
    **reading: Any,
) -> None:
    """Verify FILE's derivatives, and find where it is undefined or not smooth."""
    from graphc.inspect import report
    from graphc.inspect.lint import lint

    with errors(reading):
        program = program_of(file, reading)
        point = report.elements(program, [*at, *assignments]) if at or assignments else None
        found = report.Outcome.of(program, lint(program), point)
        click.echo(found.json() if as_json else found.text(list_all))
    sys.exit(0 if found.is_fine else 1)


@commands.command()
@options.one_file
@options.assignments
@click.option("--digits", type=click.FloatRange(min=0), metavar="N", default=8, show_default=True,
              help="How many of a double's 16 digits an operation may lose.")  # fmt: skip
@options.wrt
@options.mode
@options.at
@options.as_json
@options.reading
def trace(
    file: str,
    assignments: Sequence[str],
    digits: float,
    wrt: str | None,
    mode: str,
    at: Sequence[str],
    as_json: bool,
    **reading: Any,
) -> None:
    """Name the first operation of FILE that is nan, inf, raises or loses its digits at a point."""
    import json

    from graphc.inspect import report
    from graphc.inspect.trace import trace_program

    with errors(reading):
        program = program_of(file, reading)
        point = report.elements(program, [*at, *assignments])
        found = trace_program(program, point, listed(wrt), mode, digits)
        click.echo(json.dumps(found.data()) if as_json else str(found))
    sys.exit(0 if found.fault is None else 1)


@commands.command()
@options.one_file
@options.assignments
@click.option("-o", "--output", metavar="PATH", help="File to write; '-' is standard output.")
@click.option("--open/--no-open", "opened", default=None,
              help="Whether to open the page; by default, unless -o is given.")  # fmt: skip
@options.at
@options.as_json
@options.reading
def view(
    file: str,
    assignments: Sequence[str],
    output: str | None,
    opened: bool | None,
    at: Sequence[str],
    as_json: bool,
    **reading: Any,
) -> None:
    """Show FILE and its derivatives as a page that works without a network."""
    from graphc.view import page

    with errors(reading):
        program = program_of(file, reading)
        point = page.point(program, [*at, *assignments])
        text = page.scene_text(program, point) if as_json else page.page(program, point)
    if opened is None:
        opened = output is None and not as_json
    path = output_path(file, output, 1) if output or not opened else page.place(file)
    check_outputs([file], [path])
    deliver(path, text, False)
    if opened and path is not None:
        click.echo(page.show(path))


@commands.command()
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text",
              help="What to print.")  # fmt: skip
def ops(form: str) -> None:
    """Print the operation table."""
    from graphc.inspect import report

    click.echo(report.operations(form))


def main() -> None:
    """Run the command line; an unexpected failure is reported in one line."""
    try:
        commands()
    except OSError as error:
        click.echo(f"graphc: error: cannot write: {error.strerror}", err=True)
        sys.exit(1)
    except (Exception, RecursionError) as error:
        if os.environ.get("GRAPHC_TRACEBACK"):
            raise
        kind = type(error).__name__
        text = "not enough memory" if isinstance(error, MemoryError) else f"{kind}: {error}"
        click.echo(f"graphc: internal error: {text}\nThis is a fault of graphc; "
                   "GRAPHC_TRACEBACK=1 shows where it arose.", err=True)  # fmt: skip
        sys.exit(70)
