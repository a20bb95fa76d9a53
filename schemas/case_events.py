"""The sixteen event types: what may leave a country, and nothing else.

An event states one fact about one case. It is closed: every field is a code of a closed list, a
month, a number or a random-looking reference, so a name has no field to travel in. The rules:

1. Unknown fields are refused, values are never coerced.
2. A day never leaves. Facts carry their month (``period``); delays are banded before the dates
   behind them are dropped.
3. References (``case_ref``, ``victim_ref``, ``suspect_ref``) are pseudonyms made at home under a
   key that stays there; they are no hash of an identity number.
4. A fact of the register keeps its ``fact_ref``, and the newest event of a fact stands. A
   correction ``supersedes`` the event before it and has the next ``revision``; a withdrawal is a
   correction with ``validation = WITHDRAWN``.
5. Places and citizenships carry the level at which they are told, because the adapter may have
   had to coarsen them; what it had to hide is listed in ``suppressed_fields``.

The Avro schemas under ``schemas/avro`` and the data dictionary in ``docs/`` are generated from
these models.

Standards behind the fields: Palermo Protocol art. 3, HTCDS 2.0, CTDC codebook, UNODC GLOTIP
questionnaire, GRETA statistics, CETS 197; ``maps_to`` in the code lists gives the codes.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from schemas.codelists import CodeOf
from schemas.errors import EventInvalid
from schemas.event_fields import (
    QI,
    TECH,
    TOKEN,
    A,
    Adult,
    AgeBand,
    CaseEvent,
    Channel,
    Citizenship,
    CitizenshipLevel,
    Count,
    Counterpart,
    Delay,
    Exploitation,
    Flag,
    Geography,
    Iso3,
    Many,
    Offence,
    Origin,
    Provider,
    Ref,
    Reporter,
    Role,
    Service,
    Sex,
    SizeBand,
    YesNo,
    check_citizenship,
)

# --- Reports -------------------------------------------------------------------------------------


class ReportReceived(CaseEvent):
    meaning = "A report (signalement) reached the authority."
    subject = "case_ref"
    distinct = ("alleged_exploitation",)

    event_type: Literal["report.received"]
    channel: Annotated[str, CodeOf("CL_CHANNEL"), A]
    reporter: Annotated[Reporter, Field(description="Category only, never the person.")]
    alleged_exploitation: Annotated[list[Exploitation], A, Many]
    alleged_geography: Geography
    n_presumed_band: SizeBand
    child_involved: YesNo
    urgent: Flag


class ReportTriaged(CaseEvent):
    meaning = "Outcome of the first screening of a report."
    subject = "case_ref"

    event_type: Literal["report.triaged"]
    outcome: Annotated[str, CodeOf("CL_TRIAGE_OUTCOME"), A]
    days_from_report: Delay


class ReportTransmitted(CaseEvent):
    meaning = "A report was transmitted to the competent court or prosecutor."
    subject = "case_ref"

    event_type: Literal["report.transmitted"]
    stage: Annotated[str, CodeOf("CL_CJ_STAGE", only=("TRANSMIT",)), A]
    recipient: Annotated[str, CodeOf("CL_TRANSMIT_RECIPIENT"), A]
    days_from_report: Delay


# --- Victims -------------------------------------------------------------------------------------


class OfVictim(CaseEvent):
    """An event about one person in one case."""

    subject = "victim_ref"

    victim_ref: Annotated[Ref, Field(description="Pseudonym of the person in this case.")]


class VictimEvent(OfVictim):
    """An event that describes the person."""

    distinct: ClassVar[tuple[str, ...]] = ("exploitation",)

    sex: Sex
    age_band: Annotated[AgeBand, Field(description="Age at identification.")]
    citizenship: Citizenship
    citizenship_level: CitizenshipLevel
    exploitation: Annotated[
        list[Exploitation], A, Many, Field(description="Multi-valued: shares may pass 100 %.")
    ]
    days_from_report: Delay

    def check(self) -> None:
        check_citizenship(self.citizenship, self.citizenship_level)


class VictimPresumed(VictimEvent):
    meaning = "A person was recorded as presumed victim."

    event_type: Literal["victim.presumed"]
    detected_by: Reporter


class VictimIdentified(VictimEvent):
    meaning = "Formal identification decision."
    distinct = ("exploitation", "acts", "legal_means", "means_of_control")

    event_type: Literal["victim.identified"]
    status: Annotated[str, CodeOf("CL_VICTIM_STATUS", only=("IDENTIFIED", "NOTVICTIM")), A]
    decision_body: Annotated[str, CodeOf("CL_DECISION_BODY"), A]
    acts: Annotated[list[Annotated[str, CodeOf("CL_ACT")]], A, Many]
    legal_means: Annotated[list[Annotated[str, CodeOf("CL_LEGAL_MEANS")]], A, Many]
    means_of_control: Annotated[list[Annotated[str, CodeOf("CL_MEANS_CONTROL")]], A, Many]
    isic_section: Annotated[str, CodeOf("CL_ISIC"), A, Field(description="ISIC Rev.4")] = "_U"
    geography: Geography
    country_of_recruitment: Origin = "_U"
    transit_countries: Annotated[
        list[Iso3], QI, Field(max_length=3, description="In order of travel, at most three.")
    ] = []
    country_of_exploitation: Origin
    traffick_months: Annotated[str, CodeOf("CL_TRAFF_MONTHS"), A] = "_U"
    recruit_channel: Channel = "_U"
    recruiter_rel: Annotated[str, CodeOf("CL_RECRUITER_REL"), A] = "_U"


class VictimReferred(OfVictim):
    meaning = "Referral of a victim to a service (national referral mechanism)."

    event_type: Literal["victim.referred"]
    to_type: Annotated[str, CodeOf("CL_REFERRAL_TO"), A]
    services: Annotated[list[Service], A, Many]
    accepted: Annotated[str, CodeOf("CL_ACCEPTANCE"), A]
    days_from_identification: Delay


class AssistanceProvided(OfVictim):
    meaning = "A service was delivered to a victim."

    event_type: Literal["assistance.provided"]
    service: Service
    provider_type: Provider
    days_from_referral: Delay


class AssistanceClosed(OfVictim):
    meaning = "Assistance to a victim ended."

    event_type: Literal["assistance.closed"]
    reason: Annotated[str, CodeOf("CL_CLOSURE"), A]


class VictimReturn(OfVictim):
    meaning = "Assisted voluntary return or transnational referral."

    event_type: Literal["victim.return"]
    direction: Annotated[str, CodeOf("CL_RETURN_DIRECTION"), A]
    counterpart: Counterpart
    voluntary: YesNo


# --- Justice -------------------------------------------------------------------------------------


class InvestigationOpened(CaseEvent):
    meaning = "An investigation was opened."
    subject = "case_ref"
    distinct = ("exploitation",)

    event_type: Literal["justice.investigation_opened"]
    offence_basis: Offence
    exploitation: Annotated[list[Exploitation], A, Many]
    proactive: Annotated[Flag, Field(description="Ex officio, without a victim's complaint.")]
    international_coop: Flag


class PersonStage(CaseEvent):
    meaning = "A suspect or accused person reached a stage of proceedings."
    subject = "suspect_ref"
    distinct = ("role",)

    event_type: Literal["justice.person_stage"]
    suspect_ref: Annotated[Ref, Field(description="Pseudonym of the person in this case.")]
    stage: Annotated[
        str,
        CodeOf("CL_CJ_STAGE", without=("TRANSMIT", "INVEST")),
        A,
    ]
    sex: Sex
    adult: Adult
    citizenship: Citizenship
    citizenship_level: CitizenshipLevel
    role: Annotated[list[Role], A, Field(max_length=10)] = []
    offence_basis: Offence
    days_from_investigation: Delay = "_U"

    def check(self) -> None:
        check_citizenship(self.citizenship, self.citizenship_level)


class Sentence(CaseEvent):
    meaning = "Sentence and remedies."
    subject = "suspect_ref"

    event_type: Literal["justice.sentence"]
    suspect_ref: Annotated[Ref, Field(description="Pseudonym of the person in this case.")]
    sentence: Annotated[str, CodeOf("CL_SENTENCE"), A]
    assets_confiscated: Flag
    victim_compensation: Flag
    legal_person: Flag


# --- Cooperation, networks, training -------------------------------------------------------------


class CooperationRequest(CaseEvent):
    meaning = "Mutual legal assistance or police cooperation."
    subject = "case_ref"

    event_type: Literal["cooperation.request"]
    direction: Annotated[str, CodeOf("CL_COOP_DIRECTION"), A]
    counterpart: Iso3
    kind: Annotated[str, CodeOf("CL_COOP_KIND"), A]
    outcome: Annotated[str, CodeOf("CL_COOP_OUTCOME"), A]


class NetworkIntercepted(CaseEvent):
    meaning = "A network was dismantled or disrupted."
    subject = "case_ref"
    distinct = ("countries", "roles", "recruit_channels", "route_modes", "exploitation")

    event_type: Literal["network.intercepted"]
    network_type: Annotated[str, CodeOf("CL_NETWORK_TYPE"), A]
    members_band: SizeBand
    victims_band: SizeBand
    countries: Annotated[list[Iso3], QI, Field(min_length=1, max_length=5)]
    roles: Annotated[list[Role], A, Many]
    recruit_channels: Annotated[list[Channel], A, Many]
    route_modes: Annotated[list[Annotated[str, CodeOf("CL_ROUTE_MODE")]], A, Many]
    exploitation: Annotated[list[Exploitation], A, Many]
    outcome: Annotated[str, CodeOf("CL_NETWORK_OUTCOME"), A]


class NetworkLinkage(CaseEvent):
    meaning = "Linkage token of an alleged facilitator's identifier; never the identifier."
    subject = "case_ref"

    event_type: Literal["network.linkage"]
    link_type: Annotated[str, CodeOf("CL_LINK_TYPE"), A]
    token: Annotated[bytes, Field(min_length=32, max_length=32), TOKEN]
    token_epoch: Annotated[str, Field(pattern=r"^20[0-9]{2}$"), TECH]
    norm_version: Annotated[int, Field(ge=1, le=1000), TECH]
    role: Role
    evidence_grade: Annotated[str, CodeOf("CL_EVID_GRADE", without=("C",)), A]
    expires: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$"), TECH]
    previous_token: Annotated[
        Annotated[bytes, Field(min_length=32, max_length=32)] | None,
        TOKEN,
        Field(description="The same identifier's token of the epoch before, if there was one."),
    ] = None


class TrainingDelivered(CaseEvent):
    meaning = "A training session took place; holds no person data."
    subject = "case_ref"
    distinct = ("audience",)

    event_type: Literal["training.delivered"]
    axis: Annotated[str, CodeOf("CL_NRM_AXIS"), A]
    audience: Annotated[list[Annotated[str, CodeOf("CL_AUDIENCE")]], A, Many]
    mode: Annotated[str, CodeOf("CL_TRAINING_MODE"), A]
    participants_f: Annotated[Count | None, A, Field(description="Null when the total is below 5.")]
    participants_m: Annotated[Count | None, A, Field(description="Null when the total is below 5.")]
    participants_total: Count
    hours: Annotated[int, Field(ge=1, le=2000), A]
    language: Annotated[str, CodeOf("CL_LANGUAGE"), A]
    is_tot: Annotated[Flag, Field(description="Training of trainers.")]
    regional: Flag
    partner: Annotated[str, CodeOf("CL_PARTNER"), A]

    def check(self) -> None:
        known = [n for n in (self.participants_f, self.participants_m) if n is not None]
        if sum(known) > self.participants_total:
            raise ValueError("participants_total: smaller than its parts")
        if self.participants_total < 5 and known:
            raise ValueError("participants_f: told although the total is below 5")


AnyCaseEvent = Annotated[
    ReportReceived
    | ReportTriaged
    | ReportTransmitted
    | VictimPresumed
    | VictimIdentified
    | VictimReferred
    | AssistanceProvided
    | AssistanceClosed
    | VictimReturn
    | InvestigationOpened
    | PersonStage
    | Sentence
    | CooperationRequest
    | NetworkIntercepted
    | NetworkLinkage
    | TrainingDelivered,
    Field(discriminator="event_type"),
]

EVENT_TYPES: dict[str, type[CaseEvent]] = {
    get_args(model.model_fields["event_type"].annotation)[0]: model
    for model in get_args(get_args(AnyCaseEvent)[0])
}

_validator = TypeAdapter[CaseEvent](AnyCaseEvent).validator


def validate(fields: dict[str, Any]) -> CaseEvent:
    """Makes an event of its fields, or says which rule it breaks.

    Args:
        fields: The event as decoded from Avro or built by a mapping.

    Raises:
        EventInvalid: With the field and the kind of rule, never the value.
    """
    try:
        event: CaseEvent = _validator.validate_python(fields)
    except ValidationError as error:
        raise EventInvalid(got=_explain(error)) from None
    return event


def _explain(error: ValidationError) -> str:
    """The broken rules as ``field: kind``, without input values."""
    reasons = []
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        if detail["type"] == "value_error":
            reasons.append(detail["msg"].removeprefix("Value error, "))
        elif detail["type"] == "extra_forbidden":
            # The name of a field that we do not know may be anything, a cell of a register too.
            reasons.append("a field that the type does not have")
        else:
            path = ".".join(str(part) for part in detail["loc"][1:]) or "event_type"
            reasons.append(f"{path}: {detail['type']}")
    return "; ".join(reasons[:5])
