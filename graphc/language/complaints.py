r"""What to say about a token that cannot stand where it stands.

A message names what was found; the hint says what would help.  The hints come from what people
bring along from other languages, from mathematics and from the rest of Python.

>>> complaint(["y", "=", "x", "^", "2", "\n", ""], 3)
StatementError("unexpected '^'", hint='use ** for powers')
"""

from __future__ import annotations

import unicodedata

from graphc.errors import quoted, shortened
from graphc.language.words import KEYWORDS
from graphc.ops import FUNCTIONS

TERNARY = "write a if condition else b"
_ONCE = "every name is assigned once; give the new value a new name"
_ONLY = "a file holds assignments, declarations and 'def' functions"
_LOOPS = "loops are written as sum, prod, min or max over range(...)"
_TEXT = "only the first statement may be a string, the docstring"
_COMMENT = "comments begin with #"
_AND, _OR, _NOT = (f"use '{word}' for conditions" for word in ("and", "or", "not"))

_HINTS = {
    "^": "use ** for powers",
    "@": "matrix products are not supported; write the sums out",
    "&": _AND,
    "&&": _AND,
    "|": "use 'or' for conditions and abs(x) for magnitudes",
    "||": _OR,
    "~": _NOT,
    "!": "use 'not' for conditions and gamma(n + 1) for factorials",
    "<<": "use * 2**n",
    ">>": "use // 2**n",
    ":=": "assign on a line of its own",
    "->": "values have no types here",
    "?": TERNARY,
    ":": "a declaration is a line of its own: x: input",
    "\\": "a backslash continues a line only as its last character",
    "{": "sets and dictionaries are not part of the language",
    "}": "brackets are ( ) and [ ]",
    "$": "names hold letters, digits and underscores",
    "`": "names hold letters, digits and underscores",
    "lambda": "write a 'def' on lines of its own",
    "is": "use == to compare",
    "in": "use == to compare; loops stand in sum, prod, min or max",
    "if": TERNARY,
    "elif": "write a if condition else b if other else c",
    "then": TERNARY,
    "None": "every value is a number",
    "not": "put it in parentheses",
    "for": "loops stand in sum, prod, min or max",
    "div": "use //",
    "mod": "use %",
    "xor": "use != for conditions",
}
_STATEMENTS = {
    "import": "all functions are built in",
    "from": "all functions are built in",
    "while": _LOOPS,
    "for": _LOOPS,
    "if": "write y = a if condition else b",
    "elif": "write y = a if condition else b",
    "else": "write y = a if condition else b",
    "return": "'return' belongs inside a 'def'",
    "print": "a file only defines values; compile it and call the functions",
    "lambda": "write a 'def' on lines of its own",
}
BODY_HINTS = {
    "if": "write y = a if condition else b",
    "for": _LOOPS,
    "while": _LOOPS,
    "def": "define functions at the start of a line, one after the other",
}
_TYPES = frozenset({"let", "var", "const", "val", "auto", "double", "float", "int", "real", "set"})
_DEFINERS = frozenset({"function", "func", "fn", "fun", "define", "proc"})
_MODULES = frozenset(
    {"math", "cmath", "np", "numpy", "jnp", "jax", "torch", "sp", "sympy", "scipy"}
)
_KINDS = {"input": "input", "data": "data", "output": "output", "param": "input",
          "parameter": "input", "variable": "input"}  # fmt: skip
_OPERATORS = frozenset(["*", "/", "//", "%", "**", "<", ">", "<=", ">=", "==", "!=", "and", "or"])
_SYMBOLS = {
    "*": "×·∙⋅∗",  # noqa: RUF001
    "/": "÷∕",  # noqa: RUF001
    "-": "−–—",  # noqa: RUF001
    "+": "＋",  # noqa: RUF001
    "(": "（",  # noqa: RUF001
    ")": "）",  # noqa: RUF001
    ",": "，",  # noqa: RUF001
    "=": "＝",  # noqa: RUF001
    "<=": "≤",
    ">=": "≥",
    "!=": "≠",
    "sqrt(x)": "√",
}
_CHARACTERS = {
    **{char: f"use {plain}" for plain, chars in _SYMBOLS.items() for char in chars},
    "∞": "every value is a finite number",
    "∧": _AND,
    "∨": _OR,  # noqa: RUF001
    "¬": _NOT,
    "∑": _LOOPS,
    "∏": _LOOPS,
}


