"""The walk over the operation table: every row against SymPy and mpmath, and as emitted.

Derivatives are compared with 50 digits.  Constants of the table's texts are then kept as they are
written (``1/3`` is not rounded to a float), so the only tolerance is that of mpmath's numerical
differentiation, which works with three times the digits: 1e-40 says "equal".
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import mpmath
import pytest
import sympy
from strategies import DIGITS, exact_table

import graphc
from graphc.derive.eliminate import accumulate
from graphc.errors import Source
from graphc.inspect import evaluate as evaluation
from graphc.inspect.evaluate import LIBRARIES, evaluate, meaning
from graphc.language import templates
from graphc.language.elaborate import elaborate
from graphc.ops import BINARY, FUNCTIONS, OPS, Op
from graphc.program import Program

EQUAL = mpmath.mpf(10) ** -40

every_row = pytest.mark.parametrize("row", OPS.values(), ids=OPS)


def rows_that(wanted: Callable[[Op], object]) -> pytest.MarkDecorator:
    """The tests of some rows of the table."""
    chosen = [row for row in OPS.values() if wanted(row)]
    return pytest.mark.parametrize("row", chosen, ids=[row.name for row in chosen])


every_number = rows_that(lambda row: not row.condition)

# --- independent meanings -----------------------------------------------------------------


def _if(condition: bool, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    return then() if condition else otherwise()


# What a row means, written with mpmath alone: for rows that have a definition, which is
# otherwise its own judge.
REFERENCE: dict[str, Callable[..., Any]] = {
    "floordiv": lambda x, y: mpmath.floor(x / y),
    "mod": lambda x, y: x - y * mpmath.floor(x / y),
    "cbrt": mpmath.cbrt,
    "exp2": lambda x: mpmath.exp(x * mpmath.log(2)),
    "expm1": mpmath.expm1,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "log1p": mpmath.log1p,
    "ratio": lambda x, y: x / y,
    "hypot": mpmath.hypot,
    "hypot3": lambda x, y, z: mpmath.sqrt(x * x + y * y + z * z),
    "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
    "digamma": mpmath.digamma,
    "polygamma": lambda n, x: mpmath.polygamma(int(n), x),
    "fabs": mpmath.fabs,
    "sign": mpmath.sign,
    "copysign": lambda x, y: mpmath.fabs(x) * mpmath.sign(y),
    "trunc": lambda x: mpmath.sign(x) * mpmath.floor(mpmath.fabs(x)),
    "fmod": lambda x, y: mpmath.sign(x) * mpmath.fmod(mpmath.fabs(x), mpmath.fabs(y)),
    "min": lambda x, y: (x + y - mpmath.fabs(x - y)) / 2,
    "max": lambda x, y: (x + y + mpmath.fabs(x - y)) / 2,
    "clip": lambda x, a, b: (mpmath.fabs(x - a) - mpmath.fabs(x - b) + a + b) / 2,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "relu": lambda x: (x + mpmath.fabs(x)) / 2,
    "leaky_relu": lambda x, a: _if(x > 0, lambda: x, lambda: a * x),
    "hard_tanh": lambda x: (mpmath.fabs(x + 1) - mpmath.fabs(x - 1)) / 2,
    "elu": lambda x, a: _if(x > 0, lambda: x, lambda: a * (mpmath.exp(x) - 1)),
    "gelu": lambda x: x * mpmath.ncdf(x),
    "logsumexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "sinc": mpmath.sincpi,
    "log0": mpmath.log,
    "xlogx": lambda x: x * mpmath.log(x),
    "xlogy": lambda x, y: x * mpmath.log(y),
    "xxlogx": lambda x: x * x * mpmath.log(x),
    "logratio": lambda x, y: mpmath.log(x) - mpmath.log(y),
    "sinrel": lambda x: mpmath.sin(x) / x,
    "dsinrel": lambda x: mpmath.cos(x) / x - mpmath.sin(x) / x**2,
    "exprel": lambda x: mpmath.expm1(x) / x,
    "dexprel": lambda x: mpmath.exp(x) / x - mpmath.expm1(x) / x**2,
    "logrel": lambda x: mpmath.log1p(x) / x,
    "dlogrel": lambda x: 1 / (x * (1 + x)) - mpmath.log1p(x) / x**2,
    "bernoulli": lambda x: x / mpmath.expm1(x),
    "dbernoulli": lambda x: (mpmath.expm1(x) - x * mpmath.exp(x)) / mpmath.expm1(x) ** 2,
    "logit": lambda x: mpmath.log(x / (1 - x)),
}


def reference(row: Op) -> Callable[..., Any]:
    """The meaning of a row in mpmath, not by way of its definition."""
    return REFERENCE.get(row.name) or meaning(row.name, "mpmath")


# --- samples ------------------------------------------------------------------------------

_FRACTIONS = (0.067, 0.291, 0.443, 0.659, 0.937)  # of an interval; no round numbers come out


def samples(row: Op) -> Iterator[tuple[float, ...]]:
    """Points of the domain of a row, away from its holes and from ties."""
    axes = []
    for k, (low, high) in enumerate(row.domain):
        if k in row.conditions:
            axes.append([0.0, 1.0])
        elif k in row.constants:
            axes.append([float(n) for n in range(int(low), int(high) + 1)])
        else:
            shift = 0.0137 * k
            points = [low + (high - low) * (t + shift) for t in _FRACTIONS]
            axes.append([p for p in points if all(abs(p - h) > 0.01 for h in row.holes)])
    return product(*axes)


def arguments(row: Op, point: Sequence[float], number: Callable[[float], Any]) -> list[Any]:
    """A point as arguments: conditions as bools, the rest as numbers of a library."""
    return [bool(v) if k in row.conditions else number(v) for k, v in enumerate(point)]


def varying(row: Op) -> list[int]:
    """Arguments that can be differentiated."""
    return [k for k in range(len(row.params)) if k not in (*row.conditions, *row.constants)]


# --- the checkers: each returns what it objects to ----------------------------------------


def _one_operation(row: Op) -> Program:
    """``out = row(arguments)`` as a program; macro rows as their definitions."""
    if row.macro:
        lines = row.definition.split("\n")
        lines[-1] = lines[-1] if len(lines) > 1 else f"out = {lines[-1]}"
        return elaborate(Source("\n".join([*(f"{p}: input" for p in row.params), *lines])))
    made = Program()
    for name in row.params:
        made.input(name)
    made.outputs["out"] = made.add((row.name, *range(len(row.params))))
    return made


def derivatives(row: Op) -> tuple[Program, dict[tuple[int, ...], int | None]]:
    """A program of first and second derivatives, with its nodes by arguments."""
    made = _one_operation(row)
    found: dict[tuple[int, ...], int | None] = {}
    free = varying(row)
    names = [row.params[k] for k in free]
    (first,) = accumulate(made, ["out"], names, "reverse")
    for j, node in zip(free, first, strict=True):
        found[(j,)] = node
        made.outputs["partial"] = node if node is not None else made.const(0)
        (second,) = accumulate(made, ["partial"], names, "reverse")
        found.update({(j, k): c for k, c in zip(free, second, strict=True)})
    return made, found


def _disagreement(what: str, point: object, found: Any, wanted: Any) -> list[str]:
    close = abs(found - wanted) <= EQUAL * max(1, abs(wanted))
    return [] if close else [f"{what} at {point}: {mpmath.nstr(found)}, not {mpmath.nstr(wanted)}"]


def against_mpmath(row: Op, order: int) -> list[str]:
    """Objections to the derivatives of one order, from mpmath's differentiation."""
    objections = []
    with exact_table(row):
        made, found = derivatives(row)
        for point in samples(row):
            args = arguments(row, point, mpmath.mpf)
            values = evaluate(made, dict(zip(row.params, args, strict=True)), "mpmath")
            for places, node in found.items():
                if len(places) == order:
                    wanted = _difference(reference(row), args, places)
                    value = mpmath.mpf(0) if node is None else values[node]
                    objections += _disagreement(f"d{places}", point, value, wanted)
    return objections


