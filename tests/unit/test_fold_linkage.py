"""Linkage tokens in the ledger: only as the platform keys them, and kept as sightings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from processors.intake.ledger import Ledger
from processors.intake.outer import outer_token
from processors.intake.records import SIGHTINGS, unpack_subject
from processors.intake.sightings import StandingSighting, sightings
from tests.samples import Fields, an_event, encoded, ref
from tests.unit.test_fold import entry_of, following
from tests.world import LINKAGE_KEY, Platform, sealed

INNER, BEFORE = bytes(range(32)), bytes(32)
SEEN = an_event("network.linkage", fact_ref=ref("link"), token=INNER, previous_token=BEFORE)
CHANGED = an_event(
    "network.linkage",
    fact_ref=ref("link"),
    token=bytes(reversed(INNER)),
    previous_token=None,
    supersedes=SEEN["event_id"],
    revision=1,
)
GONE = {**CHANGED, "event_id": ref("gone"), "validation": "WITHDRAWN"}
REPORT = an_event("report.received", fact_ref=ref("report"))
VICTIM = an_event("victim.identified")


def folded(*batches: list[Fields]) -> Platform:
    platform = Platform()
    previous = None
    for number, events in enumerate(batches, 1):
        previous = following(previous, *events, sequence=number)
        assert entry_of(platform.take(previous.message)).refused == ()
    return platform


@pytest.fixture
def read(tmp_path: Path) -> Iterator[object]:
    """Reads the sightings of a platform as they stand in a month."""
    ledgers: list[Ledger] = []

    def of(platform: Platform, month: str = "2024-01") -> list[StandingSighting]:
        ledgers.append(Ledger(tmp_path / str(len(ledgers))))
        ledgers[-1].commit(platform.records)
        return list(sightings(ledgers[-1], month))

    yield of
    for ledger in ledgers:
        ledger.close()


def test_a_ledger_holds_tokens_of_its_own_and_nothing_that_could_be_made_of_what_came() -> None:
    platform = folded([SEEN, REPORT])
    kept = b"".join(key + value for key, value in platform.records.items())
    message = encoded(SEEN)
    for told in (INNER, BEFORE, message, hashlib.sha256(message).digest()[:16]):
        assert told not in kept
    (event,) = [
        event
        for key, value in platform.records.items()
        if key[:1] == b"S"
        for event in unpack_subject(value)
        if event["event_type"] == "network.linkage"
    ]
    assert event["token"] == outer_token(LINKAGE_KEY, "2023", INNER)
    assert event["previous_token"] == outer_token(LINKAGE_KEY, "2022", BEFORE)


def test_a_token_equals_what_another_case_tells_as_that_of_the_year_before(read) -> None:  # type: ignore[no-untyped-def]
    later = an_event(
        "network.linkage",
        case_ref=ref("another case"),
        fact_ref=ref("another link"),
        token=bytes(31) + b"\1",
        token_epoch="2024",  # noqa: S106 - a year
        previous_token=INNER,
    )
    first, second = read(folded([SEEN, later]))
    assert set(first.tokens) & set(second.tokens) == {outer_token(LINKAGE_KEY, "2023", INNER)}


@pytest.mark.parametrize(
    ("batches", "tokens"),
    [
        ([[SEEN]], [2]),
        ([[SEEN], [SEEN]], [2]),
        ([[SEEN], [CHANGED]], [1]),
        ([[SEEN, CHANGED]], [1]),
        ([[SEEN], [CHANGED, {**GONE, "supersedes": CHANGED["event_id"], "revision": 2}]], []),
    ],
    ids=["stated", "stated twice", "corrected", "corrected at once", "withdrawn"],
)
def test_a_sighting_stands_as_its_fact_does(  # type: ignore[no-untyped-def]
    read, batches: list[list[Fields]], tokens: list[int]
) -> None:
    platform = folded(*batches)
    assert [len(one.tokens) for one in read(platform)] == tokens
    assert len([key for key in platform.records if key[:1] == SIGHTINGS]) == len(tokens)


def test_a_fact_that_moves_to_another_case_is_seen_there_alone(read) -> None:  # type: ignore[no-untyped-def]
    gone = {**SEEN, "event_id": ref("gone"), "validation": "WITHDRAWN"}
    gone |= {"supersedes": SEEN["event_id"], "revision": 1}
    there = {**SEEN, "event_id": ref("there"), "case_ref": ref("another case")}
    for batch in ([gone, there], [there, gone]):
        (one,) = read(folded([SEEN], batch))
        assert one.case == ref("another case")


@pytest.mark.parametrize(
    ("others", "backed"),
    [
        ([], False),
        ([REPORT], True),
        ([VICTIM], True),
        ([{**REPORT, "case_ref": ref("another case")}], False),
        ([{**SEEN, "event_id": ref("2"), "fact_ref": ref("2nd link")}], False),
        ([VICTIM, an_event(supersedes=VICTIM["event_id"], revision=1, validation="WITHDRAWN")],
            False),
    ],
    ids=["alone", "a report", "a victim", "another case's", "another sighting", "withdrawn"],
)  # fmt: skip
def test_a_sighting_is_backed_by_what_else_stands_of_its_case(  # type: ignore[no-untyped-def]
    read, others: list[Fields], backed: bool
) -> None:
    assert {one.backed for one in read(folded([SEEN, *others]))} == {backed}


def test_a_sighting_is_left_out_after_its_month_of_expiry(read) -> None:  # type: ignore[no-untyped-def]
    platform = folded([SEEN])
    assert SEEN["expires"] == "2025-06"
    assert [len(read(platform, month)) for month in ("2025-06", "2025-07")] == [1, 0]


def test_tokens_are_counted_nowhere() -> None:
    assert folded([SEEN]).cells == {}


def test_another_token_under_a_known_id_is_refused() -> None:
    platform = Platform()
    first = sealed(SEEN)
    platform.take(first.message)
    other = {**SEEN, "token": bytes(31) + b"\1"}
    refused = entry_of(platform.take(following(first, other, sequence=2).message)).refused
    assert [(event.code, event.detail) for event in refused] == [("EVENT_ID_REUSED", "")]
