"""What is told to whom: each revision once, closed alerts only to who knows of them, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.delivery.hours import Instant
from deploy.delivery.plan import (
    LONGEST,
    MOST,
    Letter,
    Stand,
    decide,
    letters,
    next_attempt,
    put_into_letter,
    weight,
)
from deploy.delivery.settings import Recipient
from schemas.alerts import CLOSED, STATES, Alert
from tests.unit.delivering import HOUR, NOON, alert_id, analyst, contact, recipient

NIGHT = {"from": "20:00", "until": "07:00"}
EVENING = NOON + 9 * HOUR
MORNING = NOON + 19 * HOUR


@dataclass
class Desk:
    """A recipient's stands, kept in memory as the book keeps them."""

    recipient: Recipient
    stands: dict[str, Stand] = field(default_factory=dict)

    def hears(self, alert: Alert, now: Instant = NOON) -> None:
        before = self.stands.get(alert.id, Stand())
        self.stands[alert.id] = decide(self.recipient, alert, before, now)

    def sends(self, now: Instant = NOON) -> list[Letter]:
        waiting = {alert: stand for alert, stand in self.stands.items() if stand.waiting}
        made = list(letters(self.recipient, waiting, now))
        for letter in made:
            for item in letter.items:
                self.stands[item.alert] = put_into_letter(self.stands[item.alert])
        return made

    def told(self, now: Instant = NOON) -> list[tuple[int, int]]:
        """Numbers and revisions of the alerts that are sent now."""
        return [(int(i.alert, 16), i.revision) for letter in self.sends(now) for i in letter.items]


def desk(**more: Any) -> Desk:
    return Desk(recipient(**more))


ALL = list(STATES)
SCENARIOS: list[tuple[str, dict[str, Any], Sequence[tuple[int, str]], list[tuple[int, int]]]] = [
    ("a new alert is told", {}, [(1, "NEW")], [(1, 1)]),
    ("of two revisions the newer", {}, [(1, "NEW"), (2, "NEW")], [(1, 2)]),
    ("an older one that comes late is not", {}, [(2, "NEW"), (1, "NEW")], [(1, 2)]),
    ("a state that nobody asked for is not", {}, [(1, "CONFIRMED")], []),
    ("one that somebody asked for is", {"states": ["CONFIRMED"]}, [(1, "CONFIRMED")], [(1, 1)]),
    ("what waits is told though it was seen", {}, [(1, "NEW"), (2, "SEEN")], [(1, 1)]),
    ("what closed while it waited is not told", {}, [(1, "NEW"), (2, "RETRACTED")], []),
    ("nor is it with any state asked for", {"states": ALL}, [(1, "NEW"), (2, "EXPIRED")], []),
    ("what closed unheard of is not told", {"states": ALL}, [(1, "RETRACTED")], []),
    ("raised anew it is told", {}, [(1, "NEW"), (2, "RETRACTED"), (3, "NEW")], [(1, 3)]),
]


@pytest.mark.parametrize(
    ("more", "heard", "told"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS]
)
def test_before_anything_was_sent(
    more: dict[str, Any], heard: Sequence[tuple[int, str]], told: list[tuple[int, int]]
) -> None:
    mine = desk(**more)
    for revision, state in heard:
        mine.hears(contact(1, revision, state))
    assert mine.told() == told
    assert mine.told() == []


AFTERWARDS: list[tuple[str, dict[str, Any], int, str, list[tuple[int, int]]]] = [
    ("the same again is not told", {}, 1, "NEW", []),
    ("a revision is", {}, 2, "NEW", [(1, 2)]),
    ("a retraction is", {}, 2, "RETRACTED", [(1, 2)]),
    ("not if nobody asked for it", {"states": ["NEW"]}, 2, "RETRACTED", []),
    ("an expiry is not, if nobody asked for it", {}, 2, "EXPIRED", []),
    ("a merger is, if somebody asked for it", {"states": ["NEW", "MERGED"]}, 2, "MERGED", [(1, 2)]),
    ("a retraction has no weight to be chosen by", {"weights": ["FIRM"]}, 2, "RETRACTED", [(1, 2)]),
]


@pytest.mark.parametrize(
    ("more", "revision", "state", "told"),
    [row[1:] for row in AFTERWARDS],
    ids=[row[0] for row in AFTERWARDS],
)
def test_after_it_was_told(
    more: dict[str, Any], revision: int, state: str, told: list[tuple[int, int]]
) -> None:
    mine = desk(**more)
    mine.hears(contact(1))
    assert mine.told() == [(1, 1)]
    mine.hears(contact(1, revision, state))
    assert mine.told() == told


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        (contact(), "FIRM"),
        (contact(backed=False), "WEAK"),
        (contact(counterpart_backed=False), "WEAK"),
        (contact(doubtful=True), "WEAK"),
        (analyst(), "FIRM"),
        (analyst(lead=True), "WEAK"),
    ],
)
def test_weight_is_what_else_is_known(alert: Alert, expected: str) -> None:
    assert weight(alert) == expected
    for chosen in ("FIRM", "WEAK"):
        mine = desk(weights=[chosen])
        mine.hears(alert)
        assert bool(mine.told()) == (chosen == expected)


