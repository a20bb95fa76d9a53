"""What cannot have happened as it is told is found, counted, and changes nothing else."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given, settings

from processors.indicators.rules import cells_of
from processors.indicators.sequences import FAULTS
from tests.samples import Fields
from tests.unit.scenarios import (
    assisted,
    closed,
    identified,
    presumed,
    referred,
    reported,
    sentenced,
    staged,
    told,
    transmitted,
    triaged,
)
from tests.unit.test_counting_always import lives

EARLY, LATE = {"period": "2023-03"}, {"period": "2023-04"}
HIDDEN = {"period": "2023-06", "suppressed_fields": ["period"]}


class Life(NamedTuple):
    """What is told of a subject, and what is found: quarter and kind."""

    story: str
    events: list[Fields]
    found: str


FAULTY = [
    Life("screened, no report", [triaged()], "2023-Q2 TRIAGE_WITHOUT_REPORT"),
    Life(
        "screened before it was reported",
        [reported(**LATE), triaged(**EARLY)],
        "2023-Q1 TRIAGE_BEFORE_REPORT",
    ),
    Life("transmitted, no report", [transmitted()], "2023-Q2 TRANSMITTED_WITHOUT_REPORT"),
    Life(
        "transmitted before it was reported",
        [reported(**LATE), transmitted(**EARLY)],
        "2023-Q1 TRANSMITTED_BEFORE_REPORT",
    ),
    Life(
        "identified before presumed",
        [presumed(**LATE), identified(**EARLY)],
        "2023-Q1 DECIDED_BEFORE_PRESUMED",
    ),
    Life(
        "found to be no victim before presumed",
        [presumed(**LATE), identified(**EARLY, status="NOTVICTIM")],
        "2023-Q1 DECIDED_BEFORE_PRESUMED",
    ),
    Life("referred, of no status", [referred()], "2023-Q2 REFERRED_WITHOUT_STATUS"),
    Life(
        "referred before presumed",
        [presumed(**LATE), referred(**EARLY)],
        "2023-Q1 REFERRED_BEFORE_STATUS",
    ),
    Life("assisted, of no status", [assisted()], "2023-Q2 ASSISTED_WITHOUT_STATUS"),
    Life(
        "assisted before presumed and identified",
        [presumed(**LATE), identified(period="2023-05"), assisted(**EARLY), assisted()],
        "2023-Q1 ASSISTED_BEFORE_STATUS",
    ),
    Life(
        "assisted before identified, never presumed",
        [identified(**LATE), assisted(**EARLY)],
        "2023-Q1 ASSISTED_BEFORE_STATUS",
    ),
    Life("closed, never assisted", [closed()], "2023-Q2 CLOSED_WITHOUT_ASSISTANCE"),
    Life(
        "closed before assisted",
        [presumed(**EARLY), assisted(**LATE), closed(**EARLY)],
        "2023-Q1 CLOSED_BEFORE_ASSISTANCE",
    ),
    Life(
        "prosecuted before suspected",
        [staged(**LATE), staged(**EARLY, stage="PROSEC")],
        "2023-Q1 PROSECUTED_BEFORE_SUSPECTED",
    ),
    Life(
        "convicted without prosecution",
        [staged(), staged(stage="CONV1")],
        "2023-Q2 CONVICTED_WITHOUT_PROSECUTION",
    ),
    Life(
        "convicted before prosecuted",
        [staged(**LATE, stage="PROSEC"), staged(**EARLY, stage="CONV1")],
        "2023-Q1 CONVICTED_BEFORE_PROSECUTION",
    ),
    Life(
        "finally convicted before the first instance",
        [
            staged(period="2023-01", stage="PROSEC"),
            staged(**EARLY, stage="CONVF"),
            staged(**LATE, stage="CONV1"),
        ],
        "2023-Q1 FINAL_BEFORE_FIRST_INSTANCE",
    ),
    Life("sentenced, not convicted", [sentenced()], "2023-Q2 SENTENCED_WITHOUT_CONVICTION"),
    Life(
        "sentenced before convicted",
        [
            staged(**EARLY, stage="PROSEC"),
            staged(**LATE, stage="CONV1"),
            sentenced(**EARLY),
        ],
        "2023-Q1 SENTENCED_BEFORE_CONVICTION",
    ),
    Life("of another sex", [presumed(), identified(sex="M")], "2023-Q2 SEX_DIFFERS"),
    Life(
        "of another citizenship",
        [presumed(), identified(citizenship="MLI")],
        "2023-Q2 CITIZENSHIP_DIFFERS",
    ),
    Life(
        "in hidden months of two quarters",
        [presumed(**HIDDEN), identified(**EARLY)],
        "2023-Q1 DECIDED_BEFORE_PRESUMED",
    ),
]

SOUND = [
    Life("in one month", [presumed(), identified(), referred(), assisted(), closed()], ""),
    Life("never presumed", [identified()], ""),
    Life("assisted while only presumed", [presumed(**EARLY), assisted(), identified(**LATE)], ""),
    Life("presumed a second time, later", [presumed(**EARLY), identified(**EARLY), presumed()], ""),
    Life(
        "acquitted, finally convicted", [staged(stage=s) for s in ("PROSEC", "ACQUIT", "CONVF")], ""
    ),
    Life("a hidden month of the quarter", [presumed(**HIDDEN), identified(**LATE)], ""),
    Life("sex unknown at first", [presumed(sex="_U"), identified()], ""),
    Life("sex suppressed", [presumed(sex="M", suppressed_fields=["sex"]), identified()], ""),
    Life(
        "citizenship told coarsely",
        [presumed(citizenship="011", citizenship_level="SUBREGION"), identified()],
        "",
    ),
    Life("withdrawn", [presumed(**LATE), identified(**EARLY, validation="WITHDRAWN")], ""),
    Life("nobody knows when", [assisted(validation="WITHDRAWN")], ""),
]


@pytest.mark.parametrize("life", [*FAULTY, *SOUND], ids=lambda life: life.story)
def test_what_is_found(life: Life) -> None:
    assert told(life.events, "DQ_SEQ") == ({life.found: 1} if life.found else {})


@pytest.mark.parametrize("life", FAULTY, ids=lambda life: life.story)
def test_the_order_of_arrival_hides_no_fault(life: Life) -> None:
    assert told(life.events[::-1], "DQ_SEQ") == {life.found: 1}


def test_every_fault_of_the_table_is_met_by_a_life() -> None:
    assert {fault.kind for fault in FAULTS} == {life.found.split()[1] for life in FAULTY}
    assert len({fault.kind for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("life", FAULTY, ids=lambda life: life.story)
def test_a_correction_takes_the_finding_back(life: Life) -> None:
    """Withdrawn one and all, nothing is left to find."""
    withdrawn = [{**event, "validation": "WITHDRAWN"} for event in life.events]
    assert cells_of(withdrawn) == Counter()


def test_what_is_at_fault_counts_as_it_is_told() -> None:
    events = [presumed(**LATE), identified(**EARLY)]
    assert set(told(events, "VIC_CITIZ")) == {"2023 CIV"}
    assert set(told(events, "VIC_PRES")) == {"2023-Q2 F Y18T29", "2023 F Y18T29"}


@settings(max_examples=60, deadline=None)
@given(lives())
def test_a_kind_is_found_once_a_subject_at_most(events: list[Fields]) -> None:
    found = told(events, "DQ_SEQ")
    kinds = [key.split()[1] for key in found]
    assert len(kinds) == len(set(kinds))
    assert set(found.values()) <= {1}
