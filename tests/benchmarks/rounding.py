"""Measure rounding errors against their bounds: ``python tests/benchmarks/rounding.py``.

The expressions are those that the literature on rounding errors has in common, written as they are
there, ill-conditioned or not; inputs are drawn from where they are hard.  A value is compared with
that of mpmath in 100 digits at the same doubles.  A bound is good if it holds, and if it is not
many times the error: the table shows how the ratio of the two is distributed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))  # the graphc of this checkout

import mpmath

from graphc.derive.products import build_all
from graphc.errors import Source
from graphc.inspect.evaluate import evaluate
from graphc.language.elaborate import elaborate
from graphc.model import Model
from graphc.program import Program

DIGITS = 100
SECOND = 1e-3  # what terms of second order may add, relative to the bound
LOOSE = 30.0  # how much larger than an error a bound may be in the median
STERBENZ = 300.0  # the same where differences are exact, as nobody tells the bound

HAMMING = "Hamming, Numerical Methods for Scientists and Engineers, chapter 3"
ROSA = "Darulova & Kuncak, POPL 2014"
HIGHAM = "Higham, Accuracy and Stability of Numerical Algorithms, chapter 1"


@dataclass(frozen=True)
class Case:
    """An expression, and where its inputs are drawn from.

    Attributes
    ----------
    name, text, source : str
    ranges : dict of str to (float, float)
        By input; uniform, or uniform in the exponent of a size where both ends are positive and
        far apart.
    loose : float
        By how much the bound may be larger than the error, in the median.
    """

    name: str
    text: str
    source: str
    ranges: dict[str, tuple[float, float]]
    loose: float = LOOSE


def case(name: str, text: str, source: str, **ranges: tuple[float, float]) -> Case:
    return Case(name, text, source, ranges, STERBENZ if text == KAHAN else LOOSE)


def muller(steps: int) -> str:
    """Muller's recurrence in Kahan's form: from 4 and 4.25 to 5, and in floating point to 100."""
    rule = "x{0} = 108 - (815 - 1500/x{2})/x{1}"
    return "\n".join(rule.format(k, k - 1, k - 2) for k in range(2, steps + 1))


def sum_of(terms: int) -> str:
    """Taylor's series of exp, at a negative argument."""
    lines = ["t0 = 1 + 0*x", "s0 = t0"]
    for k in range(1, terms):
        lines += [f"t{k} = t{k - 1}*x/{k}", f"s{k} = s{k - 1} + t{k}"]
    return "\n".join(lines) + f"\ne: output = s{terms - 1}"


JET = """t = 3*x1*x1 + 2*x2 - x1
s = 3*x1*x1 - 2*x2 - x1
d = x1*x1 + 1
q = t/d
p = s/d
e = x1 + ((2*x1*q*(q - 3) + x1*x1*(4*q - 6))*d + 3*x1*x1*q + x1*x1*x1 + x1 + 3*p)"""
RUMP = """b2 = b*b
b4 = b2*b2
b6 = b4*b2
b8 = b4*b4
a2 = a*a
e = 333.75*b6 + a2*(11*a2*b2 - b6 - 121*b4 - 2) + 5.5*b8 + a/(2*b)"""
HERON = "s = (a + b + c)/2\ne = sqrt(s*(s - a)*(s - b)*(s - c))"
KAHAN = "e = sqrt((a + (b + c))*(c - (a - b))*(c + (a - b))*(a + (b - c)))/4"

