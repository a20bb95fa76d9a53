"""A part of a noisy whole, as a share with an honest interval.

Both carry noise, and the part's cells are cells of the whole. So the interval is Fieller's: with a
the measurement of the part and b that of the rest, all shares p are in it for which
(1 - p) a - p b is no further from zero than the noise of its cells explains. That difference has
exactly the variance of a sum of cells, with no approximation of a quotient, and its bounds are
those of a sum, so the interval holds the truth as often as those do.

Where the whole is too small to be relied on, no share is told: a quotient of two numbers that may
be noise alone says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from deploy.console.views.figures import Figure, total
from schemas.releases import Noise, Observation

DUST = 1e-9


@dataclass(frozen=True)
class Share:
    """A share, between 0 and 1.

    Attributes:
        value: Of the measurements.
        lower: The true share lies between this
        upper: and this, as often as the bounds of a sum hold.
        part: What is a part; it may be too small to be relied on by itself.
    """

    value: float
    lower: float
    upper: float
    part: Figure

    @property
    def percent(self) -> tuple[float, float, float]:
        """Value and bounds in whole hundredths, the bounds rounded outwards."""
        # What arithmetic in binary adds to a whole number is not to be rounded up.
        lower, upper = floor(self.lower * 100 + DUST), ceil(self.upper * 100 - DUST)
        return round(self.value * 100) / 100, lower / 100, upper / 100


def share(part: Sequence[Observation], rest: Sequence[Observation], noise: Noise) -> Share | None:
    """The share of some cells in a whole; None if the whole is too small.

    Args:
        part: Cells of the whole, at least one.
        rest: The whole's other cells, at least one.
        noise: What each cell carries.
    """
    whole = total([*part, *rest], noise, provisional=False)
    if whole.unsure or whole.measurement <= whole.band:
        return None
    counted, others = (sum(row.MEASUREMENT for row in rows) for rows in (part, rest))
    lower, upper = fieller(counted, others, noise.band**2 * len(part), noise.band**2 * len(rest))
    value = min(1.0, max(0.0, counted / whole.measurement))
    return Share(value, lower, upper, total(part, noise, provisional=False))


def fieller(part: float, rest: float, of_part: float, of_rest: float) -> tuple[float, float]:
    """The interval of part / (part + rest), cut off at 0 and 1.

    Args:
        part: Measurement of the part.
        rest: Measurement of the rest; together they are beyond their noise.
        of_part: Square of the half width of the part's bounds.
        of_rest: Likewise of the rest's.

    Example:
        >>> fieller(50, 50, 0, 0)
        (0.5, 0.5)
        >>> [round(end, 3) for end in fieller(50, 50, 100, 100)]
        [0.429, 0.571]
    """
    # ((1 - p) part - p rest)^2 <= (1 - p)^2 of_part + p^2 of_rest, a quadratic in p. Its leading
    # coefficient is above zero because the whole is beyond its noise.
    whole = part + rest
    leading = whole**2 - of_part - of_rest
    half = part * whole - of_part
    root = sqrt(max(0.0, half**2 - leading * (part**2 - of_part)))
    lower, upper = (half - root) / leading, (half + root) / leading
    return min(1.0, max(0.0, lower)), min(1.0, max(0.0, upper))
