r"""How each adjoint comes about, as a LaTeX document: by the chain rule, with formulas, in numbers.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = sin(x)"))
>>> for line in list(adjoints(program, "y", at_point(program, {"x": 0.0})))[-1]:
...     print(line)
\frac{\partial y}{\partial x} &= \frac{\partial y}{\partial y}\,\frac{\partial y}{\partial x}
&= \frac{\partial y}{\partial y}\cdot \cos \left( x \right)
&= 1\cdot 1
&= 1
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphc.derive.linearise import partial
from graphc.errors import OptionError
from graphc.ops import PRODUCT
from graphc.program import Program
from graphc.view.boxes import live
from graphc.view.latex import called, formula, name, quantity
from graphc.view.metrics import brief
from graphc.view.picture import MOST, Wanted, result
from graphc.view.sweeps import Edge, Point, at_point, edges

TERMS = 3  # of a sum in a line


def derivation(program: Program, wanted: Wanted) -> str:
    """A document with the values, and every adjoint of one result.

    Raises
    ------
    OptionError
        A name is unknown, or the model is too large to be read on paper.
    """
    if len(program) > MOST:
        raise OptionError(f"a derivation of {len(program):,} operations is too long to be read")
    end = wanted.reverse or next(iter(program.outputs), "")
    result(program, end)
    point = None if wanted.at is None else at_point(program, wanted.at)
    shown = values(program, point)
    lines = [
        r"\documentclass{article}",
        r"\usepackage{amsmath}",
        r"\usepackage[margin=25mm]{geometry}",
        r"\allowdisplaybreaks",
        r"\begin{document}",
        r"\section*{Values}",
        *(_display(shown) if shown else ()),
        rf"\section*{{Derivatives of ${name(end)}$}}",
        *(line for part in adjoints(program, end, point) for line in _display(part)),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def adjoints(program: Program, end: str, point: Point | None) -> Iterator[list[str]]:
    """The lines of each adjoint: the rule, with formulas, with numbers, and the result.

    Parameters
    ----------
    program : Program
    end : str
        An output or another name of the model.
    point : Point, optional
        Without it there are no numbers.
    """
    last, after, symbols = result(program, end), _uses(program, point), called(program)
    full, top = program.copy(), name(end)
    if full.nodes[last][0] == "const":
        symbols[last] = top
    found = None if point is None else point.reverse(last)
    reached = {last}
    for u in range(last, -1, -1):
        uses = [w for w in after.get(u, ()) if w in reached]
        if u != last and not uses:
            continue
        reached.add(u)
        above = [_fraction(top, symbols[w]) for w in uses]
        local = [_fraction(symbols[w], symbols[u]) for w in uses]
        partials = [_partial(full, w, u, symbols) for w in uses]
        lines = [
            [rf"{a}\,{c}" for a, c in zip(above, local, strict=True)] or ["1"],
            [rf"{a}\cdot {c}" for a, c in zip(above, partials, strict=True)],
        ]
        if point is not None and found is not None and (slope := found[u]) is not None:
            lines.append([_product(found[w], point.partials[u, w]) for w in uses])
            lines.append([quantity(brief(slope))] if uses else [])
        left = _fraction(top, symbols[u])
        yield [
            f"{left if not k else ''} &= {_sum(terms)}".strip()
            for k, terms in enumerate(lines)
            if terms
        ]


def values(program: Program, point: Point | None = None) -> list[str]:
    """A line for each operation: its formula, and its value."""
    needed, symbols, lines = live(program), called(program), []
    for i, node in enumerate(program.nodes):
        if node[0] == "const" or not needed[i] or (point and not point.taken[i]):
            continue
        value = "" if point is None else f" = {quantity(brief(point.values[i]))}"
        if node[0] != "input":
            lines.append(f"{symbols[i]} &= {formula(program, i, symbols)}{value}")
        elif value:
            lines.append(f"{symbols[i]} &{value[1:]}")
    return lines


def _uses(program: Program, point: Point | None) -> dict[int, list[int]]:
    """The operations that use each node, as far as derivatives go."""
    found: dict[int, list[int]] = {}
    full = program.copy()
    pairs: Sequence[Edge] = sorted(point.partials) if point else edges(program)
    for u, w in pairs:
        if point or partial(full, w, u) is not None:
            found.setdefault(u, []).append(w)
    return found


def _partial(full: Program, w: int, u: int, symbols: dict[int, str]) -> str:
    c = partial(full, w, u)
    assert c is not None
    if full.nodes[c][0] != "const" and c in symbols:
        return symbols[c]
    return formula(full, c, symbols, PRODUCT)


def _fraction(top: str, bottom: str) -> str:
    return rf"\frac{{\partial {top}}}{{\partial {bottom}}}"


def _product(a: float | None, b: float) -> str:
    assert a is not None
    factors = [quantity(brief(x)) for x in (a, b)]
    return r"\cdot ".join(f"({f})" if f.startswith("-") else f for f in factors)


def _sum(terms: list[str]) -> str:
    """Terms with plus signs between them, on as many lines as it takes."""
    parts = [" + ".join(terms[k : k + TERMS]) for k in range(0, len(terms), TERMS)]
    return "\\\\\n&\\quad {} + ".join(parts)


def _display(lines: list[str]) -> list[str]:
    return [r"\begin{align*}", "\\\\\n".join(lines), r"\end{align*}"]
