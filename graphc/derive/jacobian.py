"""The Jacobian of a model, in the order that needs the fewest operations.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> differentiate(program, list(program.inputs.values()), "auto")[1:]
([[4, 7]], 'reverse')
"""

from __future__ import annotations

from collections.abc import Sequence

from graphc.derive.cost import cost
from graphc.derive.eliminate import Matrix, accumulate
from graphc.derive.linearise import sweep_costs
from graphc.errors import OptionError, suggest
from graphc.program import Input, Program

MODES = ("auto", "forward", "reverse", "cross-country")
SEARCH_LIMIT = 3_000  # nodes; above it auto compares forward and reverse only
CLEAR = 1.5  # when one sweep has so many times the other's products, nothing else is tried


def check_mode(mode: str) -> str:
    """The mode, if there is such a one."""
    if mode not in MODES:
        hint = suggest(mode, MODES) or f"choose from {', '.join(MODES)}"
        raise OptionError(f"unknown mode '{mode}'; {hint}")
    return mode


def differentiate(program: Program, wrt: Sequence[Input], mode: str) -> tuple[Program, Matrix, str]:
    """A copy of the model with its Jacobian, the nodes of the Jacobian, and the order taken."""
    elements = [e for i in wrt for e in i.elements]
    tried = []
    for order in _orders(program, wrt, check_mode(mode)):
        derived = program.copy()
        matrix = accumulate(derived, list(program.outputs), elements, order)
        tried.append((derived, matrix, order))
    if len(tried) == 1:
        return tried[0]
    return min(tried, key=lambda t: cost(t[0], _entries(t[1])).total)


def _entries(matrix: Matrix) -> list[int]:
    return [c for row in matrix for c in row if c is not None]


def _orders(program: Program, wrt: Sequence[Input], mode: str) -> list[str]:
    """The orders to be compared; the first of equals is taken."""
    if mode != "auto":
        return [mode]
    if len(program.outputs) == 1:
        return ["reverse"]  # never more than a small multiple of the value's cost
    starts = [program.input(e) for i in wrt for e in i.elements]
    forward, reverse = sweep_costs(program, list(program.outputs.values()), starts)
    if forward > CLEAR * reverse:
        return ["reverse"]
    if reverse > CLEAR * forward:
        return ["forward"]
    if len(program) > SEARCH_LIMIT:
        return ["reverse", "forward"]
    return ["reverse", "forward", "cross-country"]
