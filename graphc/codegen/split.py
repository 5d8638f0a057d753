r"""A very long function body, cut into pieces.

CPython's compiler needs about 2 KB for a statement and slows down with the number of local
names, so a function is cut after ``MAX_STATEMENTS`` statements.  Values that cross a cut travel in
one list; a place in the list is used again when its value is no longer needed.  The many results of
a sparse derivative have the first places of that list, and stay there.

>>> items = [Line(f"v{k}", f"v{k - 1} + 1.0") for k in range(1, 4)]
>>> pieces, last = split("f", items, ["    return v3"], {"v0": Input("v0")}, size=2)
>>> print(pieces[1])
def _f_2(_w: list[float]) -> None:
    v2 = _w[0]
    v3 = v2 + 1.0
    _w[0] = v3
>>> print(*last, sep="\n")
    _w = [0.0] * 1
    _f_1(_w, v0)
    _f_2(_w)
    v3 = _w[0]
    return v3
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graphc.codegen.statements import INDENT, Line, Statement, render, targets
from graphc.program import Input

MAX_STATEMENTS = 5_000
RUN_WIDTH = 56  # columns of names that are moved in one line

_NAME = re.compile(r"[^\W\d]\w*")


def split(
    name: str,
    items: Sequence[Statement],
    result: Sequence[str],
    inputs: Mapping[str, Input],
    stored: Sequence[str] = (),
    size: int = MAX_STATEMENTS,
) -> tuple[list[str], list[str]]:
    """Cut a body into helper functions.

    Parameters
    ----------
    name : str
        Of the function.
    items : sequence of Line or Branch
    result : sequence of str
        Lines of the return statement.
    inputs : mapping of str to Input
        Arguments; handed on to the pieces that use them.
    stored : sequence of str, optional
        Results that the pieces put into the list; they are returned as a flat tuple.
    size : int
        Statements in a piece.

    Returns
    -------
    pieces : list of str
        Helper functions ``_name_1, _name_2, ...``.
    last : list of str
        Lines of the function itself.
    """
    front = [item for item in items if isinstance(item, Line) and item.target in inputs]
    rest = [item for item in items if not (isinstance(item, Line) and item.target in inputs)]
    chunks = [rest[k : k + size] for k in range(0, len(rest), size)]
    defined = [dict.fromkeys(t for item in chunk for t in targets(item)) for chunk in chunks]
    if stored:
        result = [f"{INDENT}return tuple(_w[:{len(stored)}])"]
    slots = _Slots(len(stored))
    ready = _ready(stored, defined)
    used = [_used([*render(chunk, 1), *(stored[r] for r in ready[k])])
            for k, chunk in enumerate(chunks)] + [_used(result)]  # fmt: skip
    last_use = {n: k for k, names in enumerate(used) for n in names}
    pieces, calls = [], []
    for k, chunk in enumerate(chunks):
        loads = slots.loads(used[k])
        slots.free(n for n in list(slots.of) if last_use[n] <= k)
        kept = [n for n in defined[k] if last_use.get(n, -1) > k]
        certain = {item.target for item in chunk if isinstance(item, Line)}
        unsure = [f"{INDENT}{n} = 0.0" for n in kept if n not in certain]  # set in some branches
        for n in kept:
            slots.take(n)
        saves = slots.saves({slots.of[n]: n for n in kept} | {r: stored[r] for r in ready[k]})
        arguments = [i for n, i in inputs.items() if n in used[k]]
        pieces.append("\n".join([_head(f"_{name}_{k + 1}", arguments), *loads, *unsure,
                                 *render(chunk, 1), *saves]))  # fmt: skip
        calls.append(f"{INDENT}_{name}_{k + 1}({', '.join(['_w', *(i.name for i in arguments)])})")
    loads = slots.loads(used[-1])
    first = [*render(front, 1), f"{INDENT}_w = [0.0] * {slots.size}"]
    return pieces, [*first, *calls, *loads, *result]


def _ready(stored: Sequence[str], defined: Sequence[Iterable[str]]) -> list[list[int]]:
    """For each piece the results that it is the first to know all names of."""
    place = {name: k for k, names in enumerate(defined) for name in names}
    found: list[list[int]] = [[] for _ in defined]
    for r, text in enumerate(stored):
        found[max((place.get(n, 0) for n in _used([text])), default=0)].append(r)
    return found


class _Slots:
    """Places in the list, the lowest free one first."""

    def __init__(self, reserved: int) -> None:
        self.of: dict[str, int] = {}
        self.unused: list[int] = []
        self.size = reserved

    def take(self, name: str) -> int:
        if self.unused:
            place = heapq.heappop(self.unused)
        else:
            place, self.size = self.size, self.size + 1
        self.of[name] = place
        return place

    def loads(self, names: Iterable[str]) -> list[str]:
        """Lines that read values from the list, neighbours together."""
        wanted = {self.of[n]: n for n in names if n in self.of}
        return [f"{INDENT}{left} = {right}" for left, right in _runs(wanted)]

    def saves(self, texts: Mapping[int, str]) -> list[str]:
        """Lines that write values to their places in the list."""
        return [f"{INDENT}{right} = {left}" for left, right in _runs(texts)]

    def free(self, names: Iterator[str]) -> None:
        for name in names:
            heapq.heappush(self.unused, self.of.pop(name))


def _runs(texts: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Texts whose places follow each other, with the slice that holds them."""
    run: list[str] = []
    start = 0
    for place in sorted(texts):
        follows = run and place == start + len(run)
        if run and (not follows or len(", ".join([*run, texts[place]])) > RUN_WIDTH):
            yield _run(run, start)
            run = []
        start = start if run else place
        run.append(texts[place])
    if run:
        yield _run(run, start)


def _run(run: list[str], start: int) -> tuple[str, str]:
    if len(run) == 1:
        return run[0], f"_w[{start}]"
    return ", ".join(run), f"_w[{start}:{start + len(run)}]"


def _head(name: str, arguments: Sequence[Input]) -> str:
    hints = [f"{i.name}: {'float' if i.size is None else 'Sequence[float]'}" for i in arguments]
    line = f"def {name}({', '.join(['_w: list[float]', *hints])}) -> None:"
    if len(line) <= 88:
        return line
    parts = "".join(f"{INDENT}{part},\n" for part in ["_w: list[float]", *hints])
    return f"def {name}(\n{parts}) -> None:"


def _used(lines: Sequence[str]) -> dict[str, None]:
    """Names in some lines, in order of appearance."""
    return dict.fromkeys(word for line in lines for word in _NAME.findall(line))
