r"""What a word of the text is: a name, a number, an operator, a keyword, or nothing known.

The parser asks once for every different word and keeps the answer, so the checks below cost
nothing in long files.  A name must be one that the generated module can keep: not a keyword, not
a builtin, without a leading underscore, and not one that looks like another (after Unicode
Technical Standard 39, in part).

>>> number_in("2_000"), number_in("1e3")
(2000, 1000.0)
>>> number_in("2x")
Traceback (most recent call last):
graphc.language.words.WordError: '2x' is not a number
>>> name_problem("lambda")
("'lambda' is a keyword of Python", 'choose another name')
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
import unicodedata

from graphc.errors import quoted, shortened

MAX_LITERAL = 1000  # characters of one number

BUILTINS = frozenset(n for n in dir(builtins) if n[0] != "_" and n[0].islower())
KEYWORDS = frozenset(keyword.kwlist)

# Letters of other scripts that look like Latin ones.
_LOOKALIKES = dict(
    zip(
        "АВЕКМНОРСТХаеорсухіјѕԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονıℓ",  # noqa: RUF001
        "ABEKMHOPCTXaeopcyxijsdqwABEZHIKMNOPTYXovil",
        strict=True,
    )
)
_DECIMAL = re.compile(
    r"(?:[0-9](?:_?[0-9])*)?\.?(?:[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?"
)
_BASES = {"0x": (16, "hexadecimal digits"), "0o": (8, "digits 0 to 7"), "0b": (2, "0 and 1")}


NAME, NUMBER, BAD_NAME, BAD_NUMBER, OTHER = range(5)  # kinds of words
_TAKEN = BUILTINS | KEYWORDS
TRUTH = ("True", "False")
_NO_NAMES = KEYWORDS.difference(TRUTH)


class WordError(ValueError):
    """A word is not what it should be; `hint` says what would help."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Words:
    """The kinds of the words of one file, and the values of its numbers."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.numbers: dict[str, int | float] = {}

    def kind(self, word: str) -> int:
        """What a word is as a value; kept, so that every word is looked at once."""
        first, kind = word[:1], OTHER
        if first.isalpha() or first == "_":
            if word not in _NO_NAMES:
                fine = word in TRUTH or name_problem(word) is None
                kind = NAME if fine else BAD_NAME
        elif (first.isdigit() and first.isascii()) or (first == "." and len(word) > 1):
            try:
                self.numbers[word] = number_in(word)
                kind = NUMBER
            except WordError:
                kind = BAD_NUMBER
        self.kinds[word] = kind
        return kind


def word_problem(word: str) -> tuple[str, str]:
    """What is wrong with a name or number, and what would help."""
    if word[:1].isalpha() or word[:1] == "_":
        return name_problem(word) or ("", "")
    try:
        number_in(word)
    except WordError as error:
        return str(error), error.hint
    return "", ""


def name_problem(word: str) -> tuple[str, str] | None:
    """What is wrong with a word as a name, and what would help; None when it is fine."""
    if word.isascii() and word[:1].isalpha() and word not in _TAKEN:
        return None
    if not word[:1].isalpha() and word[:1] != "_":
        shown = quoted(word) if word and word[0] not in "\n#" else "the end of the line"
        return f"expected a name, found {shown}", ""
    if word in KEYWORDS:
        return f"'{word}' is a keyword of Python", "choose another name"
    if word in BUILTINS:
        return f"'{word}' is a builtin of Python", f"choose another name, '{word}_' for example"
    problem = _underscore_problem(word) if word.isascii() else _unicode_problem(word)
    return (f"the name {quoted(word)} cannot be used", problem) if problem else None


def _underscore_problem(word: str) -> str:
    if word.startswith("__"):
        return "names with two leading underscores belong to Python"
    if word.startswith("_"):
        return "names with a leading underscore are kept for generated code"
    return ""


def _unicode_problem(word: str) -> str:
    """Look-alikes would be two variables that print the same; Python reads some forms as others."""
    if (plain := unicodedata.normalize("NFKC", word)) != word:
        head = word.rstrip("²³¹⁰⁴⁵⁶⁷⁸⁹")
        power = unicodedata.normalize("NFKC", word[len(head) :])
        if power and head.isidentifier():
            return f"use ** for powers: {shortened(head)}**{shortened(power)}"
        return f"Python reads this name as {quoted(plain)}; write it so"
    if not word.isidentifier():
        return "names hold letters, digits and underscores"
    for char in word:
        if char in _LOOKALIKES:
            name = unicodedata.name(char).lower()
            return f"'{char}' is the {name}, which looks like '{_LOOKALIKES[char]}'"
    return _underscore_problem(word)


def number_in(word: str) -> int | float:
    """The value of a number as Python spells it.

    Raises
    ------
    WordError
        It is no number, or larger than any float.
    """
    if len(word) > MAX_LITERAL:
        raise WordError(
            f"the number has {len(word)} characters", f"up to {MAX_LITERAL} are allowed"
        )
    value: int | float
    try:
        value = int(word if word.isascii() else "", 0)
    except ValueError:
        value = _decimal(word)
    if math.isinf(value) if isinstance(value, float) else value.bit_length() > 1024:
        raise WordError(f"the number {shortened(word)} is too large for a float",
                        "the largest is about 1.8e308")  # fmt: skip
    return value


def _decimal(word: str) -> float:
    digits = word.replace("_", "")
    whole = digits.isdigit() and digits.lstrip("0")
    if word.isascii() and word[:2].strip("._eE") and _DECIMAL.fullmatch(word) and not whole:
        return float(word)
    raise WordError(f"{quoted(word)} is not a number", _number_hint(word))


def _number_hint(word: str) -> str:
    digits, base = word.replace("_", ""), _BASES.get(word[:2].lower())
    if base:
        return f"after '{word[:2]}' come {base[1]}"
    if digits.isdigit():
        if "__" in word or word.endswith("_"):
            return "an underscore stands between two digits"
        return f"leading zeros are not allowed; write {shortened(digits.lstrip('0'))}"
    if word.count(".") > 1:
        return "a number has one decimal point"
    head = re.match(r"[0-9._]*(?:[eE][+-]?[0-9_]+)?", word)
    number, rest = word[: head.end()], word[head.end() :]  # type: ignore[union-attr]
    if rest in ("j", "J"):
        return "complex numbers are not part of the language"
    if rest in ("e", "E"):
        return "the exponent is missing"
    if number.endswith(".") and rest:
        return "attributes are not part of the language"
    if "_" in (number + rest)[:1] + number[-1:] + rest[:1]:
        return "an underscore stands between two digits"
    return f"use * for products: {shortened(number)}*{shortened(rest)}" if rest else ""
