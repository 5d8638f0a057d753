r"""Products and sums of partials: what elimination is made of.

They are simplified as they are made: signs stand in front, where sums take them up; constants are
multiplied with constants; a value that is there already is not made again.  Where conditions are
about, the strong rules of `graphc.derive.rules` keep a product in the branch of its factor, and a
factor that may fail is not asked where the other is 0 because of a condition.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("a = x if x > 1 else 0\nb = sqrt(x)"))
>>> program.nodes[times(program, program.outputs["b"], program.outputs["a"])]
('where', 2, 6, 3)
>>> program.nodes[6]
('mul', 0, 5)
"""

from __future__ import annotations

from graphc.derive.rules import STRONG, Simplifier
from graphc.program import Node, Program

_OPEN = ("where", "div")  # factors that the strong rules look into
_MIXED = ("where", "add", "sub", "neg", "mul")  # may be zero because of a condition
MAX_TERMS = 40  # how deep a partial is searched for such conditions


def times(program: Program, a: int, b: int) -> int:
    """The product of two partials; those of a branch are multiplied in the branch only.

    ``b`` is nearer to the output: its conditions decide whether those of ``a`` are asked at all.
    """
    node, nodes = ("mul", a, b), program.nodes
    if program.value(a) == 0 or program.value(b) == 0:
        return program.const(0)
    kinds = (nodes[a][0], nodes[b][0])
    if not program.branching:
        if "neg" in kinds:
            return _signed_product(program, a, b)
        found = None if program.values is None else program.values.product(a, b)
        if found is None and "const" in kinds:
            found = _scaled(program, a, b)
        if found is not None:
            return found
    if kinds[0] in _OPEN or kinds[1] in _OPEN:
        found = _strong(program, ("mul", b, a) if kinds[1] == "where" else node)
        if found is not None:
            return found
    return _lazily(program, node) if program.branching else program.add(node)


def _lazily(program: Program, node: Node) -> int:
    """Make a product or quotient that is not computed where a factor is 0 because of conditions."""
    if node[0] in ("mul", "div"):
        op, a, b = node
        for total, factor in ((a, b), (b, a)) if op == "mul" else ((a, b),):
            fails = program.may_raise(factor) or op == "div"
            if fails and program.nodes[total][0] in _MIXED:
                support = _support(program, total)
                if program.value(support) is None:
                    return program.add(("where", support, program.add(node), program.const(0)))
    return program.add(node)


_strong = Simplifier(STRONG, make=_lazily)


def _signed_product(program: Program, a: int, b: int) -> int:
    """A product whose signs stand in front of it, where sums take them up."""
    (a, minus_a), (b, minus_b) = _unsigned(program, a), _unsigned(program, b)
    found = times(program, a, b)
    return program.add(("neg", found)) if minus_a != minus_b else found


def _scaled(program: Program, a: int, b: int) -> int | None:
    """A constant times what begins with a constant: one product instead of two."""
    constant, other = (a, b) if program.value(a) is not None else (b, a)
    op, *args = program.nodes[other]
    if op not in ("mul", "div"):
        return None
    for k in range(2 if op == "mul" else 1):
        if program.value(args[k]) is not None:
            args[k] = program.add(("mul", constant, args[k]))
            if program.value(args[k]) is None:
                return None
            found = program.add((op, *args))
            if program.values is not None:
                program.values.learn(found, a, b)
            return found
    return None


def _unsigned(program: Program, a: int) -> tuple[int, bool]:
    """A node without the sign before it, and whether there was one."""
    node = program.nodes[a]
    return (node[1], True) if node[0] == "neg" else (a, False)


def _support(program: Program, total: int, budget: int = MAX_TERMS) -> int:
    """A condition without which a partial is zero; the constant True where there is none."""
    found = program.supports.get(total)
    if found is None:
        found = program.supports[total] = _find_support(program, total, budget)
    return found


def _find_support(program: Program, total: int, budget: int) -> int:
    node = program.nodes[total]
    if node[0] == "const":
        return program.const(bool(node[1]))
    if node[0] not in _MIXED or not budget:
        return program.const(True)
    terms = node[2:] if node[0] == "where" else node[1:]
    inner = [_support(program, a, budget - 1) for a in terms]
    if node[0] == "neg":
        return inner[0]
    if node[0] == "mul":
        return joined(program, "and", *inner)
    if node[0] == "where":
        sides = (node[1], program.add(("not", node[1])))
        inner = [joined(program, "and", c, s) for c, s in zip(sides, inner, strict=True)]
    return joined(program, "or", *inner)


def joined(program: Program, op: str, one: int, other: int) -> int:
    """Two conditions joined by ``and`` or ``or``; either may be a constant."""
    for known, rest in ((one, other), (other, one)):
        if (value := program.value(known)) is not None:
            return rest if value is (op == "and") else known
        if program.nodes[rest] == ("not", known):
            return program.const(op == "or")
    return one if one == other else program.add((op, one, other))


def plus(program: Program, a: int, b: int) -> int:
    """The sum of two partials, branch by branch where both depend on the same condition."""
    node = ("add", a, b)
    if not program.branching:
        found = None if program.values is None else program.values.total(a, b)
        if found is not None:
            return found
        if program.nodes[a][0] == "neg" and program.nodes[b][0] == "neg":
            return program.add(
                ("neg", program.add(("add", program.nodes[a][1], program.nodes[b][1])))
            )
    if program.nodes[a][0] == "where" and program.nodes[b][0] == "where":
        found = _strong(program, node)
        if found is not None:
            return found
    return program.add(node)
