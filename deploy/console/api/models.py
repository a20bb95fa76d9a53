"""The answers, as they are described to programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from deploy.console.alerts.boards import Access
from deploy.console.follow import Standing
from schemas.alerts import AnalystEvidence, ContactEvidence, State, Step
from schemas.releases import (
    Digest,
    Dimension,
    Names,
    Noise,
    Observation,
    ReleasePeriod,
    TableId,
    Vintage,
    Withdrawal,
)

T = TypeVar("T")
SnapshotName = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9]+$")]
Key = Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}\|20[0-9]{2}(-Q[1-4])?\|[A-Z]+$")]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Listed(_Answer, Generic[T]):
    """A list that is told whole."""

    snapshot: SnapshotName
    """Names what was known; equal names, equal answers."""
    items: list[T]


class Page(Listed[T], Generic[T]):
    """Part of a list."""

    total: Annotated[int, Field(ge=0)]
    """How many there are in all."""
    next: str | None
    """Address of what follows; begin anew if its `snapshot` is another one."""


# --- What was published ---------------------------------------------------------------------------


class ReleaseLine(_Answer):
    """A release in a list."""

    key: Key
    name: str
    """The key as it stands in addresses."""
    table: TableId
    indicator: str
    """Empty for a table that is not in the file of tables any more and was withdrawn."""
    period: ReleasePeriod
    vintage: Vintage
    title: Names
    dimensions: list[Dimension]
    released_on: date
    rows: Annotated[int, Field(ge=0)]
    exact: bool
    """Whether its rows carry no noise."""
    noise: Noise | None
    withdrawn: Withdrawal | None
    stands: bool
    """Whether it holds: not withdrawn, and no final one whose erratum is out."""
    output: Digest
    """SHA-256 over the observations as they stand in the message."""


class Signature(_Answer):
    """A header of the message."""

    name: str
    value: str


class SignedMessage(_Answer):
    """The message as it travelled, to be verified by whoever reads it."""

    payload_type: str
    """Signatures stand over the DSSE pre-authentication encoding of this type and the value."""
    key: Key
    value: str
    """Encoded in UTF-8 exactly the bytes that were signed."""
    signatures: list[Signature]
    """Key id and signature in Base64, with a colon between; one that verifies is enough."""


class ReleaseWhole(ReleaseLine):
    """One release, with its message."""

    snapshot: SnapshotName
    message: SignedMessage


class Row(Observation):
    """One cell under SDMX names; only the dimensions of its table are there."""

    RELEASE: Key
    TABLE: TableId
    VINTAGE: Vintage
    MONTH_TOLD: Literal["Y", "N"] | None = None
    """Only in tables of months: N for cases whose month was not told; such a row is no total."""


class TableLine(_Answer):
    """A table by which an indicator is published."""

    table: TableId
    title: Names
    dimensions: list[Dimension]
    releases: list[Key]
    """Those that stand."""


class IndicatorLine(_Answer):
    """An indicator of the catalogue."""

    code: str
    names: Names
    """The French and the Arabic are unreviewed."""
    status: str
    """Code of CL_COUNT_STATUS: in which status persons or cases are counted."""
    unit: str
    """Code of CL_UNIT."""
    frequencies: list[str]
    breakdowns: list[str]
    standard: str
    """Definition that it follows."""
    caveats: Names
    """What a reader must know; empty if nothing."""
    formula: list[str]
    """How it follows from what was counted, and how that is counted."""
    tables: list[TableLine]
    """Empty where nothing of it was published."""


class IndicatorWhole(IndicatorLine):
    """One indicator."""

    snapshot: SnapshotName


class CalendarLine(_Answer):
    """A release that is due or out."""

    due: date
    key: Key
    table: TableId
    period: ReleasePeriod
    vintage: Vintage
    title: Names
    state: Literal["published", "withdrawn", "due", "to come"]


class Status(_Answer):
    """How things stand."""

    standing: Standing
    """Whether what is known is the newest."""
    since: datetime
    snapshot: SnapshotName
    """Of what was published."""
    told: SnapshotName
    """Of the alerts and surges that whoever asks may see."""
    releases: Annotated[int, Field(ge=0)]
    refused: Annotated[int, Field(ge=0)]
    """Messages that were not believed."""
    version: str
    """Of southmed."""
    api: str
    """Of this interface."""


# --- What is told of networks and surges ----------------------------------------------------------


class AlertLine(_Answer):
    """An alert in a list."""

    board: str
    """To whom it was told."""
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    revision: Annotated[int, Field(ge=1)]
    state: State
    detector: str | None
    """None for a closed one."""
    raised_on: date
    answered: bool
    """Whether an answer was sent that the platform has not taken up yet."""


class BoardLine(_Answer):
    """A board of alerts that whoever asks may see."""

    board: str
    access: Access


class AlertsPage(Page[AlertLine]):
    """Part of the alerts that whoever asks may see."""

    boards: list[BoardLine]


class AlertWhole(AlertLine):
    """One alert, as it was told."""

    snapshot: SnapshotName
    into: str | None
    """For a merged one, the alert that goes on."""
    expires: str
    history: list[Step]
    evidence: ContactEvidence | AnalystEvidence | None
    """Contact points their own cases, analysts countries; None for a closed one."""
