"""The Hessians of a model, in the order that needs the fewest operations.

Which order is best depends on where the weights begin, and no rule finds it: the order is searched
for as that of a Jacobian is, with the measure `graphc.derive.measures.Curvatures`.  Above ``LARGE``
operations the outputs come first, whose cost is known to be linear where the Hessian is sparse.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = a*a*b"))
>>> differentiate_twice(program, list(program.inputs.values()), "auto")[1:]
([[7, 1]], [{(0, 0): 8, (1, 0): 6}], 'reverse')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphc.derive.choose import SEARCHED, Candidate, check_mode, shortlist
from graphc.derive.cost import cost
from graphc.derive.eliminate import Matrix
from graphc.derive.hessian import Gradient, Triangle, adjoints, curve, second
from graphc.derive.jacobian import EFFORT, derivable, replacements
from graphc.derive.linearise import linearise
from graphc.derive.measures import Curvatures
from graphc.derive.orders import ORDERS
from graphc.derive.structure import Structure
from graphc.program import Input, Program

LARGE = 1_000  # operations of a model; above it nothing is tried but reverse order

Twice = tuple[Program, Matrix, list[Triangle], str]


def differentiate_twice(
    program: Program, wrt: Sequence[Input], mode: str, effort: int = EFFORT
) -> Twice:
    """A copy of the model with its Hessians, for each output its gradient and triangle, the order.

    Parameters
    ----------
    program : Program
        Stays as it is.
    wrt : sequence of Input
    mode : str
        One of `graphc.derive.choose.MODES`.
    effort : int
        Of the search for an order.
    """
    elements = [e for i in wrt for e in i.elements]
    tried = []
    for candidate in candidates(program, elements, check_mode(mode), effort):
        derived = derivable(program)
        found = second(derived, derived.outputs, elements, candidate.order)
        best = replacements(derived, _entries(found), len(program))
        gradients = [[c if c is None else best[c] for c in row] for row, _ in found]
        triangles = [{pair: best[c] for pair, c in triangle.items()} for _, triangle in found]
        tried.append((derived, gradients, triangles, candidate.name))
    return tried[0] if len(tried) == 1 else min(tried, key=_operations)


def candidates(
    program: Program, elements: Sequence[str], mode: str, effort: int
) -> list[Candidate]:
    """The orders to be carried out and compared; the first of equals is taken."""
    if mode not in ("auto", SEARCHED):
        return [Candidate(mode, mode)]
    if mode == "auto" and len(program) > LARGE:
        return [Candidate("reverse", "reverse")]
    if len(program.outputs) > 1:
        return [Candidate(name, name) for name in ORDERS]
    return shortlist(curved_structure(program, elements), Curvatures, mode, effort)


def curved_structure(program: Program, elements: Sequence[str]) -> Structure:
    """The graph that orders are sought for; the program stays as it is."""
    scratch = derivable(program)
    starts, ends = [scratch.input(e) for e in elements], list(scratch.outputs.values())
    first = linearise(scratch, ends, starts)
    (adjoint,) = adjoints(first)
    graph = curve(first, adjoint, starts)
    names = (*starts, *graph.before)
    place = {v: k for k, v in enumerate(names)}
    after: tuple[dict[int, int], ...] = tuple({} for _ in names)
    for w, row in graph.before.items():
        for u in list(row):
            c = graph.edge(u, w)
            if c is not None:
                after[place[u]][place[w]] = c
    weights = tuple({place[u]: c for u, c in graph.weights.get(v, {}).items()} for v in names)
    roots = [*ends, *(adjoint[u] for u in starts if u in adjoint)]
    interior = range(len(starts), len(names))
    return Structure.of_nodes(scratch, names, tuple(interior), after, weights, roots)


def _operations(made: Twice) -> int:
    program, gradients, triangles, _ = made
    entries = _entries(zip(gradients, triangles, strict=True))
    return cost(program, [*program.outputs.values(), *entries]).total


def _entries(found: Iterable[tuple[Gradient, Triangle]]) -> list[int]:
    """All derivatives that are not zero."""
    entries: list[int] = []
    for gradient, triangle in found:
        entries += [c for c in gradient if c is not None]
        entries += triangle.values()
    return entries
