"""Signs of derivatives, chosen so that few negations are left.

Wherever a derivative needs a node, the code may have its negative instead: a sum takes a sign up
(``a + -b`` is ``a - b``, ``-(a - b)`` is ``b - a``), a product hands it on to a factor, a constant
keeps it (``-(2*x)`` is ``-2*x``).  None of this rounds; only the sign of a zero may change.  The
user's own nodes keep their sign, results have the one that was asked for, and every operation
relates the signs of its operands to its own:

- product or quotient ``u = a*b``: ``sign(u) = sign(a) * sign(b)``;
- sum ``u = a + b``: ``sign(a)``, ``sign(b)``, ``-sign(u)`` are not all equal.

Where a relation fails, one of its nodes must be had with both signs: one negation for all its
users.  Logic synthesis assigns phases to gates likewise to save inverters, and the least number is
hard to find (Jain & Bryant, ICCAD 1993).  Here a negation is dropped, which may break relations;
each is mended by the flip of another node, which may break others, until none is broken: an
ejection chain (Glover, Discrete Applied Mathematics 65, 1996).  Where chains of several negations
fail near one node, that node with both signs may do for all: ``-(w*a), -(w*b)`` becomes
``(-w)*a, (-w)*b``.  Work is done around negations only.

>>> from graphc.derive.cost import cost
>>> from graphc.derive.eliminate import accumulate
>>> from graphc.derive.rules import EXACT, Simplifier
>>> from graphc.errors import Source
>>> from graphc.language.elaborate import elaborate
>>> program = elaborate(Source("e = cos(a*b)"), Simplifier(EXACT))
>>> size, (row,) = len(program), accumulate(program, ["e"], ["a", "b"], "reverse")
>>> settled = settle(program, row, size)
>>> cost(program, row).total, cost(program, settled).total
(6, 5)
>>> [program.names[i] for i in settled]
['de_da', 'de_db']
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from graphc.program import Node, Program

LONGEST = 40  # flips of a chain, those that led nowhere included
MANY = 40  # operations that use a node; one with more of them is not flipped
EFFORT, EFFORT_EACH = 5_000, 4  # relations looked at in all, and so many more for each operation
ROUNDS = 4  # of choosing and rebuilding; the last of them finds nothing more, as a rule

PLUS, MINUS = 1, -1
_PRODUCTS = ("mul", "div")
_ARITHMETIC = ("add", "sub", *_PRODUCTS)
_LEAVES = ("const", "input", "error")
_USED, _KEPT = 1, 2  # needed, with either sign; needed as it is by what is not arithmetic

Signed = tuple[int, int]  # a node and a sign
Form = tuple[int, int, int]  # signs of an operation and of its operands
Relation = tuple[bool, int, int, int, int]  # is a product; operands, each after its sign in it


def settle(program: Program, roots: Sequence[int], primal: int) -> list[int]:
    """The nodes that replace some roots: equal numbers, from fewer operations if possible.

    A zero may change its sign.  What operations other than sums, products and quotients need is
    left alone; so nothing inside a branch changes.

    Parameters
    ----------
    program : Program
        Gets the new nodes.  Names of replaced nodes, and ``derivatives``, move to the new ones.
    roots : sequence of int
        All nodes that will be computed.
    primal : int
        Number of nodes that are the user's own.

    Returns
    -------
    list of int
        A node for each root; the root itself where nothing was gained.
    """
    settled, nodes = list(roots), program.nodes
    for _ in range(ROUNDS):
        claims = _claims(program, settled, primal)
        if not any(claim == _USED and nodes[i][0] == "neg" for i, claim in enumerate(claims)):
            break
        signs = Signs(program, claims, settled, primal)
        if not signs.search():
            break
        settled = _rebuild(signs, settled)
    return settled


def _claims(program: Program, roots: Iterable[int], primal: int) -> bytearray:
    """What becomes of every node; 0 where no root needs it."""
    nodes, claims = program.nodes, bytearray(len(program))
    for root in roots:
        claims[root] = _USED if root >= primal else _KEPT
    for i in range(len(nodes) - 1, -1, -1):
        if claims[i] and nodes[i][0] not in _LEAVES:
            claim, (op, *args) = claims[i], nodes[i]
            if op != "neg" and (i < primal or op not in _ARITHMETIC):
                claim = _KEPT
            for a in args:
                if claims[a] < claim:
                    claims[a] = claim
    return claims


class Signs:
    """The signs that nodes are computed with, under search.

    Negations are no nodes here: they are signs of the operands of others.

    Attributes
    ----------
    claims : bytearray
        What becomes of each node.
    sign : list of int
        The sign that each node is computed with.
    both : bytearray
        Whether a node is had with both signs.
    pinned : list of int
        The sign that a node has if it has only one; 0 if it may have either.
    relations : dict of int to Relation
        The sums and products whose signs are open.
    touching : dict of int to list of int
        The relations that a node takes part in.
    wanted : dict of (int, int) to None
        Nodes that are needed with a sign, whatever is chosen.
    """

    def __init__(self, program: Program, claims: bytearray, roots: list[int], primal: int) -> None:
        self.program, self.claims, self.primal = program, claims, primal
        self.sign = [PLUS] * len(program)
        self.both = bytearray(len(program))
        self.pinned = [PLUS] * len(program)
        self.relations: dict[int, Relation] = {}
        self.touching: dict[int, list[int]] = {}
        self.wanted: dict[Signed, None] = {}
        self._negations: dict[int, Signed] = {}
        self._for_good: set[int] = set()  # nodes that have both signs whatever is chosen
        self._trail: list[tuple[list[int] | bytearray, int, int]] = []
        self._met: dict[int, None] = {}
        self._read()
        for root in roots:
            if claims[root] == _USED:
                self._demand(*self.unsigned(root))
        self._effort = EFFORT + EFFORT_EACH * len(self.relations)

    def unsigned(self, i: int) -> Signed:
        """The node that a node is but for its sign, and that sign."""
        return self._negations.get(i, (i, PLUS))

    def is_number(self, e: int) -> bool:
        """Whether a node is a constant that can be written with either sign; pi is not."""
        value, spelling = self.program.value(e), self.program.spellings.get(e)
        if value is None or isinstance(value, bool):
            return False
        return math.isfinite(value) and spelling != "pi"

    def _read(self) -> None:
        """Relations of all operations that are open; their operands' signs as they are now."""
        nodes = self.program.nodes
        for i, claim in enumerate(self.claims):
            op = nodes[i][0]
            if not claim:
                continue
            if op == "neg":
                e, sign = self.unsigned(nodes[i][1])
                self._negations[i] = (e, -sign)
                if claim == _KEPT:
                    self._demand(e, -sign)
            elif claim == _USED and i >= self.primal and op in _ARITHMETIC:
                self._relate(i, nodes[i])
            elif op == "const" and self.is_number(i):
                self._have_both(i)

    def _relate(self, u: int, node: Node) -> None:
        op, left, right = node
        (a, sign_a), (b, sign_b) = self.unsigned(left), self.unsigned(right)
        for e, sign in ((a, sign_a), (b, sign_b)):
            if sign == MINUS:
                self.both[e] = True
            self.touching.setdefault(e, []).append(u)
        self.relations[u] = (op in _PRODUCTS, sign_a, a, -sign_b if op == "sub" else sign_b, b)
        self.touching[u] = [u]
        self.pinned[u] = 0

    def _demand(self, e: int, sign: int) -> None:
        self.wanted[e, sign] = None
        if self.pinned[e] == -sign:
            self._have_both(e)
        else:
            self.pinned[e] = sign
            self.both[e] |= sign == MINUS

    def _have_both(self, e: int) -> None:
        self.both[e] = True
        self._for_good.add(e)

    def holds(self, u: int) -> bool:
        """Whether an operation needs no further negation."""
        is_product, sign_a, a, sign_b, b = self.relations[u]
        both, sign = self.both, self.sign
        if both[a] or both[b] or both[u]:
            return True
        return _allowed(is_product, sign_a * sign[a], sign_b * sign[b], sign[u])

    def _broken(self, e: int) -> list[int]:
        """The relations at a node that do not hold."""
        touching = self.touching.get(e, [])
        self._effort -= len(touching)
        return [u for u in touching if not self.holds(u)]

    def search(self) -> int:
        """Drop negations until no more can be; how many were dropped."""
        sites = [e for e, both in enumerate(self.both) if both and e not in self._for_good]
        count, before = len(sites), -1
        while len(sites) != before and self._effort > 0:
            failed: dict[int, list[int]] = {}
            before, sites = len(sites), self._drop_each(sites, failed)
            sites = self._share(sites, failed)
            self._trail.clear()
        return count - len(sites)

    def _drop_each(self, sites: list[int], failed: dict[int, list[int]]) -> list[int]:
        """Drop each negation by itself; those that stay are noted at the nodes they met."""
        for e in sorted(sites, reverse=True):
            self._met = {}
            if not self._drop(e, choices=3):
                for f in self._met:
                    failed.setdefault(f, []).append(e)
        return [e for e in sites if self.both[e]]

    def _share(self, sites: list[int], failed: dict[int, list[int]]) -> list[int]:
        """Have nodes with both signs where that drops several negations."""
        for f, found in sorted(failed.items(), key=lambda item: (-len(item[1]), item[0])):
            left = [e for e in found if self.both[e]]
            if len(left) < 2 or self.both[f]:
                continue
            mark = len(self._trail)
            self._set(self.both, f, True)
            if sum([self._drop(e, choices=1) for e in left]) > 1:
                sites.append(f)
            else:
                self._undo(mark)
        return [e for e in sites if self.both[e]]

    def _drop(self, e: int, choices: int) -> bool:
        """Have a node with one sign instead of both, if all relations can be mended."""
        mark, pinned, sign = len(self._trail), self.pinned[e], self.sign[e]
        for chosen in (pinned,) if pinned else (sign, -sign):
            for to_inputs in (True, False):
                if self._effort < 0:
                    return False
                self._set(self.both, e, False)
                self._set(self.sign, e, chosen)
                if self._mend(e, to_inputs, choices):
                    return True
                self._undo(mark)
        return False

    def _mend(self, start: int, to_inputs: bool, choices: int) -> bool:
        """Flip nodes until all relations hold, with some choices for each relation."""
        first, broken = len(self._trail), self._broken(start)
        waiting: list[tuple[int, int, list[int]]] = []  # length of trail, flip, broken after it
        for _ in range(LONGEST):
            broken = [u for u in broken if not self.holds(u)]
            if not broken:
                return True
            flips = self._flips(broken[-1], {start, *(e for _, e, _ in self._trail[first:])})
            flips.sort(key=lambda f: (len(f[1]), f[0] if to_inputs else -f[0]))
            for e, more in reversed(flips[:choices]):
                waiting.append((len(self._trail), e, broken + more))
            if not waiting:
                return False
            mark, e, broken = waiting.pop()
            self._undo(mark)
            self._set(self.sign, e, -self.sign[e])
        return False

    def _flips(self, u: int, flipped: set[int]) -> list[tuple[int, list[int]]]:
        """The nodes whose flip mends a relation, each with the relations that it breaks."""
        found = []
        _, _, a, _, b = self.relations[u]
        for e in (a, b, u):
            self._met[e] = None
            if not (self.pinned[e] or e in flipped or len(self.touching[e]) > MANY):
                self.sign[e] = -self.sign[e]
                found.append((e, self._broken(e)))
                self.sign[e] = -self.sign[e]
        return [(e, broken) for e, broken in found if u not in broken]

    def _set(self, column: list[int] | bytearray, e: int, value: int) -> None:
        self._trail.append((column, e, column[e]))
        column[e] = value

    def _undo(self, mark: int) -> None:
        while len(self._trail) > mark:
            column, e, value = self._trail.pop()
            column[e] = value


