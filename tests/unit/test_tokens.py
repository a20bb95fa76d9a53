"""Tokens of identifiers: asked for once, told once, and told as the register stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import OutboxMismatch
from producers.outbox import Outbox
from producers.requests import Linked
from producers.rows import Sighting
from schemas.keys import SigningKey
from schemas.linkage import Request, open_request, sign_request
from schemas.linkage_keys import LinkageKey
from schemas.trust import LinkageEpoch, LinkageShare
from tests.samples import TUNISIA, ref
from tests.tokens import (
    HOUR,
    MAY,
    PHONES,
    YEAR_MS,
    Desk,
    Trustee,
    a_trustee,
    asked_of,
    entry,
    identifier,
    inner,
    naming,
    told,
    with_linkage,
)
from tests.world import a_world

FIRST, SECOND, THIRD = PHONES


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "outbox.sqlite")
    yield made
    made.close()


@pytest.fixture
def trustee(tmp_path: Path, desk: Desk) -> Trustee:
    return a_trustee(tmp_path, desk.world.trust)


# --- From a row to its event ---------------------------------------------------------------------


def test_a_sighting_is_told_with_its_token_and_nothing_finer_than_the_country(
    desk: Desk, trustee: Trustee
) -> None:
    desk.state(naming("1", identifier("1", FIRST)))
    desk.ask(trustee)
    (event,) = told(desk)
    assert event["token"] == inner(FIRST, "2026")
    assert (event["token_epoch"], event["previous_token"]) == ("2026", None)
    assert (event["region"], event["region_level"]) == ("_U", "NATIONAL")
    assert (event["period"], event["expires"]) == ("2026-03", "2028-03")
    assert desk.outbox.linked() == [Linked("PHONE", 0, 0, 0, 1)]
    assert desk.outbox.requests() == []


def test_equal_identifiers_are_asked_for_once_and_told_for_each_case(
    desk: Desk, trustee: Trustee
) -> None:
    desk.state(naming("1", identifier("1", FIRST), identifier("1", SECOND)))
    desk.state(naming("2", identifier("2", FIRST)))
    desk.ask(trustee)
    desk.state(naming("3", identifier("3", FIRST)))
    desk.ask(trustee)
    assert trustee.used == 2
    tokens = [event["token"] for event in told(desk)]
    assert sorted(tokens) == sorted([inner(FIRST, "2026")] * 3 + [inner(SECOND, "2026")])


def test_a_row_read_again_tells_nothing_new(desk: Desk, trustee: Trustee) -> None:
    for _ in range(2):
        desk.state(naming("1", identifier("1", FIRST)))
        desk.ask(trustee)
    assert (len(told(desk)), trustee.used) == (1, 1)


@pytest.mark.parametrize(
    ("then", "events"),
    [
        (naming("1", identifier("1", FIRST, evidence_grade="A")), ["VALID", "VALID"]),
        (naming("1", identifier("1", SECOND)), ["VALID", "WITHDRAWN", "VALID"]),
        (naming("1"), ["VALID", "WITHDRAWN"]),
        (naming("1", identifier("1", FIRST, expires="2026-04")), ["VALID", "WITHDRAWN"]),
    ],
    ids=["another grade", "another number", "none", "expired by a correction"],
)
def test_a_changed_row_corrects_what_was_told(
    desk: Desk, trustee: Trustee, then: Any, events: list[str]
) -> None:
    desk.state(naming("1", identifier("1", FIRST)))
    desk.ask(trustee)
    desk.state(then)
    desk.ask(trustee)
    assert [event["validation"] for event in told(desk)] == events


def test_a_row_that_goes_takes_its_identifiers_along(desk: Desk, trustee: Trustee) -> None:
    for number, rows in ((1, ["1", "2"]), (2, ["2"])):
        reading = desk.outbox.begin_reading("cases", f"reading {number}")
        named = [naming(name, identifier(name, FIRST)) for name in rows]
        desk.outbox.record("cases", named, "end", Sighting(reading, [b""] * len(rows)))
        desk.ask(trustee)
        desk.outbox.withdraw_gone("cases", reading)
    assert [event["validation"] for event in told(desk)] == ["VALID", "VALID", "WITHDRAWN"]
    assert desk.outbox.linked() == [Linked("PHONE", 0, 0, 0, 1)]


def test_a_case_that_goes_before_the_answer_is_never_told(desk: Desk, trustee: Trustee) -> None:
    desk.state(naming("1", identifier("1", FIRST)))
    desk.asking.prepare()
    (request,) = desk.asking.to_send()
    desk.state(naming("1"))
    assert desk.asking.take(trustee.answer(desk.asking.signed(request)))
    desk.asking.prepare()
    assert told(desk) == []
    assert desk.outbox._db.execute("SELECT count(*) FROM tokens").fetchone()[0] == 0


def test_what_expires_is_withdrawn_and_forgotten(desk: Desk, trustee: Trustee) -> None:
    desk.state(naming("1", identifier("1", FIRST, expires="2026-06"), identifier("1", SECOND)))
    desk.ask(trustee)
    desk.now = MAY + 60 * 24 * HOUR
    desk.ask(trustee)
    assert [event["validation"] for event in told(desk)] == ["VALID", "VALID", "WITHDRAWN"]
    assert desk.outbox.linked() == [Linked("PHONE", 0, 0, 0, 1)]
    desk.state(naming("2", identifier("2", FIRST, expires="2026-04")))
    desk.ask(trustee)
    assert len(told(desk)) == 3, "what has expired when it is read is not kept at all"


# --- Crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("killed", ["before the answer", "after the answer", "after the event"])
def test_a_crash_at_any_point_gives_one_event_and_uses_the_quota_once(
    desk: Desk, trustee: Trustee, killed: str
) -> None:
    desk.state(naming("1", identifier("1", FIRST), identifier("1", SECOND)))
    desk.asking.prepare()
    (request,) = desk.asking.to_send()
    answer = trustee.answer(desk.asking.signed(request))
    if killed != "before the answer":
        desk.asking.take(answer)
    if killed == "after the event":
        desk.asking.prepare()
    desk.start()
    desk.ask(trustee)
    assert not desk.asking.take(answer), "an answer that comes twice is nothing new"
    desk.ask(trustee)
    assert trustee.used == 2
    assert sorted(e["token"] for e in told(desk)) == sorted(
        [inner(FIRST, "2026"), inner(SECOND, "2026")]
    )


def test_what_is_sent_again_is_the_same_request_by_the_key_in_use(
    desk: Desk, trustee: Trustee
) -> None:
    desk.state(naming("1", identifier("1", FIRST)))
    desk.asking.prepare()
    (request,) = desk.asking.to_send()
    before = desk.asking.signed(request)
    lost = trustee.answer(before)
    key = SigningKey.generate("ed25519")
    desk.world = replace(desk.world.with_key(key), tunisia=key)
    desk.start()
    desk.asking.prepare()
    assert desk.asking.to_send() == [request]
    again = desk.asking.signed(request)
    assert open_request(again, TUNISIA, desk.world.trust) == open_request(
        before, TUNISIA, desk.world.trust
    )
    later = replace(trustee, office=replace(trustee.office, trust=desk.world.trust))
    assert later.answer(again) == lost
    assert later.used == trustee.used == 1


ROWS = st.sampled_from("abc")
STEPS = st.one_of(
    st.tuples(st.just("state"), ROWS, st.sets(st.sampled_from(PHONES))),
    st.tuples(st.sampled_from(["prepare", "answer", "crash", "next year"])),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(STEPS, max_size=12))
def test_whatever_happens_what_stands_in_the_end_is_what_the_rows_say(
    steps: list[tuple[Any, ...]],
) -> None:
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "o.sqlite")
        desk.world = with_linkage(a_world(), entry("2026"), entry("2027"))
        trustee = a_trustee(Path(folder), desk.world.trust)
        rows: dict[str, set[str]] = {}
        for step, *rest in steps:
            if step == "state":
                name, numbers = rest
                rows[name] = numbers
                named = [identifier(name, number) for number in sorted(numbers)]
                desk.state(naming(name, *named))
            elif step == "answer":
                for request in desk.asking.to_send():
                    desk.asking.take(trustee.answer(desk.asking.signed(request), desk.now))
            elif step == "prepare":
                desk.asking.prepare()
            elif step == "crash":
                desk.start()
            else:
                desk.now = MAY + YEAR_MS
        desk.ask(trustee)
        newest = {event["fact_ref"]: event for event in told(desk)}
        year = "2026" if desk.now == MAY else "2027"
        assert sorted(
            (event["case_ref"], event["token"])
            for event in newest.values()
            if event["validation"] != "WITHDRAWN"
        ) == sorted(
            (ref(f"case {name}"), inner(number, year))
            for name, numbers in rows.items()
            for number in numbers
        )
        ids = [event["event_id"] for event in told(desk)]
        assert len(set(ids)) == len(ids)
        desk.close()


# --- Refusals ------------------------------------------------------------------------------------


def test_beyond_the_quota_the_rest_waits_and_is_asked_for_later(
    desk: Desk, trustee: Trustee
) -> None:
    numbers = [f"+2162{n:07}" for n in range(1_150)]
    desk.state(naming("1", *(identifier("1", number) for number in numbers)))
    desk.ask(trustee)
    assert desk.outbox.linked() == [Linked("PHONE", 0, 0, 150, 1_000)]
    (refused,) = desk.outbox.unanswered()
    assert refused == {
        "code": "QUOTA_EXCEEDED",
        "holder": "trustee.linkage",
        "epoch": "2026",
        "elements": 150,
    }
    assert max(asked_of(trustee, desk.world.trust)) == 200
    desk.state(naming("2", identifier("2", "+21629999999")))
    desk.ask(trustee)
    assert len(trustee.asked) == 6, "nothing is asked while a refusal stands"
    desk.now += 24 * HOUR
    desk.ask(trustee)
    assert desk.outbox.linked() == [Linked("PHONE", 0, 0, 0, 1_151)]
    assert trustee.used == 1_151


def test_an_answer_by_another_key_is_not_used_and_told_by_its_code(
    desk: Desk, tmp_path: Path
) -> None:
    trustee = a_trustee(tmp_path, desk.world.trust)
    desk.state(naming("1", identifier("1", FIRST)))
    desk.asking.prepare()
    (request,) = desk.asking.to_send()
    other = LinkageKey.generate("2026", token_bytes)
    share = LinkageShare(holder="trustee.linkage", index=0, public=other.public.public.hex())
    named = LinkageEpoch(epoch="2026", public=share.public, shares=[share])
    theirs = with_linkage(a_world(), named).trust
    marked = replace(trustee.office, trust=theirs, keys={"2026": other})
    assert desk.asking.take(replace(trustee, office=marked).answer(desk.asking.signed(request)))
    assert [(r["code"], r["holder"]) for r in desk.outbox.unanswered()] == [
        ("WRONG_LINKAGE_KEY", "trustee.linkage")
    ]
    assert told(desk) == []


@pytest.mark.parametrize(
    "message", [b"", b"no statement", "a stranger's", "another authority's"], ids=repr
)
def test_what_is_no_answer_to_us_changes_nothing(
    desk: Desk, trustee: Trustee, message: bytes | str
) -> None:
    desk.state(naming("1", identifier("1", FIRST)))
    desk.asking.prepare()
    (request,) = desk.asking.to_send()
    if message == "a stranger's":
        stranger = replace(trustee.office, signer=SigningKey.generate("ed25519"))
        message = replace(trustee, office=stranger).answer(desk.asking.signed(request))
    elif message == "another authority's":
        asked = open_request(desk.asking.signed(request), TUNISIA, desk.world.trust)
        theirs = replace(asked, authority="ma.cnclt")
        assert isinstance(theirs, Request)
        signed = sign_request(theirs, desk.world.morocco)
        from processors.linkage.judge import judge

        decided = judge(signed, "MAR", trustee.book, trustee.office, MAY, token_bytes)
        assert decided.message is not None
        message = decided.message
    assert isinstance(message, bytes)
    assert not desk.asking.take(message)
    assert desk.outbox.linked() == [Linked("PHONE", 0, 1, 0, 0)]


# --- At home -------------------------------------------------------------------------------------


def test_a_copied_outbox_tells_no_identifier_and_no_other_secret_opens_it(
    desk: Desk, tmp_path: Path
) -> None:
    desk.state(naming("1", identifier("1", FIRST)), naming("2", identifier("2", SECOND)))
    desk.asking.prepare()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("outbox.sqlite*"))
    for value in PHONES:
        assert value.encode() not in stored
        assert value[1:].encode() not in stored
    other = Outbox(desk.path, authority=TUNISIA, streams=1, id_key=b"another secret" * 3)
    (request,) = other.requests()
    with pytest.raises(OutboxMismatch):
        other.asked(request.request_id)
    other.close()
