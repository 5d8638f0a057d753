"""Operations of generated code, which no noise can move.

The limits are what the best published tool needs for the same derivative, or what a careful
person writes by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import workloads
from workloads import Workload


@dataclass(frozen=True)
class Count:
    """Operations found and allowed."""

    title: str
    found: int
    wanted: int
    source: str


def count(text: str, product: str, wrt: tuple[str, ...] | None = None, rules: str = "exact") -> int:
    """Operations of one product of a model."""
    from graphc.derive.cost import cost
    from graphc.derive.products import build
    from graphc.language.lexer import make_source
    from graphc.model import collector_off, read_program

    with collector_off():
        built = build(read_program(make_source(text), rules), product, wrt)
        return cost(built.program, built.roots).total


def all_counts() -> list[Count]:
    """Every count with its limit."""
    jacobians: tuple[tuple[Workload, int, str], ...] = (
        (workloads.tiny(), 3, "by hand"),
        (workloads.reprojection(), 286, "CasADi"),
        (workloads.arm(), 1157, "CasADi"),
        (workloads.ideal_arm(), 389, "SymForce"),
        (workloads.chain(124), 4289, "CasADi"),
        (workloads.wide(120, ""), 3250, "SymEngine"),
        (workloads.squared_reprojection(), 2246, "CasADi"),
        (workloads.valley(1_000), 10_489, "CasADi"),
    )
    both = "value_and_grad"
    return [
        *(
            Count(f"{w.title}: derivative", _derivative(w), limit, source)
            for w, limit, source in jacobians
        ),
        Count(
            "product of 200: value and gradient", count(workloads.product(200), both), 595, "CasADi"
        ),
        *(
            Count(
                f"sin(y)*a + y, {steps:,} times: value and gradient",
                count(workloads.sine_iteration(steps), both),
                9 * steps,
                "by hand",
            )
            for steps in (200, 2_000)
        ),
    ]


def _derivative(w: Workload) -> int:
    return count(w.declared, w.product, w.wrt, w.rules)
