r"""Expressions to postfix code: the shunting yard.

Operators wait on a stack until one that binds less strongly comes along (Dijkstra, "Algol 60
translation", 1961); open brackets and comprehensions wait on another.  Two states alternate: a
value is due, or an operator is due.  Nothing recurses, so only memory limits the depth.  (A little
over 400 lines, since everything here works on the same two stacks.)

>>> reader = ExpressionReader(["-", "x", "**", "2", "*", "y", "\n", ""], Script())
>>> code, end = reader.read(0)
>>> code.ops, end
(['x', '2', '**', '-x', 'y', '*'], 6)
"""

from __future__ import annotations

from dataclasses import dataclass

from graphc.language.code import (
    CHOOSE,
    ERROR,
    KEEP,
    NEGATE,
    Call,
    Chain,
    Clause,
    Code,
    Index,
    Loop,
    Script,
)
from graphc.language.complaints import (
    SLICES,
    TERNARY,
    StatementError,
    complaint,
    found,
    is_line_end,
    no_operand,
)
from graphc.language.words import BAD_NAME, NAME, NUMBER, OTHER, Words, name_problem, word_problem
from graphc.ops import BINARY, COMPARE, IF_ELSE, NOT, POWER, SIGN

REDUCERS = ("sum", "prod", "min", "max")

_CLOSERS = {"(": ")", "[": "]"}
_PREFIX = {"-": (SIGN, NEGATE), "+": (SIGN, KEEP), "not": (NOT, "not")}
_COMPARISONS = {row.symbol for row in BINARY.values() if row.prec == COMPARE}
# Symbol: how strongly it binds, and which waiting operators go first.  Powers group from the right.
_INFIX = {
    symbol: (row.prec, row.prec + (row.prec == POWER))
    for symbol, row in BINARY.items()
    if symbol not in _COMPARISONS
}
_BRACKET, _IF, _BOTTOM = "bracket", "if", "bottom"
_ALONE = "a comprehension stands alone in its brackets"
_LINE_ENDS = ("\n", "#", "")


@dataclass(slots=True)
class _Bracket:
    """An open bracket: what it belongs to, and the comprehension inside it."""

    token: int
    closer: str
    head: int = -1  # token of the function or array name
    start: int = 0  # where its code begins
    count: int = 0  # finished arguments
    bounds: list[Code] | None = None  # of a range
    element: Code | None = None  # what a comprehension collects
    clauses: list[Clause] | None = None
    filtering: bool = False  # a condition is being read


