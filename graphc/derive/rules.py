"""Named rewrite rules, written in graphc's own language.

A rule is two texts and an optional guard; letters stand for any node, ``c`` and ``d`` for
conditions, numbers for themselves (``0`` is +0).  Three tables, after egg's named and guarded
rules (Willsey et al., POPL 2021):

- ``EXACT``: true for all floats, 0, -0.0, inf and nan included; always on.  (The whole numbers
  that Python's floor, ceil and trunc return have no -0: there a zero may change its sign.)
- ``STRONG``: used where derivatives are accumulated: what is not multiplied cannot poison
  (0 * inf does not arise), and a factor of a branch is computed in that branch only.
- ``REAL``: true for real numbers, wrong for some of -0.0, inf and nan; on by option.

Rules are tried when a node is made, so a program is always in simplest form.  What does not
appear here is as deliberate: no reassociation, no distribution.

>>> from graphc.program import Program
>>> program = Program(rewrite=Simplifier(EXACT))
>>> x = program.input("x")
>>> program.add(("mul", x, program.const(1))) == x
True
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphc.language.templates import building, function, read
from graphc.ops import OPS
from graphc.program import Node, Program


@dataclass(frozen=True)
class Rule:
    """One rewrite: a name, the text it replaces, the text it puts there, a guard.

    Parameters
    ----------
    name, left, right : str
    guard : str
        Name of a test in `GUARDS`, with the variables it is about: ``"numbers x y"``.
    """

    name: str
    left: str
    right: str
    guard: str = ""


EXACT = (
    Rule("multiply-by-one", "x * 1", "x"),
    Rule("multiply-by-minus-one", "x * -1", "-x"),
    Rule("divide-by-one", "x / 1", "x"),
    Rule("divide-by-minus-one", "x / -1", "-x"),
    Rule("subtract-zero", "x - 0", "x"),
    Rule("add-negative-zero", "x + -0.0", "x"),
    Rule("double-negation", "-(-x)", "x"),
    Rule("add-negative", "x + -y", "x - y"),
    Rule("subtract-negative", "x - -y", "x + y"),
    Rule("negative-times", "-x * y", "-(x * y)"),
    Rule("negative-divided", "-x / y", "-(x / y)"),
    Rule("divided-by-negative", "x / -y", "-(x / y)"),
    Rule("power-one", "x ** 1", "x"),
    Rule("power-zero", "x ** 0", "1"),
    Rule("abs-of-negative", "abs(-x)", "abs(x)"),
    Rule("not-not", "not not c", "c"),
    Rule("same-branches", "where(c, x, x)", "x"),
    Rule("where-not", "where(not c, x, y)", "where(c, y, x)"),
)

STRONG = (
    Rule("zero-times", "0 * x", "0"),
    Rule("plus-zero", "x + 0", "x"),
    Rule("times-same-branch", "where(c, x, 0) * where(c, y, 0)", "where(c, x*y, 0)"),
    Rule("times-first-branch", "where(c, x, 0) * y", "where(c, x*y, 0)"),
    Rule("times-second-branch", "where(c, 0, x) * y", "where(c, 0, x*y)"),
    Rule("times-constant-branch", "where(c, x, y) * z", "where(c, x*z, y*z)", "numbers x y"),
    Rule("times-reciprocal", "x * (1 / y)", "x / y", "unbranched x"),
    Rule("add-branches", "where(c, x, y) + where(c, z, w)", "where(c, x + z, y + w)"),
    Rule("branch-of-branch", "where(c, where(d, x, y), z)", "where(c, x, z)", "implies c d"),
)

REAL = (
    Rule("real-zero-times", "0 * x", "0"),
    Rule("real-negative-zero-times", "-0.0 * x", "0"),
    Rule("real-zero-divided", "0 / x", "0"),
    Rule("real-add-zero", "x + 0", "x"),
    Rule("real-subtract-negative-zero", "x - -0.0", "x"),
    Rule("real-zero-minus", "0 - x", "-x"),
    Rule("real-subtract-itself", "x - x", "0"),
    Rule("real-divide-by-itself", "x / x", "1"),
)

MAX_NESTED = 60  # strong rules inside what strong rules put in place: nested branches
SHALLOW = 12  # the same where nothing can fail, so that being lazy is only a matter of taste

TABLES = {"exact": EXACT, "real": EXACT + REAL}


def implies(program: Program, c: int, d: int) -> bool:
    """Whether d certainly holds where c does, as far as ``and`` and ``or`` tell."""
    wanted = _parts(program, d, "or")
    return all(
        any(part in wanted for part in _parts(program, case, "and") | {case})
        for case in _parts(program, c, "or")
    )


def _parts(program: Program, condition: int, op: str) -> set[int]:
    """The conditions that are joined by ``and`` or ``or``."""
    found, waiting = set(), [condition]
    while waiting:
        i = waiting.pop()
        if program.nodes[i][0] == op:
            waiting += program.args(i)
        else:
            found.add(i)
    return found


GUARDS: dict[str, Callable[..., bool]] = {
    "numbers": lambda program, *nodes: all(program.value(i) is not None for i in nodes),
    "unbranched": lambda program, i: program.nodes[i][0] != "where",
    "implies": implies,
}

Pattern = tuple[Any, ...]  # ("input", name), ("const", value), or (op, pattern, ...)


Apply = Callable[..., "int | None"]  # (program, nodes, node, add) -> what to put in place


def _function(rule: Rule, tree: Pattern, swapped: bool = False) -> Apply:
    """The Python function of a rule: tests and bindings, then what it puts in place."""
    args = [f"node[{k}]" for k in range(1, len(tree))]
    lines: list[str] = []
    names: dict[str, str] = {}
    for sub, arg in zip(tree[1:], reversed(args) if swapped else args, strict=True):
        match_lines(sub, arg, lines, names)
    test, *about = rule.guard.split() or [""]
    if test:
        nodes = ", ".join(names[n] for n in about)
        lines.append(f"    if not guard(program, {nodes}): return None")
    made, result = building(rule.right, names)
    parameters = "program, nodes, node, add, guard=guard, copysign=copysign"
    text = {"guard": GUARDS.get(test), "copysign": math.copysign}
    return function("rewrite", parameters, [*lines, *made], result, text)


def match_lines(tree: Pattern, node: str, lines: list[str], names: dict[str, str]) -> None:
    """Lines that leave the function unless a node has the form of a pattern."""
    if tree[0] == "input":
        if tree[1] in names:
            lines.append(f"    if {node} != {names[tree[1]]}: return None")
        else:
            names[tree[1]] = f"n{len(names)}"
            lines.append(f"    {names[tree[1]]} = {node}")
        return
    name = f"m{len(lines)}"
    lines.append(f"    {name} = nodes[{node}]")
    if tree[0] == "const":
        sign = math.copysign(1, tree[1])
        lines.append(
            f"    if {name}[0] != 'const' or {name}[1] != {tree[1]!r}"
            f" or {name}[1].__class__ is bool or copysign(1, {name}[1]) != {sign}: return None"
        )
        return
    lines.append(f"    if {name}[0] != {tree[0]!r}: return None")
    for k, sub in enumerate(tree[1:], 1):
        match_lines(sub, f"{name}[{k}]", lines, names)


def pattern(text: str) -> Pattern:
    """The tree of a rule's left-hand side."""
    program, result = read(text)
    trees: list[Pattern] = []
    for node in program.nodes:
        leaf = node[0] in ("const", "input")
        trees.append(node if leaf else (node[0], *(trees[a] for a in node[1:])))
    return trees[result]


