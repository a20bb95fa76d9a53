"""From cells to indicators: what is added up, what is divided, and what cannot be told.

Cells are written as in the ledger. Victims of the tables are those of Tunisia in 2019, unless said
otherwise.
"""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.indicators.query import Observation, UnknownIndicator, observe
from processors.indicators.rules import Cell

Cells = dict[Cell, int]


def victims(
    number: int,
    sex: str = "F",
    age: str = "Y18T29",
    natfor: str = "FOREIGN",
    forms: str = "",
    *,
    geography: str = "_U",
    country: str = "TUN",
    period: str = "2019",
) -> Counter[Cell]:
    """Cells of identified victims: one of all forms, and one for each form told."""
    person = ("VIC_IDENT", country, period, sex, age, natfor, "_U", geography)
    return Counter({(*person, form): number for form in ("_T", *forms.split())})


def values(found: list[Observation]) -> dict[str, float | int | None]:
    """Observations by their breakdown."""
    return {" ".join(o.breakdown.values()): o.value for o in found}


def only(found: list[Observation]) -> Observation:
    (one,) = found
    return one


# --- Counts --------------------------------------------------------------------------------------

REGISTER = (
    victims(5, age="Y0T8", forms="SEX_PROST SEX SDG_SEX NAT_SEX SRV SDG_LAB NAT_OTH")
    + victims(3, age="Y9T17", sex="M", forms="LAB_DOM LAB SDG_LAB NAT_LAB")
    + victims(2, sex="_U", age="_U", natfor="_U", forms="_U")
)
"""Ten victims: five girls of two forms each, three boys in domestic work, two unknown."""

VIEWS: list[tuple[list[str], dict[str, int]]] = [
    ([], {"": 10}),
    (["SEX"], {"F": 5, "M": 3, "_U": 2}),
    (["NATFOR"], {"FOREIGN": 8, "_U": 2}),
    (["AGE"], {"Y0T17": 8, "_U": 2}),
    (["AGE_BAND"], {"Y0T8": 5, "Y9T17": 3, "_U": 2}),
    (["AGE", "SEX"], {"Y0T17 F": 5, "Y0T17 M": 3, "_U _U": 2}),
    (["FORM"], {"SEX_PROST": 5, "SEX": 5, "SRV": 5, "LAB_DOM": 3, "LAB": 3, "_U": 2}),
    (["FORM_SDG"], {"SDG_SEX": 5, "SDG_LAB": 8}),
    (["FORM_NAT"], {"NAT_SEX": 5, "NAT_OTH": 5, "NAT_LAB": 3}),
    (["FORM_SDG", "SEX"], {"SDG_SEX F": 5, "SDG_LAB F": 5, "SDG_LAB M": 3}),
]


@pytest.mark.parametrize(("by", "expected"), VIEWS, ids=str)
def test_views_of_one_register(by: list[str], expected: dict[str, int]) -> None:
    found = observe(REGISTER, "VIC_IDENT", by)
    assert values(found) == expected
    assert {(o.ref_area, o.time_period, o.obs_status) for o in found} == {("TUN", "2019", "A")}


def test_adults_told_in_bands_and_as_adults_are_one_group() -> None:
    cells = victims(1, age="Y18T29") + victims(1, age="Y_GE18") + victims(1, age="Y_GE48")
    assert values(observe(cells, "VIC_IDENT", ["AGE"])) == {"Y_GE18": 3}
    assert len(observe(cells, "VIC_IDENT", ["AGE_BAND"])) == 3


def test_countries_and_periods_stand_apart_in_order() -> None:
    cells = victims(1, country="TUN", period="2019") + victims(2, country="JOR", period="2019")
    cells += victims(3, country="JOR", period="2018") + victims(4, country="JOR", period="2019-Q4")
    found = observe(cells, "VIC_IDENT")
    assert [(o.ref_area, o.time_period, o.value) for o in found] == [
        ("JOR", "2018", 3),
        ("JOR", "2019", 2),
        ("JOR", "2019-Q4", 4),
        ("TUN", "2019", 1),
    ]


def test_a_yearly_indicator_leaves_the_quarters_out() -> None:
    cells = victims(1, period="2019") + victims(1, period="2019-Q1")
    assert only(observe(cells, "VIC_RATE")).time_period == "2019"


CONVICTIONS: Cells = {
    ("CONV_N", "JOR", "2019", "M", "Y_GE18", "NATIONAL", "TIPLAW", "CONV1"): 4,
    ("CONV_N", "JOR", "2019", "F", "Y_GE18", "NATIONAL", "TIPLAW", "CONV1"): 1,
    ("CONV_N", "JOR", "2019", "M", "Y_GE18", "NATIONAL", "TIPLAW", "CONVF"): 3,
}


