"""A release as plain rows: the one shape that every format writes.

A row tells which release it is of, then the codes, then the values, under SDMX names. Where labels
are asked for, each column of codes has a sister behind all others: ``SEX_FR`` beside ``SEX``.

In a table of months a row whose period is longer holds the cases whose month was not told. SDMX has
no period that says so, and whoever reads one row of a quarter takes it for the quarter. So each row
of such a table tells in a dimension of its own, ``MONTH_TOLD``, what it is; it follows from FREQ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deploy.exports.errors import ReleaseWithdrawn
from deploy.exports.labels import codes_of, label
from schemas.codelists import Language
from schemas.releases import Observation, Release

Row = dict[str, Any]

WHOSE = ("RELEASE", "TABLE", "VINTAGE")
"""Which release a row is of."""
BEFORE = ("FREQ", "INDICATOR")
MONTH_TOLD = "MONTH_TOLD"
VALUES = (
    "OBS_VALUE",
    "MEASUREMENT",
    "LOWER_BOUND",
    "UPPER_BOUND",
    "OBS_STATUS",
    "CONF_STATUS",
    "UNIT_MEASURE",
    "LOW_RELIABILITY",
)


def is_monthly(release: Release) -> bool:
    """Whether a table is one of months, which has rows for untold months too."""
    return any(release.period != row.TIME_PERIOD for row in release.observations)


def dimensions_of(release: Release) -> tuple[str, ...]:
    """What a release is broken down by, in its files."""
    return (*release.dimensions, *([MONTH_TOLD] if is_monthly(release) else []))


def columns(dimensions: Sequence[str]) -> tuple[str, ...]:
    """The columns of a table that is broken down by some dimensions."""
    return (*WHOSE, *BEFORE, *dimensions, *VALUES)


def labelled(dimensions: Sequence[str]) -> tuple[str, ...]:
    """Those of them that hold codes."""
    return tuple(name for name in columns(dimensions) if codes_of(name))


def sister(column: str, language: Language) -> str:
    """The column with the labels of a column.

    Example:
        >>> sister("SEX", "ar")
        'SEX_AR'
    """
    return f"{column}_{language.upper()}"


def rows(release: Release, language: Language | None = None) -> list[Row]:
    """The rows of a release, in its own order.

    Args:
        release: Which; one that was withdrawn has no rows.
        language: Of the labels; None for codes alone.
    """
    return [row(release, observation, language) for observation in release.observations]


def row(release: Release, observation: Observation, language: Language | None = None) -> Row:
    """One row of a release."""
    fields = observation.model_dump(mode="json")
    fields[MONTH_TOLD] = "Y" if observation.FREQ == "M" else "N"
    whose = {"RELEASE": release.key, "TABLE": release.table, "VINTAGE": release.vintage}
    plain = {name: {**whose, **fields}[name] for name in columns(dimensions_of(release))}
    if language is None:
        return plain
    names = {
        sister(name, language): label(name, plain[name], language)
        for name in labelled(dimensions_of(release))
    }
    return plain | names


def standing(release: Release) -> Release:
    """The release itself, unless it was withdrawn.

    Raises:
        ReleaseWithdrawn: With the reason.
    """
    if release.withdrawn is not None:
        raise ReleaseWithdrawn(expected=f"{release.key}", got=release.withdrawn.reason)
    return release
