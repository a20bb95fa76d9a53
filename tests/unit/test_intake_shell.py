"""The shell around the fold: which records it takes, and in which order it does things.

No Faust here and no broker: `Intake.take` is what Faust's agent calls for every record. Where an
order matters, the broker that is not there shows it: what has to be sent first cannot be, so what
comes after does not happen.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from typing import NoReturn

import pytest

from processors.indicators.rules import RULES_VERSION
from processors.intake import lines, worker
from processors.intake.errors import LedgerInUse, LedgerOutdated, LogTrimmed
from processors.intake.fold import Record
from processors.intake.ledger import Ledger, ledger_path
from processors.intake.records import STATE, FoldState, Journal, journal_key
from processors.intake.watchdog import Sight
from processors.intake.worker import MAX_SEEKS, Intake, Settings
from schemas.kafka import Broker
from schemas.log_lines import told_in
from schemas.receipts import Status
from schemas.topics import CaseTopic
from tests.samples import an_event
from tests.world import TOPIC, Platform, a_chain, a_world, sealed

NOWHERE = Broker("127.0.0.1:1")
CHAIN = [batch.message for batch in a_chain(4)]


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = an_intake(tmp_path)
    yield made
    made.close()


def an_intake(folder: Path) -> Intake:
    world = a_world()
    return Intake(Settings(NOWHERE, folder, lambda: world.secrets, world.platform))


def kept(folder: Path, topic: CaseTopic = TOPIC) -> dict[bytes, bytes]:
    """The ledger as another process sees it."""
    ledger = Ledger(ledger_path(folder, topic), read_only=True)
    records = dict(ledger.items(b""))
    ledger.close()
    return records


def no_seek(offset: int) -> None:
    raise AssertionError(f"asked to seek to {offset}")


async def take_all(intake: Intake, *messages: bytes, start: int = 0) -> None:
    for offset, message in enumerate(messages, start):
        await intake.take(Record(TOPIC, offset, message), no_seek)


async def test_records_in_order_are_folded_into_the_ledger(intake: Intake, tmp_path: Path) -> None:
    assert intake.next_offset(TOPIC) == 0
    await take_all(intake, *CHAIN)
    assert intake.next_offset(TOPIC) == len(CHAIN)
    platform = Platform()
    for message in CHAIN:
        platform.take(message)
    assert kept(tmp_path) == platform.records


async def test_an_earlier_record_was_folded_before_and_is_skipped(
    intake: Intake, tmp_path: Path
) -> None:
    await take_all(intake, *CHAIN[:3])
    before = kept(tmp_path)
    await take_all(intake, *CHAIN[:3])
    assert kept(tmp_path) == before
    await take_all(intake, CHAIN[3], start=3)
    assert intake.next_offset(TOPIC) == 4


async def test_a_later_record_is_answered_by_seeking_back(intake: Intake, tmp_path: Path) -> None:
    await take_all(intake, CHAIN[0])
    before, asked = kept(tmp_path), list[int]()
    await intake.take(Record(TOPIC, 3, CHAIN[3]), asked.append)
    assert asked == [1]
    assert kept(tmp_path) == before
    await take_all(intake, *CHAIN[1:], start=1)
    assert intake.next_offset(TOPIC) == 4


async def test_a_record_that_never_comes_means_that_the_log_was_cut(
    intake: Intake, tmp_path: Path
) -> None:
    await take_all(intake, CHAIN[0])
    before, asked = kept(tmp_path), list[int]()
    for _ in range(MAX_SEEKS):
        await intake.take(Record(TOPIC, 2, CHAIN[2]), asked.append)
    assert asked == [1] * MAX_SEEKS
    with pytest.raises(LogTrimmed) as caught:
        await intake.take(Record(TOPIC, 2, CHAIN[2]), asked.append)
    assert (caught.value.expected, caught.value.got) == ("offset 1", "offset 2")
    assert len(asked) == MAX_SEEKS
    assert kept(tmp_path) == before


async def test_the_expected_record_ends_the_counting_of_jumps(intake: Intake) -> None:
    asked: list[int] = []
    for offset in (0, 1):
        for _ in range(MAX_SEEKS):
            await intake.take(Record(TOPIC, 3, CHAIN[3]), asked.append)
        await take_all(intake, CHAIN[offset], start=offset)
    assert asked == [0] * MAX_SEEKS + [1] * MAX_SEEKS


async def test_partitions_have_ledgers_and_jumps_of_their_own(
    intake: Intake, tmp_path: Path
) -> None:
    other = CaseTopic("TUN", 1)
    await take_all(intake, CHAIN[0])
    asked: list[int] = []
    for _ in range(MAX_SEEKS):
        await intake.take(Record(TOPIC, 3, CHAIN[3]), asked.append)
    there = sealed(an_event(), stream=1).message
    await intake.take(Record(other, 1, there), asked.append)
    await intake.take(Record(other, 0, there), no_seek)
    assert (intake.next_offset(TOPIC), intake.next_offset(other)) == (1, 1)
    assert kept(tmp_path, other).keys() != kept(tmp_path).keys()


async def test_the_ledger_does_not_move_before_a_refused_batch_is_in_quarantine(
    intake: Intake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await take_all(intake, CHAIN[0])
    before = kept(tmp_path)
    refused = b"Victime Fictive 0012"
    with caplog.at_level(logging.WARNING), pytest.raises(TimeoutError):
        await asyncio.wait_for(take_all(intake, refused, start=1), timeout=1)
    assert kept(tmp_path) == before
    assert intake.next_offset(TOPIC) == 1
    (told,) = filter(None, map(told_in, caplog.records))
    assert told.line is lines.BATCH_QUARANTINED
    assert told.values == {"country": "TUN", "partition": 0, "offset": 1, "code": "UNKNOWN_SCHEMA"}
    assert "Fictive" not in repr([vars(record) for record in caplog.records])


async def test_a_gap_is_no_matter_for_quarantine(intake: Intake, tmp_path: Path) -> None:
    """It needs no broker at once; the authority is told by a receipt."""
    await take_all(intake, CHAIN[0], CHAIN[2])
    journal = Journal.unpack(kept(tmp_path)[journal_key(1)])
    assert (journal.status, journal.code) == (Status.REFUSED, "CHAIN_GAP")


async def test_a_worker_goes_on_from_its_ledger(tmp_path: Path) -> None:
    first = an_intake(tmp_path)
    await take_all(first, *CHAIN[:2])
    with pytest.raises(LedgerInUse):
        an_intake(tmp_path).next_offset(TOPIC)
    first.close()
    second = an_intake(tmp_path)
    assert second.next_offset(TOPIC) == 2
    await take_all(second, *CHAIN)
    second.close()
    assert STATE in kept(tmp_path)
    assert Journal.unpack(kept(tmp_path)[journal_key(3)]).position == (1, 4)


def test_a_ledger_counted_by_other_rules_is_left_alone(tmp_path: Path) -> None:
    """Taking back by new rules what was counted by old ones would leave wrong counts."""
    older = Ledger(ledger_path(tmp_path, TOPIC))
    older.commit({STATE: FoldState(7, rules=RULES_VERSION - 1).pack()})
    older.close()
    with pytest.raises(LedgerOutdated):
        an_intake(tmp_path).next_offset(TOPIC)


class Stalled(Exception):
    """Ends a watch in place of the process."""


class NeverStarted(Exception):
    """The same, for a worker that is to start anew."""


def raising(error: type[Exception]) -> Callable[[], NoReturn]:
    def end() -> NoReturn:
        raise error

    return end


# What is seen at each look, and how the watch ends.
AWAY = Sight(False, False, folded=0, waiting=0)
OUTSIDE = Sight(True, False, folded=0, waiting=0)
IDLE = Sight(True, True, folded=0, waiting=0, assigned=16)
STUCK = Sight(True, True, folded=0, waiting=1, assigned=16)
WATCHES = {
    "it stands still in its group": ([IDLE], STUCK, Stalled),
    "it fell out of its group": ([IDLE], OUTSIDE, Stalled),
    "it was never in its group": ([], OUTSIDE, NeverStarted),
    "the broker went away before it was": ([AWAY], OUTSIDE, NeverStarted),
}


@pytest.mark.parametrize(("first", "then", "end"), WATCHES.values(), ids=WATCHES.keys())
async def test_a_stalled_worker_ends_and_one_that_never_started_starts_anew(
    first: list[Sight],
    then: Sight,
    end: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sights = chain(first, repeat(then))

    async def sight(*_: object) -> Sight:
        return next(sights)

    monkeypatch.setattr(worker, "_sight", sight)
    monkeypatch.setattr(worker, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(worker, "PATIENCE", 0.05)
    world = a_world()
    settings = Settings(
        NOWHERE,
        tmp_path,
        lambda: world.secrets,
        world.platform,
        on_stall=raising(Stalled),
        on_no_start=raising(NeverStarted),
    )
    app = worker.create_app(settings)
    with pytest.raises(end):
        await asyncio.wait_for(worker._watch(app, Intake(settings), settings), timeout=10)
    assert settings.vitals.sight is then
    assert settings.vitals.still > worker.PATIENCE


async def cancelled_by_itself() -> None:
    """As aiokafka does when a connection goes away under it."""
    inner = asyncio.get_running_loop().create_future()
    inner.cancel()
    await inner


async def test_a_client_that_cancels_itself_is_a_broker_away_and_the_watch_goes_on(
    intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch once ended by it, in silence, and nobody noticed what stood still."""

    async def ends(*_: object) -> None:
        await cancelled_by_itself()

    monkeypatch.setattr(worker, "_ends", ends)
    world = a_world()
    settings = Settings(NOWHERE, tmp_path / "other", lambda: world.secrets, world.platform)
    sight = await worker._sight(worker.create_app(settings), intake, settings)
    assert not sight.reachable


async def test_a_client_that_hangs_is_a_broker_away(
    intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ends(*_: object) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    monkeypatch.setattr(worker, "_ends", ends)
    monkeypatch.setattr(worker, "LOOK_EVERY", 0.05)
    world = a_world()
    settings = Settings(NOWHERE, tmp_path / "other", lambda: world.secrets, world.platform)
    looking = worker._sight(worker.create_app(settings), intake, settings)
    assert not (await asyncio.wait_for(looking, timeout=5)).reachable


async def test_work_that_cancels_itself_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "end_process", lambda _: raising(Stalled)())
    with pytest.raises(Stalled):
        await worker._or_exit(cancelled_by_itself())


async def test_work_that_was_cancelled_is_only_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "end_process", lambda _: raising(Stalled)())
    task = asyncio.create_task(worker._or_exit(asyncio.sleep(60)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
