r"""Where a model, or a derivative of it, is undefined or not smooth.

Every operation's row says where it is defined, continuous and smooth; intervals say whether its
operands can be elsewhere, in the branches in which it is needed, with the declared bounds and
without.  A conditional is smooth if its two sides have the same value and the same derivatives at
its border (`graphc.inspect.joins`).  What is said about a derivative holds for the operation
itself: a later operation may smooth it out, as a square does with ``abs``.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.language.lexer import make_source
>>> found = lint(elaborate(make_source("x: input < 3\ny = log(x - 1)/(x - 3)", "m.expr")))
>>> print(found.text())
m.expr:2:5: note: log(x - 1) is undefined where x - 1 <= 0
    y = log(x - 1)/(x - 3)
        ^^^
1 finding, 1 excluded by bounds
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from graphc.derive.formula import formula, name
from graphc.derive.images import Truth
from graphc.derive.intervals import NEGATED, Interval, compare
from graphc.derive.linearise import active_vertices
from graphc.derive.ranges import Ranges
from graphc.derive.regions import Places, Region, find_regions
from graphc.inspect.findings import FIRST, JUMP, SECOND, UNDEFINED, Finding, Lint, gathered
from graphc.inspect.joins import Joins
from graphc.language.templates import read_all
from graphc.ops import OPS
from graphc.program import Program

MAX_PLACES = 20  # branches in which an operation is looked at
WIDTH = 50  # columns of an operation
_SYMBOLS = {row.name: row.symbol for row in OPS.values() if row.symbol} | {"eq": "="}
_TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
_NUMBER = re.compile(r"-?[\d.]+(e-?\d+)?")
_WORD = re.compile(r"[a-z]\w*(?!\w*\()")


def lint(program: Program) -> Lint:
    """All places where a model or its derivatives are undefined or not smooth."""
    return _Lint(program).run()


@dataclass(frozen=True)
class _View:
    """The ranges of a program in its branches."""

    ranges: Ranges
    regions: Sequence[Region]

    @cached_property
    def _known(self) -> dict[int, Ranges]:
        return {0: self.ranges}

    def inside(self, place: int) -> Ranges:
        """The ranges in a region."""
        path = []
        while place not in self._known:
            path.append(place)
            place = self.regions[place].parent
        for inner in reversed(path):
            outside = self._known[self.regions[inner].parent]
            self._known[inner] = outside.assume(*self.regions[inner].key)
        return self._known[path[0] if path else place]


class _Lint:
    """A lint of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        outputs = list(program.outputs.values())
        inputs = [program.input(e) for e in program.elements(active_only=True)]
        self.size = len(program)
        self.active = _differentiated(program, outputs, inputs)
        self.needed = program.reachable(outputs)
        uses = list(map(int, self.needed))
        self.places, regions = find_regions(program, uses, outputs)
        self.regions = regions
        self.bounded = self.free = _View(Ranges(program), regions)
        if any(i.bounds for i in program.inputs.values()):
            self.free = _View(Ranges(program, {}), regions)
        self.forms = {r.origin: r.before for r in program.replaced}

    def run(self) -> Lint:
        """All findings."""
        found = [f for i in range(self.size) if self.needed[i] for f in self._operation(i)]
        joins = Joins(self.program, self.regions)
        for i in range(self.size):
            if self.active[i] and self.program.nodes[i][0] == "where":
                found += self._conditional(i, joins)
        return Lint(gathered(found), joins.left_out)

    # --- operations -----------------------------------------------------------------------

    def _operation(self, i: int) -> Iterator[Finding]:
        op = self.program.nodes[i][0]
        if op not in OPS or not _levels(op):
            return
        seen: set[str] = set()
        for view, excluded in ((self.bounded, False), (self.free, True)):
            if excluded and self.free is self.bounded:
                continue
            for place in self._places(i):
                for kind, condition, always in self._failures(i, view.inside(place)):
                    if kind not in seen:
                        seen.add(kind)
                        certain = always and kind == UNDEFINED and not place and not excluded
                        yield self._finding(i, kind, condition, certain, excluded)
                        if certain:
                            return

    def _places(self, i: int) -> Places:
        return self.places[i] if len(self.places[i]) <= MAX_PLACES else (0,)

    def _failures(self, i: int, ranges: Ranges) -> Iterator[tuple[str, str, bool]]:
        """What fails in a branch: the kind, where, and whether everywhere."""
        op, *args = self.program.nodes[i]
        box = [ranges.interval(a) for a in args]
        if ranges.is_impossible or any(b.is_empty for b in box):
            return
        row, (program, results) = OPS[op], _texts(op)
        inside = Ranges(program, dict(zip(row.params, box, strict=True)),
                        dict(zip(row.params, args, strict=True)))  # fmt: skip
        names = {p: _operand(self.program, a) for p, a in zip(row.params, args, strict=True)}
        for kind, result in zip(_levels(op), results, strict=True):
            truth = inside.truth(result)
            if truth is not True and (kind == UNDEFINED or self.active[i]):
                words = "" if truth is False else str(_Words(inside, names).of(result, False))
                yield kind, words, truth is False
            if truth is False:
                break
            inside = inside.assume(result, True)

    def _finding(
        self, i: int, kind: str, condition: str, certain: bool = False, excluded: bool = False
    ) -> Finding:
        token = self.program.origins[i]
        text = self.forms.get(token) or formula(self.program, i, WIDTH)
        if self.program.nodes[i][0] == "where" and "..." in text:
            text = "the conditional"
        return Finding(text, kind, condition, token, self.program.source, certain, excluded)

    # --- conditionals ---------------------------------------------------------------------

    def _conditional(self, i: int, joins: Joins) -> Iterator[Finding]:
        condition = self.program.nodes[i][1]
        if self.program.origins[i] in self.forms or self.program.is_condition(i):
            return
        places = self._places(i)
        if not any(self._is_open(self.free, place, condition) for place in places):
            return
        kind = joins.kind(i, places[0])
        if kind:
            here = [p for p in places if self._is_open(self.bounded, p, condition)]
            view, place = (self.bounded, here[0]) if here else (self.free, places[0])
            border = _border(self.program, condition, view.inside(place))
            yield self._finding(i, kind, border, excluded=not here)

    def _is_open(self, view: _View, place: int, condition: int) -> bool:
        inside = view.inside(place)
        return not inside.is_impossible and inside.truth(condition) is None


