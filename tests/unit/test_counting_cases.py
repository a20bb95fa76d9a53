"""What proceedings, corridors, training and unknown values add to the cells."""

from __future__ import annotations

import pytest

from tests.unit.scenarios import (
    Scenario,
    identified,
    intercepted,
    investigated,
    presumed,
    returned,
    staged,
    told,
    trained,
)

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
            f"{period} PREV {audience} BLEND N {sex}": number
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
            f"{period} PREV {audience} BLEND N M": 6
            for period in ("2023-Q2", "2023")
            for audience in ("_T", "NGO")
        },
    ),
    Scenario(
        "too few to tell sexes",
        [trained(audience=["NGO"], participants_f=None, participants_total=3)],
        "TRN_N_PER",
        {
            f"{period} PREV {audience} BLEND N _U": 3
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
        {f"2023-Q2 {dimension}": 1 for dimension in ("MONTH", *WATCHED, "DUR_BAND")},
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
        [presumed(age_band="Y_GE18", suppressed_fields=["age_band", "citizenship"])],
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

SCENARIOS = [*JUSTICE, *FLOWS, *TRAINING, *QUALITY]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.measure}: {s.story}")
def test_what_a_subject_adds(scenario: Scenario) -> None:
    assert told(scenario.events, scenario.measure) == scenario.cells


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
