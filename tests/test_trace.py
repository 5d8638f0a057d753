"""Why it is nan: the first operation that goes wrong, at the points that users complain about.

The models are read without passes that would mend them, so that there is something to be found.
"""

from __future__ import annotations

import json
import math
import pickle
from math import inf, nan
from pathlib import Path
from typing import Any

import mpmath
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ALGEBRA, KINKED, Drawn, programs

import graphc
from graphc.cli import commands
from graphc.derive.choose import MODES
from graphc.derive.formula import formula
from graphc.derive.stable import stabilise
from graphc.errors import OptionError
from graphc.graph import Graph
from graphc.inspect import remedies
from graphc.inspect.execute import FULL, Exact, Run, ieee, lost_digits
from graphc.inspect.faults import Fault, Step, Trace, elided
from graphc.inspect.trace import trace_program
from graphc.language.lexer import make_source
from graphc.model import read_program
from graphc.program import Program


def read(text: str) -> Program:
    return read_program(make_source(text, "m.expr"), passes=())


def read_graph(text: str) -> Graph:
    return Graph(read(text))


def traced(text: str, digits: float = 8, mode: str = "auto", **at: float) -> Trace:
    return trace_program(read(text), at, None, mode, digits)


def fault(text: str, **at: Any) -> Fault:
    found = traced(text, **at).fault
    assert found is not None
    return found


# --- the classical complaints -------------------------------------------------------------

COMPLAINTS: list[tuple[str, dict[str, float], str, str, str]] = [
    # text, point, kind, operation, part
    ("r = sqrt(x*x + y*y)", {"x": 0, "y": 0}, "ZeroDivisionError", "0.5/r", "dr/dx"),
    ("y = log(1 + exp(x))", {"x": 1000}, "OverflowError", "exp(x)", "y"),
    ("y = exp(x)/(1 + exp(x))", {"x": 1000}, "OverflowError", "exp(x)", "y"),
    ("y = log(x)", {"x": 0}, "ValueError", "log(x)", "y"),
    ("y = log(x)", {"x": -1}, "ValueError", "log(x)", "y"),
    ("y = x*log(x)", {"x": 0}, "ValueError", "log(x)", "y"),
    ("y = sin(x)/x", {"x": 0}, "ZeroDivisionError", "sin(x)/x", "y"),
    ("y = sqrt(x) + 1", {"x": 0}, "ZeroDivisionError", "0.5/sqrt(x)", "dy/dx"),
    ("y = x**0.5", {"x": 0}, "ValueError", "x**-0.5", "dy/dx"),
    ("y = x**-2", {"x": 0}, "ZeroDivisionError", "x**-2", "y"),
    ("y = x*x*z", {"x": 1e200, "z": 0}, "inf", "x*x", "y"),
    ("y = z*x - z*x", {"x": 1e200, "z": 1e200}, "inf", "z*x", "y"),
    ("y = sin(w*x)", {"x": 1, "w": inf}, "ValueError", "sin(w*x)", "y"),
    ("y = w + x", {"x": 1, "w": inf}, "inf", "w", "y"),
    ("y = w*x", {"x": 0, "w": inf}, "nan", "w*x", "y"),
    ("y = sin(x) + z", {"x": nan, "z": 1}, "nan", "x", "y"),
    ("y = (1 - cos(x))/x**2", {"x": 1e-8}, "lost", "1 - cos(x)", "y"),
    ("y = (exp(x) - 1)/x", {"x": 1e-12}, "lost", "exp(x) - 1", "y"),
    ("y = (a + b) - a", {"a": 1e30, "b": 1e-30}, "lost", "a + b - a", "y"),
    ("y = digamma(x)", {"x": 0}, "ZeroDivisionError", "digamma(x)", "y"),
    ("y = logit(x)", {"x": 1}, "ValueError", "logit(x)", "y"),
    ("y = x % z", {"x": 1, "z": 0}, "ZeroDivisionError", "x % z", "y"),
    ("y = atan2(a, b)", {"a": 0, "b": 0}, "ZeroDivisionError", "", "dy/da"),
]


