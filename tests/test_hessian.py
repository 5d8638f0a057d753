"""Second derivatives: every operation, every order, the shapes of results, sparse models.

References are mpmath's numeric differentiation at 50 digits and SymPy, as for first derivatives,
and the Jacobian of the gradient, which graphc's first-order elimination makes.
"""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import mpmath
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Drawn, exact_table, is_regular, programs_at_points
from test_ops import EQUAL, arguments, every_number, reference, samples, varying
from test_ops import _difference as difference
from test_ops import _one_operation as one_operation

import graphc
from graphc.derive import results
from graphc.derive.cost import cost
from graphc.derive.curvature import curvatures
from graphc.derive.eliminate import accumulate
from graphc.derive.hessian import second
from graphc.derive.linearise import linearise
from graphc.derive.orders import ORDERS
from graphc.derive.products import PRODUCTS, build, check_products
from graphc.derive.results import flatten
from graphc.derive.rules import TABLES, Simplifier
from graphc.derive.values import Values
from graphc.errors import OptionError, Source
from graphc.inspect.evaluate import evaluate
from graphc.language.elaborate import elaborate
from graphc.ops import OPS, Op
from graphc.program import Program

SECOND = tuple(name for name, kind in PRODUCTS.items() if kind.degrees == (2,) and not kind.seeds)

Matrix = list[list[Any]]


def number(values: Sequence[Any], node: int | None) -> Any:
    return mpmath.mpf(0) if node is None else values[node]


def hessians(
    made: Program, outputs: Sequence[str], elements: Sequence[str], at: dict[str, Any], order: Any
) -> list[Matrix]:
    """The Hessians of some outputs at a point."""
    found = second(made, {o: made.outputs[o] for o in outputs}, elements, order)
    values = evaluate(made, at, "mpmath")
    size = range(len(elements))
    return [
        [[number(values, triangle.get((max(i, j), min(i, j)))) for j in size] for i in size]
        for _, triangle in found
    ]


# --- every operation ----------------------------------------------------------------------


def objections(row: Op, branching: bool) -> list[str]:
    """What is wrong with second partials of a row, times an adjoint, by mpmath."""
    found = []
    with exact_table(row):
        made = one_operation(row)
        made.outputs["out"] = made.add(("mul", made.outputs["out"], made.input("k")))
        made.branching = made.branching or branching
        free = varying(row)
        names = [row.params[j] for j in free]
        ((_, triangle),) = second(made, {"out": made.outputs["out"]}, names, "reverse")
        for point in samples(row):
            args = arguments(row, point, mpmath.mpf)
            inputs = {**dict(zip(row.params, args, strict=True)), "k": mpmath.mpf("1.75")}
            values = evaluate(made, inputs, "mpmath")
            for i, j in itertools.combinations_with_replacement(range(len(free)), 2):
                wanted = inputs["k"] * difference(reference(row), args, (free[i], free[j]))
                error = abs(number(values, triangle.get((j, i))) - wanted)
                if not error <= EQUAL * max(1, abs(wanted)):
                    found.append(f"d2{row.name}/{names[i]} {names[j]} at {point}: {error}")
    return found


@pytest.mark.parametrize("branching", [False, True], ids=["joined", "apart"])
@every_number
def test_second_partials_of_the_table(row: Op, branching: bool) -> None:
    """With the adjoint multiplied in, and with the two factors apart, as in branches."""
    assert objections(row, branching) == []


@pytest.mark.parametrize("branching", [False, True])
@pytest.mark.parametrize("name", ["tanh", "atan2", "mul", "pow", "hypot", "div"])
def test_a_wrong_partial_is_seen(name: str, branching: bool) -> None:
    row = OPS[name]
    first, *others = row.partials
    assert objections(replace(row, partials=(f"2*({first})", *others)), branching) != []


def test_linear_operations_have_no_second_partials() -> None:
    linear = ("add", "sub", "neg", "where", "min", "max", "abs", "mod", "floor", "sign")
    assert [name for name in linear if curvatures(name)] == []
    assert list(curvatures("mul")) == [(0, 1)]


# --- every order --------------------------------------------------------------------------


def made_of(drawn: Drawn, simplified: bool = True) -> Program:
    return elaborate(Source(drawn.text), Simplifier(TABLES["exact"]) if simplified else None)


