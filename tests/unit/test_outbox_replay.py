"""What is kept of accepted batches, for how long, and how it is sent again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import BatchNotKept
from producers.outbox import Outbox
from producers.rows import Keep, PendingBatch, Replay
from producers.schema import SCHEMA
from producers.standing import standing
from producers.streams import DAY
from schemas.anonymity import Attestation
from schemas.envelope import Place, Sealed
from schemas.trust import Position
from tests.register import draft, open_outbox, row, seal_all
from tests.samples import ref
from tests.world import NOW, Platform, a_world, code_of

START: Position = (1, 1)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = open_outbox(tmp_path / "outbox.sqlite")
    yield made
    made.close()


def say(outbox: Outbox, *names: str) -> list[PendingBatch]:
    """Seals a batch for each report, after whatever waits."""
    sealed = []
    for name in names:
        outbox.record("reports", [row(name, draft(name, case_ref=ref(name)))], "1")
        sealed += seal_all(outbox)
    return sealed


def receipt(outbox: Outbox, *batches: PendingBatch, at: int = NOW) -> None:
    for batch in batches:
        outbox.accept(0, *batch.position, [], at=at)


def kept(outbox: Outbox) -> list[int]:
    """Sequences whose bytes are there and receipted."""
    rows = outbox._db.execute("SELECT sequence FROM batches WHERE message IS NOT NULL")
    return [row["sequence"] for row in rows]


# --- Sending again -------------------------------------------------------------------------------


def test_a_replay_makes_the_same_bytes_pending_again_from_its_place_on(outbox: Outbox) -> None:
    batches = say(outbox, "a", "b", "c")
    receipt(outbox, *batches)
    assert outbox.pending(0) == []
    size = sum(len(batch.message) for batch in batches[1:])
    assert outbox.replay(0, (1, 2)) == Replay(0, (1, 2), (1, 3), 2, size)
    assert outbox.pending(0) == batches[1:]
    receipt(outbox, *batches[1:])
    assert outbox.pending(0) == []
    assert kept(outbox) == [1, 2, 3]


def test_what_would_be_sent_again_is_told_without_changing_anything(outbox: Outbox) -> None:
    batches = say(outbox, "a", "b")
    receipt(outbox, batches[0])
    found = outbox.replayable(0, START)
    assert found is not None
    assert (found.first, found.last, found.batches) == (START, (1, 2), 2)
    assert outbox.pending(0) == batches[1:]


def test_behind_the_last_batch_there_is_nothing_to_send_again(outbox: Outbox) -> None:
    receipt(outbox, *say(outbox, "a"))
    assert outbox.replay(0, (1, 2)) is None


def test_a_platform_that_lost_its_log_comes_to_the_same_by_a_replay(outbox: Outbox) -> None:
    lived, again = Platform(), Platform()
    batches = say(outbox, "a", "b", "c")
    lived.take_all(batches)
    receipt(outbox, *batches)
    outbox.replay(0, START)
    outcomes = again.take_all(outbox.pending(0))
    assert {code_of(outcome) for outcome in outcomes} == {"ACCEPTED"}
    assert again.records == lived.records
    twice = lived.take_all(outbox.pending(0))
    assert {code_of(outcome) for outcome in twice} == {"DUPLICATE"}
    assert lived.cells == again.cells


def test_a_new_epoch_dissolves_what_was_never_accepted_and_no_replay(outbox: Outbox) -> None:
    """The events of an accepted batch are gone: they cannot be sealed again."""
    platform = Platform(a_world().with_epoch(2))
    first = say(outbox, "a", "b")
    receipt(outbox, *first)
    say(outbox, "c")
    outbox.replay(0, START)
    outbox.open_epoch(0, 2)
    seal_all(outbox)
    pending = outbox.pending(0)
    assert [batch.position for batch in pending] == [(1, 1), (1, 2), (2, 1)]
    assert pending[:2] == first
    assert {code_of(outcome) for outcome in platform.take_all(pending)} == {"ACCEPTED"}


# --- What is no longer kept ----------------------------------------------------------------------


def test_nothing_is_sent_again_where_one_batch_is_no_longer_kept(outbox: Outbox) -> None:
    batches = say(outbox, "a", "b", "c")
    receipt(outbox, batches[0], at=NOW - 2 * DAY)
    receipt(outbox, *batches[1:])
    outbox.tidy(Keep(days=1), NOW)
    with pytest.raises(BatchNotKept) as caught:
        outbox.replay(0, START)
    assert (caught.value.expected, caught.value.got) == ("of stream 0 from 1:2 on", "1:1")
    assert outbox.pending(0) == []
    assert outbox.replay(0, (1, 2)) is not None


def test_nothing_that_waits_is_ever_dropped(outbox: Outbox) -> None:
    batches = say(outbox, "a", "b")
    receipt(outbox, batches[0])
    outbox.tidy(Keep(days=0, megabytes=0), NOW + DAY)
    assert outbox.pending(0) == batches[1:]
    assert kept(outbox) == [2]


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        (Keep(), [1, 2, 3, 4]),
        (Keep(days=3), [2, 3, 4]),
        (Keep(days=1), [4]),
        (Keep(days=0), []),
        (Keep(megabytes=0), []),
    ],
    ids=str,
)
def test_the_oldest_are_dropped_first(outbox: Outbox, keep: Keep, left: list[int]) -> None:
    for age, batch in zip((3, 2, 1, 0), say(outbox, *"abcd"), strict=True):
        receipt(outbox, batch, at=NOW - age * DAY)
    outbox.tidy(keep, NOW)
    assert kept(outbox) == left


@given(times=st.lists(st.integers(0, 5), min_size=1, max_size=6), days=st.integers(0, 6))
def test_what_is_kept_has_no_holes_however_clocks_jump(times: list[int], days: int) -> None:
    outbox = open_outbox(Path(":memory:"))
    for batch, age in zip(say(outbox, *map(str, range(len(times)))), times, strict=True):
        receipt(outbox, batch, at=NOW - age * DAY)
    outbox.tidy(Keep(days=days), NOW)
    assert kept(outbox) == list(range(len(times) - len(kept(outbox)) + 1, len(times) + 1))
    assert all(age < days for age in times[len(times) - len(kept(outbox)) :])
    outbox.close()


def test_no_stream_takes_the_room_of_another(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path / "outbox.sqlite", streams=2)
    for stream, count in ((0, 3), (1, 1)):
        for _ in range(count):
            outbox.seal_next(stream, _half_a_megabyte, even_empty=True)
        for batch in outbox.pending(stream):
            outbox.accept(stream, *batch.position, [], at=NOW)
    outbox.tidy(Keep(megabytes=2), NOW)
    rows = outbox._db.execute(
        "SELECT stream, sequence FROM batches WHERE message IS NOT NULL ORDER BY 1, 2"
    )
    assert [tuple(row) for row in rows] == [(0, 2), (0, 3), (1, 1)]
    outbox.close()


def _half_a_megabyte(
    _events: Sequence[bytes], place: Place, _attested: Sequence[Attestation]
) -> Sealed:
    return Sealed(bytes(1 << 19), repr(place).encode()[:32])


# --- How it stands, and files of an earlier version ----------------------------------------------


def test_standing_tells_from_where_a_replay_is_possible(outbox: Outbox) -> None:
    assert standing(outbox.path).replay_from == {}
    batches = say(outbox, "a", "b", "c")
    receipt(outbox, *batches[:2], at=NOW - DAY)
    receipt(outbox, batches[2])
    assert standing(outbox.path).replay_from == {0: (1, 1)}
    outbox.tidy(Keep(days=1), NOW)
    seen = standing(outbox.path)
    assert (seen.replay_from, seen.last_receipt) == ({0: (1, 3)}, NOW)


def test_a_file_of_an_earlier_version_opens_looks_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    old = sqlite3.connect(path)
    for statement in SCHEMA:
        old.execute(statement.replace("accepted_at INTEGER,", ""))
    old.execute("INSERT INTO settings VALUES ('authority', 'tn.inltp'), ('streams', '1')")
    old.execute("INSERT INTO batches VALUES (0, 1, 1, ?, NULL, 0, 'accepted', '')", (bytes(32),))
    old.commit()
    old.close()
    seen = standing(path)
    assert (seen.replay_from, seen.last_receipt, seen.receipted) == ({}, None, {0: (1, 1)})
    outbox = open_outbox(path)
    (batch,) = say(outbox, "a")
    receipt(outbox, batch)
    with pytest.raises(BatchNotKept):
        outbox.replay(0, START)
    assert outbox.replay(0, (1, 2)) is not None
    assert standing(path).replay_from == {0: (1, 2)}
    outbox.close()
