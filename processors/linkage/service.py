"""The trustee's loop: reads requests, books what is decided on them, sends what the book holds.

The rules:

1. A record is decided on and booked before anything of it is sent (`processors.linkage.book`).
   Killed between the two, the trustee sends when it starts again; killed between sending and
   noting that Kafka has it, it sends twice, and the request's id tells whoever asked.
2. Reading goes on from the book's own offsets; no consumer group is asked.
3. A broker that is away is waited for. Offsets that the topic no longer has, or does not have yet,
   are told and gone on from: what was asked before is answered alike.
4. Trust document, settings and keys are asked for before every record, so a new one holds at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from processors.linkage import lines
from processors.linkage.book import Book
from processors.linkage.errors import LinkageTopicsUnreachable
from processors.linkage.judge import Office, State, judge
from processors.linkage.metrics import ANSWERS_WAITING, TrusteeMeters
from schemas.envelope import Random
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.topics import COUNTRY_CODES, LINKAGE_EVALUATIONS, LINKAGE_REQUESTS

ANSWER_SECONDS = 30.0
"""In which the cluster must tell where topics begin and end, and take what is sent."""
END_SECONDS = 2.0
RETRY_SECONDS = 1.0
GIVE_UP_SECONDS = 60.0
LOOK_MS = 500
AT_ONCE = 20
"""Records that are decided on before their answers are sent."""
TIDY_SECONDS = 3600.0

REQUESTS: Mapping[str, TopicPartition] = {
    country: TopicPartition(LINKAGE_REQUESTS.name(country), 0) for country in COUNTRY_CODES
}
COUNTRIES = {partition.topic: country for country, partition in REQUESTS.items()}


class Link(NamedTuple):
    """An open connection: a reader of all countries' requests, and a way out."""

    requests: AIOKafkaConsumer
    producer: AIOKafkaProducer


@dataclass
class Trustee:
    """A holder at work.

    Attributes:
        book: Its book.
        office: Gives who it is and what it has, as of now.
        broker: Where Kafka is.
        random: Source of random bytes, for proofs.
        clock: Milliseconds since 1970.
        meters: What is counted on the way.
    """

    book: Book
    office: Callable[[], Office]
    broker: Broker
    random: Random
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    meters: TrusteeMeters = field(default_factory=TrusteeMeters)
    _tidied: float = -TIDY_SECONDS

    async def run(self, *, once: bool = False) -> None:
        """Answers requests until it is stopped.

        Args:
            once: Answer what waits, and end.

        Raises:
            LinkageTopicsUnreachable: Once, and there was no broker for a minute.
        """
        since, told = time.monotonic(), False
        while True:
            try:
                async with connect(self.broker) as link:
                    ends = await self._begin(link)
                    self.meters.reached(True)
                    if told:
                        tell(lines.TOPICS_BACK)
                    since, told = time.monotonic(), False
                    await self._answer(link, ends if once else None)
                    return
            except (KafkaError, TimeoutError, OSError) as error:
                self.meters.reached(False)
                if not told:
                    tell(lines.TOPICS_AWAY, error=type(error).__name__)
                told = True
                if once and time.monotonic() - since > GIVE_UP_SECONDS:
                    raise LinkageTopicsUnreachable(got=type(error).__name__) from None
                await asyncio.sleep(RETRY_SECONDS)

    # --- Reading ---------------------------------------------------------------------------------

    async def _begin(self, link: Link) -> Mapping[TopicPartition, int]:
        """Goes to where the book stands in every topic; tells where they end."""
        partitions = list(REQUESTS.values())
        link.requests.assign(partitions)
        async with asyncio.timeout(ANSWER_SECONDS):
            firsts = await link.requests.beginning_offsets(partitions)
            ends: dict[TopicPartition, int] = await link.requests.end_offsets(partitions)
        for country, partition in REQUESTS.items():
            at, first = self.book.next_offset(country), firsts[partition]
            if at > ends[partition]:
                tell(lines.REQUESTS_MADE_ANEW, country=country, offset=first)
            elif at < first:
                tell(lines.REQUESTS_EXPIRED, country=country, offset=first)
            if not first <= at <= ends[partition]:
                self.book.go_to(country, first)
                at = first
            link.requests.seek(partition, at)
        return ends

    async def _answer(self, link: Link, ends: Mapping[TopicPartition, int] | None) -> None:
        while True:
            self._tidy()
            await self._send(link)
            if ends is not None and self._caught_up(ends):
                return
            found = await link.requests.getmany(timeout_ms=LOOK_MS, max_records=AT_ONCE)
            for partition, records in found.items():
                for record in records:
                    self._decide(COUNTRIES[partition.topic], record.offset, record.value or b"")
                    # Evaluating takes a while, and the connection has to be kept up meanwhile.
                    await asyncio.sleep(0)

    def _caught_up(self, ends: Mapping[TopicPartition, int]) -> bool:
        read = all(self.book.next_offset(c) >= ends[place] for c, place in REQUESTS.items())
        return read and not self.book.number_waiting()

    def _decide(self, country: str, offset: int, message: bytes) -> None:
        began = time.perf_counter()
        decision = judge(message, country, self.book, self.office(), self.clock(), self.random)
        if not self.book.record(country, offset, decision):
            return
        self.meters.decided(country, decision, time.perf_counter() - began)
        if decision.state is State.REFUSED:
            code, elements = decision.code, decision.elements
            tell(lines.REQUEST_REFUSED, country=country, code=code, elements=elements)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied >= TIDY_SECONDS:
            self.book.tidy(self.clock())
            self._tidied = time.monotonic()

    # --- Sending ---------------------------------------------------------------------------------

    async def _send(self, link: Link) -> None:
        """Sends what waits in the book, oldest first, and forgets what Kafka has."""
        while answers := self.book.waiting():
            # An idempotent producer waits for its broker for ever; we would rather connect anew.
            async with asyncio.timeout(ANSWER_SECONDS):
                taken = [
                    await link.producer.send(
                        LINKAGE_EVALUATIONS.name(answer.country), answer.message, partition=0
                    )
                    for answer in answers
                ]
                await asyncio.gather(*taken)
            self.book.sent(answers)
        self.meters.set(ANSWERS_WAITING, 0)


@asynccontextmanager
async def connect(broker: Broker) -> AsyncIterator[Link]:
    """A connection, ended when it is left."""
    options = broker.options()
    # Without "none" a reader would skip to the newest request, in silence, if its place were lost.
    requests = AIOKafkaConsumer(
        **options, enable_auto_commit=False, auto_offset_reset="none", fetch_max_wait_ms=100
    )
    producer = AIOKafkaProducer(
        **options, acks="all", enable_idempotence=True, request_timeout_ms=10_000
    )
    try:
        await requests.start()
        await producer.start()
        yield Link(requests, producer)
    finally:
        await asyncio.gather(requests.stop(), _end(producer), return_exceptions=True)


async def _end(producer: AIOKafkaProducer) -> None:
    """Ends a producer, whether or not Kafka takes what it still holds; the book has it all."""
    try:
        async with asyncio.timeout(END_SECONDS):
            await producer.stop()
    except TimeoutError:
        await producer._sender.close()
        await producer.client.close()