def _difference(function: Callable[..., Any], args: list[Any], places: tuple[int, ...]) -> Any:
    """The derivative of a function with respect to some of its arguments, by mpmath."""
    free = sorted(set(places))

    def vary(*moved: Any) -> Any:
        full = list(args)
        for k, value in zip(free, moved, strict=True):
            full[k] = value
        return function(*full)

    return mpmath.diff(vary, tuple(args[k] for k in free), tuple(places.count(k) for k in free))


def against_sympy(row: Op, order: int) -> list[str]:
    """Objections from SymPy's differentiation of the row's SymPy meaning."""
    objections = []
    with exact_table(row):
        made, found = derivatives(row)
        symbols = [sympy.Symbol(p, real=True) for p in row.params]
        expressions: dict[tuple[Any, ...], Any] = {}
        for point in samples(row):
            args = arguments(row, point, mpmath.mpf)
            values = evaluate(made, dict(zip(row.params, args, strict=True)), "mpmath")
            fixed = [bool(v) if k in row.conditions else sympy.Integer(int(v))
                     if k in row.constants else s
                     for k, (v, s) in enumerate(zip(point, symbols, strict=True))]  # fmt: skip
            numbers = {s: sympy.Float(v, DIGITS) for s, v in zip(symbols, point, strict=True)}
            for places, node in found.items():
                if len(places) != order:
                    continue
                key = (places, *(fixed[k] for k in (*row.conditions, *row.constants)))
                if key not in expressions:
                    whole = meaning(row.name, "sympy")(*fixed)
                    expressions[key] = sympy.diff(whole, *(symbols[k] for k in places))
                if expressions[key].has(sympy.Derivative, sympy.Subs):
                    objections.append(f"SymPy leaves {expressions[key]}")
                    continue
                wanted = expressions[key].subs(numbers).evalf(DIGITS)
                value = mpmath.mpf(0) if node is None else values[node]
                wanted = mpmath.mpf(str(wanted))
                objections += _disagreement(f"d{places}", point, value, wanted)
    return objections


