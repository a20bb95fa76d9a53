"""Corridors in a browser: choose a period, read one, pass it on; and a map of the host's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.console.maps import read_atlas, shipped_atlas
from deploy.console.views.cuts import answer
from deploy.console.views.region import COUNTRIES, MAIN
from tests.console.conftest import Opened
from tests.console.served import served
from tests.console.test_journeys import choose, tab_to
from tests.console.world import snapshot


def drawing(page: Any, place: int = 0) -> str:
    """What stands in a drawing of the page."""
    image = page.locator("figure.broad img").nth(place)
    image.scroll_into_view_if_needed()
    address = image.get_attribute("src")
    answered = page.request.get(page.url.split("/en/")[0] + address)
    assert answered.ok
    return str(answered.text())


def test_from_the_region_by_keyboard_to_one_corridor_and_its_address(opened: Opened) -> None:
    page = opened("/en/region")
    tab_to(page, "a[href*='/corridors?']", most=90)
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/corridors?period=2023&country=")
    choose(page, "#period", "2022")
    choose(page, "#country", "Lebanon")
    tab_to(page, "#show")
    page.keyboard.press("Enter")
    page.wait_for_url("**period=2022&country=LBN")
    found = answer(snapshot(), MAIN, "2022", ("ORIGIN",))
    assert found is not None
    number = found.of("LBN", ("TUN",))
    row = page.locator("#table ~ .scrolled tbody tr", has_text="Tunisia")
    assert row.locator(".value").inner_text() == str(number.value)
    assert row.locator(".band").inner_text() == f"{number.lower}–{number.upper}"
    words = f"Tunisia → Lebanon: {number.value} (between {number.lower} and {number.upper})"
    told = page.locator("ol.told li").all_inner_texts()
    assert (words in told) is not number.unsure
    assert "Corridors, year" in page.locator("#citation").inner_text()
    # The address brings the same view to somebody else.
    numbers = page.locator("td.number").all_inner_texts()
    link = page.locator("#permalink").get_attribute("href")
    assert opened(link).locator("td.number").all_inner_texts() == numbers


def test_in_a_quarter_most_corridors_are_said_to_be_too_small(opened: Opened) -> None:
    page = opened("/en/corridors?period=2024-Q4&country=")
    found = answer(snapshot(), MAIN, "2024-Q4", ("ORIGIN",))
    assert found is not None
    unsure = sum(cell.LOW_RELIABILITY for cell in found.release.observations)
    text = page.locator("#main").inner_text()
    assert f"{unsure} corridors are too small to be relied on" in text
    flags = page.locator(f"#table ~ .scrolled td:nth-child(-n+{len(COUNTRIES) + 1}) .flag")
    assert flags.count() == unsure


@pytest.mark.parametrize("page_name", ["corridors", "region"])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "express no view on the legal status"),
        ("fr", "n’expriment aucune position sur le statut juridique"),
        ("ar", "لا تعبر الخطوط والأسماء والتسميات على هذه الخريطة عن أي رأي"),
    ],
)
def test_under_every_map_stands_what_it_does_not_say(
    opened: Opened, page_name: str, language: str, words: str
) -> None:
    page = opened(f"/{language}/{page_name}")
    after = page.locator("figure.broad").first.locator("xpath=following-sibling::*[1]")
    assert words in after.inner_text()


def test_a_telephone_gets_a_drawing_that_fits_it(opened: Opened) -> None:
    sizes = {}
    for width in (360, 1200):
        page = opened("/en/corridors", width=width)
        image = page.locator("figure.broad img").first
        image.scroll_into_view_if_needed()
        image.evaluate("(one) => one.decode()")
        sizes[width] = image.evaluate("(one) => [one.naturalWidth, one.clientWidth]")
    assert sizes[360][0] == 340
    assert sizes[1200] == [760, 760]
    # Not so small that its words could not be read.
    assert sizes[360][1] > 0.85 * 340


def test_a_host_shows_a_map_of_its_own(opened: Opened, tmp_path: Path) -> None:
    whole = json.loads((Path("deploy/console/maps/shapes.geojson")).read_text())
    own = [one for one in whole["features"] if one["properties"]["code"] != "ESH"]
    (tmp_path / "own.geojson").write_text(json.dumps({**whole, "features": own}))
    usual = drawing(opened("/en/corridors"))
    assert 'stroke-dasharray="2,2"' in usual
    with served(snapshot(), atlas=read_atlas(tmp_path / "own.geojson")) as console:
        page = opened("/en/corridors", at=console.url)
        swapped = drawing(page)
        page.close()
    assert 'stroke-dasharray="2,2"' not in swapped
    assert "Morocco" in swapped
    assert "ESH" in shipped_atlas().anchors
