"""graphc compiles expression files to plain Python gradient functions.

>>> import graphc
>>> model = graphc.compile("e = (a + b) * (b + 1)")
>>> model.value_and_grad(2.0, 1.0)
(6.0, (2.0, 5.0))

Names are loaded when they are first used, so that ``import graphc`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphc.errors import GraphcError, InputError, OptionError
    from graphc.graph import Graph
    from graphc.inspect.trace import trace
    from graphc.model import Model, compile, differentiate, from_sympy, load, parse
    from graphc.ops import OPS

__version__ = "0.1.0"

__all__ = [
    "OPS",
    "Graph",
    "GraphcError",
    "InputError",
    "Model",
    "OptionError",
    "compile",
    "differentiate",
    "from_sympy",
    "load",
    "parse",
    "trace",
]

_HOMES = {
    "OPS": "ops",
    "Graph": "graph",
    "GraphcError": "errors",
    "InputError": "errors",
    "Model": "model",
    "OptionError": "errors",
    "compile": "model",
    "differentiate": "model",
    "from_sympy": "model",
    "load": "model",
    "parse": "model",
    "trace": "inspect.trace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'graphc' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(f"graphc.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
