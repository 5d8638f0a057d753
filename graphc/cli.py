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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphc import __version__

if TYPE_CHECKING:
    from graphc.errors import InputError
    from graphc.program import Program

PRODUCT_HELP = "Functions to generate, separated by commas, or 'all'."
MODES = click.Choice(["auto", "forward", "reverse", "cross-country"])

_file = click.argument("file", type=click.Path(allow_dash=True))
_assignments = click.argument("assignments", nargs=-1, metavar="[NAME=VALUE]...")
_at = click.option("--at", "at", metavar="NAME=VALUE ...", multiple=True,
                   help="Values of the inputs; arrays as x=1,2,3.")  # fmt: skip
_mode = click.option("--mode", type=MODES, default="auto", help="Elimination order.")
_wrt = click.option("--wrt", metavar="NAMES", help="Inputs to differentiate with respect to.")


def _reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of every command that reads a file."""
    options = (
        click.option("--rules", type=click.Choice(["exact", "real"]), default="exact",
                     help="Simplification: 'real' may differ in -0.0, inf and nan."),
        click.option("--max-operations", type=click.IntRange(min=1), metavar="N",
                     help="Limit after loops are unrolled."),
        click.option("--diagnostics", type=click.Choice(["text", "json"]), default="text",
                     help="Form of error messages."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="graphc", message="%(prog)s %(version)s")
def commands() -> None:
    """Compile expression files to plain Python gradient functions."""


@commands.command("compile")
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("-o", "--output", metavar="PATH", help="File to write; a folder for several files.")
@click.option("--products", metavar="LIST", help=PRODUCT_HELP)
@_wrt
@_mode
@click.option("--target", type=click.Choice(["python"]), default="python", help="Language.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if an output is stale.")
@click.option("--dump-after", "stage", type=click.Choice(["elaborate", "prune", "differentiate"]),
              help="Print the graph as it is after a pass, and stop.")  # fmt: skip
@_reading
def compile_(
    files: Sequence[str],
    output: str | None,
    products: str | None,
    wrt: str | None,
    mode: str,
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
        return _dump(files, stage, _list(wrt), mode, reading)
    texts = []
    for file in files:
        with _errors(reading):
            program = _read(file, reading)
            text = generate_source(program, products=_list(products), wrt=_list(wrt),
                                   mode=mode, target=target)  # fmt: skip
            texts.append((_target(file, output, len(files)), text))
    _check_targets(files, [path for path, _ in texts])
    stale = [path for path, text in texts if not _deliver(path, text, check)]
    for path in stale:
        click.echo(f"graphc: {path} is stale", err=True)
    sys.exit(1 if stale else 0)


def _dump(
    files: Sequence[str], stage: str, wrt: list[str] | None, mode: str, reading: dict[str, Any]
) -> None:
    """Print programs as they are after a pass."""
    from graphc.derive.jacobian import differentiate
    from graphc.derive.products import select_inputs
    from graphc.inspect.show import render
    from graphc.model import PASSES

    names = [p.__name__ for p in PASSES]
    count = names.index(stage) + 1 if stage in names else len(names) * (stage != "elaborate")
    for file in files:
        with _errors(reading):
            program = _read(file, reading, PASSES[:count])
            if stage == "differentiate":
                program = differentiate(program, select_inputs(program, wrt), mode)[0]
            click.echo(render(program))


@commands.command("eval")
@_file
@_assignments
@click.option("--products", metavar="LIST", help=PRODUCT_HELP)
@_wrt
@_mode
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_reading
def evaluate(
    file: str,
    assignments: Sequence[str],
    products: str | None,
    wrt: str | None,
    mode: str,
    as_json: bool,
    **reading: Any,
) -> None:
    """Print the value and derivatives of FILE at a point: graphc eval FILE a=2 b=1."""
    from graphc.inspect import report

    with _errors(reading):
        program = _read(file, reading)
        point = report.point(program, assignments)
        click.echo(report.at_point(program, point, _list(products), _list(wrt), mode, as_json))


@commands.command()
@_file
@_assignments
@click.option("--format", "form", type=click.Choice(["text", "dot", "mermaid", "json"]),
              default="text", help="What to print.")  # fmt: skip
@click.option("--derivative", is_flag=True, help="Show the nodes of the derivatives too.")
@_mode
@_at
@_reading
def show(
    file: str,
    assignments: Sequence[str],
    form: str,
    derivative: bool,
    mode: str,
    at: Sequence[str],
    **reading: Any,
) -> None:
    """Show the graph of FILE, with values if a point is given."""
    from graphc.derive.jacobian import differentiate
    from graphc.derive.products import select_inputs
    from graphc.inspect import report
    from graphc.inspect.show import render

    with _errors(reading):
        program = _read(file, reading)
        point = report.elements(program, [*at, *assignments]) if at or assignments else None
        if derivative:
            program = differentiate(program, select_inputs(program, None), mode)[0]
        click.echo(render(program, form, point))


@commands.command()
@_file
@_assignments
@click.option("--from", "start", required=True, metavar="NAME", help="Where the paths begin.")
@click.option("--to", "end", required=True, metavar="NAME", help="Where they end.")
@click.option("--limit", type=click.IntRange(min=1), default=20, help="Paths to list.")
@_at
@_reading
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

    with _errors(reading):
        program = _read(file, reading)
        point = report.elements(program, [*at, *assignments]) if at or assignments else None
        click.echo(explain(program, start, end, point, limit))


@commands.command()
@_file
@_reading
def cost(file: str, **reading: Any) -> None:
    """Count the operations of FILE's value and Jacobian in every mode."""
    from graphc.inspect import report

    with _errors(reading):
        click.echo(report.costs(_read(file, reading)))


