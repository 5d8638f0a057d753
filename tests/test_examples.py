"""Every example compiles, proves itself, and shows what its text says."""

import math
import os
import runpy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist

import networkx as nx
import pytest

import graphc
from graphc.derive.linearise import linearise

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
FILES = sorted(EXAMPLES.glob("*.expr"))
SCRIPTS = sorted(EXAMPLES.glob("*.py"))


def load(name: str, **options) -> graphc.Model:
    return graphc.load(EXAMPLES / f"{name}.expr", **options)


@pytest.fixture(scope="module")
def checks(tmp_path_factory) -> dict[str, subprocess.CompletedProcess]:
    """All examples compiled to files and run as scripts, a few at a time."""
    folder, running, done = tmp_path_factory.mktemp("modules"), {}, {}
    for path in FILES:
        module = folder / f"{path.stem}_grad.py"
        module.write_text(graphc.load(path, products=("all",)).source, encoding="utf-8")
        running[path.stem] = subprocess.Popen(
            [sys.executable, "-I", "-S", module],  # no site packages: the standard library only
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    for name, process in running.items():
        output, _ = process.communicate(timeout=60)
        done[name] = subprocess.CompletedProcess(process.args, process.returncode, output)
    return done


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_self_check(name, checks):
    assert checks[name].returncode == 0, checks[name].stdout
    assert "largest relative error" in checks[name].stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_has_prose_and_is_python(path):
    """A docstring for the reader, and text that Python's own parser takes."""
    text = path.read_text(encoding="utf-8")
    assert len(graphc.load(path).program.doc) > 40
    compile(text, str(path), "exec", dont_inherit=True)
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script(path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        [sys.executable, path], env=environment, capture_output=True, text=True, timeout=60
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout


def test_every_example_has_a_test():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in FILES + SCRIPTS} <= tested


# --- one test for each, with the numbers that its text states ------------------------------


def test_quickstart():
    assert load("quickstart").value_and_grad(2.0, 1.0) == (6.0, (2.0, 5.0))


def test_paths():
    graph = load("paths").graph
    x, z = (next(i for i in graph if graph.nodes[i]["name"] == name) for name in "xz")
    assert len(list(nx.all_simple_paths(graph, x, z))) == 9
    at = 0.3
    y = 2 * at + math.sin(at) + at**2
    slope = (2 + math.cos(at) + 2 * at) * (math.exp(y) - math.sin(y) + 3)
    assert load("paths").grad(at) == pytest.approx(slope, rel=1e-14)


def test_apples():
    model = load("apples")
    bill, gradient = model.value_and_grad()
    assert bill == pytest.approx(220, rel=1e-15)
    assert gradient == pytest.approx((2.2, 110, 200), rel=1e-15)
    program = model.program
    inner, outer = program.bindings["apple_price"], program.outputs["bill"]
    partial = linearise(program.copy(), [outer], [inner]).after(inner)[outer]
    assert program.nodes[partial] == ("input", "tax")
    assert program.inputs["tax"].default == 1.1


def test_sigmoid():
    value, slope = load("sigmoid").value_and_grad(2.0)
    assert value == pytest.approx(0.880797077977882444, rel=1e-15)
    assert slope == pytest.approx(0.104993585403506528, rel=1e-14)
    assert slope == pytest.approx(value * (1 - value), rel=1e-14)


def test_maximum():
    assert load("maximum").value_and_grad(1.0, 2.0, 0.0) == (6.0, (2.0, 5.0, 0.0))


def test_network():
    model = load("network")
    assert model.INPUTS[:3] == ("u1", "u2", "wanted")
    parameters = model.INPUTS[3:]
    assert [name for name in parameters if name[0] == "b"] == [f"b{j}" for j in range(1, 8)]
    assert [name for name in parameters if name[0] == "c"] == [f"c{j}" for j in range(1, 8)]
    point = {name: math.sin(k) for k, name in enumerate(model.INPUTS)}

    def node(j: int, *before: int, data: float = 0.0) -> float:
        total = point[f"b{j}"] + data + sum(point[f"w{i}{j}"] * x[i] for i in before)
        return point[f"c{j}"] / (1 + math.exp(-total))

    x = {}
    x[1], x[2] = node(1, data=point["u1"]), node(2, data=point["u2"])
    x[3], x[4], x[5] = node(3, 1, 2), node(4, 1, 2), node(5, 1, 2)
    x[6] = node(6, 3, 4)
    x[7] = node(7, 1, 2, 5, 6)
    loss, gradient = model.value_and_grad(**point)
    assert loss == pytest.approx((x[7] - point["wanted"]) ** 2, rel=1e-13)
    slopes = dict(zip(parameters, gradient, strict=True))
    assert slopes["c7"] == pytest.approx(
        2 * (x[7] - point["wanted"]) * x[7] / point["c7"], rel=1e-13
    )
    assert all(slopes.values())


def test_train_network():
    train = runpy.run_path(str(EXAMPLES / "train_network.py"))["train"]
    loss, parameters, _ = train()
    assert loss < 1e-6
    assert len(parameters) == 26
    assert train() == train()


def test_gradient_check():
    check = runpy.run_path(str(EXAMPLES / "gradient_check.py"))
    assert check["H"] == 1e-4
    assert check["largest_error"](load("quickstart"), [2.0, 1.0]) < 1e-10
    wrong = graphc.compile("e = (a + b) * b")
    wrong.grad = lambda a, b: (b, a + b)  # the right one is (b, a + 2*b)
    assert check["largest_error"](wrong, [2.0, 1.0]) == pytest.approx(1, rel=1e-6)


def test_rosenbrock():
    from scipy.optimize import rosen, rosen_der

    model = load("rosenbrock")
    assert model.value_and_grad([1.0] * 6) == (0.0, (0.0,) * 6)
    point = [0.5, -0.3, 1.2, 0.8, -1.0, 0.1]
    assert model.value(point) == pytest.approx(rosen(point), rel=1e-14)
    assert model.grad(point) == pytest.approx(list(rosen_der(point)), rel=1e-13)


def test_minimise_rosenbrock():
    result = runpy.run_path(str(EXAMPLES / "minimise_rosenbrock.py"))["solve"]()
    assert result.x == pytest.approx([1.0] * 6, abs=1e-7)
    assert result.nfev < 80


def test_reprojection():
    model = load("reprojection")
    assert len(model.INPUTS) == 17
    assert model.OUTPUTS == ("error_u", "error_v")
    assert [i.name for i in model.program.inputs.values() if not i.active] == ["u", "v"]
    # a quarter turn about the z axis brings (1, 0, 0) to (0, 1, 0); then 4 metres ahead
    point = dict.fromkeys(model.INPUTS, 0.0)
    point.update(rz=math.pi / 2, tz=4.0, focal=800.0, cx=320.0, cy=240.0, px=1.0, weight=1.0)
    point.update(u=300.0, v=400.0)
    assert model.value(**point) == pytest.approx((20.0, 40.0), rel=1e-12)
    _, rows = model.value_and_jacobian(**point)
    assert [len(row) for row in rows] == [15, 15]
    slopes = dict(zip(model.INPUTS, rows[1], strict=False))
    assert slopes["cy"] == 1.0
    assert slopes["focal"] == pytest.approx(0.25, rel=1e-14)
    assert slopes["weight"] == pytest.approx(40.0, rel=1e-13)


def test_double_pendulum():
    model = load("double_pendulum")
    _, slopes = model.value_and_grad(0.0, 0.0, 0.5, 0.0)
    named = dict(zip([n for n in model.INPUTS if n != "g"], slopes, strict=True))
    assert named["theta1"] == named["theta2"] == 0.0  # at rest at the bottom: no torque
    assert named["omega1"] == pytest.approx(1.0, rel=1e-15)  # (m1 + m2) * length1**2 * omega1
    assert model.value(math.pi, math.pi, 0.0, 0.0) == pytest.approx(9.81 * 2.8, rel=1e-15)


def test_black_scholes():
    model = load("black_scholes", products=("value", "value_and_grad"))
    price, (delta, _, rho, vega) = model.value_and_grad()
    spot, strike, maturity, rate, volatility = 100, 105, 0.5, 0.02, 0.25
    spread, normal = volatility * math.sqrt(maturity), NormalDist()
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * maturity) / spread
    paid = strike * math.exp(-rate * maturity) * normal.cdf(d1 - spread)
    assert price == pytest.approx(spot * normal.cdf(d1) - paid, rel=1e-13)
    assert delta == pytest.approx(normal.cdf(d1), rel=1e-13)
    assert vega == pytest.approx(spot * math.sqrt(maturity) * normal.pdf(d1), rel=1e-12)
    assert rho == pytest.approx(maturity * paid, rel=1e-12)


