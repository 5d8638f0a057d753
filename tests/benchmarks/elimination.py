"""Elimination orders against the best known ones: ``python tests/benchmarks/elimination.py``.

Four tables, in words below and with ``--help``.  Every order is checked: what the library claims
in A is counted again, results in C are compared.

The search takes a number of moves and no time limit, so A and B are the same on every machine;
their seconds, like C and D, are not.  A and B take a minute, with at most five seconds of search
for each row, C two where all tools are installed, D seven.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # the graphc of this checkout

import emitted
import published
import sweeps
import tasks
from emitted import Emitted
from peers import Peer, order_peers
from published import Counted
from run import Timed, bind, number, race_calls, table, times_table, warm_up
from sweeps import Sweep
from targets import verdict

TABLES = "ABCD"
# Thousands of moves of the search that take a few seconds for each task; one that counts emitted
# operations takes several times as long.
EFFORT = {"A": 44, "B": 8, "C": 8}
TITLES = {
    "A": """\
A. Multiplications as the literature counts them: every operation a vertex, unit edges too.
   Markowitz and relative Markowitz: ties to the first vertex traced / to the last.  Published:
   the best order known before.  Optimal: that no order costs less is proved.""",
    "B": """\
B. Operations of the generated code, everything counted once: value, local partials and
   accumulation, sums and signs included, by elimination order.  The formulas are taken as they
   stand, without stable forms, as other tools do; notes say what these need.""",
    "C": """\
C. One call of the first derivative, for W7a of the Hessian, us; in brackets graphc's time
   divided by the other's.  As in B without stable forms.
   graphc, forward and reverse are plain Python, numba compiles graphc's; casadi, jax and
   heyoka run native code or a C++ loop.""",
    "D": """\
