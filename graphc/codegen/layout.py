r"""Brackets on several lines: results and their types as black would, numbers to fill the lines.

>>> print(*wrapped(["alpha" * 9, ["beta" * 9, "gamma"]], 1, "return ", "", "(", ")"), sep="\n")
    return (
        alphaalphaalphaalphaalphaalphaalphaalphaalpha,
        (betabetabetabetabetabetabetabetabeta, gamma),
    )
>>> print(*filled("SQUARES", [k * k for k in range(22)]), sep="\n")
SQUARES = (
    0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121, 144, 169, 196, 225, 256, 289, 324,
    361, 400, 441,
)  # fmt: skip
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphc.codegen.statements import INDENT, WIDTH

FEW = 8  # elements of a tuple whose type is written out

Tree = str | list["Tree"]  # a text, or several in brackets


def flat(tree: Tree, opening: str, closing: str) -> str:
    """Nested brackets on one line."""
    if isinstance(tree, str):
        return tree
    parts = [flat(part, opening, closing) for part in tree]
    comma = "," if len(parts) == 1 and opening == "(" else ""
    return f"{opening}{', '.join(parts)}{comma}{closing}"


def wrapped(
    tree: Tree, level: int, before: str, after: str, opening: str, closing: str
) -> list[str]:
    """Nested brackets on as many lines as black would take."""
    pad, text = INDENT * level, flat(tree, opening, closing)
    if isinstance(tree, str) or len(pad + before + text + after) <= WIDTH:
        return [f"{pad}{before}{text}{after}"]
    lines = [f"{pad}{before}{opening}"]
    for part in tree:
        lines += wrapped(part, level + 1, "", ",", opening, closing)
    return [*lines, f"{pad}{closing}{after}"]


def filled(name: str, numbers: Sequence[int]) -> list[str]:
    """A tuple of numbers and its name; as many on each line as there is room for."""
    texts = [str(number) for number in numbers]
    line = f"{name} = {flat(list(texts), '(', ')')}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{name} = (", *_runs(texts), ")  # fmt: skip"]


def _runs(texts: Sequence[str]) -> Iterator[str]:
    line = INDENT
    for text in texts:
        if len(line) + len(text) >= WIDTH:
            yield line.rstrip()
            line = INDENT
        line += f"{text}, "
    yield line.rstrip()


def type_text(results: object, sparse: bool = False) -> str:
    """The type of a product's results, on one line."""
    return flat(type_tree(results, sparse), "tuple[", "]")


def type_tree(results: object, sparse: bool = False) -> Tree:
    """The type of a product's results; tuples of equal parts are shortened, the longer the more.

    The number of values of a sparse result is no part of its type.
    """
    if sparse:
        return "tuple[float, ...]"

    def of(part: object, few: int) -> Tree:
        if not isinstance(part, tuple):
            return "float"
        parts = [of(r, few) for r in part]
        same = all(part == parts[0] for part in parts)
        shortened = len(parts) > few and same and isinstance(parts[0], str)
        return f"tuple[{parts[0]}, ...]" if shortened else parts

    trees = [of(results, few) for few in (FEW, 4, 2, 1)]
    return next((t for t in trees if len(flat(t, "tuple[", "]")) <= 60), trees[-1])
