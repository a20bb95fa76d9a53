"""Publishing: once, whatever dies in between, and never twice from different records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.release.accountant import Accountant
from processors.release.calendar import items
from processors.release.desk import Desk
from processors.release.errors import (
    AlreadyReleased,
    BudgetExceeded,
    NoSuchRelease,
    NotPublished,
    ReleasedTwice,
    ReleaseInProgress,
)
from processors.release.log import FileLog, Message, open_all
from processors.release.measure import make
from processors.release.publish import Make, Press
from processors.release.snapshot import Population
from processors.release.tables import quarters_of, shipped
from schemas.errors import BadSignature, ReleaseInvalid
from schemas.keys import SigningKey
from schemas.trust import TrustDocument, TrustedKey
from tests.releases import ORIGIN, a_population, a_record, made, some_keys, some_records

KEY = SigningKey.generate("ed25519")
TRUST = TrustDocument(
    version=1,
    authorities=[],
    keys=[TrustedKey.of(KEY.verify_key, owner="platform", purpose="release")],
)
MARCH, JULY = date(2020, 3, 1), date(2020, 7, 1)


class Crash(BaseException):
    """The process dies here."""


class MemoryLog:
    """A topic in memory."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def read(self) -> list[Message]:
        return list(self.messages)

    async def append(self, messages: Sequence[Message]) -> None:
        self.messages += messages


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def press(folder: Path, log: Any, desk: Any = None, tables: Any = None) -> Press:
    budget = (tables or shipped()).budget
    return Press(desk or Desk(folder, write), log, TRUST, KEY, budget)


def making(people: Population, on: date, tables: Any = None) -> Make:
    used = tables or shipped()
    return lambda item, _closed: make(item, people, used, some_keys(), ORIGIN, on)


def run(folder: Path, log: Any, on: date, people: Population | None = None, **more: Any) -> Any:
    people = people or a_population(some_records(80, "2019"))
    work = press(folder, log, **more).run(items(shipped(), on), making(people, on))
    return asyncio.run(work)


def keys_of(log: MemoryLog) -> list[str]:
    return [message.key for message in log.messages]


# --- The plain way -------------------------------------------------------------------------------


def test_what_is_due_is_published_once(tmp_path: Path) -> None:
    log = MemoryLog()
    first = run(tmp_path, log, MARCH)
    assert [release.key for release in first] == keys_of(log)
    assert len(first) == 12
    assert run(tmp_path, log, MARCH) == []
    assert len(run(tmp_path, log, JULY)) == 10
    assert len(keys_of(log)) == len(set(keys_of(log)))


def test_records_that_changed_change_nothing_that_is_out(tmp_path: Path) -> None:
    log = MemoryLog()
    run(tmp_path, log, MARCH)
    before = list(log.messages)
    assert run(tmp_path, log, MARCH, a_population(some_records(99, "2019"))) == []
    assert log.messages == before


def test_a_site_that_lost_its_files_publishes_nothing_again(tmp_path: Path) -> None:
    log = MemoryLog()
    run(tmp_path / "old", log, MARCH)
    assert run(tmp_path / "new", log, MARCH, a_population([])) == []


def test_a_topic_that_was_made_anew_gets_the_same_bytes_again(tmp_path: Path) -> None:
    """Also where the first publication went to a file: nothing is measured twice."""
    first, anew = MemoryLog(), MemoryLog()
    run(tmp_path, first, MARCH)
    key = "P2|2019-Q3|PROVISIONAL"
    asyncio.run(press(tmp_path, first).withdraw(key, "SOURCE_ERROR", MARCH))
    run(tmp_path, anew, MARCH, a_population([]))
    newest = {message.key: message.value for message in first.messages}
    assert {message.key: message.value for message in anew.messages} == newest
    assert anew.messages[0].open(TRUST)


