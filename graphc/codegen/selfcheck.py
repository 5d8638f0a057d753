r"""The check that every generated module carries: its derivatives against differences.

Run as a script, a module takes a few reproducible points and directions, differences its own
value along them (five-point central differences, Abramowitz & Stegun 25.3.6) and compares every
derivative it offers.  Points where the model is undefined are passed over.  The exit code is 0
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

from graphc.codegen.emit import number_text
from graphc.derive.products import PRODUCTS
from graphc.derive.results import Product
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
{pack}{dot}
    def along(p: list[float], d: list[float], h: float) -> list[float]:
        """Central differences of the value in a direction."""
        steps = (-2 * h, -h, h, 2 * h)
        moved = [[x + t * s for x, s in zip(p, d)] for t in steps]
        values = [flat({value}(*{moved})) for q in moved]
        return [(8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * h) for v in zip(*values)]

    def distance(found: list[float], wanted: list[float], values: list[float]) -> float:
        """The largest relative distance; nan counts as infinite."""
        largest = 0.0
        for f, w, v in zip(found, wanted, values):
            error = abs(f - w) / max(abs(f), abs(w), 1e-7 * (1 + abs(v)))
            largest = max(largest, error if isfinite(error) else inf)
        return largest

    def derivatives(p: list[float], d: list[float]) -> dict[str, list[float]]:
        """Every derivative, multiplied with a direction."""
        wrt = [t for t, on in zip(d, active) if on]
{given}        return {{
{table}        }}

{sizes}    centre = {centre}
    active = {active}
    random = Random(1)
    worst: dict[str, float] = {{}}
    points = 0
    for attempt in range(200):
        spread = (0.5, 1.0, 2.0, 0.1)[attempt % 4]
        p = [c + spread * random.uniform(-1.0, 1.0) for c in centre]
        d = [a * random.uniform(-1.0, 1.0) for a in active]
        try:
            values = flat({value}(*{here}))
            differences = [along(p, d, h) for h in (1e-2, 1e-3, 1e-4, 1e-5)]
            found = derivatives(p, d)
        except (ArithmeticError, ValueError):
            continue  # the model is not defined here
        if not all(map(isfinite, values)):
            continue  # or too large
        for name, derivative in found.items():
            error = min(distance(derivative, wanted, values) for wanted in differences)
            worst[name] = max(worst.get(name, 0.0), error)
        points += 1
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


def self_check(program: Program, products: Sequence[Product]) -> str:
    """The text of the check; empty where there is no derivative.

    Parameters
    ----------
    program : Program
    products : sequence of Product
        Functions of the module.
    """
    derivatives = [p for p in products if p.name != "value"]
    if not derivatives:
        return ""
    inputs = list(program.inputs.values())
    chosen = {i.name for p in derivatives for i in p.wrt}
    arrays = any(i.size is not None for i in inputs)
    count = len(program.outputs)
    wrt = [i for i in inputs if i.name in chosen]
    jvp = any(p.name == "jvp" for p in derivatives)
    given = f"        a = {_packed('p', inputs, 'sizes')}\n" if arrays else ""
    if count > 1 and any(p.name == "vjp" for p in derivatives):
        given += (
            f"        unit = [[float(j == k) for j in range({count})] for k in range({count})]\n"
        )
    entries = [_directional(p, "a" if arrays else "p") for p in derivatives]
    return _TEXT.format(
        value="value" if len(derivatives) < len(products) else "_value",
        pack=_PACK if arrays else "",
        dot=_DOT if any(p.name != "jvp" for p in derivatives) else "",
        sizes=_sizes("sizes", inputs) + (_sizes("wrt_sizes", wrt) if jvp else ""),
        moved=_packed("q", inputs, "sizes"),
        here=_packed("p", inputs, "sizes"),
        given=given,
        table="".join(f"            {entry},\n" for entry in entries),
        centre=_list([_centre(i) for i in inputs for _ in i.elements]),
        active=_list([str(int(i.name in chosen)) for i in inputs for _ in i.elements]),
    )


def _packed(numbers: str, inputs: Sequence[Input], sizes: str) -> str:
    """The text that turns a flat list into arguments."""
    return f"pack({numbers}, {sizes})" if any(i.size is not None for i in inputs) else numbers


def _sizes(name: str, inputs: Sequence[Input]) -> str:
    """The list that `pack` needs, if it is needed."""
    if all(i.size is None for i in inputs):
        return ""
    return f"    {name} = {_list([str(i.size or 0) for i in inputs])}\n"


def _centre(i: Input) -> str:
    return "0.8" if i.default is None else number_text(i.default)


def _list(items: list[str]) -> str:
    line = f"[{', '.join(items)}]"
    if len(items) > 4 and len(set(items)) == 1:
        return f"[{items[0]}] * {len(items)}"
    return line if len(line) <= 70 else "[\n" + "".join(f"        {i},\n" for i in items) + "    ]"


def _directional(product: Product, arguments: str) -> str:
    """An entry of the table: a product multiplied with a direction."""
    name, single = product.name, len(product.program.outputs) == 1
    if name == "jvp":
        return f'"jvp": flat(jvp(*{arguments}, *{_packed("wrt", product.wrt, "wrt_sizes")})[1])'
    if name == "vjp":
        units = "[[1.0]]" if single else "unit"
        return f'"vjp": [dot(vjp(*{arguments}, *c)[1], wrt) for c in {units}]'
    call = f"{name}(*{arguments})" + ("[1]" if len(PRODUCTS[name].degrees) > 1 else "")
    return f'"{name}": ' + (
        f"[dot({call}, wrt)]" if single else f"[dot(row, wrt) for row in {call}]"
    )
