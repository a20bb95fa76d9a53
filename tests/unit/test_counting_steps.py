"""What the steps of protection and of proceedings add: delays, services, remedies, outcomes."""

from __future__ import annotations

import pytest

from processors.indicators.dimensions import BANDS, lag_band
from schemas.codelists import codelist
from tests.unit.scenarios import (
    Scenario,
    assisted,
    identified,
    presumed,
    referred,
    reported,
    requested,
    returned,
    sentenced,
    staged,
    told,
    trained,
)

VICTIMS = [
    Scenario(
        "two means and two forms of one group: under each means, in all and in the group",
        [identified(means_of_control=["EARN", "DOCS"], exploitation=["LAB_DOM", "SRV"])],
        "VIC_MEANS",
        {f"2023 F {sdg} {m}": 1 for sdg in ("_T", "SDG_LAB") for m in ("_T", "EARN", "DOCS")},
    ),
    Scenario(
        "no means recorded: told as unknown",
        [identified(means_of_control=["_U"], exploitation=["_U"])],
        "VIC_MEANS",
        {f"2023 F {sdg} {means}": 1 for sdg in ("_T", "_U") for means in ("_T", "_U")},
    ),
    Scenario(
        "how a victim was recruited, and into which sector",
        [identified(exploitation=["SEX_PROST", "BEG"])],
        "VIC_RECRUITED",
        {f"2023 AGENCY OTHER A {sdg}": 1 for sdg in ("_T", "SDG_SEX", "SDG_OTH")},
    ),
]

DELAYS = [
    Scenario(
        "the delay of the first identification, not of the one on appeal",
        [
            identified(period="2023-02", days_from_report="D91T180"),
            identified(period="2022-11", days_from_report="D31T90"),
        ],
        "T_REP_ID",
        {"2022 D31T90 Y18T29": 1},
    ),
    Scenario(
        "of two identifications of one month the shorter delay",
        [identified(days_from_report="D31T90"), identified(days_from_report="D0T7")],
        "T_REP_ID",
        {"2023 D0T7 Y18T29": 1},
    ),
    Scenario(
        "found to be no victim: no delay",
        [identified(status="NOTVICTIM")],
        "T_REP_ID",
        {},
    ),
    Scenario(
        "the first referral, though it was refused",
        [
            referred(period="2023-03", days_from_identification="D8T30", accepted="N"),
            referred(period="2023-04", days_from_identification="D31T90"),
        ],
        "T_ID_REF",
        {"2023 D8T30": 1},
    ),
    Scenario(
        "the first service of several, and in all",
        [
            assisted(service="LEGAID", days_from_referral="D31T90"),
            assisted(service="MEDICAL", days_from_referral="D0T7"),
            assisted(service="EDUC", days_from_referral="_U"),
        ],
        "T_REF_AST",
        {"2023 D0T7 _T": 1, "2023 D0T7 MEDICAL": 1},
    ),
    Scenario(
        "an unknown delay is told as such",
        [assisted(days_from_referral="_U")],
        "T_REF_AST",
        {"2023 _U _T": 1, "2023 _U SHELTER": 1},
    ),
]


def given(*services: str) -> list[dict[str, object]]:
    return [identified(period="2022-12"), *(assisted(service=service) for service in services)]


SERVICES = [
    Scenario(
        "shelter, care and law: the core, in the year of identification",
        given("SHELTER", "PSYCH", "LEGINFO"),
        "AST_CORE_COV_NUM",
        {"2022": 1},
    ),
    Scenario(
        "medical care and aid",
        given("SHELTER", "MEDICAL", "LEGAID"),
        "AST_CORE_COV_NUM",
        {"2022": 1},
    ),
    Scenario("no shelter", given("MEDICAL", "PSYCH", "LEGAID"), "AST_CORE_COV_NUM", {}),
    Scenario("no care", given("SHELTER", "LEGINFO", "LEGAID"), "AST_CORE_COV_NUM", {}),
    Scenario("no law", given("SHELTER", "MEDICAL", "PSYCH"), "AST_CORE_COV_NUM", {}),
    Scenario(
        "the core for one who was only presumed",
        [presumed(), *given("SHELTER", "MEDICAL", "LEGAID")[1:]],
        "AST_CORE_COV_NUM",
        {},
    ),
    Scenario(
        "compensated by perpetrator and State in a year: under each, once in all",
        [assisted(service="COMPF"), assisted(service="COMPS", period="2023-11"), assisted()],
        "COMP_N",
        {"2023 COMPF": 1, "2023 COMPS": 1, "2023 _T": 1},
    ),
    Scenario(
        "compensated in two years: in each",
        [assisted(service="COMPS", period="2022-11"), assisted(service="COMPS")],
        "COMP_N",
        {f"{year} {kind}": 1 for year in ("2022", "2023") for kind in ("COMPS", "_T")},
    ),
    Scenario("assisted, not compensated", [assisted()], "COMP_N", {}),
    Scenario(
        "a recovery period and its extension in one year",
        [assisted(service="REFLECT"), assisted(service="REFLECT", period="2023-09")],
        "AST_N",
        {
            f"{period} {service} _U _U": 1
            for period in ("2023-Q2", "2023-Q3", "2023")
            for service in ("REFLECT", "_T")
        },
    ),
    Scenario(
        "sent home twice: two returns",
        [returned(), returned(period="2023-12", counterpart="MLI")],
        "RETURN_N",
        {"2023 OUT CIV": 1, "2023 OUT MLI": 1},
    ),
]

