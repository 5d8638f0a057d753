"""The published elimination tasks, as expression text or as graphs.

The formulas are those of Lohoff & Neftci, "Optimizing Automatic Differentiation with Deep
Reinforcement Learning" (NeurIPS 2024, arXiv 2406.05027; repositories jamielohoff/graphax and
jamielohoff/alphagrad), which took the Roe flux from EliAD (Forth, Tadjouddine, Pryce & Reid, ACM
TOMS 30, 2004), and HumanHeartDipole and PropaneCombustion from MINPACK-2 (Averick, Carter, More
& Xue, ANL/MCS-P153, 1992).  Every operation written here is a vertex there, so nothing may be
shared or rearranged: the quotient ``ml/rl`` stands twice in the Roe flux because it is computed
twice.

Two tasks were published as programs that only their graphs can tell: the gradient of the
Black-Scholes price as traced by JAX, and a random function.  They are in ``published_graphs.txt``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A function whose Jacobian is to be accumulated, and what was published about it.

    Attributes
    ----------
    name : str
    text : str
        Empty, like inputs and outputs, where only the graph is known.
    point : dict of str to float
        The inputs, each with a value at which the task is defined.
    outputs : tuple of str
    vertices, edges, forward, reverse : int
        Size of its graph, and multiplications of the two sweeps.
    best, wanted : int
        The fewest multiplications published, and what is to be reached; 0 where there is none.
    note : str
    """

    name: str
    text: str
    point: dict[str, float]
    outputs: tuple[str, ...]
    vertices: int
    edges: int
    forward: int
    reverse: int
    best: int = 0
    wanted: int = 0
    note: str = ""


def roe_flux_1d() -> Task:
    text = """\
dr = rr - rl
g = sqrt(rl*rr)
ws = sqrt(rl) + sqrt(rr)
vl = ml/rl
pl = -0.5*(el - 0.5*ml**2/rl)
hl = (el + pl)/rl
vr = mr/rr
pr = -0.5*(er - 0.5*mr**2/rr)
hr = (er + pr)/rr
dp = pr - pl
dv = vr - vl
u = (sqrt(rl)*vl + sqrt(rr)*vr)/ws
h = (sqrt(rl)*hl + sqrt(rr)*hr)/ws
uu = u**2
aa = -0.5*(h - 0.5*uu)
a = sqrt(aa)
s0 = abs(u + a)
s1 = abs(u)
s2 = abs(u)
n = a*g
c0 = (dr - dp/aa)*s1
c1 = (dv + dp/n)*s0
c2 = (dv - dp/n)*s2
wl = ml/rl
xl = pl + ml*wl
yl = wl*(pl + el)
wr = mr/rr
xr = pr + mr*wr
yr = wr*(pr + er)
q0 = ml + mr
q1 = xl + xr
q2 = yl + yr
c = 0.5*g/a
d0 = c0 + c*c1 - c*c2
d1 = c0*u + c*c1*(u + a) - c*c2*(u - a)
d2 = c0*0.5*uu + c*c1*(h + u*a) - c*c2*(h - u*a)
p0 = 0.5*(q0 - d0)
p1 = 0.5*(q1 - d1)
p2 = 0.5*(q2 - d2)
"""
    point = {"rl": 0.9, "ml": 0.7, "el": 0.2, "rr": 0.6, "mr": 0.8, "er": 0.3}
    return Task("RoeFlux_1d", text, point, ("p0", "p1", "p2"), 107, 177, 620, 364, 320, 295)


