"""The body's plaintext form: compressed, and padded so that its size tells little.

Four bytes of length (big-endian), a raw deflate stream (RFC 1951), zeros up to the length that
Padmé allows. Unpacking is bounded, so a small message cannot ask for much memory.

Source of Padmé: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication
with PURBs", PoPETs 2019.
"""

from __future__ import annotations

import zlib

from schemas.errors import Oversized, Truncated, Undecodable

MAX_BODY = 4_000_000
"""Bytes that a body may unpack to."""

_LENGTH_PREFIX = 4
_SMALLEST_BODY = 512


def padded_length(length: int) -> int:
    """Padmé: rounds a length up so that it tells its order of magnitude only.

    At most 12 % longer; lengths below 512 all become 512.

    Example:
        >>> padded_length(9), padded_length(1000), padded_length(80_000)
        (512, 1024, 81920)
    """
    length = max(length, _SMALLEST_BODY)
    exponent = length.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    mask = (1 << low_bits) - 1
    return (length + mask) & ~mask


def pack(plain: bytes) -> bytes:
    """Length, raw deflate, zeros."""
    if len(plain) > MAX_BODY:
        raise Oversized(expected=f"at most {MAX_BODY} bytes unpacked", got=f"{len(plain)} bytes")
    deflater = zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS)
    packed = deflater.compress(plain) + deflater.flush()
    framed = len(packed).to_bytes(_LENGTH_PREFIX, "big") + packed
    return framed.ljust(padded_length(len(framed)), b"\0")


def unpack(framed: bytes) -> bytes:
    """The plaintext that `pack` was given.

    Raises:
        WireError: Cut short, padded with anything but zeros, no deflate stream, or too large.
    """
    length = int.from_bytes(framed[:_LENGTH_PREFIX], "big")
    packed = framed[_LENGTH_PREFIX : _LENGTH_PREFIX + length]
    if len(framed) < _LENGTH_PREFIX or len(packed) != length:
        raise Truncated(expected=f"{length} bytes", got=f"{len(packed)} bytes")
    if framed.count(0, _LENGTH_PREFIX + length) != len(framed) - _LENGTH_PREFIX - length:
        raise Undecodable(expected="padding of zeros")
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(packed, MAX_BODY + 1)
    except zlib.error:
        raise Undecodable(expected="a deflate stream") from None
    if len(plain) > MAX_BODY:
        raise Oversized(expected=f"at most {MAX_BODY} bytes unpacked")
    if not inflater.eof or inflater.unused_data:
        raise Truncated(expected="one complete deflate stream")
    return plain
