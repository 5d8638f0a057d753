"""The page of `graphc view`, used as a reader does: boxes, steps, inputs, paths, keys."""

from __future__ import annotations

import math
import re

import pytest
from browser import EXAMPLES, QUICKSTART, Opener

import graphc
from graphc.inspect.paths import explain


def test_it_opens_without_a_network_or_a_complaint(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1", name="dir/quickstart.expr")
    assert found.page.title() == "quickstart.expr"
    assert found.page.locator("#graph .box").count() == 5
    label = found.box("e =").get_attribute("aria-label")
    assert label == "e = • · •, value 6, adjoint 1"
    assert found.text('[data-output="e"]').split() == ["e", "6"]


def test_an_input_changes_all_numbers_at_once(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1")
    assert found.text('[data-input="b"] .slope') == "5"
    found.page.get_by_label("value of b").fill("3")
    assert found.text('[data-output="e"]').split() == ["e", "20"]
    assert found.text('[data-input="a"] .slope') == "4"
    assert found.text('[data-input="b"] .slope') == "9"
    found.page.get_by_role("button", name="reset").click()
    assert found.text('[data-output="e"]').split() == ["e", "6"]
    found.page.get_by_label("value of b").fill("3")
    found.page.get_by_label("value of b").fill("three")
    assert found.page.get_by_label("value of b").get_attribute("aria-invalid") == "true"
    assert found.text('[data-input="b"] .slope') == "9"


def test_inputs_stay_inside_their_bounds(open_page: Opener) -> None:
    found = open_page("x: 0 < input < 0.5\ny: input >= 2\nr = x*y")
    field, slider = found.page.get_by_label("value of x"), found.page.get_by_label("slider of x")
    assert field.input_value() == "0.25"
    assert 0 < float(slider.get_attribute("min")) < float(slider.get_attribute("max")) < 0.5
    assert found.page.get_by_label("slider of y").get_attribute("min") == "2"
    field.fill("0.5")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.get_attribute("title") == "outside its bounds: 0 < x < 0.5"
    assert found.text('[data-output="r"]').split() == ["r", "1"]
    field.fill("0.4")
    assert field.get_attribute("aria-invalid") == "false"
    assert found.text('[data-output="r"]').split() == ["r", "1.6"]


def test_it_begins_where_the_model_is_defined(open_page: Opener) -> None:
    found = open_page("r = x/sqrt(1 - x*x)")
    assert found.page.get_by_label("value of x").input_value() == "0.8"


def test_steps(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1")
    for _ in range(2):
        found.page.get_by_label("one step on").click()
    assert found.text("#stepped") == "step 2 of 5"
    assert "adjoint 3" in found.box("b + 1").get_attribute("aria-label")
    assert "adjoint" not in found.box("a,").get_attribute("aria-label")
    found.page.get_by_label("one step back").click()
    assert found.text("#stepped") == "step 1 of 5"
    assert "adjoint" not in found.box("b + 1").get_attribute("aria-label")
    found.page.get_by_label("play", exact=True).click()
    found.page.wait_for_function("graphc.state.step > 1")
    found.page.get_by_label("pause", exact=True).click()
    found.page.get_by_label("everything").click()
    assert found.text("#stepped") == "all 5 steps"


def test_an_adjoint_is_a_sum_over_consumers(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1")
    found.box("b,").click()
    adjoint = found.page.get_by_label("Adjoint")
    terms = [t.split("=", 1)[1] for t in adjoint.locator(".term math").all_text_contents()]
    assert terms == ["2·1=2", "3·1=3"]
    assert adjoint.locator(".total").get_attribute("data-value") == "5"
    adjoint.locator(".term").first.click()
    assert "a+b" in found.page.get_by_label("formula").first.text_content()


def test_forward_mode_from_an_input(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1")
    found.page.get_by_role("button", name="forward from").click()
    found.page.get_by_label("input", exact=True).select_option("b")
    labels = [found.box(x).get_attribute("aria-label") for x in ("a,", "b,", "a + b", "e =")]
    assert [label.split("tangent ")[-1] for label in labels] == ["a, value 2", "1", "1", "5"]
    found.page.get_by_role("button", name="value", exact=True).click()
    assert found.box("e =").get_attribute("aria-label") == "e = • · •, value 6"


def test_paths_are_those_of_the_command(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "paths.expr").read_text(), "x=0.5")
    found.page.get_by_role("tab", name="paths").click()
    lines = explain(found.program, "x", "z", {"x": 0.5}).splitlines()
    assert found.text(".count") == lines[0] == "9 paths from x to z"
    assert found.page.locator(".paths li").count() == 9
    costs = [x.split(": ")[1] for x in lines if x.startswith(("sum of", "factored: "))]
    assert found.page.locator(".costs dd").all_text_contents() == costs
    slope = graphc.compile(found.program.source.text).grad(0.5)
    total = float(found.page.locator("#panel .total").get_attribute("data-value"))
    assert total == pytest.approx(slope, rel=1e-12)
    found.page.locator(".paths button").first.hover()
    assert found.page.locator(".wire.lit").count() == 6  # the edges of one path


def test_paths_of_one_input_among_many(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "double_pendulum.expr").read_text(), "theta1=0.5")
    found.page.get_by_role("tab", name="paths").click()
    lines = explain(found.program, "theta1", "energy").splitlines()
    assert found.text(".count") == lines[0]
    costs = [x.split(": ")[1] for x in lines if x.startswith(("sum of", "factored: "))]
    assert found.page.locator(".costs dd").all_text_contents() == costs


def test_factored_sums_have_their_brackets(open_page: Opener) -> None:
    found = open_page("u = tanh(x)\nr = u*x + sin(u)*u", "x=0.5")
    found.page.get_by_role("tab", name="paths").click()
    last = found.page.locator(".factored math").last.text_content()
    assert last.replace("\u2062", "").startswith("∂r∂x=(1\N{MINUS SIGN}u·u)·∂r∂u+u")
    found.page.get_by_label("value of x").fill("0.25")
    lines = explain(found.program, "x", "r", {"x": 0.25}).splitlines()
    assert "dr/dx = (1.0 - u * u) * dr/du + u" in "\n".join(lines)


def test_an_output_that_is_an_input_and_one_that_is_a_constant(open_page: Opener) -> None:
    found = open_page("one: output = 2 + 3\nsame: output = x\ny: output = 2*x")
    assert found.text("#panel h2") == "one"
    assert found.page.locator("#panel .total math").text_content() == "∂one∂one=1"
    found.page.get_by_role("tab", name="paths").click()
    assert found.text("#panel") == "No path leads from x to one: the derivative is 0."
    found.page.get_by_label("output", exact=True).select_option("same")
    assert found.text("#panel") == "The output same is x itself: the derivative is 1."


def test_a_name_is_found_before_longer_ones(open_page: Opener) -> None:
    text = "v1 = sin(x)*cos(x) + exp(x)\nv11 = v1*x\nv12 = x*v11"
    found = open_page(text, "x=1")
    found.page.keyboard.press("/")
    found.page.keyboard.type("v1")
    found.page.keyboard.press("Enter")
    assert found.page.locator("#panel h2").text_content() == "v1"
    assert found.page.evaluate("graphc.state.scene.nodes.label[graphc.state.selected]") == "v1"


def test_the_keyboard_stays_in_the_picture_when_it_is_drawn_anew(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "network.expr").read_text())
    found.box("x1 =").focus()
    found.page.keyboard.press("o")
    inside = "document.querySelector('#graph').contains(document.activeElement)"
    assert found.page.evaluate(inside)
    found.page.keyboard.press("Tab")
    assert found.page.evaluate("document.activeElement.classList.contains('box')")


def test_a_reader_can_look_elsewhere_while_it_plays(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1")
    found.page.get_by_label("play", exact=True).click()
    found.page.get_by_role("tab", name="paths").click()
    assert found.page.evaluate("[graphc.state.panel, graphc.state.playing]") == ["paths", False]
    found.page.get_by_role("tab", name="orders").click()
    found.page.get_by_label("play the elimination").click()
    found.page.get_by_role("tab", name="details").click()
    assert found.page.evaluate("[graphc.state.panel, graphc.state.playing]") == ["details", False]
    found.page.get_by_role("tab", name="orders").click()
    found.page.keyboard.press("p")
    assert found.page.evaluate("[graphc.state.panel, graphc.state.playing]") == ["details", True]
    found.page.wait_for_function("graphc.state.step === 2")


def test_coming_back_to_a_page_begins_anew(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1")
    found.page.get_by_label("input", exact=True).select_option("b")
    found.page.get_by_label("value of b").fill("3")
    found.page.reload()
    found.page.wait_for_selector("body[data-ready]")
    shown = "[document.querySelector('#from').value, String(graphc.state.from)]"
    assert len(set(found.page.evaluate(shown))) == 1
    assert found.page.get_by_label("slider of b").input_value() == "1"
    assert found.text('[data-output="e"]').split() == ["e", "6"]
    found.requests.pop()  # the same file again


def test_a_slider_stays_inside_bounds_and_clears_a_mistake(open_page: Opener) -> None:
    found = open_page("x: input <= 0.123456789\nr = 2*x", "x=0.1")
    found.page.get_by_label("value of x").fill("a tenth")
    slider = found.page.get_by_label("slider of x")
    slider.evaluate(
        "(e) => { e.step = 'any'; e.value = e.max; e.dispatchEvent(new Event('input')); }"
    )
    field = found.page.get_by_label("value of x")
    assert field.input_value() == "0.123456789"
    assert field.get_attribute("aria-invalid") == "false"


def test_infinite_inputs_can_be_read_and_typed_again(open_page: Opener) -> None:
    names = "abcdefg"
    found = open_page(f"r = {'+'.join(names)}")
    found.page.get_by_label("value of a").fill("-inf")
    found.page.get_by_label("value of b").fill("nan")
    found.page.get_by_label("largest adjoint first").click()
    assert found.page.get_by_label("value of a").input_value() == "-inf"
    assert found.page.get_by_label("value of b").input_value() == "nan"


def test_the_text_is_one_stop_of_the_tab_key(open_page: Opener) -> None:
    found = open_page("a = x*x\n# a remark\nb = sin(a)\nc = b + a")
    stops = "document.querySelectorAll('.source [tabindex=\"0\"]').length"
    assert found.page.evaluate(stops) == 1
    found.page.locator(".source .linked.marked").focus()
    found.page.keyboard.press("ArrowUp")
    assert found.page.evaluate("document.activeElement.innerText").split()[0] == "3"
    found.page.keyboard.press("ArrowUp")
    assert found.page.evaluate("document.activeElement.innerText").split()[0] == "1"
    assert found.page.locator("#panel h2").text_content() == "a"
    assert found.page.evaluate(stops) == 1


def test_names_are_told_from_numbers(open_page: Opener) -> None:
    found = open_page("v2 = sin(x)*x\nr = v2 + cos(x)*exp(x)*x", "x=1")
    found.box("x,").click()
    terms = "".join(found.page.locator("#panel .term math").all_text_contents())
    assert "∂r∂w6" in terms
    assert terms.count("v") == 2  # of the name alone


def test_counts_of_paths_are_exact(open_page: Opener) -> None:
    text = "a0 = x\n" + "".join(f"a{k + 1} = a{k} + sin(a{k})\n" for k in range(200))
    found = open_page(text, "x=0.5")
    found.page.get_by_role("tab", name="paths").click()
    assert found.page.locator(".count").get_attribute("data-count") == str(2**200)


def test_statements_open_and_close(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "network.expr").read_text())
    boxes = found.page.locator("#graph .box")
    assert boxes.count() == 8
    box = found.box("x1 =")
    assert box.get_attribute("aria-expanded") == "false"
    box.locator(".toggle").click()
    assert found.box("x1 =").get_attribute("aria-expanded") == "true"
    opened = found.page.evaluate("graphc.state.drawing.boxes.filter(b => b.within >= 0).length")
    assert opened == 6  # b1, u1, c1, their sum, its sigmoid, the product
    found.page.get_by_role("button", name="show all").click()
    assert found.box("b1 + u1").is_visible()
    found.page.keyboard.press("Escape")
    found.page.locator(".box.frame").focus()
    found.page.keyboard.press("Enter")
    assert found.box("x1 =").get_attribute("aria-expanded") == "false"


def test_wires_give_way_to_what_is_open(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "network.expr").read_text())
    found.box("x3 =").locator(".toggle").click()
    crossing = found.page.evaluate("""() => {
        const {boxes, wires} = graphc.state.drawing;
        const frame = boxes.find((b) => b.frame);
        const inside = (x, y) => Math.abs(x - frame.x) < frame.w / 2 - 1
            && Math.abs(y - frame.y) < frame.h / 2 - 1;
        const outer = wires.filter((w) => boxes[w.from].within < 0 && boxes[w.to].within < 0);
        return outer.filter((w) => {
            for (let k = 0; k < w.points.length - 2; k += 2)
                for (let t = 0; t <= 1; t += 0.1) {
                    const at = (n) => w.points[k + n] * (1 - t) + w.points[k + 2 + n] * t;
                    if (inside(at(0), at(1))) return true;
                }
            return false;
        }).length;
    }""")
    assert crossing == 0
    assert found.page.evaluate("graphc.state.drawing.wires.length") > 13


def test_between_statements_stands_the_sum_over_the_paths_inside(open_page: Opener) -> None:
    found = open_page("y = x*x + sin(x) + x\nz: output = y*y", "x=2")
    found.page.get_by_role("button", name="statements", exact=True).click()
    labels = found.page.locator("text.partial").all_text_contents()
    slope = 2 * 2 + math.cos(2) + 1
    assert sorted(map(float, labels)) == [
        pytest.approx(slope, rel=1e-2),
        pytest.approx(2 * (4 + math.sin(2) + 2), rel=1e-2),
    ]


def test_keyboard(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1")
    press = found.page.keyboard.press
    press("ArrowRight")
    assert found.text("#stepped") == "step 1 of 5"
    press("ArrowLeft")
    assert found.text("#stepped") == "step 0 of 5"
    press("Escape")
    press("f")
    assert found.page.locator("#mode-forward").get_attribute("aria-pressed") == "true"
    press("o")
    assert found.page.locator("#level-statements").get_attribute("aria-pressed") == "true"
    press("o")
    found.box("e =").focus()
    press("ArrowUp")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert found.page.evaluate(focused).startswith("a + b")
    press("Enter")
    assert found.page.evaluate("graphc.state.selected") == 2
    press("/")
    assert found.page.evaluate("document.activeElement.id") == "search"
    press("Escape")
    press("?")
    assert found.page.get_by_role("dialog").is_visible()


def test_text_and_picture_are_linked(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "black_scholes.expr").read_text())
    found.box("d2 =").click()
    assert found.text(".marked").split() == ["19", "d2", "=", "d1", "-", "spread"]
    found.page.get_by_role("button", name=re.compile("spread = volatility")).first.click()
    assert found.page.locator(".box.selected .name").text_content().startswith("spread")


def test_search_and_slice(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "double_pendulum.expr").read_text())
    found.page.get_by_label("search").fill("coupl")
    found.page.locator("#found button").first.click()
    assert found.page.locator(".box.selected .name").text_content().startswith("coupling")
    found.page.get_by_label("input", exact=True).select_option("omega2")
    before = found.page.evaluate("graphc.state.drawing")
    found.page.get_by_role("button", name="only what lies between").click()
    after = found.page.evaluate("graphc.state.drawing")
    names = [b["name"] for b in after["boxes"]]
    assert names == ["omega2", "coupling", "kinetic", "energy"]
    assert after["height"] < before["height"]
