"""What an attacker has: the wire format, perhaps a key, and no scruples.

`altered` changes fields of a real batch; `forged` seals any plaintext as a holder of the keys can.
Nothing here is of use to an adapter: it makes what a platform has to refuse.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.codec import decode_as, encode
from schemas.dsse import pae
from schemas.envelope import PAYLOAD_TYPE, Place, Sealed, batch_hash
from schemas.keys import KEM_IDS, KEM_REFERENCES, SealKey, SigningKey
from schemas.packing import padded_length


def parts(message: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outer fields and the header's fields of a batch."""
    outer = decode_as("sealed_batch", message)
    return outer, decode_as("batch_header", outer["header"])


def altered(
    message: bytes,
    *,
    outer: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    identity: Mapping[str, Any] | None = None,
    signer: SigningKey | None = None,
) -> bytes:
    """A batch with fields changed, signed anew if there is a signer."""
    fields, told = parts(message)
    told = {**told, **(header or {})}
    told["identity"] = {**told["identity"], **(identity or {})}
    fields["header"] = encode("batch_header", told)
    if signer is not None:
        signature = signer.sign(pae(fields["payload_type"], fields["header"]))
        fields["signatures"] = [{"keyid": signer.keyid, "sig": signature}]
    return encode("sealed_batch", {**fields, **(outer or {})})


def packed(plain: bytes) -> bytes:
    """A body as it is before encryption."""
    deflater = zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS)
    data = deflater.compress(plain) + deflater.flush()
    framed = len(data).to_bytes(4, "big") + data
    return framed.ljust(padded_length(len(framed)), b"\0")


def forged(
    framed: bytes,
    place: Place,
    *,
    signer: SigningKey,
    recipient: SealKey,
    trust_version: int,
    produced_at: int,
    content_key: bytes = b"k" * 32,
    anonymity: Sequence[Mapping[str, Any]] = (),
) -> Sealed:
    """A properly signed and encrypted batch around any plaintext: a holder of the keys at work."""
    kem_id = KEM_IDS[recipient.scheme]
    identity = {**vars(place), "kem_id": kem_id}
    bound = encode("batch_identity", identity)
    body = AESGCM(content_key).encrypt(bytes(12), framed, bound)
    header = encode(
        "batch_header",
        {
            "identity": identity,
            "produced_at": produced_at,
            "trust_version": trust_version,
            "body_sha256": hashlib.sha256(body).digest(),
            "kem_reference": KEM_REFERENCES[recipient.scheme],
            "recipients": [
                {"keyid": recipient.keyid, "wrapped_key": recipient.wrap(content_key, bound)}
            ],
            "anonymity": list(anonymity),
        },
    )
    signature = {"keyid": signer.keyid, "sig": signer.sign(pae(PAYLOAD_TYPE, header))}
    fields = {
        "payload_type": PAYLOAD_TYPE,
        "header": header,
        "body": body,
        "signatures": [signature],
    }
    return Sealed(encode("sealed_batch", fields), batch_hash(header))