class StatementError(Exception):
    """A statement cannot be read on; `token` says where, `also` points at a second token."""

    def __init__(
        self, token: int, message: str, hint: str = "", also: int = -1, note: str = "opened here"
    ) -> None:
        super().__init__(message)
        self.token, self.message, self.hint, self.also, self.note = token, message, hint, also, note

    def __repr__(self) -> str:
        return f"StatementError({self.message!r}, hint={self.hint!r})"


def is_line_end(word: str) -> bool:
    """Whether a token ends a line, or the text."""
    return word[:1] in ("\n", "#", "")


def found(word: str) -> str:
    """How a message names a token."""
    return "the end of the line" if is_line_end(word) else quoted(word)


def complaint(tokens: list[str], i: int) -> StatementError:
    """Why this token cannot follow what stands before it."""
    word, before = tokens[i], tokens[i - 1] if i else ""
    if word[:1] in ("'", '"'):
        return _text(word, i)
    if word in (")", "]", "}"):
        return StatementError(i, f"'{word}' closes a bracket that was not opened")
    if word == "=":
        return StatementError(i, "unexpected '='", _equals(tokens, i))
    if word[-1:] == "=" and word[:-1] in ("+", "-", "*", "/", "%", "//", "**"):
        return StatementError(i, f"'{word}' is not part of the language", _ONCE)
    if word == "=>" or (word in ("<", ">") and before == "="):
        return StatementError(i - 1, f"unexpected '={word}'", f"write {word}=")
    if (len(word) == 1 and not word.isascii()) or not word.isprintable():
        return _character(word[0], i)
    return StatementError(i, f"unexpected {found(word)}", _hint(tokens, i))


def _hint(tokens: list[str], i: int) -> str:
    word, before = tokens[i], tokens[i - 1] if i else ""
    if word == "." and i:
        after = tokens[i + 1]
        if before in _MODULES and after.isidentifier():
            return f"call functions by their bare names: {shortened(after)}(...)"
        return "attributes are not part of the language"
    if word == ",":
        return _comma(before, tokens[i + 1])
    if word == ">" and before == "<":
        return "use != to compare"
    if word in _HINTS:
        return _HINTS[word]
    if word in ("(", "["):
        return _opening(word, before)
    if word in KEYWORDS:
        return f"'{word}' is a keyword of Python"
    return _side_by_side(tokens, i)


def _comma(before: str, after: str) -> str:
    if not before.isdigit() or not after[:1].isdigit():
        return "tuples are not part of the language"
    if len(after) == 3:
        return "numbers are written without commas"
    return f"write {shortened(before)}.{shortened(after)} with a point"


def _opening(word: str, before: str) -> str:
    if word == "[":
        named = before == ")" or before[:1].isdigit()
        return "an array has one index, and only declared inputs are arrays" if (
            named or before == "]") else "lists are not part of the language"  # fmt: skip
    left = "(...)" if before == ")" else shortened(before)
    number = before[:1].isdigit() or before[:1] == "." or before == ")"
    return f"use * for products: {left}*(...)" if number else ""


def _side_by_side(tokens: list[str], i: int) -> str:
    """Two values without an operator: a product, two statements, or a comment."""
    word, before = tokens[i], tokens[i - 1] if i else ""
    if not (word[:1].isalnum() or word[:1] in "_."):
        return ""
    if tokens[i + 1] == "=":
        return "write one statement on a line, or separate them with ';'"
    start = i
    while start and not is_line_end(tokens[start - 1]):
        start -= 1
    if "//" in tokens[start:i]:
        return _COMMENT
    if before in FUNCTIONS:
        return f"call it: {before}(...)"
    if before[:1].isalnum() or before[:1] in "._" or before in (")", "]"):
        left = "(...)" if before == ")" else "[...]" if before == "]" else shortened(before)
        return f"expected an operator; use * for products: {left}*{shortened(word)}"
    return ""


