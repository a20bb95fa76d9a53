"""What to tell whom now: plain functions of settings, of how recipients stand, and of the clock.

The rules:

1. A recipient is told of each revision of an alert once at most, and only of the newest: what waits
   is replaced by what is newer, and keeps its place in the queue.
2. What is told is chosen by the alert's state and weight. What waits is kept even if the alert's
   state has gone on meanwhile to one that is not chosen: one message too many is better than an
   alert that nobody hears of.
3. That an alert is closed is told only to those who were told of it. Who was not, is told nothing
   of it any more, and what waits is dropped: behind the link there would be nothing to see.
4. All that is due to a recipient goes into one letter, of `MOST` alerts at most.
5. A letter that is not taken is tried again after a minute, then after twice as long each time, and
   at last every `LONGEST`, for as long as it takes; never in the recipient's quiet hours.
6. What is refused for good is not tried again by itself. It is reported, and concerns nobody else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from deploy.delivery.hours import Instant
from deploy.delivery.settings import Recipient, Weight
from schemas.alerts import CLOSED, Alert, AnalystAlert, ContactAlert

MOST = 100
FIRST_WAIT = 60
LONGEST = 6 * 3600


@dataclass(frozen=True, slots=True)
class Stand:
    """How a recipient stands with an alert; revisions begin at 1, and 0 is none.

    Attributes:
        seen: The newest revision that was decided on.
        told: The newest that is in a letter.
        waiting: The one that waits to be put into a letter.
        since: Since when something waits.
    """

    seen: int = 0
    told: int = 0
    waiting: int = 0
    since: Instant = 0


class Item(NamedTuple):
    """An alert in a letter."""

    alert: str
    revision: int


@dataclass(frozen=True, slots=True)
class Letter:
    """What a recipient is sent at one time.

    Attributes:
        recipient: Name of the recipient.
        items: The alerts.
    """

    recipient: str
    items: tuple[Item, ...]

    @property
    def id(self) -> str:
        """Its name, which is the same whenever it is sent, and tells nothing.

        Example:
            >>> Letter("duty", (Item("00", 1),)).id == Letter("duty", (Item("00", 2),)).id
            False
        """
        told = [self.recipient, *(f"{item.alert}/{item.revision}" for item in self.items)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:40]


class Outcome(StrEnum):
    """What became of an attempt."""

    SENT = "SENT"
    DELAYED = "DELAYED"
    REFUSED = "REFUSED"


# --- Choosing ------------------------------------------------------------------------------------


def weight(alert: Alert) -> Weight:
    """How much stands behind an alert.

    A closed one says nothing of its evidence; who was told of it passed this before.
    """
    match alert:
        case ContactAlert(about=about) if about is not None:
            backed = alert.backed and any(other.backed for other in about.counterparts)
            return "FIRM" if backed and not about.doubtful else "WEAK"
        case AnalystAlert(about=about) if about is not None:
            return "WEAK" if about.lead else "FIRM"
        case _:
            return "FIRM"


def decide(recipient: Recipient, alert: Alert, stand: Stand, now: Instant) -> Stand:
    """How the recipient stands once a revision of an alert has come.

    Args:
        recipient: Who.
        alert: The revision.
        stand: How the recipient stood.
        now: The time.
    """
    if alert.revision <= stand.seen:
        return stand
    after = replace(stand, seen=alert.revision)
    chosen = alert.state in recipient.states
    if alert.state in CLOSED:
        if chosen and stand.told:
            return _waits(after, now)
        return replace(after, waiting=0, since=0)
    if chosen and weight(alert) in recipient.weights:
        return _waits(after, now)
    return after


def _waits(stand: Stand, now: Instant) -> Stand:
    return replace(stand, waiting=stand.seen, since=stand.since if stand.waiting else now)


# --- Sending -------------------------------------------------------------------------------------


def letters(recipient: Recipient, waiting: Mapping[str, Stand], now: Instant) -> Iterator[Letter]:
    """The letters that are due to a recipient.

    Args:
        recipient: Who.
        waiting: What waits, by the alerts' ids.
        now: The time.
    """
    if recipient.hours.is_quiet(now):
        return
    due = sorted(
        (stand.since, alert, stand.waiting)
        for alert, stand in waiting.items()
        if stand.waiting and recipient.hours.due(stand.since) <= now
    )
    items = [Item(alert, revision) for _, alert, revision in due]
    for start in range(0, len(items), MOST):
        yield Letter(recipient.name, tuple(items[start : start + MOST]))


def put_into_letter(stand: Stand) -> Stand:
    """How a recipient stands with an alert once what waited is in a letter."""
    return replace(stand, told=stand.waiting, waiting=0, since=0)


def next_attempt(recipient: Recipient, attempts: int, now: Instant) -> Instant:
    """When a letter that was not taken is tried again.

    Example:
        >>> duty = Recipient(name="duty", mail="duty@example.org", zone="Africa/Tunis")
        >>> [next_attempt(duty, attempts, 0) for attempts in (1, 2, 3, 30)]
        [60, 120, 240, 21600]
    """
    wait = LONGEST if attempts > LONGEST.bit_length() else FIRST_WAIT << (attempts - 1)
    return recipient.hours.open_from(now + min(wait, LONGEST))
