"""Bounds of rounding errors: they hold, they are not loose, and they say where errors come from."""

from __future__ import annotations

import itertools
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import mpmath
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import graphc
from graphc.cli import commands
from graphc.derive import rounding as rounding_errors
from graphc.derive.products import build_all
from graphc.derive.rounding import ABSOLUTE, ULPS, UNIT
from graphc.derive.rules import EXACT, Simplifier
from graphc.errors import OptionError, Source
from graphc.inspect.condition import rank, render
from graphc.inspect.evaluate import evaluate, meaning
from graphc.language.elaborate import elaborate
from graphc.model import Model
from graphc.ops import OPS
from graphc.program import Program

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import rounding

POINTS = 200  # for each published expression


def compiled(text: str, *products: str) -> Model:
    """The text as it is written, without anything that improves it."""
    program = elaborate(Source(text), Simplifier(EXACT))
    return Model(program, build_all(program, products or ("value", "error_bound")))


def bound(text: str, *point: float) -> object:
    return compiled(text).error_bound(*point)


def near(*bounds: float) -> object:
    return pytest.approx([UNIT * b for b in bounds] if len(bounds) > 1 else UNIT * bounds[0])


# --- published expressions ----------------------------------------------------------------


@pytest.mark.parametrize("case", rounding.CASES, ids=lambda case: case.name)
def test_bounds_of_published_expressions_hold_and_are_not_loose(case: rounding.Case) -> None:
    found = rounding.measure(case, POINTS)
    broken = [m for m in found if not m.holds]
    assert not broken, broken[0]
    assert rounding.quantiles(found)[0] < case.loose
    assert min(m.ratio for m in found) < case.loose / 3  # so much smaller, it would not hold


def test_a_bound_that_is_too_small_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rounding_errors.ULPS, "cos", 0.0)
    case = next(c for c in rounding.CASES if c.name == "1 - cos over square")
    assert not all(m.holds for m in rounding.measure(case, POINTS))


def test_errors_that_ruin_everything_are_seen_in_the_bound() -> None:
    rump = next(c for c in rounding.CASES if c.name.startswith("Rump"))
    model = compiled(rump.text)
    error = abs(model.value(a=77617.0, b=33096.0) - -0.8273960599468214)
    assert 1e20 < error <= model.error_bound(a=77617.0, b=33096.0) < 100 * error


def test_muller_s_recurrence_from_the_exact_start() -> None:
    bounds = []
    for n in range(2, 11):
        model = compiled(rounding.muller(n))
        exact = (3 ** (n + 1) + 5 ** (n + 1)) / (3**n + 5**n)
        bounds.append(model.error_bound(4.0, 4.25))
        assert abs(model.value(4.0, 4.25) - exact) <= bounds[-1]
    assert all(10 < later / former < 30 for former, later in itertools.pairwise(bounds))


# --- operations ---------------------------------------------------------------------------


def arguments(op: str, random: Random) -> list[float]:
    """Arguments of all sizes, from the domain and around."""
    kinds = (
        lambda: random.uniform(-3, 3),
        lambda: random.choice((-1, 1)) * 10 ** random.uniform(-8, 2.5),
        lambda: 1 + random.choice((-1, 1)) * 10 ** random.uniform(-12, 0),
        lambda: random.uniform(-30, 30),
    )
    found = [random.choice(kinds)() for _ in OPS[op].params]
    return [float(random.randint(1, 4)), abs(found[1])] if op == "polygamma" else found


@pytest.mark.parametrize(
    "op", [op for op in ULPS if op in OPS and not OPS[op].macro and op != "where"]
)
def test_operations_are_as_accurate_as_the_table_says(op: str) -> None:
    # Against mpmath; the table's figures are bounds, which a draw need not come near.
    random, function, exact = Random(op), meaning(op, "math"), meaning(op, "mpmath")
    checked = 0
    for _ in range(300):
        point = arguments(op, random)
        try:
            value = function(*point)
        except (ArithmeticError, ValueError):
            continue
        if isinstance(value, complex) or not 1e-290 < abs(value) < 1e290:
            continue
        with mpmath.workdps(40):
            wanted = exact(*[mpmath.mpf(x) for x in point])
            error = abs(mpmath.mpf(value) - wanted) / mpmath.mpf(UNIT)
            assert error <= 2 * ULPS[op] * abs(wanted) + ABSOLUTE.get(op, 0.0), point
        checked += 1
    assert checked > 20


