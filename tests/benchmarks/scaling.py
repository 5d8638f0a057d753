"""Text to callable in a fresh process: seconds and peak memory, for sizes from 10^3 to 10^6.

Run as a script it is that process: ``scaling.py PEER OPERATIONS`` prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

PATIENCE = 1.0  # seconds of repetitions of small sizes


@dataclass(frozen=True)
class Point:
    """What one process measured; memory is the peak above what it had before."""

    peer: str
    operations: int
    seconds: float
    megabytes: float

    @property
    def microseconds_per_operation(self) -> float:
        return 1e6 * self.seconds / self.operations


def measure(peer: str, operations: int) -> Point:
    """Start a process and read what it found."""
    command = [sys.executable, str(Path(__file__)), peer, str(operations)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Point(**json.loads(output))


def peak_megabytes() -> float:
    """Largest resident size so far, in megabytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _work(name: str, operations: int) -> dict[str, object]:
    import workloads
    from peers import PEERS

    peer = next(p for p in PEERS if p.name == name)
    peer.make(workloads.tiny())  # imports, tables
    workload = workloads.chain_of(operations)
    _ = workload.inputs, workload.wrt
    before = peak_megabytes()
    times: list[float] = []
    while sum(times) < PATIENCE:
        start = perf_counter()
        made = peer.make(workload)
        times.append(perf_counter() - start)
        peak = peak_megabytes()
        del made
    return {
        "peer": name,
        "operations": operations,
        "seconds": median(times),
        "megabytes": peak - before,
    }


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    print(json.dumps(_work(sys.argv[1], int(sys.argv[2]))))
