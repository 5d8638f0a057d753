"""Rewrite rules: both sides of every rule are computed by Python itself and compared.

An exact rule gives the same bits on every combination of special values, errors included.  A rule
on real numbers must be seen to be not exact: the values for which it is wrong are written down.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

import graphc
from graphc.derive.choose import MODES
from graphc.derive.rules import EXACT, GUARDS, REAL, STRONG, TABLES, Rule, Simplifier
from graphc.errors import Source
from graphc.language.elaborate import elaborate
from graphc.language.templates import CONDITION_NAMES, read
from graphc.ops import OPS
from graphc.program import Program

INF, NAN = math.inf, math.nan
SPECIAL = (0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 5e-324, -2.2e-308, 1.7e308, -1.7e308, 0.1, -37.5)
ORDINARY = (0.3, -1.7, 2.0, 5.25, -0.625, 19.0)
NAMESPACE = {"abs": abs, "where": lambda c, x, y: x if c else y, "__builtins__": {}}


def outcome(text: str, values: Mapping[str, Any]) -> str:
    """The bits of a text's value in Python, or ``error``: an int 0 is +0, any nan is nan."""
    try:
        value = eval(text, NAMESPACE, dict(values))
    except ArithmeticError:
        return "error"
    if isinstance(value, bool):
        return str(value)
    return "nan" if math.isnan(value) else float(value).hex()


def points(rule: Rule, numbers: tuple[float, ...]) -> list[dict[str, Any]]:
    """All values of the variables of a rule that its guard may let through."""
    names = sorted(read(rule.left)[0].inputs)
    axes: list[tuple[Any, ...]] = [
        (True, False) if name in CONDITION_NAMES else numbers for name in names
    ]
    found = [dict(zip(names, values, strict=True)) for values in product(*axes)]
    test, *about = rule.guard.split() or [""]
    return [p for p in found if test != "implies" or p[about[1]] or not p[about[0]]]


def differences(rule: Rule, numbers: tuple[float, ...]) -> list[dict[str, Any]]:
    """Where the two sides of a rule are not the same."""
    return [
        p for p in points(rule, numbers) if outcome(rule.left, p) != outcome(rule.right, p)
    ]  # fmt: skip


