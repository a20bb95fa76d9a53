"""What sealing costs: `schemas.envelope.seal`, the hybrid key encapsulation included."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from producers.sealer import Sealer
from schemas.chain import GENESIS_HASH
from schemas.envelope import Place


@dataclass(frozen=True)
class Sealing:
    """What sealing costs at one batch size.

    Attributes:
        events_a_batch: The batch size.
        us_per_event: Microseconds of processor time, median of the rounds.
    """

    events_a_batch: int
    us_per_event: float

    @property
    def events_per_core_second(self) -> float:
        return 1e6 / self.us_per_event


def measure_sealing(
    sealer: Sealer, authority: str, events: Sequence[bytes], *, sizes: Sequence[int], seconds: float
) -> list[Sealing]:
    """Seals batches of every size by turns, in ten rounds.

    Args:
        sealer: Key and recipients.
        authority: Whose batches they are.
        events: Encoded events, at least as many as the greatest size.
        sizes: Events a batch.
        seconds: Processor time to spend on each size.
    """
    rounds = 10
    place = Place(authority, 0, 1, 1, GENESIS_HASH)
    costs: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            costs[size].append(_cost(sealer, place, events[:size], seconds / rounds))
    return [Sealing(size, median(found) / size * 1e6) for size, found in costs.items()]


def _cost(sealer: Sealer, place: Place, events: Sequence[bytes], seconds: float) -> float:
    """Seconds of processor time that one batch takes."""
    batches, since = 0, time.process_time()
    while (spent := time.process_time() - since) < seconds or not batches:
        sealer(events, place)
        batches += 1
    return spent / batches
