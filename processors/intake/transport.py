"""Makes Faust resume where the ledger stands, and fetch without delay.

Faust's consumer begins at the offsets that its group has committed. Those are a hint here: the
ledger is the truth, because it was written together with its own offset. So after Faust has
sought to the committed offsets, every partition is sought to the offset that the ledger expects.

Faust 0.15 reads its own bookkeeping in ``_read_offset``: the offset last read, or None at the
beginning; it drops what lies before it. It also lets a fetch wait for up to 1.5 seconds, by a
constant: a broker that answers only then would delay every receipt of a quiet stream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import faust
from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.transports import ConsumerT, TransportT

NextOffset = Callable[[TP, int, int], int]
"""From a partition, its first offset and its end to the offset to read next."""
FETCH_WAIT_MS = 100


class _PromptThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread with a shorter wait in each fetch."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


def resume_from(app: faust.App, next_offset: NextOffset) -> None:
    """Gives the app a transport whose consumer begins at offsets of our own.

    Args:
        app: The app, before it is started.
        next_offset: Tells where to read on.
    """

    class Consumer(driver.Consumer):
        """A consumer that believes the ledger."""

        def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
            return _PromptThread(self, loop=self.loop, beacon=self.beacon)

        async def perform_seek(self) -> None:
            await super().perform_seek()
            partitions = self.assignment()
            firsts = await self.earliest_offsets(*partitions)
            ends = await self.highwaters(*partitions)
            for partition in partitions:
                offset = next_offset(partition, firsts[partition], ends[partition])
                await seek_to(self, partition, offset)

    class Transport(driver.Transport):
        """A transport with that consumer."""

    Transport.Consumer = Consumer
    app.transport = cast(TransportT, Transport(app.conf.broker_consumer, app, loop=None))


async def seek_to(consumer: driver.Consumer, partition: TP, offset: int) -> None:
    """Reads a partition on from an offset."""
    await consumer.seek(partition, offset)
    consumer._read_offset[partition] = offset - 1 if offset else None


def is_member(consumer: ConsumerT) -> bool:
    """Whether the consumer has joined its group in the group's present generation."""
    thread = getattr(consumer, "_thread", None)
    client = getattr(thread, "_consumer", None)
    coordinator = getattr(client, "_coordinator", None)
    return coordinator is not None and coordinator.generation > 0