D. Jacobian of a tube of gas, as many outputs as inputs, each in a fresh process.""",
}


# --- tables -------------------------------------------------------------------------------


def published_table(rows: Sequence[Counted]) -> str:
    head = ["", "V", "E", "forward", "reverse", "Markowitz", "relative", "published", "graphc"]
    return table([*head, "to reach", "", "optimal", "CPU s", "note"], [_counted(r) for r in rows])


def _counted(row: Counted) -> list[str]:
    low, high, relative_low, relative_high = (row.greedy[rule] for rule in published.GREEDY)
    task = row.task
    return [
        task.name,
        *map(str, (row.vertices, row.edges, row.forward, row.reverse)),
        f"{low} / {high}",
        f"{relative_low} / {relative_high}",
        str(task.best or "-"),
        *_against(row.found, task.wanted),
        "proved" if row.proved else "",
        f"{row.seconds:.2f}",
        task.note,
    ]


def emitted_table(rows: Sequence[Emitted]) -> str:
    head = ["", "forward", "reverse", "graphc", "to reach", "", "* + / f other", "CPU s", "note"]
    return table(head, [_emitted(r) for r in rows])


def _emitted(row: Emitted) -> list[str]:
    goal, totals = row.goal, row.totals
    return [
        f"{goal.workload.title}: {goal.product}",
        *(f"{totals[mode]:,}" for mode in ("forward", "reverse")),
        *_against(totals["auto"], goal.wanted),
        " ".join(map(str, row.kinds.values())),
        f"{row.seconds:.2f}",
        goal.note,
    ]


def _against(found: int, wanted: int) -> list[str]:
    """What was found, what is wanted, and whether that is enough."""
    return [f"{found:,}", f"{wanted:,}", verdict(found, wanted, 1.0)]


def sweeps_table(rows: Sequence[Sweep]) -> str:
    head = ["vertices", "order", "operations", "read s", "derive s", "us per vertex", "peak MB"]
    cells = []
    for r in rows:
        order = r.mode if r.taken == r.mode else f"{r.mode} ({r.taken})"
        per_vertex = 1e6 * r.seconds / r.vertices
        figures = map(number, (r.reading, r.seconds, per_vertex, r.megabytes))
        cells.append([f"{r.vertices:,}", order, f"{r.operations:,}", *figures])
    return table(head, cells)


# --- command ------------------------------------------------------------------------------


def time_orders(chosen: Sequence[emitted.Goal], peers: Sequence[Peer], rounds: int) -> list[Timed]:
    """Race the derivatives in every order, and other tools."""
    warm_up(peers)
    timed = []
    for w in {goal.workload.name: goal.workload for goal in chosen}.values():
        note(f"timing {w.title} ...")
        taking = [p for p in peers if p.takes(w)]
        bound = bind(w, taking, {p.name: p.make(w) for p in taking})
        call = race_calls(w, bound, rounds)
        timed.append(Timed(w, call, call))
    return timed


def installed(effort: int) -> list[Peer]:
    return [p for p in order_peers(effort) if p.installed()]


def note(message: str) -> None:
    print(message, file=sys.stderr)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Elimination orders against the best known ones, in four tables.",
        epilog="\n\n".join(TITLES.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="tasks of A, B and C")
    parser.add_argument("--tables", default=TABLES, metavar="LETTERS", help="some of ABCD")
    parser.add_argument("--effort", type=int, metavar="N", help="thousands of moves of the search")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="of table C")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    chosen = parser.parse_args()
    known = {t.name for t in tasks.all_tasks()} | {g.workload.name for g in emitted.all_goals()}
    for name in chosen.only:
        if name not in known:
            parser.error(f"unknown name '{name}'; choose from {', '.join(sorted(known))}")
    return chosen


def main() -> None:
    """Measure, then print.

    Fresh processes come first: Linux hands the peak memory of a process down to its children.
    """
    chosen = parse_arguments()
    only, wanted = chosen.only, chosen.tables.upper()
    found: dict[str, list[Any]] = {letter: [] for letter in TABLES}
    effort = EFFORT if chosen.effort is None else dict.fromkeys(TABLES, chosen.effort)
    if "D" in wanted and not only:
        for size in sweeps.SIZES:
            for mode in sweeps.MODES:
                note(f"sweeping {size:,} vertices, {mode} ...")
                found["D"].append(sweeps.measure(mode, size))
    if "A" in wanted:
        chosen_tasks = [t for t in tasks.all_tasks() if not only or t.name in only]
        found["A"] = [published.count(t, effort["A"]) for t in chosen_tasks]
    goals = [g for g in emitted.all_goals() if not only or g.workload.name in only]
    if "B" in wanted:
        found["B"] = [emitted.count(g, effort["B"]) for g in goals]
    if "C" in wanted:
        found["C"] = time_orders(goals, installed(effort["C"]), chosen.rounds)
    if chosen.json:
        print(json.dumps(_plain(found), indent=1))
    else:
        report(found)


def report(found: dict[str, list[Any]]) -> None:
    """Print what was measured."""
    names = [p.name for p in installed(1)]
    texts: dict[str, Callable[[Any], str]] = {
        "A": published_table,
        "B": emitted_table,
        "C": lambda timed: times_table(timed, "call", 1e-6, names),
        "D": sweeps_table,
    }
    print(f"Python {platform.python_version()}, {platform.machine()}")
    missing = [p.name for p in order_peers(1) if p.name not in names]
    if missing and found["C"]:
        print(f"Not installed, left out: {', '.join(missing)}")
    for letter, rows in found.items():
        if rows:
            print(f"\n{TITLES[letter]}\n\n{texts[letter](rows)}")


def _plain(found: dict[str, list[Any]]) -> dict[str, Any]:
    calls = {t.workload.name: {n: t.call.median(n) for n in t.call.times} for t in found["C"]}
    return {
        "python": platform.python_version(),
        "A": [{**asdict(r), "task": r.task.name, "wanted": r.task.wanted} for r in found["A"]],
        "B": [
            {
                **asdict(r),
                "goal": r.goal.workload.name,
                "product": r.goal.product,
                "wanted": r.goal.wanted,
            }
            for r in found["B"]
        ],
        "C": calls,
        "D": [asdict(r) for r in found["D"]],
    }


if __name__ == "__main__":
    main()
