"""Functions of a generated module for what Python's library lacks.

An operation without a function in `math` is written from its definition in the operation table.
Where nothing is to raise, there is one for each operation that may (`graphc.codegen.guards`).

>>> (text,) = helpers({"_log": "log"}, "ieee")
>>> print(text[text.index("    try") :])
    try:
        return log(x)
    except (ArithmeticError, ValueError):
        return -inf if x == 0.0 else nan
"""

from __future__ import annotations

from graphc.codegen.emit import Body, Namer
from graphc.codegen.guards import POWER, WHOLE
from graphc.codegen.statements import INDENT
from graphc.derive.rules import EXACT, Simplifier
from graphc.language.templates import read
from graphc.ops import OPS, Op

_NUMBERS = {"inf": "math.inf", "nan": "math.nan"}
_WHOLE_POWER = "where(y % 2 == 1, copysign(inf, x), inf)"
_WHOLE = f'''def _{WHOLE}(x: float) -> float:
    """The number, or an infinity if it is whole and larger than any float."""
    try:
        float(x)
    except OverflowError:
        return inf if x > 0.0 else -inf
    return x'''

Helper = tuple[str, dict[str, str]]  # its text, and what it uses: local names by path


def helpers(used: dict[str, str], errors: str = "raise") -> list[str]:
    """The functions that a module needs.

    Parameters
    ----------
    used : dict of str to str
        What the module uses, as local names with their paths: ``math.name``, or the name of
        an operation.  What the functions use themselves is added.
    errors : str
        ``raise`` or ``ieee``.
    """
    done: dict[str, str] = {}
    waiting = [path for path in used.values() if "." not in path]
    while waiting:
        name = waiting.pop()
        if name not in done:
            done[name], inner = _helper(name, errors)
            used |= {local: path for path, local in inner.items()}
            waiting += [path for path in inner if "." not in path]
    return [done[name] for name in sorted(done)]


def _helper(name: str, errors: str) -> Helper:
    if name == WHOLE:
        return _WHOLE, {"math.inf": "inf"}
    if name == POWER:
        row, call = OPS["pow"], "x**y"
        return _guard(
            f"_{POWER}(x: float, y: int)", f"{row.doc} of whole order", call, _WHOLE_POWER
        )
    row = OPS[name]
    guarded = errors == "ieee" and row.ieee
    if row.since <= (3, 8):
        return _guarded(row) if guarded else _defined(row, errors)
    library, function = row.python.split(".")
    text, inner = _defined(row, errors)
    first = f"from {library} import {function} as _{name}"
    if guarded:
        guard, used = _guarded(row)
        used.pop(row.python)
        inner |= used
        first = f"from {library} import {function}\n\n{guard}"
    version = ", ".join(map(str, row.since))
    return (
        f"if sys.version_info >= ({version}):\n{_indented(first)}\nelse:\n\n{_indented(text)}",
        inner,
    )


def _defined(row: Op, errors: str) -> Helper:
    """A function from the definition in the table."""
    program, result = read(row.definition, Simplifier(EXACT))
    program.outputs = {"out": result}
    program.names.clear()
    body = Body(program, [result], {p: p for p in row.params}, Namer(row.params), errors=errors)
    lines = [_head(row), f'{INDENT}"""{_sentence(row.doc)}"""', *body.lines()]
    return "\n".join([*lines, f"{INDENT}return {body.roots[0]}"]), body.functions


def _guarded(row: Op) -> Helper:
    """A function that does what Python does, or returns what the table says."""
    names = ", ".join(row.params)
    if row.python.startswith("operator.") and row.name != "pow":
        call = f"{row.params[0]} {row.symbol} {row.params[-1]}"
        return _guard(_signature(row), row.doc, call, row.ieee)
    path = "math.pow" if row.name == "pow" else row.python
    function = path.partition(".")[2]
    text, used = _guard(_signature(row), row.doc, f"{function}({names})", row.ieee)
    return text, used | {path: function}


def _guard(signature: str, doc: str, call: str, result: str) -> Helper:
    program, root = read(result, Simplifier(EXACT))
    program.names.clear()
    arguments = {name: name for name in program.inputs}
    body = Body(program, [root], arguments, Namer(arguments))
    lines = [
        f"def {signature} -> float:",
        f'{INDENT}"""{_sentence(doc)[:-1]}, by IEEE 754 where Python raises."""',
        f"{INDENT}try:",
        f"{INDENT * 2}return {call}",
        f"{INDENT}except (ArithmeticError, ValueError):",
        *(f"{INDENT}{line}" for line in body.lines()),
        f"{INDENT * 2}return {body.roots[0]}",
    ]
    used = {path: name for name, path in _NUMBERS.items() if name in arguments}
    return "\n".join(lines), body.functions | used


def _head(row: Op) -> str:
    return f"def {_signature(row)} -> float:"


def _signature(row: Op) -> str:
    return f"_{row.name}({', '.join(f'{p}: float' for p in row.params)})"


def _indented(text: str) -> str:
    return "\n".join(f"{INDENT}{line}" if line else line for line in text.split("\n"))


def _sentence(doc: str) -> str:
    return doc[0].upper() + doc[1:] + "."
