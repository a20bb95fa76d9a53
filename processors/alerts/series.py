"""Series of counts, exact or noisy, by month or by quarter, and what is normal for one.

1. A period in which the country told nothing is no zero: it is not heard, and counts for nothing.
2. The first period heard after silence may tell of the silent ones too. For a rise it stands for
   as many periods as it may cover; what is normal is never learned from it.
3. Noise of a known variance is part of a count, never of what is normal: what is normal is a mean
   and, where the history shows more spread than chance and noise explain, a dispersion above 1.
4. Published tables tell some cases by month and others by quarter only. Whoever needs all of them
   looks at quarters: months are summed, with their noise, and what told no month is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

Month = int
"""Months since year 0: ``year * 12 + month - 1``."""
Array = NDArray[np.float64]

MONTHS = 1
QUARTERS = 3
LEAST_MEAN = 0.5
"""Fewer cases a period than this are taken as this many: less cannot be told from none."""
DISPERSED = 0.01
"""A history is dispersed if chance would spread it so far less often than this."""


@dataclass(frozen=True, slots=True)
class Series:
    """How many cases each period told.

    Attributes:
        key: What is counted, as ``("SYR", "LBN")`` for an origin and a country.
        start: The first month of the first period.
        counts: One a period; below zero only with noise.
        country: Who tells them, alpha-3; empty if nobody in particular.
        noise: Variance of the noise in each count, 0 if they are exact.
        step: Months a period: 1, or 3 for quarters.
        unheard: First months of the periods in which the country told nothing.
    """

    key: tuple[str, ...]
    start: Month
    counts: tuple[int, ...]
    country: str = ""
    noise: float = 0.0
    step: int = MONTHS
    unheard: frozenset[Month] = frozenset()

    def month(self, position: int) -> Month:
        """The first month of the period at a position."""
        return self.start + position * self.step

    def position(self, month: Month) -> int:
        """Where the period of a month stands; it may lie outside."""
        return (month - self.start) // self.step

    @property
    def values(self) -> Array:
        """The counts, zero where nothing was heard."""
        counts = np.array(self.counts, dtype=float)
        return np.where(self.exposure > 0, counts, 0.0) if self.unheard else counts

    @property
    def exposure(self) -> Array:
        """How many periods each count may tell of: 0 where unheard, more than 1 after silence."""
        if not self.unheard:
            return np.ones(len(self.counts))
        covered, silent = [], 0
        for position in range(len(self.counts)):
            heard = self.month(position) not in self.unheard
            covered.append(1 + silent if heard else 0)
            silent = 0 if heard else silent + 1
        return np.array(covered, dtype=float)


@dataclass(frozen=True, slots=True)
class Normal:
    """What a history says is normal.

    Attributes:
        total: Cases in the periods that it is learned from.
        periods: How many they are.
        dispersion: Variance over mean, noise apart; 1 unless the history shows more.
    """

    total: float
    periods: int
    dispersion: float

    @property
    def mean(self) -> float:
        """Cases a period."""
        return max(LEAST_MEAN, self.total / self.periods) if self.periods else LEAST_MEAN


def by_quarter(monthly: Series, untold: Series | None = None) -> Series:
    """Whole quarters of a series by month, with what told its quarter only.

    A quarter is unheard if any of its months is, so that half a quarter is never taken as a fall.

    Args:
        monthly: Counts by month.
        untold: Counts by quarter of what told no month, if that is published.
    """
    first = monthly.position(-(-monthly.start // QUARTERS) * QUARTERS)
    whole = range(first, len(monthly.counts) - QUARTERS + 1, QUARTERS)
    counts, unheard, noise = [], set(), QUARTERS * monthly.noise
    for position in whole:
        quarter = monthly.month(position)
        counts.append(sum(monthly.counts[position : position + QUARTERS]))
        if not monthly.unheard.isdisjoint(range(quarter, quarter + QUARTERS)):
            unheard.add(quarter)
        if untold is not None:
            at = untold.position(quarter)
            counts[-1] += untold.counts[at] if 0 <= at < len(untold.counts) else 0
    if untold is not None:
        noise += untold.noise
    return Series(
        monthly.key,
        monthly.month(first),
        tuple(counts),
        monthly.country,
        noise,
        QUARTERS,
        frozenset(unheard),
    )


def normal_of(series: Series, until: int, most: int) -> Normal:
    """What was normal before a position, from at most so many periods."""
    since = max(0, until - most)
    exposure = series.exposure[since:until]
    counts = series.values[since:until][exposure == 1]
    if not len(counts):
        return Normal(0.0, 0, 1.0)
    spread = float(dispersion(counts, series.noise))
    return Normal(float(counts.sum()), len(counts), spread)


def dispersion(counts: Array, noise: float) -> Any:
    """How much wider counts spread than chance and noise explain: 1 unless it is shown.

    Pearson's statistic, sum of (y - m)^2 / (m + noise), is chi-squared with n - 1 degrees of
    freedom for Poisson counts with noise (McCullagh and Nelder 1989, 4.5.2). Only if it is beyond
    the 0.99 quantile the estimate (s^2 - noise) / m is taken: an estimate at every turn would make
    chance look like dispersion, and cost power.

    Args:
        counts: Periods along the last axis.
        noise: Variance of the noise in each.
    """
    periods = counts.shape[-1]
    if periods < 2:
        return np.ones(counts.shape[:-1])
    mean = np.maximum(counts.mean(axis=-1), LEAST_MEAN)
    variance = ((counts - mean[..., None]) ** 2).sum(axis=-1) / (periods - 1)
    shown = variance / (mean + noise) * (periods - 1) > chdtri(periods - 1, DISPERSED)
    return np.where(shown, np.maximum(1.0, (variance - noise) / mean), 1.0)
