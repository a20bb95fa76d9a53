"""A conformance report: what is signed, and what those who check hold it against."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from country_adapters import AUTHORITIES
from deploy.conformance.checking import (
    DAY_EVENTS,
    NOT_RUN,
    UNANSWERED,
    Against,
    contract_digest,
    faults,
)
from deploy.conformance.day import invented_day
from deploy.conformance.errors import ReportAltered, ReportUnreadable
from deploy.conformance.report import (
    PAYLOAD_TYPE,
    DayTold,
    KeyTold,
    LedgerTold,
    RegisterTold,
    Report,
    VectorTold,
    open_report,
    sign_report,
)
from deploy.conformance.vectors import STREAM, TABLE
from schemas.case_events import validate
from schemas.dsse import pae
from schemas.keys import SigningKey
from schemas.topics import stream_of

SIGNER = SigningKey.generate("ecdsa-p256-sha256")
MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGAINST = Against(MADE + timedelta(days=1))
ANSWERS = [VectorTold(name=v.title, expected=v.code, got=v.code) for v in TABLE]


def a_report(**changes: Any) -> Report:
    """A report with which a newcomer would be admitted."""
    good = Report(
        authority="tn.inltp",
        country="TUN",
        key=KeyTold.of(SIGNER.verify_key),
        software="0.1.0",
        contract=contract_digest(),
        made_at=MADE,
        platform="own",
        source=RegisterTold(files={}, rows=3, mapped=2, rejected=1, problems={"MISSING_KEY": 1}),
        vectors=ANSWERS,
        day=DayTold(events=DAY_EVENTS, receipted=DAY_EVENTS, batches=3, refused={}, ended=""),
        ledger=LedgerTold(expected=300, found=300),
    )
    return good.model_copy(update=changes)


def answered(name: str, got: str) -> list[VectorTold]:
    """The answers, one of them another."""
    assert name in {told.name for told in ANSWERS}
    return [t.model_copy(update={"got": got}) if t.name == name else t for t in ANSWERS]


# --- What is held against it ---------------------------------------------------------------------


def test_a_good_report_has_no_fault() -> None:
    assert faults(a_report(), AGAINST) == []


DAY = a_report().day
SOURCE = a_report().source
SILENT = "unreadable batch: no recipient"
CHANGES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("a vector left out", {"vectors": ANSWERS[1:]}, ["REPORT_INCOMPLETE"]),
    ("every vector left out", {"vectors": []}, ["REPORT_INCOMPLETE"]),
    ("a vector told twice", {"vectors": [*ANSWERS, ANSWERS[0]]}, ["REPORT_INCOMPLETE"]),
    ("a vector told twice for one left out", {"vectors": [*ANSWERS[1:], ANSWERS[1]]},
        ["REPORT_INCOMPLETE"]),
    ("a vector of another release",
        {"vectors": [*ANSWERS, VectorTold(name="new", expected="X", got="X")]},
        ["REPORT_INCOMPLETE"]),
    ("accepted what must be refused",
        {"vectors": answered("bad batch: a stranger's key", "ACCEPTED")}, ["VECTORS_FAILED"]),
    ("refused for another reason",
        {"vectors": answered("bad batch: a stranger's key", "BAD_SIGNATURE")}, ["VECTORS_FAILED"]),
    ("not run", {"vectors": answered("good batch: a correction", NOT_RUN)}, ["VECTORS_FAILED"]),
    ("silence on a platform of one's own", {"vectors": answered(SILENT, UNANSWERED)},
        ["VECTORS_FAILED"]),
    ("silence on a given platform",
        {"vectors": answered(SILENT, UNANSWERED), "platform": "given", "ledger": None}, []),
    ("silence where a receipt is due",
        {"vectors": answered("bad batch: sent again", UNANSWERED), "platform": "given"},
        ["VECTORS_FAILED"]),
    ("an expectation of its own",
        {"vectors": [t.model_copy(update={"expected": "ACCEPTED", "got": "ACCEPTED"})
                     for t in ANSWERS]}, ["VECTORS_FAILED"]),
    ("another contract", {"contract": "0" * 64}, ["REPORT_OF_OTHER_CONTRACT"]),
    ("too old", {"made_at": MADE - timedelta(days=31)}, ["REPORT_OUTDATED"]),
    ("from the future", {"made_at": MADE + timedelta(days=2)}, ["REPORT_OUTDATED"]),
    ("a day that ended before", {"day": DAY.model_copy(update={"ended": "BATCH_REFUSED"})},
        ["DAY_UNBALANCED"]),
    ("a short day", {"day": DAY.model_copy(update={"events": 3, "receipted": 3})},
        ["DAY_UNBALANCED"]),
    ("an event without a receipt", {"day": DAY.model_copy(update={"receipted": 199})},
        ["DAY_UNBALANCED"]),
    ("a refused event", {"day": DAY.model_copy(update={"refused": {"EVENT_INVALID": 1}})},
        ["DAY_UNBALANCED"]),
    ("an event too many in the ledger", {"ledger": LedgerTold(expected=300, found=301)},
        ["DAY_UNBALANCED"]),
    ("no look at the ledger", {"ledger": None}, ["DAY_UNBALANCED"]),
    ("no row mapped", {"source": SOURCE.model_copy(update={"mapped": 0, "rejected": 3})},
        ["REGISTER_UNMAPPED"]),
    ("a row unaccounted for", {"source": SOURCE.model_copy(update={"rows": 4})},
        ["REGISTER_UNMAPPED"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "codes"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES]
)
def test_a_report_is_held_against_what_the_checker_knows(
    changes: dict[str, Any], codes: list[str]
) -> None:
    found = faults(a_report(**changes), AGAINST)
    assert [error.code for error in found] == codes
    assert all(error.advice for error in found)


def test_a_key_that_was_told_by_telephone_is_compared() -> None:
    spoken = " ".join(SIGNER.keyid[n : n + 4].upper() for n in range(0, 64, 4))
    other = SigningKey.generate("ed25519").keyid
    for told, codes in ((spoken, []), (SIGNER.keyid, []), (other, ["REPORT_KEY_DIFFERS"])):
        found = faults(a_report(), Against(AGAINST.now, keyid=told))
        assert [error.code for error in found] == codes


def test_every_reason_is_told_at_once() -> None:
    found = faults(a_report(contract="0" * 64, vectors=[], ledger=None), AGAINST)
    codes = ["REPORT_OF_OTHER_CONTRACT", "REPORT_INCOMPLETE", "DAY_UNBALANCED"]
    assert [error.code for error in found] == codes


# --- The file ------------------------------------------------------------------------------------


def test_a_report_survives_its_file() -> None:
    assert open_report(sign_report(a_report(), SIGNER)) == a_report()


def test_the_file_is_a_dsse_envelope_that_others_can_verify() -> None:
    envelope = json.loads(sign_report(a_report(), SIGNER))
    payload = b64decode(envelope["payload"])
    (signature,) = envelope["signatures"]
    assert envelope["payloadType"] == PAYLOAD_TYPE
    assert signature["keyid"] == SIGNER.keyid
    message = pae(PAYLOAD_TYPE, payload)
    assert SIGNER.verify_key.verifies(b64decode(signature["sig"]), message)


def test_a_report_changed_behind_its_signature_is_altered() -> None:
    envelope = json.loads(sign_report(a_report(vectors=answered(SILENT, "ACCEPTED")), SIGNER))
    envelope["payload"] = b64encode(a_report().model_dump_json().encode()).decode()
    with pytest.raises(ReportAltered):
        open_report(json.dumps(envelope).encode())


def test_a_report_signed_by_another_than_it_names_is_altered() -> None:
    with pytest.raises(ReportAltered) as caught:
        open_report(sign_report(a_report(), SigningKey.generate("ed25519")))
    assert caught.value.got == "UNKNOWN_KEY"


def test_a_report_without_a_signature_is_altered() -> None:
    envelope = json.loads(sign_report(a_report(), SIGNER))
    with pytest.raises(ReportAltered):
        open_report(json.dumps({**envelope, "signatures": []}).encode())


def _payload(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(envelope: dict[str, Any]) -> dict[str, Any]:
        report = {**json.loads(b64decode(envelope["payload"])), **changes}
        return {**envelope, "payload": b64encode(json.dumps(report).encode()).decode()}

    return change


UNREADABLE: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("another payload type", lambda e: {**e, "payloadType": "text/plain"}),
    ("a field too many", lambda e: {**e, "note": "Victime Fictive"}),
    ("no base64", lambda e: {**e, "payload": "***"}),
    ("no report", lambda e: {**e, "payload": b64encode(b"{}").decode()}),
    ("a list", lambda e: [e]),
    ("a report of version 2", _payload(version=2)),
    ("a field that a report does not have", _payload(note="Victime Fictive")),
    ("a text with an escape sequence", _payload(software="\x1b[2J")),
    ("a text in another script", _payload(software="تونس")),
    ("a key that is none", _payload(key={"scheme": "ed25519", "public": "AAAA"})),
    ("a key of another scheme", _payload(key={"scheme": "x25519", "public": "AAAA"})),
    ("an authority that is none", _payload(authority="../tn")),
]


@pytest.mark.parametrize("change", [row[1] for row in UNREADABLE], ids=[r[0] for r in UNREADABLE])
def test_what_is_no_report_is_refused_without_repeating_it(
    change: Callable[[dict[str, Any]], Any],
) -> None:
    envelope = json.loads(sign_report(a_report(), SIGNER))
    with pytest.raises(ReportUnreadable) as caught:
        open_report(json.dumps(change(envelope)).encode())
    assert "Victime" not in str(caught.value)


@given(content=st.binary(max_size=300))
def test_any_bytes_end_in_a_named_error(content: bytes) -> None:
    with pytest.raises(ReportUnreadable):
        open_report(content)


FILE = sign_report(a_report(), SIGNER)


@given(place=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_file_can_be_changed_without_its_meaning_staying_or_an_error(
    place: int, bit: int
) -> None:
    changed = bytearray(FILE)
    changed[place] ^= 1 << bit
    try:
        opened = open_report(bytes(changed))
    except (ReportAltered, ReportUnreadable):
        return
    assert opened == a_report()


def test_nothing_of_a_register_has_a_place_in_a_report() -> None:
    """Numbers, digests, codes and names of the table; no text of more than a hundred letters."""
    texts = {len(t) for t in _texts(json.loads(a_report().model_dump_json())) if isinstance(t, str)}
    assert max(texts) <= 100


def _texts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [t for v in value.values() for t in _texts(v)]
    return [t for v in value for t in _texts(v)] if isinstance(value, list) else [value]


# --- The invented day ----------------------------------------------------------------------------


@pytest.mark.parametrize(("authority", "country"), AUTHORITIES.items())
def test_an_invented_day_is_valid_and_keeps_out_of_the_vectors_stream(
    authority: str, country: str
) -> None:
    rows = invented_day(authority, country, seed=7)
    drafts = [draft for row in rows for draft in row.drafts]
    assert len(drafts) >= DAY_EVENTS
    assert len({draft.slot for draft in drafts}) == len(drafts)
    assert len({row.row_key for row in rows}) == len(rows)
    assert STREAM not in {stream_of(draft.fields["case_ref"]) for draft in drafts}
    for draft in drafts:
        validate({**draft.fields, "event_id": bytes(16), "fact_ref": bytes(16)})


def test_two_days_differ_and_one_seed_gives_one_day() -> None:
    first, again, other = (invented_day("tn.inltp", "TUN", seed) for seed in (1, 1, 2))
    assert first == again
    assert {row.row_key for row in first}.isdisjoint(row.row_key for row in other)
