"""Applies the events of one batch to the ledger: what stands, what is counted, what is refused.

The rules:

1. An event is judged alone. If it is refused, the others of its batch are not. It belongs to the
   stream that its case belongs to, so that what is said of a case meets in one ledger.
2. An event id that the ledger knows with the same content is a duplicate: it is counted once.
   With another content it is refused.
3. The newest event of a fact stands, and counts. It takes the place of the one before, whether it
   names it (a correction) or not (an authority that lost its outbox states its register again).
   Both are of one type and one subject. A withdrawal stands too, and counts nothing. When and
   where in the log the fact was first told stays with it, whatever is corrected later: what is
   published counts by it, so that a period that is closed does not grow.
4. Where its authority has agreed on k-anonymity, an event tells no more than its batch attests of
   its quarter. Only a withdrawal may repeat what stands: it tells nothing new.
5. Linkage tokens are replaced by the platform's own before anything is kept of them
   (`processors.intake.outer`). What stands of them is also kept apart, as sightings.
6. Cells change by what a subject added before and adds now, once for each subject and batch.

Everything here is a function of the batch and of records already in the ledger.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from processors.indicators.acceptance import month_told
from processors.indicators.rules import Cell, cells_of
from processors.intake.outer import LINKAGE, keyed, keyed_digest
from processors.intake.records import (
    ACCEPTANCE,
    Fields,
    cell_key,
    event_key,
    pack_count,
    pack_event,
    pack_subject,
    pack_writes,
    sightings_of,
    subject_key,
    unpack_count,
    unpack_subject,
)
from schemas.anonymity import FIELDS, Attestation, Node, tells_quarter, told_too_fine, window_of
from schemas.case_events import validate
from schemas.codec import decode
from schemas.envelope import MAX_TIME
from schemas.errors import (
    EventIdReused,
    EventInvalid,
    NotAnonymised,
    SouthmedError,
    SupersedesForeign,
    SupersedesStale,
    SupersedesUnknown,
    WrongProducer,
    WrongStream,
)
from schemas.receipts import RefusedEvent
from schemas.topics import stream_of
from schemas.trust import Authority

Read = Callable[[Sequence[bytes]], Sequence[bytes | None]]
"""Reads records of the ledger by their keys."""
Writes = dict[bytes, bytes | None]
"""Records to write by key; None deletes."""

EASTERNMOST = 14 * 3_600_000
"""UTC+14, where a month begins first, in milliseconds."""
MAX_DETAIL = 120
"""Characters that a receipt tells about one refused event."""


@dataclass
class Applied:
    """What the events of a batch came to."""

    writes: Writes = field(default_factory=dict)
    accepted: int = 0
    duplicate: int = 0
    refused: list[RefusedEvent] = field(default_factory=list)


class _Candidate(NamedTuple):
    """An event that is valid in itself."""

    position: int
    message: bytes
    """Its bytes; of one with tokens, a keyed digest of them."""
    fields: Fields
    subject: bytes
    beyond: str
    """What it tells beyond what is attested, "" if nothing."""


@dataclass(frozen=True)
class Origin:
    """What a batch proves about its events.

    Attributes:
        authority: Who signed it.
        stream: The stream it belongs to.
        produced_at: When it was sealed, milliseconds since 1970.
        offset: Where it lies in the log of its partition.
        anonymity: What it attests of the quarters that it has events of.
    """

    authority: Authority
    stream: int
    produced_at: int
    offset: int
    anonymity: tuple[Attestation, ...] = ()

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The node that each quarter is attested to be told at."""
        return {attested.window: attested.node for attested in self.anonymity}

    @cached_property
    def day(self) -> str:
        """The day on which it was sealed (UTC), the day of acceptance of its events.

        It is the authority's word, and the same in every fold of the log.
        """
        return day_of(self.produced_at)

    @cached_property
    def latest_period(self) -> str:
        """The month in which it was sealed, wherever on earth that was."""
        latest = min(self.produced_at + EASTERNMOST, MAX_TIME)
        return datetime.fromtimestamp(latest / 1000, UTC).strftime("%Y-%m")


