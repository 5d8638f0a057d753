"""Generated modules: the committed text, byte for byte, and then the numbers it computes.

``golden/<case>.py`` is what the case's expression file compiles to, with every product up to a
degree of derivatives.  It is
compared with what is generated now (``pytest --update-golden`` rewrites it), executed as the file
that it is, and every number it returns is compared with mpmath at 50 digits: values of the model,
and numeric derivatives of those, so that nothing of graphc's differentiation is trusted.
"""

import difflib
import importlib.util
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType

import mpmath
import pytest

import graphc
from graphc.derive.products import PRODUCTS
from graphc.inspect.evaluate import evaluate

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = Path(__file__).parents[1] / "examples"
RANDOM_POINTS = 3
RELATIVE = 1e-12


@dataclass
class Case:
    """Points to compare at: some random ones, and those given by hand.

    Parameters
    ----------
    between : tuple of float
        Range of inputs without a default; the others vary by a tenth about theirs.
    points : sequence of tuple
        First arguments; those left out are at their defaults.
    relative : float
        Error allowed, relative to the terms that make up a number.
    degree : int
        Of the highest derivatives among the products.
    sparse : bool
        Whether the products are the value and the sparse derivatives, or all others.
    errors : str
        What happens where Python raises.
    """

    between: tuple[float, float] = (0.3, 1.7)
    points: tuple[tuple, ...] = ()
    relative: float = RELATIVE
    degree: int = 1
    sparse: bool = False
    errors: str = "raise"


CASES = {
    "apples": Case(points=((100.0, 2.0, 1.1),)),
    "arrays": Case(points=(([1.0, -2.0, 3.0, -4.0],), ([0.0, 0.5, 0.25, 0.125], 0.0))),
    "black_scholes": Case(points=((20.0,), (400.0,))),
    "branches": Case(
        (-2.0, 2.0),
        points=((-0.9, 1.0), (0.05, -1.1), (2.5, 2.9), (3.0, 0.5), (0.9, -3.0), (-0.5, -0.6)),
    ),
    "cable": Case((-2.0, 2.0), degree=2, sparse=True),
    "clashes": Case(),
    "constants": Case(points=((-3.0,), (1e6,))),
    "curved": Case((-2.0, 2.0), points=(([1.0, 1.0, 1.0],), ([0.0, 0.0, 0.0], 0.0)), degree=2),
    "deep": Case(),
    "double_pendulum": Case((-3.0, 3.0)),
    "friction": Case((-1.0, 1.0), points=((5e-4,), (-5e-4,), (0.5, 20.0))),
    "functions": Case((0.3, 1.2), points=((3.0, 2.5), (0.01, 0.02))),
    "guards": Case(
        (-2.0, 3.0),
        points=((-1.5, -0.5), (-0.5, 0.5), (0.5, 2.0), (2.5, 0.3), (4.5, -1.0), (5.0, 3.0)),
    ),
    "helpers": Case((0.5, 2.0), points=((-2.0, 0.3), (1e-3, 8.0))),
    "ieee": Case(points=((-0.7, 0.4), (3.1, 2.3)), errors="ieee"),
    "lennard_jones": Case((-2.0, 2.0)),
    "logistic_regression": Case((-2.0, 2.0)),
    "long_sum": Case(),
    "maximum": Case((-2.0, 2.0), points=((1.0, 2.0, 0.0),)),
    "network": Case((-2.0, 2.0)),
    "one_element": Case(points=(([-2.0],),)),
    "one_input": Case(points=((0.0,), (-1e3,))),
    "paths": Case(),
    "powers": Case(points=((2.0, 1.0), (0.5, 3.0))),
    "quickstart": Case((-3.0, 3.0), points=((2.0, 1.0),)),
    "reprojection": Case(),
    "robot_arm": Case((-3.0, 3.0), points=(([0.0, 0.0, 0.0],),)),
    "sigmoid": Case((-3.0, 3.0), points=((2.0,), (-20.0,))),
    "sparse": Case(
        (-2.0, 2.0), points=(([0, 0, 0, 1, 0, 0, 0, 0, 0], 0, 1),), degree=2, sparse=True
    ),
    "steps": Case((0.3, 3.0), points=((1.4, -2.3, 0.6), (-1.6, 2.2, -0.7))),
    "unicode": Case(),
    "van_der_waals": Case(),
    "zeros": Case((-3.0, 3.0)),
}
NAMES = sorted(CASES)
SPARSE = [name for name in NAMES if CASES[name].sparse]
DENSE = [name for name in NAMES if not CASES[name].sparse]