def test_convictions_of_first_instance_and_final_ones_are_never_added_up() -> None:
    assert values(observe(CONVICTIONS, "CONV_N")) == {"CONV1": 5, "CONVF": 3}
    by_sex = values(observe(CONVICTIONS, "CONV_N", ["SEX"]))
    assert by_sex == {"CONV1 F": 1, "CONV1 M": 4, "CONVF M": 3}


def test_citizenship_is_told_without_being_asked_for() -> None:
    cells: Cells = {("VIC_CITIZ", "TUN", "2019", "CIV"): 7, ("VIC_CITIZ", "TUN", "2019", "TUN"): 2}
    assert values(observe(cells, "VIC_CITIZ")) == {"CIV": 7, "TUN": 2}


FLOWS = {
    "TUN TUN": 16,  # domestic
    "TUN LBN": 8,
    "LBN TUN": 4,
    "CIV TUN": 2,  # from outside the four
    "_U TUN": 1,
}


def test_flows_between_the_four_leave_out_domestic_and_outer_ones() -> None:
    cells: Cells = {
        ("COR_FLOW", "TUN", "2019", route.split()[0], transit, route.split()[1], form): number
        for route, number in FLOWS.items()
        for transit, form in (("_Z", "_T"), ("_Z", "BEG"))
    }
    assert values(observe(cells, "COR_FLOW", ["ORIGIN", "DEST"])) == FLOWS
    assert values(observe(cells, "COR_4", ["ORIGIN", "DEST"])) == {"TUN LBN": 8, "LBN TUN": 4}
    assert only(observe(cells, "COR_4")).value == 12


# --- Shares --------------------------------------------------------------------------------------

CHILDREN = (
    victims(10, age="Y0T8")
    + victims(20, age="Y9T17", sex="M")
    + victims(5, age="Y0T17")
    + victims(65, age="Y30T47")
    + victims(900, age="_U", sex="M")
)


def test_the_share_of_children_is_among_victims_of_known_age() -> None:
    share = only(observe(CHILDREN, "VIC_CHILD_SH"))
    assert (share.value, share.numerator, share.denominator) == (35.0, 35, 100)
    assert share.obs_status == "A"


def test_the_share_by_sex_has_the_denominator_of_that_sex() -> None:
    assert values(observe(CHILDREN, "VIC_CHILD_SH", ["SEX"])) == {"F": 18.75, "M": 100.0}


def test_the_share_of_foreigners_counts_stateless_and_leaves_unknowns_out() -> None:
    cells = victims(20, natfor="NATIONAL") + victims(15, natfor="FOREIGN")
    cells += victims(5, natfor="STATELESS") + victims(60, natfor="_U")
    assert only(observe(cells, "VIC_FOR_SH")).value == 50.0


def test_the_share_of_reports_by_civil_society_leaves_unknown_reporters_out() -> None:
    reporters = {"NGO": 10, "IGO": 5, "POLICE": 45, "_U": 40}
    cells: Cells = {
        ("REP_N", "TUN", "2019", "_U", "HOTLINE", who): number for who, number in reporters.items()
    }
    assert only(observe(cells, "REP_CSO_SH")).value == 25.0


def test_a_cohort_without_success_is_zero_and_not_missing() -> None:
    none = only(observe({("VIC_PRES2ID_DEN", "TUN", "2019"): 30}, "VIC_PRES2ID"))
    assert (none.value, none.obs_status) == (0.0, "A")


@pytest.mark.parametrize(("number", "status"), [(1, "U"), (19, "U"), (20, "A")])
def test_a_share_from_few_is_marked_as_of_low_reliability(number: int, status: str) -> None:
    assert only(observe(victims(number), "VIC_CHILD_SH")).obs_status == status


def test_referral_coverage_is_among_the_identified() -> None:
    cells = victims(30, age="Y0T8") + victims(10, age="Y30T47")
    cells += Counter({("REF_COV_NUM", "TUN", "2019", "F", "Y0T8"): 24})
    assert only(observe(cells, "REF_COV")).value == 60.0
    assert values(observe(cells, "REF_COV", ["AGE"])) == {"Y0T17": 80.0, "Y_GE18": 0.0}


def test_unknown_values_are_told_dimension_by_dimension() -> None:
    cells: Cells = {
        ("DQ_UNK_DEN", "TUN", "2019-Q1", "SEX"): 40,
        ("DQ_UNK_NUM", "TUN", "2019-Q1", "SEX"): 10,
        ("DQ_UNK_DEN", "TUN", "2019-Q1", "AGE"): 40,
    }
    assert values(observe(cells, "DQ_UNK")) == {"SEX": 25.0, "AGE": 0.0}


def test_a_share_of_nothing_known_is_missing_and_not_left_out() -> None:
    missing = only(observe(victims(30, age="_U"), "VIC_CHILD_SH"))
    assert (missing.value, missing.obs_status) == (None, "O")


