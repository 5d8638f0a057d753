"""Pieces of text in graphc's own language, ready to be built into a program.

The table's partials and definitions and the rules' right-hand sides are templates: read once, and
turned into a Python function that repeats them as a few ``add`` calls with other arguments.  (Going
over a list of steps instead took three times as long, and most of the time of differentiation.)
Only graphc's own tables become code here, never what a user wrote.

>>> from graphc.program import Program
>>> program = Program()
>>> x = program.input("x")
>>> Template("1 - out*out", ("x", "out"))(program, (x, x))
3
>>> program.nodes
[('input', 'x'), ('const', 1), ('mul', 0, 0), ('sub', 1, 2)]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from graphc.errors import Source
from graphc.language.elaborate import elaborate
from graphc.program import Node, Program, Rewrite

CONDITION_NAMES = frozenset({"c", "d"})  # in the table and in rules, these are conditions


def read(text: str, rewrite: Rewrite | None = None) -> tuple[Program, int]:
    """The program of a template's text, and the node of its result."""
    result = "out" if "\n" in text else "result"
    source = Source(text if "\n" in text else f"{result} = {text}", "<table>")
    program = elaborate(source, rewrite, conditions=CONDITION_NAMES)
    return program, program.bindings[result]


def read_all(texts: Sequence[str]) -> tuple[Program, list[int]]:
    """One program of several expressions, which share what they have in common."""
    lines = [f"text{k} = {text}" for k, text in enumerate(texts)]
    program = elaborate(Source("\n".join(lines), "<table>"), conditions=CONDITION_NAMES)
    return program, [program.bindings[f"text{k}"] for k in range(len(texts))]


class Template:
    """A text whose free names are replaced by nodes.

    Parameters
    ----------
    text : str or (Program, int)
        An expression, or statements of which one assigns ``out``; or a node that was read.
    params : tuple of str
        The free names, in the order in which their nodes are given.
    """

    def __init__(self, text: str | tuple[Program, int], params: tuple[str, ...]) -> None:
        lines, result = building(text, {name: name for name in params})
        names = f"    ({', '.join(params)},) = args"
        self._build = function("build", "program, args, add", [names, *lines], result)

    def __call__(
        self,
        program: Program,
        args: Sequence[int],
        add: Callable[[Node], int] | None = None,
    ) -> int:
        """Build the text with these nodes; ``add`` may replace ``program.add``."""
        return self._build(program, args, add or program.add)  # type: ignore[no-any-return]


def building(text: str | tuple[Program, int], names: dict[str, str]) -> tuple[list[str], str]:
    """Lines of Python that build a template, and the name of its result.

    Parameters
    ----------
    text : str or (Program, int)
    names : dict of str to str
        Python's names for the free names of the text.

    >>> building("out*out", {"out": "n1"})
    (["    t1 = add(('mul', n1, n1))"], 't1')
    """
    program, result = read(text) if isinstance(text, str) else text
    needed = program.reachable([result])
    known: dict[int, str] = {}
    lines: list[str] = []
    for i, node in enumerate(program.nodes):
        if not needed[i]:
            continue
        if node[0] == "input":
            known[i] = names[node[1]]
            continue
        known[i] = f"t{len(lines) + 1}"
        if node[0] == "const":
            made = f"program.const({node[1]!r}, {program.spellings.get(i, '')!r})"
        else:
            made = f"add(({node[0]!r}, {', '.join(known[a] for a in node[1:])}))"
        lines.append(f"    {known[i]} = {made}")
    return lines, known[result]


def function(
    name: str,
    params: str,
    lines: Sequence[str],
    result: str,
    known: dict[str, Any] | None = None,
) -> Callable[..., Any]:
    """A Python function with these lines; ``known`` names what its defaults refer to."""
    text = "\n".join([f"def {name}({params}):", *lines, f"    return {result}"])
    namespace: dict[str, Any] = {}
    exec(text, known or {}, namespace)
    return namespace[name]  # type: ignore[no-any-return]


@cache
def template(text: str, params: tuple[str, ...]) -> Template:
    """A template, read once for the same text."""
    return Template(text, params)
