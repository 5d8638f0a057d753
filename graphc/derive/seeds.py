"""Derivatives times vectors: the same elimination with one seed vertex in front, or behind.

``jvp`` puts a vertex before all inputs whose edges carry the tangents, ``vjp`` one behind all
outputs whose edges carry the cotangents; what is left between seed and ends is the product
(Griewank & Walther, sections 3.1 and 3.2).  ``hvp`` is ``jvp`` of the gradient: forward over
reverse needs no code of its own.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = a*b"))
>>> derivative = tangent_product(Task(program, list(program.inputs.values()), "auto"))
>>> [i.name for i in derivative.arguments]
['a', 'b', 'a_dot', 'b_dot']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphc.derive.choose import Candidate, check_mode, seeded
from graphc.derive.eliminate import accumulate
from graphc.derive.jacobian import derivable, replacements
from graphc.derive.results import bare, by_input
from graphc.derive.task import Derivative, Task
from graphc.program import Input, Program


def tangent_product(task: Task) -> Derivative:
    """The Jacobian times tangents: ``jvp``."""
    derived = seedable(task.program)
    seeds = tangents(derived, task.wrt)
    nodes = inputs_of(derived, seeds)
    taken = _order(task, derived, "forward", tangents=nodes)
    matrix = accumulate(derived, list(derived.outputs), task.elements, taken.order, tangents=nodes)
    product = bare(_settled(task, derived, [row[0] for row in matrix]))
    return Derivative(derived, {1: product}, taken.name, arguments(task.program, seeds))


def cotangent_product(task: Task) -> Derivative:
    """Cotangents times the Jacobian: ``vjp``."""
    derived = seedable(task.program)
    seeds = [seed(derived, Input(output), "_bar") for output in derived.outputs]
    nodes, outputs = inputs_of(derived, seeds), list(derived.outputs)
    taken = _order(task, derived, "reverse", cotangents=nodes)
    matrix = accumulate(derived, outputs, task.elements, taken.order, cotangents=nodes)
    product = by_input(_settled(task, derived, matrix[0]), task.wrt)
    return Derivative(derived, {1: product}, taken.name, arguments(task.program, seeds))


def direction_product(task: Task) -> Derivative:
    """The Hessian times a direction: ``hvp``."""
    base, (gradient,), _ = task.jacobian
    derived = derivable(base)
    seeds = tangents(derived, task.wrt)
    (output,) = derived.outputs
    names = [f"2{output}_d{e}" for e in task.elements]  # d2e_da_db is the derivative of 2e_da
    ends = {n: c for n, c in zip(names, gradient, strict=True) if c is not None}
    derived.outputs = ends
    nodes = inputs_of(derived, seeds)
    taken = _order(task, derived, "forward", tangents=nodes)
    matrix = accumulate(derived, list(ends), task.elements, taken.order, tangents=nodes)
    derived.outputs = dict(base.outputs)
    found = dict(zip(ends, _settled(task, derived, [row[0] for row in matrix]), strict=True))
    product = by_input([found.get(name) for name in names], task.wrt)
    return Derivative(derived, {2: product}, taken.name, arguments(task.program, seeds))


def _settled(task: Task, program: Program, entries: Sequence[int | None]) -> tuple[int | None, ...]:
    """Derivatives with their signs chosen."""
    best = replacements(program, [c for c in entries if c is not None], len(task.program))
    return tuple(c if c is None else best[c] for c in entries)


def _order(task: Task, program: Program, default: str, **seeds: list[int]) -> Candidate:
    """The order asked for; ``auto`` takes the default."""
    check_mode(task.mode)
    return seeded(program, task.elements, task.mode, default, task.effort, **seeds)


def seedable(program: Program) -> Program:
    """A copy that can get more inputs."""
    derived = program.copy()
    derived.inputs = dict(program.inputs)
    return derived


def tangents(program: Program, wrt: list[Input]) -> list[Input]:
    """New inputs for a direction: ``x_dot``."""
    return [seed(program, replace(i, default=None), "_dot") for i in wrt]


def seed(program: Program, like: Input, suffix: str) -> Input:
    """A new input of the shape of another."""
    name = like.name + suffix
    while name in program.inputs or name in program.bindings:
        name += "_"
    new = program.inputs[name] = replace(like, name=name, active=False, bounds=None)
    for element in new.elements:
        program.names.setdefault(program.input(element), element)
    return new


def inputs_of(program: Program, inputs: list[Input]) -> list[int]:
    """Nodes of all scalars of some inputs."""
    return [program.input(e) for i in inputs for e in i.elements]


def arguments(program: Program, seeds: list[Input]) -> list[Input]:
    """Arguments of a function that takes seeds: no default may come before them."""
    return [*(replace(i, default=None) for i in program.inputs.values()), *seeds]
