"""Lebanon: a KoBo export of the Human Trafficking Case Data Standard's form, one person each.

Questions and choices have the names of the HTCDS 2.0 XLSForm (IOM, CC BY 4.0), spelt as the form
spells them; questions that the authority added, most of them for law 164/2011, are in the group
``isf``. As KoBo does, an unanswered question is left out, several choices stand in one text with
spaces between, and a repeated group is a list. Officers write in English or in French.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from deploy.registers.columns import Cell, Column, Hand, header_of
from deploy.registers.faults import BEFORE_REPORT, FUTURE, Fault, Kind, Written, plant
from deploy.registers.lines import Line, Raw, Value, victim_lines
from deploy.registers.world import World

VERSION = "vSmt4GQA3C9uBMLPEVfgND"
ANSWERS = (
    Column("con_Consent", "consent", text="TRUE"),
    Column("prs_First_Name", "person", text="Victime"),
    Column("prs_Second_Name", "person", text="Fictive {person:05}"),
    Column("prs_Birthdate", "born"),
    Column("prs_Gender", "sex", "gender"),
    Column("prs_Citizenship", "citizenship", "citizenship"),
    Column("prs_Email", "person", text="victime.fictive.{person:05}@example.org"),
    Column("prs_MobilePhone", "person", text="+96100{person:06}"),
    Column("prs_MailingCity", "person", text="Ville Fictive {person:05}"),
    Column("vic_MethodOfRecruitment", "method", "recruitment"),
    Column("vic_LocationOfRecruitment", "recruited_in", "country_typed"),
    Column("vic_RelationshipToTrafficker", "relation", "relation"),
    Column("vic_TraffickingStatus", "status", "status"),
    Column("vic_TraffickingStatusDecisionMakingOrg", "body", "body"),
    Column("vic_Methods_of_Control", "control", "control"),
    Column("vic_TypeOfExploitation", "exploitation", "exploitation"),
    Column("vic_ForcedLabourIndustry", "industry", "industry"),
    Column("vic_TypeOfSexExploitation", "sex_form", "sex_form"),
    Column("vic_LocationOfExploitation", "region", "region"),
    Column("cas_ReferringOrganisation", "officer", text="Organisation Fictive {officer:02}"),
    Column("cas_IncomingReferralDate", "reported_on"),
    Column("cas_ReferringPrimaryCaseWorker", "officer", text="Agent Fictif {officer:02}"),
    Column("cas_IncomingReferralDetails", "remark", text="{note}"),
    Column("isf/case_number", "case", text="ISF-{year}-{case:04}"),
    Column("isf/person_number", "line"),
    Column("isf/channel", "channel", "channel"),
    Column("isf/reporter", "reporter", "reporter"),
    Column("isf/presumed_victims", "n_presumed"),
    Column("isf/child_involved", "child", "yes_no"),
    Column("isf/urgent", "urgent", "yes_no"),
    Column("isf/geography", "geography", "geography"),
    Column("isf/recruiter", "recruiter", "recruiter"),
    Column("isf/law_164_forms", "law164", "law164"),
    Column("isf/screening_date", "triaged_on"),
    Column("isf/screening_outcome", "triage", "triage"),
    Column("isf/transmission_date", "transmitted_on"),
    Column("isf/transmission_to", "recipient", "recipient"),
    Column("isf/age_estimate", "age"),
    Column("isf/presumed_date", "presumed_on"),
    Column("isf/detected_by", "detected_by", "reporter"),
    Column("isf/decision_date", "identified_on"),
    Column("isf/acts", "acts", "acts"),
    Column("isf/means", "means", "means"),
    Column("isf/transit_countries", "transit", "citizenship"),
    Column("isf/duration", "duration", "duration"),
    Column("isf/referral_date", "referred_on"),
    Column("isf/referral_to", "referred_to", "referred_to"),
    Column("isf/referral_services", "referral_services", "services"),
    Column("isf/referral_outcome", "accepted", "accepted"),
    Column("isf/closing_date", "closed_on"),
    Column("isf/closing_reason", "closure", "closure"),
    Column("isf/return_date", "returned_on"),
    Column("isf/return_direction", "direction", "direction"),
    Column("isf/return_country", "return_country", "citizenship"),
    Column("isf/return_voluntary", "voluntary", "yes_no"),
    Column("isf/investigation_date", "opened_on"),
    Column("isf/investigation_offence", "offence", "offence"),
    Column("isf/investigation_ex_officio", "proactive", "yes_no"),
    Column("isf/investigation_international", "international", "yes_no"),
    Column("isf/recruiter_phone", "recruiter_phone"),
    Column("isf/agency_number", "recruiter_agency"),
)
SERVICE = (
    Column("isf/services/type", "services", "services"),
    Column("isf/services/provider", "provider", "provider"),
    Column("isf/services/date", "served_on"),
)
KINDS = (
    Kind("UNKNOWN_COUNTRY", "citizenship", Raw("other"), needs="person"),
    Kind("WRONG_ORDER", "identified_on", BEFORE_REPORT, needs="identified_on"),
    Kind("UNKNOWN_CODE", "exploitation", Raw("ForcedLabour see_notes"), needs="person"),
    Kind("MISSING_KEY", "case", None),
    Kind("UNKNOWN_REGION", "region", Raw("near the border")),
    Kind("FUTURE_DATE", "reported_on", FUTURE),
    Kind("UNKNOWN_CODE", "sex", Raw("Femme"), needs="person"),
    Kind("IMPOSSIBLE_DATE", "reported_on", Raw("2020-02-31")),
    Kind("BAD_NUMBER", "n_presumed", Raw("several"), needs="n_presumed"),
)
NOTES = (
    "Fictitious note {remark}: the officer will call back.",
    "Note fictive {remark} : l'agent rappellera.",
)
# What the standard's own questions offer no choice for is asked by industry, law 164 and recruiter.
INDUSTRIES = {
    "LAB_DOM": "T",
    "LAB_AGR": "A",
    "LAB_MAN": "C",
    "LAB_CON": "F",
    "LAB_TRD": "G",
    "LAB_HOS": "I",
    "LAB_OTH": "N",
}
LAW_164 = {
    "SEX": "SEX",
    "SEX_PROST": "SEX_PROST",
    "BEG": "BEG",
    "LAB": "LAB",
    "SLV": "SLV",
    "ARM": "ARM",
    "ORG": "ORG",
    "CRI": "CRI",
    "TER": "TER",
}
METHODS = ("SOCIAL", "JOBAD", "FAMILY", "FRIEND", "_U")
STANDARD = ("LAB", "SEX", "SLV_CHILD", "FMR", "SRV", "ARM", "ORG", "BEG", "ADO", "SUR", "OTH")


def _shown(value: Cell, _turn: int) -> Cell:
    """KoBo gives days in ISO format and numbers as text."""
    return value.isoformat() if isinstance(value, date) else str(value)


HAND = Hand("lebanon", " ", _shown)


def write(world: World, path: Path, *, faults: Random | None = None) -> Written:
    """Writes a whole export.

    Args:
        world: What happened in Lebanon.
        path: The file to write, ``.json``.
        faults: Chance for the faults; without it the register is without fault.
    """
    planted = list(plant(submission_lines(world), KINDS, faults))
    results = [submission(number, line) for number, line in enumerate(planted, start=1)]
    if faults:
        results.append(results[0])
    _write_json(path, results)
    found = tuple(
        Fault("submissions", number, header_of(ANSWERS, line.fault[1]), line.fault[0])
        for number, line in enumerate(planted, start=1)
        if line.fault
    )
    return Written(path, {"submissions": len(results)}, found)


def append(world: World, path: Path) -> None:
    """Adds the submissions of a world to an export."""
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    first = max((result["_id"] for result in results), default=0) + 1
    lines = enumerate(submission_lines(world), start=first)
    new = [submission(number, line) for number, line in lines]
    fresh = path.with_suffix(".new.json")
    _write_json(fresh, [*results, *new])
    fresh.replace(path)


def submission_lines(world: World) -> Iterator[Line]:
    """One line a person, with the answers that this form asks for in a way of its own."""
    return map(_asked, victim_lines(world))


def submission(number: int, line: Line) -> dict[str, Any]:
    """One submission of the form as KoBo exports it."""
    answers = _answers(line, ANSWERS)
    services = line.fields.get("services") or ()
    repeats = [
        _answers(Line({**line.fields, "services": (service,)}), SERVICE)
        for service in (services if isinstance(services, tuple) else ())
    ]
    return {
        "_id": number,
        "_uuid": str(uuid5(NAMESPACE_URL, f"fictive/{number}")),
        "_submission_time": f"{_last_day(line).isoformat()}T{number % 24:02}:00:00",
        "_submitted_by": f"agent_fictif_{line.fields['officer']:02}",
        "_geolocation": [0.0, round(number / 1000, 3)],
        "_notes": [],
        "_tags": [],
        "_attachments": [],
        "__version__": VERSION,
        **answers,
        **({"isf/services": repeats} if repeats else {}),
    }


def _answers(line: Line, questions: Iterable[Column]) -> dict[str, Cell]:
    filled = ((question.header, HAND.cell(line, question)) for question in questions)
    return {header: cell for header, cell in filled if cell is not None}


def _last_day(line: Line) -> date:
    days = [day for day in line.fields.values() if isinstance(day, date) and day != FUTURE]
    return max(days, default=date(2000, 1, 1))


def _asked(line: Line) -> Line:
    forms = line.fields["forms"]
    told = forms if isinstance(forms, tuple) else ()
    recruitment = line.fields.get("recruitment")
    note = NOTES[int(str(line.fields["remark"])) % len(NOTES)].format_map(line.fields)
    more: Mapping[str, Value | Raw] = {
        "exploitation": _distinct(
            form if form in STANDARD else form.partition("_")[0]
            for form in told
            if form in STANDARD or form.startswith(("LAB_", "SEX_"))
        ),
        "industry": _distinct(INDUSTRIES[form] for form in told if form in INDUSTRIES),
        "sex_form": _distinct(form for form in told if form.startswith("SEX_")),
        "law164": _distinct(LAW_164[form] for form in told if form in LAW_164),
        "method": recruitment if recruitment in METHODS else "_U" if recruitment else None,
        "recruiter": None if recruitment in METHODS else recruitment,
        "status": _status(line),
        "note": note,
        "consent": "Y" if "person" in line.fields else None,
    }
    return Line({**line.fields, **more}, line.fault)


def _status(line: Line) -> Value:
    """What the standard calls trafficking status: the decision, or presumed before it."""
    fields = line.fields
    decision = fields.get("decision")
    if isinstance(decision, str):
        return decision
    return "PRESUMED" if fields.get("presumed_on") else None


def _distinct(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def _write_json(path: Path, results: list[dict[str, Any]]) -> None:
    document = {"count": len(results), "next": None, "previous": None, "results": results}
    text = json.dumps(document, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
