"""Branches: derivatives are those of the branches taken, at the hardest points.

Programs share values that fail (a logarithm, a root, a quotient, an exponential that overflows)
between conditionals, nested and side by side.  The oracle knows nothing of graphs: Python runs the
text on Taylor polynomials in 50 digits, which follow the branch that is taken.  No point is
avoided: where the taken branch itself fails, so must the generated functions.
"""

from __future__ import annotations
import __future__

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from operator import gt, le, lt, ne
from typing import Any

import mpmath
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import graphc

LARGEST = mpmath.mpf(10) ** 250  # beyond it floats overflow sooner or later
SMALLEST = mpmath.mpf(10) ** -250
CLOSE = 1e-9


class UndefinedError(Exception):
    """The value is not a real number."""


class OutOfRangeError(Exception):
    """The value is too large or too small for floats."""


@dataclass(frozen=True)
class Taylor:
    """A value with its first and second derivative in one direction.

    Instead there is the reason why there is no value; a derivative that does not exist is nan.
    ``size`` is the largest number met on the way: what errors are relative to.  ``exact`` tells
    whether floats hold the values on the way without rounding, so that comparisons are certain.
    """

    terms: tuple[Any, Any, Any] | None
    size: Any = 1
    reason: type[Exception] | None = None
    exact: bool = True

    def __neg__(self) -> Taylor:
        return 0 - self

    def __add__(self, other: Any) -> Taylor:
        return combined(plus, self, other)

    def __sub__(self, other: Any) -> Taylor:
        return combined(minus, self, other)

    def __rsub__(self, other: Any) -> Taylor:
        return taylor(other) - self

    def __mul__(self, other: Any) -> Taylor:
        return combined(product, self, other)

    def __truediv__(self, other: Any) -> Taylor:
        return self * combined(lambda b: chain(b, 1 / b[0], -1 / b[0] ** 2, 2 / b[0] ** 3), other)

    def __rtruediv__(self, other: Any) -> Taylor:
        return taylor(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def number(self) -> Any:
        """The value, for comparisons."""
        if self.terms is None:
            raise self.reason or UndefinedError
        return self.terms[0]

    def _compared(self, other: Any) -> tuple[Any, Any]:
        """Both values, unless rounding decides between them."""
        theirs = taylor(other)
        a, b = self.number(), theirs.number()
        if not (self.exact and theirs.exact) and abs(a - b) <= CLOSE * max(abs(a), abs(b)):
            raise OutOfRangeError
        return a, b

    def __lt__(self, other: Any) -> bool:
        return bool(lt(*self._compared(other)))

    def __gt__(self, other: Any) -> bool:
        return bool(gt(*self._compared(other)))

    def __le__(self, other: Any) -> bool:
        return bool(le(*self._compared(other)))

    def __ne__(self, other: object) -> bool:
        return bool(ne(*self._compared(other)))


def taylor(x: Any) -> Taylor:
    return x if isinstance(x, Taylor) else Taylor((mpmath.mpf(x), mpmath.mpf(0), mpmath.mpf(0)))


def plus(a: Any, b: Any) -> list[Any]:
    return [x + y for x, y in zip(a, b, strict=True)]


def minus(a: Any, b: Any) -> list[Any]:
    return [x - y for x, y in zip(a, b, strict=True)]


def product(a: Any, b: Any) -> list[Any]:
    return [a[0] * b[0], a[1] * b[0] + a[0] * b[1], a[2] * b[0] + 2 * a[1] * b[1] + a[0] * b[2]]


def chain(a: Any, value: Any, slope: Any, bend: Any) -> list[Any]:
    return [value, slope * a[1], slope * a[2] + bend * a[1] ** 2]


def combined(rule: Callable[..., list[Any]], *given: Any) -> Taylor:
    """What a rule makes of some polynomials."""
    operands = [taylor(x) for x in given]
    for x in operands:
        if x.terms is None:
            return x
    try:
        terms = rule(*(x.terms for x in operands))
    except (ZeroDivisionError, UndefinedError):
        return Taylor(None, reason=UndefinedError)
    except OutOfRangeError:
        return Taylor(None, reason=OutOfRangeError)
    exact = all(x.exact for x in operands)
    largest = max(abs(x.terms[0]) for x in operands if x.terms is not None)
    if not exact and abs(terms[0]) <= CLOSE * largest and rule in (plus, minus):
        return Taylor(None, reason=OutOfRangeError)  # rounding decides what it is
    sizes = [abs(t) for t in terms if not mpmath.isnan(t)]
    if any(s > LARGEST or 0 < s < SMALLEST for s in sizes):
        return Taylor(None, reason=OutOfRangeError)
    size = max(*sizes, *(x.size for x in operands))
    exact = exact and mpmath.mpf(float(terms[0])) == terms[0]
    return Taylor((terms[0], terms[1], terms[2]), size, exact=exact)


def exp(x: Taylor) -> Taylor:
    def rule(a: Any) -> list[Any]:
        if abs(a[0]) > 1000:
            raise OutOfRangeError
        return chain(a, *[mpmath.exp(a[0])] * 3)

    return combined(rule, x)


def log(x: Taylor) -> Taylor:
    def rule(a: Any) -> list[Any]:
        if a[0] <= 0:
            raise UndefinedError
        return chain(a, mpmath.log(a[0]), 1 / a[0], -1 / a[0] ** 2)

    return combined(rule, x)


def sqrt(x: Taylor) -> Taylor:
    def rule(a: Any) -> list[Any]:
        if a[0] < 0:
            raise UndefinedError
        root = mpmath.sqrt(a[0])
        if root == 0:
            return [root, mpmath.nan, mpmath.nan]
        return chain(a, root, 1 / (2 * root), -1 / (4 * root * a[0]))

    return combined(rule, x)


SCOPE: dict[str, Any] = {"exp": exp, "log": log, "sqrt": sqrt}


def reference(text: str, at: dict[str, Taylor]) -> Taylor:
    """The result of a program, followed through the branches taken."""
    scope = {**SCOPE, **at}
    code = builtins.compile(text, "<drawn>", "exec", __future__.annotations.compiler_flag, True)
    exec(code, scope)
    return taylor(scope["r"])


FRAGILE = ["log(p)", "sqrt(p)", "1/p", "exp(p*q)", "exp(p*p)", "p/q", "log(p*q)", "sqrt(p - q)"]
PLAIN = ["p*q", "p + q", "p - q", "2*p", "p*p - q", "p*k"]
CHOICES = ["p if q > k else r", "p if q < r else s", "p*q if r > 0 else s",
           "p + q if r != k else s", "p if q <= k else (r if s > k else q)",
           "(p if r > k else q)*s", "p if q > k and r < s else s",
           "p if q > 0 and log(q) < k else r", "p if not q > r or s < k else q"]  # fmt: skip
CONSTANTS = ["0", "1", "-1", "2", "0.5", "30"]
HARD = [0.0, 1.0, -1.0, 2.0, 0.5, 40.0, -40.0, -0.25, 3.0, 1e-5, 1000.0]


@st.composite
def branchy(draw: st.DrawFn) -> str:
    """A program of values that may fail, and of choices between them."""
    known, lines = ["x", "y"], ["x: input", "y: input"]
    plan = draw(st.lists(st.sampled_from("fpc"), min_size=1, max_size=6))
    for k, kind in enumerate([*plan, "c", "c"]):
        form = draw(st.sampled_from({"f": FRAGILE, "p": PLAIN, "c": CHOICES}[kind]))
        names = {letter: draw(st.sampled_from(known)) for letter in "pqrs"}
        names["k"] = draw(st.sampled_from(CONSTANTS))
        text = "".join(names.get(word, word) for word in words(form))
        lines.append(f"t{k} = {text}")
        known.append(f"t{k}")
    lines.append(f"r: output = {known[-1]} + {known[-2]}")
    return "\n".join(lines)


def words(form: str) -> list[str]:
    return "".join(c if c.isalnum() else f"\0{c}\0" for c in form).split("\0")


SHARED = (
    "x: input\ny: input\nt = exp(x*x)\na = t if x < 5 else 0\nb = 2*t if x < 6 else y\nr = a + b"
)


@settings(max_examples=300)
@given(branchy(), st.sampled_from(HARD), st.sampled_from(HARD),
       st.sampled_from(["forward", "reverse", "cross-country"]), st.booleans())  # fmt: skip
@example(SHARED, 40.0, 0.0, "reverse", False)
@example(SHARED, 40.0, 0.0, "forward", True)
def test_derivatives_are_those_of_the_branches_taken(
    text: str, x: float, y: float, mode: str, stable: bool
) -> None:
    with mpmath.workdps(50):
        directions = [(1, 0), (0, 1), (1, 1)]
        try:
            wanted = [
                reference(text, {n: Taylor((mpmath.mpf(v), mpmath.mpf(s), mpmath.mpf(0)))
                                 for n, v, s in zip("xy", (x, y), along, strict=True)})
                for along in directions
            ]  # fmt: skip
        except (UndefinedError, OutOfRangeError):
            assume(False)  # a condition has no value
    model = graphc.compile(text, products=("value", "grad", "hessian"), mode=mode, stable=stable,
                           search=0)  # fmt: skip
    found: list[Any] = []
    for function in (model.value, model.grad, model.hessian):
        try:
            found.append(function(x, y))
        except (ArithmeticError, ValueError):
            found.append(None)
    if wanted[0].terms is None:  # stable forms have a value where formulas have a limit
        assert stable or wanted[0].reason is OutOfRangeError or found[0] is None
        return
    assert found[0] is not None
    value, grad, hessian = found
    for (s, t), w in zip(directions, wanted, strict=True):
        slopes = grad and (s * grad[0], t * grad[1])
        bends = hessian and (
            s * s * hessian[0][0], 2 * s * t * hessian[0][1], t * t * hessian[1][1]
        )  # fmt: skip
        for parts, right in zip(((value,), slopes, bends), w.terms or (), strict=False):
            if not mpmath.isnan(right):
                assert parts is not None, "a derivative exists, but the code raised"
                size = max(w.size, *(abs(part) for part in parts))
                assert abs(sum(parts) - right) <= 1e-11 * size
