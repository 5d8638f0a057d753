"""The tools that are compared, as rows: what makes a derivative, and how it is called.

The functions of a row are in `tools`.  ``flat`` turns a result into a list of floats, row by row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Any

from tools import (
    Function,
    autograd_vector,
    casadi_buffers,
    casadi_sx,
    floats,
    from_array,
    graphc_numba,
    graphc_python,
    hand_tape,
    heyoka_buffers,
    heyoka_cfunc,
    jax_arrays,
    jax_jit,
    one_array,
    symengine_buffers,
    symengine_has_llvm,
    symengine_lambda,
    symengine_llvm,
    symforce_python,
    sympy_lambdify,
    wrenfold_numpy,
)
from workloads import Workload, flatten

TOO_SLOW = "over 60 s"
UNSEARCHED = "graphc, search=0"  # the best of the orders that cost one pass


@dataclass(frozen=True)
class Peer:
    """A tool.

    Attributes
    ----------
    name : str
    make : callable
        Workload to function.
    bind : callable
        Function and workload to what is called, and its arguments.
    flat : callable
        Result to list of floats.
    module : str
        What has to be installed.
    large : bool
        Whether it takes part above 100,000 operations.
    left_out : frozenset of str
        Workloads that take it hours, or that it has no functions for.
    slow : frozenset of str
        Workloads that take it minutes.
    second : frozenset of str
        The second derivatives that it gives.
    ready : callable, optional
        Whether what is installed has all that is needed.
    """

    name: str
    make: Callable[[Workload], Function]
    bind: Callable[[Function, Workload], tuple[Function, Sequence[Any]]] = floats
    flat: Callable[[Any], list[float]] = flatten
    module: str = ""
    large: bool = False
    left_out: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()
    second: frozenset[str] = frozenset({"hessian"})
    ready: Callable[[], bool] | None = None

    def installed(self) -> bool:
        if self.module and find_spec(self.module) is None:
            return False
        return self.ready is None or self.ready()

    def takes(self, w: Workload, patient: bool = False) -> bool:
        """Whether it is timed; what takes minutes only for those with patience."""
        left_out = self.left_out if patient else self.left_out | self.slow
        able = not w.second or w.second in self.second
        return able and (self.large or not w.large) and w.name not in left_out


_DEEP = frozenset({"chain_2k"})
_NO_ERF, _NO_ABS = frozenset({"BlackScholes"}), frozenset({"RoeFlux_1d"})
_BOTH = frozenset({"hessian", "sparse_hessian"})

_CASADI = Peer("casadi", casadi_sx, casadi_buffers, from_array, "casadi", large=True, second=_BOTH)
_SYMENGINE = Peer(
    "symengine", symengine_lambda, symengine_buffers, from_array, "symengine", left_out=_DEEP
)
_SYMFORCE = Peer("symforce", symforce_python, floats, from_array, "symforce", left_out=_DEEP)
_WRENFOLD = Peer("wrenfold", wrenfold_numpy, one_array, from_array, "wrenfold", left_out=_DEEP)
_JAX = Peer("jax", jax_jit, jax_arrays, from_array, "jax", left_out=_DEEP)

PEERS = (
    Peer("graphc", graphc_python, large=True, second=_BOTH),
    Peer(UNSEARCHED, partial(graphc_python, search=0), second=_BOTH),
    Peer("tape", hand_tape, large=True, second=frozenset()),
    Peer("sympy", sympy_lambdify, module="sympy", left_out=_DEEP, slow=frozenset({"w7a"})),
    _CASADI,
    _SYMENGINE,
    replace(_SYMENGINE, name="symengine-llvm", make=symengine_llvm, ready=symengine_has_llvm),
    _SYMFORCE,
    _WRENFOLD,
    _JAX,
    Peer("autograd", autograd_vector, floats, from_array, "autograd"),
)


def order_peers(search: int) -> tuple[Peer, ...]:
    """graphc in several orders, and tools that need not start quickly.

    Formulas are taken as they stand: other tools know no stable forms, nor does numba have all
    functions that these need.
    """
    plain = partial(graphc_python, stable=False)
    return (
        Peer("graphc", partial(plain, search=search)),
        Peer("forward", partial(plain, mode="forward")),
        Peer("reverse", partial(plain, mode="reverse")),
        _CASADI,
        _JAX,
        _SYMFORCE,
        replace(_WRENFOLD, left_out=_NO_ERF),
        Peer(
            "heyoka", heyoka_cfunc, heyoka_buffers, from_array, "heyoka", left_out=_NO_ABS | _NO_ERF
        ),
        Peer("numba", partial(graphc_numba, search=search, stable=False), module="numba"),
    )


def agree(found: Sequence[float], wanted: Sequence[float], tolerance: float = 1e-9) -> bool:
    """Whether two lists of derivatives are equal but for rounding.

    Entries a thousand times smaller than the largest are measured on its scale: they may be
    what is left when large numbers cancel.
    """
    scale = 1e-3 * max(map(abs, wanted))
    return len(found) == len(wanted) and all(
        math.isclose(f, x, rel_tol=tolerance, abs_tol=tolerance * scale)
        for f, x in zip(found, wanted, strict=True)
    )
