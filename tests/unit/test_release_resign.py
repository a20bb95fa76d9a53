"""After the key of releases came into other hands: ours is signed again, nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from processors.release.accountant import Accountant
from processors.release.desk import Desk
from processors.release.log import Message, open_all
from processors.release.measure import withdraw
from processors.release.publish import Press
from processors.release.resign import State, Verdict
from processors.release.tables import quarters_of, shipped
from schemas.errors import KeyCompromised, UnknownKey
from schemas.keys import SigningKey
from schemas.releases import sign_release, stands_for
from schemas.trust import ByStream, TrustDocument, TrustedKey
from tests.releases import a_population, made, some_records
from tests.unit.test_release_publish import (
    KEY,
    MARCH,
    TRUST,
    Breaking,
    Crash,
    MemoryLog,
    making,
    run,
    write,
)

NEW = SigningKey.generate("ecdsa-p256-sha256")
_NEW_ENTRY = TrustedKey.of(NEW.verify_key, owner="platform", purpose="release")
BOTH = TRUST.following(keys=[*TRUST.keys, _NEW_ENTRY])
_LOST = TRUST.keys[0].model_copy(update={"compromised_from": ByStream(default=(1, 1))})
AFTER = BOTH.following(keys=[_LOST, _NEW_ENTRY])
EARLIER = (BOTH, TRUST)

P1, P2, P3 = (f"P{n}|2019-Q1|PROVISIONAL" for n in (1, 2, 3))


def a_press(
    folder: Path,
    log: Any,
    desk: Any = None,
    trust: TrustDocument = AFTER,
    signer: SigningKey = NEW,
) -> Press:
    return Press(desk or Desk(folder, write), log, trust, signer, shipped().budget)


def resign(
    folder: Path, log: Any, earlier: Sequence[TrustDocument] = EARLIER, **more: Any
) -> dict[str, Verdict]:
    rehearse = more.pop("rehearse", False)
    found = asyncio.run(a_press(folder, log, **more).resign(earlier, rehearse=rehearse))
    return {verdict.key: verdict for verdict in found}


def codes(verdicts: dict[str, Verdict]) -> dict[str, str]:
    return {key: v.error.code for key, v in verdicts.items() if v.error}


@pytest.fixture
def log(tmp_path: Path) -> MemoryLog:
    """What this site published by March 2020, with one release withdrawn."""
    made_ = MemoryLog()
    run(tmp_path, made_, MARCH)
    old = Press(Desk(tmp_path, write), made_, TRUST, KEY, shipped().budget)
    asyncio.run(old.withdraw(P2, "SOURCE_ERROR", MARCH))
    return made_


def spent(log: MemoryLog, trust: TrustDocument) -> list[Any]:
    account = Accountant.of(open_all(log.messages, trust), shipped().budget)
    return [account.spent(quarter) for quarter in quarters_of("2019")]


# --- What is ours --------------------------------------------------------------------------------


def test_nothing_under_the_lost_key_is_believed_until_it_is_signed_again(
    tmp_path: Path, log: MemoryLog
) -> None:
    before, paid = list(log.messages), spent(log, TRUST)
    with pytest.raises(KeyCompromised):
        open_all(log.messages, AFTER)
    verdicts = resign(tmp_path, log)
    assert {verdict.state for verdict in verdicts.values()} == {State.DUE}
    newest = {message.key: message.value for message in before}
    again = log.messages[len(before) :]
    assert {message.key: message.value for message in again} == newest
    assert len(again) == len(newest) == 12
    assert all(message.open(AFTER) for message in again)
    assert spent(log, AFTER) == paid


def test_publishing_goes_on_as_if_nothing_had_happened(tmp_path: Path, log: MemoryLog) -> None:
    resign(tmp_path, log)
    out = len(log.messages)
    people = a_population(some_records(99, "2019"))
    work = a_press(tmp_path, log)
    assert asyncio.run(work.run([], making(people, MARCH))) == []
    marker = asyncio.run(work.withdraw(P3, "SOURCE_ERROR", MARCH))
    assert log.messages[-1].open(AFTER) == marker
    assert len(log.messages) == out + 1


def test_a_second_time_there_is_nothing_to_do(tmp_path: Path, log: MemoryLog) -> None:
    resign(tmp_path, log)
    before = list(log.messages)
    assert {verdict.state for verdict in resign(tmp_path, log).values()} == {State.SOUND}
    assert log.messages == before
    assert Desk(tmp_path, write).intended() == []


def test_a_rehearsal_writes_nothing(tmp_path: Path, log: MemoryLog) -> None:
    before = (list(log.messages), Desk(tmp_path, write).published())
    told = resign(tmp_path, log, rehearse=True)
    assert {verdict.state for verdict in told.values()} == {State.DUE}
    assert (log.messages, Desk(tmp_path, write).published()) == before


def test_what_was_withdrawn_stays_withdrawn(tmp_path: Path, log: MemoryLog) -> None:
    resign(tmp_path, log)
    found = [release for release in open_all(log.messages, AFTER) if release.key == P2]
    assert [release.withdrawn is not None for release in found] == [True]


def test_on_a_topic_made_anew_all_that_was_noted_goes_out_under_the_new_key(
    tmp_path: Path, log: MemoryLog
) -> None:
    anew = MemoryLog()
    resign(tmp_path, anew)
    assert len(open_all(anew.messages, AFTER)) == 12
    assert {m.key: m.value for m in anew.messages} == {m.key: m.value for m in log.messages}


def test_what_was_begun_under_the_lost_key_goes_out_too(tmp_path: Path, log: MemoryLog) -> None:
    """A withdrawal that was written down and never sent."""
    release = {m.key: m.open(TRUST) for m in log.messages}[P1]
    Desk(tmp_path, write).intend(Message.of(withdraw(release, "LEGAL_ORDER", MARCH), KEY))
    resign(tmp_path, log)
    newest = {release.key: release for release in open_all(log.messages, AFTER)}
    assert newest[P1].withdrawn is not None
    assert Desk(tmp_path, write).intended() == []


def test_the_new_key_must_be_one_that_is_believed(tmp_path: Path, log: MemoryLog) -> None:
    before = list(log.messages)
    with pytest.raises(KeyCompromised):
        resign(tmp_path, log, signer=KEY)
    with pytest.raises(UnknownKey):
        resign(tmp_path, log, signer=SigningKey.generate("ed25519"))
    assert log.messages == before


# --- What is not ---------------------------------------------------------------------------------

Harm = Callable[[Path, MemoryLog], object]


def _forged(_folder: Path, log: MemoryLog) -> None:
    log.messages.append(Message.of(made(P1, some_records(33, "2019")).release, KEY))


def _invented(_folder: Path, log: MemoryLog) -> None:
    log.messages.append(Message.of(made("P1|2024-Q1|PROVISIONAL", []).release, KEY))


def _withdrawn_by_a_thief(_folder: Path, log: MemoryLog) -> None:
    release = {m.key: m.open(TRUST) for m in log.messages}[P1]
    log.messages.append(Message.of(withdraw(release, "SOURCE_ERROR", MARCH), KEY))


def _unnoted(folder: Path, _log: MemoryLog) -> None:
    next((folder / "published").glob("P1_2019-Q1*")).unlink()


def _note_changed(folder: Path, _log: MemoryLog) -> None:
    path = next((folder / "published").glob("P1_2019-Q1*"))
    path.write_bytes(path.read_bytes().replace(b"TUN", b"MAR"))


def _note_of_before(folder: Path, log: MemoryLog) -> None:
    """A backup of the notes from before the withdrawal was put back."""
    first = next(message for message in log.messages if message.key == P2)
    write(next((folder / "published").glob("P2_2019-Q1*")), first.dump())


def _unsigned(_folder: Path, log: MemoryLog) -> None:
    log.messages.append(log.messages[0]._replace(headers=[]))


HARM: list[tuple[str, Harm, str, str, bool]] = [
    ("another measurement", _forged, P1, "RELEASE_NOT_OURS", False),
    ("a release that never was", _invented, "P1|2024-Q1|PROVISIONAL", "RELEASE_NOT_OURS", False),
    ("a withdrawal by a thief", _withdrawn_by_a_thief, P1, "RELEASE_NOT_OURS", False),
    ("no note", _unnoted, P1, "RELEASE_NOT_OURS", False),
    ("a note that was changed", _note_changed, P1, "RELEASE_INVALID", False),
    ("a note of before", _note_of_before, P2, "RELEASE_NOT_OURS", False),
    ("no signature at all", _unsigned, "", "BAD_SIGNATURE", True),
]


@pytest.mark.parametrize(
    ("_name", "harm", "key", "code", "signed"), HARM, ids=[row[0] for row in HARM]
)
def test_what_this_site_did_not_publish_is_told_and_not_signed(
    tmp_path: Path, log: MemoryLog, _name: str, harm: Harm, key: str, code: str, signed: bool
) -> None:
    key = key or log.messages[0].key
    harm(tmp_path, log)
    before = len(log.messages)
    verdicts = resign(tmp_path, log)
    assert codes(verdicts) == {key: code}
    again = [message.key for message in log.messages[before:]]
    assert (key in again) == signed
    assert {key, *again} == set(verdicts)
    # Nobody builds on such a topic.
    with pytest.raises(KeyCompromised if not signed else Exception):
        open_all(log.messages, AFTER)


@pytest.mark.parametrize("earlier", [(), (AFTER,), (AFTER.following(keys=[_NEW_ENTRY]),)])
def test_without_a_document_in_which_the_key_was_sound_nothing_is_signed(
    tmp_path: Path, log: MemoryLog, earlier: tuple[TrustDocument, ...]
) -> None:
    before = list(log.messages)
    assert set(codes(resign(tmp_path, log, earlier)).values()) == {"EARLIER_TRUST_MISSING"}
    assert log.messages == before


def test_a_note_that_was_changed_is_not_published_on_an_empty_topic(
    tmp_path: Path, log: MemoryLog
) -> None:
    del log
    _note_changed(tmp_path, MemoryLog())
    anew = MemoryLog()
    found = codes(resign(tmp_path, anew))
    assert set(found) == {P1}
    assert P1 not in {message.key for message in anew.messages}


# --- Killed --------------------------------------------------------------------------------------


def test_killed_at_any_step_and_run_again_each_is_signed_again_once(tmp_path: Path) -> None:
    died, step = True, 0
    while died:
        folder, topic = tmp_path / str(step), MemoryLog()
        run(folder, topic, MARCH)
        noted = {message.key: message.value for message in topic.messages}
        plan = {"left": step}
        desk = Breaking(Desk(folder, write), plan, ("intend", "confirm"))
        try:
            resign(folder, Breaking(topic, plan, ("read", "append")), desk=desk)
            died = False
        except Crash:
            assert codes(resign(folder, topic)) == {}
        assert Desk(folder, write).intended() == []
        assert len(topic.messages) == 2 * len(noted)
        found = open_all(topic.messages, AFTER)
        assert {release.key for release in found} == set(noted)
        assert {m.key: m.value for m in topic.messages} == noted
        assert all(note.open(AFTER) for note in Desk(folder, write).published())
        step += 1
    assert step > 40, "every note is written and confirmed"


def test_killed_before_anything_was_sent_publishing_waits_until_it_is_run_again(
    tmp_path: Path, log: MemoryLog
) -> None:
    plan = {"left": 5}
    desk = Breaking(Desk(tmp_path, write), plan, ("intend",))
    with pytest.raises(Crash):
        resign(tmp_path, log, desk=desk)
    with pytest.raises(KeyCompromised):
        asyncio.run(a_press(tmp_path, log).run([], making(a_population([]), MARCH)))
    resign(tmp_path, log)
    assert asyncio.run(a_press(tmp_path, log).run([], making(a_population([]), MARCH))) == []


# --- Which message stands for which --------------------------------------------------------------


def test_a_message_stands_for_the_same_bytes_and_a_withdrawal_for_what_it_withdraws() -> None:
    one, other = made(P1, some_records(9, "2019")).release, made(P1, []).release
    gone = withdraw(one, "SOURCE_ERROR", MARCH)
    values = {"one": one.dump(), "other": other.dump(), "gone": gone.dump(), "junk": b"{}"}
    later = withdraw(one, "LEGAL_ORDER", MARCH).dump()
    stands = {
        (earlier, newer)
        for earlier, value in values.items()
        for newer in ("one", "other", "gone")
        if stands_for(value, values[newer])
    }
    assert stands == {("one", "one"), ("other", "other"), ("gone", "gone"), ("one", "gone")}
    assert stands_for(gone.dump(), later), "a withdrawal is final, whichever reason it was given"


def test_only_a_later_message_of_the_same_key_stands_for_one() -> None:
    release = made(P1, some_records(9, "2019")).release
    old = Message.of(release, KEY)
    new = old._replace(headers=sign_release(old.value, NEW))
    assert open_all([old, new], AFTER) == [release]
    for history in ([new, old], [old], [old, new, old], [old, new._replace(key=P2)]):
        with pytest.raises(Exception, match=r"KEY_COMPROMISED|RELEASE_MISPLACED"):
            open_all(history, AFTER)
