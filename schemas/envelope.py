"""Sealing and opening a batch: bytes in, object or named error out.

A batch is sealed so that four things hold wherever it travels:

1. **Origin.** An authority's signature stands over payload type and header, and the header holds
   the digest of the body. What was signed is what is verified: no re-encoding in between.
2. **Place.** The header holds authority, stream, epoch, sequence and the hash of the batch before
   (`schemas.chain`), so that batches cannot be left out, repeated or reordered unseen.
3. **Confidentiality.** The body is encrypted under a fresh AES-256-GCM key; that key is wrapped by
   HPKE for each recipient. Both are bound to the batch's place: neither key nor body opens
   elsewhere. Whoever may not open the body can still verify signature, place and chain.
4. **Silence about size.** The body is padded (Padmé), and the number of events is told inside only.

Opening goes the same way in reverse, in two steps that can be taken by different parties:

* `verify` checks size, encoding and topic (`parse`), then key, signature and digest (`prove`). It
  needs the trust document and no secret.
* `open_body` decrypts, unpads, unpacks within bounds, and gives the events' bytes.

No step reads a clock, a file or a network. Any byte string whatsoever ends in a result or in a
`SouthmedError`; the fuzz tests hold it to that.

Sources: DSSE 1.0; RFC 9180 (HPKE); NIST SP 800-38D (GCM); RFC 1951 (deflate); Padmé: Nikitin et
al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.anonymity import MAX_WINDOWS, Attestation, read_attestations
from schemas.chain import Link
from schemas.codec import decode_as, encode
from schemas.dsse import Signature, pae, verify_any
from schemas.errors import (
    BodyAltered,
    DecryptionFailed,
    NotForUs,
    Oversized,
    Undecodable,
    UnsupportedSuite,
    WrongPayloadType,
    WrongTopic,
)
from schemas.keys import KEM_IDS, KEM_REFERENCES, OpenKey, SealKey, SigningKey
from schemas.packing import pack, unpack
from schemas.topics import CaseTopic
from schemas.trust import TrustDocument

PAYLOAD_TYPE = "application/vnd.southmed.case-batch.v1+avro"
MAX_MESSAGE = 1_000_000
"""Bytes of a sealed batch; below Kafka's default of 1 MiB."""
MAX_EVENTS = 1_000
MAX_RECIPIENTS = 8
MAX_INT = 2**31 - 1
"""Largest Avro ``int``; the decoder does not hold what it reads to it."""
MAX_TIME = 253_402_300_799_999
"""The last millisecond of the year 9999: beyond it there is no calendar to tell the month by."""

_CONTENT_KEY_LENGTH = 32
# A content key encrypts one body only, so a fixed nonce is used once (SP 800-38D, 8).
_NONCE = bytes(12)

Random = Callable[[int], bytes]
"""Gives so many random bytes, e.g. ``secrets.token_bytes``."""


@dataclass(frozen=True)
class Place:
    """Where a batch stands: authority, stream, epoch, sequence, and the hash before it."""

    authority: str
    stream: int
    epoch: int
    sequence: int
    previous_hash: bytes


@dataclass(frozen=True)
class Sealed:
    """A sealed batch: the bytes for Kafka, and the hash that the next batch names."""

    message: bytes
    hash: bytes


@dataclass(frozen=True)
class Verified:
    """A batch whose origin and place are proven, its body still closed."""

    place: Place
    link: Link
    produced_at: int
    """Milliseconds since 1970, as the authority says."""
    trust_version: int
    keyid: str
    kem_id: int
    recipients: tuple[tuple[str, bytes], ...]
    body: bytes
    anonymity: tuple[Attestation, ...] = ()
    """What the authority attests of the quarters that the batch has events of."""


def batch_hash(header: bytes) -> bytes:
    """The hash of a batch: SHA-256 over the pre-authentication encoding of its header."""
    return hashlib.sha256(pae(PAYLOAD_TYPE, header)).digest()


# --- Sealing -------------------------------------------------------------------------------------


