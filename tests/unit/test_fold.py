"""The fold: what becomes of every Kafka record.

The ledger is a dictionary; keys, batches and trust document are real. What an attacker may change
in a batch is the subject of `tests.attacks`; here batches are honest, but late, lost or repeated.
Their events are the subject of `test_fold_events`, folding a log again that of `test_fold_again`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from processors.intake.fold import Outcome
from processors.intake.records import (
    JOURNAL,
    Journal,
    head_key,
    unpack_head,
)
from schemas.chain import Head
from schemas.envelope import Sealed
from schemas.keys import SigningKey
from schemas.receipts import Entry, Status, open_receipt, sign_receipt
from schemas.trust import Authority
from tests.samples import TUNISIA, Fields, an_event
from tests.world import (
    Platform,
    World,
    a_chain,
    a_world,
    code_of,
    sealed,
    trusted,
)

POLICE = "tn.police"


def entry_of(outcome: Outcome) -> Entry:
    assert outcome.receipt is not None
    (entry,) = outcome.receipt.entries
    return entry


def next_of(outcome: Outcome) -> tuple[int, int]:
    assert outcome.receipt is not None
    return outcome.receipt.next_position


def journal_of(platform: Platform) -> list[Journal]:
    kept = sorted(key for key in platform.records if key.startswith(JOURNAL))
    return [Journal.unpack(platform.records[key]) for key in kept]


def following(previous: Sealed | None, *events: Fields, sequence: int, **more: Any) -> Sealed:
    """The next batch of a chain."""
    if previous is not None:
        more["previous_hash"] = previous.hash
    return sealed(*events, sequence=sequence, **more)


# --- The chain -----------------------------------------------------------------------------------


def test_a_batch_that_extends_its_chain_is_accepted() -> None:
    platform = Platform()
    (batch,) = a_chain(1)
    outcome = platform.take(batch.message)
    assert outcome.quarantine is None
    assert outcome.next_offset == 1
    assert entry_of(outcome) == Entry(1, 1, batch.hash, Status.ACCEPTED, events_accepted=1)
    assert next_of(outcome) == (1, 2)
    assert platform.cells[("VIC_CITIZ", "TUN", "2023", "CIV")] == 1


def test_a_duplicate_repeats_its_first_receipt_whenever_it_comes() -> None:
    platform = Platform()
    bad = an_event(producer="tn.other")
    first = sealed(an_event(), bad)
    told = entry_of(platform.take(first.message))
    assert [event.code for event in told.refused] == ["WRONG_PRODUCER"]
    platform.take_all(a_chain(2, start=first))
    before = platform.standing
    again = platform.take(first.message)
    assert entry_of(again) == replace(told, status=Status.DUPLICATE)
    assert next_of(again) == (1, 4)
    assert again.quarantine is None
    assert platform.standing == before


def test_a_gap_is_told_with_the_position_expected_and_not_quarantined() -> None:
    platform = Platform()
    chain = a_chain(4)
    platform.take(chain[0].message)
    before = platform.standing
    for late in (chain[2], chain[3]):
        outcome = platform.take(late.message)
        assert (entry_of(outcome).status, entry_of(outcome).code) == (Status.REFUSED, "CHAIN_GAP")
        assert entry_of(outcome).sequence in (3, 4)
        assert next_of(outcome) == (1, 2)
        assert outcome.quarantine is None
    assert platform.standing == before
    assert [code_of(outcome) for outcome in platform.take_all(chain[1:])] == ["ACCEPTED"] * 3


def test_a_refused_batch_is_quarantined_and_answered() -> None:
    platform = Platform()
    first, _ = a_chain(2)
    platform.take(first.message)
    broken = sealed(an_event(sex="M"), sequence=2, previous_hash=b"x" * 32)
    outcome = platform.take(broken.message)
    assert outcome.quarantine is not None
    assert outcome.quarantine.code == "BROKEN_LINK"
    assert entry_of(outcome).code == "BROKEN_LINK"
    assert next_of(outcome) == (1, 2)


def test_a_batch_that_is_not_proven_is_answered_and_suspends_nothing() -> None:
    """The authority that it names is told the code; it can tell by the hash that it is not its."""
    platform = Platform()
    (first,) = a_chain(1)
    platform.take(first.message)
    before = platform.standing
    stranger = SigningKey.generate("ed25519")
    for code, signer in (("UNKNOWN_KEY", stranger), ("FOREIGN_KEY", platform.world.morocco)):
        forged = sealed(an_event(sex="M"), signer=signer)
        outcome = platform.take(forged.message)
        assert entry_of(outcome) == Entry(1, 1, forged.hash, Status.REFUSED, code=code)
        assert outcome.quarantine is not None
        assert next_of(outcome) == (1, 2)
    assert platform.standing == before
    assert not unpack_head(platform.records[head_key(TUNISIA)]).suspended


@pytest.mark.parametrize("message", [b"", b"Victime Fictive 0012", bytes(600)])
def test_what_cannot_be_read_is_quarantined_and_answered_to_nobody(message: bytes) -> None:
    platform = Platform()
    outcome = platform.take(message)
    assert outcome.quarantine is not None
    assert outcome.receipt is None
    assert outcome.next_offset == 1
    assert platform.standing == {}
    (journal,) = journal_of(platform)
    assert (journal.status, journal.code) == (Status.REFUSED, outcome.quarantine.code)
    assert (journal.authority, journal.position) == ("", (0, 0))


def test_an_equivocation_suspends_until_a_new_epoch_is_announced() -> None:
    platform = Platform()
    first, second, third = a_chain(3)
    platform.take_all([first, second])
    other = following(first, an_event(sex="M"), sequence=2)
    told = [code_of(platform.take(b.message)) for b in (other, third, second)]
    assert told == ["EQUIVOCATION", "STREAM_SUSPENDED", "DUPLICATE"]
    assert unpack_head(platform.records[head_key(TUNISIA)]) == Head(1, 2, second.hash, True)

    fresh = sealed(an_event(sex="M", period="2023-07"), epoch=2)
    assert code_of(platform.take(fresh.message)) == "EPOCH_NOT_OPENED"
    platform.world = platform.world.with_epoch(2)
    outcome = platform.take(fresh.message)
    assert entry_of(outcome).status is Status.ACCEPTED
    assert next_of(outcome) == (2, 2)
    assert code_of(platform.take(third.message)) == "STALE_EPOCH"
    assert unpack_head(platform.records[head_key(TUNISIA)]) == Head(2, 1, fresh.hash, False)


def test_signs_of_life_move_the_chain_and_count_nothing() -> None:
    platform = Platform()
    first = sealed()
    second = following(first, an_event(), sequence=2)
    outcome = platform.take(first.message)
    assert entry_of(outcome) == Entry(1, 1, first.hash, Status.ACCEPTED)
    assert next_of(outcome) == (1, 2)
    assert platform.cells == {}
    assert code_of(platform.take(second.message)) == "ACCEPTED"
    assert platform.cells != {}


def test_what_a_fold_tells_survives_signing() -> None:
    platform = Platform()
    outcome = platform.take(sealed(an_event(), an_event(country="MAR")).message)
    assert outcome.receipt is not None
    message = sign_receipt(outcome.receipt, platform.world.platform)
    assert open_receipt(message, platform.world.trust) == outcome.receipt


# --- Two authorities of one country --------------------------------------------------------------


def two_authorities() -> tuple[World, SigningKey]:
    """A world in which the Tunisian police publish beside the Tunisian authority."""
    world, police = a_world(), SigningKey.generate("ed25519")
    trust = world.trust.model_copy(
        update={
            "authorities": [*world.trust.authorities, Authority(id=POLICE, country="TUN")],
            "keys": [*world.trust.keys, trusted(police, POLICE, "batch")],
        }
    )
    return replace(world, trust=trust), police


def of_police(key: SigningKey, *events: Fields, **place: Any) -> Sealed:
    return sealed(*events, signer=key, authority=POLICE, **place)


def test_two_authorities_share_a_partition_each_with_a_chain_of_its_own() -> None:
    world, key = two_authorities()
    platform = Platform(world)
    ours, theirs = an_event("network.intercepted"), an_event("network.intercepted", producer=POLICE)
    mixed = [
        sealed(ours),
        of_police(key, theirs),
        of_police(key, sequence=3, previous_hash=b"x" * 32),
    ]
    accepted, also, gap = platform.take_all(mixed)
    assert [code_of(o) for o in (accepted, also, gap)] == ["ACCEPTED", "ACCEPTED", "CHAIN_GAP"]
    assert next_of(gap) == (1, 2)
    assert gap.receipt is not None
    assert gap.receipt.authority == POLICE
    forked = platform.take(of_police(key, seed="another").message)
    assert code_of(forked) == "EQUIVOCATION"
    going_on = following(mixed[0], an_event("training.delivered"), sequence=2)
    assert code_of(platform.take(going_on.message)) == "ACCEPTED"


def test_an_authority_speaks_for_itself_only() -> None:
    world, key = two_authorities()
    platform = Platform(world)
    outcome = platform.take(of_police(key, an_event()).message)
    assert [event.code for event in entry_of(outcome).refused] == ["WRONG_PRODUCER"]


def test_an_authority_cannot_take_back_what_another_told() -> None:
    world, key = two_authorities()
    platform = Platform(world)
    event = an_event()
    platform.take(sealed(event).message)
    taken_back = {"supersedes": event["event_id"], "revision": 1, "validation": "WITHDRAWN"}
    outcome = platform.take(of_police(key, an_event(producer=POLICE, **taken_back)).message)
    assert [event.code for event in entry_of(outcome).refused] == ["SUPERSEDES_FOREIGN"]
    assert platform.cells != {}
