"""Messages of quality about an invented region, for the tests of what is published and shown."""

from __future__ import annotations

from datetime import date
from typing import Any

from deploy.console.alerts.boards import Access
from deploy.console.quality.board import Known, QualityBoard
from processors.compacted import Record
from processors.quality.expectations import shipped
from schemas.keys import SigningKey
from schemas.quality import WINDOWS, Chains, Quality, Window, monday, sign_quality
from schemas.topics import COUNTRY_CODES
from tests.published import PLATFORM_KEY

LOOKED = date(2025, 2, 27)
QUARTERS = ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]
COUNTRY_OF = {cc: country for country, cc in COUNTRY_CODES.items()}


def a_quality(authority: str = "tn.inltp", **changes: Any) -> Quality:
    """One of an authority of which there is nothing to say."""
    fields: dict[str, Any] = {
        "authority": authority,
        "country": COUNTRY_OF[authority[:2]],
        "looked": monday(LOOKED),
        "expected": shipped().of(authority),
        "last_accepted": monday(LOOKED),
        "clock_ahead": False,
        "windows": [a_window(days) for days in WINDOWS],
        "chains": stopped(),
        "gate": "HOLDS",
        "quarters": QUARTERS,
        "lag": "D8T30",
        "unknown": {"SEX": "0-4", "ORIGIN": "5-19"},
        "impossible": {},
        "adds_up": True,
    }
    return Quality.model_validate({**fields, **changes})


def a_window(days: int, **changes: Any) -> Window:
    fields = {"days": days, "accepted": "10-99", "refused": {}, "events_refused": {}}
    return Window.model_validate({**fields, **changes})


def stopped(**changes: list[int]) -> Chains:
    return Chains.model_validate({"suspended": [], "gaps": [], "waiting": [], **changes})


def a_region() -> list[Quality]:
    """Every kind of trouble, one authority for each, and one without any."""
    return [
        a_quality("jo.moi", last_accepted=None, lag=None, unknown={}, gate="NOTHING_YET"),
        a_quality(
            "lb.isf",
            last_accepted=date(2024, 10, 7),
            windows=[a_window(30, accepted="0"), a_window(90, accepted="0")],
            lag="D181T365",
        ),
        a_quality(
            "ma.cnclt",
            windows=[
                a_window(30, refused={"BAD_SIGNATURE": "1-9"}),
                a_window(
                    90,
                    refused={"BAD_SIGNATURE": "10-99"},
                    events_refused={"NOT_ANONYMISED": "20-199"},
                ),
            ],
            chains=stopped(suspended=[2], gaps=[0, 1]),
            gate="BELOW_AGREED",
            unknown={"SEX": "50-100", "REGION": "20-49", "AGE": "5-19"},
            impossible={"CONVICTED_WITHOUT_PROSECUTION": "200+", "SEX_DIFFERS": "20-199"},
            adds_up=False,
        ),
        a_quality("tn.inltp"),
    ]


def a_record(quality: Quality, signer: SigningKey = PLATFORM_KEY, key: str = "") -> Record:
    """A message as it stands on the topic."""
    value = quality.dump()
    return Record((key or quality.authority).encode(), value, sign_quality(value, signer), 0)


def what_is_known(*messages: Quality) -> Known:
    """What a console knows that has read some messages; by default the whole region's."""
    known = Known()
    for message in messages or a_region():
        known = known.having(message)
    return known.standing(Access.LIVE)


def a_board() -> QualityBoard:
    return QualityBoard(what_is_known().refusing(7, "UNKNOWN_KEY"))
