"""SymPy expressions in and out: every operation both ways, and what has no way in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mpmath
import pytest
import sympy
from strategies import exact_table
from sympy.codegen import cfunctions
from test_ops import arguments, rows_that, samples

import graphc
from graphc.errors import OptionError
from graphc.inspect.evaluate import evaluate, meaning
from graphc.inspect.sympy_bridge import from_sympy, to_sympy
from graphc.model import generate_source
from graphc.ops import Op
from graphc.program import Program

x, y = sympy.symbols("x y", real=True)
ULP = 2.0**-52


def values(program: Program, at: dict[str, Any]) -> Any:
    """The value of the one output, with 50 digits."""
    (root,) = program.outputs.values()
    return evaluate(program, at, "mpmath")[root]


# --- every operation, both ways -----------------------------------------------------------


@rows_that(lambda row: not row.condition)
def test_every_operation_both_ways(row: Op) -> None:
    """To SymPy's number and to the same number when it comes back."""
    with exact_table():
        for point in list(samples(row))[::4]:
            args = arguments(row, point, mpmath.mpf)
            program = graphc.parse(_assigned(row, point)).program
            expression = to_sympy(program, "out")
            numbers = {
                sympy.Symbol(p, real=True): sympy.Float(v, 50)
                for p, v in zip(row.params, point, strict=True)
            }
            wanted = meaning(row.name, "mpmath")(*args)
            found = mpmath.mpf(str(expression.subs(numbers).evalf(50)))
            assert abs(found - wanted) <= 1e-40 * max(1, abs(wanted))
            back = from_sympy({"out": expression})
            at = dict(zip(row.params, args, strict=True))
            assert abs(values(back, at) - wanted) <= 1e-40 * max(1, abs(wanted))


def _assigned(row: Op, point: tuple[float, ...]) -> str:
    form = row.form
    if row.name == "where":
        form = f"x if {'1 > 0' if point[0] else '1 < 0'} else y"
    if row.constants:
        form = f"polygamma({int(point[0])}, x)"
    return f"out = {form}"


@rows_that(lambda row: row.condition)
def test_every_condition_both_ways(row: Op) -> None:
    letters = {p: f"({p} > 0)" for p in row.params} if row.conditions else {}
    form = " ".join(letters.get(word, word) for word in row.form.split())
    program = graphc.parse(f"out = 2 if {form} else 3").program
    back = from_sympy({"out": to_sympy(program, "out")})
    for first in (-1.0, 0.0, 2.0):
        for second in (-1.0, 0.0, 2.0):
            at = dict(zip(row.params, (first, second), strict=False))
            assert float(values(back, at)) == float(values(program, at))


