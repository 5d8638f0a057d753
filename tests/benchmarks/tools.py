"""One small function per tool: from the text of a workload to its derivative.

What makes a function is timed as text to callable.  What binds it then gives the function and the
arguments that are timed as one call, in the fastest way that the tool offers.  Tools other than
graphc and SymEngine have no parser for this language that would do (SymPy's needs 0.2 ms for an
operation), so Python executes the text with the tool's symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import tape
from workloads import Workload

Function = Callable[..., Any]


def floats(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Call with positional floats."""
    return f, w.point


def execute(text: Any, w: Workload, arguments: Sequence[Any], library: Any) -> list[Any]:
    """The outputs of a text (or its code) for these arguments, with a library's functions."""
    names = functions(library)
    names.update(zip(w.inputs, arguments, strict=True))
    exec(text, names)
    return [names[output] for output in w.outputs]


def active(symbols: Sequence[Any], w: Workload) -> list[Any]:
    """The symbols to differentiate with respect to."""
    return [s for s, name in zip(symbols, w.inputs, strict=True) if name not in w.data]


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

    model = graphc.compile(w.declared, products=(w.product,), wrt=w.wrt, rules=w.rules, **options)
    return getattr(model, w.product)  # type: ignore[no-any-return]


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
    places = [w.inputs.index(name) for name in w.wrt]

    def jacobian(*point: float) -> list[list[float]]:
        tape.clear()
        arguments = [tape.Number(x) for x in point]
        wrt = [arguments[k] for k in places]
        return [tape.gradient(y, wrt) for y in execute(code, w, arguments, tape)]

    return jacobian


def sympy_lambdify(w: Workload) -> Function:
    import sympy

    symbols = sympy.symbols(w.inputs)
    outputs, wrt = execute(w.text, w, symbols, sympy), active(symbols, w)
    if w.second:
        entries = list(sympy.hessian(outputs[0], wrt))  # one triangle, mirrored
    else:
        entries = [y.diff(x) for y in outputs for x in wrt]
    return sympy.lambdify(symbols, entries, modules="math", cse=True)  # type: ignore[no-any-return]


def symengine_lambda(w: Workload) -> Function:
    return _symengine(w, "lambda")


def symengine_llvm(w: Workload) -> Function:
    return _symengine(w, "llvm")


def symengine_has_llvm() -> bool:
    """Whether it was built with it; the one that comes with SymForce is not."""
    import symengine

    return bool(symengine.have_llvm)


def _symengine(w: Workload, backend: str) -> Function:
    import symengine

    symbols = [symengine.Symbol(name) for name in w.inputs]
    outputs, wrt = execute(w.text, w, symbols, symengine), active(symbols, w)
    entries = [y.diff(x) for y in outputs for x in wrt]
    if w.second:
        entries = [g.diff(x) for g in entries for x in wrt]
    return symengine.Lambdify(symbols, entries, cse=True, backend=backend)  # type: ignore[no-any-return]


def symengine_buffers(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Its quickest call: NumPy arrays for arguments and results, unchecked."""
    import numpy as np

    result = np.empty(w.entries)

    def call(point: Any) -> Any:
        f.unsafe_real(point, result)  # type: ignore[attr-defined]
        return result

    return call, (np.array(w.point),)


def casadi_sx(w: Workload) -> Function:
    import casadi

    symbols = [casadi.SX.sym(name, w.arrays.get(name, 1)) for name in w.inputs]
    outputs = casadi.vertcat(*execute(w.text, w, symbols, casadi))
    wrt = casadi.vertcat(*active(symbols, w))
    rows = (casadi.hessian(outputs, wrt)[0] if w.second else casadi.jacobian(outputs, wrt)).T
    if w.second != "sparse_hessian":
        rows = casadi.densify(rows)
    # transposed: it stores columns
    return casadi.Function("f", [casadi.vertcat(*symbols)], [rows])  # type: ignore[no-any-return]


def casadi_buffers(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Its quickest call: memory that is bound once, then a trigger."""
    import numpy as np

    point, result = np.array(w.numbers), np.empty(f.nnz_out(0))  # type: ignore[attr-defined]
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
    places = [w.inputs.index(name) for name in w.wrt]

    def values(x: Any, point: Any) -> Any:
        arguments = list(point)
        for k, place in enumerate(places):
            arguments[place] = x[k]
        outputs = execute(w.text, w, arguments, jnp)
        return outputs[0] if len(outputs) == 1 else jnp.stack(outputs)

    f = jax.jit(getattr(jax, _jax_derivative(w))(values))
    jax.block_until_ready(f(jnp.array(active(w.point, w)), jnp.array(w.point)))  # it compiles now
    return f  # type: ignore[no-any-return]


def _jax_derivative(w: Workload) -> str:
    if w.second:
        return "hessian"
    if len(w.outputs) == 1:
        return "grad"
    return "jacfwd" if len(w.wrt) < len(w.outputs) else "jacrev"


def jax_arrays(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Its quickest call: arrays that are on the device already."""
    import jax.numpy as jnp

    def call(x: Any, point: Any) -> Any:
        return f(x, point).block_until_ready()

    return call, (jnp.array(active(w.point, w)), jnp.array(w.point))


def autograd_vector(w: Workload) -> Function:
    import autograd
    import autograd.numpy as anp

    code = compile(w.text, "<autograd>", "exec")
    places = [w.inputs.index(name) for name in w.wrt]

    def values(x: Any, *point: float) -> Any:
        arguments: list[Any] = list(point)
        for k, place in enumerate(places):
            arguments[place] = x[k]
        outputs = execute(code, w, arguments, anp)
        return outputs[0] if len(outputs) == 1 else anp.array(outputs)

    product = "hessian" if w.second else "grad" if len(w.outputs) == 1 else "jacobian"
    f = getattr(autograd, product)(values)

    def call(*point: float) -> Any:
        return f(anp.array([point[place] for place in places]), *point)

    return call


def wrenfold_numpy(w: Workload) -> Function:
    from wrenfold import code_generation, sym
    from wrenfold.type_annotations import Shape

    def rows(x: Any) -> Any:
        arguments = [x[k, 0] for k in range(len(w.inputs))]
        outputs, wrt = execute(w.text, w, arguments, sym), active(arguments, w)
        first = sym.jacobian(outputs, wrt)
        return sym.jacobian(first.transpose(), wrt) if w.second else first

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
    wrt = [symbols[name] for name in w.wrt]
    rows = sf.Matrix(execute(w.text, w, list(symbols.values()), sf)).jacobian(wrt)
    if w.second:
        rows = rows.T.jacobian(wrt)
    code = Codegen(Values(**symbols), Values(rows=rows), PythonConfig(), "rows", return_key="rows")
    made = code.generate_function(output_dir=mkdtemp())
    return codegen_util.load_generated_function("rows", made.function_dir)  # type: ignore[no-any-return]


def heyoka_cfunc(w: Workload) -> Function:
    import heyoka

    symbols = heyoka.make_vars(*w.inputs)
    outputs, wrt = execute(w.text, w, symbols, heyoka), active(symbols, w)
    found = heyoka.diff_tensors(outputs, wrt, diff_order=2 if w.second else 1)
    rows = found.hessian(0) if w.second else found.jacobian
    return heyoka.cfunc(rows.ravel().tolist(), symbols)  # type: ignore[no-any-return]


def heyoka_buffers(f: Function, w: Workload) -> tuple[Function, Sequence[Any]]:
    """Its quickest call: an array for the results, made once."""
    import numpy as np

    result = np.empty(w.entries)

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
