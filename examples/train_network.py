"""Train the network of network.expr to tell whether its two inputs differ (exclusive or).

Gradient descent with momentum, on four examples.  The model's gradient has one entry for every
parameter, in the order of the arguments; the loop adds up the gradients of the examples and takes
a step against them.  So small a network gets stuck from many starting points; this one works.
"""

from pathlib import Path
from random import Random

import graphc

# u1, u2, wanted; 0.1 and 0.9 rather than 0 and 1, which a sigmoid never reaches
EXAMPLES = [(-1.0, -1.0, 0.1), (-1.0, 1.0, 0.9), (1.0, -1.0, 0.9), (1.0, 1.0, 0.1)]
RATE, MOMENTUM, ENOUGH = 0.1, 0.9, 1e-6


def train(steps: int = 5_000) -> tuple[float, list[float], int]:
    """The loss that was reached, the parameters, and the number of steps it took."""
    model = graphc.load(Path(__file__).with_name("network.expr"))
    random = Random(0)  # the same start on every run
    parameters = [random.uniform(-1.0, 1.0) for name in model.INPUTS[3:]]
    velocity = [0.0] * len(parameters)
    for step in range(steps):
        loss, slope = 0.0, [0.0] * len(parameters)
        for example in EXAMPLES:
            value, gradient = model.value_and_grad(*example, *parameters)
            loss += value
            slope = [s + g for s, g in zip(slope, gradient, strict=True)]
        if loss < ENOUGH:
            return loss, parameters, step
        velocity = [MOMENTUM * v - RATE * s for v, s in zip(velocity, slope, strict=True)]
        parameters = [p + v for p, v in zip(parameters, velocity, strict=True)]
    return loss, parameters, steps


if __name__ == "__main__":
    loss, parameters, steps = train()
    print(f"loss {loss:.1e} after {steps} steps, {len(parameters)} parameters")
    raise SystemExit(loss >= ENOUGH)
