"""Sealing from the outbox: nothing leaves twice, and no stream ever forks."""

from __future__ import annotations

import hashlib
import multiprocessing
import sqlite3
from collections.abc import Iterator, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from producers.outbox import Outbox
from schemas.anonymity import Attestation
from schemas.envelope import MAX_EVENTS, Place, Sealed
from schemas.errors import StaleEpoch
from tests.register import (
    ID_KEY,
    draft,
    events_in,
    many,
    open_outbox,
    row,
    seal_all,
    sealer,
    standing,
)
from tests.samples import (
    TUNISIA,
    ref,
)
from tests.world import (
    Platform,
    a_world,
    code_of,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    made = open_outbox(path)
    yield made
    made.close()


# --- Sealing -------------------------------------------------------------------------------------


def test_batches_follow_one_another_and_hold_everything_once(outbox: Outbox) -> None:
    outbox.record("reports", many(MAX_EVENTS + 5), "end")
    platform = Platform()
    batches = seal_all(outbox)
    assert [b.sequence for b in batches] == [1, 2]
    assert [code_of(platform.take(b.message)) for b in batches] == ["ACCEPTED"] * 2
    assert len(standing(platform)) == MAX_EVENTS + 5


def test_nothing_to_seal_gives_nothing_but_a_sign_of_life_when_asked(outbox: Outbox) -> None:
    assert outbox.seal_next(0, sealer(), even_empty=False) is None
    batch = outbox.seal_next(0, sealer(), even_empty=True)
    assert batch is not None
    assert events_in(batch) == []


def test_what_is_sent_again_is_the_same_bytes(path: Path) -> None:
    outbox = open_outbox(path)
    outbox.record("reports", many(3), "3")
    batches = seal_all(outbox)
    again = open_outbox(path)
    assert outbox.pending(0) == again.pending(0) == batches
    assert again.seal_next(0, sealer(), even_empty=False) is None


def test_a_sealing_that_fails_takes_no_place(outbox: Outbox) -> None:
    outbox.record("reports", many(2), "2")

    def broken(_events: Sequence[bytes], _place: Place, _attested: object) -> Sealed:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        outbox.seal_next(0, broken, even_empty=False)
    assert (outbox.next_position(0), outbox.unsealed(0), outbox.pending(0)) == ((1, 1), 2, [])
    assert [b.sequence for b in seal_all(outbox)] == [1]


def test_all_events_of_a_case_go_to_one_stream(path: Path) -> None:
    outbox = open_outbox(path, streams=4)
    rows = [
        row(f"{case} {n}", draft(f"{case} {n}", case_ref=bytes([case]) * 16))
        for case in range(12)
        for n in range(3)
    ]
    outbox.record("reports", rows, "end")
    homes: dict[bytes, set[int]] = {}
    for stream in range(4):
        for batch in seal_all(outbox, stream):
            for event in events_in(batch):
                homes.setdefault(event["case_ref"], set()).add(stream)
    assert len(homes) == 12
    assert all(len(streams) == 1 for streams in homes.values())
    assert set.union(*homes.values()) == set(range(4))


# --- Receipts ------------------------------------------------------------------------------------


def test_bytes_are_kept_until_a_receipt_accepts_them(outbox: Outbox, path: Path) -> None:
    outbox.record("reports", many(3), "3")
    (batch,) = seal_all(outbox)
    outbox.note_refusal(0, 1, 1, "CHAIN_GAP")
    assert outbox.pending(0) == [batch]
    outbox.accept(0, 1, 1, [(1, "EVENT_INVALID")])
    assert outbox.pending(0) == []
    assert outbox.refusals() == {"EVENT_INVALID": 1}
    assert outbox.tally() == {
        "events": 3,
        "events_unsealed": 0,
        "events_receipted": 3,
        "events_refused": 1,
        "batches_pending": 0,
        "batches_accepted": 1,
        "facts_waiting": 0,
        "rows_rejected": 0,
    }
    kept = sqlite3.connect(path).execute(
        "SELECT count(message) FROM events UNION ALL SELECT count(message) FROM batches"
    )
    assert set(kept.fetchall()) == {(0,)}


def test_a_receipt_that_comes_twice_or_for_nothing_changes_nothing(outbox: Outbox) -> None:
    outbox.record("reports", many(3), "3")
    seal_all(outbox)
    outbox.accept(0, 1, 1, [(1, "EVENT_INVALID")])
    before = (outbox.tally(), outbox.refusals())
    outbox.accept(0, 1, 1, [(1, "EVENT_INVALID")])
    outbox.accept(0, 1, 9, [(0, "EVENT_INVALID")])
    outbox.accept(0, 7, 1, [])
    assert (outbox.tally(), outbox.refusals()) == before


def test_the_chain_goes_on_after_accepted_batches(outbox: Outbox) -> None:
    platform = Platform()
    for number in range(1, 4):
        outbox.record("reports", [row(str(number), draft(f"{number}"))], "1")
        (batch,) = seal_all(outbox)
        assert code_of(platform.take(batch.message)) == "ACCEPTED"
        outbox.accept(0, 1, number, [])


# --- Epochs --------------------------------------------------------------------------------------


def test_a_new_epoch_takes_along_what_was_not_accepted(outbox: Outbox) -> None:
    """Accepted before, though the receipt was lost, and sealed again: counted once."""
    platform = Platform(a_world().with_epoch(2))
    for number in range(3):
        outbox.record("reports", [many(3)[number]], "1")
        seal_all(outbox)
    first, second, _ = outbox.pending(0)
    platform.take(first.message)
    platform.take(second.message)
    outbox.accept(0, 1, 1, [])
    outbox.record("reports", [row("late", draft("late", case_ref=ref("late")))], "1")
    outbox.open_epoch(0, 2)
    assert (outbox.pending(0), outbox.unsealed(0), outbox.next_position(0)) == ([], 3, (2, 1))
    (batch,) = seal_all(outbox)
    assert [event["case_ref"] for event in events_in(batch)] == [
        ref("case 1"), ref("case 2"), ref("late"),
    ]  # fmt: skip
    outcome = platform.take(batch.message)
    assert code_of(outcome) == "ACCEPTED"
    assert outcome.receipt is not None
    assert outcome.receipt.entries[0].events_duplicate == 1
    assert len(standing(platform)) == 4


def test_an_epoch_is_never_left_for_an_older_one(outbox: Outbox) -> None:
    outbox.open_epoch(0, 3)
    with pytest.raises(StaleEpoch):
        outbox.open_epoch(0, 2)
    outbox.open_epoch(0, 3)
    assert outbox.next_position(0) == (3, 1)


def test_the_present_epoch_opened_again_dissolves_nothing(outbox: Outbox) -> None:
    outbox.record("reports", many(2), "2")
    batches = seal_all(outbox)
    outbox.open_epoch(0, 1)
    assert outbox.pending(0) == batches


# --- Two at once ---------------------------------------------------------------------------------


def _work(path: Path, worker: int) -> None:
    """Reads the same register as the other worker and seals whenever there is something."""
    outbox = Outbox(path, authority=TUNISIA, streams=1, id_key=ID_KEY)
    for step in range(30):
        outbox.record("reports", many(step + 1), str(step))
        outbox.seal_next(0, _plain_seal, even_empty=step % 5 == worker)
    outbox.close()


def _plain_seal(events: Sequence[bytes], place: Place, _: Sequence[Attestation]) -> Sealed:
    """The place and nothing else: what is proven here is who got which place."""
    content = repr((place, list(events))).encode()
    return Sealed(content, hashlib.sha256(content).digest())


def test_two_processes_on_one_outbox_never_fork_a_stream(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(path, n)) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    outbox = open_outbox(path)
    batches = outbox.pending(0)
    assert [b.sequence for b in batches] == list(range(1, len(batches) + 1))
    previous = bytes(32)
    for batch in batches:
        assert f"previous_hash={previous!r}".encode() in batch.message
        previous = batch.hash
    assert outbox.tally()["events"] == 30
    assert outbox.unsealed(0) == 0


def _open_together(path: Path, ready: Barrier) -> None:
    ready.wait()
    open_outbox(path).close()


def test_an_outbox_may_be_made_by_several_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for attempt in range(5):
        ready = context.Barrier(4)
        path = tmp_path / str(attempt)
        workers = [context.Process(target=_open_together, args=(path, ready)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0] * 4
