"""What is held against guessed identifiers (T7), and what everybody is told of published tables."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.alerts.plan import OPEN_UNBACKED
from processors.alerts.surging import Rise
from schemas.alerts import CONTACTS, EVERYBODY, ContactAlert
from tests.unit.alerting import Platform
from tests.unit.detection import NOW, sight

# --- T7 ------------------------------------------------------------------------------------------


def guesses(number: int) -> list:
    """Real numbers of Lebanese cases, and Tunisian cases that nothing speaks of but a guess."""
    real = [sight(f"LBN/{n}", f"number {n}") for n in range(number)]
    return [*real, *(sight(f"TUN/{n}", f"number {n}", backed=False) for n in range(number))]


def unbacked(platform: Platform) -> list[ContactAlert]:
    return [a for a in platform.of("TUN") if isinstance(a, ContactAlert) and not a.backed]


def test_a_country_that_guesses_learns_of_three_hits_and_the_rest_is_held() -> None:
    platform = Platform()
    made = platform.tell(guesses(7))
    assert len(unbacked(platform)) == OPEN_UNBACKED == 3
    assert len(platform.of("LBN")) == 3, "what is held is told to nobody"
    assert len(made.held) == 4
    assert {held.country for held in made.held} == {"TUN"}
    assert platform.of("analysts") == []


def test_a_hit_that_is_raised_again_takes_no_second_place() -> None:
    platform = Platform()
    for seen in (guesses(3), [], guesses(3)):
        platform.tell(seen)
    assert platform.states("TUN") == ["NEW"] * 3
    assert platform.plan(guesses(3)).held == ()
    assert len(platform.tell(guesses(7)).held) == 4


def test_withdrawing_guesses_frees_no_place_for_new_ones_within_a_year() -> None:
    platform = Platform()
    platform.tell(guesses(3))
    platform.tell([])
    assert platform.states("TUN") == ["RETRACTED"] * 3
    others = [replace(s, fact=s.case, case=bytes(16)) for s in guesses(8)][3:]
    assert len(platform.tell(others).alerts) == 0
    assert platform.tell(others, month=NOW + 11).alerts == ()
    assert len(platform.tell(others, month=NOW + 12).alerts) > 0


@pytest.mark.parametrize("answer", [("DISMISSED", "COINCIDENCE"), ("CONFIRMED", "JOINT_CASE")])
def test_answering_frees_no_place_either(answer: tuple[str, str]) -> None:
    platform = Platform()
    platform.tell(guesses(3))
    for alert in platform.of("TUN"):
        platform.answer(CONTACTS["TUN"], alert, *answer)
    platform.tell(guesses(3))
    platform.tell(guesses(5))
    assert len(unbacked(platform)) == 3


def test_an_event_that_backs_the_case_frees_its_place() -> None:
    platform = Platform()
    seen = guesses(4)
    platform.tell(seen)
    told_of = unbacked(platform)[0].about.cases[0].case
    backed = [replace(s, backed=True) if s.case.hex() == told_of else s for s in seen]
    assert platform.tell(backed).held == ()
    assert len(platform.of("TUN")) == 4
    assert len(unbacked(platform)) == 3


def test_the_counterpart_is_told_that_nothing_else_is_known() -> None:
    platform = Platform()
    platform.tell(guesses(1))
    about = platform.only("LBN").evidence
    assert [c.backed for c in about.counterparts] == [False]
    assert "nothing but this is known" in about.words.en


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=25))
def test_however_guesses_come_and_go_three_are_the_most_in_a_year(steps) -> None:
    platform, standing = Platform(), set()
    for number in steps:
        standing ^= {number}
        platform.tell([s for n in sorted(standing) for s in guesses(10) if s.case in _cases(n)])
    assert len(unbacked(platform)) <= 3


def _cases(number: int) -> set[bytes]:
    return {sight(f"{country}/{number}", "any").case for country in ("TUN", "LBN")}


# --- Surges --------------------------------------------------------------------------------------

RISE = Rise("D3", "P2", (("REF_AREA", "LBN"), ("ORIGIN", "SYR")), "2026-Q1", "2026-Q1", 5.1, 4.5)


def test_a_surge_is_told_once_and_goes_on_with_newer_periods() -> None:
    platform = Platform()
    platform.tell([], rises=[RISE])
    assert platform.plan([], rises=[RISE]).alerts == ()
    platform.tell([], rises=[replace(RISE, period="2026-Q2")])
    (alert,) = platform.out[EVERYBODY].values()
    assert (alert.id, alert.revision, alert.evidence.period) == (RISE.id, 2, "2026-Q2")
    assert alert.evidence.series == {"ORIGIN": "SYR", "REF_AREA": "LBN"}


def test_a_surge_that_is_no_longer_found_is_retracted_and_an_old_one_expires() -> None:
    platform = Platform()
    platform.tell([], rises=[RISE])
    platform.tell([])
    assert [a.state for a in platform.out[EVERYBODY].values()] == ["RETRACTED"]
    platform.tell([], rises=[RISE])
    platform.tell([], rises=[RISE], month=NOW + 12)
    assert [a.state for a in platform.out[EVERYBODY].values()] == ["EXPIRED"]