CASES = (
    case("difference of reciprocals", "e = 1/(x + 1) - 1/x", HAMMING, x=(1e-3, 1e12)),
    case("difference of roots", "e = sqrt(x + 1) - sqrt(x)", HAMMING, x=(1e-3, 1e12)),
    case("reciprocals of roots", "e = 1/sqrt(x) - 1/sqrt(x + 1)", HAMMING, x=(1e-3, 1e10)),
    case("three reciprocals", "e = 1/(x + 1) - 2/x + 1/(x - 1)", HAMMING, x=(2, 1e6)),
    case("difference of sines", "e = sin(x + h) - sin(x)", HAMMING, x=(-3, 3), h=(1e-10, 1e-1)),
    case("difference of tangents", "e = tan(x + h) - tan(x)", HAMMING, x=(-1.2, 1.2),
         h=(1e-10, 1e-1)),
    case("difference of cosines", "e = cos(x + h) - cos(x)", HAMMING, x=(-3, 3), h=(1e-10, 1e-1)),
    case("difference of arctangents", "e = atan(x + 1) - atan(x)", HAMMING, x=(1e-3, 1e6)),
    case("difference of logarithms", "e = log(x + 1) - log(x)", HAMMING, x=(1e-3, 1e12)),
    case("difference of cube roots", "e = (x + 1)**(1/3) - x**(1/3)", HAMMING, x=(1e-3, 1e9)),
    case("half-angle tangent", "e = (1 - cos(x))/sin(x)", HAMMING, x=(1e-5, 1.5)),
    case("1 - cos over square", "e = (1 - cos(x))/(x*x)", HAMMING, x=(1e-5, 3)),
    case("exp less 1", "e = exp(x) - 1", HAMMING, x=(1e-12, 1)),
    case("exp over exp less 1", "e = exp(x)/(exp(x) - 1)", HAMMING, x=(1e-10, 10)),
    case("exp and its reciprocal", "e = exp(x) - 2 + exp(-x)", HAMMING, x=(1e-4, 3)),
    case("root of a quotient", "e = sqrt((exp(2*x) - 1)/(exp(x) - 1))", HAMMING, x=(1e-9, 3)),
    case("cotangent less pole", "e = 1/x - 1/tan(x)", HAMMING, x=(1e-6, 1)),
    case("log of a quotient", "e = log((1 - x)/(1 + x))", HAMMING, x=(1e-10, 0.9)),
    case("quotient of logs", "e = log(1 - x)/log(1 + x)", HAMMING, x=(1e-10, 0.9)),
    case("x - sin over x - tan", "e = (x - sin(x))/(x - tan(x))", HAMMING, x=(1e-3, 1.2)),
    case("log over argument", "e = log(1 + x)/x", "Kahan; " + HIGHAM, x=(1e-10, 10)),
    case("exp less 1 over argument", "e = (exp(x) - 1)/x", "Kahan; " + HIGHAM, x=(1e-10, 3)),
    case("quadratic, larger root", "e = (-b - sqrt(b*b - 4*a*c))/(2*a)", HAMMING,
         a=(0.1, 10), b=(50, 1e6), c=(0.1, 10)),
    case("quadratic, smaller root", "e = (-b + sqrt(b*b - 4*a*c))/(2*a)", HAMMING,
         a=(0.1, 10), b=(50, 1e6), c=(0.1, 10)),
    case("area of a triangle, Heron", HERON, "Kahan, Miscalculating Area and Angles", a=(9, 9.0999),
         b=(4.55, 4.56), c=(4.55, 4.56)),
    case("area of a triangle, Kahan", KAHAN, "Kahan, Miscalculating Area and Angles", a=(9, 9.0999),
         b=(4.55, 4.56), c=(4.55, 4.56)),
    case("variance, one pass", "n = 3\ne = (x*x + y*y + z*z - (x + y + z)**2/n)/(n - 1)", HIGHAM,
         x=(1000, 1001), y=(1000, 1001), z=(1000, 1001)),
    case("Rump's polynomial", RUMP, "Rump, Reliability in Computing, 1988", a=(7e4, 8e4),
         b=(3e4, 4e4)),
    case("Muller's recurrence", muller(9), "Kahan, Mindless Assessments of Roundoff, 2006",
         x0=(4, 4.0001), x1=(4.25, 4.2501)),
    case("exp by its series", sum_of(40), "Forsythe, Amer. Math. Monthly 77, 1970", x=(-9, -1)),
    case("doppler", "t = 331.4 + 0.6*T\ne = -t*v/((t + u)*(t + u))", ROSA, u=(-100, 100),
         v=(20, 20000), T=(-30, 50)),
    case("jet engine", JET, ROSA, x1=(-5, 5), x2=(-20, 5)),
    case("turbine", "e = 3 + 2/(r*r) - 0.125*(3 - 2*v)*(w*w*r*r)/(1 - v) - 4.5", ROSA,
         v=(-4.5, -0.3), w=(0.4, 0.9), r=(3.8, 7.8)),
    case("verhulst", "e = 4*x/(1 + x/1.11)", ROSA, x=(0.1, 0.3)),
    case("predator and prey", "e = 4*x*x/(1 + (x/1.11)*(x/1.11))", ROSA, x=(0.1, 0.3)),
    case("carbon gas", "e = (p + 0.401*(n/V)*(n/V))*(V - n*42.7e-6) - 1.3806503e-23*n*300", ROSA,
         p=(3.4e7, 3.6e7), n=(900, 1100), V=(0.1, 0.5)),
    case("sine by its series", "e = x - x*x*x/6 + x*x*x*x*x/120 - x*x*x*x*x*x*x/5040", ROSA,
         x=(-1.57, 1.57)),
    case("root by its series", "e = 1 + 0.5*x - 0.125*x*x + 0.0625*x*x*x - 0.0390625*x*x*x*x",
         ROSA, x=(0, 1)),
    case("sine of order 3", "e = 0.954929658551372*x - 0.12900613773279798*(x*x*x)", ROSA,
         x=(-2, 2)),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """A point: the error that a value has, and the bound that it is given."""

    point: dict[str, float]
    error: float
    bound: float

    @property
    def ratio(self) -> float:
        """By how much the bound is larger than the error."""
        return self.bound / self.error if self.error else inf

    @property
    def holds(self) -> bool:
        return self.error <= self.bound * (1 + SECOND)


def program_of(case: Case) -> Program:
    """The program of the text as it is written: nothing in it is replaced by what is stable."""
    return elaborate(Source(case.text))


def points(case: Case, count: int) -> Iterator[dict[str, float]]:
    """Reproducible points."""
    random = Random(case.name)
    for _ in range(count):
        yield {name: _drawn(random, *ends) for name, ends in case.ranges.items()}


def _drawn(random: Random, low: float, high: float) -> float:
    if 0 < low < high / 100:
        low, high = float(mpmath.log(low)), float(mpmath.log(high))
        return float(mpmath.exp(random.uniform(low, high)))
    return random.uniform(low, high)


def measure(case: Case, count: int) -> list[Measured]:
    """Errors and bounds at some points where the expression is defined."""
    program = program_of(case)
    model = Model(program, build_all(program, ["value", "error_bound"]))
    output = list(program.outputs.values())[-1]
    found = []
    for point in points(case, count):
        arguments = [point[name] for name in program.inputs]
        value, bound = model.value(*arguments), model.error_bound(*arguments)
        last = (value, bound) if isinstance(value, float) else (value[-1], bound[-1])
        with mpmath.workdps(DIGITS):
            exact = {name: mpmath.mpf(x) for name, x in point.items()}
            wanted = evaluate(program, exact, "mpmath")[output]
            error = float(abs(mpmath.mpf(last[0]) - wanted))
        assert isfinite(last[1]), point
        found.append(Measured(point, error, last[1]))
    return found


def quantiles(found: list[Measured]) -> tuple[float, float, float]:
    """Median, 95th percentile and largest of the ratios of bounds to errors."""
    ratios = sorted(m.ratio for m in found)
    return statistics.median(ratios), ratios[int(0.95 * len(ratios))], ratios[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--points", type=int, default=300, help="for each expression")
    count = parser.parse_args().points
    print(f"{'bound / error':28} {'median':>8} {'95 %':>8} {'least':>8} {'holds':>10}")
    everything = []
    for one in CASES:
        found = measure(one, count)
        everything += found
        print(row(one.name, found))
    print(row("all", everything))


def row(name: str, found: list[Measured]) -> str:
    median, high, _ = quantiles(found)
    held = f"{sum(m.holds for m in found)}/{len(found)}"
    return f"{name:28} {median:8.3g} {high:8.3g} {min(m.ratio for m in found):8.3g} {held:>10}"


if __name__ == "__main__":
    main()
