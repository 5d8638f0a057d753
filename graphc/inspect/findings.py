"""What a lint finds: a place in the text, what goes wrong there, and where.

>>> from graphc.errors import Source
>>> found = Finding("log(x)", UNDEFINED, "x <= 0", 2, Source("y = log(x)"))
>>> found.message
'log(x) is undefined where x <= 0'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphc.errors import Diagnostic, Source

UNDEFINED, JUMP, FIRST, SECOND, UNKNOWN = (
    "undefined", "jump", "first derivative", "second derivative", "unknown",
)  # fmt: skip
_SAID = {
    UNDEFINED: "is undefined",
    JUMP: "jumps",
    FIRST: "has no first derivative",
    SECOND: "has no second derivative",
    UNKNOWN: "may not be smooth",
}


@dataclass(frozen=True)
class Finding:
    """An operation that is undefined or not smooth somewhere.

    Attributes
    ----------
    operation : str
        As the user wrote it.
    kind : str
        ``undefined``, ``jump``, ``first derivative``, ``second derivative`` (which does not exist
        there), or ``unknown``: the two sides of a conditional could not be compared.
    condition : str
        Where; empty for everywhere.
    token : int
        Of the operation.
    source : Source
    is_certain : bool
        Whether the model has no value at all because of it.
    excluded : bool
        Whether declared bounds exclude it.
    more : int
        Others of the same kind at the same place, of loops that were unrolled.
    """

    operation: str
    kind: str
    condition: str
    token: int
    source: Source
    is_certain: bool = False
    excluded: bool = False
    more: int = 0

    @property
    def message(self) -> str:
        """What goes wrong, and where."""
        where = f" where {self.condition}" if self.condition else (
            " everywhere" if self.is_certain else " wherever it is needed")  # fmt: skip
        more = f", and {self.more} more of its kind" if self.more else ""
        excluded = "; bounds exclude it" if self.excluded else ""
        return f"{self.operation} {_SAID[self.kind]}{where}{more}{excluded}"

    def render(self) -> str:
        """The message with the source line and a caret."""
        level = "error" if self.is_certain else "note"
        if self.source.origin(self.token) is None:
            return f"{level}: {self.message}"
        span = self.source.token_span(self.token)
        return Diagnostic(self.message, *span, level=level).render(self.source)

    def data(self) -> dict[str, Any]:
        """The same for programs."""
        file, line, column = self.source.origin(self.token) or (self.source.name, None, None)
        return {
            "operation": self.operation, "kind": self.kind, "condition": self.condition,
            "certain": self.is_certain, "excluded": self.excluded, "more": self.more,
            "file": file, "line": line, "column": column, "message": self.message,
        }  # fmt: skip


@dataclass(frozen=True)
class Lint:
    """All findings.

    Attributes
    ----------
    findings : tuple of Finding
        In the order of the text, those that bounds exclude among them.
    left_out : int
        Borders of conditionals that were not looked at, as there are too many.
    """

    findings: tuple[Finding, ...]
    left_out: int = 0

    @property
    def is_fine(self) -> bool:
        """Whether the model has a value somewhere, as far as can be told."""
        return not any(f.is_certain for f in self.findings)

    def text(self, list_all: bool = False) -> str:
        """For people; what bounds exclude is only counted, or listed too."""
        open_ones = [f for f in self.findings if not f.excluded]
        excluded = len(self.findings) - len(open_ones)
        lines = [f.render() for f in (self.findings if list_all else open_ones)]
        said = [_counted(len(open_ones), "finding") if open_ones else "no findings"]
        said += [f"{excluded} excluded by bounds"] if excluded else []
        said += [f"{_counted(self.left_out, 'conditional')} left out"] if self.left_out else []
        return "\n".join([*lines, ", ".join(said)])

    def data(self) -> list[dict[str, Any]]:
        """For programs."""
        return [f.data() for f in self.findings]


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" + "s" * (count != 1)


def gathered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """In the order of the text; those of unrolled loops once, with their number."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for f in findings:
        name = f.operation.partition("(")[0] if "(" in f.operation else ""
        groups.setdefault((f.token, f.kind, f.excluded, f.is_certain, name), []).append(f)
    found = [_merged(group) for group in groups.values()]
    return tuple(sorted(found, key=lambda f: f.token))


def _merged(group: list[Finding]) -> Finding:
    from dataclasses import replace

    return replace(group[0], more=len({f.condition for f in group}) - 1)
