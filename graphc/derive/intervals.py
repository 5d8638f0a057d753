"""Intervals of numbers: what a value can be.

An interval stands for the real numbers that a value can be, its ends open or closed, and its
closure for the floats.  An end is a pair: a number, and 1 or -1 if only what lies above or below it
belongs to the interval; pairs compare as they should.  Conditions between intervals hold always,
never, or perhaps.  (Moore, Kearfott and Cloud, "Introduction to Interval Analysis", 2009, chapter
2; three-valued logic is Kleene's.)

>>> positive, small = Interval((0.0, 1), (inf, 0)), between(0, 1)
>>> print(positive & small, positive | point(-1))
(0, 1] [-1, inf]
>>> compare("gt", positive, point(0)), compare("gt", small, point(0))
(True, None)
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from graphc.bounds import Bounds

End = tuple[float, int]


class Interval(NamedTuple):
    """All numbers between two ends, or none.

    ``nan`` tells whether it may be no number at all, ``hole`` that 0 is not among them.
    """

    low: End
    high: End
    nan: bool = False
    hole: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is no such number."""
        return self.low > self.high

    @property
    def is_point(self) -> bool:
        """Whether there is one such number."""
        return self.low == self.high

    def has(self, value: float) -> bool:
        """Whether a float may be meant; the ends are included."""
        return self.nan if value != value else self.low[0] <= value <= self.high[0]

    def __and__(self, other: Interval) -> Interval:
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Interval(low, high, self.nan and other.nan, self.hole or other.hole)

    def __or__(self, other: Interval) -> Interval:
        nan = self.nan or other.nan
        if self.is_empty or other.is_empty:
            return (other if self.is_empty else self)._replace(nan=nan)
        hole = not self.has_zero and not other.has_zero
        return Interval(min(self.low, other.low), max(self.high, other.high), nan, hole)

    @property
    def has_zero(self) -> bool:
        """Whether 0 is among the numbers."""
        return self.low <= (0.0, 0) <= self.high and not self.hole

    def __neg__(self) -> Interval:
        (low, above), (high, below) = self.low, self.high
        return Interval((0.0 - high, -below), (0.0 - low, -above), self.nan, self.hole)

    def __str__(self) -> str:
        if self.is_empty:
            return "nothing"
        left, right = "[("[self.low[1] > 0], "])"[self.high[1] < 0]
        return f"{left}{self.low[0]:.17g}, {self.high[0]:.17g}{right}"


EVERYTHING = Interval((-inf, 0), (inf, 0), True)
NOTHING = Interval((inf, 1), (-inf, -1), True)


def point(value: float) -> Interval:
    """The interval of one number."""
    return Interval((float(value), 0), (float(value), 0))


def between(low: float, high: float) -> Interval:
    """A closed interval."""
    return Interval((float(low), 0), (float(high), 0))


def of_bounds(bounds: Bounds | None) -> Interval:
    """Where an input is; without bounds it may be anything, nan too."""
    if bounds is None:
        return EVERYTHING
    above = int(bounds.low_open and bounds.low is not None)
    below = int(bounds.high_open and bounds.high is not None)
    return Interval((bounds.least, above), (bounds.most, -below))


def is_below(a: Interval, b: Interval) -> bool:
    """Whether every number of one interval is less than every number of another."""
    (high, below), (low, above) = a.high, b.low
    return high < low or (high == low and (below < 0 or above > 0))


def compare(op: str, a: Interval, b: Interval) -> bool | None:
    """A comparison: it holds always, never (False), or perhaps (None)."""
    if op in ("gt", "ge"):
        op, a, b = ("lt" if op == "gt" else "le"), b, a
    if op == "lt":
        return True if is_below(a, b) else (False if a.low[0] >= b.high[0] else None)
    if op == "le":
        return True if a.high[0] <= b.low[0] else (False if is_below(b, a) else None)
    apart = is_below(a, b) or is_below(b, a) or any(
        x.is_point and x.low[0] == 0 and not y.has_zero for x, y in ((a, b), (b, a)))  # fmt: skip
    same = a.is_point and a[:2] == b[:2]
    equal = None if apart == same else same
    return equal if op == "eq" or equal is None else not equal


NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}


def narrowed(op: str, a: Interval, b: Interval) -> tuple[Interval, Interval]:
    """What remains of two intervals where a comparison holds.

    >>> print(*narrowed("lt", between(0, 5), between(0, 3)))
    [0, 3) (0, 3]
    """
    if op in ("gt", "ge"):
        b, a = narrowed("lt" if op == "gt" else "le", b, a)
        return a, b
    if op == "eq":
        return a & b, b & a
    if op == "ne":
        return _without(a, b), _without(b, a)
    is_strict = op == "lt"
    high = (b.high[0], -1) if is_strict else b.high
    low = (a.low[0], 1) if is_strict else a.low
    return (
        Interval(a.low, min(a.high, high), hole=a.hole),
        Interval(max(b.low, low), b.high, hole=b.hole),
    )


def _without(a: Interval, b: Interval) -> Interval:
    """An interval without one number, if that is one of its ends, or 0."""
    if b.is_point and b.low[0] == 0 and a.low < b.low < a.high:
        return a._replace(hole=True)
    if not b.is_point:
        return a
    value = b.low[0]
    low = (value, 1) if a.low == b.low else a.low
    high = (value, -1) if a.high == b.high else a.high
    return Interval(low, high, a.nan, a.hole)
