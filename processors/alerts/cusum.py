"""CUSUM: the evidence that a rate has risen by a ratio R, summed while it is positive.

With y the count of a period, m its mean while nothing has changed:

- Poisson (Lucas 1985, "Counted data CUSUM's", section 2): S = max(0, S + y ln R - m (R - 1))
- Normal, for counts with noise of variance s2 (Page 1954; Hawkins and Olwell 1998, 2.2):
  S = max(0, S + (d (y - m) - d^2 / 2) / v), d = m (R - 1), v = phi m + s2
- Standardised, as R surveillance has it: S = max(0, S + (y - m) / sqrt(m) - k)

All three take m as known. It is not: it is learned from a history, and a mean learned too low
makes false alarms, which costs a higher threshold and so power. The deciding detector is therefore
the **profiled** CUSUM: the same likelihood ratio with the mean fitted anew under each hypothesis,
to history and window together, and only the last few periods as its window. For X cases in the
last w periods, H in the n before, T = X + H, N = n + w:

- Poisson: g(w) = X ln R - T ln((n + R w) / N), over phi. As n grows it is X ln R - w m (R - 1).
- Normal: g(w) = ((H + R X)^2 / (n + R^2 w) - T^2 / N) / (2 v), v = phi T / N + s2.

The statistic is the greatest g(w). These are generalised likelihood ratios of a change at w (Lai
1995, section 2, window-limited) with R fixed, the mean as nuisance. Their thresholds hardly depend
on mean and history, and under noise they find a tenth more (docs/figures.md).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from processors.alerts.series import LEAST_MEAN, Array

RATIO = 2.0
"""The rise looked for: a doubling."""


def poisson_cusum(counts: Array, mean: Any, ratio: float = RATIO) -> Array:
    """S after every period, for exact counts; periods along the last axis."""
    return _summed(counts * math.log(ratio) - np.asarray(mean)[..., None] * (ratio - 1))


def normal_cusum(
    counts: Array, mean: Any, noise: float, dispersion: Any = 1.0, ratio: float = RATIO
) -> Array:
    """S after every period, for noisy counts; periods along the last axis."""
    mean = np.asarray(mean)[..., None]
    shift = mean * (ratio - 1)
    variance = np.asarray(dispersion)[..., None] * mean + noise
    return _summed((shift * (counts - mean) - shift**2 / 2) / variance)


def standardised_cusum(counts: Array, mean: float, k: float) -> Array:
    """S after every period, with allowance k."""
    return _summed((counts - mean) / math.sqrt(mean) - k)


def profiled_cusum(
    history: Any,
    periods: Any,
    counts: Array,
    exposure: Array,
    *,
    noise: float = 0.0,
    dispersion: Any = 1.0,
    ratio: float = RATIO,
) -> Array:
    """g(w) for every window that ends with the last period, the longest first.

    Args:
        history: Cases before the longest window.
        periods: How many periods they are of.
        counts: Cases of the longest window, periods along the last axis.
        exposure: How many periods each of them tells of.
        noise: Variance of the noise in each count; 0 for the Poisson form.
        dispersion: Variance over mean, noise apart.
        ratio: The rise looked for.
    """
    x, w = _backwards(counts), _backwards(exposure)
    total = np.asarray(history)[..., None] + x[..., :1]
    n_all = np.asarray(periods)[..., None] + w[..., :1]
    phi, n = np.asarray(dispersion)[..., None], n_all - w
    if not noise:
        ratio_of_rates: Array = x * math.log(ratio) - total * np.log((n + ratio * w) / n_all)
        return np.asarray(ratio_of_rates / phi)
    variance = phi * np.maximum(total / n_all, LEAST_MEAN) + noise
    risen = np.maximum(0.0, total + (ratio - 1) * x) ** 2 / (n + ratio**2 * w)
    same = np.maximum(0.0, total) ** 2 / n_all
    gained: Array = (risen - same) / (2 * variance)
    return gained


def _summed(scores: Array) -> Array:
    """S = max(0, S + score) after every score: the sum less its lowest so far."""
    sums = np.cumsum(scores, axis=-1)
    lowest = np.minimum(0.0, np.minimum.accumulate(sums, axis=-1))
    return np.asarray(sums - lowest)


def _backwards(values: Array) -> Array:
    """Sums from every place to the end."""
    return np.asarray(np.flip(np.cumsum(np.flip(values, -1), axis=-1), -1))
