"""A table is taken along and opened elsewhere: it says, number by number, what the page says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.exports.labels import CONCEPTS
from tests.console.conftest import Opened
from tests.extras import library

Rows = list[dict[str, Any]]
NUMBERS = ("OBS_VALUE", "LOWER_BOUND", "UPPER_BOUND", "MEASUREMENT")
PAGE = "indicators/VIC_IDENT?period=2023&by=FORM%2CSEX&country="


def from_csv(content: bytes) -> Rows:
    text = content.decode("utf-8-sig")
    dialect = csv.Sniffer().sniff(text.splitlines()[0], delimiters=",;")
    return list(csv.DictReader(io.StringIO(text), dialect=dialect))


def named(sheets: list[list[Sequence[Any]]]) -> Rows:
    """The rows of the sheet with numbers: headings are in Arabic, and so are its words."""
    names = {told["ar"]: name for name, told in CONCEPTS.items()}
    for lines in sheets:
        heads = [names.get(str(one), str(one)) for one in lines[0]]
        if "OBS_VALUE" in heads:
            # Codes stand behind the words, under headings that are codes too.
            spoken = [
                name if name in NUMBERS or name == str(one) else f"{name}_AR"
                for name, one in zip(heads, lines[0], strict=True)
            ]
            return [dict(zip(spoken, line, strict=True)) for line in lines[1:]]
    raise AssertionError("no sheet has the numbers")


def from_xlsx(content: bytes) -> Rows:
    book = library("openpyxl", "exports").load_workbook(io.BytesIO(content), read_only=True)
    return named([list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets])


def from_calamine(content: bytes) -> Rows:
    book = library("python_calamine", "exports").load_workbook(io.BytesIO(content))
    return named([book.get_sheet_by_name(name).to_python() for name in book.sheet_names])


def from_parquet(content: bytes) -> Rows:
    found: Rows = library("pyarrow.parquet", "exports").read_table(io.BytesIO(content)).to_pylist()
    return found


OPENED: tuple[tuple[str, Callable[[bytes], Rows]], ...] = (
    (".csv", from_csv),
    (".xlsx", from_xlsx),
    (".xlsx", from_calamine),
    (".parquet", from_parquet),
)


def whole(text: str) -> int:
    """A number as the page writes it."""
    digits = int(re.sub(r"\D", "", text))
    return -digits if "\N{MINUS SIGN}" in text else digits


def shown(page: Any) -> dict[tuple[str, str], list[int]]:
    """The numbers of the page's table, by country and cell, each of which stands there once."""
    rows = page.locator("#table ~ .scrolled tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map("
        "cell => (cell.querySelector('.value') ?? cell).innerText.trim()))"
    )
    found = {(row[0], row[1]): [whole(one) for one in row[2:6]] for row in rows}
    assert len(found) == len(rows)
    return found


def test_every_number_of_a_table_is_the_same_wherever_it_is_opened(
    opened: Opened, tmp_path: Path
) -> None:
    page = opened(f"/en/{PAGE}")
    english = shown(page)
    # In the middle of it the reader goes on in Arabic.
    page.get_by_role("link", name="العربية").click()
    page.wait_for_url("**/ar/indicators/**")
    arabic = shown(page)
    assert list(arabic.values()) == list(english.values())
    for end, read in OPENED:
        with page.expect_download() as coming:
            page.locator(".files a").get_by_text(end, exact=True).click()
        file = tmp_path / coming.value.suggested_filename
        coming.value.save_as(file)
        rows = read(file.read_bytes())
        found = {
            (row["REF_AREA_AR"], f"{row['FORM_AR']} · {row['SEX_AR']}"): [
                int(row[name]) for name in NUMBERS
            ]
            for row in rows
        }
        # The page has the four together as well, which no file has.
        assert len(found) == len(rows) == len(arabic) * 4 // 5
        assert {key: arabic.get(key) for key in found} == found, (end, read)


def test_a_number_that_differs_is_noticed() -> None:
    assert whole("1,234") == 1234
    assert whole("\N{LEFT-TO-RIGHT ISOLATE}\N{MINUS SIGN}7\N{POP DIRECTIONAL ISOLATE}") == -7
    with pytest.raises(ValueError, match="invalid literal"):
        whole("–")
