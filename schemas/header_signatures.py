"""Signatures that travel in Kafka headers, beside JSON values that anybody reads as they are.

The signature stands over the exact bytes of the value, so nobody has to write JSON again in one
canonical way to verify it (`schemas.releases`, `schemas.alerts`).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence

from schemas.dsse import Signature, pae, verify_any
from schemas.errors import BadSignature
from schemas.keys import SigningKey, VerifyKey

SIGNATURE_HEADER = "southmed-signature"
"""Name of the Kafka header; its value is ``<key id>:<signature in Base64>``. It may repeat."""

Headers = Sequence[tuple[str, bytes]]


def sign_value(payload_type: str, value: bytes, signer: SigningKey) -> list[tuple[str, bytes]]:
    """The Kafka headers that go with a value."""
    signature = signer.sign(pae(payload_type, value))
    return [(SIGNATURE_HEADER, f"{signer.keyid}:{b64encode(signature).decode()}".encode())]


def verify_value(
    payload_type: str, value: bytes, headers: Headers, key_for: Callable[[str], VerifyKey]
) -> None:
    """Verifies a value by its headers; those that are not ours are passed over.

    Raises:
        SealError: As in `schemas.dsse.verify_any`.
    """
    verify_any(_signatures(headers), pae(payload_type, value), key_for)


def _signatures(headers: Headers) -> list[Signature]:
    found = []
    for name, value in headers:
        if name == SIGNATURE_HEADER:
            keyid, _, signature = value.partition(b":")
            try:
                found.append(Signature(keyid.decode(), b64decode(signature, validate=True)))
            except ValueError:
                raise BadSignature(expected="a key id and a signature in Base64") from None
    return found
