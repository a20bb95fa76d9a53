"""The publisher against a platform that loses, refuses, lies or is silent (`publishing`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.brokers.embedded import Cluster
from producers.errors import BatchRefused, BrokerUnreachable, OutboxBehind
from producers.outbox import Outbox
from producers.publisher import MAX_PATIENCE
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.receipts import Entry, Receipt, Status, sign_receipt
from schemas.topics import PARTITIONS
from tests.integration.publishing import (
    CASE_TOPIC,
    ID_KEY,
    LIMIT,
    QUICK,
    RECEIPT_TOPIC,
    Script,
    assert_all_receipted,
    platform_at,
    publish,
    published,
    receipt_for,
    report,
    seal_each,
    sealer,
    tell,
    unique_reports,
    until_published,
)
from tests.samples import MOROCCO, TUNISIA
from tests.world import NOW, World, a_world

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def world() -> World:
    return a_world()


@pytest.fixture
def broker() -> Broker:
    """A cluster of its own for every test, with the two topics that a publisher needs."""
    topics = {CASE_TOPIC.topic: PARTITIONS, RECEIPT_TOPIC.topic: PARTITIONS}
    return Broker(Cluster(topics).servers)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox.sqlite", authority=TUNISIA, streams=1, id_key=ID_KEY)
    yield made
    made.close()


# --- All is well ---------------------------------------------------------------------------------


async def test_everything_is_published_once_in_order(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    seal_each(outbox, world, 5)
    report(outbox, 5)
    async with platform_at(broker, Script(world)) as platform:
        await publish(outbox, world, broker)
        assert platform.arrived == [1, 2, 3, 4, 5, 6]
        assert set(platform.codes) == {"ACCEPTED"}
    assert_all_receipted(outbox, 6)


async def test_what_is_receipted_is_never_sent_again(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    seal_each(outbox, world, 3)
    async with platform_at(broker, Script(world)):
        await publish(outbox, world, broker)
        for _ in range(2):
            await publish(outbox, world, broker)
        idle = time.monotonic() + 3 * QUICK.resend_after
        await publish(outbox, world, broker, done=lambda: time.monotonic() > idle)
    assert await published(broker) == 3


async def test_events_that_come_together_travel_together(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    for number in range(30):
        report(outbox, number)
    async with platform_at(broker, Script(world)) as platform:
        await publish(outbox, world, broker)
        assert platform.arrived == [1]
    assert_all_receipted(outbox, 30)


async def test_refused_events_are_noted_and_their_batch_is_done(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    report(outbox, 0)
    late = replace(sealer(world), now=lambda: NOW - 365 * 24 * 3600 * 1000)
    outbox.seal_next(0, late, even_empty=False)
    async with platform_at(broker, Script(world)):
        await publish(outbox, world, broker)
    assert_all_receipted(outbox, 1)
    assert outbox.refusals() == {"EVENT_INVALID": 1}


# --- Something is lost ---------------------------------------------------------------------------


async def test_told_of_a_gap_it_sends_again_from_there(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    seal_each(outbox, world, 4)
    script = Script(world)

    def lose_the_second(message: bytes) -> Receipt | None:
        lost = script.arrived == [1, 2]
        return None if lost else script.fold(message)

    script.reply = lose_the_second
    async with platform_at(broker, script):
        began = time.monotonic()
        await publish(outbox, world, broker, replace(QUICK, resend_after=LIMIT))
        assert time.monotonic() - began < LIMIT / 2, "it waited instead of hearing of the gap"
    assert "CHAIN_GAP" in script.codes
    assert script.arrived[:4] == [1, 2, 3, 4]
    assert script.arrived[4] == 2
    assert_all_receipted(outbox, 4)
    assert unique_reports(script) == 4


async def test_a_lost_receipt_is_asked_for_by_sending_again(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    seal_each(outbox, world, 2)
    script = Script(world)

    def lose_receipts(message: bytes) -> Receipt | None:
        receipt = script.fold(message)
        return receipt if len(script.arrived) > 2 else None

    script.reply = lose_receipts
    async with platform_at(broker, script):
        await publish(outbox, world, broker)
    assert script.arrived == [1, 2, 1, 2]
    assert script.codes == ["ACCEPTED", "ACCEPTED", "DUPLICATE", "DUPLICATE"]
    assert_all_receipted(outbox, 2)
    assert unique_reports(script) == 2


async def test_the_bytes_sent_again_by_another_process_are_the_same(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    seal_each(outbox, world, 2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(publish(outbox, world, broker), 1.0)
    outbox.close()
    again = Outbox(outbox.path, authority=TUNISIA, streams=1, id_key=ID_KEY)
    async with platform_at(broker, Script(world)) as platform:
        await publish(again, world, broker)
        assert set(platform.codes) == {"ACCEPTED", "DUPLICATE"}
    assert_all_receipted(again, 2)
    again.close()


async def test_no_broker_at_all_is_waited_for_as_long_as_agreed(
    outbox: Outbox, world: World
) -> None:
    seal_each(outbox, world, 1)
    with pytest.raises(BrokerUnreachable):
        await publish(outbox, world, Broker("127.0.0.1:1"), replace(QUICK, give_up_after=0.5))
    assert outbox.tally()["batches_pending"] == 1


def test_patience_has_an_end_however_long_the_silence() -> None:
    assert [QUICK.patience(n) for n in range(3)] == [0.5, 1.0, 2.0]
    assert QUICK.patience(5_000) == MAX_PATIENCE


# --- Something is refused ------------------------------------------------------------------------


async def test_a_batch_refused_three_times_ends_publishing(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    outbox.open_epoch(0, 2)
    seal_each(outbox, world, 1)
    async with platform_at(broker, Script(world)) as platform:
        with pytest.raises(BatchRefused) as caught:
            await publish(outbox, world, broker)
        assert platform.codes == ["EPOCH_NOT_OPENED"] * QUICK.max_refusals
    assert "EPOCH_NOT_OPENED" in caught.value.got
    assert outbox.tally()["batches_pending"] == 1


async def test_a_batch_refused_until_the_trust_document_is_newer_goes_through(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    outbox.open_epoch(0, 2)
    seal_each(outbox, world, 2)
    script = Script(world)

    def announce_late(message: bytes) -> Receipt | None:
        if len(script.arrived) > 2:
            script.platform.world = world.with_epoch(2)
        return script.fold(message)

    script.reply = announce_late
    async with platform_at(broker, script):
        await publish(outbox, world, broker)
    assert script.codes[0] == "EPOCH_NOT_OPENED"
    assert_all_receipted(outbox, 2)


# --- Whom to believe -----------------------------------------------------------------------------


async def test_receipts_that_are_not_the_platform_s_are_ignored(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    """Accepting ones would lose batches, refusing ones would stop the publisher."""
    seal_each(outbox, world, 2)
    stranger = SigningKey.generate("ed25519")
    accepting, refusing = (
        receipt_for(outbox),
        receipt_for(outbox, status=Status.REFUSED, code="BROKEN_LINK"),
    )
    lies = [
        sign_receipt(receipt, key)
        for receipt in (accepting, refusing, refusing, refusing)
        for key in (stranger, world.tunisia)
    ]
    lies += [b"", b"Victime Fictive 0012", sign_receipt(accepting, world.platform)[:-1]]
    lies.append(sign_receipt(replace(accepting, authority=MOROCCO), world.platform))
    script = Script(world)
    hearing = asyncio.create_task(publish(outbox, world, broker))
    await until_published(broker, 2)
    await tell(broker, *lies)
    await asyncio.sleep(3 * QUICK.linger)
    assert not hearing.done()
    assert outbox.tally()["batches_accepted"] == 0
    async with platform_at(broker, script):
        await hearing
    assert_all_receipted(outbox, 2)
    assert unique_reports(script) == 2


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.REFUSED])
async def test_a_receipt_for_another_batch_at_the_same_place_is_not_ours(
    outbox: Outbox, world: World, broker: Broker, status: Status
) -> None:
    """The true platform tells it: perhaps of a copy of this outbox, or of a forger's batch."""
    seal_each(outbox, world, 1)
    true = receipt_for(outbox, status=status, code="BAD_SIGNATURE")
    other = replace(true, entries=tuple(replace(e, batch_hash=b"x" * 32) for e in true.entries))
    hearing = asyncio.create_task(publish(outbox, world, broker))
    await until_published(broker, 1)
    await tell(broker, *[sign_receipt(other, world.platform)] * QUICK.max_refusals)
    async with platform_at(broker, Script(world)) as platform:
        await hearing
        assert set(platform.codes) <= {"ACCEPTED", "DUPLICATE"}
    assert_all_receipted(outbox, 1)


