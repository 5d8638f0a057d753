"""Take the pictures of the README anew: ``python tests/screenshots.py`` (needs Pillow too)."""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from browser import BROWSER, EXAMPLES, FLAGS
from playwright.sync_api import sync_playwright

from graphc.language.lexer import decode
from graphc.model import read_program
from graphc.view.page import page, point

PICTURES = Path(__file__).parent / "pictures"
COLOURS = 224  # of a picture, which makes it small


def step(found: Any) -> None:
    for _ in range(4):
        found.get_by_label("one step on").click()


def paths(found: Any) -> None:
    found.get_by_role("tab", name="paths").click()
    found.locator(".paths button").nth(4).hover()


def orders(found: Any) -> None:
    found.get_by_role("tab", name="orders").click()
    found.get_by_label("vertices taken out").fill("46")
    found.get_by_label("show all").click()


SHOTS = {
    "steps": ("quickstart", ["a=2", "b=1"], "light", step),
    "paths": ("paths", ["x=0.5"], "dark", paths),
    "orders": ("reprojection", ["rx=0.1", "ry=-0.2", "rz=0.3", "tz=4"], "light", orders),
}


def main() -> None:
    from PIL import Image

    work = Path(tempfile.mkdtemp())
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=FLAGS)
        for name, (model, at, scheme, act) in SHOTS.items():
            source = EXAMPLES / f"{model}.expr"
            program = read_program(decode(source.read_bytes(), source.name))
            file = work / f"{name}.html"
            file.write_text(page(program, point(program, at)), encoding="utf-8")
            size = {"width": 1280, "height": 760}
            found = browser.new_page(viewport=size, color_scheme=scheme)
            found.goto(file.as_uri())
            found.wait_for_selector("body[data-ready]")
            act(found)
            found.wait_for_timeout(500)
            shot = Image.open(BytesIO(found.screenshot())).convert("RGB")
            shot.quantize(COLOURS, dither=Image.Dither.NONE).save(
                PICTURES / f"page-{name}.png", optimize=True
            )
        browser.close()
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
