r"""Declarations: ``x: input``, ``k: input[3] >= 0``, ``t: 0 < data <= 1``, ``y: output``.

What stands behind the colon is an annotation to Python; here it is the kind of the name, with
bounds before or behind it.  Bounds are numbers that are known when the file is compiled.

>>> tokens = ["x", ":", "0", "<", "input", "<=", "2", "*", "pi", "=", "1", "\n", ""]
>>> statement, end = declaration(ExpressionReader(tokens, Script()), tokens, 0)
>>> statement.kind, [(b.symbol, b.code.ops) for b in statement.bounds], end
('input', [('>', ['0']), ('<=', ['2', 'pi', '*'])], 9)
"""

from __future__ import annotations

from graphc.errors import quoted, suggest
from graphc.language.code import Bound, Script, Statement
from graphc.language.complaints import StatementError, found, is_line_end
from graphc.language.expression import ExpressionReader

__all__ = ["KINDS", "Script", "declaration"]

KINDS = ("input", "data", "output")
_KIND_HINT = "a declaration is 'input', 'data' or 'output'"
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COMPARISONS = frozenset([*_MIRRORED, "==", "!="])
_ENDS = _COMPARISONS | {"="}
_NO_NUMBERS = frozenset({"and", "or", "not", "if"})
_JOINED = "write both in one comparison: 0 < input < 1"


def declaration(reader: ExpressionReader, tokens: list[str], first: int) -> tuple[Statement, int]:
    """Read a declaration up to its default value, or its end.

    Parameters
    ----------
    reader : ExpressionReader
    tokens : list of str
    first : int
        Token of the name.

    Returns
    -------
    Statement, int
        Its value is still to be read; the token after it.

    Raises
    ------
    StatementError
        It cannot be read on.
    """
    at = _kind(tokens, first + 2)
    statement = Statement(first, None, tokens[at])
    _check_words(tokens, first + 2)
    if at > first + 2:
        code, symbol = reader.read(first + 2, ends=_COMPARISONS)
        _check(tokens, statement.kind, symbol)
        if symbol + 1 != at:
            raise StatementError(symbol + 1, f"expected {quoted(tokens[at])}, found "
                                 f"{found(tokens[symbol + 1])}", _JOINED)  # fmt: skip
        statement.bounds.append(Bound(_MIRRORED[tokens[symbol]], code, symbol))
    after = at + 1
    if tokens[after] == "[":
        if statement.kind == "output":
            raise StatementError(
                after, "an output has no size", "assign each element a name of its own"
            )
        statement.size, after = reader.read(after + 1, after)
    if tokens[after] in _COMPARISONS:
        symbol = after
        _check(tokens, statement.kind, symbol)
        code, after = reader.read(symbol + 1, ends=_ENDS)
        _add(statement, Bound(tokens[symbol], code, symbol))
    if tokens[after] in _COMPARISONS:
        raise StatementError(after, f"unexpected '{tokens[after]}'", _JOINED)
    return statement, after


def _kind(tokens: list[str], start: int) -> int:
    """The token that is the kind; bounds may stand before it."""
    end = _end(tokens, start)
    compared = not _COMPARISONS.isdisjoint(tokens[start:end])
    kinds = [k for k in range(start, end) if tokens[k] in KINDS]
    if kinds and (compared or kinds[0] == start):
        return kinds[0]
    words = [k for k in range(start, end) if tokens[k].isidentifier()]
    return _unknown(tokens, words[0] if words and compared else start)


def _end(tokens: list[str], start: int) -> int:
    """The token that ends a declaration, or begins its value."""
    depth = 0
    for k in range(start, len(tokens)):
        word = tokens[k]
        depth += (word in ("(", "[")) - (word in (")", "]"))
        if not word or word in ("=", ";") or (is_line_end(word) and depth <= 0):
            return k
    return len(tokens) - 1


def _unknown(tokens: list[str], at: int) -> int:
    word = tokens[at]
    named = word.isidentifier()
    what = f"unknown kind {quoted(word)}" if named else (
        f"expected 'input', 'data' or 'output', found {found(word)}")  # fmt: skip
    raise StatementError(at, what, suggest(word, KINDS) or _KIND_HINT)


def _check_words(tokens: list[str], start: int) -> None:
    """Complain about conditions that are joined by words."""
    for k in range(start, _end(tokens, start)):
        if tokens[k] in _NO_NUMBERS:
            raise StatementError(k, f"unexpected '{tokens[k]}'", _JOINED)


def _check(tokens: list[str], kind: str, symbol: int) -> None:
    """Complain about comparisons that are no bounds."""
    if kind == "output":
        raise StatementError(symbol, "an output has no bounds",
                             "only inputs have bounds: they are checked in a call")  # fmt: skip
    if tokens[symbol] not in _MIRRORED:
        hint = "write input > 0, input >= 0, input < 1 or input <= 1"
        raise StatementError(symbol, f"'{tokens[symbol]}' is no bound", hint)


def _add(statement: Statement, bound: Bound) -> None:
    for other in statement.bounds:
        if other.symbol[0] == bound.symbol[0]:
            side = "upper" if bound.symbol[0] == "<" else "lower"
            raise StatementError(bound.token, f"a second {side} bound", _JOINED,
                                 other.token, f"the first {side} bound is here")  # fmt: skip
    statement.bounds.append(bound)
