"""Generalised likelihood ratio over the last periods: a rise of whatever size, since whenever.

For the X cases of the last w periods, of which E were to be expected (Lai 1995, section 2; Höhle
and Paul 2008, section 3, without an upper limit to the rise):

- Poisson: X ln(X / E) - (X - E) if X > E, over phi
- Normal, for noisy counts: (X - E)^2 / (2 w v) if X > E, v = phi m + s2

The statistic is the greatest over w = 1 .. window. A CUSUM is made for a doubling; this finds a
slow rise too, and stands beside it as a second opinion.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import xlogy

from processors.alerts.series import Array


def poisson_glr(
    counts: Array, mean: Any, dispersion: Any = 1.0, exposure: Array | None = None
) -> Array:
    """The statistic of windows that end with the last period; periods along the last axis."""
    x, expected, _ = _windows(counts, mean, exposure)
    found = xlogy(np.maximum(x, 0), np.maximum(x, 0) / expected) - (x - expected)
    risen = np.where(x > expected, found, 0.0)
    return np.asarray(np.max(risen, axis=-1, initial=0.0) / np.asarray(dispersion))


def normal_glr(
    counts: Array, mean: Any, noise: float, dispersion: Any = 1.0, exposure: Array | None = None
) -> Array:
    """The statistic of windows that end with the last period; periods along the last axis."""
    x, expected, heard = _windows(counts, mean, exposure)
    variance = np.asarray(dispersion)[..., None] * expected + heard * noise
    risen = np.maximum(0.0, x - expected) ** 2 / (2 * variance)
    return np.asarray(np.max(risen, axis=-1, initial=0.0))


def _windows(counts: Array, mean: Any, exposure: Array | None) -> tuple[Array, Array, Array]:
    """Cases, expected cases and counts with noise of each window with anything in it."""
    covered = np.ones(counts.shape[-1]) if exposure is None else exposure
    heard = np.flatnonzero(covered)[::-1]
    x = np.cumsum(counts[..., heard], axis=-1)
    expected = np.asarray(mean)[..., None] * np.cumsum(covered[heard])
    return x, expected, np.arange(1.0, len(heard) + 1)