def seal(
    events: Sequence[bytes],
    place: Place,
    *,
    signer: SigningKey,
    recipients: Sequence[SealKey],
    produced_at: int,
    trust_version: int,
    random: Random,
    anonymity: Sequence[Attestation] = (),
) -> Sealed:
    """Seals events into a batch.

    Args:
        events: Encoded events (`schemas.codec`), none for a sign of life, at most 1,000.
        place: Where the batch stands in its chain.
        signer: The authority's signing key.
        recipients: Who shall be able to open the body; all of one scheme.
        produced_at: Milliseconds since 1970.
        trust_version: Version of the trust document at hand.
        random: Source of random bytes.
        anonymity: What is attested of each quarter that the events are of.

    Raises:
        Oversized: Too many events, quarters or bytes.
        NotForUs: There is no recipient.
        UnsupportedSuite: The recipients' schemes differ.
    """
    if len(events) > MAX_EVENTS:
        raise Oversized(expected=f"at most {MAX_EVENTS} events", got=f"{len(events)} events")
    if len(anonymity) > MAX_WINDOWS:
        raise Oversized(expected=f"at most {MAX_WINDOWS} quarters", got=f"{len(anonymity)}")
    if not 0 < len(recipients) <= MAX_RECIPIENTS:
        raise NotForUs(expected=f"1 to {MAX_RECIPIENTS} recipients", got=str(len(recipients)))
    schemes = {key.scheme for key in recipients}
    if len(schemes) > 1:
        raise UnsupportedSuite(expected="recipients of one scheme", got=", ".join(sorted(schemes)))
    scheme = schemes.pop()
    identity = _identity(place, KEM_IDS[scheme])
    bound = encode("batch_identity", identity)
    content_key = random(_CONTENT_KEY_LENGTH)
    packed = pack(encode("event_batch", {"events": list(events)}))
    body = AESGCM(content_key).encrypt(_NONCE, packed, bound)
    header = encode(
        "batch_header",
        {
            "identity": identity,
            "produced_at": produced_at,
            "trust_version": trust_version,
            "body_sha256": hashlib.sha256(body).digest(),
            "kem_reference": KEM_REFERENCES[scheme],
            "recipients": [
                {"keyid": key.keyid, "wrapped_key": key.wrap(content_key, bound)}
                for key in recipients
            ],
            "anonymity": [attested.as_fields() for attested in anonymity],
        },
    )
    return _sign(header, body, signer)


def _identity(place: Place, kem_id: int) -> dict[str, Any]:
    return {
        "authority": place.authority,
        "stream": place.stream,
        "epoch": place.epoch,
        "sequence": place.sequence,
        "previous_hash": place.previous_hash,
        "kem_id": kem_id,
    }


def _sign(header: bytes, body: bytes, signer: SigningKey) -> Sealed:
    signature = {"keyid": signer.keyid, "sig": signer.sign(pae(PAYLOAD_TYPE, header))}
    message = encode(
        "sealed_batch",
        {"payload_type": PAYLOAD_TYPE, "header": header, "body": body, "signatures": [signature]},
    )
    _check_size(message)
    return Sealed(message, batch_hash(header))


def _check_size(message: bytes) -> None:
    if len(message) > MAX_MESSAGE:
        raise Oversized(expected=f"at most {MAX_MESSAGE} bytes", got=f"{len(message)} bytes")


# --- Verifying: no secret needed -----------------------------------------------------------------


@dataclass(frozen=True)
class Unverified:
    """What a message says of itself; nothing of it is to be believed before `prove`."""

    place: Place
    hash: bytes
    header: dict[str, Any]
    signed: bytes
    signatures: tuple[Signature, ...]
    body: bytes


def parse(message: bytes, topic: CaseTopic, trust: TrustDocument) -> Unverified:
    """Reads a message and checks that it may stand on this topic at all.

    Raises:
        WireError: Too large, cut short, of an unknown schema, or undecodable.
        WrongPayloadType: Not a case batch.
        UnknownAuthority: The authority is not in the trust document.
        WrongTopic: Authority against topic, or stream against partition.
        NotForUs: It has no recipients, or too many.
    """
    _check_size(message)
    fields = decode_as("sealed_batch", message)
    if fields["payload_type"] != PAYLOAD_TYPE:
        raise WrongPayloadType(expected=PAYLOAD_TYPE)
    header = decode_as("batch_header", fields["header"])
    place = _read_place(header["identity"])
    _check_bounds(header)
    _check_topic(place, topic, trust)
    return Unverified(
        place=place,
        hash=batch_hash(fields["header"]),
        header=header,
        signed=pae(PAYLOAD_TYPE, fields["header"]),
        signatures=tuple(Signature(s["keyid"], s["sig"]) for s in fields["signatures"]),
        body=fields["body"],
    )


