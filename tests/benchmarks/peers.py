"""One small function per tool: from the text of a workload to its gradient or Jacobian.

``make`` is what is timed as text to callable.  ``bind`` then gives the function and the arguments
that are timed as one call, in the fastest way that the tool offers; ``flat`` turns its result
into a list of floats, row by row.  Tools other than graphc and SymEngine have no parser for this
language that would do (SymPy's needs 0.2 ms for an operation), so Python executes the text with
the tool's symbols.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Annotated, Any

import tape
from workloads import Workload

Function = Callable[..., Any]
TOO_SLOW = "over 60 s"


def floats(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Call with positional floats."""
    return f, w.point


def flatten(result: Any) -> list[float]:
    """Numbers of nested tuples and lists, in order."""
    if isinstance(result, (tuple, list)):
        return [number for part in result for number in flatten(part)]
    return [float(result)]


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
        Workloads that take it longer than a minute.
    """

    name: str
    make: Callable[[Workload], Function]
    bind: Callable[[Function, Workload], tuple[Function, Sequence[Any]]] = floats
    flat: Callable[[Any], list[float]] = flatten
    module: str = ""
    large: bool = False
    left_out: frozenset[str] = field(default_factory=frozenset)

    def installed(self) -> bool:
        return not self.module or find_spec(self.module) is not None

    def takes(self, w: Workload) -> bool:
        return (self.large or not w.large) and w.name not in self.left_out


def execute(text: Any, w: Workload, arguments: Sequence[Any], library: Any) -> list[Any]:
    """The outputs of a text (or its code) for these arguments, with a library's functions."""
    names = functions(library)
    names.update(zip(w.inputs, arguments, strict=True))
    exec(text, names)
    return [names[output] for output in w.outputs]


def functions(library: Any) -> dict[str, Any]:
    """What workloads call, as far as a library has it, by graphc's names."""
    spellings = {name: name for name in ("sin", "cos", "sqrt", "exp", "log", "erf", "atan2")}
    spellings |= {"atan2": "arctan2"} if hasattr(library, "arctan2") else {}
    found = {name: getattr(library, other, None) for name, other in spellings.items()}
    if library.__name__ == "jax.numpy":
        from jax.scipy.special import erf

        found["erf"] = erf
    return found


def graphc_python(w: Workload, **options: Any) -> Function:
    import graphc

    product = "grad" if len(w.outputs) == 1 else "jacobian"
    model = graphc.compile(w.text, products=(product,), wrt=w.wrt, rules=w.rules, **options)
    return getattr(model, product)  # type: ignore[no-any-return]


def graphc_numba(w: Workload, **options: Any) -> Function:
    """The same function, unchanged, and the helpers that it calls; the first call compiles."""
    from types import FunctionType

    from numba import njit

    f = graphc_python(w, **options)
    names = f.__globals__
    for name, helper in list(names.items()):
        if name.startswith("_") and isinstance(helper, FunctionType):
            names[name] = njit(helper)
    compiled = njit(f)
    compiled(*w.point)
    return compiled  # type: ignore[no-any-return]


def hand_tape(w: Workload) -> Function:
    code = compile(w.text, "<tape>", "exec")
    active = [w.inputs.index(name) for name in w.wrt]

    def jacobian(*point: float) -> list[list[float]]:
        tape.clear()
        arguments = [tape.Number(x) for x in point]
        wrt = [arguments[k] for k in active]
        return [tape.gradient(y, wrt) for y in execute(code, w, arguments, tape)]

    return jacobian


def sympy_lambdify(w: Workload) -> Function:
    import sympy

    symbols = sympy.symbols(w.inputs)
    wrt = [s for s in symbols if s.name not in w.data]
    entries = [y.diff(x) for y in execute(w.text, w, symbols, sympy) for x in wrt]
    return sympy.lambdify(symbols, entries, modules="math", cse=True)  # type: ignore[no-any-return]


def symengine_lambda(w: Workload) -> Function:
    return _symengine(w, "lambda")


def symengine_llvm(w: Workload) -> Function:
    return _symengine(w, "llvm")