@pytest.mark.parametrize(("text", "at", "kind", "operation", "part"), COMPLAINTS)
def test_complaints(text: str, at: dict[str, float], kind: str, operation: str, part: str) -> None:
    found = fault(text, **{name: float(value) for name, value in at.items()})
    assert (found.raised or found.kind) == kind
    assert found.operation == operation or not operation
    assert found.part == part
    assert (found.kind == "raised") == bool(found.raised)


@pytest.mark.parametrize(("text", "at", "kind", "operation", "part"), COMPLAINTS)
def test_what_raises_is_what_the_generated_code_raises(
    text: str, at: dict[str, float], kind: str, operation: str, part: str
) -> None:
    found = fault(text, **{name: float(value) for name, value in at.items()})
    model = graphc.compile(read_graph(text), products=("value",))
    if found.raised and part == "y":
        with pytest.raises((ArithmeticError, ValueError)) as raised:
            model.value(**at)
        assert raised.type.__name__ == found.raised
    elif found.part != "y":
        assert math.isfinite(model.value(**at))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "text",
    [
        "y = where(x > 0, sqrt(x), 0)",
        "y = sqrt(x*x + z*z) if x > 0 else x",
        "y = where(x > 0, log(x), where(x < 0, 1/x, 2*x))",
        "y = x if x == 0 else sin(x)/x",
        "t = 1/x\ny = x*2 if x <= 0 or t > 1 else t",
        "y = 1 if not (x != 0 and 1/x > 3) else x",
    ],
)
def test_branches_not_taken_are_not_blamed(text: str, mode: str) -> None:
    point = {"x": 0.0} | ({"z": 0.0} if "z" in text else {})
    assert traced(text, mode=mode, **point).fault is None


def test_the_branch_taken_is_blamed() -> None:
    assert fault("y = where(x >= 0, sqrt(x), 0)", x=0.0).operation == "0.5/sqrt(x)"
    found = fault("y = 1/x if log(x) > 0 else 1/z", x=0.0, z=0.0)
    assert found.operation == "log(x)"  # and neither branch


def test_the_value_is_fine_and_the_derivative_is_not() -> None:
    found = fault("t = sqrt(x)\ny = t*t", x=0.0)
    assert (found.part, found.operation, found.spoiled) == ("dy/dx", "0.5/t", ("dy/dx",))
    assert found.place == ("m.expr", 1, 5)  # of the square root


# --- exact texts --------------------------------------------------------------------------


def test_text_of_the_norm_at_zero() -> None:
    assert str(traced("r = sqrt(x*x + y*y)", x=0.0, y=0.0)) == (
        "m.expr:1:5: error: 0.5/r raised ZeroDivisionError in dr/dx\n"
        "    r = sqrt(x*x + y*y)\n"
        "        ^^^^\n"
        "help: write hypot(x, y), which neither overflows nor divides by 0\n"
        "\n"
        "IEEE arithmetic has inf there. It spoils dr/dx, dr/dy.\n"
        "\n"
        "operands\n"
        "    r = sqrt(x*x + y*y) = 0.0\n"
        "from the inputs\n"
        "    x = 0.0\n"
        "    x*x = 0.0\n"
        "    x*x + y*y = 0.0\n"
        "    r = sqrt(x*x + y*y) = 0.0\n"
        "to the output\n"
        "    dr/dx = (x + x)*(0.5/r)"
    )


def test_text_of_an_overflow() -> None:
    assert str(traced("y = log(1 + exp(3*x))", x=1000.0)) == (
        "m.expr:1:13: error: exp(3*x) raised OverflowError in y\n"
        "    y = log(1 + exp(3*x))\n"
        "                ^^^\n"
        "help: write softplus(3*x)\n"
        "\n"
        "Exactly it is 7.646200989e+1302. IEEE arithmetic has inf there. It spoils y,\n"
        "dy/dx.\n"
        "\n"
        "operands\n"
        "    3*x = 3000.0\n"
        "from the inputs\n"
        "    x = 1000.0\n"
        "    3*x = 3000.0\n"
        "to the output\n"
        "    1 + exp(3*x)\n"
        "    y = log(1 + exp(3*x))"
    )


