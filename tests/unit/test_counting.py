"""The counting rules, as tables of scenarios: the events of one subject, and the cells they fill.

A cell is written without its measure and country: ``2023 F Y18T29`` is period and dimensions.
Where no more is said, the person is the one of `tests.samples`: a woman of 18 to 29 from Côte
d'Ivoire, exploited in domestic work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import pytest

from processors.indicators.rules import cells_of
from tests.generated import Fields
from tests.samples import an_event

presumed = partial(an_event, "victim.presumed")
identified = partial(an_event, "victim.identified")
referred = partial(an_event, "victim.referred")
assisted = partial(an_event, "assistance.provided")
returned = partial(an_event, "victim.return")
reported = partial(an_event, "report.received")
triaged = partial(an_event, "report.triaged")
transmitted = partial(an_event, "report.transmitted")
staged = partial(an_event, "justice.person_stage")
investigated = partial(an_event, "justice.investigation_opened")
intercepted = partial(an_event, "network.intercepted")
trained = partial(an_event, "training.delivered")


def told(events: Sequence[Fields], measure: str) -> dict[str, int]:
    """The cells of a measure, as the tables write them."""
    return {
        " ".join(cell[2:]): number
        for cell, number in cells_of(events).items()
        if cell[0] == measure
    }


# --- Scenarios -----------------------------------------------------------------------------------


class Scenario(NamedTuple):
    """What happened to one subject, and every cell of one measure."""

    story: str
    events: list[Fields]
    measure: str
    cells: dict[str, int]


ONCE_EVER = [
    Scenario(
        "an identification counts in its quarter and its year",
        [identified(period="2023-05", exploitation=["_U"])],
        "VIC_IDENT",
        {
            "2023-Q2 F Y18T29 FOREIGN _T": 1,
            "2023-Q2 F Y18T29 FOREIGN _U": 1,
            "2023 F Y18T29 FOREIGN _T": 1,
            "2023 F Y18T29 FOREIGN _U": 1,
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

JUSTICE = [
    Scenario(
        "suspected twice in one case",
        [staged(period="2023-01"), staged(period="2022-01")],
        "SUS_N",
        {"2022 M Y_GE18 NATIONAL": 1},
    ),
    Scenario(
        "convicted at first instance and finally: one in each, apart",
        [staged(stage="CONV1", period="2022-11"), staged(stage="CONVF", period="2023-04")],
        "CONV_N",
        {
            "2022 M Y_GE18 NATIONAL TIPLAW CONV1": 1,
            "2023 M Y_GE18 NATIONAL TIPLAW CONVF": 1,
        },
    ),
    Scenario(
        "convicted at first instance twice, after a retrial",
        [staged(stage="CONV1", period="2022-11"), staged(stage="CONV1", period="2023-04")],
        "CONV_N",
        {"2022 M Y_GE18 NATIONAL TIPLAW CONV1": 1},
    ),
    Scenario(
        "prosecuted, not convicted",
        [staged(stage="PROSEC"), staged(stage="ACQUIT")],
        "CONV_N",
        {},
    ),
    Scenario(
        "prosecuted",
        [staged(stage="PROSEC")],
        "PRO_N",
        {"2023 M Y_GE18 NATIONAL TIPLAW": 1},
    ),
    Scenario(
        "an investigation of two forms",
        [investigated(exploitation=["BEG", "ORG"])],
        "INV_N",
        {
            f"{period} TIPLAW {form}": 1
            for period in ("2023-Q2", "2023")
            for form in ("_T", "BEG", "ORG", "SDG_OTH", "SDG_ORG", "NAT_OTH")
        },
    ),
    Scenario("a network", [intercepted()], "NET_N", {"2023 ASSOC DISMANTLED": 1}),
]

ROUTE = "CIV DZA TUN"
HOME_FROM_LIBYA = returned(direction="IN", counterpart="LBY")
FLOWS = [
    Scenario(
        "the corridor of an identified victim",
        [identified(exploitation=["BEG"])],
        "COR_FLOW",
        {f"2023 {ROUTE} {form}": 1 for form in ("_T", "BEG", "SDG_OTH", "NAT_OTH")},
    ),
    Scenario(
        "no transit is told apart from unknown transit",
        [identified(transit_countries=[], exploitation=["_U"])],
        "COR_FLOW",
        {"2023 CIV _Z TUN _T": 1, "2023 CIV _Z TUN _U": 1},
    ),
    Scenario(
        "the first of three transit countries",
        [identified(transit_countries=["NER", "DZA", "LBY"], exploitation=["_U"])],
        "COR_FLOW",
        {"2023 CIV NER TUN _T": 1, "2023 CIV NER TUN _U": 1},
    ),
    Scenario(
        "a national who came back, identified abroad",
        [HOME_FROM_LIBYA],
        "COR_FLOW",
        {"2023 TUN _Z LBY _T": 1, "2023 TUN _Z LBY _U": 1},
    ),
    Scenario(
        "a national who came back and was identified here: one corridor, the identification's",
        [HOME_FROM_LIBYA, identified(exploitation=["_U"])],
        "COR_FLOW",
        {f"2023 {ROUTE} _T": 1, f"2023 {ROUTE} _U": 1},
    ),
    Scenario(
        "a national who came back and was found here to be no victim still came that way",
        [HOME_FROM_LIBYA, identified(status="NOTVICTIM", exploitation=["BEG"])],
        "COR_FLOW",
        {f"2023 TUN _Z LBY {form}": 1 for form in ("_T", "BEG", "SDG_OTH", "NAT_OTH")},
    ),
    Scenario("a return to the country of origin", [returned(direction="OUT")], "COR_FLOW", {}),
]

TRAINING = [
    Scenario(
        "nine women and eleven of unknown sex, before two audiences",
        [trained(audience=["JUDGE", "POLICE"], participants_f=9, participants_total=20)],
        "TRN_N_PER",
        {
            f"{period} PREV {audience} BLEND {sex}": number
            for period in ("2023-Q2", "2023")
            for audience in ("_T", "JUDGE", "POLICE")
            for sex, number in (("F", 9), ("_U", 11))
        },
    ),
    Scenario(
        "everyone's sex known: no cell for the unknown",
        [trained(audience=["NGO"], participants_f=0, participants_m=6, participants_total=6)],
        "TRN_N_PER",
        {
            f"{period} PREV {audience} BLEND M": 6
            for period in ("2023-Q2", "2023")
            for audience in ("_T", "NGO")
        },
    ),
    Scenario(
        "too few to tell sexes",
        [trained(audience=["NGO"], participants_f=None, participants_total=3)],
        "TRN_N_PER",
        {
            f"{period} PREV {audience} BLEND _U": 3
            for period in ("2023-Q2", "2023")
            for audience in ("_T", "NGO")
        },
    ),
    Scenario(
        "the session itself counts once, whoever came",
        [trained(audience=["JUDGE", "POLICE"])],
        "TRN_N",
        {
            f"{period} PREV {audience} BLEND": 1
            for period in ("2023-Q2", "2023")
            for audience in ("_T", "JUDGE", "POLICE")
        },
    ),
]

WATCHED = ("SEX", "AGE", "CITIZ", "EXPLOITATION", "REGION")
QUALITY = [
    Scenario(
        "every watched field of an event is in the denominator",
        [presumed()],
        "DQ_UNK_DEN",
        {f"2023-Q2 {dimension}": 1 for dimension in WATCHED} | {"2023-Q2 DUR_BAND": 1},
    ),
    Scenario("nothing unknown", [presumed()], "DQ_UNK_NUM", {}),
    Scenario(
        "unknown values, single and in lists",
        [presumed(sex="_U", exploitation=["_U"], citizenship="_U", days_from_report="_U")],
        "DQ_UNK_NUM",
        {f"2023-Q2 {d}": 1 for d in ("SEX", "EXPLOITATION", "CITIZ", "DUR_BAND")},
    ),
    Scenario(
        "a suppressed field counts as unknown, though a coarser value is told",
        [presumed(citizenship="011", citizenship_level="SUBREGION")]
        + [presumed(suppressed_fields=["age_band", "citizenship"])],
        "DQ_UNK_NUM",
        {"2023-Q2 AGE": 1, "2023-Q2 CITIZ": 1},
    ),
    Scenario(
        "unknown and suppressed at once is one unknown value",
        [presumed(sex="_U", suppressed_fields=["sex"])],
        "DQ_UNK_NUM",
        {"2023-Q2 SEX": 1},
    ),
    Scenario(
        "the age of a suspect is watched with that of victims",
        [staged(adult="_U")],
        "DQ_UNK_NUM",
        {"2023-Q2 AGE": 1},
    ),
]

SCENARIOS = [*ONCE_EVER, *COHORTS, *ONCE_A_PERIOD, *JUSTICE, *FLOWS, *TRAINING, *QUALITY]


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
        f"{period} F Y18T29 FOREIGN {value}": 1
        for period in ("2023-Q2", "2023")
        for value in values.split()
    }


CITIZENSHIPS = [
    ("TUN", "NATIONAL"),
    ("NATIONAL", "NATIONAL"),
    ("MAR", "FOREIGN"),
    ("011", "FOREIGN"),
    ("FOREIGN", "FOREIGN"),
    ("STATELESS", "STATELESS"),
    ("_U", "_U"),
]


@pytest.mark.parametrize(("citizenship", "counted"), CITIZENSHIPS)
def test_national_or_foreign_is_seen_from_the_reporting_country(
    citizenship: str, counted: str
) -> None:
    (cell,) = told([staged(citizenship=citizenship)], "SUS_N")
    assert cell == f"2023 M Y_GE18 {counted}"


def test_nothing_is_counted_of_nothing() -> None:
    assert cells_of([]) == Counter()
