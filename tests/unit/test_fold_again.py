"""The log is the database: folding it again, from anywhere, gives the same bytes.

The log of these tests has something of everything: signs of life, corrections, a withdrawal,
refused events, duplicates, a gap, a fork, batches of a suspended stream and of an epoch that is
not open, and records that are no batches.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.intake.apply import writes_digest
from processors.intake.records import STATE, FoldState
from tests.samples import an_event
from tests.unit.test_fold import following, journal_of
from tests.unit.test_fold_events import FIRST, GONE, MAN
from tests.world import Platform, a_world, sealed


def state_of(platform: Platform) -> FoldState:
    return FoldState.unpack(platform.records[STATE])


def a_log() -> list[bytes]:
    world = a_world()
    first = sealed(FIRST, an_event("training.delivered"), world=world)
    second = following(first, MAN, an_event("report.received"), sequence=2)
    third = following(second, sequence=3)
    fourth = following(third, GONE, an_event(country="MAR"), sequence=4)
    fork = following(third, an_event(sex="_U"), sequence=4)
    fifth = following(fourth, an_event("victim.presumed"), sequence=5)
    other_epoch = sealed(an_event("victim.presumed"), epoch=2)
    records = [first, third, first, second, second, third, fourth, fork, fifth, other_epoch, first]
    return [b"", *(record.message for record in records), b"Victime Fictive 0012"]


LOG = a_log()


def folded(log: list[bytes]) -> Platform:
    platform = Platform()
    for message in log:
        platform.take(message)
    return platform


def test_folding_a_log_twice_gives_the_same_bytes() -> None:
    once, again = folded(LOG), folded(LOG)
    assert once.records == again.records
    assert state_of(once).next_offset == len(LOG) == len(journal_of(once))
    told = [journal.code or journal.status.value for journal in journal_of(once)]
    assert set(told) > {"ACCEPTED", "DUPLICATE", "CHAIN_GAP", "EQUIVOCATION", "STREAM_SUSPENDED"}


@pytest.mark.parametrize("cut", range(len(LOG)))
def test_a_fold_that_stopped_anywhere_goes_on_to_the_same_bytes(cut: int) -> None:
    """What was computed and not committed when it stopped is as if it had never been."""
    platform = folded(LOG[:cut])
    stopped = Platform(platform.world, records=dict(platform.records), offset=platform.offset)
    platform.take(LOG[cut])
    assert state_of(platform).next_offset == cut + 1
    for message in LOG[cut:]:
        stopped.take(message)
    assert stopped.records == folded(LOG).records


def test_every_record_of_the_log_leaves_its_own_digest() -> None:
    digests = [journal.digest for journal in journal_of(folded(LOG))]
    assert digests[-1] == state_of(folded(LOG)).digest
    changed = [a != b for a, b in pairwise(digests)]
    # What cannot be verified writes nothing but its line in the journal.
    assert [n for n, c in enumerate(changed, 1) if not c] == [len(LOG) - 1]


def test_a_newer_trust_document_does_not_change_what_was_decided_before_it() -> None:
    """Refused before its epoch was announced, accepted after: each under its own document."""
    batch = sealed(FIRST, epoch=2).message
    lived = Platform()
    lived.take(batch)
    lived.world = a_world().with_epoch(2)
    lived.take(batch)
    again = Platform()
    again.take(batch)
    again.world = lived.world
    again.take(batch)
    assert again.records == lived.records


KEYS = st.binary(min_size=1, max_size=4)
WRITES = st.dictionaries(KEYS, st.none() | st.binary(max_size=4), min_size=1, max_size=4)


@settings(max_examples=200)
@given(WRITES, st.data())
def test_the_digest_changes_with_any_write(
    writes: dict[bytes, bytes | None], data: st.DataObject
) -> None:
    digest = writes_digest(bytes(32), writes)
    assert writes_digest(b"x" * 32, writes) != digest
    backwards = dict(reversed(writes.items()))
    assert (writes_digest(bytes(32), backwards) == digest) == (len(writes) == 1)
    other = data.draw(WRITES)
    same = [*other.items()] == [*writes.items()]
    assert (writes_digest(bytes(32), other) == digest) == same
    key = data.draw(st.sampled_from(sorted(writes)))
    for value in (None, b"", b"changed"):
        changed = {**writes, key: value}
        assert (writes_digest(bytes(32), changed) == digest) == (changed == writes)
