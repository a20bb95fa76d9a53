"""Keys: what signs, what verifies, what seals, what opens.

Two kinds, never mixed:

* Signing keys, Ed25519 (RFC 8032) or ECDSA P-256 with SHA-256 (FIPS 186-5). P-256 is what most
  hardware modules offer; Ed25519 is for keys in files.
* Sealing keys, for HPKE (RFC 9180): the hybrid ML-KEM-768 with X25519 of draft-ietf-hpke-pq
  (KEM 0x647a), or X25519 alone (KEM 0x0020).

A key's id is the SHA-256 of its scheme and public bytes, in hexadecimal. Private keys are kept in
versioned JSON files of our own, because the hybrid key has no standard serialisation yet; a file
is readable by its owner only. Nothing here prints or logs a private key.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mlkem, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.errors import DecryptionFailed, KeyFileInvalid, UnsupportedSuite

SigningScheme = Literal["ed25519", "ecdsa-p256-sha256"]
SealingScheme = Literal["mlkem768-x25519", "x25519"]

KEM_IDS: dict[SealingScheme, int] = {"mlkem768-x25519": 0x647A, "x25519": 0x0020}
KEM_REFERENCES: dict[SealingScheme, str] = {
    "mlkem768-x25519": "draft-ietf-hpke-pq",
    "x25519": "RFC 9180",
}
_KEMS = {"mlkem768-x25519": hpke.KEM.MLKEM768_X25519, "x25519": hpke.KEM.X25519}
_MLKEM_PUBLIC_LENGTH = 1184
_MLKEM_SEED_LENGTH = 64


def key_id(scheme: str, public: bytes) -> str:
    """SHA-256 over ``scheme``, a zero byte and the public bytes, in hexadecimal."""
    return hashlib.sha256(scheme.encode() + b"\0" + public).hexdigest()


_PUBLIC_LENGTHS: dict[str, int] = {
    "ed25519": 32,
    "ecdsa-p256-sha256": 65,
    "x25519": 32,
    "mlkem768-x25519": _MLKEM_PUBLIC_LENGTH + 32,
}


def is_public_key(scheme: SigningScheme | SealingScheme, public: bytes) -> bool:
    """Whether the bytes are a public key of the scheme, in the one form that its id is taken of."""
    if len(public) != _PUBLIC_LENGTHS[scheme]:
        return False
    try:
        if scheme == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(public)
        elif scheme == "ecdsa-p256-sha256":
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        else:
            SealKey(scheme, public)._key()
    except ValueError:
        return False
    return True


# --- Signing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VerifyKey:
    """The public half of a signing key.

    Attributes:
        scheme: The signature scheme.
        public: 32 raw bytes (Ed25519) or the 65-byte uncompressed point (P-256).
    """

    scheme: SigningScheme
    public: bytes

    @cached_property
    def keyid(self) -> str:
        return key_id(self.scheme, self.public)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature stands over the message.

        Raises:
            KeyFileInvalid: The public bytes are no point of the scheme's curve.
        """
        try:
            if self.scheme == "ed25519":
                ed25519.Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
            else:
                point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.public)
                point.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        except ValueError:
            raise KeyFileInvalid(expected=f"a public key for {self.scheme}") from None
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private signing key held in memory.

    Example:
        >>> key = SigningKey.generate("ed25519")
        >>> key.verify_key.verifies(key.sign(b"hello"), b"hello")
        True
    """

    scheme: SigningScheme
    _private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

    @classmethod
    def generate(cls, scheme: SigningScheme) -> SigningKey:
        if scheme == "ed25519":
            return cls(scheme, ed25519.Ed25519PrivateKey.generate())
        return cls(scheme, ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def verify_key(self) -> VerifyKey:
        public = self._private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return VerifyKey(self.scheme, public.public_bytes_raw())
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return VerifyKey(self.scheme, point)

    @cached_property
    def keyid(self) -> str:
        return self.verify_key.keyid

    def sign(self, message: bytes) -> bytes:
        """Signs; ECDSA signatures are DER encoded."""
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(message)
        return self._private.sign(message, ec.ECDSA(hashes.SHA256()))

    def _secret(self) -> bytes:
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.private_bytes_raw()
        return self._private.private_numbers().private_value.to_bytes(32, "big")

    @classmethod
    def _from_secret(cls, scheme: SigningScheme, secret: bytes) -> SigningKey:
        if scheme == "ed25519":
            return cls(scheme, ed25519.Ed25519PrivateKey.from_private_bytes(secret))
        value = int.from_bytes(secret, "big")
        return cls(scheme, ec.derive_private_key(value, ec.SECP256R1()))


# --- Sealing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SealKey:
    """The public half of a sealing key: whoever has it can encrypt to its owner.

    Attributes:
        scheme: The key encapsulation.
        public: X25519: 32 bytes. Hybrid: 1,184 bytes ML-KEM-768 and 32 bytes X25519.
    """

    scheme: SealingScheme
    public: bytes

    @cached_property
    def keyid(self) -> str:
        return key_id(self.scheme, self.public)

    def wrap(self, content_key: bytes, info: bytes) -> bytes:
        """HPKE single-shot encryption, base mode; `info` is bound into the key schedule."""
        wrapped: bytes = _suite(self.scheme).encrypt(content_key, self._key(), info=info)
        return wrapped

    def _key(self) -> Any:
        classical = x25519.X25519PublicKey.from_public_bytes(self.public[-32:])
        if self.scheme == "x25519":
            return classical
        quantum = mlkem.MLKEM768PublicKey.from_public_bytes(self.public[:_MLKEM_PUBLIC_LENGTH])
        return hpke.MLKEM768X25519PublicKey(quantum, classical)


@dataclass(frozen=True)
class OpenKey:
    """A private sealing key held in memory.

    Example:
        >>> key = OpenKey.generate("mlkem768-x25519")
        >>> key.unwrap(key.seal_key.wrap(b"k" * 32, b"context"), b"context") == b"k" * 32
        True
    """

    scheme: SealingScheme
    _classical: x25519.X25519PrivateKey
    _quantum: mlkem.MLKEM768PrivateKey | None

    @classmethod
    def generate(cls, scheme: SealingScheme) -> OpenKey:
        """Makes a key pair.

        Raises:
            UnsupportedSuite: The cryptography build has no ML-KEM; use ``x25519``.
        """
        classical = x25519.X25519PrivateKey.generate()
        if scheme == "x25519":
            return cls(scheme, classical, None)
        try:
            return cls(scheme, classical, mlkem.MLKEM768PrivateKey.generate())
        except Exception as error:
            raise UnsupportedSuite(expected="a cryptography build with ML-KEM-768") from error

    @cached_property
    def seal_key(self) -> SealKey:
        public = self._classical.public_key().public_bytes_raw()
        if self._quantum is not None:
            public = self._quantum.public_key().public_bytes_raw() + public
        return SealKey(self.scheme, public)

    @cached_property
    def keyid(self) -> str:
        return self.seal_key.keyid

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """Opens what `SealKey.wrap` made under the same `info`.

        Raises:
            DecryptionFailed: Wrong key, wrong context, or altered bytes.
        """
        private: Any = self._classical
        if self._quantum is not None:
            private = hpke.MLKEM768X25519PrivateKey(self._quantum, self._classical)
        try:
            opened: bytes = _suite(self.scheme).decrypt(wrapped, private, info=info)
        except (InvalidTag, ValueError):
            raise DecryptionFailed(expected="a wrapped key for this header") from None
        return opened

    def _secret(self) -> bytes:
        secret = self._classical.private_bytes_raw()
        return secret if self._quantum is None else self._quantum.private_bytes_raw() + secret

    @classmethod
    def _from_secret(cls, scheme: SealingScheme, secret: bytes) -> OpenKey:
        classical = x25519.X25519PrivateKey.from_private_bytes(secret[-32:])
        if scheme == "x25519":
            return cls(scheme, classical, None)
        seed = secret[:_MLKEM_SEED_LENGTH]
        return cls(scheme, classical, mlkem.MLKEM768PrivateKey.from_seed_bytes(seed))


def _suite(scheme: SealingScheme) -> hpke.Suite:
    try:
        return hpke.Suite(_KEMS[scheme], hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    except Exception as error:
        raise UnsupportedSuite(got=scheme) from error


# --- Files ---------------------------------------------------------------------------------------

_KEY_FILE_VERSION = 1
_CLASSES: dict[str, type[SigningKey] | type[OpenKey]] = {
    "ed25519": SigningKey,
    "ecdsa-p256-sha256": SigningKey,
    "mlkem768-x25519": OpenKey,
    "x25519": OpenKey,
}


def dump_private(key: SigningKey | OpenKey) -> bytes:
    """The content of a private key file. Write it readable by its owner only."""
    document = {
        "southmed_private_key": _KEY_FILE_VERSION,
        "scheme": key.scheme,
        "keyid": key.keyid,
        "secret": b64encode(key._secret()).decode(),
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def load_private(content: bytes) -> SigningKey | OpenKey:
    """Reads what `dump_private` wrote.

    Raises:
        KeyFileInvalid: Not such a file, or its key does not have the id it claims.
    """
    try:
        document = json.loads(content)
        secret = b64decode(document["secret"], validate=True)
        key = _CLASSES[document["scheme"]]._from_secret(document["scheme"], secret)
        intact = (document["southmed_private_key"], document["keyid"]) == (
            _KEY_FILE_VERSION,
            key.keyid,
        )
    except (ValueError, KeyError, TypeError):
        intact = False
    if not intact:
        raise KeyFileInvalid(expected="a private key file of southmed, version 1")
    return key
