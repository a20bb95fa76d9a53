"""EARS C1, C2 and C3: a count held against the few periods just before it.

They need seven periods of history and no more, so they are for a cold start; they find less than a
CUSUM does (docs/figures.md). With Y(t) the count, m and s mean and standard deviation of a baseline
of seven periods (Hutwagner et al. 2003, "The bioterrorism preparedness and response Early
Aberration Reporting System"; Fricker, Hegler and Dunfee 2008, section 2.1):

- C1(t) = (Y(t) - m) / s over t-7 .. t-1
- C2(t) = (Y(t) - m) / s over t-9 .. t-3: what begins does not raise its own baseline at once
- C3(t) = sum of max(0, C2(i) - 1) over i = t-2 .. t

An alarm is a score above the normal quantile of 1 - alpha. Where a baseline has no spread, a
minimal s keeps the score finite.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from processors.alerts.series import Array

BASELINE = 7
LAG = 2
ALPHA = 0.001
LEAST_SPREAD = 0.5


def threshold(alpha: float = ALPHA) -> float:
    """What a score is held against."""
    return NormalDist().inv_cdf(1 - alpha)


def c1(counts: Array, least_spread: float = LEAST_SPREAD) -> Array:
    """C1 of every period; nan where the history is too short."""
    return _scores(counts, 0, least_spread)


def c2(counts: Array, least_spread: float = LEAST_SPREAD) -> Array:
    """C2 of every period; nan where the history is too short."""
    return _scores(counts, LAG, least_spread)


def c3(counts: Array, least_spread: float = LEAST_SPREAD) -> Array:
    """C3 of every period; nan where the history is too short."""
    excess = np.maximum(0.0, c2(counts, least_spread) - 1)
    return excess + carried(counts, least_spread)


def carried(counts: Array, least_spread: float = LEAST_SPREAD) -> Array:
    """The part of C3 that the two periods before bring along.

    R surveillance raises C3 alarms on this part alone: its upper bound is the observed count plus
    s * (z - carried) where its manual has the mean, so the count cancels.
    """
    excess = np.maximum(0.0, c2(counts, least_spread) - 1)
    brought = np.full(len(counts), np.nan)
    brought[2:] = excess[1:-1] + excess[:-2]
    return brought


def upper_bound(counts: Array, lag: int, alpha: float, least_spread: float = 0.0) -> Array:
    """The highest count of each period that is no alarm of C1 (lag 0) or C2 (lag 2)."""
    mean, spread = _baseline(counts, lag)
    return mean + threshold(alpha) * np.maximum(spread, least_spread)


def _scores(counts: Array, lag: int, least_spread: float) -> Array:
    mean, spread = _baseline(counts, lag)
    return (counts - mean) / np.maximum(spread, least_spread)


def _baseline(counts: Array, lag: int) -> tuple[Array, Array]:
    """Mean and spread of the baseline of every period."""
    mean, spread = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    if len(counts) > BASELINE + lag:
        windows = np.lib.stride_tricks.sliding_window_view(counts, BASELINE)
        windows = windows[: len(counts) - BASELINE - lag]
        mean[BASELINE + lag :] = windows.mean(axis=1)
        spread[BASELINE + lag :] = windows.std(axis=1, ddof=1)
    return mean, spread
