"""Decides what of the topic is to be believed: bytes in, release or named refusal out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from deploy.consume.errors import ReleaseDeleted, ReleaseRevived
from processors.release.accountant import Measurement
from processors.release.errors import ReleasedTwice
from schemas.errors import KeyCompromised, SouthmedError, UnknownKey
from schemas.header_signatures import Headers
from schemas.releases import KEY_PATTERN, Release, open_release, stands_for
from schemas.trust import TrustDocument

_KEY = re.compile(KEY_PATTERN, re.ASCII)


class Message(NamedTuple):
    """A record of the topic."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    stamp: int = 0
    """When the broker took it, by its own clock, in milliseconds since 1970."""


class Known(BaseModel):
    """What a follower knows of a key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measurement: Measurement
    withdrawn: bool

    @classmethod
    def of(cls, release: Release) -> Known:
        withdrawn = release.withdrawn is not None
        return cls(measurement=Measurement.of(release), withdrawn=withdrawn)


class Refused(NamedTuple):
    """A message that is not to be believed, and why."""

    offset: int
    key: str
    """The key, if it looks like one of ours; otherwise a question mark."""
    error: SouthmedError

    @property
    def may_heal(self) -> bool:
        """Whether a newer trust document may let the message verify."""
        return isinstance(self.error, UnknownKey)


Verdict = Release | Refused | None
"""A release that is news, a refusal, or None for what was known already."""


class Judge:
    """Judges the messages of the topic, in its order.

    Args:
        trust: Gives the trust document at hand.
        known: What was learned of keys before.
        again: Whether what was known before counts as news when it is met.

    Attributes:
        known: What is known of keys now.
    """

    def __init__(
        self,
        trust: Callable[[], TrustDocument],
        known: Mapping[str, Known] | None = None,
        *,
        again: bool = False,
    ) -> None:
        self._trust = trust
        self.known: dict[str, Known] = dict(known or {})
        self._told = set() if again else set(self.known)

    def __call__(self, message: Message) -> Verdict:
        """A release that is news, a refusal, or None for what was known already."""
        try:
            release = self._open(message)
            news = self._is_news(release)
        except SouthmedError as error:
            return Refused(message.offset, told_key(message.key), error)
        if not news:
            return None
        self.known[release.key] = Known.of(release)
        self._told.add(release.key)
        return release

    def _open(self, message: Message) -> Release:
        if message.value is None:
            raise ReleaseDeleted()
        return open_release(message.key, message.value, message.headers, self._trust())

    def _is_news(self, release: Release) -> bool:
        before, now = self.known.get(release.key), Known.of(release)
        if before is None:
            return True
        if before.measurement != now.measurement:
            raise ReleasedTwice(got=release.key)
        if before.withdrawn and not now.withdrawn:
            raise ReleaseRevived(got=release.key)
        return before != now or release.key not in self._told


class Doubts:
    """Messages of compromised keys for which a later one may yet stand."""

    def __init__(self) -> None:
        self._open: list[tuple[Message, Refused]] = []

    def resolved(self, message: Message, verdict: Verdict) -> Verdict:
        """Keeps a message that is in doubt; one that verified resolves those it stands for.

        Args:
            message: The next of the topic.
            verdict: What the judge says of it.

        Returns:
            The verdict; None for one that is kept.
        """
        if isinstance(verdict, Refused):
            if not isinstance(verdict.error, KeyCompromised):
                return verdict
            self._open.append((message, verdict))
            return None
        self._open = [doubt for doubt in self._open if not _stands_for(message, doubt[0])]
        return verdict

    def left(self) -> list[Refused]:
        """What stayed in doubt."""
        return [refused for _, refused in self._open]


def _stands_for(later: Message, earlier: Message) -> bool:
    if later.key != earlier.key or later.value is None or earlier.value is None:
        return False
    return stands_for(earlier.value, later.value)


def told_key(key: bytes | None) -> str:
    r"""A key as it may be shown: whoever wrote it may have written anything.

    Example:
        >>> told_key(b"F1|2023|FINAL"), told_key(b"\x1b[2J")
        ('F1|2023|FINAL', '?')
    """
    text = (key or b"").decode("ascii", errors="replace")
    return text if _KEY.fullmatch(text) else "?"
