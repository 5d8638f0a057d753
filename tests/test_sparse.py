"""Sparse derivatives: patterns, values, matrices of SciPy, Lagrangians, large models."""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from strategies import Drawn, is_regular, programs_at_points
from test_module import insert, run, spoiled

import graphc
from graphc.codegen import module as module_writer
from graphc.codegen.module import functions
from graphc.derive.cost import cost
from graphc.derive.products import build, build_all
from graphc.derive.results import Product, flatten
from graphc.derive.sparse import places
from graphc.errors import OptionError
from graphc.inspect.report import at_point
from graphc.model import collector_off, read_products
from graphc.program import Program

EXAMPLES = Path(__file__).parents[1] / "examples"
ONE = ("sparse_jacobian", "sparse_hessian", "lagrangian_hessian")
SEVERAL = ("sparse_jacobian", "lagrangian_hessian")
CONSTRAINED = """
x: input[3]
t: input = 2
u: data = 3
cost: output = x[0]**2*x[1] + exp(t*x[2])*u
first: output = x[0]*x[1] - 1
second: output = sin(x[2]) + t
"""


def rosenbrock(size: int) -> str:
    terms = "100*(x[i + 1] - x[i]**2)**2 + (1 - x[i])**2"
    return f"x: input[{size}]\nf = sum({terms} for i in range({size - 1}))"


def expand(m: Any, name: str, values: Sequence[float]) -> np.ndarray:
    """A matrix with its zeros, by the constants of a module; without SciPy."""
    shape, indptr, indices = (getattr(m, f"{name}_{c}") for c in ("SHAPE", "INDPTR", "INDICES"))
    assert len(indptr) == shape[0] + 1
    assert len(indices) == len(values) == indptr[-1]
    found = np.zeros(shape)
    for row, (start, end) in enumerate(pairwise(indptr)):
        assert list(indices[start:end]) == sorted({*indices[start:end]})
        found[row, indices[start:end]] = values[start:end]
    return found


# --- patterns -----------------------------------------------------------------------------


def grid(product: Product) -> list[list[int | None]]:
    """The nodes of a sparse product, None where there is none."""
    (height, width), *_ = product.constants.values()
    rows: list[list[int | None]] = [[None] * width for _ in range(height)]
    nodes = flatten(product.results)
    for (row, column), node in zip(places(product.constants), nodes, strict=True):
        assert rows[row][column] is None
        rows[row][column] = node
    return rows


def cut(nodes: list[int | None], width: int) -> list[list[int | None]]:
    return [nodes[k : k + width] for k in range(0, len(nodes), width)]


@given(programs_at_points(), st.sampled_from(["reverse", "forward", "markowitz"]))
def test_patterns_and_nodes_are_those_of_the_dense_forms(
    case: tuple[Drawn, tuple[float, ...]], mode: str
) -> None:
    program, width = graphc.parse(case[0].text).program, len(case[0].elements)
    dense, sparse = build_all(program, ["jacobian", "sparse_jacobian"], None, mode)
    assert grid(sparse) == cut(flatten(dense.results), width)
    if len(program.outputs) > 1:
        return
    made = build(program, "sparse_hessian", None, mode)
    lower = build(program, "sparse_hessian", None, mode, triangle="lower")
    rows = grid(made)
    assert all(rows[i][j] == rows[j][i] for i in range(width) for j in range(width))
    below = [[c if j <= i else None for j, c in enumerate(row)] for i, row in enumerate(rows)]
    assert grid(lower) == below
    if len(program.inputs) == 1 or not any("[" in e for e in case[0].elements):
        dense = build(program, "hessian", None, mode)  # not in blocks
        assert rows == cut(flatten(dense.results), width)


MODELS = [
    CONSTRAINED,
    rosenbrock(5),
    "e = a*b + c",
    "p = a/b\nq = sqrt(c)\nr = 3",
    "x: input[4]\ny = prod(x[i] for i in range(3))\nz = x[3]**2*x[0]",
    "e = (a if a > b else b**2)*c",
    "w: input[2, ]\ne = exp(w[0] + log(a))*w[1]".replace(", ", ""),
    *((EXAMPLES / f"{name}.expr").read_text(encoding="utf-8")
      for name in ("cable", "kepler", "double_pendulum", "van_der_waals")),
]  # fmt: skip


