r"""Text to program: declarations, assignments, and which names are inputs and outputs.

The statements are run one after the other by `graphc.language.machine`; this module settles what
names mean.  Every name is assigned once; a name that nothing assigns is an input; outputs are those
declared, else the names that nothing uses.  An error costs one statement, and what depends on
that statement is passed over in silence.  The word is that of hardware compilers for this step.

>>> program = elaborate(Source("y = sum(x[i]**2 for i in range(3))\nx: input[3]"))
>>> program.inputs["x"].size, list(program.outputs)
(3, ['y'])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphc.bounds import Bounds
from graphc.errors import MAX_REPORTED, Diagnostic, InputError, Source, quoted, suggest
from graphc.language.calls import check_calls
from graphc.language.code import Code, Loop, Statement, names_in
from graphc.language.machine import MAX_OPERATIONS, Machine, TooLongError
from graphc.language.operands import CONDITION_HINT
from graphc.language.parser import Reading, parse
from graphc.program import Input, Number, Program, RawProgram, Rewrite

__all__ = ["MAX_OPERATIONS", "elaborate"]

_ONCE = "every name is assigned once; give the new value a new name"


def elaborate(
    source: Source,
    rewrite: Rewrite | None = None,
    max_operations: int = MAX_OPERATIONS,
    conditions: frozenset[str] = frozenset(),
    interned: bool = True,
) -> Program:
    """Read a source into a program.

    Parameters
    ----------
    source : Source
    rewrite : callable, optional
        Simplification to apply as nodes are made; see `graphc.derive.rules`.
    max_operations : int
        How many operations functions and loops may make, and elements an array may have.
    conditions : frozenset of str
        Free names that stand for conditions; the operation table has such texts.
    interned : bool
        Whether equal operations are one node; otherwise the result is a `RawProgram`.

    Raises
    ------
    InputError
        With every error found.
    """
    program = (Program if interned else RawProgram)(rewrite, source)
    reading = parse(source)
    machine = Machine(program, reading.script, reading.numbers, conditions, max_operations)
    elaboration = _Elaboration(program, reading, machine)
    elaboration.run()
    if elaboration.errors:
        raise InputError(source, elaboration.errors)
    return program


class _NoValueError(Exception):
    """A statement has no value; the diagnostics say why, unless something else did already."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics


class _Elaboration:
    """The names of one file."""

    def __init__(self, program: Program, reading: Reading, machine: Machine) -> None:
        self.program, self.machine = program, machine
        self.tokens, self.script, self.errors = reading.tokens, reading.script, reading.errors
        self.defined: dict[str, int] = {}  # name -> token
        machine.assigned = {self.tokens[s.name] for s in self.script.statements}

    def run(self) -> None:
        """Run all statements: declarations of inputs first, then the rest in order."""
        self.program.doc = self.script.doc
        source, statements = self.program.source, self.script.statements
        self.errors += check_calls(self.script, source, self.machine.assigned)
        self.machine.silent |= self.script.broken
        declared = [s for s in statements if s.kind in ("input", "data")]
        try:
            self._each(self._declare, declared)
            self._each(self._assign, [s for s in statements if s.kind not in ("input", "data")])
        except TooLongError:
            self._too_long()
        self._settle_inputs()
        self._settle_outputs()

    def _each(self, step: Callable[[Statement], None], statements: list[Statement]) -> None:
        for statement in statements:
            try:
                step(statement)
            except _NoValueError as skip:
                self.errors += skip.diagnostics
                self.machine.silent.add(self.tokens[statement.name])
            except InputError as error:
                self.errors += error.diagnostics
                self.machine.silent.add(self.tokens[statement.name])

    # --- statements -----------------------------------------------------------------------

    def _declare(self, statement: Statement) -> None:
        program, token = self.program, statement.name
        name = self._define(token)
        size = default = None
        if statement.size is not None:
            size = self._size(statement.size)
        if statement.code is not None:
            default = program.value(self._value(statement.code))
            if default is None or isinstance(default, bool):
                raise self._skip("a default value is a constant number", statement.code.at[0],
                                 "leave it out, or write a number")  # fmt: skip
        active, bounds = statement.kind == "input", self._bounds(statement, default)
        program.inputs[name] = Input(name, size, active, default, token, bounds)
        program.origin = token
        for element in program.inputs[name].elements:
            node = program.input(element)
        if size is None:
            self.machine.scope[name] = node
            program.names[node] = name

    def _bounds(self, statement: Statement, default: Number | None) -> Bounds | None:
        """The bounds of an input; there are numbers inside, the default among them."""
        name = self.tokens[statement.name]
        ends: dict[str, Any] = {}
        for bound in statement.bounds:
            value = self.program.value(self._value(bound.code))
            if value is None or isinstance(value, bool):
                raise self._skip("a bound is a constant number", bound.code.at[0],
                                 "leave it out, or write a number")  # fmt: skip
            side = "high" if bound.symbol[0] == "<" else "low"
            ends |= {side: value, f"{side}_open": len(bound.symbol) == 1}
        if not ends:
            return None
        bounds = Bounds(**ends)
        if bounds.is_empty:
            raise self._skip(
                f"no number is inside the bounds of {quoted(name)}",
                statement.bounds[0].token,
                "the lower bound comes below the upper one",
            )
        if default is not None and default not in bounds and statement.code is not None:
            raise self._skip(
                f"the default {default!r} of {quoted(name)} is outside its bounds",
                statement.code.at[0],
                f"choose one with {bounds.text(name)}",
            )
        return bounds

    def _size(self, code: Code) -> int:
        size, limit = self.program.value(self._value(code)), self.machine.max_operations
        if not isinstance(size, int) or isinstance(size, bool):
            raise self._skip("the size of an array is not a constant whole number", code.at[0],
                             "write a number")  # fmt: skip
        if not 1 <= size <= limit:
            raise self._skip(f"an array cannot have {size} elements", code.at[0],
                             f"use 1 to {limit}")  # fmt: skip
        return size

    def _assign(self, statement: Statement) -> None:
        program, machine, token = self.program, self.machine, statement.name
        name = self.tokens[token]
        if statement.code is None:  # a bare declaration of an output
            self._declare_output(name, token)
            return
        first_use = machine.implicit.get(name)
        node = machine.run(statement.code)
        self._define(token)
        if first_use is None:
            first_use = machine.implicit.get(name)
        if first_use is not None:
            raise self._too_late(name, token, first_use, node)
        problem = machine.problem(node)
        if problem is not None:
            raise _NoValueError(problem)
        machine.scope[name] = program.bindings[name] = node
        program.names.setdefault(node, name)
        if statement.kind == "output":
            self._declare_output(name, token)

    def _declare_output(self, name: str, token: int) -> None:
        first = self.program.outputs.setdefault(name, -token)
        if first != -token:
            raise self._skip(
                f"output {quoted(name)} is declared twice",
                token,
                "one line is enough",
                ("first declared here", -first),
            )

    def _define(self, token: int) -> str:
        name = self.tokens[token]
        first = self.defined.setdefault(name, token)
        if first != token:
            raise self._skip(f"{quoted(name)} is assigned twice", token, _ONCE,
                             ("first assigned here", first))  # fmt: skip
        if name in self.script.functions:
            raise self._skip(
                f"{quoted(name)} is a value and a function",
                token,
                "give one of them another name",
                ("the function is defined here", self.script.functions[name].token),
            )
        return name

    def _too_late(self, name: str, token: int, first_use: int, node: int) -> _NoValueError:
        program = self.program
        few = len(self.errors) < MAX_REPORTED
        cyclic = few and bool(program.reachable([node])[program.input(name)])
        what = "is defined by itself" if cyclic else "is used before it is defined"
        hint = "break the cycle" if cyclic else "move the definition up"
        return self._skip(f"{quoted(name)} {what}", token, hint, ("used here", first_use))

    def _value(self, code: Code) -> int:
        node = self.machine.run(code)
        problem = self.machine.problem(node)
        if problem is not None:
            raise _NoValueError(problem)
        return node

    # --- inputs and outputs ---------------------------------------------------------------

    def _settle_inputs(self) -> None:
        """Order inputs: declared, then first used; those with defaults last, as Python asks."""
        program = self.program
        for name, token in self.machine.implicit.items():
            program.inputs[name] = Input(name, origin=token)
        ordered = sorted(program.inputs.values(), key=lambda i: i.default is not None)
        program.inputs = {i.name: i for i in ordered}

    def _settle_outputs(self) -> None:
        """Outputs are those declared, else the assigned names that nothing uses."""
        program, declared = self.program, self.program.outputs
        if declared:
            found = {name: self._output(name, -token) for name, token in declared.items()}
        elif self.errors:
            return
        else:
            used = self._used()
            found = {name: node for name, node in program.bindings.items() if name not in used}
        program.outputs = {name: node for name, node in found.items() if node is not None}
        for name, node in program.outputs.items():
            if node in self.machine.conditions and not self.machine.given:
                self._note(f"output {quoted(name)} is a condition, not a number",
                           self.defined[name], CONDITION_HINT)  # fmt: skip
        if not program.outputs and not self.errors:
            what = "only inputs" if program.inputs else "only functions" if (
                self.script.functions) else "nothing"  # fmt: skip
            self._note(f"the file defines {what}", 0, "write at least one assignment: y = ...")

    def _output(self, name: str, token: int) -> int | None:
        node = self.program.bindings.get(name)
        if node is None and name in self.program.inputs:
            self._note(f"output {quoted(name)} is an input", token, "assign it to another name")
        elif node is None and name not in self.machine.silent:
            self._note(f"output {quoted(name)} is never assigned", token,
                       suggest(name, self.program.bindings))  # fmt: skip
        return node

    def _used(self) -> set[object]:
        """All names that some expression uses."""
        used: set[object] = set()
        for statement in self.script.statements:
            if statement.code is not None:
                used.update(statement.code.ops)
        loops = [op for op in used if isinstance(op, Loop)]
        for loop in loops:
            used.update(names_in(Code([loop], [0])))
        called = {name for name, _ in self.script.calls}
        for name, function in self.script.functions.items():
            if name in called:
                used.update(names_in(function.code, function.params))
        return used

    # --- errors ---------------------------------------------------------------------------

    def _too_long(self) -> None:
        limit = self.machine.max_operations
        self._note(
            f"the file unrolls to more than {limit} operations",
            self.machine.program.origin,
            "raise the limit with --max-operations, or max_operations=, if that is meant",
        )

    def _note(self, message: str, token: int, hint: str = "") -> None:
        self.errors += self._skip(message, token, hint).diagnostics

    def _skip(
        self, message: str, token: int, hint: str = "", also: tuple[str, int] | None = None
    ) -> _NoValueError:
        span = self.program.source.token_span
        second = ((also[0], *span(also[1])),) if also else ()
        return _NoValueError([Diagnostic(message, *span(token), hint, second)])
