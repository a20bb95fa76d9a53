"""What the console knows follows the topic: verified, through a broker's absence, each once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.brokers.embedded import EmbeddedBroker
from deploy.console.follow import Live, Standing, follow
from deploy.consume.trusting import LiveTrust
from schemas.kafka import Broker
from tests.console.world import WITHDRAWN, messages, releases
from tests.integration.analyst import Scene
from tests.published import OTHER_KEY, PLATFORM_KEY, message, trusting

LIMIT = 40


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with EmbeddedBroker() as broker:
        yield Scene(tmp_path, broker)


@asynccontextmanager
async def following(scene: Scene) -> AsyncIterator[Live]:
    live = Live()
    broker, trust = Broker(scene.servers), LiveTrust(scene.trust)
    task = asyncio.create_task(follow(broker, trust, live, again_after=0.1, look_every=0.5))
    try:
        yield live
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(live: Live, holds: Callable[[Live], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        async for _ in live.changes():
            if holds(live):
                return


async def test_all_that_stands_is_known_and_what_comes_is_told_to_who_waits(scene: Scene) -> None:
    await asyncio.to_thread(scene.publish, *messages()[:49])
    async with following(scene) as live:
        await until(live, lambda now: now.standing is Standing.LIVE)
        assert len(live.snapshot.kept) == 49
        await asyncio.to_thread(scene.publish, *messages()[49:])
        await until(live, lambda now: WITHDRAWN not in {r.key for r in now.snapshot.standing()})
        assert list(live.snapshot.kept) == [
            r.key for r in releases() if r.key != WITHDRAWN or r.withdrawn
        ]


async def test_an_absent_broker_is_told_and_nothing_is_read_twice(scene: Scene) -> None:
    await asyncio.to_thread(scene.publish, *messages()[:5])
    async with following(scene) as live:
        await until(live, lambda now: now.standing is Standing.LIVE)
        scene.embedded.down()
        await until(live, lambda now: now.standing is Standing.BEHIND)
        assert len(live.snapshot.kept) == 5
        scene.embedded.up()
        await until(live, lambda now: now.standing is Standing.LIVE)
        await asyncio.to_thread(scene.publish, *messages()[5:8])
        await until(live, lambda now: len(now.snapshot.kept) == 8)
        assert live.snapshot.number == 8


async def test_what_is_not_signed_by_the_platform_is_counted_and_not_shown(scene: Scene) -> None:
    forged = message(releases()[1], signer=OTHER_KEY)
    await asyncio.to_thread(scene.publish, messages()[0], forged, messages()[2])
    async with following(scene) as live:
        await until(live, lambda now: now.standing is Standing.LIVE)
        assert [r.key for r in live.snapshot.standing()] == [releases()[n].key for n in (0, 2)]
        assert [(r.offset, r.error.code) for r in live.snapshot.refused] == [(1, "UNKNOWN_KEY")]


async def test_a_newer_trust_document_heals_what_was_refused_after_a_new_beginning(
    scene: Scene,
) -> None:
    later = message(releases()[1], signer=OTHER_KEY)
    await asyncio.to_thread(scene.publish, messages()[0], later)
    async with following(scene) as live:
        await until(live, lambda now: now.standing is Standing.LIVE)
        assert len(live.snapshot.kept) == 1
    scene.trust.write_bytes(trusting(PLATFORM_KEY, OTHER_KEY).dump())
    async with following(scene) as live:
        await until(live, lambda now: now.standing is Standing.LIVE)
        assert len(live.snapshot.kept) == 2
        assert live.snapshot.refused == ()
