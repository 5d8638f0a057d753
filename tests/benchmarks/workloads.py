"""The models that are timed, as text: plain assignments that graphc and every peer can read.

Each is built from its formulas, so that sizes can be chosen and nothing has to be stored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count, islice, pairwise
from keyword import iskeyword
from typing import Any

STATES = 50  # inputs of the chain and of the wide sum
CHAIN_STEP = 13  # operations of one step of the chain
CHAIN_HEAD = 392  # operations before its first step

_NAME = re.compile(r"[A-Za-z_]\w*\b(?!\()")  # not of a function
_COUNTER = re.compile(r"\bfor (\w+) in\b")


@dataclass(frozen=True)
class Workload:
    """A model, what to differentiate and where.

    Attributes
    ----------
    name, title, text : str
    outputs : tuple of str
    data : tuple of str
        Inputs that are not differentiated.
    rules : str
        graphc's rule set: ``real`` where the constants 0.0 and 1.0 are to fold, as peers do.
    large : bool
        Only timed when asked for.
    at : dict of str to float
        Where derivatives are taken; uneven numbers between 0.3 and 0.9 if it is empty.
    second : str
        ``hessian`` or ``sparse_hessian`` where that is asked for; else it is the gradient, or the
        Jacobian of several outputs.
    arrays : dict of str to int
        Inputs that are arrays, and their sizes.
    """

    name: str
    title: str
    text: str
    outputs: tuple[str, ...]
    data: tuple[str, ...] = ()
    rules: str = "exact"
    large: bool = False
    at: dict[str, float] = field(default_factory=dict)
    second: str = ""
    arrays: dict[str, int] = field(default_factory=dict)

    @property
    def product(self) -> str:
        """What is derived, by graphc's name."""
        return self.second or ("grad" if len(self.outputs) == 1 else "jacobian")

    @property
    def entries(self) -> int:
        """Numbers of a dense derivative of scalar inputs."""
        return len(self.wrt) ** 2 if self.second else len(self.outputs) * len(self.wrt)

    @property
    def declared(self) -> str:
        """The text as graphc reads it: Python has no use for declarations."""
        return "".join(f"{x}: input[{size}]\n" for x, size in self.arrays.items()) + self.text

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Free names in order of appearance, which is graphc's own order of arguments."""
        bound = {line.partition(" = ")[0] for line in self.text.splitlines()}
        bound.update(_COUNTER.findall(self.text))
        found = dict.fromkeys(_NAME.findall(self.text))
        return tuple(name for name in found if name not in bound and not iskeyword(name))

    @cached_property
    def wrt(self) -> tuple[str, ...]:
        """Inputs to differentiate with respect to."""
        return tuple(name for name in self.inputs if name not in self.data)

    @cached_property
    def point(self) -> tuple[Any, ...]:
        """Where derivatives are taken: a float for each input, a list for an array."""
        if self.at:
            return tuple(self.at[name] for name in self.inputs)
        uneven = (0.3 + 0.6 * math.modf(0.618034 * k)[0] for k in count(1))
        return tuple(
            list(islice(uneven, self.arrays[name])) if name in self.arrays else next(uneven)
            for name in self.inputs
        )

    @property
    def numbers(self) -> list[float]:
        """The same, one after the other."""
        return flatten(self.point)


def flatten(result: Any) -> list[float]:
    """Numbers of nested tuples and lists, in order."""
    if isinstance(result, (tuple, list)):
        return [number for part in result for number in flatten(part)]
    return [float(result)]


def tiny() -> Workload:
    return Workload("w1", "W1 tiny", "e = (a + b) * (b + 1)\n", ("e",))


def reprojection() -> Workload:
    """A point seen by a camera: rotation vector, centre, focal length, two distortion terms."""
    text = """\
dx = X - cx
dy = Y - cy
dz = Z - cz
angle = sqrt(rx*rx + ry*ry + rz*rz)
co = cos(angle)
si = sin(angle)
ax = rx / angle
ay = ry / angle
az = rz / angle
lever = (ax*dx + ay*dy + az*dz) * (1 - co)
qx = dx*co + (ay*dz - az*dy)*si + ax*lever
qy = dy*co + (az*dx - ax*dz)*si + ay*lever
qz = dz*co + (ax*dy - ay*dx)*si + az*lever
sx = qx / qz
sy = qy / qz
r2 = sx*sx + sy*sy
scale = 1 + k1*r2 + k2*r2*r2
ex = weight*(sx*scale*focal + u - mx)
ey = weight*(sy*scale*focal + v - my)
"""
    return Workload("w2", "W2 reprojection, 2x15", text, ("ex", "ey"), data=("mx", "my"))


