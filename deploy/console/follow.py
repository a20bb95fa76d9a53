"""Feeds the store from Kafka, and says how things stand with the broker.

The rules:

1. Messages are judged as ``southmed consume`` judges them; what does not verify is counted, told,
   and never shown.
2. What the store holds stays readable while the broker is away. From the moment on that it does not
   answer, every page says that it may be behind.
3. Whatever ends the following, it begins again after a moment, from where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from enum import StrEnum

from deploy.console import lines
from deploy.console.bell import Bell
from deploy.console.store import Kept, Snapshot
from deploy.consume.follow import Follower
from deploy.consume.judge import Judge, Message, Refused
from deploy.consume.topic import Reader, reading
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.releases import Release
from schemas.trust import TrustDocument

LOOK_EVERY = 3.0
"""Seconds between questions whether the broker is there; also its time to answer."""
AGAIN_AFTER = 2.0


class Standing(StrEnum):
    """How far what is shown can be said to be the newest."""

    STARTING = "starting"
    LIVE = "live"
    BEHIND = "behind"


class Live:
    """The newest snapshot, how things stand, and who waits for a change.

    Attributes:
        snapshot: What is known now.
        standing: How things stand with the broker.
        since: Since when.
        bell: Rung with every change.
    """

    def __init__(
        self, snapshot: Snapshot | None = None, standing: Standing = Standing.STARTING
    ) -> None:
        self.snapshot = snapshot or Snapshot()
        self.standing = standing
        self.since = datetime.now(UTC)
        self.bell = Bell()

    def put(self, snapshot: Snapshot) -> None:
        """Has everybody see a newer snapshot."""
        self.snapshot = snapshot
        self.bell.ring()

    def stand(self, standing: Standing) -> None:
        """Has everybody know how things stand with the broker."""
        if standing != self.standing:
            self.standing, self.since = standing, datetime.now(UTC)
            self.bell.ring()

    async def changes(self) -> AsyncIterator[tuple[Standing, int]]:
        """How things stand and the snapshot's number: now, and whenever either changes."""
        told = None
        while True:
            changed, now = self.bell.listen(), (self.standing, self.snapshot.number)
            if now != told:
                told = now
                yield now
            else:
                await changed.wait()


class Witness(Judge):
    """A judge who keeps the messages of what it believes."""

    def __init__(self, trust: Callable[[], TrustDocument]) -> None:
        super().__init__(trust)
        self.messages: dict[str, Message] = {}

    def __call__(self, message: Message) -> Release | Refused | None:
        verdict = super().__call__(message)
        if isinstance(verdict, Release):
            self.messages[verdict.key] = message
        return verdict


async def follow(
    broker: Broker,
    trust: Callable[[], TrustDocument],
    live: Live,
    again_after: float = AGAIN_AFTER,
    look_every: float = LOOK_EVERY,
) -> None:
    """Follows the releases until cancelled.

    Args:
        broker: The cluster.
        trust: Gives the trust document at hand.
        live: What to feed.
        again_after: Seconds to wait before it begins again.
        look_every: Seconds between questions whether the broker is there.
    """
    witness, place = Witness(trust), _Place()
    refused: set[int] = set()

    def show(release: Release) -> None:
        live.put(live.snapshot.having(Kept(release, witness.messages[release.key])))

    def refuse(verdict: Refused) -> None:
        # What may heal is read again after every new beginning.
        if verdict.offset not in refused:
            refused.add(verdict.offset)
            tell(lines.MESSAGE_REFUSED, code=verdict.error.code, offset=verdict.offset)
            live.put(live.snapshot.refusing(verdict))

    while True:
        follower = Follower(witness, show, refuse, place.keep)
        try:
            async with reading(broker, place.offset) as reader:
                await _both(follower.follow(reader, once=False), _watch(reader, live, look_every))
        except SouthmedError as error:
            tell(lines.FOLLOWING_INTERRUPTED, code=error.code)
        live.stand(Standing.BEHIND)
        await asyncio.sleep(again_after)


class _Place:
    """From where to go on."""

    offset = 0

    def keep(self, offset: int) -> None:
        self.offset = offset


async def _both(following: object, watching: object) -> None:
    """Runs both until one of them fails."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in (following, watching):
                group.create_task(work)  # type: ignore[arg-type]
    except* SouthmedError as found:
        raise found.exceptions[0] from None


async def _watch(reader: Reader, live: Live, look_every: float) -> None:
    """Says whether the broker answers; live only once everything was read that was there."""
    while True:
        there = await reader.answers(look_every)
        if there and reader.caught_up:
            live.stand(Standing.LIVE)
        elif not there:
            live.stand(Standing.BEHIND)
        await asyncio.sleep(look_every if live.standing is not Standing.STARTING else 0.1)
