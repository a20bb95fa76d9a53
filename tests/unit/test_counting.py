"""What victims and reports add to the cells: once ever, once a period, and as cohorts."""

from __future__ import annotations

from collections import Counter

import pytest

from processors.indicators.rules import cells_of
from tests.unit.scenarios import (
    Scenario,
    assisted,
    identified,
    presumed,
    referred,
    reported,
    told,
    transmitted,
    triaged,
)

ONCE_EVER = [
    Scenario(
        "an identification counts in its quarter and its year",
        [identified(period="2023-05", exploitation=["_U"])],
        "VIC_IDENT",
        {
            "2023-Q2 F Y18T29 FOREIGN TN-R1 XB _T": 1,
            "2023-Q2 F Y18T29 FOREIGN TN-R1 XB _U": 1,
            "2023 F Y18T29 FOREIGN TN-R1 XB _T": 1,
            "2023 F Y18T29 FOREIGN TN-R1 XB _U": 1,
        },
    ),
    Scenario(
        "identified twice: once, in the period of the first, whichever arrived first",
        [identified(period="2023-05"), identified(period="2022-11")],
        "VIC_CITIZ",
        {"2022 CIV": 1},
    ),
    Scenario(
        "found to be no victim",
        [identified(status="NOTVICTIM")],
        "VIC_CITIZ",
        {},
    ),
    Scenario(
        "found to be no victim at first, identified on appeal: in the period of the appeal",
        [identified(status="NOTVICTIM", period="2022-12"), identified(period="2023-02")],
        "VIC_CITIZ",
        {"2023 CIV": 1},
    ),
    Scenario(
        "presumed twice",
        [presumed(period="2022-12"), presumed(period="2023-01")],
        "VIC_PRES",
        {"2022-Q4 F Y18T29": 1, "2022 F Y18T29": 1},
    ),
    Scenario(
        "only presumed is not identified",
        [presumed()],
        "VIC_IDENT",
        {},
    ),
]

COHORTS = [
    Scenario(
        "presumed in 2022, identified in 2023: a success of 2022",
        [presumed(period="2022-12"), identified(period="2023-02")],
        "VIC_PRES2ID_NUM",
        {"2022": 1},
    ),
    Scenario(
        "the same person in the denominator",
        [presumed(period="2022-12"), identified(period="2023-02")],
        "VIC_PRES2ID_DEN",
        {"2022": 1},
    ),
    Scenario(
        "presumed and found to be no victim: denominator only",
        [presumed(period="2022-12"), identified(status="NOTVICTIM")],
        "VIC_PRES2ID_NUM",
        {},
    ),
    Scenario("identified without presumption: no cohort", [identified()], "VIC_PRES2ID_DEN", {}),
    Scenario(
        "an accepted referral, long after",
        [identified(period="2022-12"), referred(period="2023-06", accepted="Y")],
        "REF_COV_NUM",
        {"2022 F Y18T29": 1},
    ),
    Scenario(
        "a referral that is pending",
        [identified(), referred(accepted="PENDING")],
        "REF_COV_NUM",
        {},
    ),
    Scenario(
        "refused at first, accepted elsewhere, twice",
        [identified(), referred(accepted="N"), referred(), referred(to_type="GOV")],
        "REF_COV_NUM",
        {"2023 F Y18T29": 1},
    ),
    Scenario("referred before any identification", [presumed(), referred()], "REF_COV_NUM", {}),
    Scenario(
        "a report that was accepted",
        [reported(period="2022-12"), triaged(period="2023-01")],
        "REP_TRANS_SH_DEN",
        {"2022": 1},
    ),
    Scenario(
        "accepted and not transmitted",
        [reported(period="2022-12"), triaged(period="2023-01")],
        "REP_TRANS_SH_NUM",
        {},
    ),
    Scenario(
        "accepted and transmitted: a success of the year of the report",
        [reported(period="2022-12"), triaged(period="2023-01"), transmitted(period="2023-02")],
        "REP_TRANS_SH_NUM",
        {"2022": 1},
    ),
    Scenario(
        "found not to be trafficking, yet transmitted: in neither",
        [reported(), triaged(outcome="NOT_TIP"), transmitted()],
        "REP_TRANS_SH_DEN",
        {},
    ),
    Scenario(
        "found not to be trafficking, yet transmitted: no success either",
        [reported(), triaged(outcome="NOT_TIP"), transmitted()],
        "REP_TRANS_SH_NUM",
        {},
    ),
    Scenario(
        "a report counts when it is received, whatever becomes of it",
        [reported(), triaged(outcome="NOT_TIP")],
        "REP_N",
        {
            "2023-05 TN-R1 HOTLINE NGO": 1,
            "2023-Q2 TN-R1 HOTLINE NGO": 1,
            "2023 TN-R1 HOTLINE NGO": 1,
        },
    ),
    Scenario(
        "two reports of one case are two reports",
        [reported(period="2023-01"), reported(period="2023-12", channel="WEB")],
        "REP_N",
        {
            "2023-01 TN-R1 HOTLINE NGO": 1,
            "2023-Q1 TN-R1 HOTLINE NGO": 1,
            "2023 TN-R1 HOTLINE NGO": 1,
            "2023-12 TN-R1 WEB NGO": 1,
            "2023-Q4 TN-R1 WEB NGO": 1,
            "2023 TN-R1 WEB NGO": 1,
        },
    ),
]

