r"""The check that every generated module carries: its derivatives against differences.

Run as a script, a module takes a few reproducible points and directions, differences its own
value along them (five-point central differences, Abramowitz & Stegun 25.3.6) and compares every
derivative it offers; second derivatives are compared with second differences (25.3.24), which
see less: a Hessian is multiplied with the direction from both sides.
Points where the model is undefined are passed over.  The exit code is 0
when all agree and 1 when one does not, or when no point could be found.  An importer of the
module sees nothing of it: all names are those of one function.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> from graphc.derive.products import build
>>> program = elaborate(Source("e = a*b"))
>>> self_check(program, [build(program, "grad")]).split("\n")[0]
'def _self_check() -> int:'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphc.bounds import region
from graphc.codegen.emit import number_text
from graphc.derive.products import PRODUCTS
from graphc.derive.results import Product
from graphc.derive.sparse import is_lower
from graphc.program import Input, Program

_TEXT = '''def _self_check() -> int:
    """Compare the derivatives with differences of the value; 0 if they agree."""
    from math import inf, isfinite
    from random import Random
    from typing import Any

    def flat(results: Any) -> list[float]:
        if isinstance(results, tuple):
            return [number for part in results for number in flat(part)]
        return [float(results)]
{pack}{dot}{times}{differences}
    def distance(found: list[float], wanted: list[float], values: list[float]) -> float:
        """The largest relative distance; nan counts as infinite."""
        largest = 0.0
        for f, w, v in zip(found, wanted, values):
            error = abs(f - w) / max(abs(f), abs(w), 1e-7 * (1 + abs(v)))
            largest = max(largest, error if isfinite(error) else inf)
        return largest
{derivatives}
{sizes}    centre = {centre}
{reach}    active = {active}
    random = Random(1)
    worst: dict[str, float] = {{}}
    points = 0
    for attempt in range(200):
        spread = (0.5, 1.0, 2.0, 0.1)[attempt % 4]
        p = [{point} for {each}]
        d = [a * random.uniform(-1.0, 1.0) for a in active]
        try:
            values = flat({value}(*{here}))
{found}        except (ArithmeticError, ValueError):
            continue  # the model is not defined here
        if not all(map(isfinite, {finite})):
            continue  # or too large
{compared}        points += 1
        if points == 5:
            break
    for name, error in worst.items():
        print(f"{{name}}: largest relative error {{error:.1e}} at {{points}} points")
    if not points:
        print("no point was found where the model is defined")
    return 0 if points and max(worst.values(), default=0.0) < 1e-6 else 1


if __name__ == "__main__":
    raise SystemExit(_self_check())
'''


@dataclass(frozen=True)
class _Part:
    """The check of derivatives of one degree."""

    differences: str
    derivatives: str
    found: str
    compared: str


_FIRST = _Part(
    '''
    def along(p: list[float], d: list[float], h: float) -> list[float]:
        """Central differences of the value in a direction."""
        steps = (-2 * h, -h, h, 2 * h)
        moved = [[x + t * s for x, s in zip(p, d)] for t in steps]
        values = [flat({value}(*{moved})) for q in moved]
        return [(8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * h) for v in zip(*values)]
''',
    '''
    def derivatives(p: list[float], d: list[float]) -> dict[str, list[float]]:
        """Every derivative, multiplied with a direction."""
        wrt = [t for t, on in zip(d, active) if on]
{given}        return {{
{table}        }}
''',
    """            differences = [along(p, d, h) for h in (1e-2, 1e-3, 1e-4, 1e-5)]
            found = derivatives(p, d)
""",
    """        for name, derivative in found.items():
            error = min(distance(derivative, wanted, values) for wanted in differences)
            worst[name] = max(worst.get(name, 0.0), error)
""",
)

_SECOND = _Part(
    '''
    def bent(p: list[float], d: list[float], h: float) -> list[float]:
        """Central second differences of the value in a direction."""
        moved = [[x + t * h * s for x, s in zip(p, d)] for t in (-2, -1, 0, 1, 2)]
        values = [flat({value}(*{moved})) for q in moved]
        return [
            (16 * (v[1] + v[3]) - 30 * v[2] - v[0] - v[4]) / (12 * h * h)
            for v in zip(*values)
        ]
''',
    '''
    def second_derivatives(p: list[float], d: list[float]) -> dict[str, list[float]]:
        """Every second derivative, multiplied with a direction from both sides."""
        wrt = [t for t, on in zip(d, active) if on]
{given}        return {{
{table}        }}
''',
    """            bends = [bent(p, d, h) for h in (1e-2, 3e-3, 1e-3, 3e-4)]
            second = second_derivatives(p, d)
