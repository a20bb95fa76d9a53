"""D4: fewer cases here, more there: a route or a form that moved from one country to another.

1. Looked at are pairs of series that share what they count (an origin, a form) and not the country.
   Of the last three months, X cases are held against H of the n periods before.
2. That X is too few or too many is told by the tails of the binomial: given X + H, X has chance
   w / (w + n) for each of them, whatever the mean (Przyborowski and Wilenski 1940, "Homogeneity of
   results in testing samples from Poisson series"). What was observed itself counts by half its
   chance (mid-p; Lancaster 1961, "Significance tests in discrete distributions"): whole tails of
   counts are wider than they claim, and cost power. Noisy or dispersed counts take the normal form
   z = (X - w H / n) / sqrt((phi m + s2) (w + w^2 / n)), m = (X + H) / (w + n).
3. A displacement is both at once: p = max(p fall, p rise), the intersection-union test (Berger
   1982, "Multiparameter hypothesis testing and acceptance sampling", theorem 1). One country's fall
   alone is none, however deep.
4. **Admissible** is a pair if all of its last three months were heard and follow no silence, both
   have a history, the falling one had five cases to lose, and the two moved apart at all. Having
   looked at that, p is doubled: given p <= 1/2, 2 p is a p-value again (Zhao, Small and Su 2019,
   "Multiple testing when many p-values are uniformly conservative", section 2).
5. Over the admissible pairs of a month the false discovery rate is held at 0.10 (Benjamini and
   Hochberg 1995, section 3).
6. A country that tells less of everything, or more of everything, has not been displaced: the
   factor by which its other series moved (`processors.alerts.reporting`) is part of what is
   expected: it multiplies w in the binomial's chance and in z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import bdtr, bdtrc, ndtr

from processors.alerts.reporting import factor, others
from processors.alerts.series import LEAST_MEAN, Month, Normal, Series, normal_of
from processors.alerts.thresholds import FEWEST_CASES

FDR = 0.10
WINDOW_MONTHS = 3
LEAST_MONTHS = 21
MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Move:
    """How a series moved in the last three months.

    Attributes:
        series: Which.
        observed: Cases in the window.
        expected: Cases that were to be expected in it.
        fall: Chance of so few, if nothing had changed.
        rise: Chance of so many.
    """

    series: Series
    observed: float
    expected: float
    fall: float
    rise: float


@dataclass(frozen=True, slots=True)
class Displacement:
    """What fell in one country and rose in another.

    Attributes:
        shared: What both count.
        month: First month of the last period of the window.
        fell: The series that fell.
        rose: The series that rose.
        p: That of the pair, both tails and the selection taken in.
        q: The least false discovery rate at which it is found.
    """

    shared: str
    month: Month
    fell: Move
    rose: Move
    p: float
    q: float


def displacements(series: Sequence[Series], month: Month, rate: float = FDR) -> list[Displacement]:
    """All displacements in the three months that end with a month's period, the surest first.

    Args:
        series: Counts; ``key[0]`` is what is shared, ``country`` who tells it.
        month: Nothing after its period is looked at.
        rate: The false discovery rate.
    """
    moves = [move for each in series if (move := move_of(each, month, others(each, series)))]
    pairs = [(a, b) for a in moves for b in moves if _is_admissible(a, b)]
    chances = [min(1.0, 2 * max(a.fall, b.rise)) for a, b in pairs]
    found = [
        Displacement(a.series.key[0], a.series.month(a.series.position(month)), a, b, p, q)
        for (a, b), p, q in zip(pairs, chances, adjusted(chances), strict=True)
        if q <= rate
    ]
    return sorted(found, key=lambda each: (each.q, each.p, each.fell.series.key))


def move_of(series: Series, month: Month, rest: Sequence[Series] = ()) -> Move | None:
    """How a series moved; nothing if its window was not heard whole or its history is short.

    Args:
        series: Its counts.
        month: A month of the last period.
        rest: Other series of the same country.
    """
    end, window = series.position(month) + 1, WINDOW_MONTHS // series.step
    since = end - window
    if since <= 0 or end > len(series.counts) or (series.exposure[since:end] != 1).any():
        return None
    normal = normal_of(series, since, MOST_MONTHS // series.step)
    if normal.periods < LEAST_MONTHS // series.step:
        return None
    moved = factor(rest, month, window, MOST_MONTHS // series.step)
    observed = float(series.values[since:end].sum())
    tail = partial(_tails, observed, normal, series.noise, window)
    # A country's own movement excuses only what goes the same way.
    fall, rise = tail(min(1.0, moved))[0], tail(max(1.0, moved))[1]
    return Move(series, observed, window * normal.mean, fall, rise)


def adjusted(chances: Sequence[float]) -> list[float]:
    """The least false discovery rate at which each is found, by Benjamini and Hochberg."""
    p = np.array(chances, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = p[order] * (len(p) / np.arange(1, len(p) + 1))
    q = np.empty(len(p))
    q[order] = np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1])
    return [float(each) for each in q]


def _is_admissible(fell: Move, rose: Move) -> bool:
    a, b = fell.series, rose.series
    related = a.key[0] == b.key[0] and a.country != b.country and a.step == b.step
    something = fell.expected >= FEWEST_CASES and rose.observed >= FEWEST_CASES
    return related and something and max(fell.fall, rose.rise) <= 1 / 2


def _tails(
    observed: float, normal: Normal, noise: float, window: int, moved: float
) -> tuple[float, float]:
    """Chances of so few and of so many, where everything moved by a factor."""
    w, n = window * moved, normal.periods
    if not noise and normal.dispersion == 1:
        total, chance = round(observed + normal.total), w / (w + n)
        below, above = (
            (0.0, 1.0)
            if observed <= 0
            else (bdtr(observed - 1, total, chance), bdtrc(observed - 1, total, chance))
        )
        few, many = bdtr(observed, total, chance), bdtrc(observed, total, chance)
        return float(below + few) / 2, float(above + many) / 2
    mean = max(LEAST_MEAN, (observed + normal.total) / (w + n))
    spread = normal.dispersion * mean * (w + w**2 / n) + noise * (window + w**2 / n)
    z = (observed - w * normal.total / n) / math.sqrt(spread)
    return float(ndtr(z)), float(ndtr(-z))
