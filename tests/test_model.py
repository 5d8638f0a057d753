"""The library's front door: compile, load, parse, from_sympy, and what they return."""

import inspect
import linecache
import math
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import graphc

ROOT = Path(__file__).parents[1]
QUICKSTART = "e = (a + b) * (b + 1)"


def test_quickstart():
    model = graphc.compile(QUICKSTART)
    assert isinstance(model, ModuleType)
    assert model.value_and_grad(2.0, 1.0) == (6.0, (2.0, 5.0))
    assert model.value_and_grad(b=1.0, a=2.0) == (6.0, (2.0, 5.0))
    assert (model.INPUTS, model.OUTPUTS) == (("a", "b"), ("e",))
    assert repr(model) == "<graphc model (a, b) -> (e)>"
    assert model.__doc__.startswith("e: generated functions.")


def test_load_reads_a_file(tmp_path):
    path = tmp_path / "my model.expr"
    path.write_text('"""About it."""\ny = a * b\n', encoding="utf-8")
    for given in (path, str(path)):
        model = graphc.load(given, products=("value",))
        assert model.value(2.0, 3.0) == 6.0
        assert "About it." in model.__doc__
        assert "my model.expr" in model.__doc__
        assert str(tmp_path) not in model.source  # the same bytes wherever the file lies
    with pytest.raises(FileNotFoundError):
        graphc.load(tmp_path / "missing.expr")


def test_line_ends_and_byte_order_marks_are_all_the_same(tmp_path):
    texts = []
    for data in (b"y = a\nz = y*b\n", b"y = a\r\nz = y*b\r\n", b"\xef\xbb\xbfy = a\nz = y*b\n"):
        path = tmp_path / "m.expr"
        path.write_bytes(data)
        source = graphc.load(path).source
        texts.append([line for line in source.split("\n") if not line.startswith("SOURCE_SHA")])
    assert texts[0] == texts[1] == texts[2]


# --- structure of results, as in JAX -------------------------------------------------------


def test_one_input_one_output():
    model = graphc.compile("y = x**3", products=("all",))
    assert model.value(2.0) == 8.0
    assert model.grad(2.0) == model.jacobian(2.0) == 12.0
    assert model.value_and_grad(2.0) == (8.0, 12.0)
    assert model.jvp(2.0, 0.5) == (8.0, 6.0)
    assert model.vjp(2.0, 0.5) == (8.0, 6.0)


def test_several_inputs_several_outputs():
    model = graphc.compile("p = a * b\nq = a / b", products=("all",))
    assert model.value(6.0, 2.0) == (12.0, 3.0)
    assert model.jacobian(6.0, 2.0) == ((2.0, 6.0), (0.5, -1.5))
    assert model.value_and_jacobian(6.0, 2.0) == ((12.0, 3.0), ((2.0, 6.0), (0.5, -1.5)))
    assert model.jvp(6.0, 2.0, 1.0, 10.0) == ((12.0, 3.0), (62.0, -14.5))
    assert model.vjp(6.0, 2.0, 1.0, 10.0) == ((12.0, 3.0), (7.0, -9.0))
    assert not hasattr(model, "grad")


def test_one_input_several_outputs():
    model = graphc.compile("p = 2*x\nq = x*x", products=("all",))
    assert model.jacobian(3.0) == (2.0, 6.0)
    assert model.vjp(3.0, 1.0, 1.0) == ((6.0, 9.0), 8.0)


def test_arrays_are_tuples_of_their_elements():
    model = graphc.compile("x: input[3]\ny = x[0]*x[1] + 0*x[2]", products=("all",))
    assert model.grad([2.0, 3.0, 4.0]) == (3.0, 2.0, 0.0)
    assert model.jvp([2.0, 3.0, 4.0], [1.0, 1.0, 1.0]) == (6.0, 5.0)
    mixed = graphc.compile("x: input[2]\nk: input\np = x[0]*k\nq = x[1]", products=("all",))
    assert mixed.jacobian([2.0, 3.0], 5.0) == (((5.0, 0.0), 2.0), ((0.0, 1.0), 0.0))
    assert mixed.vjp([2.0, 3.0], 5.0, 1.0, 1.0) == ((10.0, 3.0), ((5.0, 1.0), 2.0))


