"""Signs of derivatives: fewer negations, the same numbers, and nothing of the user's touched."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import ALGEBRA, OURS, SMOOTH, Drawn, programs_at_points

from graphc.derive import signs
from graphc.derive.cost import cost
from graphc.derive.eliminate import accumulate
from graphc.derive.hessian import second
from graphc.derive.jacobian import derivable
from graphc.derive.results import flatten
from graphc.derive.rules import TABLES, Simplifier
from graphc.derive.seeds import cotangent_product, tangent_product
from graphc.derive.signs import Signs, settle
from graphc.derive.task import Task
from graphc.errors import Source
from graphc.inspect.evaluate import evaluate
from graphc.language.elaborate import elaborate
from graphc.program import Program

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.expr"))
Made = tuple[Program, list[int], int]  # a model with derivatives, what is computed, its own size

# From MINPACK-2 (Averick, Carter, More & Xue, ANL/MCS-P153, 1992), with p = 40 and R = 10.
PROPANE = """
w = sqrt(40/x11)
f1 = x1 + x4 - 3
f2 = 2*x1 + x2 + x4 + x7 + x8 + x9 + 2*x10 - 10
f3 = 2*x2 + 2*x5 + x6 + x7 - 8
f4 = 2*x3 + x9 - 40
f5 = x2*x4 - x1*x5
f6 = sqrt(x2*x4) - sqrt(x1)*w*x6
f7 = sqrt(x1*x2) - sqrt(x4)*x7*w
f8 = x1 - x4*x8*40/x11
f9 = x1*sqrt(x3) - x4*x9*w
f10 = x1**2 - x4**2*x10*40/x11
f11 = x11 - x1 - x2 - x3 - x4 - x5 - x6 - x7 - x8 - x9 - x10
"""


def model(text: str, rules: str = "exact") -> Program:
    return elaborate(Source(text), Simplifier(TABLES[rules]))


def jacobian(text: str, order: str = "reverse", *, rules: str = "exact") -> Made:
    made = model(text, rules)
    derived = derivable(made)
    elements = made.elements(active_only=True)
    matrix = accumulate(derived, list(made.outputs), elements, order)
    return derived, [*made.outputs.values(), *entries(matrix)], len(made)


def hessian(text: str) -> Made:
    made = model(text)
    derived = derivable(made)
    found = second(derived, dict(made.outputs), made.elements(active_only=True), "reverse")
    triangles = [[*gradient, *triangle.values()] for gradient, triangle in found]
    return derived, [*made.outputs.values(), *entries(triangles)], len(made)


def entries(rows: Sequence[Sequence[int | None]]) -> list[int]:
    return [c for row in rows for c in row if c is not None]


def negations(program: Program, roots: Sequence[int]) -> int:
    needed = program.reachable(roots)
    return sum(used and node[0] == "neg" for used, node in zip(needed, program.nodes, strict=True))


def both_ways(derived: Program, roots: list[int], size: int) -> tuple[int, int]:
    """Negations before and after; no other count may rise."""
    before = cost(derived, roots).total, negations(derived, roots)
    settled = settle(derived, roots, size)
    after = cost(derived, settled).total, negations(derived, settled)
    assert after[0] - before[0] <= after[1] - before[1]
    return before[1], after[1]


def differences(program: Program, old: Sequence[int], new: Sequence[int], at: Any) -> list[int]:
    """Roots whose numbers are not the same; +0 and -0 are."""
    values = evaluate(program, at)
    return [
        k
        for k, (a, b) in enumerate(zip(old, new, strict=True))
        if values[a] != values[b] and not (math.isnan(values[a]) and math.isnan(values[b]))
    ]


# --- counts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("y = 3*cos(x)", 1, 0),  # a constant keeps the sign: -3*sin(x)
        ("y = cos(a*b)", 2, 1),  # a common factor takes it: (-sin(a*b))*a, (-sin(a*b))*b
        ("y = cos(a)*cos(b)*cos(c)", 3, 2),
        ("y = cos(x)*cos(z)\nw = sin(x)*cos(z)", 3, 2),
        ("y = cos(x) - exp(x)", 1, 1),  # -sin(x) - exp(x) has no better form
        ("y = pi*cos(x)", 1, 1),  # pi stays pi
        ("y = a/b", 1, 1),  # nothing but the user's own nodes to be negative
        ("y = a - b*c", 2, 2),
        ("y = a*b + c", 0, 0),
    ],
)
def test_negations_left(text: str, before: int, after: int) -> None:
    assert both_ways(*jacobian(text)) == (before, after)


@pytest.mark.parametrize("order", ["forward", "reverse", "markowitz"])
def test_a_model_with_many_differences(order: str) -> None:
    """What is left are negatives of inputs, which are derivatives themselves."""
    before, after = both_ways(*jacobian(PROPANE, order))
    assert before > 10
    assert after <= 5


@pytest.mark.parametrize(
    ("name", "make", "most"),
    [
        ("lennard_jones", jacobian, 0),
        ("lennard_jones", hessian, 25),
        ("logistic_regression", hessian, 4),  # two are arguments: sigmoid(-x) is in a slope
        ("reprojection", jacobian, 1),
        ("rosenbrock", jacobian, 0),
        ("van_der_waals", hessian, 1),
    ],
    ids=str,
)
def test_examples_get_fewer(name: str, make: Callable[[str], Made], most: int) -> None:
    text = next(p for p in EXAMPLES if p.stem == name).read_text(encoding="utf-8")
    before, after = both_ways(*make(text))
    assert after < before
    assert after <= most


@pytest.mark.parametrize("make", [jacobian, hessian])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_settled_examples_stay(path: Path, make: Callable[[str], Made]) -> None:
    derived, roots, size = make(path.read_text(encoding="utf-8"))
    settled = settle(derived, roots, size)
    assert cost(derived, settled).total <= cost(derived, roots).total
    assert settle(derived, settled, size) == settled


# --- numbers ------------------------------------------------------------------------------


@st.composite
def derivatives(draw: st.DrawFn) -> tuple[Made, dict[str, float]]:
    """A random model with some derivative of it, and a point."""
    many_signs = (*ALGEBRA, *ALGEBRA, *SMOOTH)
    forms = draw(st.sampled_from([many_signs, (*many_signs, *OURS)]))
    drawn, point = draw(programs_at_points(forms=forms))
    at = dict(zip(drawn.elements, point, strict=True))
    return _derived(drawn, draw(st.sampled_from(["forward", "reverse", "second"]))), at


def _derived(drawn: Drawn, kind: str) -> Made:
    return hessian(drawn.text) if kind == "second" else jacobian(drawn.text, kind)


@given(derivatives())
def test_random_models(case: tuple[Made, dict[str, float]]) -> None:
    """The same numbers from no more operations; the user's nodes are as they were."""
    (derived, roots, size), at = case
    own, wheres = derived.nodes[:size], needed(derived, roots, "where")
    before, used = cost(derived, roots).total, derived.reachable(roots)[:size]
    settled = settle(derived, roots, size)
    assert differences(derived, roots, settled, at) == []
    assert cost(derived, settled).total <= before
    assert settle(derived, settled, size) == settled
    assert [new for old, new in zip(roots, settled, strict=True) if old < size] == [
        old for old in roots if old < size
    ]
    assert derived.nodes[:size] == own
    uses_now = derived.reachable(settled)[:size]
    more = [i for i in range(size) if uses_now[i] > used[i]]
    assert {own[i][0] for i in more} <= {"neg", "const"}
    assert needed(derived, settled, "where") == wheres


