"""What is asked of a model, and the derivatives that several of its products share.

A builder turns a task into a `Derivative`: the parts of the result by their degree (0 for the
value, 1 for first derivatives, 2 for second ones), from which `graphc.derive.products` takes what
a product returns.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> task = Task(program, list(program.inputs.values()))
>>> first_derivatives(task).parts
{1: (4, 7)}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from graphc.derive.eliminate import Matrix, Row, dense
from graphc.derive.hessian import Triangle
from graphc.derive.jacobian import EFFORT, jacobian_rows
from graphc.derive.results import bare, by_input, by_inputs, check_entries
from graphc.derive.twice import Twice, differentiate_twice
from graphc.program import Input, Program


@dataclass
class Task:
    """What is asked of a model.

    Attributes
    ----------
    program : Program
        The model; stays as it is.
    wrt : list of Input
        The inputs to differentiate with respect to.
    mode : str
        Elimination order, or ``auto``.
    effort : int
        Of the search for an order.
    triangle : str
        ``full``, or ``lower`` for the lower triangle of sparse Hessians alone.
    """

    program: Program
    wrt: list[Input]
    mode: str = "auto"
    effort: int = EFFORT
    triangle: str = "full"

    @cached_property
    def rows(self) -> tuple[Program, list[Row], str]:
        """The model with its Jacobian; see `graphc.derive.jacobian.jacobian_rows`."""
        return jacobian_rows(self.program, self.wrt, self.mode, self.effort)

    @property
    def jacobian(self) -> tuple[Program, Matrix, str]:
        """The same, with every entry of the matrix."""
        derived, rows, order = self.rows
        return derived, dense(rows, len(self.elements)), order

    @cached_property
    def hessians(self) -> Twice:
        """The model with its Hessians; see `graphc.derive.twice.differentiate_twice`."""
        return differentiate_twice(self.program, self.wrt, self.mode, self.effort)

    @property
    def elements(self) -> list[str]:
        """Names of the scalars to differentiate with respect to."""
        return [e for i in self.wrt for e in i.elements]


@dataclass
class Derivative:
    """What a builder makes.

    Attributes
    ----------
    program : Program
        The model with the derivative's nodes.
    parts : dict of int to nested tuple
        Nodes to return, by degree.
    order : str
        The elimination order taken.
    arguments : list of Input, optional
        Of the function, where they are not those of the model.
    constants : dict of str to tuple of int
        Constants that the module holds for the function.
    """

    program: Program
    parts: dict[int, object]
    order: str = ""
    arguments: list[Input] | None = None
    constants: dict[str, tuple[int, ...]] = field(default_factory=dict)


Builder = Callable[[Task], Derivative]


def value_alone(task: Task) -> Derivative:
    """The model itself."""
    return Derivative(task.program, {})


def first_derivatives(task: Task) -> Derivative:
    """Gradient or Jacobian: a row for each output."""
    if len(task.program.outputs) > 1:
        count = len(task.program.outputs) * len(task.elements)
        check_entries("Jacobian", count, "sparse_jacobian")
    derived, matrix, order = task.jacobian
    rows = bare(tuple(by_input(row, task.wrt) for row in matrix))
    return Derivative(derived, {1: rows}, order)


def second_derivatives(task: Task) -> Derivative:
    """The gradient and the Hessian of each output; what is mirrored is the same node."""
    count = len(task.program.outputs) * len(task.elements) ** 2
    check_entries("Hessian", count, "sparse_hessian")
    derived, gradients, triangles, order = task.hessians
    first = bare(tuple(by_input(row, task.wrt) for row in gradients))
    second = bare(tuple(by_inputs(_mirrored(t), task.wrt) for t in triangles))
    return Derivative(derived, {1: first, 2: second}, order)


def _mirrored(triangle: Triangle) -> Callable[[int, int], int | None]:
    """The entries of a symmetric matrix from those of its lower triangle."""
    return lambda i, j: triangle.get((max(i, j), min(i, j)))