def of_definition(row: Op) -> list[str]:
    """Objections to the definition of a row, from an independent meaning."""
    objections = []
    with exact_table(row):
        defined = evaluation._defined(row.name, "mpmath")
        for point in samples(row):
            args = arguments(row, point, mpmath.mpf)
            objections += _disagreement("definition", point, defined(*args), reference(row)(*args))
    return objections


# --- the walk -----------------------------------------------------------------------------

# SymPy differentiates rounding to an unevaluated derivative.
NOT_IN_SYMPY = {"floordiv", "mod", "floor", "ceil", "trunc", "fmod"}
# The definitions that are series, good for floats.
SERIES = {"digamma", "polygamma"}


@pytest.mark.parametrize("order", [1, 2])
@every_number
def test_derivatives_are_those_of_mpmath(row: Op, order: int) -> None:
    assert against_mpmath(row, order) == []


@pytest.mark.parametrize("order", [1, 2])
@every_number
def test_derivatives_are_those_of_sympy(row: Op, order: int) -> None:
    objections = against_sympy(row, order)
    if row.name in NOT_IN_SYMPY:
        assert all(o.startswith("SymPy leaves") for o in objections)
    else:
        assert objections == []


@rows_that(lambda row: row.name in REFERENCE)
def test_definitions_are_right(row: Op) -> None:
    if row.definition and row.name not in SERIES:
        assert of_definition(row) == []


@every_number
def test_mpmath_column_is_right(row: Op) -> None:
    with exact_table():
        named = meaning(row.name, "mpmath")
        if row.name in SERIES:
            return
        for point in samples(row):
            args = arguments(row, point, mpmath.mpf)
            assert _disagreement("value", point, named(*args), reference(row)(*args)) == []


@rows_that(lambda row: row.condition)
def test_truth_of_conditions(row: Op) -> None:
    pairs = list(product((True, False) if row.conditions else (-1.0, 0.0, 2.0), repeat=2))
    for x, y in pairs:
        args = (x, y)[: len(row.params)]
        wanted = eval(row.form, {}, dict(zip(row.params, args, strict=True)))
        for library in LIBRARIES:
            number = mpmath.mpf if library == "mpmath" else sympy.sympify
            made = args if library == "math" or row.conditions else tuple(map(number, args))
            if library == "sympy":
                made = tuple(map(sympy.sympify, args))
            assert bool(meaning(row.name, library)(*made)) is wanted
        texts = [f"({p} > 0)" if row.conditions else p for p in row.params]
        form = row.form
        for name, text in zip(row.params, texts, strict=True):
            form = form.replace(f"{name} ", f"{text} ", 1) if name != row.params[-1] else form
        if row.params[-1] != texts[-1]:
            form = form[: -len(row.params[-1])] + texts[-1]
        model = graphc.compile(f"r = 7 if {form} else -7", products=("value",))
        assert model.value(*(float(a) for a in args)) == (7.0 if wanted else -7.0)


