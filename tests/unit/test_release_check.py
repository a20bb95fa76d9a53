"""What anybody can check of a release that the platform signed, and what it may have got wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from processors.release.check import NOT_CHECKED, OK, WRONG, check
from processors.release.measure import withdraw
from processors.release.tables import shipped
from schemas.releases import Release, output_digest
from tests.releases import LATER, a_release, made, some_keys, some_records

KEYS = ("P1|2023-Q1|PROVISIONAL", "F1|2023|FINAL", "F5|2023|FINAL", "E1|2023|FINAL")


def altered(change: Callable[[list[Any]], list[Any]], **statement: Any) -> Release:
    """A release whose rows were changed before it was signed, its digest that of the changed."""
    release = a_release()
    rows = change(list(release.observations))
    told = {"output": output_digest(rows), **statement}
    changed = release.statement.model_copy(update=told)
    return release.model_copy(update={"observations": rows, "statement": changed})


def first(**parts: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda rows: [rows[0].model_copy(update=parts), *rows[1:]]


@pytest.mark.parametrize("key", KEYS)
def test_what_was_published_is_sound_with_keys_and_without(key: str) -> None:
    one = made(key)
    assert check(one.release, shipped()).again == NOT_CHECKED
    found = check(one.release, shipped(), some_keys(), one.records)
    assert (found.cells, found.budget, found.again) == (OK, OK, OK)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a value that does not follow", first(OBS_VALUE=999)),
        ("a band that is too narrow", first(LOWER_BOUND=700, UPPER_BOUND=701)),
        ("a flag that is not due", first(LOW_RELIABILITY=True, OBS_STATUS="U")),
        ("another indicator", first(INDICATOR="PRO_N")),
        ("a measurement that moves the values", first(MEASUREMENT=5000)),
        ("a cell left out", lambda rows: rows[1:]),
        ("another order", lambda rows: rows[::-1]),
    ],
)
def test_rows_that_do_not_follow_from_the_measurements_are_seen_by_anyone(
    what: str, change: Any
) -> None:
    found = check(altered(change), shipped())
    assert (found.cells, found.sound) == (WRONG, False), what


def test_a_release_that_claims_a_smaller_cost_is_seen() -> None:
    found = check(altered(lambda rows: rows, rho=0.01), shipped())
    assert (found.budget, found.sound) == (WRONG, False)


def test_one_by_another_file_of_tables_is_not_judged_by_this_one() -> None:
    found = check(altered(first(OBS_VALUE=999), parameters="ab" * 32), shipped())
    assert (found.cells, found.budget, found.again) == (NOT_CHECKED,) * 3


def test_of_a_withdrawn_one_the_cost_is_still_checked() -> None:
    found = check(withdraw(a_release(), "SOURCE_ERROR", LATER), shipped())
    assert (found.cells, found.budget, found.again) == (NOT_CHECKED, OK, NOT_CHECKED)


def test_other_records_or_keys_give_other_numbers() -> None:
    one = made()
    for keys, records in (
        (some_keys("other"), one.records),
        (some_keys(), some_records(299)),
        (some_keys(), []),
    ):
        assert check(one.release, shipped(), keys, records).again == WRONG
