"""How an authority's data come in: one message for each authority, on a topic of its own.

Who reads tables needs to know who is silent, late or refused; the tables themselves do not tell it.
The rules:

1. The message is about an authority and never about persons. What follows from persons is told in
   bands that no single person or case moves into view: a number of `LEAST` and more or nothing, a
   share or a median only of `ENOUGH` subjects and more (docs/adr/0025).
2. Of times it tells weeks, by their Monday. A register in which one case a month is entered would
   otherwise tell the day.
3. It is JSON, keyed by the authority; the newest record of a key holds. The signature by the
   platform's key for releases travels in a Kafka header over the exact bytes
   (`schemas.header_signatures`). What the signature stands over names this kind of message, so that
   none passes for a release.
4. Whoever reads it needs nothing else to judge it: what is expected of the authority stands in it.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from schemas.codelists import CodeOf
from schemas.header_signatures import Headers, sign_value, verify_value
from schemas.keys import SigningKey
from schemas.quality_errors import QualityInvalid, QualityMisplaced
from schemas.topics import COUNTRY_CODES
from schemas.trust import TrustDocument

PAYLOAD_TYPE = "application/vnd.southmed.quality.v1+json"
KEY_PATTERN = r"^[a-z]{2}\.[a-z0-9-]{2,30}$"

LEAST = 20
"""Findings or events below which a number that follows from persons is not told at all."""
ENOUGH = 50
"""Cases, victims and suspects below which no share and no median of theirs is told."""

Batches = Literal["0", "1-9", "10-99", "100+"]
"""How many batches."""
Crowd = Literal["20-199", "200+"]
"""How many of what follows from persons; fewer are not told, nor that there are any."""
ShareBand = Literal["0-4", "5-19", "20-49", "50-100"]
"""A share in whole per cent."""
Gate = Literal["NOT_AGREED", "NOTHING_YET", "HOLDS", "BELOW_AGREED", "TAKEN_BACK"]
"""How what an authority attests stands to what it agreed: no agreement; agreed and nothing attested
yet; held; a quarter attested below it; a quarter told finer than it was once attested."""
GATES: tuple[Gate, ...] = get_args(Gate)
Days = Literal[30, 90]
WINDOWS: tuple[Days, ...] = get_args(Days)
"""Days that batches and refusals are told of."""


def monday(day: date) -> date:
    """The first day of a week.

    Example:
        >>> monday(date(2026, 1, 1)).isoformat()
        '2025-12-29'
    """
    return day - timedelta(days=day.weekday())


def _is_monday(value: date) -> date:
    if value != monday(value):
        raise ValueError("not a Monday")
    return value


def _read_day(value: object) -> object:
    """A day as it stands in JSON, and never a moment or a number of seconds."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("not a day")


Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,39}$")]
AuthorityId = Annotated[str, Field(pattern=KEY_PATTERN)]
Quarter = Annotated[str, Field(pattern=r"^20[0-9]{2}-Q[1-4]$")]
Monday = Annotated[date, BeforeValidator(_read_day), AfterValidator(_is_monday)]
"""A week, by the day on which it begins."""
Stream = Annotated[int, Field(ge=0, le=1000)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Expected(_Closed):
    """What is expected of an authority."""

    late_after: Annotated[int, Field(ge=1, le=3650)]
    """Days without an accepted batch after which it is late."""
    silent_after: Annotated[int, Field(ge=1, le=3650)]
    """Days after which it is silent."""

    @model_validator(mode="after")
    def _late_comes_first(self) -> Self:
        if self.late_after >= self.silent_after:
            raise ValueError("late_after: not before silent_after")
        return self


class Window(_Closed):
    """What became of an authority's batches in the last days."""

    days: Days
    accepted: Batches
    refused: dict[Code, Batches]
    """Batches by the code for which they were refused."""
    events_refused: dict[Code, Crowd]
    """Events by code, inside batches that were accepted."""


class Chains(_Closed):
    """Streams of an authority that do not go on."""

    suspended: list[Stream]
    """Two histories were signed; only a new epoch frees them."""
    gaps: list[Stream]
    """A batch is missing, and what came after it waits."""
    waiting: list[Stream]
    """A new epoch is announced and has not begun."""


class Quality(_Closed):
    """How the data of one authority come in."""

    format: Literal["southmed.quality.v1"] = "southmed.quality.v1"
    authority: AuthorityId
    country: Annotated[str, CodeOf("CL_REPORTING_COUNTRY")]
    looked: Monday
    """The week in which the ledgers were looked at."""
    expected: Expected
    last_accepted: Monday | None
    """The week in which the newest accepted batch was sealed; None for none ever."""
    clock_ahead: bool
    """Whether batches claim days that are yet to come."""
    windows: Annotated[list[Window], Field(min_length=2, max_length=2)]
    chains: Chains
    gate: Gate
    quarters: Annotated[list[Quarter], Field(min_length=4, max_length=4)]
    """Of which the rest is told: the last four that have ended."""
    lag: Annotated[str, CodeOf("CL_DUR_BAND")] | None
    """Median from the end of a fact's month to its acceptance; None of too few."""
    unknown: dict[Code, ShareBand]
    """Share of unknown or hidden values, by dimension; of too few a dimension is left out."""
    impossible: dict[Code, Crowd]
    """Findings of what cannot have happened as it is told, by kind."""
    adds_up: bool
    """Whether the cells of the country's ledgers add up: the platform's own fault if not."""

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.authority[:2] != COUNTRY_CODES[self.country]:
            raise ValueError("authority: of another country")
        if tuple(window.days for window in self.windows) != WINDOWS:
            raise ValueError("windows: not those that are told")
        if self.last_accepted and self.last_accepted > self.looked:
            raise ValueError("last_accepted: after it was looked")
        return self

    def dump(self) -> bytes:
        """The value of its Kafka record."""
        fields = self.model_dump(mode="json")
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def sign_quality(value: bytes, signer: SigningKey) -> list[tuple[str, bytes]]:
    """The Kafka headers that go with a value."""
    return sign_value(PAYLOAD_TYPE, value, signer)


def open_quality(
    key: bytes | None, value: bytes, headers: Headers, trust: TrustDocument
) -> Quality:
    """Reads a record of the topic, once its signature by the platform was verified.

    Raises:
        SealError: As in `schemas.dsse.verify_any`, or the key was declared compromised.
        QualityInvalid: The value is no message of quality.
        QualityMisplaced: It stands under the key of another authority.
    """
    verify_value(PAYLOAD_TYPE, value, headers, trust.release_key)
    try:
        quality = Quality.model_validate_json(value)
    except ValidationError as problem:
        # The field, never what stood there; nor the name of a field that somebody made up.
        names = {str(e["loc"][0]) if e["loc"] else "" for e in problem.errors()[:5]}
        told = sorted(name if name in Quality.model_fields else "?" for name in names)
        raise QualityInvalid(got="; ".join(told)) from None
    if key != quality.authority.encode():
        raise QualityMisplaced(expected=quality.authority)
    return quality