def test_text_of_a_cancellation() -> None:
    assert str(traced("y = (1 - cos(x))/x**2", x=1e-8)) == (
        "m.expr:1:8: error: 1 - cos(x) lost 16.0 of 16 digits in y\n"
        "    y = (1 - cos(x))/x**2\n"
        "           ^\n"
        "help: write 0.5*sinc(x/(2*pi))**2\n"
        "\n"
        "Exactly it is 5e-17, not 0.0. It spoils y, dy/dx.\n"
        "\n"
        "operands\n"
        "    cos(x) = 1.0\n"
        "from the inputs\n"
        "    x = 1e-08\n"
        "    cos(x) = 1.0\n"
        "to the output\n"
        "    y = (1 - cos(x))/x**2 = 0.0"
    )


def test_nothing_wrong() -> None:
    found = traced("y = (1 - cos(x))/2", x=1e-3)
    assert found.fault is None
    assert 5 < found.lost < 8
    assert str(found).startswith(
        "nothing went wrong: all values and derivatives are finite; the mo"
    )
    assert "1 - cos(x) in y (m.expr:1:8)" in " ".join(str(found).split())
    assert str(traced("y = 2*x", x=1.0)).endswith("are finite; no digits were lost")


def test_lines_fit_a_terminal() -> None:
    text = "\n".join(f"quantity{k + 1} = log(quantity{k}*quantity{k} + 1)/3" for k in range(40))
    found = traced(f"{text}\nend = 1/(quantity40 - quantity40)", quantity0=2.0)
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.strip().startswith("... ") and line.endswith(" more") for line in lines)


# --- what is and is not a loss ------------------------------------------------------------


def test_a_loss_that_is_absorbed_is_none() -> None:
    assert traced("y = 1 + (1 - cos(x))", x=1e-8).fault is None
    assert traced("y = 1 + (1 - cos(x))", x=1e-8).lost == FULL
    assert traced("y = (x - x) + 1", x=0.1).fault is None


def test_exact_zeros_and_underflow_are_no_loss() -> None:
    assert traced("y = a - b", a=0.3, b=0.3).fault is None
    assert traced("y = exp(x)", x=-800.0).fault is None
    found = fault("y = exp(x)*1e300*z", x=-740.0, z=2.0)
    assert (found.kind, found.operation) == ("lost", "exp(x)")
    assert "carry its logarithm" in found.help


def test_a_loss_is_named_before_what_it_leads_to() -> None:
    found = fault("y = 1/(1 - cos(x))", x=1e-9)
    assert (found.kind, found.operation) == ("lost", "1 - cos(x)")
    found = fault("t = 1 - cos(x)\ny = t*log(-x*x)", x=1e-9)
    assert found.raised == "ValueError"  # which the loss has not to do with


def test_a_branch_taken_for_want_of_digits() -> None:
    found = fault("y = 1 if (1 - cos(x))/x**2 > 0.25 else 0*x", x=1e-8)
    assert (found.kind, found.operation) == ("lost", "1 - cos(x)")
    assert "(1 - cos(x))/x**2 > 0.25 = False  (exactly True)" in str(found)
    assert found.spoiled == ("y",)
    assert traced("y = x if 1 - cos(x) < 0.5 else 0*x", x=1e-8).fault is None


def test_digits_are_an_option() -> None:
    text, at = "y = (exp(x) - 1)/x", {"x": 1e-5}
    assert traced(text, digits=12, **at).fault is None
    found = traced(text, digits=4, **at).fault
    assert found is not None
    assert 4 < found.lost < 7


