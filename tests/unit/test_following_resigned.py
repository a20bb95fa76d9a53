"""Following after the key of releases was lost: what is signed again is believed, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.consume.follow import Follower
from deploy.consume.judge import Judge, Message, Refused
from processors.release.log import Message as Published
from processors.release.log import open_all
from schemas.errors import KeyCompromised
from schemas.releases import Release
from schemas.trust import ByStream, TrustDocument
from tests.published import (
    OTHER_KEY,
    PLATFORM_KEY,
    message,
    releases,
    remeasured,
    trusting,
    withdrawn,
)
from tests.unit.test_following_releases import Log

A, B = releases()["F1"], releases()["E1"]
OLD, NEW = PLATFORM_KEY, OTHER_KEY
_BOTH = trusting(OLD, NEW)
AFTER = _BOTH.following(
    keys=[
        key.model_copy(update={"compromised_from": ByStream(default=(1, 1))})
        if key.keyid == OLD.keyid
        else key
        for key in _BOTH.keys
    ]
)

HAPPENINGS: dict[str, Message] = {
    "A old": message(A, signer=OLD),
    "A new": message(A, signer=NEW),
    "A withdrawn old": message(withdrawn(A), signer=OLD),
    "A withdrawn new": message(withdrawn(A), signer=NEW),
    "A forged old": message(remeasured(A.key), signer=OLD),
    "B old": message(B, signer=OLD),
    "B new": message(B, signer=NEW),
}
STANDS_FOR = {
    "A old": {"A new", "A withdrawn new"},
    "A withdrawn old": {"A withdrawn new"},
    "A forged old": set(),
    "B old": {"B new"},
}


def history(names: list[str]) -> list[Message]:
    return [HAPPENINGS[name]._replace(offset=at) for at, name in enumerate(names)]


def follow(
    reader: Log, trust: Callable[[], TrustDocument] = lambda: AFTER, *, once: bool = True
) -> tuple[list[Release], list[Refused]]:
    shown: list[Release] = []
    refused: list[Refused] = []
    follower = Follower(Judge(trust), shown.append, refused.append)
    asyncio.run(follower.follow(reader, once=once))
    return shown, refused


def doubtful(names: list[str]) -> list[int]:
    """Those of the lost key for which nothing later stands: the rule in its plainest form."""
    found = []
    for at, name in enumerate(names):
        sound = names[at + 1 :]
        # A release that was withdrawn is not revived by its older message: that stands for nothing.
        gone = names.index("A withdrawn new") if "A withdrawn new" in names else len(names)
        if name == "A old" and gone < len(names):
            sound = [n for i, n in enumerate(names) if i > at and not (n == "A new" and i > gone)]
        if name in STANDS_FOR and not STANDS_FOR[name] & set(sound):
            found.append(at)
    return found


@settings(max_examples=300)
@given(st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=10), st.integers(1, 4))
def test_of_every_history_exactly_what_nothing_stands_for_is_refused(
    names: list[str], step: int
) -> None:
    _, refused = follow(Log(history(names), step=step))
    lost = [one.offset for one in refused if isinstance(one.error, KeyCompromised)]
    assert lost == doubtful(names)
    others = {one.error.code for one in refused if not isinstance(one.error, KeyCompromised)}
    assert others <= {"RELEASE_REVIVED"}


@settings(max_examples=200)
@given(st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=8))
def test_whoever_publishes_builds_on_a_topic_exactly_if_nothing_on_it_is_in_doubt(
    names: list[str],
) -> None:
    plain = [Published((m.key or b"").decode(), m.value or b"", m.headers) for m in history(names)]
    stands = {**STANDS_FOR}
    clean = all(
        name not in stands or stands[name] & set(names[at + 1 :]) for at, name in enumerate(names)
    )
    if clean:
        believed = [name for name in names if name.endswith("new")]
        assert len(open_all(plain, AFTER)) == len(believed)
    else:
        with pytest.raises(KeyCompromised):
            open_all(plain, AFTER)


def test_who_begins_after_it_was_signed_again_sees_each_release_once() -> None:
    names = ["A old", "B old", "A withdrawn old", "A withdrawn new", "B new"]
    shown, refused = follow(Log(history(names)))
    assert [(r.key, r.withdrawn is not None) for r in shown] == [(A.key, True), (B.key, False)]
    assert refused == []


def test_who_follows_all_the_time_is_shown_nothing_twice() -> None:
    """The key is declared compromised while the follower waits; then all comes again."""
    now = [_BOTH]

    class Growing(Log):
        later = history(["A old", "B old", "A new", "B new"])[2:]

        async def more(self) -> list[Message]:
            found = await super().more()
            if not found:
                if not self.later:
                    raise asyncio.CancelledError
                now[0] = AFTER
                self._history.append(self.later.pop(0))
            return found

    shown: list[Release] = []
    refused: list[Refused] = []
    follower = Follower(Judge(lambda: now[0]), shown.append, refused.append)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(follower.follow(Growing(history(["A old", "B old"])), once=False))
    assert [release.key for release in shown] == [A.key, B.key]
    assert refused == []


def test_what_comes_under_the_lost_key_while_one_follows_is_refused_at_once() -> None:
    refused: list[Refused] = []

    class Growing(Log):
        later = history(["A new", "B old"])[1:]

        async def more(self) -> list[Message]:
            found = await super().more()
            if not found:
                if not self.later:
                    assert [one.offset for one in refused] == [1]
                    raise asyncio.CancelledError
                self._history.append(self.later.pop(0))
            return found

    follower = Follower(Judge(lambda: AFTER), lambda _release: None, refused.append)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(follower.follow(Growing(history(["A new"])), once=False))
    assert [one.offset for one in refused] == [1]
