"""The audit log: only added to, whole, private, and read by a command."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy.cli import app
from deploy.console.errors import AuditBroken, AuditUnusable
from deploy.console.security.audit import Audit, read_only
from deploy.console.security.desk import AUDIT_FILE
from tests.unit.test_console_settings import GOOD, written

START = datetime(2026, 7, 15, 9, tzinfo=UTC)


def three(path: Path) -> Audit:
    audit = Audit(path, lambda: START)
    for who in ("nour", "idir", "anna"):
        audit.write(who, "opened", f"an alert of {who}")
    return audit


@given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_whatever_is_written_is_read_in_one_line_and_is_whole(told: list[tuple[str, str]]) -> None:
    audit = Audit()
    for who, what in told:
        audit.write(who, "refused", what)
    assert audit.check() == len(told)
    found = [(e.who, e.what) for e in reversed(audit.read())]
    assert all(text.isprintable() for pair in found for text in pair)
    assert [w for w, _ in found] == [
        "".join(c if c.isprintable() else "?" for c in who)[:200] for who, _ in told
    ]


@pytest.mark.parametrize("change", ["update entries set what = 'nothing'", "delete from entries"])
def test_entries_are_only_added(tmp_path: Path, change: str) -> None:
    three(tmp_path / "log")
    with sqlite3.connect(tmp_path / "log") as database, pytest.raises(sqlite3.IntegrityError):
        database.execute(change)
    assert read_only(tmp_path / "log").check() == 3


TAMPERED = {
    "one was changed": "update entries set who = 'x' where number = 2",
    "one was taken out": "delete from entries where number = 2",
    "the first was taken out": "delete from entries where number = 1",
    "two changed places": "update entries set number = 9 where number = 1;"
    "update entries set number = 1 where number = 3;"
    "update entries set number = 3 where number = 9",
    "one was put in": "insert into entries select 4, at, who, action, what, digest from entries"
    " where number = 3",
}


@pytest.mark.parametrize("why", TAMPERED)
def test_whoever_gets_past_that_is_noticed(tmp_path: Path, why: str) -> None:
    three(tmp_path / "log")
    with sqlite3.connect(tmp_path / "log") as database:
        database.executescript("drop trigger only_added_1; drop trigger only_added_2;")
        database.executescript(TAMPERED[why])
    with pytest.raises(AuditBroken):
        read_only(tmp_path / "log").check()


def test_it_is_its_owners_alone_and_outlives_the_process(tmp_path: Path) -> None:
    three(tmp_path / "log")
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0
    again = Audit(tmp_path / "log", lambda: START)
    again.write("omar", "audited", "the audit log")
    assert again.check() == 4


def test_what_is_no_log_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"not a database, but long enough to be looked at" * 30)
    with pytest.raises(AuditUnusable):
        Audit(tmp_path / "log")
    with pytest.raises(AuditUnusable):
        read_only(tmp_path / "nothing")


def test_the_same_is_noted_again_after_an_hour() -> None:
    now = [START]
    audit = Audit(None, lambda: now[0])
    for minutes in (0, 30, 59, 60, 61):
        now[0] = START + timedelta(minutes=minutes)
        audit.write_once("nour", "opened", "an alert")
        audit.write_once("nour", "opened", "another")
    assert audit.check() == 4


def audit_command(folder: Path, *more: str) -> tuple[int, str]:
    words = ["console", "audit", "--config", str(folder / "console.yaml"), *more]
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.stdout


def test_the_operator_reads_it_by_command(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    (tmp_path / "s").mkdir()
    three(tmp_path / "s" / AUDIT_FILE)
    status, text = audit_command(tmp_path, "--json", "--most", "2")
    told = json.loads(text)
    assert (status, told["entries"]) == (0, 3)
    assert [(e["who"], e["at"]) for e in told["newest"]] == [
        ("anna", "2026-07-15T09:00:00.000+00:00"),
        ("idir", "2026-07-15T09:00:00.000+00:00"),
    ]
    assert "3 entries, each as it was written" in audit_command(tmp_path)[1]
    with sqlite3.connect(tmp_path / "s" / AUDIT_FILE) as database:
        database.executescript("drop trigger only_added_2; delete from entries where number = 1")
    assert audit_command(tmp_path, "--json")[0] == 1
