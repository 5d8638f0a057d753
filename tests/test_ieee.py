"""``errors="ieee"``: what raises in Python gives what NumPy gives, and nothing else changes.

The judge of single operations is NumPy (SciPy for the gamma functions) at all pairs of hard
points; of whole models it is the same model with ``errors="raise"`` where that does not raise.
"""

from __future__ import annotations

import math
import pickle
import shlex
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ALGEBRA, programs

import graphc
from graphc.codegen.guards import ERRORS
from graphc.derive.products import PRODUCTS
from graphc.derive.results import flatten
from graphc.inspect.evaluate import evaluate, meaning
from graphc.inspect.execute import ieee
from graphc.ops import OPS, Op

EXAMPLES = sorted(Path(__file__).parents[1].glob("examples/*.expr"))
INF, NAN = math.inf, math.nan
HARD = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 7.25, 171.7, 720.0, -720.0, 1024.0,
        -800.0, 1e16, -1e17, 1e154, 1e200, -1e200, 1e308, -1e308, 1.7e308, 1e-309, -1e-309,
        5e-324, -5e-324, INF, -INF, NAN)  # fmt: skip
FEW = (0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1e200, -1e308, 5e-324, INF, -INF, NAN)
NUMPY: dict[str, Callable[..., Any]] = {
    "div": np.divide, "floordiv": np.floor_divide, "mod": np.remainder, "fmod": np.fmod,
    "pow": np.power, "sqrt": np.sqrt, "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1,
    "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "sin": np.sin,
    "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "sinh": np.sinh,
    "cosh": np.cosh, "acosh": np.arccosh, "atanh": np.arctanh, "floor": np.floor, "ceil": np.ceil,
    "trunc": np.trunc, "gamma": scipy.special.gamma, "lgamma": scipy.special.gammaln,
}  # fmt: skip


def outcome(function: Callable[..., Any], *arguments: Any) -> list[float] | None:
    """The numbers that a function returns; None if it raises."""
    try:
        results = function(*arguments)
    except (ArithmeticError, ValueError):
        return None
    return list(flatten(results))


def same(first: list[float], second: list[float]) -> bool:
    """Whether numbers are the same bit for bit, and Python's whole numbers the same numbers."""
    return len(first) == len(second) and all(map(_same, first, second))


def _same(a: float, b: float) -> bool:
    if a != a or b != b:
        return a != a and b != b
    return type(a) is type(b) and (struct.pack("d", a) == struct.pack("d", b) if a == b else False)


def both(text: str, **options: Any) -> list[graphc.Model]:
    return [graphc.compile(text, errors=errors, **options) for errors in ERRORS]


# --- single operations --------------------------------------------------------------------


NUMERIC = [row for row in OPS.values() if not row.condition]


def of_row(row: Op) -> list[graphc.Model]:
    """The row in a module of each kind, with its first derivatives."""
    form, free = row.form, row.params
    if row.name == "where":
        form, free = "x if y > 0 else y", ("x", "y")
    if row.constants:
        form, free = "polygamma(2, x)", ("x",)
    declared = [f"{p}: input" for p in free]
    options = {"products": ("value", "value_and_jacobian"), "stable": False}
    return both("\n".join([*declared, f"out = {form}"]), **options)


def points(count: int) -> Iterator[tuple[float, ...]]:
    return product(*[HARD if count < 3 else FEW] * count)


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_row(row: Op) -> None:
    python, total = of_row(row)
    raised = 0
    for point in points(len(python.INPUTS)):
        wanted, found = outcome(python.value, *point), outcome(total.value, *point)
        assert found is not None, point
        if wanted is not None:
            assert same(found, wanted), (point, found, wanted)
        else:
            raised += 1
            assert agrees(row, point, found[0]), (point, found)
        wanted, found = (outcome(m.value_and_jacobian, *point) for m in (python, total))
        assert found is not None and (wanted is None or same(found, wanted)), point
    assert bool(raised) >= bool(row.ieee), "the row says what happens, but nothing does"


