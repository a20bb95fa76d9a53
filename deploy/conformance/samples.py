"""One valid event of every type, about an invented case: what a newcomer's first batches say.

The table holds everything but who speaks: authority, country and region are the newcomer's.
"""

from __future__ import annotations

import hashlib
from typing import Any

from schemas.anonymity import BOTTOM
from schemas.areas import level_of_region
from schemas.codelists import codelist

Fields = dict[str, Any]


def ref(text: str) -> bytes:
    """A reference or event id: 16 bytes that are the same for the same text."""
    digest = hashlib.sha256(text.encode()).digest()
    # A zero as the eighth byte: every case of the samples belongs to stream 0.
    return digest[:7] + b"\0" + digest[8:16]


PERIOD = "2023-05"
"""The month of every sample."""
NODE = BOTTOM._replace(region=1)
"""The node at which the samples are told: everything, but a macro-region at the finest."""
ENVELOPE: Fields = {
    "fact_ref": ref("fact 1"),
    "case_ref": ref("case 1"),
    "period": PERIOD,
    "supersedes": None,
    "revision": 0,
    "validation": "VALID",
    "conf_status": "F",
    "suppressed_fields": [],
}
PERSON: Fields = {
    "victim_ref": ref("victim 1"),
    "sex": "F",
    "age_band": "Y18T29",
    "citizenship": "CIV",
    "citizenship_level": "ISO3",
    "exploitation": ["LAB_DOM"],
    "days_from_report": "D8T30",
}
SAMPLES: dict[str, Fields] = {
    "report.received": {
        "channel": "HOTLINE",
        "reporter": "NGO",
        "alleged_exploitation": ["SEX", "LAB_DOM"],
        "alleged_geography": "XB",
        "n_presumed_band": "N2T4",
        "child_involved": "N",
        "urgent": True,
    },
    "report.triaged": {"outcome": "ACCEPTED", "days_from_report": "D0T7"},
    "report.transmitted": {
        "stage": "TRANSMIT",
        "recipient": "PROSEC",
        "days_from_report": "D8T30",
    },
    "victim.presumed": {**PERSON, "detected_by": "NGO"},
    "victim.identified": {
        **PERSON,
        "status": "IDENTIFIED",
        "decision_body": "NATAUTH",
        "acts": ["RECRUIT"],
        "legal_means": ["FRAUD", "DECEP"],
        "means_of_control": ["EARN"],
        "isic_section": "A",
        "geography": "XB",
        "country_of_recruitment": "CIV",
        "transit_countries": ["DZA"],
        "country_of_exploitation": "TUN",
        "traffick_months": "M0T12",
        "recruit_channel": "AGENCY",
        "recruiter_rel": "OTHER",
    },
    "victim.referred": {
        "victim_ref": ref("victim 1"),
        "to_type": "NGO",
        "services": ["SHELTER"],
        "accepted": "Y",
        "days_from_identification": "D0T7",
    },
    "assistance.provided": {
        "victim_ref": ref("victim 1"),
        "service": "SHELTER",
        "provider_type": "NGO",
        "days_from_referral": "D0T7",
    },
    "assistance.closed": {"victim_ref": ref("victim 1"), "reason": "COMPLETED"},
    "victim.return": {
        "victim_ref": ref("victim 1"),
        "direction": "OUT",
        "counterpart": "CIV",
        "voluntary": "Y",
    },
    "justice.investigation_opened": {
        "offence_basis": "TIPLAW",
        "exploitation": ["LAB_DOM"],
        "proactive": False,
        "international_coop": True,
    },
    "justice.person_stage": {
        "suspect_ref": ref("suspect 1"),
        "stage": "SUSPECT",
        "sex": "M",
        "adult": "Y_GE18",
        "citizenship": "NATIONAL",
        "citizenship_level": "NATFOR",
        "role": ["RECRUIT"],
        "offence_basis": "TIPLAW",
        "days_from_investigation": "D31T90",
    },
    "justice.sentence": {
        "suspect_ref": ref("suspect 1"),
        "sentence": "C5T10",
        "assets_confiscated": False,
        "victim_compensation": True,
        "legal_person": False,
    },
    "cooperation.request": {
        "direction": "SENT",
        "counterpart": "ITA",
        "kind": "MLA",
        "outcome": "OPEN",
    },
    "network.intercepted": {
        "network_type": "ASSOC",
        "members_band": "N2T4",
        "victims_band": "N5T9",
        "countries": ["TUN", "CIV"],
        "roles": ["RECRUIT", "TRANSP"],
        "recruit_channels": ["SOCIAL"],
        "route_modes": ["SEA", "LAND"],
        "exploitation": ["SEX"],
        "outcome": "DISMANTLED",
    },
    "network.linkage": {
        "link_type": "PHONE",
        "token": bytes(range(32)),
        "token_epoch": "2023",
        "norm_version": 1,
        "role": "RECRUIT",
        "evidence_grade": "A",
        "expires": "2025-06",
        "previous_token": bytes(32),
    },
    "training.delivered": {
        "axis": "PREV",
        "audience": ["JUDGE", "POLICE"],
        "mode": "BLEND",
        "participants_f": 9,
        "participants_m": None,
        "participants_total": 20,
        "hours": 12,
        "language": "fr",
        "is_tot": False,
        "regional": True,
        "partner": "COE",
    },
}


def speaker(authority: str, country: str) -> Fields:
    """The fields that tell who speaks, and a macro-region of the country."""
    return {"producer": authority, "country": country, **a_region(country, "MACRO")}


def a_region(country: str, level: str) -> Fields:
    """The first region of a country at a level of ``CL_REGION_LEVEL``."""
    codes = codelist("CL_REGION").codes
    region = next(code for code in codes if level_of_region(code, country) == level)
    return {"region": region, "region_level": level}


def an_event(event_type: str, **changes: Any) -> Fields:
    """A valid event of a type, once `changes` tell who speaks.

    A change of any field but its id gives it another id.
    """
    fields = {"event_type": event_type, **ENVELOPE, **SAMPLES[event_type], **changes}
    return {"event_id": ref(f"event {sorted(fields.items())}"), **fields}
