"""Pseudonyms: how a case or a person is told apart abroad without being told.

The rules:

1. A pseudonym is an HMAC-SHA256 under a secret that never leaves the authority. Whoever lacks the
   secret can neither compute one from a file number nor turn one back by trying all numbers.
2. Each kind of pseudonym has its own key, derived with HKDF (RFC 5869): a case and a victim with
   the same number share nothing.
3. The parts of an identity are joined with their lengths, so that ("1", "23") and ("12", "3")
   differ.
4. A lost secret is a new identity for every case: keep the file with the register's own backup.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from country_adapters.kit.errors import SecretFileInvalid
from schemas.private_files import read_private, write_private

SECRET_LENGTH = 32
REF_LENGTH = 16
KINDS = ("row", "slot", "case", "victim", "suspect")


class Pseudonyms:
    """Makes pseudonyms under one secret.

    Args:
        secret: At least 32 random bytes of the authority.

    Raises:
        SecretFileInvalid: The secret is too short.

    Example:
        >>> names = Pseudonyms(bytes(32))
        >>> names.case(["tn.inltp", "12"]) == names.victim(["tn.inltp", "12"])
        False
    """

    def __init__(self, secret: bytes) -> None:
        self._keys = {kind: _sub_key(_checked(secret), kind) for kind in KINDS}

    def row(self, identity: Sequence[str]) -> bytes:
        """The identity of a row of the register, 32 bytes."""
        return self._mac("row", identity)

    def slot(self, identity: Sequence[str]) -> bytes:
        """The identity of one fact that a row states, 32 bytes."""
        return self._mac("slot", identity)

    def case(self, identity: Sequence[str]) -> bytes:
        """``case_ref``, 16 bytes."""
        return self._mac("case", identity)[:REF_LENGTH]

    def victim(self, identity: Sequence[str]) -> bytes:
        """``victim_ref``, 16 bytes."""
        return self._mac("victim", identity)[:REF_LENGTH]

    def suspect(self, identity: Sequence[str]) -> bytes:
        """``suspect_ref``, 16 bytes."""
        return self._mac("suspect", identity)[:REF_LENGTH]

    def _mac(self, kind: str, identity: Sequence[str]) -> bytes:
        parts = [part.encode() for part in identity]
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._keys[kind], message, "sha256")


def _sub_key(secret: bytes, kind: str) -> bytes:
    info = b"southmed pseudonym v1 " + kind.encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)


def read_secret(path: Path) -> bytes:
    """Reads the secret of an authority.

    Raises:
        SecretFileInvalid: It is too short.
        KeyFileInvalid: There is none (see ``make_secret``), or others than its owner may read it.
    """
    return _checked(read_private(path))


def make_secret(path: Path) -> bytes:
    """Draws a secret and writes it, readable by its owner only, on disk before it is used.

    Raises:
        KeyFileInvalid: There is one already; it is never overwritten.
    """
    secret = secrets.token_bytes(SECRET_LENGTH)
    write_private(path, secret)
    return secret


def _checked(secret: bytes) -> bytes:
    """The secret itself, if it is not too short, as after a full disk."""
    if len(secret) < SECRET_LENGTH:
        expected, got = f"{SECRET_LENGTH} bytes or more", f"{len(secret)} bytes"
        raise SecretFileInvalid(expected=expected, got=got)
    return secret
