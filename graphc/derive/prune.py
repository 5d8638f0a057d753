r"""Dead code: a program without the nodes that no output needs.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> program = elaborate(Source("t = 2*x\ny: output = x + 1"))
>>> len(program), len(prune(program))
(5, 3)
"""

from __future__ import annotations

from graphc.program import Program


def prune(program: Program) -> Program:
    """The same model with only the nodes that its outputs need.

    Inputs stay, needed or not: they are arguments of every function.
    """
    needed = program.reachable(program.outputs.values())
    for element in program.elements():
        i = program.input(element)
        if i < len(needed):
            needed[i] = 1
    if all(needed) and len(needed) == len(program):
        return program
    new = Program(program.rewrite, program.source)
    new.inputs, new.doc = program.inputs, program.doc
    numbers: dict[int, int] = {}
    for i, node in enumerate(program.nodes):
        if i < len(needed) and not needed[i]:
            continue
        new.origin = program.origins[i]
        if node[0] == "const":
            numbers[i] = new.const(node[1], program.spellings.get(i, ""))
        elif node[0] == "input":
            numbers[i] = new.input(node[1])
        else:
            numbers[i] = new.restore((node[0], *[numbers[a] for a in node[1:]]))
    new.names = {numbers[i]: n for i, n in program.names.items() if i in numbers}
    new.bindings = {n: numbers[i] for n, i in program.bindings.items() if i in numbers}
    new.outputs = {n: numbers[i] for n, i in program.outputs.items()}
    return new