def _equals(tokens: list[str], i: int) -> str:
    before, after = tokens[i - 1] if i else "", tokens[i + 1]
    if after in ("<", ">"):
        return f"write {after}="
    if before in ("==", "!=", "<=", ">="):
        return f"write {before}"
    start = i
    while start and not is_line_end(tokens[start - 1]):
        start -= 1
    line = tokens[start:i]
    if "if" in line or "and" in line or "or" in line:
        return "compare with =="
    return "one name is assigned at a time; compare with =="


def _text(word: str, i: int) -> StatementError:
    if not is_finished(word):
        return StatementError(i, "this string is not finished", f"close it with {quote_of(word)}")
    return StatementError(i, "text is not part of the language", _TEXT)


def quote_of(word: str) -> str:
    """The quotes a string begins with."""
    return word[:3] if word[:3] in ('"""', "'''") else word[0]


def is_finished(word: str) -> bool:
    """Whether a string token has its closing quotes."""
    quote = quote_of(word)
    if len(word) < 2 * len(quote) or not word.endswith(quote):
        return False
    body = word[: -len(quote)]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 0


def _character(char: str, i: int) -> StatementError:
    code = f"U+{ord(char):04X}"
    name = unicodedata.name(char, "").lower()
    shown = f"'{char}' ({code}, {name})" if char.isprintable() and name else (
        f"{code}, {name}" if name else code)  # fmt: skip
    hint = _CHARACTERS.get(char, "")
    if not hint and char.isdigit():
        hint = "digits are 0 to 9"
    elif not hint and unicodedata.category(char) in ("Pi", "Pf"):
        hint = "text is not part of the language"
    elif not hint and unicodedata.category(char) in ("Zs", "Cf"):
        hint = "use plain blanks; editors can show invisible characters"
    return StatementError(
        i, f"unexpected character {shown}", hint or "names hold letters, digits and underscores"
    )


def no_operand(tokens: list[str], i: int) -> StatementError:
    """Why no value can begin with this token."""
    word, before = tokens[i], tokens[i - 1] if i else ""
    if is_line_end(word) or (word in (";", "else", "for", "then", "if") and before != "="):
        if before in ("+", "-") and i > 1 and tokens[i - 2] == before:
            return StatementError(i - 2, f"'{before * 2}' is not part of the language", _ONCE)
        return StatementError(i, f"expected a value, found {found(word)}", _after(before))
    call = before == "," or (before == "(" and tokens[max(i - 2, 0)].isidentifier())
    if word in ("*", "**") and call:
        return StatementError(i, f"unexpected '{word}'", "write the arguments out")
    if word in _OPERATORS or word in (",", ")", "]"):
        if word == ">" and before == "<":
            return StatementError(i - 1, "unexpected '<>'", "use != to compare")
        if word in ("<", ">") and before == "=":
            return StatementError(i - 1, f"unexpected '={word}'", f"write {word}=")
        return StatementError(i, f"expected a value, found '{word}'", _after(before))
    if word == ":" and before in ("[", ","):
        return StatementError(i, "unexpected ':'", SLICES)
    if word == "[":
        return StatementError(i, "unexpected '['", "lists are not part of the language")
    if word in KEYWORDS and word not in _HINTS:
        return StatementError(i, f"unexpected '{word}'", "a keyword of Python cannot be a name")
    if word == "lambda" and (
        tokens[i + 1] in ("+", "-", "*", "/", ")") or is_line_end(tokens[i + 1])
    ):
        return StatementError(i, f"unexpected '{word}'", "a keyword of Python cannot be a name")
    return complaint(tokens, i)


SLICES = "slices are not part of the language; write the elements out, or a sum over range(...)"