def tag(tree: Pattern) -> object:
    """What the index knows an argument by: its operation, or its value."""
    return tree[1] if tree[0] == "const" else tree[0]


_Index = dict[tuple[str, int, object], list[Apply]]


@cache
def _index(rules: tuple[Rule, ...]) -> _Index:
    """Rules by operation, argument position and what stands there.

    A rule is known by its first argument that is not a variable; where arguments may be
    swapped, it is there a second time, with swapped arguments, under the other position.
    """
    index: _Index = {}
    for rule in rules:
        tree = pattern(rule.left)
        op, *args = tree
        place = next((k for k, arg in enumerate(args, 1) if arg[0] != "input"), 0)
        known = tag(args[place - 1]) if place else None
        index.setdefault((op, place, known), []).append(_function(rule, tree))
        if place and OPS[op].commutative:
            swapped = _function(rule, tree, swapped=True)
            index.setdefault((op, 3 - place, known), []).append(swapped)
    return index


@dataclass(frozen=True)
class Simplifier:
    """Finds the simpler equal of a node about to be made: ``simplifier(program, node)``.

    Parameters
    ----------
    rules : tuple of Rule
    make : callable, optional
        ``make(program, node)`` makes what a rule puts in place, if these rules find nothing
        simpler; without it, only the rules of the program are tried.
    """

    rules: tuple[Rule, ...]
    make: Callable[[Program, Node], int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _index(self.rules))

    def __reduce__(self) -> tuple[type[Simplifier], tuple[Any, ...]]:
        return Simplifier, (self.rules, self.make)

    def __call__(self, program: Program, node: Node, depth: int = 0) -> int | None:
        """Number of the simpler node, or None; ``depth`` counts rules inside rules."""
        index: _Index = self._index  # type: ignore[attr-defined]
        nodes, op = program.nodes, node[0]
        for place, a in enumerate(node[1:], 1):
            argument = nodes[a]
            kind = argument[0]
            found = index.get((op, place, argument[1] if kind == "const" else kind))
            if found is not None:
                simpler = self._first(found, program, node, depth)
                if simpler is not None:
                    return simpler
        anywhere = index.get((op, 0, None))
        return None if anywhere is None else self._first(anywhere, program, node, depth)

    def _first(self, rules: list[Apply], program: Program, node: Node, depth: int) -> int | None:
        """What the first rule that matches puts in place."""
        deep = depth >= SHALLOW and not any(map(program.may_raise, node[1:]))
        nested = self.make is not None and not deep and depth < MAX_NESTED
        add = (lambda n: self._or_make(program, n, depth + 1)) if nested else program.add
        for apply in rules:
            found = apply(program, program.nodes, node, add)
            if found is not None:
                return found
        return None

    def _or_make(self, program: Program, node: Node, depth: int) -> int:
        found = self(program, node, depth)
        if found is not None:
            return found
        return program.add(node) if self.make is None else self.make(program, node)
