"""The paths from an input to an output, and how factoring saves them.

The derivative is the sum over all paths of the product of the partials on their edges.  Paths
multiply where stages follow each other, so their number is counted, not listed, beyond a limit;
the factored sum, one line for each vertex from the output back, touches every edge once (C. Olah,
"Calculus on Computational Graphs").

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = x*x + sin(x)"))
>>> print(explain(program, "x", "y"))
2 paths from x to y
<BLANKLINE>
x -> #1 -> y   (x + x)
x -> #2 -> y   cos(x)
<BLANKLINE>
sum of the products: 0 multiplications, 1 addition
<BLANKLINE>
factored, from y back:
dy/dx = (x + x) + cos(x)
<BLANKLINE>
factored: 0 multiplications, 1 addition
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

from graphc.derive.linearise import active_vertices, partial
from graphc.errors import OptionError, suggest
from graphc.inspect.evaluate import evaluate
from graphc.inspect.show import align, label
from graphc.program import Program

LIMIT = 20  # paths that are listed


def explain(
    program: Program,
    start: str,
    end: str,
    at: Mapping[str, float] | None = None,
    limit: int = LIMIT,
) -> str:
    """All paths between two names, their products, and the factored form.

    Parameters
    ----------
    program : Program
    start : str
        An input, an array element or any name of the file.
    end : str
        An output or any name of the file.
    at : mapping of str to float, optional
        Values of the inputs; the products are then shown with their numbers.
    limit : int
        Paths to list.

    Raises
    ------
    OptionError
        A name is not defined.
    """
    program = program.copy()
    first, last = _find(program, start), _find(program, end)
    picture = _Picture(program, first, last)
    if at is not None:
        picture.values = evaluate(program, at)
    return "\n".join(picture.lines(start, end, limit))


def _find(program: Program, name: str) -> int:
    if name in program.bindings:
        return program.bindings[name]
    elements = program.elements()
    if name in elements:
        return program.input(name)
    known = [*program.bindings, *elements]
    hint = suggest(name, known) or f"names: {', '.join(known[:20])}"
    raise OptionError(f"'{name}' is not a name of the model; {hint}")


class _Picture:
    """The part of the linearised graph between two vertices."""

    def __init__(self, program: Program, first: int, last: int) -> None:
        self.program, self.first, self.last = program, first, last
        self.values: list[float] | None = None
        self.after = self._edges()
        self.counts = self._count()

    def _edges(self) -> dict[int, dict[int, int]]:
        """The local partials: of the operations as they stand, without inner vertices."""
        active = active_vertices(self.program, [self.last], [self.first])
        found: dict[int, dict[int, int]] = {u: {} for u in range(len(active))}
        for w in range(self.first + 1, len(active)):
            arguments = dict.fromkeys(self.program.args(w)) if active[w] else ()
            for u in arguments:
                if active[u] and (c := partial(self.program, w, u)) is not None:
                    found[u][w] = c
        return found

    def _count(self) -> dict[int, int]:
        """Number of paths from each vertex to the last one."""
        counts = {self.last: 1}
        for u in range(self.last - 1, -1, -1):
            total = sum(counts.get(w, 0) for w in self.after[u])
            if total:
                counts[u] = total
        return counts

    def lines(self, start: str, end: str, limit: int) -> list[str]:
        """The explanation, a line each."""
        if self.first == self.last:
            return [f"{end} is {start} itself: the derivative is 1"]
        total = self.counts.get(self.first, 0)
        if not total:
            return [f"no path from {start} to {end}: the derivative is 0"]
        shown = list(self._paths(limit))
        text = [f"{_count(total, 'path')} from {start} to {end}", ""]
        text += align([self._row(path) for path in shown])
        if total > len(shown):
            text.append(f"... and {total - len(shown)} more")
        text += ["", f"sum of the products: {self._plain_cost()}"]
        lines, products, sums = self._factored(end)
        text += ["", f"factored, from {end} back:", *lines]
        return [*text, "", f"factored: {_cost(products, sums)}"]

    def _paths(self, limit: int) -> Iterator[list[int]]:
        """The first paths, depth first, without recursion."""
        waiting = [[self.first]]
        while waiting and limit:
            path = waiting.pop()
            if path[-1] == self.last:
                limit -= 1
                yield path
                continue
            after = sorted(w for w in self.after[path[-1]] if w in self.counts)
            waiting += [[*path, w] for w in reversed(after)]

    def _row(self, path: list[int]) -> tuple[str, ...]:
        edges = [self.after[u][w] for u, w in itertools.pairwise(path)]
        cells = [" -> ".join(label(self.program, v) for v in path), f" {self._product(edges)}"]
        if self.values is not None:
            idle = any(self._is_idle(c) for c in edges)
            product = 0.0 if idle else math.prod((self.values[c] for c in edges), start=1.0)
            cells.append(f"= {product!r}")
        return tuple(cells)

    def _product(self, factors: list[int]) -> str:
        texts = [self._partial(c) for c in factors if not self._is_one(c)]
        return " * ".join(texts) or "1"

    def _partial(self, c: int) -> str:
        """A local partial, written out."""
        from graphc.codegen.emit import Body, Namer

        names = {e: e for e in self.program.elements()}
        kept = {i: label(self.program, i) for i in range(self.last + 1)}
        body = Body(self.program, [c], names, Namer(()), own_lines=False, known=kept)
        text, alone = body.roots[0], body.texts[c][1] >= 9
        return text if alone else f"({text})"

    def _is_one(self, c: int) -> bool:
        return self.program.nodes[c] == ("const", 1)

    def _is_idle(self, c: int) -> bool:
        """Whether a partial leads through a branch that is not taken; nothing comes of its nan."""
        assert self.values is not None
        return self.program.nodes[c][0] == "where" and self.values[c] == 0

    def _factored(self, end: str) -> tuple[list[str], int, int]:
        """One line for each vertex that has several ways on, or is the start; and their cost."""
        rest: dict[int, tuple[list[str], str]] = {self.last: ([], "")}  # factors, then a name
        lines, products, sums = [], 0, 0
        for u in range(self.last - 1, self.first - 1, -1):
            edges = [(w, c) for w, c in self.after[u].items() if w in self.counts]
            if u not in self.counts:
                continue
            groups: dict[str, list[list[str]]] = {}
            for w, c in edges:
                factors, name = rest[w]
                here = [] if self._is_one(c) else [self._partial(c)]
                groups.setdefault(name, []).append(here + factors)
            if len(edges) == 1 and u != self.first:
                ((name, (only,)),) = groups.items()
                rest[u] = (only, name)
                continue
            name = f"d{end}/d{label(self.program, u)}"
            value = "" if self.values is None else f" = {self._derivative(u)!r}"
            lines.append(f"{name} = {_sum_of_groups(groups)}{value}")
            products += _products(groups)
            sums += len(edges) - 1
            rest[u] = ([], name)
        return lines, products, sums

    def _derivative(self, u: int) -> float:
        assert self.values is not None
        found = {self.last: 1.0}
        for v in range(self.last - 1, u - 1, -1):
            flows = [
                (w, c) for w, c in self.after[v].items() if w in found and not self._is_idle(c)
            ]
            if flows:
                found[v] = sum(self.values[c] * found[w] for w, c in flows)
        return found.get(u, 0.0)

    def _plain_cost(self) -> str:
        """Operations of the sum over paths, counted without listing them."""
        factors = {self.last: (1, 0)}  # paths, and factors other than 1 on all of them
        empty = {self.last: 1}  # paths whose factors are all 1
        for u in range(self.last - 1, self.first - 1, -1):
            if u in self.counts:
                edges = [(w, self._is_one(c)) for w, c in self.after[u].items() if w in self.counts]
                total = sum(factors[w][1] + factors[w][0] * (not one) for w, one in edges)
                factors[u] = (self.counts[u], total)
                empty[u] = sum(empty[w] for w, one in edges if one)
        count, total = factors[self.first]
        return _cost(total - (count - empty[self.first]), count - 1)


def _sum_of_groups(groups: dict[str, list[list[str]]]) -> str:
    """A sum whose terms with the same last factor share it: ``(a + b) * dz/dy``."""
    terms = []
    for name, products in groups.items():
        inner = " + ".join(" * ".join(factors) or "1" for factors in products)
        if name and inner != "1":
            inner = f"({inner}) * {name}" if len(products) > 1 else f"{inner} * {name}"
        terms.append(name if name and inner == "1" else inner)
    return " + ".join(terms)


def _products(groups: dict[str, list[list[str]]]) -> int:
    """Multiplications of such a sum."""
    within = sum(max(len(f) - 1, 0) for products in groups.values() for f in products)
    outside = sum(bool(name) and products != [[]] for name, products in groups.items())
    return within + outside


def _cost(products: int, sums: int) -> str:
    return f"{_count(products, 'multiplication')}, {_count(sums, 'addition')}"


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}" + "s" * (n != 1)
