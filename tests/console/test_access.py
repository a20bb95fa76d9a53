"""Nobody is kept out of a page: each one in every language, light and dark, held to axe."""

from __future__ import annotations

import pytest

from tests.console.conftest import Opened
from tests.console.pages import every_page, in_every_language, violations


@in_every_language
@every_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out_of_a_page(
    opened: Opened, language: str, path: str, scheme: str
) -> None:
    assert violations(opened(f"/{language}/{path}", scheme=scheme)) == []


def test_nobody_is_kept_out_of_an_error(opened: Opened) -> None:
    page = opened("/en/help")
    page.goto(page.url.replace("/en/help", "/ar/indicators/VIC_IDENT?period=1999&by=AGE,FORM"))
    assert violations(page) == []


def test_the_rules_find_what_keeps_people_out(opened: Opened) -> None:
    page = opened("/en/region")
    page.evaluate("document.images[0].removeAttribute('alt')")
    page.evaluate("document.querySelector('.note').style.color = '#ccc'")
    rules = {told.partition(":")[0] for told in violations(page)}
    assert {"image-alt", "color-contrast"} <= rules
