"""What is told coarsely is counted where it belongs: hidden months, sub-regions, unknown sex."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.indicators.formulas import FORMULAS, Count
from processors.indicators.query import observe
from processors.indicators.rules import RULES, Cell, Once, cells_of, months_of, period_at
from schemas.anonymity import BOTTOM, TOP, Node, nodes
from schemas.indicators import catalogue
from tests.samples import Fields, ref
from tests.told import an_event_at, coarsened
from tests.unit.scenarios import (
    Scenario,
    assisted,
    identified,
    presumed,
    reported,
    returned,
    staged,
    told,
)
from tests.unit.test_counting_always import ALL_CELLS, LIVES

HIDDEN = {"period": "2023-06", "suppressed_fields": ["period"]}
"""A month of the second quarter of 2023."""
UNKNOWN_FORM = {"exploitation": ["_U"]}

SCENARIOS = [
    Scenario(
        "a report of a hidden month counts in its quarter and its year",
        [reported(**HIDDEN)],
        "REP_N",
        {"2023-Q2 TN-R1 HOTLINE NGO": 1, "2023 TN-R1 HOTLINE NGO": 1},
    ),
    Scenario(
        "beside one whose month is told",
        [reported(**HIDDEN), reported(period="2023-06")],
        "REP_N",
        {
            "2023-06 TN-R1 HOTLINE NGO": 1,
            "2023-Q2 TN-R1 HOTLINE NGO": 2,
            "2023 TN-R1 HOTLINE NGO": 2,
        },
    ),
    Scenario(
        "identified twice, first in a hidden month: once, in the first quarter of the two",
        [identified(period="2023-07", **UNKNOWN_FORM), identified(**HIDDEN, **UNKNOWN_FORM)],
        "VIC_IDENT",
        {
            f"{period} F Y18T29 FOREIGN TN-R1 XB {form}": 1
            for period in ("2023-Q2", "2023")
            for form in ("_T", "_U")
        },
    ),
    Scenario(
        "a hidden month and one that is told, of one quarter: once in it",
        [identified(**HIDDEN, citizenship="011"), identified(period="2023-05")],
        "VIC_CITIZ",
        {"2023 CIV": 1},
    ),
    Scenario(
        "presumed in a hidden month, identified later: the cohort of its year",
        [presumed(period="2022-12", suppressed_fields=["period"]), identified(period="2023-02")],
        "VIC_PRES2ID_NUM",
        {"2022": 1},
    ),
    Scenario(
        "assisted in two hidden months of a quarter: once in it",
        [presumed(), assisted(**HIDDEN), assisted(**HIDDEN)],
        "AST_N",
        {
            f"{period} {service} F Y18T29": 1
            for period in ("2023-Q2", "2023")
            for service in ("SHELTER", "_T")
        },
    ),
    Scenario(
        "assisted in a hidden month and in one that is told",
        [presumed(), assisted(**HIDDEN), assisted(period="2023-04")],
        "AST_N",
        {
            f"{period} {service} F Y18T29": 1
            for period in ("2023-Q2", "2023")
            for service in ("SHELTER", "_T")
        },
    ),
    Scenario(
        "a hidden month is told among the values that are unknown",
        [reported(**HIDDEN)],
        "DQ_UNK_NUM",
        {"2023-Q2 MONTH": 1},
    ),
    Scenario(
        "a corridor told by sub-regions",
        [identified(country_of_recruitment="011", country_of_exploitation="015", **UNKNOWN_FORM)],
        "COR_FLOW",
        {"2023 011 DZA 015 _T": 1, "2023 011 DZA 015 _U": 1},
    ),
    Scenario(
        "a corridor whose transit is hidden is not one without transit",
        [identified(transit_countries=[], suppressed_fields=["transit_countries"], **UNKNOWN_FORM)],
        "COR_FLOW",
        {"2023 CIV _U TUN _T": 1, "2023 CIV _U TUN _U": 1},
    ),
    Scenario(
        "a corridor of which nothing is told",
        [an_event_at(TOP, **UNKNOWN_FORM)],
        "COR_FLOW",
        {"2023 _U _U _U _T": 1, "2023 _U _U _U _U": 1},
    ),
    Scenario(
        "a national who came back from a sub-region",
        [returned(direction="IN", counterpart="145")],
        "COR_FLOW",
        {"2023 TUN _Z 145 _T": 1, "2023 TUN _Z 145 _U": 1},
    ),
    Scenario(
        "a suspect of whom nothing is told",
        [an_event_at(TOP, "justice.person_stage")],
        "SUS_N",
        {"2023 _U _U _U": 1},
    ),
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.measure}: {s.story}")
def test_what_a_subject_adds(scenario: Scenario) -> None:
    assert told(scenario.events, scenario.measure) == scenario.cells


# --- For every node ------------------------------------------------------------------------------

NODES = list(nodes())
BY_AREA = [Node(0, 0, level, level, 0, 0) for level in range(4)]
CITIZENSHIPS = [
    # as recorded, and NATFOR at each level of area
    ("TUN", "NATIONAL NATIONAL NATIONAL _U"),
    ("CIV", "FOREIGN FOREIGN FOREIGN _U"),
    ("MAR", "FOREIGN FOREIGN FOREIGN _U"),  # of Tunisia's own sub-region, and foreign
    ("011", "FOREIGN FOREIGN FOREIGN _U"),
    ("STATELESS", "STATELESS FOREIGN FOREIGN _U"),
    ("_U", "_U _U _U _U"),
]


@pytest.mark.parametrize(("citizenship", "counted"), CITIZENSHIPS)
def test_national_or_foreign_is_told_until_the_citizenship_is_not(
    citizenship: str, counted: str
) -> None:
    level = {"citizenship": citizenship, "citizenship_level": ""}
    events = [coarsened(staged(**level), node) for node in BY_AREA]
    cells = [cell for event in events for cell in told([event], "SUS_N")]
    assert cells == [f"2023 M Y_GE18 {value}" for value in counted.split()]


def told_at(node: Node) -> Counter[Cell]:
    """What the lives of the samples add when they are told at a node."""
    cells: Counter[Cell] = Counter()
    for types in LIVES:
        cells.update(cells_of([an_event_at(node, event_type) for event_type in types]))
    return cells


def whole(cells: Counter[Cell], code: str) -> dict[tuple[str, str], float | int | None]:
    """An indicator by quarters and years, in all."""
    sums: Counter[tuple[str, str]] = Counter()
    for o in observe(cells, code):
        if "-" not in o.time_period or "Q" in o.time_period:
            sums[o.ref_area, o.time_period] += o.value or 0
    return dict(sums)


@pytest.mark.parametrize("node", NODES, ids=str)
def test_every_indicator_can_be_asked_at_every_node(node: Node) -> None:
    cells = told_at(node)
    for code, entry in catalogue().items():
        for by in ([], *([breakdown] for breakdown in entry.breakdowns)):
            observe(cells, code, by)


OF_PLACES = ("COR_4", "DQ_SEQ")
COUNTS = [code for code, f in FORMULAS.items() if isinstance(f, Count) and code not in OF_PLACES]
"""Flows between the four are not told where places are told as sub-regions, and of faults fewer are
found where less is told."""


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(NODES))
def test_no_count_of_a_quarter_or_a_year_depends_on_the_node(node: Node) -> None:
    fine, coarse = told_at(BOTTOM), told_at(node)
    for code in COUNTS:
        assert whole(coarse, code) == whole(fine, code), code


# --- Months that are suppressed ------------------------------------------------------------------


def reports(*events: Fields) -> Counter[Cell]:
    """Reports, each of a case of its own."""
    cells: Counter[Cell] = Counter()
    for number, event in enumerate(events):
        cells.update(cells_of([{**event, "case_ref": ref(f"case {number}")}]))
    return cells


def by_period(cells: Counter[Cell], *by: str) -> dict[str, tuple[float | int | None, str]]:
    found = observe(cells, "REP_N", by)
    return {
        " ".join((o.time_period, *o.breakdown.values())): (o.value, o.obs_status) for o in found
    }


def test_a_quarter_of_known_months_tells_them() -> None:
    cells = reports(reported(period="2023-04"), reported(period="2023-06"))
    assert by_period(cells) == {
        "2023-04": (1, "A"),
        "2023-06": (1, "A"),
        "2023-Q2": (2, "A"),
        "2023": (2, "A"),
    }


def test_a_quarter_with_a_hidden_month_suppresses_all_three() -> None:
    """One of its months would be told too small, and zero where nothing is known of it."""
    cells = reports(reported(**HIDDEN), reported(period="2023-04"), reported(period="2023-07"))
    assert by_period(cells) == {
        "2023-04": (None, "Q"),
        "2023-05": (None, "Q"),
        "2023-06": (None, "Q"),
        "2023-07": (1, "A"),
        "2023-Q2": (2, "A"),
        "2023-Q3": (1, "A"),
        "2023": (3, "A"),
    }


def test_only_the_part_that_is_hidden_is_suppressed() -> None:
    cells = reports(reported(**HIDDEN), reported(period="2023-04", channel="WEB"))
    assert by_period(cells, "CHANNEL") == {
        "2023-04 HOTLINE": (None, "Q"),
        "2023-05 HOTLINE": (None, "Q"),
        "2023-06 HOTLINE": (None, "Q"),
        "2023-04 WEB": (1, "A"),
        "2023-Q2 HOTLINE": (1, "A"),
        "2023-Q2 WEB": (1, "A"),
        "2023 HOTLINE": (1, "A"),
        "2023 WEB": (1, "A"),
    }


def test_a_country_s_hidden_months_are_its_own() -> None:
    morocco = reported(country="MAR", producer="ma.cnclt", region="MA-N", period="2023-05")
    found = observe(reports(reported(**HIDDEN), morocco), "REP_N")
    assert {(o.ref_area, o.obs_status) for o in found if o.time_period == "2023-05"} == {
        ("MAR", "A"),
        ("TUN", "Q"),
    }


def test_indicators_without_months_suppress_nothing() -> None:
    for code, entry in catalogue().items():
        if "M" not in entry.frequencies:
            assert "Q" not in {o.obs_status for o in observe(ALL_CELLS, code)}, code


def test_what_is_counted_by_the_month_counts_every_event() -> None:
    """Otherwise a quarter could count less than its months, and hide what is hidden in it."""
    monthly = [rule for rule in RULES if "M" in rule.frequencies]
    assert monthly
    assert {(rule.once, "Q" in rule.frequencies) for rule in monthly} == {(Once.EACH, True)}
    by_month = [FORMULAS[c] for c, entry in catalogue().items() if "M" in entry.frequencies]
    assert {type(formula) for formula in by_month} == {Count}


@given(st.integers(2000, 2099), st.integers(1, 4))
def test_a_quarter_has_the_months_that_lie_in_it(year: int, number: int) -> None:
    quarter = f"{year}-Q{number}"
    months = months_of(quarter)
    assert len(set(months)) == 3
    assert {period_at(month, "Q") for month in months} == {quarter}