ONCE_A_PERIOD = [
    Scenario(
        "assisted in three quarters of a year: once in each, once in the year",
        [presumed(), *(assisted(period=month) for month in ("2023-01", "2023-02", "2023-05"))],
        "AST_N",
        {
            "2023-Q1 SHELTER F Y18T29": 1,
            "2023-Q1 _T F Y18T29": 1,
            "2023-Q2 SHELTER F Y18T29": 1,
            "2023-Q2 _T F Y18T29": 1,
            "2023 SHELTER F Y18T29": 1,
            "2023 _T F Y18T29": 1,
        },
    ),
    Scenario(
        "two services in a quarter: under each, and once in all",
        [assisted(), assisted(service="LEGAID", period="2023-06")],
        "AST_N",
        {
            "2023-Q2 SHELTER _U _U": 1,
            "2023-Q2 LEGAID _U _U": 1,
            "2023-Q2 _T _U _U": 1,
            "2023 SHELTER _U _U": 1,
            "2023 LEGAID _U _U": 1,
            "2023 _T _U _U": 1,
        },
    ),
    Scenario(
        "the identification describes the person better than the presumption",
        [presumed(sex="_U", age_band="_U"), assisted(), identified(sex="M", age_band="Y9T17")],
        "AST_N",
        {
            f"{period} {service} M Y9T17": 1
            for period in ("2023-Q2", "2023")
            for service in ("SHELTER", "_T")
        },
    ),
]

SCENARIOS = [*ONCE_EVER, *COHORTS, *ONCE_A_PERIOD]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.measure}: {s.story}")
def test_what_a_subject_adds(scenario: Scenario) -> None:
    assert told(scenario.events, scenario.measure) == scenario.cells


FORMS = [
    # codes recorded, values under which the victim counts, each once
    (["SEX_PROST"], "_T SEX_PROST SEX SDG_SEX NAT_SEX"),
    (["LAB_DOM", "LAB_AGR"], "_T LAB_DOM LAB_AGR LAB SDG_LAB NAT_LAB"),
    (["LAB", "LAB_DOM"], "_T LAB LAB_DOM SDG_LAB NAT_LAB"),
    (["SRV"], "_T SRV SDG_LAB NAT_OTH"),
    (["SLV_DEBT"], "_T SLV_DEBT SLV SDG_LAB NAT_OTH"),
    (["SRV", "LAB_DOM"], "_T SRV LAB_DOM LAB SDG_LAB NAT_LAB NAT_OTH"),
    (["SRV", "BEG"], "_T SRV BEG SDG_LAB SDG_OTH NAT_OTH"),
    (["SEX", "ORG"], "_T SEX ORG SDG_SEX SDG_ORG NAT_SEX NAT_OTH"),
    (["_U"], "_T _U"),
]


@pytest.mark.parametrize(("codes", "values"), FORMS, ids=lambda v: "+".join(v) if v else "")
def test_forms_of_exploitation_a_victim_counts_under(codes: list[str], values: str) -> None:
    """SDG 16.2.2 puts slavery and servitude with forced labour, national returns with others."""
    cells = told([identified(exploitation=codes)], "VIC_IDENT")
    assert cells == {
        f"{period} F Y18T29 FOREIGN TN-R1 XB {value}": 1
        for period in ("2023-Q2", "2023")
        for value in values.split()
    }


def test_nothing_is_counted_of_nothing() -> None:
    assert cells_of([]) == Counter()
