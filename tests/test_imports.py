"""The layers of the package: which module may import which, and what importing it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import graphc

PACKAGE = Path(graphc.__file__).parent

# From the bottom up: a module imports from the layers below it, and from its own.
LAYERS: list[set[str]] = [
    {"domains", "errors", "ops", "series"},  # messages; the table
    {
        "bounds",
        "code",
        "colours",
        "columns",
        "labels",
        "layout",
        "metrics",
        "ordering",
        "statements",
    },
    {"words", "lexer", "program"},  # tokens; nodes
    {"complaints"},
    {"expression"},
    {"declarations", "operands", "parser"},  # text to code
    {"calls"},
    {"machine"},
    {"elaborate"},  # code to program
    {"templates"},  # pieces of text to nodes
    {"evaluate", "formula", "intervals", "rules", "values"},
    {"images", "ranges"},
    {"factors", "forms", "graph", "prune", "stable", "sums", "sympy_bridge"},
    {"arithmetic", "regions"},
    {"conditions"},
    {"linearise"},
    {"structure"},
    {"measures", "orders"},
    {"eliminate", "exact"},
    {"search"},
    {"choose"},
    {"cost", "results", "signs"},
    {"jacobian"},
    {"curvature", "hessian"},
    {"twice"},
    {"repeat", "task"},
    {"rounding"},
    {"seeds"},
    {"sparse"},
    {"products"},
    {"guards", "sharing"},
    {"emit", "prologue", "selfcheck", "split"},  # program to statements
    {"docstrings", "helpers"},
    {"module"},
    {"model"},  # the front door
    # what the commands print
    {
        "boxes",
        "condition",
        "costs",
        "derivation",
        "diff",
        "execute",
        "faults",
        "findings",
        "joins",
        "lint",
        "formats",
        "latex",
        "mathml",
        "notebook",
        "page",
        "paths",
        "picture",
        "published",
        "remedies",
        "replay",
        "report",
        "scene",
        "show",
        "steps",
        "svg",
        "sweeps",
        "tables",
        "tape",
        "tikz",
        "trace",
        "verify",
        "view",
    },
    {"files"},
    {"arguments", "options"},
    {"cli"},
    {"__main__"},
]
PARTS = [f"graphc.{p.parent.name}" for p in sorted(PACKAGE.glob("*/__init__.py"))]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HEAVY = ("sympy", "mpmath", "networkx", "numpy", "scipy")
# Only these may name a heavy library at the top: they are imported where they are needed.
OF_A_LIBRARY = {"sympy_bridge": {"sympy"}, "graph": {"networkx"}}


def imports(path: Path) -> list[tuple[str, bool]]:
    """Every module that a file imports, and whether it does so when it is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = set()
    for node in ast.walk(tree):
        is_guard = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_guard:
            late |= {id(inner) for inner in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) not in late) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            whole = node.module in ("graphc", *PARTS)  # a module of the package, not of a module
            names = [f"{node.module}.{a.name}" for a in node.names] if whole else []
            found += [(name, id(node) not in late) for name in names or [node.module or ""]]
    return found


MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.stem != "__init__")


@pytest.mark.parametrize("path", MODULES, ids=[p.stem for p in MODULES])
def test_layers(path: Path) -> None:
    assert path.stem in LEVEL, "a new module: say where it stands in LAYERS"
    for name, at_once in imports(path):
        package, module = name.split(".")[0], name.split(".")[-1]
        if package == "graphc" and module in LEVEL and at_once:
            assert LEVEL[module] <= LEVEL[path.stem], f"{path.stem} imports {module} above it"
        if package in HEAVY and at_once:
            assert package in OF_A_LIBRARY.get(path.stem, set()), f"{path.stem} imports {package}"


def test_the_table_stands_alone() -> None:
    for lowest in ("domains", "errors", "ops", "series"):
        found = [n for n, _ in imports(PACKAGE / f"{lowest}.py") if n.startswith("graphc")]
        assert found == ["graphc.domains", "graphc.series"] * (lowest == "ops")


def test_no_cycles() -> None:
    """Modules of one layer do not import each other in circles."""
    above = {
        p.stem: {n.split(".")[-1] for n, at_once in imports(p) if at_once and "graphc." in n}
        for p in MODULES
    }
    done: set[str] = set()
    while len(done) < len(above):
        ready = {m for m, needs in above.items() if m not in done and needs & above.keys() <= done}
        assert ready, f"a circle among {sorted(above.keys() - done)}"
        done |= ready


def test_a_wrong_import_is_seen(tmp_path: Path) -> None:
    wrong = tmp_path / "ops.py"
    wrong.write_text("from graphc.model import compile\nimport sympy\ndef f():\n    import numpy\n")
    assert imports(wrong) == [("graphc.model", True), ("sympy", True), ("numpy", False)]
    with pytest.raises(AssertionError, match="ops imports model above it"):
        test_layers(wrong)


@pytest.mark.parametrize(
    "code",
    [
        "import graphc",
        "import graphc.cli",
        "import sys; sys.argv = ['graphc', '--version']\n"
        "import graphc.cli\n"
        "try: graphc.cli.main()\nexcept SystemExit: pass",
        "import graphc; graphc.compile('e = (a + b)*(b + 1)').value_and_grad(2.0, 1.0)",
    ],
    ids=["import", "cli", "version", "compile"],
)
def test_heavy_libraries_are_left_alone(code: str) -> None:
    """They cost up to half a second each."""
    loaded = f"{code}\nimport sys; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", loaded],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    assert run.stdout.split("\n")[-2] == ""
