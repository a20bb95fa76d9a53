"""The fold: one Kafka record, the ledger so far, and what follows from them.

"The log is the database": the state of a partition is a pure function of its records in their
order. `fold` is that function. It verifies a batch, judges its place in the chain, opens it,
applies its events, and returns everything that has to be written, in one piece; the shell writes
it atomically, together with the offset. So a crash before the write repeats the record, and a
crash after it does not.

What becomes of a record:

* **accepted**: the batch extends its chain. Its events are counted, or refused one by one.
* **duplicate**: the batch was accepted before. Its first receipt is repeated.
* **refused**: the batch is not acceptable. The chain does not move. A gap is told to the authority
  and nothing else, because the batch comes again; every other refusal is also kept in quarantine,
  whole and untouched. An equivocation suspends the stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from processors.intake.apply import Applied, Read, Writes, apply_events, writes_digest
from processors.intake.records import (
    STATE,
    FoldState,
    Journal,
    batch_key,
    head_key,
    journal_key,
    pack_entry,
    pack_head,
    unpack_entry,
    unpack_head,
)
from schemas.chain import Head, Step, advance, follow, suspend
from schemas.envelope import Verified, open_body, verify
from schemas.errors import ChainGap, Equivocation, SouthmedError
from schemas.keys import OpenKey
from schemas.receipts import Entry, Receipt, Status
from schemas.topics import CaseTopic
from schemas.trust import TrustDocument


@dataclass(frozen=True)
class Record:
    """A Kafka record of a case topic."""

    topic: CaseTopic
    offset: int
    value: bytes


@dataclass(frozen=True)
class Outcome:
    """What follows from a record.

    Attributes:
        writes: Records of the ledger to write, all or none.
        next_offset: Offset of the next record to fold.
        receipt: The answer to the authority; None where none could be made out.
        quarantine: The error to keep the record under, if it is to be kept.
    """

    writes: Writes
    next_offset: int
    receipt: Receipt | None
    quarantine: SouthmedError | None


@dataclass(frozen=True)
class Secrets:
    """What the platform holds: the trust document and its own keys for opening."""

    trust: TrustDocument
    keys: Sequence[OpenKey]


def fold(record: Record, read: Read, secrets: Secrets) -> Outcome:
    """Folds one record into the ledger of its partition.

    Args:
        record: The record, at the offset that the ledger expects.
        read: Access to the ledger as it stands.
        secrets: Trust and keys.

    Returns:
        What to write and what to answer. Nothing in a record makes this raise.
    """
    state = FoldState.unpack(read([STATE])[0])
    try:
        batch = verify(record.value, record.topic, secrets.trust)
    except SouthmedError as error:
        return _refuse_unverified(record, state, error)
    head_record, seen = read(
        [head_key(batch.place.authority), batch_key(batch.place.authority, batch.link.position)]
    )
    head = unpack_head(head_record)
    try:
        return _close(record, state, batch, _judge(batch, head, seen, read, secrets))
    except SouthmedError as error:
        outcome = _close(record, state, batch, _refusal(batch, head, error))
        return outcome if isinstance(error, ChainGap) else replace(outcome, quarantine=error)


def _judge(
    batch: Verified, head: Head, seen: bytes | None, read: Read, secrets: Secrets
) -> tuple[Entry, Head, Writes]:
    """The receipt entry, the new head and the writes of a batch that can be taken."""
    authority = secrets.trust.authority(batch.place.authority)
    first = None if seen is None else unpack_entry(seen)
    step = follow(
        head,
        batch.link,
        seen=None if first is None else first.batch_hash,
        announced_epoch=authority.epoch_of(batch.place.stream),
    )
    if step is Step.DUPLICATES and first is not None:
        return replace(first, status=Status.DUPLICATE), head, {}
    applied = apply_events(open_body(batch, secrets.keys), authority, batch.produced_at, read)
    entry = _accepted(batch, applied)
    applied.writes[batch_key(authority.id, batch.link.position)] = pack_entry(entry)
    return entry, advance(batch.link), applied.writes


def _accepted(batch: Verified, applied: Applied) -> Entry:
    return Entry(
        *batch.link.position,
        batch.link.hash,
        Status.ACCEPTED,
        events_accepted=applied.accepted,
        events_duplicate=applied.duplicate,
        refused=tuple(sorted(applied.refused, key=lambda event: event.index)),
    )


def _refusal(batch: Verified, head: Head, error: SouthmedError) -> tuple[Entry, Head, Writes]:
    entry = Entry(*batch.link.position, batch.link.hash, Status.REFUSED, code=error.code)
    return entry, suspend(head) if isinstance(error, Equivocation) else head, {}


def _refuse_unverified(record: Record, state: FoldState, error: SouthmedError) -> Outcome:
    """Nothing that the record says about itself is to be believed, so nobody is answered."""
    journal = Journal(Status.REFUSED, error.code, "", (0, 0), 0, 0, 0, state.digest)
    return _write(record, {}, state.digest, journal, receipt=None, quarantine=error)


def _close(
    record: Record, state: FoldState, batch: Verified, judged: tuple[Entry, Head, Writes]
) -> Outcome:
    """Adds the head, and takes the rolling digest over all that the batch changed."""
    entry, head, writes = judged
    authority = batch.place.authority
    writes[head_key(authority)] = pack_head(head)
    digest = writes_digest(state.digest, writes)
    journal = Journal(
        entry.status,
        entry.code,
        authority,
        (entry.epoch, entry.sequence),
        entry.events_accepted,
        entry.events_duplicate,
        len(entry.refused),
        digest,
    )
    receipt = Receipt(authority, record.topic.partition, head.next_position, (entry,))
    return _write(record, writes, digest, journal, receipt=receipt, quarantine=None)


def _write(
    record: Record,
    writes: Writes,
    digest: bytes,
    journal: Journal,
    *,
    receipt: Receipt | None,
    quarantine: SouthmedError | None,
) -> Outcome:
    next_offset = record.offset + 1
    writes[journal_key(record.offset)] = journal.pack()
    writes[STATE] = FoldState(next_offset, digest).pack()
    return Outcome(writes, next_offset, receipt, quarantine)
