r"""Stable forms: formulas that overflow, cancel or divide 0 by 0, computed another way.

The forms are those of `graphc.derive.forms`, tables of texts and reasons.  The pass looks for them
in the program as it was written, and what matches is replaced as a whole: forms inside of others
are taken only where something else needs the inner operations.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = stabilise(elaborate(Source("y = 2*log(1 + exp(a*b))")))
>>> [f"{found.before} -> {found.after}" for found in program.replaced]
['log(1 + exp(a*b)) -> softplus(a*b)']
>>> program.nodes[3:]
[('mul', 1, 2), ('softplus', 3), ('mul', 0, 4)]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import TypeGuard

from graphc.derive.factors import in_product
from graphc.derive.forms import (
    CHAINS,
    DECIDED,
    FACTORS,
    LAST,
    LOGARITHMS,
    STABLE,
    Form,
    Match,
)
from graphc.derive.formula import formula
from graphc.derive.intervals import NEGATED
from graphc.derive.ranges import Ranges
from graphc.derive.rules import Pattern, match_lines, pattern, tag
from graphc.derive.sums import in_sum, length
from graphc.language.templates import building, function
from graphc.ops import OPS
from graphc.program import Node, Program, Replaced

# --- what guards ask ----------------------------------------------------------------------


@dataclass(frozen=True)
class Facts:
    """What is known of the nodes of a program.

    Attributes
    ----------
    program : Program
    found : dict of int to Match
        The nodes that were matched so far.
    """

    program: Program
    found: dict[int, Match]

    @cached_property
    def nonnegative(self) -> bytearray:
        """A flag for every node: whether it is never below 0."""
        program, flags = self.program, bytearray()
        for node in program.nodes:
            flags.append(_is_nonnegative(program, node, flags))
        return flags

    @cached_property
    def ranges(self) -> Ranges | None:
        """What the nodes can be, given the bounds of the inputs, if there are any."""
        bounded = any(i.bounds for i in self.program.inputs.values())
        return Ranges(self.program) if bounded else None

    def is_bounded(self, i: int) -> bool:
        """Whether a node is never below 0, because of the bounds; it may be nan."""
        found = None if self.ranges is None else self.ranges.interval(i)
        return found is not None and found.low[0] >= 0

    def is_number(self, i: int) -> bool:
        """Whether a node is never below 0, nor nan, because of the bounds."""
        return self.is_bounded(i) and self.ranges is not None and not self.ranges.interval(i).nan

    def truth(self, condition: int) -> bool | None:
        """Whether bounds decide a comparison of inputs and constants."""
        program = self.program
        op, *args = program.nodes[condition]
        leaves = all(program.nodes[a][0] in ("input", "const") for a in args)
        if self.ranges is None or op not in NEGATED or not leaves:
            return None
        return self.ranges.truth(condition)


_NEVER_NEGATIVE = {"abs", "exp", "exp2", "sqrt", "hypot", "hypot3", "cosh", "sigmoid", "softplus"}
_ALL_ARGUMENTS = {"add": 1, "mul": 1, "div": 1, "min": 1, "where": 2}  # from this argument on


def _is_nonnegative(program: Program, node: Node, flags: bytearray) -> bool:
    op = node[0]
    if op == "const":
        return bool(node[1] >= 0)
    if op in _NEVER_NEGATIVE or (op == "mul" and node[1] == node[2]):
        return True
    if op in _ALL_ARGUMENTS:
        return all(flags[a] for a in node[_ALL_ARGUMENTS[op] :])
    if op == "max":
        return any(flags[a] for a in node[1:])
    return op == "pow" and (bool(flags[node[1]]) or _is_whole(program.value(node[2]), times=2))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object, times: int) -> bool:
    """Whether it is a multiple of a number."""
    return _is_number(value) and value % times == 0


def _is_odd(value: object) -> bool:
    """Whether it is a number that is not even."""
    return _is_number(value) and value % 2 != 0


def _is_positive(value: object) -> bool:
    return _is_number(value) and 0 < value < math.inf


def _opposite(program: Program, x: int, y: int) -> bool:
    """Whether one is the negative of the other, as far as their last operation tells."""
    one, other = program.nodes[x], program.nodes[y]
    if one == ("neg", y) or other == ("neg", x):
        return True
    if one[0] != "mul" or other[0] != "mul":
        return False
    scales = [(program.value(a), program.value(b)) for a, b in product(one[1:], other[1:])]
    opposite = any(_is_number(c) and _is_number(d) and c == -d for c, d in scales)
    return opposite and bool(set(one[1:]) & set(other[1:]))


GUARDS: dict[str, Callable[..., bool]] = {
    "bounded": Facts.is_bounded,
    "number": Facts.is_number,
    "nonnegative": lambda facts, i: bool(facts.nonnegative[i]),
    "even": lambda facts, i: _is_whole(facts.program.value(i), times=2),
    "odd": lambda facts, i: _is_odd(facts.program.value(i)),
    "fourfold": lambda facts, i: _is_whole(facts.program.value(i), times=4),
    "positive": lambda facts, i: _is_positive(facts.program.value(i)),
    "opposite": lambda facts, x, y: _opposite(facts.program, x, y),
    # a variable that is no sum of squares, which has another form
    "single": lambda facts, i: facts.program.value(i) is None and length(facts.program, i) is None,
    # a logarithm that is no form of its own
    "plain": lambda facts, *nodes: all(
        facts.program.find(("log", i)) not in facts.found for i in nodes
    ),
}


# --- matching -----------------------------------------------------------------------------

Test = Callable[[Facts, Node], Match | None]


def _variants(tree: Pattern) -> Iterator[Pattern]:
    """A pattern with the arguments of commutative operations in either order."""
    if tree[0] in ("input", "const"):
        yield tree
        return
    for args in product(*(list(_variants(part)) for part in tree[1:])):
        yield (tree[0], *args)
        if OPS[tree[0]].commutative and args[0] != args[1]:
            yield (tree[0], args[1], args[0])


def _test(form: Form, tree: Pattern) -> Test:
    """The function that looks for a pattern."""
    lines, names = ["    nodes = facts.program.nodes"], dict[str, str]()
    for k, part in enumerate(tree[1:], 1):
        match_lines(part, f"node[{k}]", lines, names)
    test, *guarded = form.guard.split() or [""]
    if test:
        nodes = ", ".join(names[name] for name in guarded)
        lines.append(f"    if not guard(facts, {nodes}): return None")
    made, result = building(form.right, {n: f"new[{old}]" for n, old in names.items()})
    lines += ["    def build(program, new):", "        add = program.add"]
    lines += [f"    {line}" for line in made] + [f"        return {result}"]
    known = {"guard": GUARDS.get(test), "copysign": math.copysign, "form": form, "Match": Match}
    parameters = ", ".join(["facts, node", *(f"{name}={name}" for name in known)])
    operands = "".join(f"{old}, " for old in names.values())
    return function("test", parameters, lines, f"Match(form, ({operands}), build)", known)


_Index = dict[tuple[str, int, object], list[Test]]


@cache
def _index(forms: tuple[Form, ...]) -> _Index:
    """What looks for each form, by operation, argument position and what stands there.

    A form without anything there is known by its operation.
    """
    index: _Index = {}
    for form in forms:
        for tree in dict.fromkeys(_variants(pattern(form.left))):
            op, *args = tree
            place = next((k for k, arg in enumerate(args, 1) if arg[0] != "input"), 0)
            known = tag(args[place - 1]) if place else None
            index.setdefault((op, place, known), []).append(_test(form, tree))
    return index


def _look(index: _Index, facts: Facts, node: Node) -> Match | None:
    """The first form that a node has."""
    nodes = facts.program.nodes
    if node[0] in ("const", "input"):
        return None
    keys = [(node[0], 0, None)]
    for place, a in enumerate(node[1:], 1):
        op, *value = nodes[a]
        keys.append((node[0], place, value[0] if op == "const" else op))
    for key in keys:
        for test in index.get(key, ()):
            match = test(facts, node)
            if match is not None:
                return match
    return None


def _find(program: Program) -> dict[int, Match]:
    """The nodes that a form can replace."""
    index, last, chains = _index(STABLE), _index(LAST), {chain.outer: chain for chain in CHAINS}
    heads, facts = {op for op, _, _ in index}, Facts(program, {})
    limits = _limits(facts)
    near = _near(program, limits)
    for i, node in enumerate(program.nodes):
        if node[0] == "where" and (truth := facts.truth(node[1])) is not None:
            facts.found[i] = _decided(node[2] if truth else node[3])
        if node[0] not in heads:
            continue
        match = in_sum(program, node, chains[node[0]]) if node[0] in chains else None
        match = match or _look(index, facts, node)
        if match is None and near[i] and node[0] in ("mul", "div"):
            match = in_product(program, i, facts.found, limits)
        match = match or _look(last, facts, node)
        if match is not None:
            facts.found[i] = match
    return facts.found


def _decided(branch: int) -> Match:
    """The branch of a conditional that the bounds leave."""
    return Match(DECIDED, (branch,), lambda program, new: new[branch])


def _limits(facts: Facts) -> dict[int, Match]:
    """The nodes that may be 0/0 together with others, each with its limit."""
    index = _index(FACTORS)
    heads = {op for op, _, _ in index}
    nodes = enumerate(facts.program.nodes)
    found = ((i, _look(index, facts, node)) for i, node in nodes if node[0] in heads)
    return {i: match for i, match in found if match is not None}


def _near(program: Program, limits: Container[int]) -> bytearray:
    """A flag for every product: whether it has a factor that may be 0/0 together with others."""
    flags = bytearray()
    for i, (op, *args) in enumerate(program.nodes):
        if op in ("mul", "div", "neg", "pow"):
            flags.append(any(flags[a] for a in args))
        else:
            flags.append(op in LOGARITHMS or i in limits)
    return flags


# --- the pass -----------------------------------------------------------------------------


def stabilise(program: Program) -> Program:
    """The same model with the stable forms of what overflows, cancels or is 0/0.

    The result says in ``stable`` what was replaced.
    """
    found = _find(program)
    if not found:
        return program
    needed = _needed(program, found)
    if not any(needed[i] for i in found):
        return program
    new, numbers = Program(program.rewrite, program.source), [-1] * len(program)
    new.inputs, new.doc = program.inputs, program.doc
    for i, node in enumerate(program.nodes):
        if not needed[i]:
            continue
        new.origin = program.origins[i]
        if node[0] == "const":
            numbers[i] = new.const(node[1], program.spellings.get(i, ""))
        elif node[0] == "input":
            numbers[i] = new.input(node[1])
        elif i in found:
            numbers[i] = found[i].build(new, numbers)
        else:
            numbers[i] = new.add((node[0], *[numbers[a] for a in node[1:]]))
    for i, name in program.names.items():
        if needed[i]:
            new.names.setdefault(numbers[i], name)
    new.bindings = {n: numbers[i] for n, i in program.bindings.items() if needed[i]}
    new.outputs = {n: numbers[i] for n, i in program.outputs.items()}
    new.replaced = [*program.replaced, *_report(program, new, found, needed, numbers)]
    return new


def _needed(program: Program, found: dict[int, Match]) -> bytearray:
    """A flag for every node: whether the outputs need it when what was found is replaced."""
    needed = bytearray(len(program))
    for root in [*program.outputs.values(), *map(program.input, program.elements())]:
        needed[root] = 1
    for i in range(len(program) - 1, -1, -1):
        if needed[i]:
            for a in found[i].operands if i in found else program.args(i):
                needed[a] = 1
    return needed


def _report(
    program: Program,
    new: Program,
    found: dict[int, Match],
    needed: bytearray,
    numbers: Sequence[int],
) -> Iterator[Replaced]:
    """What was replaced, as texts."""
    for i, match in found.items():
        if needed[i]:
            before = formula(program, i, operands=match.operands)
            older = range(1 + max(numbers[a] for a in match.operands))
            after = formula(new, numbers[i], operands=older)
            yield Replaced(match.form.name, program.origins[i], before, after, match.form.why)
