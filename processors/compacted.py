"""Reading and writing whole topics of one partition whose newest record of each key holds.

Such a topic is the memory of the process that writes it: it is read from its very beginning, every
time, before anything is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import PlatformError
from schemas.header_signatures import Headers
from schemas.kafka import Broker

PATIENCE = 60.0
"""Seconds in which topics must have been read or written."""


class Record(NamedTuple):
    """One record as it was read."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    """Milliseconds since 1970, by the broker's clock."""


class Outgoing(NamedTuple):
    """One record to be written."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers


async def read_topics(
    broker: Broker, topics: Sequence[str], unreachable: type[PlatformError]
) -> dict[str, list[Record]]:
    """All records of some topics, oldest first.

    Args:
        broker: Where Kafka is.
        topics: Their names; of each the only partition is read.
        unreachable: What to raise if that cannot be done.
    """
    # Not read from its very beginning, a topic would look as if less had been published.
    settings = {"enable_auto_commit": False, "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(**broker.options(), **settings, fetch_max_wait_ms=100)
    partitions = [TopicPartition(topic, 0) for topic in topics]
    found: dict[str, list[Record]] = {topic: [] for topic in topics}
    async with _reached(topics, unreachable), _running(consumer):
        consumer.assign(partitions)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, begins[partition])
        # Compaction leaves holes, but never takes the newest record.
        left = {partition for partition in partitions if begins[partition] < ends[partition]}
        while left:
            record = await consumer.getone(*left)
            seen = Record(record.key, record.value, record.headers, record.timestamp)
            found[record.topic].append(seen)
            partition = TopicPartition(record.topic, record.partition)
            if record.offset + 1 >= ends[partition]:
                left.discard(partition)
    return found


async def write_records(
    broker: Broker, records: Iterable[Outgoing], unreachable: type[PlatformError]
) -> None:
    """Writes records one after the other; returns once they are safe."""
    listed = list(records)
    producer = AIOKafkaProducer(**broker.options(), acks="all", enable_idempotence=True)
    async with _reached([r.topic for r in listed], unreachable), _running(producer):
        for topic, key, value, headers in listed:
            await producer.send_and_wait(topic, value, key, partition=0, headers=list(headers))


@asynccontextmanager
async def _reached(topics: Sequence[str], unreachable: type[PlatformError]) -> AsyncIterator[None]:
    """Gives what Kafka raises a name, and does not wait for ever."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (KafkaError, TimeoutError, OSError) as error:
        told = ", ".join(dict.fromkeys(topics[:1]))
        raise unreachable(expected=told, got=type(error).__name__) from None


@asynccontextmanager
async def _running(client: AIOKafkaConsumer | AIOKafkaProducer) -> AsyncIterator[None]:
    try:
        await client.start()
        yield
    finally:
        await client.stop()
