"""Reads a topic of one partition from an offset on; knows nothing of what is in it."""

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

    def __init__(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, at: int, end: int
    ) -> None:
        self._consumer = consumer
        self._partition = partition
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
            found = await self._consumer.getmany(self._partition, timeout_ms=MOMENT_MS)
        except KafkaError as error:
            raise TopicClosed(got=type(error).__name__) from None
        self.quiet = 0.0 if found else self.quiet + MOMENT_MS / 1000
        # Where records were compacted away, the position is beyond the last one that came.
        self.at = await self._consumer.position(self._partition)
        return [
            Message(record.offset, record.key, record.value, record.headers, record.timestamp)
            for record in found.get(self._partition, [])
        ]

    async def answers(self, within: float) -> bool:
        """Whether the cluster says where the topic ends, within some seconds."""
        try:
            async with asyncio.timeout(within):
                await self._consumer.end_offsets([self._partition])
        except (KafkaError, TimeoutError):
            return False
        return True


@asynccontextmanager
async def reading(
    broker: Broker, start: int | None, topic: str = RELEASES.name()
) -> AsyncIterator[Reader]:
    """A reader of a topic.

    Args:
        broker: The cluster.
        start: Offset to begin at; None for what is written from now on.
        topic: Its name.

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
        raise ClusterUnreachable(expected=f"an answer to a reader of {topic}") from None
    try:
        yield await _begin(consumer, TopicPartition(topic, 0), start)
    finally:
        await consumer.stop()


async def _check_right(consumer: AIOKafkaConsumer, topic: str) -> None:
    """Asks once for the topic: the client itself would ask again until its patience is spent.

    Raises:
        TopicAuthorizationFailedError: It is not for this principal.
    """
    client = consumer._client  # no public name tells it
    await client.force_metadata_update()
    if topic in client.cluster.unauthorized_topics:
        raise TopicAuthorizationFailedError(topic)


async def _begin(
    consumer: AIOKafkaConsumer, partition: TopicPartition, start: int | None
) -> Reader:
    consumer.assign([partition])
    try:
        async with asyncio.timeout(PATIENCE):
            await _check_right(consumer, partition.topic)
            first = (await consumer.beginning_offsets([partition]))[partition]
            end = (await consumer.end_offsets([partition]))[partition]
    except (TopicAuthorizationFailedError, UnknownTopicOrPartitionError, TimeoutError):
        raise TopicClosed(expected=f"a right to read {partition.topic}") from None
    except KafkaError as error:
        raise TopicClosed(got=type(error).__name__) from None
    if start is not None and start > end:
        raise StateAhead(expected=f"at most offset {end}", got=str(start))
    at = end if start is None else max(start, first)
    consumer.seek(partition, at)
    return Reader(consumer, partition, at, end)
