r"""What a generated function does first: arrays become floats, and bounds are checked.

Rules may rely on declared bounds, so a function refuses arguments outside of them; nan is outside
of all.  A function that never raises takes them for nan instead.

>>> from graphc.bounds import Bounds
>>> print(*prologue([Input("x", bounds=Bounds(low=0, low_open=True))]), sep="\n")
    if not x > 0.0:
        raise ValueError(f"x = {x} is outside its bounds: x > 0")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from graphc.bounds import Bounds
from graphc.codegen.statements import INDENT, WIDTH
from graphc.program import Input


def prologue(inputs: Iterable[Input], nan: str = "") -> list[str]:
    """Lines that prepare and check the arguments of a function.

    Parameters
    ----------
    inputs : iterable of Input
    nan : str
        What stands for an argument outside its bounds; a function without it raises.
    """
    outside = partial(_replacement, nan=nan) if nan else _refusal
    arrays = [i for i in inputs if i.size is not None]
    lines = [f'{INDENT}{i.name} = _floats({i.name}, {i.size}, "{i.name}")' for i in arrays]
    return lines + [line for i in inputs if i.bounds for line in outside(i, i.bounds)]


def _replacement(i: Input, bounds: Bounds, nan: str) -> Iterator[str]:
    """Lines that put nan in place of what is outside."""
    if i.size is None:
        yield f"{INDENT}if not {bounds.code(i.name)}:"
        yield f"{INDENT * 2}{i.name} = {nan}  # outside its bounds"
        return
    inner = f"_v if {bounds.code('_v')} else {nan} for _v in {i.name}"
    line = f"{INDENT}{i.name} = [{inner}]"
    if len(line) <= WIDTH:
        yield line
    else:
        yield from (f"{INDENT}{i.name} = [", f"{INDENT * 2}{inner}", f"{INDENT}]")


def _refusal(i: Input, bounds: Bounds) -> Iterator[str]:
    """Lines that raise unless an argument is inside its bounds."""
    pad, value, shown = INDENT, i.name, i.name
    if i.size is not None:
        yield f"{INDENT}for _k, _v in enumerate({i.name}):"
        pad, value, shown = INDENT * 2, "_v", f"{i.name}[{{_k}}]"
    text = f'f"{shown} = {{{value}}} is outside its bounds: {bounds.text(i.name)}"'
    yield f"{pad}if not {bounds.code(value)}:"
    line = f"{pad}{INDENT}raise ValueError({text})"
    if len(line) <= WIDTH:
        yield line
    else:
        yield from (line[: line.index(text)], f"{pad}{INDENT * 2}{text}", f"{pad}{INDENT})")