# --- the walk is real ---------------------------------------------------------------------


def _flipped(name: str) -> Op:
    row = OPS[name]
    return replace(row, partials=(f"-({row.partials[0]})", *row.partials[1:]))


@pytest.mark.parametrize("name", ["tanh", "atan2", "mul", "sinc", "polygamma", "abs"])
@pytest.mark.parametrize("check", [against_mpmath, against_sympy])
def test_a_flipped_sign_is_seen(name: str, check: Callable[[Op, int], list[str]]) -> None:
    row = OPS[name]
    k = len(row.partials) - 1
    wrong = replace(row, partials=(*row.partials[:k], f"-({row.partials[k]})"))
    assert check(row, 1) == []
    assert check(wrong, 1) != []


@pytest.mark.parametrize("check", [against_mpmath, against_sympy])
def test_a_partial_that_differentiates_wrongly_is_seen(
    check: Callable[[Op, int], list[str]],
) -> None:
    assert check(_flipped("sin"), 2) != []
    assert check(replace(OPS["sin"], partials=("cos(x) + 0*x",)), 2) == []
    # a wrong row that is used by another's partial is seen there
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(OPS, "cos", _flipped("cos"))
        assert check(OPS["sin"], 1) == []
        assert check(OPS["sin"], 2) != []


@pytest.mark.parametrize("name", ["sigmoid", "fmod", "gelu", "copysign", "cbrt"])
def test_a_wrong_definition_is_seen(name: str) -> None:
    row = OPS[name]
    assert of_definition(row) == []
    *front, last = row.definition.split("\n")
    end = "out = " if front else ""
    wrong = "\n".join([*front, f"{end}-({last.removeprefix('out = ')})"])
    assert of_definition(replace(row, definition=wrong)) != []


# --- rows are complete --------------------------------------------------------------------


@every_row
def test_row_is_complete(row: Op) -> None:
    assert row.doc and row.doc[-1] != "." and "\n" not in row.doc
    assert len(row.domain) == len(row.params) == len(set(row.params))
    assert len(row.partials) in (0, len(row.params))
    assert row.condition or row.partials or row.definition
    assert not row.macro or not row.python, "a macro is never called"
    for k in (*row.conditions, *row.constants, *(k for k, _ in row.lazy)):
        assert k < len(row.params)
    assert all(low < high for low, high in row.domain)
    for text in row.partials:
        free = set(templates.read(text)[0].inputs)
        assert free <= {*row.params, "out"}, "a partial in other words than the row's"
    if row.definition:
        assert set(templates.read(row.definition)[0].inputs) <= set(row.params)
    assert row.note or not row.holes, "a row with a kink states its choice"
    spelled = BINARY if row.symbol else FUNCTIONS
    assert len(row.params) == 1 or spelled[row.symbol or row.name] is row


@every_row
def test_names_resolve(row: Op) -> None:
    for library in LIBRARIES:
        assert callable(meaning(row.name, library))
    if row.python:
        module, _, name = row.python.partition(".")
        assert hasattr(__import__(module), name)
        if module == "math" and row.since <= (3, 8):
            parameters = len(inspect.signature(getattr(math, name)).parameters) \
                if name not in ("hypot", "log") else len(row.params)  # fmt: skip
            assert parameters == len(row.params)
    if row.sympy and not row.symbol:
        assert hasattr(sympy, row.sympy)
    if row.mpmath and not row.symbol:
        assert hasattr(mpmath, row.mpmath)


def test_unknown_operation_has_no_meaning() -> None:
    with pytest.raises(KeyError):
        meaning("nonsense", "math")


# --- as emitted ---------------------------------------------------------------------------

