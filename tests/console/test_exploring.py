"""Looking closer at a chart: by keyboard and pointer, in any language, under the same policy."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.console.charts.base import INK
from deploy.console.views.cuts import answer
from deploy.console.views.region import MAIN
from tests.console.conftest import Opened
from tests.console.pages import violations
from tests.console.served import served
from tests.console.test_journeys import tab_to
from tests.console.test_live import LAST, add_the_rest, banner, known
from tests.console.world import releases, snapshot

ALIVE = "figure[data-open] .alive svg"
BARS, TREND = 0, 1
"""Places of charts on the region's page."""
NAMES = {
    "en": ("Tunisia", "Value", "Lower bound", "Upper bound"),
    "fr": ("Tunisie", "Valeur", "Borne inférieure", "Borne supérieure"),
    "ar": ("تونس", "القيمة", "الحد الأدنى", "الحد الأعلى"),
}


def explore(page: Any, place: int) -> None:
    page.locator(".explore").nth(place).click()
    page.locator(ALIVE).wait_for()


def point_at(page: Any, across: float, down: float) -> str:
    """Moves the pointer to a part of the chart's width and height; gives the tooltip."""
    box = page.locator(ALIVE).bounding_box()
    page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    page.locator("#tooltip.visible").wait_for()
    return str(page.locator("#tooltip").inner_text())


def ticks(page: Any) -> list[str]:
    """What stands beside the axes."""
    told: list[str] = page.locator(ALIVE).evaluate(
        "(svg) => [...svg.querySelectorAll('.role-axis-label text')].map((one) => one.textContent)"
    )
    return sorted(told)


def asked_for(page: Any) -> list[str]:
    found: list[str] = page.evaluate(
        "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
    )
    return found


@pytest.mark.parametrize("language", NAMES)
def test_a_number_under_the_pointer_is_told_with_its_bounds(opened: Opened, language: str) -> None:
    page = opened(f"/{language}/region")
    explore(page, BARS)
    told = point_at(page, 0.5, 0.12).split()
    found = answer(snapshot(), MAIN, "2023")
    assert found is not None
    number = found.of("TUN")
    country, value, lower, upper = NAMES[language]
    expected = f"{country} {value} {number.value} {lower} {number.lower} {upper} {number.upper}"
    assert told == expected.split()


def test_by_keyboard_alone_a_chart_is_opened_zoomed_moved_and_given_back(opened: Opened) -> None:
    page = opened("/en/region")
    shown = page.locator("figure.chart").nth(TREND)
    for _ in range(2):
        tab_to(page, ".explore")
    assert page.evaluate("document.activeElement.textContent") == "Zoom and hover: Tunisia"
    page.keyboard.press("Enter")
    page.locator(ALIVE).wait_for()
    assert not shown.locator("img").is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    whole = ticks(page)
    assert "Q1 2022" in whole
    for move in ("in", "left", "whole"):
        page.locator(f"figure[data-open] [data-move={move}]").focus()
        before = ticks(page)
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
        assert ticks(page) != before
        assert ("Q1 2022" in ticks(page)) == (move == "whole")
    assert ticks(page) == whole
    page.keyboard.press("Escape")
    page.locator(ALIVE).wait_for(state="detached")
    assert shown.locator("img").is_visible()
    # The button that was pressed is no more; the one that opened the chart has the focus.
    assert page.evaluate("document.activeElement.textContent") == "Zoom and hover: Tunisia"
    page.keyboard.press("Enter")
    page.locator(ALIVE).wait_for()
    page.keyboard.press("Enter")
    page.locator(ALIVE).wait_for(state="detached")


