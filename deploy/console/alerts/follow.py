"""Feeds the boards from Kafka.

The rules:

1. Each channel is followed by itself: one that this console may not read leaves the others alone.
2. What does not verify is told and never shown (`deploy.alerts.reader`).
3. Whatever ends the following, it begins again after a moment, from the start: boards pass over
   what they know already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn

from deploy.alerts.reader import following
from deploy.console import lines
from deploy.console.alerts.boards import Access, Boards
from deploy.consume.errors import TopicClosed
from schemas.alerts import CHANNELS, Channel
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.trust import TrustDocument

AGAIN_AFTER = 2.0


async def follow_alerts(
    broker: Broker,
    trust: Callable[[], TrustDocument],
    boards: Boards,
    again_after: float = AGAIN_AFTER,
) -> None:
    """Follows all channels until cancelled.

    Args:
        broker: The cluster.
        trust: Gives the trust document at hand.
        boards: What to feed.
        again_after: Seconds to wait before it begins again.
    """
    async with asyncio.TaskGroup() as group:
        for channel in CHANNELS:
            group.create_task(_Following(broker, trust, boards, channel).forever(again_after))


class _Following:
    """Follows one channel."""

    def __init__(
        self,
        broker: Broker,
        trust: Callable[[], TrustDocument],
        boards: Boards,
        channel: Channel,
    ) -> None:
        self._broker, self._trust, self._boards = broker, trust, boards
        self._channel = channel
        self._refused = -1
        self._told = ""

    async def forever(self, again_after: float) -> NoReturn:
        while True:
            try:
                await self._once()
            except SouthmedError as error:
                if isinstance(error, TopicClosed):
                    self._boards.stand(self._channel, Access.CLOSED)
                if error.code != self._told:
                    self._told = error.code
                    tell(lines.ALERTS_INTERRUPTED, topic=self._channel.topic, code=error.code)
            await asyncio.sleep(again_after)

    async def _once(self) -> NoReturn:
        async with following(self._broker, self._channel, self._trust) as reader:
            # All at once: nobody is to see a state of an alert that a later one has ended.
            self._boards.put(self._channel, *await reader.standing())
            self._boards.stand(self._channel, Access.LIVE)
            self._told = ""
            while True:
                for refused in reader.refused:
                    if refused.offset > self._refused:
                        self._refused = refused.offset
                        self._tell(refused.offset, refused.error.code)
                reader.refused.clear()
                self._boards.put(self._channel, *await reader.coming())

    def _tell(self, offset: int, code: str) -> None:
        tell(lines.ALERT_REFUSED, topic=self._channel.topic, code=code, offset=offset)
