"""Whether a whole country tells more or less than it did: then no one of its series stands out.

A register that catches up on a year, or an authority that falls silent while another still tells,
moves everything that a country tells at once. The other series of the same country show it: with X
cases in their last w periods and H in the n before, all of them together have moved if

    z = (X - w H / n) / sqrt(phi m w (1 + w / n) + s2 (w + w^2 / n)),  m = (X + H) / (w + n)

is beyond 2.33 (one chance in a hundred; the usual test of two rates, Przyborowski and Wilenski
1940, in its normal form with noise). Then the factor by which they moved is part of what is
expected. If they have not moved it is 1, so chance in them costs no power.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from processors.alerts.series import LEAST_MEAN, Month, Series, normal_of

BEYOND = 2.33
LEAST_FACTOR = 0.05


def others(series: Series, among: Iterable[Series]) -> list[Series]:
    """The other series of the same country, by the same periods."""
    return [
        other
        for other in among
        if series.country
        and other.country == series.country
        and other.step == series.step
        and other.key != series.key
    ]


def factor(rest: Sequence[Series], month: Month, window: int, most: int) -> float:
    """How many times more than usual the others told in the window that ends with a month.

    Args:
        rest: The others.
        month: A month of the window's last period.
        window: Its periods.
        most: How many periods before are used.
    """
    recent = expected = variance = 0.0
    for series in rest:
        end = series.position(month) + 1
        since = end - window
        if since <= 0 or end > len(series.counts):
            continue
        normal = normal_of(series, since, most)
        heard = float(series.exposure[since:end].astype(bool).sum())
        if not normal.periods or not heard:
            continue
        told = float(series.values[since:end].sum())
        mean = max(LEAST_MEAN, (told + normal.total) / (heard + normal.periods))
        share = heard / normal.periods
        recent += told
        expected += normal.mean * heard
        variance += heard * (1 + share) * (normal.dispersion * mean + series.noise)
    if not expected or abs(recent - expected) <= BEYOND * math.sqrt(variance):
        return 1.0
    return max(LEAST_FACTOR, recent / expected)
