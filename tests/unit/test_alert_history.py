"""Since when an alert names each country, as the console learns it from what it reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.alerts.reader import AlertReader, Told
from deploy.console.alerts import follow
from deploy.console.alerts.boards import Access, Board, Boards
from deploy.console.alerts.history import History, Since, followed
from deploy.consume.judge import Message
from schemas.alerts import CLOSED, sign_alert
from schemas.kafka import Broker
from tests.unit.alert_story import DAYS, TUN, story
from tests.unit.test_alert_messages import SIGNER, TRUST


def since(revision: int, *, exactly: bool = True) -> Since:
    return Since(DAYS[revision], exactly)


def read(revisions: Sequence[int]) -> Board:
    """Tunisia's board once some revisions were read, in this order."""
    board = Board(TUN)
    for revision in revisions:
        board = board.having(story()[revision])
    return board


def known(revisions: Sequence[int]) -> History | None:
    """What is known then of the one alert."""
    return read(revisions).histories.get(story()[1].alert.id)


FIRST = since(1)
SCENARIOS: dict[str, tuple[list[int], dict[str, Since], list[Since]]] = {
    "first told": ([1], {"TUN": FIRST, "LBN": FIRST}, []),
    "grown by a country": ([1, 2], {"TUN": FIRST, "JOR": since(2), "LBN": FIRST}, []),
    "grown by a case": ([1, 2, 3], {"TUN": FIRST, "JOR": since(2), "LBN": FIRST}, [since(3)]),
    "answered": ([1, 2, 3, 4], {"TUN": FIRST, "JOR": since(2), "LBN": FIRST}, [since(3)]),
    "a country withdrawn": ([1, 2, 3, 4, 5], {"TUN": FIRST, "LBN": FIRST}, [since(3), since(5)]),
    "found again after it was closed": (
        [1, 2, 3, 4, 5, 6, 7],
        {"TUN": since(7), "JOR": since(7), "LBN": since(7)},
        [],
    ),
    "closed and found again while nobody read": (
        [1, 2, 7],
        {"TUN": since(7), "JOR": since(7), "LBN": since(7)},
        [],
    ),
    "a revision again": ([1, 2, 2, 1], {"TUN": FIRST, "JOR": since(2), "LBN": FIRST}, []),
    "all from the start again": (
        [1, 2, 3, 1, 2, 3],
        {"TUN": FIRST, "JOR": since(2), "LBN": FIRST},
        [since(3)],
    ),
    "a console that began later": (
        [3],
        {"TUN": FIRST, "JOR": since(3, exactly=False), "LBN": since(3, exactly=False)},
        [],
    ),
    "a console that began later and read on": (
        [2, 3],
        {"TUN": FIRST, "JOR": since(2, exactly=False), "LBN": since(2, exactly=False)},
        [since(3)],
    ),
    "a gap in which a country came": (
        [1, 3],
        {"TUN": FIRST, "JOR": since(3, exactly=False), "LBN": FIRST},
        [],
    ),
    "a gap in which only the evidence changed": (
        [2, 5],
        {"TUN": FIRST, "LBN": since(2, exactly=False)},
        [since(5, exactly=False)],
    ),
    "begun after it was found again": ([7], dict.fromkeys(("TUN", "JOR", "LBN"), since(7)), []),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_known_follows_from_the_revisions_that_were_read(name: str) -> None:
    revisions, named, changed = SCENARIOS[name]
    found = known(revisions)
    assert found is not None
    assert (dict(found.named), [*found.changed]) == (named, changed)


@pytest.mark.parametrize("revisions", [[6], [1, 6], [1, 2, 3, 4, 5, 6]])
def test_of_a_closed_alert_nothing_is_known(revisions: list[int]) -> None:
    assert known(revisions) is None


@given(st.sets(st.sampled_from([*DAYS]), min_size=1).map(sorted))
def test_whoever_read_less_knows_no_other_day_exactly_and_none_too_early(
    revisions: list[int],
) -> None:
    less, all_of_it = known(revisions), known(range(1, revisions[-1] + 1))
    if less is None or all_of_it is None:
        assert less is all_of_it
        return
    assert set(less.named) == set(all_of_it.named)
    for country, day in less.named.items():
        true = all_of_it.named[country]
        assert true.exactly
        assert day == true if day.exactly else day.on >= true.on
    assert {day for day in less.changed if day.exactly} <= set(all_of_it.changed)


@given(st.lists(st.sampled_from([*DAYS]), min_size=1))
def test_nothing_is_kept_that_the_newest_revision_does_not_say(revisions: list[int]) -> None:
    board = read(revisions)
    (alert,) = board.alerts.values()
    assert board.open(alert.id) == (alert.state not in CLOSED) == bool(board.histories)
    for history in board.histories.values():
        told = alert.about  # type: ignore[attr-defined]
        assert set(history.named) == {"TUN", *(one.country for one in told.counterparts)}


def test_the_day_of_a_step_of_the_platform_counts_more_than_the_brokers() -> None:
    late = story()[1]._replace(on=date(2030, 1, 1))
    found = followed(None, None, late)
    assert found is not None
    assert set(found.named.values()) == {FIRST}


def test_many_revisions_come_at_once_and_an_old_one_rings_no_bell() -> None:
    boards = Boards()
    rung = boards.bell.listen()
    boards.put(TUN, *story().values())
    assert rung.is_set()
    board, rung = boards[TUN], boards.bell.listen()
    boards.put(TUN, *story().values())
    boards.put(TUN)
    assert boards[TUN] is board
    assert not rung.is_set()


# --- From the topic -------------------------------------------------------------------------------


class Topic:
    """A topic's reader that has some messages at its beginning, and some that come later."""

    def __init__(self, standing: list[Message], coming: list[Message]) -> None:
        self._batches = [standing[:1], standing[1:], coming]
        self.end, self.quiet = len(standing), 0.0

    @property
    def caught_up(self) -> bool:
        return len(self._batches) < 2

    async def more(self) -> list[Message]:
        if not self._batches:
            await asyncio.Event().wait()
        return self._batches.pop(0)


def message(told: Told) -> Message:
    """A revision as it lies on the topic."""
    value = told.alert.dump()
    noon = datetime(told.on.year, told.on.month, told.on.day, 12, tzinfo=UTC)
    headers = sign_alert(TUN, value, SIGNER)
    stamp = int(noon.timestamp() * 1000)
    return Message(told.alert.revision, told.alert.id.encode(), value, headers, stamp)


def a_reader(standing: Sequence[int], coming: Sequence[int] = ()) -> AlertReader:
    batches = ([message(story()[revision]) for revision in part] for part in (standing, coming))
    topic: Any = Topic(*batches)
    return AlertReader(topic, TUN, lambda: TRUST)


async def test_a_reader_may_have_every_revision_with_its_day_or_the_newest_alone() -> None:
    told = story()
    assert await a_reader([1, 2, 1, 3]).standing() == [told[1], told[2], told[3]]
    assert await a_reader([1, 2, 1, 3]).newest() == [told[3].alert]
    reader = a_reader([1], [2, 3])
    await reader.standing()
    assert await reader.coming() == [told[2], told[3]]


async def test_boards_are_given_every_revision_that_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boards = Boards()

    @asynccontextmanager
    async def following(_broker: Broker, channel: Any, _trust: Any) -> AsyncIterator[AlertReader]:
        yield a_reader([1, 2], [3]) if channel is TUN else a_reader([])

    monkeypatch.setattr(follow, "following", following)
    running = asyncio.create_task(follow.follow_alerts(Broker("nowhere:1"), lambda: TRUST, boards))
    async with asyncio.timeout(10):
        rung = boards.bell.listen()
        while boards[TUN].access is Access.STARTING or boards[TUN].number < 4:
            await rung.wait()
            rung = boards.bell.listen()
    running.cancel()
    followed_by_hand = replace(read([1, 2, 3]), access=Access.LIVE, number=boards[TUN].number)
    assert boards[TUN] == followed_by_hand