@pytest.mark.parametrize("shift", [1, 5, 40, 120, 300])
def test_exact_values_have_the_digits_they_need(shift: int) -> None:
    """However much cancels, nothing is mistaken for zero."""
    at = {"a": 1e8, "b": 10.0**-shift}
    program = read("y = (a + b) - a\nz = log(1 + b)")
    run = Run(program, at, list(program.outputs.values()))
    exact = Exact(run)
    with exact.precision():
        for name in "yz":
            wanted = mpmath.log1p(at["b"]) if name == "z" else mpmath.mpf(at["b"])
            found = exact.known(program.outputs[name])
            assert abs(found - wanted) <= abs(wanted) * mpmath.mpf("1e-15")


def test_masked_infinity_is_found_last() -> None:
    found = fault("y = atan(x*x)", x=1e200)
    assert (found.kind, found.operation, found.spoiled) == ("inf", "x*x", ())
    assert "No result suffers from it." in str(found)


# --- what the report holds ----------------------------------------------------------------


def test_operands_paths_and_results() -> None:
    text = "u: data\nv = u - x\nw = log(v)\np = 2*w\nq = x*x"
    found = fault(text, u=1.0, x=1.0)
    assert found.operands == (Step("v = u - x", 0.0),)
    assert [str(s) for s in found.before] == ["u = 1.0", "v = u - x = 0.0"]
    assert [str(s) for s in found.after] == ["p = 2*w"]
    assert found.spoiled == ("p",)  # its derivative does not need the logarithm
    assert (found.place, found.ieee) == (("m.expr", 3, 5), -inf)


def test_several_outputs_and_arrays() -> None:
    text = "x: input[3]\na = sum(x[i]*x[i] for i in range(3))\nb = sum(1/x[i] for i in range(3))"
    found = graphc.trace(text, {"x": [1.0, 0.0, 2.0]}).fault
    assert found is not None
    assert (found.operation, found.part, found.operands[0].text) == ("1/x[1]", "b", "x[1]")
    assert found.spoiled[0] == "b"
    assert not any("da" in part for part in found.spoiled)


def test_functions_and_loops_are_shown_where_they_stand() -> None:
    found = fault("def half(z):\n    return 1/z\ny = half(x) + 1", x=0.0)
    assert found.place == ("m.expr", 2, 13)


def test_elided_paths() -> None:
    steps = [Step(str(k)) for k in range(20)]
    assert [s.text for s in elided(steps)] == ["0", "1", "2", "... 14 more", "17", "18", "19"]
    assert elided(steps[:7]) == tuple(steps[:7])


def test_json_has_the_same_facts() -> None:
    found = traced("y = log(x) + u", x=0.0, u=nan)
    data = json.loads(json.dumps(found.data(), allow_nan=False))
    assert data["fault"]["raised"] == "ValueError"
    assert data["fault"]["ieee"] == "-inf"
    assert data["fault"]["operands"] == [{"text": "x", "value": 0.0, "exactly": ""}]
    assert data["fault"]["place"] == ["m.expr", 1, 5]
    assert data["results"] == 3
    assert traced("y = x", x=1.0).data()["fault"] is None


def test_library() -> None:
    found = graphc.trace("u: data = 3\ny = u/x", {"x": 0})
    assert found.fault is not None
    assert found.fault.operation == "u/x"
    assert pickle.loads(pickle.dumps(found)) == found
    assert graphc.trace(graphc.parse("y = 1/x"), at={"x": 0.0}).fault is not None
    assert graphc.trace("y = 1/x + z", at={"x": 2.0, "z": 1}, wrt=["z"]).results == 2
    with pytest.raises(OptionError, match="no value for 'x'"):
        graphc.trace("y = 1/x", {})
    with pytest.raises(OptionError, match="'z' is not an input"):
        graphc.trace("y = 1/x", {"x": 1.0, "z": 2.0})
    with pytest.raises(OptionError, match="expected a text or a graph"):
        graphc.trace(3, {})  # type: ignore[arg-type]


def test_graphs_without_text() -> None:
    sympy = pytest.importorskip("sympy")
    x = sympy.Symbol("x")
    text = str(graphc.trace(graphc.from_sympy({"y": 1 / x}), {"x": 0.0}))
    assert text.startswith("error: ")


HARD = (0.0, 1.0, -1.0, 2.0, 0.5, 1e-8, -1e-300, 1e200, -800.0, 800.0, inf, nan)
FORMS = (*ALGEBRA, *KINKED, "p/q", "log(p)", "sqrt(p)", "exp(p)", "p**q", "p**-2", "sin(p)/p",
         "1 - cos(p)", "log(1 + exp(p))", "p/q if q != 0 else r", "atan2(p, q)", "digamma(p)",
         "logit(p)", "p % q", "gamma(p)", "hypot(p, q)")  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(programs(FORMS, arrays=False), st.lists(st.sampled_from(HARD), min_size=3, max_size=3))
def test_what_the_generated_code_does_is_what_is_traced(drawn: Drawn, numbers: list[float]) -> None:
    """Wherever the value raises or is no number there is a fault, of that kind."""
    at = dict(zip(drawn.elements, numbers, strict=False))
    program = read(drawn.text)
    found = trace_program(program, at, None, "reverse")
    assert str(found)
    json.dumps(found.data(), allow_nan=False)
    model = graphc.compile(Graph(program), products=("value",))
    try:
        value = model.value(**at)
    except (ArithmeticError, ValueError) as error:
        assert found.fault is not None
        errors = Run(program, at, list(program.outputs.values())).errors.values()
        assert type(error) in map(type, errors)
        return
    run = Run(program, at, list(program.outputs.values()))
    values = value if isinstance(value, tuple) else (value,)
    wrong = [v for v in values if not math.isfinite(v)]
    assert not run.errors
    assert found.fault is not None or not wrong
    for node, theirs in zip(program.outputs.values(), values, strict=True):
        assert run.values[node] == theirs or theirs != theirs


def test_a_long_chain() -> None:
    text = "\n".join(["s0 = x", *(f"s{k + 1} = sin(s{k}) + s{k}" for k in range(3000))])
    found = fault(f"{text}\ny = log(s3000 - s3000)", x=0.5)
    assert found.raised == "ValueError"
    assert len(found.before) == 7


# --- the command --------------------------------------------------------------------------


def call(tmp_path: Path, text: str, *args: str) -> Result:
    file = tmp_path / "m.expr"
    file.write_text(text)
    return CliRunner().invoke(commands, ["trace", str(file), *args])


def test_the_command_prints_what_it_finds(tmp_path: Path) -> None:
    found = call(tmp_path, "k: data = 2\ny = k/x\n", "--at", "x=0")
    assert found.exit_code == 1
    assert "m.expr:2:6: error: k/x raised ZeroDivisionError in y\n    y = k/x\n" in found.stdout
    fine = call(tmp_path, "y = a*x\n", "--at", "x=3", "a=2")
    assert (fine.exit_code, fine.stderr) == (0, "")
    assert fine.stdout.startswith("nothing went wrong")


def test_the_options_of_the_command(tmp_path: Path) -> None:
    text = "x: input[2]\ny = x[0]/x[1] + (exp(x[1]) - 2)"
    data = json.loads(call(tmp_path, text, "x=1,0", "--json").stdout)
    assert data["fault"]["operation"] == "x[0]/x[1]"
    loss = ["x=0,0.0123", "--digits"]
    text = "x: input[2]\ny = x[0] + ((x[1] + 1e5) - 1e5)"
    assert call(tmp_path, text, *loss, "3").exit_code == 1
    assert call(tmp_path, text, *loss, "12").exit_code == 0
    text = "y = sqrt(x) + z"
    assert call(tmp_path, text, "x=0", "z=1", "--wrt", "z", "--mode", "forward").exit_code == 0


def test_wrong_usage_of_the_command(tmp_path: Path) -> None:
    assert call(tmp_path, "y = 1/x").exit_code == 2
    assert "no value for 'x'" in call(tmp_path, "y = 1/x").stderr
    assert call(tmp_path, "y = 1/x", "x=0", "--digits", "-1").exit_code == 2
    assert call(tmp_path, "y = 1/", "x=0").exit_code == 1


# --- the parts ----------------------------------------------------------------------------


@pytest.mark.parametrize("row", remedies.REMEDIES, ids=lambda row: row.form)
def test_every_remedy_is_found(row: remedies.Remedy) -> None:
    """Each form is found in itself, and its advice is the one given for it or an earlier one."""
    program = read_program(make_source(f"out_ = {row.form}"), passes=())
    result = program.outputs["out_"]
    for cause in row.causes.split():
        found = remedies.advice(program, [result], cause)
        assert found
    assert remedies.match(program, result, remedies.pattern(row.form)) is not None


@pytest.mark.parametrize("row", [r for r in remedies.REMEDIES if r.advice.startswith("write ")])
def test_rewrites_are_equal(row: remedies.Remedy) -> None:
    """What is to be written instead has the same value."""
    program = read_program(make_source(f"out_ = {row.form}"), passes=())
    advice = remedies.advice(program, [program.outputs["out_"]], row.causes.split()[0])
    text = advice.removeprefix("write ").split(", and")[0].split(", which")[0]
    if "..." in text or "it only" in text or "the power" in text:
        return
    at = {
        name: value
        for name, value in (("x", 0.7), ("y", 0.3), ("z", 2.5))
        if name in program.inputs
    }
    ours = graphc.compile(f"out_ = {row.form}", products=("value",)).value(**at)
    theirs = graphc.compile(f"out_ = {text}", products=("value",)).value(**at)
    assert theirs == pytest.approx(ours, rel=1e-12)


def test_advice_is_about_what_failed() -> None:
    """A form nearby that has nothing to do with it is not mentioned."""
    assert "softplus" not in fault("y = log(1 + exp(x)) + 1/z", x=1.0, z=0.0).help
    assert fault("a = x - k\ny = a*log(a)", x=1.0, k=1.0).help.startswith("xlogy(a, a)")
    assert fault("y = (x*x + z*z)**1.5", x=1e200, z=1.0).help == "write hypot(x, z)**(2*1.5)"
    assert fault("y = a*b + c_*d_", a=1e200, b=1e200, c_=1.0, d_=1.0).help.startswith("change the")


REPLACED = [r for r in remedies.REMEDIES if stabilise(read(f"out_ = {r.form}")).replaced]


@pytest.mark.parametrize("row", REPLACED, ids=lambda row: row.form)
def test_what_stable_forms_have_done_is_not_advised(row: remedies.Remedy) -> None:
    plain = read(f"out_ = {row.form}")
    program = stabilise(plain)
    for cause in row.causes.split():
        needless = remedies.advice(plain, [plain.outputs["out_"]], cause)
        assert needless
        assert needless not in [remedies.advice(program, [i], cause) for i in range(len(program))]


STABLE = [
    ("y = log(1 - exp(x))", 0.0, "log(-expm1(x))", 5, "log needs"),
    ("y = x*log(x)", 0.0, "log0(x)", 6, "the slope of x*log(x) is -inf at 0: keep x above it"),
    ("y = log(1 + x)/x", -1.0, "logrel(x)", 15, "the logarithm needs 1 + x above 0: keep x a"),
    ("y = log(x**4)", 0.0, "log(abs(x))", 5, "log needs an argument above 0"),
    (
        "z: data = 1\ny = sqrt(x*x + z*z) - x",
        1e9,
        "hypot(x, z) - x",
        21,
        "write z**2/(hypot(x, z) +",
    ),
    ("y = 1/(1 + exp(-x)) - 1", 40.0, "sigmoid(x) - 1", 21, "write -sigmoid(-x)"),
    ("y = exp(x) - 1", 800.0, "expm1(x)", 12, "it exceeds every double above 709.78; cancel"),
]


