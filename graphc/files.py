"""Where the command line reads and writes: files, folders, standard input and output.

A file is replaced in one step, and left alone if it holds the same text.

>>> output_path("model.expr", "out/", files=1).as_posix()
'out/model_grad.py'
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click


def read_bytes(file: str) -> tuple[bytes, str]:
    """The bytes of a file, or of standard input, and the name for messages."""
    if file == "-":
        return sys.stdin.buffer.read(), "<stdin>"
    try:
        return Path(file).read_bytes(), file
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"cannot read '{file}': {reason}") from None


def output_path(file: str, output: str | None, files: int) -> Path | None:
    """Where the module of a file goes; None is standard output."""
    if output is None or output == "-":
        return None
    path = Path(output)
    if files > 1 or output.endswith(("/", os.sep)):
        stem = "stdin" if file == "-" else Path(file).stem
        return path / f"{stem}_grad.py"
    return path


def check_outputs(files: Sequence[str], paths: Sequence[Path | None]) -> None:
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


def deliver(path: Path | None, text: str | bytes, check: bool) -> bool:
    """Write a text or an image, or compare it with what is there; False if that is stale."""
    if path is None:
        if isinstance(text, bytes) and sys.stdout.isatty():
            raise click.UsageError("an image is no text for a terminal; name a file with -o")
        click.echo(text, nl=False)
        return True
    data = text if isinstance(text, bytes) else text.encode()
    try:
        same = path.is_file() and path.read_bytes() == data
        if not check and not same:
            _replace(path, data)
        return same or not check
    except OSError as error:
        hint = " (a folder; end it with '/' to write into it)" if path.is_dir() else ""
        click.echo(f"graphc: error: cannot write '{path}'{hint}: {error.strerror}", err=True)
        sys.exit(1)


def _replace(path: Path, data: bytes) -> None:
    """Write a file in one step: readers see the old bytes or the new ones, never a part."""
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    path = path.resolve()
    if path.exists() and not path.is_file():  # a device or a pipe: there is nothing to replace
        path.write_bytes(data)
        return
    from tempfile import NamedTemporaryFile

    handle = NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    try:
        with handle:
            handle.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(handle.name, path.stat().st_mode if path.exists() else 0o666 & ~mask)
        os.replace(handle.name, path)
    except BaseException:
        os.unlink(handle.name)
        raise
