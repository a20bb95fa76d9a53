"""The catalogue of indicators: names, units, breakdowns and where each comes from.

How they are counted is not told here but in ``processors/indicators``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import get_args

from schemas.codelists import Language


@dataclass(frozen=True)
class Indicator:
    """An indicator of the catalogue.

    Attributes:
        code: Its code, e.g. ``VIC_IDENT``.
        names: Its name in the three languages; the Arabic is unreviewed.
        status: Code of ``CL_COUNT_STATUS``: in which status persons or cases are counted. The same
            year may have 907 victims reported and 181 in criminal files.
        unit: Code of ``CL_UNIT``.
        frequencies: Codes of ``CL_FREQ``.
        breakdowns: Dimensions by which it may be broken down.
        standard: Definition that it follows.
        caveats: What a reader must know, in the three languages; empty if nothing. French and
            Arabic are unreviewed.
    """

    code: str
    names: Mapping[Language, str]
    status: str
    unit: str
    frequencies: tuple[str, ...]
    breakdowns: tuple[str, ...]
    standard: str
    caveats: Mapping[Language, str]


@cache
def catalogue() -> dict[str, Indicator]:
    """Every indicator, by code."""
    with (files("schemas") / "indicators.csv").open(encoding="utf-8") as file:
        return {
            row["code"]: Indicator(
                code=row["code"],
                names=_in_all(row, "name"),
                status=row["status"],
                unit=row["unit"],
                frequencies=tuple(row["frequencies"].split()),
                breakdowns=tuple(row["breakdowns"].split()),
                standard=row["standard"],
                caveats=_in_all(row, "caveat"),
            )
            for row in csv.DictReader(file)
        }


def _in_all(row: Mapping[str, str], column: str) -> Mapping[Language, str]:
    """What the columns of the three languages say."""
    return {language: row[f"{column}_{language}"] for language in get_args(Language)}