def needed(program: Program, roots: Sequence[int], op: str) -> list[int]:
    used = program.reachable(roots)
    return [i for i, node in enumerate(program.nodes) if used[i] and node[0] == op]


def test_a_wrong_sign_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    at = dict.fromkeys("abc", 0.75)
    derived, roots, size = jacobian("y = cos(a)*cos(b)*cos(c)")
    monkeypatch.setattr(signs, "_allowed", lambda *signs: True)
    assert differences(derived, roots, settle(derived, roots, size), at) != []


def test_results_of_both_signs() -> None:
    derived, roots, size = jacobian("y = sin(a - b)\nz: output = a*b")
    old = evaluate(derived, {"a": 0.5, "b": 2.0}, roots=roots)
    settled = settle(derived, roots, size)
    new = evaluate(derived, {"a": 0.5, "b": 2.0}, roots=settled)
    assert [new[i] for i in settled] == [old[i] for i in roots]


def test_rules_on_real_numbers_too() -> None:
    derived, roots, size = jacobian("y = (0 - a)*cos(b - a) - 0/b", rules="real")
    settled = settle(derived, roots, size)
    assert differences(derived, roots, settled, {"a": 0.5, "b": 2.0}) == []


@pytest.mark.parametrize("build", [tangent_product, cotangent_product])
def test_seeds_keep_their_signs(build: Callable[[Task], Any]) -> None:
    made = model("y = 3*cos(a*b)\nz = a - b*y")
    derivative = build(Task(made, list(made.inputs.values()), "auto"))
    roots = entries([flatten(derivative.parts[1])])
    derived, at = derivative.program, {}
    for k, name in enumerate(n[1] for n in derived.nodes if n[0] == "input"):
        at[name] = 0.25 * k - 0.6
    settled = settle(derived, roots, len(made))
    assert differences(derived, roots, settled, at) == []
    assert negations(derived, settled) <= negations(derived, roots)