# --- Rates ---------------------------------------------------------------------------------------

RATES = [
    # country, year, victims, residents (World Bank SP.POP.TOTL), rate: SDG database, 16.2.2
    ("TUN", "2019", 775, 11875081, "6.5263"),
    ("JOR", "2019", 9, 10671891, "0.0843"),
]


@pytest.mark.parametrize(("country", "year", "number", "residents", "rate"), RATES)
def test_the_rate_is_victims_for_each_100_000_residents(
    country: str, year: str, number: int, residents: int, rate: str
) -> None:
    found = only(observe(victims(number, country=country, period=year), "VIC_RATE"))
    assert found.denominator == residents
    assert f"{found.value:.4f}" == rate
    assert found.obs_status == "A"


def test_rates_by_form_are_parts_of_the_country_s_rate() -> None:
    cells = victims(20, forms="SDG_SEX") + victims(80, sex="M", forms="SDG_LAB")
    whole = only(observe(cells, "VIC_RATE")).value
    parts = values(observe(cells, "VIC_RATE", ["FORM_SDG"]))
    assert whole == pytest.approx(sum(part or 0 for part in parts.values()))
    assert parts["SDG_LAB"] == pytest.approx(0.8 * (whole or 0))


NO_POPULATION: list[tuple[list[str], Counter[Cell]]] = [
    (["SEX"], victims(30)),
    (["AGE"], victims(30)),
    (["SEX", "FORM"], victims(30, forms="BEG")),
    ([], victims(30, period="1999")),
]


@pytest.mark.parametrize(("by", "cells"), NO_POPULATION, ids=str)
def test_a_rate_without_its_population_is_missing_and_not_zero(
    by: list[str], cells: Counter[Cell]
) -> None:
    missing = only(observe(cells, "VIC_RATE", by))
    assert (missing.value, missing.obs_status, missing.denominator) == (None, "O", None)
    assert missing.numerator == 30


# --- What cannot be asked ------------------------------------------------------------------------

WRONG = [
    ("VIC_IDENTT", [], "VIC_IDENTT"),
    ("", [], ""),
    ("VIC_IDENT", ["ISIC"], "ISIC"),
    ("VIC_IDENT", ["sex"], "sex"),
    ("VIC_RATE", ["AGE_BAND"], "AGE_BAND"),
    ("VIC_CITIZ", ["SEX", "FORM"], "FORM, SEX"),
    ("REP_CSO_SH", ["REPORTER"], "REPORTER"),
]


@pytest.mark.parametrize(("indicator", "by", "got"), WRONG)
def test_what_the_catalogue_does_not_have_is_an_error(
    indicator: str, by: list[str], got: str
) -> None:
    with pytest.raises(UnknownIndicator) as caught:
        observe(REGISTER, indicator, by)
    assert caught.value.code == "UNKNOWN_INDICATOR"
    assert caught.value.got == got


def test_two_views_of_the_forms_at_once_are_an_error() -> None:
    with pytest.raises(UnknownIndicator):
        observe(REGISTER, "VIC_IDENT", ["FORM", "FORM_SDG"])


def test_no_cells_give_no_observations() -> None:
    assert observe({}, "VIC_IDENT", ["SEX"]) == []


# --- For all cells -------------------------------------------------------------------------------

PERSONS = st.dictionaries(
    st.sampled_from(
        [*product(("F", "M", "_U"), ("Y0T8", "Y18T29", "Y_GE18", "_U"), ("NATIONAL", "_U"))]
    ),
    st.integers(1, 50),
)


@given(PERSONS)
def test_parts_add_up_to_the_whole(persons: dict[tuple[str, str, str], int]) -> None:
    cells: Counter[Cell] = Counter()
    for (sex, age, natfor), number in persons.items():
        cells += victims(number, sex, age, natfor, forms="BEG NAT_OTH SDG_OTH")
    whole = sum(o.value or 0 for o in observe(cells, "VIC_IDENT"))
    assert whole == sum(persons.values())
    for by in (["SEX"], ["AGE"], ["AGE_BAND"], ["NATFOR"], ["SEX", "AGE", "NATFOR"]):
        assert sum(o.value or 0 for o in observe(cells, "VIC_IDENT", by)) == whole


@given(PERSONS)
def test_a_share_lies_between_0_and_100(persons: dict[tuple[str, str, str], int]) -> None:
    cells: Counter[Cell] = Counter()
    for (sex, age, natfor), number in persons.items():
        cells += victims(number, sex, age, natfor)
    for share in ("VIC_CHILD_SH", "VIC_FOR_SH"):
        for o in observe(cells, share, ["SEX"]):
            missing = o.value is None
            assert missing == (o.obs_status == "O") == (not o.denominator)
            assert missing or 0 <= (o.value or 0) <= 100
