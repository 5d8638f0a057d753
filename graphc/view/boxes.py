r"""The boxes of a picture of a program: one for each source statement, or for each operation.

Boxes are what makes a large graph readable: a statement of the text is a box, whatever it holds,
and constants are written inside the operation that uses them.  A node without a name belongs to the
first statement that needs it.  Node numbers are a topological order and a statement goes by its
last node, so an arrow between statements never leads back.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("c = a + b\nd = b + 1\ne = c * d"))
>>> [(box.name, box.text) for box in by_operation(program).boxes]
[('a', ''), ('b', ''), ('c', 'a + b'), ('d', 'b + 1'), ('e', 'c · d')]
>>> by_statement(program).wires
[(0, 2), (1, 2), (1, 3), (2, 4), (3, 4)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphc.errors import Source
from graphc.ops import IF_ELSE, OPS
from graphc.program import DERIVED, Program

FEW_BOXES = 60  # up to so many, inputs have boxes of their own
FEW_INPUTS = 16  # up to so many of them, in larger pictures
MANY_BOXES = 1_500  # from there on inputs are only written
OFTEN = 3  # uses; in larger pictures a leaf that is used more often is only written
BLANK = "\N{BULLET}"  # stands for an operand without a name: its wire leads there
DOT = "\N{MIDDLE DOT}"
MINUS = "\N{MINUS SIGN}"

_SYMBOLS = {
    "mul": f" {DOT} ",
    "sub": f" {MINUS} ",
    "le": " \N{LESS-THAN OR EQUAL TO} ",
    "ge": " \N{GREATER-THAN OR EQUAL TO} ",
    "ne": " \N{NOT EQUAL TO} ",
}
_RAISED = str.maketrans(
    "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)


@dataclass(frozen=True)
class Box:
    """A box of a picture.

    Attributes
    ----------
    head : int
        The node whose value it shows.
    nodes : tuple of int
        The operations in it, in topological order, the head last.
    kind : str
        ``input``, ``data``, ``constant``, ``operation`` or ``statement``.
    name, text : str
        The user's name, and the formula; either may be empty.
    output : bool
        Whether its value is a result of the model.
    """

    head: int
    nodes: tuple[int, ...]
    kind: str
    name: str
    text: str
    output: bool = False


@dataclass
class Boxes:
    """The boxes of a picture and the wires between them.

    Attributes
    ----------
    boxes : list of Box
        In topological order.
    wires : list of (int, int)
        Places in ``boxes``: from what is used to what uses it.
    edges : dict of (int, int) to list of (int, int)
        For each wire the edges of the program that it stands for.
    """

    boxes: list[Box] = field(default_factory=list)
    wires: list[tuple[int, int]] = field(default_factory=list)
    edges: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)


def by_operation(program: Program) -> Boxes:
    """One box for each operation that an output needs; constants are written inside."""
    needed = live(program)
    found = [i for i in range(len(program)) if needed[i] and not _constant(program, i)]
    shown = _shown_inputs(program, found, needed)
    heads = [i for i in found if program.nodes[i][0] != "input" or i in shown]
    return _joined(program, [(i, (i,)) for i in heads], "operation")


def by_statement(program: Program) -> Boxes:
    """One box for each statement of the text."""
    needed, groups = live(program), statements(program)
    inputs = [i for i in range(len(program)) if needed[i] and program.nodes[i][0] == "input"]
    shown = set(inputs) if len(inputs) <= FEW_INPUTS else set()
    parts = [(i, (i,)) for i in inputs if i in shown] + list(groups.items())
    return _joined(program, sorted(parts), "statement")


def statements(program: Program) -> dict[int, tuple[int, ...]]:
    """The operations of each statement by its head, the node that the statement names."""
    owners = owner(program)
    groups: dict[int, list[int]] = {}
    for i, head in enumerate(owners):
        if head >= 0 and not _constant(program, i):
            groups.setdefault(head, []).append(i)
    return {head: tuple(groups[head]) for head in sorted(groups)}


def owner(program: Program) -> list[int]:
    """The statement of each node, by its head; -1 for inputs and for what no output needs."""
    heads = {*program.bindings.values(), *program.outputs.values()}
    needed, nodes = live(program), program.nodes
    found = [-1] * len(nodes)
    for w in range(len(nodes) - 1, -1, -1):
        if not needed[w] or nodes[w][0] == "input":
            continue
        if w in heads and (nodes[w][0] != "const" or w in program.outputs.values()):
            found[w] = w
        for u in program.args(w):
            if nodes[u][0] != "input" and (found[u] < 0 or found[w] < found[u]):
                found[u] = found[w]
    return found


def live(program: Program) -> bytearray:
    """A flag for every node: whether an output needs it."""
    return program.reachable(program.outputs.values())


def inside(program: Program, nodes: Sequence[int]) -> Boxes:
    """The operations of one statement, below boxes for the values that come from elsewhere."""
    within, uses = set(nodes), dict[int, int]()
    for w in nodes:
        for u in program.args(w):
            if u not in within and not _constant(program, u):
                uses[u] = uses.get(u, 0) + 1
    few = len(within) + len(uses) <= FEW_BOXES
    ports = [u for u in uses if few or uses[u] <= OFTEN]
    return _joined(program, [(i, (i,)) for i in sorted([*ports, *nodes])], "operation")


def _shown_inputs(program: Program, found: Sequence[int], needed: bytearray) -> set[int]:
    """The inputs that have boxes: all of a small picture, those used seldom of a larger one."""
    inputs = {i for i in found if program.nodes[i][0] == "input"}
    if len(found) <= FEW_BOXES:
        return inputs
    if len(found) > MANY_BOXES:
        return set()
    uses = dict.fromkeys(inputs, 0)
    for w in range(len(program)):
        if needed[w]:
            for u in program.args(w):
                if u in uses:
                    uses[u] += 1
    return {i for i in inputs if uses[i] <= OFTEN}


def _joined(program: Program, parts: Iterable[tuple[int, tuple[int, ...]]], kind: str) -> Boxes:
    """Boxes with the wires between them."""
    picture, place = Boxes(), {}
    said = statement_texts(program.source) if kind == "statement" else {}
    for k, (head, nodes) in enumerate(parts):
        picture.boxes.append(_box(program, head, nodes, kind, said))
        place.update(dict.fromkeys(nodes, k))
    for w in sorted(place):
        for u in dict.fromkeys(program.args(w)):
            if u in place and place[u] != place[w]:
                picture.edges.setdefault((place[u], place[w]), []).append((u, w))
    picture.wires = sorted(picture.edges)
    return picture


def _box(
    program: Program, head: int, nodes: tuple[int, ...], kind: str, said: Mapping[str, str]
) -> Box:
    output = head in program.outputs.values()
    node = program.nodes[head]
    if node[0] == "input":
        return Box(head, nodes, input_kind(program, node[1]), str(node[1]), "", output)
    name = program.names.get(head, "")
    if node[0] == "const":
        return Box(head, nodes, "constant", name, label(program, head), output)
    text = said.get(name) or operation_text(program, head)
    return Box(head, nodes, kind, name, text, output)


def input_kind(program: Program, element: str) -> str:
    """``input``, or ``data`` for what is not differentiated."""
    chosen = program.inputs.get(element) or program.inputs[element.partition("[")[0]]
    return "input" if chosen.active else "data"


def label(program: Program, i: int, unnamed: str = BLANK) -> str:
    """A node as an operand: its name, its number, or a blank."""
    node = program.nodes[i]
    if node[0] == "const":
        spelling = program.spellings.get(i)
        if spelling:
            return "\N{GREEK SMALL LETTER PI}" if spelling == "pi" else spelling
        return f"{node[1]:.6g}" if isinstance(node[1], float) else str(node[1])
    if node[0] == "input":
        return str(node[1])
    return program.names.get(i, unnamed)


def operation_text(program: Program, i: int, unnamed: str = BLANK) -> str:
    """One operation with its operands, as a formula in one line."""
    op, *args = program.nodes[i]
    row, texts = OPS[op], [label(program, a, unnamed) for a in args]
    if op == "pow" and isinstance(program.value(args[1]), int):
        return texts[0] + str(program.value(args[1])).translate(_RAISED)
    if op == "neg":
        return MINUS + texts[0]
    if op == "sqrt":
        return f"\N{SQUARE ROOT}{texts[0]}"
    if op == "where":
        return f"{texts[1]} if {texts[0]} else {texts[2]}"
    if op == "abs":
        return f"|{texts[0]}|"
    if row.prec > IF_ELSE and row.symbol and len(args) == 2:
        return _SYMBOLS.get(op, f" {row.symbol} ").join(texts)
    operands = dict(zip(row.params, texts, strict=True))
    names = "|".join(map(re.escape, row.params))
    return re.sub(rf"\b({names})\b", lambda m: operands[m[1]], row.form)


# --- the text --------------------------------------------------------------------------------


def statement_texts(source: Source) -> dict[str, str]:
    """What the text assigns to each name, in one line."""
    found = {}
    for name, span in spans(source).items():
        text = re.sub(r"#[^\n]*", "", source.text[slice(*span)])
        _, equals, value = text.partition("=")
        if equals:
            found[name] = " ".join(value.split())
    return found


def spans(source: Source) -> dict[str, tuple[int, int]]:
    """Start and end of the statement that defines or declares each name."""
    starts, ends = source._spans
    found: dict[str, tuple[int, int]] = {}
    depth, first = 0, 0
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        text = source.text[start:end]
        depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        if depth > 0 or text[:1] not in ("\n", "#", ""):
            continue
        _note(source, first, k, found)
        first, depth = k + 1, 0
    _note(source, first, len(starts), found)
    return found


def _note(source: Source, first: int, last: int, found: dict[str, tuple[int, int]]) -> None:
    """A logical line: what it defines, if it stands at the margin and defines anything."""
    starts, ends = source._spans
    if last - first < 2:
        return
    start, name = starts[first], source.text[starts[first] : ends[first]]
    second = source.text[starts[first + 1] : ends[first + 1]]
    if source.position(start)[1] == 1 and second in ("=", ":") and name.isidentifier():
        found.setdefault(name, (start, ends[last - 1]))


def span(program: Program, i: int) -> tuple[int, int] | None:
    """Where in the text a node comes from; None for nodes that no text made."""
    token = program.origins[i]
    return None if token == DERIVED else program.source.token_span(token)


def _constant(program: Program, i: int) -> bool:
    return program.nodes[i][0] == "const" and i not in program.outputs.values()
