"""Pictures, tables and derivations: what they say, where it stands, and that nothing gets out."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from checkers import SVG, check_dot, check_latex, check_mermaid, check_svg
from click.testing import CliRunner, Result
from hypothesis import given, settings
from strategies import Drawn, programs_at_points

import graphc
from graphc.cli import commands
from graphc.errors import OptionError
from graphc.inspect.evaluate import evaluate
from graphc.options import DRAWING
from graphc.options import FORMATS as OFFERED
from graphc.program import Input, Program
from graphc.view.boxes import MINUS
from graphc.view.colours import PALETTES
from graphc.view.derivation import derivation
from graphc.view.formats import FORMATS, MissingPackageError, frames, png, shown
from graphc.view.notebook import bundle
from graphc.view.picture import MOST, SIZES, Wanted, picture
from graphc.view.steps import steps
from graphc.view.svg import svg
from graphc.view.sweeps import at_point

ESSAY = "e = (a + b) * (b + 1)\n"
POINT = {"a": 2.0, "b": 1.0}
EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.expr"))
TEX = shutil.which("pdflatex") or shutil.which("tectonic")


def program(text: str) -> Program:
    return graphc.parse(text).program


def example(path: Path) -> tuple[Program, dict[str, float]]:
    found = program(path.read_text(encoding="utf-8"))
    return found, {e: 1.5 + math.sin(3 * k + 1) for k, e in enumerate(found.elements())}


def call(*args: str, text: str = "") -> Result:
    return CliRunner().invoke(commands, args, input=text)


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=[p.stem for p in EXAMPLES])
def test_sweeps_agree_with_generated_code(path: Path) -> None:
    found, at = example(path)
    point = at_point(found, at)
    model = graphc.compile(path.read_text(encoding="utf-8"), products=("value_and_jacobian",))
    arguments = {
        i.name: at[i.name] if i.size is None else [at[e] for e in i.elements]
        for i in found.inputs.values()
    }
    _, jacobian = model.value_and_jacobian(**arguments)
    rows = [jacobian] if len(found.outputs) == 1 else jacobian
    actives = found.elements(active_only=True)
    for row, (name, end) in zip(rows, found.outputs.items(), strict=True):
        adjoints = point.reverse(end)
        flat = [x for part in (row if isinstance(row, tuple) else (row,))
                for x in (part if isinstance(part, tuple) else (part,))]  # fmt: skip
        for element, wanted in zip(actives, flat, strict=True):
            start = found.input(element)
            assert (adjoints[start] or 0.0) == pytest.approx(wanted, rel=1e-9, abs=1e-300), name
            tangent = point.forward(start)[end]
            assert (tangent or 0.0) == pytest.approx(wanted, rel=1e-9, abs=1e-300)


def test_a_branch_that_is_not_taken_has_no_derivative() -> None:
    found = program("y = sqrt(x) if x > 0 else 2*x\n")
    point = at_point(found, {"x": -1.0})
    assert point.reverse(found.outputs["y"])[found.input("x")] == 2.0
    shown = picture(found, Wanted({"x": -1.0}, reverse="y"))
    (root,) = [item for item in shown.items if item.lines[0].text == "√x"]
    assert root.faded and len(root.lines) == 1, "neither nan nor a derivative is shown"


# --- pictures -----------------------------------------------------------------------------------


def test_a_picture_has_the_numbers_of_the_essay() -> None:
    texts = check_svg(str(shown(program(ESSAY), "svg", Wanted(POINT, reverse="e"))))
    for wanted in ("∂e/∂b = 5", "∂e/∂a = 2", "6", "3", "2", "e = • · •"):
        assert wanted in texts
    forward = check_svg(str(shown(program(ESSAY), "svg", Wanted(POINT, forward="b"))))
    assert "∂e/∂b = 5" in forward and "∂•/∂b = 1" in forward


@pytest.mark.parametrize("path", EXAMPLES, ids=[p.stem for p in EXAMPLES])
@pytest.mark.parametrize("down", [True, False], ids=["down", "across"])
def test_no_text_leaves_its_box(path: Path, down: bool) -> None:
    """With the widths of DejaVu Sans, the widest font that sans-serif usually is."""
    from graphc.view.metrics import width

    found, at = example(path)
    text = svg(picture(found, Wanted(at, reverse=next(iter(found.outputs)), down=down)))
    check_svg(text)
    for group in ElementTree.fromstring(text).iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        if box is None or not group.get("class"):
            continue
        left, wide = float(box.attrib["x"]), float(box.attrib["width"])
        top, high = float(box.attrib["y"]), float(box.attrib["height"])
        for line in group.iter(f"{SVG}text"):
            size = SIZES[line.attrib["class"].removeprefix("gc-")]
            half = width(line.text or "", size) / 2
            x, y = float(line.attrib["x"]), float(line.attrib["y"])
            assert left + 4 <= x - half and x + half <= left + wide - 4
            assert top <= y - size * 0.75 and y + size * 0.25 <= top + high


def test_an_edge_between_statements_has_the_sum_over_its_inner_paths() -> None:
    found = program("y = x**2 + 3*x\nz: output = y + sin(y)*y\n")
    wires = picture(found, Wanted({"x": 2.0}, boxes="statement")).wires
    y = 10.0
    slope = 1 + math.cos(y) * y + math.sin(y)
    assert [wire.label for wire in wires] == ["7", f"{slope:.4g}".replace("-", MINUS)]


DRAWN = {"quickstart.svg": "picture", "quickstart.tex": "picture", "derivation.tex": "derivation"}


@pytest.mark.parametrize("name", DRAWN)
def test_pictures_are_those_committed(name: str, update_golden: bool) -> None:
    found, _ = example(EXAMPLES[0].with_name("quickstart.expr"))
    found.source.name = "quickstart.expr"
    form = {".svg": "svg", ".tex": "latex"}[Path(name).suffix]
    text = str(shown(found, form, Wanted(POINT, reverse="e"), DRAWN[name]))
    path = Path(__file__).parent / "pictures" / name
    if update_golden:
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


def test_many_operations_are_drawn_as_statements() -> None:
    text = "".join(f"x{k + 1} = sin(x{k}*x{k}) + cos(x{k})*2\n" for k in range(100))
    drawn = picture(program(text), Wanted())
    assert len(drawn.items) == 101
    every = picture(program(text), Wanted(boxes="operation"))
    assert len(every.items) == 501


def test_too_many_boxes_are_refused() -> None:
    text = f"x: input[{MOST + 10}]\ny = sum(x[i]**2 for i in range({MOST + 10}))\n"
    with pytest.raises(OptionError, match="too many for one picture"):
        picture(program(text), Wanted(boxes="operation"))
    assert len(picture(program(text), Wanted()).items) == 1


def test_themes() -> None:
    drawn = picture(program(ESSAY), Wanted(POINT))
    light, dark = PALETTES["light"]["paper"], PALETTES["dark"]["paper"]
    assert light in svg(drawn, "light") and dark not in svg(drawn, "light")
    assert dark in svg(drawn, "dark") and light not in svg(drawn, "dark")
    assert "prefers-color-scheme:dark" in svg(drawn)
    assert PALETTES["light"].keys() == PALETTES["dark"].keys()


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_can_be_read_on_their_ground(theme: str) -> None:
    """The contrast that the Web Content Accessibility Guidelines ask for."""
    palette = PALETTES[theme]
    grounds = [c for role, c in palette.items() if role.endswith("-fill") or "magnitude" in role]
    for role in ("ink", "tangent", "adjoint"):
        for ground in grounds:
            dim, bright = sorted([_luminance(palette[role]), _luminance(ground)])
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (role, ground)
    dim, bright = sorted([_luminance(palette["weak"]), _luminance(palette["paper"])])
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_frames_go_through_both_sweeps_in_the_same_places() -> None:
    found = list(frames(program(ESSAY), Wanted(POINT)))
    assert [name for name, _ in found][:2] == ["step-01.svg", "step-02.svg"] and len(found) == 10
    counts = [check_svg(text).count("∂e/∂b = 5") for _, text in found]
    assert counts == [0] * 8 + [1, 1]
    for _, text in found:
        assert text.count("gc-current") - text.split("</style>")[0].count("gc-current") == 1
        assert text.split("<style>")[0] == found[0][1].split("<style>")[0]


def test_png_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingPackageError, match=r"graphc\[png\]"):
        png("<svg/>")
    result = call("show", "-", "--format", "png", text=ESSAY)
    assert result.exit_code == 1 and "pip install" in result.output


def test_graphviz_draws_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    args = ("show", "-", "--engine", "graphviz", "--format")
    assert call(*args, "latex", text=ESSAY).exit_code == 2
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    result = call(*args, "svg", text=ESSAY)
    assert result.exit_code == 1 and "graphc[graphviz]" in result.output


def test_nothing_gets_out_of_graphviz() -> None:
    pytest.importorskip("pygraphviz", reason="pygraphviz is not installed")
    text = shown(evil(), "svg", Wanted(), engine="graphviz")
    root = ElementTree.fromstring(bytes(text))  # type: ignore[arg-type]
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "g", "title", "polygon", "ellipse", "text", "path"}


def test_png() -> None:
    pytest.importorskip("resvg_py", reason="resvg-py is not installed")
    assert bytes(shown(program(ESSAY), "png", Wanted()))[:4] == b"\x89PNG"  # type: ignore[arg-type]


# --- tables and derivations ---------------------------------------------------------------------


def test_steps_as_text_and_csv() -> None:
    result = call("show", "-", "--steps", "--at", "a=2", "b=1", text=ESSAY)
    assert "9     de/db   de/d#2 * d#2/db + de/d#4 * d#4/db" in result.stdout
    result = call("show", "-", "--steps", "--format", "csv", "--at", "a=2", "b=1", text=ESSAY)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert rows[8]["adjoint"] == "5.0" and rows[8]["partials"] == "2 * 1 + 3 * 1"
    result = call("show", "-", "--steps", "--forward", "b", "--at", "a=2", "b=1", text=ESSAY)
    assert result.stdout.splitlines()[-1].split()[-1] == "5"


def test_lists_have_tangents_and_adjoints() -> None:
    options = ("--at", "a=2", "b=1", "--forward", "b", "--reverse", "e")
    text = call("show", "-", *options, text=ESSAY).stdout
    assert "#2     a + b    = 3.0  tangent 1.0  adjoint 2.0" in text
    data = json.loads(call("show", "-", *options, "--format", "json", text=ESSAY).stdout)
    assert data["nodes"][1]["tangent"] == 1.0 and data["nodes"][1]["adjoint"] == 5.0
    assert "adjoint 5.0" in call("show", "-", *options, "--format", "dot", text=ESSAY).stdout
    assert "adjoint 5.0" in call("show", "-", *options, "--format", "mermaid", text=ESSAY).stdout


def test_a_step_names_an_output_that_is_a_constant() -> None:
    found = steps(program("one: output = 2 + 3\ny: output = 2*x"), Wanted({"x": 1.0}))
    assert found[-1].node == "done/done"


def test_a_derivation_tells_names_from_numbers() -> None:
    text = derivation(program("v2 = sin(x)*x\nw_1 = v2 + cos(x)*x"), Wanted())
    assert r"v_{2} &= u_{1} \cdot x" in text
    assert "v_{1}" not in text


def test_a_derivation_spells_what_latex_has() -> None:
    text = derivation(program("größe = sin(x) if x > 1 else x"), Wanted())
    assert r"\ss{}" in text
    assert r"\text{if }" in text
    assert "U+" not in text


def test_a_derivation_has_the_rule_the_formula_and_the_numbers() -> None:
    text = derivation(program("y = sin(x)\nz: output = y*y*x\n"), Wanted({"x": 2.0}))
    check_latex(text)
    assert r"\frac{\partial z}{\partial y}\,\frac{\partial y}{\partial x}" in text
    assert r"\cos \left( x \right)" in text
    slope = 2 * math.sin(2) * math.cos(2) * 2 + math.sin(2) ** 2
    assert f"&= {slope:.6g}\n" in text
    assert r"\frac{\partial y}{\partial y} &= 1" in derivation(program("y: output = 3\n"), Wanted())


@pytest.mark.parametrize("kind", ["picture", "steps", "derivation"])
@pytest.mark.parametrize("path", EXAMPLES, ids=[p.stem for p in EXAMPLES])
def test_latex_is_well_formed(path: Path, kind: str) -> None:
    found, at = example(path)
    check_latex(str(shown(found, "latex", Wanted(at), kind)))
    if kind == "derivation":
        check_latex(derivation(found, Wanted()))


@pytest.mark.skipif(not TEX, reason="neither pdflatex nor tectonic is installed")
@pytest.mark.parametrize("kind", ["picture", "steps", "derivation"])
def test_latex_compiles(kind: str, tmp_path: Path) -> None:
    at = {e: (math.nan, -math.inf, 0.5)[k % 3] for k, e in enumerate(evil().elements())}
    branches = "y = |x|\n".replace("|x|", "abs(floor(x)) if x > 0 and not x < -1 else x**-1.5")
    for k, (found, point) in enumerate([(evil(), at), (program(branches), {"x": 1e-20})]):
        wanted = Wanted(point, reverse=next(iter(found.outputs)))
        file = tmp_path / f"{kind}{k}.tex"
        file.write_text(str(shown(found, "latex", wanted, kind)), encoding="utf-8")
        options = ["-halt-on-error", "-interaction=nonstopmode"] if "pdflatex" in str(TEX) else []
        run = subprocess.run(
            [str(TEX), *options, file.name], cwd=tmp_path, capture_output=True, timeout=120
        )
        assert run.returncode == 0, run.stdout.decode(errors="replace")[-2000:]


@settings(max_examples=30)
@given(programs_at_points())
def test_any_program_is_shown_in_every_form(drawn: tuple[Drawn, tuple[float, ...]]) -> None:
    found = program(drawn[0].text)
    at = dict(zip(drawn[0].elements, drawn[1], strict=True))
    wanted = Wanted(at, reverse=drawn[0].outputs[-1])
    check_svg(str(shown(found, "svg", wanted)))
    check_svg(str(shown(found, "svg", replace(wanted, boxes="statement", down=False))))
    check_dot(str(shown(found, "dot", wanted)))
    check_mermaid(str(shown(found, "mermaid", wanted)))
    for kind in ("picture", "steps", "derivation"):
        check_latex(str(shown(found, "latex", wanted, kind)))
    check_latex(derivation(found, Wanted()))
    json.loads(str(shown(found, "json", wanted)), parse_constant=lambda c: 1 / 0)
    rows = list(csv.reader(io.StringIO(str(shown(found, "csv", wanted)))))
    assert len({len(row) for row in rows}) == 1


# --- the command line ---------------------------------------------------------------------------


def test_show_writes_a_file(tmp_path: Path) -> None:
    out = tmp_path / "essay.svg"
    args = ("show", "-", "--format", "svg", "--at", "a=2", "b=1", "--reverse", "e")
    assert call(*args, "-o", str(out), text=ESSAY).exit_code == 0
    assert out.read_text(encoding="utf-8") == call(*args, text=ESSAY).stdout
    folder = tmp_path / "frames"
    result = call("show", "-", "--frames", str(folder), "--at", "a=2", "b=1", text=ESSAY)
    assert result.exit_code == 0
    assert len(list(folder.glob("step-*.svg"))) == 10


def test_show_draws_the_derivatives_too() -> None:
    args = ("show", "-", "--format", "svg", "--derivative")
    texts = check_svg(call(*args, text="y = sin(x)*x\n").stdout)
    assert any(text.startswith("dy_dx = ") for text in texts)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--format", "svg", "--reverse", "e"), "give a point with --at"),
        (("--steps",), "give a point with --at"),
        (("--frames", "x"), "give a point with --at"),
        (("--steps", "--format", "svg", "--at", "a=2", "b=1"), "text, csv, markdown, latex"),
        (("--derivation", "--format", "csv"), "as latex"),
        (("--reverse", "f", "--at", "a=2", "b=1"), "'f' is not an output or a name"),
        (("--forward", "e", "--at", "a=2", "b=1"), "'e' is not an input"),
    ],
)
def test_what_show_refuses(args: tuple[str, ...], message: str) -> None:
    result = call("show", "-", *args, text=ESSAY)
    assert result.exit_code == 2 and message in result.output


def test_the_command_line_offers_what_there_is() -> None:
    assert OFFERED == FORMATS
    (show,) = [c for name, c in commands.commands.items() if name == "show"]
    assert {p.name for p in show.params} >= set(DRAWING)


# --- notebooks ----------------------------------------------------------------------------------


def test_notebooks_get_a_picture_and_text_and_formulas_if_they_ask() -> None:
    found = graphc.compile(ESSAY)._repr_mimebundle_()
    assert "e = • · •" in check_svg(found["image/svg+xml"])
    assert set(found) == {"image/svg+xml", "text/plain"}  # beside LaTeX, no picture is shown
    asked = graphc.compile(ESSAY)._repr_mimebundle_(include=["text/latex"])
    check_latex(asked["text/latex"])
    assert found["text/plain"].splitlines()[0] == "<graphc model (a, b) -> (e)>"
    graph = graphc.parse(ESSAY)
    assert graph._repr_mimebundle_(include=None, exclude=None)["image/svg+xml"]
    assert set(graph.subgraph([0, 1])._repr_mimebundle_()) == {"text/plain"}


def test_notebooks_get_statements_of_larger_models_and_words_of_the_largest() -> None:
    text = "".join(f"x{k + 1} = sin(x{k}*x{k}) + cos(x{k})*2\n" for k in range(100))
    found = bundle(program(text), "a graph")
    assert found["image/svg+xml"].count('class="gc-box') == 101 and "text/latex" not in found
    text = "".join(f"x{k + 1} = sin(x{k})\n" for k in range(MOST + 1))
    assert bundle(program(text), "a graph") == {"text/plain": "a graph"}


# --- what a file says cannot get out ------------------------------------------------------------

EVIL = [
    "</svg><script>alert(1)</script>",
    '"]; evil [label="',
    "\\input{/etc/passwd}",
    "$x$ % ~ ^ _ & # { } ` - | < >",
    "two\nlines\r\n",
    "=HYPERLINK(1)",
    "%%{init: {}}%%",
    "a\x00b\x1b[31m\ufffe\ud800",
    "]]> --> <!-- */ </style>",
    "\\end{document}",
    "^^5cinput",
    "θé漢🙂",
    '" onload="alert(1)',
    "@SUM(1)",
    "#quot;",
]


def evil() -> Program:
    """A program whose names are all attacks; a graph of networkx or SymPy can have such names."""
    found = Program()
    for k, text in enumerate(EVIL):
        found.inputs[text] = Input(text)
        x = found.input(text)
        y = found.add(("sin", x))
        found.names[y] = f"{text} 1"
        z = found.add(("mul", y, found.const(0.5 + k)))
        found.names[z] = f"{text} 2"
        found.outputs[f"{text} 2"] = z
    found.doc = "\n".join(EVIL)
    found.source.name = "</svg><script>\\input{x}.expr"
    return found


def everything(form: str) -> Iterator[str]:
    found = evil()
    numbers = (math.nan, math.inf, -math.inf, -0.0, 1e308, -2.5)
    at = {e: numbers[k % len(numbers)] for k, e in enumerate(found.elements())}
    for wanted in (Wanted(), Wanted(at, forward=EVIL[0], reverse=f"{EVIL[1]} 2")):
        yield str(shown(found, form, wanted))
    kinds = {"latex": ["steps", "derivation"]} | {f: ["steps"] for f in ("text", "csv", "markdown")}
    for kind in kinds.get(form, []):
        yield str(shown(found, form, wanted, kind))


def test_nothing_gets_out_of_svg() -> None:
    for text in everything("svg"):
        assert any("alert(1)" in t for t in check_svg(text)), "as text it may stand there"
    for _, frame in frames(evil(), Wanted(dict.fromkeys(EVIL, math.nan))):
        check_svg(frame)
    check_svg(bundle(evil(), "")["image/svg+xml"])


def test_nothing_gets_out_of_latex() -> None:
    for text in everything("latex"):
        check_latex(text)
        assert "\\input" not in text and "^^" not in text


def test_nothing_gets_out_of_dot_and_mermaid() -> None:
    for text in everything("dot"):
        check_dot(text)
    for text in everything("mermaid"):
        check_mermaid(text)


def test_nothing_gets_out_of_tables() -> None:
    for text in everything("csv"):
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1
        for cell in (c for row in rows for c in row):
            assert cell[:1] not in ("=", "+", "@", "\t", "\r")
            assert cell[:1] != "-" or float(cell) <= 0
    for text in everything("markdown"):
        lines = text.splitlines()
        assert all(line.startswith("|") and line.endswith("|") for line in lines)
        assert "<script" not in text and "<!--" not in text
    for text in everything("text"):
        assert "\x1b" not in text.partition("step ")[2]


def test_json_has_no_nan() -> None:
    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    for text in everything("json"):
        json.loads(text, parse_constant=refuse)


def test_the_checkers_see_what_is_wrong() -> None:
    for wrong in ("<svg><script/></svg>", '<svg xmlns="http://www.w3.org/2000/svg" onload=""/>'):
        with pytest.raises(AssertionError):
            check_svg(wrong)
    for wrong in (r"\input{x}", "{", "a_b", "50%", r"\begin{verbatim}\end{verbatim}", "a & b", "é"):
        with pytest.raises((AssertionError, IndexError)):
            check_latex(wrong)
    with pytest.raises(AssertionError):
        check_dot('digraph model {\n    n1 [label="a"]; evil [label="b"];\n}')
    with pytest.raises(AssertionError):
        check_mermaid('flowchart LR\n    n1["a"]\n    click n1 "javascript:alert(1)"')


def test_values_are_those_of_the_reference() -> None:
    found = program(ESSAY)
    assert at_point(found, POINT).values == evaluate(found, POINT)
