r"""Sparse derivatives: where they can be other than zero, and their values there.

What elimination leaves is sparse by itself: an edge between an input and an output, or a weight
between two inputs, is there only if some path makes it, so that nothing is detected, coloured
or filled.  Colouring (Curtis, Powell & Reid 1974; Gebremedhin, Manne & Pothen, SIAM Review 47,
2005) could not win by count: inputs that reach one edge meet in some output, so they have
different colours, and a forward sweep over colours multiplies each edge as often as there are
colours, elimination only for the inputs that reach it.

The pattern is written in compressed rows (CSR; Saad, "Iterative Methods for Sparse
Linear Systems", section 3.4) under SciPy's names: ``indices`` holds the columns, ascending in
each row, and ``indptr`` where each row begins; a function returns the values in this order.
Rows are outputs, or scalars of the differentiated inputs; columns are these scalars.

A Lagrangian is the weighted sum that interior-point solvers differentiate twice: the first
output times ``obj_factor`` plus the others times ``multipliers`` (Waechter & Biegler,
Mathematical Programming 106, 2006); they take the lower triangle.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("x: input[3]\np = x[0]*x[2]\nq = x[1] + 3"))
>>> made = sparse_jacobian(Task(program, list(program.inputs.values())))
>>> [made.program.nodes[c] for c in made.parts[1]]
[('input', 'x[2]'), ('input', 'x[0]'), ('const', 1)]
>>> list(made.constants.items())
[('JACOBIAN_SHAPE', (2, 3)), ('JACOBIAN_INDPTR', (0, 2, 3)), ('JACOBIAN_INDICES', (0, 2, 1))]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from graphc.derive.eliminate import Row
from graphc.derive.hessian import Triangle, weighted_sum
from graphc.derive.seeds import arguments, inputs_of, seed, seedable
from graphc.derive.task import Derivative, Task
from graphc.derive.twice import differentiate_twice
from graphc.program import Input


def sparse_jacobian(task: Task) -> Derivative:
    """The Jacobian: a row for each output."""
    derived, rows, order = task.rows
    values, pattern = compressed("JACOBIAN", rows, len(task.elements))
    return Derivative(derived, {1: values}, order, constants=pattern)


def sparse_hessian(task: Task) -> Derivative:
    """The Hessian of the output, or its lower triangle."""
    derived, _, (triangle,), order = task.hessians
    size = len(task.elements)
    rows = triangle_rows(triangle, size, task.triangle == "full")
    values, pattern = compressed("HESSIAN", rows, size)
    return Derivative(derived, {2: values}, order, constants=pattern)


def lagrangian_hessian(task: Task) -> Derivative:
    """The lower triangle of the Hessian of the Lagrangian."""
    model, outputs = seedable(task.program), task.program.outputs
    factor = seed(model, Input("obj_factor"), "")
    multipliers = seed(model, Input("multipliers", len(outputs) - 1), "")
    weights = inputs_of(model, [factor, multipliers])
    model.outputs = {"lagrangian": weighted_sum(model, list(outputs.values()), weights)}
    derived, _, (triangle,), order = differentiate_twice(model, task.wrt, task.mode, task.effort)
    derived.outputs = dict(outputs)
    size = len(task.elements)
    rows = triangle_rows(triangle, size, full=False)
    values, pattern = compressed("LAGRANGIAN_HESSIAN", rows, size)
    given = arguments(task.program, [factor, multipliers])
    return Derivative(derived, {2: values}, order, given, pattern)


def triangle_rows(triangle: Triangle, size: int, full: bool) -> list[Row]:
    """The rows of a symmetric matrix, or of its lower triangle."""
    rows: list[Row] = [{} for _ in range(size)]
    for (i, j), c in triangle.items():
        rows[i][j] = c
        if full:
            rows[j][i] = c
    return rows


def compressed(
    name: str, rows: Sequence[Row], width: int
) -> tuple[tuple[int, ...], dict[str, tuple[int, ...]]]:
    """The entries of some rows, one after the other, and their pattern as constants."""
    entered = [sorted(row.items()) for row in rows]
    pattern = {
        f"{name}_SHAPE": (len(rows), width),
        f"{name}_INDPTR": tuple(accumulate(map(len, entered), initial=0)),
        f"{name}_INDICES": tuple(column for row in entered for column, _ in row),
    }
    return tuple(c for row in entered for _, c in row), pattern


def places(pattern: Mapping[str, tuple[int, ...]]) -> list[tuple[int, int]]:
    """Row and column of each value, from the constants of `compressed`.

    >>> places(compressed("JACOBIAN", [{0: 7, 2: 8}, {}, {1: 9}], 3)[1])
    [(0, 0), (0, 2), (2, 1)]
    """
    _, indptr, indices = pattern.values()
    bounds = enumerate(pairwise(indptr))
    return [(row, indices[k]) for row, (start, end) in bounds for k in range(start, end)]


def is_lower(pattern: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether nothing stands above the diagonal."""
    return all(column <= row for row, column in places(pattern))
