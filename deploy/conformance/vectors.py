"""The table of vectors: batches in a newcomer's name, and the one answer that each must get.

The rules:

1. All vectors are sent to one stream, in the order of the table. What is accepted moves its chain;
   what is refused does not, so every vector stands for itself.
2. A good batch is sealed by the adapter's own sealer, and accepted with all its events.
3. A bad event stands beside a good one: the batch is accepted, the bad event refused with its code.
4. A bad batch is refused with its code. Where the batch says too little to know whom to answer, no
   receipt comes: it stands in quarantine under its code, and nothing else may happen.
5. The last two suspend the stream: two different batches at one place.

Names are never given a second meaning; a vector that changes gets a new name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any

from deploy.conformance.forging import altered, packed
from deploy.conformance.hand import Hand, Party, encoded
from deploy.conformance.samples import Fields, a_region
from schemas.case_events import EVENT_TYPES
from schemas.chain import GENESIS_HASH
from schemas.codec import MARKER, PREFIX_LENGTH, decode_as, encode
from schemas.envelope import MAX_EVENTS, MAX_MESSAGE, Place, batch_hash
from schemas.errors import WireError
from schemas.keys import OpenKey, SigningKey
from schemas.packing import MAX_BODY
from schemas.topics import PARTITIONS

STREAM = 0
"""The stream that all vectors are sent to: the samples' cases belong to it."""
ACCEPTED, DUPLICATE = "ACCEPTED", "DUPLICATE"


