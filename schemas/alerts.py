"""What is told of networks and surges, and to whom: messages of alerts, and answers to them.

The rules:

1. An alert is a controlled disclosure. Each audience has a message of its own, with the fields
   that it may know and no others: contact points their own cases and the counterparts' countries;
   analysts countries, a band of sizes and a quarter; everybody else surges of published tables.
2. Messages are JSON; the signature by the platform's key for alerts travels in a Kafka header over
   the exact bytes (`schemas.header_signatures`).
3. The key of a record is the alert's id, and the newest record of a key holds. The id is a keyed
   digest: it tells nothing, and is the same after every crash and replay.
4. An alert has a life (`State`). Each step of it is in its history: what, when, by whom, why. A
   closed alert says nothing of its evidence any more: what was withdrawn shall not live on here.
5. `basis` is for the platform alone: what an alert rests on, sealed, and always of one size. With
   it the topics are all that the platform has to remember.
6. Readers answer with an `Assessment` of the revision that they read. It is not signed: who may
   write to whose topic is decided by certificates (`schemas.access`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.alert_errors import AlertInvalid, AlertMisplaced, AssessmentInvalid
from schemas.codelists import CodeOf, codelist
from schemas.header_signatures import Headers, sign_value, verify_value
from schemas.keys import SigningKey
from schemas.releases import Names
from schemas.topics import (
    ANALYST_ALERTS,
    ANALYST_ASSESSMENTS,
    CONTACT_ALERTS,
    CONTACT_ASSESSMENTS,
    COUNTRY_CODES,
    SURGES,
    TopicName,
)
from schemas.trust import TrustDocument

M = TypeVar("M", bound=BaseModel)

State = Literal[
    "NEW", "SEEN", "ASSESSED", "DISMISSED", "CONFIRMED", "MERGED", "RETRACTED", "EXPIRED"
]
STATES: tuple[State, ...] = get_args(State)
CLOSED: frozenset[State] = frozenset({"MERGED", "RETRACTED", "EXPIRED"})
"""States in which an alert says nothing of its evidence any more."""
Actor = Literal["PLATFORM", "CONTACT", "ANALYST"]
Detector = Literal["D1", "D2", "D5", "D6"]
SurgeDetector = Literal["D3", "D4"]
SizeBand = Literal["2-3", "4-9", "10+"]
MOST_STEPS = 40
"""Steps that a history holds; the first one stays, and of the others the newest."""

AlertId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Country = Annotated[str, CodeOf("CL_REPORTING_COUNTRY")]
Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Quarter = Annotated[str, Field(pattern=r"^20[0-9]{2}-Q[1-4]$")]
Pattern = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,29}$")]
ReasonCode = Annotated[str, CodeOf("CL_ALERT_REASON", without=STATES)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Step(_Closed):
    """One step in the life of an alert."""

    state: State
    on: date
    """For a reader's step, the day of the broker's clock."""
    by: Actor
    reason: ReasonCode | None
    """Why; None for what was only seen."""
    revision: Annotated[int, Field(ge=1)]
    """The revision of the alert that came of it."""

    @model_validator(mode="after")
    def _reason_belongs_to_the_state(self) -> Self:
        check_reason(self.state, self.reason)
        return self


def check_reason(state: State, reason: str | None) -> None:
    """Raises ValueError for a reason that leads to another state, or for none where one is due."""
    if (state == "SEEN") != (reason is None):
        raise ValueError("reason: every state has one, but SEEN has none")
    if reason is not None and codelist("CL_ALERT_REASON").parent(reason) != state:
        raise ValueError("reason: not one of this state")


def reasons_of(state: str) -> tuple[str, ...]:
    """The reasons that lead to a state."""
    return tuple(code.code for code in codelist("CL_ALERT_REASON") if code.parent == state)


# --- What each audience is told ------------------------------------------------------------------


class CaseName(_Closed):
    """A case of one's own, by the pseudonym that its authority gave it."""

    authority: Annotated[str, Field(pattern=r"^[a-z]{2}\.[a-z0-9-]{2,30}$")]
    case: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Counterpart(_Closed):
    """Another country concerned; nothing of its cases is told."""

    country: Country
    backed: bool
    """Whether more than this identifier is known of one of its cases at least."""


class MonthBand(_Closed):
    """The months between which the evidence lies, over all countries."""

    first: Month
    last: Month


