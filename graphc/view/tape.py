"""One straight-line tape of values and local partials, in the operations of a web browser.

The partials are nodes of the same program (`graphc.derive.linearise.partial`), so a page that runs
the tape has every value and every partial at once; tangents and adjoints are then one sweep over
the edges.  Operations that JavaScript lacks are worked out here from the definitions of the
operation table, so that the page knows few operations, all of them small.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> tape = record(elaborate(Source("s = a * sigmoid(x)")))
>>> [(u, w, tape.code[c][0]) for u, w, c in tape.edges]
[(0, 3, 'where'), (1, 2, 'mul'), (2, 3, 'input')]
>>> sorted({op for op, *_ in tape.code} - NATIVE)
['const', 'input']
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from graphc.derive.linearise import partial
from graphc.language.templates import read
from graphc.ops import OPS
from graphc.program import Node, Program
from graphc.view.sweeps import edges

# What page/ops.ts computes itself.
NATIVE = frozenset({
    "add", "sub", "mul", "div", "floordiv", "mod", "neg", "pow", "lt", "le", "gt", "ge", "eq", "ne",
    "and", "or", "not", "where", "sqrt", "cbrt", "exp", "expm1", "log", "log2", "log10", "log1p",
    "hypot", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh",
    "acosh", "atanh", "erf", "erfc", "gamma", "lgamma", "abs", "copysign", "floor", "ceil", "trunc",
    "fmod",
})  # fmt: skip


@dataclass(frozen=True)
class Tape:
    """Values and local partials of a program.

    Attributes
    ----------
    code : list of tuple
        Operations with places of their arguments, ``("const", number)`` or ``("input", name)``.
    slots : list of int
        The place of each node of the program; -1 for what no output needs.
    edges : list of (int, int, int)
        From an argument to its operation, with the place of the partial; edges whose partial is
        0 everywhere are left out.
    """

    code: list[Node]
    slots: list[int]
    edges: list[tuple[int, int, int]]


def record(program: Program) -> Tape:
    """The tape of a program; partials are those with respect to what depends on its inputs."""
    full = program.copy()
    outputs, size = list(program.outputs.values()), len(program)
    found = [(u, w, c) for u, w in edges(program) if (c := partial(full, w, u)) is not None]
    low = Program()
    slots = _lower(full, low, full.reachable([*outputs, *(c for _, _, c in found)]))
    return Tape(low.nodes, slots[:size], sorted((u, w, slots[c]) for u, w, c in found))


def _lower(program: Program, low: Program, needed: bytearray) -> list[int]:
    """Places of the nodes of a program in one of native operations, which grows."""
    slots: list[int] = []
    for i, node in enumerate(program.nodes):
        if not needed[i]:
            slots.append(-1)
        elif node[0] == "const":
            slots.append(low.const(node[1]))
        elif node[0] == "input":
            slots.append(low.input(node[1]))
        else:
            slots.append(_native(low, node[0], [slots[a] for a in node[1:]]))
    return slots


def _native(low: Program, op: str, args: list[int]) -> int:
    """An operation, or its definition with these arguments."""
    if op in NATIVE:
        return low.restore((op, *args))
    nodes, result = _defined(op)
    places: list[int] = []
    for node in nodes:
        if node[0] == "const":
            places.append(low.const(node[1]))
        elif node[0] == "input":
            places.append(args[OPS[op].params.index(node[1])])
        else:
            places.append(low.restore((node[0], *(places[a] for a in node[1:]))))
    return places[result]


@cache
def _defined(op: str) -> tuple[tuple[Node, ...], int]:
    """The definition of an operation in native ones; definitions refer to each other shallowly."""
    program, result = read(OPS[op].definition)
    low = Program()
    slots = _lower(program, low, program.reachable([result]))
    return tuple(low.nodes), slots[result]
