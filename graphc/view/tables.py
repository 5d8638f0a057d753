r"""Rows of cells as aligned text, CSV, Markdown or a LaTeX document.

Cells are texts or numbers.  Each form gets its own quoting, as texts come from files that anybody
may have written: a spreadsheet takes a cell that begins with ``=`` for a formula, so such texts get
an apostrophe in front in CSV.

>>> print(table(("node", "value"), [("=1+1", 0.5), ("a|b", float("inf"))], "csv"))
node,value
'=1+1,0.5
a|b,inf
>>> print(table(("node", "value"), [("a|b", 2.0)], "markdown"))
| node | value |
|---|---|
| a\|b | 2 |
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from graphc.inspect.show import align
from graphc.view.latex import escaped
from graphc.view.metrics import brief, width

Cell = str | float
TABLES = ("text", "csv", "markdown", "latex")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SMALL = 9.0  # size of the font of a LaTeX table


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], form: str) -> str:
    """A table in one of `TABLES`."""
    if form == "csv":
        return _csv(head, rows)
    texts = [tuple(_short(cell) for cell in row) for row in rows]
    if form == "markdown":
        lines = [head, ["---"] * len(head), *(map(_markdown, row) for row in texts)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines).replace("| --- ", "|---")\
            .replace("|---|---", "|---|---").replace("--- |", "---|")  # fmt: skip
    if form == "latex":
        return _latex(head, texts)
    return "\n".join(align([tuple(head), *(tuple(map(_one_line, row)) for row in texts)]))


def _short(cell: Cell) -> str:
    return cell if isinstance(cell, str) else brief(cell)


def _csv(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Numbers with all their digits; texts that no spreadsheet runs."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_spoken(c) if isinstance(c, str) else repr(c) for c in row] for row in rows)
    return out.getvalue().removesuffix("\n")


def _spoken(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _markdown(text: str) -> str:
    text = re.sub(r"([\\`*_{}\[\]|#~$])", r"\\\1", _one_line(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _one_line(text: str) -> str:
    """Without anything that begins a new line or moves the cursor of a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _latex(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A document whose pages are as wide as the table."""
    widths = [max(width(c, _SMALL) for c in column) for column in zip(head, *rows, strict=True)]
    paper = min(sum(widths) + 14 * len(widths) + 60, 15_000)
    lines = [
        r"\documentclass{article}",
        r"\usepackage{amsmath,longtable}",
        rf"\usepackage[paperwidth={paper:.0f}pt,paperheight=842pt,margin=30pt]{{geometry}}",
        r"\begin{document}",
        r"\footnotesize",
        rf"\begin{{longtable}}[l]{{{'l' * len(head)}}}",
        rf"{_cells(head)}\hline\endhead",
        *(_cells(row) for row in rows),
        r"\end{longtable}",
        r"\end{document}",
    ]
    return "\n".join(lines)


def _cells(row: Sequence[str]) -> str:
    return " & ".join("{" + escaped(cell) + "}" for cell in row) + r"\\"
