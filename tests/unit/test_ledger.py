"""The ledger: all of a batch's writes or none, whoever reads, and whenever the process dies."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Iterator
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.intake.errors import LedgerInUse, LedgerMissing
from processors.intake.ledger import Ledger, ledger_path, newest_ledgers
from processors.intake.records import CELLS, STATE, FoldState, pack_count, unpack_count
from schemas.topics import CaseTopic

TUNIS, RABAT = CaseTopic("TUN", 0), CaseTopic("MAR", 3)
WIDTH = 40
"""Cells that every batch of these tests writes, all with the same number."""


def batch(number: int) -> dict[bytes, bytes | None]:
    """A batch's writes: its number, everywhere."""
    cells = {CELLS + bytes([place]): pack_count(number) for place in range(WIDTH)}
    return {**cells, STATE: FoldState(number, number.to_bytes(32, "big")).pack()}


def a_ledger(path: Path, batches: int) -> Path:
    ledger = Ledger(path)
    for number in range(1, batches + 1):
        ledger.commit(batch(number))
    ledger.close()
    return path


def counts(ledger: Ledger) -> list[int]:
    return [unpack_count(value) for _, value in ledger.items(CELLS)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "TUN-0")
    yield made
    made.close()


# --- Reading and writing -------------------------------------------------------------------------


def test_an_empty_ledger_expects_the_first_record(ledger: Ledger) -> None:
    assert ledger.state == FoldState(0, bytes(32))
    assert ledger.read([b"Ca", b"Cb"]) == [None, None]
    assert ledger.read([]) == []
    assert list(ledger.items(b"")) == []


def test_none_deletes_and_the_rest_stays(ledger: Ledger) -> None:
    ledger.commit({b"Ca": b"1", b"Cb": b"", b"Cc": b"3"})
    ledger.commit({b"Ca": None, b"Cc": b"4", b"Cz": None})
    assert ledger.read([b"Ca", b"Cb", b"Cc", b"Cz"]) == [None, b"", b"4", None]
    assert list(ledger.items(b"C")) == [(b"Cb", b""), (b"Cc", b"4")]


def test_items_are_those_of_the_prefix_in_the_order_of_keys(ledger: Ledger) -> None:
    ledger.commit(dict.fromkeys((b"D", b"C\xff\xff", b"B\xff", b"C", b"C\x00", b"Ca"), b""))
    assert [key for key, _ in ledger.items(b"C")] == [b"C", b"C\x00", b"Ca", b"C\xff\xff"]
    assert [key for key, _ in ledger.items(b"")][:2] == [b"B\xff", b"C"]


RECORDS = st.dictionaries(st.binary(min_size=1, max_size=3), st.none() | st.binary(max_size=3))


@settings(max_examples=25, deadline=None)
@given(commits=st.lists(RECORDS, max_size=5))
def test_a_ledger_is_what_a_dictionary_would_be(
    tmp_path_factory: pytest.TempPathFactory, commits: list[dict[bytes, bytes | None]]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "TUN-0"
    expected: dict[bytes, bytes] = {}
    ledger = Ledger(path)
    for writes in commits:
        ledger.commit(writes)
        for key, value in writes.items():
            if value is None:
                expected.pop(key, None)
            else:
                expected[key] = value
    assert dict(ledger.items(b"")) == expected
    ledger.close()
    again = Ledger(path, read_only=True)
    assert list(again.items(b"")) == sorted(expected.items())
    again.close()


# --- Who may have it open ------------------------------------------------------------------------


def test_a_reader_sees_the_ledger_as_it_was_when_it_looked(ledger: Ledger) -> None:
    ledger.commit(batch(1))
    reader = Ledger(ledger.path, read_only=True)
    ledger.commit(batch(2))
    assert reader.state.next_offset == 1
    assert set(counts(reader)) == {1}
    reader.close()
    later = Ledger(ledger.path, read_only=True)
    assert set(counts(later)) == {2}
    later.close()


def test_readers_never_see_half_a_batch_while_one_writes(ledger: Ledger) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            ledger.commit(batch(number := number + 1))

    writer = threading.Thread(target=write)
    ledger.commit(batch(0))
    writer.start()
    try:
        seen = []
        for _ in range(10):
            reader = Ledger(ledger.path, read_only=True)
            (number,) = set(counts(reader))
            assert reader.state.next_offset == number
            seen.append(number)
            reader.close()
    finally:
        stop.set()
        writer.join()
    assert seen == sorted(seen)
    assert len(set(seen)) > 1, "nothing was written meanwhile: the test proves nothing"


def test_two_writers_are_one_too_many(ledger: Ledger) -> None:
    with pytest.raises(LedgerInUse) as caught:
        Ledger(ledger.path)
    assert str(ledger.path) in caught.value.expected


def test_a_closed_ledger_may_be_opened_by_another(tmp_path: Path) -> None:
    path = a_ledger(tmp_path / "TUN-0", 3)
    again = Ledger(path)
    assert again.state.next_offset == 3
    again.close()


def test_looking_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing):
        Ledger(tmp_path / "nowhere" / "TUN-0", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_store_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "TUN-0").mkdir()
    with pytest.raises(LedgerMissing):
        Ledger(tmp_path / "TUN-0", read_only=True)


