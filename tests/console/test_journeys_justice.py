"""What people do with stages, trainings and requests: choose, read, take along, send to others."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from deploy.console.i18n import tongue
from deploy.console.views.justice import Chosen
from deploy.console.views.justice import page as justice
from tests.console.conftest import Opened
from tests.console.test_journeys import choose, tab_to
from tests.console.world import snapshot


def test_by_keyboard_somebody_asks_how_far_the_cases_of_a_country_came(opened: Opened) -> None:
    page = opened("/en/region")
    page.get_by_role("link", name="Justice and referral").click()
    page.wait_for_url("**/en/justice")
    choose(page, "#year", "2021")
    choose(page, "#country", "Tunisia")
    tab_to(page, "#show")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/justice?year=2021&country=TUN&form=")
    view = justice(snapshot(), Chosen("2021", "TUN"), tongue("en")).view
    assert view is not None
    path = page.locator("section[aria-labelledby=cascade] tbody tr")
    untold = page.locator("a[href='#missing']")
    # From report to conviction; what no release tells stands at its place, without a number.
    assert [cell.inner_text() for cell in path.locator("th").all()] == [
        "Reported",
        "Identified",
        "Referred, or further",
        "Assisted",
        "Case prosecuted, or further",
        "Conviction in the case",
    ]
    assert untold.count() == 2
    rows = path.filter(has_not=untold)
    for place, step in enumerate(view.steps):
        told = rows.nth(place).inner_text()
        assert step.name in told
        assert f"{step.figure.value}" in told
        assert f"{step.figure.lower}–{step.figure.upper}" in told
        if step.share is not None:
            value, lower, upper = (f"{end:.0%}" for end in step.share.percent)
            assert value in told
            assert f"{lower}–{upper}" in told
    assert view.steps[1].share is not None
    # What is missing is said, and where it can be seen.
    assert "southmed indicators show AST_N" in page.locator("main").inner_text()
    # The address brings the same view to somebody else, in another language too.
    link = page.locator("#permalink").get_attribute("href")
    other = opened(link.replace("/en/", "/ar/"))
    assert other.locator("#country").input_value() == "TUN"
    shown = other.locator("section[aria-labelledby=cascade] .value").all_inner_texts()
    assert shown == page.locator("section[aria-labelledby=cascade] .value").all_inner_texts()


def test_exact_requests_are_read_and_taken_along(opened: Opened, tmp_path: Path) -> None:
    page = opened("/en/region")
    page.get_by_role("link", name="Training and cooperation").click()
    page.wait_for_url("**/en/cooperation")
    choose(page, "#country", "Jordan")
    tab_to(page, "#show")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/cooperation?year=2023&country=JOR")
    requests = page.locator("section[aria-labelledby=requests]")
    assert requests.locator("h2 .state").inner_text() == "exact"
    assert requests.locator(".band").count() == 0
    sent = requests.locator("tbody tr").first
    assert sent.locator("th").inner_text() == "Sent"
    with page.expect_download() as coming:
        requests.locator(".files a", has_text=".csv").first.click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    assert file.name == "E2_2023_FINAL.csv"
    told = [
        row["OBS_VALUE"]
        for row in csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
        if row["REF_AREA"] == "JOR" and row["DIRECTION"] == "SENT"
    ]
    assert sent.locator(".value").all_inner_texts() == [*told, str(sum(map(int, told)))]
    # Of trainings Jordan told none: that is an exact zero, and said.
    assert "exact zero" in page.locator("section[aria-labelledby=trainings]").inner_text()
