"""The platform's own layer over linkage tokens: what a ledger holds is worth nothing elsewhere.

A token comes from an authority as the linkage key made it (`schemas.linkage`). Whoever held that
key and a ledger could guess identifiers and compare; so nothing reaches a ledger but
HMAC-SHA256(K_G, year | token). The rules:

1. Equal tokens of one year stay equal, so that the platform can join them; all else is lost.
2. A token of the year before is keyed under that year, so that it equals what was kept then.
3. An event's digest is keyed as well: all its other fields are known to a reader of the ledger, so
   a plain digest would tell whether a guessed token is the right one.

K_G is made once. Another key is another ledger: the log has to be folded again.
"""

from __future__ import annotations

import hmac
from typing import Any

from processors.intake.errors import OuterKeyMissing

LINKAGE = "network.linkage"
"""The event that carries tokens."""
KEY_LENGTH = 32
_EVENT = b"event|"


def checked_key(content: bytes) -> bytes:
    """The key itself.

    Raises:
        OuterKeyMissing: It is not one, as after a full disk.
    """
    if len(content) != KEY_LENGTH:
        raise OuterKeyMissing(expected=f"{KEY_LENGTH} bytes", got=f"{len(content)} bytes")
    return content


def outer_token(key: bytes, epoch: str, token: bytes) -> bytes:
    """What stands in the ledger for a token of a year.

    Example:
        >>> outer_token(bytes(32), "2026", bytes(32)) == outer_token(bytes(32), "2027", bytes(32))
        False
    """
    return hmac.digest(key, epoch.encode() + b"|" + token, "sha256")


def keyed(key: bytes, fields: dict[str, Any]) -> dict[str, Any]:
    """A `network.linkage` event as it may be kept."""
    epoch, previous = fields["token_epoch"], fields["previous_token"]
    before = str(int(epoch) - 1)
    return {
        **fields,
        "token": outer_token(key, epoch, fields["token"]),
        "previous_token": None if previous is None else outer_token(key, before, previous),
    }


def keyed_digest(key: bytes, message: bytes) -> bytes:
    """What stands for the bytes of such an event."""
    return hmac.digest(key, _EVENT + message, "sha256")
