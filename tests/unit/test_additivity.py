"""Cells that were counted add up; cells that do not are found."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.indicators.additivity import gaps
from processors.indicators.rules import Cell, cells_of
from tests.samples import Fields
from tests.unit.scenarios import assisted
from tests.unit.test_counting_always import ALL_CELLS, lives


@settings(max_examples=60, deadline=None)
@given(st.lists(lives(), max_size=4))
def test_whatever_is_counted_adds_up(subjects: list[list[Fields]]) -> None:
    cells: Counter[Cell] = Counter()
    for events in subjects:
        cells.update(cells_of(events))
    assert gaps(cells) == []


REPORT = ("REP_N", "TUN", "2023-05", "TN-R1", "HOTLINE", "NGO")
SUSPECT_FORM = ("INV_N", "TUN", "2023", "TIPLAW", "LAB_DOM")
YEAR_OF_SERVICE = ("AST_N", "TUN", "2023", "SHELTER", "F", "Y18T29")

WRONG: list[tuple[str, Cell, int, set[str]]] = [
    ("a month more than its quarter", REPORT, 1, {"months"}),
    ("a month that is missing is perhaps hidden", REPORT, -1, set()),
    ("a quarter less", (*REPORT[:2], "2023-Q2", *REPORT[3:]), -1, {"months", "quarters"}),
    ("a year more", (*REPORT[:2], "2023", *REPORT[3:]), 1, {"quarters"}),
    ("a form more than all", SUSPECT_FORM, 1, {"EXPLOITATION", "quarters"}),
    ("all more than its forms", (*SUSPECT_FORM[:4], "_T"), 9, {"EXPLOITATION", "quarters"}),
    ("a service more than all", YEAR_OF_SERVICE, 1, {"SERVICE"}),
]


@pytest.mark.parametrize(
    ("story", "cell", "more", "found"), WRONG, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_does_not_add_up_is_found(story: str, cell: Cell, more: int, found: set[str]) -> None:
    cells = ALL_CELLS.copy()
    cells[cell] += more
    assert {gap.of for gap in gaps(+cells)} == found, story


def test_a_person_assisted_in_two_quarters_is_one_of_the_year() -> None:
    cells = cells_of([assisted(period="2023-01"), assisted(period="2023-05")])
    quarters = sum(n for c, n in cells.items() if c[0] == "AST_N" and "Q" in c[2] and "_T" in c)
    assert quarters == 2
    assert gaps(cells) == []
