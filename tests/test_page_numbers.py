"""The numbers of the page of `graphc view` are those of Python."""

from __future__ import annotations

import re
from functools import partial

import pytest
from browser import EXAMPLES, Opener

import graphc
from graphc.derive import linearise
from graphc.inspect.evaluate import evaluate
from graphc.ops import OPS
from graphc.view.page import point
from graphc.view.scene import scene
from graphc.view.tape import record

MODELS = {
    "black_scholes": (),
    "network": ("u1=0.5", "u2=-0.3", "wanted=0.2", "b1=0.1", "c1=0.4", "w13=-1.5", "w23=0.7"),
    "friction": ("speed=-0.3",),
    "reprojection": ("rx=0.1", "ry=-0.2", "rz=0.3", "tz=4", "focal=500"),
    "robot_arm": ("q=0.3,-0.4,1.1",),
}


@pytest.mark.parametrize("model", MODELS)
def test_its_numbers_are_those_of_python(open_page: Opener, model: str) -> None:
    found = open_page((EXAMPLES / f"{model}.expr").read_text(), *MODELS[model])
    program, at = found.program, point(found.program, MODELS[model])
    numbers, expected = found.numbers(), evaluate(program, at)
    needed = [i for i, active in enumerate(numbers["active"]) if active]
    assert len(needed) > 10
    for i in needed:
        assert float(numbers["values"][i]) == pytest.approx(float(expected[i]), rel=1e-12), i
    arguments = {
        i.name: at[i.name] if i.size is None else [at[e] for e in i.elements]
        for i in program.inputs.values()
    }
    jacobian = graphc.compile(program.source.text, products=("jacobian",)).jacobian(**arguments)
    rows = jacobian if len(program.outputs) > 1 else [jacobian]
    for row, output in zip(rows, program.outputs, strict=True):
        found.page.get_by_label("output", exact=True).select_option(output)
        slopes = found.numbers()["derivatives"]
        flat = [x for part in row for x in (part if isinstance(part, (list, tuple)) else [part])]
        places = {n[1]: i for i, n in enumerate(program.nodes) if n[0] == "input"}
        elements = program.elements(active_only=True)
        for element, wanted in zip(elements, flat, strict=True):
            assert slopes[places[element]] == pytest.approx(wanted, rel=1e-12, abs=1e-13), element


def test_zero_times_infinity_is_nan_as_in_python(open_page: Opener) -> None:
    text = "z: output = sqrt(x)*b + x\nw: output = 3*b"
    found = open_page(text, "x=0", "b=0")
    assert found.text('[data-input="x"] .slope') == "nan"
    assert found.text('[data-input="b"] .slope') == "0"
    found.page.get_by_label("output", exact=True).select_option("w")
    assert found.text('[data-input="x"] .slope') == "0"
    expected = graphc.compile(text, errors="ieee").jacobian(0.0, 0.0)
    assert str(expected) == "((nan, 0.0), (0.0, 3.0))"


def test_a_branch_that_is_not_taken_is_no_number(open_page: Opener) -> None:
    found = open_page("y = sqrt(x) if x > 0 else 2*x", "x=-4")
    assert "not taken" in found.box("√x").get_attribute("aria-label")
    assert found.text('[data-input="x"] .slope') == "2"
    found.page.get_by_label("value of x").fill("4")
    assert "value 2" in found.box("√x").get_attribute("aria-label")
    assert found.text('[data-input="x"] .slope') == "0.25"


def test_every_operation_has_pythons_value_and_partials(open_page: Opener) -> None:
    points = {"erf": [-5, -0.3, 1.9, 2.1], "erfc": [-3, 0.4, 1.4, 1.6, 3, 26],
              "gamma": [-2.5, 0.2, 5, 7.3, 170.1], "lgamma": [-3.3, 0.1, 9.9, 30.5, 1e5],
              "floordiv": [-7, 7.5], "mod": [-7, 7.5], "fmod": [-7, 7.5]}  # fmt: skip
    lines, given = [], []
    for op, row in OPS.items():
        if row.condition or op in ("where", "polygamma") or row.macro:
            continue
        samples = points.get(op) or [low + (high - low) * t for low, high in row.domain[:1]
                                     for t in (0.03, 0.4, 0.5, 0.97)]  # fmt: skip
        for k, first in enumerate(samples):
            names = [f"{op}_{k}_{n}" for n in range(len(row.params))]
            rest = [low + (high - low) * (0.3 + 0.1 * k) for low, high in row.domain[1:]]
            given += [f"{n}={v!r}" for n, v in zip(names, [float(first), *rest], strict=True)]
            texts = dict(zip(row.params, names, strict=True))
            form = re.sub(rf"\b({'|'.join(row.params)})\b", partial(_named, texts), row.form)
            lines.append(f"out_{op}_{k}: output = {form}")
    found = open_page("\n".join(lines), *given)
    program, numbers = found.program.copy(), found.numbers()
    edges = [(u, w, linearise.partial(program, w, u)) for u, w, _ in record(found.program).edges]
    expected = evaluate(program, point(found.program, given))
    assert len(found.program.outputs) > 200
    for name, i in found.program.outputs.items():
        assert float(numbers["values"][i]) == pytest.approx(expected[i], rel=1e-12, nan_ok=True), (
            name
        )
    for (_, w, c), partial_there in zip(edges, numbers["partials"], strict=True):
        wanted = pytest.approx(float(expected[c]), rel=1e-12, abs=1e-300, nan_ok=True)
        assert float(partial_there) == wanted, found.program.nodes[w]


def _named(texts: dict[str, str], found: re.Match[str]) -> str:
    return texts[found[1]]


def test_orders_count_products(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "reprojection.expr").read_text(), "tz=4")
    found.page.get_by_role("tab", name="orders").click()
    orders = scene(found.program, point(found.program, ["tz=4"]))["orders"]
    cells = found.page.locator("table.orders tbody td:nth-child(3)").all_text_contents()
    expected = [products(orders["edges"], orders["orders"][name]) for name in
                ("forward", "reverse", "chosen")]  # fmt: skip
    assert [int(re.sub(r"\D", "", cell)) for cell in cells] == expected
    assert expected[2] <= min(expected)
    found.page.get_by_label("one vertex on").click()
    assert found.text(".sequence .last") == "error_v"
    found.page.get_by_label("vertices taken out").fill(str(len(orders["orders"]["reverse"])))
    cells = found.page.locator("table.orders .now").all_text_contents()
    assert [int(cell) for cell in cells] == expected


def products(edges: list[tuple[int, int, int]], order: list[int]) -> int:
    """Multiplications of an elimination, counted plainly."""
    kinds, count = {(u, w): kind for u, w, kind in edges}, 0
    for v in order:
        into = [(u, k) for (u, w), k in kinds.items() if w == v]
        out = [(w, k) for (u, w), k in kinds.items() if u == v]
        count += sum(not a and not b for _, a in into for _, b in out)
        kinds = {edge: k for edge, k in kinds.items() if v not in edge}
        for u, a in into:
            for w, b in out:
                kinds[u, w] = 0 if (u, w) in kinds else a * b
    return count