def _allowed(is_product: bool, a: int, b: int, u: int) -> bool:
    """Whether an operation with operands of some signs gives a result of some sign."""
    return a * b == u if is_product else a != b or a == u


def _rebuild(signs: Signs, roots: Sequence[int]) -> list[int]:
    """The nodes of roots with the signs that were chosen."""
    wanted = signs.wanted.copy()
    forms = {u: _choose_form(signs, wanted, u) for u in reversed(signs.relations)}
    maker = _Maker(signs)
    for u in signs.relations:
        maker.make(u, forms[u])
    replaced = [maker.now(root) for root in roots]
    maker.move_names()
    return replaced


def _choose_form(signs: Signs, wanted: dict[Signed, None], u: int) -> Form:
    """The form with the fewest negations; ``wanted`` holds, and gets, what is needed anyhow."""
    both, sign = signs.both, signs.sign
    _, _, a, _, b = signs.relations[u]
    form = (sign[u], sign[a], sign[b])
    if both[u] or both[a] or both[b]:
        form = min(_forms(signs, u), key=lambda form: _price(signs, wanted, u, form))
    wanted[a, form[1]] = wanted[b, form[2]] = None
    return form


def _forms(signs: Signs, u: int) -> Iterator[Form]:
    """The ways to compute an operation from what is there with both signs, or with one."""
    is_product, sign_a, a, sign_b, b = signs.relations[u]
    options = [(PLUS, MINUS) if signs.both[e] else (signs.sign[e],) for e in (u, a, b)]
    for form in product(*options):
        if _allowed(is_product, sign_a * form[1], sign_b * form[2], form[0]):
            yield form[0], form[1], form[2]