def named(rules: tuple[Rule, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rule", rules, ids=[rule.name for rule in rules])


# --- truth --------------------------------------------------------------------------------


@named(EXACT)
def test_exact_rules_keep_every_bit(rule: Rule) -> None:
    numbers = SPECIAL[:9] if rule.left.count(",") > 2 else SPECIAL
    assert differences(rule, numbers) == []


@named(REAL + STRONG)
def test_other_rules_hold_for_ordinary_numbers(rule: Rule) -> None:
    for p in points(rule, ORDINARY[:4]):
        left, right = outcome(rule.left, p), outcome(rule.right, p)
        # one rounding may go, and the sign of a zero
        assert float.fromhex(left) == pytest.approx(float.fromhex(right), rel=2**-52, abs=0)


# These stand among the strong rules for another reason: they move work into branches.
MOVING = ("times-same-branch", "times-constant-branch", "add-branches", "branch-of-branch")


@named(tuple(rule for rule in STRONG if rule.name in MOVING))
def test_moving_work_into_branches_is_exact(rule: Rule) -> None:
    assert differences(rule, (0.0, -0.0, INF, -INF, NAN, 1.5)) == []


# Where a rule on real numbers is wrong: the reason why it is not among the exact ones.
WRONG = {
    "real-zero-times": ("-0.0", "inf", "-inf", "nan", "-1.0"),
    "real-negative-zero-times": ("0.0", "inf", "-inf", "nan", "1.0"),
    "real-zero-divided": ("0.0", "-0.0", "-inf", "nan", "-1.0"),
    "real-add-zero": ("-0.0",),
    "real-subtract-negative-zero": ("-0.0",),
    "real-zero-minus": ("0.0",),
    "real-subtract-itself": ("inf", "-inf", "nan"),
    "real-divide-by-itself": ("0.0", "-0.0", "inf", "-inf", "nan"),
    "zero-times": ("-0.0", "inf", "-inf", "nan", "-1.0"),
    "plus-zero": ("-0.0",),
    "times-reciprocal": ("49.0",),  # at y = 49: one rounding less
}


@named(REAL + STRONG)
def test_rules_that_are_not_exact_are_known_by_an_example(rule: Rule) -> None:
    if rule.name in WRONG:
        numbers = (0.0, -0.0, INF, -INF, NAN, 1.0, -1.0)
        found = differences(rule, numbers if "y" not in rule.left else (1.0, 49.0))
        assert tuple(str(p["x"]) for p in found) == WRONG[rule.name]
    elif rule.name not in MOVING:  # a zero of a branch not taken is not multiplied
        assert differences(rule, (0.0, -0.0, INF, NAN, -1.0)) != []


@pytest.mark.parametrize(
    "broken",
    [
        Rule("wrong-value", "x - 0", "-x"),
        Rule("wrong-order", "x + -y", "y - x"),
        Rule("wrong-sign-of-zero", "x + 0", "x"),
        Rule("wrong-for-nan", "x * 0", "0"),
        Rule("wrong-for-errors", "x / x", "1"),
        Rule("wrong-branch", "where(not c, x, y)", "where(c, x, y)"),
        Rule("wrong-truth", "not not c", "not c"),
    ],
    ids=lambda rule: rule.name,
)
def test_a_broken_rule_is_seen(broken: Rule) -> None:
    assert differences(broken, SPECIAL) != []


def test_xlogy_of_a_constant_is_not_a_product() -> None:
    """The rule that suggests itself for ``xlogy(x, 2)`` is wrong in the sign of zero."""
    model = graphc.compile("r = xlogy(x, 0.5)", products=("value",))
    assert math.copysign(1, model.value(0.0)) == 1
    assert math.copysign(1, 0.0 * math.log(0.5)) == -1


# --- form ---------------------------------------------------------------------------------


def test_names_are_unique() -> None:
    names = [rule.name for rule in EXACT + STRONG + REAL]
    assert len(set(names)) == len(names)
    lefts = [rule.left for rule in EXACT + REAL]
    assert len(set(lefts)) == len(lefts)


@named(EXACT + STRONG + REAL)
def test_rule_is_well_formed(rule: Rule) -> None:
    left, right = read(rule.left)[0], read(rule.right)[0]
    assert set(right.inputs) <= set(left.inputs), "the right side has a variable of its own"
    test, *variables = rule.guard.split() or ["numbers"]
    assert test in GUARDS
    assert set(variables) <= set(left.inputs)
    assert len(right) <= len(left) or rule in STRONG, "an exact rule makes a program larger"


def built(text: str, *rules: Rule) -> tuple[Program, int]:
    """A text read with some rules."""
    return read(text, Simplifier(rules) if rules else None)


@named(tuple(rule for rule in EXACT + REAL + STRONG if not rule.guard))
def test_every_rule_fires(rule: Rule) -> None:
    program, result = built(rule.left, rule)
    wanted, wanted_result = built(rule.right)
    assert tree(program, result) == tree(wanted, wanted_result)


def tree(program: Program, i: int) -> Any:
    """A node with everything below it, for small programs."""
    node = program.nodes[i]
    if node[0] in ("const", "input"):
        return (node[0], repr(node[1]))
    return (node[0], *(tree(program, a) for a in node[1:]))


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("1*x", "x"),
        ("-1.0*x", "-x"),
        ("-0.0 + x", "x"),
        ("-y + x", "x - y"),
        ("y*-x", "-(x*y)"),
        ("x*True_", "x*True_"),
        ("x + 0.0", "x + 0.0"),
        ("x - -0.0", "x - -0.0"),
        ("0*x", "0*x"),
        ("x/2*2", "x/2*2"),
        ("x**1.0", "x"),
        ("x**-0.0", "x**-0.0"),
        ("not not c", "c"),
        ("where(not not c, x, y)", "where(c, x, y)"),
        ("-(-(-x))", "-x"),
        ("(x*1 - 0)/1 + -(y*-1)", "x + y"),
    ],
)
def test_exact_rules_change_this_and_not_that(text: str, simple: str) -> None:
    program, result = built(text, *EXACT)
    wanted, wanted_result = built(simple)
    assert tree(program, result) == tree(wanted, wanted_result)


