r"""Elimination orders as text, to be read and replayed.

An order is a list of vertices with spaces or commas between; the first is eliminated first.  A
vertex goes by the name that the text gives it, or by its number in ``graphc show``, as ``#4``.  The
vertex that a quotient puts before itself (`graphc.derive.linearise`) has the quotient's name and a
slash: ``y/`` or ``#4/``; Hessians have no such vertices.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("p = sin(a*b)\nq = p/a"))
>>> names = spellings(program, "jacobian")
>>> print(taken(program, ["jacobian"]).text())
q q/ p #2
>>> Order.of(read_order("#2 #3 q/ q", names), names).words
('#2', 'p', 'q/', 'q')
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphc.derive import choose, twice
from graphc.derive.cost import Cost, cost
from graphc.derive.eliminate import accumulate_rows, prepare, vertices
from graphc.derive.hessian import second
from graphc.derive.jacobian import EFFORT, derivable, replacements
from graphc.derive.linearise import Linearised
from graphc.derive.products import (
    PRODUCTS,
    build,
    check_products,
    default_products,
    select_inputs,
)
from graphc.errors import OptionError, quoted, suggest
from graphc.inspect.show import label
from graphc.program import Program

SHOWN = 8  # vertices that a message names
COLUMNS = 88  # of a printed order


@dataclass(frozen=True)
class Order:
    """An order to be printed: its vertices by name."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, order: Iterable[int], names: Mapping[str, int]) -> Order:
        """From vertices and what they are called."""
        return cls(tuple(_spelled(order, names)))

    def text(self) -> str:
        """Lines that `read_order` takes."""
        return textwrap.fill(" ".join(self.words), COLUMNS, break_long_words=False)

    def data(self) -> list[str]:
        """The same for programs."""
        return [*self.words]


def taken(
    program: Program,
    products: Sequence[str] | None = None,
    wrt: Sequence[str] | None = None,
    effort: int = EFFORT,
) -> Order:
    """The order that ``auto`` takes for a product, by default the value with its derivative.

    Raises
    ------
    OptionError
        The product is unknown, or no Jacobian or Hessian.
    """
    product = (products or default_products(program)[-1:])[0]
    names = spellings(program, product, wrt)
    return Order.of(order_taken(program, product, wrt, effort), names)


def order_taken(
    program: Program, product: str, wrt: Sequence[str] | None = None, effort: int = EFFORT
) -> list[int]:
    """The vertices of a Jacobian or Hessian, in the order that ``auto`` takes."""
    elements = _elements(program, wrt)
    wanted = dict.fromkeys(spellings(program, product, wrt).values())
    name = build(program, product, wrt, "auto", effort).order
    if _is_second(product):
        order = twice.candidates(program, elements, name, effort)[-1].order
    else:
        outputs = list(program.outputs)
        order = choose.candidates(program, outputs, elements, name, effort)[-1].order
    if isinstance(order, str):
        order = vertices(_graph(program, elements), order)
    # a vertex that turned out to be flat has no place in the order; any will do
    return [v for v in dict.fromkeys([*order, *wanted]) if v in wanted]


def replayed(
    program: Program, product: str, order: Sequence[int], wrt: Sequence[str] | None = None
) -> Cost:
    """The operations of a Jacobian or Hessian in a given order."""
    elements, outputs = _elements(program, wrt), list(program.outputs)
    entries: dict[int, list[int]] = {0: list(program.outputs.values())}
    if _is_second(product):
        derived = derivable(program)
        found = second(derived, derived.outputs, elements, order)
        entries[1] = [c for gradient, _ in found for c in gradient if c is not None]
        entries[2] = [c for _, triangle in found for c in triangle.values()]
    else:
        derived = derivable(program) if len(outputs) > 1 else program.copy()
        rows = accumulate_rows(derived, outputs, elements, order)
        entries[1] = [c for row in rows for c in row.values()]
    best = replacements(derived, entries[1] + entries.get(2, []), len(program))
    return cost(derived, [best[c] for d in PRODUCTS[product].degrees for c in entries[d]])


def spellings(program: Program, product: str, wrt: Sequence[str] | None = None) -> dict[str, int]:
    """The vertices to be eliminated by all names they go by, those that are printed first.

    Raises
    ------
    OptionError
        The product is unknown, or no Jacobian or Hessian.
    """
    kind = PRODUCTS[check_products(program, [product])[0]]
    if kind.seeds or not max(kind.degrees):
        raise OptionError(f"'{product}' takes no order; Jacobians and Hessians do")
    graph = _graph(program, _elements(program, wrt))
    between = [v for v in graph.interior() if v < graph.size or not _is_second(product)]
    nodes = [(v, graph.nodes_of.get(v, v)) for v in between]
    names = {label(program, node) + "/" * (v != node): v for v, node in nodes}
    return {**names, **{f"#{node}{'/' * (v != node)}": v for v, node in nodes}}


def _spelled(order: Iterable[int], names: Mapping[str, int]) -> list[str]:
    """The first name of each vertex."""
    first: dict[int, str] = {}
    for name, v in names.items():
        first.setdefault(v, name)
    return [first[v] for v in order]


def read_order(text: str, names: Mapping[str, int]) -> list[int]:
    """The vertices of an order as it was written.

    Raises
    ------
    OptionError
        A vertex is unknown, there twice, or missing.
    """
    order = []
    for word in text.replace(",", " ").split():
        if word not in names:
            hint = suggest(word, names) or "--order alone prints an order with all vertices"
            raise OptionError(f"{quoted(word)} is no vertex of this graph; {hint}")
        order.append(names[word])
    times = Counter(order)
    repeated = [v for v in times if times[v] > 1]
    if repeated:
        raise OptionError(f"the order has {_listed(repeated, names)} more than once")
    missing = [v for v in dict.fromkeys(names.values()) if v not in times]
    if missing:
        raise OptionError(f"the order leaves out {_listed(missing, names)}")
    return order


def _listed(found: Sequence[int], names: Mapping[str, int]) -> str:
    shown = ", ".join(_spelled(found[:SHOWN], names))
    return shown if len(found) <= SHOWN else f"{shown} and {len(found) - SHOWN} more vertices"


def _is_second(product: str) -> bool:
    return max(PRODUCTS[product].degrees) == 2


def _elements(program: Program, wrt: Sequence[str] | None) -> list[str]:
    return [e for i in select_inputs(program, wrt) for e in i.elements]


def _graph(program: Program, elements: Sequence[str]) -> Linearised:
    """The graph that is eliminated; the program stays as it is."""
    return prepare(program.copy(), list(program.outputs), elements)
