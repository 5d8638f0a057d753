"""What the page of `graphc view` lets nobody do, how it fits, and what it is built from."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from browser import EXAMPLES, QUICKSTART, Opener

SOURCES = Path(__file__).parents[1] / "graphc" / "view" / "page"

EVIL = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>]]>&lt;"


def test_no_text_becomes_markup(open_page: Opener) -> None:
    text = f'"""{EVIL}"""\n# {EVIL}\nx: input\ny: input\nñ_x = x*y  # {EVIL}\n'
    found = open_page(text, "x=nan", "y=inf", name=f"{EVIL}.expr".replace("/", "\\"))
    assert found.page.evaluate("document.scripts.length") == 2
    assert found.page.locator("img").count() == 0
    assert found.text(".doc") == EVIL
    assert found.page.title().startswith("<\\script>")
    assert found.text('[data-output="ñ_x"]').split() == ["ñ_x", "nan"]
    found.page.get_by_label("value of x").fill("2")
    assert found.text('[data-output="ñ_x"]').split() == ["ñ_x", "∞"]
    found.page.get_by_label("search").fill("<img")
    assert found.text("#hits") == "0 found"


def test_the_policy_forbids_scripts_and_requests(open_page: Opener) -> None:
    found = open_page(QUICKSTART)
    found.page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.broken = true";
        document.body.append(script);
        const image = document.createElement("img");
        image.src = "http://localhost:9/x.png";
        document.body.append(image);
        return fetch("http://localhost:9/").catch(() => null);
    }""")
    assert found.page.evaluate("window.broken") is None
    refused = [c for c in found.complaints if "Content Security Policy" in c]
    assert len(refused) >= 3
    found.complaints.clear()
    del found.requests[1:]  # asked for, and refused


def test_five_thousand_operations(open_page: Opener) -> None:
    lines = [f"h0_{i} = sin(x + {i})" for i in range(10)]
    for k in range(1, 25):
        row = [" + ".join(f"0.0{i}{j}*h{k - 1}_{j}" for j in range(10)) for i in range(10)]
        lines += [f"h{k}_{i} = tanh({text})" for i, text in enumerate(row)]
    found = open_page("\n".join([*lines, f"z: output = {'+'.join(f'h24_{i}' for i in range(10))}"]))
    assert 4_500 < len(found.program) < 6_000
    assert found.page.evaluate("performance.now()") < 3_000
    found.page.get_by_role("button", name="operations").click()
    assert found.page.evaluate("graphc.state.drawing.boxes.length") > 4_500
    assert found.page.locator("#graph .box").count() < 500
    found.page.get_by_role("button", name="show all").click()
    found.page.wait_for_selector("#graph .far-boxes", state="attached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone(open_page: Opener, scheme: str) -> None:
    size = {"width": 390, "height": 844}
    text = "a_long_name = x*x\nanother_long_name: output = a_long_name + x"
    wide = open_page(text, viewport=size, has_touch=True, color_scheme=scheme)
    assert wide.page.evaluate("document.documentElement.scrollWidth") <= 390
    found = open_page(QUICKSTART, "a=2", "b=1", viewport=size, has_touch=True, color_scheme=scheme)
    found.box("b,").tap()
    assert found.page.evaluate("graphc.state.selected") == 1
    paper = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 300) == (scheme == "dark")


def test_print_shows_the_whole_picture(open_page: Opener) -> None:
    found = open_page((EXAMPLES / "paths.expr").read_text(), "x=0.5")
    found.page.mouse.move(640, 300)
    found.page.mouse.wheel(0, -2000)
    found.page.wait_for_function("document.querySelectorAll('#graph .box').length < 8")
    found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    found.page.emulate_media(media="print")
    assert found.page.locator("#graph .box").count() == 11
    assert not found.page.locator(".bar").is_visible()


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
