r"""Formulas and texts of a model as LaTeX that cannot run away.

Formulas are those of `graphc.view.mathml`, translated element by element, so that page and paper
agree.  Names and texts are escaped, and what LaTeX's fonts lack is spelled as a code point: however
a file calls its variables, it cannot name a command, end a group or read a file.

>>> name("theta_1"), name("loss"), name("x[2]")
('\\theta_{1}', '\\mathit{loss}', 'x_{2}')
>>> escaped("100% of \\input{x}")
'100\\% of \\textbackslash{}input\\{x\\}'
>>> from graphc.errors import Source
>>> from graphc.language.elaborate import elaborate
>>> program = elaborate(Source("y = sqrt(a)/b"))
>>> formula(program, program.outputs["y"], {0: "a", 2: "b"})
'\\frac{\\sqrt{a}}{b}'
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphc.ops import ATOM, OPS, SIGN
from graphc.program import Program
from graphc.view import mathml

Tex = tuple[str, int]  # and how strongly it binds

_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "^": r"\textasciicircum{}", "_": r"\_", "~": r"\textasciitilde{}", "%": r"\%",
    "<": r"$<$", ">": r"$>$", "|": r"$|$", '"': "''", "`": "{`}", "-": "{-}", "\t": " ",
    "\n": " ", "\r": " ", "…": r"\ldots{}", "\N{PARTIAL DIFFERENTIAL}": r"$\partial$",
    "\N{MIDDLE DOT}": r"$\cdot$", "\N{BULLET}": r"$\bullet$", "\N{MINUS SIGN}": "$-$",
    "\N{SQUARE ROOT}": r"$\surd$", "\N{LESS-THAN OR EQUAL TO}": r"$\le$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\ge$", "\N{NOT EQUAL TO}": r"$\ne$",
    "\N{INFINITY}": r"$\infty$", "\N{NO-BREAK SPACE}": " ", "\N{NUMERO SIGN}": r"\#",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "œ": r"\oe{}",
    "Œ": r"\OE{}", "ł": r"\l{}", "Ł": r"\L{}",
}  # fmt: skip
_RAISED = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))
_ACCENTS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=",
    "\u0306": r"\u", "\u0307": r"\.", "\u0308": r"\"", "\u030a": r"\r", "\u030b": r"\H",
    "\u030c": r"\v", "\u0327": r"\c",
}  # fmt: skip
_GREEK = {letter: "\\" + word for word, letter in mathml._GREEK.items()}
_FUNCTIONS = {"sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "exp",
              "log", "min", "max"}  # fmt: skip
_OPERATORS = {
    "\N{MINUS SIGN}": "-", "\N{MIDDLE DOT}": r"\cdot", "\N{LESS-THAN OR EQUAL TO}": r"\le",
    "\N{GREATER-THAN OR EQUAL TO}": r"\ge", "\N{NOT EQUAL TO}": r"\ne", "mod": r"\bmod",
    "and": r"\land", "or": r"\lor", "not": r"\lnot", "(": r"\left(", ")": r"\right)",
    "\N{LEFT FLOOR}": r"\left\lfloor", "\N{RIGHT FLOOR}": r"\right\rfloor",
    "\N{LEFT CEILING}": r"\left\lceil", "\N{RIGHT CEILING}": r"\right\rceil",
    "+": "+", "=": "=", "<": "<", ">": ">", ",": ",",
}  # fmt: skip


def escaped(text: str) -> str:
    """A text for LaTeX's text mode."""
    return "".join(_text_character(c) for c in unicodedata.normalize("NFC", text))


def _text_character(c: str) -> str:
    if c in _ESCAPED:
        return _ESCAPED[c]
    if " " <= c <= "~":
        return c
    if c in _RAISED:
        return f"$^{{{_RAISED[c]}}}$"
    if c in _GREEK:
        return f"${_GREEK[c]}$"
    base, *accents = list(unicodedata.normalize("NFD", c))
    if len(accents) == 1 and accents[0] in _ACCENTS and base.isascii():
        return f"{_ACCENTS[accents[0]]}{{{base}}}"
    return f"[U+{ord(c):04X}]" if unicodedata.category(c) != "Cc" else " "


def name(text: str) -> str:
    """A name for LaTeX's math mode."""
    return _element(mathml.name(text), _no_place)


def called(program: Program) -> dict[int, str]:
    """How nodes are called in formulas: by name, as constants, or by a letter and their number."""
    letter = mathml.letter([*program.elements(), *program.names.values()])
    return {i: symbol(program, i, letter) for i in range(len(program))}


def symbol(program: Program, i: int, letter: str = "v") -> str:
    """How a node is called in formulas."""
    node = program.nodes[i]
    if node[0] == "const":
        return _element(mathml.constant(node[1], program.spellings.get(i, "")), _no_place)
    if node[0] == "input":
        return name(str(node[1]))
    return name(program.names[i]) if i in program.names else f"{letter}_{{{i}}}"