def at_regular(drawn: Drawn, point: tuple[float, ...]) -> dict[str, Any]:
    """Exact inputs, at a point away from kinks."""
    plain = elaborate(Source(drawn.text))
    assume(is_regular(plain, dict(zip(drawn.elements, point, strict=True))))
    return dict(zip(drawn.elements, map(mpmath.mpf, point), strict=True))


def same(found: list[Matrix], wanted: list[Matrix], equal: Any = EQUAL) -> bool:
    entries = [c for matrix in wanted for row in matrix for c in row]
    scale = max([mpmath.mpf(1), *map(abs, entries)])
    others = [c for matrix in found for row in matrix for c in row]
    return all(abs(f - w) <= equal * scale for f, w in zip(others, entries, strict=True))


def of_the_gradient(made: Program, drawn: Drawn, at: dict[str, Any]) -> list[Matrix]:
    """The Jacobian of each gradient: the Hessian without symmetry."""
    rows = accumulate(made, drawn.outputs, drawn.elements, "reverse")
    found = []
    for row in rows:
        made.outputs = {f"g{k}": made.const(0) if c is None else c for k, c in enumerate(row)}
        found.append(accumulate(made, list(made.outputs), drawn.elements, "forward"))
    values = evaluate(made, at, "mpmath")
    return [[[number(values, c) for c in row] for row in matrix] for matrix in found]


@given(programs_at_points(), st.booleans())
def test_all_orders_give_one_hessian(case: tuple[Drawn, Any], valued: bool) -> None:
    drawn, point = case
    at = at_regular(drawn, point)
    with exact_table():
        wanted = of_the_gradient(made_of(drawn), drawn, at)
        for order in ORDERS:
            made = made_of(drawn)
            made.values = Values(made) if valued else None
            assert same(hessians(made, drawn.outputs, drawn.elements, at, order), wanted)


@given(programs_at_points(), st.randoms(use_true_random=False), st.booleans())
def test_any_order_gives_the_hessian(
    case: tuple[Drawn, Any], random: Random, simplified: bool
) -> None:
    drawn, point = case
    at = at_regular(drawn, point)
    with exact_table():
        made = made_of(drawn, simplified)
        ends = [made.outputs[name] for name in drawn.outputs]
        graph = linearise(made.copy(), ends, [made.input(e) for e in drawn.elements])
        order = [v for v in graph.interior() if v < graph.size]
        random.shuffle(order)
        wanted = of_the_gradient(made_of(drawn), drawn, at)
        assert same(hessians(made, drawn.outputs, drawn.elements, at, order), wanted)


@settings(max_examples=25)
@given(programs_at_points(statements=4))
def test_hessian_is_that_of_mpmath(case: tuple[Drawn, Any]) -> None:
    drawn, point = case
    at = at_regular(drawn, point)
    with exact_table():
        plain = made_of(drawn, simplified=False)

        def value(name: str, *moved: Any) -> Any:
            inputs = dict(zip(drawn.elements, moved, strict=True))
            return evaluate(plain, inputs, "mpmath")[plain.outputs[name]]

        size = range(len(drawn.elements))
        wanted = [
            [
                [mpmath.diff(lambda *m, o=o: value(o, *m), tuple(at.values()),
                             tuple((k == i) + (k == j) for k in size)) for j in size]
                for i in size
            ]
            for o in drawn.outputs
        ]  # fmt: skip
        found = hessians(made_of(drawn), drawn.outputs, drawn.elements, at, "reverse")
        assert same(found, wanted, mpmath.mpf(10) ** -30)


BLACK_SCHOLES = """
F = exp(r*T)*S
d1 = (log(F/K) + v**2/2*T)/(v*sqrt(T))
d2 = d1 - v*sqrt(T)
price = exp(-r*T)*(F*(1 + erf(d1/sqrt(2)))/2 - K*(1 + erf(d2/sqrt(2)))/2)
"""


