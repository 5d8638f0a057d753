"""Diagnostics that name what was found, point at it, and say what would help.

A `Source` is a text with its name, which knows where its tokens are; a `Diagnostic` is one message
about one stretch of it; an `InputError` carries all diagnostics of one run.  It is a subclass of
`SyntaxError`, so the interpreter, IPython, pytest and editors show file, line and caret without
knowing graphc.  The layout of a message (``file:line:column: error: text``, the source line, a
caret, a hint) is that of C compilers, which every editor can follow.

>>> source = Source("y = sinn(x)", "model.expr")
>>> print(Diagnostic("unknown function 'sinn'", 4, 8, "did you mean 'sin'?").render(source))
model.expr:1:5: error: unknown function 'sinn'
    y = sinn(x)
        ^^^^
help: did you mean 'sin'?
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

MAX_REPORTED = 50  # messages in one run; a file of another kind would give thousands
MAX_COLUMNS = 100  # how much of a very long source line is shown around the caret
MAX_WORD = 40  # how much of a very long word a message repeats
_EXCERPT = 10_000  # characters of a source line that an exception carries


class GraphcError(Exception):
    """Base class of everything that graphc raises on purpose."""


class OptionError(GraphcError, ValueError):
    """An option, product or name was asked for that does not exist."""


@dataclass
class Source:
    r"""A text, the name it goes by in messages, and where its tokens are.

    Parameters
    ----------
    text : str
        The whole text, with ``\n`` line ends.
    name : str
        File name, or a word in angle brackets.
    sha256 : str
        Digest of the bytes that the text was read from.
    pattern : re.Pattern, optional
        Matches one token after another, in its first group; set by the lexer.
    """

    text: str
    name: str = "<string>"
    sha256: str = ""
    pattern: re.Pattern[str] | None = field(default=None, repr=False)

    @cached_property
    def _spans(self) -> tuple[array[int], array[int]]:
        """Starts and ends of all tokens; most runs never ask."""
        starts, ends = array("q"), array("q")
        if self.pattern is not None:
            for match in self.pattern.finditer(self.text + "\n"):
                starts.append(match.start(1))
                ends.append(match.end(1))
        return starts, ends

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Text of a line, without its end."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def token_span(self, token: int) -> tuple[int, int]:
        """Start and end offset of a token; of a line end, its first character."""
        starts, ends = self._spans
        if not 0 <= token < len(starts):
            return (0, 0) if token < 0 else (len(self.text), len(self.text))
        start, end = starts[token], ends[token]
        return start, start + 1 if self.text[start : start + 1] in ("\n", "#", "") else end

    def origin(self, token: int) -> tuple[str, int, int] | None:
        """File, line and column of a token; None for nodes that no text made."""
        if not 0 <= token < len(self._spans[0]):
            return None
        return (self.name, *self.position(self._spans[0][token]))


@dataclass(frozen=True)
class Diagnostic:
    """One message about one stretch of a source.

    Parameters
    ----------
    message : str
        Lower case, names what was found and what was allowed.
    start, end : int
        Offsets of the stretch.
    hint : str
        What would help; may be empty.
    also : tuple of (str, int, int)
        Second places: message, start, end.
    level : str
        ``error``, or ``note`` for what is only worth knowing.
    """

    message: str
    start: int
    end: int
    hint: str = ""
    also: tuple[tuple[str, int, int], ...] = ()
    level: str = "error"

    def render(self, source: Source) -> str:
        """The message as the command line prints it."""
        parts = [_place(source, self.level, self.message, self.start, self.end)]
        parts += [_place(source, "note", *second) for second in self.also]
        if self.hint:
            parts.append(f"help: {self.hint}")
        return "\n".join(parts)

    def as_dict(self, source: Source) -> dict[str, object]:
        """The message as ``--diagnostics json`` prints it."""
        line, column = source.position(self.start)
        end_line, end_column = source.position(self.end)
        return {
            "level": self.level,
            "message": self.message,
            "file": source.name,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "help": self.hint,
            "rendered": self.render(source),
        }


class InputError(GraphcError, SyntaxError):
    """The text given to graphc is wrong; carries every diagnostic of the run.

    Attributes
    ----------
    source : Source
    diagnostics : list of Diagnostic
    """

    def __init__(self, source: Source, diagnostics: Iterable[Diagnostic]) -> None:
        self.source = source
        found = sorted(diagnostics, key=lambda d: (d.start, d.end, d.message))
        self.diagnostics = found[:MAX_REPORTED]
        first = self.diagnostics[0]
        line, column = source.position(first.start)
        end_line, end_column = source.position(first.end)
        text = source.line(line)
        shown = text if len(text) <= _EXCERPT else None
        where = (source.name, line, column, shown, end_line, end_column)
        super().__init__(first.message, where)
        if first.hint:
            self.add_note(f"help: {first.hint}")
        for other in self.diagnostics[1:]:
            self.add_note(other.render(source))

    def __reduce__(self) -> tuple[type[InputError], tuple[Source, list[Diagnostic]]]:
        return InputError, (self.source, self.diagnostics)

    def render(self) -> str:
        """All messages, as the command line prints them."""
        return "\n".join(d.render(self.source) for d in self.diagnostics)


def suggest(word: str, known: Iterable[str]) -> str:
    """A "did you mean" hint, or nothing when no known word is close."""
    if len(word) > MAX_WORD:
        return ""
    names = list(known)
    for name in (word.lower(), word.strip("_")):
        if name in names:
            return f"did you mean '{name}'?"
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def quoted(word: str) -> str:
    """A word of the user's in quotes, cut when it is very long."""
    return f"'{shortened(word)}'"


def shortened(word: str) -> str:
    """A word of the user's, cut when it is very long."""
    return word if len(word) <= MAX_WORD else f"{word[: MAX_WORD - 3]}..."


def printable(text: str) -> str:
    """Text for a terminal: control and invisible characters as escapes."""
    return "".join(c if c == "\t" or c.isprintable() else _escape(c) for c in text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _place(source: Source, level: str, message: str, start: int, end: int) -> str:
    line, column = source.position(start)
    text = source.line(line)
    width = max(1, min(end - start, len(text) - column + 1))
    first = max(0, column - 1 - MAX_COLUMNS // 2) if len(text) > MAX_COLUMNS else 0
    shown = text[first : first + MAX_COLUMNS]
    width = min(width, max(1, len(shown) - (column - 1 - first)))
    blanks = "".join(_blank(c) for c in shown[: column - 1 - first])
    return (
        f"{printable(source.name)}:{line}:{column}: {level}: {printable(message)}\n"
        f"    {printable(shown)}\n    {blanks}{'^' * width}"
    )


def _blank(char: str) -> str:
    if char == "\t":
        return char
    if unicodedata.combining(char):
        return ""
    wide = unicodedata.east_asian_width(char) in "WF"
    return " " * (2 if wide else len(printable(char)))
