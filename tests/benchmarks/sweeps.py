"""Jacobians of large models: seconds and peak memory, each in a fresh process.

The model is a tube of gas: cells in a row, and between any two neighbours the Roe flux.  So there
are as many outputs as inputs, and neither sweep is the obvious one.

Run as a script it is that process: ``sweeps.py MODE VERTICES`` prints one line of JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time

MODES = ("forward", "reverse", "auto")
SIZES = (10_000, 100_000, 1_000_000)
STATES = "rme"  # density, momentum and energy of a cell

_FLUX = 74  # vertices of one flux among others
_NAME = re.compile(r"[a-z]\w*\b(?!\()")


@dataclass(frozen=True)
class Sweep:
    """What one process measured.

    Attributes
    ----------
    mode, taken : str
        The order asked for, and the one that was carried out.
    vertices, operations : int
        Of the model, and with its Jacobian.
    reading, seconds : float
        CPU time from text to graph, and from graph to Jacobian.
    megabytes : float
        Largest resident size.
    """

    mode: str
    taken: str
    vertices: int
    operations: int
    reading: float
    seconds: float
    megabytes: float


def tube(vertices: int) -> str:
    """The text of fluxes with about so many operations."""
    from tasks import roe_flux_1d

    flux = roe_flux_1d().text
    interfaces = range(max(1, round(vertices / _FLUX)))
    return "".join(_NAME.sub(partial(_renamed, k), flux) for k in interfaces)


def _renamed(interface: int, match: re.Match[str]) -> str:
    """The states at both sides belong to cells, all else to the interface between them."""
    name = match[0]
    if name[0] in STATES and name[1:] in ("l", "r"):
        return f"{name[0]}{interface + (name[1] == 'r')}"
    return f"{name}_{interface}"


def measure(mode: str, vertices: int) -> Sweep:
    """Start a process and read what it found."""
    command = [sys.executable, str(Path(__file__)), mode, str(vertices)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Sweep(**json.loads(output))


def _work(mode: str, vertices: int) -> dict[str, object]:
    from scaling import peak_megabytes

    from graphc.derive.cost import cost
    from graphc.derive.products import build
    from graphc.language.lexer import make_source
    from graphc.model import collector_off, read_program

    text = tube(vertices)
    with collector_off():
        start = process_time()
        program = read_program(make_source(text))
        middle = process_time()
        built = build(program, "sparse_jacobian", None, mode)
        end = process_time()
    return {
        "mode": mode,
        "taken": built.order,
        "vertices": len(program),
        "operations": cost(built.program, built.roots).total,
        "reading": middle - start,
        "seconds": end - middle,
        "megabytes": peak_megabytes(),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    print(json.dumps(_work(sys.argv[1], int(sys.argv[2]))))
