"""The straight-line program: interned nodes in append-only columns.

A node is the tuple ``(operation, argument, ...)`` and is its own key: the same operation on the
same arguments is the same node (hash-consing, after Ershov 1958; Griewank & Walther, section 6.1).
Leaves are ``("const", value)`` and ``("input", name)``.  A node is added after its arguments, so
node numbers are a topological order and every pass is a loop.  Everything else about a node
(origin, the user's name) is metadata and takes no part in equality.

`graphc.graph.Graph` shows a program as a networkx graph; nothing here imports networkx, which
costs a quarter of a second.

>>> program = Program()
>>> x = program.input("x")
>>> program.add(("mul", x, x)) == program.add(("mul", x, x))
True
>>> program.nodes
[('input', 'x'), ('mul', 0, 0)]
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphc.bounds import Bounds
from graphc.errors import Diagnostic, InputError, Source
from graphc.ops import OPS

if TYPE_CHECKING:
    from graphc.derive.values import Values

Node = tuple[Any, ...]  # (operation, *arguments), ("const", value) or ("input", name)
Number = int | float | bool
Rewrite = Callable[["Program", Node], "int | None"]

MAX_BITS = 1023  # of a whole number: beyond it no float can hold it
DERIVED = -1  # origin of nodes that no text made

_COMMUTATIVE = {name for name, row in OPS.items() if row.commutative}
_CONDITIONS = {name for name, row in OPS.items() if row.condition}
_PARTIAL = {name for name, row in OPS.items() if not row.total}
_LEAVES = ("const", "input", "error")


@dataclass(frozen=True)
class Input:
    """An argument of the generated functions.

    Parameters
    ----------
    name : str
    size : int or None
        Number of elements of an array, None for a scalar.
    active : bool
        Whether it is differentiated (``input``) or not (``data``).
    default : float or int or None
    origin : int
        Token that declared or first used it.
    bounds : Bounds or None
        Where its elements may be; generated functions refuse others.
    """

    name: str
    size: int | None = None
    active: bool = True
    default: Number | None = None
    origin: int = DERIVED
    bounds: Bounds | None = None

    @property
    def elements(self) -> list[str]:
        """Names of the scalars it holds: ``["a"]``, or ``["x[0]", "x[1]"]``."""
        if self.size is None:
            return [self.name]
        return [f"{self.name}[{k}]" for k in range(self.size)]


@dataclass(frozen=True)
class Replaced:
    """A formula that was replaced by a stable form; see `graphc.derive.stable`.

    Attributes
    ----------
    form : str
        Name of the form.
    origin : int
        Token of the formula.
    before, after : str
        What was written, and what is computed.
    why : str
        Where they are the same, and what is better.
    """

    form: str
    origin: int
    before: str
    after: str
    why: str


class Program:
    """A straight-line program under construction.

    Parameters
    ----------
    rewrite : callable, optional
        ``rewrite(program, node)`` gives the number of a simpler equal node, or None; see
        `graphc.derive.rules`.
    source : Source, optional
        The text the program was read from.

    Attributes
    ----------
    nodes : list of tuple
        The operations, each after its arguments.
    origins : list of int
        Token that each node came from.
    names : dict
        Name that the user (or Leibniz) gave to a node.
    inputs : dict of str to Input
        Arguments, in order.
    outputs : dict of str to int
        Result nodes, in order.
    bindings : dict of str to int
        Every name that the text defines, with its node.
    derivatives : dict of str to int
        Derivatives of outputs with respect to inputs by Leibniz name, once accumulated.
    replaced : list of Replaced
        The formulas that were replaced by stable forms.
    branching : bool
        Whether there is any choice between branches.
    supports : dict of int to int
        Conditions without which partials are zero, as far as they were asked for.
    doc : str
        The docstring of the file.
    """

    def __init__(self, rewrite: Rewrite | None = None, source: Source | None = None) -> None:
        self.rewrite = rewrite
        self.source = source or Source("")
        self.nodes: list[Node] = []
        self.origins: list[int] = []
        self.names: dict[int, str] = {}
        self.spellings: dict[int, str] = {}
        self.inputs: dict[str, Input] = {}
        self.outputs: dict[str, int] = {}
        self.bindings: dict[str, int] = {}
        self.derivatives: dict[str, int] = {}
        self.replaced: list[Replaced] = []
        self.doc = ""
        self.origin = DERIVED
        self.branching = False
        self._fragile = bytearray()
        self.supports: dict[int, int] = {}
        self.values: Values | None = None
        self._index: dict[Node, int] = {}
        self._constants: dict[tuple[Number | str, type], int] = {}

    def __len__(self) -> int:
        return len(self.nodes)

    def input(self, element: str) -> int:
        """The node of a scalar argument or array element."""
        return self.restore(("input", element))

    def const(self, value: Number, spelling: str = "") -> int:
        """The node of a constant; ``1``, ``1.0``, ``True`` and ``-0.0`` are different nodes.

        Raises
        ------
        InputError
            A whole number too large for a float.
        """
        key = (value if value else repr(value), type(value))
        node = self._constants.get(key)
        if node is None:
            if isinstance(value, int) and value.bit_length() > MAX_BITS:
                raise self.error(
                    "the constant is larger than any float",
                    f"whole numbers may have up to {MAX_BITS} bits, about 307 digits",
                )
            node = self._constants[key] = self._append(("const", value))
        if spelling:
            self.spellings.setdefault(node, spelling)
        return node

    def add(self, node: Node) -> int:
        """The number of a node; simplified, and made if it is new."""
        found = self._index.get(node)
        if found is None:
            found = self._index[node] = self._new(node)
        return found

    def find(self, node: Node) -> int | None:
        """The number of a node if it is there."""
        return self._index.get(node)

    def restore(self, node: Node) -> int:
        """The number of a node that is known to be in simplest form."""
        found = self._index.get(node)
        if found is None:
            found = self._index[node] = self._append(node)
        return found

    def copy(self) -> Program:
        """An independent program with the same nodes, ready to be added to."""
        new = type(self)(self.rewrite, self.source)
        for column in ("nodes", "origins", "names", "spellings", "inputs", "outputs", "bindings",
                       "derivatives", "replaced", "supports", "_index", "_constants",
                       "_fragile"):  # fmt: skip
            setattr(new, column, getattr(self, column).copy())
        new.doc, new.branching = self.doc, self.branching
        return new

    def args(self, i: int) -> tuple[int, ...]:
        """Arguments of a node, in order; none for leaves."""
        node = self.nodes[i]
        return () if node[0] in _LEAVES else node[1:]

    def value(self, i: int) -> Number | None:
        """The number a constant node stands for; None for other nodes."""
        node = self.nodes[i]
        return node[1] if node[0] == "const" else None

    def is_condition(self, i: int) -> bool:
        """Whether a node is true or false rather than a number."""
        node = self.nodes[i]
        if node[0] == "where":
            return self.is_condition(node[2])
        return node[0] in _CONDITIONS or (node[0] == "const" and isinstance(node[1], bool))

    def may_raise(self, i: int) -> bool:
        """Whether a node or what it needs is undefined for some arguments."""
        nodes, fragile = self.nodes, self._fragile
        for k in range(len(fragile), i + 1):
            node = nodes[k]
            leaf = node[0] in _LEAVES
            fragile.append(
                not leaf and (self.is_partial(node) or any(fragile[a] for a in node[1:]))
            )
        return bool(fragile[i])

    def is_partial(self, node: Node) -> bool:
        """Whether an operation is undefined for some arguments; whole powers are not."""
        if node[0] != "pow":
            return node[0] in _PARTIAL
        exponent = self.value(node[2])
        return not isinstance(exponent, int) or exponent < 0

    def elements(self, active_only: bool = False) -> list[str]:
        """Names of all scalars among the inputs, in order."""
        chosen = (i for i in self.inputs.values() if i.active or not active_only)
        return [element for i in chosen for element in i.elements]

    def reachable(self, roots: Iterable[int]) -> bytearray:
        """A flag for every node: whether some root needs it."""
        nodes, needed = self.nodes, bytearray(len(self.nodes))
        for root in roots:
            needed[root] = 1
        for i in range(len(nodes) - 1, -1, -1):
            if needed[i]:
                node = nodes[i]
                if node[0] not in _LEAVES:
                    for a in node[1:]:
                        needed[a] = 1
        return needed

    def error(self, message: str, hint: str = "", token: int | None = None) -> InputError:
        """An error that points at the token being read."""
        token = self.origin if token is None else token
        span = self.source.token_span(token)
        return InputError(self.source, [Diagnostic(message, *span, hint)])

    def _append(self, node: Node) -> int:
        if node[0] == "where":
            self.branching = True
        self.nodes.append(node)
        self.origins.append(self.origin)
        return len(self.nodes) - 1

    def _new(self, node: Node) -> int:
        """The number of a node that is not there yet; most are just appended."""
        nodes = self.nodes
        if len(node) == 3:
            op, a, b = node
            if op in _COMMUTATIVE:
                twin = self._index.get((op, b, a))
                if twin is not None:
                    return twin
            plain = nodes[a][0] not in _SPECIAL and nodes[b][0] not in _SPECIAL and a != b
        else:
            plain = len(node) == 2 and nodes[node[1]][0] not in _SPECIAL
        if not plain:
            simpler = self._simpler(node)
            if simpler is not None:
                return simpler
            self.branching = self.branching or node[0] == "where"
        nodes.append(node)
        self.origins.append(self.origin)
        return len(nodes) - 1

    def _simpler(self, node: Node) -> int | None:
        """The number of a simpler node of the same value, or of an error among the arguments."""
        if node[0] == "where" and self.value(node[1]) is not None:
            return int(node[2] if self.value(node[1]) else node[3])
        constants = 0
        for a in node[1:]:
            kind = self.nodes[a][0]
            if kind == "error":
                return int(a)
            constants += kind == "const"
        folded = self._fold(node[0], node) if constants == len(node) - 1 else None
        if folded is None and self.rewrite is not None:
            folded = self.rewrite(self, node)
        return folded

    def _fold(self, op: str, node: Node) -> int | None:
        if op not in _FOLDS:
            return None
        values = [self.value(a) for a in node[1:]]
        self._check_power(op, values)
        try:
            result = _FOLDS[op](*values)
        except (ArithmeticError, ValueError):
            return None  # left to happen, or not, when the code runs
        if isinstance(result, complex) or result in (math.inf, -math.inf) or result != result:
            return None
        return self.const(result)

    def _check_power(self, op: str, values: list[Number | None]) -> None:
        base, exponent = ([*values, None])[:2]
        if op != "pow" or not isinstance(base, int) or not isinstance(exponent, int):
            return
        if base.bit_length() * exponent > 4 * MAX_BITS and abs(base) > 1:
            raise self.error(
                f"the power {base} ** {exponent} is larger than any float",
                f"whole numbers may have up to {MAX_BITS} bits; write {base}.0 for a float",
            )


class RawProgram(Program):
    """A program in which every operation that is written is a node of its own.

    That is how published graphs of elimination tasks were traced, so that orders can be counted
    as their authors counted them.  Inputs and constants are unique nevertheless, and constants
    fold.

    >>> program = RawProgram()
    >>> x = program.input("x")
    >>> program.add(("sin", x)) == program.add(("sin", x))
    False
    """

    def add(self, node: Node) -> int:
        """The number of a new node, or of the constant that it comes to."""
        return self._new(node)


def _power(base: Number, exponent: Number) -> Number:
    """Powers whose value is the same on every machine: whole numbers only."""
    if isinstance(base, float) or isinstance(exponent, float) or exponent < 0:
        raise ValueError("left to the machine that runs the code")
    return int(base**exponent)


def _folds() -> dict[str, Callable[..., Number]]:
    """Python's own meaning of the operations that are exact everywhere."""
    modules = {"operator": operator, "math": math}
    table: dict[str, Callable[..., Number]] = {
        "abs": abs,
        "min": min,
        "max": max,
        "pow": _power,
        "sign": lambda x: (x > 0) - (x < 0) if x else x,
        "and": lambda c, d: c and d,
        "or": lambda c, d: c or d,
        "not": operator.not_,
    }
    for name, row in OPS.items():
        library, _, function = row.python.partition(".")
        if row.exact and name not in table and library in modules:
            table[name] = getattr(modules[library], function)
    return table


_FOLDS = _folds()
# Argument operations that may make a node fold or a rule fire; all others are just appended.
_SPECIAL = {"const", "neg", "not", "error", "where"}
