"""``southmed adapter replay``: a platform that lost its log comes to the same cells again."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from country_adapters import REGISTERS
from deploy.brokers.embedded import EmbeddedBroker
from deploy.reach import Reach
from producers.errors import BatchNotKept
from producers.outbox import Outbox
from producers.publisher import Publisher
from producers.rows import Keep
from producers.sealer import Sealer
from schemas.kafka import Broker
from schemas.topics import PARTITIONS
from tests.integration.harness import TUNISIA, EmbeddedScene, finish
from tests.integration.publishing import (
    QUICK,
    Script,
    assert_all_receipted,
    platform_at,
    publish,
    seal_each,
    sealer,
)
from tests.integration.shell import Southmed
from tests.world import NOW, a_world

pytestmark = pytest.mark.broker


def test_a_platform_that_lost_everything_counts_the_same_after_a_replay(
    place: EmbeddedScene, southmed: Southmed
) -> None:
    asked = ("adapter", "replay", REGISTERS[TUNISIA], "--site", place.site.root, "--json")
    with place.workers("worker-1"):
        finish(place)
    counted = place.cells()
    assert counted
    told = southmed(*asked, "--dry-run")
    assert (told.status, told.json["sent"]) == (0, False)
    assert {one["stream"] for one in told.json["streams"]} == set(range(PARTITIONS))
    batches = sum(one["batches"] for one in told.json["streams"])

    shutil.rmtree(place.site.ledgers)
    with EmbeddedBroker() as other:
        lost = replace(place, reach=Reach(other.servers))
        with lost.workers("worker-1"):
            first = southmed(*asked, "--broker", other.servers)
            assert (first.status, first.json["accepted"]) == (0, batches)
            assert lost.cells() == counted
            again = southmed(*asked, "--broker", other.servers, "--stream", "1", "--from", "1:1")
            assert (again.status, again.json["accepted"]) == (0, 0)
            assert again.json["duplicate"] >= again.json["streams"][0]["batches"] > 0
            assert lost.cells() == counted


def test_what_is_no_longer_kept_is_told_with_what_to_do(
    place: EmbeddedScene, southmed: Southmed
) -> None:
    adapter = place.adapter()
    adapter.read_once()
    outbox = adapter.open_outbox()
    key, trust = place.site.signing_key(TUNISIA), place.site.trust()
    for stream in range(PARTITIONS):
        outbox.seal_next(stream, Sealer(key, trust, lambda: NOW, os.urandom), even_empty=True)
        outbox.accept(stream, 1, 1, [])
    outbox.close()
    said = southmed(
        *("adapter", "replay", "tunisia", "--site", place.site.root),
        *("--broker", place.reach.servers, "--from", "1:1"),
    )
    assert said.status == 1
    assert "BATCH_NOT_KEPT" in said.told
    assert "got 1:1" in said.told
    assert "southmed adapter open-epoch" in said.told


@pytest.mark.parametrize("start", ["", "1", "1:", ":1", "0:1", "1:0", "1:x", "-1:2", "1:²"])
def test_a_place_that_is_none_is_wrong_usage(
    place: EmbeddedScene, southmed: Southmed, start: str
) -> None:
    said = southmed("adapter", "replay", "tunisia", "--site", place.site.root, f"--from={start}")
    assert said.status == 2


def test_without_an_outbox_there_is_nothing_to_replay(
    place: EmbeddedScene, southmed: Southmed
) -> None:
    said = southmed("adapter", "replay", "tunisia", "--site", place.site.root, "--dry-run")
    assert said.status == 1
    assert "OUTBOX_MISSING" in said.told


# --- The publisher and what is kept --------------------------------------------------------------


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.sqlite", authority=TUNISIA, streams=1, id_key=bytes(32))


async def test_a_restored_platform_is_told_of_once_and_gets_what_it_lacks_by_a_replay(
    outbox: Outbox, place: EmbeddedScene, caplog: pytest.LogCaptureFixture
) -> None:
    """The platform's backup ends after the second batch; new events alone would run into a gap."""
    world = a_world()
    broker = Broker(place.reach.servers)
    seal_each(outbox, world, 4)
    batches = outbox.pending(0)
    for batch in batches:
        outbox.accept(0, *batch.position, [], at=NOW)
    script = Script(world)
    script.platform.take_all(batches[:2])
    seal_each(outbox, world, 1, start=4)
    async with platform_at(broker, script):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(publish(outbox, world, broker), 2.0)
        assert set(script.codes) == {"CHAIN_GAP"}
        assert len(script.codes) < 8, "it sends again and again what cannot be taken"
        assert [record.message for record in caplog.records].count("platform_behind") == 1
        outbox.replay(0, (1, 3))
        await publish(outbox, world, broker)
    assert script.arrived[-3:] == [3, 4, 5]
    assert_all_receipted(outbox, 5)


async def test_what_was_kept_for_long_enough_goes_with_the_next_run(
    outbox: Outbox, place: EmbeddedScene
) -> None:
    world, broker = a_world(), Broker(place.reach.servers)
    seal_each(outbox, world, 2)
    async with platform_at(broker, Script(world)):
        await publish(outbox, world, broker)
    assert outbox.replayable(0, (1, 1)) is not None
    later = Publisher(outbox, sealer(world), world.trust, broker, pace=QUICK, keep=Keep(days=0))
    await later.run(lambda: True)
    with pytest.raises(BatchNotKept):
        outbox.replayable(0, (1, 1))
