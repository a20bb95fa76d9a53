"""Publishes what the outbox holds, until the platform says it has it.

The rules:

1. Every stream is sent in the order of its sequence, a bounded number of batches ahead of the
   last receipt.
2. A batch counts as delivered when a signed receipt accepts it, not when the broker stored it.
3. Told of a gap, the publisher sends again from the expected position. Hearing nothing for a
   while, it sends again everything that has no receipt. Both are harmless: the bytes are the same,
   and a duplicate is receipted.
4. A batch that is refused for another reason, again and again, stops the publisher: sending on
   would only pile up refusals.
5. A platform that is ahead of the outbox means that the outbox is an old copy. Nothing is sealed
   then, because a second history under the same sequences would suspend the stream.
6. A broker that is away is waited for; the outbox keeps everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from producers import lines
from producers.errors import BatchRefused, BrokerUnreachable, OutboxBehind
from producers.metrics import PublisherMeters
from producers.outbox import Outbox
from producers.sealer import Sealer
from schemas.envelope import MAX_EVENTS
from schemas.errors import ChainGap, SealError, WireError
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.receipts import Entry, Receipt, Status, open_receipt
from schemas.topics import CASES, RECEIPTS
from schemas.trust import TrustDocument

MAX_PATIENCE = 600.0
LISTEN_SECONDS = 30.0
"""In which a reader of receipts must have found its place, or the connection is made anew."""
END_SECONDS = 2.0
"""In which a connection that is given up may end in good order."""
SENT_AT_ONCE = 16
"""Batches that are read from the outbox in one round."""
RECEIPTS_LOOKED_AT = 200
"""Newest receipts of a stream among which the last one of ours is looked for."""


@dataclass(frozen=True)
class Pace:
    """Times in seconds, and how far ahead of the receipts a stream may run.

    Attributes:
        linger: How long events wait for company before a batch closes.
        resend_after: Silence after which unreceipted batches are sent again.
        heartbeat: Silence after which a stream sends a sign of life; None for never.
        give_up_after: Time without a broker after which publishing ends; None for never.
        window: Batches of a stream that may be under way.
        max_refusals: Refusals of one batch after which publishing ends.
        full: Events that fill a batch.
    """

    linger: float = 0.05
    resend_after: float = 10.0
    heartbeat: float | None = None
    give_up_after: float | None = None
    window: int = 64
    max_refusals: int = 3
    full: int = MAX_EVENTS

    def patience(self, silence: int) -> float:
        """Seconds to wait for a receipt after so many sendings in vain: twice as long each time."""
        return min(self.resend_after * 2.0 ** min(silence, 20), MAX_PATIENCE)


@dataclass
class _Stream:
    """Where a stream stands in this session; what must last is in the outbox."""

    number: int
    sent: int = 0
    due_since: float | None = None
    heard: float = 0.0
    sealed: float = 0.0
    silence: int = 0
    refusals: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Link:
    """An open connection: a producer, and a reader of this country's receipts."""

    producer: AIOKafkaProducer
    receipts: AIOKafkaConsumer


class _NotTaken(TimeoutError):
    """Kafka did not acknowledge what was sent."""


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


