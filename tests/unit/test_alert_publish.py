"""Publishing alerts: once, whatever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.alerts.detect import process
from processors.alerts.disclose import Standing, disclose
from processors.alerts.errors import (
    AlertsNotPublished,
    AlertsOverwritten,
    AlertsUnderWay,
    NotesInvalid,
)
from processors.alerts.facts import Sighting
from processors.alerts.log import Known, known, message_of
from processors.alerts.plan import Now, Plan, plan
from processors.alerts.publish import Board, Notes, Round
from processors.compacted import Outgoing, Record
from schemas.alerts import CHANNELS, CONTACTS, Assessment
from schemas.errors import BadSignature
from tests.unit.alerting import SECRETS, TODAY, Platform
from tests.unit.detection import NOW, sight
from tests.unit.test_alert_messages import SIGNER, TRUST
from tests.unit.test_alert_plan import HIT, THREE


class Crash(BaseException):
    """The process dies here."""


class MemoryLog:
    """Topics in memory."""

    def __init__(self) -> None:
        self.records: dict[str, list[Record]] = {}
        self.sent = 0

    async def read(self) -> dict[str, list[Record]]:
        return {topic: list(records) for topic, records in self.records.items()}

    async def append(self, messages: Sequence[Outgoing]) -> None:
        for topic, key, value, headers in messages:
            self.records.setdefault(topic, []).append(Record(key, value, headers, 0))
            self.sent += 1

    def seen(self) -> set[tuple[str, bytes, bytes]]:
        return {(topic, r.key, r.value) for topic, listed in self.records.items() for r in listed}


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def making(seen: Sequence[Sighting]) -> Callable[[Known], Plan]:
    oughts = disclose(process(seen, [], NOW), seen, [], SECRETS)
    now = Now(oughts, Standing(seen, [], SECRETS), [], TODAY)
    return lambda there: plan(now, there.out, there.heard, SECRETS)


def run(folder: Path, log, seen: Sequence[Sighting] = THREE, write: Callable = write) -> Round:
    board = Board(Notes(folder, write), log, TRUST, SIGNER)
    return asyncio.run(board.run(making(seen)))


def test_what_is_found_is_told_once(tmp_path: Path) -> None:
    log = MemoryLog()
    first = run(tmp_path, log)
    assert len(first.written) == log.sent > 4
    assert run(tmp_path, log).written == ()
    assert not (tmp_path / "intended.json").exists()


def test_a_site_that_lost_its_notes_tells_nothing_again(tmp_path: Path) -> None:
    log = MemoryLog()
    run(tmp_path / "one", log)
    assert run(tmp_path / "other", log).written == ()


def test_one_machine_publishes_at_a_time(tmp_path: Path) -> None:
    with Notes(tmp_path, write).alone(), pytest.raises(AlertsUnderWay):
        run(tmp_path, MemoryLog())


# --- Dying ---------------------------------------------------------------------------------------

STEPS = ("write", "append before", "append between", "append after", "read back", "unlink")


class Dying:
    """A log and a disk that die at a step."""

    def __init__(self, log: MemoryLog, step: str) -> None:
        self.log, self.step, self.appended = log, step, False

    def _die(self, step: str) -> None:
        if self.step == step:
            raise Crash

    def write(self, path: Path, content: bytes) -> None:
        self._die("write")
        write(path, content)

    async def read(self) -> dict[str, list[Record]]:
        if self.appended:
            self._die("read back")
        return await self.log.read()

    async def append(self, messages: Sequence[Outgoing]) -> None:
        self._die("append before")
        for number, message in enumerate(messages):
            if number == 2:
                self._die("append between")
            await self.log.append([message])
        self._die("append after")
        self.appended = True


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("changed", [THREE, HIT, [], [*THREE, sight("MAR/1", "phone")]])
def test_killed_at_any_step_every_alert_is_told_as_in_an_undisturbed_run(
    tmp_path: Path, step: str, changed: list, monkeypatch
) -> None:
    """And what stands may have changed when it comes back."""
    log = MemoryLog()
    dying = Dying(log, step)
    if step == "unlink":
        monkeypatch.setattr(Notes, "confirm", lambda _self: dying._die("unlink"))
    with pytest.raises(Crash):
        run(tmp_path, dying, THREE, dying.write)
    monkeypatch.undo()
    run(tmp_path, log, changed)
    run(tmp_path, log, changed)
    assert log.sent == len(log.seen()), "a record was written twice"
    due = Platform()
    if step != "write":
        due.tell(THREE)
    due.tell(changed)
    out = known(asyncio.run(log.read()), TRUST).out
    for channel in CHANNELS:
        assert dict(out[channel]) == due.out[channel]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS[:5]), st.integers(0, 3)), max_size=6))
def test_however_often_it_dies_while_the_world_changes_no_alert_is_told_twice(deaths) -> None:
    worlds = [HIT, THREE, [*THREE, sight("MAR/1", "phone")], HIT[:1]]
    with TemporaryDirectory() as folder:
        log = MemoryLog()
        for step, world in deaths:
            dying = Dying(log, step)
            with suppress(Crash):
                run(Path(folder), dying, worlds[world], dying.write)
        run(Path(folder), log, THREE)
        assert log.sent == len(log.seen())
        live = [
            a
            for a in known(asyncio.run(log.read()), TRUST).out[CONTACTS["TUN"]].values()
            if a.state == "NEW" and a.evidence.detector == "D1"
        ]
        assert len(live) == 1


# --- What is not ours ----------------------------------------------------------------------------


def test_a_note_from_an_old_disk_does_no_harm(tmp_path: Path) -> None:
    log = MemoryLog()
    notes = Notes(tmp_path, write)
    run(tmp_path, log, HIT)
    old = Platform()
    old.tell(HIT)
    stale = [message_of(c, a, SIGNER) for c in CHANNELS for a in old.out[c].values()]
    run(tmp_path, log, [])
    notes.intend(stale)
    sent = log.sent
    run(tmp_path, log, [])
    assert log.sent == sent
    assert not notes.intended()


def test_a_note_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "intended.json").write_bytes(b'[{"topic": 1}]')
    with pytest.raises(NotesInvalid):
        run(tmp_path, MemoryLog())


def test_a_record_that_is_not_ours_stops_everything_before_anything_is_written(
    tmp_path: Path,
) -> None:
    log = MemoryLog()
    run(tmp_path, log)
    topic = CONTACTS["TUN"].topic
    forged = log.records[topic][0]._replace(headers=[])
    log.records[topic].append(forged)
    sent = log.sent
    with pytest.raises(BadSignature):
        run(tmp_path, log, [])
    assert log.sent == sent


def test_two_machines_that_publish_are_noticed(tmp_path: Path) -> None:
    log = MemoryLog()
    run(tmp_path, log, HIT)
    platform = Platform()
    platform.tell([replace(s, link_type="IBAN") for s in HIT])
    other = platform.only("TUN")
    message = message_of(CONTACTS["TUN"], other, SIGNER)
    asyncio.run(log.append([message]))
    with pytest.raises(AlertsOverwritten):
        run(tmp_path, log, HIT)


def test_what_the_topic_did_not_take_is_told(tmp_path: Path) -> None:
    class Forgetful(MemoryLog):
        async def append(self, messages: Sequence[Outgoing]) -> None:
            pass

    with pytest.raises(AlertsNotPublished):
        run(tmp_path, Forgetful())


def test_an_answer_that_is_none_is_passed_over(tmp_path: Path) -> None:
    log = MemoryLog()
    run(tmp_path, log, HIT)
    channel = CONTACTS["TUN"]
    (key, *_), value = log.records[channel.topic][0], b'{"name": "Zaynab Fictive"}'
    log.records[channel.answers] = [Record(key, value, [], 0), Record(b"x", None, [], 0)]
    assert run(tmp_path, log, HIT).written == ()
    answer = Assessment(alert=key.decode(), revision=1, state="SEEN", reason=None, role="CONTACT")
    log.records[channel.answers].append(Record(key, answer.dump(), [], 1_784_000_000_000))
    ((_, alert),) = run(tmp_path, log, HIT).written
    assert (alert.state, str(alert.history[-1].on)) == ("SEEN", "2026-07-14")
