"""What ``graphc cost`` counts, which order it says is taken, and orders as text."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from graphc.cli import commands
from graphc.derive import choose
from graphc.derive.cost import Cost
from graphc.derive.products import build, check_products
from graphc.errors import OptionError
from graphc.inspect import costs, published, replay
from graphc.language.lexer import make_source
from graphc.model import read_program
from graphc.options import MODES

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import tasks

EXAMPLES = Path(__file__).parent.parent / "examples"
THREE = "p: output = cos(a*b)\nq: output = p/a\nr: output = p*q\n"
# Published with the paper of Lohoff & Neftci (repository jamielohoff/alphagrad, notebook of
# RoeFlux_1d): the order that AlphaGrad found, by the place of each operation, and what it costs.
ALPHAGRAD = """
8 82 27 66 7 78 76 13 48 42 68 86 95 4 59 28 77 54 1 94 5 58 72 93 75 31 53 33 57 90 44 25 89 88 84
96 74 92 83 91 45 51 81 80 11 10 85 43 22 73 19 71 6 18 17 79 47 50 52 21 37 38 55 49 69 35 65 29
64 16 9 60 15 61 23 87 70 67 24 46 63 39 2 62 3 41 40 32 26 34 56 30 14 98 36 12 20 100
"""


def call(*args: str, text: str = THREE) -> Result:
    return CliRunner().invoke(commands, ["cost", "-", *args], input=text)


def data(*args: str, text: str = THREE) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    result = call(*args, "--json", text=text)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


# --- counts -------------------------------------------------------------------------------


def test_counts_by_hand() -> None:
    text = "y = (a*b + sin(a))/b if a > 0 else -b\n"
    found = data("--products", "value", text=text)["value"]["orders"][""]
    del found["nanoseconds"]
    assert found == {"multiplications": 1, "additions": 1, "divisions": 1, "functions": 1,
                     "others": 3, "total": 7}  # fmt: skip


def test_products_by_one_are_free() -> None:
    (grad,) = costs.count(read_program(make_source("y = a + b - c\n")), ["grad"]).products
    assert set(grad.orders.values()) == {Cost()}


def test_every_product_in_every_order() -> None:
    program = read_program(make_source(THREE))
    found = {c.product: c for c in costs.count(program).products}
    assert tuple(found) == check_products(program, "all")
    for name, counted in found.items():
        if name != "value":
            assert set(counted.orders) == set(choose.MODES[1:])
    assert found["value"].orders == {"": Cost(2, 0, 1, 1, 0)}


def test_one_output_has_gradient_and_directions_too() -> None:
    found = data(text="y = sin(a)*b\n")
    assert {"grad", "hvp", "sparse_hessian"} <= set(found)
    assert found["hvp"]["taken"] == "forward over reverse"


def test_the_order_named_is_the_one_that_auto_takes() -> None:
    for text in (THREE, "y = a*b*c\n", "p = sin(a)\nq = cos(a)\n"):
        program = read_program(make_source(text))
        for c in costs.count(program).products:
            product = build(program, c.product)
            assert c.taken.split(" over ")[0] == product.order
            assert c.orders[c.taken] == costs.cost(product.program, product.roots)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("y = a*b*sin(a)\n", "one output"),
        ("p = sin(a)\nq = cos(a)\n", "one input"),
        (THREE, "fewest operations, with the value"),
    ],
)
def test_the_reason_is_given(text: str, why: str) -> None:
    found = data("--products", "jacobian", text=text)["jacobian"]
    assert found["why"] == why
    if why.startswith("fewest"):
        totals = [c["total"] for c in found["orders"].values()]
        assert found["orders"][str(found["taken"])]["total"] == min(totals)


def test_above_a_size_the_sweeps_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "LARGE", 3)
    why = data("--products", "jacobian")["jacobian"]["why"]
    assert why == "above 3 operations, fewer products in the sweep"


def test_of_large_models_only_the_order_taken_is_counted() -> None:
    text = "x: input[700]\ny = sum(sin(x[i])*x[i + 1] for i in range(699))\n"
    found = data("--products", "grad,sparse_hessian", text=text)
    assert [list(c["orders"]) for c in found.values()] == [["reverse"], ["reverse"]]


def test_of_very_large_models_hessians_are_counted_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(costs, "LARGE", 3)
    text = "y = sum(sin(x + i) for i in range(3))\n"
    found = data(text=text)
    assert {"value", "grad", "hvp"} <= set(found) and "hessian" not in " ".join(found)
    assert "hessian" in data("--products", "hessian", text=text)


def test_best_first_and_equal_rows_joined() -> None:
    lines = call("--products", "jacobian", text=(EXAMPLES / "reprojection.expr").read_text())
    rows = lines.stdout.splitlines()[3:]
    totals = [int(row.split()[5]) for row in rows]
    assert totals == sorted(set(totals))
    assert rows[0].split()[-1] == "cross-country"


def test_equal_blocks_are_joined_and_lines_fit_a_page() -> None:
    for text in ((EXAMPLES / "black_scholes.expr").read_text(), "y = a\n"):
        lines = call(text=text).stdout.splitlines()
        assert any("sparse_jacobian: auto takes reverse (one output)" in line for line in lines)
        assert max(map(len, lines)) <= costs.COLUMNS


def test_a_model_without_inputs_has_a_value_only() -> None:
    assert set(data(text="y = 2 + 3\n")) == {"value"}


def test_wrt_and_search_matter() -> None:
    text = tasks.roe_flux_1d().text
    found = data("--products", "jacobian", "--wrt", "rl", text=text)["jacobian"]
    assert found["why"] == "one input"
    totals = [data("--products", "jacobian", "--search", n, text=text)["jacobian"]["orders"]
              ["cross-country"]["total"] for n in ("0", "4")]  # fmt: skip
    assert totals[1] < totals[0]


def test_wrong_names_are_wrong_usage() -> None:
    assert "unknown product 'jacobain'" in call("--products", "jacobain").stderr
    assert "'c' is not an input" in call("--wrt", "c").stderr
    assert call("--search", "-1").exit_code == 2


def test_a_call_takes_longer_the_more_it_computes() -> None:
    assert costs.nanoseconds(Cost(1, 2, 0, 1, 0)) > costs.nanoseconds(Cost(1, 2, 0, 0, 0)) > 0
    assert set(costs.NANOSECONDS) == {"python"}


# --- the published measure ----------------------------------------------------------------


@pytest.mark.parametrize("task", [tasks.roe_flux_1d(), tasks.robot_arm()], ids=lambda t: t.name)
def test_published_figures_are_found(task: tasks.Task) -> None:
    found = data("--measure", "multiplications", text=task.text)
    assert (found["vertices"], found["edges"]) == (task.vertices, task.edges)
    assert found["orders"]["forward"] == task.forward
    assert found["orders"]["reverse"] == task.reverse
    assert found["orders"]["cross-country"] <= min(found["orders"].values())


def test_a_published_order_costs_what_was_published(tmp_path: Path) -> None:
    order = tmp_path / "alphagrad.txt"
    order.write_text(", ".join(ALPHAGRAD.split()))
    found = data("--measure", "multiplications", "--order", f"@{order}",
                 text=tasks.roe_flux_1d().text)  # fmt: skip
    assert found["orders"]["as given"] == 320


def test_what_is_proved_is_said() -> None:
    text = tasks.propane_combustion().text
    shown = call("--measure", "multiplications", text=text).stdout
    assert "88  cross-country (proved optimal), markowitz" in shown
    assert "proved" not in call("--measure", "multiplications", "--search", "0",
                                text=tasks.roe_flux_1d().text).stdout  # fmt: skip


def test_every_operation_written_is_a_vertex() -> None:
    found = data("--measure", "multiplications", text="p = a*b + a*b\n")
    assert (found["vertices"], found["edges"]) == (5, 6)


def test_large_graphs_have_no_published_measure() -> None:
    text = "y = sum(sin(x + i) for i in range(1000))\n"
    result = call("--measure", "multiplications", text=text)
    assert (result.exit_code, "up to 1,000 vertices" in result.stderr) == (2, True)


# --- orders -------------------------------------------------------------------------------


@pytest.mark.parametrize("product", ["jacobian", "value_and_jacobian", "hessian"])
def test_an_order_that_is_printed_can_be_replayed(product: str, tmp_path: Path) -> None:
    file = tmp_path / "order.txt"
    for name in ("reprojection", "van_der_waals", "apples"):
        text = (EXAMPLES / f"{name}.expr").read_text()
        file.write_text(call("--products", product, "--order", text=text).stdout)
        found = data("--products", product, "--order", f"@{file}", text=text)[product]
        assert found["orders"]["as given"] == found["orders"][str(found["taken"])]


def test_a_published_measure_order_can_be_replayed() -> None:
    order = call("--measure", "multiplications", "--order", "--search", "3").stdout
    found = data("--measure", "multiplications", "--order", order, "--search", "3")["orders"]
    assert found["as given"] == found["cross-country"]


def test_vertices_have_the_names_of_the_file() -> None:
    names = replay.spellings(read_program(make_source(THREE)), "jacobian")
    assert {"p", "q", "q/", "#2", "r"} <= set(names)
    assert names["q"] == names["#4"] and names["q/"] == names["#4/"]
    assert json.loads(call("--order", "--json").stdout) == call("--order").stdout.split()


def test_numbers_are_those_of_show() -> None:
    runner = CliRunner()
    shown = runner.invoke(commands, ["show", "-"], input="y = sin(a*b)*exp(a)\n").stdout
    numbers = [line.split()[0] for line in shown.splitlines() if "input" not in line]
    order = call("--order", text="y = sin(a*b)*exp(a)\n").stdout.split()
    assert sorted(["y" if n == numbers[-1] else n for n in numbers]) == sorted(order)


def test_orders_differ_in_what_they_cost() -> None:
    text = (EXAMPLES / "reprojection.expr").read_text()
    names = replay.spellings(read_program(make_source(text)), "jacobian")
    ascending = list(dict.fromkeys(names.values()))
    for order, mode in ((ascending, "forward"), (ascending[::-1], "reverse")):
        words = " ".join(replay.Order.of(order, names).words)
        orders = data("--products", "jacobian", "--order", words, text=text)["jacobian"]["orders"]
        assert abs(orders["as given"]["total"] - orders[mode]["total"]) < 3


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("p q q/ r", "the order leaves out #2"),
        ("p q q/ r #2 #9", "'#9' is no vertex of this graph"),
        ("p q q/ r #2 a", "'a' is no vertex of this graph"),
        ("p q q/ r #2 p #4", "the order has p, q more than once"),
        ("@/no/such/file", "cannot read '/no/such/file': No such file"),
    ],
)
def test_a_wrong_order_is_explained(order: str, message: str) -> None:
    result = call("--order", order)
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_empty_file_is_no_order(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert "the order leaves out #2, p, q/, q, r" in call("--order", f"@{tmp_path}/empty").stderr


def test_a_message_names_a_few_vertices_only() -> None:
    with pytest.raises(OptionError, match=r"a, b, c, d, e, f, g, h and 2 more vertices$"):
        replay.read_order("", {name: k for k, name in enumerate("abcdefghij")})


def test_products_with_seeds_take_no_order() -> None:
    for product in ("jvp", "vjp", "value", "lagrangian_hessian"):
        result = call("--products", product, "--order")
        assert result.exit_code == 2
        assert f"'{product}' takes no order" in result.stderr


def test_numbers_of_the_published_measure_count_operations() -> None:
    _, names = published.trace(make_source("p = sin(2*a)\nq = p*p\nr = q + b\n"))
    assert names == {"1": 1, "p": 2, "q": 3, "2": 2, "3": 3}


# --- the search ---------------------------------------------------------------------------


def test_the_command_line_knows_all_modes() -> None:
    assert choose.MODES == MODES
