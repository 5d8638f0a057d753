"""A run of a program as the generated code would make it, and the same run in exact arithmetic.

A node is computed when a result needs it, and of a condition only the branch that is taken, so
nothing is seen that the code does not do.  Python's errors are kept: what raised has no value, and
neither has what needs it.

The exact run follows the same branches, from the same inputs and constants (doubles, taken as
exact), with 50 digits.  A difference or logarithm that cancels nearly all of them is worked out
again with many more, for itself and what it is made of, so that it is not mistaken for zero.  Two
runs side by side, so that it is seen where digits go, are those of Benz, Hildebrandt and Hack, "A
Dynamic Program Analysis to Find Floating-Point Accuracy Problems" (PLDI 2012).

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("y = sqrt(x) if x > 1 else 1/x"))
>>> run = Run(program, {"x": 0.0}, list(program.outputs.values()))
>>> [program.nodes[i] for i in run.order]
[('input', 'x'), ('const', 1), ('gt', 0, 2), ('div', 2, 0), ('where', 3, 1, 4)]
>>> {i: type(error).__name__ for i, error in run.errors.items()}
{4: 'ZeroDivisionError'}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from math import inf, isfinite, log10, nan
from typing import Any

from graphc.inspect.evaluate import meaning
from graphc.language.templates import read
from graphc.ops import OPS
from graphc.program import Program

DIGITS, FINE_DIGITS = 50, 700  # of the exact run; where it cancels, all that doubles can need
CANCELLED = 1e-25  # what is left of an operand when a result is worked out again
FULL = 53 * log10(2)  # digits of a double
SMALLEST = 2.0**-1022  # below it doubles have fewer digits

_LAZY = {name: dict(row.lazy) for name, row in OPS.items() if row.lazy}
_ERRORS = (ArithmeticError, ValueError)


class Run:
    """Values of all nodes that some results need, in Python's floats.

    Parameters
    ----------
    program : Program
    inputs : mapping of str to float
        A value for each scalar input and array element.
    roots : sequence of int
        Results, in the order in which they are worked out.
    goes_on : bool
        Whether what raises has the value that IEEE arithmetic gives it.

    Attributes
    ----------
    values : list
        By node; None where there is none: not needed, or an error came first.
    order : list of int
        What was computed, each after its operands.
    owner : dict of int to int
        For each of these, the place among the roots of the first one that needs it.
    errors : dict of int to Exception
        What operations raised.
    """

    def __init__(
        self,
        program: Program,
        inputs: Mapping[str, float],
        roots: Sequence[int],
        goes_on: bool = False,
    ) -> None:
        self.program, self.inputs, self.goes_on = program, inputs, goes_on
        self.values: list[Any] = [None] * len(program)
        self.order: list[int] = []
        self.owner: dict[int, int] = {}
        self.errors: dict[int, Exception] = {}
        self._used: dict[int, tuple[int, ...]] = {}
        for k, root in enumerate(roots):
            self._need(root, k)

    def operands(self, i: int) -> tuple[int, ...]:
        """The operands that were used: of a condition, those of the branch that was taken."""
        return self._used[i]

    def _need(self, root: int, k: int) -> None:
        owner, waiting = self.owner, [root]
        while waiting:
            i = waiting[-1]
            operands = () if i in owner else self._operands(i)
            missing = [a for a in operands if a not in owner]
            if missing:
                waiting += missing[::-1]
                continue
            waiting.pop()
            if i not in owner:
                owner[i] = k
                self.order.append(i)
                self._used[i] = operands
                self.values[i] = self._value(i, operands)

    def _operands(self, i: int) -> tuple[int, ...]:
        """Operands that come first; the condition before what it decides."""
        args, lazy = self.program.args(i), _LAZY.get(self.program.nodes[i][0])
        if lazy is None:
            return args
        if args[0] not in self.owner:
            return args[:1]
        truth = self.values[args[0]]
        return tuple(a for k, a in enumerate(args) if k not in lazy or lazy[k] is truth)

    def _value(self, i: int, operands: Sequence[int]) -> Any:
        op, *rest = self.program.nodes[i]
        if op == "input":
            return self.inputs[rest[0]]
        if op == "const":
            return rest[0] if isinstance(rest[0], bool) else float(rest[0])
        args = [self.values[a] for a in operands]
        if None in args:
            return None
        if op in _LAZY:
            return args[-1]
        try:
            return self._power(args, rest[1]) if op == "pow" else function(op)(*args)
        except _ERRORS as error:
            self.errors[i] = error
            return ieee(op, args) if self.goes_on else None

    def _power(self, args: Sequence[float], exponent: int) -> float:
        """Constant whole powers are written ``x**2``, others call `math.pow`."""
        known = self.program.value(exponent)
        if known is not None and known == int(known):
            return float(args[0] ** int(known))
        return math.pow(*args)


@cache
def function(op: str) -> Callable[..., Any]:
    """What the generated code calls for an operation."""
    row = OPS[op]
    return _as_float(meaning(op, "math")) if row.python and not row.condition else _plain(op)


def _as_float(call: Callable[..., Any]) -> Callable[..., float]:
    return lambda *args: float(call(*args))


def _plain(op: str) -> Callable[..., Any]:
    """A condition, or an operation that is worked out from its definition."""
    if OPS[op].condition or not OPS[op].definition:
        return meaning(op, "math")
    program, result = read(OPS[op].definition)

    def apply(*args: float) -> Any:
        run = Run(program, dict(zip(OPS[op].params, args, strict=True)), [result])
        for error in run.errors.values():
            raise error
        return run.values[result]

    return apply


class Exact:
    """The same run in exact arithmetic, as far as it is asked for.

    Parameters
    ----------
    run : Run
    digits : int
        Decimal digits that are carried.
    """

    def __init__(self, run: Run, digits: int = DIGITS) -> None:
        self.run, self.digits = run, digits
        self._known: dict[int, Any] = {}
        self._finer: Exact | None = None

    def precision(self) -> AbstractContextManager[Any]:
        """Where values are asked for and used: ``with exact.precision(): ...``."""
        import mpmath

        return mpmath.workdps(self.digits)  # type: ignore[no-any-return]

    def value(self, i: int) -> Any:
        """The number of a node; that of the double where there is no exact one."""
        found = self.known(i)
        return _number(self.run.values[i]) if found is None else found

    def known(self, i: int) -> Any:
        """The number of a node; None where there is none, or the double is not finite."""
        known = self._known
        if i in known:
            return known[i]
        waiting = [i]
        while waiting:
            j = waiting[-1]
            missing = [a for a in self.run.operands(j) if a not in known]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if j not in known:
                known[j] = self._computed(j) if _is_finite(self.run.values[j]) else None
        return known[i]

    def _computed(self, i: int) -> Any:
        node, value = self.run.program.nodes[i], self.run.values[i]
        if node[0] in ("input", "const") or isinstance(value, bool):
            return _number(value)
        if node[0] in _LAZY:
            return self.value(self.run.operands(i)[-1])
        found = self.result(i)
        if self.digits < FINE_DIGITS and found is not None and self._is_doubtful(i, found):
            self._finer = self._finer or Exact(self.run, FINE_DIGITS)
            with self._finer.precision():
                return self._finer.known(i)
        return found

    def _is_doubtful(self, i: int, found: Any) -> bool:
        """Whether so much cancelled that the digits may not have sufficed."""
        op, *args = self.run.program.nodes[i]
        if op not in ("add", "sub", "log"):
            return False
        scale = 1.0 if op == "log" else abs(self.run.values[args[0]])
        return abs(float(found)) < CANCELLED * scale

    def result(self, i: int) -> Any:
        """What an operation gives for the exact numbers of its operands; None if undefined."""
        op, *args = self.run.program.nodes[i]
        for a in args:
            if not _is_finite(self.run.values[a]):
                return None
        try:
            found = _exact_function(op)(*[self.value(a) for a in args])
        except (*_ERRORS, MemoryError):
            return None
        return None if type(found).__name__ == "mpc" or found != found else found


@cache
def _exact_function(op: str) -> Callable[..., Any]:
    return meaning(op, "mpmath")


def _number(value: Any) -> Any:
    import mpmath

    return value if isinstance(value, bool) else mpmath.mpf(value)


def _is_finite(value: Any) -> bool:
    return value is not None and isfinite(value)


def lost_digits(value: float, exact: Any) -> float:
    """Decimal digits of a double that are wrong, of the 16 that it has.

    >>> lost_digits(1.0, 1.0), round(lost_digits(1.000001, 1.0), 1), round(lost_digits(0.0, 1.0), 1)
    (0, 10.0, 16.0)
    """
    rounded = float(exact)
    if value == rounded and (abs(value) >= SMALLEST or value == exact):
        return 0
    if isfinite(rounded) and abs(rounded) >= SMALLEST:
        error = abs(value - rounded) / abs(rounded)
    else:  # beyond what doubles hold
        error = float(abs(value - exact) / abs(exact)) if exact else inf
    if error != error or error >= 1:
        return FULL
    return max(0, FULL + log10(error)) if error else 0


def ieee(op: str, operands: Sequence[float]) -> float:
    """What IEEE arithmetic has where Python raises: what the table says, or the definition gives.

    >>> ieee("div", [1.0, -0.0]), ieee("log", [0.0]), ieee("logratio", [1.0, 0.0])
    (-inf, -inf, inf)
    """
    row = OPS[op]
    program, result = read(row.ieee or row.definition)
    inputs = dict(zip(row.params, operands, strict=True)) | {"inf": inf, "nan": nan}
    return float(Run(program, inputs, [result], goes_on=True).values[result])
