"""Code to nodes: a small stack machine that inlines functions and unrolls loops.

The parser's code is run once, with nodes for values: an addition puts an ``add`` node on the
stack, a call of a user's function goes on in the function's code, a comprehension repeats its code
with its variable bound to constants.  What is constant folds as it is built, so indices and
ranges need no rules of their own.  Nothing recurses: calls and loops are frames on a list, and a
loop is a coroutine that asks for one piece of code after another to be run.

>>> from graphc.language.parser import parse
>>> from graphc.errors import Source
>>> program, reading = Program(), parse(Source("y = x + x"))
>>> machine = Machine(program, reading.script, reading.numbers)
>>> program.nodes[machine.run(reading.script.statements[0].code)]
('add', 0, 0)
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cache
from itertools import repeat

from graphc.errors import Source
from graphc.language.code import (
    CHOOSE,
    ERROR,
    KEEP,
    NEGATE,
    Call,
    Chain,
    Clause,
    Code,
    Function,
    Index,
    Loop,
    Script,
    Store,
)
from graphc.language.operands import NUMBER_HINT, Operands
from graphc.language.parser import parse
from graphc.ops import BINARY, FUNCTIONS, Op
from graphc.program import Program

MAX_OPERATIONS = 2_000_000  # that functions and loops may make: about 1 GB with derivatives

_COMPARISONS = {row.symbol: row.name for row in BINARY.values() if row.condition}
_LOGICAL = ("and", "or", "not")
_ARITHMETIC = [row for row in BINARY.values() if not row.condition]

_Steps = Iterator[tuple[object, int]]
_Running = Generator[Code, int, int]  # a loop: yields code to run, is sent its node
_Frame = tuple[_Steps, dict[str, int], "_Running | None"]


class Machine(Operands):
    """Runs code.

    Parameters
    ----------
    program, script, numbers, given
        As for `Operands`.
    max_operations : int
        How many operations functions and loops may make.
    """

    def __init__(
        self,
        program: Program,
        script: Script,
        numbers: dict[str, int | float],
        given: frozenset[str] = frozenset(),
        max_operations: int = MAX_OPERATIONS,
    ) -> None:
        super().__init__(program, script, numbers, given)
        self.max_operations, self.operations = max_operations, 0
        self.macros: dict[str, Function] = {}
        self.unary: dict[object, str] = {NEGATE: "neg"}
        self.binary: dict[object, str] = {row.symbol: row.name for row in _ARITHMETIC}

    def run(self, code: Code) -> int:
        """The node of an expression."""
        frames: list[_Frame] = []
        try:
            return self._run(code, frames)
        finally:
            for _, _, loop in reversed(frames):  # after an error: give the names back
                if loop is not None:
                    loop.close()

    def _run(self, code: Code, frames: list[_Frame]) -> int:
        """The loop; hot, hence the local names and the order of the tests."""
        program, conditions = self.program, self.conditions
        add, unary, binary = program.add, self.unary, self.binary
        scope = self.scope
        stack: list[int] = []
        get, push, pop = scope.get, stack.append, stack.pop
        steps: _Steps = zip(code.ops, code.at, strict=True)
        while True:
            for op, token in steps:
                node = get(op)  # type: ignore[call-overload]
                if node is not None:
                    push(node)
                    continue
                name = binary.get(op)
                if name is not None:
                    right, left = pop(), stack[-1]
                    program.origin = token
                    if conditions and (left in conditions or right in conditions):
                        stack[-1] = self.checked(name, token, left, right)
                    else:
                        stack[-1] = add((name, left, right))
                    continue
                name = unary.get(op)
                if name is not None:
                    program.origin = token
                    if stack[-1] in conditions:
                        stack[-1] = self.checked(name, token, stack[-1])
                    else:
                        stack[-1] = add((name, stack[-1]))
                elif type(op) is Store:
                    scope[op.name] = pop()
                elif type(op) is Loop:
                    running = self._unroll(op, token, scope)
                    code = next(running)
                    frames.append((steps, scope, running))
                    steps = zip(code.ops, code.at, strict=True)
                    break
                elif type(op) is Call and (function := self._function(op)):
                    frames.append((steps, scope, None))
                    steps, scope = self._entered(function, token, stack, op.count)
                    get = scope.get
                    break
                else:
                    self._rare(op, token, stack)
            else:
                if not frames:
                    return pop()
                steps, scope, waiting = frames.pop()
                get = scope.get
                if waiting is not None:
                    try:
                        code = waiting.send(pop())
                        frames.append((steps, scope, waiting))
                        steps = zip(code.ops, code.at, strict=True)
                    except StopIteration as end:
                        push(end.value)

    def _rare(self, op: object, token: int, stack: list[int]) -> None:
        """Run an instruction that long files do not consist of."""
        if isinstance(op, Call):
            first = len(stack) - op.count
            stack[first:] = [self._apply(op, token, stack[first:])]
        elif isinstance(op, Index):
            stack[-1] = self.element(op.name, token, stack[-1])
        elif isinstance(op, Chain):
            stack[-2] = self.checked(_COMPARISONS[op.symbol], token, *stack[-2:])
        elif op == CHOOSE:
            other = stack.pop()
            condition = stack.pop()
            stack[-1] = self.checked("where", token, condition, stack[-1], other, shown="if")
        elif op == KEEP:
            if stack[-1] in self.conditions:
                stack[-1] = self.not_a_number(token, "+")
        elif op == "not":
            stack[-1] = self.checked("not", token, stack[-1])
        elif op in _LOGICAL or op in _COMPARISONS:
            right = stack.pop()
            name = _COMPARISONS.get(str(op), str(op))
            stack[-1] = self.checked(name, token, stack[-1], right)
        elif op == ERROR:
            stack.append(self.fail(None))
        else:
            stack.append(self.look_up(str(op), token))

    def count(self, operations: int) -> None:
        """Note that so many operations are about to be made.

        Raises
        ------
        TooLongError
            They are too many.
        """
        self.operations += operations
        if self.operations > self.max_operations:
            raise TooLongError

    # --- functions of the table ---

    def _apply(self, call: Call, token: int, args: list[int]) -> int:
        """Apply a function of the table."""
        row, count = FUNCTIONS.get(call.name), call.count
        wrong = row is None or call.name in self.silent or call.name in self.script.functions
        if row is None or wrong or not ((row.chains and count) or count == len(row.params)):
            return self.fail(None)  # reported when the calls were checked
        for k in row.constants:
            if self.program.value(args[k]) is None and not self.given:
                return self.bad(token, f"argument {k + 1} of '{row.name}' is not constant",
                                 "write a number there")  # fmt: skip
        if not row.conditions and not row.constants and not row.condition:
            self._remember(call, row)
        if count == 1 and row.name == "hypot":
            return self.checked("abs", token, *args, shown="hypot")
        if not row.chains:
            return self.checked(row.name, token, *args)
        result = args[0]
        for arg in args[1:]:  # more than two arguments fold from the left: max(a, b, c)
            result = self.checked(row.name, token, result, arg)
        return result

    def _remember(self, call: Call, row: Op) -> None:
        """Let the main loop apply a plain function itself from now on."""
        if call.count == len(row.params) == 1:
            self.unary[call] = row.name
        elif call.count == len(row.params) == 2:
            self.binary[call] = row.name

    # --- functions ------------------------------------------------------------------------

    def _function(self, call: Call) -> Function | None:
        """The function whose code a call runs; None when the table does it."""
        name = call.name
        function = self.script.functions.get(name) or self.macros.get(name)
        row = None if name in self.silent else FUNCTIONS.get(name)
        if function is None and row is not None and row.macro:
            function = self.macros[name] = macro(row)
            self.numbers.update(function.numbers)
        if function is None:
            return None
        count = len(function.params)
        return function if count - len(function.defaults) <= call.count <= count else None

    def _entered(
        self, function: Function, token: int, stack: list[int], count: int
    ) -> tuple[_Steps, dict[str, int]]:
        """The steps of a function, and its names."""
        self.program.origin = token
        self.count(function.code.operations)
        args = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        macro = function.token < 0
        if macro:  # everything in it was read from the call
            args += map(self.program.const, function.defaults[count - len(function.params) :]
                        if count < len(function.params) else ())  # fmt: skip
            if wrong := self.conditions.intersection(args):
                args[args.index(min(wrong))] = self.not_a_number(token, function.name)
        tokens = repeat(token, len(function.code.ops)) if macro else function.code.at
        scope = dict(zip(function.params, args, strict=True))
        return zip(function.code.ops, tokens, strict=True), scope

    # --- loops ----------------------------------------------------------------------------

    def _unroll(self, loop: Loop, token: int, scope: dict[str, int]) -> _Running:
        """Run a comprehension; its names are hidden from the code around it."""
        hidden = [(clause.variable, scope.get(clause.variable)) for clause in loop.clauses]
        items: list[int] = []
        try:
            error = yield from self._collect(loop, scope, items)
        finally:
            for variable, node in reversed(hidden):
                if node is None:
                    scope.pop(variable, None)
                else:
                    scope[variable] = node
        return self._reduced(loop.reducer, token, items) if error < 0 else error

    def _collect(self, loop: Loop, scope: dict[str, int], items: list[int]) -> _Running:
        """Collect the elements of a comprehension; an error node ends it, -1 if there is none."""
        clauses, element = loop.clauses, loop.element
        steps: list[Iterator[int]] = []  # values to come, of every clause begun
        beginning = True
        while True:
            if beginning:
                bounds: list[int] = []
                for code in clauses[len(steps)].bounds:
                    bounds.append((yield code))
                values = self._range(clauses[len(steps)], bounds)
                if isinstance(values, int):
                    return values
                steps.append(iter(values))
            clause, step = clauses[len(steps) - 1], next(steps[-1], None)
            beginning = False
            if step is None:
                steps.pop()
                if not steps:
                    return -1
                continue
            scope[clause.variable] = self.program.const(step)
            for code in clause.filters:
                self.count(code.operations)
                holds = self._holds(code, (yield code))
                if isinstance(holds, int) and not isinstance(holds, bool):
                    return holds
                if not holds:
                    break
            else:
                beginning = len(steps) < len(clauses)
                if not beginning:
                    self.count(element.operations)
                    node = yield element
                    if self.is_error(node):
                        return node
                    items.append(node)

    def _range(self, clause: Clause, bounds: list[int]) -> range | int:
        """The numbers of a clause, or an error node."""
        for bound in bounds:
            if self.is_error(bound):
                return bound
        values = [self.program.value(bound) for bound in bounds]
        whole = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
        at = self.program.origin = clause.bounds[0].at[0]
        if len(whole) < len(values):
            constant = None not in values
            return self.bad(at, "the range is not of whole numbers" if constant else
                             "the range is not constant",
                             "loops are unrolled; give constant whole numbers")  # fmt: skip
        if len(whole) == 3 and whole[2] == 0:
            return self.bad(at, "the step of a range is not 0", "use 1 or -1")
        numbers = range(*whole)
        self.count(numbers.__len__() if abs(whole[-1]) < 2**60 and max(map(abs, whole)) < 2**60
                   else self.max_operations + 1)  # fmt: skip
        return numbers

    def _holds(self, code: Code, node: int) -> bool | int:
        """Whether a condition of a loop holds; an error node when nobody can tell."""
        if self.is_error(node):
            return node
        value = self.program.value(node)
        if isinstance(value, bool):
            return value
        if node in self.conditions:
            return self.bad(code.at[-1], "the condition of a loop is not constant",
                             "use 'a if condition else 0' inside the loop")  # fmt: skip
        return self.bad(code.at[-1], "'if' needs a condition, found a number", NUMBER_HINT)

    def _reduced(self, name: str, token: int, items: list[int]) -> int:
        program = self.program
        program.origin = token
        if not items:
            if name in ("min", "max"):
                return self.bad(token, f"'{name}' of an empty range", "give it at least one number")
            return program.const(0 if name == "sum" else 1)
        op = {"sum": "add", "prod": "mul"}.get(name, name)
        if not self.conditions.isdisjoint(items):
            return self.not_a_number(token, name)
        result, add = items[0], program.add
        for item in items[1:]:
            result = add((op, result, item))
        return result


class TooLongError(Exception):
    """The file unrolls to too many operations."""


@cache
def macro(row: Op) -> Function:
    """A row that is replaced by its definition, as a function of the language."""
    text = f"def {row.name}_({', '.join(row.params)}): return {row.definition}"
    reading = parse(Source(text))
    (function,) = reading.script.functions.values()
    return Function(
        row.name, function.params, function.code, defaults=row.defaults, numbers=reading.numbers
    )
