"""Speaks with the holders of the linkage key over Kafka, beside the publisher.

The rules:

1. Cases never wait for tokens. Whatever goes wrong here is told and tried again later.
2. A request is sent when it is new to this process, and again after a silence that doubles; it
   asks the same, so holders answer alike.
3. Whoever publishes once waits for answers as long as they come, and for a short while longer.
   What is not answered by then waits in the outbox.
4. There is a connection only while something is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from producers import lines
from producers.asking import Asking
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.topics import LINKAGE_EVALUATIONS, LINKAGE_REQUESTS

POLL_SECONDS = 0.5
AWAY_SECONDS = 2.0
FAILED_SECONDS = 60.0
LISTEN_SECONDS = 30.0
MAX_SILENCE = 600.0


@dataclass(frozen=True)
class Patience:
    """Times in seconds.

    Attributes:
        resend_after: Silence after which a request is sent again, the first time.
        give_up_after: Silence after which whoever is to end ends without an answer.
    """

    resend_after: float = 30.0
    give_up_after: float = 10.0


class Linker:
    """Asks holders until an outbox lacks no token.

    Args:
        asking: What is asked and what becomes of answers.
        country: Whose topics are used (alpha-3).
        broker: Where Kafka is.
        patience: Times.
    """

    def __init__(
        self, asking: Asking, country: str, broker: Broker, patience: Patience | None = None
    ) -> None:
        self._asking = asking
        self._broker = broker
        self._requests = LINKAGE_REQUESTS.name(country)
        self._evaluations = TopicPartition(LINKAGE_EVALUATIONS.name(country), 0)
        self._patience = patience or Patience()
        self._sent: dict[bytes, tuple[int, float]] = {}
        self._heard = 0.0

    async def run(self, done: Callable[[], bool]) -> None:
        """Asks until `done` says that nothing new is coming, and what was asked is answered.

        Args:
            done: Whether nothing more will be put into the outbox.
        """
        clock = asyncio.get_running_loop().time
        self._heard = clock()
        away = False
        while True:
            pause = POLL_SECONDS
            finished = done()
            try:
                self._asking.prepare()
                if self._asking.to_send():
                    async with self._connected() as (producer, consumer):
                        away = False
                        await self._exchange(producer, consumer, done)
                elif finished:
                    return
            except (KafkaError, TimeoutError) as error:
                if not away:
                    tell(lines.HOLDERS_AWAY, error=type(error).__name__)
                away, pause = True, AWAY_SECONDS
            except SouthmedError as error:
                tell(lines.LINKING_FAILED, code=error.code)
                pause = FAILED_SECONDS
                if finished:
                    return
            if finished and clock() - self._heard > self._patience.give_up_after:
                return
            await asyncio.sleep(pause)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[AIOKafkaProducer, AIOKafkaConsumer]]:
        """A connection that hears every answer to what is sent over it."""
        options = self._broker.options()
        producer = AIOKafkaProducer(**options, acks="all", request_timeout_ms=10_000)
        consumer = AIOKafkaConsumer(**options, enable_auto_commit=False, fetch_max_wait_ms=100)
        try:
            async with asyncio.timeout(LISTEN_SECONDS):
                await producer.start()
                await consumer.start()
                consumer.assign([self._evaluations])
                end = (await consumer.end_offsets([self._evaluations]))[self._evaluations]
                consumer.seek(self._evaluations, end)
            self._sent.clear()
            yield producer, consumer
        finally:
            await asyncio.gather(producer.stop(), consumer.stop(), return_exceptions=True)

    async def _exchange(
        self, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, done: Callable[[], bool]
    ) -> None:
        """Sends and hears, until nothing is to be sent, or nobody answers one who is to end."""
        clock = asyncio.get_running_loop().time
        while True:
            finished = done()
            self._asking.prepare()
            if not (due := self._asking.to_send()):
                return
            for request in due:
                message = self._asking.signed(request)
                if message and self._is_silent(request.request_id, clock()):
                    async with asyncio.timeout(LISTEN_SECONDS):
                        await producer.send_and_wait(self._requests, message, partition=0)
                    if self._is_new(request.request_id):
                        self._heard = clock()
            heard = await consumer.getmany(self._evaluations, timeout_ms=200)
            for records in heard.values():
                for record in records:
                    if self._asking.take(record.value):
                        self._heard = clock()
            if finished and clock() - self._heard > self._patience.give_up_after:
                return

    def _is_new(self, request_id: bytes) -> bool:
        """Whether a request was sent for the first time, so that the wait for it begins now."""
        return self._sent[request_id][0] == 1

    def _is_silent(self, request_id: bytes, now: float) -> bool:
        """Whether a request is to be sent; if so, it counts as sent."""
        times, last = self._sent.get(request_id, (0, 0.0))
        silence = min(self._patience.resend_after * 2.0 ** min(times - 1, 20), MAX_SILENCE)
        if times and now - last < silence:
            return False
        self._sent[request_id] = (times + 1, now)
        return True
