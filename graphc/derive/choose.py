r"""Which elimination order is taken for a model, and why.

``auto`` takes reverse for one output, forward for one input, and otherwise the order that emits
the fewest operations: that of the search (`graphc.derive.search`) or one of
`graphc.derive.orders`.  Their price, by `graphc.derive.measures.Operations`, is an estimate
(signs and branches are not in it), so the best few are carried out, with branches all of them, and
their operations counted: ``auto`` never emits more than the best of the others.  Of large models
only the best few are carried out in any case; above ``LARGE`` operations only the two sweeps are
compared, by the products that they would multiply.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("p = a*b\ny = sin(p)\nz = cos(p)"))
>>> [c.name for c in candidates(program, ["y", "z"], ["a", "b"], "auto", 1)]
['reverse', 'forward', 'markowitz-low', 'cross-country']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from graphc.derive.eliminate import prepare
from graphc.derive.linearise import sweep_costs
from graphc.derive.measures import Operations
from graphc.derive.orders import ORDERS
from graphc.derive.search import Meter, search
from graphc.derive.structure import Structure
from graphc.errors import OptionError, suggest
from graphc.program import Program

SEARCHED = "cross-country"
MODES = ("auto", "forward", "reverse", SEARCHED, *list(ORDERS)[2:])
LARGE = 100_000  # operations of a model; above it only the two sweeps are compared
CLOSE = 1.05  # times the estimate of the best: orders up to it may turn out to be better
SLACK = 3  # and so many more
SMALL = 200  # vertices; up to it all such orders are carried out
RIVALS = 3  # above it so many of them


@dataclass(frozen=True)
class Candidate:
    """An order: a name of `MODES`, and what `graphc.derive.eliminate.accumulate` takes."""

    name: str
    order: str | Sequence[int]


def check_mode(mode: str) -> str:
    """The mode, if there is such a one."""
    if mode not in MODES:
        hint = suggest(mode, MODES) or f"choose from {', '.join(MODES)}"
        raise OptionError(f"unknown mode '{mode}'; {hint}")
    return mode


def candidates(
    program: Program, outputs: Sequence[str], inputs: Sequence[str], mode: str, effort: int
) -> list[Candidate]:
    """The orders to be carried out and compared; the first of equals is taken.

    Parameters
    ----------
    program : Program
        Stays as it is.
    outputs, inputs : sequence of str
        Names of outputs, and of scalar inputs or array elements.
    mode : str
        One of `MODES`.
    effort : int
        Thousands of moves that the search tries.
    """
    if mode == "auto" and len(outputs) == 1:
        return [Candidate("reverse", "reverse")]  # at most a small multiple of the value's cost
    if mode == "auto" and len(inputs) == 1:
        return [Candidate("forward", "forward")]
    if mode == "auto" and len(program) > LARGE:
        return [_cheaper_sweep(program, outputs, inputs)]
    if mode not in ("auto", SEARCHED):
        return [Candidate(mode, mode)]
    return shortlist(structure(program, outputs, inputs), Operations, mode, effort)


def shortlist(graph: Structure, meter: Meter, mode: str, effort: int) -> list[Candidate]:
    """What the search finds, and for ``auto`` the orders that may turn out to be better."""
    found = search(graph, meter, effort)
    best = Candidate(SEARCHED, [graph.names[v] for v in found.order])
    limit = inf if graph.branching else CLOSE * found.cost + SLACK
    names = dict.fromkeys(("reverse", *found.known)) if mode == "auto" else {}
    rivals: dict[tuple[int, ...], str] = {}
    for name in sorted((n for n in names if found.known[n] <= limit), key=found.known.__getitem__):
        rivals.setdefault(tuple(ORDERS[name](graph)), name)
    count = RIVALS if len(graph.interior) > SMALL else len(rivals)
    return [*(Candidate(n, n) for n in [*rivals.values()][:count]), best]  # simple names first


def seeded(
    program: Program,
    inputs: Sequence[str],
    mode: str,
    default: str,
    effort: int,
    **seeds: list[int],
) -> Candidate:
    """The order of an elimination with a seed vertex; ``auto`` takes the default.

    Parameters
    ----------
    program, inputs, mode, effort
        As for `candidates`.
    default : str
    **seeds
        The ``tangents`` or ``cotangents`` of `graphc.derive.eliminate.accumulate`.
    """
    if mode == SEARCHED:
        graph = structure(program, list(program.outputs), inputs, **seeds)
        found = search(graph, Operations, effort)
        return Candidate(SEARCHED, [graph.names[v] for v in found.order])
    name = default if mode == "auto" else mode
    return Candidate(name, name)


def structure(
    program: Program, outputs: Sequence[str], inputs: Sequence[str], **seeds: list[int]
) -> Structure:
    """The graph that orders are sought for; the program stays as it is."""
    graph = prepare(program.copy(), outputs, inputs, **seeds)
    return Structure.with_values(graph, [program.outputs[name] for name in outputs])


def _cheaper_sweep(program: Program, outputs: Sequence[str], inputs: Sequence[str]) -> Candidate:
    ends = [program.outputs[name] for name in outputs]
    forward, reverse = sweep_costs(program, ends, [program.input(name) for name in inputs])
    name = "forward" if forward < reverse else "reverse"
    return Candidate(name, name)
