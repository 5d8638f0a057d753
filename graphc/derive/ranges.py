r"""What the values of a program can be.

Intervals go from the arguments of every operation to its result (`graphc.derive.images`).  Inside
a branch its condition holds, which narrows what it compares, and what that is made of (Benhamou,
Goualard, Granvilliers and Puget, "Revising hull and box consistency", ICLP 1999).

>>> from graphc.errors import Source
>>> from graphc.language.elaborate import elaborate
>>> program = elaborate(Source("x: input > 0\ny = log(x) if x >= 1 else sqrt(1 - x)"))
>>> print(Ranges(program).interval(program.outputs["y"]))
[0, inf]
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from graphc.derive.images import Truth, image
from graphc.derive.intervals import (
    EVERYTHING,
    NEGATED,
    NOTHING,
    Interval,
    between,
    compare,
    narrowed,
    of_bounds,
    point,
)
from graphc.ops import OPS
from graphc.program import Program

DEPTH = 2  # branches inside branches that are told apart where values are joined
WORK = 50  # intervals for each node of a program, in all branches
STEPS = 200  # nodes that one condition narrows

_TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


class Ranges:
    """Intervals of nodes and truth of conditions, as far as they are asked for.

    Parameters
    ----------
    program : Program
    box : mapping of str to Interval, optional
        Where the scalar inputs and array elements are; by default, within their bounds.
    ties : mapping of str to int, optional
        Inputs with the same number are the same value.
    """

    def __init__(
        self,
        program: Program,
        box: Mapping[str, Interval] | None = None,
        ties: Mapping[str, int] | None = None,
    ) -> None:
        if box is None:
            box = {e: of_bounds(i.bounds) for i in program.inputs.values() for e in i.elements}
        self.program, self.box, self.ties = program, box, ties or {}
        self.known: dict[int, Any] = {}
        self.outer: Ranges | None = None
        self.first = self.depth = 0  # below the first node all is as outside
        self.is_impossible = False
        self.work = WORK * len(program) + 1000
        self.left = [self.work]  # shared by all branches
        self.branches: dict[tuple[int, bool], Ranges] = {}

    def interval(self, i: int) -> Interval:
        """What a number can be."""
        return NOTHING if self.is_impossible else self._get(i)

    def truth(self, i: int) -> Truth:
        """Whether a condition holds: always, never (False), or perhaps (None)."""
        return self._get(i)  # type: ignore[no-any-return]

    # --- branches -------------------------------------------------------------------------

    def assume(self, condition: int, taken: bool) -> Ranges:
        """The ranges in a branch of a condition."""
        inner = Ranges(self.program, self.box, self.ties)
        inner.outer, inner.depth, inner.left = self, self.depth, self.left
        inner.first = condition
        waiting = [(condition, taken)]
        while waiting:
            i, holds = waiting.pop()
            inner.known[i] = holds
            waiting += inner._follows(i, holds)
        return inner

    def _follows(self, i: int, holds: bool) -> list[tuple[int, bool]]:
        """Parts of a condition that hold, or not, because it does; comparisons narrow."""
        op, *args = self.program.nodes[i]
        if op == "not":
            return [(args[0], not holds)]
        if op in ("and", "or"):
            if holds is (op == "and"):
                return [(a, holds) for a in args]
            left, right = (self._get(a) for a in args)
            decided = op == "and"
            return [(a, holds) for a, other in zip(args, (right, left), strict=True)
                    if other is decided]  # fmt: skip
        if op == "where":
            test = self._get(args[0])
            return [] if test is None else [(args[1] if test else args[2], holds)]
        if op in NEGATED:
            self._narrow(op if holds else NEGATED[op], args[0], args[1], not holds)
        return []

    def _narrow(self, op: str, a: int, b: int, may_be_nan: bool) -> None:
        before = self._get(a), self._get(b)
        after = narrowed(op, *before)
        for i, old, new in zip((a, b), before, after, strict=True):
            self._set(i, new._replace(nan=may_be_nan and old.nan))
        for one, other, symbol in ((a, b, op), (b, a, _TURNED[op])):
            difference = self.program.find(("sub", one, other))
            if difference is not None:
                new = narrowed(symbol, self._get(difference), point(0))[0]
                self._set(difference, new._replace(nan=may_be_nan))

    def _set(self, i: int, new: Interval) -> None:
        """Narrow a node, and what it is made of."""
        waiting = [(i, new)]
        for _ in range(STEPS):
            if not waiting:
                break
            i, new = waiting.pop()
            old = self._get(i)
            new &= old
            self.is_impossible = self.is_impossible or new.is_empty
            if self.program.nodes[i][0] == "const" or new == old or self.is_impossible:
                continue
            self._put(i, new)
            waiting += self._operands(i, new)

    def _put(self, i: int, new: Interval) -> None:
        """Note what a node is; an input that stands for another is that one too."""
        for j in self._twins(i):
            self.known[j] = new
            self.first = min(self.first, j)

    def _operands(self, i: int, out: Interval) -> list[tuple[int, Interval]]:
        """What the operands of a node can be, given what it is itself."""
        op, *args = self.program.nodes[i]
        if op == "neg":
            return [(args[0], -out)]
        if op in ("add", "sub", "mul", "div") and args[0] != args[1]:
            a, b = args
            x, y = self._get(a), self._get(b)
            if op == "add":
                return [(a, image("sub", [out, y])), (b, image("sub", [out, x]))]
            if op == "sub":
                return [(a, image("add", [out, y])), (b, image("sub", [x, out]))]
            zero = point(0)
            if op == "mul":
                pairs = ((a, y), (b, x))
                return [(k, image("div", [out, other])) for k, other in pairs
                        if compare("ne", other, zero)]  # fmt: skip
            return [(a, image("mul", [out, y]))]
        if op == "abs":
            low = (-out.high[0], -out.high[1])
            return [(args[0], Interval(low, out.high, True, not out.has_zero))]
        if op == "mul" or (op == "pow" and self.program.value(args[1]) == 2):  # a square
            most = image("sqrt", [out & between(0, inf)]).high[0]
            return [(args[0], Interval((-most, 0), (most, 0), True, not out.has_zero))]
        return []

    def _branch(self, condition: int, taken: bool) -> Ranges:
        """The ranges in a branch, for a value that joins two; the same if that is too much."""
        if self.depth >= DEPTH or self.left[0] <= 0:
            return self
        found = self.branches.get((condition, taken))
        if found is None:
            found = self.branches[condition, taken] = self.assume(condition, taken)
            found.depth = self.depth + 1
        return found

    # --- nodes ----------------------------------------------------------------------------

    def _twins(self, i: int) -> list[int]:
        """The node, and inputs of the same value."""
        op, *rest = self.program.nodes[i]
        if op != "input" or rest[0] not in self.ties:
            return [i]
        same = (p for p, tie in self.ties.items() if tie == self.ties[rest[0]])
        return [j for p in same if (j := self.program.find(("input", p))) is not None]

    def _owner(self, i: int) -> Ranges:
        """Where a node is known, or to be worked out."""
        here = self
        while here.outer is not None and i < here.first and i not in here.known:
            here = here.outer
        return here

    def _get(self, i: int) -> Any:
        waiting = [(self._owner(i), i)]
        while waiting:
            here, j = waiting[-1]
            missing = [] if j in here.known else here._missing(j)
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if j not in here.known:
                here.left[0] -= 1
                here.known[j] = here._computed(j)
        return self._owner(i).known[i]

    def _missing(self, i: int) -> list[tuple[Ranges, int]]:
        """What has to be known before a node is."""
        wanted = [(self, a) for a in self.program.args(i)]
        if self._joins(i):
            _, condition, a, b = self.program.nodes[i]
            wanted = wanted[:1]
            if condition in self._owner(condition).known:
                wanted = [(here, j) for here, j in self._sides(condition, a, b)]
        pairs = [(here._owner(j), j) for here, j in wanted]
        return [(here, j) for here, j in pairs if j not in here.known]

    def _joins(self, i: int) -> bool:
        """Whether a node takes a number from one branch or another."""
        return self.program.nodes[i][0] == "where" and not self.program.is_condition(i)

    def _sides(self, condition: int, a: int, b: int) -> list[tuple[Ranges, int]]:
        """Branches that may be taken, and their results."""
        holds = self._owner(condition).known[condition]
        if holds is not None:
            return [(self, a if holds else b)]
        return [(self._branch(condition, True), a), (self._branch(condition, False), b)]

    def _computed(self, i: int) -> Any:
        op, *args = self.program.nodes[i]
        if op == "const":
            return args[0] if isinstance(args[0], bool) else point(args[0])
        if op == "input":
            return self.box.get(args[0], EVERYTHING)
        if self._joins(i):
            joined = NOTHING._replace(nan=False)
            for here, j in self._sides(*args):
                joined |= here.interval(j)
            return joined
        found = [self._owner(a).known[a] for a in args]
        if OPS[op].condition or op == "where":
            return self._condition(op, args, found)
        return image(op, found, args)

    def _condition(self, op: str, args: list[int], found: list[Any]) -> Truth:
        if op == "not":
            return None if found[0] is None else not found[0]
        if op in ("and", "or"):
            decided = op == "or"
            if decided in found:
                return decided
            return None if None in found else not decided
        if op == "where":
            test, first, second = found
            return (first if first == second else None) if test is None else (
                first if test else second)  # fmt: skip
        if args[0] == args[1] or args[1] in self._twins(args[0]):
            return op in ("le", "ge", "eq")
        return compare(op, found[0], found[1])