def agrees(row: Op, point: tuple[float, ...], found: float) -> bool:
    """Whether a result is what NumPy has; of definitions, whether it is no different number."""
    if row.name in NUMPY:
        with np.errstate(all="ignore"):
            return _same(float(found), float(NUMPY[row.name](*point)))
    if not math.isfinite(found):
        return True
    exact = meaning(row.name, "mpmath")(*[2] * bool(row.constants), *point)
    return abs(found - exact) <= 1e-12 * abs(exact) + sys.float_info.min


def test_every_row_that_raises_is_judged() -> None:
    assert set(NUMPY) == {row.name for row in OPS.values() if row.ieee}


def test_a_wrong_row_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    wrong = replace(OPS["log"], ieee="nan")
    monkeypatch.setitem(OPS, "log", wrong)
    with pytest.raises(AssertionError):
        test_row(wrong)


@pytest.mark.parametrize("n", [-3, -2, -1, 2, 3, 400, 401, 10**17 + 1])
def test_whole_powers(n: int) -> None:
    python, ieee = both(f"y = x**{n}" if n > 0 else f"y = x**({n})", products=("value",))
    for x in HARD:
        wanted, (found,) = outcome(python.value, x), outcome(ieee.value, x) or (None,)
        with np.errstate(all="ignore"):
            assert _same(found, wanted[0] if wanted else float(np.power(x, float(n)))), x


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_the_table_is_what_modules_return(row: Op) -> None:
    """What `graphc trace` says of an error is what the module returns without it."""
    python, total = of_row(row)
    for point in islice(points(len(python.INPUTS)), 0, None, 3):
        if not row.macro and outcome(python.value, *point) is None:
            given = [2.0, *point] if row.constants else point
            assert _same(float(total.value(*point)), ieee(row.name, given)), point


# --- whole models -------------------------------------------------------------------------


def arguments(model: graphc.Model, name: str, numbers: Iterator[float]) -> list[Any]:
    """Arguments of a product, vectors after the inputs, from a stream of numbers."""
    (made,) = [p for p in model._products if p.name == name]
    packed: list[Any] = []
    for i in made.arguments:
        found = list(islice(numbers, len(i.elements)))
        packed.append(found[0] if i.size is None else found)
    return packed


def stream(start: int, step: int) -> Iterator[float]:
    """Hard points in an order of their own: all pairs of neighbours occur."""
    k = start
    while True:
        yield HARD[k % len(HARD)]
        k += step


def assert_total(python: graphc.Model, ieee: graphc.Model, steps: tuple[int, ...]) -> int:
    """Products never raise, and are the same where Python's do not; how often these raise."""
    raised = 0
    for name in (p.name for p in ieee._products):
        for start, step in product(range(len(HARD)), steps):
            given = arguments(ieee, name, stream(start, step))
            found = getattr(ieee, name)(*given)
            wanted = outcome(getattr(python, name), *given)
            raised += wanted is None
            equal = wanted is None or same(list(flatten(found)), wanted)
            assert equal or is_beyond(ieee, name, given), (name, start, step)
    return raised


def is_beyond(model: graphc.Model, name: str, given: list[Any]) -> bool:
    """Whether there is a whole number larger than any float, which IEEE 754 does not have."""
    (made,) = [p for p in model._products if p.name == name]
    numbers = [v for a in given for v in (a if isinstance(a, list) else [a])]
    names = [e for i in made.arguments for e in i.elements]
    values = evaluate(made.program, dict(zip(names, numbers, strict=True)))
    return any(type(v) is int and abs(v) > sys.float_info.max for v in values)


def possible(outputs: int) -> list[str]:
    """All products that a model can have."""
    return [name for name, kind in PRODUCTS.items() if outputs == 1 or not kind.several]


NEVER = ("apples", "maximum", "quickstart", "sigmoid")  # raise in Python
SMALL = [p for p in EXAMPLES if p.stem not in ("network", "reprojection", "cable")]


@pytest.mark.parametrize("file", SMALL, ids=lambda p: p.stem)
def test_examples_never_raise(file: Path) -> None:
    outputs = len(graphc.load(file, products=("value",)).OUTPUTS)
    python, ieee = (
        graphc.load(file, products=possible(outputs), search=0, errors=errors) for errors in ERRORS
    )
    raised = assert_total(python, ieee, (0, 1, 3))
    assert raised or file.stem in NEVER