def _price(signs: Signs, wanted: dict[Signed, None], u: int, form: Form) -> tuple[int, int]:
    """Negations that a form needs, as far as is decided, and the signs that it changes."""
    _, _, a, _, b = signs.relations[u]
    negations = int((u, form[0]) not in wanted)
    for e, sign in ((a, form[1]), (b, form[2])):
        if (e, sign) not in wanted and not signs.is_number(e):
            negations += (e, -sign) in wanted if e in signs.relations else sign == MINUS
    return negations, form.count(MINUS)


class _Maker:
    """Adds operations in chosen forms; ``made`` has the number of each node with a sign."""

    def __init__(self, signs: Signs) -> None:
        self.signs, self.program = signs, signs.program
        self.made: dict[Signed, int] = {}

    def make(self, u: int, form: Form) -> None:
        """Add an operation in a form."""
        nodes, (sign, side_a, side_b) = self.program.nodes, form
        is_product, sign_a, a, sign_b, b = self.signs.relations[u]
        self.program.origin = self.program.origins[u]
        x, y = self._node(a, side_a), self._node(b, side_b)
        if is_product:
            node = (nodes[u][0], x, y)
        elif sign_a * side_a != sign:
            node = ("sub", y, x)
        else:
            node = ("add" if sign_b * side_b == sign else "sub", x, y)
        if node == nodes[u]:
            found = u
        elif "neg" in (nodes[x][0], nodes[y][0]):  # a rule would put the sign in front again
            found = self.program.restore(node)
        else:
            found = self.program.add(node)
        self.made[u, sign] = found

    def _node(self, e: int, sign: int) -> int:
        """The number of a node with a sign."""
        found = self.made.get((e, sign))
        if found is None:
            if e not in self.signs.relations and sign == PLUS:
                found = e
            elif self.signs.is_number(e):
                found = self.program.const(-self.program.nodes[e][1])
            else:
                found = self.program.add(("neg", self._node(e, -sign)))
            self.made[e, sign] = found
        return found

    def now(self, i: int) -> int:
        """The node that a node has become."""
        return self._node(*self.signs.unsigned(i)) if self.signs.claims[i] == _USED else i

    def move_names(self) -> None:
        """Give the names of replaced nodes to the nodes that replace them."""
        names, derivatives = self.program.names, self.program.derivatives
        for i in [i for i in names if i >= self.signs.primal]:
            new = self.made.get(self.signs.unsigned(i), i)
            if new != i and self.program.nodes[new][0] not in _LEAVES:
                names.setdefault(new, names.pop(i))
        for name, i in derivatives.items():
            derivatives[name] = self.made.get(self.signs.unsigned(i), i)
