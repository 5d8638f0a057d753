"""Tokens to statements.

The parser reads every statement once, from left to right, without recursion.  An error costs one
statement; reading goes on at the next one, so one run reports many, and names that the lost
statement would have defined are remembered, so that they cause no further messages.
CPython's own parser cannot be used: it stops at 3,000 terms of a flat sum.

    statement   = NAME "=" expression | NAME ":" kind ["=" expression] | definition
    kind        = [bound] ("input" | "data") ["[" expression "]"] [bound] | "output"
    bound       = an expression with < <= > >= before or behind it
    definition  = "def" NAME "(" parameters ")" ":" body          body ends with "return"
    expression  = Python's, without strings, attributes, lambdas and keyword arguments
    generator   = expression {"for" NAME "in" "range" "(" ... ")" {"if" expression}}

>>> reading = parse(Source("y = a + 2*b"))
>>> reading.script.statements[0].code.ops
['a', '2', 'b', '*', '+']
"""

from __future__ import annotations

from dataclasses import dataclass

from graphc.errors import Diagnostic, Source, quoted
from graphc.language.code import Code, Function, Script, Statement, Store, names_in
from graphc.language.complaints import (
    BODY_HINTS,
    StatementError,
    complaint,
    found,
    is_finished,
    is_line_end,
    not_a_statement,
    quote_of,
)
from graphc.language.declarations import KINDS, declaration
from graphc.language.expression import REDUCERS, ExpressionReader
from graphc.language.lexer import tokenize
from graphc.language.words import NAME, TRUTH, name_problem
from graphc.ops import FUNCTIONS

_PARAMETERS = "parameters are plain names, without types or default values"


@dataclass
class Reading:
    """What was read: the tokens, the statements, the values of the numbers, the errors."""

    tokens: list[str]
    script: Script
    numbers: dict[str, int | float]
    errors: list[Diagnostic]


def parse(source: Source) -> Reading:
    """Read a source; statements that cannot be read are among the errors."""
    parser = Parser(source)
    parser.file()
    return Reading(parser.tokens, parser.script, parser.reader.words.numbers, parser.errors)