@pytest.mark.parametrize("text", MODELS, ids=range(len(MODELS)))
def test_an_entry_is_there_where_sympy_has_one(text: str) -> None:
    """In models where nothing cancels, the pattern is that of SymPy's nonzero derivatives."""
    graph = graphc.parse(text)
    program = graph.program
    active = program.elements(active_only=True)
    elements = [sympy.Symbol(e, real=True) for e in active]
    outputs = [graph.to_sympy(name) for name in program.outputs]
    first = build(program, "sparse_jacobian", None, "reverse")
    wanted = [[sympy.diff(f, e) != 0 for e in elements] for f in outputs]
    assert [[c is not None for c in row] for row in grid(first)] == wanted
    second = build(program, "lagrangian_hessian", None, "reverse")
    wanted = [
        [
            j <= i and any(sympy.diff(f, e, d).doit() != 0 for f in outputs)
            for j, d in enumerate(elements)
        ]
        for i, e in enumerate(elements)
    ]
    assert [[c is not None for c in row] for row in grid(second)] == wanted


def test_constants_of_a_small_model() -> None:
    m = graphc.compile(CONSTRAINED, products=SEVERAL)
    assert m.JACOBIAN_SHAPE == (3, 4)
    assert m.JACOBIAN_INDPTR == (0, 4, 6, 8)
    assert m.JACOBIAN_INDICES == (0, 1, 2, 3, 0, 1, 2, 3)
    assert m.LAGRANGIAN_HESSIAN_SHAPE == (4, 4)
    assert m.LAGRANGIAN_HESSIAN_INDPTR == (0, 1, 2, 3, 5)
    assert m.LAGRANGIAN_HESSIAN_INDICES == (0, 0, 2, 2, 3)
    assert {name for name in m.__all__ if name.startswith(("JACOBIAN", "LAGRANGIAN"))} == {
        f"{matrix}_{constant}"
        for matrix in ("JACOBIAN", "LAGRANGIAN_HESSIAN")
        for constant in ("SHAPE", "INDPTR", "INDICES")
    }


def test_columns_are_the_inputs_chosen() -> None:
    m = graphc.compile(CONSTRAINED, products=SEVERAL, wrt=("t", "u"))
    assert m.JACOBIAN_SHAPE == (3, 2)
    assert m.JACOBIAN_INDPTR == (0, 2, 2, 3)
    assert m.sparse_jacobian([0.0, 0.0, 2.0], 0.0, 5.0) == (10.0, 1.0, 1.0)
    lower = m.lagrangian_hessian([0.0, 0.0, 2.0], 0.0, 5.0, 1.0, [0.0, 0.0])
    assert lower == (20.0, 2.0)
    assert m.LAGRANGIAN_HESSIAN_INDICES == (0, 0)


def test_models_without_second_derivatives() -> None:
    m = graphc.compile("f = 2*a + b", products=ONE)
    assert m.sparse_hessian(1.0, 2.0) == m.lagrangian_hessian(1.0, 2.0, 1.0, []) == ()
    assert m.HESSIAN_INDPTR == (0, 0, 0)
    assert m.HESSIAN_INDICES == ()
    matrix = csr_array((m.sparse_hessian(1.0, 2.0), m.HESSIAN_INDICES, m.HESSIAN_INDPTR), (2, 2))
    assert matrix.toarray().tolist() == [[0, 0], [0, 0]]
    constant = graphc.compile("a: input\nf = 3", products=ONE)
    assert constant.sparse_jacobian(1.0) == ()


# --- values -------------------------------------------------------------------------------