def squared_reprojection() -> Workload:
    """Half the squared error of `reprojection`, to be differentiated twice."""
    camera = reprojection()
    return replace(
        camera,
        name="w7a",
        title="W7a squared reprojection, Hessian 15x15",
        text=camera.text + "cost = 0.5*(ex*ex + ey*ey)\n",
        outputs=("cost",),
        second="hessian",
    )


def valley(size: int, name: str = "w7b") -> Workload:
    """The chained Rosenbrock function, whose Hessian is tridiagonal."""
    step = "100*(x[i + 1] - x[i]**2)**2 + (1 - x[i])**2"
    return Workload(
        name,
        f"W7b chained Rosenbrock, sparse Hessian, {size:,}",
        f"y = sum({step} for i in range({size - 1}))\n",
        ("y",),
        second="sparse_hessian",
        arrays={"x": size},
    )


Link = tuple[float, float, float]  # Denavit-Hartenberg: length, twist, offset

NOMINAL: tuple[Link, ...] = (
    (0.0, math.pi / 2, 0.089159),
    (-0.425, 0.0, 0.0),
    (-0.39225, 0.0, 0.0),
    (0.0, math.pi / 2, 0.10915),
    (0.0, -math.pi / 2, 0.09465),
    (0.0, 0.0, 0.0823),
)
CALIBRATED: tuple[Link, ...] = (
    (0.0012, math.pi / 2 + 0.0011, 0.089159),
    (-0.4251, 0.0021, 0.0013),
    (-0.39227, -0.0017, 0.0009),
    (0.0003, math.pi / 2 - 0.0008, 0.10915),
    (0.0005, -math.pi / 2 + 0.0013, 0.09465),
    (0.0002, 0.0004, 0.0823),
)


def arm() -> Workload:
    text, outputs = _arm(CALIBRATED, digits=17)
    return Workload("w3", "W3 robot arm, 12x6", text, outputs)


def ideal_arm() -> Workload:
    text, outputs = _arm(NOMINAL, digits=9)
    return Workload("w3i", "W3 ideal arm (real rules)", text, outputs, rules="real")


def _arm(links: Sequence[Link], digits: int) -> tuple[str, tuple[str, ...]]:
    """Pose of the last link: the product of one 3x4 transformation for each joint."""
    lines: list[str] = []
    pose: list[list[str]] = []
    for joint, link in enumerate(links, 1):
        lines += [f"c{joint} = cos(q{joint})", f"s{joint} = sin(q{joint})"]
        step = _assign(lines, f"A{joint}", _transformation(joint, link, digits))
        pose = _assign(lines, f"T{joint}", _product(pose, step) if pose else step)
    names = [["r00", "r01", "r02", "px"], ["r10", "r11", "r12", "py"], ["r20", "r21", "r22", "pz"]]
    lines += [
        f"{n} = {p}"
        for ns, ps in zip(names, pose, strict=True)
        for n, p in zip(ns, ps, strict=True)
    ]
    return "\n".join(lines) + "\n", tuple(n for row in names for n in row)


def _transformation(joint: int, link: Link, digits: int) -> list[list[str]]:
    length, twist, offset = link
    cos_twist, sin_twist = (
        _literal(round(f(twist), digits) + 0.0) for f in (math.cos, math.sin)
    )  # + 0.0: no negative zero
    c, s = f"c{joint}", f"s{joint}"
    return [
        [c, f"-{s}*{cos_twist}", f"{s}*{sin_twist}", f"{length!r}*{c}"],
        [s, f"{c}*{cos_twist}", f"-{c}*{sin_twist}", f"{length!r}*{s}"],
        ["0.0", sin_twist, cos_twist, repr(offset)],
    ]


def _product(pose: list[list[str]], step: list[list[str]]) -> list[list[str]]:
    rows = []
    for row in pose:
        sums = [" + ".join(f"{row[k]}*{step[k][j]}" for k in range(3)) for j in range(4)]
        rows.append([*sums[:3], f"{sums[3]} + {row[3]}"])
    return rows


