"""Formulas as trees of MathML elements, made from the operation table.

A tree is a list ``[tag, child, ...]`` whose children are trees or one text, or ``["#", k, need]``:
a place for argument ``k``, in brackets if it binds less than ``need``.  The page makes elements and
text nodes of them, so that no text of a model is ever read as markup.

>>> operation("mul").tree
['mrow', ['#', 0, 7], ['mo', '·'], ['#', 1, 7]]
>>> derivatives("mul")[0]
['#', 1, 0]
>>> name("theta_1")
['msub', ['mi', 'θ'], ['mn', '1']]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphc.language.templates import read
from graphc.ops import ATOM, COMPARE, IF_ELSE, OPS, POWER, PRODUCT, SIGN
from graphc.program import Program

Tree = list[Any]

# ruff: noqa: RUF001  Greek letters are meant
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_CALLED = {"gamma": "Γ", "lgamma": "log Γ", "digamma": "ψ", "asin": "arcsin", "acos": "arccos",
           "atan": "arctan", "asinh": "arsinh", "acosh": "arcosh", "atanh": "artanh"}  # fmt: skip
_INFIX = {"add": "+", "sub": "\N{MINUS SIGN}", "mul": "\N{MIDDLE DOT}", "mod": "mod", "lt": "<",
          "le": "\N{LESS-THAN OR EQUAL TO}", "gt": ">", "ge": "\N{GREATER-THAN OR EQUAL TO}",
          "eq": "=", "ne": "\N{NOT EQUAL TO}", "and": "and", "or": "or"}  # fmt: skip
_FENCES = {
    "abs": ("|", "|"),
    "floor": ("\N{LEFT FLOOR}", "\N{RIGHT FLOOR}"),
    "ceil": ("\N{LEFT CEILING}", "\N{RIGHT CEILING}"),
}


@dataclass(frozen=True)
class Formula:
    """A tree and how strongly it binds."""

    tree: Tree
    prec: int = ATOM


@cache
def operation(op: str) -> Formula:
    """An operation with places for its arguments."""
    row = OPS[op]
    if op in _INFIX:
        left = row.prec + (row.prec == COMPARE)
        right = row.prec + (op in ("sub", "mod") or row.prec == COMPARE)
        tree = ["mrow", _place(0, left), ["mo", _INFIX[op]], _place(1, right)]
        return Formula(tree, row.prec)
    if op == "div":
        return Formula(["mfrac", _place(0), _place(1)], PRODUCT)
    if op == "floordiv":
        inner = ["mfrac", _place(0), _place(1)]
        return Formula(["mrow", ["mo", "\N{LEFT FLOOR}"], inner, ["mo", "\N{RIGHT FLOOR}"]])
    if op == "neg":
        return Formula(["mrow", ["mo", "\N{MINUS SIGN}"], _place(0, PRODUCT)], SIGN)
    if op == "not":
        return Formula(["mrow", ["mo", "not"], _place(0, row.prec)], row.prec)
    if op == "pow":
        return Formula(["msup", _place(0, ATOM), _place(1)], POWER)
    if op in ("sqrt", "cbrt"):
        root = ["msqrt", _place(0)] if op == "sqrt" else ["mroot", _place(0), ["mn", "3"]]
        return Formula(root)
    if op in _FENCES:
        left_fence, right_fence = _FENCES[op]
        return Formula(["mrow", ["mo", left_fence], _place(0), ["mo", right_fence]])
    if op == "where":
        return Formula(_cases(), IF_ELSE)
    return Formula(_call(op, len(row.params)))


@cache
def derivatives(op: str) -> list[Tree]:
    """The local partials of an operation, from the table; the result's place is its last."""
    row = OPS[op]
    texts = ("y*x**(y - 1)", "out*log(x)") if op == "pow" else row.partials  # where x and y > 0
    return [_read(text, (*row.params, "out")) for text in texts]


def constant(value: Any, spelling: str = "") -> Tree:
    """A number as it was written."""
    if spelling == "pi":
        return ["mi", _GREEK["pi"]]
    text = spelling or (f"{value:.6g}" if isinstance(value, float) else str(value))
    return ["mn", text.replace("-", "\N{MINUS SIGN}")]


def name(text: str) -> Tree:
    """A name: Greek letters as such, digits at the end and indices as subscripts."""
    found = re.fullmatch(r"(.*?)(?:_?(\d+)|_([^_]+)|\[(.+)\])", text, re.DOTALL)
    if found is None or not found[1]:
        return ["mi", _GREEK.get(text, text)]
    below = found[2] or found[3] or found[4]
    tag = "mn" if below.isdigit() else "mi"
    return ["msub", ["mi", _GREEK.get(found[1], found[1])], [tag, _GREEK.get(below, below)]]


def letter(names: Iterable[str]) -> str:
    """A letter for numbered nodes that no name of a model looks like: beside ``v1`` it is not v."""
    bases = {tree[1][1] for tree in map(name, names) if tree[0] == "msub" and tree[2][0] == "mn"}
    return next((c for c in "vwuzrstpqn" if c not in bases), "\N{NUMERO SIGN}")


def _place(k: int, need: int = 0) -> Tree:
    return ["#", k, need]


def _call(op: str, count: int) -> Tree:
    commas = [part for k in range(count) for part in (["mo", ","], _place(k))][1:]
    return ["mrow", ["mi", _CALLED.get(op, op)], ["mo", "("], *commas, ["mo", ")"]]


def _cases() -> Tree:
    rows = [
        ["mtr", ["mtd", _place(1)], ["mtd", ["mtext", "if\u00a0"], _place(0)]],
        ["mtr", ["mtd", _place(2)], ["mtd", ["mtext", "otherwise"]]],
    ]
    return ["mrow", ["mo", "{"], ["mtable", *rows]]


@cache
def _read(text: str, params: tuple[str, ...]) -> Tree:
    """A text of the table, with places for its names."""
    program, result = read(text)
    found: list[Formula] = []
    for i, node in enumerate(program.nodes):
        if node[0] == "const":
            found.append(_number(program, i))
        elif node[0] == "input":
            found.append(Formula(_place(params.index(node[1]))))
        else:
            made = operation(node[0])
            found.append(Formula(_filled(made.tree, [found[a] for a in node[1:]]), made.prec))
    return found[result].tree


def _number(program: Program, i: int) -> Formula:
    tree = constant(program.value(i), program.spellings.get(i, ""))
    return Formula(tree, SIGN if tree[1].startswith("\N{MINUS SIGN}") else ATOM)


def _filled(tree: Tree, args: list[Formula]) -> Tree:
    """A tree with its places filled; templates are shallow."""
    if tree[0] == "#":
        _, k, need = tree
        inner = args[k]
        if inner.tree[0] == "#":
            return ["#", inner.tree[1], need]
        bare = inner.prec >= need
        return inner.tree if bare else ["mrow", ["mo", "("], inner.tree, ["mo", ")"]]
    return [tree[0], *(_filled(t, args) if isinstance(t, list) else t for t in tree[1:])]
