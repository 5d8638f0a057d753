r"""Stable forms in products: what is 0/0 has its limit, whatever else is a factor.

``3*sin(2*x)/x`` is ``sin(x)/x`` with a factor and a scale.  So products are taken apart here, down
to what is no product, quotient or whole power.  There ``sin(u)`` is ``u*sinrel(u)``, and what
``u`` and the other side of the fraction have in common cancels.  Below the line the whole is
multiplied with the reciprocal of ``sinrel(u)``, which may overflow where that does not.  All else
stays as it was written, in the same order.

A logarithm is the other way round: ``2*x*log(x)`` has a limit at 0 as ``log(x)`` is not alone, so
it takes the factors x in; of a sum of squares, with the length.

>>> from graphc.derive.rules import EXACT, Simplifier
>>> from graphc.derive.stable import stabilise
>>> from graphc.errors import Source
>>> from graphc.language.elaborate import elaborate
>>> program = elaborate(Source("y = 3*sin(2*x)/x\nz = 2*x*log(x)"), Simplifier(EXACT))
>>> [found.after for found in stabilise(program).replaced]
['3*(2*sinrel(2*x))', '2*xlogx(x)']
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphc.derive.forms import LOGARITHMS, Factor, Logarithm, Match
from graphc.derive.sums import length
from graphc.language.templates import template
from graphc.program import Program

MAX_LEAVES = 32  # of a product that is taken apart
MAX_POWER = 8  # of a factor that is looked into

Value = Callable[["Leaf"], int]


@dataclass(eq=False)
class Leaf:
    """One factor of a product.

    Attributes
    ----------
    place : int
        The node as it stands in the product: a whole power, or anything else.
    node, exponent : int
        What it is a power of, and which.
    above : bool
        Whether it stands above the line, if negative powers are written below it.
    owner : int
        The outermost product around it that is a form already, or -1.
    left : int
        How many times it is still there.
    sign : int
        -1 once it was cancelled with its negative.
    """

    place: int
    node: int
    exponent: int
    above: bool
    owner: int
    left: int = field(init=False)
    sign: int = 1

    def __post_init__(self) -> None:
        self.left = abs(self.exponent)

    @property
    def whole(self) -> bool:
        """Whether nothing has gone."""
        return self.left == abs(self.exponent)

    @property
    def operand(self) -> int | None:
        """The node that its place is filled with."""
        return self.place if self.whole else self.node if self.left else None

    def value(self, program: Program, new: Sequence[int]) -> int:
        """What stands in its place now."""
        if self.whole:
            return new[self.place]
        if self.left == 0:
            return program.const(self.sign)
        if self.left == 1 and self.exponent > 0:
            return new[self.node]
        power = self.left if self.exponent > 0 else -self.left
        return program.add(("pow", new[self.node], program.const(power)))


@dataclass(frozen=True)
class Factors:
    """A product: its operations in Polish notation, with the factors as leaves."""

    tokens: list[str | Leaf]

    @property
    def leaves(self) -> list[Leaf]:
        """The factors, from left to right."""
        return [token for token in self.tokens if isinstance(token, Leaf)]

    def build(self, program: Program, value: Value) -> int:
        """The product again, with these factors."""
        stack: list[int] = []
        for token in reversed(self.tokens):
            if isinstance(token, Leaf):
                stack.append(value(token))
            elif token == "neg":
                stack.append(program.add(("neg", stack.pop())))
            else:
                stack.append(program.add((token, stack.pop(), stack.pop())))
        return stack.pop()


def take_apart(program: Program, i: int, found: Container[int] = ()) -> Factors | None:
    """The factors of a product; None if there are too many."""
    tokens: list[str | Leaf] = []
    waiting = [(i, True, -1)]
    while waiting:
        j, above, owner = waiting.pop()
        op, *args = program.nodes[j]
        if op not in ("mul", "div", "neg"):
            tokens.append(_leaf(program, j, above, owner))
            continue
        if owner < 0 and j != i and j in found:
            owner = j
        tokens.append(op)
        sides = (above, above != (op == "div"))
        waiting += [(a, side, owner) for a, side in zip(args, sides, strict=False)][::-1]
        if len(tokens) > 2 * MAX_LEAVES:
            return None
    return Factors(tokens)


def _leaf(program: Program, i: int, above: bool, owner: int) -> Leaf:
    node = program.nodes[i]
    power = program.value(node[2]) if node[0] == "pow" else None
    if isinstance(power, int | float) and power % 1 == 0 and 0 < abs(power) <= MAX_POWER:
        return Leaf(i, node[1], int(power), above == (power > 0), owner)
    return Leaf(i, i, 1, above, owner)


# --- what cancels -------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """A factor that is replaced: what by, and what that is still multiplied with.

    Below the line only the latter takes its place; the whole is multiplied with the reciprocal.
    So many factors ``exp(x)`` are in that too (``grown``).
    """

    match: Match
    power: int
    rests: list[Factors]
    above: bool = True
    grown: int = 0

    def operands(self) -> Iterator[int]:
        """The nodes that it is made of."""
        yield from self.match.operands
        for rest in self.rests:
            yield from (leaf.operand for leaf in rest.leaves if leaf.operand is not None)

    def build(self, program: Program, new: Sequence[int]) -> int:
        """Put it in place."""
        made = None
        if self.above:
            made = _raised(program, self.match.build(program, new), self.power)
        for rest in self.rests:
            left = rest.build(program, lambda leaf: leaf.value(program, new))
            made = left if made is None else program.add(("mul", left, made))
        return program.const(1) if made is None else made

    def times_reciprocal(self, program: Program, new: Sequence[int], whole: int) -> int:
        """Multiply the whole product with what is not in its place."""
        form = self.match.form
        if self.above or not isinstance(form, Factor):
            return whole
        args = [new[a] for a in self.match.operands]
        for text, power in ((form.grown, self.grown), (form.below, self.power - self.grown)):
            if power > 0:
                made = template(text, ("x",))(program, args)
                whole = program.add(("mul", whole, _raised(program, made, power)))
        return whole


def _raised(program: Program, made: int, power: int) -> int:
    return program.add(("pow", made, program.const(power))) if power > 1 else made


def in_product(
    program: Program, i: int, found: Container[int], limits: Mapping[int, Match]
) -> Match | None:
    """The form of a product some factors of which have a limit together only.

    Parameters
    ----------
    program : Program
    i : int
        The product.
    found : container of int
        Nodes that are forms already; what is in one of them is no reason for another.
    limits : dict of int to Match
        The functions of the table `FACTORS`.
    """
    whole = take_apart(program, i, found)
    if whole is None or not _worth(program, whole, limits):
        return None
    taken: dict[Leaf, Taken] = {}
    reasons: list[Match] = []
    for leaf in whole.leaves:
        if leaf.whole and leaf.exponent > 0:
            near = _logarithm(program, whole, leaf, found)
            near = near or _limit(program, whole, leaf, limits.get(leaf.node))
            if near is not None:
                taken[leaf], new = near
                reasons += [taken[leaf].match] * new
    return _match(whole, taken, reasons[0]) if reasons else None


def _worth(program: Program, whole: Factors, limits: Container[int]) -> bool:
    """Whether anything can come of it: a logarithm, or a function in a fraction."""
    leaves = whole.leaves
    if any(program.nodes[leaf.node][0] in LOGARITHMS for leaf in leaves):
        return True
    sides = {leaf.above for leaf in leaves}
    return len(sides) == 2 and any(leaf.node in limits for leaf in leaves)


def _match(whole: Factors, taken: dict[Leaf, Taken], reason: Match) -> Match:
    operands = [a for made in taken.values() for a in made.operands()]
    others = (leaf.operand for leaf in whole.leaves if leaf not in taken)
    operands += [a for a in others if a is not None]

    def build(program: Program, new: Sequence[int]) -> int:
        def value(leaf: Leaf) -> int:
            made = taken.get(leaf)
            return leaf.value(program, new) if made is None else made.build(program, new)

        made = whole.build(program, value)
        for factor in taken.values():
            made = factor.times_reciprocal(program, new, made)
        return made

    return Match(reason.form, tuple(dict.fromkeys(operands)), build)


Near = tuple[Taken, bool]  # and whether not all of it is in one form already


def _limit(program: Program, whole: Factors, leaf: Leaf, match: Match | None) -> Near | None:
    """A function with what it shares with the other side of the fraction gone."""
    if match is None or not isinstance(match.form, Factor):
        return None
    rests, gone = list[Factors](), list[tuple[Leaf, int]]()
    for k in range(match.form.order * leaf.exponent):
        rest = take_apart(program, match.operands[0])
        pairs = list(_common(program, rest, whole, leaf)) if rest else []
        if rest is None or (k < match.form.order and not _variable(program, pairs)):
            for other, times in gone:
                other.left += times
            return None
        for mine, other in pairs if _variable(program, pairs) else ():
            gone.append((other, _cancel(mine, other)))
        rests.append(rest)
    new = any(other.owner != leaf.owner or other.owner < 0 for other, _ in gone)
    grows = match.form.grown and not leaf.above
    grown = _exponentials(program, whole, match.operands[0], leaf.exponent) if grows else 0
    return Taken(match, leaf.exponent, rests, leaf.above, grown), new


def _exponentials(program: Program, whole: Factors, x: int, most: int) -> int:
    """Take out factors exp(x); how many there were."""
    found = program.find(("exp", x))
    for other in whole.leaves:
        if other.node == found and other.above and other.exponent > 0:
            times = min(most, other.left)
            other.left -= times
            return times
    return 0


def _variable(program: Program, pairs: list[tuple[Leaf, Leaf]]) -> bool:
    return any(program.value(mine.node) is None for mine, _ in pairs)


def _cancel(mine: Leaf, other: Leaf) -> int:
    """Take out what two factors have in common; how many times it was."""
    times = min(mine.left, other.left)
    mine.left -= times
    other.left -= times
    mine.sign = 1 if mine.node == other.node else -1
    return times


def _common(
    program: Program, rest: Factors, whole: Factors, leaf: Leaf
) -> Iterator[tuple[Leaf, Leaf]]:
    """The factors of an argument that are there on the other side, each with its partner."""
    there = {other: other.left for other in whole.leaves if other.above != leaf.above}
    for mine in rest.leaves:
        wanted = mine.left if mine.above else 0
        for other, left in there.items():
            same = mine.node == other.node or _opposite(program, mine, other)
            if same and wanted and left:
                there[other] -= min(wanted, left)
                wanted -= min(wanted, left)
                yield mine, other


def _opposite(program: Program, mine: Leaf, other: Leaf) -> bool:
    """Whether two factors are constants that differ by their sign."""
    value, negative = program.value(mine.node), program.value(other.node)
    if value is None or negative is None or mine.exponent != 1 or other.exponent != 1:
        return False
    return value == -negative


# --- logarithms ---------------------------------------------------------------------------


def _logarithm(program: Program, whole: Factors, leaf: Leaf, found: Container[int]) -> Near | None:
    """A logarithm with the factors that have a limit together with it."""
    op, *args = program.nodes[leaf.node]
    if op not in LOGARITHMS or leaf.exponent != 1 or not leaf.above or leaf.node in found:
        return None
    argument = take_apart(program, args[0])
    for inner in argument.leaves if argument else ():
        for x in _roots(program, inner.node) if inner.above else ():
            mine = [other for other in whole.leaves if other.above and other.node == x]
            mine = [other for other in mine if other.whole and other.exponent > 0]
            if not mine or program.value(x) is not None:
                continue
            new = any(other.owner != leaf.owner or other.owner < 0 for other in mine)
            power = sum(other.left for other in mine)
            for other in mine:
                other.left = 0
            match = _taken_in(LOGARITHMS[op], length(program, x), x, args[0], power)
            return Taken(match, 1, []), new
    return None


def _roots(program: Program, i: int) -> Iterator[int]:
    """A node, what it is the root of, and its root: what is 0 together with it."""
    yield i
    if program.nodes[i][0] == "sqrt":
        yield program.nodes[i][1]
    root = program.find(("sqrt", i))
    if root is not None:
        yield root


def _taken_in(form: Logarithm, root: Match | None, x: int, u: int, power: int) -> Match:
    """The logarithm of u times a power of x; the root of x, if that is a sum of squares."""

    def build(program: Program, new: Sequence[int]) -> int:
        named, text = {"x": new[x], "u": new[u]}, form.alone if x == u else form.right
        if power > 1:
            text = form.higher
            named |= {"k": program.const(power - 0.5), "n": program.const(power)}
        elif root is not None:
            text = form.length if x == u else form.squares
            named["r"] = root.build(program, new)
        return template(text, tuple(named))(program, tuple(named.values()))

    return Match(form, (x, u, *(root.operands if root else ())), build)
