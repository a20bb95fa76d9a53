"""Farrington's method, original and flexible: a count held against the same season of past years.

For series of three years and more. The counts of the same period in the last b years, with w
periods to each side, are the reference. Over time t a log-linear trend is fitted to them,
ln m = a + b t, with Var y = phi m (Farrington, Andrews, Beale and Catchpole 1996, "A statistical
algorithm for the early detection of outbreaks of infectious disease", section 3; Noufaily et al.
2013, "An improved algorithm for outbreak detection in multiple surveillance systems", section 2):

1. Fit by iteratively reweighted least squares; phi = max(1, Pearson's statistic / (n - p)).
2. Past outbreaks count less. Anscombe's residual is s = 3/2 (y^2/3 m^-1/6 - m^1/2) /
   sqrt(phi (1 - h)), h the leverage; the weight is s^-2 where s is above 1 (original) or 2.58
   (flexible), 1 elsewhere, scaled to a sum of n. Fit again.
3. The trend stays if it is significant at 5 %, if three years back it, and if it predicts no more
   than the reference ever reached. Otherwise the level alone is fitted, in the same way.
4. The threshold is the 1 - alpha quantile (1 - alpha / 2 in the original) of what is predicted:
   delta method, for y^2/3: U = m (1 + 2/3 z sqrt(tau / m))^3/2, tau = phi + se^2 / m; or, as
   Noufaily has it, a quantile of the negative binomial with mean m and variance phi m.
5. An alarm is a count above U, if the last four periods have five cases or more.

R surveillance (all versions to 1.26) differs in one place: it lays the weights of step 2 over the
working weights of the fitted model, so the dispersion behind its standard errors is
sum w ((y - m) / m)^2 / (n - p), too small by about the mean. `Errors.OF_SURVEILLANCE` does the
same, for comparison alone: it lets more trends stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

import numpy as np
from scipy.special import betainc, nbdtrik, pdtr, pdtrik, stdtr

from processors.alerts.series import Array

TREND_NEEDS_YEARS = 3
CASES, RECENT = 5, 4


class Errors(Enum):
    """Which dispersion stands behind standard errors."""

    PEARSON = "pearson"
    OF_SURVEILLANCE = "surveillance"


@dataclass(frozen=True, slots=True)
class Method:
    """What the two methods, and their tests, differ in.

    Attributes:
        above: Probability that an ordinary count is above the threshold.
        years: How many years back.
        half_width: Periods to each side of the same period.
        outbreak: Residuals above this are weighted down.
        trend: Significance that keeps a trend.
        power: Of the transformation: 2/3, 1/2 or 1.
        errors: Which dispersion stands behind standard errors.
    """

    above: float = 0.01
    years: int = 3
    half_width: int = 3
    outbreak: float = 2.58
    trend: float = 0.05
    power: float = 2 / 3
    errors: Errors = Errors.PEARSON


FLEXIBLE = Method()
ORIGINAL = Method(above=0.01 / 2, outbreak=1.0)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one period should have told.

    Attributes:
        mean: Cases expected.
        error: Standard error of the mean.
        dispersion: phi.
        upper: The threshold.
        trend: Whether a trend stayed.
    """

    mean: float
    error: float
    dispersion: float
    upper: float
    trend: bool


@dataclass(frozen=True, slots=True)
class _Fit:
    coefficients: Array
    means: Array
    covariance: Array
    dispersion: float
    behind_errors: float


def reference(at: int, a_year: int, method: Method = FLEXIBLE) -> list[int]:
    """Positions of the reference, where a year is so many periods."""
    centres = [at - a_year * back for back in range(method.years, 0, -1)]
    return around(centres, method.half_width)


def around(centres: Sequence[int], half_width: int) -> list[int]:
    """Positions around each centre; an empty list if some lie before the series."""
    width = range(-half_width, half_width + 1)
    positions = [centre + shift for centre in centres for shift in width]
    return positions if min(positions, default=-1) >= 0 else []


