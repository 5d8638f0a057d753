"""Second local partials of operations, from the first ones of the table alone.

The partial ``p`` of an operation with respect to one argument is a text in the operation's
arguments and ``out``.  Its total derivative with respect to another argument, ``dp/da + dp/dout *
da_out``, is found once for each operation by graphc's own elimination, and kept as a template.

What a Hessian needs is that derivative times the adjoint of the operation.  The template for this
differentiates ``p * adjoint``, which the adjoint of the argument holds already: ``-(x_bar/x)``
instead of ``out_bar * -(1/(x*x))``.  Where branches are about, the two factors stay apart, so that
neither is computed where the other is zero.

>>> sorted(curvatures("mul")), sorted(curvatures("div")), sorted(curvatures("add"))
([(0, 1)], [(0, 1), (1, 1)], [])
>>> from graphc.program import Program
>>> program = Program()
>>> x, out, adjoint = map(program.input, ("x", "out", "adjoint"))
>>> [program.nodes[curvatures("log")[0, 0].weighted(program, (x, out, adjoint))] for _ in "1"]
[('neg', 4)]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from graphc.derive.arithmetic import plus, times
from graphc.derive.eliminate import accumulate
from graphc.derive.rules import EXACT, Simplifier
from graphc.derive.values import Values
from graphc.errors import Source
from graphc.language.elaborate import elaborate
from graphc.language.templates import CONDITION_NAMES, Template
from graphc.ops import OPS, Op
from graphc.program import Program


@dataclass(frozen=True)
class Curvature:
    """A second local partial.

    Attributes
    ----------
    alone : Template
        Of the operation's arguments and ``out``.
    weighted : Template
        Times the adjoint of the operation, which comes last.
    """

    alone: Template
    weighted: Template


@cache
def curvatures(op: str) -> dict[tuple[int, int], Curvature]:
    """The second partials of an operation by argument positions, the first not above the second.

    Those that are zero are not there.
    """
    row = OPS[op]
    places = [k for k, text in enumerate(row.partials) if text != "0"]
    if not places:
        return {}
    program, alone, weighted = _second_partials(row, places)
    params = (*row.params, "out")
    return {
        pair: Curvature(
            Template((program, alone[pair]), params),
            Template((program, weighted[pair]), (*params, "adjoint")),
        )
        for pair in sorted(alone)
    }


Found = dict[tuple[int, int], int]


def _second_partials(row: Op, places: list[int]) -> tuple[Program, Found, Found]:
    """A program that holds them, and their nodes: alone, and times the adjoint."""
    text = "\n".join(f"p{k} = {row.partials[k]}" for k in places)
    program = elaborate(Source(text, "<table>"), Simplifier(EXACT), conditions=CONDITION_NAMES)
    program.values = Values(program)
    adjoint = program.input("adjoint")
    first = {k: program.bindings[f"p{k}"] for k in places}
    scaled = {k: times(program, c, adjoint) for k, c in first.items()}
    program.outputs = {f"p{k}": c for k, c in first.items()}
    program.outputs |= {f"s{k}": c for k, c in scaled.items()}
    known = [*first.values(), *scaled.values()]
    names = [*(row.params[k] for k in places), "out"]
    matrix = accumulate(program, list(program.outputs), names, "reverse")
    rows = {name: dict(zip([*places, -1], r, strict=True)) for name, r in
            zip(program.outputs, matrix, strict=True)}  # fmt: skip
    alone, weighted = {}, {}
    for one, other in _pairs(places):
        by_out = {k: rows[f"p{k}"][-1] for k in (one, other)}
        plain = [_total(program, rows[f"p{i}"][j], by_out[i], first[j])
                 for i, j in ((one, other), (other, one))]  # fmt: skip
        times_adjoint = [_total(program, rows[f"s{i}"][j], by_out[i], scaled[j])
                         for i, j in ((one, other), (other, one))]  # fmt: skip
        if all(program.value(c) != 0 for c in plain):
            alone[one, other] = _cheapest(program, plain, known)
            weighted[one, other] = _cheapest(program, times_adjoint, known)
    return program, alone, weighted


def _pairs(places: list[int]) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in places for j in places if i <= j)


def _total(program: Program, direct: int | None, by_out: int | None, through: int) -> int:
    """A derivative, the way over the operation's result included."""
    if by_out is None:
        return program.const(0) if direct is None else direct
    indirect = times(program, by_out, through)
    return indirect if direct is None else plus(program, direct, indirect)


def _cheapest(program: Program, candidates: list[int], known: list[int]) -> int:
    """The candidate with the fewest operations besides those that known nodes need."""
    free = program.reachable(known)

    def price(candidate: int) -> int:
        needed = program.reachable([candidate])
        return sum(
            used and not paid and node[0] not in ("const", "input", "neg")
            for used, paid, node in zip(needed, free, program.nodes, strict=True)
        )

    return min(candidates, key=price)
