r"""What derivatives cost: operations of every product in every order, and the order taken.

What is counted are the operations that the generated code emits, each once: value, local partials
and accumulation together, after equal nodes have become one.  A difference is an addition.  A
product by 1 or -1 is not emitted, so it is free; a negation is one of the others, like a comparison
or a choice.  A function is one call, whatever it computes; powers are functions.  Of the value only
what the product needs is in its count.

The time of a call is an estimate: operations times ``NANOSECONDS``.

Multiplications as the literature counts them are another measure, on another graph: see
`graphc.inspect.published`.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("p = sin(a*b)\nq = cos(a*b)"))
>>> print(count(program, ["value"]).text())
   mul     add     div  functions  others    total  python
<BLANKLINE>
value
     1       0       0          2       0        3   96 ns
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphc.derive import choose, twice
from graphc.derive.cost import Cost, cost
from graphc.derive.jacobian import EFFORT
from graphc.derive.products import (
    PRODUCTS,
    Kind,
    build_all,
    check_products,
    default_products,
    select_inputs,
)
from graphc.derive.results import Product
from graphc.inspect.replay import read_order, replayed, spellings
from graphc.program import Program

# Measured with timeit on CPython 3.11, x86-64: statements such as ``v2 = a * b``, two hundred in a
# function.  A function is the mean of sin, cos, exp, log, sqrt, tanh, erf, abs and a power.
NANOSECONDS = {
    "python": {
        "multiplications": 8.5,
        "additions": 8.5,
        "divisions": 11.0,
        "functions": 19.0,
        "others": 9.0,
        "call": 50.0,
    }
}
LARGE = 5_000  # operations of a model; above it Hessians are counted on request only
WORK = 200_000  # products that an order may take; else only the order taken is counted
COLUMNS = 100  # of a page of text

GIVEN = "as given"  # the name of an order that the user gives


@dataclass(frozen=True)
class Counted:
    """What a product costs.

    Attributes
    ----------
    product : str
    orders : dict of str to Cost
        By the name of an order; by the empty name where there is nothing to eliminate.
    taken : str
        The order that ``auto`` takes.
    why : str
        The reason.
    """

    product: str
    orders: dict[str, Cost]
    taken: str
    why: str


@dataclass(frozen=True)
class Costs:
    """A table: what some products cost."""

    products: list[Counted]

    def text(self) -> str:
        """A block for each product, the cheapest orders first; equal blocks and rows are one."""
        blocks: dict[tuple[str, ...], list[str]] = {}
        for c in self.products:
            blocks.setdefault(_block(c), []).append(c.product)
        texts = [_HEAD]
        for (title, *rows), names in blocks.items():
            texts.append("\n".join([*textwrap.wrap(", ".join(names) + title, COLUMNS), *rows]))
        return "\n\n".join(texts)

    def data(self) -> dict[str, Any]:
        """The same for programs: by product, nothing joined."""
        return {
            c.product: {
                "taken": c.taken,
                "why": c.why,
                "orders": {name: _data(found) for name, found in c.orders.items()},
            }
            for c in self.products
        }


def count(
    program: Program,
    products: Sequence[str] | None = None,
    wrt: Sequence[str] | None = None,
    effort: int = EFFORT,
    order: str | None = None,
) -> Costs:
    """Count the operations of products in all orders.

    Parameters
    ----------
    program : Program
    products : sequence of str, optional
        Keys of `PRODUCTS`; by default all that the model has, of a large model those that take
        time in proportion to its size.
    wrt : sequence of str, optional
        Inputs to differentiate with respect to.
    effort : int
        Of the search for an order.
    order : str, optional
        One more order to be counted, of a Jacobian or Hessian; see `graphc.inspect.replay`.

    Raises
    ------
    OptionError
        There is no such product or input, or the order is none of this model.
    """
    if order is not None:
        return _given(program, products or default_products(program)[-1:], wrt, effort, order)
    elements = [e for i in select_inputs(program, wrt) for e in i.elements]
    names = check_products(program, products) if products else usual(program, elements)
    products_of_auto = build_all(program, names, wrt, "auto", effort)
    found = [
        Counted(p.name, {}, taken_by(p), why(program, PRODUCTS[p.name], len(elements)))
        for p in products_of_auto
    ]
    for c, p in zip(found, products_of_auto, strict=True):
        c.orders[c.taken] = cost(p.program, p.roots)
    short = {c.product: c for c in found if _is_short(program, PRODUCTS[c.product], len(elements))}
    for mode in choose.MODES[1:] if short else ():
        for p in build_all(program, list(short), wrt, mode, effort):
            short[p.name].orders[mode] = cost(p.program, p.roots)
    return Costs(found)


def _given(
    program: Program, products: Sequence[str], wrt: Sequence[str] | None, effort: int, order: str
) -> Costs:
    """As `count`, with an order that the user gives."""
    read = {p: read_order(order, spellings(program, p, wrt)) for p in products}
    found = count(program, products, wrt, effort)
    for c in found.products:
        c.orders[GIVEN] = replayed(program, c.product, read[c.product], wrt)
    return found


def usual(program: Program, elements: Sequence[str]) -> tuple[str, ...]:
    """The products that are counted if nothing else is asked for."""
    if not elements:
        return ("value",)
    names = check_products(program, ("all",))
    small = len(program) <= LARGE
    return tuple(n for n in names if small or not _is_second(PRODUCTS[n]))


def _is_second(kind: Kind) -> bool:
    """Whether a product is a Hessian, which may be much longer than the model."""
    return max(kind.degrees) == 2 and kind.seeds != "tangents"


def _is_short(program: Program, kind: Kind, inputs: int) -> bool:
    """Whether even a bad order of a product is carried out in seconds."""
    width = inputs + len(program.outputs)
    products = len(program) * width * (inputs if _is_second(kind) else 1)
    return max(kind.degrees) > 0 and products <= WORK


def taken_by(product: Product) -> str:
    """The name of the order that ``auto`` took; a mode would be that of both sweeps of ``hvp``."""
    kind = PRODUCTS[product.name]
    two = max(kind.degrees) == 2 and kind.seeds == "tangents"
    return f"{product.order} over reverse" if two else product.order


def why(program: Program, kind: Kind, inputs: int) -> str:
    """The reason for the order that ``auto`` takes.

    Parameters
    ----------
    program : Program
    kind : Kind
        A row of `PRODUCTS`.
    inputs : int
        Scalars to differentiate with respect to.
    """
    if max(kind.degrees) == 0:
        return ""
    if kind.seeds == "cotangents":
        return "one row of cotangents"
    if kind.seeds == "tangents":
        return "one tangent" if max(kind.degrees) == 1 else "one tangent of the gradient"
    if _is_second(kind) and len(program) > twice.LARGE:
        return f"above {twice.LARGE:,} operations, linear where the Hessian is sparse"
    if _is_second(kind):
        return "fewest operations, with value and gradient"
    if len(program.outputs) == 1:
        return "one output"
    if inputs == 1:
        return "one input"
    if len(program) > choose.LARGE:
        return f"above {choose.LARGE:,} operations, fewer products in the sweep"
    return "fewest operations, with the value"


def nanoseconds(counted: Cost, target: str = "python") -> float:
    """The estimated time of a call."""
    prices, counts = NANOSECONDS[target], asdict(counted)
    return prices["call"] + sum(prices[kind] * float(counts[kind]) for kind in counts)


# --- printing -----------------------------------------------------------------------------

_NUMBERS = "{:>6}  {:>6}  {:>6}  {:>9}  {:>6}  {:>7}  {:>6}"
_HEAD = _NUMBERS.format("mul", "add", "div", "functions", "others", "total", "python")


def _block(counted: Counted) -> tuple[str, ...]:
    """The lines of a block, without the name of the product in the first one."""
    title = f": auto takes {counted.taken} ({counted.why})" if counted.taken else ""
    names: dict[Cost, list[str]] = {}
    for order, c in counted.orders.items():
        names.setdefault(c, []).append(order)
    if len(names) == 1 < len(counted.orders):
        names = {c: ["every order"]}
    rows = [title]
    for c in sorted(names, key=lambda c: c.total):
        rows += wrapped(_numbers(c), names[c])
    return tuple(rows)


def _numbers(c: Cost) -> str:
    return _NUMBERS.format(
        c.multiplications, c.additions, c.divisions, c.functions, c.others, c.total,
        _time(nanoseconds(c)),
    )  # fmt: skip


def _time(ns: float) -> str:
    """A time with two digits.

    >>> _time(83), _time(2134), _time(45e6)
    ('83 ns', '2.1 us', '45 ms')
    """
    units = ["s", "ms", "us", "ns"]
    while ns >= 999.5 and len(units) > 1:
        ns /= 1000
        units.pop()
    return f"{ns:.1f} {units[-1]}" if ns < 9.95 else f"{ns:.0f} {units[-1]}"


def wrapped(numbers: str, names: Sequence[str]) -> list[str]:
    """A row that ends with names, on as many lines as they take."""
    indent = " " * (len(numbers) + 2)
    lines = textwrap.wrap(", ".join(names), COLUMNS - len(indent), break_on_hyphens=False)
    return [f"{numbers}  {lines[0]}" if lines else numbers, *(indent + x for x in lines[1:])]


def _data(c: Cost) -> dict[str, Any]:
    times = {target: round(nanoseconds(c, target)) for target in NANOSECONDS}
    return {**asdict(c), "total": c.total, "nanoseconds": times}
