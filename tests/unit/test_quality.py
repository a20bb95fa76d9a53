"""How data come in: what ledgers hold, what is told of it, and what no message may betray."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from processors.intake.attested import Kept
from processors.intake.ledger import Ledger
from processors.quality.errors import ExpectationsInvalid
from processors.quality.expectations import Expectations, shipped
from processors.quality.facts import ANYTHING, Batch, Facts, Found, find
from processors.quality.judge import ended_quarters, judge
from processors.quality.publish import changed, known
from schemas.anonymity import BOTTOM, TOP, Attestation, Node
from schemas.chain import Head
from schemas.errors import BadSignature, SouthmedError
from schemas.quality import ENOUGH, LEAST, Quality, monday, open_quality, sign_quality
from schemas.quality_errors import QualityInvalid, QualityMisplaced
from schemas.releases import open_release
from schemas.trust import Anonymity, Authority
from tests.published import OTHER_KEY, PLATFORM_KEY, trusting
from tests.samples import an_event, ref
from tests.unit.qualities import QUARTERS, a_quality, a_record, a_region
from tests.world import NOW, Platform, a_chain, sealed

TODAY = date(2025, 2, 27)
INLTP = Authority(id="tn.inltp", country="TUN")
DAY = 86_400_000


def told(facts: Facts, authority: Authority = INLTP, today: date = TODAY) -> Quality:
    return judge(authority, facts, shipped().of(authority.id), today, adds_up=True)


def having(*batches: Batch) -> Facts:
    facts = Facts()
    for batch in batches:
        facts.take(batch)
    return facts


def before(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def some(measure: str, subjects: int, **events: int) -> Facts:
    """So many subjects behind each number of a measure."""
    facts = Facts()
    facts.events.update({(measure, what): number for what, number in events.items()})
    for what in (*events, ANYTHING):
        facts.subjects[measure, what] = subjects
    return facts


# --- What the ledgers hold ------------------------------------------------------------------------


def found_in(folder: Path, platform: Platform, quarters: Sequence[str] = QUARTERS) -> Found:
    ledger = Ledger(folder / "TUN-0")
    ledger.commit(platform.records)
    try:
        return find([(platform.topic, ledger)], quarters)
    finally:
        ledger.close()


def test_a_ledger_tells_what_became_of_every_batch_and_when(tmp_path: Path) -> None:
    platform = Platform()
    chain = a_chain(4)
    bad = an_event(producer="tn.other")
    later = {"sequence": 2, "previous_hash": chain[0].hash, "produced_at": NOW + 3 * DAY}
    second = sealed(bad, an_event(victim_ref=ref("other")), **later)
    platform.take_all([chain[0], second, chain[0], chain[3]])
    facts = found_in(tmp_path, platform).of("tn.inltp")
    assert facts.batches == [
        Batch(0, "2024-01-01"),
        Batch(0, "2024-01-04", refused=Counter({"WRONG_PRODUCER": 1})),
        Batch(0, "2024-01-01", "CHAIN_GAP"),
    ]
    assert facts.last == {0: "2024-01-04"}
    assert facts.gaps == {0}
    assert facts.heads[0].sequence == 2


def test_a_sign_of_life_breaks_a_silence(tmp_path: Path) -> None:
    platform = Platform()
    platform.take(sealed(produced_at=NOW).message)
    assert told(found_in(tmp_path, platform).of("tn.inltp")).last_accepted == date(2024, 1, 1)


def test_a_subject_is_counted_once_however_much_is_told_of_it(tmp_path: Path) -> None:
    platform = Platform()
    event = {"period": "2023-11", "sex": "_U"}
    states = [
        an_event("victim.presumed", fact_ref=ref("one"), **event),
        an_event("victim.identified", fact_ref=ref("other"), **event),
    ]
    platform.take(sealed(*states).message)
    facts = found_in(tmp_path, platform, ["2023-Q4", "2024-Q1"]).of("tn.inltp")
    assert facts.events["DQ_UNK_NUM", "SEX"] == 2
    assert facts.subjects["DQ_UNK_NUM", "SEX"] == 1
    assert facts.subjects["DQ_LATE", ANYTHING] == 1


def test_what_lies_outside_the_quarters_is_not_counted(tmp_path: Path) -> None:
    platform = Platform()
    platform.take_all(a_chain(2))
    assert not found_in(tmp_path, platform, ["2021-Q1"]).of("tn.inltp").events


def test_cells_that_do_not_add_up_are_told_of_their_country(tmp_path: Path) -> None:
    platform = Platform()
    platform.take_all(a_chain(2))
    assert not found_in(tmp_path / "whole", platform).unsound
    key = next(k for k in platform.records if k.startswith(b"CVIC_IDENT|") and b"|2023|" in k)
    del platform.records[key]
    assert found_in(tmp_path / "damaged", platform).unsound == {"TUN"}


# --- Silence --------------------------------------------------------------------------------------


def test_of_the_newest_batch_the_week_is_told_and_not_the_day() -> None:
    weeks = {told(having(Batch(0, f"2025-02-{day:02}"))).last_accepted for day in range(10, 17)}
    assert weeks == {date(2025, 2, 10)}


@pytest.mark.parametrize(
    ("days", "week", "ahead"),
    [
        (["2031-01-01"], monday(TODAY), True),
        (["2031-01-01", before(60)], monday(TODAY - timedelta(days=60)), False),
        ([(TODAY + timedelta(days=1)).isoformat()], monday(TODAY), False),
        ([], None, False),
    ],
    ids=["a clock ahead", "mended since", "it is tomorrow there", "nothing ever"],
)
def test_a_clock_that_is_ahead_hides_no_silence_once_it_is_mended(
    days: list[str], week: date | None, ahead: bool
) -> None:
    quality = told(having(*(Batch(0, day) for day in days)))
    assert (quality.last_accepted, quality.clock_ahead) == (week, ahead)


# --- Batches --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "band"),
    [(0, "0"), (1, "1-9"), (9, "1-9"), (10, "10-99"), (99, "10-99"), (100, "100+")],
)
def test_batches_are_told_in_bands(number: int, band: str) -> None:
    facts = having(*(Batch(0, before(29)) for _ in range(number)), Batch(1, before(200)))
    assert [window.accepted for window in told(facts).windows] == [band, band]


def test_each_window_has_its_own_days() -> None:
    facts = having(
        Batch(0, before(29)), Batch(0, before(30)), Batch(0, before(31), "BAD_SIGNATURE")
    )
    month, quarter = told(facts).windows
    assert (month.refused, quarter.refused) == ({}, {"BAD_SIGNATURE": "1-9"})
    assert (month.accepted, quarter.accepted) == ("1-9", "1-9")


def test_streams_that_do_not_go_on_are_named() -> None:
    facts = having(
        Batch(0, before(9), "CHAIN_GAP"), Batch(1, before(9), "CHAIN_GAP"), Batch(1, before(8))
    )
    facts.heads = {0: Head(1, 4), 1: Head(1, 4, suspended=True), 2: Head(1, 3), 3: Head(2, 1)}
    authority = INLTP.model_copy(update={"epochs": {2: 2, 3: 2}})
    chains = told(facts, authority).chains
    assert (chains.gaps, chains.suspended, chains.waiting) == ([0], [1], [2])


AGREED = INLTP.model_copy(update={"anonymity": Anonymity(k=5, l=2)})


def attesting(k: int, *, finer: bool = False, node: Node = BOTTOM) -> dict[str, Kept]:
    return {"2024-Q1": Kept(Attestation("2024-Q1", node, k, 2, 0), NOW, finer)}


@pytest.mark.parametrize(
    ("authority", "attested", "gate"),
    [
        (INLTP, attesting(1), "NOT_AGREED"),
        (AGREED, {}, "NOTHING_YET"),
        (AGREED, attesting(5), "HOLDS"),
        (AGREED, attesting(4), "BELOW_AGREED"),
        # So few that nothing is told of anyone: it cannot be told more coarsely.
        (AGREED, attesting(2, node=TOP), "HOLDS"),
        (AGREED, attesting(9, finer=True), "TAKEN_BACK"),
    ],
)
def test_the_gate_is_judged_by_what_is_attested(
    authority: Authority, attested: dict[str, Kept], gate: str
) -> None:
    assert told(Facts(attested=attested), authority).gate == gate


# --- What follows from persons --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subjects", "unknown", "band"),
    [
        (ENOUGH - 1, 100, None),
        (ENOUGH, 0, "0-4"),
        (ENOUGH, 4, "0-4"),
        (ENOUGH, 5, "5-19"),
        (ENOUGH, 20, "20-49"),
        (ENOUGH, 100, "50-100"),
    ],
)
def test_a_share_is_told_of_enough_subjects_only(
    subjects: int, unknown: int, band: str | None
) -> None:
    facts = some("DQ_UNK_DEN", subjects, SEX=100)
    facts.events["DQ_UNK_NUM", "SEX"] = unknown
    assert told(facts).unknown.get("SEX") == band


def test_the_lag_is_a_median_band_of_enough_subjects_only() -> None:
    bands = {"D0T7": 10, "D31T90": 80, "D_GT365": 9}
    assert told(some("DQ_LATE", ENOUGH, **bands)).lag == "D31T90"
    assert told(some("DQ_LATE", ENOUGH - 1, **bands)).lag is None


@pytest.mark.parametrize(
    ("number", "band"),
    [(1, None), (LEAST - 1, None), (LEAST, "20-199"), (199, "20-199"), (200, "200+")],
)
def test_fewer_findings_and_refused_events_than_may_be_told_are_not_there(
    number: int, band: str | None
) -> None:
    facts = some("DQ_SEQ", number, SEX_DIFFERS=number)
    facts.take(Batch(0, before(1), refused=Counter({"EVENT_INVALID": number})))
    quality = told(facts)
    assert quality.impossible.get("SEX_DIFFERS") == band
    assert {window.events_refused.get("EVENT_INVALID") for window in quality.windows} == {band}


@given(st.integers(0, LEAST - 2), st.sampled_from(["DQ_SEQ", "DQ_LATE", "DQ_UNK_DEN"]))
def test_one_person_more_moves_nothing_while_they_are_few(number: int, measure: str) -> None:
    kind = "D0T7" if measure == "DQ_LATE" else "SEX"
    fewer, more = (some(measure, n, **{kind: n}) for n in (number, number + 1))
    assert told(fewer).dump() == told(more).dump()


@pytest.mark.parametrize(
    ("day", "quarters"),
    [
        (date(2025, 1, 1), ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]),
        (date(2024, 12, 31), ["2023-Q4", "2024-Q1", "2024-Q2", "2024-Q3"]),
    ],
)
def test_quarters_are_told_once_they_have_ended(day: date, quarters: list[str]) -> None:
    assert ended_quarters(day) == quarters


def test_within_a_week_the_same_state_gives_the_same_bytes() -> None:
    facts = having(Batch(0, before(10)))
    week = [told(facts, today=monday(TODAY) + timedelta(days=day)).dump() for day in range(7)]
    assert len(set(week)) == 1


# --- The message ----------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", a_region(), ids=lambda one: one.authority)
def test_a_message_is_read_as_it_was_written(quality: Quality) -> None:
    record = a_record(quality)
    read = open_quality(record.key, record.value or b"", record.headers, trusting())
    assert read == quality
    assert read.dump() == quality.dump()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"signer": OTHER_KEY}, "UNKNOWN_KEY"),
        ({"key": "ma.cnclt"}, QualityMisplaced.code),
    ],
)
def test_what_the_platform_did_not_say_there_is_refused(
    changes: dict[str, Any], error: str
) -> None:
    record = a_record(a_quality(), **changes)
    with pytest.raises(SouthmedError) as raised:
        open_quality(record.key, record.value or b"", record.headers, trusting())
    assert raised.value.code == error


def test_no_message_of_quality_passes_for_a_release() -> None:
    record = a_record(a_quality())
    with pytest.raises(BadSignature):
        open_release(record.key, record.value or b"", record.headers, trusting())


@pytest.mark.parametrize(
    "changes",
    [
        {"country": "MAR"},
        {"looked": "2025-02-25"},
        {"looked": 1_740_355_200},
        {"last_accepted": "2025-03-03"},
        {"gate": "FINE"},
        {"impossible": {"SEX_DIFFERS": "3"}},
        {"unknown": {"sex": "0-4"}},
        {"persons": 7},
        {"windows": []},
    ],
    ids=str,
)
def test_what_is_not_in_the_contract_is_no_message(changes: dict[str, Any]) -> None:
    fields = {**a_quality().model_dump(mode="json"), **changes}
    with pytest.raises(ValidationError):
        Quality.model_validate(fields)


def test_an_error_tells_the_field_and_never_what_stood_there() -> None:
    value = a_quality().dump().replace(b'"HOLDS"', b'"+216 71 000 000"')
    record = a_record(a_quality())
    with pytest.raises(QualityInvalid) as raised:
        open_quality(record.key, value, sign_quality(value, PLATFORM_KEY), trusting())
    assert raised.value.got == "gate"


# --- Publishing and expecting ---------------------------------------------------------------------


def test_only_what_changed_is_written_and_what_does_not_verify_is_written_again() -> None:
    jordan, lebanon, morocco, tunisia = a_region()
    records = [
        a_record(jordan),
        a_record(a_quality("lb.isf")),
        a_record(lebanon),
        a_record(morocco, OTHER_KEY),
    ]
    there = known(records, trusting())
    assert there.refused == ["UNKNOWN_KEY"]
    assert changed(a_region(), there) == [morocco, tunisia]


def test_an_authority_may_agree_on_something_of_its_own() -> None:
    table = Expectations.parse("authority,late_after,silent_after\n*,30,90\nma.cnclt,7,21\n")
    assert (table.of("ma.cnclt").late_after, table.of("tn.inltp").silent_after) == (7, 90)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "authority,late,silent\n*,30,90\n",
        "authority,late_after,silent_after\nma.cnclt,7,21\n",
        "authority,late_after,silent_after\n*,90,30\n",
        "authority,late_after,silent_after\n*,often,30\n",
        "authority,late_after,silent_after\n*,30,90\n*,30,90\n",
        "authority,late_after,silent_after\n*,30,90,1\n",
    ],
)
def test_a_table_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ExpectationsInvalid):
        Expectations.parse(text)
