"""What the commands make of their arguments, and of errors about what they were given.

>>> listed("a, b"), listed(None)
(['a', 'b'], None)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from graphc.files import read_bytes

if TYPE_CHECKING:
    from graphc.errors import InputError, Source
    from graphc.program import Program


def listed(names: str | None) -> list[str] | None:
    """Names with commas between them."""
    return None if names is None else [n.strip() for n in names.split(",") if n.strip()]


def order_text(text: str | None) -> str | None:
    """The text of an order, or of the file that holds it."""
    if text is None or not text.startswith("@"):
        return text
    return read_bytes(text[1:])[0].decode(errors="replace")


def program_of(file: str, reading: dict[str, Any], passes: Sequence[Any] | None = None) -> Program:
    """The program of a file, or of standard input."""
    from graphc import model

    chosen = model.passes(reading["stable"]) if passes is None else passes
    return model.read_program(source_of(file), reading["rules"], limit_of(reading), chosen)


def source_of(file: str) -> Source:
    """The text of a file, or of standard input."""
    from graphc.language.lexer import decode

    return decode(*read_bytes(file))


def limit_of(reading: dict[str, Any]) -> int:
    """The greatest number of operations."""
    from graphc.language.elaborate import MAX_OPERATIONS

    return reading["max_operations"] or MAX_OPERATIONS


@contextmanager
def errors(reading: dict[str, Any]) -> Iterator[None]:
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
