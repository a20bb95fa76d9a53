"""What a statistic must exceed, so that false alarms come as rarely as is wanted.

ARL0 is the mean number of periods until a series in which nothing changes raises a false alarm:
228 for one series, that is one chance in ten within 24 periods. With K series watched, each gets an
ARL0 of 228 K, so that all of them together raise one false alarm in 228 periods.

Thresholds are found by simulation of the very procedure, the learning of what is normal included:
Poisson counts, noise where there is some, history and window sliding along for 120 periods. Run
lengths are close to geometric, so the threshold for an ARL0 is the exp(-120 / ARL0) quantile of the
greatest statistic of a run. The table (``thresholds.json``) is made by
``python -m processors.alerts.thresholds`` from a fixed seed, in some minutes; a test makes
parts of it again and compares.

Between the means of the table thresholds are interpolated over the logarithm, beyond the greatest
ARL0 with the slope between the last two: the threshold of a likelihood ratio grows as ln ARL0. A
noise other than that of the table is looked up at the mean whose doubling stands out as much from
it, m / sqrt(m + s2): under noise nothing else matters much. No threshold is below 3, evidence of
twenty to one: with large counts chance alone would allow less, but counts are never quite Poisson.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from processors.alerts.cusum import profiled_cusum
from processors.alerts.glr import normal_glr, poisson_glr
from processors.alerts.series import LEAST_MEAN, MONTHS, QUARTERS, Array, dispersion

ARL0 = 228
"""Periods to a false alarm, of one series."""
FILE = "thresholds.json"
SEED = 6
RUNS = 10_000
HORIZON = 120
NOISE = 8.0
"""The variance of the noise of the table; that of releases."""
MEANS = (0.5, 1.0, 2.0, 3.5, 5.0, 10.0, 20.0, 60.0)
ARLS = tuple(float(ARL0 * factor) for factor in (1, 2, 4, 8, 16, 32, 64))
LEAST_THRESHOLD = 3.0
FEWEST_CASES = 5
RECENT = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """How far back is looked, in periods.

    Attributes:
        shortest: The shortest rise that decides: a single month is often an accident of reporting.
        window: The longest.
        long_window: The longest rise that the second opinion looks at.
        histories: How long a history may be before the window: the least, and what helps.
    """

    shortest: int
    window: int
    long_window: int
    histories: tuple[int, ...]

    @property
    def least(self) -> int:
        return self.histories[0]

    @property
    def most(self) -> int:
        return self.histories[-1]


PACES = {MONTHS: Pace(2, 4, 12, (24, 36, 60)), QUARTERS: Pace(1, 2, 4, (8, 12, 20))}
"""By months a period. A history is of two years at least and five at most."""
Statistic = Callable[[Array, int, Pace, int, float], Array]


def cusum_of(counts: Array, at: int, pace: Pace, history: int, noise: float) -> Array:
    """The deciding statistic of series at a position; periods along the last axis."""
    since = at - pace.window + 1
    before = counts[..., since - history : since]
    found = profiled_cusum(
        before.sum(axis=-1),
        np.full(counts.shape[:-1], float(history)),
        counts[..., since : at + 1],
        np.ones(pace.window),
        noise=noise,
        dispersion=dispersion(before, noise),
    )
    return np.asarray(found[..., : pace.window - pace.shortest + 1].max(axis=-1))


def glr_of(counts: Array, at: int, pace: Pace, history: int, noise: float) -> Array:
    """The second opinion at a position; periods along the last axis."""
    since = at - pace.long_window + 1
    before = counts[..., since - history : since]
    mean = np.maximum(LEAST_MEAN, before.mean(axis=-1))
    recent, spread = counts[..., since : at + 1], dispersion(before, noise)
    return normal_glr(recent, mean, noise, spread) if noise else poisson_glr(recent, mean, spread)


STATISTICS: dict[str, Statistic] = {"cusum": cusum_of, "glr": glr_of}


def threshold(
    statistic: str, *, step: int, history: int, mean: float, noise: float, arl0: float
) -> float:
    """What a statistic must exceed.

    Args:
        statistic: One of `STATISTICS`.
        step: Months a period.
        history: Periods that what is normal was learned from.
        mean: What is normal.
        noise: Variance of the noise in a count.
        arl0: Periods to a false alarm of this series.
    """
    kind = "noisy" if noise else "exact"
    length = max(n for n in PACES[step].histories if n <= max(history, PACES[step].least))
    rows = np.array(_table()[statistic][kind][f"{step}/{length}"])
    like = _as_if_of_the_table(mean, noise) if noise else mean
    row = [np.interp(math.log(like), np.log(MEANS), column) for column in rows.T]
    wanted = math.log(arl0)
    slope = (row[-1] - row[-2]) / math.log(ARLS[-1] / ARLS[-2])
    beyond = max(0.0, wanted - math.log(ARLS[-1]))
    return max(LEAST_THRESHOLD, float(np.interp(wanted, np.log(ARLS), row) + slope * beyond))


def _as_if_of_the_table(mean: float, noise: float) -> float:
    """The mean x with x / sqrt(x + NOISE) = mean / sqrt(mean + noise)."""
    shown = mean**2 / (mean + noise)
    return (shown + math.sqrt(shown**2 + 4 * shown * NOISE)) / 2


@cache
def _table() -> dict[str, dict[str, dict[str, list[list[float]]]]]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath(FILE).read_text("utf-8"))
    table: dict[str, dict[str, dict[str, list[list[float]]]]] = found["thresholds"]
    return table


def simulated(step: int, history: int, mean: float, noise: float, runs: int) -> dict[str, Any]:
    """Thresholds of both statistics for every ARL0, in the order of `ARLS`.

    The seed follows from the arguments, so every entry can be made again by itself. Periods with
    fewer than five cases in the last three are no alarm, and so no false one.
    """
    random = np.random.default_rng([SEED, step, history, round(mean * 10), round(noise)])
    pace = PACES[step]
    first = history + pace.long_window - 1
    greatest = {name: np.zeros(runs) for name in STATISTICS}
    for part in np.array_split(np.arange(runs), max(1, runs // 5_000)):
        counts = invented(random, np.full((len(part), first + HORIZON), mean), noise)
        for at in range(first, first + HORIZON):
            enough = counts[:, at - RECENT + 1 : at + 1].sum(axis=1) >= FEWEST_CASES
            for name, statistic in STATISTICS.items():
                found = np.where(enough, statistic(counts, at, pace, history, noise), 0.0)
                greatest[name][part] = np.maximum(greatest[name][part], found)
    chances = [math.exp(-HORIZON / arl0) for arl0 in ARLS]
    return {name: np.quantile(found, chances).round(3).tolist() for name, found in greatest.items()}


def invented(random: np.random.Generator, means: Array, noise: float) -> Array:
    """Poisson counts, with whole-number noise if there is any."""
    counts = random.poisson(means).astype(float)
    return counts + np.rint(random.normal(0.0, math.sqrt(noise), means.shape)) if noise else counts


def make(runs: int = RUNS) -> dict[str, Any]:
    """The whole table."""
    table: dict[str, Any] = {name: {"exact": {}, "noisy": {}} for name in STATISTICS}
    for step, pace in PACES.items():
        for history in pace.histories:
            for kind, noise in (("exact", 0.0), ("noisy", NOISE)):
                rows = [simulated(step, history, mean, noise, runs) for mean in MEANS]
                for name in STATISTICS:
                    table[name][kind][f"{step}/{history}"] = [row[name] for row in rows]
    return {"runs": runs, "means": MEANS, "arl0": ARLS, "thresholds": table}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make()).replace("], [", "],\n[") + "\n")
