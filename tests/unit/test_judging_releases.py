"""What a follower of releases believes, message by message, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.consume.errors import StateInvalid
from deploy.consume.judge import Judge, Known, Message, Refused, told_key
from deploy.consume.state import State, read_state, write_state
from deploy.consume.trusting import LiveTrust
from schemas.errors import KeyFileInvalid
from schemas.header_signatures import SIGNATURE_HEADER
from schemas.keys import SigningKey
from schemas.releases import Release, sign_release
from schemas.trust import ByStream, TrustDocument, TrustedKey
from tests.published import (
    OTHER_KEY,
    PLATFORM_KEY,
    message,
    releases,
    remeasured,
    trusting,
    withdrawn,
)

F1 = releases()["F1"]
F2 = releases()["F2"]
GOOD = message(F1)
assert GOOD.value is not None
VALUE: bytes = GOOD.value


def judged(*messages: Message, trust: TrustDocument | None = None) -> list[str]:
    """The verdicts on messages: a release's key, a refusal's code, or nothing for no news."""
    judge = Judge(lambda: trust or trusting())
    return [_told(judge(each)) for each in messages]


def _told(verdict: Release | Refused | None) -> str:
    if verdict is None:
        return ""
    return verdict.error.code if isinstance(verdict, Refused) else verdict.key


def tampered(release: Release = F1) -> Message:
    """One digit of one value changed on its way; the signature is the old one."""
    value = release.dump().replace(b'"OBS_VALUE":', b'"OBS_VALUE":1', 1)
    assert value != release.dump()
    return message(release)._replace(value=value)


def dishonest() -> bytes:
    """A value whose observations are not those of its statement, signed by the platform's key."""
    document = json.loads(VALUE)
    document["observations"][0]["OBS_VALUE"] += 1
    return json.dumps(document).encode()


def compromised() -> TrustDocument:
    key = TrustedKey.of(PLATFORM_KEY.verify_key, owner="platform", purpose="release")
    gone = key.model_copy(update={"compromised_from": ByStream(default=(1, 1))})
    return TrustDocument(version=2, authorities=[], keys=[gone])


def for_receipts() -> TrustDocument:
    key = TrustedKey.of(PLATFORM_KEY.verify_key, owner="platform", purpose="receipt")
    return TrustDocument(version=1, authorities=[], keys=[key])


def signed(value: bytes, key: bytes = b"F1|2023|FINAL") -> Message:
    return Message(0, key, value, sign_release(value, PLATFORM_KEY))


@pytest.mark.parametrize(
    ("attack", "trust", "code"),
    [
        (GOOD, trusting, F1.key),
        (tampered(), trusting, "BAD_SIGNATURE"),
        (GOOD._replace(headers=[]), trusting, "BAD_SIGNATURE"),
        (GOOD._replace(headers=[(SIGNATURE_HEADER, b"key:?")]), trusting, "BAD_SIGNATURE"),
        (GOOD._replace(headers=[(SIGNATURE_HEADER, b"no colon")]), trusting, "UNKNOWN_KEY"),
        (GOOD._replace(headers=message(F2).headers), trusting, "BAD_SIGNATURE"),
        (message(F1, signer=OTHER_KEY), trusting, "UNKNOWN_KEY"),
        (GOOD, for_receipts, "FOREIGN_KEY"),
        (GOOD, compromised, "KEY_COMPROMISED"),
        (GOOD._replace(key=b"F2|2023|FINAL"), trusting, "RELEASE_MISPLACED"),
        (GOOD._replace(key=None), trusting, "RELEASE_MISPLACED"),
        (GOOD._replace(value=None), trusting, "RELEASE_DELETED"),
        (GOOD._replace(value=None, headers=[]), trusting, "RELEASE_DELETED"),
        (signed(b"{}"), trusting, "RELEASE_INVALID"),
        (signed(b"\xff\x00"), trusting, "RELEASE_INVALID"),
        (signed(dishonest()), trusting, "RELEASE_INVALID"),
    ],
)
def test_only_what_the_platform_signed_is_believed(
    attack: Message, trust: Callable[[], TrustDocument], code: str
) -> None:
    assert judged(attack, trust=trust()) == [code]


@settings(max_examples=60)
@given(st.integers(0, len(VALUE) - 1), st.integers(1, 255))
def test_no_byte_of_a_value_can_be_changed(place: int, by: int) -> None:
    changed = VALUE[:place] + bytes([VALUE[place] ^ by]) + VALUE[place + 1 :]
    assert judged(GOOD._replace(value=changed)) == ["BAD_SIGNATURE"]


def cheaper() -> Release:
    """The same records and observations, said to have cost less."""
    statement = F1.statement.model_copy(update={"rho": F1.statement.rho / 2})
    return F1.model_copy(update={"statement": statement})


