"""What can be asked of a model: value, derivatives, and derivatives times vectors.

A product is a row of `PRODUCTS`: what it is, which function builds its derivative, and which
degrees of derivatives it returns.  Conventions are JAX's (see `graphc.derive.results`).  A
Jacobian has a row for each output.  ``jvp`` and ``vjp`` return the value and the product, ``hvp``
the product alone, as SciPy's ``hessp`` wants it.  For the sparse forms see `graphc.derive.sparse`.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> build(program, "grad").results
(4, 7)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphc.derive.jacobian import EFFORT
from graphc.derive.results import MAX_ENTRIES, Product, bare
from graphc.derive.rounding import error_bounds
from graphc.derive.seeds import cotangent_product, direction_product, tangent_product
from graphc.derive.sparse import lagrangian_hessian, sparse_hessian, sparse_jacobian
from graphc.derive.task import (
    Builder,
    Task,
    first_derivatives,
    second_derivatives,
    value_alone,
)
from graphc.errors import OptionError, suggest
from graphc.program import Input, Program


@dataclass(frozen=True)
class Kind:
    """A row of the table of products.

    Attributes
    ----------
    doc : str
        First line of the docstring of the generated function.
    build : callable
        Makes its derivative.
    degrees : tuple of int
        What is returned, in order: 0 is the value, 1 first derivatives, 2 second ones.
    within : str
        A product that has what this one returns as one of its parts.
    several : str
        What to ask for where there are several outputs; empty if these are welcome.
    seeds : str
        What its further arguments are: ``tangents``, ``cotangents``, ``weights`` of the outputs,
        or nothing.
    pattern : str
        What the names of the constants begin with that say where the values of a sparse result
        stand; empty for others.
    quantity : str
        What is returned in place of the value of an output.
    extra : bool
        Whether it is made only where it is asked for by name, and not among ``all``.
    """

    doc: str
    build: Builder
    degrees: tuple[int, ...]
    within: str = ""
    several: str = ""
    seeds: str = ""
    pattern: str = ""
    quantity: str = "{}"
    extra: bool = False


TRIANGLES = ("full", "lower")

PRODUCTS = {
    "value": Kind("Value of {outputs}.", value_alone, (0,)),
    "grad": Kind(
        "Gradient of {outputs} with respect to {inputs}.",
        first_derivatives,
        (1,),
        within="value_and_grad",
        several="jacobian",
    ),
    "value_and_grad": Kind(
        "Value of {outputs}, and its gradient with respect to {inputs}.",
        first_derivatives,
        (0, 1),
        several="value_and_jacobian",
    ),
    "jacobian": Kind(
        "Jacobian of {outputs} with respect to {inputs}.",
        first_derivatives,
        (1,),
        within="value_and_jacobian",
    ),
    "value_and_jacobian": Kind(
        "Value of {outputs}, and the Jacobian with respect to {inputs}.", first_derivatives, (0, 1)
    ),
    "jvp": Kind(
        "Value of {outputs}, and the Jacobian times tangents of {inputs}.",
        tangent_product,
        (0, 1),
        seeds="tangents",
    ),
    "vjp": Kind(
        "Value of {outputs}, and cotangents times the Jacobian for {inputs}.",
        cotangent_product,
        (0, 1),
        seeds="cotangents",
    ),
    "hessian": Kind(
        "Hessian of {outputs} with respect to {inputs}.",
        second_derivatives,
        (2,),
        within="value_grad_and_hessian",
    ),
    "value_grad_and_hessian": Kind(
        "Value of {outputs}, its gradient and its Hessian with respect to {inputs}.",
        second_derivatives,
        (0, 1, 2),
        several="hessian",
    ),
    "hvp": Kind(
        "Hessian of {outputs} times tangents of {inputs}.",
        direction_product,
        (2,),
        several="hessian",
        seeds="tangents",
    ),
    "sparse_jacobian": Kind(
        "Sparse Jacobian of {outputs} with respect to {inputs}.",
        sparse_jacobian,
        (1,),
        pattern="JACOBIAN",
    ),
    "sparse_hessian": Kind(
        "Sparse Hessian of {outputs} with respect to {inputs}.",
        sparse_hessian,
        (2,),
        several="lagrangian_hessian",
        pattern="HESSIAN",
    ),
    "lagrangian_hessian": Kind(
        "Sparse Hessian of the Lagrangian of {outputs} with respect to {inputs}.",
        lagrangian_hessian,
        (2,),
        seeds="weights",
        pattern="LAGRANGIAN_HESSIAN",
    ),
    "error_bound": Kind(
        "First-order bound of the rounding error of {outputs}; inputs are exact.",
        error_bounds,
        (0,),
        quantity="error of {}",
        extra=True,
    ),
}


def default_products(program: Program) -> tuple[str, ...]:
    """What is generated when nothing is asked for: value, first derivative, both at once."""
    if not any(i.active for i in program.inputs.values()):
        return ("value",)
    derivative = "grad" if len(program.outputs) == 1 else "jacobian"
    return ("value", derivative, f"value_and_{derivative}")


def check_products(program: Program, products: Sequence[str] | str | None) -> tuple[str, ...]:
    """The products asked for, each known and possible.

    Raises
    ------
    OptionError
        A product is unknown, or takes one output where there are several.
    """
    if isinstance(products, str):
        products = [name.strip() for name in products.split(",")]
    chosen = tuple(products) if products else default_products(program)
    outputs = len(program.outputs)
    if chosen == ("all",):
        return tuple(name for name, kind in PRODUCTS.items() if _is_possible(program, kind))
    for name in chosen:
        if name not in PRODUCTS:
            hint = suggest(name, PRODUCTS) or f"choose from {', '.join(PRODUCTS)}"
            raise OptionError(f"unknown product '{name}'; {hint}")
        several = PRODUCTS[name].several
        if several and outputs > 1:
            raise OptionError(
                f"'{name}' needs one output, the model has {outputs}; use '{several}'"
            )
    return tuple(dict.fromkeys(chosen))


def _is_possible(program: Program, kind: Kind) -> bool:
    """Whether ``all`` has a product: it takes as many outputs, and its dense result is short."""
    outputs, size = len(program.outputs), len(program.elements(active_only=True))
    if kind.extra or (kind.several and outputs > 1):
        return False
    grows = outputs > 1 or max(kind.degrees) > 1
    entries = outputs * size ** max(kind.degrees) if grows else 0
    return bool(kind.seeds or kind.pattern) or entries <= MAX_ENTRIES


def select_inputs(program: Program, wrt: Sequence[str] | None) -> list[Input]:
    """The inputs to differentiate with respect to, in the order of the model.

    Raises
    ------
    OptionError
        A name is not an input, or there is none.
    """
    if wrt is None:
        return [i for i in program.inputs.values() if i.active]
    for name in wrt:
        if name not in program.inputs:
            hint = suggest(name, program.inputs) or f"inputs: {', '.join(program.inputs)}"
            raise OptionError(f"'{name}' is not an input; {hint}")
    return [i for i in program.inputs.values() if i.name in wrt]


def build(program: Program, name: str, *args: Any, **options: Any) -> Product:
    """One product of a model; see `build_all`."""
    return build_all(program, [name], *args, **options)[0]


def build_all(
    program: Program,
    names: Sequence[str],
    wrt: Sequence[str] | None = None,
    mode: str = "auto",
    search: int = EFFORT,
    triangle: str = "full",
) -> list[Product]:
    """Products of a model; those that hold the same derivative share it.

    Parameters
    ----------
    program : Program
        Stays as it is.
    names : sequence of str
        Keys of `PRODUCTS`.
    wrt : sequence of str, optional
        Inputs to differentiate with respect to; all active ones by default.
    mode : str
        Elimination order, or ``auto``.
    search : int
        Effort of the search for an order.
    triangle : str
        ``full``, or ``lower`` for the lower triangle of sparse Hessians alone.

    Raises
    ------
    OptionError
        There is nothing to differentiate with respect to.
    """
    task = Task(program, select_inputs(program, wrt), mode, search, _check_triangle(triangle))
    if not task.wrt and any(max(PRODUCTS[name].degrees) for name in names):
        raise OptionError("there is no input to differentiate with respect to")
    return [_build(task, name) for name in names]


def _check_triangle(triangle: str) -> str:
    if triangle not in TRIANGLES:
        raise OptionError(f"unknown triangle '{triangle}'; choose from {', '.join(TRIANGLES)}")
    return triangle


def _build(task: Task, name: str) -> Product:
    program, kind = task.program, PRODUCTS[name]
    made = kind.build(task)
    parts = {0: bare(tuple(program.outputs.values())), **made.parts}
    return Product(
        name,
        made.program,
        bare(tuple(parts[degree] for degree in kind.degrees)),
        list(program.inputs.values()) if made.arguments is None else made.arguments,
        len(program),
        task.wrt if max(kind.degrees) else [],
        made.order,
        made.constants,
    )
