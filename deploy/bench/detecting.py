"""What the detectors of series cost: one step is one period of one series.

The series are invented, five cases a month for five years, one for each step, so that nothing is
found twice. A step of a surge is all that `southmed alerts` computes of a series in a month: the
deciding detector and, where it alarms, its second opinions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from processors.alerts import ears, farrington
from processors.alerts.cusum import normal_cusum, poisson_cusum, profiled_cusum
from processors.alerts.displacement import displacements, move_of
from processors.alerts.glr import normal_glr, poisson_glr
from processors.alerts.series import Array, Series
from processors.alerts.surge import surge
from processors.alerts.thresholds import NOISE, PACES

MONTHS, MEAN, SEED = 60, 5.0, 2
LAST = MONTHS - 1
COUNTRIES = 4


@dataclass(frozen=True)
class DetectorCost:
    """What one step of a detector costs.

    Attributes:
        detector: Which.
        us_per_step: Microseconds of processor time, median of the rounds.
    """

    detector: str
    us_per_step: float


def measure_detecting(steps: int, rounds: int) -> list[DetectorCost]:
    """Measures every detector by turns.

    Args:
        steps: Series that each looks at in a round.
        rounds: How often.
    """
    counts = np.random.default_rng(SEED).poisson(MEAN, (steps, MONTHS)).astype(float)
    costs: dict[str, list[float]] = {name: [] for name in DETECTORS}
    for _ in range(rounds):
        for name, detector in DETECTORS.items():
            since = time.process_time()
            for each in counts:
                detector(each)
            costs[name].append((time.process_time() - since) / steps * 1e6)
    return [DetectorCost(name, median(found)) for name, found in costs.items()]


def _profiled(counts: Array, noise: float) -> None:
    window = PACES[1].window
    before = counts[:-window]
    profiled_cusum(before.sum(), len(before), counts[-window:], np.ones(window), noise=noise)


def _farrington(counts: Array) -> None:
    method = farrington.Method(years=4, half_width=1)
    farrington.predict(counts, LAST, farrington.reference(LAST, 12, method), method)


def _series(counts: Array, country: str = "LBN", noise: float = 0.0) -> Series:
    return Series(("SYR", country), 0, tuple(int(count) for count in counts), country, noise)


def _displacements(counts: Array) -> None:
    displacements([_series(np.roll(counts, n), str(n)) for n in range(COUNTRIES)], LAST)


DETECTORS: dict[str, Callable[[Array], object]] = {
    "EARS C1": lambda counts: ears.c1(counts[-8:]),
    "EARS C2": lambda counts: ears.c2(counts[-10:]),
    "EARS C3": lambda counts: ears.c3(counts[-12:]),
    "Farrington Flexible": _farrington,
    "CUSUM, exact": lambda counts: poisson_cusum(counts[-12:], MEAN),
    "CUSUM, noisy": lambda counts: normal_cusum(counts[-12:], MEAN, NOISE),
    "profiled CUSUM, exact": lambda counts: _profiled(counts, 0.0),
    "profiled CUSUM, noisy": lambda counts: _profiled(counts, NOISE),
    "GLR, exact": lambda counts: poisson_glr(counts[-12:], MEAN),
    "GLR, noisy": lambda counts: normal_glr(counts[-12:], MEAN, NOISE),
    "surge of a series": lambda counts: surge(_series(counts), LAST),
    "move of a series": lambda counts: move_of(_series(counts), LAST),
    "displacements of four series": _displacements,
}
