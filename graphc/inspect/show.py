"""A program as text: a numbered list, DOT, Mermaid, or networkx's node-link JSON.

Every node has a label made from its row of the operation table, so a new operation needs nothing
here.  Names and numbers are quoted for the format they go into.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> print(render(program, "text", {"a": 2.0, "b": 1.0}))
#0  a  input    = 2.0
#1  b  input    = 1.0
#2     a + b    = 3.0
#4     b + 1    = 2.0
#5  e  #2 * #4  = 6.0  output
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from graphc.inspect.evaluate import evaluate
from graphc.ops import OPS
from graphc.program import Program

Slopes = Mapping[str, Sequence[float | None]]  # of every node, by "tangent" and "adjoint"


@dataclass(frozen=True)
class Row:
    """One node as it is shown.

    Attributes
    ----------
    number : int
    name, formula, value, role : str
        The user's name; the operation with its operands; the number at the chosen point;
        ``input``, ``output`` or nothing.
    bounds : str
        Declared bounds of an input.
    slopes : tuple of str
        Its derivatives, each with what it is called; nothing where there is no path.
    """

    number: int
    name: str
    formula: str
    value: str = ""
    role: str = ""
    bounds: str = ""
    slopes: tuple[str, ...] = ()


def label(program: Program, i: int) -> str:
    """How a node is referred to: its name, its number, or ``#`` and its place."""
    node = program.nodes[i]
    if node[0] == "const":
        return program.spellings.get(i) or repr(node[1])
    if node[0] == "input":
        return str(node[1])
    return program.names.get(i, f"#{i}")


def formula(program: Program, i: int) -> str:
    """The operation of a node with its operands, as the table writes it.

    >>> program = Program()
    >>> formula(program, program.add(("atan2", program.input("y"), program.input("x"))))
    'atan2(y, x)'
    """
    node = program.nodes[i]
    if node[0] in ("const", "input"):
        return label(program, i)
    row = OPS[node[0]]
    operands = dict(zip(row.params, [label(program, a) for a in node[1:]], strict=True))
    names = "|".join(map(re.escape, row.params))
    return re.sub(rf"\b({names})\b", lambda m: operands[m[1]], row.form)


def rows(
    program: Program, at: Mapping[str, float] | None = None, slopes: Slopes | None = None
) -> list[Row]:
    """All nodes but constants, in order.

    Parameters
    ----------
    program : Program
    at : mapping of str to float, optional
        Values of the scalar inputs and array elements.
    slopes : mapping of str to sequence, optional
        Derivatives of all nodes, by what they are called.
    """
    values = evaluate(program, at) if at is not None else None
    results = set(program.outputs.values())
    bounded = {e: i.bounds for i in program.inputs.values() if i.bounds for e in i.elements}
    found = []
    for i, node in enumerate(program.nodes):
        if node[0] == "const":
            continue
        value = "" if values is None else _number(values[i])
        role = "output" if i in results else ""
        what = "input" if node[0] == "input" else formula(program, i)
        name = label(program, i) if node[0] == "input" else program.names.get(i, "")
        bounds = bounded[name].text(name) if what == "input" and name in bounded else ""
        slopes_here = tuple(_slopes(slopes or {}, i))
        found.append(Row(i, name, what, value, role, bounds, slopes_here))
    return found


def as_text(
    program: Program, at: Mapping[str, float] | None = None, slopes: Slopes | None = None
) -> str:
    """An aligned list, one node a line."""
    table = [
        (f"#{r.number}", r.name, f"{r.formula}, {r.bounds}" if r.bounds else r.formula,
         f"= {r.value}" if r.value else "", *r.slopes, r.role)
        for r in rows(program, at, slopes)
    ]  # fmt: skip
    return "\n".join(align(table))


