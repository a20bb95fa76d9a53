"""The Moroccan adapter on a real PostgreSQL: the same events as from SQLite, and nothing missed.

The tests start a server of their own from the installed packages, in a temporary folder, reached
through a Unix socket only, and stop it by its process id. Where PostgreSQL is not installed they
are skipped, but not in continuous integration: there they fail.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from country_adapters.kit.register import Register, load_register
from country_adapters.kit.runner import Progress, RunReport, run, write_rejects
from deploy.registers import morocco
from producers.outbox import Outbox
from tests.integration.golden import PSEUDONYMS, TODAY, fixtures, leaving, line_of

pytestmark = pytest.mark.postgres

SERVER_USER = "postgres"
VICTIMS = morocco.TABLES["victimes"]
START_SECONDS = 20
FIXTURES = fixtures("morocco")


def programs() -> Path:
    """The folder with ``initdb`` and ``postgres``, the newest version if there are several."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    found = [*([Path(on_path)] if on_path else []), *installed]
    if not found:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("PostgreSQL is not installed; on Debian: apt install postgresql")
    return found[-1].parent


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """The folder of a running server's socket; the server refuses to run as root."""
    commands = programs()
    folder = Path(tempfile.mkdtemp(prefix="southmed-pg-"))
    user = SERVER_USER if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    subprocess.run(
        [commands / "initdb", "-D", data, "-U", SERVER_USER, "-A", "trust", "-E", "UTF8", "-N"],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
    )
    options = ("-c", "listen_addresses=", "-c", "fsync=off")
    process = subprocess.Popen(
        [commands / "postgres", "-D", data, "-k", folder, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        user=user,
    )
    try:
        wait_for(folder, process)
        yield folder
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=START_SECONDS)
        shutil.rmtree(folder)


def url(folder: Path, database: str) -> sa.URL:
    return sa.URL.create(
        "postgresql+psycopg", SERVER_USER, database=database, query={"host": str(folder)}
    )


def wait_for(folder: Path, process: subprocess.Popen[bytes]) -> None:
    engine = sa.create_engine(url(folder, "postgres"), poolclass=sa.NullPool)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            assert process.poll() is None, "the server ended at once"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)
        else:
            return


NUMBERS = count(1)