def robot_arm() -> Task:
    """Six joint angles to position and orientation of the hand."""
    text = """\
c1 = cos(t1)
c2 = cos(t2)
c4 = cos(t4)
c5 = cos(t5)
c6 = cos(t6)
c23 = cos(t2)*cos(t3) - sin(t2)*sin(t3)
s1 = sin(t1)
s2 = sin(t2)
s4 = sin(t4)
s5 = sin(t5)
s6 = sin(t6)
s23 = cos(t2)*sin(t3) + sin(t2)*cos(t3)
ux = s5*(c1*c23*c4 + s1*s4) + c1*s23*c5
uy = s5*(s1*c23*c4 - c1*s4) + s1*s23*c5
uz = s23*c4*s5 - c23*c5
nz = c6*(c23*s5 + s23*c4*c5) - s23*s4*s6
oz = -s6*(c23*s5 + s23*c4*c5) - s23*s4*c6
az = atan2(uy, ux)
ay = atan2(sqrt(1.0 - uz**2), uz)
ax = atan2(oz, -nz)
xa = 185*(s5*(c1*c23*c4 + s1*s4) + c1*s23*c5)
xb = c1*(175 + 890*c2 + 50*c23 + 1035*s23)
px = xa + xb
ya = 185*(s5*(s1*c23*c4 + c1*s4) + s1*s23*c5)
yb = s1*(175 + 890*c2 + 50*c23 + 1035*s23)
py = ya + yb
pz = 890*s2 + 575 + 50*s23 - 1035*c23 + 185*(s23*c4*s5 - c23*c5)
"""
    point = {"t1": 0.3, "t2": 0.8, "t3": 0.5, "t4": 0.4, "t5": 0.7, "t6": 0.6}
    outputs = ("az", "ay", "ax", "px", "py", "pz")
    return Task("RobotArm_6DOF", text, point, outputs, 120, 190, 397, 301, 231, 221)


def human_heart_dipole() -> Task:
    """All eight constants of the measurement are 1."""
    text = """\
f1 = x1 + x2 - 1.0
f2 = x3 + x4 - 1.0
f3 = x5*x1 + x6*x2 - x7*x3 - x8*x4 - 1.0
f4 = x7*x1 + x8*x2 + x5*x3 + x6*x4 - 1.0
a = x5**2 - x7**2
b = x6**2 - x8**2
f5 = x1*a - 2.0*x3*x5*x7 + x2*b - 2.0*x4*x6*x8 - 1.0
f6 = x3*a - 2.0*x1*x5*x7 + x4*b - 2.0*x2*x6*x8 - 1.0
m = x5*(x5**2 - 3.0*x7**2)
n = x7*(x7**2 - 3.0*x5**2)
o = x6*(x6**2 - 3.0*x8**2)
q = x8*(x8**2 - 3.0*x6**2)
f7 = x1*m + x3*n + x2*o + x4*q - 1.0
f8 = x3*m - x1*n + x4*o - x2*q - 1.0
"""
    return Task("HumanHeartDipole", text, _numbered(8), _residuals(8), 94, 144, 240, 172, 148, 148)


def propane_combustion() -> Task:
    """Pressure 40, ten parts of air."""
    text = """\
w = sqrt(40.0/x11)
f1 = x1 + x4 - 3.0
f2 = 2.0*x1 + x2 + x4 + x7 + x8 + x9 + 2.0*x10 - 10.0
f3 = 2.0*x2 + 2.0*x5 + x6 + x7 - 8.0
f4 = 2.0*x3 + x9 - 40.0
f5 = x2*x4 - x1*x5
f6 = sqrt(x2*x4) - sqrt(x1)*w*x6
f7 = sqrt(x1*x2) - sqrt(x4)*x7*w
f8 = x1 - x4*x8*40.0/x11
f9 = x1*sqrt(x3) - x4*x9*w
f10 = x1**2 - x4**2*x10*40.0/x11
f11 = x11 - x1 - x2 - x3 - x4 - x5 - x6 - x7 - x8 - x9 - x10
"""
    return Task("PropaneCombustion", text, _numbered(11), _residuals(11), 73, 104, 151, 90, 88, 88)


def _numbered(size: int) -> dict[str, float]:
    values = (0.3, 0.8, 0.5, 0.4, 0.7, 0.6, 0.9, 0.35, 0.45, 0.65, 0.55)
    return {f"x{k}": x for k, x in enumerate(values[:size], 1)}


def _residuals(size: int) -> tuple[str, ...]:
    return tuple(f"f{k}" for k in range(1, size + 1))