def _differentiated(program: Program, outputs: list[int], inputs: list[int]) -> bytearray:
    """A flag for every node whose derivatives matter: what only conditions need is none."""
    depends, flags = active_vertices(program, outputs, inputs), bytearray(len(program))
    for output in outputs:
        flags[output] = depends[output]
    for i in range(len(program) - 1, -1, -1):
        if flags[i] and program.args(i):
            row = OPS[program.nodes[i][0]]
            for k, a in enumerate(program.args(i)):
                flags[a] |= depends[a] and not row.condition and k not in row.conditions
    return flags


# --- words --------------------------------------------------------------------------------


@cache
def _levels(op: str) -> tuple[str, ...]:
    """What can fail with an operation."""
    row = OPS[op]
    texts = {UNDEFINED: row.defined, JUMP: row.continuous, FIRST: row.smooth, SECOND: row.twice}
    return tuple(kind for kind, text in texts.items() if text)


@cache
def _texts(op: str) -> tuple[Program, list[int]]:
    """The conditions that must hold, as one program."""
    row = OPS[op]
    return read_all([t for t in (row.defined, row.continuous, row.smooth, row.twice) if t])


@dataclass(frozen=True)
class _Words:
    """Conditions of the table in the words of the user; what is known is left out."""

    ranges: Ranges
    names: dict[str, str]

    def of(self, i: int, wanted: bool) -> str | bool:
        """When a condition is as wanted."""
        program, truth = self.ranges.program, self.ranges.truth(i)
        if truth is not None:
            return truth is wanted
        op, *args = program.nodes[i]
        if op == "not":
            return self.of(args[0], not wanted)
        if op == "where":
            return self._either(args, wanted)
        if op in ("and", "or"):
            word = "and" if (op == "and") is wanted else "or"
            return _joined(word, [self.of(a, wanted) for a in args])
        return self._comparison(op if wanted else NEGATED[op], *args)

    def _either(self, args: list[int], wanted: bool) -> str | bool:
        test = self.of(args[0], True)
        one, other = (self.of(a, wanted) for a in args[1:])
        if isinstance(test, bool) or one == other:
            return one if test is True or one == other else other
        if isinstance(one, bool) and isinstance(other, bool):
            return self.of(args[0], one)
        return f"{_bracketed(one)} if {test} else {_bracketed(other)}"

    def _comparison(self, op: str, a: int, b: int) -> str:
        nodes = self.ranges.program.nodes
        if op in ("eq", "ne") and nodes[b] == ("floor", a):
            return f"{self._operand(a)} is {'a' if op == 'eq' else 'no'} whole number"
        strict: Truth = None
        if op in ("le", "ge"):
            ends: tuple[Interval, Interval] = (self.ranges.interval(a), self.ranges.interval(b))
            strict = compare("lt" if op == "le" else "gt", *ends)
        return _compared(self._operand(a), "eq" if strict is False else op, self._operand(b))

    def _operand(self, i: int) -> str:
        text = formula(self.ranges.program, i)
        if text in self.names:
            return self.names[text]
        return _WORD.sub(lambda m: self._bracketed(m[0]), text)

    def _bracketed(self, word: str) -> str:
        name = self.names.get(word, word)
        return name if re.fullmatch(r"[\w.\[\]]+", name) else f"({name})"


def _compared(left: str, op: str, right: str) -> str:
    """A comparison, with a number on its right."""
    if _NUMBER.fullmatch(left):
        left, op, right = right, _TURNED[op], left
    return f"{left} {_SYMBOLS[op]} {right}"


def _bracketed(text: str | bool) -> str:
    """A condition that can be joined to others."""
    return f"({text})" if re.search(" (and|or|if) ", str(text)) else str(text)


def _joined(word: str, parts: list[str | bool]) -> str | bool:
    """Conditions with ``and`` or ``or`` between them; some may be known."""
    decided = word == "or"
    if decided in parts:
        return decided
    texts = list(dict.fromkeys(str(p) for p in parts if isinstance(p, str)))
    if word == "and" and len(texts) > 1:
        texts = [f"({t})" if " or " in t or " if " in t else t for t in texts]
    return f" {word} ".join(texts) if texts else not decided


def _operand(program: Program, i: int) -> str:
    """What the user calls a node, or how it was written."""
    return name(program, i) or formula(program, i, WIDTH)


def _border(program: Program, condition: int, ranges: Ranges) -> str:
    """Where the comparisons of a condition change."""
    found: dict[str, None] = {}
    waiting = [condition]
    while waiting:
        op, *args = program.nodes[waiting.pop()]
        if op in NEGATED:
            sides = [ranges.interval(a) for a in args]
            if compare("eq", *sides) is not False:
                a, b = (_operand(program, k) for k in args)
                found[_compared(a, "eq", b)] = None
        elif op in OPS:
            waiting += reversed(args)
    return " or ".join(found)