def test_every_operation_of_the_table_has_an_accuracy() -> None:
    assert set(ULPS) <= set(OPS)
    assert set(ABSOLUTE) <= set(ULPS)
    assert {op for op, ulps in ULPS.items() if not ulps} == {
        "neg", "abs", "sign", "copysign", "min", "max", "floor", "ceil", "trunc", "fmod", "where",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["-x", "2*x", "x + x", "x/8", "-0.25*x", "abs(x)", "min(x, 2)", "max(x, y)", "sign(x)",
     "floor(x)", "ceil(x)", "trunc(x)", "fmod(x, y)", "copysign(x, y)", "x if x > y else 4*y",
     "clip(x, -1, 1)", "relu(x)"],
)  # fmt: skip
def test_exact_operations_count_nothing(text: str) -> None:
    model = compiled(f"e = {text}")
    assert model.error_bound(*(0.7, 0.3)[: len(model.INPUTS)]) == 0.0


@pytest.mark.parametrize(
    ("text", "point", "wanted"),
    [
        ("a + b", (2.0, 3.0), (5,)),
        ("a*b + c", (2.0, 3.0, 4.0), (6 + 10,)),
        ("a*b*c", (2.0, 3.0, 4.0), (24 + 24,)),
        ("a/b", (1.0, 3.0), (1 / 3,)),
        ("sqrt(a + b)", (3.0, 6.0), (3 + 1.5,)),
        ("exp(a*b)", (0.5, 3.0), (2 * math.exp(1.5) + 1.5 * math.exp(1.5),)),
        ("3*a", (0.1,), (0.3,)),
        ("(a - b)*(a + b)", (3.0, 2.0), (3 * 5,)),
        ("sin(a)**2", (0.5,), (2 * math.sin(0.5) ** 2 + 4 * math.sin(0.5) ** 2,)),
    ],
)
def test_bounds_by_hand(text: str, point: tuple[float, ...], wanted: tuple[float, ...]) -> None:
    assert bound(f"e = {text}", *point) == near(*wanted)


def test_inputs_and_constants_are_exact() -> None:
    assert bound("e = x", 0.1) == 0.0
    assert bound("e = 0.1 + 0*x", 0.3) == near(0.1)


def test_operations_on_constants_and_data_count() -> None:
    # They have no derivative with respect to an input, and their roundings reach the output.
    assert bound("e = exp(1)*x", 2.0) == near(3 * 2 * math.e)
    assert bound("u: data\ne = sin(u)*x", 1.0, 2.0) == near(3 * 2 * math.sin(1))
    assert bound("u: data\ne = u*u", 3.0) == near(9)


# --- branches -----------------------------------------------------------------------------


def test_only_the_branch_taken_counts() -> None:
    model = compiled("r = x*y\ne = sqrt(r) if r > 0 else 3*x")
    assert model.error_bound(2.0, 8.0) == near(4 + 2)
    assert model.error_bound(-2.0, 8.0) == near(6)  # and sqrt(-16) is not asked for


def test_what_several_branches_need_is_evaluated_in_them_only() -> None:
    text = "y = exp(x*x)\na = y if x < 5 else 0\nb = 2*y if x < 6 else 1\ne: output = a + b"
    model = compiled(text)
    y = math.exp(5.5**2)
    assert model.error_bound(40.0) == near(1)  # exp(1600) would raise
    assert model.error_bound(5.5) == near(2 * y + 2 * 2 * y + 2 * 5.5**2 * y)
    y = math.exp(1)
    assert model.error_bound(1.0) == near(3 * y + 2 * 3 * y + 3 * y)


def test_nested_branches() -> None:
    text = "s = x*x\ne = (sqrt(s*x) + s if x < 2 else log(s)) if x > 0 else s"
    model = compiled(text)
    root = math.sqrt(1.5**3)
    assert model.error_bound(1.5) == near(
        (root + 2.25) + root + root / 2 + 2.25 * abs(1 + 1.5 / (2 * root))
    )
    assert model.error_bound(3.0) == near(2 * math.log(9) + 1)
    assert model.error_bound(-3.0) == near(9)


def test_one_operation_in_both_branches_counts_always() -> None:
    model = compiled("s = x*y\ne = s + 1 if x > 0 else s - 1")
    assert model.error_bound(2.0, 3.0) == near(6 + 7)
    assert model.error_bound(-2.0, 3.0) == near(6 + 7)


def test_kinks_have_the_slope_of_one_side() -> None:
    # The difference is 0 where that of the exact products is not: |0| has an error all the same.
    assert bound("e = abs(a*a - b*b)", 3.0, 3.0) == near(9 + 9)
    assert bound("e = hypot(a*a - b*b, 0*a)", 3.0, 3.0) == near(9 + 9)


