"""Tokens to code: an operator-precedence parser with its own stack.

The parser reads every statement once, from left to right, without recursion (Dijkstra's shunting
yard, 1961), and writes postfix code for `graphc.elaborate` to run: an instruction is a word and
the token it came from.  An error costs one statement; reading goes on at the next one, so one run
reports many.  CPython's own parser cannot be used: it stops at 3,000 terms of a flat sum.

    statement   = NAME "=" expression | NAME ":" kind ["=" expression] | definition
    kind        = ("input" | "data") ["[" expression "]"] | "output"
    definition  = "def" NAME "(" parameters ")" ":" body          body ends with "return"
    expression  = Python's, without strings, attributes, lambdas and keyword arguments
    generator   = expression {"for" NAME "in" "range" "(" ... ")" {"if" expression}}

>>> tokens, script, errors = parse(Source("y = a + 2*b"))
>>> script.statements[0].code.ops
['name', 'number', 'name', 'mul', 'add']
"""

from __future__ import annotations

import builtins
import keyword
from dataclasses import dataclass, field

from graphc.errors import Diagnostic, Source, suggest
from graphc.lexer import check_name, tokenize
from graphc.ops import BINARY, COMPARE, FUNCTIONS, IF_ELSE, NOT, POWER, SIGN

REDUCERS = ("sum", "prod", "min", "max")
KINDS = ("input", "data", "output")
MAX_LITERAL = 1000  # characters of one number

_PREFIX = {"-": ("neg", SIGN), "+": ("pos", SIGN), "not": ("not", NOT)}
_INFIX = {symbol: (row.name, row.prec) for symbol, row in BINARY.items()}
_WORDS = frozenset(_PREFIX) | frozenset(_INFIX) | set(keyword.kwlist) - {"True", "False"}
_BUILTINS = frozenset(n for n in dir(builtins) if n[0] != "_" and n[0].islower())
_HINTS = {
    "^": "use ** for powers",
    "**=": "every name is assigned once",
    "@": "matrix products are not supported; write the sums out",
    "&": "use 'and' for conditions",
    "|": "use 'or' for conditions",
    "~": "use 'not' for conditions",
    "!": "use 'not' for conditions",
    "&&": "use 'and' for conditions",
    "<<": "use * 2**n",
    ">>": "use / 2**n",
    ":=": "assign on a line of its own",
    ".": "attributes are not part of the language; call functions by their bare names",
    "{": "sets and dictionaries are not part of the language",
    "lambda": "write a 'def' on lines of its own",
    "is": "use == to compare",
    "await": "this is not part of the language",
}
_STATEMENTS = {
    "import": "all functions are built in",
    "from": "all functions are built in",
    "while": "loops are written as sum, prod, min or max over range(...)",
    "for": "loops are written as sum, prod, min or max over range(...)",
    "if": "write y = a if condition else b",
    "class": "a file holds assignments, declarations and 'def' functions",
    "return": "'return' belongs inside a 'def'",
    "print": "a file only defines values; compile it and call the functions",
}


@dataclass
class Code:
    """Postfix instructions, and the token each came from."""

    ops: list[object] = field(default_factory=list)
    at: list[int] = field(default_factory=list)

    def emit(self, op: object, token: int) -> None:
        """Append an instruction."""
        self.ops.append(op)
        self.at.append(token)

    def extend(self, other: Code) -> None:
        """Append all instructions of another code."""
        self.ops += other.ops
        self.at += other.at

    def cut(self, start: int) -> Code:
        """Remove and return the instructions from a place on."""
        tail = Code(self.ops[start:], self.at[start:])
        del self.ops[start:], self.at[start:]
        return tail


@dataclass
class Statement:
    """An assignment or a declaration."""

    name: int  # token
    code: Code | None  # of the value
    kind: str = ""  # input, data, output, or nothing
    size: Code | None = None  # of an array


@dataclass
class Function:
    """A ``def``: parameters, and code that leaves the result on the stack."""

    name: str
    params: list[str]
    code: Code
    defaults: tuple[float, ...] = ()


@dataclass
class Script:
    """All that a file says."""

    doc: str = ""
    statements: list[Statement] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)


@dataclass
class _Bracket:
    """An open bracket: what it belongs to, and the loops inside it."""

    closer: str
    token: int
    head: int = -1  # token of the function or array name
    start: int = 0  # where its code begins
    count: int = 0  # finished arguments
    loops: list[tuple[int, int, Code, list[Code]]] = field(default_factory=list)
    element: Code | None = None  # what a comprehension collects
    variable: int = -1  # of the range being read


