"""Ten points at the edges, in every tool: ``python tests/benchmarks/edges.py``.

A branch that is not taken, a norm at 0, an exponential that overflows, a removable singularity, a
kink: the points where users of derivative tools meet nan.  Every tool gets the formula as its
users would write it, with its own conditional, and takes its usual way to numbers; what a tool
gives is compared with what is right.  Tools that are not installed are named and left out.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # the graphc of this checkout

from run import table

INF = math.inf
QUANTITIES = ("value", "first derivative", "second derivative")

RAISES, COMPLEX_INFINITY = "raises", "zoo"

Function = Callable[[float], Any]


@dataclass(frozen=True)
class Point:
    """A formula of x at a point, with what is right there.

    Attributes
    ----------
    text : str
    x : float
    value, slope : float
    bend : float or None
        The second derivative; None where it is infinite: an infinity or an error is right.
    by_convention : bool
        Whether no derivative exists, and what is given as right is what graphc says it takes.
    """

    text: str
    x: float
    value: float
    slope: float
    bend: float | None
    by_convention: bool = False

    @property
    def right(self) -> tuple[float, float, float | None]:
        """By order of the derivative."""
        return self.value, self.slope, self.bend

    def counts(self, order: int) -> bool:
        """Whether there is one answer."""
        return order == 0 or not self.by_convention


TEN = (
    Point("where(x > 0, sqrt(x), 0)", -1.0, 0.0, 0.0, 0.0),
    Point("where(x > 0, sqrt(x), 0)", 0.0, 0.0, 0.0, 0.0, by_convention=True),
    Point("sqrt(x*x)**2", 0.0, 0.0, 0.0, 2.0),
    Point("log(1 + exp(x))", 1000.0, 1000.0, 1.0, 0.0),
    Point("exp(x)/(1 + exp(x))", 1000.0, 1.0, 0.0, 0.0),
    Point("sin(x)/x", 0.0, 1.0, 0.0, -1 / 3),
    Point("abs(x)", 0.0, 0.0, 0.0, 0.0, by_convention=True),
    Point("where(x > 1, 1/x, x)", 0.0, 0.0, 1.0, 0.0),
    Point("where(x < 50, x, exp(x*x))", 40.0, 40.0, 1.0, 0.0),
    Point("x*log(x)", 0.0, 0.0, -INF, None),
)


# --- the tools ----------------------------------------------------------------------------
# Each makes the function of x that is the value of a formula, or its first or second derivative.


def written(text: str, x: Any, library: Any, where: Callable[..., Any], size: Any = abs) -> Any:
    """The formula in a tool's own functions."""
    names = {name: getattr(library, name) for name in ("sqrt", "exp", "log", "sin")}
    return eval(text, {**names, "x": x, "where": where, "abs": size})


def graphc_function(text: str, order: int, mode: str) -> Function:
    import graphc

    product = ("value_and_grad", "value_and_grad", "hessian")[order]
    f = getattr(graphc.compile(f"r = {text}", products=(product,), mode=mode), product)
    return f if order == 2 else lambda x: f(x)[order]


def sympy_derivative(text: str, order: int) -> tuple[Any, Any]:
    import sympy

    def where(test: Any, first: Any, second: Any) -> Any:
        return sympy.Piecewise((first, test), (second, True))

    x = sympy.Symbol("x", real=True)
    return x, written(text, x, sympy, where, sympy.Abs).diff(x, order)


def sympy_math(text: str, order: int) -> Function:
    import sympy

    return sympy.lambdify(*sympy_derivative(text, order), "math")  # type: ignore[no-any-return]


def sympy_numpy(text: str, order: int) -> Function:
    import numpy as np
    import sympy

    f = sympy.lambdify(*sympy_derivative(text, order), "numpy")
    return lambda x: f(np.float64(x))


def sympy_evalf(text: str, order: int) -> Function:
    symbol, y = sympy_derivative(text, order)
    return lambda x: y.subs(symbol, x).evalf()


def symengine_lambdify(text: str, order: int) -> Function:
    import symengine

    def where(test: Any, first: Any, second: Any) -> Any:
        return symengine.Piecewise((first, test), (second, True))

    x = symengine.Symbol("x")
    y = written(text, x, symengine, where)
    for _ in range(order):
        y = y.diff(x)
    f = symengine.Lambdify([x], [y])
    return lambda x: f([x])[0]


def casadi_function(text: str, order: int) -> Function:
    import casadi

    x = casadi.SX.sym("x")
    y = casadi.SX(written(text, x, casadi, casadi.if_else, casadi.fabs))
    bend, slope = casadi.hessian(y, x)
    return casadi.Function("f", [x], [(y, slope, bend)[order]])  # type: ignore[no-any-return]


