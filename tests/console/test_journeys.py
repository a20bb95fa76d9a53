"""What people do: read a number and cite it, change the language on the way, verify, download."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from deploy.console.views.cuts import answer
from deploy.console.views.region import MAIN
from tests.console.conftest import Opened
from tests.console.world import snapshot
from tests.extras import library


def tab_to(page: Any, what: str, most: int = 60) -> None:
    """Presses the tabulator until something has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(what) => document.activeElement?.matches(what)", what):
            return
    raise AssertionError(f"not reached by keyboard: {what}")


def choose(page: Any, what: str, name: str) -> None:
    """Types the name of an option, as people do on a list that has the focus."""
    tab_to(page, what)
    page.keyboard.type(name)


def test_by_keyboard_alone_a_number_is_read_and_cited(opened: Opened) -> None:
    page = opened("/en/region")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to(page, ".more a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/indicators/VIC_IDENT?**")
    choose(page, "#period", "2023")
    choose(page, "#country", "Tunisia")
    tab_to(page, "#show")
    page.keyboard.press("Enter")
    page.wait_for_url("**country=TUN**")
    found = answer(snapshot(), MAIN, "2023")
    assert found is not None
    number = found.of("TUN")
    cited = page.locator("#citation").inner_text()
    assert f"Tunisia, 2023: {number.value} (between {number.lower} and {number.upper})" in cited
    assert "F3" in cited
    assert found.release.statement.output in cited
    # The address brings the same view to somebody else.
    link = page.locator("#permalink").get_attribute("href")
    assert opened(link).locator("#citation").inner_text() == cited


def test_whatever_has_the_focus_shows_it(opened: Opened) -> None:
    page = opened("/en/indicators/VIC_IDENT")
    for _ in range(15):
        page.keyboard.press("Tab")
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 2


def test_in_the_middle_the_language_changes_and_the_place_stays(opened: Opened) -> None:
    page = opened("/en/indicators/VIC_IDENT?period=2023&by=SEX&country=TUN")
    numbers = page.locator("#table ~ .scrolled td.number").all_inner_texts()
    page.get_by_role("link", name="العربية").click()
    page.wait_for_url("**/ar/indicators/VIC_IDENT?period=2023&by=SEX&country=TUN")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("h1").inner_text() == "الضحايا المتعرف عليهم"
    assert page.locator("#table ~ .scrolled td.number").all_inner_texts() == numbers
    assert page.locator("#period").input_value() == "2023"
    assert page.locator("#country").input_value() == "TUN"
    first, last = page.locator("thead").first.locator("th").first, page.locator("thead th").last
    assert first.bounding_box()["x"] > last.bounding_box()["x"]


def test_a_release_is_verified_before_the_readers_eyes(opened: Opened) -> None:
    page = opened("/en/releases")
    page.get_by_role("link", name="Identified victims by form and sex").first.click()
    page.wait_for_url("**/releases/F1_*")
    assert page.locator(".steps").count() == 0
    page.get_by_role("button", name="Verify now").click()
    page.wait_for_url("**verify=1**")
    assert page.locator(".steps li span").all_inner_texts() == ["holds"] * 6


def test_a_table_is_taken_along_as_a_file_that_says_what_the_page_says(
    opened: Opened, tmp_path: Path
) -> None:
    page = opened("/fr/indicators/VIC_IDENT?period=2023&by=FORM,SEX&country=")
    with page.expect_download() as coming:
        page.locator(".files a", has_text=".csv").first.click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    assert file.name == "F1_2023_FINAL.csv"
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig")), delimiter=";"))
    values = {(r["REF_AREA_FR"], r["FORM_FR"], r["SEX_FR"]): r["OBS_VALUE"] for r in rows}
    shown = page.locator("#table ~ .scrolled tbody tr")
    assert shown.count() == 5 * len(rows) / 4
    for line in (0, 7, 30):
        country = shown.nth(line).locator("th").inner_text()
        form, sex = shown.nth(line).locator("td").first.inner_text().split(" · ")
        value = shown.nth(line).locator(".value").inner_text()
        assert values[country, form, sex] == value


def test_a_brief_for_a_minister_is_chosen_read_and_taken_along(
    opened: Opened, tmp_path: Path
) -> None:
    library("typst", "console")
    page = opened("/en/region")
    page.get_by_role("navigation").get_by_role("link", name="Brief").click()
    page.wait_for_url("**/en/brief")
    choose(page, "#area", "Morocco")
    choose(page, "#period", "2022")
    tab_to(page, "#show")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/brief?area=MAR&period=2022")
    title, number = page.locator("h1").inner_text(), page.locator(".headline .value").inner_text()
    with page.expect_download() as coming:
        page.locator("#pdf").click()
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    assert file.name == "southmed-MAR-2022.pdf"
    (sheet,) = library("pypdf", "dev").PdfReader(file).pages
    said = sheet.extract_text()
    assert title in said
    assert number in said.split()
    # What is printed leads back to what was shown.
    (note,) = sheet["/Annots"]
    page.goto(note.get_object()["/A"]["/URI"])
    assert page.locator("h1").inner_text() == title
