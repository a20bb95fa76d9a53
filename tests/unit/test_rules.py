"""The vocabulary: what each kind of column, rule and condition means, and what it refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from country_adapters.kit import bands
from country_adapters.kit.codes import CodeTable
from country_adapters.kit.columns import Column, Reading, Value
from country_adapters.kit.declaration import Condition
from country_adapters.kit.errors import (
    CellError,
    DatesOutOfOrder,
    DateUnreadable,
    MissingValue,
    NumberOutOfRange,
    NumberUnreadable,
    UnknownValue,
)
from country_adapters.kit.row import Row, Rule, SpoiltError
from country_adapters.kit.rules import FieldRule
from schemas.errors import SouthmedError
from tests.unit.small_register import TODAY

RULES: TypeAdapter[Rule] = TypeAdapter(FieldRule)
CONDITIONS: TypeAdapter[Any] = TypeAdapter(Condition)
COLUMNS: TypeAdapter[Any] = TypeAdapter(Column)

VALUES: dict[str, Value | None] = {
    "sex": "F",
    "forms": ("LAB", "LAB_DOM", "_U"),
    "other_forms": ("BEG", "LAB_DOM"),
    "born": date(2000, 3, 2),
    "age": 17,
    "reported": date(2018, 3, 1),
    "identified": date(2018, 3, 9),
    "number": 4,
    "zero": 0,
    "home": "TUN",
    "neighbour": "LBN",
    "far": "CIV",
    "nowhere": "_U",
    "blank": None,
}
ROW = Row(VALUES, frozenset({"spoilt"}), "TUN")

# --- Rules ---------------------------------------------------------------------------------------

MEANINGS: list[tuple[Any, Any]] = [
    ("sex", "F"),
    ({"column": "forms"}, ("LAB", "LAB_DOM", "_U")),
    ({"first_of": ["blank", "sex"]}, "F"),
    ({"optional": "sex"}, "F"),
    ({"optional": "blank"}, None),
    ({"all_of": ["forms", "other_forms"]}, ("LAB", "LAB_DOM", "BEG")),
    (
        {"all_of": ["forms", "other_forms"], "narrowest": "CL_EXPLOITATION"},
        ("LAB_DOM", "BEG"),
    ),
    ({"all_of": ["nowhere", "blank"]}, ("_U",)),
    ({"const": "TRANSMIT"}, "TRANSMIT"),
    ({"const": False}, False),
    ({"translate": "sex", "to": {"F": "Y", "M": "N"}}, "Y"),
    ({"translate": "sex", "to": {"M": "N"}, "else": "_U"}, "_U"),
    ({"translate": "forms", "to": {"LAB": "A", "LAB_DOM": "A"}}, ("A",)),
    ({"flag": "sex", "is": "F"}, True),
    ({"flag": "sex", "is": ["M", "_O"]}, False),
    ({"flag": "forms", "is": ["LAB_DOM"]}, True),
    ({"filled": "born"}, True),
    ({"filled": "blank"}, False),
    ({"age_band": {"of": ["born", "age"], "at": ["blank", "reported"]}}, "Y9T17"),
    ({"age_band": {"of": ["blank", "born"], "at": "identified"}}, "Y18T29"),
    ({"age_band": {"of": "age", "at": "identified"}}, "Y9T17"),
    ({"age_band": {"of": "blank", "at": "identified"}}, "_U"),
    ({"age_band": {"of": "born", "at": "blank"}}, "_U"),
    ({"adult": {"of": "born", "at": "reported"}}, "Y0T17"),
    ({"delay": {"from": "reported", "to": "identified"}}, "D8T30"),
    ({"delay": {"from": "reported", "to": "reported"}}, "D0T7"),
    ({"delay": {"from": "blank", "to": "identified"}}, "_U"),
    ({"months_band": {"from": "born", "to": "identified"}}, "M_GE25"),
    ({"months_band": {"of": "age"}}, "M13T24"),
    ({"months_band": {"of": "blank"}}, "_U"),
    ({"size_band": "number"}, "N2T4"),
    ({"size_band": "blank"}, "_U"),
    ({"geography": {"from": "home"}}, "DOM"),
    ({"geography": {"from": "neighbour"}}, "XB4"),
    ({"geography": {"from": "far", "to": "neighbour"}}, "XB"),
    ({"geography": {"from": "nowhere"}}, "_U"),
    ({"geography": {"from": "home", "to": "blank"}}, "_U"),
]

FAILURES: list[tuple[Any, type[CellError], tuple[str, ...]]] = [
    ("blank", MissingValue, ("blank",)),
    ({"first_of": ["blank"]}, MissingValue, ("blank",)),
    ({"all_of": ["blank"]}, MissingValue, ("blank",)),
    ({"flag": "blank", "is": "Y"}, MissingValue, ("blank",)),
    ({"translate": "sex", "to": {"M": "N"}}, MissingValue, ("sex",)),
    (
        {"delay": {"from": "identified", "to": "reported"}},
        DatesOutOfOrder,
        ("identified", "reported"),
    ),
    (
        {"age_band": {"of": "identified", "at": "reported"}},
        DatesOutOfOrder,
        ("identified", "reported"),
    ),
    ({"size_band": "zero"}, NumberOutOfRange, ("zero",)),
]


@pytest.mark.parametrize(("rule", "meaning"), MEANINGS, ids=str)
def test_what_a_rule_means(rule: Any, meaning: object) -> None:
    assert RULES.validate_python(rule).value(ROW) == meaning


@pytest.mark.parametrize(("rule", "error", "columns"), FAILURES, ids=str)
def test_what_a_rule_refuses(rule: Any, error: type[CellError], columns: tuple[str, ...]) -> None:
    with pytest.raises(error) as caught:
        RULES.validate_python(rule).value(ROW)
    assert caught.value.columns == columns


@pytest.mark.parametrize(
    "rule",
    [
        "spoilt",
        {"optional": "spoilt"},
        {"first_of": ["spoilt", "sex"]},
        {"all_of": ["sex", "spoilt"]},
        {"flag": "spoilt", "is": "Y"},
        {"filled": "spoilt"},
        {"delay": {"from": "reported", "to": "spoilt"}},
        {"age_band": {"of": "spoilt", "at": "reported"}},
        {"size_band": "spoilt"},
        {"geography": {"from": "spoilt"}},
    ],
    ids=str,
)
def test_a_rule_says_nothing_about_a_cell_that_could_not_be_read(rule: Any) -> None:
    with pytest.raises(SpoiltError):
        RULES.validate_python(rule).value(ROW)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"filled": "sex"}, True),
        ({"filled": ["sex", "blank"]}, False),
        ({"blank": "blank"}, True),
        ({"blank": ["blank", "sex"]}, False),
        ({"column": "sex", "is": "F"}, True),
        ({"column": "sex", "is": ["M", "_U"]}, False),
        ({"column": "forms", "is": ["LAB_DOM"]}, True),
        ({"column": "blank", "is": "F"}, False),
        ({"any_of": [{"filled": "blank"}, {"filled": "sex"}]}, True),
        ({"any_of": [{"filled": "blank"}]}, False),
    ],
    ids=str,
)
def test_when_a_condition_holds(condition: Any, holds: bool) -> None:
    assert CONDITIONS.validate_python(condition).holds(ROW) is holds


@given(days=st.integers(0, 2000), more=st.integers(0, 2000))
def test_a_longer_delay_never_has_a_shorter_band(days: int, more: int) -> None:
    order = [code for _, code in bands.DELAY]
    first, second = bands.band(days, bands.DELAY), bands.band(days + more, bands.DELAY)
    assert order.index(first) <= order.index(second)


@given(born=st.dates(date(1920, 1, 1), TODAY), days=st.integers(0, 30_000))
def test_a_child_is_a_child_until_the_eighteenth_birthday(born: date, days: int) -> None:
    at = date.fromordinal(born.toordinal() + days)
    birthday = date(born.year + 18, 3, 1) if (born.month, born.day) == (2, 29) else None
    grown_up = at >= (birthday or born.replace(year=born.year + 18))
    age = bands.whole_years(born, at)
    assert (bands.band(age, bands.ADULT) == "Y_GE18") == grown_up
    assert (bands.band(age, bands.AGE) in {"Y0T8", "Y9T17"}) == (not grown_up)


# --- Columns -------------------------------------------------------------------------------------

READING = Reading(
    {"sex": CodeTable("sex", frozenset("FM"), {"feminin": "F", "1": "F", "m": "M", "?": "_U"})},
    "TUN",
    TODAY,
)
CODE = {"kind": "code", "table": "sex"}

CELLS: list[tuple[dict[str, Any], object, object]] = [
    (CODE, " FÉMININ ", "F"),
    (CODE, 1.0, "F"),
    (CODE, "?", "_U"),
    (CODE | {"split": ";"}, "m ; féminin;M;", ("M", "F")),
    (CODE | {"split": [";", "،"]}, "m، féminin", ("M", "F")),
    (CODE | {"split": " "}, "m feminin", ("M", "F")),
    ({"kind": "country"}, "ivoirienne", "CIV"),
    ({"kind": "country", "split": ";"}, "Mali; Côte d'Ivoire", ("MLI", "CIV")),
    ({"kind": "region"}, "Le Kef", "TN-33"),
    ({"kind": "number"}, "١٢", 12),
    ({"kind": "number"}, 12.0, 12),
    ({"kind": "number", "units": ["ans"]}, "17 ans", 17),
    ({"kind": "date", "order": "dmy"}, "12/03/2019", date(2019, 3, 12)),
    ({"kind": "key"}, "\u200f٢٠٢١/٠١٢٣ ", "2021/0123"),
    ({"kind": "key"}, " inltp-2019  A", "inltp-2019 a"),
    ({"kind": "key"}, 12.0, "12"),
]

REFUSED_CELLS: list[tuple[dict[str, Any], object, type[SouthmedError] | str]] = [
    (CODE, "voir dossier", UnknownValue),
    (CODE | {"split": ";"}, "m; voir dossier", UnknownValue),
    (CODE, date(2019, 1, 1), UnknownValue),
    ({"kind": "number"}, "une dizaine", NumberUnreadable),
    ({"kind": "number"}, "17 ans", NumberUnreadable),
    ({"kind": "number"}, 12.5, NumberUnreadable),
    ({"kind": "number"}, float("nan"), NumberUnreadable),
    ({"kind": "number"}, float("inf"), NumberUnreadable),
    ({"kind": "number"}, [12], NumberUnreadable),
    (CODE, ["m"], UnknownValue),
    ({"kind": "number"}, True, NumberUnreadable),
    ({"kind": "number", "max": 110}, 111, NumberOutOfRange),
    ({"kind": "number"}, -1, NumberOutOfRange),
    ({"kind": "date", "order": "dmy"}, "bientôt", DateUnreadable),
    ({"kind": "country"}, "zone nord", "UNRESOLVED_COUNTRY"),
    ({"kind": "region"}, "chez l'employeur", "UNRESOLVED_PLACE"),
]


@pytest.mark.parametrize(("column", "cell", "value"), CELLS, ids=str)
def test_what_a_cell_becomes(column: dict[str, Any], cell: object, value: object) -> None:
    assert COLUMNS.validate_python(column).read(cell, READING) == value


@pytest.mark.parametrize(("column", "cell", "error"), REFUSED_CELLS, ids=str)
def test_which_cells_are_refused(
    column: dict[str, Any], cell: object, error: type[SouthmedError] | str
) -> None:
    with pytest.raises(SouthmedError) as caught:
        COLUMNS.validate_python(column).read(cell, READING)
    assert caught.value.code == (error if isinstance(error, str) else error.code)
    assert str(cell) not in str(caught.value)