def prove(claimed: Unverified, trust: TrustDocument) -> Verified:
    """Proves that the authority signed header and body.

    Raises:
        SealError: Key unknown, of another or outside its range, no signature that verifies, or a
            body that is not the one signed.
    """
    place, header = claimed.place, claimed.header
    key = verify_any(
        claimed.signatures,
        claimed.signed,
        lambda keyid: trust.batch_key(
            keyid, place.authority, stream=place.stream, position=(place.epoch, place.sequence)
        ),
    )
    if hashlib.sha256(claimed.body).digest() != header["body_sha256"]:
        raise BodyAltered()
    return Verified(
        place=place,
        link=Link(place.epoch, place.sequence, place.previous_hash, claimed.hash),
        produced_at=header["produced_at"],
        trust_version=header["trust_version"],
        keyid=key.keyid,
        kem_id=header["identity"]["kem_id"],
        recipients=tuple((r["keyid"], r["wrapped_key"]) for r in header["recipients"]),
        body=claimed.body,
        anonymity=read_attestations(header["anonymity"]),
    )


def verify(message: bytes, topic: CaseTopic, trust: TrustDocument) -> Verified:
    """Proves a batch's origin and place: `parse`, then `prove`.

    Args:
        message: The Kafka value.
        topic: The topic and partition it was read from.
        trust: The trust document at hand.

    Raises:
        WireError, SealError: As they do.
    """
    return prove(parse(message, topic, trust), trust)


def _read_place(identity: dict[str, Any]) -> Place:
    place = Place(
        identity["authority"],
        identity["stream"],
        identity["epoch"],
        identity["sequence"],
        identity["previous_hash"],
    )
    if not 0 <= place.stream <= MAX_INT or not 1 <= place.epoch <= MAX_INT or place.sequence < 1:
        raise Undecodable(expected="stream from 0, epoch and sequence from 1, within their types")
    return place


def _check_bounds(header: dict[str, Any]) -> None:
    read_attestations(header["anonymity"])
    if not 0 <= header["produced_at"] <= MAX_TIME:
        raise Undecodable(expected="a time of production from 1970 to 9999")
    if not 0 < len(header["recipients"]) <= MAX_RECIPIENTS:
        raise NotForUs(
            expected=f"1 to {MAX_RECIPIENTS} recipients", got=f"{len(header['recipients'])}"
        )


def _check_topic(place: Place, topic: CaseTopic, trust: TrustDocument) -> None:
    country = trust.authority(place.authority).country
    if country != topic.country:
        raise WrongTopic(expected=f"an authority of {topic.country}", got=f"one of {country}")
    if place.stream != topic.partition:
        raise WrongTopic(expected=f"stream {topic.partition}", got=f"stream {place.stream}")


# --- Opening: with a recipient's key -------------------------------------------------------------


def open_body(batch: Verified, keys: Sequence[OpenKey]) -> list[bytes]:
    """Decrypts and unpacks a verified batch.

    Args:
        batch: What `verify` gave.
        keys: The private keys held here.

    Returns:
        The events, each still encoded.

    Raises:
        NotForUs: None of the keys is a recipient.
        UnsupportedSuite: The header names another KEM than the key's.
        DecryptionFailed: Key or body do not open at this place.
        WireError: What opens is malformed, too large, or holds too many events.
    """
    key, wrapped = _find_recipient(batch, keys)
    if batch.kem_id != KEM_IDS[key.scheme]:
        raise UnsupportedSuite(
            expected=f"KEM {KEM_IDS[key.scheme]:#06x}", got=f"{batch.kem_id:#06x}"
        )
    bound = encode("batch_identity", _identity(batch.place, batch.kem_id))
    content_key = key.unwrap(wrapped, bound)
    if len(content_key) != _CONTENT_KEY_LENGTH:
        raise DecryptionFailed(expected=f"a content key of {_CONTENT_KEY_LENGTH} bytes")
    try:
        packed = AESGCM(content_key).decrypt(_NONCE, batch.body, bound)
    except (InvalidTag, ValueError):
        raise DecryptionFailed(expected="a body for this header") from None
    events: list[bytes] = decode_as("event_batch", unpack(packed))["events"]
    if len(events) > MAX_EVENTS:
        raise Oversized(expected=f"at most {MAX_EVENTS} events", got=f"{len(events)} events")
    return events


def _find_recipient(batch: Verified, keys: Sequence[OpenKey]) -> tuple[OpenKey, bytes]:
    held = {key.keyid: key for key in keys}
    for keyid, wrapped in batch.recipients:
        if keyid in held:
            return held[keyid], wrapped
    raise NotForUs(expected="a recipient among the keys held here")
