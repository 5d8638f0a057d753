"""Timing that holds up on a busy machine: interleaved rounds and ratios within a round.

Whatever else runs on the machine slows neighbours in time alike, so competitors take turns, every
second round in reverse order, and what is reported of two of them is the median of the ratios
of neighbouring times.  Garbage is collected before each measurement; the collector stays on during
it, as in any program.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from math import nan
from statistics import median
from time import perf_counter
from timeit import Timer
from typing import Any

BURST = 0.004  # seconds of calls in one measurement

Task = Callable[[], float]  # does the work once, gives the seconds it took


class Race:
    """Competitors that take turns.

    Parameters
    ----------
    tasks : dict of str to callable
        Each does its work once and gives the seconds that it took.
    budget : float
        Seconds that one competitor may take in all; then it sits out.  The first round is
        always run.

    Attributes
    ----------
    times : dict of str to list of float
        Seconds of every round; nan where a competitor sat out.
    """

    def __init__(self, tasks: dict[str, Task], budget: float) -> None:
        self.tasks, self.budget = tasks, budget
        self.times: dict[str, list[float]] = {name: [] for name in tasks}

    def run(self, rounds: int) -> None:
        """Let everyone take some turns."""
        for k in range(rounds):
            for name in list(self.tasks)[:: -1 if k % 2 else 1]:
                times = self.times[name]
                done = [t for t in times if t == t]
                over = done and sum(done) + min(done) > self.budget
                times.append(nan if over else self.tasks[name]())

    def median(self, name: str) -> float:
        """The median of a competitor's times."""
        return median(t for t in self.times[name] if t == t)

    def ratio(self, one: str, other: str) -> float:
        """The median of one competitor's times divided by another's in the same round."""
        pairs = zip(self.times[one], self.times[other], strict=True)
        return median(a / b for a, b in pairs if a == a and b == b)


def once(work: Callable[[], object]) -> Task:
    """A task that does some work a single time."""

    def task() -> float:
        gc.collect()
        start = perf_counter()
        work()
        return perf_counter() - start

    return task


def burst(call: Callable[..., Any], args: Sequence[Any]) -> Task:
    """A task that calls a function with positional arguments, many times; seconds per call."""
    names = ", ".join(f"a{k}" for k in range(len(args)))
    setup = f"gc.collect(); gc.enable(); call = f; {names}, = args"
    timer = Timer(f"call({names})", setup, globals={"f": call, "args": args, "gc": gc})
    call(*args)
    first = min(timer.timeit(1) for _ in range(3))
    number = max(1, int(BURST / max(first, 1e-7)))

    def task() -> float:
        return timer.timeit(number) / number

    return task
