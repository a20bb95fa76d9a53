"""What may be asked for: closed sets of parameters, each with its pattern and length.

Names in capitals are columns and may be repeated: a row fits if it has one of the codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, get_args

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from deploy.console.alerts.boards import NAMES
from schemas.alerts import STATES, Detector, SurgeDetector
from schemas.codelists import codelist
from schemas.releases import (
    CODELISTS,
    DIMENSIONS,
    RESIDUALS,
    Code,
    Observation,
    ReleasePeriod,
    TableId,
    Vintage,
)

MOST_CODES = 50
FARTHEST = 10_000_000
PRIVATE_BOARDS = tuple(name for name in NAMES if name != "surges")


@dataclass(frozen=True)
class OneOf:
    """Marks a parameter that takes some words and no others."""

    words: tuple[str, ...]

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.literal_schema(list(self.words))


def _codes(column: str) -> OneOf:
    """The codes that a column of a release may have."""
    residuals = () if column == "REF_AREA" else tuple(RESIDUALS)
    return OneOf((*codelist(CODELISTS[column]).codes, *residuals))


State = Annotated[str, OneOf(STATES)]
BoardName = Annotated[str, OneOf(PRIVATE_BOARDS)]
AlertName = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The alert's id.")]
ReleaseName = Annotated[
    str,
    Path(
        pattern=r"^[A-Z][0-9]{1,2}_20[0-9]{2}(-Q[1-4])?_(PROVISIONAL|FINAL|ERRATUM)$",
        description="The release's key with _ in place of |.",
        examples=["F1_2023_FINAL"],
    ),
]
IndicatorName = Annotated[
    str,
    Path(
        pattern=r"^[A-Z0-9_]{1,20}$",
        description="Code of the catalogue.",
        examples=["VIC_IDENT"],
    ),
]


def _written_as_a_day(told: Any) -> Any:
    """Refuses seconds since 1970, which pydantic would take for a date."""
    if isinstance(told, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", told, re.ASCII):
        raise ValueError("a day as YYYY-MM-DD")
    return told


Day = Annotated[date, BeforeValidator(_written_as_a_day)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Part(_Asked):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    """How many."""
    offset: Annotated[int, Field(ge=0, le=FARTHEST)] = 0
    """After how many."""


class ReleasesAsked(Part):
    """Which releases."""

    table: TableId | None = None
    period: ReleasePeriod | None = None
    vintage: Vintage | None = None
    indicator: Code | None = None
    since: Day | None = None
    """Published on this day or later."""


class ObservationsAsked(Part):
    """Which observations."""

    limit: Annotated[int, Field(ge=1, le=5000)] = 1000
    """How many."""
    TABLE: Annotated[TableId, Field(examples=["F1"])]
    """One table: rows of two count the same persons and are never to be added."""
    TIME_PERIOD: Annotated[
        list[Annotated[str, Field(pattern=r"^20[0-9]{2}(-Q[1-4]|-(0[1-9]|1[0-2]))?$")]],
        Field(max_length=MOST_CODES),
    ] = []
    """Years, quarters or months as they stand in rows; a quarter does not bring its months."""
    REF_AREA: Annotated[list[Annotated[str, _codes("REF_AREA")]], Field(max_length=MOST_CODES)] = []
    SEX: Annotated[list[Annotated[str, _codes("SEX")]], Field(max_length=MOST_CODES)] = []
    AGE: Annotated[list[Annotated[str, _codes("AGE")]], Field(max_length=MOST_CODES)] = []
    FORM: Annotated[list[Annotated[str, _codes("FORM")]], Field(max_length=MOST_CODES)] = []
    ORIGIN: Annotated[list[Annotated[str, _codes("ORIGIN")]], Field(max_length=MOST_CODES)] = []
    STAGE: Annotated[list[Annotated[str, _codes("STAGE")]], Field(max_length=MOST_CODES)] = []
    AXIS: Annotated[list[Annotated[str, _codes("AXIS")]], Field(max_length=MOST_CODES)] = []
    MODE: Annotated[list[Annotated[str, _codes("MODE")]], Field(max_length=MOST_CODES)] = []
    DIRECTION: Annotated[
        list[Annotated[str, _codes("DIRECTION")]], Field(max_length=MOST_CODES)
    ] = []
    KIND: Annotated[list[Annotated[str, _codes("KIND")]], Field(max_length=MOST_CODES)] = []

    @property
    def codes(self) -> Mapping[str, Sequence[str]]:
        """The codes that were chosen, by column."""
        chosen = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: codes for name, codes in chosen.items() if codes}

    def fits(self, row: Observation) -> bool:
        """Whether a row has one of the codes of every column that was named."""
        return all(getattr(row, name) in codes for name, codes in self.codes.items())


class AlertsAsked(Part):
    """Which alerts."""

    board: BoardName | None = None
    """To whom they were told."""
    state: State | None = None
    detector: Annotated[str, OneOf(get_args(Detector))] | None = None


class SurgesAsked(Part):
    """Which surges."""

    state: State | None = None
    detector: Annotated[str, OneOf(get_args(SurgeDetector))] | None = None