JUSTICE = [
    Scenario(
        "convicted years later: a success of the year of prosecution",
        [staged(stage="PROSEC", period="2021-03"), staged(stage="CONV1", period="2023-02")],
        "CONV_RATE_NUM",
        {"2021": 1},
    ),
    Scenario(
        "convicted at first instance and finally: once",
        [staged(stage=stage) for stage in ("PROSEC", "CONV1", "CONVF")],
        "CONV_RATE_NUM",
        {"2023": 1},
    ),
    Scenario("acquitted", [staged(stage="PROSEC"), staged(stage="ACQUIT")], "CONV_RATE_NUM", {}),
    Scenario(
        "convicted, prosecution untold: no cohort", [staged(stage="CONV1")], "CONV_RATE_NUM", {}
    ),
    Scenario(
        "requalified: under the offence that was prosecuted",
        [
            staged(stage="PROSEC", period="2022-03"),
            staged(stage="REQUAL", offence_basis="PROST"),
        ],
        "REQUAL_SH_NUM",
        {"2022 TIPLAW": 1},
    ),
    Scenario(
        "a sentence, with assets taken",
        [sentenced(assets_confiscated=True)],
        "SENT_N",
        {"2023 C5T10 Y": 1},
    ),
    Scenario(
        "a fine, and nothing taken", [sentenced(sentence="FINE")], "SENT_N", {"2023 FINE N": 1}
    ),
    Scenario(
        "two requests of one case",
        [requested(), requested(direction="RECEIVED", kind="POLICE", outcome="EXECUTED")],
        "COOP_N",
        {"2023 SENT ITA MLA OPEN": 1, "2023 RECEIVED ITA POLICE EXECUTED": 1},
    ),
    Scenario(
        "a training of trainers",
        [trained(audience=["NGO"], participants_f=6, participants_total=6, is_tot=True)],
        "TRN_N_PER",
        {
            f"{period} PREV {audience} BLEND Y F": 6
            for period in ("2023-Q2", "2023")
            for audience in ("_T", "NGO")
        },
    ),
]

LATE = [
    Scenario(
        "told late: in the quarter of acceptance, not of the fact",
        [reported(period="2023-02", first_accepted="2023-09-15")],
        "DQ_LATE",
        {"2023-Q3 D181T365": 1},
    ),
    Scenario(
        "told within its month",
        [reported(period="2023-02", first_accepted="2023-02-20")],
        "DQ_LATE",
        {"2023-Q1 D0T7": 1},
    ),
    Scenario(
        "of a hidden month: from the end of its quarter",
        [reported(period="2023-03", suppressed_fields=["period"], first_accepted="2023-04-20")],
        "DQ_LATE",
        {"2023-Q2 D8T30": 1},
    ),
    Scenario(
        "withdrawn: not counted",
        [reported(validation="WITHDRAWN", first_accepted="2023-09-15")],
        "DQ_LATE",
        {},
    ),
    Scenario("not of a ledger: nothing is known of its acceptance", [reported()], "DQ_LATE", {}),
]  # fmt: skip

SCENARIOS = [*VICTIMS, *DELAYS, *SERVICES, *JUSTICE, *LATE]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.measure}: {s.story}")
def test_what_a_subject_adds(scenario: Scenario) -> None:
    assert told(scenario.events, scenario.measure) == scenario.cells


@pytest.mark.parametrize("scenario", DELAYS, ids=lambda s: f"{s.measure}: {s.story}")
def test_the_order_of_arrival_decides_no_delay(scenario: Scenario) -> None:
    assert told(scenario.events[::-1], scenario.measure) == scenario.cells


DAYS = [
    # month of the fact, day of acceptance, band
    ("2023-12", "2023-12-01", "D0T7"),
    ("2023-12", "2024-01-07", "D0T7"),
    ("2023-12", "2024-01-08", "D8T30"),
    ("2024-02", "2024-03-30", "D8T30"),
    ("2024-02", "2024-03-31", "D31T90"),
    ("2023-01", "2023-05-01", "D31T90"),
    ("2023-01", "2023-05-02", "D91T180"),
    ("2023-01", "2024-01-31", "D181T365"),
    ("2023-01", "2024-02-01", "D_GT365"),
    ("2023-01", "2020-01-01", "D0T7"),
]


@pytest.mark.parametrize(("month", "day", "band"), DAYS)
def test_a_lag_is_counted_from_the_end_of_the_month(month: str, day: str, band: str) -> None:
    assert lag_band(month, day) == band


def test_the_bands_are_those_of_the_code_list_in_their_order() -> None:
    assert [*BANDS, "_U"] == list(codelist("CL_DUR_BAND").codes)
