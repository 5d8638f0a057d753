"""The check that every generated module carries: its derivatives against differences.

Run as a script, a module takes a few reproducible points and directions, differences its own
value along them (five-point central differences, Abramowitz & Stegun 25.3.6) and compares every
derivative it offers.  Points where the model is undefined are passed over.  The exit code is 0
when all agree and 1 when one does not, or when no point could be found.

>>> self_check.__name__
'self_check'
"""

from __future__ import annotations

from dataclasses import dataclass

from graphc.products import Product
from graphc.program import Program

_DIFFERENCES = '''def _self_check() -> int:
    """Compare the derivatives with differences of the value; 0 if they agree."""
    random = Random(1)
    worst = {{name: 0.0 for name in _DIRECTIONAL}}
    points = 0
    for attempt in range(200):
        spread = (0.5, 1.0, 2.0, 0.1)[attempt % 4]
        p = [c + spread * random.uniform({low}, 1.0) for c in _CENTRE]
        d = [random.uniform(-1.0, 1.0) * active for active in _ACTIVE]
        try:
            values, differences = _differences(p, d)
            found = {{name: f({pack_p}, d) for name, f in _DIRECTIONAL.items()}}
        except (ArithmeticError, ValueError):
            continue  # the model is not defined here
        for name, derivative in found.items():
            error = min(_distance(derivative, difference, values) for difference in differences)
            worst[name] = max(worst[name], error)
        points += 1
        if points == 5:
            break
    for name, error in worst.items():
        print(f"{{name}}: largest relative error {{error:.1e}} at {{points}} points")
    return 0 if points and max(worst.values(), default=0.0) < 1e-6 else 1


def _differences(p: list[float], d: list[float]) -> tuple[list[float], list[list[float]]]:
    """The value, and central differences along a direction for several steps."""
    found = []
    for h in (1e-2, 1e-3, 1e-4, 1e-5):
        far, near, behind, back = (
            _flat({value}(*{pack_shift}))
            for t in (2 * h, h, -h, -2 * h)
        )
        found.append(
            [
                (8 * (b - c) - (a - e)) / (12 * h)
                for a, b, c, e in zip(far, near, behind, back)
            ]
        )
    return _flat({value}(*{pack_p})), found


def _distance(found: list[float], wanted: list[float], values: list[float]) -> float:
    """The largest relative distance; nan counts as infinite."""
    largest = 0.0
    for f, w, v in zip(found, wanted, values):
        distance = abs(f - w) / max(abs(f), abs(w), 1e-7 * (1 + abs(v)))
        largest = max(largest, distance) if distance == distance else float("inf")
    return largest


def _dot(derivative: Any, d: list[float]) -> float:
    chosen = [t for t, active in zip(d, _ACTIVE) if active]
    return sum(c * t for c, t in zip(_flat(derivative), chosen))


def _flat(results: Any) -> list[float]:
    if not isinstance(results, tuple):
        return [float(results)]
    return [number for part in results for number in _flat(part)]
'''

_PACK = '''

def _pack(flat: list[float]) -> list[Any]:
    """Arguments from one flat list: arrays take several numbers."""
    left = iter(flat)
    return [
        next(left) if size is None else [next(left) for _ in range(size)]
        for size in ({sizes},)
    ]
'''


@dataclass
class SelfCheck:
    """Text of the check, what it imports, and whether it needs a private value function."""

    text: str
    imports: dict[str, str]
    needs_value: bool


def self_check(program: Program, products: list[Product]) -> SelfCheck:
    """The check for these products.

    Parameters
    ----------
    program : Program
    products : list of Product
    """
    inputs = list(program.inputs.values())
    chosen = {i.name for p in products for i in p.wrt}
    arrays = any(i.size is not None for i in inputs)
    has_value = any(p.name == "value" for p in products)
    shift = "[x + t * s for x, s in zip(p, d)]"
    text = _DIFFERENCES.format(
        value="value" if has_value else "_value",
        low=-1.0,
        pack_p="_pack(p)" if arrays else "p",
        pack_shift=f"_pack({shift})" if arrays else shift,
    )
    if arrays:
        sizes = ", ".join(str(i.size) for i in inputs)
        text += _PACK.format(sizes=sizes)
    centres = [_centre(i.default) for i in inputs for _ in i.elements]
    active = [str(int(i.name in chosen)) for i in inputs for _ in i.elements]
    tables = [
        "",
        f"_CENTRE = {_list(centres)}",
        f"_ACTIVE = {_list(active)}",
        "_DIRECTIONAL: dict[str, Callable[[list[Any], list[float]], list[float]]] = {",
        *(f'    "{p.name}": {_directional(p, arrays)},' for p in products if p.name != "value"),
        "}",
    ]
    imports = {"typing": "Any, Callable", "random": "Random"}
    return SelfCheck(text.rstrip("\n") + "\n\n" + "\n".join(tables), imports, not has_value)


def _centre(default: float | None) -> str:
    return repr(float(default)) if default is not None else "0.8"


def _list(items: list[str]) -> str:
    line = f"[{', '.join(items)}]"
    if len(line) <= 70:
        return line
    if len(set(items)) == 1:
        return f"[{items[0]}] * {len(items)}"
    return "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _directional(product: Product, arrays: bool) -> str:
    """A function that multiplies a product with a direction."""
    name, outputs = product.name, len(product.program.outputs)
    if name == "jvp":
        tangents = "_tangents(d)"
        return f"lambda a, d: _flat(jvp(*a, *{tangents})[1])"
    if name == "vjp":
        units = ", ".join(
            "(" + ", ".join(f"{float(j == k)}" for j in range(outputs)) + ",)"
            for k in range(outputs)
        )
        return f"lambda a, d: [_dot(vjp(*a, *c)[1], d) for c in ({units},)]"
    call = f"{name}(*a)" + ("[1]" if name.startswith("value_and") else "")
    if outputs == 1:
        return f"lambda a, d: [_dot({call}, d)]"
    return f"lambda a, d: [_dot(row, d) for row in {call}]"