class _Stop(Exception):
    """A statement cannot be read on; the diagnostic says why."""

    def __init__(self, token: int, message: str, hint: str = "", also: int = -1) -> None:
        self.token, self.message, self.hint, self.also = token, message, hint, also


def parse(source: Source) -> tuple[list[str], Script, list[Diagnostic]]:
    """Read a source.

    Returns
    -------
    tokens : list of str
    script : Script
        The statements that could be read.
    errors : list of Diagnostic
        Why the others could not.
    """
    parser = Parser(source)
    parser.file()
    return parser.tokens, parser.script, parser.errors


class Parser:
    """State of one reading: the tokens, the next one, what was found."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.next = 0
        self.errors: list[Diagnostic] = []
        self.script = Script()

    # --- statements -----------------------------------------------------------------------

    def file(self) -> None:
        """Read all statements; note errors and go on."""
        self._skip_line_ends()
        if self._word()[:1] in ('"', "'"):
            self._docstring()
        while self.next < len(self.tokens) - 1:
            try:
                self._statement()
            except _Stop as stop:
                self._report(stop)
                self._recover(stop.token)
            self._skip_line_ends()

    def _docstring(self) -> None:
        word = self._word()
        quote = word[:3] if word[:3] in ('"""', "'''") else word[0]
        if len(word) < 2 * len(quote):
            self._report(_Stop(self.next, "this string is not finished", f"close it with {quote}"))
            self.next = len(self.tokens) - 1
            return
        self.script.doc = word[len(quote) : -len(quote)]
        self.next += 1

    def _statement(self) -> None:
        first, word = self.next, self._word()
        if self._indent(first):
            raise _Stop(first, "unexpected indent", "statements begin at the start of a line")
        if word == "def":
            self.script.functions.update([self._definition()])
        elif self._word(1) == "=":
            self._check_new_name(first)
            self.next += 2
            self.script.statements.append(Statement(first, self._expression()))
            self._end_of_statement()
        elif self._word(1) == ":":
            self._check_new_name(first)
            self._declaration(first)
        else:
            raise self._not_a_statement(first)

    def _declaration(self, first: int) -> None:
        self.next += 2
        at, kind = self.next, self._word()
        if kind not in KINDS:
            hint = suggest(kind, KINDS) or "a declaration is 'input', 'data' or 'output'"
            raise _Stop(at, f"unknown kind '{kind}'", hint)
        self.next += 1
        statement = Statement(first, None, kind)
        if self._word() == "[":
            if kind == "output":
                raise _Stop(self.next, "an output has no size", "declare each element")
            statement.size = self._expression(one_bracket=True)
        if self._word() == "=":
            self.next += 1
            statement.code = self._expression()
        self._end_of_statement()
        self.script.statements.append(statement)

    def _definition(self) -> tuple[str, Function]:
        self.next += 1
        at, name = self.next, self._word()
        self._check_new_name(at)
        if name in FUNCTIONS or name in REDUCERS or name == "range":
            raise _Stop(at, f"'{name}' is a function of the language", "choose another name")
        if name in self.script.functions:
            raise _Stop(at, f"function '{name}' is defined twice", "choose another name")
        self.next += 1
        self._expect("(", "a function's name is followed by its parameters in parentheses")
        params = self._parameters()
        self._expect(":", "write 'def f(x):'")
        if not self._at_line_end():
            code = self._return(1)
        else:
            code = self._body(at)
        return name, Function(name, params, code)

    def _parameters(self) -> list[str]:
        params: list[str] = []
        while self._word() != ")":
            self._check_new_name(self.next)
            if self._word() in params:
                raise _Stop(self.next, f"parameter '{self._word()}' is there twice")
            params.append(self._word())
            self.next += 1
            if self._word() == ",":
                self.next += 1
            elif self._word() != ")":
                raise _Stop(self.next, f"expected ',' or ')', found {self._shown()}",
                            "parameters are plain names")  # fmt: skip
        self.next += 1
        return params

    def _body(self, name: int) -> Code:
        code = Code()
        self._skip_line_ends()
        if self._word()[:1] in ('"', "'"):  # the function's own docstring
            self.next += 1
            self._skip_line_ends()
        indent = self._indent(self.next)
        while self.next < len(self.tokens) - 1 and self._indent(self.next):
            if self._indent(self.next) != indent:
                raise _Stop(self.next, "lines of a function begin in the same column")
            if self._word() == "return":
                code.extend(self._return(0))
                self._skip_line_ends()
                if self.next < len(self.tokens) - 1 and self._indent(self.next):
                    raise _Stop(self.next, "'return' is the last line of a function")
                return code
            if self._word(1) != "=":
                raise _Stop(self.next, "a function holds assignments and then one 'return'")
            target = self.next
            self._check_new_name(target)
            self.next += 2
            code.extend(self._expression())
            code.emit("store", target)
            self._end_of_statement()
            self._skip_line_ends()
        raise _Stop(name, f"function '{self.tokens[name]}' does not return a value",
                    "end it with 'return ...'")  # fmt: skip

    def _return(self, same_line: int) -> Code:
        if self._word() != "return":
            raise _Stop(self.next, f"expected 'return', found {self._shown()}")
        self.next += 1
        code = self._expression()
        code.emit("return", self.next - 1)
        self._end_of_statement()
        return code

    # --- small steps ----------------------------------------------------------------------

    def _word(self, ahead: int = 0) -> str:
        i = self.next + ahead
        return self.tokens[i] if i < len(self.tokens) else ""

    def _shown(self) -> str:
        return "the end of the line" if self._at_line_end() else f"'{self._word()}'"

    def _at_line_end(self) -> bool:
        return self._word()[:1] in ("", "#")

    def _skip_line_ends(self) -> None:
        while self.next < len(self.tokens) - 1 and (self._at_line_end() or self._word() == ";"):
            self.next += 1

    def _indent(self, token: int) -> int:
        if token >= len(self.source.ends) or (token and self.tokens[token - 1] == ";"):
            return 0
        start = self.source.token_span(token)[0]
        return start - self.source.text.rfind("\n", 0, start) - 1

    def _expect(self, word: str, hint: str) -> None:
        if self._word() != word:
            raise _Stop(self.next, f"expected '{word}', found {self._shown()}", hint)
        self.next += 1

    def _end_of_statement(self) -> None:
        if not self._at_line_end() and self._word() != ";":
            raise self._misplaced(self.next)

    def _check_new_name(self, token: int) -> None:
        word = self.tokens[token]
        if not word.isidentifier():
            shown = f"'{word}'" if word and word[0] != "#" else "the end of the line"
            raise _Stop(token, f"expected a name, found {shown}")
        if keyword.iskeyword(word):
            raise _Stop(token, f"'{word}' is a keyword of Python", "choose another name")
        if word in _BUILTINS:
            raise _Stop(token, f"'{word}' is a builtin of Python", f"choose another name, "
                        f"'{word}_' for example")  # fmt: skip
        if problem := check_name(word):
            raise _Stop(token, f"the name '{word}' cannot be used", problem)

    def _not_a_statement(self, token: int) -> _Stop:
        word, after = self.tokens[token], self._word(1)
        if word in _STATEMENTS:
            return _Stop(token, f"'{word}' is not part of the language", _STATEMENTS[word])
        if keyword.iskeyword(word) and word not in ("not", "True", "False"):
            return _Stop(token, f"'{word}' is not part of the language",
                         "a file holds assignments, declarations and 'def' functions")  # fmt: skip
        if self._word(2) == "=" and after in ("+", "-", "*", "/", "**", "//", "%"):
            return _Stop(token + 1, f"'{after}=' is not part of the language",
                         "every name is assigned once; give the new value a new name")  # fmt: skip
        if after == ",":
            return _Stop(token + 1, "one name is assigned at a time", "write one line for each")
        if after == "[" and word.isidentifier():
            return _Stop(token, "an element cannot be assigned", "give it a name of its own")
        if word[:1] in ("'", '"'):
            return self._misplaced(token)
        if word.isidentifier() or word[:1].isdigit() or word in ("(", "-", "+", "."):
            return _Stop(token, "the value of this expression is not used",
                         "give it a name: y = ...")  # fmt: skip
        return self._misplaced(token)

    def _misplaced(self, token: int) -> _Stop:
        word = self.tokens[token]
        before = self.tokens[token - 1] if token else ""
        if word[:1] in ("'", '"'):
            done = len(word) > 1 and word[-1] == word[0]
            if not done or (before == word and len(word) == 2):
                return _Stop(token, "this string is not finished", f"close it with {word[:1]}")
            return _Stop(token, "text is not part of the language",
                         "only the first statement may be a string, the docstring")  # fmt: skip
        if word in (")", "]"):
            return _Stop(token, f"'{word}' closes a bracket that was not opened")
        if word in _HINTS:
            return _Stop(token, f"unexpected '{word}'", _HINTS[word])
        if word == "=" and before == "=":
            return _Stop(token, "unexpected '='", "compare with ==")
        if word == "=":
            return _Stop(token, "unexpected '='", "one name is assigned at a time")
        if word == "":
            return _Stop(token, "unexpected end of the line", "a value is missing")
        if len(word) == 1 and not word.isascii() or not word.isprintable():
            return _Stop(token, f"unexpected character U+{ord(word[0]):04X}",
                         "names hold letters, digits and underscores")  # fmt: skip
        if before[:1].isdigit() and word.isidentifier() and not keyword.iskeyword(word):
            return _Stop(token, f"unexpected '{word}'", f"use * for products: {before}*{word}")
        return _Stop(token, f"unexpected '{word}'")

    def _report(self, stop: _Stop) -> None:
        start, end = self.source.token_span(min(stop.token, len(self.source.ends) - 1))
        if "\n" in self.source.text[start:end]:
            end = start + 1
        also = (("opened here", *self.source.token_span(stop.also)),) if stop.also >= 0 else ()
        self.errors.append(Diagnostic(stop.message, start, end, stop.hint, also))

    def _recover(self, token: int) -> None:
        """Go on at the next line that begins in the first column."""
        self.next = max(token, self.next)
        while self.next < len(self.tokens) - 1:
            if self._at_line_end() and not self._indent(self.next + 1):
                return
            self.next += 1

    # --- expressions ----------------------------------------------------------------------

    def _expression(self, one_bracket: bool = False) -> Code:
        """Read an expression up to what cannot belong to it."""
        reader = _Expression(self, one_bracket)
        return reader.read()


