"""The shipped Jordanian registers come to exactly the events and rejections of the golden files."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.rows import Recorded
from tests.integration.golden import Golden, fixtures, golden

FIXTURES = fixtures("jordan")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    return golden("jordan", tmp_path_factory.mktemp("jordan"))


def read(name: str) -> str:
    return Path(FIXTURES / name).read_text(encoding="utf-8")


def test_events_are_as_expected(found: Golden) -> None:
    assert found.events == read("expected.jsonl").splitlines()


def test_rejections_are_as_expected(found: Golden) -> None:
    assert found.rejects == read("expected_rejects.csv")


def test_the_report_balances(found: Golden) -> None:
    report = found.report
    assert report.rows == report.mapped + report.rejected >= 300
    assert report.events.new == len(found.events)
    assert report.events.rejected == report.rejected


def test_a_second_run_finds_nothing_new(found: Golden) -> None:
    assert found.again.rows == 0
    assert found.again.events == Recorded()
