"""Text to a module in memory: the library's front door.

>>> model = compile("e = (a + b) * (b + 1)")
>>> model.value_and_grad(2.0, 1.0)
(6.0, (2.0, 5.0))
>>> model.INPUTS
('a', 'b')
"""

from __future__ import annotations
import __future__

import builtins
import gc
import linecache
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from graphc.codegen.guards import check_errors
from graphc.codegen.module import functions, generate
from graphc.derive.choose import check_mode
from graphc.derive.jacobian import EFFORT
from graphc.derive.products import PRODUCTS, build_all, check_products, select_inputs
from graphc.derive.prune import prune
from graphc.derive.repeat import with_derivatives
from graphc.derive.results import Product
from graphc.derive.rules import TABLES, Simplifier
from graphc.derive.stable import stabilise
from graphc.errors import OptionError, Source
from graphc.language.elaborate import MAX_OPERATIONS, elaborate
from graphc.language.lexer import decode, make_source
from graphc.program import Program

if TYPE_CHECKING:
    from graphc.graph import Graph

# Text is elaborated to a program, which the passes improve one after the other; products are
# accumulated on copies of the result, and written.
PASSES: tuple[Callable[[Program], Program], ...] = (prune, stabilise)

TARGETS = ("python",)
_PIECES = 2_000  # lines; longer modules are compiled function by function


