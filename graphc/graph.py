"""The program as a networkx graph: read-only views over its columns.

`Graph` is a `networkx.DiGraph` whose node and adjacency mappings read the columns of a `Program`,
so making one costs nothing, networkx's own algorithms run on it, and ``nx.DiGraph(graph)`` is a
free, mutable copy.  An edge leads from an argument to the operation that uses it; ``x*x`` has one
edge, so ``args`` is the truth.  Node numbers ascend along edges.

Measured against filling a plain DiGraph, at a million nodes of 2 operands (Python 3.11, networkx
3.6, collector off; with it on, filling takes 15 us a node; the figures at 100,000 are the same):

=====================  ==================  ======================
for each node          view                plain DiGraph
=====================  ==================  ======================
to make                0 (70 us in all)    6.4 us
memory                 0, later 130 bytes  1,040 bytes
topological_sort       3.5 us              1.3 us
ancestors of the last  1.2 us              0.8 us
dag_longest_path       7.0 us              4.8 us
attributes of all      1.0 us              0.08 us
=====================  ==================  ======================

The columns themselves take 220 bytes a node; "later" are the successors, found in one pass (0.4 us
a node) when first asked for.  The view was chosen since a compilation needs no algorithm of
networkx: it pays nothing for being a networkx graph, and a few algorithms on the result cost less
than the 6 us a node to fill one.  Passes read the columns (0.02 us a node).

It stands on networkx's private names ``_node``, ``_adj`` and ``_pred``; the tests run networkx's
read-only interface over it and over a plain copy.

>>> import graphc
>>> import networkx as nx
>>> graph = graphc.parse("e = (a + b) * (b + 1)")
>>> [graph.nodes[i]["op"] for i in nx.topological_sort(graph)]
['input', 'input', 'const', 'add', 'add', 'mul']
>>> sorted(nx.ancestors(graph, graph.graph["outputs"]["e"]))
[0, 1, 2, 3, 4]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from operator import index
from typing import Any

import networkx as nx

from graphc.bounds import Bounds
from graphc.errors import GraphcError, OptionError
from graphc.program import Input, Program


class _ReadOnly(dict[str, Any]):
    """Attributes: a dict that refuses to change.  Its copies are plain dicts."""

    def _refuse(self, *args: Any, **more: Any) -> Any:
        raise TypeError("a Graph is read-only; nx.DiGraph(graph) is a copy that can be changed")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = _refuse
    pop = popitem = clear = _refuse

    def copy(self) -> dict[str, Any]:
        return dict(self)

    __copy__ = copy

    def __deepcopy__(self, memo: object) -> dict[str, Any]:
        return dict(self)

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


_NO_DATA = _ReadOnly()


class _Column(Mapping[int, Any]):
    """A mapping from node numbers to what a function makes of them."""

    def __init__(self, size: int, get: Callable[[int], Any]) -> None:
        self._size, self._get = size, get

    def __getitem__(self, i: int) -> Any:
        if i not in self:
            raise KeyError(i)
        return self._get(i)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._size))

    def __len__(self) -> int:
        return self._size

    def __contains__(self, i: object) -> bool:
        if type(i) is not int:  # numpy's integers are nodes too, as they are keys of a dict
            try:
                i = index(i)  # type: ignore[arg-type]
            except TypeError:
                return False
        return 0 <= i < self._size


class Graph(nx.DiGraph):  # type: ignore[misc]
    """A program as a directed acyclic graph.

    Parameters
    ----------
    program : Program, optional
        Without one, an ordinary empty graph: networkx asks for that when it derives
        copies and subgraphs, which are mutable.

    Notes
    -----
    Node attributes: ``op``, ``args`` (operands in order), ``value`` (a constant's number, an
    input's name), ``name`` (the user's), ``shape``, ``origin`` (file, line, column); ``bounds`` of
    inputs that have some, as text (``x > 0``).
    Graph attributes: ``inputs``, ``outputs``, ``derivatives`` (by Leibniz name), ``doc``.
    """

    def __init__(self, program: Program | None = None, **attributes: Any) -> None:
        if not isinstance(program, Program):  # networkx's own first argument: data of a graph
            super().__init__(program, **attributes)
            self._source: Program | None = None
            return
        super().__init__(**attributes)
        self._source = program
        size, after = len(program), _Successors(program)
        self._node = _Column(size, self._attributes)
        self._adj = _Column(size, after)
        self._pred = _Column(size, lambda i: dict.fromkeys(sorted(program.args(i)), _NO_DATA))
        self.graph.update(
            inputs={i.name: _input_data(i) for i in program.inputs.values()},
            outputs=dict(program.outputs),
            derivatives=dict(program.derivatives),
            doc=program.doc,
        )
        bounded = [i for i in program.inputs.values() if i.bounds is not None]
        self._bounds = {e: i.bounds.text(e) for i in bounded for e in i.elements if i.bounds}
        nx.freeze(self)

    @property
    def program(self) -> Program:
        """The program shown; read back from the attributes for copies."""
        return self._source if self._source is not None else to_program(self)

    def to_sympy(self, name: str) -> Any:
        """The SymPy expression of an output or of any other name of the file.

        Parameters
        ----------
        name : str

        Raises
        ------
        OptionError
            There is no such name.
        """
        from graphc.inspect.sympy_bridge import to_sympy

        return to_sympy(self.program, name)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows; of a part of a graph, no more than its description."""
        from graphc.view.notebook import bundle

        try:
            program = self.program
        except (KeyError, GraphcError):
            return {"text/plain": repr(self)}
        return bundle(program, repr(self), include)

    def __reduce__(self) -> Any:
        if self._source is None:
            return super().__reduce__()
        return Graph, (self._source,), {"graph": self.graph}

    def _attributes(self, i: int) -> Mapping[str, Any]:
        program = self.program
        node = program.nodes[i]
        leaf = node[0] in ("const", "input")
        bounded = {"bounds": self._bounds[node[1]]} if node[1:] and node[1] in self._bounds else {}
        return _ReadOnly(
            op=node[0],
            args=program.args(i),
            value=node[1] if leaf else None,
            name=program.names.get(i),
            shape=(),
            origin=program.source.origin(program.origins[i]),
            **bounded,
        )


