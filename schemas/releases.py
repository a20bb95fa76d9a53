"""What analysts see: the message of a release, one for each table, period and vintage.

The rules:

1. A message is JSON with the names of SDMX, complete in itself: kcat, Kafka Connect, Flink or a
   notebook read the value as it is, without any of our code.
2. Every cell that can be occupied is there, with what was measured (the count and its noise) and
   with a consistent value: whole, not negative, adding up within the table. Nothing is hidden.
3. The signature does not touch the value. It travels in Kafka headers, over the exact bytes of
   the value, so nobody has to write JSON again in one canonical way to verify it.
4. Who follows the topic needs no other source: a message tells what it was computed from, under
   which parameters, and what it cost. Together the newest messages of all keys are the ledger of
   releases (`processors.release.accountant`).
5. A release is never deleted. One that was wrong is withdrawn: the same key, no cells, a reason.
   What it cost stays spent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.codelists import CodeOf, Language, codelist
from schemas.errors import ReleaseInvalid, ReleaseMisplaced
from schemas.header_signatures import Headers, sign_value, verify_value
from schemas.keys import SigningKey
from schemas.trust import TrustDocument

PAYLOAD_TYPE = "application/vnd.southmed.release.v1+json"
KEY_PATTERN = r"^[A-Z][0-9]{1,2}\|20[0-9]{2}(-Q[1-4])?\|(PROVISIONAL|FINAL|ERRATUM)$"

Vintage = Literal["PROVISIONAL", "FINAL", "ERRATUM"]
Reason = Literal["SOURCE_ERROR", "METHOD_ERROR", "KEY_COMPROMISED", "LEGAL_ORDER"]

OTHER, UNKNOWN = "_O", "_U"
RESIDUALS: Mapping[str, Mapping[Language, str]] = {
    OTHER: {
        "en": "Other, or told too coarsely to say",
        "fr": "Autre, ou déclaré trop grossièrement",
        "ar": "أخرى أو غير محددة بدقة",
    },
    UNKNOWN: {"en": "Unknown", "fr": "Inconnu", "ar": "غير معروف"},
}
"""Labels of the two codes that every dimension of persons has beside those of its list."""
CODELISTS: Mapping[str, str] = {
    "FREQ": "CL_FREQ",
    "REF_AREA": "CL_REPORTING_COUNTRY",
    "SEX": "CL_SEX",
    "AGE": "CL_AGE",
    "FORM": "CL_EXPLOITATION",
    "ORIGIN": "CL_AREA",
    "STAGE": "CL_CASE_STAGE",
    "AXIS": "CL_NRM_AXIS",
    "MODE": "CL_TRAINING_MODE",
    "DIRECTION": "CL_COOP_DIRECTION",
    "KIND": "CL_COOP_KIND",
    "OBS_STATUS": "CL_OBS_STATUS",
    "CONF_STATUS": "CL_CONF_STATUS",
    "UNIT_MEASURE": "CL_UNIT",
}
"""Which list the codes of a column are of."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TableId = Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}$")]
ReleasePeriod = Annotated[str, Field(pattern=r"^20[0-9]{2}(-Q[1-4])?$")]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9_]{1,20}$")]


