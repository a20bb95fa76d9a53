"""A connection to Kafka as a publisher needs it: one way out, one way back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas.kafka import Broker

END_SECONDS = 2.0
"""In which a connection that is given up may end in good order."""


@dataclass(frozen=True)
class Link:
    """An open connection: a producer, and a reader of this country's receipts."""

    producer: AIOKafkaProducer
    receipts: AIOKafkaConsumer


@asynccontextmanager
async def connect(broker: Broker) -> AsyncIterator[Link]:
    """A connection, ended when it is left."""
    options = broker.options()
    producer = AIOKafkaProducer(
        **options, acks="all", enable_idempotence=True, request_timeout_ms=10_000
    )
    receipts = AIOKafkaConsumer(**options, enable_auto_commit=False, fetch_max_wait_ms=100)
    try:
        await producer.start()
        await receipts.start()
        yield Link(producer, receipts)
    finally:
        await asyncio.gather(_end(producer), receipts.stop(), return_exceptions=True)


async def _end(producer: AIOKafkaProducer) -> None:
    """Ends a producer, whether or not Kafka takes what it still holds.

    A producer would wait for that for ever; the outbox has it all.
    """
    try:
        async with asyncio.timeout(END_SECONDS):
            await producer.stop()
    except TimeoutError:
        await producer._sender.close()
        await producer.client.close()