async def test_an_old_copy_of_an_outbox_seals_nothing(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    report(outbox, 0)
    ahead = Receipt(TUNISIA, 0, (1, 9), (Entry(1, 8, b"h" * 32, Status.ACCEPTED),))
    of_another = replace(ahead, authority=MOROCCO, next_position=(1, 1))
    await tell(
        broker, sign_receipt(ahead, world.platform), sign_receipt(of_another, world.platform)
    )
    with pytest.raises(OutboxBehind) as caught:
        await publish(outbox, world, broker)
    assert (caught.value.expected, caught.value.got) == ("stream 0 at (1, 9)", "(1, 1)")
    assert outbox.tally()["events_unsealed"] == 1
    assert await published(broker) == 0


async def test_a_new_epoch_is_not_behind(outbox: Outbox, world: World, broker: Broker) -> None:
    outbox.open_epoch(0, 2)
    report(outbox, 0)
    ahead = Receipt(TUNISIA, 0, (1, 9), (Entry(1, 8, b"h" * 32, Status.ACCEPTED),))
    await tell(broker, sign_receipt(ahead, world.platform))
    async with platform_at(broker, Script(world.with_epoch(2))):
        await publish(outbox, world, broker)
    assert_all_receipted(outbox, 1)


# --- Signs of life -------------------------------------------------------------------------------


async def test_an_idle_stream_sends_signs_of_life(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    async with platform_at(broker, Script(world)) as platform:
        alive = replace(QUICK, heartbeat=0.2)
        await publish(outbox, world, broker, alive, done=lambda: len(platform.arrived) >= 3)
        count = len(platform.arrived)
        assert platform.arrived == list(range(1, count + 1))
        assert set(platform.codes) == {"ACCEPTED"}
        assert platform.platform.cells == {}
    tally = outbox.tally()
    assert (tally["events"], tally["batches_accepted"]) == (0, count)


async def test_without_a_heartbeat_an_idle_stream_is_silent(
    outbox: Outbox, world: World, broker: Broker
) -> None:
    idle = time.monotonic() + 1.0
    await publish(outbox, world, broker, done=lambda: time.monotonic() > idle)
    assert await published(broker) == 0
