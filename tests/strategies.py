"""What the tests share: random programs, points, exact constants, bounds of rounding errors.

Programs are drawn as text, so that they go the user's way.  They respect the domains of all
operations by construction (``sqrt(1 + x*x)``), and keep numbers moderate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import pytest
from hypothesis import strategies as st

from graphc import program
from graphc.derive import curvature, linearise, rules
from graphc.inspect import evaluate as evaluation
from graphc.inspect.evaluate import evaluate
from graphc.language import templates
from graphc.ops import OPS, Op
from graphc.program import Program

DIGITS = 50

# --- random programs ----------------------------------------------------------------------

# Forms of statements; p, q, r, s are earlier values, k is a number.
ALGEBRA = ["p + q", "p - q", "p*q", "-p", "k*p", "p + k", "p/(1 + q*q)", "(p - q)*(p + q)", "p**2",
           "p**3/8", "k", "p - -q", "p*-1", "-p*q"]  # fmt: skip
SMOOTH = ["sqrt(1 + p*p)", "log(2 + p*p)", "exp(-p*p)", "exp(sin(p))", "sin(p)", "cos(p + q)",
          "tan(tanh(p))", "tanh(p)", "atan(p)", "atan2(p, 2 + q*q)", "asin(tanh(p)/2)",
          "acos(tanh(p)/2)", "acosh(2 + p*p)", "asinh(p)", "atanh(tanh(p)/2)", "sinh(sin(p))",
          "cosh(cos(p))", "hypot(p, 1 + q*q)", "erf(p)", "erfc(p)", "expm1(tanh(p))", "log1p(p*p)",
          "log2(1 + p*p)", "log10(1 + p*p)", "cbrt(1 + p*p)", "exp2(tanh(p))", "2**tanh(p)",
          "(1 + p*p)**tanh(q)", "(1 + p*p)**-1.5", "gamma(1.5 + p*p/8)", "lgamma(1.5 + p*p)",
          "(1 + p*p)**0.5"]  # fmt: skip
KINKED = ["abs(p)", "fabs(p)", "min(p, q)", "max(p, q, r)", "p if q > r else s",
          "sqrt(p) if p > 0.25 else q*r", "p*q if q <= r and p != k else s",
          "p if not q < k or r > p else -s", "log(p) if p >= 1 else (q if q > 0 else r)",
          "copysign(p, q)", "fmod(p, 2 + q*q)", "p % (2 + q*q)", "p // (2 + q*q) + q",
          "floor(p) + q", "ceil(p)*q", "trunc(p)*q"]  # fmt: skip
OURS = ["sigmoid(p)", "softplus(p)", "gelu(p)", "elu(p)", "relu(p)", "leaky_relu(p, 0.25)",
        "logsumexp(p, q)", "logsumexp(p, q, r)", "sinc(p)", "xlogy(1 + p*p, 1 + q*q)",
        "logit(sigmoid(p)/2 + 0.25)", "clip(p, -1, 1)", "hard_tanh(p)", "sign(p)*q",
        "where(p > q, r, s)", "sum(p**i/(i + 1) for i in range(3))", "digamma(1.5 + p*p)",
        "prod(p - i for i in range(2))", "max(p*i for i in range(3))"]  # fmt: skip
NUMBERS = ["2", "-1", "0.5", "1", "3", "0", "-0.25", "1.5"]  # exact in every arithmetic
STEPS = ("//", "%", "fmod", "floor", "ceil", "trunc")


@dataclass(frozen=True)
class Drawn:
    """A random program."""

    text: str
    elements: tuple[str, ...]  # scalar inputs and array elements, in order
    outputs: tuple[str, ...]

    def arguments(self, point: tuple[float, ...]) -> list[Any]:
        """A point as arguments of a generated function: the array comes last."""
        scalars = [v for e, v in zip(self.elements, point, strict=True) if "[" not in e]
        array = list(point[len(scalars) :])
        return [*scalars, array] if array else scalars


@st.composite
def programs(
    draw: st.DrawFn,
    forms: tuple[str, ...] = (*ALGEBRA, *SMOOTH, *KINKED, *OURS),
    statements: int = 6,
    arrays: bool = True,
) -> Drawn:
    """Programs of some statements, each made of earlier ones."""
    scalars = ["x", "y", "z"][: draw(st.integers(1, 3))]
    size = draw(st.integers(1, 3)) if arrays and draw(st.booleans()) else 0
    elements = [*scalars, *(f"w[{k}]" for k in range(size))]
    lines = [f"{name}: input" for name in scalars] + [f"w: input[{size}]"] * bool(size)
    known = list(elements)
    count = draw(st.integers(1, statements))
    ends = draw(st.integers(1, min(3, count)))
    outputs = []
    for k in range(count):
        is_output = k >= count - ends
        name = f"r{k}" if is_output else f"t{k}"
        lines.append(f"{name}{': output' * is_output} = {draw(_expression(forms, known))}")
        known.append(name)
        outputs += [name] * is_output
    return Drawn("\n".join(lines), tuple(elements), tuple(outputs))


@st.composite
def _expression(draw: st.DrawFn, forms: tuple[str, ...], known: list[str]) -> str:
    form = draw(st.sampled_from(forms))
    parts = {letter: draw(st.sampled_from(known)) for letter in "pqrs" if _has(form, letter)}
    if draw(st.integers(0, 3)) == 0 and "p" in parts:  # nest, so that not all has a name
        inner = draw(st.sampled_from([f for f in forms if " if " not in f]))
        parts["p"] = f"({_filled(inner, {c: draw(st.sampled_from(known)) for c in 'pqrs'}, '2')})"
    return _filled(form, parts, draw(st.sampled_from(NUMBERS)))


def _words(form: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else f"\0{c}\0" for c in form).split("\0")


def _has(form: str, letter: str) -> bool:
    return letter in _words(form)


def _filled(form: str, parts: Mapping[str, str], number: str) -> str:
    return "".join({"k": f"({number})", **parts}.get(word, word) for word in _words(form))


@st.composite
def points(draw: st.DrawFn, drawn: Drawn) -> tuple[float, ...]:
    """Coordinates between -2 and 2 that are in no simple relation to each other."""
    turns = [draw(st.integers(1, 999)) for _ in drawn.elements]
    return tuple(4 * math.modf((t + 0.17 * k) * 0.6180339887498949)[0] - 2
                 for k, t in enumerate(turns, 1))  # fmt: skip


@st.composite
def programs_at_points(draw: st.DrawFn, /, **options: Any) -> tuple[Drawn, tuple[float, ...]]:
    """A program and a point."""
    drawn = draw(programs(**options))
    return drawn, draw(points(drawn))


def is_regular(made: Program, inputs: Mapping[str, float]) -> bool:
    """Whether a point is away from kinks, steps and ties, and all values are moderate."""
    values = evaluate(made, inputs)
    for node, value in zip(made.nodes, values, strict=True):
        args = [values[a] for a in node[1:]] if node[0] not in ("const", "input") else []
        if isinstance(value, bool):
            if args and not isinstance(args[0], bool) and not abs(args[0] - args[1]) > 1e-4:
                return False
        elif node[0] in ("min", "max") and node[1] != node[2]:
            if not abs(args[0] - args[1]) > 1e-4:
                return False
        elif node[0] in ("abs", "sign", "copysign"):
            if not min(map(abs, args)) > 1e-4:
                return False
        elif node[0] in ("floor", "ceil", "trunc", "floordiv", "mod", "fmod"):
            step = args[0] / args[1] if len(args) == 2 else args[0]
            if not abs(step - round(step)) > 1e-4:
                return False
        elif not abs(value) < 1e6 and node[0] not in ("sqrt", "log"):  # in a branch not taken
            return False
    return True


# --- exact constants ----------------------------------------------------------------------


def _whole(function: Callable[..., Any]) -> Callable[..., Any]:
    def fold(*values: Any) -> Any:
        result = function(*values)
        if any(isinstance(v, float) for v in (*values, result)):
            raise ValueError("floats are rounded; leave them to mpmath")
        return result

    return fold


def _forget() -> None:
    """Empty the caches of what was read from the table."""
    for module in (evaluation, curvature, linearise, rules, templates):
        for cached in vars(module).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()


@contextmanager
def exact_table(*changed: Op) -> Iterator[None]:
    """The table without rounded constants (``1/3`` stays), and with some rows replaced."""
    with pytest.MonkeyPatch.context() as patch:
        folds = {op: _whole(function) for op, function in program._FOLDS.items()}
        patch.setattr(program, "_FOLDS", folds)
        for row in changed:
            patch.setitem(OPS, row.name, row)
        _forget()
        with mpmath.workdps(DIGITS):
            yield
    _forget()


# --- rounding errors ----------------------------------------------------------------------

UNIT = 2.0**-53
ROUNDINGS = 8  # of one operation: libm is within 2 units of the last place, ours within 4
# Sums that pass through 0, so that their error is that of a number near 1.
ABSOLUTE = {"lgamma", "digamma", "polygamma", "logsumexp", "sinc", "gamma"}


def rounding_bounds(made: Program, values: list[Any]) -> list[Any]:
    """How far floats may be from exact values, to first order.

    Every operation adds some roundings of its own and passes on those of its arguments, by its
    local partials (Griewank & Walther, section 2.1; Higham, "Accuracy and Stability", section 3).
    """
    bounds: list[Any] = []
    for i, node in enumerate(made.nodes):
        value = values[i]
        if node[0] in ("const", "input") or isinstance(value, bool):
            number = node[0] == "const" and not isinstance(value, bool)
            bounds.append(abs(value - float(node[1])) if number else mpmath.mpf(0))
            continue
        args = [values[a] for a in node[1:]]
        if node[0] == "where":
            bounds.append(bounds[node[2] if args[0] else node[3]])
            continue
        own = ROUNDINGS * UNIT * (max(abs(value), 1) if node[0] in ABSOLUTE else abs(value))
        inexact = [k for k, a in enumerate(node[1:]) if bounds[a]]
        slopes = [_slope(node[0], k, args, value) for k in inexact]
        passed = (abs(c) * bounds[node[1 + k]] for c, k in zip(slopes, inexact, strict=True))
        bounds.append(own + sum(passed))
    return bounds


def _slope(op: str, k: int, args: list[Any], value: Any) -> Any:
    """A local partial at a point, by the table's text."""
    row = OPS[op]
    made, result = _read(row.partials[k])
    env = dict(zip((*row.params, "out"), (*args, value), strict=True))
    inputs = {name: env[name] for name in made.inputs}
    return evaluate(made, inputs, "mpmath", [result])[result]


_read = cache(templates.read)
