"""The proof that the ledger is what the log says: fold everything again and compare.

"The log is the database" is a claim that can be checked by anyone who holds the log and the keys.
Every record of a partition, from the first to the one the living ledger stands at, is folded into
an empty ledger, under the trust document that decided on it; then the two are compared twice:

1. **Journals.** Both have one entry for each Kafka record, with a rolling digest over all writes.
   The first entry that differs names the batch from which on the histories differ.
2. **Content.** All other records, byte for byte. If the journals agree and the content does not,
   the living store was altered after it was written.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from processors.intake.errors import check_log
from processors.intake.fold import Record, Secrets, fold
from processors.intake.ledger import Ledger
from processors.intake.records import JOURNAL, Journal, journal_key, read_offset
from schemas.kafka import Broker
from schemas.topics import CASES, CaseTopic


@dataclass(frozen=True)
class Divergence:
    """Where two ledgers begin to differ.

    Attributes:
        offset: Kafka offset of the first record whose effect differs; None if the journals agree.
        authority: Whose batch that was; empty if no batch can be named.
        epoch: Its epoch.
        sequence: Its sequence.
        altered: Number of records of the living ledger that differ in content.
    """

    offset: int | None
    authority: str
    epoch: int
    sequence: int
    altered: int


@dataclass(frozen=True)
class Finding:
    """What the audit of one partition came to."""

    topic: CaseTopic
    records: int
    digest: str
    divergence: Divergence | None

    @property
    def agrees(self) -> bool:
        return self.divergence is None


def compare(living: Ledger, folded: Ledger) -> Divergence | None:
    """The first difference between a living ledger and one folded anew, if there is any."""
    altered = sum(1 for _ in _differences(living, folded))
    for ours, theirs in zip_longest(living.items(JOURNAL), folded.items(JOURNAL)):
        if ours != theirs:
            key, value = theirs or ours or (b"", b"")
            journal = Journal.unpack(value)
            return Divergence(read_offset(key), journal.authority, *journal.position, altered)
    return Divergence(None, "", 0, 0, altered) if altered else None


def _differences(living: Ledger, folded: Ledger) -> Iterator[bytes]:
    """Keys whose value is not the same in both, by one walk through both in key order."""
    left, right = living.items(b""), folded.items(b"")
    ours, theirs = next(left, None), next(right, None)
    while ours is not None or theirs is not None:
        if theirs is None or (ours is not None and ours[0] < theirs[0]):
            yield ours[0] if ours else b""
            ours = next(left, None)
        elif ours is None or theirs[0] < ours[0]:
            yield theirs[0]
            theirs = next(right, None)
        else:
            if ours[1] != theirs[1]:
                yield ours[0]
            ours, theirs = next(left, None), next(right, None)


async def audit(
    topic: CaseTopic,
    living_path: Path,
    scratch: Path,
    broker: Broker,
    secrets_at: Callable[[int], Secrets],
) -> Finding:
    """Folds a partition again and compares.

    Args:
        topic: The partition.
        living_path: The living ledger; it may be in use, and is read as of now.
        scratch: Folder for the ledger folded anew.
        broker: Where the log is.
        secrets_at: Gives the trust document of a version, and the opening keys.

    Raises:
        LogTrimmed: The log does not begin at its beginning any more.
    """
    living, folded = Ledger(living_path, read_only=True), Ledger(scratch)
    try:
        state = living.state
        async for record in _log(topic, state.next_offset, broker):
            (decided,) = living.read([journal_key(record.offset)])
            version = Journal.unpack(decided).trust_version if decided else 0
            folded.commit(fold(record, folded.read, secrets_at(version)).writes)
        divergence = compare(living, folded)
        return Finding(topic, state.next_offset, state.digest.hex(), divergence)
    finally:
        living.close()
        folded.close()


async def _log(topic: CaseTopic, until: int, broker: Broker) -> AsyncIterator[Record]:
    """The records of a partition from its first to just before an offset."""
    if until == 0:
        return
    partition = TopicPartition(CASES.name(topic.country), topic.partition)
    consumer = AIOKafkaConsumer(**broker.options(), enable_auto_commit=False, fetch_max_wait_ms=100)
    await consumer.start()
    try:
        consumer.assign([partition])
        first = (await consumer.beginning_offsets([partition]))[partition]
        end = (await consumer.end_offsets([partition]))[partition]
        check_log(first, end, folded=0)
        check_log(first, end, folded=until)
        consumer.seek(partition, 0)
        async for message in consumer:
            yield Record(topic, message.offset, message.value)
            if message.offset + 1 >= until:
                return
    finally:
        await consumer.stop()