def test_a_decade_is_replayed_with_time_as_an_argument(tmp_path: Path) -> None:
    """Month by month, records coming in all the time; each quarter ends at its budget exactly."""
    log, victims = MemoryLog(), []
    for year in range(2019, 2029):
        for month in range(1, 13):
            victims += some_records(5, str(year - (month < 3)), seed=month)
            if month in (2, 5, 7, 8, 11):
                run(tmp_path, log, date(year, month, 20), a_population(victims))
    releases = open_all(log.messages, TRUST)
    assert len(releases) == len({release.key for release in releases})
    account = Accountant.of(releases, shipped().budget)
    for year in range(2019, 2027):
        for quarter in quarters_of(str(year)):
            assert account.spent(quarter).total == shipped().budget.rho
    for release in releases:
        # A release never comes before it is due, and at most a month later.
        late = (release.statement.released_on - due(release.key)).days
        assert 0 <= late < 31


def due(key: str) -> date:
    return next(item.due for item in items(shipped(), date(2040, 1, 1)) if item.key == key)


# --- Crashes -------------------------------------------------------------------------------------


class Breaking:
    """Dies before or after its n-th step; of an append, perhaps half was done."""

    def __init__(self, inner: Any, plan: dict[str, int], names: tuple[str, ...]) -> None:
        self._inner, self._plan, self._names = inner, plan, names

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._inner, name)
        if name not in self._names:
            return inner
        if asyncio.iscoroutinefunction(inner):
            return self._async(inner, name)
        return self._sync(inner)

    def _due(self) -> bool:
        self._plan["left"] -= 1
        return self._plan["left"] < 0

    def _sync(self, inner: Any) -> Any:
        def call(*arguments: Any) -> Any:
            if self._due():
                raise Crash
            result = inner(*arguments)
            if self._due():
                raise Crash
            return result

        return call

    def _async(self, inner: Any, name: str) -> Any:
        async def call(*arguments: Any) -> Any:
            if self._due():
                raise Crash
            if name == "append" and self._due():
                await inner(arguments[0][: len(arguments[0]) // 2])
                raise Crash
            result = await inner(*arguments)
            if self._due():
                raise Crash
            return result

        return call


def crash_at(step: int, folder: Path, log: MemoryLog, on: date, people: Population) -> bool:
    """Runs until the process dies at a step; False if it came to its end first."""
    plan = {"left": step}
    desk = Breaking(Desk(folder, write), plan, ("keep", "intend", "confirm"))
    try:
        run(folder, Breaking(log, plan, ("read", "append")), on, people, desk=desk)
    except Crash:
        return True
    return False


def test_a_process_killed_at_any_step_leaves_no_second_publication(tmp_path: Path) -> None:
    """Killed at each step in turn; each time the records change before it is started again."""
    survived = False
    for step in range(400):
        folder, log = tmp_path / str(step), MemoryLog()
        before = a_population(some_records(20, "2019"))
        after = a_population(some_records(21, "2019"))
        survived = not crash_at(step, folder, log, date(2019, 6, 1), before)
        run(folder, log, date(2019, 6, 1), after)
        releases = open_all(log.messages, TRUST)
        assert {release.key for release in releases} == {
            f"P{n}|2019-Q1|PROVISIONAL" for n in (1, 2, 3)
        }
        assert Desk(folder, write).intended() == []
        assert len({m.value for m in log.messages}) == 3
        if survived:
            break
    assert survived
    assert step > 15


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=6))
def test_a_process_killed_again_and_again_publishes_each_table_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    folder, log = tmp_path_factory.mktemp("desk"), MemoryLog()
    for number, step in enumerate(steps):
        crash_at(step, folder, log, JULY, a_population(some_records(10 + number, "2019")))
    run(folder, log, JULY, a_population(some_records(60, "2019")))
    releases = open_all(log.messages, TRUST)
    assert len({release.key for release in releases}) == 22
    assert len({message.value for message in log.messages}) == 22


def test_a_line_cut_off_in_a_file_was_never_published(tmp_path: Path) -> None:
    path = tmp_path / "releases.jsonl"
    run(tmp_path / "desk", FileLog(path), MARCH)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert len(asyncio.run(FileLog(path).read())) == 11
    run(tmp_path / "desk", FileLog(path), MARCH)
    keys = [message.key for message in asyncio.run(FileLog(path).read())]
    assert len(keys) == len(set(keys)) == 12


# --- What is refused -----------------------------------------------------------------------------


