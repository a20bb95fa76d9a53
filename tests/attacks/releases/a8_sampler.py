"""A8: is the noise what is promised? Draws of the core's keyed sampler against the distribution.

By chi-square, by its spread, and for ties between neighbours: cells of one release, releases of one
cell, and snapshots of one release must not go together. The controls are what people write instead:
normal numbers, rounded.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import chi2

from processors.release.sampler import Sampler
from tests.attacks.releases.published import SIGMA2
from tests.attacks.releases.scores import OURS, Outcome, Score, Verdict, Z, judged
from tests.attacks.releases.worlds import Floats, Ints

TITLE = "Sampler"
KEYS = 6
DRAWS = 300_000
"""For each key."""
EDGE = 12
"""Values from here on are put together."""


def run(seed: int, gate: Mapping[str, Any], draws: int = DRAWS) -> Outcome:
    """Six keys, and the controls."""
    rng = np.random.default_rng([seed, 8])
    found = [keyed(b"%d|%d" % (seed, key), draws) for key in range(KEYS)]
    together = np.concatenate(found)
    size = len(together)
    samples = {
        OURS: together,
        "rounded normal, sigma 3": np.rint(rng.normal(0, 3, size)).astype(np.int64),
        "rounded normal": np.rint(rng.normal(0, SIGMA2**0.5, size)).astype(np.int64),
    }
    scores: list[Score] = []
    chances: dict[str, float] = {}
    for name, sample in samples.items():
        scores.append(_spread(name, gate["score"], sample))
        chances[name] = chance(sample)
        scores.append(_exact(name, "p of chi-square", chances[name], size))
    each = min(chance(sample) for sample in found)
    least = gate["least_p"]
    keys = _exact(OURS, f"least p of {KEYS} keys", each, draws)
    scores.append(keys)
    ties = [_tie(name, pair) for name, pair in _neighbours(seed, draws).items()]
    bad = next(s for s in scores if s.scheme.endswith("sigma 3") and s.what.startswith("p "))
    more = [
        Verdict(f"not below -{gate['most']:g}", scores[0], scores[0].low >= -gate["most"]),
        Verdict(f"above {least:g}", scores[1], chances[OURS] > least),
        Verdict(f"above {least:g}", keys, each > least),
        *(Verdict("within 4 deviations of 0", tie, _small(tie)) for tie in ties),
        Verdict(f"a control, below {least:g}", bad, bad.value < least),
    ]
    notes: dict[str, list[float]] = {
        name: _histogram(sample).tolist() for name, sample in samples.items()
    }
    notes["expected"] = (expected() * size).tolist()
    return judged("A8", TITLE, gate, [*scores, *ties], more, notes)


def keyed(name: bytes, draws: int) -> Ints:
    """Noise of so many cells of one release."""
    key = hashlib.sha256(b"sampler " + name).digest()
    source = Sampler(key, "F1|2023|FINAL", hashlib.sha256(name).digest())
    return np.array([source.noise(str(cell)) for cell in range(draws)])


def expected() -> Floats:
    """The discrete Gaussian by its definition, from -EDGE to EDGE, the tails at the ends."""
    values = np.arange(-60, 61)
    weights = np.exp(-(values**2) / (2 * SIGMA2))
    found = np.zeros(2 * EDGE + 1)
    np.add.at(found, np.clip(values, -EDGE, EDGE) + EDGE, weights / weights.sum())
    return found


def _histogram(sample: Ints) -> Ints:
    return np.bincount(np.clip(sample, -EDGE, EDGE) + EDGE, minlength=2 * EDGE + 1)


def chance(sample: Ints) -> float:
    """Of a chi-square at least so large, if the noise is what is promised."""
    promised = expected() * len(sample)
    statistic = float(((_histogram(sample) - promised) ** 2 / promised).sum())
    return float(chi2.sf(statistic, len(promised) - 1))


def _spread(scheme: str, what: str, sample: Ints) -> Score:
    value = math.sqrt(float((sample.astype(float) ** 2).mean()) / SIGMA2) - 1
    half = Z * (1 + value) / math.sqrt(2 * len(sample))
    return Score(scheme, what, value, value - half, value + half, len(sample))


def _exact(scheme: str, what: str, value: float, size: int) -> Score:
    return Score(scheme, what, value, value, value, size)


def _neighbours(seed: int, draws: int) -> Mapping[str, tuple[Ints, Ints]]:
    """Pairs of draws that differ in one thing only."""
    size = draws // 10
    key, digest = hashlib.sha256(b"ties %d" % seed).digest(), bytes(32)
    first = Sampler(key, "F1|2023|FINAL", digest)
    release = Sampler(key, "F1|2023|ERRATUM", digest)
    records = Sampler(key, "F1|2023|FINAL", b"\1" + digest[1:])

    def of(source: Sampler) -> Ints:
        return np.array([source.noise(str(cell)) for cell in range(size)])

    one = of(first)
    return {
        "correlation of neighbouring cells": (one[:-1], one[1:]),
        "correlation of a table and its erratum": (one, of(release)),
        "correlation when one record changes": (one, of(records)),
    }


def _tie(what: str, pair: tuple[Ints, Ints]) -> Score:
    value = float(np.corrcoef(*pair)[0, 1])
    half = Z / math.sqrt(len(pair[0]))
    return Score(OURS, what, value, value - half, value + half, len(pair[0]))


def _small(tie: Score) -> bool:
    return abs(tie.value) <= 4 / math.sqrt(tie.size)
