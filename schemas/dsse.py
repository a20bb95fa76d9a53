"""DSSE signatures over bytes as they travel.

The signature stands over the pre-authentication encoding of a payload type and a payload
(DSSE protocol 1.0, "PAE"): nothing is re-canonicalised before it is verified, and one kind of
message can never be taken for another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.codec import decode_as, encode
from schemas.errors import BadSignature, SealError, WrongPayloadType
from schemas.keys import SigningKey, VerifyKey

MAX_SIGNATURES = 8


@dataclass(frozen=True)
class Signature:
    """A signature and the id of the key that made it."""

    keyid: str
    sig: bytes


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE pre-authentication encoding.

    Example:
        >>> pae("http://example.com/HelloWorld", b"hello world")
        b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def verify_any(
    signatures: Sequence[Signature], message: bytes, key_for: Callable[[str], VerifyKey]
) -> VerifyKey:
    """Finds one signature that verifies under a key that may sign this message.

    Args:
        signatures: As they came.
        message: The pre-authentication encoding.
        key_for: Gives the key of an id, or raises why it may not sign this.

    Raises:
        BadSignature: There is none, too many, or none verifies.
        SealError: Why the first signature's key may not sign, if no signature verifies.
    """
    if not 0 < len(signatures) <= MAX_SIGNATURES:
        raise BadSignature(
            expected=f"1 to {MAX_SIGNATURES} signatures", got=f"{len(signatures)} signatures"
        )
    reason: SealError | None = None
    for signature in signatures:
        try:
            key = key_for(signature.keyid)
        except SealError as error:
            reason = reason or error
            continue
        if key.verifies(signature.sig, message):
            return key
    raise reason or BadSignature()


def sign_statement(payload_type: str, payload: bytes, signer: SigningKey) -> bytes:
    """A `signed_statement` message around a payload."""
    signature = {"keyid": signer.keyid, "sig": signer.sign(pae(payload_type, payload))}
    fields = {"payload_type": payload_type, "payload": payload, "signatures": [signature]}
    return encode("signed_statement", fields)


def open_statement(message: bytes, payload_type: str, key_for: Callable[[str], VerifyKey]) -> bytes:
    """The payload of a signed statement, once its type and a signature were verified.

    Raises:
        WireError: The bytes are no statement.
        WrongPayloadType: The statement is of another type.
        SealError: As in `verify_any`.
    """
    fields = decode_as("signed_statement", message)
    if fields["payload_type"] != payload_type:
        raise WrongPayloadType(expected=payload_type)
    payload: bytes = fields["payload"]
    signatures = [Signature(s["keyid"], s["sig"]) for s in fields["signatures"]]
    verify_any(signatures, pae(payload_type, payload), key_for)
    return payload
