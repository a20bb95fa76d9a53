"""A number as the console shows it: never without its uncertainty.

A sum of n cells carries the noise of n cells: its bounds are as wide as those of one cell times the
root of n, and so is the threshold below which it is not to be relied on. The value for reading is
the sum of the values for reading; bounds stand about the sum of the measurements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from schemas.releases import Noise, Observation


@dataclass(frozen=True)
class Figure:
    """A number with its uncertainty.

    Attributes:
        value: For reading.
        measurement: For computing, perhaps below zero.
        lower: The true number lies between this
        upper: and this, as often as the release says.
        unsure: Whether it is too small to be relied on.
        provisional: Whether a final one is still to come.
        cells: How many cells it is the sum of.
        band: Half the width of the bounds, before they are cut off at zero.
    """

    value: int
    measurement: int
    lower: int
    upper: int
    unsure: bool
    provisional: bool
    cells: int
    band: int

    @property
    def exact(self) -> bool:
        return self.band == 0


def total(rows: Sequence[Observation], noise: Noise | None, provisional: bool) -> Figure:
    """The sum of cells.

    Args:
        rows: The cells, at least one.
        noise: What each of them carries; None for exact ones.
        provisional: Whether their release is.
    """
    spread = sqrt(len(rows))
    band = ceil(noise.band * spread) if noise else 0
    least = ceil(noise.unreliable_below * spread) if noise else 0
    value = sum(row.OBS_VALUE for row in rows)
    measurement = sum(row.MEASUREMENT for row in rows)
    return Figure(
        value,
        measurement,
        max(0, measurement - band),
        max(0, measurement + band),
        value < least,
        provisional,
        len(rows),
        band,
    )


@dataclass(frozen=True)
class Difference:
    """How much one number is above another, and whether that says anything.

    Attributes:
        change: Between the measurements, which are without bias.
        band: Half the width of its bounds.
    """

    change: int
    band: int

    @property
    def beyond_noise(self) -> bool:
        """Whether it is more than noise explains."""
        return abs(self.change) > self.band


def difference(now: Figure, before: Figure) -> Difference:
    """The difference of two numbers that were measured apart from each other."""
    band = ceil(sqrt(now.band**2 + before.band**2))
    return Difference(now.measurement - before.measurement, band)