def _symengine(w: Workload, backend: str) -> Function:
    import symengine

    symbols = [symengine.Symbol(name) for name in w.inputs]
    wrt = [s for s in symbols if s.name not in w.data]
    entries = [y.diff(x) for y in execute(w.text, w, symbols, symengine) for x in wrt]
    return symengine.Lambdify(symbols, entries, cse=True, backend=backend)  # type: ignore[no-any-return]


def symengine_buffers(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Its quickest call: NumPy arrays for arguments and results, unchecked."""
    import numpy as np

    result = np.empty(len(w.outputs) * len(w.wrt))

    def call(point: Any) -> Any:
        f.unsafe_real(point, result)  # type: ignore[attr-defined]
        return result

    return call, (np.array(w.point),)


def casadi_sx(w: Workload) -> Function:
    import casadi

    symbols = [casadi.SX.sym(name) for name in w.inputs]
    outputs = casadi.vertcat(*execute(w.text, w, symbols, casadi))
    wrt = casadi.vertcat(*[s for s in symbols if s.name() not in w.data])
    rows = casadi.densify(casadi.jacobian(outputs, wrt).T)  # transposed: it stores columns
    return casadi.Function("f", [casadi.vertcat(*symbols)], [rows])  # type: ignore[no-any-return]


def casadi_buffers(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Its quickest call: memory that is bound once, then a trigger."""
    import numpy as np

    point, result = np.array(w.point), np.empty(len(w.outputs) * len(w.wrt))
    buffer, trigger = f.buffer()  # type: ignore[attr-defined]
    buffer.set_arg(0, memoryview(point))
    buffer.set_res(0, memoryview(result))

    def call(_: Any) -> Any:
        trigger()
        return result

    call.owners = f, buffer  # type: ignore[attr-defined]  # the trigger does not keep them alive
    return call, (point,)


def jax_jit(w: Workload) -> Function:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    active = [w.inputs.index(name) for name in w.wrt]

    def values(x: Any, point: Any) -> Any:
        arguments = list(point)
        for k, place in enumerate(active):
            arguments[place] = x[k]
        outputs = execute(w.text, w, arguments, jnp)
        return outputs[0] if len(outputs) == 1 else jnp.stack(outputs)

    return _compiled(jax, jax.jit(_derivative(jax, values, w)), w)


def _derivative(library: Any, values: Function, w: Workload) -> Function:
    if len(w.outputs) == 1:
        return library.grad(values)  # type: ignore[no-any-return]
    forward = len(w.wrt) < len(w.outputs)
    return (library.jacfwd if forward else library.jacrev)(values)  # type: ignore[no-any-return]


def _compiled(jax: Any, f: Function, w: Workload) -> Function:
    """The first call is what compiles."""
    import numpy as np

    wrt = np.array([x for x, name in zip(w.point, w.inputs, strict=True) if name not in w.data])
    jax.block_until_ready(f(wrt, np.array(w.point)))
    return f


def jax_arrays(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Its quickest call: arrays that are on the device already."""
    import jax.numpy as jnp

    wrt = [x for x, name in zip(w.point, w.inputs, strict=True) if name not in w.data]

    def call(x: Any, point: Any) -> Any:
        return f(x, point).block_until_ready()

    return call, (jnp.array(wrt), jnp.array(w.point))


def autograd_vector(w: Workload) -> Function:
    import autograd
    import autograd.numpy as anp

    code = compile(w.text, "<autograd>", "exec")
    active = [w.inputs.index(name) for name in w.wrt]

    def values(x: Any, *point: float) -> Any:
        arguments: list[Any] = list(point)
        for k, place in enumerate(active):
            arguments[place] = x[k]
        outputs = execute(code, w, arguments, anp)
        return outputs[0] if len(outputs) == 1 else anp.array(outputs)

    derivative = autograd.grad if len(w.outputs) == 1 else autograd.jacobian
    f = derivative(values)

    def call(*point: float) -> Any:
        return f(anp.array([point[place] for place in active]), *point)

    return call


def wrenfold_numpy(w: Workload) -> Function:
    from wrenfold import code_generation, sym
    from wrenfold.type_annotations import Shape

    def rows(x: Any) -> Any:
        arguments = [x[k, 0] for k in range(len(w.inputs))]
        wrt = [a for a, name in zip(arguments, w.inputs, strict=True) if name not in w.data]
        return sym.jacobian(execute(w.text, w, arguments, sym), wrt)

    rows.__annotations__ = {"x": Annotated[sym.MatrixExpr, Shape(len(w.inputs), 1)]}
    return code_generation.generate_python(rows)[0]


def symforce_python(w: Workload) -> Function:
    from tempfile import mkdtemp

    import symforce

    symforce.set_epsilon_to_number()  # only what asks for it gets it; without, there is a warning
    import symforce.symbolic as sf
    from symforce.codegen import Codegen, PythonConfig, codegen_util
    from symforce.values import Values

    symbols = {name: sf.Symbol(name) for name in w.inputs}
    outputs = sf.Matrix(execute(w.text, w, list(symbols.values()), sf))
    rows = outputs.jacobian([symbols[name] for name in w.wrt])
    code = Codegen(Values(**symbols), Values(rows=rows), PythonConfig(), "rows", return_key="rows")
    made = code.generate_function(output_dir=mkdtemp())
    return codegen_util.load_generated_function("rows", made.function_dir)  # type: ignore[no-any-return]


def heyoka_cfunc(w: Workload) -> Function:
    import heyoka

    symbols = heyoka.make_vars(*w.inputs)
    wrt = [s for s, name in zip(symbols, w.inputs, strict=True) if name not in w.data]
    rows = heyoka.diff_tensors(execute(w.text, w, symbols, heyoka), wrt).jacobian
    return heyoka.cfunc(rows.ravel().tolist(), symbols)  # type: ignore[no-any-return]


def heyoka_buffers(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Its quickest call: an array for the results, made once."""
    import numpy as np

    result = np.empty(len(w.outputs) * len(w.wrt))

    def call(point: Any) -> Any:
        return f(point, outputs=result)

    return call, (np.array(w.point),)


def one_array(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Call with one NumPy array."""
    import numpy as np

    return f, (np.array(w.point),)


def from_array(result: Any) -> list[float]:
    """Numbers of an array, row by row."""
    import numpy as np

    return list(map(float, np.asarray(result).ravel()))


_DEEP = frozenset({"chain_2k"})
_NO_ERF, _NO_ABS = frozenset({"BlackScholes"}), frozenset({"RoeFlux_1d"})

PEERS = (
    Peer("graphc", graphc_python, large=True),
    Peer("tape", hand_tape, large=True),
    Peer("sympy", sympy_lambdify, module="sympy", left_out=_DEEP),
    Peer("casadi", casadi_sx, casadi_buffers, from_array, "casadi", large=True),
    Peer("symengine", symengine_lambda, symengine_buffers, from_array, "symengine", False, _DEEP),
    Peer(
        "symengine-llvm", symengine_llvm, symengine_buffers, from_array, "symengine", False, _DEEP
    ),
    Peer("wrenfold", wrenfold_numpy, one_array, from_array, "wrenfold", False, _DEEP),
    Peer("jax", jax_jit, jax_arrays, from_array, "jax", False, _DEEP),
    Peer("autograd", autograd_vector, floats, from_array, "autograd"),
)


def order_peers(search: int) -> tuple[Peer, ...]:
    """graphc in several orders, and tools that need not start quickly."""
    return (
        Peer("graphc", partial(graphc_python, search=search)),
        Peer("forward", partial(graphc_python, mode="forward")),
        Peer("reverse", partial(graphc_python, mode="reverse")),
        Peer("casadi", casadi_sx, casadi_buffers, from_array, "casadi"),
        Peer("jax", jax_jit, jax_arrays, from_array, "jax"),
        Peer("symforce", symforce_python, flat=from_array, module="symforce"),
        Peer("wrenfold", wrenfold_numpy, one_array, from_array, "wrenfold", left_out=_NO_ERF),
        Peer(
            "heyoka", heyoka_cfunc, heyoka_buffers, from_array, "heyoka", left_out=_NO_ABS | _NO_ERF
        ),
        Peer("numba", partial(graphc_numba, search=search), module="numba"),
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
