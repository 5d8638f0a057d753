"""Fingerprints of nodes: numbers that are equal for equal polynomials.

Elimination multiplies out the same derivative in many ways: ``(a*b)*c`` and ``a*(b*c)`` are
different nodes and the same value.  A fingerprint evaluates a node at a fixed random point of a
finite field, where sums and products are exact: equal polynomials in the atoms (inputs, calls of
functions, reciprocals) always agree, different ones by an accident of probability ``degree /
PRIME``, some 1e-36 (Schwartz, J. ACM 27, 1980; for common subexpressions, Gonnet, STOC 1984).  A
reciprocal is an atom, so nothing ever cancels against a denominator: ``x/y*y`` is not ``x``.

Equal polynomials are not rounded alike: ``(x + y)*(x + y) - x*x - 2*(x*y)`` is ``y*y``, and nothing
is left of it where x is large.  What bounds the rounding error is the size of a node, the same
polynomial with all signs positive (Higham, "Accuracy and Stability of Numerical Algorithms",
section 5.1): the best node of a value is the one with the smallest size, and a node stands in for
another only if it is no larger.  Sizes are compared at two random points.

Derivatives are accumulated on values (`graphc.derive.arithmetic.times`, ``plus``): what has been
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

from collections.abc import Callable
from fractions import Fraction
from hashlib import blake2b
from math import isfinite, prod
from operator import add, mul, neg, sub

from graphc.program import Node, Number, Program

PRIME = 2**127 - 1
_HALF = PRIME // 2
MAX_EXPONENT = 64  # of a power that counts as a product
ROUNDED = 1 + 2**-30  # sizes that differ by less are the same

Size = tuple[float, float]  # at two points


class Values:
    """The fingerprints of a program's nodes, and the best node of each.

    Parameters
    ----------
    program : Program
        May grow; the columns follow.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._column: list[int] = []
        self._sizes: list[Size] = []
        self._best: dict[int, int] = {}

    def of(self, i: int) -> int:
        """The fingerprint of a node."""
        if i >= len(self._column):
            self._follow()
        return self._column[i]

    def product(self, a: int, b: int) -> int | None:
        """A node that is there and equals a product of two, perhaps but for its sign."""
        self._rank()
        value = self._column[a] * self._column[b] % PRIME
        return self._find(value, _SIZES["mul"](self._sizes[a], self._sizes[b]), a, b)

    def learn(self, i: int, a: int, b: int) -> None:
        """Take a node for the product of two, though a constant in it has been rounded."""
        self._rank()
        self._column[i] = value = self._column[a] * self._column[b] % PRIME
        self._best.setdefault(value, i)

    def total(self, a: int, b: int) -> int | None:
        """A node that is there and equals the sum of two, perhaps but for its sign."""
        self._rank()
        value = (self._column[a] + self._column[b]) % PRIME
        return self._find(value, _SIZES["add"](self._sizes[a], self._sizes[b]), a, b)

    def _follow(self) -> None:
        """Evaluate the nodes that are new."""
        for node in self._program.nodes[len(self._column) :]:
            self._column.append(self._evaluate(node))

    def _rank(self) -> None:
        """Find the best of the nodes that are new."""
        self._follow()
        sizes, nodes = self._sizes, self._program.nodes
        for i in range(len(sizes), len(nodes)):
            size = self._measure(i, nodes[i])
            best = self._best.setdefault(self._column[i], i)
            if best != i and _is_smaller(size, sizes[best], 1 / ROUNDED):
                self._best[self._column[i]] = i
            sizes.append(size)

    def _find(self, value: int, size: Size, a: int, b: int) -> int | None:
        program = self._program
        if not value:
            return program.const(0)
        found, negative = self._best.get(value), False
        if found is None:
            found, negative = self._best.get(PRIME - value), True
        if found is None or (program.may_raise(found) and not self._fails(a, b)):
            return None  # what is there is undefined in more places
        if not _is_smaller(self._sizes[found], size, ROUNDED):
            return None  # or loses more digits
        return program.add(("neg", found)) if negative else found

    def _fails(self, a: int, b: int) -> bool:
        return self._program.may_raise(a) or self._program.may_raise(b)

    def _measure(self, i: int, node: Node) -> Size:
        """A node's size from those of its arguments, which what is no polynomial takes over."""
        if node[0] == "const":
            return abs(float(node[1])), abs(float(node[1]))
        sizes = [self._sizes[a] for a in self._program.args(i)]
        if node[0] in _SIZES:
            return _SIZES[node[0]](*sizes)
        if exponent := self._exponent(node):
            return prod([sizes[0][0]] * exponent), prod([sizes[0][1]] * exponent)
        unknown = reciprocal(self._column[node[2]]) if node[0] == "div" else self._column[i]
        x, y = zip(_anywhere(unknown), *sizes, strict=True)
        return prod(x), prod(y)

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
        exponent = self._exponent(node)
        return pow(args[0], exponent, PRIME) if exponent else atom(op, *args)

    def _exponent(self, node: Node) -> int:
        """The exponent of a power that counts as a product; 0 for all other nodes."""
        exponent = self._program.value(node[2]) if node[0] == "pow" else None
        if isinstance(exponent, int) and 0 < exponent <= MAX_EXPONENT:
            return exponent
        return 0


def atom(*parts: object) -> int:
    """The value of what is no polynomial: a number that looks random and never changes."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=16).digest(), "big") % PRIME


def reciprocal(value: int) -> int:
    """The atom 1/value, with the sign of the value."""
    found = atom("reciprocal", positive(value))
    return found if value <= _HALF else PRIME - found


_RING: dict[str, Callable[..., int]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "neg": neg,
    "div": lambda x, y: x * reciprocal(y),
}


_SIZES: dict[str, Callable[..., Size]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "mul": lambda a, b: (a[0] * b[0], a[1] * b[1]),
    "neg": lambda a: a,
}


def _is_smaller(a: Size, b: Size, factor: float) -> bool:
    """Whether a size is at most another times a factor."""
    return a[0] <= factor * b[0] and a[1] <= factor * b[1]


def _anywhere(value: int) -> Size:
    """A size that looks random, from the value of an atom: between 1/16 and 16."""
    rest, bits = divmod(value, 2**20)
    more = rest % 2**20
    return (1 + bits / 2**20) * 2.0 ** (bits % 8 - 4), (1 + more / 2**20) * 2.0 ** (more % 8 - 4)


def positive(value: int) -> int:
    """A value without its sign."""
    return value if value <= _HALF else PRIME - value


def constant(number: Number) -> int:
    """The fingerprint of a constant: its exact value."""
    if isinstance(number, bool) or not isfinite(number):
        return atom("const", number)
    exact = Fraction(number)
    return exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME
