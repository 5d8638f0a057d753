"""``graphc check`` finds where a model is undefined or not smooth, and says whether bounds help."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from graphc.cli import commands
from graphc.inspect.findings import Finding, Lint
from graphc.inspect.lint import lint
from graphc.language.lexer import make_source
from graphc.model import passes, read_program


def linted(text: str, stable: bool = True) -> Lint:
    return lint(read_program(make_source(text, "m.expr"), passes=passes(stable)))


def said(text: str, stable: bool = True) -> list[str]:
    return [f.message for f in linted(text, stable).findings]


def check(text: str, *options: str) -> Result:
    return CliRunner().invoke(commands, ["check", "-", *options], input=text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("y = log(x - 1)", ["log(x - 1) is undefined where x - 1 <= 0"]),
        ("y = a/(x - 1)", ["a/(x - 1) is undefined where x - 1 = 0"]),
        ("y = x**-2", ["x**-2 is undefined where x = 0"]),
        ("y = x**0.5", ["x**0.5 is undefined where x < 0",
                        "x**0.5 has no first derivative where x = 0"]),
        ("y = x**1.5", ["x**1.5 is undefined where x < 0",
                        "x**1.5 has no second derivative where x = 0"]),
        ("y = x**-0.5", ["x**-0.5 is undefined where x <= 0"]),
        ("y = x**2 + x**2.0", []),
        ("y = tan(x)", ["tan(x) is undefined where cos(x) = 0"]),
        ("y = asin(2*x)", ["asin(2*x) is undefined where 2*x < -1 or 2*x > 1",
                           "asin(2*x) has no first derivative where 2*x = -1 or 2*x = 1"]),
        ("y = gamma(x)", ["gamma(x) is undefined where x <= 0 and x is a whole number"]),
        ("y = abs(a - b)", ["abs(a - b) has no first derivative where a - b = 0"]),
        ("y = max(x, 0)", ["max(x, 0) has no first derivative where x = 0"]),
        ("y = max(0, x)", ["max(0, x) has no first derivative where x = 0"]),
        ("y = floor(x)", ["floor(x) jumps where x is a whole number"]),
        ("y = x % 3", ["x % 3 jumps where x/3 is a whole number"]),
        ("y = atan2(a, b)", ["atan2(a, b) jumps where a = 0 and b <= 0"]),
        ("y = hypot(a, b)", ["hypot(a, b) has no first derivative where a = 0 and b = 0"]),
        ("y = sqrt(1 + x*x)/(2 + sin(x))*log(exp(x) + 1)", []),
        ("y = sum(1/x[i] for i in range(9))\nx: input[9]",
         ["1/x[0] is undefined where x[0] = 0, and 8 more of its kind"]),
        ("t = x*x\ny = log(t) + 1/t", ["log(t) is undefined where t = 0",
                                       "1/t is undefined where t = 0"]),
        # derivatives with respect to data do not matter
        ("t: data\ny = abs(t)*x", []),
        ("t: data\ny = x/t", ["x/t is undefined where t = 0"]),
    ],
)  # fmt: skip
def test_operations(text: str, wanted: list[str]) -> None:
    assert said(text, stable=False) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("y = sqrt(x) if x > 1 else x", ["has no first derivative where x = 1"]),
        ("y = 1/x if abs(x) > 1 else x", ["has no first derivative where abs(x) = 1"]),
        ("y = 1/x if x != 0 else 0", ["jumps where x = 0"]),
        ("y = sqrt(a - b) if a > b else 0", ["has no first derivative where a = b"]),
        ("y = x*x if x > 1 else 2*x - 1", ["has no second derivative where x = 1"]),
        ("y = x if x > 1 else x + 1", ["jumps where x = 1"]),
        ("y = x**3 if x > 0 else 0", []),
        ("y = exp(-1/x) if x > 0 else 0", []),
        ("y = sin(x)/x if x != 0 else 1", ["has no second derivative where x = 0"]),
        ("y = a*b if a > b and b > 0 else a*b + (a - b)**3", ["jumps where a = b or b = 0"]),
        ("y = (x if x > 0 else 2*x) if x > -1 else 2*x", ["has no first derivative where x = 0"]),
        ("x: input > 0\ny = x if x < -1 else 2*x", []),
        ("x: 0 < input < 3\ny = x if x < 1 else 2*x", ["jumps where x = 1"]),
        ("y = elu(x)", ["has no second derivative where x = 0"]),
    ],
)
def test_conditionals(text: str, wanted: list[str]) -> None:
    found = [f for f in linted(text, stable=False).findings if not f.excluded]
    kinds = [f.message for f in found if " if " in f.operation or f.kind != "undefined"]
    assert [m[m.index(w) :] for m, w in zip(kinds, wanted, strict=True)] == wanted
    assert not [f for f in found if f.kind == "undefined"]


def test_stable_forms_leave_nothing_to_find() -> None:
    text = "y = sin(x)/x + log(1 + exp(x)) + sqrt(x*x)**2 + exp(x)/(1 + exp(x))"
    assert said(text) == []
    assert said("y = sin(x)/x", stable=False) == ["sin(x)/x is undefined where x = 0"]
    assert said("y = log(1 + x)") == ["log(1 + x) is undefined where x <= -1"]


def test_bounds_exclude() -> None:
    text = "x: input > 0\nt: 0 < input < 1\ny = log(x)/t + sqrt(x + t) + asin(t) + abs(x)"
    found = linted(text, stable=False)  # with stable forms abs(x) is x
    assert [f for f in found.findings if not f.excluded] == []
    assert found.text() == "no findings, 7 excluded by bounds"
    assert found.text(list_all=True).count("; bounds exclude it\n") == 7
    open_ones = [f.condition for f in linted("x: input >= 0\ny = log(x)").findings]
    assert open_ones == ["x = 0"]


def test_nothing_is_left() -> None:
    found = linted("x: input > 0\ny = sqrt(-x) + 1")
    assert not found.is_fine
    assert said("x: input > 0\ny = sqrt(-x) + 1") == ["sqrt(-x) is undefined everywhere"]
    branch = linted("y = log(-x*x) if x > 1 else x")
    assert branch.is_fine
    assert branch.findings[0].message == "log(-x*x) is undefined wherever it is needed"


def test_places() -> None:
    (found,) = linted("x: input\nz = 2*x\ny = 1 + log(z)\n").findings
    assert isinstance(found, Finding)
    assert found.render() == (
        "m.expr:3:9: note: log(z) is undefined where z <= 0\n    y = 1 + log(z)\n            ^^^"
    )
    data = found.data()
    assert (data["file"], data["line"], data["column"]) == ("m.expr", 3, 9)


def test_work_is_limited() -> None:
    lines = [f"t{i} = x*x if x > {i} else 2*x" for i in range(400)]
    found = linted("\n".join([*lines, "y = " + " + ".join(f"t{i}" for i in range(400))]))
    assert found.left_out > 0
    assert "conditionals left out" in found.text()


def test_check_prints_findings() -> None:
    result = check("y = log(x)")
    assert result.exit_code == 0
    assert result.output.endswith(
        "<stdin>:1:5: note: log(x) is undefined where x <= 0\n    y = log(x)\n"
        "        ^^^\n1 finding\n"
    )
    result = check("x: input > 0\ny = log(x)")
    assert result.output.endswith("ok\nno findings, 1 excluded by bounds\n")
    assert "bounds exclude it" in check("x: input > 0\ny = log(x)", "--all").output


def test_check_fails_where_there_is_no_value() -> None:
    result = check("y = log(-1 - x*x)")
    assert result.exit_code == 1
    assert result.output.startswith("<stdin>:1:5: error: log(-1 - x*x) is undefined everywhere\n")


def test_check_as_json() -> None:
    data = json.loads(check("x: input > 0\ny = log(x) + abs(x - 1)", "--json").output)
    assert data["ok"] is True
    assert [c["agrees"] for c in data["checks"]] == [True] * 5
    assert [(f["kind"], f["condition"], f["excluded"]) for f in data["findings"]] == [
        ("undefined", "x <= 0", True),
        ("first derivative", "x - 1 = 0", False),
    ]
    data = json.loads(check("y = log(-1 - x*x)", "--json").output)
    assert (data["ok"], data["checks"], data["findings"][0]["certain"]) == (False, [], True)


def test_checks_look_inside_of_bounds() -> None:
    text = "x: input > 100\nt: 0 < input < 1e-3\nd: data <= -2\ny = sqrt(x - 100)*log(t)*acosh(-d)"
    result = check(text)
    assert result.exit_code == 0, result.output
    assert result.output.count(" ok\n") == 5


def test_points_lie_inside_of_bounds() -> None:
    result = check("x: input > 0\ny = x*x", "x=-1")
    assert result.exit_code == 2
    assert "x = -1.0 is outside its bounds: x > 0" in result.output


def test_what_takes_too_long_is_left_out() -> None:
    doubling = "\n".join(f"t{i + 1} = cos(t{i}) + sin(t{i})" for i in range(12))
    result = check(f"t0 = x\n{doubling}")
    assert "left out: SymPy: " in result.output
    assert result.exit_code == 0
