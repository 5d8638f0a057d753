r"""A program to the body of a Python function.

One pass over the nodes, in order.  A value that the user named, that is used twice, or that would
make a line too long gets a line; everything else is nested where it is used (measured: 1.6 to 2
times faster in CPython than one assignment for each operation, and easier to read).  Lines are
those that black and ruff would write.

Conditionals: what only a branch needs is written inside that branch (`graphc.derive.regions`), so
nothing of an untaken branch is evaluated: neither its value, nor its derivatives.  A branch that
needs no lines of its own is a conditional expression, others become ``if`` statements.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("r = x*x\ne = sqrt(r) + r if x > 0 else 0"))
>>> body = Body(program, [program.outputs["e"]], {"x": "x"}, Namer(set()))
>>> print(*body.lines(), sep="\n")
    if x > 0.0:
        r = x * x  # line 1
        e = sqrt(r) + r  # line 2
    else:
        e = 0.0  # line 2
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from graphc.codegen.guards import POWER as POWER_HELPER
from graphc.codegen.guards import WHOLE, growing, guards, is_whole, whole_numbers
from graphc.codegen.sharing import share
from graphc.codegen.statements import INDENT, WIDTH, Branch, Line, ends_with, rename_ends, render
from graphc.ops import ATOM, COMPARE, IF_ELSE, NOT, OPS, POWER, PRODUCT, SIGN, Op
from graphc.program import Node, Program

INLINE = 60  # columns of a nested value: longer ones get a line

Text = tuple[str, int]  # an expression and how strongly it binds
_CLEAN = re.compile(r"[1-9]\d*\.\d+|0\.\d+|[1-9](\.\d+)?e-?[1-9]\d*")
_SIMPLE = re.compile(r"-?[\w.]+")


class Namer:
    """Gives names that clash with nothing; counts temporaries from ``v1``."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self.count = 0

    def fresh(self, wanted: str) -> str:
        """The wanted name, or with underscores behind it if it is taken."""
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted

    def temporary(self) -> str:
        """The next free of ``v1, v2, ...``."""
        self.count += 1
        while (name := f"v{self.count}") in self.taken:
            self.count += 1
        return name


def number_text(value: float) -> str:
    """A number as a float literal: ``2.0``, ``1e308``."""
    return repr(float(value)).replace("e+", "e")


