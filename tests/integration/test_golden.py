"""Each shipped register comes to exactly the events and rejections of its golden files."""

from __future__ import annotations

import pytest

from schemas.anonymity import FIELDS, ladder
from tests.integration.golden import Golden, fixtures, golden

LEVELS = ("citizenship_level", "region_level")
COUNTRIES = ("tunisia", "morocco", "jordan", "lebanon")


@pytest.fixture(scope="module", params=COUNTRIES)
def country(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def found(country: str, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    return golden(country, tmp_path_factory.mktemp(country))


def read(country: str, name: str) -> str:
    return (fixtures(country) / name).read_text(encoding="utf-8")


def test_events_are_as_expected(country: str, found: Golden) -> None:
    assert found.events == read(country, "expected.jsonl").splitlines()


def test_rejections_are_as_expected(country: str, found: Golden) -> None:
    assert found.rejects == read(country, "expected_rejects.csv")


def test_quarters_are_told_as_expected(country: str, found: Golden) -> None:
    assert found.quarters == read(country, "expected_quarters.csv")


def test_every_fact_leaves_once_and_says_the_same_but_for_what_is_under_the_gate(
    found: Golden,
) -> None:
    told = {event["fact_ref"]: event for event in found.told}
    assert len(told) == len(found.told) == len(found.mapped)
    for event in found.mapped:
        gated = FIELDS.get(event["event_type"], ())
        open_to_change = {*gated, *LEVELS, "event_id", "period", "suppressed_fields"}
        after = told[event["fact_ref"]]
        assert {n: v for n, v in event.items() if n not in open_to_change} == {
            n: v for n, v in after.items() if n not in open_to_change
        }
        for name in gated:
            assert after[name] in ladder(name, event[name], event["country"])
            hidden = name in after["suppressed_fields"]
            assert hidden or after[name] == event[name]


def test_the_report_balances(found: Golden) -> None:
    report = found.report
    assert report.rows == report.mapped + report.rejected >= 300
    assert report.events.new == len(found.events)
    assert report.events.rejected == report.rejected


def test_a_second_run_finds_nothing_new(country: str, found: Golden) -> None:
    """A file that did not change is not read; a database is read over the overlap again."""
    again = found.again.events
    assert (again.new, again.corrected, again.withdrawn) == (0, 0, 0)
    if country == "morocco":
        assert 0 < found.again.rows < found.report.rows
    else:
        assert found.again.rows == 0