def source(name: str) -> Path:
    own = GOLDEN / f"{name}.expr"
    return own if own.exists() else EXAMPLES / f"{name}.expr"


def compiled(name: str) -> graphc.Model:
    several = len(graphc.load(source(name), products=("value",)).OUTPUTS) > 1
    products = [
        product
        for product, kind in PRODUCTS.items()
        if max(kind.degrees) <= CASES[name].degree
        and not (kind.extra or (several and kind.several))
        and (product == "value" or bool(kind.pattern) == CASES[name].sparse)
    ]
    return graphc.load(source(name), products=products, errors=CASES[name].errors)


@pytest.fixture
def golden(request, monkeypatch) -> ModuleType:
    """The committed file, imported from its path."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return import_file(GOLDEN / f"{request.param}.py")


def import_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"golden_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the text -----------------------------------------------------------------------------


def compare(expected: Path, now: str, update: bool) -> None:
    """Fail with a diff and the flag to use, or write the file."""
    if update:
        expected.write_bytes(now.encode())
        return
    old = expected.read_bytes().decode() if expected.exists() else ""
    if old != now:
        names = f"{expected.name} (committed)", f"{expected.name} (now)"
        diff = "".join(
            difflib.unified_diff(old.splitlines(True), now.splitlines(True), *names, n=2)
        )
        pytest.fail(
            f"{diff}\nIf this is meant: pytest tests/test_golden.py --update-golden", pytrace=False
        )


@pytest.mark.parametrize("name", NAMES)
def test_text(name, update_golden):
    compare(GOLDEN / f"{name}.py", compiled(name).source, update_golden)


def test_a_change_is_shown_with_the_flag(tmp_path):
    file = tmp_path / "quickstart.py"
    text = compiled("quickstart").source
    compare(file, text, update=True)
    compare(file, text, update=False)
    with pytest.raises(pytest.fail.Exception) as failed:
        compare(file, text.replace("a + b", "a - b", 1), update=False)
    assert "--update-golden" in str(failed.value)
    assert "+    v1 = a - b" in str(failed.value) or "a - b" in str(failed.value)


def test_no_orphans():
    modules = {path.stem for path in GOLDEN.glob("*.py")} - {"conftest"}
    models = {path.stem for path in GOLDEN.glob("*.expr")}
    assert modules == set(CASES)
    assert models <= set(CASES)


# --- the numbers --------------------------------------------------------------------------


class Reference:
    """A model's values and derivatives from mpmath."""

    def __init__(self, program) -> None:
        self.program = program
        self.elements = program.elements()
        self.active = program.elements(active_only=True)
        self.outputs = list(program.outputs.values())

    def values(self, flat: list) -> list:
        point = dict(zip(self.elements, map(mpmath.mpf, flat), strict=True))
        found = evaluate(self.program, point, library="mpmath")
        return [found[i] for i in self.outputs]

    def jacobian(self, flat: list) -> list[list]:
        """Central differences with a step of 1e-25 at 120 digits: wrong by about 1e-50."""
        columns = []
        with mpmath.workdps(120):
            h = mpmath.mpf(10) ** -25
            for name in self.active:
                k = self.elements.index(name)
                ahead, behind = list(map(mpmath.mpf, flat)), list(map(mpmath.mpf, flat))
                ahead[k] += h
                behind[k] -= h
                pairs = zip(self.values(ahead), self.values(behind), strict=True)
                columns.append([(a - b) / (2 * h) for a, b in pairs])
        return [list(row) for row in zip(*columns, strict=True)]

    def hessians(self, flat: list) -> list[list[list]]:
        """For each output its second derivatives: differences of differences."""
        with mpmath.workdps(120):
            h = mpmath.mpf(10) ** -25
            sides = []
            for name in self.active:
                k = self.elements.index(name)
                ahead, behind = list(map(mpmath.mpf, flat)), list(map(mpmath.mpf, flat))
                ahead[k] += h
                behind[k] -= h
                sides.append((self.jacobian(ahead), self.jacobian(behind)))
            return [
                [
                    [(a - b) / (2 * h) for a, b in zip(ahead[o], behind[o], strict=True)]
                    for ahead, behind in sides
                ]
                for o in range(len(self.outputs))
            ]