def test_arguments_of_every_kind():
    model = graphc.compile("x: input[3]\ny = x[0]*x[1] + x[2]")
    for x in (
        [1, 2, 3],
        (1.0, 2.0, 3.0),
        range(1, 4),
        np.array([1.0, 2.0, 3.0]),
        np.array([1, 2, 3], dtype=np.int32),
        np.arange(6.0)[1:4],
        np.arange(2.0, 8.0)[::2] * 0.5,
    ):
        value, slopes = model.value_and_grad(x)
        assert value == pytest.approx(x[0] * x[1] + x[2])
        assert all(type(s) is float for s in slopes)


@pytest.mark.parametrize("wrong", [[], [1.0], [1.0, 2.0, 3.0, 4.0], np.zeros(2)])
def test_wrong_length_of_an_array(wrong):
    model = graphc.compile("x: input[3]\ny = x[0]*x[1] + x[2]", products=("all",))
    for name in ("value", "grad", "jacobian"):
        with pytest.raises(ValueError, match=f"x has {len(wrong)} elements, not 3"):
            getattr(model, name)(wrong)
    with pytest.raises(ValueError, match=f"x_dot has {len(wrong)} elements, not 3"):
        model.jvp([1.0, 2.0, 3.0], wrong)


def test_optimisers_take_the_functions_as_they_are():
    from scipy.optimize import minimize

    model = graphc.compile("x: input[2]\nf = (x[0] - 1)**2 + (x[1] + 2)**2 + x[0]**4")
    result = minimize(model.value, np.zeros(2), jac=model.grad)
    assert result.success
    assert result.x == pytest.approx([0.5897545, -2.0], abs=1e-5)


def test_defaults_become_default_arguments():
    model = graphc.compile("k: input = 3\nu: data = 0.5\ny = k * x + u", products=("all",))
    assert model.INPUTS == ("x", "k", "u")
    assert model.value(2.0) == 6.5
    assert model.value(2.0, u=0.0) == 6.0
    assert model.grad(2.0) == (3.0, 2.0)  # not with respect to the data
    signature = inspect.signature(model.value)
    assert [p.default for p in signature.parameters.values()] == [inspect._empty, 3.0, 0.5]
    arrays = graphc.compile("x: input[3] = 2\ny = x[0] + x[1] * x[2]")
    assert arrays.value() == 6.0


def test_suffixes_of_tangents_and_cotangents():
    model = graphc.compile("y = a * b", products=("jvp", "vjp"))
    assert list(inspect.signature(model.jvp).parameters) == ["a", "b", "a_dot", "b_dot"]
    assert list(inspect.signature(model.vjp).parameters) == ["a", "b", "y_bar"]
    assert model.jvp(2.0, 3.0, a_dot=1.0, b_dot=0.0) == (6.0, 3.0)
    assert model.vjp(2.0, 3.0, y_bar=2.0) == (6.0, (6.0, 4.0))


# --- options ------------------------------------------------------------------------------


def test_products():
    assert [n for n in graphc.compile("y = a").__all__ if n.islower()] == [
        "value",
        "grad",
        "value_and_grad",
    ]
    several = graphc.compile("y = a\nz = a * 2")
    assert [n for n in several.__all__ if n.islower()] == [
        "value",
        "jacobian",
        "value_and_jacobian",
    ]
    chosen = graphc.compile("y = a * a", products=["vjp", "value", "vjp"])
    assert [n for n in chosen.__all__ if n.islower()] == ["vjp", "value"]


def test_wrt():
    model = graphc.compile("u: data\ny = a * b * u", products=("all",), wrt=("u", "a"))
    assert model.grad(u=5.0, a=2.0, b=3.0) == (6.0, 15.0)  # in the order of the inputs
    assert model.INPUTS == ("u", "a", "b")
    assert model.jvp(5.0, 2.0, 3.0, 1.0, 0.0) == (30.0, 6.0)
    assert graphc.compile(QUICKSTART, wrt=["b"]).grad(2.0, 1.0) == 5.0


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse", "cross-country"])
def test_modes_agree(mode):
    text = "r = a*b\ns = sin(r)*r\np: output = s*exp(a)\nq: output = s/b + a"
    rows = graphc.compile(text, mode=mode).jacobian(0.7, 1.3)
    wanted = graphc.compile(text, mode="forward").jacobian(0.7, 1.3)
    for row, other in zip(rows, wanted, strict=True):
        assert row == pytest.approx(other, rel=1e-14)