FORMS: list[tuple[Any, str]] = [
    # SymPy's expression, the line it becomes
    (x / sympy.pi, "x / pi"),
    (y * x**-2, "y / x**2"),
    (1 / x, "1.0 / x"),
    (x**-3, "1.0 / x**3"),
    (y / sympy.sqrt(x), "y / sqrt(x)"),
    (1 / sympy.sqrt(x), "1.0 / sqrt(x)"),
    (sympy.sqrt(x), "sqrt(x)"),
    (x ** sympy.Rational(3, 2), "pow(x, 1.5)"),
    (x**2.5, "pow(x, 2.5)"),
    (x**y, "pow(x, y)"),
    (sympy.exp(x), "exp(x)"),
    (sympy.exp(-x), "exp(-x)"),
    (sympy.E * x, "2.718281828459045 * x"),
    (x - y, "x - y"),
    (-x, "-x"),
    (-x * y, "-x * y"),
    (-x / 3, "-x / 3.0"),
    (2 * x / 3, "2.0 * x / 3.0"),
    (x / (y * (x + 1)), "x / y / (1.0 + x)"),
    (sympy.Rational(1, 3) + x, "0.3333333333333333 + x"),
    (0.5 * x, "0.5 * x"),
    (-0.5 * x, "-0.5 * x"),
    (sympy.log(x, 2), "log(x) / log(2.0)"),
    (sympy.Abs(x), "abs(x)"),
    (sympy.Min(x, y), "min(x, y)"),
    (sympy.ceiling(x), "ceil(x)"),
    (sympy.Mod(x, y), "x % y"),
    (sympy.loggamma(x), "lgamma(x)"),
    (sympy.digamma(x), "_digamma(x)"),
    (sympy.polygamma(2, x), "_polygamma(2.0, x)"),
    (sympy.sinc(x), "_sinc(x / pi)"),
    (sympy.atan2(y, x), "atan2(y, x)"),
    (cfunctions.expm1(x), "expm1(x)"),
    (cfunctions.log1p(x), "log1p(x)"),
    (cfunctions.hypot(x, y), "hypot(x, y)"),
    (cfunctions.exp2(x), "_exp2(x)"),
    (sympy.Piecewise((x, x > 0), (y, True)), "x if x > 0.0 else y"),
    (sympy.Piecewise((x, sympy.And(x > 0, y > 0)), (y, True)), "x if x > 0.0 and y > 0.0 else y"),
    (sympy.Piecewise((x, sympy.Ne(x, 0)), (y, True)), "x if x != 0.0 else y"),
    (sympy.Heaviside(x), "1.0 if x > 0.0 else 0.0 if x < 0.0 else 0.5"),
    (sympy.Piecewise((x, sympy.ITE(x > 0, y > 0, y > 1)), (y, True)),
     "x if (y > 0.0 if x > 0.0 else y > 1.0) else y"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "line"), FORMS, ids=[line for _, line in FORMS])
def test_forms(expression: Any, line: str) -> None:
    program = graphc.from_sympy({"r": expression}).program
    text = generate_source(program, products=("value",))
    assert f"    r = {line}\n" in text or f"    return {line}\n" in text


def test_names_order_and_arrays() -> None:
    b, a, w = sympy.Symbol("b"), sympy.Symbol("a"), sympy.IndexedBase("w")
    program = from_sympy({"r": w[2] * b + a, "s": sympy.Symbol("v[1]") + a})
    assert [(i.name, i.size) for i in program.inputs.values()] == [
        ("a", None), ("b", None), ("v", 2), ("w", 3)]  # fmt: skip
    assert list(program.outputs) == ["r", "s"]
    text = "w: input[2]\nr = w[0]*w[1] + x"
    back = from_sympy({"r": graphc.parse(text).to_sympy("r")})
    assert [(i.name, i.size) for i in back.inputs.values()] == [("w", 2), ("x", None)]


def test_to_sympy_knows_every_name() -> None:
    graph = graphc.parse("t = x*y\nr = sin(t) + 1")
    assert graph.to_sympy("t") == x * y
    assert graph.to_sympy("r") == sympy.sin(x * y) + 1
    with pytest.raises(OptionError, match=r"'rr' is not defined; did you mean 'r'\?"):
        graph.to_sympy("rr")


def test_what_another_name_needs_is_not_worked_out() -> None:
    """A part that SymPy would not survive does not matter for the others."""
    deep = "sin(" * 3000 + "x" + ")" * 3000
    assert graphc.parse(f"t: output = x + 1\nr: output = {deep}").to_sympy("t") == x + 1


# --- what has no way in -------------------------------------------------------------------

