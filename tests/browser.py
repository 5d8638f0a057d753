"""A page in a real browser, for tests: fixtures, and what they hand out."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graphc.language.lexer import make_source
from graphc.model import read_program
from graphc.program import Program
from graphc.view.page import page, point

EXAMPLES = Path(__file__).parents[1] / "examples"
QUICKSTART = (EXAMPLES / "quickstart.expr").read_text()
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
