"""Declared bounds: what may be written, what the functions, the graph and the docstrings say."""

from __future__ import annotations

import json
import math
import pickle

import networkx as nx
import pytest
from click.testing import CliRunner

import graphc
from graphc.bounds import Bounds
from graphc.cli import commands
from graphc.graph import Graph, to_program

TEXT = """x: input > 0 = 1
t: 0 < data <= 1
k: input[3] >= 0
z: input
y = sqrt(x) + log(t) + (k[0] + k[1] + k[2])*z
"""


def bounds(declaration: str) -> Bounds | None:
    return graphc.parse(f"x: {declaration}\ny = x if False else 1").program.inputs["x"].bounds


@pytest.mark.parametrize(
    ("declaration", "text"),
    [
        ("input > 0", "x > 0"),
        ("input < -1.5", "x < -1.5"),
        ("0 < input", "x > 0"),
        ("0 >= data", "x <= 0"),
        ("0 < input <= 1 = 0.5", "0 < x <= 1"),
        ("1 >= data > 0", "0 < x <= 1"),
        ("-(1 + 1)**2 <= input < 2*3", "-4 <= x < 6"),
        ("input >= sum(i for i in range(3)) = 7", "x >= 3"),
        ("(0\n) < input", "x > 0"),
    ],
)
def test_spellings(declaration: str, text: str) -> None:
    found = bounds(declaration)
    assert found is not None
    assert found.text("x") == text


def test_a_file_with_bounds_is_valid_python() -> None:
    compile(TEXT, "model.expr", "exec")


def test_no_bounds() -> None:
    assert bounds("input") is None
    assert "raise ValueError" not in graphc.compile("y = x*x").source


def test_functions_refuse_what_is_outside() -> None:
    model = graphc.compile(TEXT, products=("all",))
    inside = {"x": 1.0, "t": 1.0, "k": [0.0, 1.0, 2.0], "z": -math.inf}
    assert model.value(**{**inside, "z": 2.0}) == 7.0
    for name, value, message in [
        ("x", -1.0, "x = -1.0 is outside its bounds: x > 0"),
        ("x", 0.0, "x = 0.0 is outside its bounds: x > 0"),
        ("x", math.nan, "x = nan is outside its bounds: x > 0"),
        ("t", 1.5, "t = 1.5 is outside its bounds: 0 < t <= 1"),
        ("k", [0, -2, 1], "k[1] = -2.0 is outside its bounds: k >= 0"),
    ]:
        for product in ("value", "grad", "value_and_grad", "hessian", "sparse_hessian"):
            with pytest.raises(ValueError) as caught:
                getattr(model, product)(**{**inside, name: value})
            assert str(caught.value) == message
    directions = {"x_dot": -1.0, "k_dot": [-1.0, -1.0, -1.0], "z_dot": 1.0}
    assert model.jvp(**{**inside, "z": 2.0}, **directions)[0] == 7.0  # a direction has no bounds


def test_functions_in_pieces_refuse_too() -> None:
    lines = [f"t{i + 1} = sin(t{i})*x[{i}]" for i in range(6000)]
    text = "\n".join(["x: input[6000] > 0", "t0: input < 1", *lines])
    model = graphc.compile(text, products=("value",), search=0)
    assert "_value_2(" in model.source
    with pytest.raises(ValueError, match=r"x\[5999\] = 0.0 is outside"):
        model.value([1.0] * 5999 + [0.0], 0.0)
    with pytest.raises(ValueError, match=r"t0 = 1.0 is outside its bounds: t0 < 1"):
        model.value([1.0] * 6000, 1.0)


def test_what_is_said() -> None:
    source = graphc.compile(TEXT).source
    for line in ("x : float, x > 0, default 1.0", "t : float, 0 < t <= 1",
                 "k : sequence of 3 floats, k >= 0", "z : float"):  # fmt: skip
        assert f"    {line}\n" in source
    shown = CliRunner().invoke(commands, ["show", "-"], input=TEXT).output
    assert "input, 0 < t <= 1\n" in shown
    assert "input, k[1] >= 0\n" in shown


