"""An invented world as flat lines, the shape that registers have: one line a person or request.

A line holds neutral values by field name: codes of the project's lists, days, numbers, tuples of
codes. Each country's module then says under which header it writes a field, and in which words.
What a person of the register would type beside that (names, telephones, remarks) is added here as
well, plainly invented, so that the adapters have something that must stay home.

The first line of a case carries its report; further lines repeat only what the delays need.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from deploy.registers.facilitators import of_case, of_network, of_suspect
from deploy.registers.world import (
    Case,
    Cooperation,
    Identification,
    Network,
    Suspect,
    Training,
    Victim,
    World,
)

Value = str | int | date | tuple[str, ...] | None


@dataclass(frozen=True)
class Raw:
    """Something typed that is no code: it is written as it stands."""

    text: str


Fields = dict[str, Value | Raw]


@dataclass
class Line:
    """One line to be written; ``fault`` names the kind and the field of a planted fault."""

    fields: Fields
    fault: tuple[str, str] | None = None


def victim_lines(world: World) -> Iterator[Line]:
    """One line a victim, and one for a report without any."""
    for case in world.cases:
        for order, victim in enumerate(case.victims or (None,), start=1):
            head = _head(case) if order == 1 else {}
            yield Line(
                {
                    "case": case.number,
                    "year": case.reported_on.year,
                    "line": order,
                    "reported_on": case.reported_on,
                    "region": case.region,
                    "geography": case.geography,
                    "forms": case.forms,
                    **head,
                    **(_victim(case, order, victim) if victim else {}),
                    **_officer(case),
                }
            )


def report_lines(world: World) -> Iterator[Line]:
    """One line a report, for registers that keep reports apart."""
    for case in world.cases:
        yield Line({**_report(case), **_officer(case)})


def suspect_lines(world: World) -> Iterator[Line]:
    """One line a suspect."""
    for case in world.cases:
        suspects = case.investigation.suspects if case.investigation else ()
        for order, suspect in enumerate(suspects, start=1):
            known = of_suspect(world.country, case, order, suspect)
            yield Line({**_suspect(case, order, suspect), **known})


def investigation_lines(world: World) -> Iterator[Line]:
    """One line an investigation."""
    for case in world.cases:
        if case.investigation:
            yield Line({**_investigation(case), "judge": f"Juge Fictif {case.number % 9:02}"})


def network_lines(world: World) -> Iterator[Line]:
    """One line a network."""
    for network in world.networks:
        yield Line(_of_network(network))


def training_lines(world: World) -> Iterator[Line]:
    """One line a training session."""
    for training in world.trainings:
        yield Line(_of_training(training))


def cooperation_lines(world: World) -> Iterator[Line]:
    """One line a request."""
    for request in world.cooperation:
        yield Line(_of_request(request))


def age_on(born: date, on: date) -> int:
    """Age in whole years on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _head(case: Case) -> Fields:
    return {**_investigation(case), **_report(case), **of_case(case)}


def _report(case: Case) -> Fields:
    fields: Fields = {
        "case": case.number,
        "year": case.reported_on.year,
        "reported_on": case.reported_on,
        "region": case.region,
        "channel": case.channel,
        "reporter": case.reporter,
        "forms": case.forms,
        "geography": case.geography,
        "n_presumed": case.n_presumed,
        "child": case.child,
        "urgent": case.urgent,
    }
    if case.triage:
        fields |= {"triaged_on": case.triage.on, "triage": case.triage.code}
    if case.transmission:
        fields |= {"transmitted_on": case.transmission.on, "recipient": case.transmission.code}
    return fields


def _victim(case: Case, order: int, victim: Victim) -> Fields:
    found = victim.identification
    number = case.number * 10 + order
    told_on = found.on if found else victim.presumed_on
    by_age = number % 3 == 0  # a third of the officers note the age instead of the birth date
    return {
        "person": number,
        "sex": victim.sex,
        "born": None if by_age else victim.born,
        "age": age_on(victim.born, told_on) if by_age and victim.born else None,
        "citizenship": victim.citizenship,
        "forms": victim.forms,
        "presumed_on": victim.presumed_on,
        "detected_by": victim.detected_by,
        **(_identification(found) if found else {}),
        **_help(victim),
    }


def _identification(found: Identification) -> Fields:
    return {"identified_on": found.on, **{k: v for k, v in vars(found).items() if k != "on"}}


def _help(victim: Victim) -> Fields:
    fields: Fields = {}
    if sent := victim.referral:
        fields |= {"referred_on": sent.on, "referred_to": sent.to}
        fields |= {"referral_services": sent.services, "accepted": sent.accepted}
    if given := victim.assistance:
        fields |= {"served_on": given.on, "services": given.services, "provider": given.provider}
    if victim.closed:
        fields |= {"closed_on": victim.closed.on, "closure": victim.closed.code}
    if back := victim.returned:
        fields |= {"returned_on": back.on, "direction": back.direction}
        fields |= {"return_country": back.country, "voluntary": back.voluntary}
    return fields


def _officer(case: Case) -> Fields:
    return {"officer": case.number % 17, "remark": case.number}


def _investigation(case: Case) -> Fields:
    fields: Fields = {
        "case": case.number,
        "year": case.reported_on.year,
        "region": case.region,
        "forms": case.forms,
    }
    if found := case.investigation:
        fields |= {"opened_on": found.on, "offence": found.offence}
        fields |= {"proactive": found.proactive, "international": found.international}
    return fields


def _suspect(case: Case, order: int, suspect: Suspect) -> Fields:
    fields: Fields = {
        **_investigation(case),
        "line": order,
        "person": case.number * 10 + order,
        "sex": suspect.sex,
        "adult": suspect.adult,
        "citizenship": suspect.citizenship,
        "roles": suspect.roles,
        "offence": suspect.offence,
        "suspected_on": suspect.suspected_on,
        "prosecuted_on": suspect.prosecuted_on,
        "final_on": suspect.final_on,
    }
    if order > 1:
        fields |= {"forms": None, "proactive": None, "international": None}
    if suspect.judgement:
        fields |= {"judged_on": suspect.judgement.on, "verdict": suspect.judgement.code}
    if given := suspect.sentence:
        fields |= {"sentence": given.code, "legal_person": given.legal_person}
        fields |= {"confiscated": given.confiscated, "compensated": given.compensated}
    return fields


def _of_network(network: Network) -> Fields:
    named = of_network(network)
    return {**vars(network), **named, "year": network.on.year, "person": network.number}


def _of_training(training: Training) -> Fields:
    return {**vars(training), "year": training.on.year, "person": training.number}


def _of_request(request: Cooperation) -> Fields:
    case = request.case
    return {
        **vars(request),
        "year": request.on.year,
        "person": request.number,
        "case": case.number,
        "case_year": case.reported_on.year,
    }
