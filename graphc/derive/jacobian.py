"""The Jacobian of a model, in the order that needs the fewest operations.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> differentiate(program, list(program.inputs.values()), "auto")[1:]
([[4, 7]], 'reverse')
"""

from __future__ import annotations

from collections.abc import Sequence

from graphc.derive.choose import candidates, check_mode
from graphc.derive.cost import cost
from graphc.derive.eliminate import Matrix, Row, accumulate_rows, dense
from graphc.derive.signs import settle
from graphc.derive.values import Values
from graphc.program import Input, Program

VALUED = 20_000  # nodes; above it equal values are not looked for
EFFORT = 1  # of the search for an order


def differentiate(
    program: Program, wrt: Sequence[Input], mode: str, effort: int = EFFORT
) -> tuple[Program, Matrix, str]:
    """A copy of the model with its Jacobian, the nodes of the Jacobian, and the order taken."""
    derived, rows, order = jacobian_rows(program, wrt, mode, effort)
    return derived, dense(rows, sum(len(i.elements) for i in wrt)), order


def jacobian_rows(
    program: Program, wrt: Sequence[Input], mode: str, effort: int = EFFORT
) -> tuple[Program, list[Row], str]:
    """As `differentiate`, without anything for derivatives that are zero."""
    elements, outputs = [e for i in wrt for e in i.elements], list(program.outputs)
    tried = []
    for candidate in candidates(program, outputs, elements, check_mode(mode), effort):
        derived = derivable(program) if len(outputs) > 1 else program.copy()  # little is equal
        rows = accumulate_rows(derived, outputs, elements, candidate.order)
        best = replacements(derived, [c for row in rows for c in row.values()], len(program))
        rows = [{column: best[c] for column, c in row.items()} for row in rows]
        tried.append((derived, rows, candidate.name))
    return tried[0] if len(tried) == 1 else min(tried, key=_operations)


def derivable(program: Program) -> Program:
    """A copy that derivatives can be added to."""
    derived = program.copy()
    if len(program) <= VALUED:
        derived.values = Values(derived)
    return derived


def replacements(program: Program, entries: Sequence[int], primal: int) -> dict[int, int]:
    """The nodes to return for some derivatives, with signs chosen so that few are negated."""
    roots = [*program.outputs.values(), *entries]
    return dict(zip(roots, settle(program, roots, primal), strict=True))


def _operations(made: tuple[Program, list[Row], str]) -> int:
    program, rows, _ = made
    entries = [c for row in rows for c in row.values()]
    return cost(program, [*program.outputs.values(), *entries]).total
