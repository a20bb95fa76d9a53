"""What a linkage token costs each side: `schemas.oprf`, whole key and shares.

The authority blinds and finalises, each holder evaluates. Evaluating makes the proof of the batch,
finalising checks it; with two holders of three it checks both and combines their answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_bytes
from statistics import median

from schemas.linkage_keys import LinkageKey
from schemas.oprf import blind, finalize, unblind
from schemas.threshold import combine

Step = Callable[[], object]


@dataclass(frozen=True)
class LinkageCost:
    """What one step costs at one batch size.

    Attributes:
        step: Which.
        tokens_a_batch: The batch size.
        us_per_token: Microseconds of processor time, median of the rounds.
    """

    step: str
    tokens_a_batch: int
    us_per_token: float

    @property
    def tokens_per_core_second(self) -> float:
        return 1e6 / self.us_per_token


def measure_linkage(*, sizes: Sequence[int], seconds: float) -> list[LinkageCost]:
    """Takes every step at every size by turns, in ten rounds.

    Args:
        sizes: Tokens a batch.
        seconds: Processor time to spend on each step of each size.
    """
    rounds = 10
    steps = {(name, size): step for size in sizes for name, step in _steps(size).items()}
    costs: dict[tuple[str, int], list[float]] = {which: [] for which in steps}
    for _ in range(rounds):
        for which, step in steps.items():
            costs[which].append(_cost(step, seconds / rounds))
    return [
        LinkageCost(name, size, median(found) / size * 1e6) for (name, size), found in costs.items()
    ]


def _steps(size: int) -> dict[str, Step]:
    """The steps of one batch, each ready to be taken again and again."""
    inputs = [f"v1|PHONE|+216{20_000_000 + number}".encode() for number in range(size)]
    key = LinkageKey.generate("2026", token_bytes)
    blinds, blinded = blind(inputs, token_bytes)
    evaluated, proof = key.evaluate(blinded, token_bytes)
    two = key.split(token_bytes)[:2]
    answers = {share.holder: share.evaluate(blinded, token_bytes) for share in two}
    publics = {share.holder: share.public.public for share in two}

    def finalize_two() -> list[bytes]:
        return unblind(inputs, blinds, combine(answers, blinded, publics))

    public = key.public.public
    return {
        "blind": partial(blind, inputs, token_bytes),
        "evaluate": partial(key.evaluate, blinded, token_bytes),
        "finalise": partial(finalize, inputs, blinds, evaluated, blinded, proof, public),
        "finalise two of three": finalize_two,
    }


def _cost(step: Step, seconds: float) -> float:
    """Seconds of processor time that a step takes."""
    taken, since = 0, time.process_time()
    while (spent := time.process_time() - since) < seconds or not taken:
        step()
        taken += 1
    return spent / taken
