"""When recipients may be told: quiet hours, digests, and the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from deploy.delivery.hours import DAY, Digest, Hours, Quiet

BEIRUT = "Asia/Beirut"
CASABLANCA = "Africa/Casablanca"
PARIS = "Europe/Paris"
TUNIS = "Africa/Tunis"
NIGHT = Quiet(time(20), time(7))
EARLY = Quiet(time(0, 30), time(2, 30))


def at(text: str) -> int:
    """An instant, by its offset from UTC."""
    return int(datetime.fromisoformat(text).timestamp())


def shown(instant: int, zone: str) -> str:
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).isoformat(timespec="minutes")


QUIET = [
    ("by day it is told at once", TUNIS, NIGHT, "2026-07-01T12:00+01:00", "2026-07-01T12:00+01:00"),
    ("the evening waits", TUNIS, NIGHT, "2026-07-01T20:00+01:00", "2026-07-02T07:00+01:00"),
    ("the small hours too", TUNIS, NIGHT, "2026-07-02T06:59+01:00", "2026-07-02T07:00+01:00"),
    ("the end is not quiet", TUNIS, NIGHT, "2026-07-02T07:00+01:00", "2026-07-02T07:00+01:00"),
    (
        "a lunch break",
        *(TUNIS, Quiet(time(12), time(14)), "2026-07-01T13:00+01:00", "2026-07-01T14:00+01:00"),
    ),
    (
        "a weekend is over with the night after it",
        *(TUNIS, Quiet(time(20), time(7), frozenset({5, 6}))),
        *("2026-07-03T21:00+01:00", "2026-07-06T07:00+01:00"),
    ),
    (
        "a weekend without nights is over at midnight",
        *(TUNIS, Quiet(days=frozenset({4, 5})), "2026-07-03T00:00+01:00", "2026-07-05T00:00+01:00"),
    ),
    # Paris, 29 March 2026: 02:00 is followed by 03:00.
    (
        "the end is left out by the clock",
        *(PARIS, EARLY, "2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"),
    ),
    # Paris, 25 October 2026: 03:00 is followed by 02:00.
    ("the first 02:30", PARIS, EARLY, "2026-10-25T01:00+02:00", "2026-10-25T02:30+02:00"),
    ("between both", PARIS, EARLY, "2026-10-25T02:45+02:00", "2026-10-25T02:45+02:00"),
    ("quiet once more", PARIS, EARLY, "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"),
    # Beirut, 29 March 2026: midnight is followed by 01:00, so the day begins with it.
    (
        "the day begins an hour late",
        *(BEIRUT, Quiet(days=frozenset({5})), "2026-03-28T12:00+02:00", "2026-03-29T01:00+03:00"),
    ),
]


@pytest.mark.parametrize(
    ("zone", "quiet", "since", "told"), [row[1:] for row in QUIET], ids=[row[0] for row in QUIET]
)
def test_what_comes_in_quiet_hours_waits_for_their_end(
    zone: str, quiet: Quiet, since: str, told: str
) -> None:
    assert shown(Hours(ZoneInfo(zone), quiet).due(at(since)), zone) == told


DIGESTS = [
    ("today", TUNIS, Digest(time(8)), "2026-07-01T07:59+01:00", "2026-07-01T08:00+01:00"),
    ("on the minute", TUNIS, Digest(time(8)), "2026-07-01T08:00+01:00", "2026-07-01T08:00+01:00"),
    ("tomorrow", TUNIS, Digest(time(8)), "2026-07-01T08:01+01:00", "2026-07-02T08:00+01:00"),
    ("on Monday", TUNIS, Digest(time(8), 0), "2026-07-01T08:00+01:00", "2026-07-06T08:00+01:00"),
    ("a week", TUNIS, Digest(time(8), 0), "2026-07-06T08:01+01:00", "2026-07-13T08:00+01:00"),
    ("left out", PARIS, Digest(time(2, 30)), "2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),
    ("twice", PARIS, Digest(time(2, 30)), "2026-10-24T12:00+02:00", "2026-10-25T02:30+02:00"),
    (
        "not at its second coming",
        *(PARIS, Digest(time(2, 30)), "2026-10-25T02:31+02:00", "2026-10-26T02:30+01:00"),
    ),
    ("summer", BEIRUT, Digest(time(8)), "2026-03-29T12:00+03:00", "2026-03-30T08:00+03:00"),
    (
        "Ramadan, when Morocco's clocks go back",
        *(CASABLANCA, Digest(time(8)), "2026-02-14T08:01+01:00", "2026-02-15T08:00+00:00"),
    ),
]


@pytest.mark.parametrize(
    ("zone", "digest", "since", "told"), [row[1:] for row in DIGESTS], ids=[r[0] for r in DIGESTS]
)
def test_a_digest_goes_out_at_its_time(zone: str, digest: Digest, since: str, told: str) -> None:
    assert shown(Hours(ZoneInfo(zone), Quiet(), digest).due(at(since)), zone) == told


def test_a_digest_that_falls_into_quiet_hours_goes_out_when_they_end() -> None:
    hours = Hours(ZoneInfo(TUNIS), NIGHT, Digest(time(6)))
    assert shown(hours.due(at("2026-07-01T12:00+01:00")), TUNIS) == "2026-07-02T07:00+01:00"


# --- For every clock -----------------------------------------------------------------------------

CHANGES = ("2026-02-15", "2026-03-22", "2026-03-29", "2026-10-25", "2026-07-01")
quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
instants = st.builds(
    lambda day, minutes: at(f"{day}T00:00+00:00") + 60 * minutes,
    st.sampled_from(CHANGES),
    st.integers(-2 * 1440, 2 * 1440),
)
zones = st.sampled_from([BEIRUT, CASABLANCA, PARIS, TUNIS, "Asia/Amman"]).map(ZoneInfo)
days = st.frozensets(st.integers(0, 6), max_size=6)


@given(zones, quarters, quarters, days, instants)
@example(ZoneInfo(BEIRUT), time(23), time(0, 30), frozenset({5}), at("2026-10-24T20:30+00:00"))
def test_quiet_hours_end_at_the_first_minute_that_is_not_quiet(
    zone: ZoneInfo, begins: time, ends: time, quiet_days: frozenset[int], since: int
) -> None:
    assume(begins != ends)
    hours = Hours(zone, Quiet(begins, ends, quiet_days))
    minute = since
    while hours.quiet.holds(datetime.fromtimestamp(minute, zone).replace(tzinfo=None)):
        minute += 60
    assert hours.open_from(since) == minute


@given(zones, quarters, st.none() | st.integers(0, 6), instants)
def test_a_digest_is_never_early_nor_more_than_its_rhythm_late(
    zone: ZoneInfo, digest_at: time, weekday: int | None, since: int
) -> None:
    due = Hours(zone, Quiet(), Digest(digest_at, weekday)).due(since)
    rhythm = DAY if weekday is None else 7 * DAY
    assert since <= due <= since + rhythm + 3600
    wall = datetime.fromtimestamp(due, zone)
    assert weekday in (None, wall.weekday())
    before = datetime.fromtimestamp(due - 60, zone)
    assert wall.time() >= digest_at
    assert before.time() < digest_at or before.date() < wall.date()


def test_instants_are_whole_seconds_of_utc() -> None:
    hours = Hours(ZoneInfo(TUNIS), NIGHT)
    due = hours.due(at("2026-07-01T21:00:30+01:00"))
    assert datetime.fromtimestamp(due, UTC) == datetime(2026, 7, 2, 6, tzinfo=UTC)
    assert timedelta(seconds=due).microseconds == 0
