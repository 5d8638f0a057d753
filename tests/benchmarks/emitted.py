"""Operations of the generated code: value, local partials and accumulation, each counted once.

Additions count as much as multiplications, negations too; a product by 1 or -1 is not emitted.
The figures to reach are those of the best tool or prototype known for the same derivative.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time

import tasks
import workloads
from workloads import Workload

MODES = ("forward", "reverse", "auto")


@dataclass(frozen=True)
class Goal:
    """One derivative, and how many operations it may take."""

    workload: Workload
    product: str
    wanted: int
    note: str = ""


@dataclass(frozen=True)
class Emitted:
    """Operations in every mode; those of the last by kind, and its CPU seconds."""

    goal: Goal
    totals: dict[str, int]
    kinds: dict[str, int]
    seconds: float


def all_goals() -> list[Goal]:
    """The derivatives that are counted, in the order of the table."""
    both = "value_and_jacobian"
    price, camera = tasks.black_scholes(), workloads.reprojection()
    return [
        Goal(task_workload(tasks.roe_flux_1d()), both, 373),
        Goal(task_workload(tasks.robot_arm()), both, 189),
        Goal(task_workload(tasks.human_heart_dipole()), both, 140),
        Goal(task_workload(tasks.propane_combustion()), both, 91, "SymPy, diff and cse"),
        Goal(task_workload(tasks.roe_flux_3d()), both, 843),
        Goal(task_workload(price), "value_and_grad", 76),
        Goal(task_workload(price), "value_grad_and_hessian", 267),
        Goal(camera, "jacobian", 285, "CasADi 286"),
        Goal(workloads.arm(), "jacobian", 972, "CasADi 1,157; by hand about 500"),
        Goal(workloads.ideal_arm(), "jacobian", 327, "SymForce 389"),
        Goal(workloads.squared_reprojection(), "hessian", 2_237, "CasADi 2,246"),
    ]


def task_workload(task: tasks.Task) -> Workload:
    """A task as the other benchmarks take it."""
    return Workload(task.name, task.name, task.text, task.outputs, at=task.point)


def count(goal: Goal, effort: int) -> Emitted:
    """Build one derivative in every mode, of the formulas as they stand: without stable forms."""
    from graphc.derive.cost import cost
    from graphc.derive.products import build
    from graphc.language.lexer import make_source
    from graphc.model import passes, read_program

    source, rules = make_source(goal.workload.text), goal.workload.rules
    program = read_program(source, rules, passes=passes(stable=False))
    totals = {}
    for mode in MODES:
        start = process_time()
        built = build(program, goal.product, goal.workload.wrt, mode, effort)
        seconds = process_time() - start
        found = cost(built.program, built.roots)
        totals[mode] = found.total
    kinds = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return Emitted(goal, totals, kinds, seconds)