@settings(max_examples=25)
@given(programs_at_points(), st.sampled_from(["reverse", "forward"]))
def test_lagrangians_are_weighted_sums(case: tuple[Drawn, tuple[float, ...]], mode: str) -> None:
    drawn, point = case
    program = graphc.parse(drawn.text).program
    if not is_regular(program, dict(zip(drawn.elements, point, strict=True))):
        return
    m = graphc.compile(drawn.text, products=("hessian", *SEVERAL), mode=mode)
    arguments, weights = drawn.arguments(point), [0.75, -1.5, 2.25][: len(drawn.outputs)]
    made = build(program, "hessian", None, mode)
    width, dense = len(drawn.elements), m.hessian(*arguments)
    matrices = [dense] if len(weights) == 1 else dense
    total = sum(w * in_rows(program, matrix) for w, matrix in zip(weights, matrices, strict=True))
    values = m.lagrangian_hessian(*arguments, weights[0], weights[1:])
    found = expand(m, "LAGRANGIAN_HESSIAN", values)
    size = 1 + np.abs(total).max(initial=0)
    assert found.shape == (width, width)
    assert np.abs(found - np.tril(total)).max(initial=0) < 1e-9 * size, made.order


def in_rows(program: Program, hessian: Any) -> np.ndarray:
    """A dense Hessian, in blocks for its inputs, as one matrix."""
    sizes = [len(i.elements) for i in program.inputs.values()]
    if len(sizes) == 1:
        return np.reshape(hessian, (sizes[0], sizes[0]))
    blocks = [
        [np.reshape(block, (a, b)) for block, b in zip(row, sizes, strict=True)]
        for row, a in zip(hessian, sizes, strict=True)
    ]
    return np.block(blocks)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse", "cross-country", "markowitz-low"])
def test_every_order_gives_the_same_matrices(mode: str) -> None:
    wanted = graphc.compile(CONSTRAINED, products=SEVERAL, mode="reverse")
    m = graphc.compile(CONSTRAINED, products=SEVERAL, mode=mode)
    at = [0.3, -0.4, 1.2], 0.7, 1.5
    assert m.JACOBIAN_INDICES == wanted.JACOBIAN_INDICES
    assert m.LAGRANGIAN_HESSIAN_INDICES == wanted.LAGRANGIAN_HESSIAN_INDICES
    assert m.sparse_jacobian(*at) == pytest.approx(wanted.sparse_jacobian(*at), rel=1e-14)
    lower = m.lagrangian_hessian(*at, 0.5, [2.0, 3.0])
    assert lower == pytest.approx(wanted.lagrangian_hessian(*at, 0.5, [2.0, 3.0]), rel=1e-14)


def test_branches_not_taken_are_not_computed() -> None:
    m = graphc.compile("f = log(x)*y if x > 0 else x*y\ng = x + sqrt(y) if y > 0 else x*x",
                       products=SEVERAL)  # fmt: skip
    assert m.sparse_jacobian(-2.0, -3.0) == (-3.0, -2.0, -4.0, 0.0)
    assert m.lagrangian_hessian(-2.0, -3.0, 1.0, [5.0]) == (10.0, 1.0, 0.0)
    assert m.lagrangian_hessian(0.5, 4.0, 1.0, [0.0])[0] == -16.0
    assert m.JACOBIAN_INDICES == (0, 1, 0, 1)


# --- SciPy --------------------------------------------------------------------------------


def recipe(function: Any, m: Any, **arguments: Any) -> Any:
    """What the lines in a docstring make."""
    text = function.__doc__[function.__doc__.index("from scipy") :]
    scope: dict[str, Any] = {"m": m, **arguments}
    if "*arguments" in text:
        scope["arguments"] = list(arguments.values())
    exec(dedent(f"        {text}"), scope)
    return next(scope[letter] for letter in "JHL" if letter in scope)


