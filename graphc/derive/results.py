"""What a generated function returns: nodes in the nested tuples of JAX's conventions.

One output gives a bare value and several a tuple, one input gives a bare derivative and several a
tuple in the order of the inputs, an array gives a tuple of its elements.

>>> from graphc.program import Input
>>> by_input([4, 7, None], [Input("a"), Input("x", 2)])
(4, (7, None))
>>> flatten((4, (7, None)))
[4, 7, None]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count, islice

from graphc.errors import OptionError
from graphc.program import Input, Program

MAX_ENTRIES = 1_000_000  # that a generated function returns as nested tuples


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
    constants : dict of str to tuple of int
        Constants that the module holds for the function, such as a sparsity pattern.
    """

    name: str
    program: Program
    results: object
    arguments: list[Input]
    primal: int
    wrt: list[Input] = field(default_factory=list)
    order: str = ""
    constants: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def roots(self) -> list[int]:
        """All nodes to be computed, in order of appearance."""
        return [r for r in flatten(self.results) if r is not None]


def bare(parts: tuple[object, ...]) -> object:
    """One thing by itself, several as a tuple."""
    return parts[0] if len(parts) == 1 else parts


def by_input(entries: Sequence[object], wrt: Sequence[Input]) -> object:
    """An entry for each scalar: bare for one input, a tuple for several or for an array."""
    left = iter(entries)
    parts: list[object] = []
    for i in wrt:
        taken = tuple(next(left) for _ in i.elements)
        parts.append(taken if i.size is not None else taken[0])
    return bare(tuple(parts))


def by_inputs(entry: Callable[[int, int], object], wrt: Sequence[Input]) -> object:
    """An entry for each pair of scalars, in a block for each pair of inputs.

    >>> by_inputs(lambda i, j: 10*i + j, [Input("a"), Input("x", 2)])
    ((0, (1, 2)), ((10, 20), ((11, 12), (21, 22))))
    """
    numbers = count()
    places = [list(islice(numbers, len(i.elements))) for i in wrt]

    def row(k: int, columns: list[int], like: Input) -> object:
        entries = tuple(entry(k, j) for j in columns)
        return entries if like.size is not None else entries[0]

    def block(rows: list[int], like: Input, columns: list[int], other: Input) -> object:
        parts = tuple(row(k, columns, other) for k in rows)
        return parts if like.size is not None else parts[0]

    sides = list(zip(places, wrt, strict=True))
    return bare(tuple(bare(tuple(block(*one, *other) for other in sides)) for one in sides))


def check_entries(product: str, entries: int, instead: str) -> None:
    """Refuse a dense result that nobody could read or compile.

    Raises
    ------
    OptionError
        It would have more than `MAX_ENTRIES` entries.
    """
    if entries > MAX_ENTRIES:
        raise OptionError(
            f"a dense {product} of this model has {entries:,} entries, more than {MAX_ENTRIES:,}; "
            f"use '{instead}', which returns only those that can be other than zero"
        )


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
