"""Chance that a replay meets again.

Detectors that ask "would that also happen by chance?" shuffle what was seen many times. The rules:

1. The seed is a digest of the facts themselves, in their order, and of the month. So a replay over
   the same facts finds the same, one fact more draws everything anew, and nobody can choose a
   seed. It is no secret: knowing it helps nobody to pass a threshold whose facts he cannot choose.
2. Each use has a stream of its own, by name.
3. Shuffles are made of raw numbers of the generator PCG64 (O'Neill 2014) and a stable sort. The
   raw numbers of a numpy generator never change between versions; what is drawn from them by its
   methods may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from math import ceil

import numpy as np
from numpy.typing import NDArray

from processors.alerts.facts import Month

ROUNDS = 99
"""Shuffles for a threshold; with 99 the 95 % quantile is the fifth largest."""
LEVEL = 0.95

Numbers = NDArray[np.int64]


def seed_of(facts: Iterable[bytes], now: Month) -> bytes:
    """The seed that belongs to some facts in a month."""
    digest = sha256(now.to_bytes(8, "big"))
    for fact in sorted(facts):
        digest.update(sha256(fact).digest())
    return digest.digest()


def stream_of(seed: bytes, use: str) -> np.random.PCG64:
    """The generator of one use."""
    return np.random.PCG64(int.from_bytes(sha256(seed + use.encode()).digest(), "big"))


def shuffles(groups: Sequence[int], rounds: int, stream: np.random.PCG64) -> Iterator[Numbers]:
    """Orders that exchange places inside groups only.

    Args:
        groups: The group of each place.
        rounds: How many orders.
        stream: Where they come from.

    Yields:
        For each place, the place whose content comes there; always of the same group.
    """
    grouped = np.asarray(groups, dtype=np.int64)
    places = np.argsort(grouped, kind="stable")
    for _ in range(rounds):
        order = np.empty_like(places)
        order[places] = np.lexsort((stream.random_raw(len(grouped)), grouped))
        yield order


def quantile(values: Sequence[float]) -> float:
    """The value that at most 5 % of draws from chance pass, what was seen counted among them."""
    return sorted(values)[min(len(values), ceil(LEVEL * (len(values) + 1))) - 1]
