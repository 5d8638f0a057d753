"""The stable forms: what is replaced, by what, where that is right, and why it is better.

``log(1 + exp(x))`` overflows at 1000, ``(exp(x) - 1)/x`` has lost half its digits at 1e-8 and is
0/0 at 0, and so do their derivatives.  A row is such a formula, what it becomes, and where both are
the same function; what holds for some arguments only has a guard.  The remedies are those of
Higham, "Accuracy and Stability of Numerical Algorithms" (chapter 1), and of Blanchard, D. J. Higham
and N. J. Higham, "Accurately computing the log-sum-exp and softmax functions" (IMA Journal of
Numerical Analysis 41, 2021).

A form is here only if it is nowhere worse than by a few roundings, so some are missing on purpose:
``1 - 2/(1 + exp(2*x))`` is tanh(x), but its slope has more digits in the tail; ``exp(x)/(exp(x) +
exp(y))`` is a sigmoid of x - y, which rounds; ``log(x)/(x - 1)`` would round x - 1 to -1;
``log(x**y)`` is y*log(x) only if y is known.

>>> [form.right for form in STABLE if form.left == "log(1 + exp(x))"]
['softplus(x)']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphc.derive.rules import Rule
from graphc.program import Program


@dataclass(frozen=True)
class Form(Rule):
    """A rule with the reason for it.

    Parameters
    ----------
    name, left, right, guard : str
        As for a rule.
    why : str
        Where both sides are the same function, and what is better about the right one.
    """

    why: str = ""


def _forms(name: str, why: str, *pairs: str, guard: str = "") -> tuple[Form, ...]:
    """Several spellings of one form."""
    texts = [pair.split(" -> ") for pair in pairs]
    return tuple(Form(name, left, right, guard, why) for left, right in texts)


# Quotients with a limit, upside down: the reciprocal, but where that has no derivatives.
_SIN = "where(abs(x) < 1, 1/sinrel(x), x/sin(x))"
_COS = "where(abs(x) < 1, 1/sinrel(0.5*x), 0.5*x/sin(0.5*x))**2"
_LOG = "where(x < 4, 1/logrel(x), x/log1p(x))"

STABLE = (
    *_forms("softplus", "all x: no overflow, all digits where exp(x) is small",
            "log(1 + exp(x)) -> softplus(x)", "log1p(exp(x)) -> softplus(x)",
            "log(1 + 1/exp(x)) -> softplus(-x)", "log1p(1/exp(x)) -> softplus(-x)"),
    *_forms("log-sigmoid", "all x: no overflow, and no logarithm of what has become 0",
            "log(1/(1 + exp(x))) -> -softplus(x)", "log(sigmoid(x)) -> -softplus(-x)",
            "log(1 - 1/(1 + exp(x))) -> -softplus(-x)", "log(1 - sigmoid(x)) -> -softplus(x)",
            "log(exp(x)/(1 + exp(x))) -> -softplus(-x)",
            "log(1 - exp(x)/(1 + exp(x))) -> -softplus(x)"),
    *_forms("log-exp", "all x: no overflow, no logarithm of 0", "log(exp(x)) -> x"),
    *_forms("log-1-minus-exp", "x < 0, an error elsewhere: all digits at both ends",
            "log(1 - exp(x)) -> where(x > -0.7, log(-expm1(x)), log1p(-exp(x)))"),
    *_forms("sigmoid", "all x: no overflow, in the slope neither",
            "exp(x)/(1 + exp(x)) -> sigmoid(x)", "1/(1 + exp(x)) -> sigmoid(-x)",
            "(1 + exp(x))**-1 -> sigmoid(-x)", "1/(1 + 1/exp(x)) -> sigmoid(x)",
            "exp(x)/(1 + exp(x))**2 -> sigmoid(x)*sigmoid(-x)",
            "exp(x)/((1 + exp(x))*(1 + exp(x))) -> sigmoid(x)*sigmoid(-x)",
            "1 - 1/(1 + exp(x)) -> sigmoid(x)", "1 - sigmoid(x) -> sigmoid(-x)",
            "1 - exp(x)/(1 + exp(x)) -> sigmoid(-x)",
            "y/(1 + exp(x)) -> y*sigmoid(-x)", "y/(1 + 1/exp(x)) -> y*sigmoid(x)",
            "y/(1 + exp(x))**2 -> y*sigmoid(-x)**2"),
    *_forms("tanh", "all x: no overflow, all digits near 0; the slope is right to 1e-16",
            "sinh(x)/cosh(x) -> tanh(x)",
            "(exp(2*x) - 1)/(exp(2*x) + 1) -> tanh(x)",
            "(1 - exp(-2*x))/(1 + exp(-2*x)) -> tanh(x)",
            "(exp(x) - 1)/(exp(x) + 1) -> tanh(0.5*x)",
            "(1 - exp(x))/(1 + exp(x)) -> -tanh(0.5*x)"),
    *_forms("tanh", "all x: no overflow, all digits near 0; the slope is right to 1e-16",
            "(exp(x) - exp(y))/(exp(x) + exp(y)) -> tanh(x)", guard="opposite x y"),
    *_forms("exprel", "all x: the limit 1 at 0, all digits near it",
            "(exp(x) - 1)/x -> exprel(x)", "(1 - exp(-x))/x -> exprel(-x)",
            "(1 - exp(x))/x -> -exprel(x)", "(exp(-x) - 1)/x -> -exprel(-x)",
            "expm1(x)/x -> exprel(x)"),
    *_forms("bernoulli", "all x: the limit 1 at 0, all digits near it; no overflow",
            "x/(exp(x) - 1) -> bernoulli(x)", "x/(1 - exp(-x)) -> bernoulli(-x)",
            "x/expm1(x) -> bernoulli(x)", "x*exp(x)/(exp(x) - 1) -> bernoulli(-x)",
            "x*exp(-x)/(1 - exp(-x)) -> bernoulli(x)"),
    *_forms("exp-ratio", "all x but 0, an error there: no overflow, all digits near 0",
            "exp(x)/(exp(x) - 1) -> where(x > -40, -1/expm1(-x), -exp(x))",
            "exp(x)/expm1(x) -> where(x > -40, -1/expm1(-x), -exp(x))"),
    *_forms("exp-ratio", "all x: no overflow", "1/exp(x) -> exp(-x)"),
    *_forms("expm1", "all x: all digits near 0",
            "exp(x) - 1 -> expm1(x)", "exp(x) + -1 -> expm1(x)", "1 - exp(x) -> -expm1(x)"),
    *_forms("sinrel", "all x: the limit 1 at 0", "sin(x)/x -> sinrel(x)",
            f"x/sin(x) -> {_SIN}"),
    *_forms("cosrel", "all x: the limit at 0, all digits near it and near multiples of 2*pi",
            "(1 - cos(x))/(x*x) -> 0.5*sinrel(0.5*x)**2",
            "(1 - cos(x))/x**2 -> 0.5*sinrel(0.5*x)**2",
            "(1 - cos(x))/x -> 0.5*x*sinrel(0.5*x)**2"),
    *_forms("logrel", "x > -1, an error elsewhere: the limit 1 at 0, all digits near it",
            "log(1 + x)/x -> logrel(x)", "log(1 - x)/x -> -logrel(-x)",
            "log1p(x)/x -> logrel(x)", f"x/log(1 + x) -> {_LOG}",
            f"x/log1p(x) -> {_LOG}"),
    *_forms("atanh", "-1 < x < 1, an error elsewhere: all digits near 0",
            "log(1 + x) - log(1 - x) -> 2*atanh(x)", "log((1 + x)/(1 - x)) -> 2*atanh(x)"),
    *_forms("log1p", "x > -1, an error elsewhere: all digits near 0",
            "log(1 + x) -> log1p(x)", "log(1 - x) -> log1p(-x)"),
    *_forms("log-power", "x not 0, an error there: no overflow, all digits near 1",
            "log(x*x) -> 2*log(abs(x))"),
    *_forms("log-power", "x not 0, an error there: no overflow, all digits near 1",
            "log(x**y) -> y*log(abs(x))", guard="even y"),
    *_forms("log-power", "x > 0, an error elsewhere: no overflow, all digits near 1",
            "log(x**y) -> y*log(x)", guard="odd y"),
    *_forms("log-ratio", "x, y > 0, an error elsewhere: all digits where x is near y",
            "log(x) - log(y) -> logratio(x, y)", guard="plain x y"),
    *_forms("xlogx", "all x: the limit 0 at x = 0, with slope -inf",
            "x*log(abs(x)) -> xlogy(x, abs(x))", "x*log(x*x) -> 2*xlogy(x, abs(x))",
            "x*log(x**2) -> 2*xlogy(x, abs(x))"),
    *_forms("xlogx", "all x: the limit 0 at x = 0, with slope 0",
            "x*x*log(x*x) -> where(x == 0, -abs(x)**1.5, 2*(x*x*log(abs(x))))",
            "x**2*log(x**2) -> where(x == 0, -abs(x)**1.5, 2*(x*x*log(abs(x))))"),
    *_forms("xlogx", "where the logarithm is defined, and at x = 0: 0 there, with slope -inf",
            "x*log(x) -> xlogx(x)", "x*log(x/y) -> xlogy(x, x/y)", guard="single x"),
    *_forms("known-sign", "x >= 0 by the bounds of the inputs: slope 1 at 0 too",
            "sqrt(x*x) -> x", "sqrt(x**2) -> x", "abs(x) -> x", "max(x, 0) -> x",
            guard="bounded x"),
    *_forms("known-sign", "x >= 0 by the bounds of the inputs: slope 1 at 0 too",
            "max(0, x) -> x", guard="number x"),  # where x is nan, the maximum is 0
    *_forms("root-of-square", "all x: no overflow or underflow, slope 0 at 0",
            "sqrt(x*x) -> abs(x)", "sqrt(x**2) -> abs(x)",
            "(x*x)**0.5 -> abs(x)", "(x**2)**0.5 -> abs(x)"),
    *_forms("root-of-square", "all x: no overflow or underflow, slope 0 at 0",
            "sqrt(y*x*x) -> sqrt(y)*abs(x)", "sqrt(y*(x*x)) -> sqrt(y)*abs(x)",
            "sqrt(y*x**2) -> sqrt(y)*abs(x)", guard="positive y"),
    *_forms("root-of-power", "all x: no overflow, slope 0 at 0",
            "sqrt(x**4) -> x*x"),
    *_forms("root-of-power", "all x: no overflow, slope 0 at 0",
            "sqrt(x**y) -> x**(0.5*y)", guard="fourfold y"),
    *_forms("root-of-power", "all x: no overflow, slope 0 at 0",
            "sqrt(x**y) -> abs(x)**(0.5*y)", guard="even y"),
    *_forms("square-of-root", "x >= 0 is known: slope 1 at 0 too",
            "sqrt(x)**2 -> x", "sqrt(x)*sqrt(x) -> x", guard="nonnegative x"),
    *_forms("square-of-root", "x >= 0, as it was elsewhere: slope 1 at 0 too",
            "sqrt(x)**2 -> where(x >= 0, x, sqrt(x)**2)",
            "sqrt(x)*sqrt(x) -> where(x >= 0, x, sqrt(x)**2)",
            "(x**0.5)**2 -> where(x >= 0, x, (x**0.5)**2)"),
    *_forms("square-of-length", "all x, y: smooth, second derivatives at 0 too",
            "abs(x)**2 -> x*x", "abs(x)*abs(x) -> x*x",
            "hypot(x, y)**2 -> x*x + y*y", "hypot(x, y)*hypot(x, y) -> x*x + y*y"),
)  # fmt: skip

# What is looked for where nothing else was found, in products neither.
LAST = _forms("exp-ratio", "x not 0, an error there: no overflow, all digits near 0",
              "y/(exp(x) - 1) -> where(x < 40, y/expm1(x), y*exp(-x))",
              "y/(exp(x) + -1) -> where(x < 40, y/expm1(x), y*exp(-x))",
              "y/expm1(x) -> where(x < 40, y/expm1(x), y*exp(-x))",
              "y/(1 - exp(x)) -> where(x < 40, -y/expm1(x), -y*exp(-x))")  # fmt: skip

# What is found without a pattern: a conditional of which the bounds leave one branch.
DECIDED = Form("known-condition", "where(c, x, y)", "x", "",
               "the bounds of the inputs decide the condition")  # fmt: skip


@dataclass(frozen=True)
class Factor(Form):
    """A function that is 0 at 0 as a power of x is: ``left`` is ``x**order*right``.

    In a product, what x and the other side of the fraction have in common cancels.

    Parameters
    ----------
    name, left, right, guard, why : str
        As for a form.
    below : str
        What ``1/right`` is, without overflow, and with its derivatives far from 0.
    grown : str
        What that is times ``exp(x)``, if it is anything of its own.
    order : int
    """

    below: str = ""
    grown: str = ""
    order: int = 1


def _factors(name: str, *rows: str, order: int = 1) -> tuple[Factor, ...]:
    """Functions, each with what it is replaced by above and below the line."""
    why = "as far as the function is defined: the limit where it is 0/0, all digits near it"
    found = []
    for row in rows:
        left, right, below, *grown = re.split(r" -> | \| ", row)
        found.append(Factor(name, left, right, "", why, below, "".join(grown), order))
    return tuple(found)


FACTORS = (
    *_factors("sinrel", f"sin(x) -> sinrel(x) | {_SIN}"),
    *_factors("tanrel", "tan(x) -> sinrel(x)/cos(x) | "
              "where(abs(x) < 1, cos(x)/sinrel(x), x/tan(x))"),
    *_factors("exprel", "exp(x) - 1 -> exprel(x) | bernoulli(x) | bernoulli(-x)",
              "exp(x) + -1 -> exprel(x) | bernoulli(x) | bernoulli(-x)",
              "1 - exp(x) -> -exprel(x) | -bernoulli(x) | -bernoulli(-x)",
              "expm1(x) -> exprel(x) | bernoulli(x) | bernoulli(-x)"),
    *_factors("logrel", f"log(1 + x) -> logrel(x) | {_LOG}", f"log1p(x) -> logrel(x) | {_LOG}",
              "log(1 - x) -> -logrel(-x) | where(x > -4, -1/logrel(-x), x/log1p(-x))"),
    *_factors("cosrel", f"1 - cos(x) -> 0.5*sinrel(0.5*x)**2 | 2*{_COS}",
              f"cos(x) - 1 -> -0.5*sinrel(0.5*x)**2 | -2*{_COS}",
              f"cos(x) + -1 -> -0.5*sinrel(0.5*x)**2 | -2*{_COS}", order=2),
)  # fmt: skip


@dataclass(frozen=True)
class Logarithm(Form):
    """A logarithm of u, a multiple of x, in a product with powers of x.

    Parameters
    ----------
    name, left, right, guard, why : str
        As for a form.
    alone : str
        What is there instead of ``right`` if u is x.
    higher : str
        What is there instead if the power n of x is more than 1; k is n - 1/2, and that power
        has the same derivatives at 0, up to the first that is infinite.
    squares, length : str
        What is there instead if x is a sum of squares, of which r is the root; and if u is x too.
    """

    alone: str = ""
    higher: str = ""
    squares: str = ""
    length: str = ""


def _logarithm(name: str, right: str, alone: str, squares: str, length: str = "") -> Logarithm:
    why = "where the logarithm is defined, and at x = 0: the limit 0 there"
    higher = f"where(x == 0, -x**k, x**n*{name}(u))"
    return Logarithm(
        "xlogx", f"x*{name}(u)", right, "", why, alone, higher, squares, length or squares
    )


_SAME = "where(x == 0, xlogx(x), x*{}({}))"
_SQUARES = "where(r == 0, xxlogx(r), x*{}(u))"
LOGARITHMS = {
    "log": _logarithm("log", "xlogy(x, u)", "xlogx(x)", _SQUARES.format("log"), "2*xxlogx(r)"),
    "log2": _logarithm("log2", _SAME.format("log2", "u"), _SAME.format("log2", "x"),
                       _SQUARES.format("log2")),
    "log10": _logarithm("log10", _SAME.format("log10", "u"), _SAME.format("log10", "x"),
                        _SQUARES.format("log10")),
}  # fmt: skip


@dataclass(frozen=True)
class Chain(Form):
    """A form with any number of terms; its texts are for people.

    Parameters
    ----------
    name, left, right, guard, why : str
        As for a form.
    outer, op : str
        The operation around the sum; what takes the operands in, two at a time.
    operand : callable
        What stands in a term, or None if it is no term of the form.
    power : float or None
        The exponent, if the operation around the sum is a power.
    """

    outer: str = ""
    op: str = ""
    operand: Callable[[Program, int], int | None] = lambda program, i: None
    power: float | None = None


ZERO = -1  # an operand that is no node of the program: the constant 0


def _squared(program: Program, i: int) -> int | None:
    """What is squared: ``x*x`` or ``x**2``."""
    node = program.nodes[i]
    if node[0] == "mul" and node[1] == node[2]:
        return int(node[1])
    return int(node[1]) if node[0] == "pow" and program.value(node[2]) == 2 else None


def _exponent(program: Program, i: int) -> int | None:
    """What an exponential is taken of: ``exp(x)``; 1 is exp(0)."""
    node = program.nodes[i]
    if node[0] == "exp":
        return int(node[1])
    return ZERO if program.value(i) == 1 else None


CHAINS = (
    Chain("norm", "sqrt(x*x + y*y + ...)", "hypot(x, y, ...)", "",
          "all arguments: no overflow or underflow, slopes 0 at the origin",
          "sqrt", "hypot", _squared),
    Chain("norm", "(x*x + y*y + ...)**0.5", "hypot(x, y, ...)", "",
          "all arguments: no overflow or underflow, slopes 0 at the origin",
          "pow", "hypot", _squared, 0.5),
    Chain("logsumexp", "log(exp(x) + exp(y) + ...)", "logsumexp(x, y, ...)", "",
          "all arguments: no overflow, no logarithm of 0", "log", "logsumexp", _exponent),
)  # fmt: skip


# Puts a form in place: (new program, new numbers of old nodes) -> new number.
Build = Callable[[Program, Sequence[int]], int]


@dataclass(frozen=True)
class Match:
    """A node that a form replaces.

    Attributes
    ----------
    form : Form
    operands : tuple of int
        The nodes that the replacement is made of.
    build : callable
        Makes it.
    """

    form: Form
    operands: tuple[int, ...]
    build: Build
