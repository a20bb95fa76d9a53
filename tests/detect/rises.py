"""D3 and D4 on many series at once: how often a change is found, how soon, how often falsely.

The worlds have a handful of corridors, far too few for rates; these come from
`tests.detect.surges`, at the seeds of this suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from processors.alerts.series import MONTHS
from processors.alerts.surge import surge
from processors.alerts.thresholds import NOISE, PACES, invented
from tests.detect.surges import QUIET, Share, displaced, found_in_time, series_of

COUNTS = {"exact": 0.0, "noisy": NOISE}
HISTORY = 36
AFTER = 9
"""Months after a change that are looked at for the picture."""


@dataclass(frozen=True)
class Curve:
    """How many series had an alarm by which month; the rate doubles in month 0.

    Attributes:
        months: From before the change on.
        alarms: Share of all series with an alarm by the end of each month.
    """

    months: tuple[int, ...]
    alarms: tuple[float, ...]


@dataclass(frozen=True)
class Rises:
    """What D3 and D4 reach.

    Attributes:
        found: Doublings found within three months, by kind of counts.
        curves: The same over time, false alarms before it included.
        displaced: Displacements found at the end of three months, by kind of counts.
        false: Pairs told falsely, as a share of those told.
    """

    found: Mapping[str, Share]
    curves: Mapping[str, Curve]
    displaced: Mapping[str, Share]
    false: Mapping[str, Share]


def measure(seeds: Sequence[int], runs: int, gates: Mapping[str, Mapping[str, float]]) -> Rises:
    """Measures all of it: at each seed `runs` series, and five times as many displacements."""
    d3, d4 = gates["D3"], gates["D4"]
    found = {
        name: found_in_time(d3["cases_a_month"], noise, runs, ratio=d3["ratio"], seeds=seeds)
        for name, noise in COUNTS.items()
    }
    curves = {
        name: _curve(d3["cases_a_month"], noise, runs // 4, d3["ratio"], seeds[0])
        for name, noise in COUNTS.items()
    }
    moved = {
        name: displaced(d4["cases_a_month"], noise, 5 * runs, left=d4["left"], seeds=seeds)
        for name, noise in COUNTS.items()
    }
    return Rises(
        found,
        curves,
        {name: found for name, (found, _) in moved.items()},
        {name: false for name, (_, false) in moved.items()},
    )


def _curve(mean: float, noise: float, runs: int, ratio: float, seed: int) -> Curve:
    random = np.random.default_rng([seed, 3])
    onset = HISTORY + PACES[MONTHS].window - 1 + QUIET
    means = np.full((runs, onset + AFTER), mean)
    means[:, onset:] *= ratio
    months = range(-QUIET, AFTER)
    first = []
    for counts in invented(random, means, noise):
        series = series_of(counts, noise)
        alarms = (m for m in months if surge(series, series.month(onset + m)) is not None)
        first.append(next(alarms, AFTER))
    share = (float(np.mean(np.array(first) <= month)) for month in months)
    return Curve(tuple(months), tuple(share))
