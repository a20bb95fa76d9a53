"""What holds a disturbed trustee and alerts process against the oracle notices every difference."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from country_adapters import AUTHORITIES
from processors.compacted import Record
from tests.faults.alerts import Revisions, compare, revisions
from tests.faults.oracle import Difference
from tests.faults.recruiters import shared_numbers
from tests.recruiters import write

TOLD = {"southmed.alerts.v1": [b"one", b"other"], "southmed.surges.v1": [b"a surge"]}


def standing(told: dict[str, list[bytes]]) -> Revisions:
    """What stands where the topics hold these alerts, and the others nothing."""
    everywhere = {topic: [] for topic in (f"southmed.alerts.{cc}.v1" for cc in _codes())} | told
    return revisions(
        {
            topic: [Record(b"id", value, [], 0) for value in values]
            for topic, values in everywhere.items()
        }
    )


def _codes() -> list[str]:
    return [name[:2] for name in AUTHORITIES]


# What was done to the topics, and what it comes to.
CHANGES: dict[str, tuple[dict[str, list[bytes]], Difference]] = {
    "nothing": ({}, Difference()),
    "one is missing": ({"southmed.alerts.v1": [b"one"]}, Difference(lost=1)),
    "one too many": ({"southmed.alerts.v1": [b"one", b"other", b"more"]}, Difference(twice=1)),
    "another wording": (
        {"southmed.alerts.v1": [b"one", b"Other"]},
        Difference(lost=1, twice=1),
    ),
    "on another topic": (
        {"southmed.surges.v1": [], "southmed.alerts.v1": [b"one", b"other", b"a surge"]},
        Difference(lost=1, twice=1),
    ),
    "the same bytes again": ({"southmed.surges.v1": [b"a surge"] * 2}, Difference()),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_stands_is_held_against_what_was_to_be_told(what: str) -> None:
    changed, due = CHANGES[what]
    assert compare(standing(TOLD | changed), standing(TOLD)) == due


def test_every_telephone_is_known_in_two_countries_and_some_in_three_cases() -> None:
    numbers = shared_numbers(6)
    held: Counter[str] = Counter()
    countries: dict[str, set[str]] = {}
    for authority, rows in numbers.items():
        for phone in (phone for phones in rows for phone in phones):
            held[phone] += 1
            countries.setdefault(phone, set()).add(authority)
        assert all(len(set(phones)) == len(phones) for phones in rows), "one case names it once"
    assert {len(known) for known in countries.values()} == {2}
    assert set(held.values()) == {2, 3}


def test_the_registers_name_what_they_are_told_to(tmp_path: Path) -> None:
    numbers = shared_numbers(3)
    registers = write(tmp_path, numbers, date(2026, 6, 30))
    assert set(registers) == set(AUTHORITIES)
    for authority in AUTHORITIES:
        text = (tmp_path / authority / "r.csv").read_text(encoding="utf-8")
        assert all(phone in text for phones in numbers[authority] for phone in phones)