def test_guard_keeps_products_of_branches_small() -> None:
    (rule,) = (rule for rule in STRONG if rule.guard.startswith("numbers"))
    for text, fires in (("where(c, 2, 3)*z", True), ("where(c, x, 3)*z", False),
                        ("where(c, 2, y)*z", False)):  # fmt: skip
        program, result = built(text, rule)
        assert (program.nodes[result][0] == "where") is fires


# --- use ----------------------------------------------------------------------------------


def test_real_rules_are_an_option() -> None:
    kept = graphc.compile("r = y + x*0.0", products=("value",))
    dropped = graphc.compile("r = y + x*0.0", products=("value",), rules="real")
    assert "x * 0.0" in kept.source
    assert "x * 0.0" not in dropped.source
    assert math.isnan(kept.value(1.0, INF))
    assert dropped.value(1.0, INF) == 1.0
    assert set(EXACT) < set(TABLES["real"])
    assert not set(STRONG) & set(TABLES["exact"])


def test_accumulation_multiplies_no_zero() -> None:
    """The derivative of the branch not taken is not computed, even as 0 * inf."""
    for mode in MODES:
        model = graphc.compile("r = where(x > 0, log(x), 0)*y", products=("grad",), mode=mode)
        assert model.grad(0.0, 3.0) == (0.0, 0.0)
        assert model.grad(2.0, 3.0) == (1.5, math.log(2.0))


@pytest.mark.parametrize("mode", MODES)
def test_a_division_of_a_branch_stays_there(mode: str) -> None:
    """The rule for ``x*(1/y)`` does not take the divisor out of the branch."""
    text = "m = x*x\nr = where(m >= 1, log(m) + sqrt(m) + 2/m, m)"
    model = graphc.compile(text, products=("grad", "vjp", "jvp"), mode=mode)
    assert model.grad(0.0) == 0.0
    assert model.vjp(0.0, 1.0)[1] == 0.0
    assert model.jvp(0.0, 1.0)[1] == 0.0
    assert model.grad(2.0) == 4 * (1 / 4 + 1 / 4 - 2 / 16)


TEXTS = [
    "r = (a + b)*(b + 1)",
    "r = -x*-y/-z + -(x - y)",
    "r = where(not x > 0, -(-x), x*1) - -y*0.0",
    "r = x**1*y**0 + abs(-x) - 0",
    "r = sum(x**k/(k + 1)*(-1)**k for k in range(6))",
    "r = clip(x, -1, 1)*leaky_relu(y) + sigmoid(-x*-1)",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("rules", TABLES)
def test_a_simplified_program_is_in_simplest_form(text: str, rules: str) -> None:
    simplifier = Simplifier(TABLES[rules])
    once = elaborate(Source(text), simplifier)
    again, numbers = Program(simplifier), list[int]()
    for node in once.nodes:
        if node[0] == "const":
            numbers.append(again.const(node[1]))
        elif node[0] == "input":
            numbers.append(again.input(node[1]))
        else:
            numbers.append(again.add((node[0], *(numbers[a] for a in node[1:]))))
    assert again.nodes == once.nodes


def test_every_operation_of_a_rule_is_in_the_table() -> None:
    for rule in EXACT + STRONG + REAL:
        nodes = [*read(rule.left)[0].nodes, *read(rule.right)[0].nodes]
        assert {node[0] for node in nodes} <= {*OPS, "const", "input"}