def formula(program: Program, i: int, symbols: Mapping[int, str], need: int = 0) -> str:
    """The formula of a node, down to nodes that have symbols.

    Parameters
    ----------
    program : Program
    i : int
    symbols : mapping of int to str
        Of some nodes, at least of all leaves but constants.
    need : int
        How strongly what stands around it binds; it is put in brackets if it binds less.
    """
    needed, waiting = {i}, list(program.args(i))
    while waiting:
        a = waiting.pop()
        if a not in needed and a not in symbols:
            needed.add(a)
            waiting += program.args(a)
    texts: dict[int, Tex] = {}
    for a in sorted(needed):
        args = [texts[b] if b in texts else (symbols[b], ATOM) for b in program.args(a)]
        texts[a] = _operation(program, a, args)
    return _bracketed(*texts[i], need)


def quantity(value: float | str) -> str:
    """A number for LaTeX's math mode, from a number or from how it is written."""
    text = str(value).replace("\N{MINUS SIGN}", "-")
    if text in ("nan", "true", "false", "True", "False"):
        return rf"\mathrm{{{text.lower()}}}"
    if text.lstrip("-") == "inf":
        return text.replace("inf", r"\infty")
    digits, _, power = text.partition("e")
    if not set(text) <= set("0123456789.+-e"):
        return rf"\text{{{escaped(text)}}}"
    return rf"{digits}\cdot10^{{{int(power)}}}" if power else text


def _operation(program: Program, i: int, args: Sequence[Tex]) -> Tex:
    node = program.nodes[i]
    if node[0] in ("const", "input"):
        text = symbol(program, i)
        return text, SIGN if text.startswith("-") else ATOM
    made = mathml.operation(node[0])
    return _element(made.tree, lambda k, need: _bracketed(*args[k], need)), made.prec


def _bracketed(text: str, prec: int, need: int) -> str:
    """In brackets if it does not bind as strongly, or if its sign would follow another."""
    bare = prec >= need and not (need and text.startswith("-"))
    return text if bare else rf"\left({text}\right)"


def _no_place(k: int, need: int) -> str:
    raise ValueError("a name has no places")


def _element(tree: list[Any], place: Callable[[int, int], str]) -> str:
    """An element of MathML; templates are shallow."""
    tag, *parts = tree
    if tag == "#":
        return place(parts[0], parts[1])
    if tag == "mi":
        return _identifier(parts[0])
    if tag == "mn":
        return quantity(parts[0])
    if tag == "mo":
        return _OPERATORS.get(parts[0]) or rf"\mathrel{{\text{{{escaped(parts[0])}}}}}"
    if tag == "mtext":
        return rf"\text{{{escaped(parts[0])}}}"
    if tag == "mrow":
        return _row(parts, place)
    inner = [_element(part, place) for part in parts]
    if tag == "mtable":
        return r"\begin{cases}" + r"\\".join(inner) + r"\end{cases}"
    return {
        "mtr": lambda: "&".join(inner),
        "mtd": lambda: " ".join(inner),
        "mfrac": lambda: rf"\frac{{{inner[0]}}}{{{inner[1]}}}",
        "msqrt": lambda: rf"\sqrt{{{inner[0]}}}",
        "mroot": lambda: rf"\sqrt[{inner[1]}]{{{inner[0]}}}",
        "msup": lambda: f"{{{inner[0]}}}^{{{inner[1]}}}",
        "msub": lambda: f"{inner[0]}_{{{inner[1]}}}",
    }[tag]()


def _row(parts: list[list[Any]], place: Callable[[int, int], str]) -> str:
    """Elements side by side; bars come in pairs, and a brace belongs to the cases behind it."""
    texts, bars = [], 0
    for part in parts:
        if part == ["mo", "|"]:
            texts.append((r"\left|", r"\right|")[bars % 2])
            bars += 1
        elif part != ["mo", "{"]:
            texts.append(_element(part, place))
    return " ".join(texts)


def _identifier(text: str) -> str:
    """A name or a function."""
    if text in _GREEK:
        return _GREEK[text]
    if len(text) == 1 and text.isascii() and text.isalpha():
        return text
    if text in _FUNCTIONS:
        return "\\" + text
    if text in OPS or text in mathml._CALLED.values():
        words = "".join(_GREEK.get(c) or _text_character(c) for c in text)
        return rf"\operatorname{{{words}}}"
    return "".join(_math_word(word) for word in _words(text))


def _words(text: str) -> list[str]:
    """Stretches of plain letters and digits, and all other characters one by one."""
    words: list[str] = []
    for c in text:
        plain = c.isascii() and c.isalnum()
        if plain and words and words[-1].isalnum() and words[-1].isascii():
            words[-1] += c
        else:
            words.append(c)
    return words


def _math_word(word: str) -> str:
    if word.isascii() and word.isalnum():
        return rf"\mathit{{{word}}}"
    return _GREEK.get(word) or rf"\text{{{escaped(word)}}}"