def predict(
    counts: Array, at: int, positions: Sequence[int], method: Method = FLEXIBLE
) -> Prediction:
    """What the period at a position should have told, from the reference at others."""
    times, told = np.array(positions, dtype=float), counts[list(positions)]
    ahead = np.array([1.0, at - times.mean()])
    design = np.column_stack([np.ones(len(times)), times - times.mean()])
    fit = _fit(design, told, method)
    trend = _trend_stays(fit, ahead, told, method)
    if not trend:
        design, ahead = design[:, :1], ahead[:1]
        fit = _fit(design, told, method)
    mean = math.exp(float(ahead @ fit.coefficients))
    error = mean * math.sqrt(fit.behind_errors * float(ahead @ fit.covariance @ ahead))
    upper = delta_bound(mean, error, fit.dispersion, 1 - method.above, method.power)
    return Prediction(mean, error, fit.dispersion, upper, trend)


def is_alarm(counts: Array, at: int, prediction: Prediction) -> bool:
    """Whether a count is above its threshold, and not for want of cases."""
    enough = counts[max(0, at - RECENT + 1) : at + 1].sum() >= CASES
    return bool(enough and counts[at] > prediction.upper)


def delta_bound(mean: float, error: float, phi: float, quantile: float, power: float) -> float:
    """A quantile of a count to come, normal after a power transformation (1996, section 3.6)."""
    tau = phi + error**2 / mean
    reach = 1 + power * NormalDist().inv_cdf(quantile) * math.sqrt(tau / mean)
    bound: float = mean * max(0.0, reach) ** (1 / power)
    return bound


def binomial_bound(mean: float, phi: float, quantile: float) -> int:
    """A quantile of the negative binomial with this mean and variance phi mean (2013, 2.3)."""
    if phi <= 1:
        k: int = math.ceil(pdtrik(quantile, mean))
        return k - 1 if k and pdtr(k - 1, mean) >= quantile else k
    size, chance = mean / (phi - 1), 1 / phi
    k = math.ceil(nbdtrik(quantile, size, chance))
    return k - 1 if k and betainc(size, k, chance) >= quantile else k


def mean_quantile(log_mean: float, log_error: float, quantile: float) -> float:
    """A quantile of the mean itself, for bounds that take its uncertainty in (Salmon 2016, 2.2)."""
    return math.exp(log_mean + NormalDist().inv_cdf(quantile) * log_error)


def _fit(design: Array, told: Array, method: Method) -> _Fit:
    n, weights = len(told), np.ones(len(told))
    first = _weighted(design, told, weights)
    leverage = np.einsum("ij,jk,ik->i", design, first.covariance, design) * first.means
    root = np.sqrt(first.dispersion * np.maximum(1e-9, 1 - leverage))
    residuals = 1.5 * (told ** (2 / 3) * first.means ** (-1 / 6) - np.sqrt(first.means)) / root
    outlying = residuals > method.outbreak
    weights[outlying] = residuals[outlying] ** -2
    weights *= n / weights.sum()
    second = _weighted(design, told, weights)
    if method.errors is Errors.PEARSON:
        return second
    working = float((weights * (told / second.means - 1) ** 2).sum()) / (n - design.shape[1])
    return _Fit(second.coefficients, second.means, second.covariance, second.dispersion, working)


def _weighted(design: Array, told: Array, weights: Array) -> _Fit:
    """A quasi-Poisson fit by iteratively reweighted least squares (McCullagh and Nelder, 2.5)."""
    means: Array = told + 0.1
    coefficients: Array = np.zeros(design.shape[1])
    for _ in range(50):
        root = np.sqrt(weights * means)
        working = np.log(means) + (told - means) / means
        found = np.linalg.lstsq(design * root[:, None], working * root, rcond=None)[0]
        means = np.asarray(np.exp(np.clip(design @ found, -20.0, 20.0)), dtype=float)
        settled = np.allclose(found, coefficients, atol=1e-9)
        coefficients = np.asarray(found, dtype=float)
        if settled:
            break
    information = design.T @ (design * (weights * means)[:, None])
    covariance = np.asarray(np.linalg.pinv(information), dtype=float)
    spread = float((weights * (told - means) ** 2 / means).sum()) / (len(told) - design.shape[1])
    return _Fit(coefficients, means, covariance, max(1.0, spread), max(1.0, spread))


def _trend_stays(fit: _Fit, ahead: Array, told: Array, method: Method) -> bool:
    if method.years < TREND_NEEDS_YEARS:
        return False
    error = math.sqrt(fit.behind_errors * fit.covariance[1, 1])
    chance = 2 * stdtr(len(told) - 2, -abs(fit.coefficients[1]) / error) if error else 0.0
    predicted = math.exp(min(20.0, float(ahead @ fit.coefficients)))
    return bool(chance < method.trend and predicted <= told.max())
