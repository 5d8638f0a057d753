"""What `graphc view` puts into its page, and the command itself; see test_page.py for the page."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from zipfile import ZipFile

import pytest
from browser import EXAMPLES, QUICKSTART
from click.testing import CliRunner, Result
from hypothesis import given
from strategies import Drawn, programs_at_points

from graphc.cli import commands
from graphc.language.elaborate import elaborate
from graphc.language.lexer import make_source
from graphc.model import read_program
from graphc.ops import OPS
from graphc.program import Program
from graphc.view import mathml, scene
from graphc.view.boxes import by_operation, by_statement
from graphc.view.page import page, point
from graphc.view.tape import NATIVE, record


def view(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(commands, ["view", *arguments], input=text)


def read(text: str, name: str = "model.expr") -> Program:
    return read_program(make_source(text, name))


# --- the command ------------------------------------------------------------------------------


def test_a_page_is_written_and_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail("opened"))
    out = tmp_path / "out.html"
    run = view(str(EXAMPLES / "quickstart.expr"), "-o", str(out), "--at", "a=2", "b=1")
    assert (run.exit_code, run.output) == (0, "")
    assert out.read_text().startswith("<!doctype html>")
    again = view("-", "--no-open", "--at", "a=2", "b=1", text=QUICKSTART)
    assert again.output.count("<script") == out.read_text().count("<script") == 2


def test_a_page_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: not opened.append(url))
    run = view("-", text="y = x*x")
    assert run.output.startswith("opened ")
    assert opened[0].endswith("/stdin.html")
    assert Path(run.output.split()[1]).read_text().count("<script") == 2
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    assert view("-", text="y = x*x").output.startswith("no browser was found; open ")


def test_wrong_arguments() -> None:
    assert view("-", "--no-open", "c=2", text=QUICKSTART).exit_code == 2
    assert view("-", "--no-open", text="y = sinn(x)").exit_code == 1
    run = view("-", "-o", "-", "a=2", text=QUICKSTART)
    assert (run.exit_code, run.output[:15]) == (0, "<!doctype html>")


def test_json_is_strict() -> None:
    run = view("-", "--json", "x=nan", text="y = x + 2**300")
    data = json.loads(run.output, parse_constant=lambda name: pytest.fail(name))
    assert data["inputs"][0]["value"] == "nan"
    assert str(2**300) in data["tape"]["numbers"]


def test_inputs_without_a_value_get_one() -> None:
    program = read("x: input[4]\ny: input = 7\nz: output = x[0]*x[1]*x[2]*x[3]*y*w")
    found = point(program, ["w=3"])
    assert [found[f"x[{k}]"] for k in range(4)] == [1.0, 1.25, 1.5, 1.75]
    assert (found["y"], found["w"]) == (7.0, 3.0)


def test_the_wheel_holds_the_page_and_not_its_sources(tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed")
    root = Path(__file__).parents[1]
    [built] = wheel.WheelBuilder(str(root)).build(directory=str(tmp_path), versions=["standard"])
    names = [n for n in ZipFile(built).namelist() if n.startswith("graphc/view/")]
    assert {"graphc/view/page.py", "graphc/view/page.js", "graphc/view/page.css"} <= {*names}
    assert not [n for n in names if n.startswith("graphc/view/page/")]


# --- the scene --------------------------------------------------------------------------------


@given(programs_at_points())
def test_any_program_has_a_scene(drawn: tuple[Drawn, tuple[float, ...]]) -> None:
    program = read(drawn[0].text)
    found = scene.scene(program, scene.starting_point(program))
    json.loads(scene.as_json(found), parse_constant=lambda name: pytest.fail(name))
    for picture in (found["pictures"]["statements"], found["pictures"]["operations"]):
        count = len(picture["boxes"])
        assert len(picture["down"]["places"]) == len(picture["sizes"]) == 2 * count
        assert all(u < w < count for u, w in picture["wires"])


def test_statements_hold_every_operation_once() -> None:
    for file in sorted(EXAMPLES.glob("*.expr")):
        program = read(file.read_text())
        statements, operations = by_statement(program), by_operation(program)
        held = [i for box in statements.boxes if box.kind == "statement" for i in box.nodes]
        plain = [box.head for box in operations.boxes if box.kind == "operation"]
        assert sorted(held) == plain, file.name


def test_what_is_too_large_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a0 = x\n" + "".join(f"a{k + 1} = sin(a{k}) + a{k}*x\n" for k in range(30))
    monkeypatch.setattr(scene, "MAX_BOXES", 20)
    monkeypatch.setattr(scene, "MAX_INSIDE", 30)
    program = read(text)
    found = scene.scene(program, scene.starting_point(program))
    assert "operations" not in found["pictures"]
    assert [box[2] for box in found["pictures"]["statements"]["boxes"]] == [
        "x", *(f"a{k}" for k in range(12, 31))]  # fmt: skip
    assert len(found["pictures"]["inside"]) == 10
    assert found["orders"] is None
    assert [note.split(" are ")[0].split(" have ")[0] for note in found["notes"]] == [
        "31 statements",
        "90 operations",
        "9 statements",
        "Orders of 90 vertices",
    ]


def test_the_tape_is_native() -> None:
    for op, row in OPS.items():
        if row.condition or row.macro or op in ("where", "polygamma"):
            continue
        tape = record(elaborate(make_source(f"out = {row.form}")))
        assert {name for name, *_ in tape.code} <= NATIVE | {"const", "input"}, op


def test_every_operation_has_a_formula() -> None:
    for op, row in OPS.items():
        if row.macro:
            continue
        tree = json.dumps(mathml.operation(op).tree)
        assert all(f'["#", {k}, ' in tree for k in range(len(row.params))), op
        assert len(mathml.derivatives(op)) == len(row.partials), op


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("alpha", ["mi", "\N{GREEK SMALL LETTER ALPHA}"]),
        ("x1", ["msub", ["mi", "x"], ["mn", "1"]]),
        ("w[3]", ["msub", ["mi", "w"], ["mn", "3"]]),
        ("qdot_max", ["msub", ["mi", "qdot"], ["mi", "max"]]),
        ("_1", ["mi", "_1"]),
    ],
)
def test_names_in_formulas(text: str, tree: mathml.Tree) -> None:
    assert mathml.name(text) == tree


def test_a_page_is_the_same_on_every_run() -> None:
    program = read((EXAMPLES / "reprojection.expr").read_text())
    at = point(program, [])
    assert page(program, at) == page(read(program.source.text), at)