@pytest.mark.parametrize("mode", ["auto", "cross-country", *ORDERS])
def test_hessian_is_that_of_sympy(mode: str) -> None:
    model = graphc.compile(BLACK_SCHOLES, products=("hessian",), mode=mode)
    point = {"r": 0.03, "T": 0.75, "S": 105.0, "K": 98.0, "v": 0.27}
    assert list(point) == list(model.INPUTS)
    expression = graphc.parse(BLACK_SCHOLES).to_sympy("price")
    symbols = [sympy.Symbol(name, real=True) for name in point]
    at = {s: sympy.Float(v, 40) for s, v in zip(symbols, point.values(), strict=True)}
    wanted = sympy.hessian(expression, symbols).subs(at).evalf(30)
    found = model.hessian(**point)
    for i, row in enumerate(found):
        assert row == pytest.approx([float(c) for c in wanted[i, :]], rel=1e-12)
        assert list(row) == [found[j][i] for j in range(5)]


def test_auto_takes_the_order_with_the_fewest_operations() -> None:
    def count(mode: str) -> int:
        product = build(graphc.parse(BLACK_SCHOLES).program, "value_grad_and_hessian", mode=mode)
        return cost(product.program, product.roots).total

    counts = {mode: count(mode) for mode in ORDERS}
    assert count("auto") <= min(counts.values()) < counts["reverse"] < counts["forward"]
    assert count("auto") <= 218


# --- branches -----------------------------------------------------------------------------

GUARDED = [
    ("sqrt(x)*y if x > 0 else x*y*y", (-1.0, 2.0), ((0.0, 4.0), (4.0, -2.0))),
    ("x*x*y if y > 1 else log(1 - y)*x*x", (3.0, 2.0), ((4.0, 6.0), (6.0, 0.0))),
    ("(log(x) if x > 0 else x*x)*(y if y > 0 else sqrt(-y))", (-2.0, 3.0), ((6, -4), (-4, 0))),
    ("where(x > 0, 1/x, x*y)", (0.0, 2.0), ((0.0, 1.0), (1.0, 0.0))),
    ("exp(x*y if x < 100 else 1/(x - x))", (0.0, 2.0), ((4.0, 1.0), (1.0, 0.0))),
    ("max(x*x, y*y*y)", (2.0, 1.0), ((2.0, 0.0), (0.0, 0.0))),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["auto", "cross-country", *ORDERS])
@pytest.mark.parametrize(("text", "point", "wanted"), GUARDED, ids=[g[0] for g in GUARDED])
def test_branches_not_taken_are_not_computed(
    text: str, point: tuple[float, ...], wanted: tuple[Any, ...], mode: str
) -> None:
    model = graphc.compile(
        f"x: input\ny: input\ne = {text}", products=("hessian", "hvp"), mode=mode
    )
    assert model.hessian(*point) == wanted
    assert model.hvp(*point, 1.0, 0.0) == wanted[0]
    assert model.hvp(*point, 0.0, 1.0) == wanted[1]


@pytest.mark.parametrize(
    ("text", "x", "wanted"),
    [
        ("x**2", 0.0, 2.0),
        ("x**3", 0.0, 0.0),
        ("x**y", 0.0, 2.0),
        ("abs(x)", 0.0, 0.0),
        ("softplus(x)", 1000.0, 0.0),
        ("sigmoid(x)", -1000.0, 0.0),
        ("sinc(x)", 0.0, -(math.pi**2) / 3),
        ("hypot(x, y)", 0.0, 0.5),
        ("tanh(x)", 400.0, 0.0),
        ("relu(x)*x", 0.0, 0.0),
    ],
)
def test_edges(text: str, x: float, wanted: float) -> None:
    model = graphc.compile(f"x: input\ny: data\ne = {text}", products=("hessian",))
    assert model.hessian(x, 2.0) == pytest.approx(wanted, rel=1e-12, abs=0)


# --- structure ----------------------------------------------------------------------------


def test_one_scalar_gives_a_bare_number() -> None:
    model = graphc.compile("e = x*x*x", products=("hessian", "value_grad_and_hessian", "hvp"))
    assert model.hessian(2.0) == 12.0
    assert model.value_grad_and_hessian(2.0) == (8.0, 12.0, 12.0)
    assert model.hvp(2.0, 0.5) == 6.0


def test_several_inputs_give_rows_in_their_order() -> None:
    model = graphc.compile("c: data\ne = a*a*b*c", products=("hessian", "hvp"))
    assert model.hessian(5.0, 2.0, 3.0) == ((30.0, 20.0), (20.0, 0.0))
    assert model.hessian(c=5.0, a=2.0, b=3.0) == ((30.0, 20.0), (20.0, 0.0))
    assert model.hvp(c=5.0, a=2.0, b=3.0, a_dot=0.0, b_dot=1.0) == (20.0, 0.0)


