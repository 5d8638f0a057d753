"""A computation and its derivatives, one step at a time.

First every value with its local partials (and its tangent, in forward mode), then, from the result
back, every adjoint as the sum over its uses of adjoint times partial.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> print(as_table(program, Wanted({"a": 2.0, "b": 1.0}), "text"))
step  node    formula                            value  partials                adjoint
1     a       input                              2
2     b       input                              1
3     #2      a + b                              3      d#2/da = 1, d#2/db = 1
4     #4      b + 1                              2      d#4/db = 1
5     e       #2 * #4                            6      de/d#2 = 2, de/d#4 = 3
6     de/de   1                                                                 1
7     de/d#4  de/de * de/d#4                            1 * 3                   3
8     de/d#2  de/de * de/d#2                            1 * 2                   2
9     de/db   de/d#2 * d#2/db + de/d#4 * d#4/db         2 * 1 + 3 * 1           5
10    de/da   de/d#2 * d#2/da                           2 * 1                   2
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graphc.errors import OptionError
from graphc.inspect.show import formula, label
from graphc.program import Program
from graphc.view.boxes import live
from graphc.view.metrics import brief
from graphc.view.picture import Picture, Wanted, chosen_boxes, picture, sweeps
from graphc.view.sweeps import Point, Sweep, at_point
from graphc.view.tables import Cell, table

FRAMED = 100  # boxes of single operations in the pictures of steps
HEAD = ("step", "node", "formula", "value", "partials")


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    head : int
        The node.
    node, formula : str
        What is worked out, and how.
    value : float or None
    partials : str
        The local partials, or what is added up, with numbers.
    slope : float or None
        The tangent or the adjoint.
    back : bool
        Whether it is a step of the reverse sweep.
    """

    head: int
    node: str
    formula: str
    value: float | None = None
    partials: str = ""
    slope: float | None = None
    back: bool = False


def steps(program: Program, wanted: Wanted) -> list[Step]:
    """All steps of the values, then of the adjoints unless tangents are asked for.

    Raises
    ------
    OptionError
        There is no point, or a name is unknown.
    """
    wanted = _complete(program, wanted)
    point = at_point(program, wanted.at or {})
    tangents, adjoints = sweeps(program, point, wanted)
    found = list(_forward(program, point, tangents))
    if adjoints is not None:
        found += _back(program, point, adjoints, wanted.reverse)
    return found


def as_table(program: Program, wanted: Wanted, form: str) -> str:
    """The steps in one of `graphc.view.tables.TABLES`."""
    wanted = _complete(program, wanted)
    rows: list[list[Cell]] = []
    for k, s in enumerate(steps(program, wanted), 1):
        cells: list[Cell] = [str(k), s.node, s.formula]
        cells += ["" if s.value is None else s.value, s.partials]
        rows.append([*cells, "" if s.slope is None else s.slope])
    both = wanted.forward and wanted.reverse
    slope = "tangent, adjoint" if both else "tangent" if wanted.forward else "adjoint"
    return table((*HEAD, slope), rows, form)


def frames(program: Program, wanted: Wanted) -> Iterator[Picture]:
    """A picture for each step; all in the same places, so that they can be turned like pages."""
    wanted = _complete(program, wanted)
    if wanted.boxes == "auto" and len(chosen_boxes(program, wanted).boxes) > FRAMED:
        wanted = replace(wanted, boxes="statement")
    whole = picture(program, wanted)
    known: list[set[str]] = [{"name"} for _ in whole.items]
    for kinds, k in _turns(whole):
        known[k] |= kinds & {line.kind for line in whole.items[k].lines}
        items = [
            replace(
                item,
                lines=tuple(line for line in item.lines if line.kind in seen),
                step=item.step if seen & {"tangent", "adjoint"} else -1,
                current=i == k,
            )
            for i, (item, seen) in enumerate(zip(whole.items, known, strict=True))
        ]
        wires = [
            wire if "value" in known[wire.edge[1]] else replace(wire, label="")
            for wire in whole.wires
        ]
        yield replace(whole, items=items, wires=wires)


def _turns(whole: Picture) -> Iterator[tuple[set[str], int]]:
    """Which lines of which box each step adds."""
    order = range(len(whole.items))
    kinds = [{line.kind for line in item.lines} for item in whole.items]
    for k in order:
        if "value" in kinds[k]:
            yield {"value", "tangent"}, k
    for k in reversed(order):
        if "adjoint" in kinds[k]:
            yield {"adjoint"}, k


def _complete(program: Program, wanted: Wanted) -> Wanted:
    """With the adjoints of the first output, if nothing else is asked for."""
    if wanted.at is None:
        raise OptionError("steps need numbers; give a point with --at")
    if wanted.forward or wanted.reverse or not program.outputs:
        return wanted
    return replace(wanted, reverse=next(iter(program.outputs)))


def _forward(program: Program, point: Point, tangents: Sweep | None) -> Iterator[Step]:
    needed = live(program)
    into: dict[int, list[int]] = {}
    for u, w in point.partials:
        into.setdefault(w, []).append(u)
    for i, node in enumerate(program.nodes):
        if node[0] != "const" and needed[i] and point.taken[i]:
            name = label(program, i)
            text = "input" if node[0] == "input" else formula(program, i)
            partials = [
                f"d{name}/d{label(program, u)} = {brief(point.partials[u, i])}"
                for u in into.get(i, [])
            ]
            slope = None if tangents is None else tangents[i]
            yield Step(i, name, text, point.values[i], ", ".join(partials), slope)


def _back(program: Program, point: Point, adjoints: Sweep, end: str) -> Iterator[Step]:
    for u in range(len(program) - 1, -1, -1):
        if (adjoint := adjoints[u]) is None:
            continue
        name = end if program.nodes[u][0] == "const" else label(program, u)
        terms, numbers = [], []
        for w in point.after[u]:
            if (above := adjoints[w]) is not None:
                terms.append(f"d{end}/d{label(program, w)} * d{label(program, w)}/d{name}")
                numbers.append(f"{brief(above)} * {brief(point.partials[u, w])}")
        yield Step(u, f"d{end}/d{name}", " + ".join(terms) or "1", None, " + ".join(numbers),
                   adjoint, back=True)  # fmt: skip