def test_van_der_waals():
    model = load("van_der_waals")
    pressure, compressibility = model.value()
    assert pressure == pytest.approx(2.2255e6, rel=1e-4)
    assert 0.8 < compressibility < 1
    ideal = model.value(a=0.0, b=0.0)
    assert ideal == pytest.approx((8.314462618 * 298.15 / 1e-3, 1.0), rel=1e-15)


def test_lennard_jones():
    model = load("lennard_jones")
    two = [0.0] * 3 + [2 ** (1 / 6), 0.0, 0.0]  # a pair at the bottom of the well
    away = [100.0 * k for k in range(1, 10)]
    energy, forces = model.value_and_grad(two + away)
    assert energy == pytest.approx(-1.0, rel=1e-9)
    assert max(map(abs, forces)) < 1e-9
    _, (first, *_) = model.value_and_grad([0.0] * 3 + [1.0, 0.0, 0.0] + away)
    assert first == pytest.approx(24.0, rel=1e-9)


def test_logistic_regression():
    model = load("logistic_regression")
    loss = model.value([0.0] * 6, [0.0] * 3, 1.5, 0.5, 1.0, 0.0, 0.0)
    assert loss == pytest.approx(math.log(3), rel=1e-15)
    _, (weights, offsets) = model.value_and_grad([0.0] * 6, [0.0] * 3, 1.5, 0.5, 1.0, 0.0, 0.0)
    third = 1 / 3
    assert offsets == pytest.approx((third - 1, third, third), rel=1e-14)
    assert weights[:2] == pytest.approx((1.5 * (third - 1), 0.5 * (third - 1)), rel=1e-14)
    huge = model.value([1e4] * 2 + [0.0] * 4, [0.0] * 3, 1.0, 1.0, 1.0, 0.0, 0.0)
    assert huge == pytest.approx(0.01 * 2e8, rel=1e-12)


