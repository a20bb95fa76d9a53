"""Which state may follow which, by whose hand; and what makes a dismissed alert worth raising."""

from __future__ import annotations

from datetime import date

import pytest

from processors.alerts.basis import Strength
from processors.alerts.life import MAY_FOLLOW, Draft, markedly_more, may_follow
from schemas.alerts import CLOSED, MOST_STEPS, STATES, Surge, reasons_of
from tests.unit.test_alert_holding import RISE

ON = date(2026, 7, 15)
BY_READERS = {
    "NEW": "SEEN ASSESSED DISMISSED CONFIRMED",
    "SEEN": "ASSESSED DISMISSED CONFIRMED",
    "ASSESSED": "ASSESSED DISMISSED CONFIRMED",
    "DISMISSED": "ASSESSED DISMISSED CONFIRMED",
    "CONFIRMED": "ASSESSED DISMISSED CONFIRMED",
    "MERGED": "",
    "RETRACTED": "",
    "EXPIRED": "",
}
BY_PLATFORM = {
    "NEW": "MERGED RETRACTED EXPIRED",
    "SEEN": "MERGED RETRACTED EXPIRED",
    "ASSESSED": "MERGED RETRACTED EXPIRED",
    "DISMISSED": "NEW MERGED RETRACTED EXPIRED",
    "CONFIRMED": "MERGED RETRACTED EXPIRED",
    "MERGED": "",
    "RETRACTED": "NEW",
    "EXPIRED": "NEW",
}


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_the_table_of_states(before, after) -> None:
    assert may_follow(before, after, "CONTACT") == (after in BY_READERS[before].split())
    assert may_follow(before, after, "ANALYST") == (after in BY_READERS[before].split())
    assert may_follow(before, after, "PLATFORM") == (after in BY_PLATFORM[before].split())


def test_every_state_but_seen_has_reasons_and_seen_has_none() -> None:
    assert {state for state in STATES if not reasons_of(state)} == {"SEEN"}
    assert set(MAY_FOLLOW) == set(STATES)


@pytest.mark.parametrize(
    ("now", "marked"),
    [
        (Strength(4, 2, 1, 0), False),
        (Strength(7, 2, 1, 0), False),
        (Strength(8, 2, 1, 0), True),
        (Strength(4, 3, 1, 0), True),
        (Strength(4, 2, 2, 0), True),
        (Strength(4, 2, 1, 1), True),
        (Strength(2, 2, 1, 0), False),
    ],
)
def test_what_is_markedly_more_than_four_cases_of_two_countries(now, marked) -> None:
    assert markedly_more(Strength(4, 2, 1, 0), now) == marked


def test_a_step_that_may_not_be_taken_is_a_fault() -> None:
    draft = Draft(None, dict(RISE.fields()), [])
    draft.step("NEW", "PLATFORM", "FOUND", ON)
    with pytest.raises(ValueError, match="may not follow"):
        draft.step("CONFIRMED", "PLATFORM", "JOINT_CASE", ON)


def test_a_history_stays_short_and_keeps_its_beginning() -> None:
    draft = Draft(None, dict(RISE.fields()), [])
    draft.step("NEW", "PLATFORM", "FOUND", ON)
    alert = draft.finished(Surge)
    for number in range(MOST_STEPS + 5):
        draft = Draft.of(alert)
        state, reason = [("ASSESSED", "UNDER_INQUIRY"), ("CONFIRMED", "JOINT_CASE")][number % 2]
        draft.step(state, "ANALYST", reason, ON)
        alert = draft.finished(Surge)
    assert len(alert.history) == MOST_STEPS
    assert alert.history[0].state == "NEW"
    assert alert.state not in CLOSED


def test_a_draft_that_nothing_changed_is_no_revision() -> None:
    draft = Draft(None, dict(RISE.fields()), [])
    draft.step("NEW", "PLATFORM", "FOUND", ON)
    assert Draft.of(draft.finished(Surge)).finished(Surge) is None
