"""A publisher's counterpart in the tests: a platform that misbehaves on demand.

It reads the case topic, folds what it reads with the real fold, and answers with really signed
receipts; but it may lose a batch or a receipt, or answer in its own way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from producers.outbox import Outbox
from producers.publisher import Pace, Publisher
from producers.rows import Draft, MappedRow
from producers.sealer import Sealer
from schemas.envelope import verify
from schemas.kafka import Broker
from schemas.receipts import Entry, Receipt, Status, sign_receipt
from schemas.topics import CASES, RECEIPTS
from tests.samples import TUNISIA, an_event, ref
from tests.world import NOW, TOPIC, Platform, World, code_of, some_random

ID_KEY = b"invented key of the authority..."
QUICK = Pace(linger=0.02, resend_after=0.5)
CASE_TOPIC = TopicPartition(CASES.name("TUN"), TOPIC.partition)
RECEIPT_TOPIC = TopicPartition(RECEIPTS.name("TUN"), TOPIC.partition)
LIMIT = 20.0
ASSIGNED = ("event_id", "fact_ref", "supersedes", "revision")


def report(outbox: Outbox, number: int) -> None:
    """Records a report in the outbox, in a batch of its own."""
    event = an_event("report.received", case_ref=ref(f"case {number}"))
    draft = Draft(ref(f"slot {number}") * 2, {n: v for n, v in event.items() if n not in ASSIGNED})
    outbox.record("reports", [MappedRow(ref(f"row {number}") * 2, (draft,))], str(number))


def seal_each(outbox: Outbox, world: World, number: int, start: int = 0) -> None:
    """Reports that wait, each sealed in a batch of its own."""
    for n in range(start, start + number):
        report(outbox, n)
        outbox.seal_next(0, sealer(world, f"batch {n}"), even_empty=False)


def sealer(world: World, seed: str = "test") -> Sealer:
    return Sealer(world.tunisia, world.trust, lambda: NOW, some_random(seed))


async def publish(
    outbox: Outbox,
    world: World,
    broker: Broker,
    pace: Pace = QUICK,
    done: Callable[[], bool] = lambda: True,
) -> None:
    publisher = Publisher(outbox, sealer(world), world.trust, broker, pace=pace)
    await asyncio.wait_for(publisher.run(done), LIMIT)


Reply = Callable[[bytes], Receipt | None]


class Script:
    """A platform that folds every batch, but for what a test has it do otherwise."""

    def __init__(self, world: World) -> None:
        self.platform = Platform(world)
        self.signer = world.platform
        self.arrived: list[int] = []
        self.codes: list[str] = []
        self.reply: Reply = self.fold

    def fold(self, message: bytes) -> Receipt | None:
        outcome = self.platform.take(message)
        self.codes.append(code_of(outcome))
        return outcome.receipt

    def take(self, message: bytes) -> bytes | None:
        """Notes a batch's sequence and gives the signed answer, if there is one."""
        self.arrived.append(verify(message, TOPIC, self.platform.world.trust).place.sequence)
        receipt = self.reply(message)
        return None if receipt is None else sign_receipt(receipt, self.signer)


@asynccontextmanager
async def platform_at(broker: Broker, script: Script) -> AsyncIterator[Script]:
    """Runs a script over the case topic, from its beginning."""
    consumer = AIOKafkaConsumer(**broker.options(), enable_auto_commit=False, fetch_max_wait_ms=20)
    producer = AIOKafkaProducer(**broker.options())

    async def answer() -> None:
        async for record in consumer:
            if (message := script.take(record.value)) is not None:
                await producer.send_and_wait(RECEIPT_TOPIC.topic, message, partition=0)

    await asyncio.gather(consumer.start(), producer.start())
    consumer.assign([CASE_TOPIC])
    consumer.seek(CASE_TOPIC, 0)
    task = asyncio.create_task(answer())
    try:
        yield script
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.gather(consumer.stop(), producer.stop())


async def tell(broker: Broker, *messages: bytes) -> None:
    """Puts messages on the receipt topic."""
    async with AIOKafkaProducer(**broker.options()) as producer:
        for message in messages:
            await producer.send_and_wait(RECEIPT_TOPIC.topic, message, partition=0)


async def published(broker: Broker) -> int:
    """Number of batches on the case topic."""
    async with AIOKafkaConsumer(**broker.options()) as consumer:
        ends: dict[TopicPartition, int] = await consumer.end_offsets([CASE_TOPIC])
        return ends[CASE_TOPIC]


def assert_all_receipted(outbox: Outbox, events: int) -> None:
    tally = outbox.tally()
    assert tally["events"] == tally["events_receipted"] == events
    assert tally["batches_pending"] == tally["events_unsealed"] == 0


def unique_reports(script: Script) -> int:
    return sum(
        number
        for cell, number in script.platform.cells.items()
        if cell[0] == "REP_N" and len(cell[2]) == 4
    )


def receipt_for(
    outbox: Outbox, *, status: Status = Status.ACCEPTED, code: str = "", **changes: object
) -> Receipt:
    """What the platform might say of the batches that wait."""
    entries = tuple(
        Entry(b.epoch, b.sequence, b.hash, status, code=code) for b in outbox.pending(0)
    )
    return replace(Receipt(TUNISIA, 0, (1, len(entries) + 1), entries), **changes)  # type: ignore[arg-type]


async def until_published(broker: Broker, batches: int) -> None:
    """Waits for batches to be on the case topic."""
    deadline = time.monotonic() + LIMIT
    while await published(broker) < batches:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
