"""Sends vectors one by one and hears how each is answered.

One at a time, because what is refused may share its place with what comes next. A receipt answers
by the hash of the batch; what cannot be answered is looked for in quarantine, where the newcomer
may read that (on an embedded broker everybody may; on a cluster the operator).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from deploy.conformance.checking import NOT_RUN, UNANSWERED
from deploy.conformance.errors import PlatformInUse, PlatformSilent
from deploy.conformance.hand import Party
from deploy.conformance.report import VectorTold
from deploy.conformance.vectors import Section, Sent
from producers.link import Link, connect
from schemas.errors import SealError, WireError
from schemas.kafka import Broker
from schemas.receipts import Entry, Receipt, open_receipt
from schemas.topics import CASES, PARTITIONS, QUARANTINE, RECEIPTS, Topic

FIRST_PATIENCE = 60.0
PATIENCE = 15.0
"""Seconds to wait for the first answer (intake may be starting), and for each other."""
SILENCE = 2.0
"""Seconds of silence that show that nothing is answered, where quarantine cannot be read."""
POLL_MS = 50
MAX_SILENT = 3
"""Vectors in a row without an answer after which the others are not sent."""
LOOKED_AT = 200
"""Newest receipts of a stream among which one of this epoch is looked for."""


def told(entry: Entry) -> str:
    """What a receipt says of a batch: the codes of refused events, or of the batch."""
    at = (e.code if e.index == 0 else f"{e.code} at {e.index}" for e in entry.refused[:3])
    return ", ".join(at) or entry.code or entry.status.value


class Desk:
    """Where vectors are handed in and answers are heard."""

    def __init__(self, party: Party, link: Link, quarantine: AIOKafkaConsumer | None) -> None:
        self._party = party
        self._link = link
        self._quarantine = quarantine

    async def ask(self, sent: Sent, patience: float) -> str:
        """Sends a vector and gives the code that it is answered with."""
        unread = sent.vector.section is Section.UNREAD
        topic = CASES.name(self._party.country)
        await self._link.producer.send_and_wait(topic, sent.message, partition=sent.partition)
        clock = asyncio.get_running_loop().time
        until = clock() + (SILENCE if unread and self._quarantine is None else patience)
        while clock() < until:
            for receipt in await self._receipts():
                for entry in receipt.entries:
                    if entry.batch_hash == sent.hash:
                        return told(entry)
            if unread and (code := await self._kept(sent.message)):
                return code
        return UNANSWERED

    async def _receipts(self) -> list[Receipt]:
        records = await _poll(self._link.receipts)
        found = (read_receipt(record, self._party) for record in records)
        return [receipt for receipt in found if receipt is not None]

    async def _kept(self, message: bytes) -> str:
        """The code under which a message stands in quarantine; nothing if it does not."""
        if self._quarantine is None:
            return ""
        for record in await _poll(self._quarantine):
            if (record.value or b"") == message:
                code: bytes = dict(record.headers).get("code", b"")
                return code.decode()
        return ""


def read_receipt(record: ConsumerRecord, party: Party) -> Receipt | None:
    """A receipt for the party; None for anything else."""
    try:
        receipt = open_receipt(record.value, party.trust)
    except (WireError, SealError):
        return None
    return receipt if receipt.authority == party.authority else None


async def _poll(consumer: AIOKafkaConsumer) -> list[ConsumerRecord]:
    got = await consumer.getmany(timeout_ms=POLL_MS)
    return [record for records in got.values() for record in records]


@asynccontextmanager
async def desk_at(broker: Broker, party: Party) -> AsyncIterator[Desk]:
    """A desk that hears what is answered from now on."""
    async with connect(broker) as link:
        await _from_now(link.receipts, RECEIPTS, party.country)
        quarantine = AIOKafkaConsumer(**broker.options(), enable_auto_commit=False)
        await quarantine.start()
        try:
            readable = await _may_read(quarantine, party.country)
            yield Desk(party, link, quarantine if readable else None)
        finally:
            await quarantine.stop()


def _partitions(topic: Topic, country: str) -> list[TopicPartition]:
    return [TopicPartition(topic.name(country), number) for number in range(PARTITIONS)]


async def _from_now(consumer: AIOKafkaConsumer, topic: Topic, country: str) -> None:
    partitions = _partitions(topic, country)
    consumer.assign(partitions)
    for partition, end in (await consumer.end_offsets(partitions)).items():
        consumer.seek(partition, end)


async def _may_read(consumer: AIOKafkaConsumer, country: str) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await _from_now(consumer, QUARANTINE, country)
    except (KafkaError, TimeoutError):
        return False
    return True


async def check_unused(broker: Broker, party: Party, epochs: Sequence[int]) -> None:
    """Makes sure that no stream has begun the epoch of this run.

    Raises:
        PlatformInUse: One has; a run would fork and suspend it.
    """
    async with connect(broker) as link:
        consumer, partitions = link.receipts, _partitions(RECEIPTS, party.country)
        consumer.assign(partitions)
        firsts = await consumer.beginning_offsets(partitions)
        for partition, end in (await consumer.end_offsets(partitions)).items():
            offset = max(firsts[partition], end - LOOKED_AT)
            consumer.seek(partition, offset)
            while offset < end:
                record = await consumer.getone(partition)
                offset = record.offset + 1
                receipt = read_receipt(record, party)
                first = (epochs[partition.partition], 1)
                if receipt is not None and receipt.next_position > first:
                    raise PlatformInUse(
                        expected=f"stream {receipt.stream} at {first}",
                        got=str(receipt.next_position),
                    )


async def ask_all(
    desk: Desk, vectors: Sequence[Sent], on_answer: Callable[[], None]
) -> list[VectorTold]:
    """Hands in every vector and notes its answer.

    Raises:
        PlatformSilent: The first one is not answered.
    """
    answers: list[VectorTold] = []
    silent = 0
    for sent in vectors:
        got = NOT_RUN
        if silent < MAX_SILENT:
            got = await desk.ask(sent, PATIENCE if answers else FIRST_PATIENCE)
        if not answers and got == UNANSWERED:
            raise PlatformSilent(expected=f"a receipt within {FIRST_PATIENCE:.0f} s")
        if sent.vector.section is not Section.UNREAD:
            silent = silent + 1 if got in (UNANSWERED, NOT_RUN) else 0
        answers.append(VectorTold(name=sent.vector.title, expected=sent.vector.code, got=got))
        on_answer()
    return answers
