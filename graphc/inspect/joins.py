"""How the two sides of a conditional meet at its border.

A point of the border is found on a line between two points of which one satisfies the condition:
there the difference of the two sides of a comparison changes its sign (bisection, then the Illinois
variant of regula falsi; Dowell and Jarratt, BIT 11, 1971).  A little to either side of it the
branch taken there and its first two difference quotients are worked out with 160 digits, and
compared.  Two analytic functions that agree so far at points drawn at random agree.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = x*x if x > 1 else 2*x - 1"))
>>> Joins(program, []).kind(program.outputs["y"], 0)
'second derivative'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random
from typing import Any

from graphc.bounds import region
from graphc.derive.intervals import NEGATED
from graphc.derive.regions import Region
from graphc.inspect.evaluate import evaluate
from graphc.inspect.findings import FIRST, JUMP, SECOND, UNKNOWN
from graphc.program import Program

DIGITS, STEP = 160, "1e-40"
SPREADS = (0.5, 1.0, 2.0, 0.1, 10.0)
TRIES = 40  # points at which a condition is looked at
POINTS = 2  # of the border of a comparison that are looked at
ALIKE = 1e-9  # relative difference of values that are the same
WORK = 400_000  # operations in all


class Joins:
    """Compares the branches of conditionals, as long as that is not too much work.

    Parameters
    ----------
    program : Program
    regions : sequence of Region
        Branches; the conditionals stand in them.

    Attributes
    ----------
    left_out : int
        Conditionals that were not looked at.
    """

    def __init__(self, program: Program, regions: Sequence[Region]) -> None:
        self.program, self.regions = program, regions
        self.left_out, self._left = 0, WORK
        self._kinds: dict[int, str] = {}  # by token: those of unrolled loops are alike

    def kind(self, i: int, place: int) -> str:
        """What is not smooth at the border: a kind of finding, or nothing."""
        token = self.program.origins[i]
        if token < 0 or token not in self._kinds:
            if self._left <= 0:
                self.left_out += 1
                return ""
            self._kinds[token] = self._compared(i, place)
        return self._kinds[token]

    def _compared(self, i: int, place: int) -> str:
        import mpmath

        kinds = (JUMP, FIRST, SECOND, "")
        with mpmath.workdps(DIGITS):
            found = list(self._meetings(i, place))
        if not found or UNKNOWN in found:
            return UNKNOWN
        return min(found, key=kinds.index)

    def _meetings(self, i: int, place: int) -> Iterator[str]:
        """How the sides meet at some points of the border."""
        _, condition, *sides = self.program.nodes[i]
        met: dict[tuple[str, int, int], int] = {}
        for line, comparison in self._lines(condition):
            if met.get(comparison, 0) >= POINTS:
                continue
            op, a, b = comparison
            root = _root(partial(self._difference, line, a, b))
            if root is None:
                continue
            around = [root - _step(), root + _step()]
            truths = [self._at(line, t, [condition])[0] for t in around]
            if op in ("eq", "ne"):
                truths[0] = not truths[1]  # one side is the point itself
            if truths[0] != truths[1] and self._is_reached(line, root, place):
                met[comparison] = met.get(comparison, 0) + 1
                yield self._meeting(line, root, [int(not t) for t in truths], sides)

    def _lines(self, condition: int) -> Iterator[tuple[_Line, tuple[str, int, int]]]:
        """Pairs of points on different sides of a comparison."""
        comparisons = list(self._comparisons(condition))
        needed = [k for _, a, b in comparisons for k in (a, b)]
        known: list[tuple[dict[str, float], list[Any]]] = []
        for point in self._points():
            values = self._values(point, needed, "math")
            signs = [x - y for x, y in zip(values[::2], values[1::2], strict=True)]
            for other, before in known[-8:]:
                for comparison, s, t in zip(comparisons, signs, before, strict=True):
                    if s * t < 0:
                        yield _Line(other, point), comparison
            known.append((point, signs))

    def _comparisons(self, condition: int) -> Iterator[tuple[str, int, int]]:
        waiting = [condition]
        while waiting:
            op, *args = self.program.nodes[waiting.pop()]
            if op in NEGATED:
                yield op, args[0], args[1]
            elif op in ("and", "or", "not"):
                waiting += args

    def _points(self) -> Iterator[dict[str, float]]:
        random = Random(1)
        where = {e: region(i.bounds, None if i.default is None else float(i.default))
                 for i in self.program.inputs.values() for e in i.elements}  # fmt: skip
        bounded = {e for i in self.program.inputs.values() if i.bounds for e in i.elements}
        for attempt in range(TRIES):
            spread = SPREADS[attempt % len(SPREADS)]
            yield {
                e: centre + reach * (min(spread, 2.0) if e in bounded else spread)
                * random.uniform(-1, 1)
                for e, (centre, reach) in where.items()
            }  # fmt: skip

    def _values(self, point: dict[str, Any], nodes: Sequence[int], library: str) -> list[Any]:
        self._left -= len(self.program) * (1 if library == "math" else 10)
        values = evaluate(self.program, point, library, nodes)
        return [values[k] for k in nodes]

    def _at(self, line: _Line, t: Any, nodes: Sequence[int]) -> list[Any]:
        return self._values(line.at(t), nodes, "mpmath")

    def _difference(self, line: _Line, a: int, b: int, t: Any) -> Any:
        x, y = self._at(line, t, [a, b])
        return x - y

    def _is_reached(self, line: _Line, root: Any, place: int) -> bool:
        """Whether the conditional is needed there."""
        while place:
            (condition, taken), place = self.regions[place].key, self.regions[place].parent
            if self._at(line, root + _step(), [condition])[0] is not taken:
                return False
        return True

    def _meeting(self, line: _Line, root: Any, taken: list[int], sides: list[int]) -> str:
        """The first of value and derivatives in which the branches differ at a point."""
        differences = []
        for sign, k in ((-1, taken[0]), (1, taken[1])):
            h = sign * _step()
            f = [self._at(line, root + n * h, [sides[k]])[0] for n in (1, 2, 3)]
            differences.append((f[0], (f[1] - f[0]) / h, (f[2] - 2 * f[1] + f[0]) / (h * h)))
        pairs = zip(*differences, strict=True)
        kinds = [k for k, pair in zip((JUMP, FIRST, SECOND), pairs, strict=True)
                 if not _are_alike(*pair)]  # fmt: skip
        return kinds[0] if kinds else ""


class _Line:
    """A line between two points."""

    def __init__(self, start: dict[str, float], end: dict[str, float]) -> None:
        self.start, self.end = start, end

    def at(self, t: Any) -> dict[str, Any]:
        """A point of it: the start where t is 0, the end where it is 1."""
        return {e: v + t * (_exact(self.end[e]) - v)
                for e, x in self.start.items() for v in (_exact(x),)}  # fmt: skip


def _exact(value: float) -> Any:
    import mpmath

    return mpmath.mpf(value)


def _step() -> Any:
    return _exact(1) * _exact(10) ** -40


def _are_alike(a: Any, b: Any) -> bool:
    """Whether two values are the same but for the step; what is no number is not."""
    size = abs(a) + abs(b)
    return bool(size < 1e15 and abs(a - b) <= ALIKE * (1 + size))


def _root(f: Callable[[Any], Any]) -> Any:
    """Where a function changes its sign between 0 and 1; None if it is no number somewhere."""
    low, high = _exact(0), _exact(1)
    f_low, f_high = f(low), f(high)
    for k in range(300):
        middle = (low + high) / 2 if k % 8 < 3 else (low * f_high - high * f_low) / (f_high - f_low)
        value = f(middle)
        if value != value:
            return None
        if value == 0 or high - low < _exact(10) ** -(DIGITS - 20):
            return middle
        if (value < 0) == (f_low < 0):
            low, f_low, f_high = middle, value, f_high / 2 if k % 8 >= 3 else f_high
        else:
            high, f_high, f_low = middle, value, f_low / 2 if k % 8 >= 3 else f_low
    return low
