"""What hostile inputs are made of: real messages to start from, and odd bytes and values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from random import Random
from typing import Any

from schemas.anonymity import BOTTOM
from schemas.codelists import codelist
from schemas.envelope import MAX_TIME
from schemas.receipts import sign_receipt
from tests.samples import one_of_each
from tests.told import attested
from tests.world import Platform, a_chain, a_world, sealed

# --- What there is to start from -----------------------------------------------------------------


@dataclass(frozen=True)
class Corpus:
    """A platform that waits for the third batch, and real messages of every kind.

    Its authority has agreed to be held to what its batches attest.
    """

    platform: Platform
    batches: tuple[bytes, ...]
    receipts: tuple[bytes, ...]
    events: tuple[dict[str, Any], ...]
    place: dict[str, Any]


@cache
def corpus() -> Corpus:
    us, chain = a_world(), a_chain(4, anonymity=[attested(BOTTOM)])
    platform = Platform(us.agreed())
    answers = platform.take_all(chain[:2])
    place = {"sequence": 3, "previous_hash": chain[1].hash}
    batch = partial(sealed, **place, anonymity=[attested(BOTTOM)])
    good = one_of_each()
    return Corpus(
        platform,
        batches=(*(b.message for b in chain), *(batch(*e).message for e in ([], good))),
        receipts=tuple(sign_receipt(a.receipt, us.platform) for a in answers if a.receipt),
        events=tuple(good),
        place=place,
    )


# --- Bytes ---------------------------------------------------------------------------------------


def some_bytes(rng: Random, most: int = 300) -> bytes:
    return rng.randbytes(rng.randrange(most))


def flip(rng: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(rng: Random, data: bytes) -> bytes:
    start, end = sorted(rng.choices(range(len(data) + 1), k=2))
    return rng.choice((data[:start], data[start:], data[:start] + data[end:]))


def insert(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    odd = rng.choice((some_bytes(rng, 20), b"\0", b"\x80" * 12, b"\xff" * 9 + b"\x01"))
    return data[:at] + odd + data[at:]


def duplicate(rng: Random, data: bytes) -> bytes:
    start, end = sorted(rng.choices(range(len(data) + 1), k=2))
    return data[:end] + data[start:end] * rng.randrange(1, 4) + data[end:]


def splice(rng: Random, data: bytes) -> bytes:
    other = rng.choice(corpus().batches + corpus().receipts)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


BYTE_MUTATIONS = (flip, cut, insert, duplicate, splice)


def mutated(rng: Random, data: bytes) -> bytes:
    """Bytes after one to three mutations."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice(BYTE_MUTATIONS)(rng, data) if data else some_bytes(rng)
    return data


# --- Values --------------------------------------------------------------------------------------

NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    4,
    255,
    MAX_TIME,
    2**31 - 1,
    2**31,
    2**32,
    2**40,
    2**62,
    2**63 - 1,
    -(2**63),
)
TEXTS = (
    "",
    "_U",
    "_T",
    "tn.inltp",
    "ma.cnclt",
    "0" * 64,
    "ü" * 9,
    "a" * 5_000,
    "\0",
    "MA-N",
    "011",
)
MONTHS = ("2023-05", "2099-12", "2000-01", "2023-13", "0000-00")


def odd_bytes(rng: Random, value: bytes) -> bytes:
    if len(value) in (16, 32):  # a fixed length in the schema
        return rng.choice((bytes(len(value)), rng.randbytes(len(value)), flip(rng, value)))
    return rng.choice((b"", mutated(rng, value), some_bytes(rng)))


def odd_text(rng: Random, _value: str) -> str:
    listed = codelist(rng.choice(("CL_AREA", "CL_REGION", "CL_EXPLOITATION"))).codes
    return rng.choice((*TEXTS, *MONTHS, rng.choice(listed)))


def odd_list(rng: Random, value: list[Any]) -> list[Any]:
    changed = [odd(rng, item) if rng.random() < 0.5 else item for item in value]
    return rng.choice(([], changed, value * 2, value * rng.randrange(1, 40)))


ODD: dict[type, Callable[[Random, Any], Any]] = {
    bool: lambda _rng, value: not value,
    int: lambda rng, value: rng.choice((*NUMBERS, value + 1, value - 1, rng.getrandbits(62))),
    str: odd_text,
    bytes: odd_bytes,
    list: odd_list,
    dict: lambda rng, value: {**value, **odd_fields(rng, value)},
    type(None): lambda rng, _value: rng.choice((None, rng.randbytes(16))),
}


def odd(rng: Random, value: Any) -> Any:
    """Another value of the same Avro type, as unlikely as it may be."""
    return ODD[type(value)](rng, value)


def odd_fields(rng: Random, fields: dict[str, Any]) -> dict[str, Any]:
    """One to three fields with odd values."""
    names = rng.sample(sorted(fields), k=min(len(fields), rng.choice((1, 1, 2, 3))))
    return {name: odd(rng, fields[name]) for name in names}