def day_of(produced_at: int) -> str:
    """The day of a moment (UTC), ``2023-05-14``."""
    return datetime.fromtimestamp(produced_at / 1000, UTC).date().isoformat()


def apply_events(
    messages: Sequence[bytes], origin: Origin, read: Read, linkage_key: bytes
) -> Applied:
    """Applies a batch.

    Args:
        messages: The events, each still encoded.
        origin: Who signed the batch, where and when.
        read: Access to the ledger.
        linkage_key: The platform's own key for linkage tokens.
    """
    result = Applied()
    candidates = list(_candidates(messages, origin, linkage_key, result.refused))
    events = _load(read, _event_keys(candidates))
    before = _load(read, {c.subject for c in candidates})
    now = {subject: unpack_subject(value) for subject, value in before.items()}
    touched: dict[bytes, None] = {}
    for candidate in candidates:
        try:
            known = _place(candidate, events, now[candidate.subject], origin)
        except SouthmedError as error:
            result.refused.append(_refusal(candidate.position, error))
            continue
        if known:
            result.duplicate += 1
            continue
        key = event_key(candidate.fields["event_id"])
        result.writes[key] = events[key]
        result.accepted += 1
        touched[candidate.subject] = None
    changes = _settle(result.writes, touched, before, now)
    _count(result.writes, changes, read)
    return result


def _load(read: Read, keys: Iterable[bytes]) -> dict[bytes, bytes | None]:
    ordered = list(keys)
    return dict(zip(ordered, read(ordered), strict=True))


def _candidates(
    messages: Sequence[bytes], origin: Origin, linkage_key: bytes, refused: list[RefusedEvent]
) -> Iterable[_Candidate]:
    for index, message in enumerate(messages):
        try:
            fields = _read_event(message, origin)
            beyond = _beyond_attested(fields, origin)
            if beyond and fields["validation"] != "WITHDRAWN":
                raise NotAnonymised(got=beyond)
        except SouthmedError as error:
            refused.append(_refusal(index, error))
        else:
            yield _candidate(index, message, fields, beyond, linkage_key)


def _candidate(
    index: int, message: bytes, fields: Fields, beyond: str, linkage_key: bytes
) -> _Candidate:
    """The event as it may be kept: without the token that came with it."""
    if fields["event_type"] == LINKAGE:
        fields, message = keyed(linkage_key, fields), keyed_digest(linkage_key, message)
    return _Candidate(index, message, fields, subject_key(fields), beyond)


def _read_event(message: bytes, origin: Origin) -> Fields:
    """An event's fields, once it is valid and its signer's own."""
    decoded = decode(message)
    fields = {"event_type": decoded.subject, **decoded.fields}
    validate(fields)
    author = origin.authority
    if (fields["producer"], fields["country"]) != (author.id, author.country):
        raise WrongProducer(expected=f"{author.id} of {author.country}")
    if (stream := stream_of(fields["case_ref"])) != origin.stream:
        raise WrongStream(expected=f"stream {stream}", got=f"stream {origin.stream}")
    if fields["period"] > origin.latest_period and not _of_this_quarter(fields, origin):
        raise EventInvalid(got="period: after the batch was sealed")
    return fields


def _of_this_quarter(fields: Fields, origin: Origin) -> bool:
    """Whether an event tells the quarter of the sealing itself, whose last month may be to come."""
    return tells_quarter(fields) and window_of(fields["period"]) == window_of(origin.latest_period)


def _beyond_attested(fields: Fields, origin: Origin) -> str:
    """What an event tells beyond what its batch attests, by its field; "" if nothing."""
    if origin.authority.anonymity is None or fields["event_type"] not in FIELDS:
        return ""
    node = origin.nodes.get(window_of(fields["period"]))
    if node is None:
        return "period: its quarter is not attested"
    finer = told_too_fine(fields, node)
    return f"{finer}: finer than attested" if finer else ""


