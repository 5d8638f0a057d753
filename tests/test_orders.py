"""Elimination orders: what they cost, what the search finds, and that it is what it says."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Drawn, programs

import graphc
from graphc.derive.choose import MODES, candidates, structure
from graphc.derive.cost import cost
from graphc.derive.eliminate import accumulate
from graphc.derive.exact import exact, floors
from graphc.derive.jacobian import differentiate
from graphc.derive.measures import Multiplications, Operations, total
from graphc.derive.orders import ORDERS
from graphc.derive.products import build
from graphc.derive.results import flatten
from graphc.derive.rules import EXACT, Simplifier
from graphc.derive.search import parts, search
from graphc.derive.structure import Structure
from graphc.derive.twice import curved_structure
from graphc.derive.values import PRIME, Values
from graphc.errors import OptionError, Source
from graphc.inspect.evaluate import evaluate
from graphc.language.elaborate import elaborate
from graphc.program import Program

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.expr"))
LION = [(0, 2), (1, 2), (2, 3), (2, 7), (3, 4), (3, 5), (3, 6), (3, 7)]
MIXED = """\
u = x*y/z
v = sin(u)*x
w = atan2(v, u)
p: output = u*w + z
q: output = v/w - z*u
r: output = exp(p)*w
"""


@st.composite
def graphs(draw: st.DrawFn, most: int = 6) -> Structure:
    """Small layered graphs: inputs, vertices to eliminate, outputs."""
    inputs, inner, outputs = (draw(st.integers(1, n)) for n in (3, most, 3))
    interior = range(inputs, inputs + inner)
    ends = range(inputs + inner, inputs + inner + outputs)
    edges = set()
    for v in interior:
        edges |= {(u, v) for u in draw(st.sets(st.integers(0, v - 1), min_size=1, max_size=3))}
    for w in ends:
        into = st.sets(st.sampled_from(interior), min_size=1, max_size=3)
        edges |= {(u, w) for u in draw(into)}
    return Structure.of_edges(edges, interior)


def by_hand(graph: Structure, order: list[int]) -> int:
    """Multiplications of an order, over sets: what `Multiplications` must say."""
    after = [set(row) for row in graph.after]
    before = [{u for u, row in enumerate(after) if v in row} for v in range(len(after))]
    count = 0
    for v in order:
        count += len(before[v]) * len(after[v])
        for u in before[v]:
            after[u] = (after[u] | after[v]) - {v}
        for w in after[v]:
            before[w] = (before[w] | before[v]) - {v}
    return count


def program_of(text: str) -> Program:
    return graphc.parse(text).program


def operations(program: Program, mode: str, effort: int = 1) -> int:
    derived, matrix, _ = differentiate(program, list(program.inputs.values()), mode, effort)
    entries = [c for row in matrix for c in row if c is not None]
    return cost(derived, [*derived.outputs.values(), *entries]).total


# --- measures -----------------------------------------------------------------------------


@given(graphs(), st.integers(0, 99))
def test_multiplications_are_those_of_sets(graph: Structure, seed: int) -> None:
    order = list(graph.interior)
    Random(seed).shuffle(order)
    assert total(Multiplications(graph), order) == by_hand(graph, order)


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_takes_every_vertex_once(name: str) -> None:
    graph = structure(program_of(MIXED), ["p", "q", "r"], ["x", "y", "z"])
    assert sorted(ORDERS[name](graph)) == list(graph.interior)


def _measures(text: str) -> list[tuple[Operations, Structure]]:
    program = program_of(text)
    first = structure(program, list(program.outputs), program.elements())
    single = program_of("f = sin(x*y)*z/(x + exp(y*z)) + x*z**3")
    second = curved_structure(single, single.elements())
    from graphc.derive.measures import Curvatures

    return [(Operations(first), first), (Curvatures(second), second)]


@pytest.mark.parametrize("seed", range(20))
def test_a_step_costs_the_same_whatever_the_order_before_it(seed: int) -> None:
    """Values depend on the set eliminated; the search prices changed steps only."""
    random = Random(seed)
    for measure, graph in _measures(MIXED):
        taken = random.sample(graph.interior, random.randrange(len(graph.interior)))
        left = [v for v in graph.interior if v not in taken]
        bills = []
        for _ in range(2):
            for v in taken:
                measure.eliminate(v)
            bills.append(sorted(measure.eliminate(left[0])))
            for _ in range(len(taken) + 1):
                measure.undo()
            random.shuffle(taken)
        assert bills[0] == bills[1]


def test_undoing_leaves_nothing_behind() -> None:
    for measure, graph in _measures(MIXED):
        before = total(measure, graph.interior)
        total(measure, graph.interior[::-1])
        assert total(measure, graph.interior) == before > 0
        assert [dict(row) for row in measure.after] == list(graph.after)


@pytest.mark.parametrize("mode", ["forward", "reverse", "markowitz", "cross-country"])
def test_the_estimate_is_what_is_emitted(mode: str) -> None:
    """But for signs: operations beyond the value and the partials."""
    program = program_of(MIXED)
    outputs, elements = list(program.outputs), program.elements()
    graph = structure(program, outputs, elements)
    (candidate,) = candidates(program, outputs, elements, mode, 1)
    order = candidate.order
    place = {v: k for k, v in enumerate(graph.names)}
    steps = ORDERS[order](graph) if isinstance(order, str) else [place[v] for v in order]
    derived = program.copy()
    derived.values = Values(derived)
    matrix = accumulate(derived, outputs, elements, order)
    found = cost(derived, [*derived.outputs.values(), *(c for row in matrix for c in row if c)])
    free = len(graph.free - {0}) - sum(n[0] in ("const", "input") for n in derived.nodes)
    assert abs(found.total - found.others - free - total(Operations(graph), steps)) <= 3


# --- search -------------------------------------------------------------------------------


@settings(max_examples=20)
@given(graphs(most=5))
def test_the_search_finds_optima_of_small_graphs_and_proves_them(graph: Structure) -> None:
    best = min(by_hand(graph, list(p)) for p in permutations(graph.interior))
    found = search(graph, Multiplications, 1)
    assert (found.cost, found.proved) == (best, True) == (by_hand(graph, found.order), True)
    assert sum(floors(graph).values()) <= best
    optimum = exact(graph)
    assert optimum is not None and by_hand(graph, optimum) == best


def test_a_proof_that_is_too_long_is_given_up() -> None:
    assert exact(Structure.of_edges(LION, [2, 3]), budget=1) is None


def test_floors_alone_do_not_reach_the_lion() -> None:
    """Griewank & Walther's lion: no vertex order needs fewer than 12 products."""
    graph = Structure.of_edges(LION, [2, 3])
    assert sum(floors(graph).values()) == 8
    assert search(graph, Multiplications, 0).cost == 12


@settings(max_examples=15)
@given(graphs(most=12))
def test_the_search_never_loses(graph: Structure) -> None:
    for meter in (Multiplications, Operations):
        found = search(graph, meter, effort=1)
        assert sorted(found.order) == list(graph.interior)
        assert found.cost <= min(total(meter(graph), make(graph)) for make in ORDERS.values())


def test_more_effort_finds_more() -> None:
    text = (Path(__file__).parents[1] / "examples" / "reprojection.expr").read_text()
    program = program_of(text)
    counts = [operations(program, "cross-country", effort) for effort in (0, 1, 5)]
    assert counts[0] > counts[1] >= counts[2]
    assert counts[2] < operations(program, "reverse")


def test_equal_parts_are_searched_once() -> None:
    cells = [f"u{k} = sin(x{k})*y{k}\np{k} = u{k}*u{k}\nq{k} = u{k}*x{k}" for k in range(50)]
    program = program_of("\n".join(cells))
    graph = structure(program, list(program.outputs), program.elements())
    found = list(parts(graph))
    assert len(found) == 50
    assert len({part.pattern() for part, _ in found}) == 1


def test_the_same_effort_gives_the_same_bytes() -> None:
    code = (
        "import sys, graphc; "
        f"print(graphc.compile({MIXED!r}, mode='cross-country', search=2).source)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


@pytest.mark.parametrize("effort", [-1, 0.5, "2"])
def test_wrong_effort(effort: object) -> None:
    with pytest.raises(OptionError, match="search takes a whole number from 0 on"):
        graphc.compile(MIXED, search=effort)  # type: ignore[arg-type]


# --- what auto takes ----------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=[p.stem for p in EXAMPLES])
def test_auto_never_emits_more_than_the_best_mode(path: Path) -> None:
    program = elaborate(Source(path.read_text(), str(path)))
    modes = MODES if len(program.outputs) > 1 else ("reverse",)
    assert operations(program, "auto") <= min(operations(program, mode) for mode in modes)


@settings(max_examples=25)
@given(programs(statements=8))
def test_auto_never_emits_more_on_random_models(drawn: Drawn) -> None:
    assume(len(drawn.outputs) > 1 and len(drawn.elements) > 1)
    program = program_of(drawn.text)
    assert operations(program, "auto") <= min(operations(program, mode) for mode in MODES)


def test_one_output_is_reverse_and_one_input_forward() -> None:
    def order(text: str) -> str:
        program = program_of(text)
        return differentiate(program, list(program.inputs.values()), "auto")[2]

    assert order("f = x*y*z") == "reverse"
    assert order("p: output = sin(x)\nq: output = cos(x)\nr = p*q*x") == "forward"


def test_products_share_what_the_search_found() -> None:
    model = graphc.compile(MIXED, products=("jacobian", "value_and_jacobian"))
    assert model.value_and_jacobian(0.5, 2.0, 3.0)[1] == model.jacobian(0.5, 2.0, 3.0)


# --- values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("(a*b)*c", "a*(b*c)", True),
        ("a*(b + c)", "a*b + a*c", True),
        ("(a - b)*(a + b)", "a**2 - b*b", True),
        ("-(a - b)", "b - a", True),
        ("sin(a*b)*c", "c*sin(b*a)", True),
        ("a/b*c", "c*(a/b)", True),
        ("a/b*b", "a", False),
        ("a/(b*c)", "a/b/c", False),
        ("sin(a)**2 + cos(a)**2", "1", False),
        ("sqrt(a)*sqrt(a)", "a", False),
        ("0.5*a + 0.25*a", "0.75*a", True),
        ("a*a*b", "a*b*b", False),
    ],
)
def test_equal_polynomials_have_equal_fingerprints(one: str, other: str, same: bool) -> None:
    program = program_of(f"p: output = {one}\nq: output = {other}")
    values = Values(program)
    assert (values.of(program.outputs["p"]) == values.of(program.outputs["q"])) is same


@settings(max_examples=50)
@given(st.integers(0, 10**6))
def test_fingerprints_agree_with_sympy(seed: int) -> None:
    random = Random(seed)
    terms = ["a", "b", "c", "2", "3"]
    for _ in range(6):
        op = random.choice("+-*")
        terms.append(f"({random.choice(terms)} {op} {random.choice(terms)})")
    program = program_of(f"p: output = {terms[-1]} + a\nq: output = {terms[-2]} + a")
    p, q = (sympy.sympify(t) for t in terms[-1:-3:-1])
    values = Values(program)
    equal = values.of(program.outputs["p"]) == values.of(program.outputs["q"])
    assert equal is (sympy.expand(p - q) == 0)


def test_what_is_there_is_not_computed_again() -> None:
    """The Jacobian of a product of three holds its pairs once, whatever the bracketing."""
    program = program_of("u = (a*b)*c\nv = a*(b*c)*d\np: output = u\nq: output = v")
    assert operations(program, "auto") == 9


def test_nothing_is_reused_that_fails_where_the_new_value_does_not() -> None:
    text = "r = 1/x\nt = (r + y)*z - r*z\nf: output = t\ng: output = y*w*z"
    program = program_of(text)
    values = Values(program)
    y, z = program.input("y"), program.input("z")
    assert values.of(program.outputs["f"]) == values.of(y) * values.of(z) % PRIME
    assert values.product(y, z) is None  # t, which is there, divides by x
    model = graphc.compile(text, products=("jacobian",), wrt=("w",))
    assert model.jacobian(0.0, 3.0, 5.0, 7.0) == (0.0, 15.0)


def test_nothing_is_reused_that_loses_digits() -> None:
    """Here p is y*y, but rounded to nothing by the large x: dq/dz does not come from it."""
    text = "x: data\ny: input\nz: input\np = (x + y)*(x + y) - x*x - 2*(x*y)\nq = z*y*y"
    for mode in ("auto", "forward", "reverse"):
        model = graphc.compile(text, products=("jacobian",), mode=mode)
        assert model.jacobian(1e8, 2.0**-10, 5.0)[1][1] == 2.0**-20


def test_what_loses_the_fewest_digits_is_reused() -> None:
    program = program_of("u = (a - b) + b\nv: output = u*u\nw: output = a*a*c")
    values = Values(program)
    a, b, u = program.input("a"), program.input("b"), program.bindings["u"]
    assert values.of(u) == values.of(a)
    assert values.total(program.add(("sub", a, b)), b) == a
    assert values.product(u, u) == values.product(a, a) == program.add(("mul", a, a))


def test_what_cancels_is_zero() -> None:
    model = graphc.compile("p: output = a*b - b*a + c\nq: output = (a + c)*c - a*c")
    assert model.jacobian(2.0, 3.0, 5.0)[0] == (0.0, 0.0, 1.0)
    assert "0.0, 0.0, 1.0" in model.source


def test_order_of_hessians_is_searched() -> None:
    text = (Path(__file__).parents[1] / "examples" / "black_scholes.expr").read_text()
    counts = {
        mode: cost(product.program, product.roots).total
        for mode in ("auto", "reverse", "markowitz")
        for product in [build(program_of(text), "value_grad_and_hessian", mode=mode)]
    }
    assert counts["auto"] <= min(counts.values())
    assert counts["auto"] < counts["reverse"]


# --- one derivative, many orders ----------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=[p.stem for p in EXAMPLES])
def test_examples_have_the_same_derivatives_in_every_order(path: Path) -> None:
    program = elaborate(Source(path.read_text(), str(path)), Simplifier(EXACT))
    random = Random(3)
    point = {e: random.uniform(0.4, 0.9) for e in program.elements()}
    directed = point | {f"{e}_dot": random.uniform(-1, 1) for e in point}
    directed |= {f"{o}_bar": random.uniform(-1, 1) for o in program.outputs}
    names = ["jacobian", "jvp", "vjp"]
    if len(program.outputs) == 1 and len(program) < 200:
        names += ["hessian", "hvp"]
    for name in names:
        found = {mode: numbers(program, name, mode, directed) for mode in MODES}
        scale = max(map(abs, found["reverse"]), default=0.0) or 1.0
        for mode, values in found.items():
            assert len(values) == len(found["reverse"])
            errors = [abs(a - b) for a, b in zip(values, found["reverse"], strict=True)]
            assert max(errors, default=0.0) <= 1e-10 * scale, (name, mode)


def numbers(program: Program, name: str, mode: str, at: dict[str, float]) -> list[float]:
    """A product's results at a point; elements of seeds are named as those of inputs."""
    product = build(program, name, mode=mode, search=0)
    renamed = {e: at[_base(e)] for i in product.arguments for e in i.elements}
    values = evaluate(product.program, renamed)
    return [0.0 if r is None else float(values[r]) for r in flatten(product.results)]


def _base(element: str) -> str:
    """``x[1]_dot`` for ``x_dot[1]``."""
    name, bracket, index = element.partition("[")
    if bracket and name.endswith("_dot"):
        return f"{name.removesuffix('_dot')}[{index}_dot"
    return element
