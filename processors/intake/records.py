"""What the ledger holds: its keys and how their values are written.

The ledger of a partition is one ordered key-value store. Its kinds of records are told apart by
the first byte of their key:

====  =======================  ==============================================================
kind  key                      value
====  =======================  ==============================================================
M     name                     state of the fold: next offset, digest
H     authority                head of the authority's chain in this partition
O     offset                   what became of the Kafka record at that offset, and the digest
B     authority, position      hash of the accepted batch, and its receipt entry
E     event id                 digest of the event, and its subject
S     subject                  the subject's events that stand at present, each with the day and
                               the offset at which its fact was first accepted
L     fact, case, authority    a sighting that stands: a case holds an identifier
C     cell                     the number counted
A     authority, quarter       what was attested of it last (`processors.intake.attested`)
====  =======================  ==============================================================

Numbers in keys are big-endian, so that they sort. Values are MessagePack of plain tuples and
mappings whose order is fixed by the events themselves: the same log gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from processors.indicators.acceptance import (
    DAY_OF_ACCEPTANCE,
    MONTH_FIRST_TOLD,
    PLACE_OF_ACCEPTANCE,
)
from processors.indicators.rules import RULES_VERSION, Cell
from processors.intake.outer import LINKAGE
from schemas.case_events import EVENT_TYPES
from schemas.chain import Head
from schemas.receipts import Entry, Status, entry_fields, read_entry
from schemas.trust import Position

Fields = dict[str, Any]

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode

# --- State of the fold ---------------------------------------------------------------------------

STATE = b"M/state"


@dataclass(frozen=True)
class FoldState:
    """Where the fold of a partition stands.

    Attributes:
        next_offset: Kafka offset of the next record to fold.
        digest: Rolling digest over everything written so far.
        rules: Version of the counting rules that the cells were counted by.
    """

    next_offset: int = 0
    digest: bytes = bytes(32)
    rules: int = RULES_VERSION

    def pack(self) -> bytes:
        return _pack((self.next_offset, self.digest, self.rules))

    @classmethod
    def unpack(cls, value: bytes | None) -> FoldState:
        return cls() if value is None else cls(*_unpack(value))


# --- Chains --------------------------------------------------------------------------------------

HEADS = b"H"


def head_key(authority: str) -> bytes:
    return HEADS + authority.encode()


def pack_head(head: Head) -> bytes:
    return _pack((head.epoch, head.sequence, head.hash, head.suspended))


def unpack_head(value: bytes | None) -> Head:
    return Head() if value is None else Head(*_unpack(value))


# --- The journal: one record for each Kafka record -----------------------------------------------


JOURNAL = b"O"


def journal_key(offset: int) -> bytes:
    return JOURNAL + offset.to_bytes(8, "big")


def read_offset(key: bytes) -> int:
    return int.from_bytes(key[len(JOURNAL) :], "big")


@dataclass(frozen=True)
class Journal:
    """What became of one Kafka record.

    Attributes:
        status: Accepted, duplicate or refused.
        code: Error code of a refusal.
        authority: Whose batch it was; empty where that could not be verified.
        position: Its place in the authority's chain; (0, 0) likewise.
        accepted, duplicate, refused: Numbers of its events.
        digest: Rolling digest after this record.
        trust_version: Version of the trust document that decided.
        day: The day on which it says it was sealed (UTC): what an authority claims, and of a batch
            that was not proven what anybody does; empty where not even that could be read.
    """

    status: Status
    code: str
    authority: str
    position: Position
    accepted: int
    duplicate: int
    refused: int
    digest: bytes
    trust_version: int
    day: str = ""

    def pack(self) -> bytes:
        counts = (self.accepted, self.duplicate, self.refused)
        place = (self.authority, self.position)
        decided = (self.trust_version, self.day)
        return _pack((self.status.value, self.code, place, counts, self.digest, decided))

    @classmethod
    def unpack(cls, value: bytes) -> Journal:
        status, code, (authority, position), counts, digest, decided = _unpack(value)
        accepted, duplicate, refused = counts
        place = (position[0], position[1])
        return cls(
            Status(status),
            code,
            authority,
            place,
            accepted,
            duplicate,
            refused,
            digest,
            *decided,
        )


# --- Batches -------------------------------------------------------------------------------------


def batch_key(authority: str, position: Position) -> bytes:
    epoch, sequence = position
    place = epoch.to_bytes(4, "big") + sequence.to_bytes(8, "big")
    return b"B" + authority.encode() + b"/" + place


def pack_entry(entry: Entry) -> bytes:
    return _pack(entry_fields(entry))


def unpack_entry(value: bytes) -> Entry:
    return read_entry(_unpack(value))


# --- Events and subjects -------------------------------------------------------------------------


def event_key(event_id: bytes) -> bytes:
    return b"E" + event_id


def pack_event(message: bytes, subject: bytes) -> bytes:
    """Digest of the event as it came (16 bytes), then its subject's key."""
    return hashlib.sha256(message).digest()[:16] + subject


SUBJECTS = b"S"
ACCEPTANCE = (DAY_OF_ACCEPTANCE, PLACE_OF_ACCEPTANCE, MONTH_FIRST_TOLD)
"""What the ledger adds to an event that stands: when, where and for which month it came first."""


def subject_key(fields: Fields) -> bytes:
    """The subject of an event: kind of reference (c, v or s), the reference, and whose it is."""
    name = EVENT_TYPES[fields["event_type"]].subject
    reference: bytes = fields[name]
    producer: str = fields["producer"]
    return SUBJECTS + name[0].encode() + reference + producer.encode()


def pack_subject(events: list[Fields]) -> bytes:
    return _pack(events)


def unpack_subject(value: bytes | None) -> list[Fields]:
    return [] if value is None else _unpack(value)


SIGHTINGS = b"L"
SIGHTED = (
    "producer",
    "country",
    "case_ref",
    "fact_ref",
    "token",
    "previous_token",
    "link_type",
    "role",
    "evidence_grade",
    "period",
    "token_epoch",
    "expires",
)
"""What is kept of a sighting, in this order."""


def sightings_of(events: list[Fields]) -> dict[bytes, bytes]:
    """The records of the sightings among a subject's events.

    A fact that moves to another case is withdrawn there and stated here: the key holds both.
    """
    return {
        SIGHTINGS + e["fact_ref"] + e["case_ref"] + e["producer"].encode(): _pack(
            [e[name] for name in SIGHTED]
        )
        for e in events
        if e["event_type"] == LINKAGE and e["validation"] != "WITHDRAWN"
    }


def unpack_sighting(value: bytes) -> Fields:
    return dict(zip(SIGHTED, _unpack(value), strict=True))


def pack_writes(writes: Mapping[bytes, bytes | None]) -> bytes:
    """Keys and values in their order, for the digest over them."""
    return _pack([*writes.items()])


# --- Cells ---------------------------------------------------------------------------------------

CELLS = b"C"
_SEPARATOR = "|"


@lru_cache(maxsize=65_536)
def cell_key(cell: Cell) -> bytes:
    return CELLS + _SEPARATOR.join(cell).encode()


def read_cell(key: bytes) -> Cell:
    return tuple(key[len(CELLS) :].decode().split(_SEPARATOR))


def pack_count(count: int) -> bytes:
    return count.to_bytes(8, "big")


def unpack_count(value: bytes | None) -> int:
    return 0 if value is None else int.from_bytes(value, "big")