def test_friction():
    model = load("friction")
    assert model.value(0.0) == 0.0
    force, slopes = model.value_and_grad(5e-4)  # creeping: half of the static level
    assert force == pytest.approx(0.5 * 0.6 * 50, rel=1e-15)
    assert slopes[0] == pytest.approx(0.6 * 50 / 1e-3, rel=1e-15)
    forward, backward = model.value_and_grad(0.3), model.value_and_grad(-0.3)
    assert forward[0] == -backward[0]
    assert forward[1][0] == backward[1][0]
    level = 0.4 + 0.2 * math.exp(-math.sqrt(0.299 / 0.1))
    assert forward[0] == pytest.approx(level * 50 + 2 * 0.299, rel=1e-14)


def test_kepler():
    model = load("kepler")
    anomaly = 1.0
    for _ in range(5):  # Newton's method
        residual, (slope, _) = model.value_and_grad(anomaly, 0.6)
        anomaly -= residual / slope
    assert anomaly - 0.6 * math.sin(anomaly) == pytest.approx(1.0, rel=1e-15)


def test_robot_arm():
    model = load("robot_arm")
    (x, y, direction), rows = model.value_and_jacobian([0.0, 0.0, 0.0])
    assert (x, y, direction) == (1.0, 0.0, 0.0)
    assert rows[0] == (0.0, 0.0, 0.0)
    assert rows[1] == pytest.approx((1.0, 0.5, 0.1), rel=1e-15)
    assert rows[2] == (1.0, 1.0, 1.0)


def test_cable():
    products = ("value", "jacobian", "sparse_jacobian", "lagrangian_hessian")
    model = load("cable", products=products)
    x, y = [k * 6 / 8 for k in range(1, 8)], [0.0] * 7
    energy, *links = model.value(x, y)  # drawn straight: no bend, and every link too short
    assert energy == pytest.approx(0, abs=1e-15)
    assert links == pytest.approx([0.75**2 - 1] * 8, rel=1e-14)
    rows = model.jacobian(x, y)
    assert [len(row[0]) + len(row[1]) for row in rows] == [14] * 9
    assert model.JACOBIAN_SHAPE == (9, 14)
    assert [b - a for a, b in pairwise(model.JACOBIAN_INDPTR)] == [14, 2, 4, 4, 4, 4, 4, 4, 2]
    lower = model.lagrangian_hessian(x, y, 6.0, 1.0, 0.1, 0.0, [0.0] * 7 + [1.0])
    # the last link alone, between x[6], y[6] and a hook
    assert [v for v in lower if v] == [2.0, 2.0]
    assert model.LAGRANGIAN_HESSIAN_INDICES[17] == 6
    assert lower[17] == 2.0


def test_solve_cable():
    joints, tension, residuals = runpy.run_path(str(EXAMPLES / "solve_cable.py"))["solve"]()
    assert residuals[-1] < 1e-12
    assert residuals[-2] < 1e-3 * residuals[-3]  # Newton's method
    x, y = joints[:7], joints[7:]
    assert x[::-1] == pytest.approx(6 - x, rel=1e-12)  # as the hooks are of one height
    assert y[::-1] == pytest.approx(y, rel=1e-12)
    assert min(tension) > 0