def test_infinite_slopes_have_no_bound_and_raise_nothing() -> None:
    assert bound("e = sqrt(x*x + y*y)", 0.0, 0.0) == math.inf
    assert bound("e = asin(x*y)", 1.0, 1.0) == math.inf
    assert bound("e = (x*y)**0.5", 0.0, 1.0) == math.inf
    assert bound("e = (x*y)**2", 0.0, 1.0) == 0.0


HARD = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, -3.5, -15.5, 1e-320, -1e-170, -1e-130, 1e-9,
        1e110, 1e170, -1e170, 1e300, -1e308, 709.0, -745.0, 1 - 2**-53, 1 + 2**-52, math.inf,
        -math.inf, math.nan)  # fmt: skip


@pytest.mark.parametrize("op", [op for op, row in OPS.items() if not row.condition])
def test_bounds_raise_nowhere_but_where_the_value_does(op: str) -> None:
    names = ["x", "y", "z"][: min(len(OPS[op].params), 3)]
    parts = [f"({name}*w)" for name in names]
    form = {"where": "where(x > y, {1}, {2})", "polygamma": "polygamma(2, {1})"}.get(op)
    if form is None and OPS[op].symbol:
        form = OPS[op].form
        for name, part in zip(OPS[op].params, ("{0}", "{1}"), strict=False):
            form = re.sub(rf"\b{name}\b", part, form)
    text = (form or f"{op}({', '.join(parts)})").format(*parts)
    model = compiled(f"e = {text}")
    chosen = HARD if len(names) < 3 else HARD[:6]
    for values in itertools.product(chosen, repeat=len(names)):
        at = {**dict(zip(names, values, strict=True)), "w": 1.0}
        at = {name: at[name] for name in model.INPUTS}
        try:
            value = model.value(**at)
        except (ArithmeticError, ValueError):
            continue
        found = model.error_bound(**at)
        if all(map(math.isfinite, at.values())) and math.isfinite(value):
            assert found >= 0, (text, at)  # it is not nan


