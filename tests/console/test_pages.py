"""Every page in every language, in a browser: on every screen, light, and from nobody else."""

from __future__ import annotations

import pytest

from tests.console.conftest import Opened
from tests.console.pages import PAGES, every_page, in_every_language

FIRST_PAGE = 200_000
"""Bytes, of everything that the first page loads."""


@in_every_language
@every_page
def test_a_page_fits_a_telephone_and_says_its_language(
    opened: Opened, language: str, path: str
) -> None:
    page = opened(f"/{language}/{path}", width=360)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    root = page.locator("html")
    assert root.get_attribute("lang") == language
    assert root.get_attribute("dir") == ("rtl" if language == "ar" else "ltr")


@in_every_language
def test_text_at_twice_its_size_fits_too(opened: Opened, language: str) -> None:
    page = opened(f"/{language}/region", width=720)
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert page.evaluate("document.documentElement.scrollWidth") == 720


def test_the_first_page_is_light(opened: Opened) -> None:
    page = opened("/en/region")
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    page.wait_for_timeout(1500)
    sizes = page.evaluate(
        "[performance.getEntriesByType('navigation')[0],"
        " ...performance.getEntriesByType('resource')].map((one) => one.encodedBodySize)"
    )
    assert len(sizes) >= 9
    assert 5_000 < sum(sizes) < FIRST_PAGE


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_follow_the_colours_of_the_page(opened: Opened, scheme: str) -> None:
    page = opened("/en/region", scheme=scheme)
    shown = page.evaluate("[...document.images].map((image) => image.currentSrc)")
    assert shown
    assert all(source.endswith(f"-{scheme}.svg") for source in shown if source)


def test_every_figure_has_words_and_a_table_beside_it(opened: Opened) -> None:
    for path in PAGES:
        page = opened(f"/en/{path}")
        for image in page.locator("figure img").all():
            assert len(image.get_attribute("alt")) > 40
            section = image.locator("xpath=ancestor::section")
            assert section.locator("table").count() >= 1


def test_nothing_moves_for_who_wants_it_still(opened: Opened) -> None:
    page = opened("/en/help", reduced_motion="reduce")
    still = page.evaluate(
        "[...document.querySelectorAll('*')].every((one) => {"
        " const style = getComputedStyle(one);"
        " return style.animationName === 'none' && style.scrollBehavior === 'auto'"
        " && parseFloat(style.transitionDuration) === 0 })"
    )
    assert still
