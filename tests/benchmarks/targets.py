"""What graphc wants to reach: its time divided by a peer's, lower is better."""

from __future__ import annotations

from dataclasses import dataclass

SLACK = 1.15  # times of two programs on one machine agree no better than that
SEARCHED = "several outputs: the order is searched for"


@dataclass(frozen=True)
class Target:
    """A limit for a ratio.

    Attributes
    ----------
    label : str
        Targets of one goal share it.
    quantity : str
        ``call``, ``build`` (text to callable), ``time`` or ``memory`` (fresh process).
    workload, peer : str
    wanted : float
    note : str
    """

    label: str
    quantity: str
    workload: str
    peer: str
    wanted: float
    note: str = ""


TARGETS = (
    Target("G1", "call", "w1", "sympy", 0.65),
    Target("G2", "call", "w2", "sympy", 0.33),
    Target("G2", "call", "w2", "symforce", 0.40),
    Target("G3", "call", "w3", "sympy", 0.60),
    Target("G4", "call", "w3i", "sympy", 0.80),
    Target("G5", "call", "wide_2k", "symengine", 0.90),
    Target("G5", "call", "wide_2k", "sympy", 0.55),
    Target("G6", "call", "chain_2k", "tape", 1 / 40),
    Target("G7", "call", "w7a", "sympy", 0.22, "--large or --only w7a: SymPy needs minutes"),
    Target("G8", "build", "w1", "casadi", 0.60),
    Target("G8", "build", "w2", "casadi", 0.85, SEARCHED),
    Target("G8", "build", "w3", "casadi", 0.85, SEARCHED),
    Target("G8", "build", "w3i", "casadi", 0.60, SEARCHED),
    Target("G8", "build", "chain_2k", "casadi", 0.60),
    Target("G8", "build", "wide_2k", "casadi", 0.60),
    Target("G9", "build", "chain_100k", "casadi", 0.90, "--large"),
    Target("G9", "build", "wide_100k", "casadi", 0.70, "--large"),
    Target("G10", "time", "chain_1m", "casadi", 1.0, "--large"),
    Target("G10", "memory", "chain_1m", "casadi", 1.0, "--large"),
    Target("G11", "call", "chain_100k", "tape", 1 / 60, "--large"),
    Target("G11", "call", "wide_100k", "tape", 1 / 60, "--large"),
    Target("G11", "call", "wide_100k", "sympy", 1.0, "SymPy needs minutes to make it"),
    Target("G21", "build", "w7b", "casadi", 0.75),
)


def verdict(found: float, wanted: float, slack: float = SLACK) -> str:
    """``ok``, ``near`` (missed by less than the noise of a measurement) or ``no``."""
    if found <= wanted:
        return "ok"
    return "near" if found <= wanted * slack else "no"
