"""The field types of events, the envelope that all share, and the privacy classes.

Each field has a privacy class: ``TECH`` technical, ``PSEUDO`` pseudonym, ``QI`` quasi-identifier,
``A`` attribute, ``TOKEN`` keyed token.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.areas import areas, level_of_area, level_of_region
from schemas.codelists import CodeOf


class Privacy(Enum):
    """The privacy class of a field, for the data dictionary and for the adapter's gates."""

    TECH = "technical"
    PSEUDO = "pseudonym"
    QI = "quasi-identifier"
    A = "attribute"
    TOKEN = "keyed token"  # noqa: S105 - the name of a class of fields


TECH, PSEUDO, QI, A, TOKEN = Privacy

# --- Field types ---------------------------------------------------------------------------------

Ref = Annotated[bytes, Field(min_length=16, max_length=16), PSEUDO]
EventId = Annotated[bytes, Field(min_length=16, max_length=16), TECH]
Period = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$"), QI]
Producer = Annotated[str, Field(pattern=r"^[a-z]{2}\.[a-z0-9-]{2,30}$"), TECH]
Flag = Annotated[bool, A]
Count = Annotated[int, Field(ge=0, le=100_000), A]

Country = Annotated[str, CodeOf("CL_REPORTING_COUNTRY", grows=True), QI]
Region = Annotated[str, CodeOf("CL_REGION", grows=True), QI]
RegionLevel = Annotated[str, CodeOf("CL_REGION_LEVEL"), TECH]
_CITIZENSHIPS = areas("ISO3", "SUBREGION", "NATIONAL", "FOREIGN", "STATELESS", "_U")
Citizenship = Annotated[str, CodeOf("CL_AREA", only=_CITIZENSHIPS, grows=True), QI]
CitizenshipLevel = Annotated[str, CodeOf("CL_CITIZ_LEVEL"), TECH]
Iso3 = Annotated[str, CodeOf("CL_AREA", only=areas("ISO3"), grows=True), QI]
Counterpart = Annotated[str, CodeOf("CL_AREA", only=areas("ISO3", "SUBREGION"), grows=True), QI]
Origin = Annotated[str, CodeOf("CL_AREA", only=areas("ISO3", "SUBREGION", "_U"), grows=True), QI]

Sex = Annotated[str, CodeOf("CL_SEX", without=("_T", "_Z")), QI]
AgeBand = Annotated[str, CodeOf("CL_AGE", without=("_T",)), QI]
Adult = Annotated[str, CodeOf("CL_AGE", only=("Y_GE18", "Y0T17", "_U")), QI]
Delay = Annotated[str, CodeOf("CL_DUR_BAND"), QI]
SizeBand = Annotated[str, CodeOf("CL_SIZE_BAND"), QI]
Exploitation = Annotated[str, CodeOf("CL_EXPLOITATION"), A]
Reporter = Annotated[str, CodeOf("CL_REPORTER"), A]
Geography = Annotated[str, CodeOf("CL_TRAFF_GEOG"), A]
YesNo = Annotated[str, CodeOf("CL_YES_NO"), A]
Offence = Annotated[str, CodeOf("CL_OFFENCE_BASIS"), A]
Role = Annotated[str, CodeOf("CL_ROLE"), A]
Channel = Annotated[str, CodeOf("CL_RECRUIT_CHANNEL"), A]
Service = Annotated[str, CodeOf("CL_ASSIST"), A]
Provider = Annotated[str, CodeOf("CL_PROVIDER"), A]

Many = Field(min_length=1, max_length=20)


class CaseEvent(BaseModel):
    """What every event carries, whatever its type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, ser_json_bytes="hex")

    meaning: ClassVar[str]
    subject: ClassVar[str]
    """The field that names what the event is about; corrections may not change it."""
    distinct: ClassVar[tuple[str, ...]] = ()
    """Lists in which a code stands once, and "unknown" alone."""

    event_id: Annotated[
        EventId, Field(description="Unique; the key to duplicates. UUID version 8.")
    ]
    fact_ref: Annotated[
        Ref,
        Field(description="Pseudonym of the fact; its newest event stands, corrections keep it."),
    ]
    producer: Annotated[Producer, Field(description="Authority id; must be the signing one.")]
    country: Annotated[Country, Field(description="Reporting country.")]
    case_ref: Annotated[Ref, Field(description="Pseudonym of the case, keyed at home.")]
    period: Annotated[Period, Field(description="Month of the fact.")]
    region: Annotated[Region, Field(description="Where the fact was recorded.")]
    region_level: Annotated[RegionLevel, Field(description="Level at which the region is told.")]
    supersedes: Annotated[
        Annotated[bytes, Field(min_length=16, max_length=16)] | None,
        TECH,
        Field(description="The event that this one corrects."),
    ] = None
    revision: Annotated[int, Field(ge=0, le=10_000, description="0 = first issue."), TECH] = 0
    validation: Annotated[
        str,
        CodeOf("CL_VALIDATION"),
        TECH,
        Field(description="Maps to OBS_STATUS P or A; WITHDRAWN takes the fact back."),
    ]
    conf_status: Annotated[
        str,
        CodeOf("CL_CONF_STATUS", only=("F", "C", "N")),
        TECH,
        Field(description="SDMX confidentiality status."),
    ]
    suppressed_fields: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z_]{3,30}$")]],
        TECH,
        Field(max_length=20, description="Fields hidden or coarsened by the adapter."),
    ]

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if (self.supersedes is None) != (self.revision == 0):
            raise ValueError("revision: a correction has both supersedes and revision above 0")
        if self.region_level != level_of_region(self.region, self.country):
            raise ValueError("region: not of this country, or not of the level told")
        hidden = self.suppressed_fields
        if hidden and not set(hidden) <= type(self).model_fields.keys():
            raise ValueError("suppressed_fields: names no field of this event type")
        for name in self.distinct:
            check_distinct(name, getattr(self, name))
        self.check()
        return self

    def check(self) -> None:
        """Rules of an event type beyond its single fields; raises ValueError."""


def check_distinct(name: str, values: list[str]) -> None:
    """Raises ValueError for a code given twice, or for "unknown" beside known codes."""
    if len(set(values)) != len(values):
        raise ValueError(f"{name}: a code is given twice")
    if "_U" in values and len(values) > 1:
        raise ValueError(f"{name}: unknown beside known codes")


def check_citizenship(citizenship: str, level: str) -> None:
    """Raises ValueError for a citizenship that is not of the level told."""
    if level not in level_of_area(citizenship):
        raise ValueError("citizenship: not of the level told")
