"""How data come in, on a real topic: adapter, worker, `southmed quality run`, console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from deploy.console.alerts.boards import Access
from deploy.console.i18n import tongue
from deploy.console.quality.board import Known, QualityBoard
from deploy.console.quality.follow import follow_quality
from deploy.console.store import Snapshot
from deploy.console.views.quality import quality
from deploy.consume.trusting import LiveTrust
from deploy.quality.office import Run, run
from deploy.release import init_keys
from processors.compacted import write_records
from processors.quality.errors import QualityTopicUnreachable
from processors.quality.expectations import shipped
from processors.quality.publish import outgoing_of
from schemas.kafka import Broker
from schemas.quality import Quality, monday
from tests.integration.harness import TUNISIA, EmbeddedScene, finish
from tests.integration.shell import Southmed
from tests.published import OTHER_KEY

pytestmark = pytest.mark.broker

LIMIT = 40


def today() -> date:
    return datetime.now(UTC).date()


@asynccontextmanager
async def following(place: EmbeddedScene) -> AsyncIterator[QualityBoard]:
    board, trust = QualityBoard(), LiveTrust(place.site.trust_file)
    task = asyncio.create_task(
        follow_quality(Broker(place.reach.servers), trust, board, again_after=0.1)
    )
    try:
        yield board
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(board: QualityBoard, holds: Callable[[Known], bool]) -> Known:
    async with asyncio.timeout(LIMIT):
        while not holds(board.known):
            await board.bell.listen().wait()
    return board.known


@pytest.fixture
def filled(place: EmbeddedScene) -> EmbeddedScene:
    """The Tunisian register has been published and folded; of the others nothing came."""
    init_keys(place.site, [])
    with place.workers("a"):
        finish(place)
    return place


def ask(southmed: Southmed, place: EmbeddedScene, *words: str) -> Any:
    where = ("--site", place.site.root, "--broker", place.reach.servers, "--json")
    told = southmed("quality", *words, *where)
    assert told.status == 0, told
    return told.json


async def publish_of(place: EmbeddedScene) -> Run:
    return await run(place.site, Broker(place.reach.servers), shipped(), today())


async def test_what_an_authority_sends_is_told_on_the_page_of_a_console(
    filled: EmbeddedScene,
) -> None:
    async with following(filled) as board:
        await until(board, lambda known: known.access is Access.LIVE)
        assert not board.known.messages
        told = await publish_of(filled)
        known = await until(board, lambda known: len(known.messages) == len(told.messages))
    assert list(told.written) == list(told.messages)
    assert {m.authority: m for m in told.messages} == known.messages
    tunisia = known.messages[TUNISIA]
    assert tunisia.last_accepted == monday(today())
    assert tunisia.windows[0].accepted != "0"
    assert tunisia.adds_up
    page = quality(known, Snapshot(), today(), tongue("en"))
    states = {line.authority: line.cells[0].words for line in page.lines}
    assert states.pop(TUNISIA).startswith("On time")
    assert set(states.values()) == {"Nothing was ever accepted"}


def test_what_has_not_changed_is_not_published_again_and_a_silence_is(
    filled: EmbeddedScene, southmed: Southmed
) -> None:
    everybody = [message["authority"] for message in ask(southmed, filled, "run")["messages"]]
    assert ask(southmed, filled, "run")["changed"] == []
    later = ("--as-of", (today() + timedelta(days=200)).isoformat())
    assert ask(southmed, filled, "run", "--dry-run", *later)["changed"] == everybody
    assert ask(southmed, filled, "run", *later)["changed"] == everybody
    told = southmed(
        *("quality", "show", "--broker", filled.reach.servers),
        *("--trust", filled.site.trust_file, "--json"),
    )
    (tunisia,) = [m for m in told.json["messages"] if m["authority"] == TUNISIA]
    message = Quality.model_validate(tunisia)
    assert told.status == 0
    assert [window.accepted for window in message.windows] == ["0", "0"]
    assert message.looked - (message.last_accepted or message.looked) > timedelta(days=190)


async def test_what_the_platform_did_not_sign_is_counted_and_not_shown(
    filled: EmbeddedScene,
) -> None:
    messages = (await publish_of(filled)).messages
    broker = Broker(filled.reach.servers)
    forged = messages[0].model_copy(update={"adds_up": False})
    await write_records(broker, [outgoing_of(forged, OTHER_KEY)], QualityTopicUnreachable)
    async with following(filled) as board:
        known = await until(board, lambda known: bool(known.refused))
    assert known.messages[forged.authority].adds_up
    assert [code for _, code in known.refused] == ["UNKNOWN_KEY"]
    # The newest record of the key is a forgery: the next run puts the true one there again.
    again = await publish_of(filled)
    assert list(again.written) == [messages[0]]
