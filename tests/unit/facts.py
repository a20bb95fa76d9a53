"""What happened in an invented world, in the contract's own words, without looking at a register.

Each country's register holds some of these facts: Tunisia none of the courts', Jordan and Lebanon
no trainings, only Tunisia the networks. What an adapter reads must be these facts and no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from deploy.registers.world import Case, Suspect, Victim, World

ENVELOPE = {"producer", "country", "region_level", "validation", "conf_status", "suppressed_fields"}
REFERENCES = {"case_ref", "victim_ref", "suspect_ref", "citizenship_level"}
AGE_BANDS = ((9, "Y0T8"), (18, "Y9T17"), (30, "Y18T29"), (48, "Y30T47"), (200, "Y_GE48"))
DELAYS = ((7, "D0T7"), (30, "D8T30"), (90, "D31T90"), (180, "D91T180"), (365, "D181T365"))
SIZES = ((1, "N1"), (4, "N2T4"), (9, "N5T9"), (19, "N10T19"))
ADULT = {"Y": "Y_GE18", "N": "Y0T17"}
Fact = dict[str, Any]


def age_band(victim: Victim) -> str:
    if victim.born is None:
        return "_U"
    at = victim.identification.on if victim.identification else victim.presumed_on
    had_birthday = (at.month, at.day) >= (victim.born.month, victim.born.day)
    age = at.year - victim.born.year - (0 if had_birthday else 1)
    return next(band for limit, band in AGE_BANDS if age < limit)


def delay(start: date, end: date) -> str:
    return next((band for most, band in DELAYS if (end - start).days <= most), "D_GT365")


def size(number: int) -> str:
    return next((band for most, band in SIZES if number <= most), "N_GE20")


def facts(world: World, name: str) -> Iterator[Fact]:
    """Every fact that the register of this country holds about a world."""
    for case in world.cases:
        for fact in (*of_reports(case, name), *of_victims(case, name), *of_justice(case, name)):
            yield {"region": case.region, **fact}
    if name in ("tunisia", "morocco"):
        yield from of_trainings(world)
    if name == "tunisia":
        yield from of_networks(world)
    if name == "morocco":
        yield from of_cooperation(world)


def told_forms(case: Case, name: str) -> tuple[str, ...]:
    """A sheet with one line a person tells the report's forms by its first person's."""
    return case.forms if name == "morocco" or not case.victims else case.victims[0].forms


def of_reports(case: Case, name: str) -> Iterator[Fact]:
    yield {
        "event_type": "report.received",
        "on": case.reported_on,
        "channel": case.channel,
        "reporter": case.reporter,
        "alleged_exploitation": told_forms(case, name),
        "alleged_geography": case.geography,
        "n_presumed_band": size(case.n_presumed),
        "child_involved": case.child,
        "urgent": case.urgent == "Y",
    }
    if case.triage:
        yield {
            "event_type": "report.triaged",
            "on": case.triage.on,
            "outcome": case.triage.code,
            "days_from_report": delay(case.reported_on, case.triage.on),
        }
    if case.transmission:
        yield {
            "event_type": "report.transmitted",
            "on": case.transmission.on,
            "stage": "TRANSMIT",
            "recipient": case.transmission.code,
            "days_from_report": delay(case.reported_on, case.transmission.on),
        }


def of_victims(case: Case, name: str) -> Iterator[Fact]:
    for victim in case.victims:
        person = {
            "sex": victim.sex,
            "age_band": age_band(victim),
            "citizenship": victim.citizenship,
            "exploitation": victim.forms,
        }
        yield person | {
            "event_type": "victim.presumed",
            "on": victim.presumed_on,
            "detected_by": victim.detected_by,
            "days_from_report": delay(case.reported_on, victim.presumed_on),
        }
        if found := victim.identification:
            yield person | {
                "event_type": "victim.identified",
                "on": found.on,
                "days_from_report": delay(case.reported_on, found.on),
                "status": found.decision,
                "decision_body": found.body,
                "acts": found.acts,
                "legal_means": found.means,
                "means_of_control": found.control,
                "isic_section": "_U" if name == "lebanon" else found.sector,
                "geography": case.geography,
                "country_of_recruitment": found.recruited_in,
                "transit_countries": found.transit,
                "country_of_exploitation": found.exploited_in,
                "traffick_months": found.duration,
                "recruit_channel": found.recruitment,
                "recruiter_rel": found.relation,
            }
            yield from of_help(victim, found.on)


def of_help(victim: Victim, identified_on: date) -> Iterator[Fact]:
    sent, given, back = victim.referral, victim.assistance, victim.returned
    if sent:
        yield {
            "event_type": "victim.referred",
            "on": sent.on,
            "to_type": sent.to,
            "services": sent.services,
            "accepted": sent.accepted,
            "days_from_identification": delay(identified_on, sent.on),
        }
    if sent and given:
        for service in given.services:
            yield {
                "event_type": "assistance.provided",
                "on": given.on,
                "service": service,
                "provider_type": given.provider,
                "days_from_referral": delay(sent.on, given.on),
            }
    if victim.closed:
        yield {
            "event_type": "assistance.closed",
            "on": victim.closed.on,
            "reason": victim.closed.code,
        }
    if back:
        yield {
            "event_type": "victim.return",
            "on": back.on,
            "direction": back.direction,
            "counterpart": back.country,
            "voluntary": back.voluntary,
        }


def of_justice(case: Case, name: str) -> Iterator[Fact]:
    """The courts of Jordan tell of investigations with suspects only, Lebanon of no suspects."""
    opened = case.investigation
    if opened is None or name == "tunisia" or (name == "jordan" and not opened.suspects):
        return
    yield {
        "event_type": "justice.investigation_opened",
        "on": opened.on,
        "offence_basis": opened.offence,
        "exploitation": told_forms(case, name) if name == "lebanon" else case.forms,
        "proactive": opened.proactive == "Y",
        "international_coop": opened.international == "Y",
    }
    for suspect in opened.suspects if name != "lebanon" else ():
        for stage, on in stages(suspect):
            yield {
                "event_type": "justice.person_stage",
                "on": on,
                "stage": stage,
                "sex": suspect.sex,
                "adult": ADULT[suspect.adult],
                "citizenship": suspect.citizenship,
                "role": suspect.roles,
                "offence_basis": suspect.offence,
                "days_from_investigation": delay(opened.on, on),
            }
        if suspect.sentence and suspect.judgement:
            yield {
                "event_type": "justice.sentence",
                "on": suspect.judgement.on,
                "sentence": suspect.sentence.code,
                "assets_confiscated": suspect.sentence.confiscated == "Y",
                "victim_compensation": suspect.sentence.compensated == "Y",
                "legal_person": suspect.sentence.legal_person == "Y",
            }


def stages(suspect: Suspect) -> Iterator[tuple[str, date]]:
    yield "SUSPECT", suspect.suspected_on
    if suspect.prosecuted_on:
        yield "PROSEC", suspect.prosecuted_on
    if suspect.judgement:
        yield suspect.judgement.code, suspect.judgement.on
    if suspect.final_on:
        yield "CONVF", suspect.final_on


def of_trainings(world: World) -> Iterator[Fact]:
    for held in world.trainings:
        yield {
            "event_type": "training.delivered",
            "on": held.on,
            "region": held.region,
            "axis": held.axis,
            "audience": held.audience,
            "mode": held.mode,
            "participants_f": held.women,
            "participants_m": held.men,
            "participants_total": held.total,
            "hours": held.hours,
            "language": held.language,
            "is_tot": held.of_trainers == "Y",
            "regional": held.regional == "Y",
            "partner": held.partner,
        }


def of_networks(world: World) -> Iterator[Fact]:
    for network in world.networks:
        yield {
            "event_type": "network.intercepted",
            "on": network.on,
            "region": network.region,
            "network_type": network.kind,
            "members_band": size(network.members),
            "victims_band": size(network.victims),
            "countries": network.countries,
            "roles": network.roles,
            "recruit_channels": network.recruitment,
            "route_modes": network.route,
            "exploitation": network.forms,
            "outcome": network.outcome,
        }


def of_cooperation(world: World) -> Iterator[Fact]:
    for request in world.cooperation:
        yield {
            "event_type": "cooperation.request",
            "on": request.on,
            "region": request.region,
            "direction": request.direction,
            "counterpart": request.country,
            "kind": request.kind,
            "outcome": request.outcome,
        }


def comparable(fields: Mapping[str, Any]) -> str:
    """A fact or a draft as one line: the month for the day, lists without order."""
    plain = {k: v for k, v in fields.items() if k not in ENVELOPE | REFERENCES}
    if "on" in plain:
        plain["period"] = f"{plain.pop('on'):%Y-%m}"
    sets = {k: sorted(v) if isinstance(v, list | tuple) else v for k, v in plain.items()}
    return json.dumps(sets, sort_keys=True)
