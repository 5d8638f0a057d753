r"""Why is it nan?  The first operation that went wrong, what led to it, and what would help.

The value and the first derivatives are run node by node, as the generated code would, and a second
time in exact arithmetic (`graphc.inspect.execute`).  An operation is at fault if it

- became ``nan`` or ``inf`` although its operands were neither;
- ``raised``: Python's `math` and its division do so where IEEE arithmetic gives inf or nan;
- ``lost`` more digits than allowed, and a result that it leads to lost as many or is no number.
  A loss that later operations absorb is none; one that sends the run into the wrong branch of a
  condition always counts.

The first one is named, in the order in which a result needs them: values before derivatives,
operands before what uses them, a condition before its branch.  An operation of a derivative is
shown where the operation stands that it differentiates.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.language.lexer import make_source
>>> print(trace_program(elaborate(make_source("y = 1 + x/z")), {"x": 3.0, "z": 0.0}))
<string>:1:10: error: x/z raised ZeroDivisionError in y
    y = 1 + x/z
             ^
help: divide only where the divisor is not 0: x/z if z != 0 else ..., with the
      limit if there is one
<BLANKLINE>
IEEE arithmetic has inf there. It spoils y, dy/dz.
<BLANKLINE>
operands
    x = 3.0
    z = 0.0
to the output
    y = 1 + x/z
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from graphc.derive.formula import formula
from graphc.derive.jacobian import jacobian_rows
from graphc.derive.products import select_inputs
from graphc.errors import Diagnostic, OptionError
from graphc.inspect import remedies
from graphc.inspect.execute import FULL, SMALLEST, Exact, Run, ieee, lost_digits
from graphc.inspect.faults import Fault, Step, Trace, as_digits, elided, message
from graphc.inspect.report import elements
from graphc.model import collector_off, parse
from graphc.program import Program

if TYPE_CHECKING:
    from graphc.graph import Graph

DIGITS = 8.0  # that may be lost
SEEN = 0.05  # digits; less is not worth a word
WIDTH, NARROW = 50, 40  # columns of a formula; of the one in the message
NEAR = 5  # levels of operands in which a derivative and its operation meet


def trace(
    text: str | Graph,
    at: Mapping[str, float | Sequence[float]],
    *,
    wrt: Sequence[str] | None = None,
    mode: str = "auto",
    digits: float = DIGITS,
    **reading: Any,
) -> Trace:
    """The first operation of a model or its derivatives that goes wrong at a point.

    Parameters
    ----------
    text : str or Graph
        An expression file's text, or a graph from `parse` or `from_sympy`.
    at : mapping of str to float or sequence of float
        Values of the inputs; defaults of the file fill the rest.
    wrt : sequence of str, optional
        Inputs to differentiate with respect to; all that are not ``data`` by default.
    mode : str
        Elimination order, as for `compile`.
    digits : float
        How many of the 16 digits of a double an operation may lose.
    **reading
        Options of `parse`.

    Returns
    -------
    Trace
        Print it to read it; ``trace.fault`` is None if nothing went wrong.

    Raises
    ------
    InputError, OptionError
        As for `compile`; or an input has no value.
    """
    graph = parse(text, **reading) if isinstance(text, str) else text
    program = getattr(graph, "program", None)
    if program is None:
        raise OptionError(f"expected a text or a graph, found {type(text).__name__}")
    point = elements(program, [f"{n}={_typed(value)}" for n, value in at.items()])
    return trace_program(program, point, wrt, mode, digits)


def _typed(value: float | Sequence[float]) -> str:
    """A value as the command line has it."""
    numbers = [value] if isinstance(value, str) or not isinstance(value, Iterable) else value
    return ",".join(str(float(v)) for v in numbers)


def trace_program(
    program: Program,
    at: Mapping[str, float],
    wrt: Sequence[str] | None = None,
    mode: str = "auto",
    digits: float = DIGITS,
) -> Trace:
    """The same for a program, with a value for every scalar input and array element."""
    chosen = select_inputs(program, wrt)
    with collector_off():
        derived, rows, _ = jacobian_rows(program, chosen, mode)
    names = derived.names.items()  # the user's nodes go by the user's names alone
    derived.names = {i: n for i, n in names if i >= len(program) or program.names.get(i) == n}
    columns = [e for i in chosen for e in i.elements]
    results = dict(program.outputs)
    for output, row in zip(program.outputs, rows, strict=True):
        results |= {f"d{output}/d{columns[k]}": c for k, c in sorted(row.items())}
    with collector_off():
        return _Search(derived, len(program), at, results, digits).outcome()


class _Search:
    """A run, its exact counterpart, and what is wrong in it."""

    def __init__(
        self,
        program: Program,
        primal: int,
        at: Mapping[str, float],
        results: Mapping[str, int],
        digits: float,
    ) -> None:
        self.program, self.primal, self.results, self.digits = program, primal, results, digits
        self.parts = list(results)
        self.run = Run(program, at, list(results.values()))
        self.exact = Exact(self.run)
        self.lost: dict[int, float] = {}
        with self.exact.precision():
            for i in self.run.order:
                self.lost[i] = self._loss(i)

    def _loss(self, i: int) -> float:
        """Digits that are wrong; those of the operands where there is nothing to compare with."""
        value = self.run.values[i]
        if isinstance(value, bool):
            return FULL if self._is_by_chance(i) else 0
        if value is None or not isfinite(value):
            return 0
        exact = self.exact.known(i)
        if exact is not None:
            return lost_digits(value, exact)
        return max((self.lost[a] for a in self.run.operands(i)), default=0)

    def _is_by_chance(self, i: int) -> bool:
        """Whether a condition is decided otherwise by exact numbers, for want of digits."""
        operands = self.run.operands(i)
        if max((self.lost[a] for a in operands), default=0) <= self.digits:
            return False
        return self.exact.result(i) is not self.run.values[i]

    def is_broken(self, i: int) -> bool:
        """Whether a node has no finite value."""
        value = self.run.values[i]
        return value is None or not isfinite(value)

    def is_wrong(self, i: int) -> bool:
        """Whether a result is: it may be 0 where it is smaller than any double."""
        if self.is_broken(i):
            return True
        return self.lost[i] > self.digits and not self._vanished(i)

    def _is_wrong_branch(self, i: int) -> bool:
        return isinstance(self.run.values[i], bool) and self.lost[i] > self.digits

    def _vanished(self, i: int) -> bool:
        if abs(self.run.values[i]) > SMALLEST:
            return False
        with self.exact.precision():
            exact = self.exact.known(i)
            distance = SMALLEST if exact is None else abs(exact - self.run.values[i])
            return bool(distance < SMALLEST * 2**-52)

    @cached_property
    def blamed(self) -> set[int]:
        """The nodes that made some result wrong."""
        waiting = [r for r in self.results.values() if self.is_wrong(r)]
        waiting += [i for i in self.run.order if self._is_wrong_branch(i)]
        found = set(waiting)
        while waiting:
            for a in self._causes(waiting.pop()):
                if a not in found:
                    found.add(a)
                    waiting.append(a)
        return found

    def _causes(self, i: int) -> list[int]:
        """Operands because of which a node is wrong."""
        operands = self.run.operands(i)
        if self.is_broken(i) and any(map(self.is_broken, operands)):
            return [a for a in operands if self.is_broken(a)]
        return [a for a in operands if self.lost[a] > self.digits]

    def outcome(self) -> Trace:
        """The first fault, or that there is none."""
        fault = self._first()
        most = max(self.run.order, key=self._seen, default=None)
        seen = 0.0 if most is None else self._seen(most)
        where = "" if most is None or seen < SEEN else self._somewhere(most)
        found = None if fault is None else self._fault(fault)
        return Trace(found, len(self.results), self.digits, seen, where)

    def _seen(self, i: int) -> float:
        return self.lost[i] if self.lost[i] <= 1 or not self._vanished(i) else 0

    def _somewhere(self, i: int) -> str:
        place = self.program.source.origin(self.program.origins[i])
        at = f" ({place[0]}:{place[1]}:{place[2]})" if place else ""
        return f"{formula(self.program, i, WIDTH)} in {self.parts[self.run.owner[i]]}{at}"

    def _first(self) -> int | None:
        """The first node to blame; if there is none, the first that went wrong at all."""
        blamed = [i for i in self.run.order if i in self.blamed]
        for i in blamed:
            if self._became(i) or not self.is_broken(i):
                return i
        if blamed:
            return blamed[0]  # an input that is infinite
        return next(filter(self._became, self.run.order), None)

    def _became(self, i: int) -> bool:
        """Whether a node raised, or is nan or infinite although what it is made of is not."""
        if i in self.run.errors:
            return True
        value, operands = self.run.values[i], self.run.operands(i)
        if value is None or isfinite(value):
            return False
        if value != value:
            found = [self.run.values[a] for a in operands]
            return not any(v != v for v in found) and (bool(operands) or i in self.blamed)
        return bool(operands) and not any(map(self.is_broken, operands))

    # --- the fault in words ---------------------------------------------------------------

    def _fault(self, i: int) -> Fault:
        run, kind = self.run, self._kind(i)
        error, value = run.errors.get(i), run.values[i]
        raised = "" if error is None else type(error).__name__
        exact = self._exactly(i)
        text, part = formula(self.program, i, NARROW), self.parts[run.owner[i]]
        is_input = self.program.nodes[i][0] == "input"
        said = message(kind, text, part, is_input, raised, self.lost[i])
        spoiled, after = self._after(i)
        return Fault(
            kind=kind,
            operation=text,
            part=part,
            form=self._form(i, text),
            value=value,
            exactly="" if exact is None or is_input else as_digits(exact),
            raised=raised,
            ieee=None if error is None else self._ieee(i),
            lost=self.lost[i],
            operands=tuple(map(self._step, self._varying(i))),
            before=elided([self._step(j) for j in self._before(i)]),
            after=elided(after),
            spoiled=tuple(spoiled),
            place=self.program.source.origin(self.program.origins[i]),
            shown=self._shown(i, said),
            help=remedies.advice(
                self.program, self._about(i), self._cause(i, kind, exact), self.primal
            ),
        )

    def _kind(self, i: int) -> str:
        if i in self.run.errors:
            return "raised"
        if not self.is_broken(i):
            return "lost"
        return "nan" if self.run.values[i] != self.run.values[i] else "inf"

    def _form(self, i: int, text: str) -> str:
        """The stable form that a node belongs to, or that its derivative is one of."""
        origin = self.program.origins[i]
        found = [r for r in self.program.replaced if r.origin == origin]
        found = [r for r in found if text in r.after] or found
        return f"{found[0].before} is computed as {found[0].after}" if found else ""

    def _exactly(self, i: int) -> Any:
        """The exact number of a node, or None."""
        with self.exact.precision():
            if self.is_broken(i) or isinstance(self.run.values[i], bool):
                return self.exact.result(i) if self.program.args(i) else None
            return self.exact.known(i)

    def _ieee(self, i: int) -> float:
        return ieee(self.program.nodes[i][0], [self.run.values[a] for a in self.run.operands(i)])

    def _cause(self, i: int, kind: str, exact: Any) -> str:
        """What went wrong, in the words of the table of remedies."""
        if kind == "lost":
            tiny = exact is not None and exact != 0 and abs(exact) < SMALLEST
            return remedies.UNDERFLOW if tiny else remedies.LOST
        too_large = exact is not None and abs(exact) < inf
        return remedies.OVERFLOW if too_large else remedies.UNDEFINED

    def _about(self, i: int) -> list[int]:
        """The node, and what it differentiates: where it stands, or what it is made of."""
        if i < self.primal:
            return [i]
        near, level = {i}, {i}
        for _ in range(NEAR):
            level = {a for j in level for a in self.program.args(j)}
            near |= level
        origins = self.program.origins
        same = [
            j
            for j in self.run.order
            if j < self.primal and origins[j] == origins[i]
            if j in near or not near.isdisjoint(self.program.args(j))
        ]
        return [*same, i, *(a for a in self.program.args(i) if a < self.primal and a not in same)]

    def _shown(self, i: int, said: str) -> str:
        source, token = self.program.source, self.program.origins[i]
        if source.origin(token) is None:
            return f"error: {said}"
        return Diagnostic(said, *source.token_span(token)).render(source)

    # --- paths ----------------------------------------------------------------------------

    def _varying(self, i: int) -> list[int]:
        """Operands that are not constants."""
        operands = dict.fromkeys(self.run.operands(i))
        return [a for a in operands if self.program.nodes[a][0] != "const"]

    def _before(self, i: int) -> list[int]:
        """A path from an input: back along the operand that is most at fault."""
        path: list[int] = []
        operands = self._varying(i)
        while operands:
            path.append(self._suspect(path[-1] if path else i, operands))
            operands = self._varying(path[-1])
        return path[::-1]

    def _suspect(self, i: int, operands: Sequence[int]) -> int:
        worst = max(operands, key=lambda a: (self.is_broken(a), self.lost[a]))
        if self.is_broken(worst) or self.lost[worst] > self.digits:
            return worst
        zeros = [a for a in operands if self.run.values[a] == 0]
        divided = self.program.nodes[i][0] in ("div", "mod", "floordiv", "fmod")
        return (zeros or operands)[-1 if divided else 0]

    def _after(self, i: int) -> tuple[list[str], list[Step]]:
        """The results that a node makes wrong, and a path to the first of them."""
        back = {i: i}
        strayed: set[int] = set()  # behind a wrong branch
        for j in self.run.order[self.run.order.index(i) + 1 :]:
            ways = [a for a in self.run.operands(j) if a in back]
            if ways:
                back[j] = next((a for a in ways if a in self.blamed), ways[0])
                if self._is_wrong_branch(j) or not strayed.isdisjoint(ways):
                    strayed.add(j)
        blamed = i in self.blamed
        reached = {part: r for part, r in self.results.items() if r in back}
        spoiled = [
            part for part, r in reached.items() if blamed and (r in strayed or self.is_wrong(r))
        ]
        end = (spoiled or list(reached))[0]
        path, j = [], reached[end]
        while j != i:
            path.append(j)
            j = back[j]
        last = Step(end, self.run.values[reached[end]])
        steps = [self._step(j) for j in path[:0:-1]]
        if path:
            text = f"{end} = {formula(self.program, path[0], WIDTH)}"
            last = Step(text, last.value)
        return spoiled, [*steps, last]

    def _step(self, i: int) -> Step:
        text, given = formula(self.program, i, WIDTH), self.program.names.get(i, "")
        if given and self.program.args(i):
            text = f"{given} = {text}"
        lost = self.lost[i] > self.digits
        return Step(text, self.run.values[i], as_digits(self._exactly(i)) if lost else "")
