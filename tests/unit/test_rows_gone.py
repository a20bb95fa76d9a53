"""Rows that a complete reading no longer finds: withdrawn, or held if they are too many."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from country_adapters.kit.declaration import Gone
from country_adapters.kit.errors import RegisterChanged, RowsGone
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import load_register
from country_adapters.kit.runner import RunReport, run
from producers.outbox import Outbox
from producers.rows import MappedRow, Recorded, RejectedRow, Sighting
from schemas.codec import decode
from tests.register import draft, events_in, open_outbox, rejected, row, seal_all
from tests.samples import ref
from tests.unit.small_register import GOOD, HEADER, REGISTER, TODAY, declare
from tests.unit.test_runner import Killed, MortalOutbox

NAMES = Pseudonyms(bytes(32))
FACTS = 3
"""Facts that a good line states."""


def line(number: int) -> str:
    return GOOD.replace("D1", f"D{number}")


TWENTY = [line(number) for number in range(20)]
SPOILT = line(3).replace("01/02/2020", "31/02/2020")


@pytest.fixture
def outbox(tmp_path: Path) -> MortalOutbox:
    path = tmp_path / "outbox.sqlite"
    return MortalOutbox(path, authority="tn.test", streams=1, id_key=bytes(32))


def read(
    folder: Path,
    outbox: Outbox,
    lines: Sequence[str] | None,
    *,
    register: str = REGISTER,
    rows_gone: int | None = None,
) -> RunReport:
    if lines is not None:
        (folder / "r.csv").write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    declared = load_register(declare(folder, register), folder)
    return run(declared, outbox, pseudonyms=NAMES, today=TODAY, chunk=3, rows_gone=rows_gone)


def told(report: RunReport) -> tuple[int, int]:
    """Rows gone and events withdrawn."""
    return report.tables[0].rows_gone, report.events.withdrawn


# --- What goes, and what does not ----------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 7, 19])
def test_what_a_deleted_row_said_is_withdrawn_once(
    tmp_path: Path, outbox: Outbox, number: int
) -> None:
    read(tmp_path, outbox, TWENTY)
    fewer = [*TWENTY[:number], *TWENTY[number + 1 :]]
    assert told(read(tmp_path, outbox, fewer)) == (1, FACTS)
    assert told(read(tmp_path, outbox, None)) == (0, 0)
    assert told(read(tmp_path, outbox, [*fewer, line(20)])) == (0, 0)
    with sqlite3.connect(outbox.path) as db:
        events = [decode(message).fields for (message,) in db.execute("SELECT message FROM events")]
    assert [event["validation"] for event in events].count("WITHDRAWN") == FACTS


def test_what_a_deleted_row_said_of_this_quarter_waits_no_longer(
    tmp_path: Path, outbox: Outbox
) -> None:
    """It was not published, so there is nothing to withdraw: it is forgotten."""
    present = [text.replace("/2020", f"/{TODAY.year}") for text in TWENTY]
    read(tmp_path, outbox, present)
    published, waiting = outbox.facts()
    assert waiting > 0
    read(tmp_path, outbox, present[1:])
    assert sum(outbox.facts()) == published + waiting - FACTS
    with sqlite3.connect(outbox.path) as db:
        keys = {key for (key,) in db.execute("SELECT row_key FROM held")}
        seen = {key for (key,) in db.execute("SELECT row_key FROM seen")}
    assert keys <= seen


def test_a_row_that_comes_back_states_its_facts_again(tmp_path: Path, outbox: Outbox) -> None:
    read(tmp_path, outbox, TWENTY)
    read(tmp_path, outbox, TWENTY[1:])
    back = read(tmp_path, outbox, TWENTY)
    assert (back.events.corrected, back.events.new, told(back)) == (FACTS, 0, (0, 0))
    assert told(read(tmp_path, outbox, TWENTY[1:])) == (1, FACTS)


def test_a_row_that_is_rejected_has_not_gone(tmp_path: Path, outbox: Outbox) -> None:
    read(tmp_path, outbox, TWENTY)
    report = read(tmp_path, outbox, [*TWENTY[:3], SPOILT, *TWENTY[4:]])
    assert (report.rejected, told(report)) == (1, (0, 0))
    assert told(read(tmp_path, outbox, [*TWENTY[:3], *TWENTY[4:]])) == (1, FACTS)


def test_a_row_that_never_was_mapped_cannot_go(tmp_path: Path, outbox: Outbox) -> None:
    """It published nothing; only its rejection is forgotten."""
    read(tmp_path, outbox, [SPOILT, ",1,x,01/02/2020,,,,", *TWENTY[4:]])
    assert len(outbox.rejections()) == 2
    assert told(read(tmp_path, outbox, TWENTY[4:])) == (0, 0)
    assert outbox.rejections() == []


def test_rows_without_identity_move_with_every_line_and_none_has_gone(
    tmp_path: Path, outbox: Outbox
) -> None:
    nameless = [",1,x,01/02/2020,,,,"] * 15
    read(tmp_path, outbox, [*TWENTY, *nameless])
    report = read(tmp_path, outbox, [*TWENTY[1:], *nameless])
    assert told(report) == (1, FACTS)
    assert len(outbox.rejections()) == 15


def test_a_row_that_lost_its_key_is_another_until_the_key_is_mended(
    tmp_path: Path, outbox: Outbox
) -> None:
    read(tmp_path, outbox, TWENTY)
    blank = [line(0).replace("D0", ""), *TWENTY[1:]]
    assert told(read(tmp_path, outbox, blank)) == (1, FACTS)
    mended = read(tmp_path, outbox, TWENTY)
    assert (mended.events.corrected, mended.events.new) == (FACTS, 0)


def test_a_key_that_moved_to_another_line_has_not_gone(tmp_path: Path, outbox: Outbox) -> None:
    read(tmp_path, outbox, TWENTY)
    assert told(read(tmp_path, outbox, TWENTY[::-1])) == (0, 0)


def test_of_two_rows_that_contradict_each_other_neither_has_gone(
    tmp_path: Path, outbox: Outbox
) -> None:
    read(tmp_path, outbox, TWENTY)
    other = line(0).replace("Le Kef", "Tunis")
    report = read(tmp_path, outbox, [*TWENTY, other])
    assert (report.problems, told(report)) == ({"CONTRADICTORY_ROW": 1}, (0, 0))
    assert len(outbox.rejections()) == 1
    assert told(read(tmp_path, outbox, TWENTY)) == (0, 0)
    assert outbox.rejections() == []


def test_a_fact_that_another_row_took_over_stays_when_the_first_row_goes(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path / "outbox.sqlite")
    first = outbox.begin_reading("reports", "first")
    outbox.record("reports", [row("1", draft("a"))], "1", Sighting(first, [b""]))
    outbox.withdraw_gone("reports", first)
    second = outbox.begin_reading("reports", "second")
    outbox.record("reports", [row("2", draft("a"))], "1", Sighting(second, [b""]))
    assert outbox.withdraw_gone("reports", second) == Recorded()
    assert [event["validation"] for event in events_in(seal_all(outbox)[0])] == ["VALID"]


# --- Too many ------------------------------------------------------------------------------------

LIMITS = [
    (Gone(), 10, 20, True),
    (Gone(), 11, 20, False),
    (Gone(), 11, 219, False),
    (Gone(), 11, 220, True),
    (Gone(), 50_000, 1_000_000, True),
    (Gone(), 50_001, 1_000_000, False),
    (Gone(most_rows=0), 1, 19, False),
    (Gone(most_rows=0), 1, 20, True),
    (Gone(most_rows=0, most_percent=0), 1, 1_000_000, False),
    (Gone(most_percent=100), 20, 20, True),
    (Gone(), 0, 0, True),
]


@pytest.mark.parametrize(("limits", "gone", "known", "may_go"), LIMITS)
def test_so_many_rows_may_go_unasked(limits: Gone, gone: int, known: int, may_go: bool) -> None:
    assert limits.may_go(gone, known) is may_go


CUT: dict[str, Sequence[str]] = {
    "cut short": TWENTY[:9],
    "empty": [],
    "another register": [line(number) for number in range(100, 120)],
}


@pytest.mark.parametrize("lines", CUT.values(), ids=CUT)
def test_a_file_that_lost_too_many_rows_withdraws_nothing_until_the_number_is_confirmed(
    tmp_path: Path, outbox: Outbox, lines: Sequence[str]
) -> None:
    read(tmp_path, outbox, TWENTY)
    missing = 20 - len(set(lines) & set(TWENTY))
    for rows_gone in (None, missing - 1, missing + 1):
        with pytest.raises(RowsGone, match=f"the 20 rows known .* {missing} of them missing"):
            read(tmp_path, outbox, lines, rows_gone=rows_gone)
    assert [(r.known, r.held, r.gone) for r in outbox.readings()] == [(20, missing, 0)]
    report = read(tmp_path, outbox, None, rows_gone=missing)
    assert told(report) == (missing, missing * FACTS)
    assert [(r.held, r.gone) for r in outbox.readings()] == [(0, missing)]
    assert told(read(tmp_path, outbox, None)) == (0, 0)


def test_a_restored_file_withdraws_nothing(tmp_path: Path, outbox: Outbox) -> None:
    read(tmp_path, outbox, TWENTY)
    with pytest.raises(RowsGone):
        read(tmp_path, outbox, TWENTY[:3])
    report = read(tmp_path, outbox, TWENTY)
    assert (report.events, told(report)) == (Recorded(unchanged=20 * FACTS), (0, 0))
    assert [r.held for r in outbox.readings()] == [0]


@pytest.mark.parametrize(
    ("gone", "passes"),
    [("{most_rows: 1}", False), ("{most_rows: 1, most_percent: 15}", True), ("{}", True)],
)
def test_a_table_declares_how_many_rows_may_go(
    tmp_path: Path, outbox: Outbox, gone: str, passes: bool
) -> None:
    register = REGISTER.replace("    events:\n", f"    gone: {gone}\n    events:\n")
    read(tmp_path, outbox, TWENTY, register=register)
    if passes:
        assert told(read(tmp_path, outbox, TWENTY[3:], register=register)) == (3, 3 * FACTS)
    else:
        with pytest.raises(RowsGone):
            read(tmp_path, outbox, TWENTY[3:], register=register)


# --- Readings that break off ---------------------------------------------------------------------


@pytest.mark.parametrize("lives", range(7))
def test_a_reading_that_broke_off_withdraws_nothing_and_the_next_only_what_went(
    tmp_path: Path, outbox: MortalOutbox, lives: int
) -> None:
    read(tmp_path, outbox, TWENTY)
    outbox.lives = lives
    if lives < 6:
        with pytest.raises(Killed):
            read(tmp_path, outbox, TWENTY[2:])
        assert outbox.tally()["events"] == 20 * FACTS
        outbox.lives = 1_000
    assert told(read(tmp_path, outbox, TWENTY[2:])) == (2, 2 * FACTS)


class Dying(Outbox):
    """An outbox whose process ends while the nth row that has gone is withdrawn."""

    lives = 1_000

    def withdraw_row(self, source: str, row_key: bytes) -> Recorded:
        self.lives -= 1
        if self.lives < 0:
            raise Killed
        return super().withdraw_row(source, row_key)


def test_rows_that_may_go_go_on_going_after_a_crash_without_being_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.outbox.AT_ONCE", 4)
    outbox = Dying(tmp_path / "dying.sqlite", authority="tn.test", streams=1, id_key=bytes(32))
    read(tmp_path, outbox, TWENTY)
    outbox.lives = 6
    with pytest.raises(Killed):
        read(tmp_path, outbox, TWENTY[:3], rows_gone=17)
    outbox.lives = 1_000
    assert told(read(tmp_path, outbox, None)) == (13, 13 * FACTS)
    assert [(r.held, r.gone) for r in outbox.readings()] == [(0, 17)]


def test_a_file_that_is_written_to_while_it_is_read_withdraws_nothing(
    tmp_path: Path, outbox: Outbox
) -> None:
    read(tmp_path, outbox, TWENTY)
    file = tmp_path / "r.csv"
    file.write_text("\n".join([HEADER, *TWENTY[:15]]), encoding="utf-8")
    register = load_register(declare(tmp_path), tmp_path)

    def cut(_table: str, rows: int, _size: int | None) -> None:
        if rows == 3:
            file.write_text("\n".join([HEADER, *TWENTY[:3]]), encoding="utf-8")

    with pytest.raises(RegisterChanged):
        run(register, outbox, pseudonyms=NAMES, today=TODAY, chunk=3, progress=cut)
    assert outbox.tally()["events"] == 20 * FACTS
    assert told(read(tmp_path, outbox, TWENTY)) == (0, 0)


def test_of_two_readings_at_once_only_the_newer_ends(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path / "outbox.sqlite")
    old = outbox.begin_reading("reports", "old")
    rows = [row("1", draft("a")), row("2", draft("b", case_ref=ref("b")))]
    outbox.record("reports", rows, "2", Sighting(old, [b"", b""]))
    new = outbox.begin_reading("reports", "new")
    outbox.record("reports", rows[:1], "1", Sighting(new, [b""]))
    assert outbox.missing("reports", old, look=True) is None
    outbox.record("reports", rows[:1], "1", Sighting(old, [b""]))  # the old one reads on
    found = outbox.missing("reports", new, look=True)
    assert found is not None
    assert (found.gone, found.known) == (1, 2)


# --- A database ----------------------------------------------------------------------------------

SQL = """\
    source:
      kind: sql
      address: {environment: SOUTHMED_TEST_REGISTER, file: register.url}
      table: lines
      changed_at: changed
      id: id
      complete_every_hours: 0