""",
    """        scales = [1e3 * (1 + abs(v)) for v in values]  # more digits are lost
        for name, derivative in second.items():
            error = min(distance(derivative, wanted, scales) for wanted in bends)
            worst[name] = max(worst.get(name, 0.0), error)
""",
)
_PARTS = {1: _FIRST, 2: _SECOND}

_DOT = """
    def dot(derivative: Any, direction: list[float]) -> float:
        return sum(c * t for c, t in zip(flat(derivative), direction))
"""

_PACK = '''
    def pack(numbers: list[float], sizes: list[int]) -> list[Any]:
        """Arguments from one flat list; a size of 0 stands for a scalar."""
        left = iter(numbers)
        return [[next(left) for _ in range(n)] if n else next(left) for n in sizes]
'''


_TIMES = '''
    def times(
        values: tuple[float, ...],
        indices: tuple[int, ...],
        indptr: tuple[int, ...],
        direction: list[float],
        mirrored: bool = False,
    ) -> tuple[float, ...]:
        """A sparse matrix times a direction; one side of it may stand for both."""
        found = [0.0] * (len(indptr) - 1)
        for i in range(len(found)):
            for k in range(indptr[i], indptr[i + 1]):
                j = indices[k]
                found[i] += values[k] * direction[j]
                if mirrored and i != j:
                    found[j] += values[k] * direction[i]
        return tuple(found)
'''


def self_check(program: Program, products: Sequence[Product], errors: str = "raise") -> str:
    """The text of the check; empty where there is no derivative.

    Parameters
    ----------
    program : Program
    products : sequence of Product
        Functions of the module.
    errors : str
        Whether they ``raise`` where the model is undefined, or are as in ``ieee`` 754.
    """
    derivatives = [p for p in products if max(PRODUCTS[p.name].degrees)]
    if not derivatives:
        return ""
    inputs = list(program.inputs.values())
    chosen = {i.name for p in derivatives for i in p.wrt}
    wrt = [i for i in inputs if i.name in chosen]
    value = "value" if any(p.name == "value" for p in products) else "_value"
    moved = _packed("q", inputs, "sizes")
    parts, tables = [], []
    for degree, part in _PARTS.items():
        checked = [p for p in derivatives if degree in PRODUCTS[p.name].degrees]
        if checked:
            given = _given(program, checked, degree)
            table = _table(checked, degree, "a" if _arrays(inputs) else "p")
            parts.append(part)
            tables.append(part.derivatives.format(given=given, table=table))
    return _TEXT.format(
        value=value,
        pack=_PACK if _arrays(inputs) else "",
        dot=_DOT if any("dot(" in table for table in tables) else "",
        times=_TIMES if any("times(" in table for table in tables) else "",
        differences="".join(part.differences.format(value=value, moved=moved) for part in parts),
        derivatives="".join(tables),
        found="".join(part.found for part in parts),
        finite="values" if errors == "raise" else _numbers(parts),
        compared="".join(part.compared for part in parts),
        sizes=_sizes("sizes", inputs) + (_sizes("wrt_sizes", wrt) if _cuts(derivatives) else ""),
        here=_packed("p", inputs, "sizes"),
        active=_list([_reach(i) if i.name in chosen else "0" for i in inputs for _ in i.elements]),
        **_points(inputs),
    )


def _points(inputs: Sequence[Input]) -> dict[str, str]:
    """The text that makes points: about the defaults, inside of bounds, with room for steps."""
    centre = [number_text(region(i.bounds, i.default)[0]) for i in inputs for _ in i.elements]
    found = {"centre": _list(centre), "reach": "", "each": "c in centre",
             "point": "c + spread * random.uniform(-1.0, 1.0)"}  # fmt: skip
    if any(i.bounds for i in inputs):
        reach = _list([_reach(i) for i in inputs for _ in i.elements])
        found |= {"reach": f"    reach = {reach}\n", "each": "c, r in zip(centre, reach)",
                  "point": "c + spread * r * random.uniform(-1, 1)"}  # fmt: skip
    return found


def _reach(i: Input) -> str:
    """How far the points and the steps of an input go."""
    return number_text(region(i.bounds, i.default)[1]) if i.bounds else "1"


def _numbers(parts: Sequence[_Part]) -> str:
    """All that is finite where the model is defined, as far as the differences reach."""
    lists = ["differences" if part is _FIRST else "bends" for part in parts]
    return f"[*values, *(n for row in {' + '.join(lists)} for n in row)]"


def _cuts(derivatives: Sequence[Product]) -> bool:
    """Whether directions are cut into one part for each input."""
    return any(PRODUCTS[p.name].seeds == "tangents" or _blocks(p) for p in derivatives)


def _blocks(product: Product) -> bool:
    """Whether a product has a block for each pair of inputs, an array among them."""
    return _is_dense_hessian(product) and len(product.wrt) > 1 and _arrays(product.wrt)


def _is_dense_hessian(product: Product) -> bool:
    kind = PRODUCTS[product.name]
    return 2 in kind.degrees and not kind.seeds and not kind.pattern


def _given(program: Program, products: Sequence[Product], degree: int) -> str:
    """Lines that make what the table uses."""
    inputs, lines = list(program.inputs.values()), []
    kinds = [PRODUCTS[p.name] for p in products]
    if _arrays(inputs):
        lines.append(f"a = {_packed('p', inputs, 'sizes')}")
    count = len(program.outputs)
    seeds = {kind.seeds for kind in kinds}
    if count > 1 and seeds & {"cotangents", "weights"}:
        lines.append(f"unit = [[float(j == k) for j in range({count})] for k in range({count})]")
    if "weights" in seeds:
        start = "*a" if _arrays(inputs) else "*p"
        given = f"({start}, c[0], c[1:]) for c in unit" if count > 1 else f"({start}, 1.0, [])"
        lines.append(f"given: list[Any] = [{given}]")
    patterns = [kind.pattern for kind in kinds if kind.pattern]
    lines += [f"at_{p[0].lower()} = {p}_INDICES, {p}_INDPTR" for p in patterns]
    if degree == 2 and any(map(_is_dense_hessian, products)):
        if any(_blocks(p) for p in products):
            lines.append("cut = [c if isinstance(c, list) else [c] for c in pack(wrt, wrt_sizes)]")
            lines.append("pairs = [s * t for b in cut for c in cut for s in b for t in c]")
        else:
            lines.append("pairs = [s * t for s in wrt for t in wrt]")
    return "".join(f"        {line}\n" for line in lines)


def _table(products: Sequence[Product], degree: int, arguments: str) -> str:
    return "".join(f"            {_directional(p, degree, arguments)},\n" for p in products)


def _arrays(inputs: Sequence[Input]) -> bool:
    return any(i.size is not None for i in inputs)


def _packed(numbers: str, inputs: Sequence[Input], sizes: str) -> str:
    """The text that turns a flat list into arguments."""
    return f"pack({numbers}, {sizes})" if _arrays(inputs) else numbers


def _sizes(name: str, inputs: Sequence[Input]) -> str:
    """The list that `pack` needs, if it is needed."""
    if not _arrays(inputs):
        return ""
    return f"    {name} = {_list([str(i.size or 0) for i in inputs])}\n"


def _list(items: list[str]) -> str:
    line = f"[{', '.join(items)}]"
    if len(items) > 4 and len(set(items)) == 1:
        return f"[{items[0]}] * {len(items)}"
    return line if len(line) <= 70 else "[\n" + "".join(f"        {i},\n" for i in items) + "    ]"


def _directional(product: Product, degree: int, arguments: str) -> str:
    """An entry of the table: a product multiplied with a direction."""
    name, kind, single = product.name, PRODUCTS[product.name], len(product.program.outputs) == 1
    part = f"[{kind.degrees.index(degree)}]" if len(kind.degrees) > 1 else ""
    key = f"{name}{part}" if {1, 2} <= {*kind.degrees} else name
    if kind.seeds == "tangents":
        call = f"{name}(*{arguments}, *{_packed('wrt', product.wrt, 'wrt_sizes')}){part}"
        return f'"{key}": ' + (f"flat({call})" if degree == 1 else f"[dot({call}, wrt)]")
    if kind.pattern:
        return f'"{key}": ' + _sparse(product, arguments)
    if kind.seeds == "cotangents":
        units = "[[1.0]]" if single else "unit"
        return f'"{key}": [dot({name}(*{arguments}, *c){part}, wrt) for c in {units}]'
    call, direction = f"{name}(*{arguments}){part}", "wrt" if degree == 1 else "pairs"
    return f'"{key}": ' + (
        f"[dot({call}, {direction})]" if single else f"[dot(row, {direction}) for row in {call}]"
    )


def _sparse(product: Product, arguments: str) -> str:
    """A sparse product multiplied with a direction."""
    kind = PRODUCTS[product.name]
    at = f"*at_{kind.pattern[0].lower()}, wrt"
    if kind.degrees == (1,):
        return f"flat(times({product.name}(*{arguments}), {at}))"
    if is_lower(product.constants):
        at += ", True"
    if not kind.seeds:
        return f"[dot(times({product.name}(*{arguments}), {at}), wrt)]"
    weighted = f"dot(times({product.name}(*c), {at}), wrt) for c in given"  # too long for one line
    return f"[\n{16 * ' '}{weighted}\n{12 * ' '}]"
