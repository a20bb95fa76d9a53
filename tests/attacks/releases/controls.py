"""Tables as offices usually protect them: the controls that must break.

They print the seven tables that are customary: country (c) by sex (s), age (a) and form (f), up to
three at once, never all four. Suppression hides small cells and prints the rest exactly. Rounding
is to the nearest multiple of 5. Cell keys (the cell key method) perturb a cell by a table, at the
place that the sum of its records' keys points to, so that the same persons always get the same
noise. The perturbation table is the one of greatest entropy for a largest step D, a variance V and
small values up to js that are never printed; zeros stay zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tests.attacks.releases.worlds import Floats, Ints

AXES = "cfsat"
CUSTOMARY = ("c", "cs", "ca", "cf", "csa", "csf", "caf")
HIDDEN = -1.0
BIG = 30
"""From this count on, one row of a perturbation table serves all."""


def margin(cells: NDArray[np.generic], table: str) -> NDArray[np.generic]:
    """Sums over the axes that a table does not have; the rest in the order of `AXES`."""
    gone = tuple(place for place, axis in enumerate(AXES) if axis not in table)
    return cells.sum(axis=gone)


@dataclass(frozen=True)
class Scheme:
    """A way to protect a table of counts.

    Attributes:
        name: As in ``gates.json``.
        protect: From counts and sums of keys to what is printed; HIDDEN where nothing is.
        outcomes: For a count, the chance of each printed value; the attacker knows it.
        deviation: For a printed value: how far the count may be from it, as a deviation.
        bounds: For printed values: the least and greatest counts behind them.
    """

    name: str
    protect: Callable[[Ints, NDArray[np.uint64]], Floats]
    outcomes: Callable[[int], Mapping[int, float]]
    deviation: float
    bounds: Callable[[Floats], tuple[Floats, Floats]]

    def tables(self, cells: Ints, keys: NDArray[np.uint64]) -> dict[str, Floats]:
        """All customary tables, as printed."""
        return {name: self.protect(margin(cells, name), margin(keys, name)) for name in CUSTOMARY}


def suppression(below: int) -> Scheme:
    def protect(n: Ints, _: object) -> Floats:
        return np.where((n > 0) & (n < below), HIDDEN, n.astype(float))

    def outcomes(n: int) -> Mapping[int, float]:
        return {int(HIDDEN) if 0 < n < below else n: 1.0}

    def bounds(shown: Floats) -> tuple[Floats, Floats]:
        hidden = shown == HIDDEN
        return np.where(hidden, 1, shown), np.where(hidden, below - 1, shown)

    return Scheme(f"suppression {below}", protect, outcomes, 0.1, bounds)


def rounding(base: int) -> Scheme:
    def to(n: Floats) -> Floats:
        return base * np.floor((n + base / 2) / base)

    def bounds(shown: Floats) -> tuple[Floats, Floats]:
        half = (base - 1) // 2
        return np.maximum(0, shown - half), shown + half

    return Scheme(
        f"rounding {base}",
        lambda n, _: to(n.astype(float)),
        lambda n: {int(to(np.float64(n))): 1.0},
        base / 12**0.5,
        bounds,
    )


@cache
def perturbation(step: int, variance: float, js: int) -> Floats:
    """Chance of each step from -D to D, for each count: of greatest entropy."""
    steps = np.arange(-step, step + 1)
    rows = np.zeros((BIG + 1, len(steps)))
    rows[0, step] = 1
    for count in range(1, BIG + 1):
        after = count + steps
        allowed = (after >= 0) & ((after == 0) | (after > js))
        rows[count, allowed] = _of_greatest_entropy(steps[allowed].astype(float), variance)
    return rows


def _of_greatest_entropy(steps: Floats, variance: float) -> Floats:
    """Mean 0 and the variance given, or the nearest variance that the steps allow."""

    def chances(ab: Floats) -> Floats:
        logs = ab[0] * steps + ab[1] * steps**2
        found = np.exp(logs - logs.max())
        return found / found.sum()

    def miss(ab: Floats) -> float:
        p = chances(ab)
        return float((p @ steps) ** 2 + (p @ steps**2 - variance) ** 2)

    best = minimize(miss, np.array([0.0, -0.5]), method="Nelder-Mead", options={"maxiter": 2000})
    return chances(best.x)


def cell_keys(step: int, variance: float, js: int) -> Scheme:
    rows = perturbation(step, variance, js)
    below = np.cumsum(rows, axis=1)

    def protect(n: Ints, keys: NDArray[np.uint64]) -> Floats:
        uniform = keys.astype(float) / 2.0**64
        at = below[np.minimum(n, BIG)]
        return n + (uniform[..., None] >= at[..., :-1]).sum(axis=-1) - step

    def outcomes(n: int) -> Mapping[int, float]:
        return {n - step + k: float(p) for k, p in enumerate(rows[min(n, BIG)]) if p > 1e-12}

    def bounds(shown: Floats) -> tuple[Floats, Floats]:
        return np.maximum(0, shown - step), shown + step

    return Scheme(f"cell keys D={step}", protect, outcomes, variance**0.5, bounds)


@cache
def controls() -> tuple[Scheme, ...]:
    """All that the issue names."""
    return (
        suppression(5),
        suppression(11),
        rounding(5),
        cell_keys(2, 1, 0),
        cell_keys(5, 3, 2),
    )
