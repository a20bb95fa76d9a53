"""The fold: one Kafka record, the ledger so far, and what follows from them.

"The log is the database": the state of a partition is a pure function of its records in their
order. `fold` is that function. It verifies a batch, judges its place in the chain, opens it,
applies its events, and returns everything that has to be written, in one piece; the shell writes
it atomically, together with the offset. So a crash before the write repeats the record, and a
crash after it does not.

What becomes of a record:

* **accepted**: the batch extends its chain. Its events are counted, or refused one by one.
* **duplicate**: the batch was accepted before. Its first receipt is repeated.
* **refused**: the batch is not acceptable. The chain does not move. The authority is told the code.
  A gap is not kept, because the batch comes again; everything else that is refused is also kept in
  quarantine, whole and untouched. An equivocation suspends the stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from processors.intake.apply import (
    Applied,
    Origin,
    Read,
    Writes,
    apply_events,
    day_of,
    writes_digest,
)
from processors.intake.attested import keep
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
from schemas.envelope import Unverified, Verified, open_body, parse, prove
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
    """What the platform holds.

    Attributes:
        trust: The trust document.
        keys: Its own keys for opening.
        linkage: Its own key for linkage tokens.
    """

    trust: TrustDocument
    keys: Sequence[OpenKey]
    linkage: bytes = field(repr=False)


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
        claimed = parse(record.value, record.topic, secrets.trust)
    except SouthmedError as error:
        return _refuse_unread(record, state, secrets.trust.version, error)
    place = claimed.place
    head_record, seen = read(
        [head_key(place.authority), batch_key(place.authority, (place.epoch, place.sequence))]
    )
    head = unpack_head(head_record)
    try:
        batch = prove(claimed, secrets.trust)
        judged = _judge(batch, record.offset, head, seen, read, secrets)
        return _close(record, state, claimed, judged, secrets.trust.version)
    except SouthmedError as error:
        judged = _refusal(claimed, head, error)
        outcome = _close(record, state, claimed, judged, secrets.trust.version)
        return outcome if isinstance(error, ChainGap) else replace(outcome, quarantine=error)


def _judge(
    batch: Verified, offset: int, head: Head, seen: bytes | None, read: Read, secrets: Secrets
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
    origin = Origin(authority, batch.place.stream, batch.produced_at, offset, batch.anonymity)
    applied = apply_events(open_body(batch, secrets.keys), origin, read, secrets.linkage)
    entry = _accepted(batch, applied)
    applied.writes[batch_key(authority.id, batch.link.position)] = pack_entry(entry)
    applied.writes.update(keep(origin, read))
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


def _refusal(claimed: Unverified, head: Head, error: SouthmedError) -> tuple[Entry, Head, Writes]:
    """The authority that a batch names is told the code, also where it may not be its batch.

    Only a proven batch can come as far as the chain, so only a proven one suspends a stream.
    """
    place = claimed.place
    entry = Entry(place.epoch, place.sequence, claimed.hash, Status.REFUSED, code=error.code)
    return entry, suspend(head) if isinstance(error, Equivocation) else head, {}


def _refuse_unread(
    record: Record, state: FoldState, trust_version: int, error: SouthmedError
) -> Outcome:
    """Where not even a place on this topic can be read, there is nobody to answer."""
    journal = Journal(Status.REFUSED, error.code, "", (0, 0), 0, 0, 0, state.digest, trust_version)
    return _write(record, {}, state.digest, journal, receipt=None, quarantine=error)


def _close(
    record: Record,
    state: FoldState,
    claimed: Unverified,
    judged: tuple[Entry, Head, Writes],
    trust_version: int,
) -> Outcome:
    """Adds the head, and takes the rolling digest over all that the batch changed."""
    entry, head, writes = judged
    authority = claimed.place.authority
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
        trust_version,
        day_of(claimed.header["produced_at"]),
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