Dimension = Literal[
    "REF_AREA",
    "TIME_PERIOD",
    "SEX",
    "AGE",
    "FORM",
    "ORIGIN",
    "STAGE",
    "AXIS",
    "MODE",
    "DIRECTION",
    "KIND",
]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
"""Columns by which a table may be broken down."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Names(_Closed):
    """A name in the three languages."""

    en: str
    fr: str
    ar: str


class Observation(_Closed):
    """One cell, a row that stands for itself."""

    FREQ: Annotated[str, CodeOf("CL_FREQ", only=("A", "Q", "M"))]
    """How often such a value is told. Q in a table of months: the month itself is not told."""
    INDICATOR: Code
    """Of the catalogue of indicators."""
    REF_AREA: Annotated[str, CodeOf("CL_REPORTING_COUNTRY")]
    """The country that reports."""
    TIME_PERIOD: Annotated[str, Field(pattern=r"^20[0-9]{2}(-Q[1-4]|-(0[1-9]|1[0-2]))?$")]
    """Month, quarter or year that the identification first told, or the first still open then."""
    SEX: Code | None = None
    AGE: Code | None = None
    FORM: Code | None = None
    """Primary form of exploitation: one for each person, so that forms add up."""
    ORIGIN: Code | None = None
    """Country of recruitment."""
    STAGE: Code | None = None
    """Highest stage that the person's case has reached."""
    AXIS: Code | None = None
    MODE: Code | None = None
    DIRECTION: Code | None = None
    KIND: Code | None = None
    OBS_VALUE: Annotated[int, Field(ge=0)]
    """Whole, not negative, adding up within the table: for reading."""
    MEASUREMENT: int
    """The count with its noise, perhaps negative: for computing. Without bias."""
    LOWER_BOUND: Annotated[int, Field(ge=0)]
    UPPER_BOUND: Annotated[int, Field(ge=0)]
    """The measurement less and more the band: the true count lies between, as often as is told."""
    OBS_STATUS: Annotated[str, CodeOf("CL_OBS_STATUS", only=("A", "P", "U"))]
    """U below the threshold of reliability, otherwise P for provisional or A."""
    CONF_STATUS: Annotated[str, CodeOf("CL_CONF_STATUS", only=("F",))]
    UNIT_MEASURE: Annotated[str, CodeOf("CL_UNIT")]
    LOW_RELIABILITY: bool
    """Whether the value is too small to be relied on."""

    @model_validator(mode="after")
    def _codes_are_of_their_lists(self) -> Self:
        for name in DIMENSIONS[2:]:
            code = getattr(self, name)
            if code is not None and code not in RESIDUALS and code not in codelist(CODELISTS[name]):
                raise ValueError(f"{name}: not a code of {CODELISTS[name]}")
        return self

    def key(self, dimensions: Sequence[str]) -> tuple[str, ...]:
        """The cell: the value of each dimension."""
        return tuple(str(getattr(self, name)) for name in dimensions)


class Noise(_Closed):
    """What was added to every count."""

    distribution: Literal["discrete Gaussian"]
    sigma2: Annotated[float, Field(gt=0)]
    sigma: Annotated[float, Field(gt=0)]
    band: Annotated[int, Field(ge=1)]
    """Half width of the bounds."""
    coverage: Annotated[float, Field(gt=0, lt=1)]
    """How often the true count lies within the bounds."""
    unreliable_below: Annotated[int, Field(ge=0)]


class StreamRange(_Closed):
    """Which batches of a stream were counted: all from the first position to the last."""

    authority: Annotated[str, Field(pattern=r"^[a-z]{2}\.[a-z0-9-]{2,30}$")]
    stream: Annotated[int, Field(ge=0)]
    from_epoch: Annotated[int, Field(ge=1)]
    from_sequence: Annotated[int, Field(ge=1)]
    to_epoch: Annotated[int, Field(ge=1)]
    to_sequence: Annotated[int, Field(ge=1)]
    head: Digest
    """Hash of the last batch; through its chain it holds all batches before it."""

    def touches(self, authority: str, position: tuple[int, int], stream: int | None) -> bool:
        """Whether batches of an authority from a position on are among these.

        Args:
            authority: Its id, or only its country's code.
            position: Epoch and sequence.
            stream: Only this stream; None for all.
        """
        mine = authority in (self.authority, self.authority.partition(".")[0])
        return (
            mine and stream in (None, self.stream) and position <= (self.to_epoch, self.to_sequence)
        )


class LogRange(_Closed):
    """How far the log of a partition was read: every record before an offset."""

    country: Annotated[str, CodeOf("CL_REPORTING_COUNTRY")]
    partition: Annotated[int, Field(ge=0)]
    next_offset: Annotated[int, Field(ge=0)]


class Statement(_Closed):
    """What a release was computed from, by what, and what it cost."""

    released_on: date
    """The date for which it was computed; an argument, not a clock."""
    logs: list[LogRange]
    """What stands behind these offsets counts in no period that is out."""
    streams: list[StreamRange]
    trust_version: Annotated[int, Field(ge=1)]
    snapshot: Digest
    """Keyed digest of the records counted; bound to this release, so that two never compare."""
    parameters: Digest
    """SHA-256 of the file of tables, as the board signed it."""
    sampler: Digest
    """SHA-256 of the table of the noise's distribution."""
    version: str
    code: Digest
    """Version of southmed, and SHA-256 over the sources that count and release."""
    rho: Annotated[float, Field(ge=0)]
    """What the release costs of the budget of every case in it (zCDP)."""
    output: Digest
    """SHA-256 over the observations as they stand in the message."""


class Withdrawal(_Closed):
    """Why a release no longer holds."""

    reason: Reason
    on: date


