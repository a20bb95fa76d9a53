"""What an alert rests on, in keyed digests, and how the alert itself carries it, sealed.

Alerts are planned from what is found now and what is out already. To know that a finding of today
is what an alert of last year was about, the platform would need a memory. The topics are that
memory, by these rules:

1. An **anchor** is a keyed digest of a fact (or, for a finding without tokens, of a case), bound to
   audience and detector. Facts outlive tokens: a new year's token is a correction of the same fact.
   So two alerts of different audiences can never be compared, and no anchor leads to a case.
2. An alert carries the anchors of what it rests on in its `basis`, sealed so that the platform
   alone can read it. The sealing is deterministic (AES-SIV, RFC 5297), because planning twice must
   give the same bytes; it is bound to the alert's id.
3. A basis always has one size: how many facts an alert rests on is nothing that it tells. Of more
   than `MOST` anchors the newest are kept.
4. The **strength** beside the anchors is the one with which the alert was raised or last changed;
   of a dismissed one, that at which it was dismissed (`processors.alerts.life`).
"""

from __future__ import annotations

import hmac
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from processors.alerts.errors import BasisUnreadable
from processors.alerts.facts import Month

MOST = 64
"""Anchors that a basis holds."""
DIGEST = 8
"""Bytes of an anchor: 64 bits; among a million facts two meet with probability 3 in 100 million."""
_ANCHOR = struct.Struct(f">{DIGEST}sH")
_HEAD = struct.Struct(">BIBBIB")
"""Format, cases, countries, kinds of identifiers, level, number of anchors."""
_FORMAT = 1


class Anchor(NamedTuple):
    """One thing that an alert rests on."""

    digest: bytes
    month: Month


class Strength(NamedTuple):
    """How much an alert rests on."""

    cases: int
    countries: int
    types: int
    level: int


@dataclass(frozen=True)
class Basis:
    """What an alert rests on."""

    strength: Strength
    anchors: tuple[Anchor, ...]

    @classmethod
    def of(cls, strength: Strength, anchors: Iterable[Anchor]) -> Basis:
        """The basis of some anchors, whatever their order: of too many, the newest."""
        newest = sorted(set(anchors), key=lambda a: (-a.month, a.digest))[:MOST]
        return cls(strength, tuple(sorted(newest)))

    @property
    def digests(self) -> frozenset[bytes]:
        return frozenset(anchor.digest for anchor in self.anchors)


class Secrets:
    """The platform's secret behind the ids and anchors of alerts.

    Args:
        secret: 32 bytes (``platform/alert-ids.key``).
    """

    def __init__(self, secret: bytes) -> None:
        self._anchors = hmac.digest(secret, b"southmed alerts v1|anchors", "sha256")
        self._ids = hmac.digest(secret, b"southmed alerts v1|ids", "sha256")
        self._siv = AESSIV(hmac.digest(secret, b"southmed alerts v1|basis", "sha512"))

    def anchor(self, audience: str, detector: str, thing: bytes) -> bytes:
        """The digest of a fact or case."""
        about = f"{audience}|{detector}|".encode() + thing
        return hmac.digest(self._anchors, about, "sha256")[:DIGEST]

    def id_of(self, audience: str, anchor: bytes, turn: int = 0) -> str:
        """The id of an alert that begins with an anchor.

        Args:
            audience: Topic of the alert.
            anchor: Where it begins.
            turn: Which alert of that anchor it is, when earlier ones are taken.
        """
        about = f"{audience}|{turn}|".encode() + anchor
        return hmac.digest(self._ids, about, "sha256")[:16].hex()

    def seal(self, alert: str, basis: Basis) -> str:
        """A basis as an alert carries it."""
        strength = basis.strength
        head = _HEAD.pack(_FORMAT, *strength, len(basis.anchors))
        body = b"".join(_ANCHOR.pack(*anchor) for anchor in basis.anchors)
        padded = head + body.ljust(MOST * _ANCHOR.size, b"\0")
        return b64encode(self._siv.encrypt(padded, [alert.encode()])).decode()

    def open(self, alert: str, sealed: str) -> Basis:
        """Reads the basis of an alert.

        Raises:
            BasisUnreadable: It was sealed under another secret, or for another alert.
        """
        try:
            content = self._siv.decrypt(b64decode(sealed, validate=True), [alert.encode()])
        except (InvalidTag, ValueError):
            raise BasisUnreadable(expected="a basis sealed under this site's secret") from None
        _, cases, countries, types, level, count = _HEAD.unpack_from(content)
        places = range(_HEAD.size, _HEAD.size + count * _ANCHOR.size, _ANCHOR.size)
        anchors = (Anchor._make(_ANCHOR.unpack_from(content, place)) for place in places)
        return Basis(Strength(cases, countries, types, level), tuple(anchors))