def test_wheel_and_dragging_zoom_and_move_and_a_double_click_shows_the_whole(
    opened: Opened,
) -> None:
    page = opened("/ar/region")
    explore(page, TREND)
    whole = ticks(page)
    point_at(page, 0.5, 0.5)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(300)
    near = ticks(page)
    assert len(near) < len(whole)
    # What is older stands at the right, so pulling to the left brings it.
    page.mouse.down()
    box = page.locator(ALIVE).bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    oldest = "الربع الأول 2022"
    assert (oldest in near, oldest in ticks(page)) == (False, True)
    page.mouse.dblclick(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.wait_for_timeout(300)
    assert ticks(page) == whole


def test_what_draws_is_loaded_when_somebody_asks_and_once(opened: Opened) -> None:
    page = opened("/en/region")
    page.wait_for_timeout(500)
    assert not [path for path in asked_for(page) if path.endswith(("vega.js", ".json"))]
    explore(page, BARS)
    explore(page, TREND)
    assert page.locator("figure[data-open]").count() == 1
    assert len([path for path in asked_for(page) if path.endswith("vega.js")]) == 1
    assert len([path for path in asked_for(page) if path.endswith("-light.json")]) == 2


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("scheme", INK)
@pytest.mark.parametrize("width", [360, 1200])
def test_nobody_is_kept_out_of_a_chart_that_is_open(
    opened: Opened, language: str, scheme: str, width: int
) -> None:
    page = opened(f"/{language}/region", width=width, scheme=scheme, reduced_motion="reduce")
    explore(page, TREND)
    point_at(page, 0.5, 0.4)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator(".alive svg").bounding_box()["width"] > min(width, 960) * 0.7
    text = page.locator(f"{ALIVE} .role-axis-label text").first.get_attribute("fill")
    assert text == INK[scheme]["text"]  # type: ignore[index]


def test_the_policy_of_pages_stays_as_strict_and_nothing_breaks_it(opened: Opened) -> None:
    # What breaks it a browser complains of, and whatever it complains of fails (see `opened`).
    page = opened("/en/region")
    told = page.request.get(page.url).headers["content-security-policy"]
    assert "script-src 'self';" in told
    assert "unsafe" not in told
    explore(page, TREND)
    point_at(page, 0.5, 0.4)
    assert page.locator("style").count() == 0


def test_a_telephone_opens_a_chart_by_touch(opened: Opened) -> None:
    page = opened("/fr/region", width=360, has_touch=True)
    page.locator(".explore").nth(BARS).tap()
    page.locator(ALIVE).wait_for()
    box = page.locator(ALIVE).bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.12)
    page.locator("#tooltip.visible").wait_for()
    assert page.locator("#tooltip").inner_text().startswith("Tunisie")


def test_a_chart_that_cannot_be_opened_leaves_its_picture_and_says_so(opened: Opened) -> None:
    page = opened("/en/region", cut_off=True)
    page.route("**/charts/*.json", lambda route: route.abort())
    page.locator(".explore").first.click()
    page.get_by_text("The chart cannot be opened now.").wait_for()
    assert page.locator("figure.chart img").first.is_visible()
    assert page.locator("figure[data-open]").count() == 0


def test_without_script_there_is_nothing_to_press(opened: Opened) -> None:
    page = opened("/en/region", java_script_enabled=False)
    assert page.locator("figure.chart img").first.is_visible()
    assert not page.locator(".explore").first.is_visible()


def test_digits_are_chosen_by_keyboard_and_charts_follow_into_their_tooltips(
    opened: Opened,
) -> None:
    page = opened("/ar/indicators/VIC_IDENT?period=2023&by=&country=", locale="ar-TN")
    assert "٢٠٢٣" not in page.locator("main").inner_text()
    tab_to(page, ".digits button[value=arab]")
    page.keyboard.press("Enter")
    page.locator(".digits button[value=arab][aria-pressed=true]").wait_for()
    assert page.url.endswith("period=2023&by=&country=")
    assert "٢٠٢٣" in page.locator("#table").inner_text()
    explore(page, 0)
    told = point_at(page, 0.5, 0.4)
    assert not set(told) & set("0123456789")
    assert set(told) & set("٠١٢٣٤٥٦٧٨٩")
    assert violations(page) == []


def test_a_chart_that_is_open_stays_while_news_come_and_closing_it_shows_them(
    opened: Opened,
) -> None:
    with served(known(len(releases()) - LAST)) as young:
        page = opened("/en/region", at=young.url)
        before = page.locator("#changes ~ ul").inner_text()
        explore(page, TREND)
        young.do(add_the_rest)
        page.wait_for_timeout(1500)
        assert page.locator(ALIVE).is_visible()
        assert page.locator("#changes ~ ul").inner_text() == before
        page.keyboard.press("Escape")
        banner(page, "news")
        assert page.locator("#changes ~ ul").inner_text() != before
        page.close()