def _flip(data: bytes, position: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


# --- The table -----------------------------------------------------------------------------------


class Section(StrEnum):
    """What kind of vector it is."""

    GOOD = "good batch"
    EVENT = "bad event"
    BATCH = "bad batch"
    UNREAD = "unreadable batch"
    LAST = "fork"


@dataclass(frozen=True)
class Vector:
    """One row of the table.

    Attributes:
        section: What kind it is.
        name: Its name in the section.
        code: The one answer it must get.
        events: The events of a good batch, or the bad event first and a good one behind it.
        message: The bytes of a bad batch.
        aside: Partitions between the stream's and the one that it is sent to.
    """

    section: Section
    name: str
    code: str
    events: Callable[[Hand], Sequence[bytes]] | None = None
    message: Callable[[Hand], bytes] | None = None
    aside: int = 0

    @property
    def title(self) -> str:
        return f"{self.section}: {self.name}"


def _one(event_type: str, hand: Hand) -> list[bytes]:
    return [hand.event(event_type)]


def _correction(hand: Hand, revision: int, **changes: Any) -> Fields:
    """The newest but one, corrected; revision 0 is the identification of the good batches."""
    if revision == 0:
        return hand.fields()
    before = _correction(hand, revision - 1)
    told = {"supersedes": before["event_id"], "revision": revision, **changes}
    return hand.fields(**told)


def _withdrawal(hand: Hand) -> Fields:
    return _correction(hand, 2, validation="WITHDRAWN")


def _many(hand: Hand) -> list[bytes]:
    facts = (hand.ref(f"report {n}") for n in range(MAX_EVENTS))
    return [hand.event("report.received", fact_ref=fact) for fact in facts]


_GOOD: list[tuple[str, Callable[[Hand], Sequence[bytes]]]] = [
    *((name, partial(_one, name)) for name in EVENT_TYPES),
    ("no event: a sign of life", lambda _: []),
    ("a correction", lambda hand: [encoded(_correction(hand, 1))]),
    ("a withdrawal", lambda hand: [encoded(_withdrawal(hand))]),
    ("as many events as a batch may hold", _many),
]
_EVENTS: list[tuple[str, str, Callable[[Hand], bytes]]] = [
    ("an unknown schema", "UNKNOWN_SCHEMA",
        lambda hand: MARKER + bytes(8) + hand.event()[PREFIX_LENGTH:]),
    ("text", "UNKNOWN_SCHEMA", lambda _: b"no event at all"),
    ("cut short", "UNDECODABLE", lambda hand: hand.event()[:-1]),
    ("a field too many", "TRUNCATED", lambda hand: hand.event() + b"\0"),
    ("a day instead of a month", "EVENT_INVALID", lambda hand: hand.event(period="2023-05-17")),
    ("a month to come", "EVENT_INVALID", lambda hand: hand.event(period="2099-12")),
    ("a code given twice", "EVENT_INVALID",
        lambda hand: hand.event(acts=["RECRUIT", "RECRUIT"])),
    ("a hidden field that the type does not have", "EVENT_INVALID",
        lambda hand: hand.event(suppressed_fields=["day_of_birth"])),
    ("another producer", "WRONG_PRODUCER",
        lambda hand: hand.event(producer=f"{hand.party.authority[:2]}.unlisted")),
    ("a case of another stream", "WRONG_STREAM",
        lambda hand: hand.event(case_ref=b"\0" * 7 + b"\1" + hand.ref("case_ref")[8:])),
    ("a region finer than is attested", "NOT_ANONYMISED",
        lambda hand: hand.event(**a_region(hand.party.country, "L1"))),
    ("a quarter of which nothing is attested", "NOT_ANONYMISED",
        lambda hand: hand.event(period="2023-01")),
    ("a linkage token that expires on a day", "EVENT_INVALID",
        lambda hand: hand.event("network.linkage", expires="2025-06-30")),
    ("an id used for another content", "EVENT_ID_REUSED",
        lambda hand: hand.event(event_id=hand.fields()["event_id"], sex="M")),
    ("a correction of nothing", "SUPERSEDES_UNKNOWN",
        lambda hand: hand.event(supersedes=hand.ref("nothing"), revision=1)),
    ("a correction of another person's", "SUPERSEDES_FOREIGN",
        lambda hand: encoded(_correction(hand, 1, victim_ref=hand.ref("another person")))),
    ("a correction of what was corrected", "SUPERSEDES_STALE",
        lambda hand: encoded(_correction(hand, 1, sex="M"))),
]  # fmt: skip
_STRANGER = SigningKey.generate("ed25519")
_ELSEWHERE = OpenKey.generate("x25519")


def _receipt_key(hand: Hand) -> str:
    return next(key.keyid for key in hand.party.trust.keys if key.purpose == "receipt")


def _for_somebody_else(hand: Hand) -> bytes:
    wrapped = {"keyid": _ELSEWHERE.keyid, "wrapped_key": bytes(80)}
    return hand.altered(header={"recipients": [wrapped]}, signer=hand.party.signer)


def _moved(hand: Hand) -> bytes:
    at = {"sequence": hand.place.sequence, "previous_hash": hand.place.previous_hash}
    return altered(hand.before[0].message, identity=at, signer=hand.party.signer)


_BATCHES: list[tuple[str, str, Callable[[Hand], bytes]]] = [
    ("the body altered", "BODY_ALTERED",
        lambda hand: hand.altered(outer={"body": bytes(64)})),
    ("the header altered", "BAD_SIGNATURE",
        lambda hand: hand.altered(header={"produced_at": hand.party.produced_at + 1})),
    ("the signature altered", "BAD_SIGNATURE",
        lambda hand: hand.altered(outer=hand.signature(sig=bytes(64)))),
    ("no signature", "BAD_SIGNATURE", lambda hand: hand.altered(outer={"signatures": []})),
    ("a stranger's key", "UNKNOWN_KEY", lambda hand: hand.altered(signer=_STRANGER)),
    ("a key that does not sign batches", "FOREIGN_KEY",
        lambda hand: hand.altered(outer=hand.signature(keyid=_receipt_key(hand)))),
    ("sent again", DUPLICATE, lambda hand: hand.before[0].message),
    ("a batch left out", "CHAIN_GAP",
        lambda hand: hand.sealed(sequence=hand.place.sequence + 1,
                                 previous_hash=hand.next.hash).message),
    ("a link to the beginning", "BROKEN_LINK",
        lambda hand: hand.sealed(previous_hash=GENESIS_HASH).message),
    ("an epoch that nobody announced", "EPOCH_NOT_OPENED",
        lambda hand: hand.sealed(epoch=hand.place.epoch + 1, sequence=1,
                                 previous_hash=GENESIS_HASH).message),
    ("for somebody else", "NOT_FOR_US", _for_somebody_else),
    ("moved to another place", "DECRYPTION_FAILED", _moved),
    ("a key encapsulation that does not exist", "UNSUPPORTED_SUITE",
        lambda hand: hand.altered(identity={"kem_id": 7}, signer=hand.party.signer)),
    ("too many events", "OVERSIZED",
        lambda hand: hand.forged(packed(encode("event_batch",
                                               {"events": [b""] * (MAX_EVENTS + 1)})))),
    ("a body that unpacks to more than is allowed", "OVERSIZED",
        lambda hand: hand.forged(packed(bytes(2 * MAX_BODY)))),
    ("a body that is no batch", "UNKNOWN_SCHEMA",
        lambda hand: hand.forged(packed(hand.event()))),
    ("a body with a tail", "TRUNCATED",
        lambda hand: hand.forged(packed(encode("event_batch", {"events": []}) + b"\0"))),
    ("a body that is not packed", "UNDECODABLE",
        lambda hand: hand.forged((40).to_bytes(4, "big") + b"\xff" * 40 + bytes(468))),
]  # fmt: skip
_UNREAD: list[tuple[str, str, Callable[[Hand], bytes], int]] = [
    ("another partition", "WRONG_TOPIC", lambda hand: hand.next.message, 1),
    ("an authority that is not listed", "UNKNOWN_AUTHORITY",
        lambda hand: hand.altered(
            identity={"authority": f"{hand.party.authority[:2]}.unlisted"}), 0),
    ("another payload type", "WRONG_PAYLOAD_TYPE",
        lambda hand: hand.altered(outer={"payload_type": "text/plain"}), 0),
    ("no recipient", "NOT_FOR_US", lambda hand: hand.altered(header={"recipients": []}), 0),
    ("sequence zero", "UNDECODABLE", lambda hand: hand.altered(identity={"sequence": 0}), 0),
    ("larger than allowed", "OVERSIZED", lambda _: bytes(MAX_MESSAGE + 1), 0),
    ("cut short", "UNDECODABLE", lambda hand: hand.next.message[:-1], 0),
    ("a byte too many", "TRUNCATED", lambda hand: hand.next.message + b"\0", 0),
    ("an unknown schema", "UNKNOWN_SCHEMA", lambda hand: _flip(hand.next.message, 4), 0),
    ("nothing", "TRUNCATED", lambda _: b"", 0),
]  # fmt: skip


def _fork(hand: Hand) -> bytes:
    at = {"sequence": hand.place.sequence - 1, "previous_hash": hand.before[-2].hash}
    return hand.sealed(hand.event(sex="M"), **at).message


_LAST: list[tuple[str, str, Callable[[Hand], bytes]]] = [
    ("two batches at one place", "EQUIVOCATION", _fork),
    ("the next batch after it", "STREAM_SUSPENDED", lambda hand: hand.next.message),
]


def _beside_a_good_one(bad: Callable[[Hand], bytes], name: str, hand: Hand) -> list[bytes]:
    other = hand.ref(f"beside {name}")
    return [bad(hand), hand.event(fact_ref=other, victim_ref=other)]


TABLE: tuple[Vector, ...] = (
    *(Vector(Section.GOOD, name, ACCEPTED, events=events) for name, events in _GOOD),
    *(
        Vector(Section.EVENT, name, code, events=partial(_beside_a_good_one, bad, name))
        for name, code, bad in _EVENTS
    ),
    *(Vector(Section.BATCH, name, code, message=make) for name, code, make in _BATCHES),
    *(
        Vector(Section.UNREAD, n, code, message=make, aside=aside)
        for n, code, make, aside in _UNREAD
    ),
    *(Vector(Section.LAST, name, code, message=make) for name, code, make in _LAST),
)


# --- The table as batches ------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """A vector as it is sent.

    Attributes:
        vector: The vector.
        partition: Where to.
        message: The bytes.
        hash: The hash under which a receipt speaks of it; None where none can be made out.
        counted: Events of it that a platform counts.
    """

    vector: Vector
    partition: int
    message: bytes = field(repr=False)
    hash: bytes | None
    counted: int


def plan(party: Party, epoch: int, table: Sequence[Vector] = TABLE) -> list[Sent]:
    """Every vector as a batch, in order; what is accepted moves the chain.

    Args:
        party: Who is tested.
        epoch: The epoch that the trust document announces for the stream.
        table: The vectors.
    """
    hand = Hand(party, Place(party.authority, STREAM, epoch, 1, GENESIS_HASH))
    sent = []
    for vector in table:
        if vector.events is not None:
            events = vector.events(hand)
            batch = hand.sealed(*events)
            counted = len(events) - (vector.section is Section.EVENT)
            sent.append(Sent(vector, STREAM, batch.message, batch.hash, counted))
            following = replace(
                hand.place, sequence=hand.place.sequence + 1, previous_hash=batch.hash
            )
            hand = Hand(party, following, (*hand.before, batch))
        elif vector.message is not None:
            message = vector.message(hand)
            partition = (STREAM + vector.aside) % PARTITIONS
            sent.append(Sent(vector, partition, message, hash_of(message), 0))
            # The next vector is made from another batch, so that no two have the same hash.
            hand = replace(hand)
    return sent


def hash_of(message: bytes) -> bytes | None:
    """The hash of what claims to be a batch."""
    try:
        return batch_hash(decode_as("sealed_batch", message)["header"])
    except WireError:
        return None