b = sympy.Symbol("b")
UNSUPPORTED: list[tuple[Any, str]] = [
    (sympy.zeta(x), "'zeta' is not an operation of the language, in zeta(x)"),
    (sympy.sec(x) + 1, "'sec' is not an operation of the language, in sec(x)"),
    (sympy.Function("sin")(x), "'sin' is not an operation of the language, in sin(x)"),
    (sympy.Integral(sympy.exp(x**2), (x, 0, 1)), "'Tuple' is not an operation of the language"),
    (sympy.Derivative(sympy.Function("f")(x), x), "is not an operation of the language"),
    (sympy.I * x, "'I' is not a real number of the language"),
    (sympy.oo, "'oo' is not a real number of the language"),
    (sympy.nan, "'nan' is not a real number of the language"),
    (sympy.zoo + 1, "'zoo' is not a real number of the language"),
    (sympy.Integer(10) ** 400 * x, "is larger than any float"),
    (sympy.Float("1e400") * x, "is larger than any float"),
    (sympy.Piecewise((x, x > 0)), "a Piecewise needs a last branch (value, True)"),
    (sympy.Piecewise((x, b), (y, True)), "takes a number for a condition"),
    (sympy.Piecewise((x, sympy.And(b, x > 0)), (y, True)), "takes a number for a condition"),
    (sympy.polygamma(y, x), "the order of a polygamma is a constant whole number"),
    (x > 0, "'r' is not a SymPy expression but of type 'StrictGreaterThan'"),
    (sympy.Matrix([x]), "'r' is not a SymPy expression but of type 'MutableDenseMatrix'"),
    ("x + 1", "'r' is not a SymPy expression but of type 'str'"),
    (None, "'r' is not a SymPy expression but of type 'NoneType'"),
    (sympy.Symbol("lambda"), "'lambda' is a keyword of Python"),
    (sympy.Symbol("a b"), "'a b' is not a name"),
    (sympy.Symbol("print"), "is a builtin of Python"),
    (sympy.Symbol("x", imaginary=True), "the symbol 'x' is not real"),
    (x + sympy.Symbol("x"), "two different symbols are called 'x'"),
    (sympy.Symbol("w") + sympy.Symbol("w[0]"), "'w' is a number and an array"),
    (sympy.Symbol("r") + 1, "'r' is a symbol and an output"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "message"), UNSUPPORTED, ids=[m for _, m in UNSUPPORTED])
def test_what_is_not_supported_is_said(expression: Any, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        graphc.from_sympy({"r": expression})
    assert message in str(caught.value)


def test_output_names_are_checked() -> None:
    with pytest.raises(OptionError, match="keyword"):
        graphc.from_sympy({"class": x})
    with pytest.raises(OptionError, match="not a name"):
        graphc.from_sympy({"d e": x})


# --- size ---------------------------------------------------------------------------------


@contextmanager
def recursion_limit(limit: int) -> Iterator[None]:
    """SymPy needs depth to build an expression; graphc must not need it to read one."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def test_long_sums() -> None:
    terms = [sympy.Symbol(f"s{k}") ** 2 / (k + 1) for k in range(3000)]
    program = from_sympy({"r": sympy.Add(*terms)})
    assert len(program.inputs) == 3000
    assert float(values(program, {f"s{k}": 1 for k in range(3000)})) == pytest.approx(
        sum(1 / (k + 1) for k in range(3000)), rel=3000 * ULP
    )


def test_deep_expressions_do_not_recurse() -> None:
    deep = x
    for _ in range(5000):
        deep = sympy.Mul(sympy.Add(deep, sympy.S.One, evaluate=False), y, evaluate=False)
    program = from_sympy({"r": deep})
    assert len(program) == 10_003


def test_what_is_too_deep_for_sympy_is_said() -> None:
    graph = graphc.parse("r = " + "sin(1 + " * 4000 + "x" + ")" * 4000)
    with pytest.raises(OptionError, match="'r' is nested too deeply for SymPy: 8000 levels"):
        graph.to_sympy("r")


def test_long_sums_are_not_deep() -> None:
    graph = graphc.parse("r = " + " + ".join(f"s{k}" for k in range(600)))
    assert len(graph.to_sympy("r").args) == 600


def test_what_is_just_not_too_deep_for_sympy() -> None:
    graph = graphc.parse("r = " + "sin(1 + " * 120 + "x" + ")" * 120)
    assert graph.to_sympy("r").has(sympy.sin)
