"""Reads the topic of releases from an offset on; knows nothing of what is in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from deploy.consume.errors import StateAhead, TopicClosed
from deploy.consume.judge import Message
from deploy.topics.errors import ClusterUnreachable
from schemas.kafka import Broker
from schemas.topics import RELEASES

PARTITION = TopicPartition(RELEASES.name(), 0)
PATIENCE = 30.0
"""Seconds for the cluster's first answer."""
MOMENT_MS = 500


class Reader:
    """The topic as one reader sees it.

    Attributes:
        end: Where the topic ended when the reader began.
        at: Offset of the next message.
        quiet: Seconds since a message came, counted by looks.
    """

    def __init__(self, consumer: AIOKafkaConsumer, at: int, end: int) -> None:
        self._consumer = consumer
        self.at, self.end, self.quiet = at, end, 0.0

    @property
    def caught_up(self) -> bool:
        """Whether everything was read that was there at the beginning."""
        return self.at >= self.end

    async def more(self) -> list[Message]:
        """The next messages; none if none come within a moment.

        Raises:
            TopicClosed: The right to read was taken away.
        """
        try:
            found = await self._consumer.getmany(PARTITION, timeout_ms=MOMENT_MS)
        except KafkaError as error:
            raise TopicClosed(got=type(error).__name__) from None
        self.quiet = 0.0 if found else self.quiet + MOMENT_MS / 1000
        # Where records were compacted away, the position is beyond the last one that came.
        self.at = await self._consumer.position(PARTITION)
        return [
            Message(record.offset, record.key, record.value, record.headers)
            for record in found.get(PARTITION, [])
        ]


@asynccontextmanager
async def reading(broker: Broker, start: int | None) -> AsyncIterator[Reader]:
    """A reader of the topic.

    Args:
        broker: The cluster.
        start: Offset to begin at; None for what is written from now on.

    Raises:
        ClusterUnreachable: No broker answers, or none lets us in.
        TopicClosed: The topic is not there, or not for this principal.
        StateAhead: The topic ends before the offset.
    """
    # Without "none" a reader would skip to the newest message, in silence, if its offset were lost.
    consumer = AIOKafkaConsumer(
        **broker.options(), enable_auto_commit=False, auto_offset_reset="none"
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await consumer.start()
    except (KafkaConnectionError, TimeoutError):
        await consumer.stop()
        raise ClusterUnreachable(expected="an answer to a reader of releases") from None
    try:
        yield await _begin(consumer, start)
    finally:
        await consumer.stop()


async def _check_right(consumer: AIOKafkaConsumer) -> None:
    """Asks once for the topic: the client itself would ask again until its patience is spent.

    Raises:
        TopicAuthorizationFailedError: It is not for this principal.
    """
    client = consumer._client  # no public name tells it
    await client.force_metadata_update()
    if PARTITION.topic in client.cluster.unauthorized_topics:
        raise TopicAuthorizationFailedError(PARTITION.topic)


async def _begin(consumer: AIOKafkaConsumer, start: int | None) -> Reader:
    consumer.assign([PARTITION])
    try:
        async with asyncio.timeout(PATIENCE):
            await _check_right(consumer)
            first = (await consumer.beginning_offsets([PARTITION]))[PARTITION]
            end = (await consumer.end_offsets([PARTITION]))[PARTITION]
    except (TopicAuthorizationFailedError, UnknownTopicOrPartitionError, TimeoutError):
        raise TopicClosed(expected=f"a right to read {PARTITION.topic}") from None
    except KafkaError as error:
        raise TopicClosed(got=type(error).__name__) from None
    if start is not None and start > end:
        raise StateAhead(expected=f"at most offset {end}", got=str(start))
    at = end if start is None else max(start, first)
    consumer.seek(PARTITION, at)
    return Reader(consumer, at, end)