# --- what the program knows of its derivatives --------------------------------------------


def test_names_move() -> None:
    derived, roots, size = jacobian("e = cos(a*b)")
    named = {derived.names[i]: k for k, i in enumerate(roots)}
    assert list(named) == ["e", "de_da", "de_db"]
    settled = settle(derived, roots, size)
    assert settled != roots
    for name, k in named.items():
        assert derived.names[settled[k]] == name
        assert list(derived.names.values()).count(name) == 1
    assert derived.derivatives == {"de_da": settled[1], "de_db": settled[2]}


def test_a_negative_has_no_name_of_the_positive() -> None:
    """The adjoint of t is computed with the other sign, so it is not called that."""
    derived, roots, size = jacobian("t = a*b\ne: output = 3*cos(t)")
    settled = settle(derived, roots, size)
    values = evaluate(derived, {"a": 0.5, "b": 2.0})
    used = derived.reachable(settled)
    known = {name: values[i] for i, name in derived.names.items() if used[i]}
    assert known.get("de_dt", -3 * math.sin(1)) == -3 * math.sin(1)
    assert known["de_da"] == pytest.approx(-3 * math.sin(1) * 2)


def test_derivatives_that_are_no_roots_stay_right() -> None:
    derived, roots, size = jacobian("e = 3*cos(a*b)")
    settle(derived, roots[:2], size)
    values = evaluate(derived, {"a": 0.5, "b": 2.0})
    assert values[derived.derivatives["de_db"]] == pytest.approx(-3 * math.sin(1) * 0.5)


def test_origins_are_inherited() -> None:
    derived, roots, size = jacobian("t = a*b\ne: output = 3*cos(t)")
    assert all(o >= 0 for o in (derived.origins[i] for i in settle(derived, roots, size)))


def test_pi_is_written_pi() -> None:
    derived, roots, size = jacobian("e = pi*cos(a)*cos(b)")
    settled = settle(derived, roots, size)
    used = derived.reachable(settled)
    numbers = {n[1] for u, n in zip(used, derived.nodes, strict=True) if u and n[0] == "const"}
    assert numbers == {math.pi}


def test_branches_are_left_alone() -> None:
    """What a branch needs is the same node as before."""
    text = "e = (3*cos(sqrt(x))*z if x > 0 else -z) + 3*cos(z)"
    derived, roots, size = jacobian(text)
    kept = needed(derived, roots, "where"), needed(derived, roots, "sqrt")
    settled = settle(derived, roots, size)
    assert (needed(derived, settled, "where"), needed(derived, settled, "sqrt")) == kept
    at = {"x": -1.0, "z": 0.5}
    assert differences(derived, roots, settled, at) == []


# --- size ---------------------------------------------------------------------------------


def coupled(size: int) -> str:
    """Outputs that share factors of both signs."""
    lines = [f"x: input[{size}]"]
    for k in range(size):
        i, j = (7 * k + 1) % size, (3 * k + 2) % size
        lines.append(f"y{k}: output = cos(x[{k}]*x[{i}])*x[{j}] - x[{i}]/x[{j}]")
    return "\n".join(lines)


def looked_at(size: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many relations are looked at for a model of some size."""
    count, holds = 0, Signs.holds

    def counting(self: Signs, u: int) -> bool:
        nonlocal count
        count += 1
        return holds(self, u)

    derived, roots, own = jacobian(coupled(size))
    with monkeypatch.context() as patch:
        patch.setattr(Signs, "holds", counting)
        before, after = both_ways(derived, roots, own)
    assert after < before
    return count


def test_effort_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "EFFORT", 1000)
    counts = [looked_at(size, monkeypatch) for size in (100, 200, 400)]
    assert counts[2] < 2.5 * counts[1] < 6.25 * counts[0]


def test_deep_models() -> None:
    lines = ["t0 = x", *(f"t{k} = cos(t{k - 1})*3 - t{k - 1}" for k in range(1, 5000))]
    derived, roots, size = jacobian("\n".join(lines))
    before, after = both_ways(derived, roots, size)
    assert after <= before


def test_nothing_to_do_adds_nothing() -> None:
    derived, roots, size = jacobian("e = a*b*c + a")
    count = len(derived)
    assert settle(derived, roots, size) == roots
    assert len(derived) == count


def test_roots_of_the_user() -> None:
    derived, roots, size = jacobian("e = -a*b")
    assert settle(derived, [], size) == []
    assert settle(derived, roots[:1], size) == roots[:1]