class _Expression:
    """The shunting yard: two states, a stack of operators and a stack of open brackets."""

    def __init__(self, parser: Parser, one_bracket: bool) -> None:
        self.parser = parser
        self.tokens = parser.tokens
        self.code = Code()
        self.stack: list[tuple[int, object, int]] = []  # strength, instruction, token
        self.brackets: list[_Bracket] = []
        self.one_bracket = one_bracket

    def read(self) -> Code:
        parser, tokens, stack, code = self.parser, self.tokens, self.stack, self.code
        i = parser.next
        emit_op, emit_at = code.ops.append, code.at.append
        try:
            while True:
                # an operand is due
                word = tokens[i]
                first = word[:1]
                if first.isalpha() and word not in _WORDS:
                    after = tokens[i + 1]
                    if after == "(" or after == "[":
                        i = self._open(i)
                        continue
                    emit_op("name")
                    emit_at(i)
                elif first.isdigit() or (first == "." and len(word) > 1):
                    emit_op("number")
                    emit_at(i)
                elif word in _PREFIX:
                    if word != "+":
                        op, strength = _PREFIX[word]
                        if word == "not":
                            self._check_not(i)
                        stack.append((strength, op, i))
                    i += 1
                    continue
                elif word == "(" or (word == "[" and self.one_bracket and not self.brackets):
                    closer = ")" if word == "(" else "]"
                    self.brackets.append(_Bracket(closer, i, start=len(code.ops)))
                    stack.append((0, "bracket", i))
                    i += 1
                    continue
                elif word == ")" and self._may_close():
                    self._close(i)
                elif first in ("", "#") and self.brackets and i < len(tokens) - 1:
                    self._check_next_line(i + 1)
                    i += 1
                    continue
                else:
                    raise self._no_operand(i)
                i += 1
                # an operator is due
                while True:
                    word = tokens[i]
                    found = _INFIX.get(word)
                    if found is not None:
                        op, strength = found
                        if strength == COMPARE:
                            self._compare(op, i)
                        else:
                            if stack and stack[-1][0] >= strength:
                                # powers bind from the right, all others from the left
                                self._reduce(strength + (strength == POWER))
                            stack.append((strength, op, i))
                        i += 1
                        break
                    if word == ")" or word == "]":
                        if not self.brackets:
                            parser.next = i
                            return self._finish(i)
                        self._close(i)
                        i += 1
                        if self.one_bracket and not self.brackets:
                            parser.next = i
                            return self._finish(i)
                        continue
                    if word == "," and self.brackets:
                        i = self._comma(i)
                        break
                    if word == "if":
                        i = self._if(i)
                        break
                    if word == "else":
                        self._else(i)
                        i += 1
                        break
                    if word == "for" and self.brackets:
                        i = self._for(i)
                        break
                    if word[:1] in ("", "#") and self.brackets and i < len(tokens) - 1:
                        self._check_next_line(i + 1)
                        i += 1
                        continue
                    if self.brackets:
                        raise self._unclosed(i)
                    parser.next = i
                    return self._finish(i)
        except _Stop:
            parser.next = i
            raise

    def _finish(self, i: int) -> Code:
        self._reduce(0)
        if self.stack:
            raise self._no_else()
        return self.code

    def _reduce(self, strength: int) -> None:
        """Write the waiting operators that bind at least so strongly."""
        stack, code = self.stack, self.code
        while stack and stack[-1][0] >= max(strength, 1):
            _, op, token = stack.pop()
            if op == "if":
                raise _Stop(token, "'if' without 'else'", "write a if condition else b")
            code.ops.append(op)
            code.at.append(token)

    def _compare(self, op: str, i: int) -> None:
        self._reduce(COMPARE + 1)
        if self.stack and self.stack[-1][0] == COMPARE and self.stack[-1][1] != "and":
            # a < b < c: compare, keep b, and join the two conditions
            _, waiting, token = self.stack.pop()
            self.code.emit(("chain", waiting), token)
            self.stack.append((COMPARE, "and", token))
        self.stack.append((COMPARE, op, i))

    def _check_not(self, i: int) -> None:
        if self.stack and self.stack[-1][0] > NOT:
            raise _Stop(i, "unexpected 'not'", "put it in parentheses")

    def _if(self, i: int) -> int:
        bracket = self.brackets[-1] if self.brackets else None
        if bracket and bracket.element is not None:
            self._reduce(1)
            self._end_clause(bracket)
            bracket.variable = -1
            return i + 1
        self._reduce(IF_ELSE + 1)
        self.stack.append((IF_ELSE, "if", i))
        return i + 1

    def _else(self, i: int) -> None:
        self._reduce(IF_ELSE + 1)
        if not self.stack or self.stack[-1][1] != "if":
            raise _Stop(i, "'else' without 'if'", "write a if condition else b")
        self.stack[-1] = (IF_ELSE, "choose", self.stack[-1][2])

    def _open(self, i: int) -> int:
        word, opener = self.tokens[i], self.tokens[i + 1]
        closer = ")" if opener == "(" else "]"
        bracket = _Bracket(closer, i + 1, head=i, start=len(self.code.ops))
        if opener == "(" and word == "range":
            raise _Stop(i, "'range' only stands after 'for ... in'")
        self.brackets.append(bracket)
        self.stack.append((0, "bracket", i + 1))
        return i + 2

    def _may_close(self) -> bool:
        """Whether ``)`` may stand where an operand is due: ``f()`` and ``f(a,)``."""
        ready = bool(self.brackets) and self.stack[-1][1] == "bracket"
        return ready and self.brackets[-1].head >= 0 and self.brackets[-1].element is None

    def _comma(self, i: int) -> int:
        self._reduce(1)
        bracket = self.brackets[-1]
        if bracket.element is not None and bracket.variable < 0:
            raise _Stop(i, "unexpected ','", "a comprehension stands alone in its brackets")
        if bracket.head < 0 and bracket.variable < 0:
            raise _Stop(i, "unexpected ','", "tuples are not part of the language")
        bracket.count += 1
        return i + 1

    def _close(self, i: int) -> int:
        bracket = self.brackets[-1]
        if self.tokens[i] != bracket.closer:
            opened = self.tokens[bracket.token]
            raise _Stop(i, f"'{self.tokens[i]}' does not match '{opened}'",
                        f"close it with '{bracket.closer}'", bracket.token)  # fmt: skip
        self._reduce(1)
        full = len(self.code.ops) > bracket.start and self.tokens[i - 1] != ","
        count = bracket.count + full
        if self.stack[-1][1] == "if":
            raise self._no_else()
        self.stack.pop()
        self.brackets.pop()
        if bracket.closer == "]" and bracket.head >= 0:
            if count != 1:
                raise _Stop(bracket.token, f"expected 1 index, found {count}")
            self.code.emit("index", bracket.head)
        elif bracket.element is not None:
            self._end_clause(bracket)
            self._write_loops(bracket)
        elif bracket.head >= 0:
            self.code.emit(("call", count), bracket.head)
        return i

    # --- comprehensions -------------------------------------------------------------------

    def _for(self, i: int) -> int:
        bracket = self.brackets[-1]
        name = self.tokens[bracket.head] if bracket.head >= 0 else ""
        if name not in REDUCERS:
            raise _Stop(i, "unexpected 'for'", "loops stand in sum, prod, min or max")
        self._reduce(1)
        if bracket.element is None:
            if bracket.count:
                raise _Stop(i, "unexpected 'for'", "a comprehension stands alone in its brackets")
            bracket.element = self.code.cut(bracket.start)
        else:
            self._end_clause(bracket)
        tokens = self.tokens
        self.parser._check_new_name(i + 1)
        if tokens[i + 2] != "in" or tokens[i + 3] != "range" or tokens[i + 4] != "(":
            raise _Stop(i + 2, "expected 'in range(...)'", "loops run over range(...)")
        bracket.start = len(self.code.ops)
        bracket.variable = i + 1
        self.brackets.append(_Bracket(")", i + 4, head=i + 3, start=len(self.code.ops)))
        self.stack.append((0, "bracket", i + 4))
        return i + 5

    def _end_clause(self, bracket: _Bracket) -> None:
        """Put the code of a finished ``for`` or ``if`` where it belongs."""
        clause = self.code.cut(bracket.start)
        if bracket.variable < 0:
            bracket.loops[-1][3].append(clause)
            return
        call, token = clause.ops.pop(), clause.at.pop()
        if not isinstance(call, tuple) or self.tokens[token] != "range":
            raise _Stop(token, "expected 'for', 'if' or ')'", "loops run over range(...)")
        bracket.loops.append((bracket.variable, call[1], clause, []))

    def _write_loops(self, bracket: _Bracket) -> None:
        assert bracket.element is not None
        body, head = bracket.element, bracket.head
        body.emit("collect", head)
        for variable, count, clause, filters in reversed(bracket.loops):
            for condition in reversed(filters):
                condition.emit(("unless", len(body.ops)), condition.at[-1])
                condition.extend(body)
                body = condition
            clause.emit(("iterate", count), variable)
            clause.emit(("next", len(body.ops) + 1), variable)
            clause.extend(body)
            clause.emit(("repeat", len(body.ops) + 2), variable)
            body = clause
        self.code.emit("gather", head)
        self.code.extend(body)
        self.code.emit("reduce", head)

    # --- errors ---------------------------------------------------------------------------

    def _no_operand(self, i: int) -> _Stop:
        word = self.tokens[i]
        if word[:1] in ("", "#") or (word in ("else", "for") and not self.brackets):
            if self.brackets:
                return self._unclosed(i)
            return _Stop(i, "unexpected end of the line" if word[:1] in ("", "#")
                         else f"unexpected '{word}'", "a value is missing")  # fmt: skip
        if word in ("*", "/", "//", "%", "<", ">", "<=", ">=", "==", "!=", "and", "or", ","):
            return _Stop(i, f"unexpected '{word}'", "a value is missing before it")
        if word in (")", "]") and self.brackets:
            return _Stop(i, f"unexpected '{word}'", "a value is missing before it")
        if word == "[":
            return _Stop(i, "unexpected '['", "lists are not part of the language")
        if word == "**":
            return _Stop(i, "unexpected '**'", "a value is missing before it")
        return self.parser._misplaced(i)

    def _no_else(self) -> _Stop:
        return _Stop(self.stack[-1][2], "'if' without 'else'", "write a if condition else b")

    def _unclosed(self, i: int) -> _Stop:
        bracket = self.brackets[-1]
        opened = self.tokens[bracket.token]
        if self.tokens[i][:1] not in ("", "#") and i < len(self.tokens) - 1:
            stop = self.parser._misplaced(i)
            if not stop.hint:
                stop.hint = f"expected an operator or '{bracket.closer}'"
            return stop
        return _Stop(bracket.token, f"'{opened}' was never closed",
                     f"close it with '{bracket.closer}'")  # fmt: skip

    def _check_next_line(self, i: int) -> None:
        """A line that looks like a new statement means that a bracket was left open."""
        tokens = self.tokens
        if i + 1 < len(tokens) and (tokens[i] == "def" or tokens[i + 1] in ("=", ":")):
            bracket = self.brackets[-1]
            raise _Stop(bracket.token, f"'{tokens[bracket.token]}' was never closed",
                        f"close it with '{bracket.closer}'")  # fmt: skip

