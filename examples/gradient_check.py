"""Check a gradient by hand: compare it with how much the value changes for a small step.

Central differences with h = 1e-4 are wrong by about h**2, so they agree with a right derivative
to eight digits or so, and with a wrong one to none.  Every generated module carries a check like
this one; written out, it is a few lines.
"""

from pathlib import Path

import graphc

H = 1e-4


def largest_error(model: graphc.Model, point: list[float]) -> float:
    """The largest difference between the gradient and central differences."""
    largest = 0.0
    for k, derivative in enumerate(model.grad(*point)):
        ahead = [*point[:k], point[k] + H, *point[k + 1 :]]
        behind = [*point[:k], point[k] - H, *point[k + 1 :]]
        difference = (model.value(*ahead) - model.value(*behind)) / (2 * H)
        largest = max(largest, abs(derivative - difference))
    return largest


if __name__ == "__main__":
    examples = Path(__file__).parent
    models = {"quickstart.expr": [2, 1], "maximum.expr": [1, 2, 0], "kepler.expr": [1.2, 0.3]}
    worst = 0.0
    for name, point in models.items():
        model = graphc.load(examples / name, products=["value", "grad"])
        error = largest_error(model, point)
        print(f"{name}: largest error {error:.1e}")
        worst = max(worst, error)
    raise SystemExit(worst > 1e-6)
