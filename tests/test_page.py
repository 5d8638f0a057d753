"""The page of `graphc view`, in a real browser: what it shows, computes and lets nobody do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import graphc
from graphc.inspect.evaluate import evaluate
from graphc.language.lexer import make_source
from graphc.model import read_program
from graphc.program import Program
from graphc.view.page import page, point

EXAMPLES = Path(__file__).parents[1] / "examples"
SOURCES = Path(graphc.__file__).parent / "view" / "page"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if BROWSER is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield found
        found.close()


@dataclass
class Opened:
    """A page in the browser, and what went wrong in it."""

    page: Any
    program: Program
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def numbers(self) -> dict[str, Any]:
        """All numbers that the page has, nan and infinities as text."""
        return json.loads(
            self.page.evaluate("""() => {
            const {scene, run, edges, derivatives} = graphc.state;
            const all = (xs) => Array.from(xs, (x) => Number.isFinite(x) ? x : String(x));
            return JSON.stringify({values: all(run.values), active: all(run.active),
                partials: all(run.partials), derivatives: derivatives && all(derivatives)});
        }""")
        )

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def box(self, label: str) -> Any:
        return self.page.get_by_role(
            "button", name=re.compile(rf"^{re.escape(label)}(?=[ ,])")
        ).first


Opener = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Opener]:
    contexts = []

    def opener(text: str, *at: str, name: str = "model.expr", **context: Any) -> Opened:
        source = make_source(text, name)
        program = read_program(source)
        file = tmp_path / "page.html"
        file.write_text(page(program, point(program, at)), encoding="utf-8")
        size = {"width": 1280, "height": 800}
        contexts.append(browser.new_context(**{"viewport": size, **context}))
        found = Opened(contexts[-1].new_page(), program)
        found.page.set_default_timeout(5_000)
        found.page.on("console", lambda m: found.complaints.append(m.text))
        found.page.on("pageerror", lambda e: found.complaints.append(str(e)))
        found.page.on("request", lambda r: found.requests.append(r.url))
        found.page.goto(file.as_uri())
        found.page.wait_for_selector("body[data-ready]", timeout=10_000)
        return found

    opened: list[Opened] = []

    def watched(*args: Any, **kwargs: Any) -> Opened:
        opened.append(opener(*args, **kwargs))
        return opened[-1]

    yield watched
    for found in opened:
        assert found.complaints == []
        assert len(found.requests) == 1, "the file itself and nothing else"
    for context in contexts:
        context.close()


QUICKSTART = (EXAMPLES / "quickstart.expr").read_text()


def test_it_opens_without_a_network_or_a_complaint(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1", name="dir/quickstart.expr")
    assert found.page.title() == "quickstart.expr"
    assert found.page.locator("#graph .box").count() == 5
    label = found.box("e =").get_attribute("aria-label")
    assert label == "e = • · •, value 6, adjoint 1"
    assert found.text('[data-output="e"]').split() == ["e", "6"]


def test_an_input_changes_all_numbers_at_once(open_page: Opener) -> None:
    found = open_page(QUICKSTART, "a=2", "b=1")
    assert found.text('[data-input="b"] .slope') == "5"
    found.page.get_by_label("value of b").fill("3")
    assert found.text('[data-output="e"]').split() == ["e", "20"]
    assert found.text('[data-input="a"] .slope') == "4"
    assert found.text('[data-input="b"] .slope') == "9"
    found.page.get_by_label("value of b").fill("three")
    assert found.page.get_by_label("value of b").get_attribute("aria-invalid") == "true"
    assert found.text('[data-input="b"] .slope') == "9"


MODELS = {
    "black_scholes": (),
    "network": ("u1=0.5", "u2=-0.3", "wanted=0.2", "b1=0.1", "c1=0.4", "w13=-1.5", "w23=0.7"),
    "friction": ("speed=-0.3",),
    "reprojection": ("rx=0.1", "ry=-0.2", "rz=0.3", "tz=4", "focal=500"),
    "robot_arm": ("q=0.3,-0.4,1.1",),
}


@pytest.mark.parametrize("model", MODELS)
def test_its_numbers_are_those_of_python(open_page: Opener, model: str) -> None:
    found = open_page((EXAMPLES / f"{model}.expr").read_text(), *MODELS[model])
    program, at = found.program, point(found.program, MODELS[model])
    numbers, expected = found.numbers(), evaluate(program, at)
    needed = [i for i, active in enumerate(numbers["active"]) if active]
    assert len(needed) > 10
    for i in needed:
        assert float(numbers["values"][i]) == pytest.approx(float(expected[i]), rel=1e-12), i
    arguments = {
        i.name: at[i.name] if i.size is None else [at[e] for e in i.elements]
        for i in program.inputs.values()
    }
    jacobian = graphc.compile(program.source.text, products=("jacobian",)).jacobian(**arguments)
    rows = jacobian if len(program.outputs) > 1 else [jacobian]
    for row, output in zip(rows, program.outputs, strict=True):
        found.page.get_by_label("output", exact=True).select_option(output)
        slopes = found.numbers()["derivatives"]
        flat = [x for part in row for x in (part if isinstance(part, (list, tuple)) else [part])]
        places = {n[1]: i for i, n in enumerate(program.nodes) if n[0] == "input"}
        elements = program.elements(active_only=True)
        for element, wanted in zip(elements, flat, strict=True):
            assert slopes[places[element]] == pytest.approx(wanted, rel=1e-12, abs=1e-13), element


# --- the bundle -------------------------------------------------------------------------------


def test_the_bundle_is_that_of_its_sources(tmp_path: Path) -> None:
    """``npm ci && npm run build`` in graphc/view/page gives the committed bytes."""
    if shutil.which("npm") is None:
        pytest.skip("node is not installed: the bundle cannot be built")
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(SOURCES, tmp_path / "page", ignore=ignored)
    install = _run("npm", "ci", "--prefer-offline", "--ignore-scripts", cwd=tmp_path / "page")
    if install.returncode and re.search("ENOTFOUND|ECONN|EAI_AGAIN|ETIMEDOUT", install.stderr):
        pytest.skip("the npm registry cannot be reached: the bundle cannot be built")
    assert install.returncode == 0, install.stderr
    built = _run("npm", "run", "build", cwd=tmp_path / "page")
    assert built.returncode == 0, built.stdout + built.stderr
    for name in ("page.js", "page.css"):
        fresh, committed = tmp_path / name, SOURCES.parent / name
        message = f"{name} is stale: run 'npm ci && npm run build' in graphc/view/page"
        assert fresh.read_bytes() == committed.read_bytes(), message


def _run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_the_lock_names_no_host() -> None:
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    assert len(lock["packages"]) > 2
    assert not [p for p in lock["packages"].values() if "resolved" in p]
