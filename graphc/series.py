"""The operation table, continued: power series of quotients that are 0/0 at 0.

There the formulas of their derivatives cancel, so the rows of `graphc.ops` have these texts near 0.
Those of sin(x)/x and (exp(x) - 1)/x are Taylor's; those of log(1 + x)/x are in powers of
u = x/(2 + x), as log(1 + x) = 2*(u + u**3/3 + u**5/5 + ...); those of x/(exp(x) - 1) have Bernoulli
numbers, which follow from its product with (exp(x) - 1)/x (Abramowitz & Stegun, 4.1.27, 4.2.1,
4.3.65 and 23.1.1).  A name ends in the order of the derivative.

>>> [str(number) for number in _bernoulli(5)]
['1', '-1/2', '1/12', '0', '-1/720']
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import factorial


def _series(variable: str, above: Iterable[int], below: Iterable[int]) -> str:
    """The power series with these coefficients, as nested products."""
    terms = [f"{a}/{b}" for a, b in zip(above, below, strict=True)]
    text = terms.pop()
    while terms:
        text = f"{terms.pop()} + {variable}*({text})"
    return text


def _bernoulli(count: int) -> list[Fraction]:
    """The first Bernoulli numbers, the n-th divided by the factorial of n."""
    found = [Fraction(1)]
    for n in range(1, count):
        found.append(-sum((b / factorial(n + 1 - k) for k, b in enumerate(found)), Fraction(0)))
    return found


_ORDERS = range(1, 12)
SIN1 = _series("x*x", [2 * k * (-1) ** k for k in _ORDERS], [factorial(2 * k + 1) for k in _ORDERS])
SIN2 = _series("x*x", [2*k*(2*k - 1)*(-1)**k for k in _ORDERS],
               [factorial(2*k + 1) for k in _ORDERS])  # fmt: skip
EXP1 = _series("x", range(1, 20), [factorial(k + 1) for k in range(1, 20)])
EXP2 = _series("x", [k * (k - 1) for k in range(2, 21)], [factorial(k + 1) for k in range(2, 21)])
_ODD = range(3, 38, 2)
_SUM0 = f"(2 + x)/(2 + 2*x) + x/(2 + x)*({_series('(x/(2 + x))**2', [1] * len(_ODD), _ODD)})"
_SUM1 = f"{_series('(x/(2 + x))**2', range(1, 36, 2), _ODD)} - ((2 + x)/(2 + 2*x))**2"
LOG1 = f"-2/((2 + x)*(2 + x))*({_SUM0})"
LOG2 = f"4/((2 + x)*(2 + x))*(1/(2 + x)*({_SUM0}) - 1/((2 + x)*(2 + x))*({_SUM1}))"
# Good where abs(x) is less than 1.5; the radius of convergence is 2*pi.
_EVEN = [(2 * k, b) for k, b in enumerate(_bernoulli(35)[2::2], 1)]
_BELOW = [b.denominator for _, b in _EVEN]
BERNOULLI1 = f"x*({_series('x*x', [n * b.numerator for n, b in _EVEN], _BELOW)}) - 0.5"
BERNOULLI2 = _series("x*x", [n * (n - 1) * b.numerator for n, b in _EVEN], _BELOW)