class Body:
    """The statements that compute some nodes of a program.

    Parameters
    ----------
    program : Program
    roots : sequence of int
        Nodes to compute; their texts are in `roots` afterwards.
    arguments : mapping of str to str
        Text for each scalar input.
    namer : Namer
    primal : int, optional
        Number of nodes that are the user's own; later ones are derivatives.
    own_lines : bool
        Whether the user's names keep lines of their own.
    known : mapping of int to str, optional
        Nodes that have a text already.
    errors : str
        Whether operations ``raise`` as in Python, or are as in ``ieee`` 754.

    Attributes
    ----------
    items : list of Line or Branch
    roots : list of str
    functions : dict
        What the text calls: ``module.name`` or an operation, with its local name.
    """

    def __init__(
        self,
        program: Program,
        roots: Sequence[int],
        arguments: Mapping[str, str],
        namer: Namer,
        primal: int | None = None,
        own_lines: bool = True,
        known: Mapping[int, str] | None = None,
        errors: str = "raise",
    ) -> None:
        self.arguments = arguments
        self.namer = namer
        self.primal = len(program) if primal is None else primal
        self.own_lines = own_lines
        self.comments = "\n" in program.source.text.strip()
        self.functions: dict[str, str] = {}
        self.texts: dict[int, Text] = {i: (name, ATOM) for i, name in (known or {}).items()}
        shared = share(program, roots, self.primal)
        self.program, self.order = shared.program, shared.order
        self.uses, self.places, self.regions = shared.uses, shared.places, shared.regions
        self.whole = whole_numbers(self.program, self.order)
        self.guards = guards(self.program) if errors == "ieee" else {}
        self.growing = growing(self.program, self.whole) if errors == "ieee" else set()
        self.buffers: list[list[Line | Branch]] = [[] for _ in self.regions]
        self.results = set(roots)
        self._write()
        self.items = self.buffers[0]
        self.roots = [self.texts[r][0] for r in roots]

    def lines(self) -> list[str]:
        """The statements as text, indented once."""
        return render(self.items, 1)

    def _write(self) -> None:
        uses, texts, lines = self.uses, self.texts, self._own_lines()
        guarded = {*self.guards, *self.growing}
        nodes = self.program.nodes
        for i in self.order:
            if not uses[i] or i in texts:
                continue
            node = nodes[i]
            op = node[0]
            if op == "const":
                texts[i] = self.number(i)
                continue
            if op == "input":
                texts[i] = (self.arguments[node[1]], ATOM)
                continue
            infix = None if guarded and node in guarded else _ARITHMETIC.get(op)
            if infix is not None:  # as in _infix, here for speed: most nodes are of this kind
                symbol, prec, left_least, right_least = infix
                left, left_prec = texts[node[1]]
                right, right_prec = texts[node[2]]
                left = left if left_prec >= left_least else f"({left})"
                right = right if right_prec >= right_least else f"({right})"
                text = f"{left} {symbol} {right}"
            elif OPS[op].lazy and any(self.buffers[r] for r in self._branches(i, node)):
                self._branch(i, node)
                continue
            else:
                text, prec = self._spell(node)
            if uses[i] == 1 and len(text) <= INLINE and i not in lines:
                texts[i] = (text, prec)
            else:
                self._settle(i, node, text, prec, uses[i] == 1 and i not in lines)

    def _own_lines(self) -> set[int]:
        """Nodes that have a line of their own although they are used once."""
        if not self.own_lines:
            return set()
        return {i for i in self.program.names if i < self.primal or i in self.results}

    def _settle(self, i: int, node: Node, text: str, prec: int, nests: bool) -> None:
        """Give a value a line, after its longest operands if it is too long."""
        room = INLINE if nests else self._room(i)
        while len(text) > room and self._spill(node):
            text, prec = self._spell(node)
        if OPS[node[0]].lazy and len(text) > room:
            self._branch(i, node)
        elif nests and len(text) <= INLINE:
            self.texts[i] = (text, prec)
        else:
            self._line(i, text)

    def _room(self, i: int) -> int:
        """Columns left for the right-hand side of a line."""
        indent = len(INDENT) * (1 + max(self.regions[p].depth for p in self.places[i]))
        return WIDTH - indent - len(self.program.names.get(i, "v0000")) - len(" = ")

    def _line(self, i: int, text: str) -> None:
        name, comment = self._name(i)
        for place in self.places[i]:
            self.buffers[place].append(Line(name, text, comment))
        self.texts[i] = (name, ATOM)

    def _name(self, i: int) -> tuple[str, str]:
        given = self.program.names.get(i)
        if given is None:
            return self.namer.temporary(), ""
        if self.program.bindings.get(given) == i:
            return given, self._origin(i)
        return self.namer.fresh(given), ""

    def _origin(self, i: int) -> str:
        """The source line of a node as a comment, where the source has several lines."""
        origin = self.program.source.origin(self.program.origins[i]) if self.comments else None
        return f"line {origin[1]}" if origin else ""

    def _spill(self, node: Node) -> bool:
        """Give the longest nested operand a line; False when there is none."""
        candidates = [
            a for k, a in enumerate(node[1:])
            if self.texts[a][1] != ATOM or "(" in self.texts[a][0]
            if k not in [place for place, _ in OPS[node[0]].lazy]
        ]  # fmt: skip
        candidates = [a for a in candidates if self.program.nodes[a][0] not in ("const", "input")]
        if not candidates:
            return False
        longest = max(candidates, key=lambda a: len(self.texts[a][0]))
        self._line(longest, self.texts[longest][0])
        return True

    # --- conditionals ---------------------------------------------------------------------

    def _branches(self, i: int, node: Node) -> list[int]:
        """Regions that hold what only one branch of this node needs."""
        wanted = [(node[1], taken) for _, taken in OPS[node[0]].lazy]
        inside = [self.regions[place].children for place in self.places[i]]
        return [children[key] for children in inside for key in wanted if key in children]

    def _take(self, place: int, condition: int, taken: bool) -> list[Line | Branch]:
        """The statements waiting for a branch."""
        region = self.regions[place].children.get((condition, taken))
        if region is None:
            return []
        items, self.buffers[region] = self.buffers[region], []
        return items

    def _branch(self, i: int, node: Node) -> None:
        """Write a conditional as an ``if`` statement, in every region that needs it."""
        name, comment = self._name(i)
        for place in self.places[i]:
            self._branch_in(place, node, name, comment)
        self.texts[i] = (name, ATOM)

    def _branch_in(self, place: int, node: Node, name: str, comment: str) -> None:
        op, condition = node[0], node[1]
        test = self.texts[condition][0]
        then, otherwise = self._take(place, condition, True), self._take(place, condition, False)
        if op == "where":
            self._end(then, name, node[2], comment)
            self._end(otherwise, name, node[3], comment)
        else:
            (then if op == "and" else otherwise).append(Line(name, self.texts[node[2]][0]))
            (otherwise if op == "and" else then).append(Line(name, str(op == "or")))
        last = self.buffers[place][-1] if self.buffers[place] else None
        if isinstance(last, Branch) and last.condition == test:
            last.then += then
            last.otherwise += otherwise
        else:
            self.buffers[place].append(Branch(test, then, otherwise))

    def _end(self, branch: list[Line | Branch], name: str, value: int, comment: str) -> None:
        """Assign the value of a branch; a conditional that ends it assigns the name itself."""
        inner = self.texts[value][0]
        last = branch[-1] if branch else None
        if isinstance(last, Branch) and self.uses[value] == 1 and ends_with(last, inner):
            rename_ends(last, name)
        else:
            branch.append(Line(name, inner, comment))

    # --- spelling -------------------------------------------------------------------------

    def number(self, i: int) -> Text:
        """A constant as a float, in the user's spelling where that is clean."""
        value = self.program.nodes[i][1]
        spelling = self.program.spellings.get(i, "")
        if isinstance(value, bool):
            return str(value), ATOM
        if spelling == "pi":
            return self.function("math.pi"), ATOM
        text = spelling if _CLEAN.fullmatch(spelling) else number_text(value)
        return text, SIGN if text[0] == "-" else ATOM

    def function(self, path: str) -> str:
        """The local name of a library function or of a helper for an operation."""
        known = self.functions.get(path)
        if known is None:
            bare = path.rpartition(".")[2]
            clash = bare in self.program.bindings or bare in self.program.inputs
            clash = clash or "." not in path
            known = self.functions[path] = f"_{bare}" if clash else bare
        return known

    def _spell(self, node: Node) -> Text:
        text, prec = self._plain(node)
        if node in self.growing:
            return f"{self.function(WHOLE)}({text})", ATOM
        return text, prec

    def _plain(self, node: Node) -> Text:
        op = node[0]
        row = OPS[op]
        guard = self.guards.get(node)
        if guard == POWER_HELPER:
            base = self.texts[node[1]][0]
            return f"{self.function(guard)}({base}, {self._exponent(node[2])})", ATOM
        if guard:
            return self._call(guard, node[1:])
        if op == "where":
            return self._ternary(node)
        if op == "pow" and not is_whole(self.program.value(node[2])):
            return self._call("math.pow", node[1:])
        if not row.python.startswith("operator."):
            library = row.python and row.since <= (3, 8)
            return self._call(row.python if library else op, node[1:])
        if len(row.params) == 1:
            return self._prefix(row, node[1])
        return self._infix(row, node)

    def _call(self, path: str, args: Sequence[int]) -> Text:
        inner = ", ".join([self.texts[a][0] for a in args])
        return f"{self.function(path)}({inner})", ATOM

    def _prefix(self, row: Op, arg: int) -> Text:
        text, prec = self.texts[arg]
        if row.name == "not":
            return f"not {text if prec > NOT else f'({text})'}", NOT
        if prec >= POWER:
            return f"-{text}", SIGN
        inner = self.program.nodes[arg]
        if inner[0] not in ("mul", "div") or prec != PRODUCT:
            return f"-({text})", SIGN
        if self.texts[inner[1]][1] < POWER or inner[1] in self.whole:  # which have no -0
            return f"-({text})", SIGN
        return f"-{text}", PRODUCT  # (-x)*y has the bits of -(x*y)

    def _infix(self, row: Op, node: Node) -> Text:
        left, left_prec = self.texts[node[1]]
        right, right_prec = self.texts[node[2]]
        if row.prec == POWER:
            right = self._exponent(node[2])
            left = left if left_prec > POWER else f"({left})"
            hugs = _SIMPLE.fullmatch(left)
            return (f"{left}**{right}" if hugs else f"{left} ** {right}"), POWER
        symbol, prec, left_least, right_least = _INFIX[row.name]
        left = left if left_prec >= left_least else f"({left})"
        right = right if right_prec >= right_least else f"({right})"
        return f"{left} {symbol} {right}", prec

    def _ternary(self, node: Node) -> Text:
        (test, test_prec), (first, first_prec) = self.texts[node[1]], self.texts[node[2]]
        if first_prec == IF_ELSE:
            first = f"({first})"
        if test_prec == IF_ELSE:
            test = f"({test})"
        return f"{first} if {test} else {self.texts[node[3]][0]}", IF_ELSE

    def _exponent(self, i: int) -> str:
        return str(int(self.program.value(i) or 0))


def _infix_table() -> dict[str, tuple[str, int, int, int]]:
    """Symbol, strength, and the least strength of each side that needs no parentheses.

    Arithmetic associates to the left, so an equal strength on the right needs them; comparisons
    chain, so both sides do; ``and`` and ``or`` need none.
    """
    table = {}
    for name, row in OPS.items():
        python = row.python.startswith("operator.")  # Python has the operator too
        if python and len(row.params) == 2 and row.prec != POWER:
            tight = row.prec + 1
            left = tight if row.prec == COMPARE else row.prec
            table[name] = (row.symbol, row.prec, left, row.prec if row.prec < NOT else tight)
    return table


_INFIX = _infix_table()
_ARITHMETIC = {name: row for name, row in _INFIX.items() if not OPS[name].lazy}
