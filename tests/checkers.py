"""Strict little readers of what pictures are written in; each refuses what it does not know."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "desc", "style", "rect", "g", "path", "text"}
ATTRIBUTES = {
    "class", "width", "height", "viewBox", "role", "aria-label", "transform", "x", "y", "rx", "d",
}  # fmt: skip
_WORDS = """
    documentclass usepackage begin end section pagestyle setlength parindent topskip definecolor
    tikzset node draw fontsize selectfont sffamily scriptsize footnotesize hline endhead
    useasboundingbox textcolor allowdisplaybreaks
    frac sqrt partial cdot left right text mathit mathrm mathrel operatorname quad infty le ge ne
    land lor lnot bmod lfloor rfloor lceil rceil sin cos tan arcsin arccos arctan sinh cosh tanh
    exp log min max textbackslash textasciicircum textasciitilde ldots bullet surd
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega u r H v c
"""
COMMANDS = set(_WORDS.split())
MATH = {"align*", "aligned"}
ENVIRONMENTS = {*MATH, "document", "tikzpicture", "cases", "longtable"}
SYMBOLS = set("{}$&#_%\\, '`^\"=~.*")  # that may follow a backslash


def check_svg(text: str) -> list[str]:
    """The texts of an SVG that holds nothing but shapes and texts."""
    root = ElementTree.fromstring(text)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ELEMENTS, element.tag
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
        if element.tag == f"{SVG}style":
            assert not re.search(r"url|import|[<>\\]", element.text or "")
    return [t.text or "" for t in root.iter() if t.tag in (f"{SVG}text", f"{SVG}title")]


def check_latex(text: str) -> None:
    """Commands that are known, groups that end, and special characters where they belong."""
    groups: list[str] = []
    math = text.startswith("$$")
    text = text.removeprefix("$$").removesuffix("$$")
    for token in re.findall(r"\\(?:begin|end)\{[a-z]+\*?\}|\\[a-zA-Z]+|\\.|\n|.", text, re.DOTALL):
        inside = any(group in MATH for group in groups) or math
        if found := re.fullmatch(r"\\(begin|end)\{(.*)\}", token):
            assert found[2] in ENVIRONMENTS, token
            if found[1] == "begin":
                groups.append(found[2])
            else:
                assert groups.pop() == found[2], token
        elif token.startswith("\\"):
            assert token[1:] in COMMANDS or token[1:] in SYMBOLS, token
        elif token == "{":
            groups.append(token)
        elif token == "}":
            assert groups.pop() == "{", "a group ends that did not begin"
        elif token == "$":
            math = not math
        elif token == "&":
            assert "longtable" in groups or inside, "a tab outside of a table"
        elif token in "^_":
            assert inside, f"{token} outside of a formula"
        else:
            assert token not in "#%~" and (
                token.isascii() and (token.isprintable() or token == "\n")
            )
    assert not groups and (not math or inside)


def check_dot(text: str) -> None:
    """Nodes with quoted labels and edges, a line each."""
    first, *lines, last = text.rstrip("\n").split("\n")
    assert (first, last) == ("digraph model {", "}")
    label = r'"(?:[^"\\]|\\.)*"'
    node = rf"n\d+ \[label={label}(, shape=ellipse|, peripheries=2)*\];"
    fixed = r'rankdir=LR;|node \[shape=box, fontname="monospace"\];'
    for line in lines:
        assert re.fullmatch(rf"    (?:{fixed}|{node}|n\d+ -> n\d+;)", line), line


def check_mermaid(text: str) -> None:
    """Nodes with quoted labels and edges, a line each."""
    first, *lines = text.rstrip("\n").split("\n")
    assert first == "flowchart LR"
    label = r'"(?:[^"<>`%]|%(?!%)|<br>)*"'
    for line in lines:
        assert re.fullmatch(rf"    n\d+(?:\[{label}\]|\(\[{label}\]\)| --> n\d+)", line), line
