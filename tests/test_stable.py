"""Stable forms: both sides are one function, and what is computed has its digits."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import mpmath
import pytest
from click.testing import CliRunner

import graphc
from graphc.cli import commands
from graphc.derive.forms import CHAINS, LAST, STABLE, Form
from graphc.derive.products import build
from graphc.derive.results import flatten
from graphc.derive.stable import stabilise
from graphc.inspect.evaluate import evaluate
from graphc.language.lexer import make_source
from graphc.model import read_program
from graphc.program import Program

ULP = 2.0**-52
# 0, tiny, on both sides of every switch, where exponentials leave the range, and beyond
HARD = (0.0, 5e-324, 1e-300, 1e-17, 1e-8, 1e-3, 0.3, 0.5, 0.6999, 0.7001, 1 - 2**-53, 1.0,
        1 + 2**-52, 1.3, 2.0, 3.0, 37.0, 700.0, 1000.0, 1e200)  # fmt: skip
GRID = (*HARD, *(-x for x in HARD))
PAIRS = [(x, y) for x, y in product(GRID[::3], GRID[1::4])] + [(1 + ULP, 1.0), (3.0, 3.0)]
EXACT = 1200  # digits in which exp(-1000) and 5e-324**3 are something beside 1
EXAMPLES = {"even y": "6", "odd y": "3", "fourfold y": "4", "positive y": "4",
            "opposite x y": "-x", "nonnegative x": "abs(x)"}  # fmt: skip


def text_of(form: Form) -> str:
    """A formula that the form is for."""
    if form.guard in ("bounded x", "number x"):
        return f"{form.left}\nx: input > 0"
    name = form.guard.split(" ")[-1]
    text = form.left.replace(" + ...", " + exp(z)" if "exp" in form.left else " + z*z")
    return text.replace(name, EXAMPLES[form.guard]) if form.guard in EXAMPLES else text


FORMS = [(form, text_of(form)) for form in (*STABLE, *LAST, *CHAINS)]
ENOUGH = 10  # points
each_form = pytest.mark.parametrize(("form", "text"), FORMS, ids=[text for _, text in FORMS])


def read(text: str, stable: bool = True) -> Program:
    return read_program(make_source(f"r = {text}"), passes=graphc.model.passes(stable))


def points(program: Program) -> list[dict[str, float]]:
    names = list(program.inputs)
    if len(names) == 1:
        bounds = program.inputs[names[0]].bounds
        return [{names[0]: x} for x in GRID if bounds is None or x in bounds]
    return [dict(zip(names, (*pair, 0.5), strict=False)) for pair in PAIRS]


def exactly(program: Program, roots: list[Any], at: dict[str, float]) -> list[Any]:
    """Values of nodes in very many digits; nan is what is undefined."""
    with mpmath.workdps(EXACT):
        inputs = {name: mpmath.mpf(x) for name, x in at.items()}
        wanted = [r for r in roots if r is not None]
        values = evaluate(program, inputs, "mpmath", wanted)
        return [mpmath.mpf(0) if r is None else values[r] for r in roots]


# --- the forms ----------------------------------------------------------------------------


@each_form
def test_form_is_taken(form: Form, text: str) -> None:
    found = read(text).replaced
    assert [r.form for r in found] == [form.name]
    assert found[0].why == form.why
    assert read(text, stable=False).replaced == []


@each_form
def test_both_sides_are_one_function(form: Form, text: str) -> None:
    """With very many digits: where the left side is defined, the right side is the same."""
    plain, made = read(text, stable=False), read(text)
    compared = 0
    for at in points(plain):
        if max(map(abs, at.values())) > 1000:
            continue  # exp(1e200) is too large for mpmath
        (wanted,), (found,) = (exactly(p, [p.outputs["r"]], at) for p in (plain, made))
        if mpmath.isfinite(wanted):
            compared += 1
            assert abs(found - wanted) <= mpmath.mpf(10) ** -50 * abs(wanted), at
    assert compared >= ENOUGH


# Forms whose derivatives have their digits in sums with what is of size 1: cosh and tanh in the
# tails, differences of logistic functions near 0, squares of nearly equal lengths.
ABSOLUTE = {"tanh", "sigmoid", "softplus", "log-sigmoid", "norm", "logsumexp", "atanh",
            "log-1-minus-exp", "cosrel"}  # fmt: skip
ULPS = {0: 8, 1: 16, 2: 40}


@each_form
def test_floats_have_their_digits(form: Form, text: str) -> None:
    """Value, first and second derivatives, against derivatives of what was written."""
    plain, made = read(text, stable=False), read(text)
    model = graphc.compile(graphc.Graph(made), products=("value", "grad", "hessian"))
    compared = 0
    for degree, name in enumerate(("value", "grad", "hessian")):
        whole = build(plain, name)
        for at in points(plain):
            if max(map(abs, at.values())) > 1000:
                continue
            if degree + len(at) > 2 and any(0 < abs(x) < 1e-290 for x in at.values()):
                continue  # the reference needs more digits, and quotients have fewer
            wanted = exactly(whole.program, list(flatten(whole.results)), at)
            if not all(map(mpmath.isfinite, wanted)):
                continue
            try:
                found = flatten(getattr(model, name)(**at))
            except (ArithmeticError, ValueError):
                assert overflows(plain, at), at
                continue
            compared += 1
            if not all(map(math.isfinite, found)):
                assert overflows(plain, at), (name, at)
                continue
            sums = form.name in ABSOLUTE
            least = max(1, *map(abs, [*wanted, *at.values()])) if degree and sums else 0
            for f, w in zip(found, wanted, strict=True):
                size = max(abs(w), least)
                if 1e-290 < abs(w) < 1e290:
                    assert abs(f - w) <= ULPS[degree] * ULP * size, (name, at, f, mpmath.nstr(w))
    assert compared >= 20


def overflows(program: Program, at: dict[str, float]) -> bool:
    """Whether what was written leaves the range of floats too, or the derivative does."""
    try:
        model = graphc.compile(graphc.Graph(program), products=("value", "hessian"))
        found = [model.value(**at), *flatten(model.hessian(**at))]
    except (ArithmeticError, ValueError):
        return True
    return not all(map(math.isfinite, found))


@pytest.mark.parametrize(
    "text",
    ["exp(x) - y", "log(2 + x)", "x*log(y)", "log(x**y)", "sqrt(x*x - y*y)", "sqrt(x*x + y)",
     "sin(x)/y", "log(exp(x) + y)", "(exp(x) - 1)/y", "exp(x)/(1 + exp(y))",
     "(1 - cos(x))/y", "log(x) - 1", "log(x) + log(y)", "sqrt(x)*sqrt(y)", "abs(x)*abs(y)",
     "(exp(x) - exp(-y))/(exp(x) + exp(-x))", "sqrt(abs(x))**3"],
)  # fmt: skip
def test_what_only_looks_alike(text: str) -> None:
    """Formulas of other functions keep their value."""
    plain, made = read(text, stable=False), read(text)
    assert [r.form for r in made.replaced if r.form not in ("sigmoid", "expm1")] == []
    for at in ({"x": 0.3, "y": 0.7}, {"x": 2.0, "y": 3.0}):
        inside = {name: at[name] for name in plain.inputs}
        (wanted,), (found,) = (exactly(p, [p.outputs["r"]], inside) for p in (plain, made))
        if mpmath.isfinite(wanted):
            assert abs(found - wanted) <= mpmath.mpf(10) ** -50 * abs(wanted)


def test_errors_stay_errors() -> None:
    """Outside the domain there is no number, as there was none before."""
    for text, x in (("sqrt(x)**2", -1.0), ("log(x**3)", -2.0), ("x*log(x)", -1.0),
                    ("log(1 + x)", -1.5), ("log(1 + x)/x", -2.0), ("log(x) - log(2*x)", -1.0),
                    ("log(1 - exp(x))", 1.0), ("log(x*x)", 0.0),
                    ("sin(x)/x", math.inf)):  # fmt: skip
        for stable in (True, False):
            model = graphc.compile(f"r = {text}", products=("value",), stable=stable)
            with pytest.raises((ArithmeticError, ValueError)):
                model.value(x)


# --- the pass -----------------------------------------------------------------------------


def test_what_else_needs_the_inner_operations_has_them() -> None:
    model = graphc.compile("p = exp(x)\nlow: output = p/(1 + p)\nhigh: output = p*p")
    assert model.value(0.0) == (0.5, 1.0)
    assert set(model.program.bindings) == {"p", "low", "high"}
    assert "p = exp(x)" in model.source


def test_names_and_origins_stay() -> None:
    program = read_program(make_source("a = 2*x\nb = log(1 + exp(a))\nc: output = b*b"))
    assert program.names[program.bindings["b"]] == "b"
    assert program.nodes[program.bindings["b"]][0] == "softplus"
    found = program.source.origin(program.origins[program.bindings["b"]])
    assert found is not None
    assert found[1] == 2


def test_a_form_inside_a_form() -> None:
    model = graphc.compile("r = log(1 + exp(log(1 + exp(x))))")
    assert [r.after for r in model.program.replaced] == ["softplus(x)", "softplus(softplus(x))"]
    assert model.value_and_grad(1000.0) == (1000.0, 1.0)


def test_nothing_to_do_is_the_same_program() -> None:
    program = read_program(make_source("y = x*x + sin(x)"))
    assert stabilise(program) is program


def test_forms_of_many_terms() -> None:
    terms = " + ".join(f"exp(x[{k}])" for k in range(100))
    model = graphc.compile(f"x: input[100]\nr = log({terms})")
    value, slopes = model.value_and_grad([1000.0] * 100)
    assert value == pytest.approx(1000 + math.log(100), rel=1e-15)
    assert slopes == pytest.approx([0.01] * 100, rel=1e-13)
    deep = "x: input[5000]\nr = log(sum(exp(x[i]) for i in range(5000)))"
    assert graphc.compile(deep, products=("value",)).program.replaced == []


def test_sympy_expressions_get_them_too() -> None:
    import sympy

    x = sympy.Symbol("x")
    graph = graphc.from_sympy({"r": sympy.log(1 + sympy.exp(x))})
    assert graphc.compile(graph).value(1000.0) == 1000.0
    plain = graphc.from_sympy({"r": sympy.log(1 + sympy.exp(x))}, stable=False)
    with pytest.raises(OverflowError):
        graphc.compile(plain).value(1000.0)


# --- what is shown ------------------------------------------------------------------------

TEXT = "a = 2*x\nd = 1 + exp(-a)\ny = 1/d\n"


def call(*args: str) -> str:
    result = CliRunner().invoke(commands, args, input=TEXT)
    assert result.exit_code == 0, result.output
    return result.output


def test_rules_are_listed() -> None:
    assert call("show", "-", "--rules") == (
        "line 3: sigmoid: 1/(1 + exp(-a)) -> sigmoid(a)\n"
        "    all x: no overflow, in the slope neither\n"
    )
    assert call("show", "-", "--no-stable", "--rules") == "no stable forms were taken\n"
    assert "sigmoid(a)" in call("show", "-", "--rules", "real")


def test_the_module_says_so() -> None:
    comment = "# line 3, sigmoid: 1/(1 + exp(-a)) -> sigmoid(a)"
    assert comment in call("compile", "-").split("\n")
    plain = call("compile", "-", "--no-stable")
    assert "table forms" not in plain
    assert "d = 1.0 + exp(-a)  # line 2" in plain


def test_the_option_is_everywhere() -> None:
    assert "sigmoid" in call("compile", "-", "--dump-after", "stabilise")
    assert "sigmoid" not in call("compile", "-", "--dump-after", "prune")
    assert "sigmoid" not in call("compile", "-", "--no-stable", "--dump-after", "differentiate")
    assert call("eval", "-", "x=-1000") == "y = 0.0\ndy/dx = 0.0\n"
    result = CliRunner().invoke(commands, ["eval", "-", "x=-1000", "--no-stable"], input=TEXT)
    assert result.exit_code == 1


# --- products -----------------------------------------------------------------------------

PRODUCTS = (
    "3*sin(x)/x", "sin(2*x)/x", "sin(x)/(2*x)", "1/x*sin(x)", "sin(-x)/x", "sin(x)*sin(x)/x",
    "sin(x)**2/x**2", "tan(x)/x", "x**-1*sin(x)", "cos(x)*sin(0.5*x)/x", "2*x*x/sin(x)",
    "(exp(2*x) - 1)/x", "3*(exp(x) - 1)/x", "(exp(-2*x) - 1)/(2*x)", "expm1(-x)/x",
    "x/(1 - exp(x))", "(-1 + exp(x))/x", "x**3/(exp(x) - 1)",
    "2*(1 - cos(x))/x**2", "(cos(x) - 1)/x**2", "(1 - cos(2*x))/(x*x)", "(1 - cos(x))/x/x",
    "(1 - cos(x))/x**3", "log(1 + 2*x)/x", "log1p(-x)/x", "log(1 + x)/(2*x)", "x/log(1 - x)",
    "2*x*log(x)", "x*log(2*x)", "x*x*log(x)", "log(x)*x*x", "x**3*log(x)", "-x*log2(x)",
    "x*log10(2*x)", "(exp(x*x) - 1)/x**2", "3*sin(x**2)/(x*x)",
    "x**2/sin(x)**2", "3*x/log(1 + 2*x)", "2*x/tan(x)", "x/sin(2*x)*3", "5*x**2/(1 - cos(x))",
    "3*x/(1 - exp(-2*x))", "1/(exp(2*x) - 1)*x", "x**3/expm1(0.5*x)",
    "x**2*exp(x)/(exp(x) - 1)**2", "2*x*exp(-x)/(1 - exp(-x))",
)  # fmt: skip


@pytest.mark.parametrize("text", PRODUCTS)
def test_factors_and_scales_do_not_hide_a_form(text: str) -> None:
    """Value and derivatives have their digits, and the limit at 0 if there is one."""
    plain, made = read(text, stable=False), read(text)
    assert made.replaced
    model = graphc.compile(graphc.Graph(made), products=("value", "grad", "hessian"), errors="ieee")
    compared = 0
    for degree, name in enumerate(("value", "grad", "hessian")):
        whole = build(plain, name)
        for x in (0.0, 1e-9, -1e-9, 1e-3, 0.4, 0.9, -0.3, -0.7, 1.3, 3.0, 20.0):
            near = {"x": x or 1e-100}
            (wanted,) = exactly(whole.program, list(flatten(whole.results)), near)
            if mpmath.isfinite(wanted) and not (x == 0 and abs(wanted) > 50):
                compared += 1
                (found,) = flatten(getattr(model, name)(x))
                size = max(abs(wanted), 1)
                assert abs(found - wanted) <= ULPS[degree] * ULP * size, (name, x)
    assert compared >= 20


def test_what_is_no_limit_stays() -> None:
    """There is nothing to cancel, or not all of it."""
    for text in ("sin(2*x)/2", "x*sin(x)", "sin(x)/y", "2*(1 - cos(x))/y", "y*log(x)", "1/log(x)",
                 "(1 + cos(x))/x**2", "x*log(2 + x)", "sin(x)/(x + 1)"):  # fmt: skip
        assert read(text).replaced == [], text


def test_a_product_is_taken_where_its_factors_are() -> None:
    """Not once more in products around it."""
    replaced = read("y*(3*sin(x)/x)*z").replaced
    assert [r.before for r in replaced] == ["3*sin(x)/x"]
    assert read("sin(-x)/(-x)").replaced[0].after == "-sinrel(-x)"


def test_poles_stay_poles() -> None:
    for text in ("sin(x)/x**2", "(1 - cos(x))/x**3", "3*(exp(x) - 1)/x**2"):
        with pytest.raises(ZeroDivisionError):
            graphc.compile(f"r = {text}").value(0.0)