class ExpressionReader:
    """Reads expressions out of the tokens of one file.

    Attributes
    ----------
    indent : int
        Column of the statement being read; a statement there means that a bracket is open.
    at : int
        The token reached, also when reading stopped.
    problems : list of StatementError
        Wrong names and numbers, which do not stop the reading.
    """

    def __init__(self, tokens: list[str], script: Script) -> None:
        self.tokens, self.script = tokens, script
        self.words = Words()
        self.problems: list[StatementError] = []
        self.indent = self.at = 0
        self.ends: frozenset[str] = frozenset()
        self.code = Code()
        self.stack: list[tuple[int, str, int]] = []  # strength, operator, token
        self.brackets: list[_Bracket] = []

    def read(
        self, start: int, opened: int = -1, ends: frozenset[str] = frozenset()
    ) -> tuple[Code, int]:
        """Read an expression, and find the token after it.

        Parameters
        ----------
        start : int
            Its first token.
        opened : int
            Token of the bracket around it; without one, the end of the statement ends it.
        ends : frozenset of str
            Words that end it too, outside of brackets.

        Raises
        ------
        StatementError
            It cannot be read on.
        """
        self.code, self.stack, self.brackets = Code(), [(-1, _BOTTOM, -1)], []
        self.at, self.ends = start, ends
        if opened >= 0:
            self._open(opened)
        self._read(start, opened >= 0)
        if len(self.stack) > 1:
            self._reduce()
        return self.code, self.at

    def _read(self, i: int, enclosed: bool) -> None:
        """The two states; hot, hence the local names and the order of the tests."""
        tokens, kinds, infix = self.tokens, self.words.kinds, _INFIX
        stack, push, pop = self.stack, self.stack.append, self.stack.pop
        emit_op, emit_at = self.code.ops.append, self.code.at.append
        while True:
            # a value is due
            word = tokens[i]
            kind = kinds.get(word)
            if kind is None:
                kind = self.words.kind(word)
            if kind <= NUMBER:
                emit_op(word)
                emit_at(i)
            else:
                self.at = i
                if not self._special_value(i, kind):
                    i += 1
                    continue
            # an operator is due
            while True:
                i += 1
                word = tokens[i]
                binding = infix.get(word)
                if binding is not None:
                    strength, first = binding
                    while stack[-1][0] >= first:
                        _, op, token = pop()
                        emit_op(op)
                        emit_at(token)
                    push((strength, word, i))
                    break
                self.at = i
                if word == ")" or word == "]":
                    self._close(i, True)
                    if enclosed and not self.brackets:
                        self.at = i + 1
                        return
                elif word == ";" or word[:1] in _LINE_ENDS:
                    if not self.brackets:
                        return
                    self._next_line(i)
                elif word in self.ends and not self.brackets:
                    return
                else:
                    i = self._to_next_value(i, word)
                    break
            i += 1

    # --- a value is due -------------------------------------------------------------------

    def _special_value(self, i: int, kind: int) -> bool:
        """Read what may stand before a value, or in its place; tell whether it is the value."""
        word = self.tokens[i]
        if kind == BAD_NAME and self.tokens[i + 1] == "(":  # a call; builtins may be functions
            self.code.emit(word, i)
        elif kind != OTHER:  # report it, and read on
            self.problems.append(StatementError(i, *word_problem(word)))
            self.code.emit(ERROR, i)
        elif word == ")" and self._may_close():
            self._close(i, False)
        else:
            self._before_value(i, word)
            return False
        return True

    def _before_value(self, i: int, word: str) -> None:
        if word in _PREFIX:
            strength, op = _PREFIX[word]
            if self.stack[-1][0] > strength == NOT:
                raise StatementError(i, "unexpected 'not'", "put it in parentheses")
            self.stack.append((strength, op, i))
        elif word == "(":
            self._open(i)
        elif is_line_end(word) and self.brackets:
            self._next_line(i)
        else:
            raise no_operand(self.tokens, i)

    def _may_close(self) -> bool:
        """Whether ``)`` may stand where a value is due: ``f()`` and ``f(a,)``."""
        ready = bool(self.brackets) and self.stack[-1][1] is _BRACKET
        return ready and self.brackets[-1].head >= 0 and self.brackets[-1].element is None

    # --- an operator is due ---------------------------------------------------------------

    def _to_next_value(self, i: int, word: str) -> int:
        """Read what leads from one value to the next; the last token of it."""
        if word in _COMPARISONS:
            self._compare(i, word)
        elif word == "(" or word == "[":
            self._open(i, self._head(i))
        elif word == "," and self.brackets:
            self._comma(i)
        elif word == "if":
            self._if(i)
        elif word == "else":
            self._else(i)
        elif word == "for" and self.brackets:
            return self._for(i)
        else:
            raise self._misplaced(i, word)
        return i

    def _compare(self, i: int, word: str) -> None:
        self._reduce(COMPARE + 1)
        if self.stack[-1][0] == COMPARE:
            # a < b < c: compare, keep b, and join the two conditions
            _, waiting, token = self.stack.pop()
            self.code.emit(Chain(waiting), token)
            self.stack.append((COMPARE, "and", token))
        self.stack.append((COMPARE, word, i))

    def _head(self, i: int) -> int:
        """The name before a bracket; it was written as a value, which is taken back."""
        head, code = i - 1, self.code
        while is_line_end(self.tokens[head]):
            head -= 1
        word = self.tokens[head]
        if not code.at or code.at[-1] != head or self.words.kinds.get(word) not in (NAME, BAD_NAME):
            raise complaint(self.tokens, i)
        if word == "range":
            raise StatementError(head, "'range' only stands after 'for ... in'")
        del code.ops[-1], code.at[-1]
        return head

    def _comma(self, i: int) -> None:
        self._reduce()
        bracket = self.brackets[-1]
        if bracket.element is not None:
            raise StatementError(i, "unexpected ','", _ALONE)
        if bracket.closer == "]":
            raise StatementError(i, "unexpected ','", "an array has one index")
        if bracket.head < 0:
            raise complaint(self.tokens, i)
        if bracket.bounds is not None:
            bracket.bounds.append(self.code.cut(bracket.start))
        bracket.count += 1

    def _if(self, i: int) -> None:
        bracket = self.brackets[-1] if self.brackets else None
        if bracket and bracket.element is not None:
            self._reduce()
            self._end_filter(bracket)
            bracket.filtering, bracket.start = True, len(self.code.ops)
        else:
            self._reduce(IF_ELSE + 1)
            self.stack.append((IF_ELSE, _IF, i))

    def _else(self, i: int) -> None:
        self._reduce(IF_ELSE + 1)
        if self.stack[-1][1] is not _IF:
            raise StatementError(i, "'else' without 'if'", TERNARY)
        self.stack[-1] = (IF_ELSE, CHOOSE, self.stack[-1][2])

    def _reduce(self, strength: int = 1) -> None:
        """Write the waiting operators that bind at least so strongly."""
        stack, code = self.stack, self.code
        while stack[-1][0] >= strength:
            _, op, token = stack.pop()
            if op is _IF:
                raise StatementError(token, "'if' without 'else'", TERNARY)
            code.ops.append(op)
            code.at.append(token)

    # --- brackets -------------------------------------------------------------------------

    def _open(self, i: int, head: int = -1) -> _Bracket:
        bracket = _Bracket(i, _CLOSERS[self.tokens[i]], head, len(self.code.ops))
        self.brackets.append(bracket)
        self.stack.append((0, _BRACKET, i))
        return bracket

    def _close(self, i: int, full: bool) -> None:
        """Read a closing bracket; `full` when a value stands before it."""
        if not self.brackets:
            raise complaint(self.tokens, i)
        bracket = self.brackets[-1]
        if self.tokens[i] != bracket.closer:
            raise self._mismatch(i)
        self._reduce()
        self.stack.pop()
        self.brackets.pop()
        if bracket.bounds is not None:
            self._end_range(i, bracket, full)
        elif bracket.element is not None:
            self._end_filter(bracket)
            loop = Loop(self.tokens[bracket.head], bracket.element, bracket.clauses or [])
            self.code.emit(loop, bracket.head)
        elif bracket.head >= 0:
            self._end_call(bracket, bracket.count + full)

    def _end_call(self, bracket: _Bracket, count: int) -> None:
        name = self.tokens[bracket.head]
        if bracket.closer == "]":
            if self.words.kinds.get(name) == BAD_NAME:  # reported where it was read
                self.script.broken.add(name)
            self.code.emit(Index(name), bracket.head)
            return
        call = self.script.calls.get((name, count))
        if call is None:
            call = self.script.calls[name, count] = Call(name, count)
        call.tokens.append(bracket.head)
        self.code.emit(call, bracket.head)

    # --- comprehensions -------------------------------------------------------------------

    def _for(self, i: int) -> int:
        """Read ``for name in range(``; the last token of it."""
        bracket, tokens = self.brackets[-1], self.tokens
        if bracket.head < 0 or tokens[bracket.head] not in REDUCERS:
            raise StatementError(i, "unexpected 'for'", "loops stand in sum, prod, min or max")
        if bracket.count:
            raise StatementError(i, "unexpected 'for'", _ALONE)
        self._reduce()
        self._end_filter(bracket)
        if bracket.element is None:
            bracket.element, bracket.clauses = self.code.cut(bracket.start), []
        self._check_loop(i)
        assert bracket.clauses is not None
        inner = self._open(i + 4, i + 3)
        inner.bounds = []
        bracket.clauses.append(Clause(tokens[i + 1], i + 1, inner.bounds))
        return i + 4

    def _check_loop(self, i: int) -> None:
        tokens = self.tokens
        if problem := name_problem(tokens[i + 1]):
            raise StatementError(i + 1, *problem)
        for k, word in enumerate(("in", "range", "("), i + 2):
            if tokens[k] != word:
                hint = "write one 'for' for each variable" if tokens[k] == "," else (
                    "loops run over numbers: for i in range(10)")  # fmt: skip
                raise StatementError(k, f"expected 'in range(...)', found {found(tokens[k])}", hint)

    def _end_filter(self, bracket: _Bracket) -> None:
        if bracket.filtering and bracket.clauses:
            bracket.clauses[-1].filters.append(self.code.cut(bracket.start))
            bracket.filtering = False

    def _end_range(self, i: int, bracket: _Bracket, full: bool) -> None:
        assert bracket.bounds is not None
        if full:
            bracket.bounds.append(self.code.cut(bracket.start))
        if not 1 <= len(bracket.bounds) <= 3:
            count = len(bracket.bounds)
            raise StatementError(
                bracket.head,
                f"'range' takes 1 to 3 arguments, found {count}",
                "write range(stop), range(start, stop) or range(start, stop, step)",
            )
        after = i + 1
        while is_line_end(self.tokens[after]) and after < len(self.tokens) - 1:
            self._next_line(after)
            after += 1
        word = self.tokens[after]
        if word == ",":
            raise StatementError(after, "unexpected ','", _ALONE)
        if word not in ("for", "if", ")", "]", ""):
            raise StatementError(after, f"expected 'for', 'if' or ')', found {found(word)}")

    # --- errors ---------------------------------------------------------------------------

    def _misplaced(self, i: int, word: str) -> StatementError:
        bracket = self.brackets[-1] if self.brackets else None
        if bracket is None:
            return complaint(self.tokens, i)
        if word == "}":
            return self._mismatch(i)
        if word == "=" and bracket.head >= 0 and self.tokens[i - 1].isidentifier():
            return StatementError(
                i, "unexpected '='", "arguments have no names; give them in their order"
            )
        if word == ":" and bracket.closer == "]":
            return StatementError(i, "unexpected ':'", SLICES)
        stop = complaint(self.tokens, i)
        stop.hint = stop.hint or f"expected an operator or '{bracket.closer}'"
        return stop

    def _mismatch(self, i: int) -> StatementError:
        bracket, word = self.brackets[-1], self.tokens[i]
        message = f"'{word}' does not match '{self.tokens[bracket.token]}'"
        return StatementError(i, message, f"close it with '{bracket.closer}'", bracket.token)

    def _next_line(self, i: int) -> None:
        """A line that looks like a new statement means that a bracket was left open."""
        line_end, word = self.tokens[i], self.tokens[i + 1 : i + 2]
        after = self.tokens[i + 2 : i + 3]
        indent = len(line_end) - line_end.rfind("\n") - 1
        statement = word in (["def"], ["return"]) or after in (["="], [":"])
        if line_end in ("", ";") or (statement and indent <= self.indent):
            bracket = self.brackets[-1]
            raise StatementError(bracket.token, f"'{self.tokens[bracket.token]}' was never closed",
                       f"close it with '{bracket.closer}'")  # fmt: skip