def test_operations_that_are_not_in_the_table_are_taken_with_care(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for op in ("sqrt", "atan2"):
        monkeypatch.delitem(rounding_errors.ULPS, op)
        monkeypatch.delitem(rounding_errors.STEEP, op)
    assert bound("e = sqrt(x*y)", 2.0, 8.0) == near(8 * 4 + 4 + 2)
    assert bound("e = sqrt(x*y)", 0.0, 1.0) == math.inf
    assert bound("e = atan2(x*y, y*y)", 0.0, 0.0) == math.inf


FORMS = ("p + q", "p - q", "p*q", "p/q", "sqrt(p)", "log(p)", "exp(p)", "abs(p)", "p**2", "-p",
         "p if q > 0 else r", "sqrt(p) if p > 0 else q", "p/q if q != 0 else 1",
         "exp(p) if p < 5 else log(p)", "max(p, q)", "hypot(p, q)", "p if p < q else q*r", "0.1*p",
         "q if p < 1 else p", "sin(p)", "p**q if p > 0 else r*r")  # fmt: skip


@st.composite
def models(draw: st.DrawFn) -> tuple[str, list[float]]:
    """A text with branches in which anything may be undefined, and a point with hard numbers."""
    known, lines = ["x", "y"], []
    for k in range(draw(st.integers(2, 8))):
        form = draw(st.sampled_from(FORMS))
        parts = {letter: draw(st.sampled_from(known[-4:])) for letter in "pqr"}
        lines.append(f"v{k} = " + re.sub(r"\b[pqr]\b", lambda m, of=parts: of[m[0]], form))
        known.append(f"v{k}")
    point = [draw(st.sampled_from((0.0, 1.0, -1.0, 0.1, 3.7, -2.3, 1e9, 40.0))) for _ in "xy"]
    return "\n".join([*lines, f"e: output = {known[-1]} + 0*x + 0*y"]), point


@given(models())
@settings(max_examples=150, deadline=None)
def test_bounds_of_random_models_with_branches(drawn: tuple[str, list[float]]) -> None:
    text, point = drawn
    model = compiled(text)
    at = dict(zip(model.INPUTS, point, strict=False))
    try:
        value = model.value(**at)
    except (ArithmeticError, ValueError):
        return
    found = model.error_bound(**at)  # raises nothing where the value does not
    (ranked,) = rank(model.program, at)
    if math.isfinite(value) and math.isfinite(found):
        assert found >= 0
        assert ranked.bound == pytest.approx(found)
    if _is_smooth(model.program, at) and math.isfinite(found):
        with mpmath.workdps(60):
            exact = {name: mpmath.mpf(x) for name, x in at.items()}
            wanted = evaluate(model.program, exact, "mpmath")[model.program.outputs["e"]]
            assert abs(mpmath.mpf(value) - wanted) <= found * (1 + rounding.SECOND), text


def _is_smooth(program: Program, at: dict[str, float]) -> bool:
    """Whether errors take nothing over a kink or a border, and stay small against all values."""
    values = evaluate(program, at)
    for node, value in zip(program.nodes, values, strict=True):
        if isinstance(value, float) and not 1e-100 < abs(value) < 1e100:
            return False
        if node[0] in ("gt", "lt", "eq", "ne", "abs", "max", "hypot", "sub", "add"):
            a, b = (*(values[k] for k in node[1:]), 0.0)[:2]
            small = abs(a + b) if node[0] == "add" else abs(a - b)
            if not small > 1e-4 * max(abs(a), abs(b)):
                return False
    return True


# --- conventions --------------------------------------------------------------------------


def test_one_output_gives_a_bare_bound_and_several_a_tuple() -> None:
    assert bound("e = a*b", 2.0, 3.0) == near(6)
    assert bound("e = a*b\nf = e + 1", 2.0, 3.0) == near(6 + 7)  # e is not an output
    assert bound("e: output = a*b\nf: output = e + 1", 2.0, 3.0) == near(6, 6 + 7)
    assert bound("x: input[3]\ne = x[0] + x[1] + x[2]", [1.0, 2.0, 3.0]) == near(3 + 6)


def test_a_bound_is_made_where_it_is_asked_for() -> None:
    assert not hasattr(graphc.compile("e = a*b", products=("all",)), "error_bound")
    model = graphc.compile("e = a*b", products="grad,error_bound")
    assert [name for name in model.__all__ if name.islower()] == ["grad", "error_bound"]
    data = graphc.compile("u: data\ne = u*u", products=("error_bound",))
    assert data.error_bound(3.0) == near(9)  # there is nothing to differentiate with respect to


MODULE = '''def error_bound(x: float) -> float:
    """First-order bound of the rounding error of d; inputs are exact.

    Parameters
    ----------
    x : float

    Returns
    -------
    error of d : float

    Notes
    -----
    r = x*x + 1
    d = log(r) - x
    """
    v1 = x * x
    r = v1 + 1.0  # line 1
    v2 = log(r)
    d = v2 - x  # line 2
    v3 = abs(d) + abs(r / r) + abs(v1 / r) + 2.0 * abs(v2)
    return v3 * 1.1102230246251565e-16
'''


def test_the_text_of_a_bound() -> None:
    text = compiled("r = x*x + 1\nd = log(r) - x", "error_bound").source
    assert "Run the file" not in text  # a bound has no derivative to be checked
    assert text[text.index("def error_bound") :] == MODULE


def test_a_module_with_a_bound_checks_its_derivatives(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(compiled("e = x/(1 + x*x)", "grad", "error_bound").source)
    ran = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"grad: largest relative error \S+ at 5 points\n", ran.stdout)


def test_large_models() -> None:
    lines = ["v0 = x*y", *(f"v{k} = v{k - 1}*0.9999 + sin(v{k - 1})/{k}" for k in range(1, 1000))]
    model = compiled("\n".join(lines))
    value, found = model.value(0.3, 0.7), model.error_bound(0.3, 0.7)
    assert 1e-14 < found / abs(value) < 1e-11


STABLE = (
    ("e = log(x) - log(y)", (2.9238364617714253e74, 7.530439154027603e74)),
    ("e = log(x) - log(y)", (1.0 + 2.0**-52, 1.0)),
    ("e = log(x) - log(y)", (1e300, 1e-300)),
    ("e = sqrt(x*x + y*y + z*z)", (3e-200, 4e-200, 1e-200)),
    ("e = x*log(x)", (1.0000001,)),
    ("e = x*log(x)", (1e-300,)),
    ("e = (exp(x) - 1)/x", (1e-9,)),
    ("e = sin(x)/x", (3.1415,)),
    ("e = log(1 + x)/x", (-0.999,)),
    ("e = log(1 + exp(x))", (-30.0,)),
)


@pytest.mark.parametrize(("text", "point"), STABLE)
def test_bounds_of_stable_forms_hold_and_are_close(text: str, point: tuple[float, ...]) -> None:
    model = graphc.compile(text, products=("value", "error_bound"))
    value, found = model.value(*point), model.error_bound(*point)
    written = elaborate(Source(text))
    with mpmath.workdps(60):
        at = dict(zip(model.INPUTS, map(mpmath.mpf, point), strict=True))
        wanted = evaluate(written, at, "mpmath")[written.outputs["e"]]
        assert abs(wanted - value) <= found <= 16 * UNIT * abs(wanted)


# --- conditions ---------------------------------------------------------------------------

DIFFERENCE = "r = sqrt(x*x + 1)\nd = r - x\n"
RANKED = """\
d = 5.00003807246685e-07, rounding error at most 2.22e-10 (0.000444 of it)
share  condition  operation          line
  50%    2.0e+12  r = sqrt(x*x + 1)     1  r = sqrt(x*x + 1)
  25%    1.0e+12  x*x + 1               1  r = sqrt(x*x + 1)
  25%    1.0e+12  x*x                   1  r = sqrt(x*x + 1)
   0%          1  d = r - x             2  d = r - x"""


def shown(text: str, form: str = "text", **at: float) -> str:
    return render(elaborate(Source(text), Simplifier(EXACT)), form, at)


def test_operations_are_ranked() -> None:
    assert shown(DIFFERENCE, x=1e6) == RANKED
    (found,) = rank(elaborate(Source(DIFFERENCE)), {"x": 1e6})
    assert sum(o.share for o in found.operations) == pytest.approx(1)


def test_ranking_as_json() -> None:
    (found,) = json.loads(shown("d = x*x - y", "json", x=3.0, y=8.5))
    assert (found["output"], found["value"], found["relative"]) == ("d", 0.5, 19 * UNIT)
    first, second = found["operations"]
    assert first == {"node": 1, "operation": "x*x", "line": 1, "column": 6, "value": 9.0,
                     "adjoint": 1.0, "condition": 18.0, "error": 9 * UNIT,
                     "share": pytest.approx(18 / 19)}  # fmt: skip
    assert (second["operation"], second["condition"]) == ("d = x*x - y", 1.0)


def test_ranking_counts_the_branch_taken_and_says_when_nothing_rounds() -> None:
    text = "e: output = x*y if x > 0 else log(x*y)\nf: output = 2*x"
    first, second = shown(text, x=2.0, y=3.0).split("\n\n")
    assert second == "f = 4.0, without rounding errors"
    assert "100%          1  x*y" in first
    ranked = rank(elaborate(Source(text), Simplifier(EXACT)), {"x": 2.0, "y": 3.0})
    assert [o.operation for o in ranked[0].operations] == ["x*y"]


def test_ranking_where_there_is_no_bound() -> None:
    text = "e = sqrt(x*x + y)"
    assert "rounding error at most inf" in shown(text, x=0.0, y=0.0)
    assert json.loads(shown(text, "json", x=0.0, y=0.0))[0]["bound"] == "inf"


def test_long_models_are_cut_to_the_operations_that_matter() -> None:
    lines = [f"v{k} = v{k - 1}*x + {k}" for k in range(1, 40)]
    found = shown("v0 = x + 0.5\n" + "\n".join(lines), x=0.9).split("\n")
    assert len(found) == 2 + 20 + 1
    assert re.fullmatch(r"and \d+ more", found[-1])
    assert max(map(len, found)) <= 100


def test_wrong_use() -> None:
    with pytest.raises(OptionError, match="printed as text or json, not as dot"):
        shown("e = x*x", "dot", x=1.0)
    with pytest.raises(OptionError, match="did you mean 'error_bound'"):
        graphc.compile("e = x*x", products=("error_bounds",))


def test_the_command_line_ranks() -> None:
    def show(*args: str) -> str:
        return CliRunner().invoke(commands, ["show", "-", *args], input="d = x*x - y").output

    assert show("--condition", "x=3", "y=8.5") == shown("d = x*x - y", x=3.0, y=8.5) + "\n"
    assert json.loads(show("--condition", "--format", "json", "--at", "x=3", "y=8.5"))
    assert show("--condition").endswith("no value for 'x'; write x=...\n")
    slopes = show("--condition", "--derivative", "x=3", "y=8.5").split("\n\n")[1:]
    assert slopes == ["dd/dx = 6.0, without rounding errors", "dd/dy = -1.0, without rounding "
                      "errors\n"]  # fmt: skip


def test_ranking_what_is_no_number() -> None:
    found = shown("e = 1/x + x", x=0.0)
    assert found == "e = nan; graphc trace says where that comes from"


def test_eval_prints_bounds() -> None:
    result = CliRunner().invoke(
        commands, ["eval", "-", "a=2", "b=3", "--products", "value,error_bound"], input="e = a*b"
    )
    assert result.output == "e = 6.0\nerror of e = 6.661338147750939e-16\n"
