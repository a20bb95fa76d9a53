"""Every tampered batch of the table ends in its named error, and nothing that is kept changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from schemas.anonymity import Attestation, Node
from schemas.codec import MARKER, PREFIX_LENGTH, encode, registry
from schemas.errors import ChainError, SealError, WireError, tree
from tests.attacker import (
    forged,
    packed,
)
from tests.attacks.tampered import (
    AROUND,
    CHAIN,
    EMPTY,
    EPOCH_2,
    HEADER,
    NEXT,
    ONE,
    RAW,
    ROWS,
    UNSIGNED,
    US,
    Row,
)
from tests.samples import (
    TUNISIA,
    an_event,
    encoded,
    ref,
)
from tests.told import an_event_at, attested
from tests.world import (
    Platform,
    World,
    code_of,
    sealed,
)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_tampered_batch_ends_in_its_error_and_changes_nothing(row: Row) -> None:
    platform = Platform(row.world)
    platform.take_all(row.before)
    platform.topic = row.topic
    before = platform.standing
    outcome = platform.take(row.bytes())
    assert code_of(outcome) == row.code
    assert platform.standing == before


def test_the_batch_that_was_tampered_with_is_a_good_one() -> None:
    """Otherwise every row above could be refused for a reason of its own."""
    platform = Platform()
    platform.take_all(CHAIN[:2])
    before = platform.cells
    assert code_of(platform.take(NEXT.message)) == "ACCEPTED"
    assert platform.cells != before
    by_a_thief = forged(packed(ONE), sequence=4, previous_hash=NEXT.hash)
    assert code_of(platform.take(by_a_thief.message)) == "ACCEPTED"


def test_every_field_of_the_header_has_a_row() -> None:
    leaves = set()
    for told in registry().newest["batch_header"].schema["fields"]:
        kind = told["type"]
        kind = kind.get("items", kind) if isinstance(kind, dict) else kind
        inner = [f["name"] for f in kind["fields"]] if isinstance(kind, dict) else []
        if told["name"] == "identity":
            leaves |= set(inner)
        else:
            leaves |= {f"{told['name']}, {name}" for name in inner} or {told["name"]}
    rows = {row.name for row in UNSIGNED} | {row.name.split(",")[0] for row in UNSIGNED}
    assert leaves <= rows


def test_every_error_of_wire_seal_and_chain_is_the_end_of_some_row() -> None:
    classes = [*tree(WireError), *tree(SealError), *tree(ChainError)]
    bases = {"WIRE", "SEAL", "CHAIN"}
    # Others are no batches: test_judging_releases, test_alert_messages, test_quality.
    others = ("RELEASE", "ALERT", "ASSESSMENT", "QUALITY")
    of_batches = {error.code for error in classes if not error.code.startswith(others)}
    assert of_batches - bases == {row.code for row in ROWS.values()} - {"DUPLICATE"}


# --- What follows from an attack -----------------------------------------------------------------


def test_after_an_attack_the_true_batch_is_taken_as_ever() -> None:
    """No attack by one without a key delays or suspends anything."""
    for row in (*UNSIGNED, *AROUND, *RAW):
        platform = Platform()
        platform.take_all(CHAIN[:2])
        platform.take(row.bytes())
        assert code_of(platform.take(NEXT.message)) == "ACCEPTED", row.name


def test_a_suspended_stream_is_freed_by_an_epoch_and_stays_free() -> None:
    """Whoever has the forked batch may send it again and again: the new epoch is not touched."""
    platform = Platform(US.with_epoch(2))
    fork = sealed(an_event(sex="M"))
    following = sealed(epoch=2, sequence=2, previous_hash=EPOCH_2.hash)
    story = [*CHAIN[:2], fork, NEXT, EPOCH_2, fork, CHAIN[0], following]
    assert [code_of(outcome) for outcome in platform.take_all(story)] == [
        "ACCEPTED",
        "ACCEPTED",
        "EQUIVOCATION",
        "STREAM_SUSPENDED",
        "ACCEPTED",
        "STALE_EPOCH",
        "DUPLICATE",
        "ACCEPTED",
    ]


# --- Events inside a good batch ------------------------------------------------------------------


@dataclass(frozen=True)
class Bad:
    """An event that is refused; the batch around it is accepted, and the event beside it."""

    name: str
    event: bytes
    code: str
    before: tuple[dict[str, Any], ...] = field(default=())
    world: World = US
    good: bytes = encoded(an_event(victim_ref=ref("another victim")))
    attests_before: tuple[Attestation, ...] = ()
    attests: tuple[Attestation, ...] = ()


NODE = Node(sex=0, age=1, citizenship=1, route=1, region=1, period=1)
SPRING, AUTUMN = attested(NODE), attested(NODE, "2023-Q4")
of_one_who_agreed = partial(
    Bad,
    code="NOT_ANONYMISED",
    world=US.agreed(),
    good=encoded(an_event_at(NODE, victim_ref=ref("another victim"))),
    attests=(SPRING,),
)
"""By an authority that agreed to be held to what its batches attest."""
TOLD = an_event_at(NODE)
FIRST = an_event()
EVENT = encoded(FIRST)
EVENTS = [
    Bad("unknown schema", MARKER + bytes(8) + EVENT[PREFIX_LENGTH:], "UNKNOWN_SCHEMA"),
    Bad("no message", b"Victime Fictive 0012", "UNKNOWN_SCHEMA"),
    Bad("cut short", EVENT[:-1], "UNDECODABLE"),
    Bad("empty", b"", "TRUNCATED"),
    Bad("one byte more", EVENT + b"\0", "TRUNCATED"),
    Bad("a message that is no event", EMPTY, "EVENT_INVALID"),
    Bad("a batch in the batch", NEXT.message, "EVENT_INVALID"),
    Bad("a region of another country", encoded(an_event(region="MA-N")), "EVENT_INVALID"),
    Bad("a region that does not exist", encoded(an_event(region="XX")), "EVENT_INVALID"),
    Bad("a month after the sealing", encoded(an_event(period="2024-02")), "EVENT_INVALID"),
    Bad("another authority's", encoded(an_event(producer="tn.other")), "WRONG_PRODUCER"),
    Bad("another country's", encoded(an_event(country="MAR", region="MA-N")), "WRONG_PRODUCER"),
    Bad(
        "a linkage token that expires on a day",
        encoded(an_event("network.linkage", expires="2025-06-30")),
        "EVENT_INVALID",
    ),
    Bad("an id used before", encoded(an_event(sex="M", event_id=FIRST["event_id"])),
        "EVENT_ID_REUSED", before=(FIRST,)),
    Bad("a correction of nothing", encoded(an_event(supersedes=ref("x"), revision=1)),
        "SUPERSEDES_UNKNOWN"),
    Bad("a correction of another person's",
        encoded(an_event(supersedes=FIRST["event_id"], revision=1, victim_ref=ref("other"))),
        "SUPERSEDES_FOREIGN", before=(FIRST,)),
    Bad("a correction by another type",
        encoded(an_event("victim.presumed", supersedes=FIRST["event_id"], revision=1)),
        "SUPERSEDES_FOREIGN", before=(FIRST,)),
    Bad("a correction of what was corrected",
        encoded(an_event(supersedes=FIRST["event_id"], revision=1, sex="_U")),
        "SUPERSEDES_STALE",
        before=(FIRST, an_event(supersedes=FIRST["event_id"], revision=1, sex="M"))),
    # By a thief of the key, or an adapter whose gate was taken away.
    of_one_who_agreed("as the register has it", encoded(an_event())),
    of_one_who_agreed("the month, where the quarter is attested",
        encoded(an_event_at(NODE, but={"period": "2023-05"}))),
    of_one_who_agreed("the month, only said to be hidden",
        encoded(an_event_at(NODE, but={"period": "2023-04"}))),
    of_one_who_agreed("a region, where macro-regions are attested",
        encoded(an_event_at(NODE, but={"region": "TN-11", "region_level": "L1"}))),
    of_one_who_agreed("a case event finer than its persons",
        encoded(an_event("report.received", region="TN-11", region_level="L1"))),
    of_one_who_agreed("of a quarter that is not attested",
        encoded(an_event_at(NODE, period="2023-11"))),
    of_one_who_agreed("of a quarter that only another batch attests",
        encoded(an_event_at(NODE, period="2023-11")), attests_before=(SPRING, AUTUMN),
        before=(an_event_at(NODE, period="2023-10", victim_ref=ref("v")),)),
    of_one_who_agreed("a correction that tells what was hidden",
        encoded(an_event(supersedes=TOLD["event_id"], revision=1)),
        attests_before=(SPRING,), before=(TOLD,)),
    of_one_who_agreed("a withdrawal that tells what was hidden",
        encoded(an_event(supersedes=TOLD["event_id"], revision=1, validation="WITHDRAWN")),
        attests_before=(SPRING,), before=(TOLD,)),
]  # fmt: skip


@pytest.mark.parametrize("bad", EVENTS, ids=lambda bad: bad.name)
def test_a_bad_event_is_refused_and_does_not_sink_its_batch(bad: Bad) -> None:
    def through(*events: bytes) -> Platform:
        platform = Platform(bad.world)
        first = sealed(*bad.before, anonymity=bad.attests_before)
        taken = platform.take(first.message).receipt
        assert taken is not None
        assert taken.entries[0].refused == ()
        plain = packed(encode("event_batch", {"events": list(events)}))
        attests = [attested.as_fields() for attested in bad.attests]
        place = {"sequence": 2, "previous_hash": first.hash, "anonymity": attests}
        outcome = platform.take(forged(plain, **place).message)
        assert code_of(outcome) == "ACCEPTED"
        assert outcome.receipt is not None
        told.append([(e.index, e.code) for e in outcome.receipt.entries[0].refused])
        return platform

    told: list[list[tuple[int, str]]] = []
    with_bad, without = through(bad.event, bad.good), through(bad.good)
    assert told == [[(0, bad.code)], []]
    assert with_bad.cells == without.cells


def test_the_authority_is_the_tunisian_one() -> None:
    assert HEADER["identity"]["authority"] == TUNISIA