class Release(_Closed):
    """A table for a period in a vintage."""

    format: Literal["southmed.release.v1"] = "southmed.release.v1"
    table: TableId
    period: ReleasePeriod
    vintage: Vintage
    title: Names
    exact: bool
    """True for tables that count no persons: they carry no noise."""
    noise: Noise | None
    withdrawn: Withdrawal | None
    dimensions: Annotated[list[Dimension], Field(min_length=2)]
    observations: list[Observation]
    statement: Statement

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.exact != (self.noise is None) or self.exact != (self.statement.rho == 0):
            raise ValueError("exact: noise and cost do not go with it")
        if (self.withdrawn is not None) == bool(self.observations):
            raise ValueError("withdrawn: such a release has no cells, and every other has")
        others = set(DIMENSIONS) - set(self.dimensions)
        for row in self.observations:
            if any(getattr(row, name) is None for name in self.dimensions):
                raise ValueError("observations: a dimension is missing")
            if any(getattr(row, name) is not None for name in others):
                raise ValueError("observations: a dimension too many")
        if len({row.key(self.dimensions) for row in self.observations}) != len(self.observations):
            raise ValueError("observations: a cell stands twice")
        return self

    @property
    def key(self) -> str:
        """The key of its Kafka record."""
        return release_key(self.table, self.period, self.vintage)

    def dump(self) -> bytes:
        """The value of its Kafka record."""
        fields = self.model_dump(mode="json", exclude={"observations"})
        # The statement last: what people look for comes first.
        statement = fields.pop("statement")
        rows = [plain(row) for row in self.observations]
        return _json({**fields, "observations": rows, "statement": statement})

    @classmethod
    def parse(cls, value: bytes) -> Release:
        """Reads a record's value.

        Raises:
            ReleaseInvalid: With the places that are wrong, or because it is not what its
                statement says.
        """
        try:
            release = cls.model_validate_json(value)
        except ValidationError as error:
            places = [".".join(map(str, e["loc"])) or e["type"] for e in error.errors()[:5]]
            raise ReleaseInvalid(got="; ".join(places)) from None
        if release.withdrawn is None and output_digest(release.observations) != (
            release.statement.output
        ):
            raise ReleaseInvalid(got="statement.output: not the digest of the observations")
        return release


def plain(row: Observation) -> dict[str, Any]:
    """A row as plain values, without the dimensions that it does not have."""
    return row.model_dump(mode="json", exclude_none=True)


def release_key(table: str, period: str, vintage: str) -> str:
    """``F1|2023|FINAL``."""
    return f"{table}|{period}|{vintage}"


def output_digest(observations: Sequence[Observation]) -> str:
    """SHA-256 over the list of observations, written as it stands in the message."""
    return hashlib.sha256(_json([plain(row) for row in observations])).hexdigest()


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


# --- Signatures ----------------------------------------------------------------------------------


def sign_release(value: bytes, signer: SigningKey) -> list[tuple[str, bytes]]:
    """The Kafka headers that go with a value."""
    return sign_value(PAYLOAD_TYPE, value, signer)


def open_release(
    key: bytes | None, value: bytes, headers: Headers, trust: TrustDocument
) -> Release:
    """Reads a record of the topic, once its signature by the platform was verified.

    Args:
        key: The record's key.
        value: Its value.
        headers: Its headers; those that are not ours are passed over.
        trust: The trust document at hand.

    Raises:
        SealError: As in `schemas.dsse.verify_any`, or the key was declared compromised.
        ReleaseInvalid: The value is no release.
        ReleaseMisplaced: It is the release of another key.
    """
    verify_value(PAYLOAD_TYPE, value, headers, trust.release_key)
    release = Release.parse(value)
    if key != release.key.encode():
        raise ReleaseMisplaced(expected=release.key)
    return release


def stands_for(earlier: bytes, later: bytes) -> bool:
    """Whether a reader may pass over a value whose key is compromised, because of a later one.

    So a release that was signed again under a new key does not stay in doubt for ever.

    Args:
        earlier: The value that is in doubt.
        later: The value of a later record of the same key, whose signature was verified.

    Returns:
        True if both are the same bytes, or if the later one withdraws exactly the earlier one.
    """
    if earlier == later:
        return True
    newer = Release.parse(later)
    try:
        return newer.withdrawn is not None and Release.parse(earlier).statement == newer.statement
    except ReleaseInvalid:
        return False
