"""Calls that cannot be right, found without running anything.

Every call of a file is looked at, those in functions that nothing calls too: whether the function
exists, takes so many arguments, and does not call itself.  The search for cycles among functions
is depth-first with a stack of its own (Tarjan, 1972, in its simplest use).

>>> from graphc.language.parser import parse
>>> from graphc.errors import Source
>>> source = Source("y = sinn(x)")
>>> print(check_calls(parse(source).script, source, set())[0].message)
unknown function 'sinn'
"""

from __future__ import annotations

from collections.abc import Iterator

from graphc.errors import MAX_REPORTED, Diagnostic, Source, quoted, shortened, suggest
from graphc.language.code import Call, Function, Script, nested
from graphc.language.expression import REDUCERS
from graphc.ops import FUNCTIONS

# What other libraries and textbooks call the functions of the table.
_ELSEWHERE = {
    "ln": "log", "lg": "log10", "lb": "log2", "arcsin": "asin", "arccos": "acos",
    "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh",
    "power": "pow", "absolute": "abs", "maximum": "max", "minimum": "min", "fmax": "max",
    "fmin": "min", "sgn": "sign", "signum": "sign", "logistic": "sigmoid", "expit": "sigmoid",
    "clamp": "clip", "ifelse": "where", "loggamma": "lgamma", "gammaln": "lgamma",
    "product": "prod", "ceiling": "ceil", "int": "trunc", "fix": "trunc", "tg": "tan",
    "sh": "sinh", "ch": "cosh", "th": "tanh",
}  # fmt: skip
_ADVICE = {
    "sqr": "write x**2", "square": "write x**2", "len": "write the number",
    "mean": "write sum(...)/n",
    "round": "write floor(x + 0.5)", "float": "every value is a float; leave it out",
    "print": "a file only defines values; compile it and call the functions",
    "cot": "write 1/tan(x)", "sec": "write 1/cos(x)", "csc": "write 1/sin(x)",
    "dot": "write a sum over range(...)", "norm": "write sqrt of a sum, or hypot(x, y)",
}  # fmt: skip


def check_calls(script: Script, source: Source, values: set[str]) -> list[Diagnostic]:
    """What is wrong with the calls of a file.

    Functions that cannot be run are moved from ``script.functions`` to ``script.broken``.

    Parameters
    ----------
    values : set of str
        Names of the file that are values, not functions.
    """
    errors: list[Diagnostic] = []
    for call in script.calls.values():
        if problem := _problem(call, script, values):
            for token in call.tokens[:MAX_REPORTED]:
                errors.append(Diagnostic(problem[0], *source.token_span(token), problem[1]))
    for message, token in _recursions(script):
        hint = "recursion is not part of the language"
        errors.append(Diagnostic(message, *source.token_span(token), hint))
    return errors


def arity(name: str, script: Script) -> tuple[int, float]:
    """How many arguments a function takes, at least and at most."""
    if name in script.functions:
        count = len(script.functions[name].params)
        return count, count
    row = FUNCTIONS[name]
    if row.chains:
        return 1, float("inf")
    return len(row.params) - len(row.defaults), len(row.params)


def _problem(call: Call, script: Script, values: set[str]) -> tuple[str, str] | None:
    name = call.name
    if name in script.broken:
        return None
    if name not in script.functions and name not in FUNCTIONS:
        return _unknown(name, script, values)
    least, most = arity(name, script)
    if least <= call.count <= most:
        return None
    message = f"'{shortened(name)}' takes {_range(least, most)}, found {call.count}"
    return message, f"write {_form(name, script)}"


def _unknown(name: str, script: Script, values: set[str]) -> tuple[str, str]:
    if name in REDUCERS:
        hint = f"write {name}(x[i] for i in range(n))" + (", or a + b" if name == "sum" else "")
        return f"'{name}' needs a comprehension", hint
    if name in values:
        return (
            f"{quoted(name)} is a value, not a function",
            f"use * for products: {shortened(name)}*(...)",
        )
    known = [*script.functions, *FUNCTIONS, *REDUCERS]
    if other := _ELSEWHERE.get(name.lower()):
        return f"unknown function {quoted(name)}", f"write {other}(...)"
    return f"unknown function {quoted(name)}", _ADVICE.get(name) or suggest(name, known)


def _range(least: int, most: float) -> str:
    if most > least:
        return f"{least} or more arguments" if most > 9 else f"{least} or {most} arguments"
    return f"{least} argument" + "s" * (least != 1)


def _form(name: str, script: Script) -> str:
    if name in script.functions:
        return f"{shortened(name)}({', '.join(map(shortened, script.functions[name].params))})"
    row = FUNCTIONS[name]
    return f"{name}({', '.join(row.params)}{', ...' if row.chains else ''})"


def _recursions(script: Script) -> Iterator[tuple[str, int]]:
    """Every call that leads back to a function being run: message and token."""
    done: set[str] = set()
    for root in list(script.functions):
        if root in done:
            continue
        path: dict[str, Iterator[tuple[str, int]]] = {root: _callees(script, root)}
        while path:
            name = next(reversed(path))
            step = next(path[name], None)
            if step is None:
                done.add(name)
                del path[name]
                continue
            callee, token = step
            if callee in path:
                through = "" if callee == name else f" through {quoted(name)}"
                yield f"function {quoted(callee)} calls itself{through}", token
                for member in path:
                    script.broken.add(member)
            elif callee not in done:
                path[callee] = _callees(script, callee)
    for name in script.broken & script.functions.keys():
        del script.functions[name]


def _callees(script: Script, name: str) -> Iterator[tuple[str, int]]:
    function: Function = script.functions[name]
    for op, token in nested(function.code):
        if isinstance(op, Call) and op.name in script.functions:
            yield op.name, token
