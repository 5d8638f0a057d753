"""What an operation can be, given what its arguments can be.

The image of an operation over a box is spanned by its values at the corners and at the turning
points that its row names, and lies in the range that its row names; ends are rounded outward,
unless they are exact.  Arguments for which it is undefined are left out.  (Moore, "Interval
Analysis", 1966; Moore, Kearfott and Cloud, "Introduction to Interval Analysis", 2009, chapter 5.)

>>> print(image("mul", [between(-1, 2)] * 2, (0, 0)), image("cos", [between(-1, 1)]))
[0, 4] [0.54030230586813865, 1]
>>> print(image("log", [between(-3, 1)]), image("div", [point(1), between(0, 4)]))
[-inf, 0] [0.25, inf]
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import product
from math import ceil, copysign, floor, inf, isinf, isnan, nan, nextafter

from graphc.derive.intervals import EVERYTHING, NOTHING, End, Interval, between, point
from graphc.inspect.evaluate import evaluate, meaning
from graphc.language.templates import read
from graphc.ops import OPS
from graphc.program import Program

__all__ = ["between", "holds", "image", "point", "restricted"]

Truth = bool | None  # always, never, perhaps
Box = Mapping[str, Interval]
Ties = Mapping[str, int]  # parameters that stand for the same argument have the same number

UNIT = 2.0**-53
ROUNDINGS = 16  # units in the last place by which a function of the library, or of ours, is off
FAR = 1e8  # arguments of periodic functions beyond which turning points are not looked for
INSIDE = 1e-9  # how far from a pole its sign is looked at
LARGEST = sys.float_info.max

_ROUNDED = {"add", "sub", "mul", "div", "sqrt"}  # correctly, by IEEE 754
_EXACT = {"neg", "abs", "sign", "floor", "ceil", "trunc", "fmod", "copysign", "floordiv"}


# --- the texts of the table ---------------------------------------------------------------


@cache
def _text(text: str) -> tuple[Program, int]:
    return read(text)


def holds(text: str, box: Box, ties: Ties) -> Truth:
    """Whether a condition of the table holds: always, never (False), or perhaps (None)."""
    if not text:
        return True
    from graphc.derive.ranges import Ranges

    program, result = _text(text)
    return Ranges(program, box, ties).truth(result)


def restricted(text: str, box: Box, ties: Ties) -> dict[str, Interval]:
    """The part of a box where a condition of the table may hold."""
    from graphc.derive.ranges import Ranges

    program, result = _text(text)
    inside = Ranges(program, box, ties).assume(result, True)
    found = {p: program.find(("input", p)) for p in box}
    return {p: box[p] if i is None else inside.interval(i) for p, i in found.items()}


def forget() -> None:
    """Empty the caches of what was read from the table."""
    for cached in (_text, _image, _progression):
        cached.cache_clear()


# --- images -------------------------------------------------------------------------------


def image(op: str, args: Sequence[Interval], nodes: Sequence[int] | None = None) -> Interval:
    """What an operation can be.

    Parameters
    ----------
    op : str
    args : sequence of Interval
    nodes : sequence of int, optional
        Arguments with the same number are the same value.
    """
    first = dict[int, int]()
    places = nodes or range(len(args))
    return _image(op, tuple(args), tuple(first.setdefault(i, k) for k, i in enumerate(places)))


@lru_cache(10_000)
def _image(op: str, args: tuple[Interval, ...], places: tuple[int, ...]) -> Interval:
    row = OPS[op]
    if any(a.is_empty for a in args):
        return NOTHING
    if op == "abs" and args[0].hole:
        above = Interval((0.0, 1), (inf, 0), True)
        return _image(op, (args[0]._replace(hole=False),), places) & above
    if op in ("min", "max"):
        choose = min if op == "min" else max
        low, high = choose(a.low for a in args), choose(a.high for a in args)
        return Interval(low, high, any(a.nan for a in args))
    box: dict[str, Interval] = dict(zip(row.params, args, strict=True))
    ties = dict(zip(row.params, places, strict=True))
    sure = holds(row.defined, box, ties)
    if sure is None:
        box = restricted(row.defined, box, ties)
    if sure is False or any(a.is_empty for a in box.values()):
        return NOTHING
    found, may_be_nan = _limits(row.range, box, ties), sure is None or any(a.nan for a in args)
    spanned = _spanned(op, box, ties) if _is_spanned(op, box, ties) else None
    if spanned is not None:
        return (found & spanned)._replace(nan=may_be_nan or spanned.nan)
    endless = any(inf in (-a.low[0], a.high[0]) for a in args)
    return found._replace(nan=may_be_nan or endless or not row.range)


def _limits(text: str, box: Box, ties: Ties) -> Interval:
    """The range that a row names."""
    if not text:
        return EVERYTHING
    return restricted(text, {**box, "out": EVERYTHING}, {**ties, "out": -1})["out"]


def _is_spanned(op: str, box: Box, ties: Ties) -> bool:
    """Whether corners and turning points are all that matters: no hole, no jump in between."""
    row = OPS[op]
    stairs = all(partial == "0" for partial in row.partials)
    closed = {p: Interval((b.low[0], 0), (b.high[0], 0)) for p, b in box.items()}
    if any(b.hole and b.low < (0.0, 0) < b.high for b in box.values()):
        return False
    return all(b.is_point and b.low[0] for b in box.values()) or bool(
        holds(row.defined, box, ties)
        and holds(row.monotone, box, ties)
        and (stairs or holds(row.continuous, closed, ties))
    )


def _spanned(op: str, box: Box, ties: Ties) -> Interval | None:
    """All between the values at corners and turning points; None if one of them is unknown."""
    params, sides = OPS[op].params, dict[int, list[End]]()
    for p in params:
        turns = _turns(OPS[op].turns, box[p])
        if turns is None:
            return None
        sides[ties[p]] = [box[p].low, box[p].high, *((t, 0) for t in turns)]
    lows, highs, may_be_nan = list[End](), list[End](), False
    for corner in dict.fromkeys(product(*sides.values())):
        at = dict(zip(sides, corner, strict=True))
        ends = [at[ties[p]] for p in params]
        value = _value(op, ends, [box[p] for p in params])
        if value is None:
            return None
        if isnan(value):
            may_be_nan = True
            if op != "mul":
                continue  # inf - inf, inf/inf: the other corners are beyond what lies near it
            value = 0.0
        is_open = _is_open(op, value, ends, box, ties)
        numbers = [v for v, _ in ends]
        lows.append((_rounded(op, value, numbers, -inf), int(is_open)))
        highs.append((_rounded(op, value, numbers, inf), -int(is_open)))
    return Interval(min(lows), max(highs), may_be_nan) if lows else None


def _turns(text: str, interval: Interval) -> list[float] | None:
    """Turning points inside an interval; None if they are everywhere."""
    if not text:
        return []
    first, step = _progression(text)
    low, high = interval.low[0], interval.high[0]
    if not step:
        return [first] if low < first < high else []
    if not -FAR < low <= high < FAR or high - low > 2 * step:
        return None
    turns = range(ceil((low - first) / step), floor((high - first) / step) + 1)
    return [first + k * step for k in turns]


@cache
def _progression(text: str) -> tuple[float, float]:
    """The first of some turning points and the step to the next: ``pi/2 + k*pi``."""
    program, result = read(text)
    first, second = (float(evaluate(program, {"k": k})[result]) for k in (0.0, 1.0))
    return first, second - first


def _value(op: str, ends: Sequence[End], box: Sequence[Interval]) -> float | None:
    """The value at a corner, or its limit; nan where there is none, None where it is unknown."""
    value = _called(op, [v for v, _ in ends])
    if value is not None and not isnan(value):
        return value
    if op in ("add", "sub", "mul") or (op == "div" and value is not None):
        return nan
    if not any(side for _, side in ends):
        return None
    near = _called(op, [_moved(e, b, INSIDE) for e, b in zip(ends, box, strict=True)])
    if near is None or isnan(near):
        return None
    return copysign(inf, near) if near else 0.0


def _called(op: str, numbers: Sequence[float]) -> float | None:
    try:
        value = meaning(op, "math")(*numbers)
    except (ArithmeticError, ValueError):
        return None
    return None if isinstance(value, complex) else float(value)


def _moved(end: End, interval: Interval, step: float) -> float:
    """A number inside an interval, next to an end that is open or infinite."""
    value, side = end
    if isinf(value):
        other = interval.low[0] if value > 0 else interval.high[0]
        return 0.0 if isinf(other) else other + copysign(1.0, value)
    width = interval.high[0] - interval.low[0]
    return value + side * min(step * max(1.0, abs(value)), width / 2) if side else value


def _is_open(op: str, value: float, ends: Sequence[End], box: Box, ties: Ties) -> bool:
    """Whether a value is approached at a corner, but not reached.

    Open ends count, and those at infinity, where the operation depends on the argument: it is
    strictly monotone then.
    """
    row = OPS[op]
    if isinf(value) or row.continuous or "0" in row.partials:
        return False
    numbers = [v for v, _ in ends]
    for p, end in zip(row.params, ends, strict=True):
        if end[1] or isinf(end[0]):
            inner = _moved(end, box[p], 1.0)
            moved = [inner if ties[q] == ties[p] else v
                     for q, v in zip(row.params, numbers, strict=True)]  # fmt: skip
            if (other := _called(op, moved)) is not None and other != value:
                return True
    return False


def _rounded(op: str, value: float, numbers: Sequence[float], towards: float) -> float:
    """A number beyond which the exact value does not lie, and what is computed neither."""
    if isinf(value):
        return copysign(LARGEST, value) if value != towards else value
    if _is_exact(op, value, numbers):
        return value
    accurate = OPS[op].python and op not in ("gamma", "lgamma")
    if value == 0 and accurate:  # it underflowed, from the side that its sign tells
        return value if copysign(1, value) != copysign(1, towards) else copysign(5e-324, towards)
    if op not in _ROUNDED:
        least = 0.0 if accurate else 1.0  # ours pass through 0 with the errors of numbers near 1
        value += copysign(ROUNDINGS * UNIT * max(abs(value), least), towards)
    return nextafter(value, towards)


def _is_exact(op: str, value: float, numbers: Sequence[float]) -> bool:
    """Whether a value has no rounding error."""
    of_zero = 0 in numbers and (value == 0 or op == "hypot") and OPS[op].python
    if op in _EXACT or bool(of_zero and op not in ("gamma", "lgamma")):
        return True
    if op in ("add", "sub", "mul", "mod"):
        return all(map(_is_short, numbers))
    if op == "div":
        return _is_short(value) and value * numbers[1] == numbers[0]
    if op == "sqrt":
        return _is_short(value) and value * value == numbers[0]
    if op == "pow":
        return _is_short(value) and all(_is_short(v) and v == floor(v) for v in numbers)
    return value == floor(value) and all(v in (-1, 0, 1) for v in numbers)


def _is_short(value: float) -> bool:
    """Whether sums and products of such numbers are exact."""
    return abs(value) < 2.0**20 and (value * 1024).is_integer()
