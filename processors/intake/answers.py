"""What intake sends: receipts to the authorities, refused batches to quarantine.

The two are sent differently, because they may be lost differently:

* A refused batch must be in quarantine before the ledger moves past it, so its sending is waited
  for. After a crash in between it is there twice; the headers say which Kafka record it was.
* A receipt may be lost: the authority sends again, and the duplicate is receipted. So receipts are
  gathered while others are being sent, and several batches of a stream share one signature.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from processors.intake.fold import Record
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.receipts import Entry, Receipt, sign_receipt
from schemas.topics import QUARANTINE, RECEIPTS, CaseTopic
from schemas.trust import Position

GATHER_SECONDS = 0.02
"""How long a receipt waits for others of its stream: a signature costs more than an entry."""
MAX_ITEMS = 1_500
"""Batches and refused events that one receipt may tell of; more go into the next one."""


def in_pieces(entries: Sequence[Entry]) -> Iterator[tuple[Entry, ...]]:
    """The entries in order, in pieces that fit into one message each."""
    piece: list[Entry] = []
    items = 0
    for entry in entries:
        weight = 1 + len(entry.refused)
        if piece and items + weight > MAX_ITEMS:
            yield tuple(piece)
            piece, items = [], 0
        piece.append(entry)
        items += weight
    if piece:
        yield tuple(piece)


class Answers:
    """Sends receipts and quarantined batches.

    Args:
        broker: Where Kafka is.
        signer: The platform's receipt key.
        on_sent: Told the topic of every receipt that was handed to the broker.
    """

    def __init__(
        self,
        broker: Broker,
        signer: SigningKey,
        on_sent: Callable[[CaseTopic], None] = lambda _: None,
    ) -> None:
        self._broker = broker
        self._signer = signer
        self._on_sent = on_sent
        self._entries: defaultdict[tuple[CaseTopic, str], list[Entry]] = defaultdict(list)
        self._next: dict[tuple[CaseTopic, str], Position] = {}
        self._waiting = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    async def _open(self) -> AIOKafkaProducer:
        """The producer; a broker that is away is waited for."""
        while self._producer is None:
            producer = AIOKafkaProducer(
                **self._broker.options(), acks="all", enable_idempotence=True
            )
            try:
                await producer.start()
                self._producer = producer
            except KafkaConnectionError:
                await producer.stop()
                await asyncio.sleep(1)
        return self._producer

    async def quarantine(self, record: Record, error: SouthmedError) -> None:
        """Keeps a refused record; returns once the broker has it."""
        producer = await self._open()
        headers = {
            "code": error.code,
            "expected": error.expected,
            "got": error.got,
            "partition": str(record.topic.partition),
            "offset": str(record.offset),
        }
        await producer.send_and_wait(
            QUARANTINE.name(record.topic.country),
            record.value,
            partition=record.topic.partition,
            headers=[(name, text.encode()) for name, text in headers.items()],
        )

    def add(self, topic: CaseTopic, receipt: Receipt) -> None:
        """Queues a receipt; it goes out with the next sending."""
        stream = (topic, receipt.authority)
        self._entries[stream].extend(receipt.entries)
        self._next[stream] = receipt.next_position
        self._waiting.set()

    async def send_forever(self) -> None:
        """Sends what is queued, whenever something is."""
        producer = await self._open()
        while True:
            await self._waiting.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._waiting.clear()
            for (topic, authority), entries in list(self._entries.items()):
                del self._entries[(topic, authority)]
                next_position = self._next[(topic, authority)]
                for chunk in in_pieces(entries):
                    receipt = Receipt(authority, topic.partition, next_position, chunk)
                    await producer.send(
                        RECEIPTS.name(topic.country),
                        sign_receipt(receipt, self._signer),
                        partition=topic.partition,
                    )
                    self._on_sent(topic)
            await producer.flush()

    async def close(self) -> None:
        if self._producer is not None:
            await self._producer.stop()
