"""First derivatives as the outputs of a model, which can be differentiated again.

Elimination adds nodes to a program, and a program with other outputs is a program: derivatives of
any order are first derivatives, repeated.  What they are derivatives of is kept beside the
program, so that the next ones get their name in Leibniz's form: ``d2e_da_db`` is the derivative
of ``de_da`` with respect to ``b``.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("e = a*a*b"))
>>> first, lineage = with_derivatives(program, {}, list(program.inputs.values()), "auto")
>>> second, _ = with_derivatives(first, lineage, list(program.inputs.values()), "auto")
>>> list(first.outputs), list(second.outputs)
(['de_da', 'de_db'], ['d2e_da_da', 'd2e_da_db', 'd2e_db_da', 'd2e_db_db'])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphc.derive.eliminate import leibniz
from graphc.derive.jacobian import differentiate
from graphc.derive.prune import prune
from graphc.derive.results import MAX_ENTRIES
from graphc.errors import OptionError
from graphc.program import Input, Program

Lineage = Mapping[str, tuple[str, ...]]  # of an output: what it is a derivative of, and the inputs


def with_derivatives(
    program: Program, lineage: Lineage, wrt: Sequence[Input], mode: str
) -> tuple[Program, Lineage]:
    """The program whose outputs are the first derivatives of a program's outputs.

    Parameters
    ----------
    program : Program
        Stays as it is.
    lineage : mapping of str to tuple of str
        For outputs that are derivatives themselves, what they are derivatives of, and the
        inputs, in the order in which they were taken.
    wrt : sequence of Input
    mode : str
        One of `graphc.derive.choose.MODES`.

    Returns
    -------
    Program, mapping of str to tuple of str
        An output for each output and scalar input, and their lineage.

    Raises
    ------
    OptionError
        There would be more than `MAX_ENTRIES` outputs.
    """
    elements = [e for i in wrt for e in i.elements]
    count = len(program.outputs) * len(elements)
    if count > MAX_ENTRIES:
        raise OptionError(
            f"the graph would have {count:,} outputs, more than {MAX_ENTRIES:,}; "
            "differentiate with respect to fewer inputs"
        )
    past = {name: lineage.get(name, (name,)) for name in program.outputs}
    labelled = program.copy()
    labelled.outputs = {_label(past[name]): node for name, node in program.outputs.items()}
    derived, matrix, _ = differentiate(labelled, wrt, mode)
    taken = {*program.inputs, *program.bindings, *program.outputs}
    derived.outputs, found = {}, {}
    for name, row in zip(program.outputs, matrix, strict=True):
        for element, c in zip(elements, row, strict=True):
            new = leibniz(_label(past[name]), element)
            while new in taken:
                new += "_"
            taken.add(new)
            found[new] = (*past[name], element)
            derived.outputs[new] = derived.const(0) if c is None else c
    derived.bindings.update(derived.outputs)
    return prune(derived), found


def _label(past: tuple[str, ...]) -> str:
    """What Leibniz's form takes for a derivative: ``2e_da`` makes ``d2e_da_db`` of ``de_da``."""
    name, *inputs = past
    return "_d".join([f"{len(past)}{name}" if inputs else name, *inputs])
