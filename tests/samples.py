"""Sample events: one valid event of every type, about an invented case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from schemas.case_events import EVENT_TYPES
from schemas.codec import encode

TUNISIA, MOROCCO = "tn.inltp", "ma.cnclt"

Fields = dict[str, Any]


def ref(text: str) -> bytes:
    """A reference or event id: 16 bytes that are the same for the same text."""
    digest = hashlib.sha256(text.encode()).digest()
    # A zero as the eighth byte: every case of the samples belongs to stream 0.
    return digest[:7] + b"\0" + digest[8:16]


_ENVELOPE: Fields = {
    "producer": TUNISIA,
    "country": "TUN",
    "fact_ref": ref("fact 1"),
    "case_ref": ref("case 1"),
    "period": "2023-05",
    "region": "TN-R1",
    "region_level": "MACRO",
    "supersedes": None,
    "revision": 0,
    "validation": "VALID",
    "conf_status": "F",
    "suppressed_fields": [],
}
_PERSON: Fields = {
    "victim_ref": ref("victim 1"),
    "sex": "F",
    "age_band": "Y18T29",
    "citizenship": "CIV",
    "citizenship_level": "ISO3",
    "exploitation": ["LAB_DOM"],
    "days_from_report": "D8T30",
}
_SAMPLES: dict[str, Fields] = {
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
    "victim.presumed": {**_PERSON, "detected_by": "NGO"},
    "victim.identified": {
        **_PERSON,
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
        "token_epoch": "2023H1",
        "norm_version": 1,
        "role": "RECRUIT",
        "evidence_grade": "A",
        "expires": "2025-06",
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


def an_event(event_type: str = "victim.identified", **changes: Any) -> Fields:
    """A valid event of a type; a change of any field but its id gives it another id."""
    fields = {"event_type": event_type, **_ENVELOPE, **_SAMPLES[event_type], **changes}
    return {"event_id": ref(f"event {sorted(fields.items())}"), **fields}


def encoded(fields: Mapping[str, Any]) -> bytes:
    """An event as it travels."""
    return encode(fields["event_type"], {n: v for n, v in fields.items() if n != "event_type"})


def one_of_each() -> list[Fields]:
    """One event of every type."""
    return [an_event(event_type) for event_type in EVENT_TYPES]