def random_points(program, case: Case, seed: str) -> list[list]:
    """Flat points: one number for each scalar and array element."""
    random = Random(seed)
    points = []
    for _ in range(RANDOM_POINTS):
        flat = []
        for i in program.inputs.values():
            for _ in i.elements:
                number = random.uniform(*case.between)
                if i.default is not None:
                    number = i.default + max(abs(i.default), 0.1) * random.uniform(-0.1, 0.1)
                flat.append(number)
        points.append(flat)
    for given in case.points:
        flat = []
        for k, i in enumerate(program.inputs.values()):
            number = given[k] if k < len(given) else i.default
            flat += number if isinstance(number, list) else [number] * len(i.elements)
        points.append(flat)
    return points


def pack(program, flat: list, only_active: bool = False) -> list:
    """Arguments from a flat list."""
    left, arguments = iter(flat), []
    for i in program.inputs.values():
        if i.active or not only_active:
            numbers = [next(left) for _ in i.elements]
            arguments.append(numbers if i.size is not None else numbers[0])
    return arguments


def flatten(results) -> list[float]:
    if isinstance(results, tuple):
        return [number for part in results for number in flatten(part)]
    assert type(results) in (float, int)  # Python's own floor, ceil and trunc give an int
    return [results]


def assert_close(found, wanted: list, sizes: list, relative: float) -> None:
    """Equal up to an error relative to the sizes of the terms; an exact 0 is an exact 0."""
    for f, w, size in zip(flatten(found), wanted, sizes, strict=True):
        assert abs(f - w) <= relative * abs(size) + mpmath.mpf(10) ** -40, (f, w)


@pytest.mark.parametrize(("golden", "name"), [(n, n) for n in DENSE], indirect=["golden"])
def test_numbers(golden, name):
    model, case = compiled(name), CASES[name]
    program = model.program
    reference = Reference(program)
    products = [p for p in golden.__all__ if p.islower()]
    assert {"value", "jacobian", "value_and_jacobian", "jvp", "vjp"} <= set(products)
    assert ("grad" in products) == (len(golden.OUTPUTS) == 1)
    assert ("hessian" in products) == (case.degree == 2)
    random = Random(name)
    for flat in random_points(program, case, name):
        arguments = pack(program, flat)
        values, rows = reference.values(flat), reference.jacobian(flat)
        by_degree = {0: (values, values)}
        entries = [c for row in rows for c in row]
        second = reference.hessians(flat) if case.degree == 2 else []
        for product in products:
            kind, extra = PRODUCTS[product], []
            by_degree[1] = entries, entries
            curved = [c for matrix in second for c in blocks(program, matrix)]
            by_degree[2] = curved, curved
            if kind.seeds == "tangents":
                t = [random.uniform(-2, 2) for _ in reference.active]
                extra = pack(program, t, only_active=True)
                matrix = rows if 1 in kind.degrees else second[0]
                by_degree[max(kind.degrees)] = products_and_sizes(matrix, t)
            elif kind.seeds == "cotangents":
                extra = [random.uniform(-2, 2) for _ in rows]
                by_degree[1] = products_and_sizes(zip(*rows, strict=True), extra)
            results = getattr(golden, product)(*arguments, *extra)
            parts = results if len(kind.degrees) > 1 else (results,)
            for degree, found in zip(kind.degrees, parts, strict=True):
                assert_close(found, *by_degree[degree], case.relative)


def products_and_sizes(matrix, vector: list) -> tuple[list, list]:
    """A matrix times a vector, and the sizes of the terms of each sum."""
    terms = [[c * s for c, s in zip(row, vector, strict=True)] for row in matrix]
    return [mpmath.fsum(part) for part in terms], [mpmath.fsum(map(abs, part)) for part in terms]