# --- The newest of many --------------------------------------------------------------------------


def test_the_store_that_folded_furthest_is_the_newest(tmp_path: Path) -> None:
    """Partitions wander between workers; a store that was left behind is a true past."""
    furthest = {
        TUNIS: a_ledger(ledger_path(tmp_path / "worker-2", TUNIS), 7),
        RABAT: a_ledger(ledger_path(tmp_path / "worker-1", RABAT), 1),
    }
    a_ledger(ledger_path(tmp_path / "worker-1", TUNIS), 5)
    a_ledger(ledger_path(tmp_path / "worker-3", TUNIS), 6)
    Ledger(ledger_path(tmp_path / "worker-3", RABAT)).close()
    assert newest_ledgers(tmp_path) == furthest


def test_a_worker_s_own_folder_will_do(tmp_path: Path) -> None:
    path = a_ledger(ledger_path(tmp_path, RABAT), 1)
    assert newest_ledgers(tmp_path) == {RABAT: path}


def test_other_things_beside_the_stores_are_passed_over(tmp_path: Path) -> None:
    path = a_ledger(ledger_path(tmp_path / "WORKER-1", TUNIS), 1)
    (tmp_path / "WORKER-1" / "faust").mkdir()
    (tmp_path / "WORKER-1" / "MAR-1").mkdir()
    (tmp_path / "TUN-0").write_text("a note")
    assert newest_ledgers(tmp_path) == {TUNIS: path}


def test_no_store_at_all_is_told(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(LedgerMissing):
            newest_ledgers(root)


def test_the_newest_are_found_while_workers_write(ledger: Ledger, tmp_path: Path) -> None:
    ledger.commit(batch(4))
    assert newest_ledgers(tmp_path) == {TUNIS: ledger.path}


# --- kill -9 -------------------------------------------------------------------------------------


def _commit_forever(path: Path, done: Synchronized[int]) -> None:
    ledger = Ledger(path)
    number = ledger.state.next_offset
    while True:
        ledger.commit(batch(number := number + 1))
        done.value = number


def test_a_killed_process_leaves_every_batch_that_it_committed(tmp_path: Path) -> None:
    """Killed in the midst of commits, again and again, over the same store."""
    rng, path = random.Random(9), tmp_path / "TUN-0"
    context = multiprocessing.get_context("spawn")
    done = context.Value("q", 0)
    for _ in range(4):
        before = done.value
        worker = context.Process(target=_commit_forever, args=(path, done))
        worker.start()
        deadline = time.monotonic() + 30
        while done.value == before and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.1))
        worker.kill()
        worker.join()
        assert worker.exitcode == -9
        assert done.value > before, "it never came to committing: the test proves nothing"

        ledger = Ledger(path)
        committed = ledger.state.next_offset
        assert committed in (done.value, done.value + 1)
        assert ledger.state.digest == committed.to_bytes(32, "big")
        assert counts(ledger) == [committed] * WIDTH
        ledger.close()