def test_recipes_in_docstrings() -> None:
    m = graphc.compile(rosenbrock(4), products=("jacobian", "hessian", *ONE))
    x = [0.3, -0.4, 1.2, 0.9]
    jacobian = recipe(m.sparse_jacobian, m, x=x)
    hessian = recipe(m.sparse_hessian, m, x=x)
    lower = recipe(m.lagrangian_hessian, m, x=x, obj_factor=2.0, multipliers=[])
    assert jacobian.toarray().tolist() == [list(m.jacobian(x))]
    assert hessian.toarray().tolist() == [list(row) for row in m.hessian(x)]
    assert lower.toarray() == pytest.approx(2 * np.tril(m.hessian(x)), rel=1e-14)
    for matrix in (jacobian, hessian, lower):
        assert isinstance(matrix, csr_array)
        assert matrix.has_canonical_format
        assert matrix.dtype == float
    assert "the lower triangle of" in m.lagrangian_hessian.__doc__
    assert "the lower triangle of" not in m.sparse_hessian.__doc__


def test_a_recipe_with_many_arguments() -> None:
    names = [f"input_{k}" for k in range(12)]
    m = graphc.compile(f"f = {'*'.join(names)}", products=("sparse_jacobian",))
    found = recipe(m.sparse_jacobian, m, **dict.fromkeys(names, 2.0))
    assert found.toarray().tolist() == [[2.0**11] * 12]
    assert "m.sparse_jacobian(*arguments)," in m.sparse_jacobian.__doc__


def test_scipy_minimises_with_sparse_hessians() -> None:
    from scipy.optimize import minimize

    m = graphc.compile(rosenbrock(30), products=("value", "grad", "sparse_hessian"))

    def hessian(x: np.ndarray) -> csr_array:
        return csr_array((m.sparse_hessian(x), m.HESSIAN_INDICES, m.HESSIAN_INDPTR),
                         shape=m.HESSIAN_SHAPE)  # fmt: skip

    start = [-0.5 + 0.05 * k for k in range(30)]
    found = minimize(m.value, start, jac=m.grad, hess=hessian, method="trust-constr",
                     options={"gtol": 1e-9})  # fmt: skip
    assert found.x == pytest.approx([1.0] * 30, abs=1e-6)


# --- options, names, errors ---------------------------------------------------------------


def test_the_lower_triangle() -> None:
    full = graphc.compile(rosenbrock(4), products=("sparse_hessian",))
    lower = graphc.compile(rosenbrock(4), products=("sparse_hessian",), triangle="lower")
    x = [0.3, -0.4, 1.2, 0.9]
    whole = expand(full, "HESSIAN", full.sparse_hessian(x))
    assert (whole == whole.T).all()
    assert (expand(lower, "HESSIAN", lower.sparse_hessian(x)) == np.tril(whole)).all()
    assert lower.HESSIAN_INDICES == (0, 0, 1, 1, 2, 2, 3)
    assert "the lower triangle of" in lower.sparse_hessian.__doc__
    (product,) = build_all(full.program, ["sparse_hessian"])
    assert len(product.roots) == 10
    assert len(set(product.roots)) == 7  # what is mirrored is computed once


def test_wrong_options() -> None:
    with pytest.raises(OptionError, match="unknown triangle 'upper'; choose from full, lower"):
        graphc.compile("e = a*a", products=("sparse_hessian",), triangle="upper")
    with pytest.raises(OptionError, match=r"'sparse_hessian' needs one output, .* 'lagrangian_hes"):
        graphc.compile("p = a*a\nq = a", products=("sparse_hessian",))
    with pytest.raises(OptionError, match="no input to differentiate"):
        graphc.compile("a: data\np = a*a", products=("sparse_jacobian",))


def test_arguments_of_lagrangians() -> None:
    m = graphc.compile(CONSTRAINED, products=SEVERAL)
    names = list(inspect.signature(m.lagrangian_hessian).parameters)
    assert names == ["x", "t", "u", "obj_factor", "multipliers"]
    for wrong in ([], [1.0], [1.0] * 3):
        with pytest.raises(ValueError, match=f"multipliers has {len(wrong)} elements, not 2"):
            m.lagrangian_hessian([1.0] * 3, 1.0, 1.0, 1.0, wrong)
    alone = graphc.compile("e = a*a", products=("lagrangian_hessian",))
    assert alone.lagrangian_hessian(3.0, 0.5, []) == (1.0,)
    with pytest.raises(ValueError, match="multipliers has 1 elements, not 0"):
        alone.lagrangian_hessian(3.0, 0.5, [1.0])


