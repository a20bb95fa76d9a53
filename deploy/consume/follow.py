"""Joins topic and judge: first what stands, then what comes.

What was written before the reader began is read to its end first, and of each key only the newest
release is shown: whoever begins today need not see how a table came to be withdrawn. From then on
each release is shown as it comes.

A message of a compromised key is refused only when everything is read and no later one stands for
it: the platform may have signed it again. What comes under such a key later is refused at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.consume.judge import Doubts, Judge, Refused, Verdict
from deploy.consume.topic import PATIENCE, Reader
from deploy.topics.errors import ClusterUnreachable
from schemas.releases import Release


@dataclass
class Followed:
    """What a follower met so far."""

    releases: int = 0
    withdrawn: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass
class Follower:
    """One who follows.

    Attributes:
        judge: Decides what is believed.
        show: Shows a release that is news.
        tell: Tells of a refusal.
        save: Keeps the offset from which to go on.
        progress: Is told how far the reading has come, of how much.
        met: What was met so far.
    """

    judge: Judge
    show: Callable[[Release], None]
    tell: Callable[[Refused], None]
    save: Callable[[int], None] = lambda _offset: None
    progress: Callable[[int, int], None] = lambda _at, _end: None
    met: Followed = field(default_factory=Followed)

    async def follow(self, reader: Reader, *, once: bool) -> None:
        """Reads to the end of the topic, and on until cancelled, unless only once.

        Raises:
            ClusterUnreachable: What is known to be on the topic does not come.
        """
        await self._catch_up(reader)
        while not once:
            messages = await reader.more()
            for message in messages:
                if (release := self._told(self.judge(message))) is not None:
                    self._shown(release)
            if messages:
                self.save(self._from(reader))

    async def _catch_up(self, reader: Reader) -> None:
        news: dict[str, Release] = {}
        doubts = Doubts()
        while not reader.caught_up:
            for message in await reader.more():
                verdict = doubts.resolved(message, self.judge(message))
                if (release := self._told(verdict)) is not None:
                    # Taken out first, so that releases stand in the order of their newest messages.
                    news.pop(release.key, None)
                    news[release.key] = release
            self.progress(reader.at, reader.end)
            if reader.quiet > PATIENCE:
                raise ClusterUnreachable(expected=f"messages up to offset {reader.end}")
        for refused in doubts.left():
            self._told(refused)
        for release in news.values():
            self._shown(release)
        self.save(self._from(reader))

    def _told(self, verdict: Verdict) -> Release | None:
        if isinstance(verdict, Refused):
            self.met.refused.append(verdict)
            self.tell(verdict)
            return None
        return verdict

    def _shown(self, release: Release) -> None:
        self.show(release)
        self.met.releases += 1
        self.met.withdrawn += release.withdrawn is not None

    def _from(self, reader: Reader) -> int:
        """Not beyond a message that a newer trust document may let verify: it is read again.

        What was shown is known, so it is not shown again.
        """
        return min([reader.at, *(r.offset for r in self.met.refused if r.may_heal)])
