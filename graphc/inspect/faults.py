"""What a run of a model came to, as a person reads it and as data.

>>> step = Step("r = sqrt(x*x + y*y)", 0.0)
>>> print(step)
r = sqrt(x*x + y*y) = 0.0
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

COLUMNS = 79
ENDS = 3  # steps at each end of a long path that are shown
LISTED = 5  # results that are named
_SMALLEST = 2.0**-1022  # doubles below it have fewer digits


@dataclass(frozen=True)
class Step:
    """A node: how it is written, its value (None if it has none), what it is exactly."""

    text: str
    value: float | None = None
    exactly: str = ""

    def __str__(self) -> str:
        exactly = f"  (exactly {self.exactly})" if self.exactly else ""
        return self.text + ("" if self.value is None else f" = {self.value!r}{exactly}")


@dataclass(frozen=True)
class Fault:
    """An operation that went wrong.

    Attributes
    ----------
    kind : str
        ``nan``, ``inf``, ``raised`` or ``lost``.
    operation, part : str
        How it is written; the result that needs it first: ``y``, or ``dy/dx``.
    form : str
        The user's formula and the stable form that the operation belongs to; may be empty.
    value : float or None
        What it gave; None if it raised.
    exactly : str
        What it is in exact arithmetic; empty if it is undefined.
    raised : str
        Python's exception.
    ieee : float or None
        What IEEE arithmetic has where Python raises.
    lost : float
        Wrong digits, of 16.
    operands, before, after : tuple of Step
        Its operands; a path from an input to it; a path from it to a result.  What is left out
        in the middle of a long path has the text ``... 12 more``.
    spoiled : tuple of str
        All results that are wrong because of it.
    place : tuple of (str, int, int) or None
        File, line and column.
    shown : str
        The message with the source line and a caret.
    help : str
        What to write instead; may be empty.
    """

    kind: str
    operation: str
    part: str
    form: str
    value: float | None
    exactly: str
    raised: str
    ieee: float | None
    lost: float
    operands: tuple[Step, ...]
    before: tuple[Step, ...]
    after: tuple[Step, ...]
    spoiled: tuple[str, ...]
    place: tuple[str, int, int] | None
    shown: str
    help: str

    def __str__(self) -> str:
        text = [self.shown, *wrapped(f"help: {self.help}" if self.help else "", 6), ""]
        facts = wrapped(self._facts())
        text += [*facts, ""] if facts else []
        known = set(self.before) <= set(self.operands)
        for title, steps in (
            ("operands", self.operands),
            ("from the inputs", () if known else self.before),
            ("to the output", self.after),
        ):
            text += [title, *(f"    {step}" for step in steps)] if steps else []
        return "\n".join(text)

    def _facts(self) -> str:
        said = [f"{self.form}."] if self.form else []
        if self.exactly:
            value = "" if self.value is None else f", not {self.value!r}"
            said.append(f"Exactly it is {self.exactly}{value}.")
        if self.ieee is not None:
            said.append(f"IEEE arithmetic has {self.ieee!r} there.")
        if len(self.spoiled) > 1:
            more = len(self.spoiled) - LISTED
            others = f" and {more} more" if more > 0 else ""
            said.append(f"It spoils {', '.join(self.spoiled[:LISTED])}{others}.")
        if not self.spoiled:
            said.append("No result suffers from it.")
        return " ".join(said)


@dataclass(frozen=True)
class Trace:
    """What a run came to.

    Attributes
    ----------
    fault : Fault or None
        The first operation that went wrong.
    results : int
        Number of values and derivatives that were worked out.
    digits, lost : float
        The digits that may be lost, and the most that were.
    most : str
        Where they were lost; empty if none were.
    """

    fault: Fault | None
    results: int
    digits: float
    lost: float
    most: str

    def __str__(self) -> str:
        if self.fault is not None:
            return str(self.fault)
        text = "nothing went wrong: all values and derivatives are finite"
        if self.most:
            text += f"; the most digits, {self.lost:.1f} of 16, were lost in {self.most}"
        else:
            text += "; no digits were lost"
        return "\n".join(wrapped(text))

    def data(self) -> dict[str, Any]:
        """The same for programs: JSON, with nan and inf as texts."""
        return _plain(asdict(self))  # type: ignore[no-any-return]


def elided(steps: Sequence[Step]) -> tuple[Step, ...]:
    """A path, without its middle if it is long."""
    left_out = len(steps) - 2 * ENDS
    if left_out <= 1:
        return tuple(steps)
    return (*steps[:ENDS], Step(f"... {left_out} more"), *steps[-ENDS:])


def wrapped(text: str, indent: int = 0) -> list[str]:
    """Lines of a paragraph."""
    return textwrap.wrap(
        text,
        COLUMNS,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def message(kind: str, text: str, part: str, is_input: bool, raised: str, lost: float) -> str:
    """What happened, in a line."""
    if is_input:
        return f"the input {text} is {kind}"
    if kind == "lost":
        return f"{text} lost {lost:.1f} of 16 digits in {part}"
    return f"{text} raised {raised} in {part}" if raised else f"{text} became {kind} in {part}"


def as_digits(exact: Any) -> str:
    """A number of the exact run, to the digits of a double."""
    import mpmath

    if isinstance(exact, bool):
        return str(exact)
    if exact is None or mpmath.isinf(exact):
        return ""
    is_double = exact == 0 or _SMALLEST <= abs(exact) < mpmath.mpf(2) ** 1024
    return repr(float(exact)) if is_double else str(mpmath.nstr(exact, 10))


def _plain(value: Any) -> Any:
    """What JSON can hold; fields are nested no deeper than the classes above."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return repr(value) if isinstance(value, float) and not isfinite(value) else value