@pytest.mark.parametrize("stem", ["network", "reprojection", "cable"])
def test_large_examples_never_raise(stem: str) -> None:
    (file,) = [p for p in EXAMPLES if p.stem == stem]
    python, ieee = (
        graphc.load(file, products=("value", "value_and_jacobian"), mode="reverse", errors=errors)
        for errors in ERRORS
    )
    assert_total(python, ieee, (1,))


# Forms of statements that do not avoid what is undefined.
BARE = ["p/q", "p // q", "p % q", "fmod(p, q)", "p**q", "p**-2", "p**3", "p**0.5", "sqrt(p)",
        "log(p)", "log2(p)", "log1p(p)", "exp(p)", "exp2(p)", "expm1(p)", "sinh(p)", "cosh(p)",
        "sin(p)", "tan(p)", "asin(p)", "acosh(p)", "atanh(p)", "gamma(p)", "lgamma(p)",
        "digamma(p)", "floor(p)", "ceil(p)*q", "trunc(p)", "floor(p)*ceil(q)",
        "floor(p)**3 - trunc(q)", "sinc(p)", "xlogy(p, q)", "logit(p)", "sigmoid(p)",
        "softplus(p)", "logsumexp(p, q)", "gelu(p)", "cbrt(p)", "log(1 + exp(p))", "sin(p)/p",
        "(exp(p) - 1)/p", "p*log(p)", "sqrt(p*p + q*q)", "log(p) if p > q else 1/q",
        "1/p if q > 0 else p", "hypot(p, q)", "atan2(p, q)"]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_random_programs_never_raise(data: st.DataObject) -> None:
    drawn = data.draw(programs(forms=(*BARE, *BARE, *ALGEBRA), statements=4))
    options = {"products": ("value", "jacobian", "hessian", "error_bound"), "search": 0}
    stable = data.draw(st.booleans())
    python, ieee = both(drawn.text, stable=stable, **options)
    assert_total(python, ieee, (1, 2))


# --- whole numbers without a largest one --------------------------------------------------


def test_whole_numbers_are_exact_up_to_the_largest_float() -> None:
    python, ieee = both("y = floor(a)*ceil(b) + floor(c)", products=("value",))
    big = [2.0**53 + 2, 2.0**53 - 1, 1.0]
    assert python.value(*big) == ieee.value(*big) == (2**53 + 2) * (2**53 - 1) + 1
    assert type(ieee.value(*big)) is int
    assert ieee.value(1e200, -1e200, 1.0) == -INF
    assert math.isnan(ieee.value(1e200, 0.0, NAN))


def test_whole_numbers_beyond_all_floats_meet_a_float() -> None:
    text = "y = floor(a)*floor(b) + 0.5\nz = exp(-floor(a)**2)\nw = logsumexp(floor(a), -floor(b))"
    python, ieee = both(text, products=("value",))
    with pytest.raises(OverflowError):
        python.value(1e200, 1e200)
    assert ieee.value(1e200, 1e200) == (INF, 0.0, 1e200)
    assert ieee.value(1.7e308, 1.7e308) == (INF, 0.0, 1.7e308)


# --- declared bounds ----------------------------------------------------------------------

BOUNDED = """nan: input > 0
x: -1 < input <= 1
steps_of_the_chain: 0.0625 <= input[2] <= 1234567.125
y: output = log(nan)*x + steps_of_the_chain[0]/steps_of_the_chain[1]
z: output = sqrt(nan) + 2*x if x > 0 else x"""


def test_arguments_outside_their_bounds_are_nan() -> None:
    python, ieee = both(BOUNDED, products=possible(2))
    assert assert_total(python, ieee, (0, 1, 3))
    assert all(map(math.isnan, ieee.value(0.0, 0.5, [1.0, 1.0])))
    y, z = ieee.value(1.0, 0.5, [1.0, 0.0])
    assert (math.isnan(y), z) == (True, 2.0)
    assert ieee.value(1.0, 0.5, [1.0, 0.25]) == (4.0, 2.0)


# --- the option ---------------------------------------------------------------------------


