"""Find the bottom of Rosenbrock's valley with SciPy.

A generated module has the calling conventions of scipy.optimize: the functions are passed as
they are.  With the gradient, BFGS needs a few dozen evaluations; without it SciPy estimates
every entry by differences, at seven values for a gradient and about eight lost digits.
"""

from pathlib import Path

from scipy.optimize import OptimizeResult, minimize

import graphc


def solve() -> OptimizeResult:
    """What scipy.optimize.minimize found."""
    model = graphc.load(Path(__file__).with_name("rosenbrock.expr"))
    start = [-1.2, 1.0, -1.2, 1.0, -1.2, 1.0]
    return minimize(model.value, start, jac=model.grad, method="BFGS", options={"gtol": 1e-9})


if __name__ == "__main__":
    result = solve()
    print("minimum at", " ".join(f"{x:.6f}" for x in result.x), f"after {result.nfev} evaluations")
    raise SystemExit(not result.fun < 1e-15)