class Parser:
    """State of one reading: the tokens, the next one, what was found."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.next = 0
        self.errors: list[Diagnostic] = []
        self.script = Script()
        self.reader = ExpressionReader(self.tokens, self.script)

    # --- the file -------------------------------------------------------------------------

    def file(self) -> None:
        """Read all statements; note errors and go on."""
        self._skip_line_ends()
        if self._word()[:1] in ("'", '"'):
            try:
                self._docstring()
            except StatementError as error:
                self._lose(self.next, error)
            self._skip_line_ends()
        last = len(self.tokens) - 1
        while self.next < last:
            first = self.next
            try:
                self._statement()
            except StatementError as error:
                self._lose(first, error)
            if self.tokens[self.next] == "\n":
                self.next += 1
            else:
                self._skip_line_ends()
        for stop in self.reader.problems:
            self._report(stop)

    def _lose(self, first: int, error: StatementError) -> None:
        """Give up a statement: report why, keep what it would have defined, go on behind it."""
        self._report(error)
        self._remember(first)
        self.next = max(self.next, self.reader.at, first)
        self._recover(error.token)

    def _docstring(self) -> None:
        word = self._word()
        if not is_finished(word):
            raise complaint(self.tokens, self.next)
        quote = quote_of(word)
        self.next += 1
        self._end_of_statement("a statement begins on a line of its own")
        self.script.doc = word[len(quote) : -len(quote)]

    def _remember(self, first: int) -> None:
        """Keep the name that a lost statement would have defined."""
        word, after = self.tokens[first : first + 2]
        if word == "def":
            self.script.broken.add(after)
        elif after in ("=", ":"):
            self.script.broken.add(word)

    def _recover(self, token: int) -> None:
        """Go on after a semicolon, or at the next line that begins in the first column."""
        at, last = max(token, self.next), len(self.tokens) - 1
        while at < last and not (self.tokens[at][:1] in ("\n", "#") and not self._indent(at + 1)):
            if self.tokens[at] == ";" and at == token:
                break
            at += 1
        self.next = at

    # --- statements -----------------------------------------------------------------------

    def _statement(self) -> None:
        first, tokens = self.next, self.tokens
        word, after = tokens[first], tokens[first + 1]
        if (first == 0 or tokens[first - 1] != "\n") and self._indent(first):
            raise StatementError(
                first,
                "unexpected indent",
                "statements begin at the start of a line; longer expressions stand in parentheses",
            )
        if after == "=":
            self._check_new_name(first)
            if tokens[first + 2] == "input":
                raise StatementError(first + 1, "unexpected '='", f"declare it: {word}: input")
            self.script.statements.append(Statement(first, self._expression(first + 2)))
        elif word == "def":
            self._definition()
        elif after == ":" and name_problem(word) is None:
            self._declaration(first)
        else:
            self._no_statement(first)

    def _no_statement(self, first: int) -> None:
        word = self.tokens[first]
        stop = not_a_statement(self.tokens, first)
        if self.tokens[first + 1] == ":" and stop.message.startswith(("unexpected", "the value")):
            problem = name_problem(word)
            hint = f"write {self.tokens[first + 2]}: {word}" if word in KINDS else ""
            stop = StatementError(first, *problem) if problem else stop
            stop.hint = hint or stop.hint
        raise stop

    def _declaration(self, first: int) -> None:
        self.next = first + 2
        self._check_new_name(first)
        statement, self.next = declaration(self.reader, self.tokens, first)
        if self._word() == "=":
            statement.code = self._expression(self.next + 1)
        kind = statement.kind
        self._end_of_statement(f"write {kind}[...] for an array" if self._word() == "(" else "")
        self.script.statements.append(statement)

    def _expression(self, start: int) -> Code:
        """Read an expression that ends its statement."""
        code, self.next = self.reader.read(start)
        return code

    # --- definitions ----------------------------------------------------------------------

    def _definition(self) -> None:
        at, name = self.next + 1, self._word(1)
        self.next = at
        self._check_new_name(at, for_function=True)
        self._check_unique(at, name)
        self.next += 1
        self._expect("(", "write def f(x): return ...")
        params = self._parameters()
        self._expect(":", f"write def {name}(...): return ...")
        code, before = Code(), len(self.errors)
        if self._at_line_end():
            self._body(at, params, code)
        else:
            self._return(code)
        if len(self.errors) > before:
            self.script.broken.add(name)
        else:
            self.script.functions[name] = Function(name, params, code, at)

    def _check_unique(self, at: int, name: str) -> None:
        if name in FUNCTIONS or name in REDUCERS or name == "range":
            raise StatementError(
                at, f"'{name}' is a function of the language", "choose another name"
            )
        if name in self.script.functions:
            raise StatementError(
                at,
                f"function {quoted(name)} is defined twice",
                "choose another name",
                self.script.functions[name].token,
                "first defined here",
            )

    def _parameters(self) -> list[str]:
        params: list[str] = []
        while self._word() != ")":
            self._check_new_name(self.next, hint=_PARAMETERS)
            if self._word() in params:
                raise StatementError(self.next, f"parameter {quoted(self._word())} is there twice",
                           "choose another name")  # fmt: skip
            params.append(self._word())
            self.next += 1
            if self._word() == ",":
                self.next += 1
                self._skip_inside()
            elif self._word() != ")":
                raise StatementError(self.next, f"expected ',' or ')', found {found(self._word())}",
                           _PARAMETERS)  # fmt: skip
        self.next += 1
        return params

    def _body(self, name: int, params: list[str], code: Code) -> None:
        """Read the lines of a function; an error costs one of them."""
        self._skip_line_ends()
        indent = self._indent(self.next)
        if not indent or self.next >= len(self.tokens) - 1:
            raise StatementError(name, f"the function {quoted(self.tokens[name])} has no body",
                       "indent its lines by four blanks")  # fmt: skip
        if self._word()[:1] in ("'", '"'):  # the function's own docstring
            self.next += 1
            self._skip_line_ends()
        self.reader.indent = len(indent)
        local: dict[str, int] = {}
        used: dict[str, int] = {}
        returned, errors = -1, len(self.errors)
        while self.next < len(self.tokens) - 1 and (here := self._body_indent(indent)):
            first = self.next
            try:
                self._check_line(indent, here, returned)
                if self._word() == "return":
                    returned = first
                    self._return(code)
                else:
                    self._local(params, local, used, code)
            except StatementError as stop:
                self._report(stop)
                if self.tokens[first] == "def":
                    self.script.broken.add(self.tokens[first + 1])
                self._next_body_line(first, indent)
            self._skip_line_ends()
        self.reader.indent = 0
        if returned < 0 and len(self.errors) == errors:
            raise StatementError(
                name,
                f"function {quoted(self.tokens[name])} does not return a value",
                "end it with 'return ...'",
            )

    def _body_indent(self, indent: str) -> str:
        """The indentation of the next statement of a function, also after a semicolon."""
        return indent if self.tokens[self.next - 1] == ";" else self._indent(self.next)

    def _next_body_line(self, first: int, indent: str) -> None:
        """Go on at the next line of a function that is not indented further."""
        self.next = max(first, self.next, self.reader.at)
        while not self._at_line_end() or len(self._indent(self.next + 1)) > len(indent):
            self.next += 1

    def _check_line(self, indent: str, here: str, returned: int) -> None:
        if here != indent:
            mixed = "\t" in here + indent and " " in here + indent
            hint = "indent with blanks only; tabs are mixed in" if mixed else ""
            raise StatementError(self.next, "lines of a function begin in the same column", hint)
        if returned >= 0:
            raise StatementError(self.next, "'return' is the last line of a function", "", returned,
                       "the function returns here")  # fmt: skip

    def _local(
        self, params: list[str], local: dict[str, int], used: dict[str, int], code: Code
    ) -> None:
        """Read an assignment inside a function."""
        target, name = self.next, self._word()
        if self._word(1) != "=":
            raise StatementError(target, "a function holds assignments and then one 'return'",
                       BODY_HINTS.get(name, ""))  # fmt: skip
        self._check_new_name(target)
        value = self._expression(target + 2)
        for word, token in names_in(value).items():
            used.setdefault(word, token)
        self._check_local(target, name, params, local, used)
        local[name] = target
        code.extend(value)
        code.emit(Store(name), target)

    def _check_local(
        self, target: int, name: str, params: list[str], local: dict[str, int], used: dict[str, int]
    ) -> None:
        if name in params:
            raise StatementError(target, f"{quoted(name)} is a parameter and cannot be assigned",
                       "every name is assigned once; give the new value a new name")  # fmt: skip
        if name in local:
            raise StatementError(target, f"{quoted(name)} is assigned twice",
                       "every name is assigned once; give the new value a new name",
                       local[name], "first assigned here")  # fmt: skip
        if name in used:
            raise StatementError(target, f"{quoted(name)} is used before it is defined",
                       "move the definition up", used[name], "used here")  # fmt: skip

    def _return(self, code: Code) -> None:
        if self._word() != "return":
            raise StatementError(self.next, f"expected 'return', found {found(self._word())}",
                       "put the lines of a longer function below, indented")  # fmt: skip
        code.extend(self._expression(self.next + 1))

    # --- small steps ----------------------------------------------------------------------

    def _word(self, ahead: int = 0) -> str:
        i = self.next + ahead
        return self.tokens[i] if i < len(self.tokens) else ""

    def _at_line_end(self) -> bool:
        return is_line_end(self._word())

    def _skip_line_ends(self) -> None:
        tokens, last = self.tokens, len(self.tokens) - 1
        while self.next < last and tokens[self.next][:1] in ("\n", "#", ";"):
            self.next += 1

    def _skip_inside(self) -> None:
        while self._at_line_end() and self.next < len(self.tokens) - 1:
            self.next += 1

    def _indent(self, token: int) -> str:
        """The blanks that a line begins with, before its first token."""
        if token == 0:
            text = self.source.text
            return text[: len(text) - len(text.lstrip(" \t\f"))]
        before = self.tokens[token - 1]
        return before[before.rfind("\n") + 1 :] if before[:1] in ("\n", "#") else ""

    def _expect(self, word: str, hint: str) -> None:
        if self._word() != word:
            raise StatementError(self.next, f"expected '{word}', found {found(self._word())}", hint)
        self.next += 1

    def _end_of_statement(self, hint: str = "") -> None:
        if not self._at_line_end() and self._word() != ";":
            stop = complaint(self.tokens, self.next)
            stop.hint = hint or stop.hint
            raise stop

    def _check_new_name(self, token: int, for_function: bool = False, hint: str = "") -> None:
        word = self.tokens[token]
        kind = self.reader.words.kinds.get(word)
        if (kind == NAME or self.reader.words.kind(word) == NAME) and word not in TRUTH:
            return
        problem = name_problem(word)
        if problem and not (for_function and word in (*REDUCERS, *FUNCTIONS, "range")):
            if self.tokens[token + 1 : token + 2] == ["="]:
                raise StatementError(token, *(problem if problem[1] else
                           (f"expected a name before '=', found {found(word)}",
                            "only a name can be assigned")))  # fmt: skip
            raise StatementError(token, problem[0], problem[1] or hint)

    def _report(self, stop: StatementError) -> None:
        span = self.source.token_span
        also = ((stop.note, *span(stop.also)),) if stop.also >= 0 else ()
        self.errors.append(Diagnostic(stop.message, *span(stop.token), stop.hint, also))