"""


def test_a_row_deleted_from_a_database_is_withdrawn_by_a_complete_reading(
    tmp_path: Path, outbox: Outbox
) -> None:
    (tmp_path / "register.url").write_text("sqlite:///register.sqlite")
    a, b = REGISTER.index("    source:"), REGISTER.index("    columns:")
    register = REGISTER[:a] + SQL + REGISTER[b:]
    headers = HEADER.split(",")
    columns = ", ".join(f'"{name}" TEXT' for name in headers)
    marks = ", ".join("?" * len(headers))
    with sqlite3.connect(tmp_path / "register.sqlite") as db:
        db.execute(f"CREATE TABLE lines (id INTEGER PRIMARY KEY, changed TEXT, {columns})")
        for number, text in enumerate(TWENTY):
            db.execute(
                f"INSERT INTO lines VALUES (?, '2024-05-01 12:00:00', {marks})",  # noqa: S608
                (number, *text.split(",")),
            )
    assert read(tmp_path, outbox, None, register=register).events.new == 20 * FACTS
    with sqlite3.connect(tmp_path / "register.sqlite") as db:
        db.execute("DELETE FROM lines WHERE id IN (4, 19)")
    assert told(read(tmp_path, outbox, None, register=register)) == (2, 2 * FACTS)
    with sqlite3.connect(tmp_path / "register.sqlite") as db:
        db.execute("DELETE FROM lines")
    with pytest.raises(RowsGone, match="18 of them missing"):
        read(tmp_path, outbox, None, register=register)
    assert told(read(tmp_path, outbox, None, register=register, rows_gone=18)) == (18, 18 * FACTS)


# --- For every register --------------------------------------------------------------------------

States = dict[int, str]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(0, 6), st.sampled_from(["WEB", "VISIT", "rejected"])),
        min_size=1,
        max_size=6,
    )
)
def test_after_every_complete_reading_the_outbox_says_what_the_register_says(
    tmp_path_factory: pytest.TempPathFactory, readings: list[States]
) -> None:
    """A row that is there and rejected says what it said before, if it did not go meanwhile."""
    outbox = open_outbox(tmp_path_factory.mktemp("rows") / "outbox.sqlite")
    says: States = {}
    for name, register in enumerate(readings):
        number = outbox.begin_reading("reports", str(name))
        rows: list[MappedRow | RejectedRow] = [
            rejected(str(key))
            if channel == "rejected"
            else row(str(key), draft(f"{key}", case_ref=ref(f"{key}"), channel=channel))
            for key, channel in register.items()
        ]
        if rows:
            outbox.record("reports", rows, "", Sighting(number, [b""] * len(rows)))
        outbox.withdraw_gone("reports", number)
        before = {key: channel for key, channel in says.items() if key in register}
        now = {key: channel for key, channel in register.items() if channel != "rejected"}
        says = before | now
        assert valid(outbox) == {(ref(f"{key}"), channel) for key, channel in says.items()}


def valid(outbox: Outbox) -> set[tuple[bytes, str]]:
    """Case and channel of every fact that holds."""
    for batch in seal_all(outbox):
        for event in events_in(batch):
            PUBLISHED.setdefault(outbox.path, {})[event["fact_ref"]] = event
    published = PUBLISHED.get(outbox.path, {}).values()
    return {(e["case_ref"], e["channel"]) for e in published if e["validation"] != "WITHDRAWN"}


PUBLISHED: dict[Path, dict[bytes, dict[str, object]]] = {}


# --- Outboxes from before ------------------------------------------------------------------------


def test_an_outbox_from_before_there_were_complete_readings_knows_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, authority="tn.test", streams=1, id_key=bytes(32))
    read(tmp_path, outbox, TWENTY)
    outbox.close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE seen")
        db.execute("DROP TABLE readings")
    again = Outbox(path, authority="tn.test", streams=1, id_key=bytes(32))
    assert told(read(tmp_path, again, TWENTY[4:])) == (4, 4 * FACTS)
