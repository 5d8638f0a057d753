"""A tape: what one writes by hand in an hour, and the slowest that a compiler may be.

Numbers remember the operations that made them; a sweep from the last to the first adds adjoints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_tape: list[Number] = []


class Number:
    """A float that records where it came from: its parents and the partials to them."""

    __slots__ = ("adjoint", "parents", "partials", "value")

    def __init__(
        self, value: float, parents: tuple[Number, ...] = (), partials: tuple[float, ...] = ()
    ) -> None:
        self.value, self.parents, self.partials, self.adjoint = value, parents, partials, 0.0
        _tape.append(self)

    def __add__(self, other: Number | float) -> Number:
        if isinstance(other, Number):
            return Number(self.value + other.value, (self, other), (1.0, 1.0))
        return Number(self.value + other, (self,), (1.0,))

    def __sub__(self, other: Number | float) -> Number:
        if isinstance(other, Number):
            return Number(self.value - other.value, (self, other), (1.0, -1.0))
        return Number(self.value - other, (self,), (1.0,))

    def __rsub__(self, other: float) -> Number:
        return Number(other - self.value, (self,), (-1.0,))

    def __mul__(self, other: Number | float) -> Number:
        if isinstance(other, Number):
            return Number(self.value * other.value, (self, other), (other.value, self.value))
        return Number(self.value * other, (self,), (other,))

    def __truediv__(self, other: Number) -> Number:
        quotient = self.value / other.value
        return Number(quotient, (self, other), (1.0 / other.value, -quotient / other.value))

    def __pow__(self, other: int) -> Number:
        return Number(self.value**other, (self,), (other * self.value ** (other - 1),))

    def __neg__(self) -> Number:
        return Number(-self.value, (self,), (-1.0,))

    __radd__, __rmul__ = __add__, __mul__


def sin(x: Number) -> Number:
    return Number(math.sin(x.value), (x,), (math.cos(x.value),))


def cos(x: Number) -> Number:
    return Number(math.cos(x.value), (x,), (-math.sin(x.value),))


def sqrt(x: Number) -> Number:
    root = math.sqrt(x.value)
    return Number(root, (x,), (0.5 / root,))


def gradient(output: Number, inputs: Sequence[Number]) -> list[float]:
    """Derivatives of one output, by a sweep over the whole tape."""
    for number in _tape:
        number.adjoint = 0.0
    output.adjoint = 1.0
    for number in reversed(_tape):
        adjoint = number.adjoint
        if adjoint:
            for parent, partial in zip(number.parents, number.partials):  # noqa: B905
                parent.adjoint += adjoint * partial
    return [x.adjoint for x in inputs]


def clear() -> None:
    """Forget all numbers."""
    _tape.clear()