@commands.command()
@_file
@_assignments
@_at
@_reading
def check(file: str, assignments: Sequence[str], at: Sequence[str], **reading: Any) -> None:
    """Verify FILE's derivatives: between modes, against differences, against SymPy."""
    from graphc.inspect import report
    from graphc.inspect.verify import verify

    with _errors(reading):
        program = _read(file, reading)
        point = report.elements(program, [*at, *assignments]) if at or assignments else None
        checks = verify(program, point)
        click.echo(report.verdict(checks))
    sys.exit(0 if all(c.agrees for c in checks) else 1)


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


# --- files --------------------------------------------------------------------------------


def _read(file: str, reading: dict[str, Any], passes: Sequence[Any] | None = None) -> Program:
    """The program of a file, or of standard input."""
    from graphc.language.elaborate import MAX_OPERATIONS
    from graphc.language.lexer import decode
    from graphc.model import PASSES, read_program

    if file == "-":
        data, name = sys.stdin.buffer.read(), "<stdin>"
    else:
        try:
            data, name = Path(file).read_bytes(), file
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise click.UsageError(f"cannot read '{file}': {reason}") from None
    limit = reading["max_operations"] or MAX_OPERATIONS
    chosen = PASSES if passes is None else passes
    return read_program(decode(data, name), reading["rules"], limit, chosen)


def _target(file: str, output: str | None, files: int) -> Path | None:
    """Where the module of a file goes; None is standard output."""
    if output is None or output == "-":
        return None
    path = Path(output)
    if files > 1 or output.endswith(("/", os.sep)):
        stem = "stdin" if file == "-" else Path(file).stem
        return path / f"{stem}_grad.py"
    return path


def _check_targets(files: Sequence[str], paths: Sequence[Path | None]) -> None:
    """No two files go to one place, and none over a file that is read."""
    read = {Path(file).resolve() for file in files if file != "-"}
    seen: set[Path] = set()
    for path in paths:
        if path is None:
            continue
        if path.resolve() in read:
            raise click.UsageError(f"the output '{path}' is the input")
        if path in seen:
            raise click.UsageError(f"several files would go to '{path}'; rename one of them")
        seen.add(path)


def _deliver(path: Path | None, text: str, check: bool) -> bool:
    """Write a module, or compare it with what is there; False if that is stale."""
    if path is None:
        click.echo(text, nl=False)
        return True
    try:
        same = path.is_file() and path.read_bytes() == text.encode()
        if not check and not same:
            _replace(path, text)
        return same or not check
    except OSError as error:
        hint = " (a folder; end it with '/' to write into it)" if path.is_dir() else ""
        click.echo(f"graphc: error: cannot write '{path}'{hint}: {error.strerror}", err=True)
        sys.exit(1)


def _replace(path: Path, text: str) -> None:
    """Write a file in one step: readers see the old text or the new one, never a part."""
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    path = path.resolve()
    if path.exists() and not path.is_file():  # a device or a pipe: there is nothing to replace
        path.write_bytes(text.encode())
        return
    from tempfile import NamedTemporaryFile

    handle = NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    try:
        with handle:
            handle.write(text.encode())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(handle.name, path.stat().st_mode if path.exists() else 0o666 & ~mask)
        os.replace(handle.name, path)
    except BaseException:
        os.unlink(handle.name)
        raise


def _list(names: str | None) -> list[str] | None:
    return None if names is None else [n.strip() for n in names.split(",") if n.strip()]


@contextmanager
def _errors(reading: dict[str, Any]) -> Iterator[None]:
    """Turn errors about the input into messages and exit codes."""
    from graphc.errors import GraphcError, InputError, OptionError

    try:
        yield
    except InputError as error:
        click.echo(_diagnostics(error, reading["diagnostics"]), err=True)
        sys.exit(1)
    except OptionError as error:
        click.echo(f"graphc: error: {error}", err=True)
        sys.exit(2)
    except GraphcError as error:
        click.echo(f"graphc: error: {error}", err=True)
        sys.exit(1)


def _diagnostics(error: InputError, form: str) -> str:
    if form == "text":
        return error.render()
    import json

    return "\n".join(json.dumps(d.as_dict(error.source)) for d in error.diagnostics)