@pytest.fixture
def engine(server: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """A database of its own for each test, filled from the shipped dump."""
    name = f"register_{next(NUMBERS)}"
    admin = sa.create_engine(url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    admin.dispose()
    engine = sa.create_engine(url(server, name))
    morocco.load(FIXTURES / "register.sql", engine)
    monkeypatch.setenv("SOUTHMED_MA_REGISTER", url(server, name).render_as_string())
    yield engine
    engine.dispose()


@pytest.fixture
def register(engine: sa.Engine, tmp_path: Path) -> Register:  # noqa: ARG001 - sets the address
    return load_register("morocco", tmp_path)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, authority="ma.cnclt", streams=1, id_key=bytes(32))
    yield outbox
    outbox.close()


def read(register: Register, outbox: Outbox, progress: Progress | None = None) -> RunReport:
    """As it is mapped: what is tested here is the reading."""
    return run(
        register,
        outbox,
        pseudonyms=PSEUDONYMS,
        today=TODAY,
        progress=progress,
        chunk=50,
        unsafe_without_gate=True,
    )


def events(outbox: Outbox) -> list[str]:
    return sorted(map(line_of, leaving(outbox)[0]))


def expected() -> list[str]:
    """What the adapter reads from SQLite."""
    return (FIXTURES / "expected.jsonl").read_text(encoding="utf-8").splitlines()


def change(connection: sa.Connection, row: int, *, after_last: timedelta) -> None:
    """Changes the sex of a victim, at a time before or after the last change in the table."""
    last = connection.scalar(sa.select(sa.func.max(VICTIMS.c.updated_at)))
    assert last is not None
    update = sa.update(VICTIMS).where(VICTIMS.c.id == row)
    connection.execute(update.values(sexe="A", updated_at=last + after_last))


def test_events_and_rejections_are_those_of_sqlite(
    register: Register, outbox: Outbox, tmp_path: Path
) -> None:
    read(register, outbox)
    write_rejects(outbox, tmp_path / "rejects.csv")
    assert events(outbox) == expected()
    rejects = (tmp_path / "rejects.csv").read_text(encoding="utf-8")
    assert rejects == (FIXTURES / "expected_rejects.csv").read_text(encoding="utf-8")


class Stopped(Exception):
    """Ends a run in the middle."""


def test_a_run_that_was_stopped_goes_on_behind_its_cursor(
    register: Register, outbox: Outbox
) -> None:
    def stop(table: str, rows: int, _size: int | None) -> None:
        if table == "victimes" and rows >= 150:
            raise Stopped

    with pytest.raises(Stopped):
        read(register, outbox, stop)
    again = {table.table: table for table in read(register, outbox).tables}
    size = register.source("victimes").size()
    assert size is not None
    assert size - 150 <= again["victimes"].rows < size - 100
    assert events(outbox) == expected()


def test_a_row_that_changes_while_it_is_read_is_read_again(
    register: Register, outbox: Outbox, engine: sa.Engine
) -> None:
    def meanwhile(table: str, rows: int, _size: int | None) -> None:
        if table == "victimes" and rows == 50:
            with engine.begin() as connection:
                change(connection, first_read(connection), after_last=timedelta(seconds=1))

    report = read(register, outbox, meanwhile)
    assert report.events.corrected >= 1
    assert report.events.withdrawn == 0


def first_read(connection: sa.Connection) -> int:
    """The victim whose row is read first: changed earliest."""
    order = sa.select(VICTIMS.c.id).order_by(VICTIMS.c.updated_at, VICTIMS.c.id).limit(1)
    return int(connection.execute(order).scalar_one())


def test_a_change_that_becomes_visible_late_is_found_by_the_overlap(
    register: Register, outbox: Outbox, engine: sa.Engine
) -> None:
    """Its time lies before the cursor, because its transaction began before others ended."""
    with engine.connect() as slow:
        change(slow, first_read(slow), after_last=timedelta(seconds=-60))
        assert read(register, outbox).events.corrected == 0
        slow.commit()
    report = read(register, outbox)
    assert report.events.corrected >= 1
    assert (report.events.new, report.events.withdrawn) == (0, 0)
    assert read(register, outbox).events.corrected == 0


def a_day_passes(outbox: Outbox) -> None:
    """The last complete reading began two days ago."""
    fingerprint, _, text = (outbox.cursor("victimes") or "").partition("|")
    kept = json.loads(text)
    began = datetime.fromisoformat(kept["began"]) - timedelta(days=2)
    aged = json.dumps({**kept, "began": began.isoformat()})
    outbox.record("victimes", [], f"{fingerprint}|{aged}")


def test_a_deleted_row_is_withdrawn_by_the_next_complete_reading(
    register: Register, outbox: Outbox, engine: sa.Engine
) -> None:
    read(register, outbox)
    with engine.begin() as connection:
        row = first_accepted(connection, outbox)
        connection.execute(sa.delete(VICTIMS).where(VICTIMS.c.id == row))
    assert read(register, outbox).events.withdrawn == 0
    a_day_passes(outbox)
    report = read(register, outbox)
    gone = {table.table: table.rows_gone for table in report.tables if table.rows_gone}
    assert gone == {"victimes": 1}
    assert report.events.withdrawn >= 1
    assert (report.events.new, report.events.corrected) == (0, 0)
    assert read(register, outbox).events.withdrawn == 0


def first_accepted(connection: sa.Connection, outbox: Outbox) -> int:
    """The first victim whose row was not rejected."""
    rejected = {r.row for r in outbox.rejections() if r.table == "victimes"}
    rows = connection.execute(sa.select(VICTIMS.c.id).order_by(VICTIMS.c.id)).scalars()
    return next(int(row) for row in rows if str(row) not in rejected)