@pytest.mark.parametrize("form", ["dot", "mermaid"])
def test_pictures(form: str) -> None:
    shown = CliRunner().invoke(commands, ["show", "-", "--format", form], input=TEXT).output
    assert ("0 < t <= 1" if form == "dot" else "0 #lt; t #lt;= 1") in shown


def test_the_graph_keeps_them() -> None:
    graph = graphc.parse(TEXT)
    assert {d["value"]: d["bounds"] for _, d in graph.nodes(data=True) if "bounds" in d} == {
        "x": "x > 0", "t": "0 < t <= 1", **{f"k[{i}]": f"k[{i}] >= 0" for i in range(3)}
    }  # fmt: skip
    data = json.loads(json.dumps(nx.node_link_data(graph, edges="edges")))
    for copy in (nx.DiGraph(graph), nx.node_link_graph(data, edges="edges")):
        program = to_program(copy)
        wanted = {n: i.bounds for n, i in graph.program.inputs.items()}
        assert {n: i.bounds for n, i in program.inputs.items()} == wanted
    assert pickle.loads(pickle.dumps(graph)).nodes[0]["bounds"] == "x > 0"
    assert Graph(to_program(nx.DiGraph(graph))).nodes[0]["bounds"]


def test_derived_graphs_keep_them() -> None:
    model = graphc.compile(graphc.differentiate(graphc.parse("x: input > 0\ny = x**3")))
    with pytest.raises(ValueError, match="x = 0 is outside its bounds: x > 0"):
        model.value(0)


def replaced(text: str) -> list[str]:
    return [f"{r.before} -> {r.after}" for r in graphc.parse(text).program.replaced]


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("sqrt(x*x)", ["sqrt(x*x) -> x"]),
        ("sqrt(x**2)", ["sqrt(x**2) -> x"]),
        ("abs(x*k)", ["abs(x*k) -> x*k"]),
        ("max(x, 0)", ["max(x, 0) -> x"]),
        ("max(0, k - 1)", ["max(0, k - 1) -> k - 1"]),
        ("1/x if x > -1 else log(x)", ["1/x if x > -1 else log(x) -> 1/x"]),
        ("abs(x) if k < 1 else x", ["abs(x) if k < 1 else x -> x"]),
        ("abs(z)", []),  # it may be anything
        ("abs(x - k)", []),
        ("max(0, x*k)", []),  # 0*inf is nan
        ("1 if x*k > -1 else 0", []),  # conditions on values that are computed stay
        ("1 if z > z - 1 else x", []),
    ],
)
def test_rules_use_bounds(formula: str, wanted: list[str]) -> None:
    bounds = "x: input >= 0\nk: input > 1\nz: input\n"
    assert replaced(f"{bounds}y = {formula}") == wanted
    assert not [r for r in replaced(f"x: input\nk: input\nz: input\ny = {formula}") if r in wanted]


def test_rules_that_use_bounds_keep_the_value() -> None:
    text = (
        "x: input >= 0\nk: input > 1\ny = abs(x*k) + max(0, k - 1)*(x if k > 0 else 1) - sqrt(x*x)"
    )
    model, plain = graphc.compile(text), graphc.compile(text, stable=False)
    for x, k in ((0.0, 2.0), (0.3, 1.5), (1e150, 7.0)):
        assert model.value(x, k) == plain.value(x, k)
    assert model.grad(0.3, 1.5) == pytest.approx(plain.grad(0.3, 1.5))
    assert graphc.compile("x: input >= 0\ny = abs(x)").grad(0.0) == 1.0
    shown = CliRunner().invoke(commands, ["show", "-", "--rules"], input=text).output
    assert "line 3: known-sign: abs(x*k) -> x*k\n    x >= 0 by the bounds of the inputs" in shown