def test_names_that_are_taken_get_an_underscore() -> None:
    text = "multipliers: input\nobj_factor = multipliers**2\ng = obj_factor*multipliers"
    m = graphc.compile(f"{text}\nlagrangian = obj_factor + 1", products=SEVERAL)
    names = list(inspect.signature(m.lagrangian_hessian).parameters)
    assert names == ["multipliers", "obj_factor_", "multipliers_"]
    assert m.lagrangian_hessian(2.0, 1.0, [10.0]) == (6 * 2 + 10 * 2,)


def test_values_at_a_point_have_names() -> None:
    program = graphc.parse("x: input[2]\ne = x[0]*x[1]**2 + u").program
    at = {"x": [2.0, 3.0], "u": 1.0}
    assert at_point(program, at, ("sparse_jacobian", "sparse_hessian")).split("\n") == [
        "de/dx[0] = 9.0", "de/dx[1] = 12.0", "de/du = 1.0",
        "d2e/dx[0] dx[1] = 6.0", "d2e/dx[1] dx[0] = 6.0", "d2e/dx[1] dx[1] = 4.0",
    ]  # fmt: skip
    with pytest.raises(OptionError, match="'lagrangian_hessian' needs weights"):
        at_point(program, at, ("lagrangian_hessian",))


def test_models_pickle_with_their_patterns() -> None:
    m = graphc.compile(CONSTRAINED, products=SEVERAL)
    again = pickle.loads(pickle.dumps(m))
    assert again.source == m.source
    assert again.JACOBIAN_INDICES == m.JACOBIAN_INDICES


# --- the self-check -----------------------------------------------------------------------

CHECKED = "x: input[3]\nk: input = 0.5\ne = sin(x[0]*k)*x[1] + x[2]**3*x[1]"


