"""Which operations a rounding error comes from: the bound of `graphc.derive.rounding`, ranked.

The condition of an operation v is ``|adjoint(v) * v| / |output|``: by how many times a relative
error in v is larger in the output (Higham, "Accuracy and Stability of Numerical Algorithms",
section 1.6).  Its share is what its own rounding contributes to the bound.

>>> from graphc.errors import Source
>>> from graphc.language.elaborate import elaborate
>>> print(as_text(rank(elaborate(Source("d = sqrt(x*x + 1) - x")), {"x": 1e6})))
d = 5.00003807246685e-07, rounding error at most 2.22e-10 (0.000444 of it)
share  condition  operation              line
  50%    2.0e+12  sqrt(x*x + 1)             1  d = sqrt(x*x + 1) - x
  25%    1.0e+12  x*x + 1                   1  d = sqrt(x*x + 1) - x
  25%    1.0e+12  x*x                       1  d = sqrt(x*x + 1) - x
   0%          1  d = sqrt(x*x + 1) - x     1  d = sqrt(x*x + 1) - x
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphc.derive.eliminate import Matrix
from graphc.derive.formula import formula
from graphc.derive.rounding import UNIT, Term, contributions
from graphc.errors import OptionError
from graphc.inspect.evaluate import evaluate
from graphc.program import Input, Program

LISTED = 20  # operations of an output that the text shows
MAX_TEXT = 34  # columns of an operation, and of the source line it stands in


@dataclass(frozen=True)
class Contribution:
    """What one operation contributes.

    Attributes
    ----------
    node : int
        Number of the operation in the program.
    operation : str
        With its operands, after the user's name for it.
    line, column : int or None
        Where it stands in the source.
    value, adjoint : float
        Of the operation, and of the output with respect to it.
    condition : float
        The factor from its relative error to that of the output.
    error : float
        A first-order bound of what its rounding changes in the output.
    share : float
        Of the whole bound.
    """

    node: int
    operation: str
    line: int | None
    column: int | None
    value: float
    adjoint: float
    condition: float
    error: float
    share: float


@dataclass(frozen=True)
class Conditioned:
    """An output at a point: its value, the bound of its error, and what this is made of.

    Attributes
    ----------
    output : str
    value, bound : float
    operations : list of Contribution
        The largest first.
    lines : list of str
        The source.
    """

    output: str
    value: float
    bound: float
    operations: list[Contribution]
    lines: Sequence[str]

    @property
    def relative(self) -> float:
        """The bound, relative to the value."""
        return _ratio(self.bound, self.value)


def with_slopes(program: Program, wrt: Sequence[Input], jacobian: Matrix) -> None:
    """Have the operations of first derivatives ranked as well: they become outputs."""
    columns = [e for i in wrt for e in i.elements]
    for output, row in zip(list(program.outputs), jacobian, strict=True):
        slopes = {f"d{output}/d{e}": c for e, c in zip(columns, row, strict=True)}
        program.outputs |= {name: c for name, c in slopes.items() if c is not None}


def rank(program: Program, at: Mapping[str, float]) -> list[Conditioned]:
    """The contributions of all operations to the error of each output.

    Parameters
    ----------
    program : Program
        Stays as it is.
    at : mapping of str to float
        Values of the scalar inputs and array elements.
    """
    derived = program.copy()
    found = {name: contributions(derived, node) for name, node in program.outputs.items()}
    values = evaluate(derived, at)
    return [_conditioned(derived, name, terms, values) for name, terms in found.items()]


def _conditioned(
    program: Program, output: str, terms: Sequence[Term], values: Sequence[Any]
) -> Conditioned:
    taken = [t for t in terms if all(bool(values[c]) == side for c, side in t.path)]
    errors = [_error(values[t.node], values[t.adjoint], t) for t in taken]
    whole, value = sum(errors), float(values[program.outputs[output]])
    made = [
        _contribution(program, t, values, value, error, whole)
        for t, error in zip(taken, errors, strict=True)
        if error
    ]
    made.sort(key=lambda c: (-c.error, c.node))
    return Conditioned(output, value, whole, made, program.source.text.split("\n"))


def _error(value: float, adjoint: float, term: Term) -> float:
    """The first-order effect of one rounding; what is not a number has no bound."""
    parts = (term.relative * abs(value * adjoint), term.absolute * abs(adjoint))
    error = UNIT * sum(p for p, size in zip(parts, (term.relative, term.absolute), strict=True)
                       if size)  # fmt: skip
    return math.inf if math.isnan(error) else error


def _contribution(
    program: Program,
    term: Term,
    values: Sequence[Any],
    output: float,
    error: float,
    whole: float,
) -> Contribution:
    value, adjoint = float(values[term.node]), float(values[term.adjoint])
    origin = program.source.origin(program.origins[term.node])
    line, column = origin[1:] if origin else (None, None)
    name = program.names.get(term.node)
    text = formula(program, term.node, MAX_TEXT)
    condition = _ratio(value * adjoint, output)
    share = _ratio(error, whole) if math.isfinite(whole) else float(math.isinf(error))
    shown = f"{name} = {text}" if name else text
    return Contribution(term.node, shown, line, column, value, adjoint, condition, error, share)


def _ratio(part: float, whole: float) -> float:
    """The size of a part, relative to the whole."""
    return abs(part / whole) if whole else math.inf if part else 0.0


def as_text(found: Sequence[Conditioned]) -> str:
    """A block for each output."""
    return "\n\n".join(map(_block, found))


def _block(c: Conditioned) -> str:
    title = f"{c.output} = {c.value!r}, rounding error at most {c.bound:.3g}"
    if not math.isfinite(c.value):
        return f"{c.output} = {c.value!r}; graphc trace says where that comes from"
    if not c.operations:
        return f"{c.output} = {c.value!r}, without rounding errors"
    title += f" ({c.relative:.3g} of it)" if c.value else ""
    shown = c.operations[:LISTED]
    cells = [_cut(o.operation) for o in shown]
    width = max(map(len, [*cells, "operation"]))
    rows = [title, f"share  condition  {'operation':{width}}  line"]
    for o, cell in zip(shown, cells, strict=True):
        where = f"{o.line:4}  {_cut(c.lines[o.line - 1].strip())}" if o.line else ""
        rows.append(f"{o.share:5.0%} {_times(o.condition):>10}  {cell:{width}}  {where}".rstrip())
    left = len(c.operations) - len(shown)
    return "\n".join([*rows, *([f"and {left} more"] if left else [])])


def _times(condition: float) -> str:
    return f"{condition:.3g}" if condition < 1e4 else f"{condition:.1e}"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."


def as_json(found: Sequence[Conditioned]) -> str:
    """The same facts for programs; inf and nan are texts."""
    return json.dumps([_data(c) for c in found], indent=1)


FORMATS = {"text": as_text, "json": as_json}


def render(program: Program, form: str = "text", at: Mapping[str, float] | None = None) -> str:
    """The ranking in one of `FORMATS`.

    Raises
    ------
    OptionError
        There is no such form.
    """
    if form not in FORMATS:
        raise OptionError(f"conditions are printed as {' or '.join(FORMATS)}, not as {form}")
    return FORMATS[form](rank(program, at or {}))


def _data(c: Conditioned) -> dict[str, Any]:
    head = {"output": c.output, "value": c.value, "bound": c.bound, "relative": c.relative}
    return {**_plain(head), "operations": [_plain(asdict(o)) for o in c.operations]}


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers that JSON lacks as texts."""
    return {
        k: repr(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in data.items()
    }
