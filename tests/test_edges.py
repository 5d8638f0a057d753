"""Ten points at which derivative tools give nan, a wrong number or an error.

A branch that is not taken, a norm at 0, an exponential that overflows, a removable singularity, a
kink: value, derivative and second derivative are right, in every mode and by every product.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import graphc
from graphc.derive.choose import MODES

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import edges
from edges import INF, TEN, Point

SOME_MODES = ("forward", "reverse", "cross-country")

MORE = (
    Point("sqrt(x*x)", 0.0, 0.0, 0.0, 0.0),
    Point("sqrt(x)**2", 0.0, 0.0, 1.0, 0.0),
    Point("sqrt(x*x)", -1e200, 1e200, -1.0, 0.0),
    Point("(exp(x) - 1)/x", 0.0, 1.0, 0.5, 1 / 3),
    Point("(1 - cos(x))/x**2", 0.0, 0.5, 0.0, -1 / 12),
    Point("(1 - cos(x))/x", 0.0, 0.0, 0.5, 0.0),
    Point("log(1 + x)/x", 0.0, 1.0, -0.5, 2 / 3),
    Point("x/(exp(x) - 1)", 0.0, 1.0, -0.5, 1 / 6),
    Point("x/(exp(x) - 1)", 1000.0, 0.0, 0.0, 0.0),
    Point("x/(exp(x) - 1)", -36.0, 36.00000000000001, -0.9999999999999919, 7.886377622828143e-15),
    Point("x/expm1(x)", -1000.0, 1000.0, -1.0, 0.0),
    Point("2*x**3/(exp(x) - 1)", 1000.0, 0.0, 0.0, 0.0),
    Point("1/(exp(x) - 1)", 1000.0, 0.0, 0.0, 0.0),
    Point("1/(1 - exp(-x))", -1000.0, 0.0, 0.0, 0.0),
    Point("exp(x)/(exp(x) - 1)", 1000.0, 1.0, 0.0, 0.0),
    Point("3*x*exp(x)/(exp(x) - 1)", 1000.0, 3000.0, 3.0, 0.0),
    Point("x**2*exp(x)/(exp(x) - 1)**2", 1000.0, 0.0, 0.0, 0.0),
    Point("x/log(1 + x)", 0.0, 1.0, 0.5, -1 / 6),
    Point("x/sin(x)", 0.0, 1.0, 0.0, 1 / 3),
    Point("x/tan(x)", 0.0, 1.0, 0.0, -2 / 3),
    Point("log(1 + 1/exp(x))", -1000.0, 1000.0, -1.0, 0.0),
    Point("1/(1 + 1/exp(x))", -1000.0, 0.0, 0.0, 0.0),
    Point("(1 + exp(-x))**-1", -1000.0, 0.0, 0.0, 0.0),
    Point("exp(-x)/(1 + exp(-x))**2", -1000.0, 0.0, 0.0, 0.0),
    Point("exp(-x)/(1 + exp(-x))**2", 0.0, 0.25, 0.0, -0.125),
    Point("1/exp(x)", 1000.0, 0.0, 0.0, 0.0),
    Point("(exp(3*x) - exp(-3*x))/(exp(3*x) + exp(-3*x))", 1000.0, 1.0, 0.0, 0.0),
    Point("(exp(-x) - exp(x))/(exp(x) + exp(-x))", 1000.0, -1.0, 0.0, 0.0),
    Point("sinh(x)/cosh(x)", 1000.0, 1.0, 0.0, 0.0),
    Point("sqrt(4*x*x)", 0.0, 0.0, 0.0, 0.0),
    Point("sqrt(4*x*x)", -1e200, 2e200, -2.0, 0.0),
    Point("sqrt(x**4)", 0.0, 0.0, 0.0, 2.0),
    Point("sqrt(x**6)", 0.0, 0.0, 0.0, 0.0),
    Point("1/(1 + exp(-x))", 40.0, 1.0, 4.248354255291589e-18, -4.248354255291589e-18),
    Point("(exp(x) - exp(-x))/(exp(x) + exp(-x))", 1000.0, 1.0, 0.0, 0.0),
    Point("log(exp(x) + exp(3*x) + 1)", 1000.0, 3000.0, 3.0, 0.0),
    Point("log(exp(x))", -1000.0, -1000.0, 1.0, 0.0),
    Point("log(1 - 1/(1 + exp(-x)))", 1000.0, -1000.0, -1.0, 0.0),
    Point("log(x**4)", 1e200, 1842.0680743952366, 4e-200, -0.0),
    Point("log(1 + x) - log(1 - x)", 0.0, 0.0, 2.0, 0.0),
    Point("x**2", 0.0, 0.0, 0.0, 2.0),
    Point("x**1.5", 0.0, 0.0, 0.0, None),
    Point("x**0", 0.0, 1.0, 0.0, 0.0),
    Point("atan2(x, 1e-100)", 0.0, 0.0, 1e100, -0.0),
    Point("hypot(x, 0)", 0.0, 0.0, 0.0, 0.0),
)

each_mode = pytest.mark.parametrize("mode", SOME_MODES)
each_point = pytest.mark.parametrize("point", (*TEN, *MORE), ids=lambda p: f"{p.text} at {p.x:g}")


def close(found: Any, wanted: float | None) -> bool:
    return bool(found == pytest.approx(wanted, rel=1e-14, abs=1e-300))


@each_mode
@each_point
def test_value_and_slope(point: Point, mode: str) -> None:
    model = graphc.compile(
        f"r = {point.text}", products=("value", "value_and_grad", "jvp", "vjp"), mode=mode
    )
    assert close(model.value(point.x), point.value)
    assert close(model.value_and_grad(point.x), (point.value, point.slope))
    assert close(model.jvp(point.x, 1.0), (point.value, point.slope))
    assert close(model.vjp(point.x, 1.0), (point.value, point.slope))


@each_mode
@each_point
def test_bend(point: Point, mode: str) -> None:
    """Hessians, and derivatives of derivatives."""
    model = graphc.compile(f"r = {point.text}", products=("hessian", "hvp"), mode=mode)
    slope = graphc.differentiate(graphc.parse(f"r = {point.text}"), mode=mode)
    again = graphc.compile(slope, products=("grad",), mode=mode)
    for bend in (model.hessian, lambda x: model.hvp(x, 1.0), again.grad):
        if point.bend is None:
            with pytest.raises((ArithmeticError, ValueError)):
                bend(point.x)
        else:
            assert close(bend(point.x), point.bend)


# Where second derivatives lose what underflows in them: value and slope.
FAR = (
    ("x/log(1 + x)", 1e200, 2.1714724095162591e197, 0.0021667571170909688),
    ("3*x/log(1 + 2*x)", 1e200, 6.5046267896773153e197, 0.0064905233997863196),
    ("x/log(1 - x)", -1e200, -2.1714724095162591e197, 0.0021667571170909688),
    ("x/sin(x)", 1e200, -1.5528704597141897e200, -1.844851061110286e200),
)


@each_mode
@pytest.mark.parametrize(("text", "x", "value", "slope"), FAR)
def test_far_out(text: str, x: float, value: float, slope: float, mode: str) -> None:
    model = graphc.compile(f"r = {text}", products=("value_and_grad",), mode=mode)
    assert close(model.value_and_grad(x), (value, slope))


# --- the ten, in every mode ---------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_each_of_the_ten_in_every_mode(mode: str) -> None:
    for point in TEN:
        products = ("value_and_grad", "hessian")
        model = graphc.compile(f"r = {point.text}", products=products, mode=mode, search=0)
        assert close(model.value_and_grad(point.x), (point.value, point.slope)), point
        if point.bend is not None:
            assert close(model.hessian(point.x), point.bend), point


@pytest.mark.parametrize("mode", MODES)
def test_the_ten_in_one_model_in_every_mode(mode: str) -> None:
    model = all_of(TEN, "value_and_jacobian", mode)
    values, rows = model.value_and_jacobian(*(point.x for point in TEN))
    assert close(values, tuple(point.value for point in TEN))
    for k, (row, point) in enumerate(zip(rows, TEN, strict=True)):
        assert close(row, tuple(point.slope if j == k else 0.0 for j in range(len(TEN))))
    finite = [point for point in TEN if point.bend is not None]
    hessians = all_of(finite, "hessian", mode).hessian(*(point.x for point in finite))
    for k, (hessian, point) in enumerate(zip(hessians, finite, strict=True)):
        assert close(hessian[k][k], point.bend)
        assert sum(entry != 0 for row in hessian for entry in row) == (point.bend != 0)


def all_of(points: Sequence[Point], product: str, mode: str) -> graphc.Model:
    """A model with an input and an output for each of them."""
    texts = [re.sub(r"\bx\b", f"x{k}", point.text) for k, point in enumerate(points)]
    lines = [f"r{k}: output = {text}" for k, text in enumerate(texts)]
    return graphc.compile("\n".join(lines), products=(product,), mode=mode, search=0)


def test_the_benchmark_counts_them() -> None:
    for tool in edges.TOOLS:
        if tool.module == "graphc":
            assert [edges.row(tool, order)[-1] for order in range(3)] == ["10", "8", "8"]
    wrong = edges.Tool("wrong", lambda text, order: lambda x: math.log(x), "math")
    assert edges.row(wrong, 0)[3:6] == ["raises", "6.91", "6.91"]
    assert edges.row(wrong, 2)[-2:] == ["ok", "1"]  # it may raise where it is infinite


# --- several inputs -----------------------------------------------------------------------

PLANE = (
    ("sqrt(x*x + y*y)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("sqrt(x**2 + y*y)", (3e200, -4e200), 5e200, (0.6, -0.8)),
    ("sqrt(x*x + y*y)", (3e-200, 4e-200), 5e-200, (0.6, 0.8)),
    ("sqrt(x*x + y*y)**2", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("sqrt(x*x + y*y + z*z)", (0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0)),
    ("sqrt(x*x + y*y + z*z)", (0.0, 0.0, -2.0), 2.0, (0.0, 0.0, -1.0)),
    ("atan2(y, x)", (3e-200, 4e-200), math.atan2(4, 3), (-1.6e199, 1.2e199)),
    ("atan2(y, x)", (3e200, 4e200), math.atan2(4, 3), (-1.6e-201, 1.2e-201)),
    ("log(exp(x) + exp(y))", (-1000.0, -1000.0), -1000 + math.log(2), (0.5, 0.5)),
    ("log(exp(x) + exp(y) + exp(z))", (1000.0, 0.0, -1000.0), 1000.0, (1.0, 0.0, 0.0)),
    ("log(1 + x) - log(1 - x) + y", (1e-20, 0.0), 2e-20, (2.0, 1.0)),
    ("x*log(x/y)", (0.0, 2.0), 0.0, (-INF, 0.0)),
    ("log(x) - log(y)", (1.0 + 2.0**-52, 1.0), 2.0**-52, (1.0, -1.0)),
    ("(x*x + y*y)*log(x*x + y*y)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    (
        "(x*x + y*y)*log(x*x + y*y)",
        (3e-200, 4e-200),
        0.0,
        (-5.5008909682365003e-197, -7.3345212909820005e-197),
    ),
    ("(x*x + y*y)*log10(x*x + y*y)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("(x*x + y*y + z*z)*log(x*x + y*y + z*z)", (0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0)),
    (
        "0.5*(x*x + y*y)*log(x*x + y*y)",
        (3.0, 4.0),
        12.5 * math.log(25),
        (12.656627474604603, 16.875503299472803),
    ),
    ("(x*x + y*y)*log((x*x + y*y)/4)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("(x*x + y*y)**2*log(x*x + y*y)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("(x*x + y*y)*log(sqrt(x*x + y*y))", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("sqrt(x*x + y*y)**2*log(sqrt(x*x + y*y))", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("x**y", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("x**y", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("x**y", (-2.0, 3.0), None, None),
)


@each_mode
@pytest.mark.parametrize(("text", "point", "value", "slopes"), PLANE)
def test_several_inputs(text: str, point: tuple[float, ...], value: Any, slopes: Any,
                        mode: str) -> None:  # fmt: skip
    declared = "".join(f"{name}: input\n" for name in "xyz"[: len(point)])
    model = graphc.compile(f"{declared}r = {text}", products=("value_and_grad",), mode=mode)
    if value is None:
        with pytest.raises((ArithmeticError, ValueError)):
            model.value_and_grad(*point)
    else:
        found, grad = model.value_and_grad(*point)
        assert close(found, value)
        assert grad == pytest.approx(slopes, rel=1e-14, abs=1e-300)


@each_mode
def test_length_squared_is_smooth_at_the_origin(mode: str) -> None:
    model = graphc.compile("r = sqrt(x*x + y*y)**2", products=("hessian",), mode=mode)
    assert model.hessian(0.0, 0.0) == ((2.0, 0.0), (0.0, 2.0))


@each_mode
def test_a_thin_plate_is_as_smooth_as_it_is(mode: str) -> None:
    """It has slope 0 at the origin, and infinite second derivatives."""
    text = "r2 = x*x + y*y\nr: output = r2*log(r2)"
    model = graphc.compile(text, products=("value_and_grad", "hessian"), mode=mode)
    assert close(model.value_and_grad(0.6, 0.8)[1], (1.2, 1.6))
    for found, wanted in zip(model.hessian(0.6, 0.8), ((3.44, 1.92), (1.92, 4.56)), strict=True):
        assert close(found, wanted)
    assert not math.isfinite(model.hessian(0.0, 0.0)[0][0])


def test_without_stable_forms_the_points_are_not_right() -> None:
    """The table is about something: Python's own formulas fail at most of these points."""
    failures = 0
    for point in TEN:
        model = graphc.compile(f"r = {point.text}", products=("value_and_grad",), stable=False)
        try:
            failures += not close(model.value_and_grad(point.x), (point.value, point.slope))
        except (ArithmeticError, ValueError):
            failures += 1
    assert failures == 5
