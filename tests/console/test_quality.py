"""The page of data quality in a browser: a way from each line to what to do, and what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from deploy.console.quality.board import QualityBoard
from tests.console.conftest import Opened
from tests.console.served import Served, served
from tests.console.world import snapshot
from tests.unit.qualities import a_quality, what_is_known

LIMIT = 20_000
SILENT = a_quality(last_accepted=None)


@pytest.fixture
def board() -> QualityBoard:
    return QualityBoard(what_is_known(a_quality()))


@pytest.fixture
def young(board: QualityBoard) -> Iterator[Served]:
    with served(snapshot(), quality=board) as running:
        yield running


@pytest.fixture
def bare() -> Iterator[Served]:
    """A console that read releases, and nothing of quality."""
    with served(snapshot()) as running:
        yield running


def test_a_line_leads_to_what_to_do_about_it(opened: Opened) -> None:
    page = opened("/en/quality")
    link = page.get_by_role("link", name="lb.isf")
    link.focus()
    page.keyboard.press("Enter")
    section = page.locator("section", has=page.locator("h3#lb-isf")).last
    assert "Do not compare its newest periods." in section.inner_text()
    section.get_by_text("Everything that is told of lb.isf").click()
    assert section.get_by_text("Late after 30 days, silent after 90").is_visible()


def test_who_falls_silent_is_seen_without_reloading(
    young: Served, board: QualityBoard, opened: Opened
) -> None:
    page = opened("/en/quality", at=young.url)
    row = page.locator("tbody tr").first
    assert "On time" in row.inner_text()
    page.locator("#facts-tn-inltp summary").click()
    page.evaluate("window.same = true")

    async def change() -> None:
        board.put(board.known.having(SILENT))

    asyncio.run_coroutine_threadsafe(change(), young.loop).result(LIMIT)
    page.get_by_text("Nothing was ever accepted").first.wait_for(timeout=LIMIT)
    assert page.evaluate("window.same")
    assert page.locator("#facts-tn-inltp").get_attribute("open") is not None


def test_until_something_is_published_the_page_says_so(bare: Served, opened: Opened) -> None:
    page = opened("/en/quality", at=bare.url)
    assert "tn.inltp" in page.locator("tbody").inner_text()
    assert page.get_by_text("southmed quality run").is_visible()
