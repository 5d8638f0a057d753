"""Products to a Python module: imports, helpers, functions, self-check.

The module is what a careful person would have written: standard library only, the user's names,
type hints, numpydoc docstrings with the formulas, the same bytes on every run.  Names and text
of the input reach it only as checked identifiers, as numbers and inside escaped docstrings.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> from graphc.derive.products import build
>>> program = elaborate(Source("e = (a + b) * (b + 1)"))
>>> text = generate(program, [build(program, "grad")])
>>> print(text[text.index("    # values") : text.index("return")])
    # values
    de_da = b + 1.0
    # derivatives, reverse order
    de_db = a + b + de_da
<BLANKLINE>
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from graphc.codegen.docstrings import function_doc, module_doc
from graphc.codegen.emit import Body, Namer, number_text
from graphc.codegen.helpers import helpers
from graphc.codegen.layout import Tree, filled, flat, type_tree, wrapped
from graphc.codegen.prologue import prologue
from graphc.codegen.selfcheck import self_check
from graphc.codegen.split import MAX_STATEMENTS, split
from graphc.codegen.statements import INDENT, WIDTH, render, targets
from graphc.derive.products import PRODUCTS
from graphc.derive.results import Product, bare
from graphc.ops import OPS
from graphc.program import Input, Program

_DIGITS = re.compile(r"(\d+)")

MAX_REPLACED = 20  # formulas whose stable forms are listed

LARGE = 400  # operations; above it a gradient calls the function that has it already

_FLOATS = '''def _floats(x: Sequence[float], size: int, name: str) -> list[float]:
    """The elements of an array argument as floats; their number is checked."""
    values = [float(v) for v in x]
    if len(values) != size:
        raise ValueError(f"{name} has {len(values)} elements, not {size}")
    return values
'''


def generate(program: Program, products: Sequence[Product], errors: str = "raise") -> str:
    """The text of a module: its functions, and the check it makes of itself as a script.

    Parameters
    ----------
    program : Program
        The model.
    products : sequence of Product
        The functions, in order.
    errors : str
        ``raise`` Python's errors, or return what ``ieee`` 754 has.
    """
    checked, used = _check(program, products, errors)
    text = functions(program, products, used, errors)
    return f"{text}\n\n{checked}" if checked else text


def functions(
    program: Program,
    products: Sequence[Product],
    also: Mapping[str, str] | None = None,
    errors: str = "raise",
) -> str:
    """The part of a module that is imported.

    Parameters
    ----------
    program : Program
    products : sequence of Product
    also : mapping of str to str, optional
        Library functions that the rest of the module uses.
    errors : str
        As for `generate`.
    """
    used: dict[str, str] = {}
    arrays = any(i.size is not None for p in products for i in p.arguments)
    texts = [_function(p, products, used, errors) for p in products]
    used |= also or {}
    defined = helpers(used, errors)
    patterns = {name: numbers for p in products for name, numbers in p.constants.items()}
    names = ["INPUTS", "OUTPUTS", "SOURCE_SHA256", *patterns, *(p.name for p in products)]
    constants = [
        f"__all__ = {_tuple([_quoted(n) for n in names])}",
        f"INPUTS = {_tuple([_quoted(n) for n in program.inputs])}",
        f"OUTPUTS = {_tuple([_quoted(n) for n in program.outputs])}",
        f"SOURCE_SHA256 = {_quoted(program.source.sha256)}",
        *(line for name, numbers in patterns.items() for line in filled(name, numbers)),
    ]
    checks = any(max(PRODUCTS[p.name].degrees) for p in products)
    doc = module_doc(program, checks, errors)
    constants += _replaced(program)
    head = "\n\n".join([doc, _imports(used, arrays), "\n".join(constants)])
    parts = [head, *([_FLOATS] if arrays else []), *defined, *texts]
    return "\n\n\n".join(p.strip("\n") for p in parts) + "\n"


def _replaced(program: Program) -> list[str]:
    """Comments that say which formulas were replaced by stable forms."""
    lines: list[str] = []
    for found in program.replaced[:MAX_REPLACED]:
        place = program.source.origin(found.origin)
        line = f"line {place[1]}, " if place else ""
        lines.append(f"# {line}{found.form}: {found.before} -> {found.after}")
    more = len(program.replaced) - len(lines)
    lines += [f"# and {more} more"] if more > 0 else []
    return (
        ["", "# Stable forms of formulas that overflow, cancel or divide 0 by 0:", *lines]
        if lines
        else []
    )


def _check(
    program: Program, products: Sequence[Product], errors: str
) -> tuple[str, dict[str, str]]:
    """The part of a module that runs when it is a script, and what it uses."""
    used: dict[str, str] = {}
    text = self_check(program, products, errors)
    if text and not any(p.name == "value" for p in products):
        values, inputs = bare(tuple(program.outputs.values())), list(program.inputs.values())
        whole = Product("value", program, values, inputs, len(program))
        value = _function(whole, [whole], used, errors)
        value = value.replace("def value(", "def _value(", 1)
        text = f"{value}\n\n\n{text}"
    return text, used


# --- functions ----------------------------------------------------------------------------


def _function(
    product: Product, products: Sequence[Product], used: dict[str, str], errors: str
) -> str:
    inputs = {i.name: i for i in product.arguments}
    doc = function_doc(product)
    larger = _delegate(product, products)
    head = _signature(product.name, product)
    if larger:
        call = f"{larger}({', '.join(inputs)})"
        degree = PRODUCTS[product.name].degrees[0]
        part = PRODUCTS[larger].degrees.index(degree)
        return "\n".join([head, *doc, f"{INDENT}return {call}[{part}]"])
    program = product.program
    namer = Namer({*inputs, *program.bindings, *program.inputs})
    arguments = {e: e for i in inputs.values() for e in i.elements}
    body = Body(program, product.roots, arguments, namer, product.primal, errors=errors)
    replaces = errors == "ieee" and any(i.bounds for i in product.arguments)
    first = prologue(product.arguments, body.function("math.nan") if replaces else "")
    used |= {local: path for path, local in body.functions.items()}
    result = _return(product.results, {r: body.texts[r][0] for r in product.roots})
    if len(body.items) > MAX_STATEMENTS:
        stored = body.roots if product.constants else ()
        pieces, last = split(product.name, body.items, result, inputs, stored=stored)
        return "\n\n\n".join([*pieces, "\n".join([head, *doc, *first, *last])])
    lines = first + _sections(body, product)
    return "\n".join([head, *doc, *lines, *result])


def _sections(body: Body, product: Product) -> list[str]:
    """The statements, with a comment where the derivatives begin."""
    if not product.order:
        return body.lines()
    own = {body.texts[i][0] for i in range(product.primal) if i in body.texts}
    derived = (k for k, item in enumerate(body.items) if own.isdisjoint(targets(item)))
    first = next(derived, len(body.items))
    before, after = render(body.items[:first], 1), render(body.items[first:], 1)
    if before:
        before.insert(0, f"{INDENT}# values")
    if after:
        after.insert(0, f"{INDENT}# derivatives, {product.order} order")
    return before + after


def _delegate(product: Product, products: Sequence[Product]) -> str:
    """A product that has this one as a part, for large models."""
    larger = PRODUCTS[product.name].within
    found = any(p.name == larger for p in products)
    clash = larger in {i.name for i in product.arguments}
    return larger if found and not clash and len(product.program) > LARGE else ""


def _signature(name: str, product: Product) -> str:
    """The head of a function, on as many lines as black would take."""
    parts = [_parameter(i) for i in product.arguments]
    types = type_tree(product.results, bool(product.constants))
    line = f"def {name}({', '.join(parts)}) -> {flat(types, 'tuple[', ']')}:"
    if len(line) <= WIDTH:
        return line
    inner = f"{INDENT}{', '.join(parts)}"
    after = "\n".join(wrapped(types, 0, ") -> ", ":", "tuple[", "]"))
    if len(inner) <= WIDTH and len(parts) > 1:
        return f"def {name}(\n{inner}\n{after}"
    lines = "".join(f"{INDENT}{part},\n" for part in parts)
    return f"def {name}(\n{lines}{after}"


def _parameter(i: Input) -> str:
    hint = "float" if i.size is None else "Sequence[float]"
    if i.default is None:
        return f"{i.name}: {hint}"
    number = number_text(i.default)
    return f"{i.name}: {hint} = {number if i.size is None else f'({number},) * {i.size}'}"


def _return(results: object, texts: dict[int, str]) -> list[str]:
    """The return statement."""

    def tree(item: object) -> Tree:
        if isinstance(item, tuple):
            return [tree(part) for part in item]
        return "0.0" if item is None else texts[item]  # type: ignore[index]

    whole = tree(results)
    line = flat(whole, "(", ")")
    if isinstance(whole, list) and len(whole) > 1:
        line = line[1:-1]
    if len(line) + 11 <= WIDTH:
        return [f"{INDENT}return {line}"]
    return wrapped(whole, 1, "return ", "", "(", ")")


# --- text around the functions ------------------------------------------------------------


def _imports(used: dict[str, str], arrays: bool) -> str:
    lines = ["from __future__ import annotations", ""]
    if any(path in OPS and OPS[path].since > (3, 8) for path in used.values()):
        lines.append("import sys")
    if arrays:
        lines.append("from collections.abc import Sequence")
    names = [(path[5:], local) for local, path in used.items() if path.startswith("math.")]
    plain = sorted((name for name, local in names if name == local), key=_natural)
    lines += [_import_line("math", plain)] if plain else []
    aliased = sorted(((n, local) for n, local in names if n != local), key=lambda p: _natural(p[0]))
    lines += [f"from math import {name} as {local}" for name, local in aliased]
    return "\n".join(lines).rstrip("\n")


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that puts log2 before log10."""
    return [(int(part or 0), "") if part.isdigit() else (0, part) for part in _DIGITS.split(name)]


def _import_line(library: str, names: list[str]) -> str:
    line = f"from {library} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"from {library} import (\n" + "".join(f"{INDENT}{n},\n" for n in names) + ")"


def _tuple(items: list[str]) -> str:
    one = f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    if len(one) <= WIDTH - 12:
        return one
    return "(\n" + "".join(f"{INDENT}{item},\n" for item in items) + ")"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
