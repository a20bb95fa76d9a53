"""Bands: what is left of a day or a number before it leaves the country.

Each table lists the highest value of a band, lowest band first. The bands are those of the code
lists ``CL_AGE`` (years), ``CL_DUR_BAND`` (days), ``CL_TRAFF_MONTHS`` (months) and ``CL_SIZE_BAND``
(persons).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

Bands = Sequence[tuple[float, str]]

AGE: Bands = ((8, "Y0T8"), (17, "Y9T17"), (29, "Y18T29"), (47, "Y30T47"), (math.inf, "Y_GE48"))
ADULT: Bands = ((17, "Y0T17"), (math.inf, "Y_GE18"))
DELAY: Bands = (
    (7, "D0T7"),
    (30, "D8T30"),
    (90, "D31T90"),
    (180, "D91T180"),
    (365, "D181T365"),
    (math.inf, "D_GT365"),
)
MONTHS: Bands = ((12, "M0T12"), (24, "M13T24"), (math.inf, "M_GE25"))
SIZE: Bands = ((1, "N1"), (4, "N2T4"), (9, "N5T9"), (19, "N10T19"), (math.inf, "N_GE20"))
UNKNOWN = "_U"


def band(value: int, bands: Bands) -> str:
    """The code of the band that a value falls into.

    Example:
        >>> band(17, AGE), band(18, AGE), band(8, DELAY)
        ('Y9T17', 'Y18T29', 'D8T30')
    """
    return next(code for highest, code in bands if value <= highest)


def whole_years(start: date, end: date) -> int:
    """Birthdays between two days; negative if ``end`` comes first.

    Example:
        >>> whole_years(date(2000, 3, 2), date(2018, 3, 1))
        17
    """
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def whole_months(start: date, end: date) -> int:
    """Full months between two days; negative if ``end`` comes first."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
