"""Seals what must be kept at home and may be read by nobody who only has a copy of the file.

Keys are derived (HKDF, RFC 5869) from the authority's secret behind its pseudonyms, which lies in a
file of its own. What is sealed is bound to the place that it is kept at: a value that was moved
elsewhere in the file does not open. A name is a keyed digest: equal for equal identifiers, and
nothing to whoever lacks the secret.
"""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from producers.errors import OutboxMismatch
from schemas.envelope import Random

NONCE_LENGTH = 12


class Vault:
    """Seals under keys of one authority.

    Args:
        secret: The authority's secret.
        random: Source of random bytes.

    Example:
        >>> from secrets import token_bytes
        >>> vault = Vault(bytes(32), token_bytes)
        >>> vault.open(vault.seal(b"+21620000101", b"slot 1"), b"slot 1")
        b'+21620000101'
    """

    def __init__(self, secret: bytes, random: Random) -> None:
        self._random = random
        self._aead = AESGCM(_sub_key(secret, b"values"))
        self._names = _sub_key(secret, b"names")

    def seal(self, content: bytes, place: bytes) -> bytes:
        """Encrypts content for a place (AES-256-GCM)."""
        nonce = self._random(NONCE_LENGTH)
        return nonce + self._aead.encrypt(nonce, content, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """The content of what was sealed for a place.

        Raises:
            OutboxMismatch: It was sealed under another secret, for another place, or altered.
        """
        try:
            return self._aead.decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], place)
        except InvalidTag:
            raise OutboxMismatch(
                expected="identifiers sealed under this authority's secret"
            ) from None

    def name(self, content: bytes) -> bytes:
        """A keyed digest: which identifiers are the same."""
        return hmac.digest(self._names, content, "sha256")


def _sub_key(secret: bytes, kind: bytes) -> bytes:
    info = b"southmed outbox identifiers v1 " + kind
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)
