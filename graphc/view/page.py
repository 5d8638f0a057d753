"""One self-contained HTML file that shows a program: nothing is fetched, nothing is sent.

The scene goes in as JSON in a script element, and the page's own script and style as they are in
the package; a strict content security policy allows nothing else.

>>> from graphc.language.elaborate import elaborate
>>> from graphc.errors import Source
>>> text = page(elaborate(Source("e = (a + b) * (b + 1)", "</title>.expr")), {"a": 2.0, "b": 1.0})
>>> text.count("</title>"), text.count("</script>")
(1, 2)
"""

from __future__ import annotations

import math
import webbrowser
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import mkdtemp

from graphc.inspect.evaluate import evaluate
from graphc.inspect.report import elements
from graphc.program import Program
from graphc.view.colours import PALETTES
from graphc.view.scene import as_json, scene, starting_point

FIRST = (1.0, 0.8, 0.5, 2.0)  # values to begin with: many formulas are special at 1

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src $allowed; \
style-src $styled; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="graphc">
<title>$title</title>
<style>$style</style>
</head>
<body>
<noscript>This picture is drawn by a script in this file; it needs JavaScript.</noscript>
<script type="application/json" id="scene">$scene</script>
<script>$script</script>
</body>
</html>
""")


def page(program: Program, at: Mapping[str, float]) -> str:
    """The page for a program, with the values that its inputs begin with."""
    script, style = _part("page.js"), f"{_colours()}{_part('page.css')}"
    return _PAGE.substitute(
        allowed=_digest(script),
        styled=_digest(style),
        title=escape(Path(program.source.name).name),
        style=style,
        scene=as_json(scene(program, at)),
        script=script,
    )


def scene_text(program: Program, at: Mapping[str, float]) -> str:
    """What the page knows, for programs."""
    return as_json(scene(program, at)) + "\n"


def point(program: Program, assignments: Sequence[str]) -> dict[str, float]:
    """A value for every scalar, from texts such as ``a=2``; what is left out gets one.

    It is one where all outputs are numbers, if a few tries find it.

    Raises
    ------
    OptionError
        As for `graphc.inspect.report.point`.
    """
    points = (_completed(program, assignments, first) for first in FIRST)
    found = next((at for at in points if _is_defined(program, at)), None)
    return found or _completed(program, assignments, FIRST[0])


def _completed(program: Program, assignments: Sequence[str], first: float) -> dict[str, float]:
    given = {text.partition("=")[0] for text in assignments}
    left = [i for i in program.inputs.values() if i.name not in given and i.default is None]
    start = starting_point(program, first)
    texts = [f"{i.name}={','.join(repr(start[e]) for e in i.elements)}" for i in left]
    return elements(program, [*assignments, *texts])


def _is_defined(program: Program, at: Mapping[str, float]) -> bool:
    """Whether all outputs are numbers."""
    results = program.outputs.values()
    values = evaluate(program, at, roots=results)
    return all(math.isfinite(values[o]) for o in results)


def place(file: str) -> Path:
    """Where a page goes that is only to be looked at."""
    stem = "stdin" if file == "-" else Path(file).stem
    return Path(mkdtemp(prefix="graphc-")) / f"{stem}.html"


def show(path: Path) -> str:
    """Open a page in the reader's browser; what is said about it."""
    if webbrowser.open(path.resolve().as_uri()):
        return f"opened {path}"
    return f"no browser was found; open {path}"


def _part(name: str) -> str:
    """A file of the package, as the page holds it."""
    return files("graphc.view").joinpath(name).read_text(encoding="utf-8").strip()


def _digest(text: str) -> str:
    """What the policy says of a script or style that is allowed."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _colours() -> str:
    """The palettes as variables: by what the reader's system prefers, or what is chosen."""
    light, dark = (_variables(name) for name in ("light", "dark"))
    return (
        f":root{light}@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){dark}}}"
        f":root[data-theme=dark]{dark}@media print{{:root:root:root{light}}}"
    )


def _variables(name: str) -> str:
    colours = "".join(f"--{role}:{colour};" for role, colour in PALETTES[name].items())
    return f"{{color-scheme:{name};{colours}}}"
