"""Postfix code: what the parser writes and `graphc.language.machine` runs.

Operands are the words themselves, names and numbers, so running one is a look-up in a dictionary;
operators are their symbols, which are no names; what needs more is a small object.  A comprehension
is an object that holds code, as in the "while" of a stack language (Forth, PostScript).  Every
instruction comes with the token it was read from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

NEGATE, KEEP, CHOOSE, ERROR = "-x", "+x", "if else", "error!"


@dataclass(eq=False)
class Code:
    """Instructions, and the token each came from."""

    ops: list[object] = field(default_factory=list)
    at: list[int] = field(default_factory=list)

    def emit(self, op: object, token: int) -> None:
        """Append an instruction."""
        self.ops.append(op)
        self.at.append(token)

    def extend(self, other: Code) -> None:
        """Append all instructions of another code."""
        self.ops += other.ops
        self.at += other.at

    def cut(self, start: int) -> Code:
        """Remove and return the instructions from a place on."""
        tail = Code(self.ops[start:], self.at[start:])
        del self.ops[start:], self.at[start:]
        return tail

    @cached_property
    def operations(self) -> int:
        """How many instructions are not operands."""
        return sum(not is_operand(op) for op in self.ops)


@dataclass(eq=False)
class Call:
    """Call a function with so many arguments."""

    name: str
    count: int
    tokens: list[int] = field(default_factory=list)  # where


@dataclass(eq=False)
class Index:
    """Take an element of an array."""

    name: str


@dataclass(eq=False)
class Store:
    """Give the top of the stack a local name."""

    name: str


@dataclass(eq=False)
class Chain:
    """Compare the two topmost values and keep the second: the first half of ``a < b < c``."""

    symbol: str


@dataclass(eq=False)
class Clause:
    """One ``for variable in range(...)`` with its conditions."""

    variable: str
    token: int
    bounds: list[Code]
    filters: list[Code] = field(default_factory=list)


@dataclass(eq=False)
class Loop:
    """A comprehension in ``sum``, ``prod``, ``min`` or ``max``."""

    reducer: str
    element: Code
    clauses: list[Clause]

    @property
    def codes(self) -> Iterator[Code]:
        """All code inside."""
        yield self.element
        for clause in self.clauses:
            yield from clause.bounds
            yield from clause.filters


@dataclass
class Bound:
    """A bound of an input, as the right-hand side of a comparison."""

    symbol: str
    code: Code
    token: int  # of the symbol


@dataclass
class Statement:
    """An assignment or a declaration."""

    name: int  # token
    code: Code | None  # of the value
    kind: str = ""  # input, data, output, or nothing
    size: Code | None = None  # of an array
    bounds: list[Bound] = field(default_factory=list)


@dataclass(eq=False)
class Function:
    """A ``def``: parameters, and code that leaves the result on the stack."""

    name: str
    params: list[str]
    code: Code
    token: int = -1  # of its name
    defaults: tuple[float, ...] = ()
    numbers: dict[str, int | float] = field(default_factory=dict)  # of code from another text


@dataclass
class Script:
    """All that a file says."""

    doc: str = ""
    statements: list[Statement] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    calls: dict[tuple[str, int], Call] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # names whose definition could not be read


def is_operand(op: object) -> bool:
    """Whether an instruction is a name or a number."""
    return isinstance(op, str) and (op[0].isalnum() or op[0] in "._") and op not in _WORDS


def nested(code: Code) -> Iterator[tuple[object, int]]:
    """All instructions with their tokens, those inside comprehensions too."""
    waiting: list[Code] = [code]
    while waiting:
        code = waiting.pop()
        for op, token in zip(code.ops, code.at, strict=True):
            yield op, token
            if isinstance(op, Loop):
                waiting.extend(op.codes)


def names_in(code: Code, bound: Iterable[str] = ()) -> dict[str, int]:
    """Free names of a code, each with its first token."""
    found: dict[str, int] = {}
    variables = set(bound)
    for op, token in nested(code):
        if isinstance(op, Loop):
            variables.update(clause.variable for clause in op.clauses)
        elif isinstance(op, str) and is_operand(op) and not op[0].isdigit() and op[0] != ".":
            found[op] = min(token, found.get(op, token))
    return {name: token for name, token in found.items() if name not in variables}


_WORDS = frozenset({"and", "or", "not", CHOOSE, ERROR})
