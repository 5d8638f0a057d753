"""Checked nodes: what names and numbers stand for, and which operations may be done with them.

A wrong sub-expression becomes an ``error`` node, which swallows every operation on it: reading
goes on, later errors are found too, and an error in a branch that a constant condition excludes
never comes up (``x[i + 1] if i < 9 else 0``).

There are two types, numbers and conditions; they are told apart by keeping the set of conditions
(Pierce, "Types and Programming Languages", chapter 8, has this very language).

>>> from graphc.language.code import Script
>>> operands = Operands(Program(), Script(), {"2": 2})
>>> operands.checked("and", 0, operands.look_up("2", 0), operands.look_up("x", 0))
2
>>> operands.problem(2)[0].message
"'and' needs a condition, found a number"
"""

from __future__ import annotations

import math

from graphc.errors import Diagnostic, quoted, shortened
from graphc.language.code import Script
from graphc.language.expression import REDUCERS
from graphc.ops import FUNCTIONS, OPS
from graphc.program import Program

CONDITION_HINT = "use '1 if condition else 0' for a number"
NUMBER_HINT = "compare it, with x > 0 for example"


class Operands:
    """The values of a program under construction.

    Parameters
    ----------
    program : Program
    script : Script
    numbers : dict of str to number
        Values of the number words.
    given : frozenset of str
        Free names that stand for conditions.

    Attributes
    ----------
    scope : dict of str to int
        Node of every name, and of every number word.
    implicit : dict of str to int
        Inputs made by their first use, with its token.
    assigned : set of str
        Names that the file assigns somewhere.
    silent : set of str
        Names that are known to be wrong already.
    """

    def __init__(
        self,
        program: Program,
        script: Script,
        numbers: dict[str, int | float],
        given: frozenset[str] = frozenset(),
    ) -> None:
        self.program, self.script = program, script
        self.numbers, self.given = numbers, given
        self.scope: dict[str, int] = {}
        self.implicit: dict[str, int] = {}
        self.assigned: set[str] = set()
        self.silent: set[str] = set(script.broken)
        self.conditions: set[int] = set()
        self.pending: list[Diagnostic | None] = []

    # --- names and numbers ----------------------------------------------------------------

    def look_up(self, word: str, token: int) -> int:
        """The node of a word that the scope does not have, or that of a function lacks."""
        found = self.scope.get(word)
        if found is not None:
            return found
        self.program.origin = token
        if word in self.numbers:
            node = self.program.const(self.numbers[word], word)
        elif word in ("True", "False"):
            node = self.program.const(word == "True")
            self.conditions.add(node)
        elif word == "pi" and word not in self.assigned:
            node = self.program.const(math.pi, word)
        else:
            return self._free(word, token)
        self.scope[word] = node
        return node

    def _free(self, word: str, token: int) -> int:
        """A name without a value: an input, unless it is something else."""
        program = self.program
        if word in self.silent:
            return self.fail(None)
        if word in program.inputs:
            size = program.inputs[word].size
            elements = f"{size} element" + "s" * (size != 1)
            return self.bad(token, f"{quoted(word)} is an array of {elements}",
                             f"use one of them, {shortened(word)}[0] for example")  # fmt: skip
        function = word in FUNCTIONS or word in REDUCERS or word in self.script.functions
        if function and word != "gamma" and word not in self.assigned:
            return self.bad(
                token, f"{quoted(word)} is a function", f"call it: {shortened(word)}(...)"
            )
        node = self.scope[word] = program.input(word)
        if word in self.given:
            self.conditions.add(node)
        program.names[node] = word
        self.implicit[word] = token
        return node

    def element(self, name: str, token: int, index: int) -> int:
        """The node of an element of an array."""
        program, array = self.program, self.program.inputs.get(name)
        if self.is_error(index):
            return index
        if name in self.silent:
            return self.fail(None)
        if array is None or array.size is None:
            known = array is not None or name in self.assigned or name in self.scope
            if name in FUNCTIONS or name in self.script.functions or name in REDUCERS:
                return self.bad(token, f"'{name}' is a function", f"call it: {name}(...)")
            known = known or any(name in f.params for f in self.script.functions.values())
            hint = "only declared inputs are arrays" if known else (
                f"declare it: {shortened(name)}: input[10]")  # fmt: skip
            return self.bad(token, f"{quoted(name)} is not an array", hint)
        k, last = program.value(index), array.size - 1
        if not isinstance(k, int) or isinstance(k, bool):
            return self.bad(token, f"the index of {quoted(name)} is not a constant whole number",
                             f"use 0 to {last}")  # fmt: skip
        if not -array.size <= k < array.size:
            return self.bad(token, f"index {k} is outside {quoted(name)}",
                             f"it has the elements 0 to {last}")  # fmt: skip
        return program.input(f"{name}[{k % array.size}]")

    # --- operations -----------------------------------------------------------------------

    def checked(self, op: str, token: int, *args: int, shown: str = "") -> int:
        """Add a node whose conditions and numbers stand in the right places."""
        row, conditions = OPS[op], self.conditions
        shown = shown or row.symbol or row.name
        self.program.origin = token
        for k, arg in enumerate(args):
            if self.is_error(arg):
                if op == "where" and k:  # a constant condition may choose the other branch
                    continue
                return arg
            if k in row.conditions and arg not in conditions:
                return self.bad(token, f"'{shown}' needs a condition, found a number", NUMBER_HINT)
            if arg in conditions and k not in row.conditions and op != "where":
                return self.not_a_number(token, shown)
        mixed = op == "where" and (args[1] in conditions) != (args[2] in conditions)
        if mixed and not any(map(self.is_error, args)):
            return self.bad(token, "one branch is a condition and one a number", CONDITION_HINT)
        node = self.program.add((op, *args))
        if row.condition or (op == "where" and args[1] in conditions):
            conditions.add(node)
        return node

    def not_a_number(self, token: int, shown: str) -> int:
        """An error node for a condition among the arguments of something."""
        return self.bad(token, f"'{shown}' needs a number, found a condition", CONDITION_HINT)

    # --- errors ---------------------------------------------------------------------------

    def is_error(self, node: int) -> bool:
        """Whether a node stands for something wrong."""
        return bool(self.program.nodes[node][0] == "error")

    def bad(self, token: int, message: str, hint: str = "") -> int:
        """An error node that points at a token."""
        span = self.program.source.token_span(token)
        return self.fail(Diagnostic(message, *span, hint))

    def fail(self, diagnostic: Diagnostic | None) -> int:
        """An error node; its diagnostic, if any, comes up when the node is needed."""
        self.pending.append(diagnostic)
        return self.program.restore(("error", len(self.pending) - 1))

    def problem(self, node: int) -> list[Diagnostic] | None:
        """What made a node wrong, which may be reported already; None for sound nodes."""
        what = self.program.nodes[node]
        if what[0] != "error":
            return None
        found = self.pending[what[1]]
        return [found] if found else []