def test_several_outputs_give_one_hessian_each() -> None:
    model = graphc.compile("e = a*a*b\nf = 3*a", products=("hessian",))
    assert model.hessian(2.0, 3.0) == (((6.0, 4.0), (4.0, 0.0)), ((0.0, 0.0), (0.0, 0.0)))
    single = graphc.compile("e = a*a\nf = 3*a", products=("hessian",))
    assert single.hessian(2.0) == (2.0, 0.0)


def test_an_array_gives_a_square() -> None:
    model = graphc.compile("x: input[3]\ne = x[0]*x[1]*x[1]", products=("hessian", "hvp"))
    assert model.hessian([5.0, 2.0, 1.0]) == ((0.0, 4.0, 0.0), (4.0, 10.0, 0.0), (0.0, 0.0, 0.0))
    assert model.hvp([5.0, 2.0, 1.0], [0.0, 1.0, 0.0]) == (4.0, 10.0, 0.0)
    one = graphc.compile("x: input[1]\ne = x[0]**2", products=("hessian",))
    assert one.hessian([5.0]) == ((2.0,),)


def test_mixed_inputs_give_blocks() -> None:
    model = graphc.compile("a: input\nx: input[2]\ne = a*a*x[0] + x[0]*x[1]",
                           products=("hessian",))  # fmt: skip
    corner, column = 10.0, (4.0, 0.0)
    assert model.hessian(2.0, [5.0, 1.0]) == (
        (corner, column),
        (column, ((0.0, 1.0), (1.0, 0.0))),
    )


def test_outputs_that_are_inputs_or_constants() -> None:
    model = graphc.compile("x: input\na: output = x\nb: output = 3\nc: output = x*x",
                           products=("hessian",))  # fmt: skip
    assert model.hessian(5.0) == (0.0, 0.0, 2.0)
    constant = graphc.compile("x: input\nb = 3", products=("value_grad_and_hessian", "hvp"))
    assert constant.value_grad_and_hessian(5.0) == (3.0, 0.0, 0.0)
    assert constant.hvp(5.0, 1.0) == 0.0


def test_wrt_chooses_rows_and_columns() -> None:
    model = graphc.compile("e = a*a*b*c", wrt=("a", "c"), products=("hessian", "hvp"))
    assert model.hessian(2.0, 3.0, 5.0) == ((30.0, 12.0), (12.0, 0.0))
    assert model.hvp(2.0, 3.0, 5.0, 0.0, 1.0) == (12.0, 0.0)


def test_directions_have_names_of_their_own() -> None:
    model = graphc.compile("e = a*a_dot*a", products=("hvp",))
    assert model.hvp(a=2.0, a_dot=3.0, a_dot_=1.0, a_dot_dot=0.0) == (6.0, 4.0)


@pytest.mark.parametrize("name", SECOND)
def test_mirrored_entries_are_the_same_node(name: str) -> None:
    product = build(graphc.parse(BLACK_SCHOLES).program, name)
    rows: Any = product.results
    if isinstance(rows[0], tuple):
        assert all(rows[i][j] == rows[j][i] for i in range(5) for j in range(5))
        assert len(set(flatten(rows))) <= 15


def test_names_are_those_of_leibniz() -> None:
    text = "x: input[2]\np = x[0]*b\nloss = sin(p)*x[1]*b"
    source = graphc.compile(text, products=("hessian",)).source
    assert "d2loss_dx_0_dx_1 = " in source or "d2loss_dx_0_db = " in source
    graph = graphc.compile("e = a*a*b", products=("hessian",)).graph
    assert {"de_da", "de_db", "d2e_da_da", "d2e_da_db"} <= set(graph.graph["derivatives"])


@given(programs_at_points(), st.sampled_from(["auto", "reverse", "markowitz"]))
@settings(max_examples=40)
def test_hvp_is_the_hessian_times_the_direction(case: tuple[Drawn, Any], mode: str) -> None:
    drawn, point = case
    at = at_regular(drawn, point)
    assume(len(drawn.outputs) == 1)
    with exact_table():
        (matrix,) = hessians(made_of(drawn), drawn.outputs, drawn.elements, at, "reverse")
        product = build(made_of(drawn), "hvp", mode=mode)
        seeds = [e for i in product.arguments for e in i.elements if e not in at]
        weights = [mpmath.mpf(5 - 3 * k) / 8 for k in range(len(seeds))]
        values = evaluate(product.program, at | dict(zip(seeds, weights, strict=True)), "mpmath")
        found = [number(values, node) for node in flatten(product.results)]
        wanted = [mpmath.fdot(row, weights) for row in matrix]
        assert same([[found]], [[wanted]])


def test_products_that_need_one_output() -> None:
    for name in ("hvp", "value_grad_and_hessian"):
        with pytest.raises(OptionError, match=rf"'{name}' needs one output, .* use 'hessian'"):
            graphc.compile("e = a\nf = a*a", products=(name,))
    everything = graphc.compile("e = a\nf = a*a", products=("all",))
    assert everything.hessian(1.0) == (0.0, 2.0)
    assert "hvp" not in everything.__all__


def test_dense_results_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MAX_ENTRIES", 15)
    with pytest.raises(OptionError, match=r"Hessian .* 16 entries, .* 'sparse_hessian'"):
        graphc.compile("x: input[4]\ne = x[0]", products=("hessian",))
    with pytest.raises(OptionError, match=r"Jacobian .* 16 entries, .* 'sparse_jacobian'"):
        graphc.compile("x: input[8]\ne = x[0]\nf = x[1]", products=("jacobian",))
    assert graphc.compile("x: input[20]\ne = x[0]", products=("grad",)).grad([0.0] * 20)[0] == 1.0


def test_all_leaves_out_what_is_too_long() -> None:
    products = check_products(graphc.parse("x: input[2000]\ne = x[0]*x[1]").program, "all")
    assert {"grad", "jacobian", "hvp"} <= set(products)
    assert not {"hessian", "value_grad_and_hessian"} & set(products)


# --- the self-check -----------------------------------------------------------------------

CHECKED = {
    "scalars": "e = a*a*b + exp(a*b)/b",
    "blocks": "x: input[2]\na: input\nk: data\ne = a*x[0]*x[1]*k + sin(a*x[1])",
    "array": "x: input[3]\ne = x[0]*x[1]*x[2] + exp(x[0])",
}


@pytest.mark.parametrize("text", CHECKED.values(), ids=CHECKED)
def test_modules_check_their_second_derivatives(text: str, tmp_path: Any) -> None:
    products = ("value_grad_and_hessian", "hvp", "hessian")
    model = graphc.compile(text, products=products)
    ok = run_module(model.source, tmp_path)
    assert ok.returncode == 0, ok.stdout + ok.stderr
    lines = [line.split(":")[0] for line in ok.stdout.splitlines()]
    assert lines == ["value_grad_and_hessian[1]", "value_grad_and_hessian[2]", "hvp", "hessian"]


@pytest.mark.parametrize("name", ["hessian", "hvp", "value_grad_and_hessian"])
def test_a_wrong_second_derivative_is_seen(name: str, tmp_path: Any) -> None:
    source = graphc.compile("e = a*a*b + exp(a*b)/b", products=(name,)).source
    start = source.index("# derivatives")
    wrong = source[:start] + source[start:].replace("a +", "1.001*a +", 1)
    assert wrong != source
    assert run_module(source, tmp_path).returncode == 0
    assert run_module(wrong, tmp_path).returncode == 1


def run_module(source: str, path: Any) -> subprocess.CompletedProcess[str]:
    file = path / "module.py"
    file.write_text(source)
    return subprocess.run([sys.executable, str(file)], capture_output=True, text=True)


# --- other tools --------------------------------------------------------------------------

ROSENBROCK = "e = sum(100*(x[i + 1] - x[i]**2)**2 + (1 - x[i])**2 for i in range({}))"


def rosenbrock(size: int) -> str:
    return f"x: input[{size}]\n" + ROSENBROCK.format(size - 1)


@pytest.mark.parametrize(
    ("method", "curved"),
    [
        *itertools.product(["Newton-CG", "trust-krylov", "trust-constr"], ["hess", "hessp"]),
        ("trust-ncg", "hess"),  # calculates with what hessp returns, unlike the others
        ("trust-exact", "hess"),
    ],
)
def test_scipy_minimises(method: str, curved: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    model = graphc.compile(rosenbrock(3), products=("value", "grad", "hessian", "hvp"))
    functions = {"hess": model.hessian, "hessp": model.hvp}
    found = optimize.minimize(model.value, [1.2, 1.1, 1.3], method=method,
                              jac=model.grad, **{curved: functions[curved]})  # fmt: skip
    assert found.x == pytest.approx([1.0] * 3, abs=1e-5)


# --- sparse models ------------------------------------------------------------------------


def emitted(size: int) -> tuple[int, int]:
    """Entries of the triangle of a chained Rosenbrock function, and operations for it."""
    made = elaborate(Source(rosenbrock(size)), Simplifier(TABLES["exact"]))
    ((_, triangle),) = second(made, made.outputs, made.elements(), "reverse")
    assert all(i - j in (0, 1) for i, j in triangle)
    return len(triangle), cost(made, triangle.values()).total


def test_sparse_hessians_grow_linearly() -> None:
    small, large = emitted(1_000), emitted(10_000)
    assert small[0] == 1_999 and large[0] == 19_999
    per_variable = (large[1] - small[1]) / 9_000
    assert per_variable == emitted(200)[1] - emitted(199)[1] <= 12


# --- any number of times ------------------------------------------------------------------


def test_derivatives_can_be_differentiated_again() -> None:
    text = "x: input[2]\ne = a**3*sin(a*x[0]) + exp(x[1]*a)/a"
    graph = graphc.parse(text)
    expression = graph.to_sympy("e")
    symbols = {e: sympy.Symbol(e, real=True) for e in graph.program.elements()}
    numbers = dict(zip(symbols, (0.3, -0.4, 1.2), strict=True))
    at = {symbols[e]: sympy.Float(v, 40) for e, v in numbers.items()}
    for order in range(1, 5):
        graph = graphc.differentiate(graph)
        assert len(graph.graph["outputs"]) == 3**order
        found = graphc.compile(graph, products=("value",)).value([0.3, -0.4], 1.2)
        names = iter(zip(graph.graph["outputs"], found, strict=True))
        for inputs in itertools.product(symbols, repeat=order):
            name, number = next(names)
            power = "" if order == 1 else order
            wanted = f"d{power}e_d" + "_d".join(inputs).replace("[", "_").replace("]", "")
            assert name == wanted
            exact = sympy.diff(expression, *(symbols[e] for e in inputs)).subs(at).evalf(30)
            assert number == pytest.approx(float(exact), rel=1e-11, abs=1e-11)


def test_differentiated_graphs_compile() -> None:
    first = graphc.differentiate(graphc.parse("c: data\ne = a*a*b + c"))
    model = graphc.compile(first)
    assert model.OUTPUTS == ("de_da", "de_db")
    assert model.value(0.0, 2.0, 3.0) == (12.0, 4.0)
    assert model.jacobian(0.0, 2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))
    only = graphc.differentiate(first, wrt=("b",), mode="forward")
    assert list(only.graph["outputs"]) == ["d2e_da_db", "d2e_db_db"]
    assert graphc.compile(only).value(0.0, 2.0, 3.0) == (4.0, 0.0)


def test_names_that_are_taken_get_an_underscore() -> None:
    graph = graphc.parse("x: input[2]\nde_da = x_0*2\ne: output = de_da*a + x[0]*x_0")
    names = list(graphc.differentiate(graph).graph["outputs"])
    assert names == ["de_dx_0", "de_dx_1", "de_dx_0_", "de_da_"]
    assert len(graphc.compile(graphc.differentiate(graph)).OUTPUTS) == 4


def test_what_cannot_be_differentiated(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graphc.parse("x: input[4]\ne = x[0]*x[1]")
    with pytest.raises(OptionError, match="unknown mode 'sideways'"):
        graphc.differentiate(graph, mode="sideways")
    with pytest.raises(OptionError, match="'y' is not an input"):
        graphc.differentiate(graph, wrt=("y",))
    with pytest.raises(OptionError, match="no input to differentiate"):
        graphc.differentiate(graphc.parse("x: data\ne = x"))
    with pytest.raises(OptionError, match="expected a text or a graph, found int"):
        graphc.differentiate(3)  # type: ignore[arg-type]
    monkeypatch.setattr("graphc.derive.repeat.MAX_ENTRIES", 15)
    with pytest.raises(OptionError, match="16 outputs, more than 15"):
        graphc.differentiate(graphc.differentiate(graph))
