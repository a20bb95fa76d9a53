"""Following as a whole, on a log in memory: for every history and every place to stop in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.consume.follow import Follower
from deploy.consume.judge import Judge, Message, Refused
from deploy.consume.topic import PATIENCE, Reader
from deploy.topics.errors import ClusterUnreachable
from schemas.releases import Release
from tests.published import OTHER_KEY, message, releases, remeasured, trusting, withdrawn

A, B = releases()["F1"], releases()["E1"]
FORGED = message(A, signer=OTHER_KEY)

HAPPENINGS: dict[str, Message] = {
    "A": message(A),
    "A withdrawn": message(withdrawn(A)),
    "A measured anew": message(remeasured(A.key)),
    "A unsigned": message(A)._replace(headers=[]),
    "A deleted": message(A)._replace(value=None),
    "B": message(B),
    "B withdrawn": message(withdrawn(B)),
    "B under A": message(B)._replace(key=A.key.encode()),
}
histories = st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=12)


class Log(Reader):
    """A topic in memory, read a few messages at a time."""

    def __init__(self, history: list[Message], start: int = 0, step: int = 2) -> None:
        self.at, self.end, self.quiet = start, len(history), 0.0
        self._history, self._step = history, step

    async def more(self) -> list[Message]:
        found = self._history[self.at : self.at + self._step]
        self.at += len(found)
        return found


class Silent(Log):
    """A topic that does not give what it says it has."""

    async def more(self) -> list[Message]:
        self.quiet += 1
        return []


class Onlooker:
    """One who follows, run by run, and remembers what was shown."""

    def __init__(self) -> None:
        self.shown: list[Release] = []
        self.refused: list[Refused] = []
        self.offset = 0
        self.known: dict[str, Any] = {}

    def run(self, log: Callable[[int], Reader]) -> None:
        judge = Judge(trusting, self.known)
        follower = Follower(judge, self.shown.append, self.refused.append, self._save)
        asyncio.run(follower.follow(log(self.offset), once=True))
        self.known = judge.known

    def _save(self, offset: int) -> None:
        self.offset = offset

    @property
    def last_word(self) -> dict[str, Release]:
        """What stands in the end, for somebody who saw everything."""
        return {release.key: release for release in self.shown}


def happened(names: list[str]) -> list[Message]:
    return [HAPPENINGS[name]._replace(offset=n) for n, name in enumerate(names)]


def meant(names: list[str]) -> dict[str, Release]:
    """The rules in their plainest form: the first measurement counts, a withdrawal is final."""
    first: dict[str, str] = {}
    gone: set[str] = set()
    for name in names:
        key, _, what = name.partition(" ")
        if what in ("", "withdrawn", "measured anew"):
            measured = "anew" if what == "measured anew" else "usual"
            first.setdefault(key, measured)
            if what == "withdrawn" and first[key] == "usual":
                gone.add(key)
    usual = {"A": A, "B": B}
    told = {k: remeasured(A.key) if how == "anew" else usual[k] for k, how in first.items()}
    return {r.key: withdrawn(r) if k in gone else r for k, r in told.items()}


@settings(max_examples=200)
@given(histories, st.integers(1, 4))
def test_whatever_happened_the_last_word_is_what_the_rules_mean(
    names: list[str], step: int
) -> None:
    onlooker, history = Onlooker(), happened(names)
    onlooker.run(lambda start: Log(history, start, step))
    assert onlooker.last_word == meant(names)
    assert len(onlooker.shown) == len(onlooker.last_word)


@settings(max_examples=200)
@given(histories, st.integers(0, 12))
def test_wherever_it_was_stopped_the_last_word_is_the_same(names: list[str], cut: int) -> None:
    history = happened(names)
    onlooker = Onlooker()
    onlooker.run(lambda start: Log(history[:cut], start))
    onlooker.run(lambda start: Log(history, start))
    assert onlooker.last_word == meant(names)
    assert onlooker.offset == len(history)
    offsets = [refused.offset for refused in onlooker.refused]
    assert len(set(offsets)) == len(offsets)


def test_whoever_begins_late_sees_each_release_once_in_the_order_of_its_newest_message() -> None:
    onlooker = Onlooker()
    history = happened(["A", "B", "A withdrawn"])
    onlooker.run(lambda start: Log(history, start))
    assert [(r.key, r.withdrawn is not None) for r in onlooker.shown] == [
        (B.key, False),
        (A.key, True),
    ]


def test_a_message_that_may_heal_is_read_again_and_nothing_else_is_shown_again() -> None:
    onlooker = Onlooker()
    history = [message(B), FORGED._replace(offset=1), message(A, 2)]
    onlooker.run(lambda start: Log(history, start))
    assert onlooker.offset == 1
    onlooker.run(lambda start: Log(history, start))
    assert [release.key for release in onlooker.shown] == [B.key, A.key]
    assert [refused.offset for refused in onlooker.refused] == [1, 1]


def test_a_topic_that_does_not_give_what_it_has_is_not_waited_for_for_ever() -> None:
    onlooker = Onlooker()
    silent = Silent([message(A)])
    with pytest.raises(ClusterUnreachable):
        onlooker.run(lambda _start: silent)
    assert silent.quiet == PATIENCE + 1
    assert onlooker.shown == []


def test_what_comes_later_is_shown_as_it_comes() -> None:
    """Also what is withdrawn at once: a follower sees both."""
    shown: list[tuple[str, bool]] = []
    saved: list[int] = []

    class Growing(Log):
        later = happened(["A", "B", "A withdrawn"])[1:]

        async def more(self) -> list[Message]:
            found = await super().more()
            if not found:
                if not self.later:
                    raise asyncio.CancelledError
                self._history.append(self.later.pop(0))
            return found

    follower = Follower(
        Judge(trusting),
        lambda release: shown.append((release.key, release.withdrawn is not None)),
        lambda _refused: None,
        saved.append,
    )
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(follower.follow(Growing(happened(["A"])), once=False))
    assert shown == [(A.key, False), (B.key, False), (A.key, True)]
    assert saved == [1, 2, 3]
