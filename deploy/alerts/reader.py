"""Following alerts as one of their readers: every one verified, each revision once.

For whoever delivers them further or shows them. A reader needs the trust document, a certificate
and nothing else::

    async with following(broker, CONTACTS["TUN"], LiveTrust(path)) as alerts:
        for alert in await alerts.newest():      # what stands
            ...
        while True:
            for alert in await alerts.more():    # what comes
                ...

The rules:

1. What does not verify under the platform's key for alerts is no alert: it is kept in `refused`
   with its offset and error, and passed over.
2. An older revision that is sent again, though its signature holds, is not shown.
3. Who wants to know when something came to be told reads every revision, each with its day
   (`AlertReader.standing`, `AlertReader.coming`). The day is the broker's word: it is not signed,
   and of revisions that were compacted away there is none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import NamedTuple

from deploy.consume.judge import Message
from deploy.consume.topic import PATIENCE, Reader, reading
from deploy.topics.errors import ClusterUnreachable
from schemas.alerts import Alert, Channel, open_alert
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.trust import TrustDocument


class RefusedAlert(NamedTuple):
    """A record that is no alert, and why."""

    offset: int
    error: SouthmedError


class Told(NamedTuple):
    """A revision of an alert, and the day on which the broker took it."""

    alert: Alert
    on: date


class AlertReader:
    """The alerts of one channel.

    Args:
        reader: Of its topic.
        channel: Which.
        trust: Gives the trust document at hand.

    Attributes:
        known: The newest revision of each alert so far.
        refused: What was passed over.
    """

    def __init__(
        self, reader: Reader, channel: Channel, trust: Callable[[], TrustDocument]
    ) -> None:
        self._reader = reader
        self._channel = channel
        self._trust = trust
        self.known: dict[str, Alert] = {}
        self.refused: list[RefusedAlert] = []

    async def newest(self) -> list[Alert]:
        """What stands: the newest revision of every alert, in the order of the topic.

        Raises:
            ClusterUnreachable: What is known to be on the topic does not come.
        """
        found: dict[str, Alert] = {}
        for alert, _ in await self.standing():
            found.pop(alert.id, None)
            found[alert.id] = alert
        return list(found.values())

    async def standing(self) -> list[Told]:
        """What stands and how it came to: every revision that is left, in the topic's order.

        Raises:
            ClusterUnreachable: What is known to be on the topic does not come.
        """
        found: list[Told] = []
        while not self._reader.caught_up:
            found += await self.coming()
            if self._reader.quiet > PATIENCE:
                raise ClusterUnreachable(expected=f"messages up to offset {self._reader.end}")
        return found

    async def more(self) -> list[Alert]:
        """What has come; nothing if nothing comes within a moment."""
        return [alert for alert, _ in await self.coming()]

    async def coming(self) -> list[Told]:
        """The same, each with its day."""
        return [
            Told(alert, datetime.fromtimestamp(message.stamp / 1000, UTC).date())
            for message in await self._reader.more()
            if (alert := self._judged(message))
        ]

    def _judged(self, message: Message) -> Alert | None:
        try:
            value, headers = message.value or b"", message.headers
            alert = open_alert(self._channel, message.key, value, headers, self._trust())
        except SouthmedError as error:
            self.refused.append(RefusedAlert(message.offset, error))
            return None
        before = self.known.get(alert.id)
        if before is not None and before.revision >= alert.revision:
            return None
        self.known[alert.id] = alert
        return alert


@asynccontextmanager
async def following(
    broker: Broker, channel: Channel, trust: Callable[[], TrustDocument], start: int = 0
) -> AsyncIterator[AlertReader]:
    """A reader of a channel.

    Args:
        broker: The cluster, as the reader's principal.
        channel: Which.
        trust: Gives the trust document at hand.
        start: Offset to begin at.

    Raises:
        ClusterUnreachable, TopicClosed: As in `deploy.consume.topic.reading`.
    """
    async with reading(broker, start, channel.topic) as reader:
        yield AlertReader(reader, channel, trust)
