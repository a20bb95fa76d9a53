"""Everything that an attacker may change about a batch, one row each, and what it ends in.

The scene: the platform has taken the first two batches of a stream and waits for the third. A row
makes bytes out of what its attacker has: *the broker's operator* has every batch and no key; *a
neighbour* has a properly trusted key of another country; *a thief* has a key of the authority.
Every row ends in a named error, and nothing that is counted or kept of events changes.

Rows of one section that share a code share a cause, told in the comment above them. What a platform
is asked in a conformance run (`deploy.conformance.vectors`) stands there, and is a section here.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from deploy.conformance.hand import Hand, Party
from deploy.conformance.vectors import TABLE, Section
from schemas.anonymity import BOTTOM, MAX_WINDOWS, Attestation, Node
from schemas.codec import MARKER, PREFIX_LENGTH, encode
from schemas.dsse import MAX_SIGNATURES
from schemas.envelope import MAX_MESSAGE, MAX_RECIPIENTS, Sealed
from schemas.keys import OpenKey, SigningKey
from schemas.packing import MAX_BODY
from schemas.topics import CaseTopic
from schemas.trust import ByStream
from tests.attacker import (
    altered,
    forged,
    packed,
    parts,
)
from tests.samples import (
    MOROCCO,
    TUNISIA,
    an_event,
    encoded,
    ref,
)
from tests.world import (
    NOW,
    TOPIC,
    World,
    a_chain,
    a_place,
    a_world,
    sealed,
    some_random,
)

US = a_world()
CHAIN = a_chain(4)
NEXT = CHAIN[2]
AT_NEXT = {"sequence": 3, "previous_hash": CHAIN[1].hash}
THIEF = US.tunisia
STRANGER = SigningKey.generate("ed25519")
OUTER, HEADER = parts(NEXT.message)
ATTESTED = Attestation("2023-Q2", BOTTOM, k=0, l=0, suppressed=0)


@dataclass(frozen=True)
class Row:
    """One attack: the bytes, where they are sent, and the code they must end in."""

    name: str
    message: Callable[[], bytes] | bytes
    code: str
    world: World = US
    topic: CaseTopic = TOPIC
    before: tuple[Sealed, ...] = tuple(CHAIN[:2])

    def bytes(self) -> bytes:
        return self.message if isinstance(self.message, bytes) else self.message()


def flip(data: bytes, position: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


def header(**changes: Any) -> bytes:
    return altered(NEXT.message, header=changes)


def identity(**changes: Any) -> bytes:
    return altered(NEXT.message, identity=changes)


def recipients(**changes: Any) -> list[dict[str, Any]]:
    (ours,) = HEADER["recipients"]
    return [{**ours, **changes}]


def attested(**changes: Any) -> list[dict[str, Any]]:
    return [{**ATTESTED.as_fields(), **changes}]


def outer(**changes: Any) -> bytes:
    return altered(NEXT.message, outer=changes)


def signature(**changes: Any) -> list[dict[str, Any]]:
    (ours,) = OUTER["signatures"]
    return [{**ours, **changes}]


def at_next(**changes: Any) -> Sealed:
    return sealed(an_event(sex="M"), **{**AT_NEXT, **changes})


# --- The header, changed by one who cannot sign --------------------------------------------------

# The signature stands over every byte of the header: whichever field is changed, it is the
# signature that tells. Authority and stream are compared with topic and trust document before,
# because they say whose signature to ask for; so are values outside their range.
UNSIGNED = [
    Row("authority, of another country", identity(authority=MOROCCO), "WRONG_TOPIC"),
    Row("authority, unknown", identity(authority="tn.fictive"), "UNKNOWN_AUTHORITY"),
    Row("stream", identity(stream=1), "WRONG_TOPIC"),
    Row("epoch", identity(epoch=2), "BAD_SIGNATURE"),
    Row("sequence", identity(sequence=4), "BAD_SIGNATURE"),
    Row("previous_hash", identity(previous_hash=CHAIN[0].hash), "BAD_SIGNATURE"),
    Row("kem_id", identity(kem_id=0x647A), "BAD_SIGNATURE"),
    Row("produced_at", header(produced_at=HEADER["produced_at"] + 1), "BAD_SIGNATURE"),
    Row("trust_version", header(trust_version=2), "BAD_SIGNATURE"),
    Row("body_sha256", header(body_sha256=bytes(32)), "BAD_SIGNATURE"),
    Row("kem_reference", header(kem_reference="draft-fictive"), "BAD_SIGNATURE"),
    Row("recipients, keyid", header(recipients=recipients(keyid="0" * 64)), "BAD_SIGNATURE"),
    Row("recipients, wrapped_key", header(recipients=recipients(wrapped_key=bytes(80))),
        "BAD_SIGNATURE"),
    Row("recipients, one more", header(recipients=recipients() * 2), "BAD_SIGNATURE"),
    Row("recipients, none", header(recipients=[]), "NOT_FOR_US"),
    Row("recipients, too many", header(recipients=recipients() * (MAX_RECIPIENTS + 1)),
        "NOT_FOR_US"),
    Row("anonymity, window", header(anonymity=attested(window="2023-Q3")), "BAD_SIGNATURE"),
    *(
        Row(f"anonymity, {name}", header(anonymity=attested(**{name: 1})), "BAD_SIGNATURE")
        for name in (*Node._fields, "k", "l", "suppressed")
    ),
    Row("anonymity, no quarter", header(anonymity=attested(window="2023-06")), "UNDECODABLE"),
    Row("anonymity, beyond the lattice", header(anonymity=attested(sex=2)), "UNDECODABLE"),
    Row("anonymity, below zero", header(anonymity=attested(k=-1)), "UNDECODABLE"),
    Row("anonymity, a quarter twice", header(anonymity=attested() * 2), "UNDECODABLE"),
    Row("anonymity, too many quarters", header(anonymity=attested() * (MAX_WINDOWS + 1)),
        "OVERSIZED"),
    Row("stream, below zero", identity(stream=-1), "UNDECODABLE"),
    Row("epoch, zero", identity(epoch=0), "UNDECODABLE"),
    Row("epoch, more than its type holds", identity(epoch=2**40), "UNDECODABLE"),
    Row("sequence, zero", identity(sequence=0), "UNDECODABLE"),
    Row("produced_at, beyond every calendar", header(produced_at=2**62), "UNDECODABLE"),
    Row("produced_at, before 1970", header(produced_at=-1), "UNDECODABLE"),
    Row("a byte near its end", outer(header=flip(OUTER["header"], -5)), "BAD_SIGNATURE"),
    Row("its fingerprint", outer(header=flip(OUTER["header"], 5)), "UNKNOWN_SCHEMA"),
    Row("its marker", outer(header=flip(OUTER["header"], 0)), "UNKNOWN_SCHEMA"),
    Row("cut short", outer(header=OUTER["header"][:-1]), "UNDECODABLE"),
    Row("one byte more", outer(header=OUTER["header"] + b"\0"), "TRUNCATED"),
    Row("empty", outer(header=b""), "TRUNCATED"),
    Row("another kind of message", outer(header=encode("event_batch", {"events": []})),
        "UNKNOWN_SCHEMA"),
    Row("that of another batch", outer(header=parts(CHAIN[3].message)[0]["header"]),
        "BAD_SIGNATURE"),
]  # fmt: skip

# --- Body, signature, payload type ---------------------------------------------------------------

BODY = OUTER["body"]
SIGNATURE = OUTER["signatures"][0]["sig"]
OTHER_BODY = parts(CHAIN[1].message)[0]["body"]
AROUND = [
    # The signed digest no longer fits, whatever else was done to the body.
    Row("body, its first byte", outer(body=flip(BODY, 0)), "BODY_ALTERED"),
    Row("body, its last byte", outer(body=flip(BODY, -1)), "BODY_ALTERED"),
    Row("body, cut", outer(body=BODY[:-1]), "BODY_ALTERED"),
    Row("body, empty", outer(body=b""), "BODY_ALTERED"),
    Row("body, of another batch", outer(body=OTHER_BODY), "BODY_ALTERED"),
    # No signature that can be asked verifies.
    Row("signature, a byte", outer(signatures=signature(sig=flip(SIGNATURE, 9))),
        "BAD_SIGNATURE"),
    Row("signature, empty", outer(signatures=signature(sig=b"")), "BAD_SIGNATURE"),
    Row("signature, of another batch",
        outer(signatures=parts(CHAIN[3].message)[0]["signatures"]), "BAD_SIGNATURE"),
    # Refused for their number, before one of them costs a verification.
    Row("too many signatures", outer(signatures=signature() * (MAX_SIGNATURES + 1)),
        "BAD_SIGNATURE"),
    Row("key id, unknown", outer(signatures=signature(keyid=STRANGER.keyid)), "UNKNOWN_KEY"),
    # The key is known and is not this authority's, or does not sign batches: one cause, the key
    # is foreign to what it is used for.
    Row("key id, a neighbour's", outer(signatures=signature(keyid=US.morocco.keyid)),
        "FOREIGN_KEY"),
    Row("key id, one that opens", outer(signatures=signature(keyid=US.opener.keyid)),
        "FOREIGN_KEY"),
    Row("payload type", outer(payload_type="application/vnd.southmed.receipt.v1+avro"),
        "WRONG_PAYLOAD_TYPE"),
    Row("payload type, empty", outer(payload_type=""), "WRONG_PAYLOAD_TYPE"),
]  # fmt: skip

# --- The place -----------------------------------------------------------------------------------

FORK = at_next()
EPOCH_2 = sealed(an_event(sex="M"), epoch=2)
PLACE = [
    # Country against topic and stream against partition: the two halves of one comparison.
    Row("another country's topic", NEXT.message, "WRONG_TOPIC", topic=CaseTopic("MAR", 0)),
    Row("replay of the last", CHAIN[1].message, "DUPLICATE"),
    # A batch left out and a batch before its turn look the same from here.
    Row("reorder", CHAIN[1].message, "CHAIN_GAP", before=()),
    Row("a new stream from its middle", NEXT.message, "CHAIN_GAP", before=()),
    Row("equivocation at the head", at_next(sequence=2, previous_hash=CHAIN[0].hash).message,
        "EQUIVOCATION"),
    Row("equivocation further back", sealed(an_event(sex="M")).message, "EQUIVOCATION"),
    Row("same content, sealed again", a_chain(1)[0].message, "EQUIVOCATION"),
    Row("the next one after an equivocation", NEXT.message, "STREAM_SUSPENDED",
        before=(*CHAIN[:2], sealed(an_event(sex="M")))),
    # The previous hash is not that of the head, wherever else it points.
    Row("broken link", at_next(previous_hash=ref("x") * 2).message, "BROKEN_LINK"),
    Row("link to a batch further back", at_next(previous_hash=CHAIN[0].hash).message,
        "BROKEN_LINK"),
    Row("stale epoch", NEXT.message, "STALE_EPOCH", world=US.with_epoch(2),
        before=(*CHAIN[:2], EPOCH_2)),
    Row("an old fork, after the new epoch", at_next(sequence=2).message, "STALE_EPOCH",
        world=US.with_epoch(2), before=(*CHAIN[:2], EPOCH_2)),
    Row("an epoch further than announced", sealed(epoch=3).message, "EPOCH_NOT_OPENED",
        world=US.with_epoch(2)),
    Row("an announced epoch from its middle", at_next(epoch=2).message, "CHAIN_GAP",
        world=US.with_epoch(2)),
    Row("an announced epoch with a past", at_next(epoch=2, sequence=1).message, "BROKEN_LINK",
        world=US.with_epoch(2)),
]  # fmt: skip

# --- Keys ----------------------------------------------------------------------------------------


def position(sequence: int) -> ByStream:
    return ByStream(default=(1, sequence))


NOBODY = US.trust.model_copy(update={"authorities": []})
KEYS = [
    Row("a neighbour signs in our name", altered(NEXT.message, signer=US.morocco), "FOREIGN_KEY"),
    Row("the platform signs in our name", altered(NEXT.message, signer=US.platform),
        "FOREIGN_KEY"),
    Row("retired key", NEXT.message, "KEY_RETIRED",
        world=US.with_key(THIEF, valid_to=position(2))),
    Row("key that is not valid yet", altered(NEXT.message, signer=STRANGER), "KEY_NOT_YET_VALID",
        world=US.with_key(STRANGER, valid_from=position(4))),
    Row("compromised key", NEXT.message, "KEY_COMPROMISED",
        world=US.with_key(THIEF, compromised_from=position(3))),
    Row("trust document without the authority", NEXT.message, "UNKNOWN_AUTHORITY",
        world=replace(US, trust=NOBODY), before=()),
]  # fmt: skip

# --- Recipients and encryption, by one who can sign ----------------------------------------------

STOLEN_WRAP = parts(CHAIN[1].message)[1]["recipients"]
ELSEWHERE = OpenKey.generate("x25519")
BOUND = [
    Row("for somebody else", at_next(recipients=[ELSEWHERE.seal_key]).message, "NOT_FOR_US"),
    # Key and body are bound to the place: each of these opens where it was made and nowhere else.
    # GCM and HPKE tell that something is wrong, never what, so the rows share a code.
    Row("wrapped key of another batch",
        altered(NEXT.message, header={"recipients": STOLEN_WRAP}, signer=THIEF),
        "DECRYPTION_FAILED"),
    Row("wrapped key of somebody else",
        altered(NEXT.message, signer=THIEF,
                header={"recipients": recipients(
                    wrapped_key=ELSEWHERE.seal_key.wrap(b"k" * 32, b""))}),
        "DECRYPTION_FAILED"),
    Row("wrapped key, empty",
        altered(NEXT.message, header={"recipients": recipients(wrapped_key=b"")}, signer=THIEF),
        "DECRYPTION_FAILED"),
    Row("a content key of 16 bytes",
        forged(packed(b""), content_key=b"k" * 16, **AT_NEXT).message, "DECRYPTION_FAILED"),
    Row("body and digest of another batch",
        altered(NEXT.message, signer=THIEF, outer={"body": OTHER_BODY},
                header={"body_sha256": parts(CHAIN[1].message)[1]["body_sha256"]}),
        "DECRYPTION_FAILED"),
    Row("another KEM than the key's",
        altered(NEXT.message, identity={"kem_id": 0x647A}, signer=THIEF), "UNSUPPORTED_SUITE"),
]  # fmt: skip

# --- Inside the body, by one who can sign and seal -----------------------------------------------


def inside(framed: bytes) -> bytes:
    return forged(framed, **AT_NEXT).message


def deflated(plain: bytes) -> bytes:
    deflater = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    return deflater.compress(plain) + deflater.flush()


def framed(data: bytes, length: int | None = None) -> bytes:
    told = len(data) if length is None else length
    return (told.to_bytes(4, "big") + data).ljust(512, b"\0")


EMPTY = encode("event_batch", {"events": []})
ONE = encode("event_batch", {"events": [encoded(an_event())]})
INSIDE = [
    # Larger than the contract allows: on the wire, unpacked, or in number. One advice for all.
    Row("oversized message", OUTER["header"].ljust(MAX_MESSAGE + 1, b"\0"), "OVERSIZED"),
    Row("zip bomb", inside(packed(bytes(40 * MAX_BODY))), "OVERSIZED"),
    Row("zip bomb that ends as a batch", inside(packed(EMPTY + bytes(MAX_BODY))), "OVERSIZED"),
    # Cut short, or with something left over, at whatever layer: sending again is the advice.
    Row("no frame", inside(b""), "TRUNCATED"),
    Row("half a length", inside(b"\0\0"), "TRUNCATED"),
    Row("a length beyond the frame", inside(framed(deflated(ONE), 5_000)), "TRUNCATED"),
    Row("the largest length", inside(framed(deflated(ONE), 2**32 - 1)), "TRUNCATED"),
    Row("a length one too small", inside(framed(deflated(ONE), len(deflated(ONE)) - 1)),
        "TRUNCATED"),
    Row("an empty stream", inside(framed(b"")), "TRUNCATED"),
    Row("a stream cut short", inside(framed(deflated(ONE)[:-2])), "TRUNCATED"),
    Row("a stream with a tail", inside(framed(deflated(ONE) + b"tail")), "TRUNCATED"),
    Row("no batch at all", inside(packed(b"")), "TRUNCATED"),
    # Bytes that are not what their place calls for.
    Row("padding that is not zero", inside(framed(deflated(ONE))[:-1] + b"x"), "UNDECODABLE"),
    Row("no deflate stream", inside(framed(b"\xff" * 40)), "UNDECODABLE"),
    Row("an array that announces a thousand million events",
        inside(packed(EMPTY[:PREFIX_LENGTH] + b"\x80\xa8\xd6\xb9\x07")), "UNDECODABLE"),
    Row("an event that announces more bytes than there are",
        inside(packed(EMPTY[:PREFIX_LENGTH] + b"\x02\xfe\xff\xff\xff\x0f")), "UNDECODABLE"),
    Row("an unknown schema in the body", inside(packed(MARKER + bytes(8) + b"\0")),
        "UNKNOWN_SCHEMA"),
]  # fmt: skip

# --- The message as bytes ------------------------------------------------------------------------


def places() -> list[int]:
    """Where to cut: in the marker, the fingerprint, and at and within every part."""
    message = NEXT.message
    starts = [message.index(part) for part in (OUTER["header"], BODY)]
    starts.append(message.index(SIGNATURE))
    return [1, 5, PREFIX_LENGTH, 30, *starts, *(s + 3 for s in starts), len(message) - 1]


RAW = [
    Row("twice", NEXT.message * 2, "TRUNCATED"),
    Row("no marker", b"\0" + NEXT.message[1:], "UNKNOWN_SCHEMA"),
    Row("a header alone", OUTER["header"], "UNKNOWN_SCHEMA"),
    Row("text", b"no batch at all", "UNKNOWN_SCHEMA"),
    *(
        # Before the schema is known, all that can be said is that bytes are missing.
        Row(
            f"cut at {cut}",
            NEXT.message[:cut],
            "TRUNCATED" if cut < PREFIX_LENGTH else "UNDECODABLE",
        )
        for cut in places()
    ),
]

# --- What a newcomer's platform is asked, too ----------------------------------------------------

PARTY = Party(TUNISIA, "TUN", US.tunisia, US.trust, NOW, some_random("newcomer"))
HAND = Hand(PARTY, a_place(**AT_NEXT), tuple(CHAIN[:2]))
ASKED = [
    Row(vector.title, partial(vector.message, HAND), vector.code,
        topic=CaseTopic("TUN", TOPIC.partition + vector.aside))
    for vector in TABLE
    if vector.message is not None and vector.section is not Section.LAST
]  # fmt: skip

ROWS = {
    f"{section}: {row.name}": row
    for section, rows in {
        "header": UNSIGNED,
        "around": AROUND,
        "place": PLACE,
        "keys": KEYS,
        "bound": BOUND,
        "inside": INSIDE,
        "raw": RAW,
        "conformance": ASKED,
    }.items()
    for row in rows
}