def test_nothing_is_published_if_anything_may_not_be(tmp_path: Path) -> None:
    log = MemoryLog()
    document = yaml.safe_load(yaml.safe_dump({"rho": "1/16", "reserve": "0", "delta": "1/100"}))
    small = shipped().model_copy(update={"budget": type(shipped().budget).model_validate(document)})
    with pytest.raises(BudgetExceeded):
        run(tmp_path, log, MARCH, tables=small)
    assert log.messages == []
    assert Desk(tmp_path, write).intended() == []


def test_two_processes_of_a_site_do_not_publish_at_once(tmp_path: Path) -> None:
    with Desk(tmp_path, write).alone(), pytest.raises(ReleaseInProgress):
        run(tmp_path, MemoryLog(), MARCH)


def test_a_topic_that_does_not_verify_is_not_built_upon(tmp_path: Path) -> None:
    log = MemoryLog()
    run(tmp_path, log, MARCH)
    forged = log.messages[3]._replace(value=log.messages[3].value.replace(b"TUN", b"MAR"))
    log.messages[3] = forged
    with pytest.raises(BadSignature):
        run(tmp_path, log, JULY)


def test_a_second_machine_that_published_from_other_records_is_noticed(tmp_path: Path) -> None:
    log = MemoryLog()
    run(tmp_path, log, MARCH)
    other = Message.of(made("P1|2019-Q1|PROVISIONAL", [a_record(1, "2019-01")]).release, KEY)
    log.messages.append(other)
    with pytest.raises(ReleasedTwice):
        run(tmp_path, log, JULY)


def test_an_intent_that_another_machine_forestalled_is_not_published(tmp_path: Path) -> None:
    log, key = MemoryLog(), "P1|2019-Q1|PROVISIONAL"
    Desk(tmp_path, write).intend(Message.of(made(key, []).release, KEY))
    log.messages.append(Message.of(made(key, [a_record(1, "2019-01")]).release, KEY))
    with pytest.raises(AlreadyReleased):
        run(tmp_path, log, MARCH)
    assert len(log.messages) == 1


def test_a_broker_that_swallows_messages_is_noticed_and_made_good_later(tmp_path: Path) -> None:
    class Swallowing(MemoryLog):
        async def append(self, messages: Sequence[Message]) -> None:
            pass

    with pytest.raises(NotPublished):
        run(tmp_path, Swallowing(), MARCH)
    log = MemoryLog()
    assert len(run(tmp_path, log, MARCH)) == 12


# --- Withdrawing ---------------------------------------------------------------------------------


def test_a_withdrawn_release_is_marked_and_never_published_again(tmp_path: Path) -> None:
    log = MemoryLog()
    run(tmp_path, log, MARCH)
    key = "P2|2019-Q3|PROVISIONAL"
    marker = asyncio.run(press(tmp_path, log).withdraw(key, "SOURCE_ERROR", MARCH))
    assert marker.withdrawn is not None
    assert log.messages[-1].open(TRUST) == marker
    assert run(tmp_path, log, MARCH) == []
    for again in (key, "P2|2019-Q9|PROVISIONAL"):
        with pytest.raises(NoSuchRelease):
            asyncio.run(press(tmp_path, log).withdraw(again, "SOURCE_ERROR", MARCH))


@pytest.mark.parametrize("step", range(8))
def test_a_withdrawal_that_was_cut_off_is_finished(tmp_path: Path, step: int) -> None:
    log, plan = MemoryLog(), {"left": step}
    run(tmp_path, log, MARCH)
    key = "P2|2019-Q3|PROVISIONAL"
    desk = Breaking(Desk(tmp_path, write), plan, ("intend", "confirm"))
    broken = press(tmp_path, Breaking(log, plan, ("append",)), desk)
    try:
        asyncio.run(broken.withdraw(key, "LEGAL_ORDER", MARCH))
    except Crash:
        intended = bool(Desk(tmp_path, write).intended())
    else:
        intended = True
    run(tmp_path, log, MARCH)
    newest = {message.key: message.open(TRUST) for message in log.messages}
    done = newest[key].withdrawn is not None
    assert done == (intended or keys_of(log).count(key) > 1)


@pytest.mark.parametrize("line", [b"{}", b"[]", b"\xff", b'{"key": 1, "value": "", "headers": 3}'])
def test_a_line_that_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ReleaseInvalid):
        Message.parse(line)
