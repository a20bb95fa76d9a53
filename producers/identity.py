"""How events and facts get their ids: by MACs under the authority's key.

Nobody without the key can tell whose fact an id names, and no time of entry shows. With the key,
the same fact of the register has the same ``fact_ref`` for ever, also after the outbox was lost:
the newest event of a fact stands, so a register that is stated again is not counted again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any


def fact_ref(key: bytes, slot: bytes) -> bytes:
    """Pseudonym of a fact of the register (16 bytes)."""
    return hmac.digest(key, b"fact" + slot, "sha256")[:16]


def event_id(key: bytes, slot: bytes, epoch: int, revision: int, digest: bytes) -> bytes:
    """Id of one statement of a fact: a UUID of version 8 (RFC 9562, custom bits; here a MAC).

    Args:
        key: The authority's key.
        slot: Identity of the fact in the register.
        epoch: Epoch in which it is stated; after a lost outbox there is a new one.
        revision: How often it was stated before in this epoch.
        digest: Digest of what is stated.
    """
    message = slot + epoch.to_bytes(4, "big") + revision.to_bytes(4, "big") + digest
    mac = bytearray(hmac.digest(key, b"event" + message, "sha256")[:16])
    mac[6] = mac[6] & 0x0F | 0x80
    mac[8] = mac[8] & 0x3F | 0x80
    return bytes(mac)


def content_digest(content: dict[str, Any]) -> bytes:
    """SHA-256 of a draft's content, whatever the order of its fields."""
    canonical = json.dumps(content, sort_keys=True, default=bytes.hex)
    return hashlib.sha256(canonical.encode()).digest()
