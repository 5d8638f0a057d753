"""Fingerprints of nodes: numbers that are equal for equal polynomials.

Elimination multiplies out the same derivative in many ways: ``(a*b)*c`` and ``a*(b*c)`` are
different nodes and the same value.  A fingerprint evaluates a node at a fixed random point of a
finite field, where sums and products are exact: equal polynomials in the atoms (inputs, calls of
functions, reciprocals) always agree, different ones by an accident of probability ``degree /
PRIME``, some 1e-36 (Schwartz, J. ACM 27, 1980; for common subexpressions, Gonnet, STOC 1984).  A
reciprocal is an atom, so nothing ever cancels against a denominator: ``x/y*y`` is not ``x``.

Derivatives are accumulated on values (`graphc.derive.linearise.times`, ``plus``): what has been
computed is not computed again, in whatever order its factors came.  The user's own formulas are
never touched; there, ``(a*b)*c`` and ``a*(b*c)`` round differently.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = (a*b)*c - a*(b*c)"))
>>> values = Values(program)
>>> values.of(program.outputs["y"])
0
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from hashlib import blake2b
from math import isfinite

from graphc.program import Node, Number, Program

PRIME = 2**127 - 1
_HALF = PRIME // 2
MAX_EXPONENT = 64  # of a power that counts as a product


class Values:
    """The fingerprints of a program's nodes, and the first node of each.

    Parameters
    ----------
    program : Program
        May grow; the columns follow.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._column: list[int] = []
        self._first: dict[int, int] = {}

    def of(self, i: int) -> int:
        """The fingerprint of a node."""
        if i >= len(self._column):
            self._follow()
        return self._column[i]

    def product(self, a: int, b: int) -> int | None:
        """A node that is there and equals a product of two, perhaps but for its sign."""
        self._follow()
        return self._find(self._column[a] * self._column[b] % PRIME, a, b)

    def learn(self, i: int, a: int, b: int) -> None:
        """Take a node for the product of two, though a constant in it has been rounded."""
        self._follow()
        self._column[i] = value = self._column[a] * self._column[b] % PRIME
        self._first.setdefault(value, i)

    def total(self, a: int, b: int) -> int | None:
        """A node that is there and equals the sum of two, perhaps but for its sign."""
        self._follow()
        return self._find((self._column[a] + self._column[b]) % PRIME, a, b)

    def _follow(self) -> None:
        """Evaluate the nodes that are new."""
        column, first = self._column, self._first
        for node in self._program.nodes[len(column) :]:
            value = self._evaluate(node)
            first.setdefault(value, len(column))
            column.append(value)

    def _find(self, value: int, a: int, b: int) -> int | None:
        program = self._program
        if not value:
            return program.const(0)
        found, negative = self._first.get(value), False
        if found is None:
            found, negative = self._first.get(PRIME - value), True
        if found is None or (program.may_raise(found) and not self._fails(a, b)):
            return None  # what is there is undefined in more places
        return program.add(("neg", found)) if negative else found

    def _fails(self, a: int, b: int) -> bool:
        return self._program.may_raise(a) or self._program.may_raise(b)

    def _evaluate(self, node: Node) -> int:
        """A node's fingerprint from those of its arguments."""
        op = node[0]
        if op == "const":
            return constant(node[1])
        if op in ("input", "error"):
            return atom(op, node[1])
        args = [self._column[a] for a in node[1:]]
        if op in _RING:
            return _RING[op](*args) % PRIME
        exponent = self._program.value(node[2]) if op == "pow" else None
        if isinstance(exponent, int) and 0 < exponent <= MAX_EXPONENT:
            return pow(args[0], exponent, PRIME)
        return atom(op, *args)


def atom(*parts: object) -> int:
    """The value of what is no polynomial: a number that looks random and never changes."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=16).digest(), "big") % PRIME


def reciprocal(value: int) -> int:
    """The atom 1/value, with the sign of the value."""
    found = atom("reciprocal", positive(value))
    return found if value <= _HALF else PRIME - found


_RING: dict[str, Callable[..., int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "neg": operator.neg,
    "div": lambda x, y: x * reciprocal(y),
}


def positive(value: int) -> int:
    """A value without its sign."""
    return value if value <= _HALF else PRIME - value


def constant(number: Number) -> int:
    """The fingerprint of a constant: its exact value."""
    if isinstance(number, bool) or not isfinite(number):
        return atom("const", number)
    exact = Fraction(number)
    return exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME
