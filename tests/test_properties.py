"""Laws that hold for every program, tried on random ones.

Three arithmetics keep the tolerances honest.  Algebra is compared with 50 digits and unrounded
constants, where equal things differ by 1e-35 at most; generated floats are compared with those
numbers, within the first-order bound of their own rounding errors; and where Python itself says
what is right, bits are compared.
"""

from __future__ import annotations
import __future__

import builtins
import json
import math
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import mpmath
import networkx as nx
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import (
    ALGEBRA,
    KINKED,
    OURS,
    SMOOTH,
    STEPS,
    Drawn,
    exact_table,
    is_regular,
    programs,
    programs_at_points,
    rounding_bounds,
)

import graphc
from graphc.derive.eliminate import accumulate
from graphc.derive.linearise import linearise
from graphc.derive.orders import ORDERS
from graphc.derive.products import PRODUCTS, build
from graphc.derive.prune import prune
from graphc.derive.results import flatten
from graphc.derive.rules import TABLES, Simplifier
from graphc.errors import Source
from graphc.graph import to_program
from graphc.inspect.evaluate import evaluate
from graphc.language.elaborate import elaborate
from graphc.program import Program

EQUAL = mpmath.mpf(10) ** -35  # of numbers that went different ways through 50 digits
# SymPy combines numbers with a decimal point in 15 digits as it builds an expression.
SYMPY = mpmath.mpf(10) ** -12
ALL = tuple(PRODUCTS)

Case = tuple[Drawn, tuple[float, ...]]


def plain(drawn: Drawn) -> Program:
    """The program of a text, not simplified."""
    return elaborate(Source(drawn.text))


def exactly(drawn: Drawn, point: tuple[float, ...]) -> dict[str, Any]:
    return dict(zip(drawn.elements, map(mpmath.mpf, point), strict=True))


def jacobian(
    drawn: Drawn, point: tuple[float, ...], order: str | list[int], simplified: bool = True
) -> list[list[Any]]:
    """The Jacobian with 50 digits."""
    made = elaborate(Source(drawn.text), Simplifier(TABLES["exact"]) if simplified else None)
    matrix = accumulate(made, drawn.outputs, drawn.elements, order)
    values = evaluate(made, exactly(drawn, point), "mpmath")
    return [[mpmath.mpf(0) if c is None else values[c] for c in row] for row in matrix]


def same(found: list[list[Any]], wanted: list[list[Any]], equal: Any = EQUAL) -> bool:
    scale = max([mpmath.mpf(1), *(abs(c) for row in wanted for c in row)])
    return all(
        abs(f - w) <= equal * scale
        for rows in zip(found, wanted, strict=True)
        for f, w in zip(*rows, strict=True)
    )


def regular(drawn: Drawn, point: tuple[float, ...]) -> None:
    assume(is_regular(plain(drawn), dict(zip(drawn.elements, point, strict=True))))


# --- algebra ------------------------------------------------------------------------------


@given(programs_at_points())
def test_all_orders_give_one_jacobian(case: Case) -> None:
    drawn, point = case
    regular(drawn, point)
    with exact_table():
        forward, *others = (jacobian(drawn, point, order) for order in ORDERS)
        assert all(same(other, forward) for other in others)


@given(programs_at_points(), st.randoms(use_true_random=False))
def test_any_order_gives_the_jacobian(case: Case, random: Any) -> None:
    drawn, point = case
    regular(drawn, point)
    with exact_table():
        made = plain(drawn)
        ends = [made.outputs[name] for name in drawn.outputs]
        graph = linearise(made.copy(), ends, [made.input(e) for e in drawn.elements])
        order = graph.interior()
        random.shuffle(order)
        found = jacobian(drawn, point, order, simplified=False)
        assert same(found, jacobian(drawn, point, "reverse"))


@given(programs_at_points())
def test_jacobian_is_that_of_mpmath(case: Case) -> None:
    drawn, point = case
    regular(drawn, point)
    with exact_table():
        made = plain(drawn)

        def value(name: str, *moved: Any) -> Any:
            inputs = dict(zip(drawn.elements, moved, strict=True))
            return evaluate(made, inputs, "mpmath")[made.outputs[name]]

        at = tuple(map(mpmath.mpf, point))
        units = [tuple(int(j == k) for j in range(len(at))) for k in range(len(at))]
        wanted = [
            [mpmath.diff(lambda *m, name=name: value(name, *m), at, unit) for unit in units]
            for name in drawn.outputs
        ]
        assert same(jacobian(drawn, point, "reverse"), wanted)


SYMBOLIC = tuple(f for f in (*ALGEBRA, *SMOOTH, *KINKED, *OURS) if not any(s in f for s in STEPS))


@settings(max_examples=25)
@given(programs_at_points(forms=SYMBOLIC, statements=3))
def test_jacobian_is_that_of_sympy(case: Case) -> None:
    drawn, point = case
    regular(drawn, point)
    with exact_table():
        made = plain(drawn)
        graph = graphc.Graph(made)
        symbols = [sympy.Symbol(e, real=True) for e in drawn.elements]
        at = {s: sympy.Float(v, 50) for s, v in zip(symbols, point, strict=True)}
        wanted = []
        for name in drawn.outputs:
            expression = graph.to_sympy(name)
            slopes = [sympy.diff(expression, s) for s in symbols]
            assume(not any(s.has(sympy.Derivative) for s in slopes))  # the sign of a Piecewise
            wanted.append([mpmath.mpf(str(s.subs(at).evalf(50))) for s in slopes])
        assert same(jacobian(drawn, point, "relative-markowitz"), wanted, SYMPY)


@given(programs_at_points(), st.sampled_from(["auto", *ORDERS]), st.integers(0, 99))
def test_jvp_and_vjp_are_products_with_the_jacobian(case: Case, mode: str, seed: int) -> None:
    drawn, point = case
    regular(drawn, point)
    with exact_table():
        made = prune(elaborate(Source(drawn.text), Simplifier(TABLES["exact"])))
        matrix = jacobian(drawn, point, "reverse")
        for name in ("jvp", "vjp"):
            product = build(made, name, mode=mode)
            inputs = exactly(drawn, point)
            seeds = [e for i in product.arguments for e in i.elements if e not in inputs]
            weights = [mpmath.mpf((seed + 7 * k) % 11 - 5) for k in range(len(seeds))]
            inputs |= dict(zip(seeds, weights, strict=True))
            values = evaluate(product.program, inputs, "mpmath")
            results = product.results[1]  # type: ignore[index]
            found = [mpmath.mpf(0) if r is None else values[r] for r in flatten(results)]
            columns = matrix if name == "jvp" else [list(c) for c in zip(*matrix, strict=True)]
            wanted = [mpmath.fdot(row, weights) for row in columns]
            assert same([found], [wanted])


# --- floats -------------------------------------------------------------------------------


@settings(max_examples=40)
@given(programs_at_points(), st.sampled_from(["auto", *ORDERS]))
def test_generated_floats_are_within_their_rounding_errors(case: Case, mode: str) -> None:
    drawn, point = case
    regular(drawn, point)
    several = len(drawn.outputs) > 1
    names = [p for p in ALL if not (several and PRODUCTS[p].several)]
    model = graphc.compile(drawn.text, products=names, mode=mode)
    for name in names:
        product = build(model.program, name, mode=mode)
        elements = [e for i in product.arguments for e in i.elements]
        flat = [*point, *(0.75 - k for k in range(len(elements) - len(point)))]
        inputs = dict(zip(elements, flat, strict=True))
        with mpmath.workdps(50):
            exact = {e: mpmath.mpf(v) for e, v in inputs.items()}
            values = evaluate(product.program, exact, "mpmath")
            bounds = rounding_bounds(product.program, values)
        arguments, left = [], iter(flat)
        for i in product.arguments:
            taken = [next(left) for _ in i.elements]
            arguments.append(taken if i.size is not None else taken[0])
        found = flatten(getattr(model, name)(*arguments))
        for number, node in zip(found, flatten(product.results), strict=True):
            wanted, bound = (0.0, 0.0) if node is None else (values[node], bounds[node])
            # twice the first-order bound, for what the first order leaves out
            assert abs(number - wanted) <= 2 * bound  # type: ignore[operator]


# What Python's math module and builtins have; floor, ceil and trunc return whole numbers, which
# have no -0, so that the sign of a zero is not that of the same operations on floats.
WHOLE = ("floor(", "ceil(", "trunc(")
PYTHON = tuple(f for f in (*ALGEBRA, *SMOOTH, *KINKED) if not f.startswith(WHOLE))


@settings(max_examples=150)
@given(programs_at_points(forms=PYTHON, statements=10))
def test_value_has_the_bits_of_python(case: Case) -> None:
    drawn, point = case
    names = {n: getattr(math, n) for n in dir(math) if n[0] != "_" and n != "pow"}
    inputs = dict(zip(drawn.elements, point, strict=True))
    scope: dict[str, Any] = {**names, **{e: v for e, v in inputs.items() if "[" not in e}}
    scope["w"] = [v for e, v in inputs.items() if "[" in e]
    code = builtins.compile(
        drawn.text, "<drawn>", "exec", __future__.annotations.compiler_flag, True
    )
    try:
        exec(code, scope)
    except (ArithmeticError, ValueError):
        assume(False)
    wanted = [scope[name] for name in drawn.outputs]
    assume(not any(isinstance(w, complex) for w in wanted))
    model = graphc.compile(drawn.text, products=("value",), stable=False)
    found = flatten(model.value(*drawn.arguments(point)))
    assert [float(v).hex() for v in found] == [float(w).hex() for w in wanted]  # type: ignore[arg-type]


@given(programs_at_points())
def test_prune_and_exact_rules_keep_every_bit(case: Case) -> None:
    drawn, point = case
    inputs = dict(zip(drawn.elements, point, strict=True))
    before = plain(drawn)
    simplified = elaborate(Source(drawn.text), Simplifier(TABLES["exact"]))
    versions = [before, simplified, prune(before), prune(simplified)]
    bits = []
    for made in versions:
        values = evaluate(made, inputs)
        bits.append([float(values[made.outputs[name]]).hex() for name in drawn.outputs])
    assert bits[0] == bits[1] == bits[2] == bits[3]
    assert len(versions[3]) <= len(simplified)
    assert prune(versions[3]).nodes == versions[3].nodes


# --- form ---------------------------------------------------------------------------------


@given(programs())
def test_same_text_gives_the_same_bytes(drawn: Drawn) -> None:
    once, again = (graphc.compile(drawn.text).source for _ in range(2))
    assert once == again


_DIGEST = """
import json, sys
from hashlib import sha256
import graphc
for text in json.load(sys.stdin):
    print(sha256(graphc.compile(text, products=("all",)).source.encode()).hexdigest())
"""


@settings(max_examples=1)
@given(st.lists(programs(statements=12), min_size=6, max_size=6))
def test_same_text_gives_the_same_bytes_in_another_process(drawn: list[Drawn]) -> None:
    texts = [d.text for d in drawn]
    here = [sha256(graphc.compile(t, products=("all",)).source.encode()).hexdigest() for t in texts]
    for seed in ("0", "4711"):
        there = subprocess.run(
            [sys.executable, "-c", _DIGEST],
            input=json.dumps(texts),
            env={**os.environ, "PYTHONHASHSEED": seed,
                 "PYTHONPATH": str(Path(graphc.__file__).parents[1])},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert there.stdout.split() == here


@given(programs())
def test_graph_is_acyclic_and_its_edges_ascend(drawn: Drawn) -> None:
    for graph in (graphc.parse(drawn.text), graphc.compile(drawn.text).graph):
        assert nx.is_directed_acyclic_graph(graph)
        assert all(u < w for u, w in graph.edges)
        assert all(set(data["args"]) == set(graph.pred[i]) for i, data in graph.nodes.items())


@given(programs())
def test_graph_survives_json(drawn: Drawn) -> None:
    graph = graphc.parse(drawn.text)
    text = json.dumps(nx.node_link_data(nx.DiGraph(graph), edges="edges"))
    read = to_program(nx.node_link_graph(json.loads(text), edges="edges"))
    program = graph.program
    assert read.nodes == program.nodes
    assert read.outputs == program.outputs
    assert read.inputs.keys() == program.inputs.keys()
    assert {n: i for n, i in program.bindings.items() if n in read.bindings} == read.bindings


@settings(max_examples=30)
@given(programs_at_points(forms=SYMBOLIC, statements=3, arrays=False))
def test_sympy_and_back_keeps_values(case: Case) -> None:
    drawn, point = case
    regular(drawn, point)
    with exact_table():
        made = plain(drawn)
        graph = graphc.Graph(made)
        back = graphc.from_sympy({n: graph.to_sympy(n) for n in drawn.outputs}).program
        inputs = exactly(drawn, point)
        before = evaluate(made, inputs, "mpmath")
        after = evaluate(back, inputs, "mpmath")
        found = [[after[back.outputs[n]] for n in drawn.outputs]]
        assert same(found, [[before[made.outputs[n]] for n in drawn.outputs]], SYMPY)


def test_a_wrong_jacobian_is_seen() -> None:
    """The comparisons above are those that object to a flipped sign."""
    from dataclasses import replace

    from graphc.ops import OPS

    drawn = Drawn("x: input\nr: output = sin(x)*exp(x)", ("x",), ("r",))
    with exact_table():
        right = jacobian(drawn, (0.7,), "reverse")
    wrong_row = replace(OPS["sin"], partials=("-cos(x)",))
    with exact_table(wrong_row):
        assert not same(jacobian(drawn, (0.7,), "reverse"), right)


@pytest.mark.parametrize("order", ORDERS)
def test_shared_subexpressions_are_differentiated_once(order: str) -> None:
    """Thirty levels of ``t = t*t + t`` have a billion paths and a hundred operations."""
    text = "t0 = x\n" + "\n".join(f"t{k + 1} = t{k}*t{k} + t{k}" for k in range(30))
    made = elaborate(Source(text))
    accumulate(made, ["t30"], ["x"], order)
    assert len(made) < 30 * 8


@pytest.mark.parametrize("mode", ORDERS)
@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("t = cos(x)\nr = y if x > 0 or t > y else 1/t", (-1.0, 2.0)),
        ("t = cos(x)\nr = y if not x > 0 and t > y else t", (-1.0, 0.2)),
        # a value of a branch that its derivative uses inside another condition
        ("m = max(0, x)\nr = where(m >= 1, 2/m + sqrt(m), m)*y", (-1.0, 2.0)),
        ("m = relu(x)\nr = (log(m) if m > 0 else 0)*(1/m if m > 0 else y)", (-1.0, 2.0)),
    ],
)
def test_untaken_branches_are_not_evaluated(text: str, point: tuple[float, ...], mode: str) -> None:
    names = [p for p in ALL if "hess" not in p and p != "hvp"]
    model = graphc.compile(text, products=names, mode=mode)
    made = elaborate(Source(text))
    wanted = evaluate(made, dict(zip("xy", point, strict=True)))[made.outputs["r"]]
    assert model.value(*point) == wanted
    assert model.value_and_grad(*point) == (wanted, model.grad(*point))
    assert model.jvp(*point, 1.0, 0.0)[1] == model.grad(*point)[0]
    assert model.vjp(*point, 1.0)[1] == model.grad(*point)