class _Successors:
    """Users of each node; found in one pass when first asked for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._users: list[list[int]] | None = None

    def __call__(self, i: int) -> dict[int, Mapping[str, Any]]:
        if self._users is None:
            self._users = [[] for _ in range(len(self._program))]
            for w in range(len(self._program)):
                for u in self._program.args(w):
                    self._users[u].append(w)
        return dict.fromkeys(self._users[i], _NO_DATA)


def _input_data(i: Input) -> dict[str, Any]:
    bounds = {"bounds": asdict(i.bounds)} if i.bounds else {}
    return {"size": i.size, "active": i.active, "default": i.default, **bounds}


def _input(name: str, facts: Mapping[str, Any]) -> Input:
    """An input from its data."""
    bounds = facts.get("bounds")
    return Input(name, **{**facts, "bounds": Bounds(**bounds) if bounds else None})


def to_program(graph: nx.DiGraph[int]) -> Program:
    """A program from any graph that has a Graph's attributes: a copy, or one read from JSON.

    Parameters
    ----------
    graph : networkx.DiGraph
        Nodes with ``op``, ``args`` and ``value``; outputs in ``graph.graph["outputs"]``.

    Raises
    ------
    OptionError
        An operand is not in the graph.
    """
    program, numbers = Program(), {}
    for i in nx.lexicographical_topological_sort(graph):
        data = graph.nodes[i]
        op = data["op"]
        if op == "const":
            numbers[i] = program.const(data["value"])
        elif op == "input":
            numbers[i] = program.input(data["value"])
        else:
            missing = [a for a in data["args"] if a not in numbers]
            if missing:
                raise OptionError(f"node {i} needs node {missing[0]}, which is not in the graph")
            numbers[i] = program.add((op, *(numbers[a] for a in data["args"])))
        if data.get("name"):
            program.names.setdefault(numbers[i], data["name"])
            program.bindings.setdefault(data["name"], numbers[i])
    for name, facts in graph.graph.get("inputs", {}).items():
        program.inputs[name] = _input(name, facts)
        program.bindings.pop(name, None)
    program.outputs = {n: numbers[i] for n, i in graph.graph.get("outputs", {}).items()}
    program.bindings.update(program.outputs)
    program.doc = graph.graph.get("doc", "")
    return program
