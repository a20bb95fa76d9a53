"""The events of batches: what stands is counted once, and what is refused leaves no trace."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas.envelope import MAX_TIME, Sealed, seal
from schemas.receipts import Status
from tests.samples import Fields, an_event, encoded, ref
from tests.unit.test_fold import entry_of, following
from tests.world import NOW, Platform, a_place, a_world, sealed, some_random

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
    (
        "of a token that expires on a day",
        encoded(an_event("network.linkage", expires="2025-06-30")),
        "EVENT_INVALID",
    ),
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


def test_a_batch_sealed_at_the_end_of_the_calendar_is_a_batch() -> None:
    """Nowhere on earth may it be so late that there is no month to tell."""
    platform = Platform()
    assert entry_of(platform.take(sealed(FIRST, produced_at=MAX_TIME).message)).refused == ()


def test_a_correction_may_come_before_what_it_corrects_once_that_has_come() -> None:
    """Refused events are not remembered, so sending again in order puts everything right."""
    platform = Platform()
    first = sealed(MAN)
    assert [e.code for e in entry_of(platform.take(first.message)).refused] == [
        "SUPERSEDES_UNKNOWN"
    ]
    platform.take(following(first, FIRST, MAN, sequence=2).message)
    assert sexes(platform) == {"M": 1}