def test_what_cannot_raise_stays_plain() -> None:
    text = "y = (a*b + c)/2 - atan(a)*abs(b) + min(a, c)*hypot(b, c) + (a // 4.0) % 3"
    python, ieee = both(text, products=("value",))
    said = "Where Python would raise, operations return the inf or nan of IEEE 754.\n\n"
    assert ieee.source.replace(said, "") == python.source


def test_names_of_the_user() -> None:
    text = "log = a/inf\nsin = nan*2\ncopysign = log + sin\n" \
        "exp: output = log(log)*sin(sin) + nan**copysign + exp(floor(exp2(log)))"  # fmt: skip
    python, ieee = both(text)
    assert set(ieee.INPUTS) == {"a", "inf", "nan"}
    assert assert_total(python, ieee, (1, 2))


def test_a_model_keeps_its_option() -> None:
    model = graphc.compile("y = 1/x", errors="ieee")
    assert model.errors == "ieee"
    again = pickle.loads(pickle.dumps(model))
    assert again.value_and_grad(0.0) == (INF, -INF)
    assert again.source == model.source
    assert graphc.compile("y = 1/x").errors == "raise"


def test_the_module_says_so() -> None:
    python, ieee = both("y = 1/x")
    assert "IEEE 754" in (ieee.__doc__ or "")
    assert "IEEE 754" not in (python.__doc__ or "")


def test_wrong_option() -> None:
    with pytest.raises(graphc.OptionError) as raised:
        graphc.compile("y = 1/x", errors="ignore")
    assert str(raised.value) == "unknown errors 'ignore'; choose from raise, ieee"


def test_the_command_line(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from graphc.cli import commands

    call = lambda *words: CliRunner().invoke(commands, words)  # noqa: E731
    (tmp_path / "y.expr").write_text("y = log(x)")
    file = str(tmp_path / "y.expr")
    assert call("eval", file, "x=0", "--errors", "ieee").stdout == "y = -inf\ndy/dx = inf\n"
    done = call("eval", file, "x=0")
    assert (done.exit_code, done.stderr) == (
        1, "graphc: error: the model is not defined at this point: math domain error\n"
        f"help: {shlex.join(['graphc', 'trace', file, 'x=0'])}  names the operation\n",
    )  # fmt: skip
    assert "log(x)" in call("trace", file, "x=0").stdout
    source = graphc.load(file, errors="ieee").source
    assert call("compile", file, "--errors", "ieee").stdout.rstrip() == source.rstrip()
    done = call("compile", file, "--errors", "iee")
    assert done.exit_code == 2
    assert "Invalid value for '--errors': 'iee' is not one of 'raise', 'ieee'." in done.stderr


def test_scipy_steps_back_from_where_a_model_is_undefined() -> None:
    """A line search that overshoots has to see a number."""
    from scipy.optimize import minimize

    python, ieee = both("x: input[1]\nf = exp(x[0]) - 10*x[0]", products=("value", "grad"))
    with pytest.raises(OverflowError):
        minimize(python.value, [-200.0], jac=python.grad, method="L-BFGS-B")
    found = minimize(ieee.value, [-200.0], jac=ieee.grad, method="L-BFGS-B")
    assert found.success


DOMAINS = "y = log(x)*sqrt(1 - x*z) + asin(x - z)/(x - 0.8) + gamma(x - 2)"


TEXTS = [DOMAINS, "y = log(x)", "y = x/z + floor(x)*z", "y = exp(9*x*x)", BOUNDED]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("products", [("all",), ("hessian",), ("sparse_jacobian", "vjp")])
def test_modules_check_themselves(text: str, products: tuple[str, ...], tmp_path: Path) -> None:
    verdicts = []
    for model in both(text, products=products):
        file = tmp_path / f"{model.errors}.py"
        file.write_text(model.source)
        run = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
        verdicts.append((run.returncode, run.stdout, run.stderr))
    assert verdicts[0] == verdicts[1]
    assert verdicts[0][0] == 0


def test_mpmath_is_the_reference_of_definitions() -> None:
    assert not agrees(OPS["sigmoid"], (0.0,), 0.75)
    assert agrees(OPS["sigmoid"], (0.0,), 0.5)
    assert mpmath.mp.prec >= 53
