"""What stands on each channel of alerts, as far as this console may read it.

A board's alerts are never changed, only put in place of each other: whoever makes a page sees one
state of it, whatever arrives meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from deploy.alerts.reader import Told
from deploy.console.alerts.history import History, followed
from deploy.console.bell import Bell
from deploy.console.security.roles import Reader, Role
from schemas.alerts import (
    ANALYSTS,
    CHANNELS,
    CLOSED,
    CONTACTS,
    EVERYBODY,
    Alert,
    Assessment,
    Channel,
)


class Access(StrEnum):
    """How a board stands with its topic."""

    STARTING = "starting"
    LIVE = "live"
    CLOSED = "closed"
    """The console has no right to read it."""


@dataclass(frozen=True)
class Sent:
    """An answer that was sent, until the platform has taken it up."""

    answer: Assessment
    at: datetime


@dataclass(frozen=True)
class Board:
    """One channel at one moment.

    Attributes:
        channel: Which.
        access: How it stands with its topic.
        alerts: The newest revision of each, by id.
        histories: What is known beside it of each that is open.
        sent: Answers from this console that no later revision has followed yet.
        number: Grows with every change.
    """

    channel: Channel
    access: Access = Access.STARTING
    alerts: Mapping[str, Alert] = field(default_factory=lambda: MappingProxyType({}))
    histories: Mapping[str, History] = field(default_factory=lambda: MappingProxyType({}))
    sent: Mapping[str, Sent] = field(default_factory=lambda: MappingProxyType({}))
    number: int = 0

    def having(self, told: Told) -> Board:
        """The board after a revision more; an older one changes nothing."""
        alert, before = told.alert, self.alerts.get(told.alert.id)
        if before is not None and before.revision >= alert.revision:
            return self
        alerts = MappingProxyType({**self.alerts, alert.id: alert})
        sent = MappingProxyType({name: s for name, s in self.sent.items() if name != alert.id})
        histories = {name: h for name, h in self.histories.items() if name != alert.id}
        now = followed(self.histories.get(alert.id), before, told)
        if now is not None:
            histories[alert.id] = now
        return replace(
            self,
            alerts=alerts,
            histories=MappingProxyType(histories),
            sent=sent,
            number=self.number + 1,
        )

    def open(self, name: str) -> bool:
        """Whether there is an alert of this id that is not closed."""
        return name in self.alerts and self.alerts[name].state not in CLOSED

    def answered(self, sent: Sent) -> Board:
        """The board after an answer was sent."""
        alert = self.alerts.get(sent.answer.alert)
        if alert is None or alert.revision > sent.answer.revision:
            return self
        now = MappingProxyType({**self.sent, sent.answer.alert: sent})
        return replace(self, sent=now, number=self.number + 1)


class Boards:
    """All boards, and who is told when one changes.

    Args:
        bell: Rung with every change.
    """

    def __init__(self, bell: Bell | None = None) -> None:
        self.bell = bell or Bell()
        self._boards = {channel: Board(channel) for channel in CHANNELS}

    def __getitem__(self, channel: Channel) -> Board:
        return self._boards[channel]

    def put(self, channel: Channel, *told: Told) -> None:
        """Has everybody who may see newer revisions, all of them at once."""
        board = self._boards[channel]
        for one in told:
            board = board.having(one)
        self._change(board)

    def stand(self, channel: Channel, access: Access) -> None:
        """Has everybody know how a board stands with its topic."""
        board = self._boards[channel]
        if board.access != access:
            self._change(replace(board, access=access, number=board.number + 1))

    def answered(self, channel: Channel, answer: Assessment) -> None:
        """Remembers an answer until the platform has taken it up."""
        self._change(self._boards[channel].answered(Sent(answer, datetime.now(UTC))))

    def number(self, reader: Reader) -> int:
        """Grows with every change that a reader may see, and with no other."""
        return sum(self._boards[channel].number for channel in visible(reader))

    def _change(self, board: Board) -> None:
        if self._boards[board.channel] is not board:
            self._boards[board.channel] = board
            self.bell.ring()


NAMES: Mapping[str, Channel] = {
    **{country.lower(): channel for country, channel in CONTACTS.items()},
    "analysts": ANALYSTS,
    "surges": EVERYBODY,
}
"""Channels as they are called in addresses."""
NAME_OF: Mapping[Channel, str] = {channel: name for name, channel in NAMES.items()}


def visible(reader: Reader) -> Iterator[Channel]:
    """The channels that somebody may see."""
    for channel in CHANNELS:
        if channel.country:
            allowed = reader.speaks_for(channel.country)
        elif channel is ANALYSTS:
            allowed = Role.ANALYST in reader.roles
        else:
            allowed = Role.VIEWER in reader.roles
        if allowed:
            yield channel
