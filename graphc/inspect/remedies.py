"""What would help where an operation fails: a table of forms and of what to write instead.

A form is a text in graphc's own language, as in the rules of `graphc.derive.rules`.  It is looked
for around the operation, and the first row that matches and is about such a failure gives the
advice; rows about a whole formula come before rows about one operation.  The rewrites are those of
Higham, "Accuracy and Stability of Numerical Algorithms" (chapter 1), and of Hamming, "Numerical
Methods for Scientists and Engineers" (chapter 3).

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = log(1 + exp(3*t))"))
>>> advice(program, [i for i, n in enumerate(program.nodes) if n[0] == "exp"], "overflow")
'write softplus(3*t)'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from graphc.derive.formula import formula, name
from graphc.derive.rules import Pattern, pattern
from graphc.ops import OPS
from graphc.program import Program

OVERFLOW, UNDERFLOW, LOST, UNDEFINED = "overflow", "underflow", "lost", "undefined"
ALWAYS = f"{OVERFLOW} {UNDERFLOW} {LOST} {UNDEFINED}"
REACH = 4  # levels of a form above the operation
MANY = 200  # operations that are looked at
NARROW = 30  # columns of an operand in an advice


@dataclass(frozen=True)
class Remedy:
    """A row: a form, what goes wrong with it, and what to write instead.

    Parameters
    ----------
    form : str
        In graphc's language; letters stand for any operand.
    causes : str
        ``overflow``, ``underflow``, ``lost`` (digits), ``undefined``: one or several.
    advice : str
        With the operands in braces; those in capitals get parentheses where they need them.
    variable : str
        A letter that does not stand for a constant.
    """

    form: str
    causes: str
    advice: str
    variable: str = ""


_FORMULAS = (
    Remedy("log(1 + exp(x))", ALWAYS, "write softplus({x})"),
    Remedy("log(exp(x) + exp(y))", ALWAYS, "write logsumexp({x}, {y})"),
    Remedy("log(exp(x) + y)", "overflow underflow",
           "write logsumexp({x}, ...), with the logarithms of the terms"),
    Remedy("exp(x)/(1 + exp(x))", ALWAYS, "write sigmoid({x})"),
    Remedy("exp(x)/(exp(x) + exp(y))", ALWAYS, "write sigmoid({X} - {Y})"),
    Remedy("exp(x)/(exp(x) + y)", ALWAYS, "write sigmoid({X} - log({y}))"),
    Remedy("1/(1 + exp(-x))", ALWAYS, "write sigmoid({x})"),
    Remedy("(exp(x) - exp(-x))/(exp(x) + exp(-x))", ALWAYS, "write tanh({x})"),
    Remedy("exp(x) - exp(-x)", LOST, "write 2*sinh({x})"),
    Remedy("(exp(x) - 1)/x", ALWAYS,
           "write expm1({x})/{X}, and the series 1 + {X}/2 + {X}**2/6 near 0"),
    Remedy("exp(x) - 1", LOST, "write expm1({x})"),
    Remedy("1 - exp(x)", LOST, "write -expm1({x})"),
    Remedy("log(1 + x)/x", ALWAYS,
           "write log1p({x})/{X}, and the series 1 - {X}/2 + {X}**2/3 near 0"),
    Remedy("log(1 + x)", LOST, "write log1p({x})"),
    Remedy("log(1 - x)", LOST, "write log1p(-{X})"),
    Remedy("sin(x)/x", ALWAYS, "write sinc({X}/pi)"),
    Remedy("(1 - cos(x))/x**2", ALWAYS, "write 0.5*sinc({X}/(2*pi))**2"),
    Remedy("(1 - cos(x))/(x*x)", ALWAYS, "write 0.5*sinc({X}/(2*pi))**2"),
    Remedy("1 - cos(x)", LOST, "write 2*sin({X}/2)**2"),
    Remedy("1 - tanh(x)", LOST, "write 2*sigmoid(-2*{X})"),
    Remedy("1 - sigmoid(x)", LOST, "write sigmoid(-{X})"),
    Remedy("sigmoid(x) - 1", LOST, "write -sigmoid(-{X})"),
    Remedy("1 - erf(x)", LOST, "write erfc({x})"),
    Remedy("x*log(x)", ALWAYS,
           "xlogy({x}, {x}) has the value 0 at 0; the slope there is -inf"),
    Remedy("x*log(y)", "undefined", "xlogy({x}, {y}) is 0 where {X} is 0", variable="x"),
    Remedy("sqrt(x*x)", ALWAYS, "write abs({x})"),
    Remedy("sqrt(x**2)", ALWAYS, "write abs({x})"),
    Remedy("sqrt(x*x + y*y)", "undefined overflow underflow",
           "write hypot({x}, {y}), which neither overflows nor divides by 0"),
    Remedy("sqrt(x**2 + y**2)", "undefined overflow underflow",
           "write hypot({x}, {y}), which neither overflows nor divides by 0"),
    Remedy("(x*x + y*y)**0.5", "undefined overflow underflow",
           "write hypot({x}, {y}), which neither overflows nor divides by 0"),
    Remedy("(x**2 + y**2)**0.5", "undefined overflow underflow",
           "write hypot({x}, {y}), which neither overflows nor divides by 0"),
    Remedy("(x*x + y*y)**z", "undefined overflow underflow", "write hypot({x}, {y})**(2*{Z})"),
    Remedy("(x**2 + y**2)**z", "undefined overflow underflow", "write hypot({x}, {y})**(2*{Z})"),
    Remedy("sqrt(x + y*y)", "undefined overflow underflow",
           "if it is a length, hypot(a, b, ...) neither overflows nor divides by 0"),
    Remedy("sqrt(x + y**2)", "undefined overflow underflow",
           "if it is a length, hypot(a, b, ...) neither overflows nor divides by 0"),
    Remedy("sqrt(x) - sqrt(y)", LOST, "write ({X} - {Y})/(sqrt({x}) + sqrt({y}))"),
    Remedy("sqrt(x) - y", LOST, "write ({X} - {Y}**2)/(sqrt({x}) + {Y}), and simplify"),
    Remedy("x - sqrt(y)", LOST, "write ({X}**2 - {Y})/({X} + sqrt({y})), and simplify"),
    Remedy("hypot(x, y) - x", LOST, "write {Y}**2/(hypot({x}, {y}) + {X})"),
    Remedy("hypot(x, y) - z", LOST,
           "write ({X}**2 + {Y}**2 - {Z}**2)/(hypot({x}, {y}) + {Z}), and simplify"),
    Remedy("log(x) - log(y)", LOST, "write log1p(({X} - {Y})/{Y})"),
    Remedy("log(x/y)", LOST, "write log1p(({X} - {Y})/{Y})"),
    Remedy("1/x - 1/y", LOST, "write ({Y} - {X})/({X}*{Y}), and simplify"),
    Remedy("x*x - y*y", LOST, "write ({X} - {Y})*({X} + {Y})"),
    Remedy("x**2 - y**2", LOST, "write ({X} - {Y})*({X} + {Y})"),
    Remedy("1 - x*x", LOST, "write (1 - {X})*(1 + {X})"),
    Remedy("1 - x**2", LOST, "write (1 - {X})*(1 + {X})"),
    Remedy("sin(x) - sin(y)", LOST, "write 2*cos(({X} + {Y})/2)*sin(({X} - {Y})/2)"),
    Remedy("cos(x) - cos(y)", LOST, "write -2*sin(({X} + {Y})/2)*sin(({X} - {Y})/2)"),
    Remedy("atan(y/x)", "undefined overflow", "write atan2({y}, {x})"),
)  # fmt: skip

_OPERATIONS = (
    Remedy("exp(x)", OVERFLOW,
           "exp exceeds every double above 709.78; cancel it in the formula: expm1, log1p, "
           "softplus, logsumexp, sigmoid, or take the largest exponent out first"),
    Remedy("expm1(x)", OVERFLOW, "it exceeds every double above 709.78; cancel it in the formula"),
    Remedy("exprel(x)", OVERFLOW, "it exceeds every double above 716; cancel it in the formula"),
    Remedy("exp(x)", UNDERFLOW, "exp is 0 below -745; carry its logarithm instead"),
    Remedy("sinh(x)", OVERFLOW, "cancel the growing exponential in the formula, as tanh does"),
    Remedy("cosh(x)", OVERFLOW, "cancel the growing exponential in the formula, as tanh does"),
    Remedy("gamma(x)", OVERFLOW, "carry its logarithm, lgamma({x})"),
    Remedy("gamma(x)", UNDEFINED, "gamma has poles at 0, -1, -2, ...: keep {x} away from them"),
    Remedy("lgamma(x)", UNDEFINED, "lgamma has poles at 0, -1, -2, ...: keep {x} away from them"),
    Remedy("digamma(x)", UNDEFINED, "it has poles at 0, -1, -2, ...: keep {x} away from them"),
    Remedy("erfc(x)", UNDERFLOW, "erfc is 0 above 27; carry erfc({x})*exp({X}**2) or a logarithm"),
    Remedy("sigmoid(x)", UNDERFLOW,
           "sigmoid is 0 below -745; carry its logarithm, -softplus(-{X})"),
    Remedy("x**y", "overflow underflow", "carry its logarithm, {Y}*log({x})"),
    Remedy("sqrt(x)", "undefined",
           "sqrt needs an argument of at least 0, and has no slope at 0: write hypot(a, b, ...) "
           "for a length, or sqrt({x}) if {x} > 0 else 0"),
    Remedy("cbrt(x)", "undefined", "cbrt has no slope at 0: write cbrt({x}) if {x} != 0 else 0"),
    Remedy("log(x)", "undefined",
           "log needs an argument above 0: xlogy(a, b) for a*log(b), log1p(a) for log(1 + a), or "
           "log({x}) if {x} > 0 else ..."),
    Remedy("log0(x)", UNDEFINED, "the slope of x*log(x) is -inf at 0: keep {x} above it"),
    Remedy("log1p(x)", UNDEFINED, "the logarithm needs 1 + {X} above 0: keep {x} above -1"),
    Remedy("logrel(x)", UNDEFINED, "the logarithm needs 1 + {X} above 0: keep {x} above -1"),
    Remedy("logratio(x, y)", UNDEFINED, "logarithms need arguments above 0: {x} and {y}"),
    Remedy("atanh(x)", UNDEFINED, "atanh needs an argument between -1 and 1: {x}"),
    Remedy("asin(x)", "undefined",
           "asin needs an argument from -1 to 1, and has no slope there: clip({x}, -1, 1), or "
           "atan2"),
    Remedy("acos(x)", "undefined",
           "acos needs an argument from -1 to 1, and has no slope there: clip({x}, -1, 1), or "
           "atan2"),
    Remedy("atan2(y, x)", "undefined",
           "the origin has no angle: write atan2({y}, {x}) if {x} != 0 or {y} != 0 else 0"),
    Remedy("x**y", "undefined",
           "write the power only where it is defined: {X}**{Y} if {x} > 0 else 0"),
    Remedy("x/y", "undefined",
           "divide only where the divisor is not 0: {X}/{Y} if {y} != 0 else ..., "
           "with the limit if there is one"),
    Remedy("x % y", "undefined", "write it only where the divisor is not 0"),
    Remedy("x // y", "undefined", "write it only where the divisor is not 0"),
    Remedy("x - y", LOST,
           "the operands agree in their first digits: rewrite the difference so that they need "
           "not be subtracted: factor it, or use expm1, log1p, hypot, ..."),
    Remedy("x + y", LOST,
           "the operands cancel: rewrite the sum so that they need not be added: factor it, or "
           "use expm1, log1p, hypot, ..."),
    Remedy("x*y", "overflow underflow",
           "change the units, or add logarithms instead of multiplying"),
    Remedy("x/y", "overflow underflow",
           "change the units, or subtract logarithms instead of dividing"),
    Remedy("x*y", "undefined",
           "0 times infinity is no number: write the product as a quotient, or its limit"),
)  # fmt: skip

REMEDIES = _FORMULAS + _OPERATIONS


def advice(program: Program, about: Sequence[int], cause: str, primal: int | None = None) -> str:
    """The advice of the first row that matches; empty if none does.

    Parameters
    ----------
    program : Program
    about : sequence of int
        The operation that failed, then those of the user's that it belongs to.
    cause : str
        One of those in the table.
    primal : int, optional
        Number of nodes that are the user's own; what derivatives make of them is no form to be
        rewritten.
    """
    places = _above(program, about, len(program) if primal is None else primal)
    for row in REMEDIES:
        if cause not in row.causes.split():
            continue
        for i in places:
            found = match(program, i, _form(row.form))
            if found is not None and _fits(program, row, found, about):
                words: dict[str, str] = {}
                for letter, operand in found.operands.items():
                    words |= _words(program, operand, letter)
                return row.advice.format(**words)
    return ""


def _fits(program: Program, row: Remedy, found: Match, about: Sequence[int]) -> bool:
    """Whether the failure is in the form, and its letters stand for what they may."""
    constant = row.variable and program.value(found.operands[row.variable]) is not None
    return not constant and not found.inside.isdisjoint(about)


def _above(program: Program, about: Sequence[int], primal: int) -> list[int]:
    """The operations, and those that use them, as far as a form reaches; nearest first."""
    found, level = list(about), set(about)
    for _ in range(REACH):
        users = [i for i in range(min(level, default=0), primal)
                 if not level.isdisjoint(program.args(i))]  # fmt: skip
        level = set(users[:MANY])
        found += sorted(level)
    return list(dict.fromkeys(found))


@cache
def _form(text: str) -> Pattern:
    return pattern(text)


@dataclass(frozen=True)
class Match:
    """What a form was found in: the node of each letter, and the operations themselves."""

    operands: dict[str, int]
    inside: frozenset[int] = frozenset()


def match(program: Program, i: int, form: Pattern) -> Match | None:
    """A form whose result is a node; None if the node has not that form.

    A choice between the two orders of operands is made once, where the first fits; forms are
    small, and none needs more.
    """
    if form[0] == "input":
        return Match({form[1]: i})
    node = program.nodes[i]
    if form[0] == "const":
        return Match({}) if node[0] == "const" and node[1] == form[1] else None
    if node[0] != form[0]:
        return None
    swapped = OPS[node[0]].commutative
    for args in [node[1:], node[:0:-1]][: 1 + swapped]:
        parts = [match(program, a, sub) for a, sub in zip(args, form[1:], strict=True)]
        found = _joined(i, parts)
        if found is not None:
            return found
    return None


def _joined(i: int, parts: Iterable[Match | None]) -> Match | None:
    """Matches of operands together; None if a letter would stand for two nodes."""
    operands: dict[str, int] = {}
    inside = {i}
    for part in parts:
        if part is None:
            return None
        inside |= part.inside
        for letter, a in part.operands.items():
            if operands.setdefault(letter, a) != a:
                return None
    return Match(operands, frozenset(inside))


def _words(program: Program, i: int, letter: str) -> dict[str, str]:
    """What stands for an operand: by itself, and as a factor."""
    text = name(program, i) or formula(program, i, NARROW)
    whole = re.fullmatch(r"[\w.]+|\w+(\[\d+\]|\([^()]*\))", text)
    return {letter: text, letter.upper(): text if whole else f"({text})"}
