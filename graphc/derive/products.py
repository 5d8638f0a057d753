"""What can be asked of a model: value, gradient, Jacobian and their products with vectors.

A product is a derivative accumulated by `graphc.derive.eliminate` and a structure of nodes to
return.  Conventions are JAX's: one output gives a bare value and several a tuple, one input gives a
bare derivative and several a tuple in the order of the inputs, an array gives a tuple of its
elements.
A Jacobian has a row for each output.  ``jvp`` and ``vjp`` return the value and the product.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> build(program, "grad").results
(4, 7)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from graphc.derive.eliminate import Matrix, accumulate
from graphc.derive.linearise import sweep_costs
from graphc.errors import OptionError, suggest
from graphc.program import Input, Program

PRODUCTS = {
    "value": "Value of {outputs}.",
    "grad": "Gradient of {outputs} with respect to {inputs}.",
    "value_and_grad": "Value of {outputs}, and its gradient with respect to {inputs}.",
    "jacobian": "Jacobian of {outputs} with respect to {inputs}.",
    "value_and_jacobian": "Value of {outputs}, and the Jacobian with respect to {inputs}.",
    "jvp": "Value of {outputs}, and the Jacobian times tangents of {inputs}.",
    "vjp": "Value of {outputs}, and cotangents times the Jacobian for {inputs}.",
}
MODES = ("auto", "forward", "reverse", "cross-country")
SEARCH_LIMIT = 3_000  # nodes; above it auto compares forward and reverse only
CLEAR = 1.5  # when one sweep has so many times the other's products, nothing else is tried


@dataclass
class Product:
    """One function to be generated.

    Attributes
    ----------
    name : str
    program : Program
        The model with the derivative's nodes.
    results : nested tuple of int or None
        Nodes to return; None is a zero.
    arguments : list of Input
        The inputs, then tangents or cotangents.
    primal : int
        Number of nodes that are the model's own.
    wrt : list of Input
        The differentiated inputs.
    order : str
        The elimination order taken; empty for the value.
    """

    name: str
    program: Program
    results: object
    arguments: list[Input]
    primal: int
    wrt: list[Input] = field(default_factory=list)
    order: str = ""

    @property
    def roots(self) -> list[int]:
        """All nodes to be computed, in order of appearance."""
        return [r for r in flatten(self.results) if r is not None]


@dataclass(frozen=True)
class Cost:
    """Operations of straight-line code, by kind."""

    multiplications: int = 0
    additions: int = 0
    divisions: int = 0
    functions: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        """All operations."""
        kinds = (self.multiplications, self.additions, self.divisions, self.functions, self.others)
        return sum(kinds)


_KINDS = {
    "mul": "multiplications",
    "add": "additions",
    "sub": "additions",
    "div": "divisions",
    "neg": "others",
    "where": "others",
}


def cost(program: Program, roots: Iterable[int]) -> Cost:
    """Operations that some nodes need, each counted once.

    Comparisons, choices and negations count as ``others``.
    """
    from graphc.ops import OPS

    counts = dict.fromkeys(Cost.__dataclass_fields__, 0)
    needed = program.reachable(roots)
    for i, node in enumerate(program.nodes):
        if needed[i] and node[0] not in ("const", "input"):
            other = "others" if OPS[node[0]].condition else "functions"
            counts[_KINDS.get(node[0], other)] += 1
    return Cost(**counts)


def flatten(results: object) -> list[int | None]:
    """Nodes of a nested structure, in order."""
    flat: list[int | None] = []
    waiting = [results]
    while waiting:
        item = waiting.pop()
        if isinstance(item, tuple):
            waiting += reversed(item)
        else:
            flat.append(item)  # type: ignore[arg-type]
    return flat


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
        A product is unknown, or is the gradient of several outputs.
    """
    if isinstance(products, str):
        products = [name.strip() for name in products.split(",")]
    chosen = tuple(products) if products else default_products(program)
    if chosen == ("all",):
        several = len(program.outputs) > 1
        return tuple(p for p in PRODUCTS if not (several and p.endswith("grad")))
    for product in chosen:
        if product not in PRODUCTS:
            hint = suggest(product, PRODUCTS) or f"choose from {', '.join(PRODUCTS)}"
            raise OptionError(f"unknown product '{product}'; {hint}")
        if product.endswith("grad") and len(program.outputs) > 1:
            raise OptionError(
                f"'{product}' needs one output, the model has {len(program.outputs)}; "
                f"use '{product.replace('grad', 'jacobian')}'"
            )
    return tuple(dict.fromkeys(chosen))


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


