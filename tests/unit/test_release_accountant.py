"""The ledger of releases: nothing is published twice, and nobody costs more than the budget."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.release.accountant import Accountant, Measurement, closings, epsilon
from processors.release.calendar import items
from processors.release.errors import AlreadyReleased, BudgetExceeded
from processors.release.measure import withdraw
from processors.release.tables import quarters_of, shipped
from schemas.releases import LogRange, Release
from tests.releases import made, some_keys, some_records

BUDGET = shipped().budget
END = date(2030, 1, 1)
DECADE = [item.key for item in items(shipped(), END)]


def ledger(*releases: Release) -> Accountant:
    return Accountant.of(releases, BUDGET)


@cache
def of_nobody() -> Release:
    return made("F1|2023|FINAL", []).release


def bare(key: str, **statement: Any) -> Release:
    """A release of no records, with another statement."""
    release = of_nobody()
    table, period, vintage = key.split("|")
    told = release.statement.model_copy(update=statement)
    named = {"table": table, "period": period, "vintage": vintage, "statement": told}
    return release.model_copy(update=named)


def test_the_same_release_again_is_no_second_publication() -> None:
    release = made().release
    ledger(release).admit(release)


@pytest.mark.parametrize(
    ("what", "records", "keys"),
    [
        ("a record more", some_records(301), some_keys()),
        ("a record less", some_records(299), some_keys()),
        ("other keys", some_records(300), some_keys("other")),
    ],
)
def test_a_second_publication_from_anything_else_is_refused(
    what: str, records: Any, keys: Any
) -> None:
    with pytest.raises(AlreadyReleased):
        ledger(made().release).admit(made(victims=records, keys=keys).release)
    assert what


def test_twelve_attempts_to_average_the_noise_away_end_in_one_number() -> None:
    first = made().release
    account, refused = ledger(first), 0
    for attempt in range(11):
        again = made(victims=some_records(300 + attempt + 1)).release
        try:
            account.admit(again)
        except AlreadyReleased:
            refused += 1
    assert refused == 11
    assert all(made().release == first for _ in range(3))


def test_what_was_withdrawn_stays_spent_and_is_not_published_again() -> None:
    release = made().release
    account = ledger(release, withdraw(release, "SOURCE_ERROR", END))
    assert account.spent("2023-Q1").total == Fraction(1, 16)
    with pytest.raises(AlreadyReleased):
        account.admit(release)


def test_a_table_beyond_the_budget_is_refused() -> None:
    spent = [bare(f"F{n}|2023|FINAL") for n in range(1, 9)]
    account = ledger(*spent)
    assert account.spent("2023-Q3").regular == BUDGET.rho
    for key in ("P1|2023-Q3|PROVISIONAL", "F9|2023|FINAL"):
        with pytest.raises(BudgetExceeded):
            account.admit(bare(key))
    account.admit(bare("F9|2024|FINAL"))


def test_quarters_of_a_year_are_other_persons() -> None:
    """Four quarterly releases cost each person what one costs; one more of a quarter is refused."""
    account = ledger(*(bare(f"P{n}|2023-Q1|PROVISIONAL") for n in range(1, 9)))
    account.admit(bare("P9|2023-Q2|PROVISIONAL"))
    with pytest.raises(BudgetExceeded):
        account.admit(bare("P9|2023-Q1|PROVISIONAL"))
    with pytest.raises(BudgetExceeded):
        account.admit(bare("F1|2023|FINAL"))


def test_errata_are_charged_to_the_reserve_and_to_nothing_else() -> None:
    account = ledger(*(bare(f"F{n}|2023|FINAL") for n in range(1, 9)))
    account.admit(bare("F1|2023|ERRATUM"))
    account = ledger(*account.releases.values(), bare("F1|2023|ERRATUM"))
    with pytest.raises(BudgetExceeded):
        account.admit(bare("F2|2023|ERRATUM"))


def test_tables_without_persons_cost_nothing() -> None:
    account = ledger(*(bare(f"F{n}|2023|FINAL") for n in range(1, 9)))
    account.admit(bare("E1|2023|FINAL", rho=0.0))


def test_a_decade_by_the_calendar_spends_every_quarters_budget_and_no_more() -> None:
    account = ledger()
    for key in DECADE:
        release = bare(key, rho=float(shipped().rho(key.partition("|")[0])))
        account.admit(release)
        account = ledger(*account.releases.values(), release)
    assert len(account.releases) == len(DECADE) > 180
    for year in range(2019, 2029):
        for quarter in quarters_of(str(year)):
            assert account.spent(quarter).total == BUDGET.rho


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DECADE), st.integers(1, 4)), max_size=60))
def test_whatever_is_asked_for_nobody_costs_more_than_the_budget(asked: list[Any]) -> None:
    account = ledger()
    for key, sixteenths in asked:
        release = bare(key, rho=sixteenths / 16)
        try:
            account.admit(release)
        except (AlreadyReleased, BudgetExceeded):
            continue
        account = ledger(*account.releases.values(), release)
    for key in account.releases:
        for quarter in quarters_of(account.releases[key].period):
            assert account.spent(quarter).regular <= BUDGET.rho


@given(st.permutations(DECADE[:12]))
def test_the_state_does_not_depend_on_the_order_of_keys(keys: list[str]) -> None:
    releases = [bare(key) for key in keys]
    assert ledger(*releases).releases == ledger(*reversed(releases)).releases


def read_to(key: str, **offsets: int) -> Release:
    """A release for which the logs of Tunisian partitions were read so far."""
    logs = [
        LogRange(country="TUN", partition=int(name[1:]), next_offset=offset)
        for name, offset in offsets.items()
    ]
    return bare(key, logs=logs)


def test_a_quarter_is_closed_by_the_first_release_that_holds_it() -> None:
    releases = [
        read_to("P1|2023-Q1|PROVISIONAL", p0=40, p1=7),
        read_to("P2|2023-Q1|PROVISIONAL", p0=44, p1=9),
        read_to("P1|2023-Q2|PROVISIONAL", p0=80, p1=20),
        read_to("F1|2023|FINAL", p0=200, p1=99),
    ]
    for told in (releases, releases[::-1]):
        found = {closing.month: dict(closing.read_to) for closing in closings(told)}
        assert found == {
            "2023-03": {"TUN-0": 40, "TUN-1": 7},
            "2023-06": {"TUN-0": 80, "TUN-1": 20},
            "2023-09": {"TUN-0": 200, "TUN-1": 99},
            "2023-12": {"TUN-0": 200, "TUN-1": 99},
        }


def test_what_counts_as_the_same_measurement() -> None:
    release = made().release

    def told(**changes: Any) -> Measurement:
        statement = release.statement.model_copy(update=changes)
        return Measurement.of(release.model_copy(update={"statement": statement}))

    assert told(released_on=END, trust_version=7) == Measurement.of(release)
    assert told(rho=1.0) != Measurement.of(release)
    assert Measurement.of(made(victims=some_records(9)).release) != Measurement.of(release)


def test_nothing_that_was_published_becomes_cheaper_by_being_published_again() -> None:
    release = made().release
    cheaper = release.statement.model_copy(update={"rho": 0.01})
    with pytest.raises(AlreadyReleased):
        ledger(release).admit(release.model_copy(update={"statement": cheaper}))


@pytest.mark.parametrize(
    ("rho", "expected"),
    [(0.0, 0.0), (0.0625, 1.66), (0.5, 5.22), (0.5625, 5.58), (1.0, 7.77)],
)
def test_the_budget_as_epsilon(rho: float, expected: float) -> None:
    """At delta 1e-6; OpenDP 0.16 gives the same to ten digits for 0.0625 and 0.5."""
    assert epsilon(rho, 1e-6) == pytest.approx(expected, abs=0.01)
