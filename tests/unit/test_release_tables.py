"""The file of tables and the calendar that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from processors.release.calendar import due_on, item_of, items, last_day
from processors.release.errors import NotDue, TablesInvalid
from processors.release.sampler import coverage
from processors.release.tables import OF_PERSONS, holds, read_tables, rows_of, shipped
from schemas.case_events import EVENT_TYPES
from schemas.codelists import CodeOf, codelist

SHIPPED = (files("processors.release") / "tables.yaml").read_bytes()
PERSONS = [name for name, table in shipped().tables.items() if table.of_persons]


def test_there_are_eight_tables_of_persons_and_they_spend_the_budget_exactly() -> None:
    assert PERSONS == ["P1", "P2", "P3", "F1", "F2", "F3", "F4", "F5"]
    assert sum(map(shipped().rho, PERSONS)) == Fraction(1, 2) == shipped().budget.rho
    assert {shipped().rho(name) for name in PERSONS} == {Fraction(1, 16)}
    assert shipped().rho("E1") == 0


def test_the_finest_cross_is_never_published() -> None:
    assert max(len(table.by) for table in shipped().tables.values()) <= 3


def test_the_band_that_is_printed_holds_nearly_always() -> None:
    assert coverage(shipped().noise.band) > 0.975


Change = Callable[[dict[str, Any]], object]


def set_at(*path: str, to: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


ERRATUM = {"table": "F1", "period": "2023", "decision": "board, no. 4", "due": date(2025, 1, 1)}


@pytest.mark.parametrize(
    ("what", "change", "where"),
    [
        ("a ninth table", lambda d: d["tables"].update(F6=d["tables"]["F1"]), "budget.rho"),
        ("less noise", set_at("noise", "variance", to=4), "noise.variance"),
        ("a smaller budget", set_at("budget", "rho", to="1/4"), "budget.rho"),
        ("persons without _U", set_at("dimensions", "SEX", to=["F", "M", "_O"]), "SEX"),
        ("a country left out", set_at("dimensions", "REF_AREA", to=["TUN", "MAR", "JOR"]), "AREA"),
        ("an unknown code", set_at("dimensions", "FORM", to=["SEX", "XXX", "_O", "_U"]), "FORM"),
        ("a code twice", set_at("dimensions", "SEX", to=["F", "F", "M", "_O", "_U"]), "twice"),
        ("an unknown column", set_at("dimensions", "NAME", to=["X"]), "NAME"),
        ("an unknown break", set_at("tables", "F1", "by", to=["REF_AREA", "NAME"]), "F1.by"),
        ("no country", set_at("tables", "F1", "by", to=["SEX", "AGE"]), "REF_AREA"),
        ("an erratum of a quarter", set_at("errata", to=[{**ERRATUM, "table": "P1"}]), "errata"),
        ("two errata a year", set_at("errata", to=[ERRATUM, {**ERRATUM, "table": "F2"}]),
         "reserve"),
        ("a field too many", set_at("approved", to=True), "approved"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_hold_together_is_refused(
    what: str, change: Change, where: str
) -> None:
    document = yaml.safe_load(SHIPPED)
    change(document)
    with pytest.raises(TablesInvalid) as caught:
        read_tables(yaml.safe_dump(document).encode())
    assert where in caught.value.got, what


@pytest.mark.parametrize("content", [b"", b"- a", b"a: [", b"\xff\xfe"])
def test_what_is_no_file_of_tables_is_refused(content: bytes) -> None:
    with pytest.raises(TablesInvalid):
        read_tables(content)


def test_any_change_of_the_file_changes_its_digest() -> None:
    assert read_tables(SHIPPED + b"\n").digest != read_tables(SHIPPED).digest


# --- Values --------------------------------------------------------------------------------------

FIELDS = {
    "SEX": "sex",
    "AGE": "age_band",
    "FORM": "exploitation",
    "ORIGIN": "country_of_recruitment",
}


def told(field: str) -> list[str]:
    """Every code that an event may tell in a field."""
    info = EVENT_TYPES["victim.identified"].model_fields[field]
    marks = [*info.metadata, *getattr(info.annotation, "__metadata__", ())]
    inner = [
        mark
        for part in getattr(info.annotation, "__args__", ())
        for mark in getattr(part, "__metadata__", ())
    ]
    return [code for mark in (*marks, *inner) if isinstance(mark, CodeOf) for code in mark.symbols]


@pytest.mark.parametrize("dimension", OF_PERSONS)
def test_every_code_that_an_event_may_tell_falls_in_one_value(dimension: str) -> None:
    codes = told(FIELDS[dimension])
    assert len(codes) >= 4
    values = {code: shipped().fold(dimension, [code]) for code in codes}
    assert set(values.values()) <= set(shipped().dimensions[dimension])
    assert values["_U"] == "_U"


@pytest.mark.parametrize(
    ("dimension", "codes", "value"),
    [
        ("AGE", ["Y0T8"], "Y0T17"),
        ("AGE", ["Y9T17"], "Y0T17"),
        ("AGE", ["Y_GE18"], "_O"),
        ("SEX", ["_O"], "_O"),
        ("FORM", ["LAB_DOM"], "LAB"),
        ("FORM", ["LAB_DOM", "SEX_PROST"], "SEX"),
        ("FORM", ["BEG", "SLV_DEBT"], "SLV"),
        ("FORM", ["CRI"], "_O"),
        ("FORM", ["CRI", "LAB"], "LAB"),
        ("FORM", ["_U"], "_U"),
        ("ORIGIN", ["CIV"], "CIV"),
        ("ORIGIN", ["FRA"], "_O"),
        ("ORIGIN", ["011"], "_O"),
        ("ORIGIN", ["_U"], "_U"),
    ],
)
def test_a_value_is_the_first_of_the_file_that_holds_what_is_told(
    dimension: str, codes: list[str], value: str
) -> None:
    assert shipped().fold(dimension, codes) == value
    assert shipped().fold(dimension, codes[::-1]) == value


@given(st.lists(st.sampled_from(codelist("CL_EXPLOITATION").codes), min_size=1, max_size=6))
def test_forms_are_one_value_in_whatever_order_they_are_told(codes: list[str]) -> None:
    assert shipped().fold("FORM", codes) == shipped().fold("FORM", sorted(codes))


# --- Calendar ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "vintage", "due"),
    [
        ("2023-Q1", "PROVISIONAL", date(2023, 5, 15)),
        ("2023-Q4", "PROVISIONAL", date(2024, 2, 14)),
        ("2023", "FINAL", date(2024, 6, 30)),
    ],
)
def test_due_days(period: str, vintage: Any, due: date) -> None:
    assert due_on(shipped(), period, vintage) == due


def test_a_year_has_twelve_provisional_and_seven_final_releases() -> None:
    keys = [item.key for item in items(shipped(), date(2031, 1, 1))]
    assert len(keys) == len(set(keys))
    of_2023 = [key for key in keys if "|2023" in key]
    assert sum("PROVISIONAL" in key for key in of_2023) == 12
    assert sum("FINAL" in key for key in of_2023) == 7


@given(st.dates(date(2019, 1, 1), date(2035, 12, 31)), st.integers(2015, 2036))
def test_years_before_the_first_one_wanted_are_left_out_and_nothing_else(
    day: date, since: int
) -> None:
    all_of_them, wanted = items(shipped(), day), items(shipped(), day, since)
    assert wanted == [item for item in all_of_them if int(item.period[:4]) >= since]


@given(st.dates(date(2019, 1, 1), date(2035, 12, 31)), st.integers(0, 900))
def test_the_calendar_only_grows_and_never_runs_ahead(day: date, more: int) -> None:
    now, later = items(shipped(), day), items(shipped(), day + timedelta(days=more))
    assert set(now) <= set(later)
    for item in now:
        assert last_day(item.period) < item.due <= day


def test_an_erratum_is_due_when_the_board_says_so() -> None:
    document = yaml.safe_load(SHIPPED)
    document["errata"] = [ERRATUM]
    tables = read_tables(yaml.safe_dump(document, allow_unicode=True).encode())
    assert "F1|2023|ERRATUM" in {item.key for item in items(tables, date(2025, 1, 1))}
    assert "F1|2023|ERRATUM" not in {item.key for item in items(tables, date(2024, 12, 31))}


@pytest.mark.parametrize("key", ["F1|2023|PROVISIONAL", "F1|2030|FINAL", "F9|2023|FINAL", "x"])
def test_what_the_calendar_does_not_have_is_not_due(key: str) -> None:
    with pytest.raises(NotDue):
        item_of(shipped(), key, date(2026, 1, 1))


def test_months_and_untold_months_of_a_quarter() -> None:
    assert rows_of("2023-Q2") == ("2023-04", "2023-05", "2023-06", "2023-Q2")
    assert len(rows_of("2023")) == 16
    assert holds("2023", "2023-Q2")
    assert not holds("2023-Q2", "2023-07")