def test_quiet_hours_hold_back_and_send_one_letter_afterwards() -> None:
    mine = desk(quiet=NIGHT)
    for number in range(3):
        mine.hears(contact(number), EVENING + number * HOUR)
    assert mine.sends(EVENING + 4 * HOUR) == []
    (letter,) = mine.sends(MORNING)
    assert [item.alert for item in letter.items] == [alert_id(number) for number in range(3)]


def test_a_daily_digest_takes_what_came_before_its_time() -> None:
    mine = desk(digest={"daily": "13:00"})
    mine.hears(contact(1), NOON)
    assert mine.sends(NOON + HOUR - 1) == []
    mine.hears(contact(2), NOON + HOUR + 60)
    assert mine.told(NOON + HOUR + 120) == [(1, 1)]
    assert mine.told(NOON + 25 * HOUR) == [(2, 1)]


def test_a_process_that_was_away_at_the_time_of_a_digest_sends_it_when_it_is_back() -> None:
    mine = desk(digest={"weekly": "MON", "at": "08:00"}, quiet=NIGHT)
    mine.hears(contact(1))
    monday = NOON + 4 * 24 * HOUR + 20 * HOUR
    assert mine.sends(monday - 60) == []
    assert mine.sends(monday + 13 * HOUR) == [], "a digest is not sent at night either"
    assert mine.told(monday + 27 * HOUR) == [(1, 1)]


def test_a_newer_revision_keeps_the_place_of_what_waited() -> None:
    mine = desk(quiet=NIGHT)
    mine.hears(contact(1), EVENING)
    mine.hears(contact(2), EVENING + 60)
    mine.hears(contact(1, 2), EVENING + 120)
    assert mine.told(MORNING) == [(1, 2), (2, 1)]


def test_too_many_for_one_letter_go_into_several() -> None:
    mine = desk()
    for number in range(2 * MOST + 1):
        mine.hears(contact(number))
    assert [len(letter.items) for letter in mine.sends()] == [MOST, MOST, 1]


def test_attempts_come_less_often_and_never_in_quiet_hours() -> None:
    steady = recipient()
    waits = [next_attempt(steady, attempts, NOON) - NOON for attempts in range(1, 13)]
    assert waits == [60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, LONGEST, LONGEST, LONGEST]
    assert next_attempt(steady, 10_000, NOON) == NOON + LONGEST
    sleeping = recipient(quiet=NIGHT)
    assert next_attempt(sleeping, 1, EVENING - 60) == MORNING


def test_letters_have_one_name_each() -> None:
    def names(who: str, *revisions: int) -> set[str]:
        mine = desk(name=who)
        for number, revision in enumerate(revisions):
            mine.hears(contact(number, revision))
        return {letter.id for letter in mine.sends()}

    assert names("duty", 1) == names("duty", 1)
    others = [names("duty", 1), names("duty", 2), names("head", 1), names("duty", 1, 1)]
    assert len(set.union(*others)) == len(others)


# --- For every history ---------------------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.integers(1, 3),  # which alert
        st.sampled_from(STATES),
        st.integers(0, 9 * HOUR),  # how long after the step before
        st.booleans(),  # whether letters are made after it
    ),
    max_size=20,
)
recipients = st.builds(
    recipient,
    states=st.lists(st.sampled_from(STATES), min_size=1, unique=True),
    quiet=st.sampled_from([{}, NIGHT, {"days": ["THU", "SUN"]}]),
    digest=st.sampled_from(["at-once", {"daily": "08:00"}, {"weekly": "MON", "at": "21:00"}]),
)


@given(recipients, steps)
def test_no_revision_is_told_twice_none_in_quiet_hours_and_none_is_forgotten(
    who: Recipient, history: list[tuple[int, str, int, bool]]
) -> None:
    mine, now = Desk(who), NOON
    revisions: dict[int, int] = {}
    chosen: set[int] = set()
    due: set[int] = set()
    told: list[tuple[int, int]] = []
    for number, state, later, made in history:
        now += later
        revisions[number] = revisions.get(number, 0) + 1
        alert = contact(number, revisions[number], state)
        mine.hears(alert, now)
        mine.hears(alert, now)
        if state in CLOSED:
            due.discard(number)
        elif state in who.states:
            chosen.add(number)
            due.add(number)
        if made:
            sent = mine.told(now)
            assert not sent or not who.hours.is_quiet(now)
            told += sent
    for hours in range(0, 24 * 16, 6):
        told += mine.told(now + hours * HOUR)
    assert len(told) == len(set(told))
    assert not any(stand.waiting for stand in mine.stands.values())
    assert due <= {number for number, _ in told}, "an open alert of a chosen state is told"
    assert {number for number, _ in told} <= chosen, "who never heard of it hears of no closing"


@given(recipients, st.permutations([1, 2, 3, 4]))
def test_the_order_in_which_revisions_come_does_not_matter_for_the_newest(
    who: Recipient, order: list[int]
) -> None:
    mine = Desk(who)
    for revision in order:
        mine.hears(contact(1, revision, "NEW"))
    told = mine.told(NOON + 24 * HOUR * 8) or mine.told(NOON + 24 * HOUR * 8 + 13 * HOUR)
    assert told == ([(1, 4)] if "NEW" in who.states else [])