def check_mode(mode: str) -> str:
    """The mode, if there is such a one."""
    if mode not in MODES:
        hint = suggest(mode, MODES) or f"choose from {', '.join(MODES)}"
        raise OptionError(f"unknown mode '{mode}'; {hint}")
    return mode


def build(
    program: Program, name: str, wrt: Sequence[str] | None = None, mode: str = "auto"
) -> Product:
    """One product of a model; see `build_all`."""
    return build_all(program, [name], wrt, mode)[0]


def build_all(
    program: Program, names: Sequence[str], wrt: Sequence[str] | None = None, mode: str = "auto"
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

    Raises
    ------
    OptionError
        There is nothing to differentiate with respect to.
    """
    inputs = list(program.inputs.values())
    values = bare(tuple(program.outputs.values()))
    chosen = select_inputs(program, wrt)
    if not chosen and any(n != "value" for n in names):
        raise OptionError("there is no input to differentiate with respect to")
    shared: list[tuple[Program, Matrix, str]] = []
    built = []
    for name in names:
        if name == "value":
            built.append(Product(name, program, values, inputs, len(program)))
        elif name in ("jvp", "vjp"):
            built.append(_vector_product(program, name, chosen, mode, values))
        else:
            shared = shared or [differentiate(program, chosen, mode)]
            derived, matrix, order = shared[0]
            rows = bare(tuple(_row(entries, chosen) for entries in matrix))
            results = (values, rows) if name.startswith("value_and") else rows
            built.append(Product(name, derived, results, inputs, len(program), chosen, order))
    return built


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


def _vector_product(
    program: Program, name: str, wrt: list[Input], mode: str, values: object
) -> Product:
    """``jvp`` and ``vjp``: the same elimination with one seed vertex in front, or behind."""
    derived = program.copy()
    derived.inputs = dict(program.inputs)
    order = check_mode(mode)
    if name == "jvp":
        order = "forward" if order == "auto" else order
        tangents = [_seed(derived, replace(i, default=None), "_dot") for i in wrt]
    else:
        order = "reverse" if order == "auto" else order
        tangents = [_seed(derived, Input(o), "_bar") for o in program.outputs]
    seeds = [derived.input(e) for t in tangents for e in t.elements]
    elements = [e for i in wrt for e in i.elements]
    keyword = {"tangents" if name == "jvp" else "cotangents": seeds}
    matrix = accumulate(derived, list(program.outputs), elements, order, **keyword)
    product = bare(tuple(row[0] for row in matrix)) if name == "jvp" else _row(matrix[0], wrt)
    arguments = [replace(i, default=None) for i in program.inputs.values()] + tangents
    return Product(name, derived, (values, product), arguments, len(program), wrt, order)


def _seed(program: Program, like: Input, suffix: str) -> Input:
    name = like.name + suffix
    while name in program.inputs or name in program.bindings:
        name += "_"
    seed = program.inputs[name] = replace(like, name=name, active=False)
    for element in seed.elements:
        program.names.setdefault(program.input(element), element)
    return seed


def _row(entries: list[int | None], wrt: Sequence[Input]) -> object:
    """Derivatives of one output: bare for one input, a tuple for several or for an array."""
    left = iter(entries)
    parts: list[object] = []
    for i in wrt:
        taken = tuple(next(left) for _ in i.elements)
        parts.append(taken if i.size is not None else taken[0])
    return bare(tuple(parts))


def bare(parts: tuple[object, ...]) -> object:
    """One thing by itself, several as a tuple."""
    return parts[0] if len(parts) == 1 else parts