def jax_function(text: str, order: int) -> Function:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def f(x: Any) -> Any:
        return written(text, x, jnp, jnp.where, jnp.abs)

    for _ in range(order):
        f = jax.grad(f)
    return lambda x: f(jnp.array(x))


def autograd_function(text: str, order: int) -> Function:
    import autograd
    import autograd.numpy as anp

    def f(x: Any) -> Any:
        return written(text, x, anp, anp.where, anp.abs)

    for _ in range(order):
        f = autograd.grad(f)
    return lambda x: f(anp.float64(x))


def pytensor_function(text: str, order: int) -> Function:
    import pytensor
    import pytensor.tensor as pt

    x = pt.dscalar("x")
    y = written(text, x, pt, pt.switch, pt.abs)
    for _ in range(order):
        y = pytensor.grad(y, x, disconnected_inputs="ignore")
    return pytensor.function([x], y)  # type: ignore[no-any-return]


def wrenfold_function(text: str, order: int) -> Function:
    from wrenfold import code_generation, sym, type_annotations

    def f(x: Any) -> Any:
        y = written(text, x, sym, sym.where, sym.abs)
        for _ in range(order):
            y = y.diff(x)
        return y

    f.__annotations__ = {"x": type_annotations.FloatScalar}
    return code_generation.generate_python(f)[0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Tool:
    """What makes functions of formulas, and what has to be installed for it."""

    name: str
    make: Callable[[str, int], Function]
    module: str

    def installed(self) -> bool:
        return find_spec(self.module) is not None


TOOLS = (
    *(Tool(f"graphc, {mode}", partial(graphc_function, mode=mode), "graphc")
      for mode in ("forward", "reverse", "cross-country")),
    Tool("sympy, math", sympy_math, "sympy"),
    Tool("sympy, numpy", sympy_numpy, "sympy"),
    Tool("sympy, evalf", sympy_evalf, "sympy"),
    Tool("symengine", symengine_lambdify, "symengine"),
    Tool("casadi", casadi_function, "casadi"),
    Tool("jax", jax_function, "jax"),
    Tool("autograd", autograd_function, "autograd"),
    Tool("pytensor", pytensor_function, "pytensor"),
    Tool("wrenfold", wrenfold_function, "wrenfold"),
)  # fmt: skip


# --- what they give -----------------------------------------------------------------------

Given = float | str  # in words if it is no number


def given(tool: Tool, point: Point, order: int) -> Given:
    """What a tool has at a point."""
    try:
        found = tool.make(point.text, order)(point.x)
    except (ArithmeticError, ValueError):
        return RAISES
    except Exception:  # tools have errors of their own
        return "fails"
    try:
        return float(found)
    except TypeError:
        return COMPLEX_INFINITY if str(found) == COMPLEX_INFINITY else "formula"


def is_right(found: Given, wanted: float | None) -> bool:
    """Whether that is right, but for a few roundings."""
    if isinstance(found, str):
        return wanted is None and found in (RAISES, COMPLEX_INFINITY)
    if wanted is None:
        return math.isinf(found)
    return found == wanted or math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-300)


def row(tool: Tool, order: int) -> list[str]:
    """What a tool has at all points, and how often that is right where there is one answer."""
    cells, count = [tool.name], 0
    for point in TEN:
        found, wanted = given(tool, point, order), point.right[order]
        right = is_right(found, wanted)
        cells.append("ok" if right else found if isinstance(found, str) else f"{found:.3g}")
        count += right and point.counts(order)
    return [*cells, str(count)]


def table_of(order: int, tools: Sequence[Tool]) -> str:
    """The tools in rows, the points in columns."""
    marks = [f"{k}{'' if point.counts(order) else '*'}" for k, point in enumerate(TEN, 1)]
    total = sum(point.counts(order) for point in TEN)
    return table([QUANTITIES[order], *marks, f"of {total}"], [row(t, order) for t in tools])


def points() -> str:
    rows = []
    for k, point in enumerate(TEN, 1):
        right = ["inf" if r is None else f"{r:.4g}" for r in point.right]
        rows.append([f"{k:2} {point.text}", f"{point.x:g}", *right])
    return table(["   formula", "at", "value", "first", "second"], rows)


def main() -> None:
    warnings.simplefilter("ignore")  # of NumPy, about what the tables show
    tools = [tool for tool in TOOLS if tool.installed()]
    print(f"{points()}\n\n* no derivative exists: graphc's convention, which is not counted\n")
    for order in range(len(QUANTITIES)):
        print(f"{table_of(order, tools)}\n")
    missing = dict.fromkeys(tool.module for tool in TOOLS if not tool.installed())
    if missing:
        print(f"not installed: {', '.join(missing)}")


if __name__ == "__main__":
    main()
