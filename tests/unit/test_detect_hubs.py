"""Lines that unrelated people share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.detect import Findings, process
from processors.alerts.errors import StopListInvalid
from processors.alerts.hubs import CANDIDATE_CASES, HUB_CASES, Stop, read_stops
from tests.unit.detection import NOW, profile, sight, token

HOTLINE = {token("a"): Stop("lb.isf", "HOTLINE", NOW)}


def held_by(count: int, *, backed: bool = True, name: str = "a") -> list:
    tunisian = [sight(f"TUN/{n}", name, backed=backed) for n in range(count - 1)]
    return [*tunisian, sight("LBN/1", name, backed=backed)]


def reasons(found: Findings) -> list[str]:
    return [hub.reason for hub in found.hubs]


def test_what_is_on_the_stop_list_alerts_nobody_and_is_told_to_the_operator() -> None:
    found = process(held_by(3), (), NOW, HOTLINE)
    assert list(found) == []
    (hub,) = found.hubs
    assert hub.reason == "STOPPED"
    assert hub.stopped_by == ("lb.isf",)
    assert hub.cases_by_country == {"LBN": 1, "TUN": 2}
    assert hub.typologies == ("SHARED_LINE",)
    assert hub.hides_a_hit


def test_a_stop_that_keeps_no_alert_back_says_so() -> None:
    (hub,) = process([sight("TUN/1", "a")], (), NOW, HOTLINE).hubs
    assert not hub.hides_a_hit


def test_a_stop_outlives_a_new_key() -> None:
    """The list has the token of the old year; a case that states both ties the new one to it."""
    seen = [sight("TUN/1", "new", "a"), sight("LBN/1", "new"), sight("JOR/1", "new")]
    assert reasons(process(seen, (), NOW, HOTLINE)) == ["STOPPED"]


@pytest.mark.parametrize(
    ("count", "backed", "is_blocked"),
    [
        (HUB_CASES, True, False),
        (HUB_CASES + 1, True, True),
        (HUB_CASES + 1, False, False),  # Invented cases blind nobody.
    ],
)
def test_what_too_many_backed_cases_hold_is_blocked(
    count: int, backed: bool, is_blocked: bool
) -> None:
    found = process(held_by(count, backed=backed), (), NOW)
    assert ("DEGREE" in reasons(found)) is is_blocked
    assert bool(found.shared) is not is_blocked


# --- Candidates for the list ----------------------------------------------------------------------

ALIKE = ("FORM:BEG", "MEANS:KIDS", "CHANNEL:FAMILY")


def _country(different: int = 60) -> list:
    """Cases of a country that have little in common."""
    return [profile(f"TUN/other {n}", f"FORM:{n % 9}", f"MEANS:{n % 7}") for n in range(different)]


@pytest.mark.parametrize(
    ("what", "cases", "codes", "is_candidate"),
    [
        ("few cases", CANDIDATE_CASES - 1, None, False),
        ("cases as different as any", CANDIDATE_CASES, None, True),
        ("cases that are alike", CANDIDATE_CASES, ALIKE, False),
        ("cases of which no code is known", CANDIDATE_CASES, (), True),
    ],
)
def test_a_line_of_unlike_cases_in_one_country_is_a_candidate(
    what: str, cases: int, codes: tuple[str, ...] | None, is_candidate: bool
) -> None:
    seen = [*(sight(f"TUN/{n}", "a") for n in range(cases)), sight("LBN/1", "a")]
    known = [
        profile(f"TUN/{n}", *(codes if codes is not None else (f"FORM:{n % 9}", f"MEANS:{n % 7}")))
        for n in range(cases)
    ]
    found = process(seen, [*known, *_country()], NOW)
    assert (reasons(found) == ["CANDIDATE"]) is is_candidate, what
    assert [finding.doubtful for finding in found.shared] == [is_candidate], what


def test_a_candidate_goes_on_alerting() -> None:
    seen = [*(sight(f"TUN/{n}", "a") for n in range(CANDIDATE_CASES)), sight("LBN/1", "a")]
    found = process(seen, (), NOW)
    assert [hub.hides_a_hit for hub in found.hubs] == [False]
    assert len(found.shared) == len(found.growth) == 1


@given(st.integers(1, 40), st.booleans(), st.booleans())
def test_nothing_is_dropped_in_silence(count: int, stopped: bool, backed: bool) -> None:
    """What two countries hold is either told of or stands among the hubs."""
    seen = held_by(count, backed=backed)
    found = process(seen, (), NOW, HOTLINE if stopped else {})
    if len({s.country for s in seen}) > 1:
        blocked = [hub for hub in found.hubs if hub.reason != "CANDIDATE"]
        assert len(found.shared) + len(blocked) == 1


# --- The file -------------------------------------------------------------------------------------


def test_a_stop_list_is_read() -> None:
    lines = ["# hotlines", "", f"{'ab' * 32},tn.inltp,HOTLINE,2026-03  # the national one"]
    assert read_stops(lines) == {bytes([0xAB] * 32): Stop("tn.inltp", "HOTLINE", 2026 * 12 + 2)}


@pytest.mark.parametrize(
    "line",
    [
        "+21612345678,tn.inltp,HOTLINE,2026-03",
        f"{'ab' * 31},tn.inltp,HOTLINE,2026-03",
        f"{'ab' * 32},tn.inltp,HOTLINE",
        f"{'ab' * 32},,HOTLINE,2026-03",
        f"{'ab' * 32},tn.inltp,HOTLINE,2026-13",
    ],
)
def test_a_line_that_says_something_else_is_refused_and_not_repeated(line: str) -> None:
    with pytest.raises(StopListInvalid) as caught:
        read_stops(["# first", line])
    assert caught.value.got == "line 2"
    assert line.split(",", maxsplit=1)[0] not in str(caught.value)
