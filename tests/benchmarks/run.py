"""Time graphc against its peers: ``python tests/benchmarks/run.py``.

Peers that are not installed are named and left out (``pip install .[bench]`` gets them).
All results are compared before anything is timed.  The default takes two or three minutes.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # the graphc of this checkout

from counts import Count, all_counts
from peers import PEERS, TOO_SLOW, UNSEARCHED, Peer, agree
from scaling import Point, measure
from targets import TARGETS, Target, verdict
from timing import Race, burst, once
from tools import Function
from workloads import Workload, all_workloads, tiny

BUILD_BUDGET = 3.0  # seconds for one tool to compile one workload, repetitions included
CALL_BUDGET = 1.0  # seconds for one tool to be called
LARGE_BUDGET = 20.0  # the same above 100,000 operations
LINEAR = 1.5  # time of an operation, ten times the size against the size

Call = tuple[Function, Sequence[Any]]  # and its arguments


@dataclass
class Timed:
    """The races of one workload."""

    workload: Workload
    build: Race
    call: Race


@dataclass(frozen=True)
class Outcome:
    """A target and what was measured; None where it was not.

    ``unsearched`` is what would be found if graphc did not search for an elimination order.
    """

    target: Target
    found: float | None
    unsearched: float | None = None

    @property
    def verdict(self) -> str:
        return "-" if self.found is None else verdict(self.found, self.target.wanted)


def time_workload(w: Workload, peers: Sequence[Peer], rounds: int, patient: bool) -> Timed:
    """Race the peers that can take a workload, once their results agree."""
    made: dict[str, Function] = {}
    taking = [p for p in peers if p.takes(w, patient)]

    def make(peer: Peer) -> None:
        made.pop(peer.name, None)
        made[peer.name] = peer.make(w)

    tasks = {p.name: once(partial(make, p)) for p in taking}
    build = Race(tasks, LARGE_BUDGET if w.large else BUILD_BUDGET)
    build.run(1)
    bound = bind(w, taking, made)
    build.run(rounds - 1)
    return Timed(w, build, race_calls(w, bound, rounds))


def bind(w: Workload, peers: Sequence[Peer], made: dict[str, Function]) -> dict[str, Call]:
    """What is called for each peer, once their results agree."""
    bound = {p.name: p.bind(made[p.name], w) for p in peers}
    results = {p.name: p.flat(bound[p.name][0](*bound[p.name][1])) for p in peers}
    for name, result in results.items():
        if not agree(result, results["graphc"]):
            raise SystemExit(f"{w.name}: {name} and graphc do not agree")
    return bound


def race_calls(w: Workload, bound: dict[str, Call], rounds: int) -> Race:
    """The race of single calls."""
    gc.collect()
    call = Race({name: burst(*b) for name, b in bound.items()}, CALL_BUDGET * (1 + 9 * w.large))
    call.run(rounds)
    return call


def warm_up(peers: Sequence[Peer]) -> None:
    """Import everything, then take what was imported out of the collector's sight."""
    for peer in peers:
        peer.make(tiny())
    gc.collect()
    gc.freeze()


def judge(timed: Sequence[Timed], points: Sequence[Point]) -> list[Outcome]:
    """All targets with what was measured."""
    by_name = {t.workload.name: t for t in timed}
    largest = {p.peer: p for p in points if p.operations == 1_000_000}
    outcomes = []
    for t in TARGETS:
        if t.quantity in ("time", "memory"):
            outcomes.append(Outcome(t, _ratio_of_points(t, largest)))
        else:
            ratios = (_ratio(t, by_name, name) for name in ("graphc", UNSEARCHED))
            outcomes.append(Outcome(t, *ratios))
    return outcomes


def _ratio(target: Target, timed: dict[str, Timed], ours: str) -> float | None:
    found = timed.get(target.workload)
    race = found and (found.build if target.quantity == "build" else found.call)
    if not race or not {ours, target.peer} <= set(race.times):
        return None
    return race.ratio(ours, target.peer)


def _ratio_of_points(target: Target, largest: dict[str, Point]) -> float | None:
    if not {"graphc", target.peer} <= set(largest):
        return None
    ours, theirs = largest["graphc"], largest[target.peer]
    if target.quantity == "time":
        return ours.seconds / theirs.seconds
    return ours.megabytes / theirs.megabytes