class Model(ModuleType):
    """A compiled model: a module whose functions are the products.

    Attributes
    ----------
    program : Program
        The straight-line program of the model.
    INPUTS, OUTPUTS : tuple of str
    SOURCE_SHA256 : str
    errors : str
        Whether its functions ``raise`` Python's errors, or return what ``ieee`` 754 has.

    Notes
    -----
    Its source is registered with `linecache`, so tracebacks and debuggers show it.  It
    pickles, and can be put into ``sys.modules``.
    """

    program: Program
    errors: str

    def __init__(
        self, program: Program, products: Sequence[Product], errors: str = "raise"
    ) -> None:
        stem = Path(program.source.name).stem if program.source.name[:1] != "<" else "model"
        super().__init__(f"{stem}_grad")
        self.program = program
        self.errors = errors
        self._products = list(products)
        self._text = functions(program, products, errors=errors)
        digest = sha256(self._text.encode()).hexdigest()[:12]
        self.__file__ = f"<graphc {stem} {digest}>"
        lines = self._text.splitlines(keepends=True)
        linecache.cache[self.__file__] = (len(self._text), None, lines, self.__file__)
        _execute(self._text, self.__file__, self.__dict__)

    @property
    def source(self) -> str:
        """The text of the module, as the command line writes it."""
        return generate(self.program, self._products, self.errors)

    @property
    def graph(self) -> Graph:
        """The graph of the model with its derivatives, as a networkx DAG."""
        from graphc.graph import Graph

        return Graph(max((p.program for p in self._products), key=len))

    def __reduce__(self) -> tuple[type[Model], tuple[Program, list[Product], str]]:
        return Model, (self.program, self._products, self.errors)

    def __getattr__(self, name: str) -> Any:
        if name in PRODUCTS:
            raise AttributeError(
                f"the model was compiled without '{name}'; pass products=({name!r}, ...)"
            )
        raise AttributeError(f"a model has no attribute '{name}'")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows."""
        from graphc.view.notebook import bundle

        return bundle(self.program, repr(self), include)

    def __repr__(self) -> str:
        arguments, outputs = ", ".join(self.program.inputs), ", ".join(self.program.outputs)
        return f"<graphc model ({arguments}) -> ({outputs})>"


def compile(
    text: str | Graph,
    *,
    products: Sequence[str] | None = None,
    wrt: Sequence[str] | None = None,
    mode: str = "auto",
    search: int = EFFORT,
    triangle: str = "full",
    target: str = "python",
    errors: str = "raise",
    rules: str = "exact",
    stable: bool = True,
    max_operations: int = MAX_OPERATIONS,
) -> Model:
    """Compile the text of an expression file.

    Parameters
    ----------
    text : str or Graph
        An expression file's text, or a graph from `parse` or `from_sympy`.
    products : sequence of str, optional
        Functions to generate, or ``("all",)``; by default the value, the gradient (the
        Jacobian, if there are several outputs) and both at once.
    wrt : sequence of str, optional
        Inputs to differentiate with respect to; all that are not ``data`` by default.
    mode : str
        Elimination order: ``auto``, ``forward``, ``reverse``, ``cross-country`` (what the search
        finds) or another of `graphc.derive.choose.MODES`.
    search : int
        Effort of the search for an order, in thousands of moves tried; the same effort gives
        the same module.
    triangle : str
        ``full``, or ``lower`` for the lower triangle of sparse Hessians alone.
    target : str
        ``python``.
    errors : str
        What the functions do where an operation is undefined or overflows: ``raise`` Python's
        errors, or return the infinity or nan that ``ieee`` 754 has; see `graphc.codegen.guards`.
    rules : str
        ``exact``, or ``real`` to use rules that can differ in -0.0, inf and nan.
    stable : bool
        Whether formulas that overflow, cancel or are 0/0 are computed in the forms of
        `graphc.derive.stable`.  Without them a value is bit for bit that of Python.
    max_operations : int
        Limit after loops are unrolled.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        The text is wrong; carries every diagnostic.
    OptionError
        A product, input, mode, target, way with errors or rule set is unknown.
    """
    options: dict[str, Any] = {"products": products, "wrt": wrt, "mode": mode, "search": search,
                               "triangle": triangle, "target": target,
                               "errors": errors}  # fmt: skip
    if not isinstance(text, str):
        return _compiled(_program_of(text), **options)
    return compile_source(make_source(text), rules, max_operations, stable, **options)


def load(path: str | os.PathLike[str], **options: Any) -> Model:
    """Compile an expression file; options are those of `compile`.

    Raises
    ------
    OSError
        The file cannot be read.
    InputError, OptionError
        As for `compile`.
    """
    return compile_source(decode(Path(path).read_bytes(), str(path)), **options)


def parse(
    text: str,
    *,
    rules: str = "exact",
    stable: bool = True,
    max_operations: int = MAX_OPERATIONS,
) -> Graph:
    """The graph of the text of an expression file.

    Parameters
    ----------
    text : str
    rules, stable, max_operations
        As for `compile`.
    """
    from graphc.graph import Graph

    return Graph(read_program(make_source(text), rules, max_operations, passes(stable)))


def from_sympy(outputs: Mapping[str, Any], *, rules: str = "exact", stable: bool = True) -> Graph:
    """The graph of SymPy expressions.

    Parameters
    ----------
    outputs : mapping of str to sympy.Expr
        Expressions by output name.  Symbols become inputs, in alphabetical order.
    rules, stable
        As for `compile`.
    """
    from graphc.graph import Graph
    from graphc.inspect.sympy_bridge import from_sympy as convert

    return Graph(_improved(convert(outputs, Simplifier(_rules(rules))), passes(stable)))


def differentiate(graph: Graph, wrt: Sequence[str] | None = None, mode: str = "auto") -> Graph:
    """The graph whose outputs are all first derivatives of a graph's outputs.

    It is a graph like any other: it can be compiled, and differentiated again.

    Parameters
    ----------
    graph : Graph
    wrt : sequence of str, optional
        Inputs to differentiate with respect to; all that are not ``data`` by default.
    mode : str
        As for `compile`.

    Returns
    -------
    Graph
        Outputs have Leibniz's names, with an underscore where the name is taken; what is zero
        everywhere is the constant 0.

    Raises
    ------
    OptionError
        An input or the mode is unknown, or there would be more than a million outputs.

    Examples
    --------
    >>> first = differentiate(parse("e = a*a*b"))
    >>> second = differentiate(first, wrt=("a",))
    >>> compile(second).value(2.0, 3.0)
    (6.0, 4.0)
    >>> list(second.graph["outputs"])
    ['d2e_da_da', 'd2e_db_da']
    """
    from graphc.graph import Graph

    program = _program_of(graph)
    chosen = select_inputs(program, wrt)
    if not chosen:
        raise OptionError("there is no input to differentiate with respect to")
    past = graph.graph.get("lineage", {})
    with collector_off():
        derived, lineage = with_derivatives(program, past, chosen, check_mode(mode))
    found = Graph(derived)
    found.graph["lineage"] = lineage
    return found


def _program_of(graph: Graph) -> Program:
    program = getattr(graph, "program", None)
    if program is None:
        raise OptionError(f"expected a text or a graph, found {type(graph).__name__}")
    return program  # type: ignore[no-any-return]


def read_program(
    source: Source,
    rules: str = "exact",
    max_operations: int = MAX_OPERATIONS,
    passes: Sequence[Callable[[Program], Program]] = PASSES,
) -> Program:
    """The program of a source, simplified as it is made and improved by the passes."""
    with collector_off():
        program = elaborate(source, Simplifier(_rules(rules)), max_operations)
        return _improved(program, passes)


def passes(stable: bool) -> tuple[Callable[[Program], Program], ...]:
    """The passes, with or without stable forms."""
    return PASSES if stable else tuple(p for p in PASSES if p is not stabilise)


def _improved(program: Program, passes: Sequence[Callable[[Program], Program]]) -> Program:
    for improve in passes:
        program = improve(program)
    return program


def read_products(
    program: Program,
    products: Sequence[str] | None = None,
    wrt: Sequence[str] | None = None,
    mode: str = "auto",
    search: int = EFFORT,
    triangle: str = "full",
    target: str = "python",
) -> list[Product]:
    """The products asked for; options are those of `compile`."""
    if target not in TARGETS:
        raise OptionError(f"unknown target '{target}'; choose from {', '.join(TARGETS)}")
    if not isinstance(search, int) or search < 0:
        raise OptionError(f"search takes a whole number from 0 on, found {search!r}")
    names = check_products(program, products)
    with collector_off():
        return build_all(program, names, wrt, check_mode(mode), search, triangle)


def generate_source(program: Program, errors: str = "raise", **options: Any) -> str:
    """The text of the module for a program; options are those of `compile`."""
    check_errors(errors)
    products = read_products(program, **options)
    with collector_off():
        return generate(program, products, errors)


def compile_source(
    source: Source,
    rules: str = "exact",
    max_operations: int = MAX_OPERATIONS,
    stable: bool = True,
    **options: Any,
) -> Model:
    """Compile a source; options are those of `compile`."""
    return _compiled(read_program(source, rules, max_operations, passes(stable)), **options)


def _compiled(program: Program, errors: str = "raise", **options: Any) -> Model:
    check_errors(errors)
    built = read_products(program, **options)
    with collector_off():
        return Model(program, built, errors)


@contextmanager
def collector_off() -> Iterator[None]:
    """Nothing made here is garbage; the cyclic collector would only walk over it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _rules(name: str) -> Any:
    if name not in TABLES:
        raise OptionError(f"unknown rules '{name}'; choose from {', '.join(TABLES)}")
    return TABLES[name]


def _execute(source: str, file: str, namespace: dict[str, Any]) -> None:
    """Run the text of a module; a long one piece by piece, which needs less memory."""
    pieces = [source]
    if source.count("\n") > _PIECES:
        pieces = source.split("\n\n\n")
    line = 0
    flags = __future__.annotations.compiler_flag
    for piece in pieces:
        code = builtins.compile("\n" * line + piece, file, "exec", flags, True)
        exec(code, namespace)
        line += piece.count("\n") + 3
