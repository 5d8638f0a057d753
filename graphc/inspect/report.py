"""What the command line prints: values at a point, verdicts, the operation table.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> print(at_point(program, point(program, ["a=2", "b=1"])))
e = 6.0
de/da = 2.0
de/db = 5.0
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from textwrap import shorten
from typing import Any

from graphc.codegen.guards import check_errors
from graphc.derive.jacobian import EFFORT
from graphc.derive.products import PRODUCTS, build_all, check_products, default_products
from graphc.derive.results import Product, by_inputs, flatten
from graphc.derive.sparse import places
from graphc.errors import GraphcError, OptionError, suggest
from graphc.inspect.findings import Lint
from graphc.inspect.show import align
from graphc.inspect.verify import Check, left_out, verify
from graphc.model import Model
from graphc.ops import OPS, Op
from graphc.program import Input, Program

Point = dict[str, "float | list[float]"]


class EvaluationError(GraphcError):
    """The model is not defined at the point given."""


def point(program: Program, assignments: Sequence[str]) -> Point:
    """Arguments from texts such as ``a=2`` and ``x=1,2,3``; defaults fill the rest.

    Raises
    ------
    OptionError
        A text is not of that form, a name is no input, a number is no number or outside of
        bounds, or an input without default is missing.
    """
    found: Point = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals:
            raise OptionError(f"'{text}' is not of the form name=value")
        if name not in program.inputs:
            hint = suggest(name, program.inputs) or f"inputs: {', '.join(program.inputs)}"
            raise OptionError(f"'{name}' is not an input; {hint}")
        found[name] = _value(program.inputs[name], value)
    for i in program.inputs.values():
        if i.name not in found:
            if i.default is None:
                raise OptionError(f"no value for '{i.name}'; write {i.name}=...")
            default = float(i.default)
            found[i.name] = default if i.size is None else [default] * i.size
    for i in program.inputs.values():
        _check_bounds(i, found[i.name])
    return {name: found[name] for name in program.inputs}


def _check_bounds(i: Input, given: float | list[float]) -> None:
    """Complain as the generated functions do."""
    values = given if isinstance(given, list) else [given]
    for name, value in zip(i.elements, values, strict=True):
        if i.bounds is not None and value not in i.bounds:
            text = i.bounds.text(i.name)
            raise OptionError(f"{name} = {value} is outside its bounds: {text}")


def elements(program: Program, assignments: Sequence[str]) -> dict[str, float]:
    """As `point`, with a value for every scalar: ``x[0]``, ``x[1]``."""
    flat: dict[str, float] = {}
    for name, value in point(program, assignments).items():
        values = value if isinstance(value, list) else [value]
        flat.update(zip(program.inputs[name].elements, values, strict=True))
    return flat


def _value(i: Input, text: str) -> float | list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise OptionError(f"'{text}' is not a number for '{i.name}'") from None
    if len(numbers) != (i.size or 1):
        raise OptionError(f"'{i.name}' takes {i.size or 1} numbers, found {len(numbers)}")
    return numbers[0] if i.size is None else numbers


def at_point(
    program: Program,
    at: Mapping[str, Any],
    products: Sequence[str] | None = None,
    wrt: Sequence[str] | None = None,
    mode: str = "auto",
    search: int = EFFORT,
    triangle: str = "full",
    as_json: bool = False,
    errors: str = "raise",
) -> str:
    """The products of a model at a point, as lines or as one JSON object.

    Raises
    ------
    EvaluationError
        The generated code raised: the model is not defined there.
    """
    chosen = check_products(program, products or default_products(program)[2:])
    built = build_all(program, chosen, wrt, mode, search, triangle)
    model = Model(program, built, check_errors(errors))
    lines: list[str] = []
    data: dict[str, Any] = {}
    for product in built:
        seeds = PRODUCTS[product.name].seeds
        if seeds:
            raise OptionError(f"'{product.name}' needs {seeds}; call it from Python")
        try:
            result = getattr(model, product.name)(**at)
        except (ArithmeticError, ValueError) as error:
            raise EvaluationError(f"the model is not defined at this point: {error}") from None
        names = _names(product)
        numbers = [float(v) for v in flatten(result)]  # type: ignore[arg-type]
        lines += [f"{n} = {v!r}" for n, v in zip(names, numbers, strict=True)]
        data[product.name] = {
            n: v if math.isfinite(v) else repr(v) for n, v in zip(names, numbers, strict=True)
        }
    return json.dumps(data) if as_json else "\n".join(dict.fromkeys(lines))


def _names(product: Product) -> list[str]:
    """Names of the numbers that a product returns, in order."""
    outputs = list(product.program.outputs)
    inputs = [e for i in product.wrt for e in i.elements]
    if product.constants:
        at, (output, *_) = places(product.constants), outputs
        if 1 in PRODUCTS[product.name].degrees:
            return [f"d{outputs[k]}/d{inputs[j]}" for k, j in at]
        return [f"d2{output}/d{inputs[i]} d{inputs[j]}" for i, j in at]
    pairs = flatten(by_inputs(lambda i, j: f"{inputs[i]} d{inputs[j]}", product.wrt))
    kind = PRODUCTS[product.name]
    by_degree = {
        0: [kind.quantity.format(o) for o in outputs],
        1: [f"d{o}/d{e}" for o in outputs for e in inputs],
        2: [f"d2{o}/d{pair}" for o in outputs for pair in pairs],
    }
    return [name for degree in kind.degrees for name in by_degree[degree]]


def verdict(checks: Sequence[Check], missing: Sequence[str] = ()) -> str:
    """The outcome of `graphc.inspect.verify.verify`, a line each, and what was left out."""
    table = [
        (c.name, f"{c.error:.1e}", f"at {c.points} points", "ok" if c.agrees else "DIFFERENT")
        for c in checks
    ]
    return "\n".join([*align(table), *(f"left out: {text}" for text in missing)])


@dataclass(frozen=True)
class Outcome:
    """What ``graphc check`` comes to: comparisons of derivatives, and a lint.

    Attributes
    ----------
    checks : list of Check
        Empty if the model has no value.
    lint : Lint
    left_out : list of str
        Comparisons that would take too long.
    """

    checks: list[Check]
    lint: Lint
    left_out: list[str]

    @classmethod
    def of(cls, program: Program, lint: Lint, at: Mapping[str, float] | None) -> Outcome:
        """The outcome for a program, at one point or at a few."""
        if not lint.is_fine:
            return cls([], lint, [])
        return cls(verify(program, at), lint, left_out(program))

    @property
    def is_fine(self) -> bool:
        """Whether all agree, and the model has a value."""
        return self.lint.is_fine and all(c.agrees for c in self.checks)

    def text(self, list_all: bool = False) -> str:
        """For people."""
        parts = [verdict(self.checks, self.left_out)] if self.checks else []
        return "\n".join([*parts, self.lint.text(list_all)])

    def json(self) -> str:
        """For programs."""
        checks = [{**asdict(c), "error": c.error if math.isfinite(c.error) else repr(c.error),
                   "agrees": c.agrees} for c in self.checks]  # fmt: skip
        data = {"ok": self.is_fine, "checks": checks, "left_out": self.left_out,
                "findings": self.lint.data()}  # fmt: skip
        return json.dumps(data)


def operations(form: str = "text") -> str:
    """The operation table, as Markdown in full, or as aligned text without the longest formulas."""
    shown = [_operation(row) for row in OPS.values()]
    head = ("operation", "partials", "meaning", "at kinks and edges", "with --errors ieee")
    if form == "text":
        short = [tuple(shorten(cell, 60, placeholder=" ...") for cell in row) for row in shown]
        return "\n".join(align([head, *short]))
    cells = [head, ("---",) * len(head), *shown]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in cells)


def _operation(row: Op) -> tuple[str, str, str, str, str]:
    form = row.form
    for name, default in zip(row.params[::-1], row.defaults[::-1], strict=False):
        form = re.sub(rf"\b{name}\b", f"{name}={default:g}", form)
    partials = f"those of {row.definition}" if row.macro else "; ".join(row.partials)
    return form, partials, row.doc, row.note, row.ieee
