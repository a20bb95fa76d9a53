"""Hashing to the group and to scalars, as RFC 9497 does it over ristretto255 with SHA-512.

Every digest is kept apart from those of other uses by a tag: what it is for, the RFC's mode, the
group and the hash. So a proof is never an output, and an output of one mode none of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha512

from schemas.oprf_errors import OprfInputInvalid
from schemas.ristretto import UNIFORM_LENGTH, Element, Scalar, element_of, reduced

SUITE = "ristretto255-SHA512"
_HASH_LENGTH = 64
_HASH_BLOCK = 128
_MAX_EXPANDED = 255 * _HASH_LENGTH
_MAX_TAG = 255


def counted(*parts: bytes) -> bytes:
    """Every part after its length in two bytes, so that no two lists read the same."""
    return b"".join(len(part).to_bytes(2) + part for part in parts)


def expand_message_xmd(message: bytes, tag: bytes, length: int) -> bytes:
    """Uniform bytes of a message, apart for each domain separation tag (RFC 9380, 5.3.1).

    Args:
        message: What is hashed.
        tag: What for, at most 255 bytes.
        length: How many bytes, at most 16,320.
    """
    if len(tag) > _MAX_TAG or not 0 < length <= _MAX_EXPANDED:
        raise OprfInputInvalid(
            expected="a tag of at most 255 bytes and 1 to 16,320 bytes asked for"
        )
    tag += bytes([len(tag)])
    first = sha512(bytes(_HASH_BLOCK) + message + length.to_bytes(2) + b"\0" + tag).digest()
    block = sha512(first + b"\1" + tag).digest()
    expanded = block
    for number in range(2, -(-length // _HASH_LENGTH) + 1):
        mixed = bytes(a ^ b for a, b in zip(first, block, strict=True))
        block = sha512(mixed + bytes([number]) + tag).digest()
        expanded += block
    return expanded[:length]


@dataclass(frozen=True)
class Context:
    """A mode of the RFC: what keeps its digests apart from those of every other use."""

    mode: int

    @cached_property
    def string(self) -> bytes:
        return b"OPRFV1-" + bytes([self.mode]) + b"-" + SUITE.encode()

    def hash_to_group(self, message: bytes) -> Element:
        """An element that depends on nothing but the message; the identity by a chance of nil."""
        tag = b"HashToGroup-" + self.string
        return element_of(expand_message_xmd(message, tag, UNIFORM_LENGTH))

    def hash_to_scalar(self, message: bytes, purpose: bytes = b"HashToScalar-") -> Scalar:
        """A scalar that depends on nothing but the message and its purpose."""
        return reduced(expand_message_xmd(message, purpose + self.string, UNIFORM_LENGTH))


OPRF = Context(0x00)
"""Without proofs; for the RFC's test vectors."""
VOPRF = Context(0x01)
"""With proofs: what southmed uses."""
