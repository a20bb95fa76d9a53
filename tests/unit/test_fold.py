"""The fold: what becomes of every Kafka record.

That the log alone decides is the subject of `test_fold_again`. The ledger is a dictionary; keys, batches and trust document are real. What an attacker may change
in a batch is the subject of `tests.attacks`; here batches are honest, but late, lost, repeated,
or about things that do not stand any more.
"""

from __future__ import annotations

from collections import Counter
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
from schemas.envelope import Sealed, seal
from schemas.keys import SigningKey
from schemas.receipts import Entry, Status, open_receipt, sign_receipt
from schemas.trust import Authority
from tests.samples import TUNISIA, Fields, an_event, encoded, ref
from tests.world import (
    NOW,
    Platform,
    World,
    a_chain,
    a_place,
    a_world,
    code_of,
    sealed,
    some_random,
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


# --- Events --------------------------------------------------------------------------------------

FIRST = an_event()
MAN = an_event(sex="M", supersedes=FIRST["event_id"], revision=1)
GONE = an_event(supersedes=MAN["event_id"], revision=2, validation="WITHDRAWN")
BACK = an_event(supersedes=GONE["event_id"], revision=3)
ANEW = an_event(sex="M")
"""The fact of `FIRST` as an authority states it that lost its outbox: it supersedes nothing."""
OTHER = an_event(victim_ref=ref("victim 2"), fact_ref=ref("fact 2"))
SECOND_FACT = an_event(fact_ref=ref("fact 2"), period="2023-08", sex="_U")


def sexes(platform: Platform) -> dict[str, int]:
    """Identified victims of the year by sex."""
    found: Counter[str] = Counter()
    for cell, number in platform.cells.items():
        if (cell[0], cell[2], cell[-1]) == ("VIC_IDENT", "2023", "_T"):
            found[cell[3]] += number
    return dict(found)


HISTORIES: list[tuple[str, list[list[Fields]], dict[str, int]]] = [
    ("told once", [[FIRST]], {"F": 1}),
    ("told twice in a batch", [[FIRST, FIRST]], {"F": 1}),
    ("told twice in two batches", [[FIRST], [FIRST]], {"F": 1}),
    ("corrected in a batch", [[FIRST, MAN]], {"M": 1}),
    ("corrected in two batches", [[FIRST], [MAN]], {"M": 1}),
    ("corrected twice over", [[FIRST], [MAN], [MAN]], {"M": 1}),
    ("repeated after its correction", [[FIRST], [MAN], [FIRST]], {"M": 1}),
    ("withdrawn", [[FIRST], [MAN], [GONE]], {}),
    ("withdrawn in a batch", [[FIRST, MAN, GONE]], {}),
    ("repeated after its withdrawal", [[FIRST, MAN, GONE], [FIRST], [MAN]], {}),
    ("never told, only withdrawn", [[an_event(validation="WITHDRAWN")]], {}),
    ("told again after its withdrawal", [[FIRST], [MAN, GONE], [BACK]], {"F": 1}),
    ("told again in the batch that withdraws it", [[FIRST, MAN, GONE, BACK]], {"F": 1}),
    ("told anew", [[FIRST], [ANEW]], {"M": 1}),
    ("told anew after corrections", [[FIRST, MAN, GONE], [ANEW]], {"M": 1}),
    ("two victims", [[FIRST], [OTHER]], {"F": 2}),
    ("one victim, two facts: the first of them counts", [[SECOND_FACT], [FIRST]], {"F": 1}),
    ("the first of two facts withdrawn", [[FIRST, SECOND_FACT], [MAN, GONE]], {"_U": 1}),
]


@pytest.mark.parametrize(
    ("batches", "counted"), [h[1:] for h in HISTORIES], ids=[h[0] for h in HISTORIES]
)
def test_what_stands_is_counted_once(batches: list[list[Fields]], counted: dict[str, int]) -> None:
    platform = Platform()
    previous: Sealed | None = None
    accepted = duplicate = 0
    for number, events in enumerate(batches, 1):
        previous = following(previous, *events, sequence=number)
        entry = entry_of(platform.take(previous.message))
        assert entry.refused == ()
        accepted += entry.events_accepted
        duplicate += entry.events_duplicate
    told = [event["event_id"] for events in batches for event in events]
    assert (accepted, duplicate) == (len(set(told)), len(told) - len(set(told)))
    assert sexes(platform) == counted
    if not counted:
        assert platform.cells == {}, "something is left of what was taken back"


REFUSED: list[tuple[str, bytes, str]] = [
    ("of no schema", b"\xc3\x01" + bytes(30), "UNKNOWN_SCHEMA"),
    ("against the rules", encoded(an_event(region="MA-N")), "EVENT_INVALID"),
    ("of the month after the sealing", encoded(an_event(period="2024-02")), "EVENT_INVALID"),
    ("by another producer", encoded(an_event(producer="tn.other")), "WRONG_PRODUCER"),
    ("of a restricted type", encoded(an_event("network.linkage")), "RESTRICTED_TYPE"),
    ("with an id used before", encoded({**MAN, "event_id": FIRST["event_id"]}), "EVENT_ID_REUSED"),
    (
        "correcting nothing",
        encoded(an_event(supersedes=ref("nothing"), revision=1)),
        "SUPERSEDES_UNKNOWN",
    ),
    (
        "correcting another victim",
        encoded(an_event(supersedes=FIRST["event_id"], revision=1, victim_ref=ref("victim 2"))),
        "SUPERSEDES_FOREIGN",
    ),
    (
        "correcting an event of another type",
        encoded(an_event("victim.presumed", supersedes=MAN["event_id"], revision=2)),
        "SUPERSEDES_FOREIGN",
    ),
    (
        "correcting what was corrected",
        encoded(an_event(sex="_U", supersedes=FIRST["event_id"], revision=1)),
        "SUPERSEDES_STALE",
    ),
]


def test_refused_events_do_not_sink_their_batch_and_leave_no_trace() -> None:
    """All kinds of them in one batch, in the midst of good ones."""
    world = a_world()
    messages = [encoded(FIRST), encoded(MAN), *(message for _, message, _ in REFUSED)]
    messages.append(encoded(an_event("training.delivered")))
    batch = seal(
        messages,
        a_place(),
        signer=world.tunisia,
        recipients=world.trust.recipients(),
        produced_at=NOW,
        trust_version=1,
        random=some_random(),
    )
    platform = Platform(world)
    outcome = platform.take(batch.message)
    entry = entry_of(outcome)
    assert (entry.status, outcome.quarantine) == (Status.ACCEPTED, None)
    assert [(e.index, e.code) for e in entry.refused] == [
        (index, code) for index, (_, _, code) in enumerate(REFUSED, 2)
    ]
    assert (entry.events_accepted, entry.events_duplicate) == (3, 0)

    clean = Platform(world)
    clean.take(sealed(FIRST, MAN, an_event("training.delivered")).message)
    for kind in (b"C", b"E", b"S"):
        kept = {k: v for k, v in platform.records.items() if k[:1] == kind}
        assert kept == {k: v for k, v in clean.records.items() if k[:1] == kind}


def test_the_month_of_the_sealing_itself_is_not_the_future() -> None:
    platform = Platform()
    assert entry_of(platform.take(sealed(an_event(period="2024-01")).message)).refused == ()


def test_a_correction_may_come_before_what_it_corrects_once_that_has_come() -> None:
    """Refused events are not remembered, so sending again in order puts everything right."""
    platform = Platform()
    first = sealed(MAN)
    assert [e.code for e in entry_of(platform.take(first.message)).refused] == [
        "SUPERSEDES_UNKNOWN"
    ]
    platform.take(following(first, FIRST, MAN, sequence=2).message)
    assert sexes(platform) == {"M": 1}
