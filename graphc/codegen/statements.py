r"""Statements of generated code, and their text.

>>> branch = Branch("x > 0.0", [Line("y", "sqrt(x)")], [Line("y", "0.0")])
>>> print(*render([branch], 0), sep="\n")
if x > 0.0:
    y = sqrt(x)
else:
    y = 0.0
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

WIDTH = 88
INDENT = "    "


@dataclass
class Line:
    """One assignment."""

    target: str
    text: str
    comment: str = ""


@dataclass
class Branch:
    """An ``if`` statement; ``otherwise`` may be empty."""

    condition: str
    then: list[Line | Branch] = field(default_factory=list)
    otherwise: list[Line | Branch] = field(default_factory=list)


Statement = Line | Branch


def targets(item: Statement) -> Iterator[str]:
    """Names that a statement may assign."""
    waiting: list[Statement] = [item]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Line):
            yield one.target
        else:
            waiting += [*one.then, *one.otherwise]


def ends_with(branch: Branch, target: str) -> bool:
    """Whether both sides of a conditional end by assigning a name."""
    ends = [side[-1] if side else None for side in (branch.then, branch.otherwise)]
    return all(
        (isinstance(end, Line) and end.target == target)
        or (isinstance(end, Branch) and ends_with(end, target))
        for end in ends
    )


def rename_ends(branch: Branch, target: str) -> None:
    """Let both sides of a conditional end by assigning another name."""
    for side in (branch.then, branch.otherwise):
        end = side[-1]
        if isinstance(end, Line):
            end.target = target
        else:
            rename_ends(end, target)


def render(items: Sequence[Line | Branch], level: int) -> list[str]:
    """Statements as lines of text."""
    pad, lines = INDENT * level, []
    for item in items:
        if isinstance(item, Line):
            lines.append(_with_comment(f"{pad}{item.target} = {item.text}", item.comment))
            continue
        then, otherwise = item.then, item.otherwise
        if not then:
            then, otherwise, test = otherwise, then, f"not ({item.condition})"
        else:
            test = item.condition
        lines.append(f"{pad}if {test}:")
        lines += render(then, level + 1)
        if len(otherwise) == 1 and isinstance(otherwise[0], Branch) and otherwise[0].then:
            nested = render(otherwise, level)
            lines += [f"{pad}el{nested[0][len(pad) :]}", *nested[1:]]
        elif otherwise:
            lines.append(f"{pad}else:")
            lines += render(otherwise, level + 1)
    return lines


def _with_comment(line: str, comment: str) -> str:
    whole = f"{line}  # {comment}"
    return whole if comment and len(whole) <= WIDTH else line