ULP = 2.0**-52
VALUE_BOUND = 4 * ULP  # relative; libm's own bound is below 2 for what follows
SLOPE_BOUND = 16 * ULP  # relative to the larger of the derivative and 1: partials may cancel
# Bounds that libm, or a series evaluated in floats, needs; relative to the larger of value and 1.
LOOSER = {
    "logsumexp": (VALUE_BOUND, SLOPE_BOUND),  # a sum that passes through 0
    "sinc": (VALUE_BOUND, SLOPE_BOUND),  # its roots are multiples of a rounded pi
    "gamma": (20 * ULP, 40 * ULP),  # CPython's own Lanczos sum
    "lgamma": (20 * ULP, 20 * ULP),  # absolute near its roots 1 and 2
    "digamma": (10 * ULP, 20 * ULP),  # absolute near its root 1.46
    "polygamma": (10 * ULP, 20 * ULP),
}


def _model(row: Op, point: Sequence[float]) -> Any:
    """The row in a generated module, with its derivative."""
    form = row.form
    if row.name == "where":
        form = "x if c > 0 else y"
    if row.constants:
        form = f"polygamma({int(point[0])}, x)"
    declared = [f"{p}: input" for k, p in enumerate(row.params) if k not in row.constants]
    text = "\n".join([*declared, f"out = {form}"])
    return graphc.compile(text, products=("value", "value_and_grad"))


def as_emitted(row: Op) -> list[str]:
    """Objections to the floats of the generated code."""
    objections: list[str] = []
    models: dict[float | None, Any] = {}
    value_bound, slope_bound = LOOSER.get(row.name, (VALUE_BOUND, SLOPE_BOUND))
    free = varying(row)
    for point in samples(row):
        key = point[0] if row.constants else None
        model = models.get(key) or models.setdefault(key, _model(row, point))
        given = [v for k, v in enumerate(point) if k not in row.constants]
        value, slopes = model.value_and_grad(*given)
        assert value == model.value(*given)
        slopes = slopes if isinstance(slopes, tuple) else (slopes,)
        if row.conditions:
            slopes = slopes[1:]
        with mpmath.workdps(DIGITS):
            args = arguments(row, point, mpmath.mpf)
            wanted = reference(row)(*args)
            floor = mpmath.mpf(1) if row.name in LOOSER else 0
            if abs(value - wanted) > value_bound * max(abs(wanted), floor):
                objections.append(f"value at {point}: {value}, not {mpmath.nstr(wanted, 20)}")
            for k, slope in zip(free, slopes, strict=True):
                wanted = _difference(reference(row), args, (k,))
                if abs(slope - wanted) > slope_bound * max(abs(wanted), 1):
                    objections.append(f"d({k}) at {point}: {slope}, not {mpmath.nstr(wanted, 20)}")
    return objections


@every_number
def test_generated_floats(row: Op) -> None:
    assert as_emitted(row) == []


# --- kinks, ties and edges ----------------------------------------------------------------

INF, NAN = math.inf, math.nan

