"""Code to program: a small stack machine that inlines functions and unrolls loops.

The parser's code is run once, with nodes for values: an addition puts an ``add`` node on the
stack, a call of a user's function continues in the function's code, a comprehension repeats its
code with its variable bound to constants.  What is constant folds as it is built, so indices and
ranges need no rules of their own.  Nothing recurses; calls and loops are frames on a list.
The name is that of hardware compilers for the same step.

A wrong sub-expression becomes an ``error`` node, which swallows every operation on it: reading
goes on, later errors are found too, and an error in a branch that a constant condition excludes
never comes up (``x[i + 1] if i < 9 else 0``).

>>> program = elaborate(Source("y = sum(x[i]**2 for i in range(3))\\nx: input[3]"))
>>> program.inputs["x"].size, list(program.outputs)
(3, ['y'])
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from graphc.errors import Diagnostic, InputError, Source, suggest
from graphc.ops import BINARY, FUNCTIONS, OPS, Op
from graphc.parser import MAX_LITERAL, REDUCERS, Code, Function, Script, Statement, parse
from graphc.program import Input, Program, Rewrite

MAX_OPERATIONS = 2_000_000  # of an unrolled file: about 1 GB with its derivatives

_TWO = frozenset(row.name for row in BINARY.values())
_LOGICAL = {"and", "or", "not"}
_CONDITION_HINT = "use '1 if condition else 0' for a number"


@dataclass
class _Frame:
    """A function being run: where to go on in its caller, and the caller's names."""

    code: Code
    counter: int
    scope: dict[str, int]
    function: str


@dataclass
class _Loop:
    """A comprehension variable: the values to come, and the node its name had before."""

    values: Iterator[int]
    hidden: int | None


def elaborate(
    source: Source,
    rewrite: Rewrite | None = None,
    max_operations: int = MAX_OPERATIONS,
    conditions: frozenset[str] = frozenset(),
) -> Program:
    """Read a source into a program.

    Parameters
    ----------
    source : Source
    rewrite : callable, optional
        Simplification to apply as nodes are made; see `graphc.rules`.
    max_operations : int
        Limit of operations after unrolling and inlining.
    conditions : frozenset of str
        Free names that stand for conditions; the operation table has such texts.

    Raises
    ------
    InputError
        With every error found.
    """
    tokens, script, errors = parse(source)
    program = Program(rewrite, source)
    machine = _Machine(program, tokens, script, max_operations, conditions, errors)
    machine.run_all()
    if machine.errors:
        raise InputError(source, machine.errors)
    return machine.program


