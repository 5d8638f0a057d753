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

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphc.program import Input, Program


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
