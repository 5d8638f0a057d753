"""Pieces of text in graphc's own language, ready to be built into a program.

The table's partials and definitions and the rules' right-hand sides are templates: read once,
then repeated as a few ``add`` calls with other arguments.

>>> from graphc.program import Program
>>> program = Program()
>>> x = program.input("x")
>>> Template("1 - out*out", ("x", "out"))(program, (x, x))
3
>>> program.nodes
[('input', 'x'), ('const', 1), ('mul', 0, 0), ('sub', 1, 2)]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from graphc.elaborate import elaborate
from graphc.errors import Source
from graphc.program import Node, Program, Rewrite

CONDITION_NAMES = frozenset({"c", "d"})  # in the table and in rules, these are conditions


def read(text: str, rewrite: Rewrite | None = None) -> tuple[Program, int]:
    """The program of a template's text, and the node of its result."""
    result = "out" if "\n" in text else "result"
    source = Source(text if "\n" in text else f"{result} = {text}", "<table>")
    program = elaborate(source, rewrite, conditions=CONDITION_NAMES)
    return program, program.bindings[result]


class Template:
    """A text whose free names are replaced by nodes.

    Parameters
    ----------
    text : str
        An expression, or statements of which one assigns ``out``.
    params : tuple of str
        The free names, in the order in which their nodes are given.
    """

    def __init__(self, text: str, params: tuple[str, ...]) -> None:
        program, result = read(text)
        needed = program.reachable([result])
        slots: dict[int, int] = {}
        self.steps: list[tuple[str, tuple[Any, ...]]] = []
        for i, node in enumerate(program.nodes):
            if not needed[i]:
                continue
            if node[0] == "input":
                slots[i] = params.index(node[1])
                continue
            if node[0] == "const":
                operands: tuple[Any, ...] = (node[1], program.spellings.get(i, ""))
            else:
                operands = tuple(slots[a] for a in node[1:])
            slots[i] = len(params) + len(self.steps)
            self.steps.append((node[0], operands))
        self.result = slots[result]

    def __call__(
        self,
        program: Program,
        args: Sequence[int],
        add: Callable[[Node], int] | None = None,
    ) -> int:
        """Build the text with these nodes; ``add`` may replace ``program.add``."""
        steps = self.steps
        if not steps:
            return args[self.result]
        add = add or program.add
        env = list(args)
        for op, operands in steps:
            if op == "const":
                env.append(program.const(*operands))
            else:
                env.append(add((op, *[env[k] for k in operands])))
        return env[self.result]


@cache
def template(text: str, params: tuple[str, ...]) -> Template:
    """A template, read once for the same text."""
    return Template(text, params)