POLICY = [
    # text, point, value, slopes
    ("abs(x)", (0.0,), 0.0, (0.0,)),
    ("abs(x)", (-0.0,), 0.0, (0.0,)),
    ("fabs(x)", (0.0,), 0.0, (0.0,)),
    ("sign(x)*x", (0.0,), 0.0, (0.0,)),
    ("sign(x)", (-3.0,), -1.0, (0.0,)),
    ("min(x, y)", (2.0, 2.0), 2.0, (1.0, 0.0)),
    ("max(x, y)", (2.0, 2.0), 2.0, (1.0, 0.0)),
    ("min(x, y, z)", (2.0, 2.0, 2.0), 2.0, (1.0, 0.0, 0.0)),
    ("max(x, y, z)", (1.0, 2.0, 2.0), 2.0, (0.0, 1.0, 0.0)),
    ("max(x, 0)", (0.0,), 0.0, (1.0,)),
    ("max(0, x)", (0.0,), 0.0, (0.0,)),
    ("relu(x)", (0.0,), 0.0, (0.0,)),
    ("relu(x)", (-0.0,), 0.0, (0.0,)),
    ("leaky_relu(x)", (0.0,), 0.0, (0.01,)),
    ("leaky_relu(x, 0.5)", (0.0,), 0.0, (0.5,)),
    ("elu(x)", (0.0,), 0.0, (1.0,)),
    ("elu(x, 3)", (0.0,), 0.0, (3.0,)),
    ("clip(x, a, b)", (-1.0, -1.0, 1.0), -1.0, (1.0, 0.0, 0.0)),
    ("clip(x, a, b)", (1.0, -1.0, 1.0), 1.0, (1.0, 0.0, 0.0)),
    ("clip(x, a, b)", (2.0, -1.0, 1.0), 1.0, (0.0, 0.0, 1.0)),
    ("clip(x, a, b)", (-2.0, -1.0, 1.0), -1.0, (0.0, 1.0, 0.0)),
    ("hard_tanh(x)", (1.0,), 1.0, (1.0,)),
    ("hard_tanh(x)", (-1.0,), -1.0, (1.0,)),
    ("hard_tanh(x)", (1.5,), 1.0, (0.0,)),
    ("floor(x) + x", (2.0,), 4.0, (1.0,)),
    ("ceil(x) + x", (2.0,), 4.0, (1.0,)),
    ("trunc(x) + x", (-2.0,), -4.0, (1.0,)),
    ("x // y + x", (4.0, 2.0), 6.0, (1.0, 0.0)),
    ("x % y", (4.0, 2.0), 0.0, (1.0, -2.0)),
    ("x % y", (-1.0, 4.0), 3.0, (1.0, 1.0)),
    ("fmod(x, y)", (-5.0, 4.0), -1.0, (1.0, 1.0)),
    ("copysign(x, y)", (0.0, 1.0), 0.0, (0.0, 0.0)),
    ("copysign(x, y)", (-2.0, -0.0), -2.0, (1.0, 0.0)),
    ("ratio(x, y)", (3.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot(x, y)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot3(x, y, z)", (0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0)),
    ("sqrt(x) if x > 0 else 0", (0.0,), 0.0, (0.0,)),
    ("sqrt(x) if x > 0 else 0", (-1.0,), 0.0, (0.0,)),
    ("where(x > 1, 1/x, x)", (0.0,), 0.0, (1.0,)),
    ("where(x < 50, x, exp(x*x))", (40.0,), 40.0, (1.0,)),
    # powers
    ("x**2", (0.0,), 0.0, (0.0,)),
    ("x**1.0", (0.0,), 0.0, (1.0,)),
    ("x**y", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("x**y", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("x**y", (0.0, 2.0), 0.0, (0.0, 0.0)),
    # stable forms far out
    ("logsumexp(x, y)", (1000.0, 1001.0), 1001.3132616875182,
     (0.2689414213699951, 0.7310585786300049)),
    ("logsumexp(x, y)", (-1000.0, 0.0), 0.0, (0.0, 1.0)),
    ("softplus(x)", (1000.0,), 1000.0, (1.0,)),
    ("softplus(x)", (-1000.0,), 0.0, (0.0,)),
    ("sigmoid(x)", (-1000.0,), 0.0, (0.0,)),
    ("sigmoid(x)", (1000.0,), 1.0, (0.0,)),
    ("gelu(x)", (-40.0,), -0.0, (0.0,)),
    ("tanh(x)", (400.0,), 1.0, (0.0,)),
    ("sinc(x)", (0.0,), 1.0, (0.0,)),
    ("sinrel(x)", (0.0,), 1.0, (0.0,)),
    ("exprel(x)", (0.0,), 1.0, (0.5,)),
    ("logrel(x)", (0.0,), 1.0, (-0.5,)),
    ("bernoulli(x)", (0.0,), 1.0, (-0.5,)),
    ("bernoulli(x)", (1000.0,), 0.0, (0.0,)),
    ("bernoulli(x)", (-1000.0,), 1000.0, (-1.0,)),
    ("xlogx(x)", (0.0,), 0.0, (-INF,)),
    ("xlogy(x, y)", (0.0, 0.0), 0.0, (-INF, 0.0)),
    ("xlogy(x, y)", (0.0, 2.0), 0.0, (0.6931471805599453, 0.0)),
    ("xlogy(x, x)", (0.0,), 0.0, (-INF,)),
    ("xxlogx(x)", (0.0,), 0.0, (0.0,)),
    ("hypot(x, y)", (3e200, 4e200), 5e200, (0.6, 0.8)),
    ("hypot(x, y)", (3e-200, 4e-200), 5e-200, (0.6, 0.8)),
    ("expm1(x)", (1e-20,), 1e-20, (1.0,)),
    ("log1p(x)", (1e-20,), 1e-20, (1.0,)),
    ("erfc(x)", (40.0,), 0.0, (0.0,)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "value", "slopes"), POLICY)
def test_policy(text: str, point: tuple[float, ...], value: float, slopes: Any) -> None:
    names = ("x", "a", "b") if "clip" in text else ("x", "y", "z")
    declared = "".join(f"{name}: input\n" for name in names[: len(point)])
    model = graphc.compile(f"{declared}r = {text}", products=("value", "value_and_grad"))
    found, derivative = model.value_and_grad(*point)
    derivative = derivative if isinstance(derivative, tuple) else (derivative,)
    assert found == model.value(*point)
    assert found == pytest.approx(value, rel=4 * ULP, abs=0)
    assert derivative == pytest.approx(slopes, rel=4 * ULP, abs=0)


def test_every_note_has_a_policy() -> None:
    """A row that states a choice has that choice among the numbers above."""
    texts = " ".join(text for text, *_ in POLICY)
    spelled = {"floordiv": "//", "mod": "%", "pow": "**"}
    noted = [row.name for row in OPS.values() if row.note and row.name != "polygamma"]
    assert [name for name in noted if spelled.get(name, f"{name}(") not in texts] == []


def _bits(value: float) -> str:
    return "nan" if math.isnan(value) else float(value).hex()


SPECIAL = (0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 5e-324, 1.7e308)


@pytest.mark.parametrize("name", ["min", "max"])
def test_min_and_max_are_those_of_python(name: str) -> None:
    python = {"min": min, "max": max}[name]
    model = graphc.compile(f"r = {name}(x, y)", products=("value", "grad"))
    defined = evaluation._defined(name, "math")
    for x, y in product(SPECIAL, repeat=2):
        assert _bits(model.value(x, y)) == _bits(python(x, y)) == _bits(defined(x, y))
        first = python(x, y) is x or _bits(python(x, y)) == _bits(x)
        assert model.grad(x, y) == ((1.0, 0.0) if first else (0.0, 1.0))
    three = graphc.compile(f"r = {name}(x, y, z)", products=("value",))
    for point in product(SPECIAL, repeat=3):
        assert _bits(three.value(*point)) == _bits(python(*point))


def test_sign_keeps_zeros_and_nan() -> None:
    model = graphc.compile("r = sign(x)", products=("value",))
    for x in SPECIAL:
        wanted = x if x == 0 or math.isnan(x) else math.copysign(1, x)
        assert _bits(model.value(x)) == _bits(wanted)


# --- accuracy where formulas could cancel -------------------------------------------------


def _largest_error(text: str, exact: Callable[[Any], Any], points: Sequence[float],
                   least: float = 0.0) -> float:  # fmt: skip
    """The largest relative error of a generated derivative or value."""
    what, _, text = text.partition(" of ")
    run = graphc.compile(f"r = {text}", products=(what,))
    worst = mpmath.mpf(0)
    with mpmath.workdps(DIGITS):
        for x in points:
            wanted = exact(mpmath.mpf(x))
            error = abs(getattr(run, what)(x) - wanted) / max(abs(wanted), least)
            worst = max(worst, error)
    return float(worst)


NEAR_ZERO = [s * 2.0**-k * 1.1 for k in range(2, 60, 3) for s in (1, -1)]


def test_asin_and_its_kin_near_their_ends() -> None:
    inside = [1 - abs(t) for t in NEAR_ZERO if abs(t) > 1e-16]
    inside += [-x for x in inside]
    outside = [1 + abs(t) for t in NEAR_ZERO if abs(t) > 1e-15]
    root = lambda x: 1 / mpmath.sqrt(1 - x * x)  # noqa: E731
    assert _largest_error("grad of asin(x)", root, inside) < 4 * ULP
    assert _largest_error("grad of acos(x)", lambda x: -root(x), inside) < 4 * ULP  # type: ignore[no-untyped-call]
    assert _largest_error("grad of atanh(x)", lambda x: 1 / (1 - x * x), inside) < 4 * ULP
    over = lambda x: 1 / mpmath.sqrt(x * x - 1)  # noqa: E731
    assert _largest_error("grad of acosh(x)", over, outside) < 4 * ULP


def test_sinc_near_zero() -> None:
    """Series and formula meet at 0.1; there the formula has lost 30 roundings, measured 12."""

    def slope(x: Any) -> Any:
        with mpmath.workdps(3 * DIGITS):
            return (mpmath.cospi(x) - mpmath.sincpi(x)) / x

    points = [*NEAR_ZERO, 0.0999, 0.1, 0.1001, -0.11, 0.12, 0.15]
    assert _largest_error("grad of sinc(x)", slope, points) < 30 * ULP
    assert _largest_error("value of sinc(x)", mpmath.sincpi, points) < 4 * ULP


def test_second_derivative_of_sinc_at_zero() -> None:
    made = elaborate(Source("r = sinc(x)"))
    (row,) = accumulate(made, ["r"], ["x"], "reverse")
    made.outputs["slope"] = row[0]  # type: ignore[assignment]
    ((second,),) = accumulate(made, ["slope"], ["x"], "reverse")
    values = evaluate(made, {"x": 0.0})
    assert second is not None
    assert values[second] == pytest.approx(-(math.pi**2) / 3, rel=4 * ULP)


def test_digamma_is_accurate() -> None:
    """Measured: 9e-16 for x > 0 and 1.1e-15 for x < 0, relative to the larger of value and 1."""
    points = [0.01 * 1.07**k for k in range(127)]
    assert points[-1] > 50
    assert _largest_error("value of digamma(x)", mpmath.digamma, points, 1) < 2e-15
    below = [-x for x in points if abs(x - round(x)) > 1e-9]
    assert _largest_error("value of digamma(x)", mpmath.digamma, below, 1) < 2e-15
    near_poles = [-k + t for k in (1, 4, 20) for t in (1e-3, -1e-6, 1e-9)]
    assert _largest_error("value of digamma(x)", mpmath.digamma, near_poles) < 2e-15
    assert graphc.compile("r = digamma(x)", products=("value",)).value(1e300) == math.log(1e300)


@pytest.mark.parametrize("n", range(1, 8))
def test_polygamma_is_accurate(n: int) -> None:
    """Measured: at most 1e-15 for x > 0; at most 3e-15 of the nearest pole's term below 0."""
    exact = lambda x: mpmath.polygamma(n, x)  # noqa: E731
    points = [0.01 * 1.17**k for k in range(56)]
    assert points[-1] > 50
    assert _largest_error(f"value of polygamma({n}, x)", exact, points) < 3e-15
    below = [-x for x in points if x < 10 and abs(x - round(x)) > 0.05]
    assert _largest_error(f"value of polygamma({n}, x)", exact, below, math.factorial(n)) < 3e-14


def test_polygamma_ends_in_an_error_far_below_zero() -> None:
    model = graphc.compile("r = polygamma(1, x)", products=("value",))
    with pytest.raises(ValueError, match="domain"):
        model.value(-10.5)


@rows_that(lambda row: row.since > (3, 8))
def test_fallbacks_for_older_pythons(row: Op) -> None:
    """Definitions that serve before the library had the function: 2 units of the last place."""
    defined, library = evaluation._defined(row.name, "math"), meaning(row.name, "math")
    points = [s * 1.37**k for k in range(-40, 22) for s in (1, -1)]
    if row.name == "cbrt":
        points += [1e300, 1e-300, 5e-324, -5e-324, 1.7e308, 27.0, -8.0]
    for x in points:
        wanted = library(x)
        assert abs(defined(x) - wanted) <= 2 * math.ulp(wanted)
    for x in (0.0, -0.0, NAN, *((INF, -INF) if row.name == "cbrt" else ())):
        assert _bits(defined(x)) == _bits(library(x))