def _after(before: str) -> str:
    known = before in _OPERATORS or before in ("+", "-", "=", "not", "if", "else", ",", "return")
    return f"a value is missing after '{before}'" if known else "a value is missing"


def not_a_statement(tokens: list[str], i: int) -> StatementError:
    """Why no statement can begin with this token."""
    word, after = tokens[i], tokens[i + 1]
    if word in _STATEMENTS:
        return StatementError(i, f"'{word}' is not part of the language", _STATEMENTS[word])
    if word in KEYWORDS and word not in ("not", "True", "False"):
        return StatementError(i, f"'{word}' is not part of the language", _ONLY)
    if word == "@":
        return StatementError(i, "unexpected '@'", "decorators are not part of the language")
    if after[-1:] == "=" and after[:-1] in ("+", "-", "*", "/", "%", "//", "**"):
        return StatementError(i + 1, f"'{after}' is not part of the language", _ONCE)
    if after == ",":
        return StatementError(
            i + 1, "unexpected ','", "one name is assigned at a time; write one line for each"
        )
    if not (word[:1].isalnum() or word[:1] == "_" or word in ("(", "-", "+", "not")):
        return _foreign(tokens, i)
    return _value_alone(tokens, i)


def _foreign(tokens: list[str], i: int) -> StatementError:
    word, after = tokens[i], tokens[i + 1]
    if word == "/" and after in ("*", "/", "**"):
        return StatementError(i, f"unexpected '{word}{after[:1]}'", _COMMENT)
    if word in ("//", "*", "%"):
        return StatementError(i, f"unexpected '{word}'", _COMMENT)
    if word in _OPERATORS or word in (",", "=", ":"):
        return StatementError(i, f"unexpected '{word}'", "a statement begins with a name: y = ...")
    return no_operand(tokens, i)


def _value_alone(tokens: list[str], i: int) -> StatementError:
    """An expression that is no statement; perhaps it was meant as one."""
    word, after = tokens[i], tokens[i + 1]
    end = i
    while not is_line_end(tokens[end]) and tokens[end] != ";" and end < i + 1000:
        end += 1
    rest = tokens[i + 1 : end]
    name = word.isidentifier()
    if (name and after in ("==", ":=")) or rest[:2] == ["<", "-"]:
        shown = after if after != "<" else "<-"
        return StatementError(
            i + 1, f"unexpected '{shown}'", f"assign with a single =: {shortened(word)} = ..."
        )
    if word in _DEFINERS and after.isidentifier():
        return StatementError(
            i, f"'{word}' is not part of the language", "write def f(x): return ..."
        )
    if word in _TYPES and after.isidentifier():
        return StatementError(
            i, f"'{word}' is not part of the language", f"write {shortened(after)} = ..."
        )
    if word in _KINDS and after.isidentifier():
        return StatementError(
            i + 1, f"unexpected {quoted(after)}", f"write {shortened(after)}: {_KINDS[word]}"
        )
    if name and rest[:2] in (["+", "+"], ["-", "-"]) and len(rest) == 2:
        return StatementError(i + 1, f"'{after * 2}' is not part of the language", _ONCE)
    if name and rest and after[:1] in ("'", '"'):
        return StatementError(
            i, f"unexpected {quoted(word)} before text", "a docstring has no prefix"
        )
    if name and rest and (after[:1].isalnum() or not after.isascii()):
        return complaint(tokens, i + 1)
    if name and after == "[":
        return (
            StatementError(i, "an element cannot be assigned", "give the value a name of its own")
            if ("=" in rest)
            else _unused(i)
        )
    if "=" in rest or ":=" in rest:
        call = name and after == "("
        hint = (
            f"write def {shortened(word)}(x): return ..." if call else "only a name can be assigned"
        )
        return StatementError(i, f"expected a name before '=', found {_left(word, rest)}", hint)
    return _unused(i)


def _left(word: str, rest: list[str]) -> str:
    return quoted(word) if rest[0] in ("=", ":=") else "an expression"


def _unused(i: int) -> StatementError:
    return StatementError(i, "the value of this expression is not used", "give it a name: y = ...")