@pytest.mark.parametrize(("text", "x", "operation", "column", "advice"), STABLE)
def test_stable_forms_are_traced_to_what_the_user_wrote(
    text: str, x: float, operation: str, column: int, advice: str
) -> None:
    found = graphc.trace(text, {"x": x}).fault
    assert found is not None
    line = text.count("\n") + 1
    assert (found.operation, found.place) == (operation, ("<string>", line, column))
    assert found.help.startswith(advice)


def test_the_form_is_named() -> None:
    found = graphc.trace("y = x + log(1 - exp(x))", {"x": 0.0})
    form = "log(-expm1(x)) if x > -0.7 else log1p(-exp(x))"
    assert found.fault is not None
    assert found.fault.form == f"log(1 - exp(x)) is computed as {form}"
    assert f"log(1 - exp(x)) is computed as {form}." in " ".join(str(found).split())
    assert graphc.trace("y = x + log(x)", {"x": 0.0}).data()["fault"]["form"] == ""


IEEE = [
    ("div", (-1.0, 0.0), -inf),
    ("div", (0.0, 0.0), nan),
    ("pow", (0.0, -1.0), inf),
    ("atanh", (-1.0,), -inf),
    ("sqrt", (-1.0,), nan),
    ("sinh", (-1e3,), -inf),
    ("logratio", (1.0, 0.0), inf),  # worked out from its definition
    ("logrel", (-1.0,), inf),
]


@pytest.mark.parametrize(("op", "operands", "wanted"), IEEE)
def test_ieee(op: str, operands: tuple[float, ...], wanted: float) -> None:
    found = ieee(op, operands)
    assert found == wanted or (found != found and wanted != wanted)


def test_lost_digits() -> None:
    one = mpmath.mpf(1)
    assert lost_digits(1.0, one) == 0
    assert lost_digits(1.0 + 2**-52, one) == pytest.approx(0.3, abs=0.01)
    assert lost_digits(0.0, one) == lost_digits(-1.0, one) == lost_digits(1e-20, one * 0) == FULL
    assert lost_digits(0.0, mpmath.mpf("1e-400")) == FULL
    assert lost_digits(1.0, mpmath.inf) == FULL


def test_the_run_is_that_of_the_generated_code() -> None:
    text = (
        "y = floor(x)*3 + x**3 + x**1.5 + 2**x + 7 % x + min(x, z) + softplus(z) + digamma(x)"
        " + (x if x > z and not x > 4 or z > 1 else log(z)) + cbrt(x) + abs(z)"
    )
    at = {"x": 2.7, "z": -0.3}
    program = read(text)
    run = Run(program, at, list(program.outputs.values()))
    value = graphc.compile(text, products=("value",)).value(**at)
    assert run.values[program.outputs["y"]] == pytest.approx(value, rel=1e-15)
    assert not run.errors


@pytest.mark.parametrize(
    "text",
    ["a - (b - c_)", "a/(b*c_)", "a*b/c_", "(a + b)*c_", "-(a + b)", "a**-b", "(-a)**b",
     "(a**b)**c_", "-(a % b)", "-(c_ // b)", "a if a < b else c_",
     "a if a < b and not a > c_ else b", "(a if a < b else b) + 1", "min(a, b) % c_",
     "a // (b % c_)", "-a*b", "a**(b + 1)"],
)  # fmt: skip
def test_expressions_read_back(text: str) -> None:
    program = read(f"y = {text}")
    again = read(f"y = {formula(program, program.outputs['y'], 50)}")
    at = {name: v for name, v in (("a", 1.5), ("b", 3.0), ("c_", 2.0)) if name in program.inputs}
    runs = [Run(p, at, [p.outputs["y"]]) for p in (program, again)]
    assert runs[0].values[program.outputs["y"]] == runs[1].values[again.outputs["y"]]
