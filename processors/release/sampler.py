"""The noise: an integer from the discrete Gaussian, by a keyed function instead of chance.

The rules:

1. The noise of a cell is a function of a secret key, the release, the records that it was computed
   from, and the cell. The same records give the same noise, so a replay changes nothing and no
   averaging helps. One record more or less draws the noise of every cell anew, so that unchanged
   cells do not point at the changed one.
2. The distribution is a table of integers (``gaussian.json``): how many of the 2^64 values of a
   uniform number belong to each value of the noise. It was made with exact arithmetic, a test makes
   it again, and every release states its digest. No floating point takes part.
3. Whoever has the key can take the noise away again. A key serves one reference year; once a year's
   releases are audited, deleting its key makes their noise irrecoverable.

Values beyond 26 have a chance below 2^-64 and never come: it adds less than 2^-57 to delta.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from bisect import bisect_right
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from functools import cache
from importlib.resources import files

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

REACH = 40
"""The table goes from -40 to 40."""
_BITS = 64
_DIGITS = 80
_FILE = "gaussian.json"


def distribution(variance: int) -> list[int]:
    """Computes the table: for each value, 2^64 times the chance of it or less.

    Args:
        variance: The parameter sigma^2 of the discrete Gaussian, P(k) ~ exp(-k^2 / 2 sigma^2).
    """
    with localcontext() as context:
        context.prec = _DIGITS
        weights = [(Decimal(-k * k) / (2 * variance)).exp() for k in range(-REACH, REACH + 1)]
        total, below, table = sum(weights), Decimal(0), []
        for weight in weights:
            below += weight
            share = below / total * 2**_BITS
            table.append(int(share.to_integral_value(rounding=ROUND_HALF_EVEN)))
    return table


def render(variance: int) -> bytes:
    """The file of the table."""
    rows = {"variance": variance, "from": -REACH, "cumulative": distribution(variance)}
    return (json.dumps(rows, indent=1) + "\n").encode()


@cache
def _content() -> bytes:
    return (files("processors.release") / _FILE).read_bytes()


@cache
def table() -> tuple[int, ...]:
    """The table that is shipped."""
    return tuple(json.loads(_content())["cumulative"])


@cache
def table_variance() -> int:
    """The variance that the shipped table was made for."""
    return int(json.loads(_content())["variance"])


@cache
def table_digest() -> str:
    """SHA-256 of the shipped table, in hexadecimal."""
    return hashlib.sha256(_content()).hexdigest()


def noise_at(uniform: int) -> int:
    """The noise that a uniform number of 64 bits stands for.

    Example:
        >>> noise_at(1 << 63), noise_at(0) < -20, noise_at((1 << 64) - 1) > 20
        (0, True, True)
    """
    return bisect_right(table(), uniform) - REACH


def coverage(band: int) -> float:
    """How often the noise is no larger than a band.

    Example:
        >>> round(coverage(6), 4)
        0.9791
    """
    inside = table()[REACH + band] - table()[REACH - band - 1]
    return float(Fraction(inside, 2**_BITS))


class Sampler:
    """Draws the noise of the cells of one release.

    Args:
        noise_key: The secret of the reference year, 32 bytes.
        release: Its key, ``F1|2023|FINAL``.
        snapshot: Digest of the records that it is computed from.

    Example:
        >>> sampler = Sampler(bytes(32), "F1|2023|FINAL", bytes(32))
        >>> sampler.noise("TUN|SEX|F") == sampler.noise("TUN|SEX|F")
        True
    """

    def __init__(self, noise_key: bytes, release: str, snapshot: bytes) -> None:
        self._table = release.partition("|")[0]
        info = b"southmed release noise v1|" + release.encode() + b"|" + snapshot
        self._key = HKDF(SHA256(), 32, salt=None, info=info).derive(noise_key)

    def noise(self, cell: str) -> int:
        """The noise of a cell."""
        digest = hmac.digest(self._key, f"{self._table}|{cell}".encode(), "sha256")
        return noise_at(int.from_bytes(digest[:8], "big"))
