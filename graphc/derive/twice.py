"""The Hessians of a model, in the order that needs the fewest operations.

Which order is best depends on where the weights begin, and no rule finds it: on a small model all
rules are carried out and their operations counted, above ``LARGE`` operations the outputs come
first, whose cost is known to be linear where the Hessian is sparse.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = a*a*b"))
>>> differentiate_twice(program, list(program.inputs.values()), "auto")[1:]
([[7, 1]], [{(0, 0): 8, (1, 0): 6}], 'reverse')
"""

from __future__ import annotations

from collections.abc import Sequence

from graphc.derive.choose import SEARCHED, check_mode
from graphc.derive.cost import cost
from graphc.derive.eliminate import Matrix
from graphc.derive.hessian import Triangle, second
from graphc.derive.jacobian import EFFORT, derivable
from graphc.derive.orders import ORDERS
from graphc.program import Input, Program

LARGE = 1_000  # operations of a model; above it nothing is tried but reverse order

Twice = tuple[Program, Matrix, list[Triangle], str]


def differentiate_twice(
    program: Program, wrt: Sequence[Input], mode: str, effort: int = EFFORT
) -> Twice:
    """A copy of the model with its Hessians, for each output its gradient and triangle, the order.

    Parameters
    ----------
    program : Program
        Stays as it is.
    wrt : sequence of Input
    mode : str
        One of `graphc.derive.choose.MODES`.
    effort : int
        Of the search for an order.
    """
    elements = [e for i in wrt for e in i.elements]
    tried = []
    for order in orders_to_try(program, mode):
        derived = derivable(program)
        found = second(derived, derived.outputs, elements, order)
        gradients = [gradient for gradient, _ in found]
        tried.append((derived, gradients, [triangle for _, triangle in found], order))
    return tried[0] if len(tried) == 1 else min(tried, key=_operations)


def orders_to_try(program: Program, mode: str) -> list[str]:
    """The orders to be carried out and compared; the first of equals is taken."""
    if check_mode(mode) not in ("auto", SEARCHED):
        return [mode]
    sweeps = ["reverse", "forward"] if mode == "auto" else []
    if len(program) > LARGE:
        return sweeps[:1] or ["markowitz"]
    return sweeps + [name for name in ORDERS if name not in ("forward", "reverse")]


def _operations(made: Twice) -> int:
    program, gradients, triangles, _ = made
    entries = [c for row in gradients for c in row if c is not None]
    entries += [c for triangle in triangles for c in triangle.values()]
    return cost(program, [*program.outputs.values(), *entries]).total