class Publisher:
    """Publishes one outbox.

    Args:
        outbox: What to publish.
        sealer: How batches are sealed.
        trust: The trust document at hand.
        broker: Where Kafka is.
        pace: Times and bounds.
        on_progress: Called after every receipt, for progress bars.
        meters: What is counted on the way.
    """

    def __init__(
        self,
        outbox: Outbox,
        sealer: Sealer,
        trust: TrustDocument,
        broker: Broker,
        *,
        pace: Pace = Pace(),
        on_progress: Callable[[], None] = lambda: None,
        meters: PublisherMeters | None = None,
    ) -> None:
        self._outbox = outbox
        self._sealer = sealer
        self._trust = trust
        self._broker = broker
        self._pace = pace
        self._on_progress = on_progress
        self._meters = meters or PublisherMeters()
        country = trust.authority(outbox.authority).country
        self._cases = CASES.name(country)
        self._receipts = RECEIPTS.name(country)
        self._streams = [_Stream(number) for number in range(outbox.streams)]

    async def run(self, done: Callable[[], bool]) -> None:
        """Publishes until `done` says that no more is coming and everything is receipted.

        Args:
            done: Whether nothing more will be put into the outbox.

        Raises:
            BrokerUnreachable: There was no broker for `Pace.give_up_after` seconds.
            BatchRefused: The platform refuses a batch for good.
            OutboxBehind: The outbox is an old copy.
        """
        clock = asyncio.get_running_loop().time
        reached, told = clock(), False
        while True:
            try:
                async with self._connect() as link:
                    self._meters.reached(True)
                    if told:
                        tell(lines.BROKER_BACK)
                    reached, told = clock(), False
                    await self._publish(link, done)
                    return
            except (KafkaError, TimeoutError) as error:
                self._meters.reached(False)
                if not told and isinstance(error, _NotTaken):
                    tell(lines.NOT_TAKEN)
                elif not told:
                    tell(lines.BROKER_AWAY, error=type(error).__name__)
                told = True
                patience = self._pace.give_up_after
                if patience is not None and clock() - reached > patience:
                    raise BrokerUnreachable(got=f"nothing for {patience:.0f} s") from error
                await asyncio.sleep(min(1.0, patience or 1.0))

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[_Link]:
        options = self._broker.options()
        producer = AIOKafkaProducer(
            **options, acks="all", enable_idempotence=True, request_timeout_ms=10_000
        )
        receipts = AIOKafkaConsumer(**options, enable_auto_commit=False, fetch_max_wait_ms=100)
        try:
            await producer.start()
            await receipts.start()
            yield _Link(producer, receipts)
        finally:
            await asyncio.gather(_end(producer), receipts.stop(), return_exceptions=True)

    async def _publish(self, link: _Link, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(LISTEN_SECONDS):
            await self._listen_from_now(link)
        for stream in self._streams:
            stream.sent = 0
            stream.heard = asyncio.get_running_loop().time()
        sending = asyncio.create_task(self._send_all(link, done))
        hearing = asyncio.create_task(self._hear(link))
        try:
            await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
            for task in (hearing, sending):
                if task.done():
                    task.result()
        finally:
            for task in (sending, hearing):
                task.cancel()
            await asyncio.gather(sending, hearing, return_exceptions=True)

    # --- Sending ---------------------------------------------------------------------------------

    async def _send_all(self, link: _Link, done: Callable[[], bool]) -> None:
        while True:
            finished = done()
            for stream in self._streams:
                self._seal_due(stream, now_or_never=finished)
                await self._send_due(link, stream)
            if finished and not any(self._busy(stream) for stream in self._streams):
                return
            # Looked at more often than events linger, so that they do not wait for two rounds.
            await asyncio.sleep(self._pace.linger / 4)

    def _busy(self, stream: _Stream) -> bool:
        number = stream.number
        return bool(self._outbox.unsealed(number) or self._outbox.pending(number, limit=1))

    def _seal_due(self, stream: _Stream, *, now_or_never: bool) -> None:
        """Closes the batches that are full or have lingered, or a sign of life if it is time."""
        now = asyncio.get_running_loop().time()
        while (waiting := self._outbox.unsealed(stream.number)) >= self._pace.full:
            self._seal(stream, now)
        if waiting == 0:
            stream.due_since = None
            heartbeat = self._pace.heartbeat
            if heartbeat is not None and now - stream.sealed > heartbeat and stream.sealed:
                self._seal(stream, now, even_empty=True)
            stream.sealed = stream.sealed or now
            return
        stream.due_since = stream.due_since or now
        if now_or_never or now - stream.due_since >= self._pace.linger:
            self._seal(stream, now)

    def _seal(self, stream: _Stream, now: float, *, even_empty: bool = False) -> None:
        self._outbox.seal_next(
            stream.number, self._sealer, even_empty=even_empty, most=self._pace.full
        )
        stream.sealed = now
        stream.due_since = None

    async def _send_due(self, link: _Link, stream: _Stream) -> None:
        now = asyncio.get_running_loop().time()
        oldest = self._outbox.pending(stream.number, limit=1)
        if not oldest:
            stream.heard = now
            return
        if now - stream.heard > self._pace.patience(stream.silence):
            tell(lines.SENT_AGAIN, stream=stream.number, seconds=now - stream.heard)
            stream.sent, stream.heard = 0, now
            stream.silence += 1
        last = oldest[0].sequence + self._pace.window
        for batch in self._outbox.pending(stream.number, after=stream.sent, limit=SENT_AT_ONCE):
            if batch.sequence < last:
                await link.producer.send(
                    self._cases, batch.message, partition=batch.stream, key=None
                )
                stream.sent = batch.sequence
        # An idempotent producer waits for its broker for ever; we would rather connect anew.
        try:
            async with asyncio.timeout(self._pace.resend_after):
                await link.producer.flush()
        except TimeoutError:
            raise _NotTaken from None

    # --- Hearing ---------------------------------------------------------------------------------

    async def _listen_from_now(self, link: _Link) -> None:
        """Goes to the end of the receipts, once the newest of each stream was looked at."""
        partitions = [TopicPartition(self._receipts, s.number) for s in self._streams]
        link.receipts.assign(partitions)
        firsts = await link.receipts.beginning_offsets(partitions)
        ends = await link.receipts.end_offsets(partitions)
        for partition, end in ends.items():
            offset = max(firsts[partition], end - RECEIPTS_LOOKED_AT)
            link.receipts.seek(partition, offset)
            while offset < end:
                record = await link.receipts.getone(partition)
                offset = record.offset + 1
                receipt = self._read(record.value)
                if receipt is not None:
                    self._check_not_behind(receipt)
            link.receipts.seek(partition, end)

    def _check_not_behind(self, receipt: Receipt) -> None:
        mine = self._outbox.next_position(receipt.stream)
        if receipt.next_position > mine:
            raise OutboxBehind(
                expected=f"stream {receipt.stream} at {receipt.next_position}", got=str(mine)
            )

    async def _hear(self, link: _Link) -> None:
        async for record in link.receipts:
            receipt = self._read(record.value)
            if receipt is None:
                continue
            self._check_not_behind(receipt)
            stream = self._streams[receipt.stream]
            stream.heard = asyncio.get_running_loop().time()
            self._meters.heard(stream.heard)
            for entry in receipt.entries:
                self._take(stream, entry, receipt)
            self._on_progress()

    def _read(self, value: bytes) -> Receipt | None:
        """A receipt for us, or None for what does not verify: nobody is to be believed blindly."""
        try:
            receipt = open_receipt(value, self._trust)
        except (WireError, SealError) as error:
            tell(lines.RECEIPT_IGNORED, code=error.code)
            return None
        ours = receipt.authority == self._outbox.authority
        return receipt if ours and 0 <= receipt.stream < len(self._streams) else None

    def _take(self, stream: _Stream, entry: Entry, receipt: Receipt) -> None:
        position = (entry.epoch, entry.sequence)
        if self._outbox.batch_hash(stream.number, position) != entry.batch_hash:
            tell(
                lines.RECEIPT_FOREIGN,
                stream=stream.number,
                epoch=entry.epoch,
                sequence=entry.sequence,
            )
            return
        stream.silence = 0
        if entry.status is not Status.REFUSED:
            refused = [(event.index, event.code) for event in entry.refused]
            self._outbox.accept(stream.number, entry.epoch, entry.sequence, refused)
            self._meters.refused(code for _, code in refused)
            stream.refusals.pop(entry.sequence, None)
            return
        self._outbox.note_refusal(stream.number, entry.epoch, entry.sequence, entry.code)
        if entry.code == ChainGap.code:
            epoch, expected = receipt.next_position
            stream.sent = min(stream.sent, expected - 1) if epoch == entry.epoch else 0
            return
        tell(
            lines.BATCH_REFUSED,
            stream=stream.number,
            epoch=entry.epoch,
            sequence=entry.sequence,
            code=entry.code,
        )
        count = stream.refusals[entry.sequence] = stream.refusals.get(entry.sequence, 0) + 1
        if count >= self._pace.max_refusals:
            raise BatchRefused(
                expected="acceptance",
                got=f"{entry.code} for stream {stream.number} sequence {entry.sequence}",
            )
        stream.sent = min(stream.sent, entry.sequence - 1)
