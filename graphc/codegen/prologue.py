r"""What a generated function does first: arrays become floats, and bounds are checked.

Rules may rely on declared bounds, so a function refuses arguments outside of them; nan is outside
of all.

>>> from graphc.bounds import Bounds
>>> print(*prologue([Input("x", bounds=Bounds(low=0, low_open=True))]), sep="\n")
    if not x > 0.0:
        raise ValueError(f"x = {x} is outside its bounds: x > 0")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphc.bounds import Bounds
from graphc.codegen.statements import INDENT, WIDTH
from graphc.program import Input


def prologue(inputs: Iterable[Input]) -> list[str]:
    """Lines that prepare and check the arguments of a function."""
    arrays = [i for i in inputs if i.size is not None]
    lines = [f'{INDENT}{i.name} = _floats({i.name}, {i.size}, "{i.name}")' for i in arrays]
    return lines + [line for i in inputs if i.bounds for line in _refusal(i, i.bounds)]


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