def _assign(lines: list[str], name: str, entries: list[list[str]]) -> list[list[str]]:
    """Give every entry of a matrix a line; its names."""
    names = [[f"{name}_{i}{j}" for j in range(len(row))] for i, row in enumerate(entries)]
    for targets, row in zip(names, entries, strict=True):
        lines += [f"{target} = {entry}" for target, entry in zip(targets, row, strict=True)]
    return names


def _literal(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)


def chain(steps: int, name: str = "", large: bool = False) -> Workload:
    """A state that runs through all steps: as deep as it is long."""
    lines = [*_rosenbrock(), "s0 = 0.5*x0"]
    for k, (i, j, c, d) in islice(enumerate(_places(), 1), steps):
        before = f"s{k - 1}"
        lines.append(f"s{k} = sin({c}*{before} + x{i})*cos(x{j} - {d}*{before}) + 0.5*{before}")
        lines.append(f"f{k} = f{k - 1} + (x{j} - {c}*s{k})**2")
    lines.append(f"y = f{steps}")
    size = CHAIN_HEAD + CHAIN_STEP * steps
    text = "\n".join(lines) + "\n"
    return Workload(name, f"W4 chain, {_thousands(size)}", text, ("y",), large=large)


def chain_of(operations: int) -> Workload:
    """A chain with about as many operations."""
    return chain((operations - CHAIN_HEAD) // CHAIN_STEP, f"chain_{operations}")


def wide(terms: int, name: str, large: bool = False) -> Workload:
    """A sum of independent terms, added up in groups of fifty."""
    lines = _rosenbrock()
    for k, (i, j, c, d) in islice(enumerate(_places(), 1), terms):
        oscillation = f"sin({c}*x{j} + x{i})*cos(x{j} - {d}*x{i})"
        lines.append(f"h{k} = {oscillation} + (x{j} - {c}*x{i}**2)**2")
    groups = _grouped(lines, "g", [f"h{k}" for k in range(1, terms + 1)])
    totals = _grouped(lines, "t", ["f0", *groups])
    lines.append("y = " + " + ".join(totals))
    size = 15 * terms + CHAIN_HEAD
    title = f"W4 wide, {_thousands(size)}"
    return Workload(name, title, "\n".join(lines) + "\n", ("y",), large=large)


def _rosenbrock() -> list[str]:
    valleys = [f"100*(x{k} - x{j}**2)**2 + (1 - x{j})**2" for j, k in pairwise(range(STATES))]
    lines = [f"v{j} = {valley}" for j, valley in enumerate(valleys)]
    return [*lines, "f0 = " + " + ".join(f"v{j}" for j in range(len(valleys)))]


def _places() -> Iterator[tuple[int, int, float, float]]:
    """For each step: two inputs and two coefficients, all slowly changing."""
    for k in count(1):
        first = round(0.3 + 0.0001 * (k % 997), 4)
        second = round(0.2 + 0.0001 * (k % 991), 4)
        yield k % STATES, (7 * k + 3) % STATES, first, second


def _grouped(lines: list[str], prefix: str, names: list[str], size: int = 50) -> list[str]:
    sums = [" + ".join(names[k : k + size]) for k in range(0, len(names), size)]
    lines += [f"{prefix}{k} = {total}" for k, total in enumerate(sums)]
    return [f"{prefix}{k}" for k in range(len(sums))]


def _thousands(size: int) -> str:
    return f"{round(size, 1 - len(str(size))):,}"


def product(inputs: int) -> str:
    """The text of a product of many inputs."""
    return "y = " + "*".join(f"x{k}" for k in range(inputs)) + "\n"


def sine_iteration(steps: int) -> str:
    """The text of ``y = sin(y)*a + y``, repeated."""
    return "".join(f"y{k + 1} = sin(y{k})*a + y{k}\n" for k in range(steps))


def all_workloads(large: bool) -> list[Workload]:
    """What the command times, in the order of its tables."""
    chosen = [
        tiny(),
        reprojection(),
        arm(),
        ideal_arm(),
        chain(124, "chain_2k"),
        wide(120, "wide_2k"),
        squared_reprojection(),
        valley(1_000),
    ]
    if large:
        chosen += [chain(7_670, "chain_100k", large=True), wide(7_680, "wide_100k", large=True)]
    return chosen