def black_scholes() -> Task:
    """The price of a call option; the published task is the Jacobian of its gradient."""
    text = """\
F = exp(r*T)*S
d1 = (log(F/K) + v**2/2.0*T)/(v*sqrt(T))
d2 = d1 - v*sqrt(T)
price = exp(-r*T)*(F*((1.0 + erf(d1/sqrt(2)))/2.0) - K*((1.0 + erf(d2/sqrt(2)))/2.0))
"""
    point = {"S": 1.1, "K": 0.9, "r": 0.05, "v": 0.3, "T": 0.7}
    return Task("BlackScholes", text, point, ("price",), 35, 44, 108, 42, wanted=42)


def roe_flux_3d() -> Task:
    """The vectors of the published function written out: density, momentum, energy per side."""
    lines = ["dr = rr - rl"]
    for s in "lr":
        lines += [f"{v}{s} = {m}{s}/r{s}" for v, m in zip("uvw", "abc", strict=True)]
        lines += [
            f"p{s} = -0.5*(e{s} - 0.5*(a{s}**2 + b{s}**2 + c{s}**2)/r{s})",
            f"h{s} = (e{s} + p{s})/r{s}",
            f"f1{s} = p{s} + a{s}*u{s}",
            f"f2{s} = b{s}*v{s}",
            f"f3{s} = c{s}*w{s}",
            f"f4{s} = u{s}*(p{s} + e{s})",
        ]
    lines += [f"d{m} = {m}r - {m}l" for m in "abce"]
    lines += ["total = sqrt(rl) + sqrt(rr)"]
    lines += [f"{q} = (sqrt(rl)*{q}l + sqrt(rr)*{q}r)/total" for q in "uvwh"]
    text = """\
qq = u**2 + v**2 + w**2
aa = -0.5*(h - 0.5*qq)
a = sqrt(aa)
fast = u + a
slow = u - a
c3 = -0.5/aa*((h - qq)*dr + (u*da + v*db + w*dc) - de)*u
c2 = (dc/w - da)*u
c1 = (db/v - dr)*u
k1 = dr - c3
k2 = (da - u*dr)/a
c0 = 0.5*(k1 - k2)*slow
c4 = 0.5*(k1 + k2)*fast
z0 = c0 + c3 + c4*fast
z1 = c0*slow + c3*u + c4*fast
z2 = c0*v + c1*v + c3*v + c4*v
z3 = c0*w + c2*w + c3*w + c4*w
z4 = c0*(h - u*a) + c1*v**2 + c2*w**2 + c3*0.5*qq + c4*(h + u*a)
"""
    lines += text.splitlines()
    sums = ["al + ar", *(f"f{k}l + f{k}r" for k in range(1, 5))]
    lines += [f"o{k} = 0.5*({total} - z{k})" for k, total in enumerate(sums)]
    left = {"rl": 0.9, "al": 0.7, "bl": 0.5, "cl": 0.6, "el": 0.2}
    right = {"rr": 0.6, "ar": 0.8, "br": 0.4, "cr": 0.7, "er": 0.3}
    outputs = tuple(f"o{k}" for k in range(5))
    text = "\n".join(lines) + "\n"
    note = "the best published is for a graph with vectors"
    return Task("RoeFlux_3d", text, left | right, outputs, 174, 291, 1382, 926, 784, 612, note)


def greeks() -> Task:
    """Second-order sensitivities: the Jacobian of the traced gradient of `black_scholes`."""
    note = "293 with edge elimination"
    return Task("BlackScholes_Jacobian", "", {}, (), 139, 194, 545, 572, 308, 297, note)


def random_function() -> Task:
    note = "403 with edge elimination"
    return Task("g", "", {}, (), 120, 186, 632, 566, 416, 409, note)


def all_tasks() -> list[Task]:
    """The published tasks, in the order of the tables."""
    return [
        roe_flux_1d(),
        robot_arm(),
        human_heart_dipole(),
        propane_combustion(),
        greeks(),
        random_function(),
        roe_flux_3d(),
        black_scholes(),
    ]
