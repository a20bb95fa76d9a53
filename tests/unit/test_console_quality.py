"""What the page of data quality says of an authority, and to whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from deploy.console.alerts.boards import Access
from deploy.console.app import Console, create_app
from deploy.console.i18n import tongue
from deploy.console.quality.board import Known, QualityBoard
from deploy.console.security import Reader, Role
from deploy.console.security.roles import ANYBODY
from deploy.console.store import Snapshot
from deploy.console.views.quality import counted, quality, silence, troubles
from deploy.console.views.quality_words import LAGS, TROUBLES, Level
from deploy.exports.labels import LANGUAGES
from processors.indicators.dimensions import BANDS, QUALITY_FIELDS
from processors.indicators.sequences import FAULTS
from schemas.quality import GATES, Expected, Quality, monday
from tests.console.world import releases, snapshot
from tests.unit.console_guard import a_console, browser
from tests.unit.qualities import LOOKED, a_quality, a_region, a_window, stopped, what_is_known

EN = tongue("en")
TODAY = LOOKED
WEEK = monday(TODAY)


def ago(weeks: int) -> date:
    return WEEK - timedelta(weeks=weeks)


# --- Silence --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weeks", "told"),
    [(0, ""), (4, ""), (5, "LATE"), (13, "LATE"), (14, "SILENT"), (80, "SILENT")],
)
def test_who_sends_nothing_is_late_first_and_silent_later(weeks: int, told: str) -> None:
    assert silence(a_quality(last_accepted=ago(weeks)), TODAY) == told


def test_what_is_expected_is_each_authoritys_own() -> None:
    weekly = Expected(late_after=7, silent_after=21)
    told = [silence(a_quality(last_accepted=ago(n), expected=weekly), TODAY) for n in range(6)]
    assert told == ["", "", "LATE", "LATE", "SILENT", "SILENT"]


def test_nobody_is_silent_because_the_platform_did_not_look() -> None:
    year_later = TODAY + timedelta(days=365)
    message = a_quality(last_accepted=ago(1))
    assert silence(message, year_later) == ""
    assert troubles(message, year_later) == ["STALE"]


# --- What is the matter ---------------------------------------------------------------------------

SCENES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "all is well": ({}, []),
    "nothing ever came": ({"last_accepted": None}, ["NEVER"]),
    "a clock is ahead": ({"clock_ahead": True}, ["CLOCK"]),
    "two histories": ({"chains": stopped(suspended=[1])}, ["SUSPENDED"]),
    "a gap": ({"chains": stopped(gaps=[1])}, ["GAP"]),
    "an epoch waits": ({"chains": stopped(waiting=[1])}, ["WAITING"]),
    "a batch refused long ago": (
        {"windows": [a_window(30), a_window(90, refused={"BAD_SIGNATURE": "1-9"})]},
        ["REFUSED"],
    ),
    "events refused": (
        {"windows": [a_window(30, events_refused={"EVENT_INVALID": "20-199"}), a_window(90)]},
        ["EVENTS"],
    ),
    "no agreement": ({"gate": "NOT_AGREED"}, []),
    "attested below": ({"gate": "BELOW_AGREED"}, ["BELOW_AGREED"]),
    "taken back": ({"gate": "TAKEN_BACK"}, ["TAKEN_BACK"]),
    "a quarter late": ({"lag": "D31T90"}, []),
    "later than a quarter": ({"lag": "D91T180"}, ["SLOW"]),
    "too few for a lag": ({"lag": None}, []),
    "some unknown": ({"unknown": {"SEX": "5-19"}}, []),
    "much unknown": ({"unknown": {"SEX": "20-49"}}, ["UNKNOWN"]),
    "impossible": ({"impossible": {"SEX_DIFFERS": "20-199"}}, ["IMPOSSIBLE"]),
    "damaged": ({"adds_up": False}, ["CELLS"]),
}


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_the_matter(scene: str) -> None:
    changes, found = SCENES[scene]
    assert troubles(a_quality(**changes), TODAY) == found


def test_the_scenes_show_every_trouble() -> None:
    shown = {code for _, found in SCENES.values() for code in found}
    assert shown | {"SILENT", "LATE", "STALE"} == set(TROUBLES)


def test_the_worst_stands_first() -> None:
    page = quality(what_is_known(), snapshot(), TODAY, EN)
    assert [(line.authority, line.level) for line in page.lines] == [
        ("jo.moi", Level.WRONG),
        ("lb.isf", Level.WRONG),
        ("ma.cnclt", Level.WRONG),
        ("tn.inltp", Level.WELL),
    ]
    assert page.wrong == 3


def test_a_line_says_in_words_and_signs_how_it_stands() -> None:
    page = quality(what_is_known(), snapshot(), TODAY, EN)
    told = {line.authority: [f"{c.sign} {c.words}" for c in line.cells] for line in page.lines}
    apart = EN.apart
    assert told["jo.moi"][:2] == ["✕ Nothing was ever accepted", "· Too few to be told"]
    assert told["lb.isf"] == [
        "✕ Silent since the week of 7 October 2024",
        f"! {apart('181–365')} days",
        "✓ Nothing",
        "✓ Nothing",
        "✓ Below a fifth of every dimension",
    ]
    assert told["ma.cnclt"][2:] == [
        "✕ A stream is suspended; A batch is missing; Batches were refused; Events were refused",
        "✕ Less anonymity than agreed; Told as it cannot have been; Cells do not add up",
        "! Sex; Region of the country",
    ]
    assert told["tn.inltp"][0] == "✓ On time, last in the week of 24 February 2025"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", a_region(), ids=lambda one: one.authority)
def test_everything_is_told_in_every_language(message: Quality, language: Any) -> None:
    (line,) = quality(what_is_known(message), Snapshot(), TODAY, tongue(language)).lines
    assert all(value for _, value in line.facts)
    assert all(cell.words for cell in line.cells)


def test_every_gate_band_dimension_and_finding_has_words() -> None:
    impossible = {fault.kind: "20-199" for fault in FAULTS}
    unknown = dict.fromkeys(QUALITY_FIELDS.values(), "20-49")
    assert set(LAGS) == set(BANDS)
    for gate in GATES:
        message = a_quality(gate=gate, unknown=unknown, impossible=impossible)
        (line,) = quality(what_is_known(message), Snapshot(), TODAY, EN).lines
        facts = dict(line.facts)
        assert facts["Impossible sequences"].count("(") == len(FAULTS)
        assert not any(code in facts["Unknown values"] for code in unknown)


# --- Nothing yet ----------------------------------------------------------------------------------


def test_until_something_is_published_the_statements_of_releases_are_told() -> None:
    page = quality(Known(), snapshot(), TODAY, EN)
    newest = max(r.statement.released_on for r in releases())
    assert page.lines == []
    assert [(c.authority, c.streams, c.batches, c.day) for c in page.counted] == [
        ("tn.inltp", 1, 9, newest)
    ]
    assert counted(Snapshot()) == []


# --- The board ------------------------------------------------------------------------------------


def test_an_older_message_that_is_sent_again_changes_nothing() -> None:
    newer = a_quality(last_accepted=None)
    known = Known().having(newer)
    older = a_quality(looked=ago(3), last_accepted=ago(4))
    assert known.having(older) is known
    assert known.having(newer) is known
    assert known.having(a_quality()).messages["tn.inltp"] == a_quality()


def test_a_message_that_does_not_verify_is_counted_once() -> None:
    known = Known().refusing(3, "UNKNOWN_KEY").refusing(3, "UNKNOWN_KEY")
    assert known.refused == ((3, "UNKNOWN_KEY"),)


VIEWER = Reader("vera", frozenset({Role.VIEWER}))
SEES = {
    VIEWER: False,
    Reader("anna", frozenset({Role.VIEWER, Role.ANALYST})): True,
    Reader("nour", frozenset({Role.VIEWER, Role.CONTACT}), "TUN"): True,
    Reader("omar", frozenset({Role.VIEWER, Role.OPERATOR})): True,
    ANYBODY: True,
}


def showing(reader: Reader) -> Console:
    return a_console(reader, quality=QualityBoard(what_is_known().refusing(9, "BAD_SIGNATURE")))


@pytest.mark.parametrize("reader", SEES, ids=lambda one: one.name)
async def test_failings_are_seen_by_who_can_do_something_about_them(reader: Reader) -> None:
    console = showing(reader)
    async with browser(create_app(console)) as client:
        answer, other = await client.get("/en/quality"), await client.get("/en/releases")
    assert answer.status_code == (200 if SEES[reader] else 403)
    assert ("lb.isf" in answer.text) == SEES[reader]
    assert ("/en/quality" in other.text) == SEES[reader]


@pytest.mark.parametrize("reader", SEES, ids=lambda one: one.name)
async def test_a_change_is_told_to_those_alone_who_may_see_it(reader: Reader) -> None:
    console = showing(reader)
    before = console.number(reader)
    console.quality.put(console.quality.known.having(a_quality("ma.other")))
    assert (console.number(reader) > before) == SEES[reader]


async def test_the_page_says_what_was_refused_and_what_it_may_not_read() -> None:
    console = showing(ANYBODY)
    async with browser(create_app(console)) as client:
        assert (
            "1 message did not verify and is not shown: BAD_SIGNATURE"
            in (await client.get("/en/quality")).text
        )
        console.quality.put(console.quality.known.standing(Access.CLOSED))
        assert "no right to read" in (await client.get("/en/quality")).text