def remade_and_withdrawn() -> Message:
    return message(withdrawn(remeasured()))


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([GOOD, GOOD], [F1.key, ""]),
        ([GOOD, message(F2), GOOD], [F1.key, F2.key, ""]),
        ([GOOD, message(withdrawn(F1))], [F1.key, F1.key]),
        ([message(withdrawn(F1))], [F1.key]),
        ([message(withdrawn(F1)), message(withdrawn(F1))], [F1.key, ""]),
        ([message(withdrawn(F1)), GOOD], [F1.key, "RELEASE_REVIVED"]),
        ([GOOD, message(withdrawn(F1)), GOOD], [F1.key, F1.key, "RELEASE_REVIVED"]),
        ([GOOD, message(remeasured())], [F1.key, "RELEASED_TWICE"]),
        ([GOOD, message(cheaper())], [F1.key, "RELEASED_TWICE"]),
        ([GOOD, remade_and_withdrawn()], [F1.key, "RELEASED_TWICE"]),
        ([tampered(), GOOD], ["BAD_SIGNATURE", F1.key]),
        ([GOOD, tampered(), GOOD], [F1.key, "BAD_SIGNATURE", ""]),
        ([GOOD, GOOD._replace(value=None), GOOD], [F1.key, "RELEASE_DELETED", ""]),
    ],
)  # fmt: skip
def test_a_key_has_one_measurement_and_what_was_withdrawn_stays_so(
    messages: list[Message], told: list[str]
) -> None:
    assert judged(*messages) == told


def test_what_was_known_before_a_restart_is_not_news_and_cannot_be_revived() -> None:
    known = {F1.key: Known.of(withdrawn(F1)), F2.key: Known.of(F2)}
    judge = Judge(trusting, known)
    assert [_told(judge(m)) for m in (GOOD, message(F2))] == ["RELEASE_REVIVED", ""]


def test_whoever_begins_again_sees_everything_again_but_forgets_nothing() -> None:
    known = {F1.key: Known.of(withdrawn(F1)), F2.key: Known.of(F2)}
    judge = Judge(trusting, known, again=True)
    told = [_told(judge(m)) for m in (GOOD, message(F2), message(F2))]
    assert told == ["RELEASE_REVIVED", F2.key, ""]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (b"F1|2023|FINAL", "F1|2023|FINAL"),
        (b"F1|2023|FINAL\n", "?"),
        (b"\x1b[2J", "?"),
        ("Ａ1|2023|FINAL".encode(), "?"),
        (b"\xff", "?"),
        (b"", "?"),
        (None, "?"),
    ],
)
def test_a_key_is_shown_only_if_it_looks_like_one(key: bytes | None, told: str) -> None:
    assert told_key(key) == told


def test_only_an_unknown_key_may_become_known() -> None:
    judge = Judge(trusting)
    verdicts = [
        judge(m) for m in (message(F1, signer=OTHER_KEY), tampered(), GOOD._replace(value=None))
    ]
    assert [v.may_heal for v in verdicts if isinstance(v, Refused)] == [True, False, False]


# --- The trust document of a reader --------------------------------------------------------------


def test_a_newer_trust_document_is_read_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(trusting().dump())
    live = LiveTrust(path)
    judge = Judge(live)
    newcomer = message(F2, signer=OTHER_KEY)
    assert _told(judge(newcomer)) == "UNKNOWN_KEY"
    path.write_bytes(trusting(PLATFORM_KEY, OTHER_KEY).dump())
    assert _told(judge(newcomer)) == F2.key


def test_half_a_trust_document_does_not_replace_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(trusting().dump())
    live = LiveTrust(path)
    first = live()
    path.write_bytes(trusting().dump()[:50])
    assert live() == first
    path.unlink()
    assert live() == first


@pytest.mark.parametrize("content", [None, b"", b"{}"])
def test_without_a_trust_document_nothing_begins(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "trust.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyFileInvalid):
        LiveTrust(path)()


# --- The state -----------------------------------------------------------------------------------


def test_a_state_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_state(path) is None
    for offset in (3, 9):
        state = State(next_offset=offset, known={F1.key: Known.of(F1)})
        write_state(path, state)
        assert read_state(path) == state
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}x",
        '{"southmed_consume": 1}',
        '{"southmed_consume": 2, "next_offset": -1}',
        '{"southmed_consume": 2, "topic": "another"}',
        '{"southmed_consume": 2, "more": 1}',
    ],
)
def test_a_file_that_is_no_state_is_refused_and_not_overwritten(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(StateInvalid):
        read_state(path)
    assert path.read_text() == content


def test_a_state_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateInvalid):
        write_state(tmp_path / "missing" / "state.json", State())


def test_a_key_of_an_authority_does_not_sign_releases() -> None:
    key = SigningKey.generate("ed25519")
    listed = TrustedKey.of(key.verify_key, owner="tn.inltp", purpose="batch")
    trust = TrustDocument(version=1, authorities=[], keys=[listed])
    assert judged(message(F1, signer=key), trust=trust) == ["FOREIGN_KEY"]