def _repeats(fields: Fields, before: Fields | None) -> bool:
    """Whether an event says of a person what the one before it said, and nothing else."""
    said = (*FIELDS[fields["event_type"]], "period", "suppressed_fields")
    return before is not None and all(fields[name] == before[name] for name in said)


def _refusal(index: int, error: SouthmedError) -> RefusedEvent:
    detail = error.got or (f"expected {error.expected}" if error.expected else "")
    return RefusedEvent(index, error.code, detail[:MAX_DETAIL])


def _event_keys(candidates: Sequence[_Candidate]) -> set[bytes]:
    """Keys of the events themselves and of those that they supersede."""
    ids = {c.fields["event_id"] for c in candidates}
    ids |= {c.fields["supersedes"] for c in candidates if c.fields["supersedes"] is not None}
    return {event_key(event_id) for event_id in ids}


def _place(
    candidate: _Candidate,
    events: dict[bytes, bytes | None],
    standing: list[Fields],
    origin: Origin,
) -> bool:
    """Puts an event in the place of its fact among those that stand; True if it was known."""
    fields = candidate.fields
    key = event_key(fields["event_id"])
    record = pack_event(candidate.message, candidate.subject)
    if (known := events[key]) is not None:
        if known == record:
            return True
        raise EventIdReused()
    place = next((n for n, e in enumerate(standing) if e["fact_ref"] == fields["fact_ref"]), None)
    before = None if place is None else standing[place]
    _check_superseded(candidate, events, before)
    if candidate.beyond and not _repeats(fields, before):
        raise NotAnonymised(got=candidate.beyond)
    if before is None or place is None:
        told = (origin.day, origin.offset, month_told(fields))
        standing.append({**fields, **dict(zip(ACCEPTANCE, told, strict=True))})
    else:
        standing[place] = {**fields, **{name: before[name] for name in ACCEPTANCE}}
    events[key] = record
    return False


def _check_superseded(
    candidate: _Candidate, events: Mapping[bytes, bytes | None], before: Fields | None
) -> None:
    """Whether an event may take the place of the one that stands for its fact."""
    fields = candidate.fields
    if before is not None and before["event_type"] != fields["event_type"]:
        raise SupersedesForeign(expected=before["event_type"], got=fields["event_type"])
    if (superseded := fields["supersedes"]) is None:
        return
    record = events[event_key(superseded)]
    if record is None:
        raise SupersedesUnknown()
    if record[16:] != candidate.subject or before is None:
        raise SupersedesForeign(expected="an event of the same fact and subject")
    if before["event_id"] != superseded:
        raise SupersedesStale()


def _settle(
    writes: Writes,
    touched: Iterable[bytes],
    before: Mapping[bytes, bytes | None],
    now: Mapping[bytes, list[Fields]],
) -> Counter[Cell]:
    """Writes the subjects that changed; returns by how much each cell changes."""
    changes: Counter[Cell] = Counter()
    for subject in touched:
        changes.update(cells_of(now[subject]))
        known = unpack_subject(before[subject])
        changes.subtract(cells_of(known))
        old, new = sightings_of(known), sightings_of(now[subject])
        writes.update({key: new.get(key) for key in (*old, *new) if old.get(key) != new.get(key)})
        writes[subject] = pack_subject(now[subject]) if now[subject] else None
    return changes


def _count(writes: Writes, changes: Counter[Cell], read: Read) -> None:
    keys = {cell_key(cell): change for cell, change in changes.items() if change}
    for key, value in _load(read, keys).items():
        count = unpack_count(value) + keys[key]
        writes[key] = pack_count(count) if count else None


def writes_digest(previous: bytes, writes: Mapping[bytes, bytes | None]) -> bytes:
    """The rolling digest after writes: SHA-256 over the previous one and the writes in order.

    The order is that in which the fold makes them, and part of what two folds have in common.
    """
    return hashlib.sha256(previous + pack_writes(writes)).digest()