def test_rules():
    """Real rules may drop what matters for inf and nan only."""
    exact = graphc.compile("y = 0 * x + a", products=("value",))
    real = graphc.compile("y = 0 * x + a", products=("value",), rules="real")
    assert exact.value(1.0, 2.0) == real.value(1.0, 2.0) == 2.0
    assert math.isnan(exact.value(math.inf, 2.0))
    assert real.value(math.inf, 2.0) == 2.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"products": ["gradd"]}, "unknown product 'gradd'; did you mean 'grad'?"),
        ({"products": ["area"]}, "unknown product 'area'; choose from value, grad"),
        ({"wrt": ["c"]}, "'c' is not an input; inputs: a, b"),
        ({"wrt": ["bb"]}, "'bb' is not an input; did you mean 'b'?"),
        ({"wrt": []}, "there is no input to differentiate with respect to"),
        ({"mode": "revers"}, "unknown mode 'revers'; did you mean 'reverse'?"),
        ({"mode": "x"}, "unknown mode 'x'; choose from auto, forward, reverse, cross-country"),
        ({"target": "fortran"}, "unknown target 'fortran'; choose from python"),
        ({"rules": "complex"}, "unknown rules 'complex'; choose from exact, real"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(graphc.OptionError) as raised:
        graphc.compile(QUICKSTART, **options)
    assert str(raised.value).startswith(message)
    assert isinstance(raised.value, ValueError)


def test_gradient_of_several_outputs():
    with pytest.raises(graphc.OptionError, match="'grad' needs one output, the model has 2; use"):
        graphc.compile("y = a\nz = a * 2", products=("grad",))


def test_max_operations():
    text = "y = sum(sin(x + i) for i in range(1000))"
    total = math.fsum(math.sin(i) for i in range(1000))
    assert graphc.compile(text, products=("value",)).value(0.0) == pytest.approx(total, rel=1e-9)
    with pytest.raises(graphc.InputError, match="unrolls to more than 100 operations"):
        graphc.compile(text, max_operations=100)
    with pytest.raises(graphc.InputError, match="unrolls to more than 100 operations"):
        graphc.parse(text, max_operations=100)


def test_wrong_text_is_a_syntax_error():
    with pytest.raises(SyntaxError) as raised:
        graphc.compile("y = sinn(x)")
    error = raised.value
    assert isinstance(error, graphc.InputError)
    assert isinstance(error, graphc.GraphcError)
    assert (error.filename, error.lineno, error.offset) == ("<string>", 1, 5)
    assert "did you mean 'sin'?" in error.render()


def test_missing_product_says_how_to_get_it():
    model = graphc.compile(QUICKSTART, products=("value",))
    with pytest.raises(AttributeError, match="compiled without 'grad'; pass products="):
        _ = model.grad
    with pytest.raises(AttributeError, match="a model has no attribute 'colour'"):
        _ = model.colour
    assert getattr(model, "grad", None) is None


def test_names_of_the_package():
    assert set(graphc.__all__) <= set(dir(graphc))
    for name in graphc.__all__:
        assert getattr(graphc, name) is not None
    with pytest.raises(AttributeError, match="module 'graphc' has no attribute 'nothing'"):
        _ = graphc.nothing


# --- source, tracebacks, pickles ----------------------------------------------------------


def test_source_is_known_to_the_interpreter():
    model = graphc.compile("r = a * b\ne = sin(r) * r")
    assert inspect.getsource(model.value) in model.source
    assert inspect.getsource(model.grad).startswith("def grad(a: float, b: float)")
    assert "def grad(" in "".join(linecache.getlines(model.__file__))
    assert model.source.startswith("".join(linecache.getlines(model.__file__)))
    linecache.checkcache()  # as the traceback module does; files that are gone are dropped
    assert linecache.getlines(model.__file__)


def test_traceback_shows_the_line():
    model = graphc.compile("r = a - 1\ny = log(r) * a", products=("value",))
    with pytest.raises(ValueError, match=r"math domain|positive") as raised:
        model.value(0.5)
    shown = "".join(traceback.format_exception(raised.value))
    assert "y = log(r) * a  # line 2" in shown
    assert "in value" in shown


def test_two_models_do_not_share_a_file_name():
    one, two = graphc.compile("y = a"), graphc.compile("y = a", products=("value",))
    assert one.__file__ != two.__file__
    assert graphc.compile("y = a").__file__ == one.__file__


def test_pickle_round_trip():
    model = graphc.compile("r = a*b\ne = sqrt(r) if r > 0 else 0", products=("all",))
    twin = pickle.loads(pickle.dumps(model))
    assert twin.source == model.source
    assert twin.value_and_grad(2.0, 3.0) == model.value_and_grad(2.0, 3.0)
    assert twin.INPUTS == model.INPUTS
    assert twin.graph.graph["derivatives"] == model.graph.graph["derivatives"]
    assert len(twin.graph) == len(model.graph)


def test_pickle_reaches_another_process(tmp_path):
    path = tmp_path / "model.pickle"
    path.write_bytes(pickle.dumps(graphc.compile(QUICKSTART)))
    code = f"import pickle; m = pickle.load(open({str(path)!r}, 'rb')); print(m.grad(2.0, 1.0))"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert process.stdout == "(2.0, 5.0)\n"


def test_generated_functions_work_in_worker_processes():
    """The function of a model travels by the module's name, once the module has one."""
    model = graphc.compile(QUICKSTART)
    sys.modules[model.__name__] = model
    try:
        assert pickle.loads(pickle.dumps(model.grad)) is model.grad
    finally:
        del sys.modules[model.__name__]


def test_source_is_what_the_command_line_writes(tmp_path):
    path, out = tmp_path / "model.expr", tmp_path / "model_grad.py"
    path.write_text("e = (a + b) * (b + 1)\n")
    command = [sys.executable, "-m", "graphc", "compile", path, "-o", out]
    subprocess.run(command, check=True, cwd=ROOT)
    assert out.read_text() == graphc.load(path).source


def test_graph_and_program():
    model = graphc.compile(QUICKSTART)
    assert isinstance(model.graph, graphc.Graph)
    assert list(model.program.outputs) == ["e"]
    assert len(model.graph) > len(model.program)
    assert set(model.graph.graph["derivatives"]) == {"de_da", "de_db"}


def test_parse_and_from_sympy_compile_nothing():
    import sympy

    a, b = sympy.symbols("a b")
    for graph in (graphc.parse(QUICKSTART), graphc.from_sympy({"e": (a + b) * (b + 1)})):
        assert isinstance(graph, graphc.Graph)
        assert list(graph.graph["inputs"]) == ["a", "b"]
        assert list(graph.graph["outputs"]) == ["e"]
    with pytest.raises(graphc.OptionError, match="unknown rules 'all'"):
        graphc.from_sympy({"e": a}, rules="all")
    with pytest.raises(graphc.OptionError, match="is not an operation of the language"):
        graphc.from_sympy({"e": sympy.besselj(0, a)})


def piecewise(values: list[str], last: str) -> str:
    """``a if x < 1 else b if x < 2 else ... last``."""
    return (
        "y = " + " else ".join(f"{v} if x < {k}" for k, v in enumerate(values, 1)) + f" else {last}"
    )


@pytest.mark.parametrize("x", [0.5, 10.5, 60.5, 498.5, 600.0])
def test_long_tables_of_pieces(x):
    model = graphc.compile(piecewise([f"{k}*x" for k in range(1, 500)], "x"))
    slope = int(x) + 1.0 if x < 499 else 1.0
    assert model.value_and_grad(x) == (slope * x, slope)


def test_pieces_that_may_fail_nest_to_a_limit():
    text = piecewise([f"log(x - {k - 1})" for k in range(1, 100)], "x")
    with pytest.raises(graphc.InputError, match="conditionals are nested more than 60 deep"):
        graphc.compile(text)


def test_maximum_of_many():
    model = graphc.compile("x: input[300]\ny = max(x[i] for i in range(300))")
    x = [float((37 * k) % 300) for k in range(300)]
    assert model.grad(x) == tuple(float(v == 299.0) for v in x)


def test_a_graph_compiles():
    model = graphc.compile(graphc.parse("e = (a + b) * (b + 1)"))
    assert model.value_and_grad(2.0, 1.0) == (6.0, (2.0, 5.0))
    with pytest.raises(graphc.OptionError, match="expected a text or a graph, found int"):
        graphc.compile(5)


def test_branches_that_cancel_are_not_divided():
    model = graphc.compile("v = log(x) if x > 0 else 0\nw = y - v\no: output = v + w")
    assert model.value_and_grad(0.0, 1.0) == (1.0, (0.0, 1.0))


def test_maximum_of_many_roots():
    model = graphc.compile("x: input[100]\ny = max(sqrt(x[i]) for i in range(100))")
    x = [float((37 * k) % 100) + 1.0 for k in range(100)]
    assert model.grad(x) == tuple(0.05 if v == 100.0 else 0.0 for v in x)
