"""Publishes what the outbox holds, until the platform says it has it.

The rules:

1. Every stream is sent in the order of its sequence, a bounded number of batches ahead of the
   last receipt.
2. A batch counts as delivered when a signed receipt accepts it, not when the broker stored it.
3. Told of a gap, the publisher sends again from the expected position; if that was accepted before,
   the log says so, because only people can tell whether the platform lost it. Hearing nothing for a
   while, it sends again everything that has no receipt. Both are harmless: the bytes are the same,
   and a duplicate is receipted.
4. A batch that is refused for another reason, again and again, stops the publisher: sending on
   would only pile up refusals.
5. A platform that is ahead of the outbox means that the outbox is an old copy. Nothing is sealed
   then, because a second history under the same sequences would suspend the stream.
6. A broker that is away is waited for; the outbox keeps everything.
7. Accepted batches are kept for a while, and dropped when their time is over (`Keep`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from producers import lines
from producers.errors import BatchRefused, BrokerUnreachable, OutboxBehind
from producers.link import Link, connect
from producers.metrics import PublisherMeters
from producers.outbox import Outbox
from producers.rows import Keep
from producers.sealer import Sealer
from schemas.envelope import MAX_EVENTS
from schemas.errors import ChainGap, SealError, WireError
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.receipts import Entry, Receipt, Status, open_receipt
from schemas.topics import CASES, RECEIPTS
from schemas.trust import Position, TrustDocument

MAX_PATIENCE = 600.0
LISTEN_SECONDS = 30.0
"""In which a reader of receipts must have found its place, or the connection is made anew."""
SENT_AT_ONCE = 16
"""Batches that are read from the outbox in one round."""
TIDY_SECONDS = 600.0
"""Between two looks at what is kept for longer than agreed."""
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
    sent: Position = (0, 0)
    due_since: float | None = None
    heard: float = 0.0
    sealed: float = 0.0
    silence: int = 0
    missed: Position | None = None
    refusals: Counter[Position] = field(default_factory=Counter)


class _NotTaken(TimeoutError):
    """Kafka did not acknowledge what was sent."""


class Publisher:
    """Publishes one outbox.

    Args:
        outbox: What to publish.
        sealer: How batches are sealed.
        trust: The trust document at hand.
        broker: Where Kafka is.
        pace: Times and bounds.
        keep: What is kept of accepted batches.
        on_progress: Called after every receipt, for progress bars.
        meters: What is counted on the way.

    Attributes:
        told: Batches of this session by what receipts said of them, repeated receipts included.
    """

    def __init__(
        self,
        outbox: Outbox,
        sealer: Sealer,
        trust: TrustDocument,
        broker: Broker,
        *,
        pace: Pace = Pace(),
        keep: Keep | None = None,
        on_progress: Callable[[], None] = lambda: None,
        meters: PublisherMeters | None = None,
    ) -> None:
        self._outbox = outbox
        self._sealer = sealer
        self._trust = trust
        self._broker = broker
        self._pace = pace
        self._keep = keep or Keep()
        self.told: Counter[Status] = Counter()
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
                async with connect(self._broker) as link:
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

    async def _publish(self, link: Link, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(LISTEN_SECONDS):
            await self._listen_from_now(link)
        for stream in self._streams:
            stream.sent = (0, 0)
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

    async def _send_all(self, link: Link, done: Callable[[], bool]) -> None:
        clock = asyncio.get_running_loop().time
        tidied = -TIDY_SECONDS
        while True:
            finished = done()
            if clock() - tidied >= TIDY_SECONDS:
                self._outbox.tidy(self._keep, self._sealer.now())
                tidied = clock()
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

    async def _send_due(self, link: Link, stream: _Stream) -> None:
        now = asyncio.get_running_loop().time()
        oldest = self._outbox.pending(stream.number, limit=1)
        if not oldest:
            stream.heard = now
            return
        if now - stream.heard > self._pace.patience(stream.silence):
            tell(lines.SENT_AGAIN, stream=stream.number, seconds=now - stream.heard)
            stream.sent, stream.heard = (0, 0), now
            stream.silence += 1
        # A later epoch is begun only when the one before is receipted.
        last = (oldest[0].epoch, oldest[0].sequence + self._pace.window)
        for batch in self._outbox.pending(stream.number, after=stream.sent, limit=SENT_AT_ONCE):
            if batch.position < last:
                await link.producer.send(
                    self._cases, batch.message, partition=batch.stream, key=None
                )
                stream.sent = batch.position
        # An idempotent producer waits for its broker for ever; we would rather connect anew.
        try:
            async with asyncio.timeout(self._pace.resend_after):
                await link.producer.flush()
        except TimeoutError:
            raise _NotTaken from None

    # --- Hearing ---------------------------------------------------------------------------------

    async def _listen_from_now(self, link: Link) -> None:
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

    async def _hear(self, link: Link) -> None:
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
        self.told[entry.status] += 1
        if entry.status is not Status.REFUSED:
            refused = [(event.index, event.code) for event in entry.refused]
            now = self._sealer.now()
            self._outbox.accept(stream.number, *position, refused, at=now)
            self._meters.refused(code for _, code in refused)
            stream.refusals.pop(position, None)
            return
        self._outbox.note_refusal(stream.number, entry.epoch, entry.sequence, entry.code)
        if entry.code == ChainGap.code:
            self._send_from(stream, receipt.next_position)
            return
        tell(
            lines.BATCH_REFUSED,
            stream=stream.number,
            epoch=entry.epoch,
            sequence=entry.sequence,
            code=entry.code,
        )
        stream.refusals[position] += 1
        if stream.refusals[position] >= self._pace.max_refusals:
            raise BatchRefused(
                expected="acceptance",
                got=f"{entry.code} for stream {stream.number} sequence {entry.sequence}",
            )
        stream.sent = min(stream.sent, _before(position))

    def _send_from(self, stream: _Stream, expected: Position) -> None:
        """Sends again from where the platform expects it, if that waits here.

        If it does not, the platform had accepted it: it lost a part of its log, and sending what
        comes behind would bring the same answer again and again.
        """
        oldest = self._outbox.pending(stream.number, limit=1)
        if oldest and oldest[0].position <= expected:
            stream.sent = min(stream.sent, _before(expected))
        elif stream.missed != expected:
            stream.missed = expected
            epoch, sequence = expected
            tell(lines.PLATFORM_BEHIND, stream=stream.number, epoch=epoch, sequence=sequence)


def _before(position: Position) -> Position:
    """What may count as sent, so that a batch at a position is sent next."""
    epoch, sequence = position
    return (epoch, sequence - 1)