# --- tables -------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, ["-" * width for width in widths], *rows):
        first, *others = (
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def times_table(timed: Sequence[Timed], quantity: str, unit: float, peers: Sequence[str]) -> str:
    """One row for each workload: the median of every peer, and graphc's ratio to it."""
    rows = []
    for t in timed:
        race: Race = getattr(t, quantity)
        row = [t.workload.title]
        for name in peers:
            row.append(_cell(race, name, unit))
        rows.append(row)
    return table(["", *peers], rows)


def _cell(race: Race, name: str, unit: float) -> str:
    if name not in race.times:
        return "-"
    time = number(race.median(name) / unit)
    return time if name == "graphc" else f"{time} ({number(race.ratio('graphc', name))})"


def number(x: float) -> str:
    """Three digits."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def scaling_table(points: Sequence[Point]) -> str:
    """Time and memory by size, with the growth of the time of one operation."""
    rows, before = [], None
    for p in points:
        growth = "-"
        if before and before.peer == p.peer:
            factor = p.microseconds_per_operation / before.microseconds_per_operation
            growth = f"{factor:.2f} {verdict(factor, LINEAR)}"
        figures = p.seconds, p.microseconds_per_operation, p.megabytes
        rows.append([f"{p.peer}, {p.operations:,}", *map(number, figures), growth])
        before = p
    return table(["operations", "s", "us per op", "peak MB", f"growth (wanted {LINEAR})"], rows)


def counts_table(counts: Sequence[Count]) -> str:
    """Operations, found and allowed."""
    rows = [
        [c.title, f"{c.found:,}", f"{c.wanted:,}", c.source, verdict(c.found, c.wanted, 1.0)]
        for c in counts
    ]
    return table(["", "graphc", "wanted", "who", ""], rows)


def targets_table(outcomes: Sequence[Outcome]) -> str:
    """Ratios against the targets."""
    rows = []
    for o in outcomes:
        t = o.target
        found, unsearched = (
            "-" if ratio is None else number(ratio) for ratio in (o.found, o.unsearched)
        )
        goal = f"{t.label} {t.quantity} {t.workload} / {t.peer}"
        rows.append([goal, found, f"<= {number(t.wanted)}", o.verdict, unsearched, t.note])
    return table(["graphc / peer", "found", "wanted", "", "search=0", "note"], rows)


# --- command ------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time graphc against its peers.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="workloads")
    parser.add_argument("--peers", nargs="+", default=[], metavar="NAME", help="besides graphc")
    parser.add_argument(
        "--large", action="store_true", help="also 10^5 and 10^6 operations, and what takes minutes"
    )
    parser.add_argument("--rounds", type=int, default=15, metavar="N")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    chosen = parser.parse_args()
    known = {w.name for w in all_workloads(True)}
    for name in [*chosen.only, *chosen.peers]:
        if name not in known | {p.name for p in PEERS}:
            parser.error(f"unknown name '{name}'")
    return chosen


def scaling_points(large: bool, peers: Sequence[str]) -> list[Point]:
    print("timing sizes ...", file=sys.stderr)
    sizes = [1_000, 10_000, 100_000, *([1_000_000] if large else [])]
    points = [measure("graphc", size) for size in sizes]
    if large and "casadi" in peers:
        points.append(measure("casadi", sizes[-1]))
    return points


def main() -> None:
    """Measure, then print.

    Fresh processes come first: Linux hands the peak memory of a process down to its children.
    """
    chosen = parse_arguments()
    wanted = [p for p in PEERS if not chosen.peers or p.name in ("graphc", *chosen.peers)]
    peers = [p for p in wanted if p.installed()]
    missing = [p.name for p in wanted if not p.installed()]
    points = [] if chosen.only else scaling_points(chosen.large, [p.name for p in peers])
    warm_up(peers)
    timed, asked_for = [], chosen.large or bool(chosen.only)
    for w in all_workloads(asked_for):
        if w.name in chosen.only or not chosen.only:
            print(f"timing {w.title} ...", file=sys.stderr)
            timed.append(time_workload(w, peers, chosen.rounds, asked_for))
    report(chosen.json, timed, points, all_counts(), [p.name for p in peers], missing)


def report(
    as_json: bool,
    timed: Sequence[Timed],
    points: Sequence[Point],
    counts: Sequence[Count],
    peers: Sequence[str],
    missing: Sequence[str],
) -> None:
    """Print what was measured."""
    outcomes = judge(timed, points)
    if as_json:
        print(json.dumps(_plain(timed, points, counts, outcomes, missing), indent=1))
        return
    print(f"Python {platform.python_version()}, {platform.machine()}")
    if missing:
        print(f"Not installed, left out: {', '.join(missing)}")
    print("In brackets: graphc's time divided by the peer's, median of interleaved rounds.")
    print(f"A dash: not measured, the peer cannot or takes {TOO_SLOW}.\n")
    print("Text to callable, ms")
    print(times_table(timed, "build", 1e-3, peers))
    print(
        "\nOne call, us (casadi, symengine, symengine-llvm and jax run native code or a C++ loop)"
    )
    print(times_table(timed, "call", 1e-6, peers))
    if points:
        print("\nText to callable by size, chain, each in a fresh process")
        print(scaling_table(points))
    print("\nOperations of the derivative")
    print(counts_table(counts))
    print("\nTargets (near: missed by less than 15 %, the noise of a measurement)")
    print(targets_table(outcomes))


def _plain(
    timed: Sequence[Timed],
    points: Sequence[Point],
    counts: Sequence[Count],
    outcomes: Sequence[Outcome],
    missing: Sequence[str],
) -> dict[str, Any]:
    def seconds(race: Race) -> dict[str, float]:
        return {name: race.median(name) for name in race.times}

    return {
        "python": platform.python_version(),
        "missing": list(missing),
        "build": {t.workload.name: seconds(t.build) for t in timed},
        "call": {t.workload.name: seconds(t.call) for t in timed},
        "scaling": [asdict(p) for p in points],
        "counts": [asdict(c) for c in counts],
        "targets": [{**asdict(o), "verdict": o.verdict} for o in outcomes],
    }


if __name__ == "__main__":
    main()
