"""A few readers, for a few seconds: nobody is failed, and the report would say if somebody were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.extras import library
from tests.readers import report
from tests.readers.reading import Heard
from tests.readers.trial import QUICK, Outcome, run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    library("confluent_kafka", "demo")
    folder: Path = tmp_path_factory.mktemp("readers")
    return run(folder, QUICK)


def test_everybody_hears_everything_and_sees_the_newest(outcome: Outcome) -> None:
    told = report.document(outcome)
    assert told["problems"] == {}
    assert told["readers"] == QUICK.readers > 10
    assert {"region", "indicator", "release", "chart"} <= set(told["answers"])
    # One by one, the alerts, and the day of release.
    assert len(outcome.published) == QUICK.single + 2
    assert len(report.until_told(outcome)) >= QUICK.readers * (QUICK.single + 2)
    assert json.loads(json.dumps(told)) == told


def test_the_report_tells_of_who_was_failed(outcome: Outcome) -> None:
    _, notes = outcome.people[0]
    notes.heard.append(Heard(0.0, notes.heard[-1].number + 1, "behind"))
    notes.shown -= 1
    notes.errors.append("region: status 500")
    assert report.document(outcome)["told that the broker is away"] >= 1
    assert report.problems(outcome) == {
        "region: status 500": 1,
        "a reader who was not told of everything": 1,
        "a reader who does not see the newest": 1,
    }
