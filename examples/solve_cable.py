"""Find the shape of a hanging cable by Newton's method on its sparse equations.

Where the energy is least under the constraints, the gradient of the Lagrangian is zero.  A step
solves a linear system made of the Hessian of the Lagrangian and of the Jacobian of the
constraints, which both hold only what can be other than zero.
"""

from pathlib import Path

import numpy as np
from scipy.sparse import block_array, csr_array, tril
from scipy.sparse.linalg import spsolve

import graphc

PRODUCTS = ("value", "sparse_jacobian", "lagrangian_hessian")
SPAN, LINK, STIFFNESS = 6, 1, 0.1


def solve() -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Coordinates of the joints, tensions of the links, and the largest residual of each step."""
    m = graphc.load(Path(__file__).with_name("cable.expr"), products=PRODUCTS)
    along = np.arange(1, 8) / 8
    joints, tension = np.concatenate([SPAN * along, -SPAN * along * (1 - along)]), np.full(8, 0.5)
    residuals = [1.0]
    while residuals[-1] > 1e-12 and len(residuals) < 20:
        given = joints[:7], joints[7:], SPAN, LINK, STIFFNESS
        jacobian = csr_array(
            (m.sparse_jacobian(*given), m.JACOBIAN_INDICES, m.JACOBIAN_INDPTR),
            shape=m.JACOBIAN_SHAPE,
        )
        values = m.lagrangian_hessian(*given, 1.0, tension)
        lower = csr_array(
            (values, m.LAGRANGIAN_HESSIAN_INDICES, m.LAGRANGIAN_HESSIAN_INDPTR),
            shape=m.LAGRANGIAN_HESSIAN_SHAPE,
        )
        links = jacobian[1:]
        gradient = jacobian[[0]].toarray()[0] + links.T @ tension
        residual = np.concatenate([gradient, m.value(*given)[1:]])
        hessian = lower + tril(lower, -1).T
        system = block_array([[hessian, links.T], [links, None]], format="csc")
        step = spsolve(system, -residual)
        joints, tension = joints + step[:14], tension + step[14:]
        residuals.append(float(abs(residual).max()))
    return joints, tension, residuals[1:]


if __name__ == "__main__":
    joints, tension, residuals = solve()
    for x, y in joints.reshape(2, 7).T:
        print(f"{x:.4f} {y:.4f}")
    print("largest residuals:", " ".join(f"{r:.1e}" for r in residuals))
    raise SystemExit(not residuals[-1] < 1e-12)