@dataclass
class _Machine:
    program: Program
    tokens: list[str]
    script: Script
    max_operations: int
    given: frozenset[str]
    errors: list[Diagnostic]
    steps: int = 0

    def __post_init__(self) -> None:
        self.scope: dict[str, int] = {}
        self.defined: dict[str, int] = {}  # name -> token
        self.implicit: dict[str, int] = {}  # inputs made by their first use -> token
        self.used: set[str] = set()
        self.numbers: dict[str, int] = {}
        self.conditions: set[int] = set()
        self.pending: list[Diagnostic] = []
        self.prelude: dict[str, Function] = {}
        self.assigned = {self.tokens[s.name] for s in self.script.statements}

    # --- statements -----------------------------------------------------------------------

    def run_all(self) -> None:
        """Run all statements: declarations of inputs first, then the rest in order."""
        self.program.doc = self.script.doc
        statements = self.script.statements
        for statement in statements:
            if statement.kind in ("input", "data"):
                self._guarded(self._declare, statement)
        for statement in statements:
            if statement.kind not in ("input", "data"):
                self._guarded(self._assign, statement)
        self._guarded(self._check_functions)
        self._settle_inputs()
        if not self.errors:
            self._guarded(self._check_not_empty)
            self._guarded(self._settle_outputs)

    def _guarded(self, step, *args) -> None:  # type: ignore[no-untyped-def]
        try:
            step(*args)
        except InputError as error:
            self.errors += error.diagnostics

    def _declare(self, statement: Statement) -> None:
        program, name = self.program, self._define(statement.name)
        size = default = None
        if statement.size is not None:
            size = self._whole(statement.size, "the size of an array")
            if not 1 <= size <= self.max_operations:
                raise program.error(f"an array cannot have {size} elements", "use 1 or more",
                                    statement.name)  # fmt: skip
        if statement.code is not None:
            default = program.value(self._value(statement.code))
            if default is None or isinstance(default, bool):
                raise program.error("a default value is a constant number", "", statement.name)
        active = statement.kind == "input"
        program.inputs[name] = Input(name, size, active, default, statement.name)
        program.origin = statement.name
        for element in program.inputs[name].elements:
            node = program.input(element)
        if size is None:
            self.scope[name] = node
            program.names[node] = name

    def _assign(self, statement: Statement) -> None:
        program, token = self.program, statement.name
        name = self.tokens[token]
        if statement.code is None:  # a bare declaration of an output
            program.outputs[name] = -token
            return
        first_use = self.implicit.get(name)
        node = self._value(statement.code)
        self._define(token)
        first_use = self.implicit.get(name) if first_use is None else first_use
        if first_use is not None:
            raise self._too_late(name, token, first_use, node)
        self.used.update(
            self.tokens[t]
            for o, t in zip(statement.code.ops, statement.code.at, strict=True)
            if o == "name"
        )
        self.scope[name] = node
        program.bindings[name] = node
        program.names.setdefault(node, name)
        if statement.kind == "output":
            program.outputs[name] = node

    def _define(self, token: int) -> str:
        name = self.tokens[token]
        first = self.defined.setdefault(name, token)
        if first != token:
            span = self.program.source.token_span
            raise InputError(self.program.source, [Diagnostic(
                f"'{name}' is assigned twice", *span(token),
                "every name is assigned once; give the new value a new name",
                (("first assigned here", *span(first)),))])  # fmt: skip
        return name

    def _too_late(self, name: str, token: int, first_use: int, node: int) -> InputError:
        program = self.program
        cyclic = bool(program.reachable([node])[program.input(name)])
        what = "is defined by itself" if cyclic else "is used before it is defined"
        hint = "break the cycle" if cyclic else "move the definition up"
        span = program.source.token_span
        return InputError(program.source, [Diagnostic(
            f"'{name}' {what}", *span(token), hint, (("used here", *span(first_use)),))])  # fmt: skip

    def _check_functions(self) -> None:
        """Find unknown functions in definitions, called or not."""
        for function in self.script.functions.values():
            for op, token in zip(function.code.ops, function.code.at, strict=True):
                if isinstance(op, tuple) and op[0] == "call":
                    name = self.tokens[token]
                    if name not in FUNCTIONS and name not in self.script.functions:
                        self._fail(self._unknown(token))

    def _settle_inputs(self) -> None:
        """Order inputs: declared, then first used; those with defaults last, as Python asks."""
        program = self.program
        for name, token in self.implicit.items():
            program.inputs[name] = Input(name, origin=token)
        ordered = sorted(program.inputs.values(), key=lambda i: i.default is not None)
        program.inputs = {i.name: i for i in ordered}

    def _check_not_empty(self) -> None:
        program = self.program
        if not program.bindings and not program.outputs:
            found = "only inputs" if program.inputs else "nothing"
            raise program.error(f"the file defines {found}",
                                "write at least one assignment: y = ...", 0)  # fmt: skip

    def _settle_outputs(self) -> None:
        """Outputs are those declared, else the assigned names that nothing uses."""
        program = self.program
        for name, node in list(program.outputs.items()):
            if node < 0 or name not in program.bindings:
                if name not in program.bindings:
                    raise program.error(f"output '{name}' is never assigned",
                                        suggest(name, program.bindings), -node)  # fmt: skip
                program.outputs[name] = program.bindings[name]
        if not program.outputs:
            program.outputs = {
                name: node for name, node in program.bindings.items() if name not in self.used
            }
        for name, node in program.outputs.items():
            if node in self.conditions and not self.given:
                raise program.error(f"output '{name}' is a condition, not a number",
                                    _CONDITION_HINT, self.defined[name])  # fmt: skip

    # --- the machine ----------------------------------------------------------------------

    def _value(self, code: Code) -> int:
        """Run the code of one expression; report the error it ends in."""
        node = self._run(code)
        what = self.program.nodes[node]
        if what[0] == "error":
            diagnostic = self.pending[what[1]]
            raise InputError(self.program.source, [diagnostic])
        return node

    def _whole(self, code: Code, what: str) -> int:
        value = self.program.value(self._value(code))
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.program.error(f"{what} is not a constant whole number", "", code.at[-1])
        return value

    def _run(self, code: Code) -> int:
        program, tokens = self.program, self.tokens
        add, conditions = program.add, self.conditions
        scope, stack, frames, counter = self.scope, [], [], 0  # type: ignore[var-annotated]
        lists: list[list[int]] = []
        loops: list[_Loop] = []
        ops, at = code.ops, code.at
        self._count(len(ops))
        while counter < len(ops):
            op, token = ops[counter], at[counter]
            counter += 1
            if op == "name":
                word = tokens[token]
                node = scope.get(word)
                stack.append(self._lookup(word, token) if node is None else node)
            elif op == "number":
                node = self.numbers.get(tokens[token])
                stack.append(self._number(token) if node is None else node)
            elif op in _TWO:
                right = stack.pop()
                program.origin = token
                if conditions or op in _LOGICAL:
                    stack[-1] = self._checked(op, token, stack[-1], right)
                else:
                    stack[-1] = add((op, stack[-1], right))
                if OPS[op].condition:  # type: ignore[index]
                    conditions.add(stack[-1])
            elif op == "neg" or op == "not":
                program.origin = token
                stack[-1] = self._checked(op, token, stack[-1])
            elif op == "choose":
                last, condition = stack.pop(), stack.pop()
                program.origin = token
                stack[-1] = self._checked("where", token, condition, stack[-1], last)
            elif op == "index":
                stack[-1] = self._element(token, stack[-1])
            elif op == "store":
                scope[tokens[token]] = stack.pop()
            elif op == "return":
                frame = frames.pop()
                ops, at, counter, scope = frame.code.ops, frame.code.at, frame.counter, frame.scope
                code = frame.code
            elif op == "gather":
                lists.append([])
            elif op == "collect":
                lists[-1].append(stack.pop())
            elif op == "reduce":
                stack.append(self._reduce(token, lists.pop()))
            elif op[0] == "call":  # type: ignore[index]
                count = op[1]  # type: ignore[index]
                args = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                function = self._callee(token, count)
                if function is None:
                    stack.append(self._apply(token, args))
                    continue
                self._count(len(function.code.ops))
                if any(f.function == function.name for f in frames):
                    stack.append(self._fail(self._bad(
                        token, f"function '{function.name}' calls itself",
                        "recursion is not part of the language")))  # fmt: skip
                    continue
                args += [program.const(d) for d in function.defaults[count - len(function.params) :]
                         ] if count < len(function.params) else []  # fmt: skip
                frames.append(_Frame(code, counter, scope, function.name))
                scope = dict(zip(function.params, args, strict=True))
                code, counter = function.code, 0
                ops, at = code.ops, code.at
            elif op[0] == "chain":  # type: ignore[index]
                program.origin = token
                right = stack[-1]
                stack[-2] = self._checked(op[1], token, stack[-2], right)  # type: ignore[index]
                conditions.add(stack[-2])
            elif op[0] == "unless":  # type: ignore[index]
                value = program.value(stack.pop())
                if value is None:
                    self._fail(self._bad(token, "the condition of a loop is not constant",
                                         "use 'a if condition else 0' inside the loop"))  # fmt: skip
                if not value:
                    counter += op[1]  # type: ignore[index]
            elif op[0] == "iterate":  # type: ignore[index]
                count = op[1]  # type: ignore[index]
                bounds = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                word = tokens[token]
                loops.append(_Loop(self._range(token, bounds), scope.get(word)))
            elif op[0] == "next":  # type: ignore[index]
                loop, word = loops[-1], tokens[token]
                step = next(loop.values, None)
                if step is not None:
                    self._count(op[1])  # type: ignore[index]
                    scope[word] = program.const(step)
                    continue
                loops.pop()
                counter += op[1]  # type: ignore[index]
                if loop.hidden is None:
                    scope.pop(word, None)
                else:
                    scope[word] = loop.hidden
            else:  # repeat
                counter -= op[1]  # type: ignore[index]
        return stack[-1]  # type: ignore[no-any-return]

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > 4 * self.max_operations:
            raise self.program.error(
                f"the file unrolls to more than {self.max_operations} operations",
                "raise the limit with --max-operations, or max_operations=, if that is meant",
            )

    # --- operands -------------------------------------------------------------------------

    def _lookup(self, word: str, token: int) -> int:
        program = self.program
        found = self.scope.get(word)
        self.used.add(word)
        if found is not None:
            return found
        if word in program.inputs:
            size = program.inputs[word].size
            return self._fail(self._bad(token, f"'{word}' has {size} elements",
                                        f"use one of them, '{word}[0]' for example"))  # fmt: skip
        if word in FUNCTIONS or word in REDUCERS or word in self.script.functions:
            if word not in ("gamma",):
                return self._fail(self._bad(token, f"'{word}' is a function",
                                            f"call it: {word}(...)"))  # fmt: skip
        if word in self.defined:
            return self._fail(self._bad(token, f"'{word}' has no value"), reported=True)
        if word in ("True", "False"):
            node = program.const(word == "True")
            self.conditions.add(node)
            return node
        if word == "pi" and word not in self.assigned:
            return program.const(math.pi, word)
        if problem := self._name_problem(word):
            return self._fail(self._bad(token, f"the name '{word}' cannot be used", problem))
        program.origin = token
        node = self.scope[word] = program.input(word)
        if word in self.given:
            self.conditions.add(node)
        program.names[node] = word
        self.implicit[word] = token
        return node

    def _name_problem(self, word: str) -> str:
        from graphc.lexer import check_name
        from graphc.parser import _BUILTINS

        if word in _BUILTINS:
            return f"it is a builtin of Python; use '{word}_' for example"
        return check_name(word)

    def _number(self, token: int) -> int:
        word = self.tokens[token]
        digits = word.replace("_", "")
        if len(word) > MAX_LITERAL:
            return self._fail(self._bad(token, f"the number has {len(word)} characters",
                                        f"up to {MAX_LITERAL} are allowed"))  # fmt: skip
        value: int | float
        try:
            base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 10)
            whole = digits.isdigit() or base != 10
            value = int(word, base) if whole else float(word)
            if whole and base == 10 and value and digits[0] == "0":
                raise ValueError
        except ValueError:
            return self._fail(self._bad(token, f"'{word}' is not a number", _number_hint(word)))
        if math.isinf(value):
            return self._fail(self._bad(token, f"the number {word} is too large for a float",
                                        "the largest is about 1.8e308"))  # fmt: skip
        self.program.origin = token
        node = self.numbers[word] = self.program.const(value, word)
        return node

    def _element(self, token: int, index: int) -> int:
        program, name = self.program, self.tokens[token]
        self.used.add(name)
        array = program.inputs.get(name)
        if program.nodes[index][0] == "error":
            return index
        if array is None or array.size is None:
            hint = f"declare it: {name}: input[10]" if array is None else ""
            return self._fail(self._bad(token, f"'{name}' is not an array", hint))
        k = program.value(index)
        if not isinstance(k, int) or isinstance(k, bool):
            return self._fail(self._bad(token, f"the index of '{name}' is not a constant whole "
                                        "number", f"use 0 to {array.size - 1}"))  # fmt: skip
        if not -array.size <= k < array.size:
            return self._fail(self._bad(token, f"index {k} is outside '{name}'",
                                        f"it has the elements 0 to {array.size - 1}"))  # fmt: skip
        return program.input(f"{name}[{k % array.size}]")

    # --- operations -----------------------------------------------------------------------

    def _checked(self, op: object, token: int, *args: int) -> int:
        """Add a node whose conditions and numbers stand in the right places."""
        row = OPS[op]  # type: ignore[index]
        for k, arg in enumerate(args):
            if self.program.nodes[arg][0] == "error":
                if op == "where":  # a constant condition may choose the other branch
                    continue
                return arg
            is_condition = arg in self.conditions
            if is_condition and k not in row.conditions and row.name != "where":
                return self._fail(self._bad(token, f"a condition is an argument of '{_shown(row)}'",
                                            _CONDITION_HINT))  # fmt: skip
            if not is_condition and k in row.conditions:
                return self._fail(self._bad(token, f"'{_shown(row)}' needs a condition, found a number",
                                            "compare it, with x > 0 for example"))  # fmt: skip
        if op == "where" and (args[1] in self.conditions) != (args[2] in self.conditions):
            kinds = {self.program.nodes[a][0] for a in args[1:]}
            if "error" not in kinds:
                return self._fail(self._bad(token, "one branch is a condition and one a number",
                                            _CONDITION_HINT))  # fmt: skip
        node = self.program.add((op, *args))
        if row.condition or (op == "where" and args[1] in self.conditions):
            self.conditions.add(node)
        return node

    def _callee(self, token: int, count: int) -> Function | None:
        """The function to run for a call; None when the table does it."""
        name = self.tokens[token]
        function = self.script.functions.get(name) or self.prelude.get(name)
        if function is None and name in FUNCTIONS and FUNCTIONS[name].macro:
            function = self.prelude[name] = macro(FUNCTIONS[name], self.tokens)
        if function is None:
            return None
        least = len(function.params) - len(function.defaults)
        if not least <= count <= len(function.params):
            return None
        return function

    def _apply(self, token: int, args: list[int]) -> int:
        name, count = self.tokens[token], len(args)
        row = FUNCTIONS.get(name)
        user = self.script.functions.get(name)
        if row is None and user is None:
            return self._fail(self._unknown(token))
        params = user.params if user else list(row.params)  # type: ignore[union-attr]
        if row is not None and row.chains and user is None and count >= 1:
            return self._chain(row, token, args)
        if row is None or count != len(params) or user is not None:
            form = f"{name}({', '.join(params)})"
            return self._fail(self._bad(token, f"'{name}' takes {_count(len(params))}, found {count}",
                                        f"write {form}"))  # fmt: skip
        for k in row.constants:
            if self.program.value(args[k]) is None:
                return self._fail(self._bad(token, f"argument {k + 1} of '{name}' is not constant"))
        self.program.origin = token
        return self._checked(row.name, token, *args)

    def _chain(self, row: Op, token: int, args: list[int]) -> int:
        """Fold more than two arguments from the left: max(a, b, c)."""
        self.program.origin = token
        result = args[0]
        if len(args) == 1 and row.name == "hypot":
            return self._checked("abs", token, result)
        for arg in args[1:]:
            result = self._checked(row.name, token, result, arg)
        return result

    def _reduce(self, token: int, items: list[int]) -> int:
        name = self.tokens[token]
        self.program.origin = token
        if not items:
            if name in ("min", "max"):
                return self._fail(self._bad(token, f"'{name}' of an empty range"))
            return self.program.const(0 if name == "sum" else 1)
        op = {"sum": "add", "prod": "mul"}.get(name, name)
        result = items[0]
        for item in items[1:]:
            result = self._checked(op, token, result, item)
        return result

    def _range(self, token: int, bounds: list[int]) -> Iterator[int]:
        values = [self.program.value(b) for b in bounds]
        if any(self.program.nodes[b][0] == "error" for b in bounds):
            self._fail(self.pending[self.program.nodes[bounds[0]][1]])
            return iter(())
        if not 1 <= len(values) <= 3:
            self._fail(self._bad(token, f"'range' takes 1 to 3 arguments, found {len(values)}"),
                       now=True)  # fmt: skip
            return iter(())
        if not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
            self._fail(self._bad(token, "the range is not constant",
                                 "loops are unrolled; give whole numbers"), now=True)  # fmt: skip
            return iter(())
        if len(values) == 3 and values[2] == 0:
            self._fail(self._bad(token, "the step of a range is not 0"), now=True)
            return iter(())
        return iter(range(*values))  # type: ignore[arg-type]

    # --- errors ---------------------------------------------------------------------------

    def _bad(self, token: int, message: str, hint: str = "") -> Diagnostic:
        return Diagnostic(message, *self.program.source.token_span(token), hint)

    def _fail(self, diagnostic: Diagnostic, reported: bool = False, now: bool = False) -> int:
        """An error node; its diagnostic comes up if the node is needed."""
        if now and diagnostic not in self.errors:
            self.errors.append(diagnostic)
        self.pending.append(diagnostic)
        program = self.program
        return program._leaf(("error", len(self.pending) - 1), ("error", len(self.pending) - 1))

    def _unknown(self, token: int) -> Diagnostic:
        name = self.tokens[token]
        if name in REDUCERS:
            return self._bad(token, f"'{name}' needs a comprehension",
                             f"write {name}(x[i] for i in range(n))")  # fmt: skip
        known = [*FUNCTIONS, *REDUCERS, *self.script.functions]
        return self._bad(token, f"unknown function '{name}'", suggest(name, known))


def macro(row: Op, tokens: list[str]) -> Function:
    """A row that is replaced by its definition, as a function of the language.

    Its tokens are appended to those of the file, so that one list serves all code.
    """
    text = f"def {row.name}_({', '.join(row.params)}): return {row.definition}"
    words, script, _ = parse(Source(text))
    (function,) = script.functions.values()
    code = Code(function.code.ops, [t + len(tokens) for t in function.code.at])
    tokens += words
    return Function(row.name, function.params, code, row.defaults)


def _number_hint(word: str) -> str:
    if word[-1:] in "jJ":
        return "complex numbers are not part of the language"
    head = word.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
    if head and head != word and head[-1:] not in "_.":
        return f"use * for products: {head}*{word[len(head) :]}"
    if word[0] == "0":
        return "leading zeros are not allowed"
    return ""


def _shown(row: Op) -> str:
    return row.symbol or row.name


def _count(n: int) -> str:
    return f"{n} argument" + "s" * (n != 1)