class ContactEvidence(_Closed):
    """What the contact point of one country is told."""

    detector: Detector
    cases: Annotated[list[CaseName], Field(min_length=1)]
    """The country's own."""
    counterparts: Annotated[list[Counterpart], Field(min_length=1)]
    link_types: list[Annotated[str, CodeOf("CL_LINK_TYPE")]]
    """Kinds of identifiers."""
    months: MonthBand
    resembles: list[Pattern]
    """Patterns of the field whose every sign is there."""
    doubtful: bool
    """Whether it may be a line that unrelated people share."""
    words: Names
    """The evidence in words."""


class AnalystEvidence(_Closed):
    """What analysts are told, of three backed cases of two authorities or more."""

    detector: Detector
    countries: Annotated[list[Country], Field(min_length=2)]
    size: SizeBand
    """How many cases."""
    quarter: Quarter
    """Quarter of the newest evidence."""
    resembles: list[Pattern]
    lead: bool
    """A way of working that cases share: for looking into, half of them is chance."""
    words: Names


class SurgeEvidence(_Closed):
    """What everybody who reads releases may be told; it is computed from them alone."""

    detector: SurgeDetector
    table: Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}$")]
    period: Annotated[str, Field(pattern=r"^20[0-9]{2}(-Q[1-4]|-(0[1-9]|1[0-2]))?$")]
    """The newest period of the series in which it is seen."""
    series: Annotated[dict[str, str], Field(min_length=1)]
    """Dimensions and their values; for a displacement also ``FROM``, where it came from."""
    statistic: float
    threshold: float
    """What chance passes only as rarely as the detector promises; of a displacement (D4), whose
    statistic is a false discovery rate, the highest that is told."""
    words: Names


# --- Alerts --------------------------------------------------------------------------------------


class Alert(_Closed):
    """What every alert has."""

    id: AlertId
    revision: Annotated[int, Field(ge=1)]
    """Grows by one with every change."""
    state: State
    into: AlertId | None = None
    """For a merged one, the alert that goes on."""
    history: Annotated[list[Step], Field(min_length=1, max_length=MOST_STEPS)]

    @model_validator(mode="after")
    def _life_is_coherent(self) -> Self:
        if self.history[-1].state != self.state:
            raise ValueError("state: not that of the last step")
        revisions = [step.revision for step in self.history]
        if revisions != sorted(revisions) or revisions[-1] > self.revision:
            raise ValueError("history: not in the order of revisions")
        if (self.state == "MERGED") != (self.into is not None):
            raise ValueError("into: only what was merged has one")
        if (self.state in CLOSED) != (self.evidence is None):
            raise ValueError("about: a closed alert has none, and every other has")
        return self

    @property
    def evidence(self) -> BaseModel | None:
        """What it tells, unless it is closed."""
        raise NotImplementedError

    @property
    def raised(self) -> Step:
        """The step with which it was raised last."""
        return next(step for step in reversed(self.history) if step.state == "NEW")

    def dump(self) -> bytes:
        """The value of its Kafka record."""
        fields = self.model_dump(mode="json")
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


class ContactAlert(Alert):
    """To the contact point of a country: two countries' cases hold the same."""

    format: Literal["southmed.contact-alert.v1"] = "southmed.contact-alert.v1"
    country: Country
    backed: bool
    """Whether more than the identifier is known of a case of this country."""
    expires: Month
    """After this month it is too old, unless there is more evidence by then."""
    about: ContactEvidence | None
    basis: str
    """For the platform alone."""

    @property
    def evidence(self) -> ContactEvidence | None:
        return self.about

    @model_validator(mode="after")
    def _others_are_other_countries(self) -> Self:
        told = self.about
        if told and self.country in {other.country for other in told.counterparts}:
            raise ValueError("counterparts: the country itself")
        if told and {case.authority[:2] for case in told.cases} != {COUNTRY_CODES[self.country]}:
            raise ValueError("cases: of another country")
        return self


class AnalystAlert(Alert):
    """To analysts: a network spans these countries."""

    format: Literal["southmed.analyst-alert.v1"] = "southmed.analyst-alert.v1"
    expires: Quarter
    about: AnalystEvidence | None
    basis: str
    """For the platform alone."""

    @property
    def evidence(self) -> AnalystEvidence | None:
        return self.about


class Surge(Alert):
    """To everybody who reads releases: a published series rises, or moved."""

    format: Literal["southmed.surge.v1"] = "southmed.surge.v1"
    expires: Quarter
    about: SurgeEvidence | None

    @property
    def evidence(self) -> SurgeEvidence | None:
        return self.about