def blocks(program, matrix: list[list]) -> list:
    """A Hessian in the order of a block for each pair of inputs."""
    numbers = iter(range(len(matrix)))
    places = [[next(numbers) for _ in i.elements] for i in program.inputs.values() if i.active]
    return [matrix[k][j] for rows in places for columns in places for k in rows for j in columns]


@pytest.mark.parametrize(("golden", "name"), [(n, n) for n in SPARSE], indirect=["golden"])
def test_sparse_numbers(golden, name):
    """Every entry of the matrices, the zeros between those that are returned too."""
    program, case = graphc.load(source(name), products=("value",)).program, CASES[name]
    reference, random = Reference(program), Random(name)
    for flat in random_points(program, case, name):
        arguments = pack(program, flat)
        assert_close(golden.value(*arguments), *[reference.values(flat)] * 2, case.relative)
        rows, second = reference.jacobian(flat), reference.hessians(flat)
        weights = [random.uniform(-2, 2) for _ in rows]
        found = {"JACOBIAN": golden.sparse_jacobian(*arguments)}
        wanted = {"JACOBIAN": (rows, rows)}
        if len(golden.OUTPUTS) == 1:
            found["HESSIAN"] = golden.sparse_hessian(*arguments)
            wanted["HESSIAN"] = second[0], second[0]
        found["LAGRANGIAN_HESSIAN"] = golden.lagrangian_hessian(*arguments, weights[0], weights[1:])
        wanted["LAGRANGIAN_HESSIAN"] = lower_sum(weights, second)
        for matrix, values in found.items():
            every = expand(golden, matrix, values)
            sides = [[c for row in side for c in row] for side in wanted[matrix]]
            assert_close(every, *sides, case.relative)


def expand(golden, matrix: str, values: tuple) -> tuple:
    """A sparse matrix with its zeros."""
    height, width = getattr(golden, f"{matrix}_SHAPE")
    indptr, indices = getattr(golden, f"{matrix}_INDPTR"), getattr(golden, f"{matrix}_INDICES")
    rows = [[0.0] * width for _ in range(height)]
    assert len(indptr) == height + 1
    assert len(indices) == len(values) == indptr[-1]
    for row, start, end in zip(rows, indptr, indptr[1:], strict=False):
        assert list(indices[start:end]) == sorted(set(indices[start:end]))
        for column, value in zip(indices[start:end], values[start:end], strict=True):
            row[column] = value
    return tuple(map(tuple, rows))


def lower_sum(weights: list, matrices: list) -> tuple[list, list]:
    """The lower triangle of the weighted sum of some matrices, and the sizes of its terms."""
    terms = [
        [[w * m[i][j] if j <= i else 0 for w, m in zip(weights, matrices, strict=True)]
         for j in range(len(matrices[0]))] for i in range(len(matrices[0]))
    ]  # fmt: skip
    sizes = [[mpmath.fsum(map(abs, entry)) for entry in row] for row in terms]
    return [[mpmath.fsum(entry) for entry in row] for row in terms], sizes


@pytest.mark.parametrize("golden", ["quickstart"], indirect=True)
def test_a_wrong_number_is_found(golden):
    reference = Reference(compiled("quickstart").program)
    rows = reference.jacobian([2.0, 1.0])
    assert_close(golden.grad(2.0, 1.0), rows[0], rows[0], RELATIVE)
    with pytest.raises(AssertionError):
        assert_close((2.0, 5.0 + 1e-11), rows[0], rows[0], RELATIVE)


@pytest.mark.parametrize("golden", ["branches", "guards"], indirect=True)
def test_branches_not_taken_are_not_computed(golden):
    """Where a branch not taken would raise, value and every derivative are still there."""
    edges = (-4.0, -1.0, 0.0, 0.5, 1.0, 2.0, 5.0)
    for point in ((x, y) for x in edges for y in edges):
        for product in ("value", "jacobian", "value_and_jacobian"):
            assert all(map(math.isfinite, flatten(getattr(golden, product)(*point))))
        for tangents in ((1.0, 0.0), (0.0, 1.0)):
            assert all(map(math.isfinite, flatten(golden.jvp(*point, *tangents))))
        cotangents = [1.0] * len(golden.OUTPUTS)
        assert all(map(math.isfinite, flatten(golden.vjp(*point, *cotangents))))