def as_dot(
    program: Program, at: Mapping[str, float] | None = None, slopes: Slopes | None = None
) -> str:
    """Graphviz' language, from left to right."""
    lines = ["digraph model {", "    rankdir=LR;", '    node [shape=box, fontname="monospace"];']
    for r in rows(program, at, slopes):
        shape = ", shape=ellipse" if r.formula == "input" else ""
        shape = ", peripheries=2" if r.role else shape
        lines.append(f'    n{r.number} [label="{_dot_quoted(_caption(r))}"{shape}];')
    lines += [f"    n{u} -> n{w};" for u, w in _edges(program)]
    return "\n".join([*lines, "}"])


def as_mermaid(
    program: Program, at: Mapping[str, float] | None = None, slopes: Slopes | None = None
) -> str:
    """A Mermaid flowchart, as GitHub and notebooks show it."""
    lines = ["flowchart LR"]
    for r in rows(program, at, slopes):
        before, after = ("([", "])") if r.formula == "input" else ("[", "]")
        lines.append(f'    n{r.number}{before}"{_mermaid_quoted(_caption(r))}"{after}')
    lines += [f"    n{u} --> n{w}" for u, w in _edges(program)]
    return "\n".join(lines)


def as_json(
    program: Program, at: Mapping[str, float] | None = None, slopes: Slopes | None = None
) -> str:
    """Networkx's node-link form; ``networkx.node_link_graph`` reads it back."""
    import networkx as nx

    from graphc.graph import Graph

    data = nx.node_link_data(Graph(program), edges="edges")
    if at is not None:
        for node, value in zip(data["nodes"], evaluate(program, at), strict=True):
            node["at"] = value if math.isfinite(value) else repr(value)
    for kind, sweep in (slopes or {}).items():
        for node, x in zip(data["nodes"], sweep, strict=True):
            node[kind] = x if x is None or math.isfinite(x) else repr(x)
    return json.dumps(data, indent=1, allow_nan=False)


FORMATS: dict[str, Callable[[Program, Mapping[str, float] | None, Slopes | None], str]] = {
    "text": as_text,
    "dot": as_dot,
    "mermaid": as_mermaid,
    "json": as_json,
}


def render(
    program: Program,
    form: str = "text",
    at: Mapping[str, float] | None = None,
    slopes: Slopes | None = None,
) -> str:
    """The program in one of `FORMATS`."""
    return FORMATS[form](program, at, slopes)


def replaced(program: Program) -> str:
    """The formulas that were replaced by stable forms: where, what, and why that is right."""
    lines: list[str] = []
    for found in program.replaced:
        place = program.source.origin(found.origin)
        line = f"line {place[1]}: " if place else ""
        lines.append(f"{line}{found.form}: {found.before} -> {found.after}")
        lines.append(f"    {found.why}")
    return "\n".join(lines) or "no stable forms were taken"


def align(table: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of cells as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in table)
    return [line.rstrip() for line in lines]


def _edges(program: Program) -> list[tuple[int, int]]:
    """Edges between nodes that are shown, each once."""
    return [
        (u, w)
        for w in range(len(program))
        for u in dict.fromkeys(program.args(w))
        if program.nodes[u][0] != "const"
    ]


def _caption(row: Row) -> str:
    text = (row.bounds or row.name) if row.formula == "input" else row.formula
    if row.name and row.formula != "input":
        text = f"{row.name} = {text}"
    return "\n".join(line for line in (text, row.value, *row.slopes) if line)


def _slopes(slopes: Slopes, i: int) -> list[str]:
    return ["" if sweep[i] is None else f"{kind} {sweep[i]!r}" for kind, sweep in slopes.items()]


def _number(value: object) -> str:
    return repr(value)


def _dot_quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _mermaid_quoted(text: str) -> str:
    codes = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "\n": "<br>",
             "`": "#96;", "\r": " "}  # fmt: skip
    # two percent signs begin a comment or a directive, even inside quotes
    return "".join(codes.get(c, c) for c in text).replace("%%", "#37;#37;")
