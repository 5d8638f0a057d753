"""Declared bounds of an input: an interval, open or closed at either end.

``x: 0 < input <= 1`` says where a model is meant to be used.  Generated functions refuse other
arguments, so what follows from the bounds may be relied on (`graphc.derive.intervals`); points that
checks try lie inside.

>>> bounds = Bounds(low=0, low_open=True, high=1)
>>> bounds.text("x"), bounds.code("x")
('0 < x <= 1', '0.0 < x <= 1.0')
>>> [value in bounds for value in (0, 0.5, 1, float("nan"))]
[False, True, True, False]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nextafter

CENTRE = 0.8  # where checks look if nothing is known: no formula is special there


@dataclass(frozen=True)
class Bounds:
    """Where an input may be.

    Parameters
    ----------
    low, high : float or int or None
        The ends; None where there is none.
    low_open, high_open : bool
        Whether an end is left out.
    """

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.least if self.low_open and self.low is not None else True
        below = value < self.most if self.high_open and self.high is not None else True
        return above and below and self.least <= value <= self.most

    @property
    def least(self) -> float:
        """The lower end, minus infinity if there is none."""
        return -inf if self.low is None else float(self.low)

    @property
    def most(self) -> float:
        """The upper end, infinity if there is none."""
        return inf if self.high is None else float(self.high)

    @property
    def is_empty(self) -> bool:
        """Whether no float lies inside."""
        low = nextafter(self.least, inf) if self.low_open else self.least
        high = nextafter(self.most, -inf) if self.high_open else self.most
        return low > high

    def text(self, name: str) -> str:
        """As an expression file has it, with a name in place of ``input``."""
        return self._written(name, repr)

    def code(self, name: str) -> str:
        """As a condition of generated code."""
        return self._written(name, lambda number: repr(float(number)).replace("e+", "e"))

    def _written(self, name: str, number: Callable[[float], str]) -> str:
        below, above = ("<" if is_open else "<=" for is_open in (self.high_open, self.low_open))
        if self.low is None:
            return name if self.high is None else f"{name} {below} {number(self.high)}"
        if self.high is None:
            return f"{name} {'>' if self.low_open else '>='} {number(self.low)}"
        return f"{number(self.low)} {above} {name} {below} {number(self.high)}"

    def region(self, default: float | None = None) -> tuple[float, float]:
        """A centre and a reach: where checks look, well inside, so that they can take steps.

        >>> Bounds(low=-2).region(), Bounds(1, 2).region(), Bounds(high=-10).region()
        ((0.8, 1.0), (1.5, 0.2), (-20.0, 1.0))
        """
        centre = CENTRE if default is None else float(default)
        if not self.least < centre < self.most:
            centre = self._middle()
        room = min(centre - self.least, self.most - centre)
        return centre, min(1.0, 0.4 * room)

    def _middle(self) -> float:
        if self.low is not None and self.high is not None:
            return self.least / 2 + self.most / 2
        if self.low is not None:
            return self.least + max(1.0, abs(self.least))
        return self.most - max(1.0, abs(self.most))


def region(bounds: Bounds | None, default: float | None) -> tuple[float, float]:
    """Where checks look for an input that may have bounds."""
    return (bounds or Bounds()).region(default)
