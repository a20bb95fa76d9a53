"""``python -m tests.console.screens``: pictures of every page, to be looked at.

    python -m tests.console.screens [--out build/screens] [--only WORD]

In three languages, light and dark, 1200 and 360 pixels wide, of the console that the tests read;
``index.html`` beside them shows all.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

from deploy.exports.labels import LANGUAGES
from deploy.terminal import out
from tests.console.pages import PAGES
from tests.console.served import served
from tests.console.world import snapshot
from tests.extras import library, program
from tests.unit.console_guard import boards
from tests.unit.qualities import a_board

WIDTHS = (1200, 360)
SCHEMES = ("light", "dark")
LOADED = """async () => {
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map((image) => image.decode()));
}"""
BESIDE = """<!doctype html><meta charset="utf-8"><title>The console in pictures</title>
<style>body{font:14px system-ui;background:#888}figure{display:inline-block;margin:4px;
vertical-align:top}img{width:300px;border:1px solid}</style>"""


def name_of(path: str, language: str, scheme: str, width: int) -> str:
    """The name of a picture.

    Example:
        >>> name_of("releases/F1_2023_FINAL?verify=1", "ar", "dark", 360)
        'releases-F1_2023_FINAL-verify-1.ar.dark.360.png'
    """
    return f"{re.sub(r'[^A-Za-z0-9_]+', '-', path)[:80]}.{language}.{scheme}.{width}.png"


def take(browser: Any, url: str, folder: Path, only: str = "") -> Iterator[Path]:
    """Takes all pictures, or those of the pages whose address has a word."""
    for scheme, width in product(SCHEMES, WIDTHS):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        for path, language in product(PAGES, LANGUAGES):
            if only not in path:
                continue
            page.goto(f"{url}/{language}/{path}")
            page.evaluate(LOADED)
            file = folder / name_of(path, language, scheme, width)
            page.screenshot(path=file, full_page=True)
            yield file
        context.close()


def index(files: list[Path]) -> str:
    """A page that shows all of them."""
    figures = (
        f'<figure><a href="{escape(f.name)}"><img loading="lazy" alt="" src="{escape(f.name)}"></a>'
        f"<figcaption>{escape(f.stem)}</figcaption></figure>"
        for f in sorted(files)
    )
    return BESIDE + "\n".join(figures) + "\n"


def main() -> None:
    """Takes what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.console.screens", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/screens"), help="folder")
    parser.add_argument("--only", default="", help="pages whose address has this in it")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    playwright = library("playwright.sync_api", "dev")
    chromium = program("chromium", "apt-get install chromium")
    with (
        playwright.sync_playwright() as started,
        served(snapshot(), boards=boards(), quality=a_board()) as console,
    ):
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        files = list(take(browser, console.url, asked.out, asked.only))
        browser.close()
    (asked.out / "index.html").write_text(index(files), encoding="utf-8")
    out.print(f"{len(files)} pictures: {asked.out / 'index.html'}")


if __name__ == "__main__":
    main()
