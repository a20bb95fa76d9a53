"""The runner: source, mapping and outbox together, also when a run breaks off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import load_register
from country_adapters.kit.runner import RunReport, run, write_rejects
from producers.outbox import Outbox
from producers.rows import MappedRow, Recorded, RejectedRow, Sighting
from schemas.anonymity import TOP
from tests.unit.small_register import GOOD, HEADER, REGISTER, TODAY, declare

NAMES = Pseudonyms(bytes(32))
TEN = [GOOD.replace("D1", f"D{number}") for number in range(10)]


class Killed(BaseException):
    """Stands for the end of the process."""


class MortalOutbox(Outbox):
    """An outbox whose process ends at the nth recording."""

    lives = 1_000

    def record(
        self,
        source: str,
        rows: Sequence[MappedRow | RejectedRow],
        cursor: str,
        sighting: Sighting | None = None,
        *,
        now: str | None = None,
        month: str = "",
    ) -> Recorded:
        self.lives -= 1
        if self.lives < 0:
            raise Killed
        return super().record(source, rows, cursor, sighting, now=now, month=month)


@pytest.fixture
def outbox(tmp_path: Path) -> MortalOutbox:
    path = tmp_path / "outbox.sqlite"
    return MortalOutbox(path, authority="tn.test", streams=1, id_key=bytes(32))


def read(
    folder: Path, outbox: Outbox, lines: Sequence[str], *, register: str = REGISTER, chunk: int = 3
) -> RunReport:
    (folder / "r.csv").write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    declared = load_register(declare(folder, register), folder)
    return run(declared, outbox, pseudonyms=NAMES, today=TODAY, chunk=chunk)


def test_a_run_reports_what_became_of_each_row(tmp_path: Path, outbox: Outbox) -> None:
    lines = [*TEN, "D11,1,x,31/02/2020,,voir note,,", TEN[0]]
    report = read(tmp_path, outbox, lines)
    assert (report.rows, report.mapped, report.rejected) == (12, 11, 1)
    assert report.problems == {"DATE_IMPOSSIBLE": 1, "UNKNOWN_VALUE": 1}
    assert report.events == Recorded(new=30, unchanged=3, rejected=1)


def test_progress_is_told_after_each_chunk(tmp_path: Path, outbox: Outbox) -> None:
    (tmp_path / "r.csv").write_text("\n".join([HEADER, *TEN]), encoding="utf-8")
    told: list[tuple[str, int, int | None]] = []
    register = load_register(declare(tmp_path), tmp_path)
    run(
        register,
        outbox,
        pseudonyms=NAMES,
        today=TODAY,
        progress=lambda *now: told.append(now),
        chunk=4,
    )
    assert told == [("lines", 4, 10), ("lines", 8, 10), ("lines", 10, 10)]


@pytest.mark.parametrize("lives", range(5))
def test_a_run_that_broke_off_is_finished_by_the_next(
    tmp_path: Path, outbox: MortalOutbox, lives: int
) -> None:
    outbox.lives = lives
    if lives < 4:
        with pytest.raises(Killed):
            read(tmp_path, outbox, TEN)
        outbox.lives = 1_000
    report = read(tmp_path, outbox, TEN)
    assert outbox.tally()["events"] == 30
    assert report.events.corrected == report.events.withdrawn == 0


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, outbox: Outbox) -> None:
    read(tmp_path, outbox, TEN)
    assert read(tmp_path, outbox, TEN).rows == 0


def test_a_changed_row_is_corrected_and_a_vanished_fact_withdrawn(
    tmp_path: Path, outbox: Outbox
) -> None:
    read(tmp_path, outbox, [GOOD])
    moved = read(tmp_path, outbox, [GOOD.replace("Le Kef", "Tunis")])
    assert moved.events == Recorded(corrected=1, unchanged=2)
    fewer = read(tmp_path, outbox, [GOOD.replace("Le Kef", "Tunis").replace("psy; ", "")])
    assert fewer.events == Recorded(withdrawn=1, unchanged=2)


def test_a_corrected_mapping_is_applied_to_rows_read_before(tmp_path: Path, outbox: Outbox) -> None:
    read(tmp_path, outbox, TEN)
    corrected = REGISTER.replace("const: GOV", "const: NGO")
    report = read(tmp_path, outbox, TEN, register=corrected)
    assert report.events == Recorded(corrected=20, unchanged=10)


@pytest.mark.parametrize("lives", [1, 2, 1_000])
def test_of_two_rows_that_contradict_each_other_the_second_stays_home(
    tmp_path: Path, outbox: MortalOutbox, lives: int
) -> None:
    """Wherever an earlier run broke off."""
    lines = [*TEN, TEN[0].replace("Le Kef", "Tunis")]
    outbox.lives = lives
    if lives < 4:
        with pytest.raises(Killed):
            read(tmp_path, outbox, lines)
        outbox.lives = 1_000
    report = read(tmp_path, outbox, lines)
    assert report.problems == {"CONTRADICTORY_ROW": 1}
    assert outbox.tally()["events"] == 30
    assert [(rejection.table, rejection.row) for rejection in outbox.rejections()] == [
        ("lines", "12")
    ]


def test_rejections_are_written_line_by_line(tmp_path: Path, outbox: Outbox) -> None:
    read(tmp_path, outbox, ["D1,1,x,31/02/2020,,voir note,,", ",1,x,01/02/2020,,,,"])
    assert write_rejects(outbox, tmp_path / "rejects.csv") == 3
    assert (tmp_path / "rejects.csv").read_text(encoding="utf-8").splitlines() == [
        "table,row,column,code,expected,got",
        "lines,2,Signalé,DATE_IMPOSSIBLE,a Gregorian date,no such day",
        "lines,2,Motif,UNKNOWN_VALUE,a word of the table closure,another word",
        "lines,3,Dossier N°,MISSING_KEY,a part of the identity,a blank",
    ]


def test_a_mended_row_is_no_longer_rejected(tmp_path: Path, outbox: Outbox) -> None:
    read(tmp_path, outbox, [GOOD.replace("achevée", "voir note")])
    read(tmp_path, outbox, [GOOD])
    assert outbox.rejections() == []


# --- The gate ------------------------------------------------------------------------------------

PRESENT = GOOD.replace("01/02/2020", "01/05/2026").replace("03/04/2020", "03/06/2026")


def test_facts_of_the_present_quarter_wait_for_a_run_after_its_end(
    tmp_path: Path, outbox: Outbox
) -> None:
    report = read(tmp_path, outbox, [GOOD, PRESENT.replace("D1", "D2")])
    assert (report.events.new, report.waiting, outbox.tally()["events"]) == (6, 3, 3)
    register = load_register(declare(tmp_path), tmp_path)
    for day, waiting in ((date(2026, 7, 1), 3), (date(2026, 12, 31), 3), (date(2027, 1, 1), 0)):
        later = run(register, outbox, pseudonyms=NAMES, today=day)
        assert (later.rows, later.waiting) == (0, waiting), "nobody in it: told at the top, late"
    assert outbox.tally()["events"] == 6


def test_past_the_gate_everything_leaves_at_once_and_as_it_was_mapped(
    tmp_path: Path, outbox: Outbox
) -> None:
    (tmp_path / "r.csv").write_text(f"{HEADER}\n{PRESENT}", encoding="utf-8")
    register = load_register(declare(tmp_path), tmp_path)
    report = run(register, outbox, pseudonyms=NAMES, today=TODAY, unsafe_without_gate=True)
    assert (report.events.new, report.waiting, outbox.tally()["events"]) == (3, 0, 3)


def test_what_was_published_past_the_gate_is_told_again_by_the_next_run(
    tmp_path: Path, outbox: Outbox
) -> None:
    (tmp_path / "r.csv").write_text(f"{HEADER}\n{GOOD}", encoding="utf-8")
    register = load_register(declare(tmp_path), tmp_path)
    run(register, outbox, pseudonyms=NAMES, today=TODAY, unsafe_without_gate=True)
    run(register, outbox, pseudonyms=NAMES, today=TODAY)
    assert outbox.tally()["events"] == 6
    assert [quarter.node for quarter in outbox.quarters()] == [TOP, TOP]
