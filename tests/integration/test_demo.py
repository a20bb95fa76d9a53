"""The demo as a newcomer meets it: one command, and everything is there and accounted for.

One run serves all tests of this file; it takes about a minute.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from country_adapters import AUTHORITIES
from country_adapters.kit.identifiers.normalise import normalise
from deploy.commands import demo as command
from deploy.demo import platform
from deploy.demo.platform import Answer, Told
from deploy.demo.world import (
    LIVE,
    LIVE_NUMBER,
    LIVE_PHONE,
    NOBODY,
    ORIGINS,
    Invented,
    invent_until,
    newest_quarter,
)
from tests.extras import library

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``southmed demo --once --json`` says; it exits with 0."""
    library("confluent_kafka", "demo")
    site = tmp_path_factory.mktemp("demo") / "site"
    run = [sys.executable, "-m", "deploy.cli", "demo", "--once", "--json", "--site", str(site)]
    done = subprocess.run(run, capture_output=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr.decode()
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_every_row_and_every_event_is_accounted_for(said: dict[str, Any]) -> None:
    assert said["balanced"] is True
    assert {line["country"] for line in said["authorities"]} == set(AUTHORITIES.values())
    for line in said["authorities"]:
        assert line["balances"] is True
        assert line["rows_read"] == line["rows_mapped"] + line["rows_rejected"] > 1_000
        assert line["facts_stated"] == line["facts_published"] + line["facts_waiting"]
        assert line["events_published"] == line["events_accepted"] + line["events_refused"]
        assert line["events_accepted"] > 5_000


def test_rows_with_faults_stay_home_with_their_reasons(said: dict[str, Any]) -> None:
    for line in said["authorities"]:
        assert line["rows_rejected"] > 20
        assert len(line["rejected_by_code"]) > 5
        assert Path(line["rejects_file"]).is_file()


def test_every_country_identified_scores_of_victims_in_the_newest_year(
    said: dict[str, Any],
) -> None:
    assert int(said["year"]) >= datetime.now(UTC).year - 1
    for area in AUTHORITIES.values():
        assert said["indicators"]["VIC_IDENT"][area] > 20


def test_every_table_that_is_due_is_published(said: dict[str, Any]) -> None:
    today = datetime.now(UTC).date()
    due = [item.key for item in platform.due(today.year - 3, today)]
    assert sorted(said["releases"]) == sorted(due)
    assert len({key.split("|")[1][:4] for key in due}) >= 3
    assert {key.split("|")[2] for key in due} == {"PROVISIONAL", "FINAL"}


@pytest.mark.parametrize("detector", ["D1", "D2", "D3", "D5"])
def test_what_was_planted_is_told(said: dict[str, Any], detector: str) -> None:
    assert said["alerts"][detector] > 0
    assert said["missing"] == []


def test_the_console_shows_it(said: dict[str, Any]) -> None:
    library("fastapi", "console")
    assert said["console"]["status"] == 200
    assert said["console"]["figures"] >= 4


# --- The world ------------------------------------------------------------------------------------

DAYS = [date(2026, 11, 26), date(2028, 2, 29)]


@pytest.fixture(scope="module", params=DAYS, ids=str)
def invented(request: pytest.FixtureRequest) -> Invented:
    return invent_until(request.param)


def test_the_same_day_invents_the_same(invented: Invented) -> None:
    again = invent_until(invented.today)
    assert (again.worlds, again.later) == (invented.worlds, invented.later)


def test_nothing_happens_after_today_and_numbers_are_single(invented: Invented) -> None:
    for world in invented.worlds.values():
        assert max(case.reported_on for case in world.cases) < invented.today
        assert min(case.reported_on for case in world.cases).year == invented.since - 1
        for of_a_kind in (world.cases, world.networks, world.trainings):
            numbers = [each.number for each in of_a_kind]
            assert len(set(numbers)) == len(numbers)


def test_victims_come_from_few_countries_so_that_the_gate_can_tell_them(
    invented: Invented,
) -> None:
    for country, world in invented.worlds.items():
        origins = {victim.citizenship for case in world.cases for victim in case.victims}
        assert origins == set(ORIGINS[country])


def test_what_is_invented_by_number_notes_no_facilitator(invented: Invented) -> None:
    """So whatever is found across borders was planted, or belongs to nobody in particular."""
    records = 0
    for world in invented.worlds.values():
        for case in world.cases:
            opened = case.investigation
            suspects = opened.suspects if opened else ()
            assert None not in [case.contact, *(suspect.contact for suspect in suspects)]
            records += any(
                each != NOBODY for each in (case.contact, *(s.contact for s in suspects))
            )
    assert 0 < records <= invented.story.truth.counts["records"]


def test_the_network_that_comes_later_is_of_a_quarter_that_is_over(invented: Invented) -> None:
    assert list(invented.later) == [country for country, _ in LIVE]
    began = date(invented.today.year, (invented.today.month - 1) // 3 * 3 + 1, 1)
    for world in invented.later.values():
        assert [case.number for case in world.cases] == [LIVE_NUMBER, LIVE_NUMBER + 1]
        assert all(case.reported_on < began for case in world.cases)
    assert normalise("PHONE", LIVE_PHONE.value, "LBN").value == LIVE_PHONE.value


@pytest.mark.parametrize(
    ("today", "quarter"),
    [
        (date(2026, 11, 26), date(2026, 9, 30)),
        (date(2026, 11, 13), date(2026, 6, 30)),
        (date(2026, 11, 14), date(2026, 9, 30)),
        (date(2027, 1, 1), date(2026, 9, 30)),
    ],
)
def test_the_newest_quarter_is_the_last_one_whose_tables_are_due(
    today: date, quarter: date
) -> None:
    assert newest_quarter(today) == quarter


# --- What is told of it ---------------------------------------------------------------------------

WHOLE = Told(
    ["a"], ["a"], {"D1": 1, "D2": 1, "D5": 1, "D3": 1}, list(AUTHORITIES), Answer("", 200, 1, 1)
)


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        (WHOLE, []),
        (Told([], ["a"], WHOLE.alerts, WHOLE.judged, None), ["release a"]),
        (Told(["a"], ["a"], {"D1": 1, "D2": 1, "D3": 1}, WHOLE.judged, None), ["alerts of D5"]),
        (Told(["a"], ["a"], {"D1": 1, "D2": 1, "D5": 1}, WHOLE.judged, None), ["surges"]),
        (
            Told(["a"], ["a"], WHOLE.alerts, WHOLE.judged[1:], None),
            [f"quality of {WHOLE.judged[0]}"],
        ),
    ],
    ids=["whole", "a release", "chains", "surges", "quality"],
)
def test_what_is_missing_is_named(told: Told, missing: list[str]) -> None:
    assert told.missing == missing


@pytest.mark.parametrize(
    ("environment", "terminal", "watched"),
    [
        ({"DISPLAY": ":0"}, True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ({"DISPLAY": ":0", "CI": "true"}, True, False),
        ({"DISPLAY": ":0"}, False, False),
        ({}, True, False),
    ],
)
def test_a_browser_opens_only_where_somebody_sits(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], terminal: bool, watched: bool
) -> None:
    for name in ("CI", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", "linux")
    assert command.is_watched(terminal=terminal) is watched


def test_without_a_library_of_the_console_the_demo_knows_which_one_is_lacking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "deploy.commands.console.find_spec", lambda name: None if name == "altair" else name
    )
    assert command.missing_library() == "altair"
