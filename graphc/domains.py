"""The operation table, continued: where operations are defined and smooth, and what they can be.

These are fields of the rows of `graphc.ops`.  A text is a condition in graphc's own language, with
the row's arguments, or ``out`` for the result; what is not said holds everywhere.  ``defined``,
``continuous``, ``smooth`` and ``twice`` tell where the value exists, does not jump, and has a first
and a second derivative; each is meant where those before it hold.  ``range`` is where the result
lies.  Between the arguments at which it turns (``turns``; ``k`` is any whole number) an operation
is monotone in each of them, or only where ``monotone`` holds.

Abramowitz & Stegun, chapters 4, 6 and 7.

>>> DOMAINS["sqrt"]
{'defined': 'x >= 0', 'smooth': 'x > 0'}
"""

from __future__ import annotations

_STEPS = "x/y != floor(x/y)"
_NO_POLE = "x > 0 or x != floor(x)"
_LOG = {"defined": "x > 0"}
_MINIMUM = "1.4616321449683623"  # of the gamma function
_POWER = "where(y == floor(y), y >= 0 or x != 0, where(y >= 0, x >= 0, x > 0))"

DOMAINS: dict[str, dict[str, str]] = {
    # arithmetic and powers
    "mul": {"turns": "0"},
    "div": {"defined": "y != 0"},
    "floordiv": {"defined": "y != 0", "continuous": _STEPS},
    "mod": {"defined": "y != 0", "continuous": _STEPS, "range": "min(y, 0) <= out <= max(y, 0)"},
    "pow": {"defined": _POWER, "smooth": "y == floor(y) or y >= 1 or x > 0",
            "twice": "y == floor(y) or y >= 2 or x > 0", "turns": "0",
            "range": "out >= where(x >= 0 or y % 2 == 0, 0, -1e308*10)"},
    "sqrt": {"defined": "x >= 0", "smooth": "x > 0"},
    "cbrt": {"smooth": "x != 0"},
    "exp": {"range": "out > 0"},
    "exp2": {"range": "out > 0"},
    "expm1": {"range": "out > -1"},
    "log": _LOG,
    "log2": _LOG,
    "log10": _LOG,
    "log1p": {"defined": "x > -1"},
    "ratio": {"continuous": "y != 0"},
    "hypot": {"smooth": "x != 0 or y != 0", "range": "out >= 0", "turns": "0"},
    "hypot3": {"smooth": "x != 0 or y != 0 or z != 0", "range": "out >= 0", "turns": "0"},
    # trigonometric and hyperbolic functions; pi is rounded, so ranges are a little wider
    "sin": {"range": "-1 <= out <= 1", "turns": "pi/2 + k*pi"},
    "cos": {"range": "-1 <= out <= 1", "turns": "k*pi"},
    "tan": {"defined": "cos(x) != 0"},
    "asin": {"defined": "-1 <= x <= 1", "smooth": "-1 < x < 1", "range": "-1.571 < out < 1.571"},
    "acos": {"defined": "-1 <= x <= 1", "smooth": "-1 < x < 1", "range": "0 <= out < 3.142"},
    "atan": {"range": "-1.571 < out < 1.571"},
    "atan2": {"continuous": "y != 0 or x > 0", "range": "-3.142 < out < 3.142"},
    "cosh": {"range": "out >= 1", "turns": "0"},
    "tanh": {"range": "-1 < out < 1"},
    "acosh": {"defined": "x >= 1", "smooth": "x > 1", "range": "out >= 0"},
    "atanh": {"defined": "-1 < x < 1"},
    # error and gamma functions
    "erf": {"range": "-1 < out < 1"},
    "erfc": {"range": "0 < out < 2"},
    "gamma": {"defined": _NO_POLE, "monotone": "x > 0", "turns": _MINIMUM},
    "lgamma": {"defined": _NO_POLE, "monotone": "x > 0", "turns": _MINIMUM},
    "digamma": {"defined": _NO_POLE},
    "polygamma": {"defined": "x > 0 or x > -10 and x != floor(x)", "monotone": "x > 0"},
    # kinks and steps
    "abs": {"smooth": "x != 0", "range": "out >= 0", "turns": "0"},
    "sign": {"continuous": "x != 0"},
    "copysign": {"continuous": "y != 0", "smooth": "x != 0", "turns": "0",
                 "range": "-abs(x) <= out <= abs(x)"},
    "floor": {"continuous": "x != floor(x)"},
    "ceil": {"continuous": "x != floor(x)"},
    "trunc": {"continuous": "abs(x) < 1 or x != floor(x)"},
    "fmod": {"defined": "y != 0", "continuous": f"abs(x) < abs(y) or {_STEPS}",
             "range": "max(min(x, 0), -abs(y)) <= out <= min(max(x, 0), abs(y))"},
    "min": {"smooth": "x != y"},
    "max": {"smooth": "x != y"},
    # model building blocks
    "sigmoid": {"range": "0 < out < 1"},
    "softplus": {"range": "out > max(x, 0)"},
    "logsumexp": {"range": "out > max(x, y)"},
    "sinc": {"monotone": "False", "range": "-0.22 < out <= 1"},
    "log0": {"defined": "x >= 0", "smooth": "x > 0"},
    "xlogx": {"defined": "x >= 0", "smooth": "x > 0", "turns": "0.36787944117144233"},
    "xlogy": {"defined": "y > 0 or x == 0", "smooth": "y > 0"},
    "xxlogx": {"twice": "x != 0", "range": "out > -0.184", "monotone": "x > 0",
               "turns": "0.6065306597126334"},
    "logit": {"defined": "0 < x < 1"},
    "logratio": {"defined": "x > 0 and y > 0"},
    "sinrel": {"monotone": "False", "range": "-0.22 < out <= 1"},
    "dsinrel": {"monotone": "False", "range": "-0.44 < out < 0.44"},
    "exprel": {"range": "out > 0"},
    "dexprel": {"range": "out > 0"},
    "logrel": {"defined": "x > -1", "range": "out > 0"},
    "dlogrel": {"defined": "x > -1", "range": "out < 0"},
    "bernoulli": {"range": "out > 0"},
    "dbernoulli": {"range": "-1 < out < 0"},
}  # fmt: skip