class Assessment(_Closed):
    """A reader's answer to an alert."""

    format: Literal["southmed.assessment.v1"] = "southmed.assessment.v1"
    alert: AlertId
    revision: Annotated[int, Field(ge=1)]
    """The revision that was read; an answer to one before it was raised anew says nothing."""
    state: Literal["SEEN", "ASSESSED", "DISMISSED", "CONFIRMED"]
    reason: ReasonCode | None
    role: Literal["CONTACT", "ANALYST"]

    @model_validator(mode="after")
    def _reason_belongs_to_the_state(self) -> Self:
        check_reason(self.state, self.reason)
        return self

    def dump(self) -> bytes:
        """The value of its Kafka record; its key is the alert's id."""
        return self.model_dump_json().encode()


# --- Channels ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Channel:
    """One audience: where it is told, and where it answers.

    Attributes:
        topic: Where alerts for it are.
        model: What they are.
        country: Whose contact point it is; empty for the others.
        answers: Where its answers are; None for an audience that has none.
        role: As whom it answers.
        reader: The principal that reads and answers, where there is only one.
    """

    topic: TopicName
    model: type[Alert]
    country: str = ""
    answers: TopicName | None = None
    role: Actor = "CONTACT"
    reader: str = ""


ANALYSTS = Channel(
    ANALYST_ALERTS.name(),
    AnalystAlert,
    answers=ANALYST_ASSESSMENTS.name(),
    role="ANALYST",
    reader="analyst.coe",
)
EVERYBODY = Channel(SURGES.name(), Surge)
CONTACTS: Mapping[str, Channel] = {
    country: Channel(
        CONTACT_ALERTS.name(country),
        ContactAlert,
        country=country,
        answers=CONTACT_ASSESSMENTS.name(country),
        reader=f"contact.{cc}",
    )
    for country, cc in COUNTRY_CODES.items()
}
CHANNELS: tuple[Channel, ...] = (*CONTACTS.values(), ANALYSTS, EVERYBODY)
PAYLOAD_TYPES: Mapping[type[Alert], str] = {
    ContactAlert: "application/vnd.southmed.contact-alert.v1+json",
    AnalystAlert: "application/vnd.southmed.analyst-alert.v1+json",
    Surge: "application/vnd.southmed.surge.v1+json",
}


def payload_type(channel: Channel) -> str:
    """What a signature on a channel stands over; it names the country, so none can be moved."""
    country = f";country={channel.country}" if channel.country else ""
    return PAYLOAD_TYPES[channel.model] + country


def sign_alert(channel: Channel, value: bytes, signer: SigningKey) -> list[tuple[str, bytes]]:
    """The Kafka headers that go with the value of an alert."""
    return sign_value(payload_type(channel), value, signer)


def open_alert(
    channel: Channel, key: bytes | None, value: bytes, headers: Headers, trust: TrustDocument
) -> Alert:
    """Reads a record of a channel, once its signature by the platform was verified.

    Raises:
        SealError: As in `schemas.dsse.verify_any`, or the key was declared compromised.
        AlertInvalid: The value is no alert.
        AlertMisplaced: It is the alert of another key or country.
    """
    verify_value(payload_type(channel), value, headers, trust.alert_key)
    alert = _read(channel.model, value, AlertInvalid)
    if key != alert.id.encode() or getattr(alert, "country", "") != channel.country:
        raise AlertMisplaced(expected=f"{alert.id} on its topic")
    return alert


def open_assessment(channel: Channel, key: bytes | None, value: bytes) -> Assessment:
    """Reads an answer on a channel.

    Raises:
        AssessmentInvalid: It is none, under the key of another alert, or in another's role.
    """
    assessment = _read(Assessment, value, AssessmentInvalid)
    if key != assessment.alert.encode():
        raise AssessmentInvalid(expected="the alert's id as the record's key")
    if assessment.role != channel.role:
        raise AssessmentInvalid(expected=f"the role {channel.role}", got=assessment.role)
    return assessment


def _read(model: type[M], value: bytes, error: type[AlertInvalid | AssessmentInvalid]) -> M:
    try:
        return model.model_validate_json(value)
    except ValidationError as problem:
        # The field, never what stood there; nor the name of a field that somebody made up.
        names = {str(e["loc"][0]) if e["loc"] else "" for e in problem.errors()[:5]}
        told = sorted(name if name in model.model_fields else "?" for name in names)
        raise error(got="; ".join(told)) from None