@pytest.mark.parametrize("triangle", ["full", "lower"])
@pytest.mark.parametrize("product", ONE)
def test_self_check_finds_a_wrong_value(product: str, triangle: str, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    source = graphc.compile(CHECKED, products=(product,), triangle=triangle).source
    path.write_text(source)
    done = run(path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{product}: largest relative error")
    path.write_text(spoiled(source, product))
    assert run(path).returncode == 1


@pytest.mark.parametrize("product", ONE)
def test_self_check_finds_a_wrong_place(product: str, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    source = graphc.compile(CHECKED, products=(product,)).source
    wrong = re.sub(r"(INDICES = \(.*?)(\d), (\d)\)", r"\1\3, \2)", source, count=1)
    assert wrong != source
    path.write_text(wrong)
    assert run(path).returncode == 1


def test_self_check_of_several_outputs(tmp_path: Path) -> None:
    """Every constraint is checked: each has a wrong sign once."""
    path = tmp_path / "m.py"
    source = graphc.compile(CONSTRAINED, products=SEVERAL).source
    path.write_text(source)
    assert run(path).returncode == 0
    body = source.index("def lagrangian_hessian")
    for k in range(2):
        at = source.index(f"multipliers[{k}]", body)
        path.write_text(insert(source, at, "-"))
        assert run(path).returncode == 1, k


# --- large models -------------------------------------------------------------------------


def test_long_constants_fill_their_lines() -> None:
    text = graphc.compile(rosenbrock(200), products=("sparse_hessian",)).source
    lines = text[text.index("HESSIAN_INDICES = (") :].split("\n")
    lines = lines[1 : lines.index(")  # fmt: skip")]
    assert all(70 < len(line) <= 88 for line in lines[:-1])
    assert sum(line.count(",") for line in lines) == 598
    assert "HESSIAN_SHAPE = (200, 200)\n" in text


@pytest.mark.parametrize("text", [CONSTRAINED, CHECKED,
    "a = exp(x)*y + sqrt(y) if x > 0 else x*x*y*3\nb = a*x if y > x else sin(a)*a\nc = 2*x + 1"],
    ids=["arrays", "one output", "branches"])  # fmt: skip
@pytest.mark.parametrize("size", [1, 2, 5])
def test_cut_functions_return_the_same(text: str, size: int, monkeypatch: Any) -> None:
    """Results of cut functions that are constants, arguments, shared or set in branches only."""
    products = ONE if text == CHECKED else SEVERAL
    whole = graphc.compile(text, products=products)
    monkeypatch.setattr(module_writer, "MAX_STATEMENTS", size)
    monkeypatch.setattr("graphc.codegen.split.split.__defaults__", (size,))
    parts = graphc.compile(text, products=products)
    assert re.search(r"\n    return tuple\(_w\[:\d+\]\)\n", parts.source)
    random, count = Random(1), len(whole.OUTPUTS)
    for _ in range(10):
        arguments = [
            [random.uniform(0.1, 2) for _ in i.elements] if i.size else random.uniform(0.1, 2)
            for i in whole.program.inputs.values()
        ]
        for name in products:
            more = [0.5, [1.5, -2.5, 3.5][: count - 1]] if name == "lagrangian_hessian" else []
            found = getattr(parts, name)(*arguments, *more)
            assert found == getattr(whole, name)(*arguments, *more)


def measured(size: int) -> tuple[str, Product]:
    program = graphc.parse(rosenbrock(size)).program
    (product,) = read_products(program, ["sparse_hessian"])
    with collector_off():
        return functions(program, [product]), product


def test_code_grows_linearly() -> None:
    (small, one), (large, other) = measured(1_000), measured(2_000)
    assert [len(p.roots) for p in (one, other)] == [2_998, 5_998]
    operations = [cost(p.program, p.roots).total for p in (one, other)]
    assert operations[1] - operations[0] == pytest.approx(operations[0], rel=0.01)
    assert len(large) < 2.5 * len(small)  # longer numbers, and the cuts


def test_ten_thousand_variables() -> None:
    size = 10_000
    text, _ = measured(size)
    assert max(map(len, text.split("\n"))) <= 88
    pieces = [part for part in text.split("\n\n\n") if part.startswith("def ")]
    assert max(part.count("\n") for part in pieces) < 2 * module_writer.MAX_STATEMENTS
    scope: dict[str, Any] = {}
    exec(compile(text, "<large>", "exec", dont_inherit=True), scope)
    assert scope["HESSIAN_SHAPE"] == (size, size)
    at = np.array([0.5 + 0.001 * (k % 997) for k in range(size)])
    values = scope["sparse_hessian"](at)
    found = csr_array((values, scope["HESSIAN_INDICES"], scope["HESSIAN_INDPTR"]))
    diagonal = np.zeros(size)
    diagonal[:-1] = 1200 * at[:-1] ** 2 - 400 * at[1:] + 2
    diagonal[1:] += 200
    beside = -400 * at[:-1]
    assert len(values) == 3 * size - 2
    for k, wanted in ((0, diagonal), (1, beside), (-1, beside)):
        assert found.diagonal(k) == pytest.approx(wanted, rel=1e-12)


def test_no_dense_matrix_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a dense matrix")

    monkeypatch.setattr("graphc.derive.task.dense", never)
    monkeypatch.setattr("graphc.derive.task.by_inputs", never)
    size = 1_500
    text = f"x: input[{size}]\n"
    text += "".join(f"r{k} = x[{k}]*x[{(k + 1) % size}] - {k}\n" for k in range(size))
    program = graphc.parse(text).program
    first, second = build_all(program, SEVERAL)
    assert len(first.roots) == 2 * size
    assert places(second.constants) == [(k, k - 1) for k in range(1, size - 1)] + [
        (size - 1, 0), (size - 1, size - 2)
    ]  # fmt: skip
    with pytest.raises(AssertionError, match="a dense matrix"):
        build(graphc.parse("p = a*b\nq = a").program, "jacobian")
