"""A database as a source: rows as they changed, none lost between two readings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from country_adapters.kit.errors import (
    MissingColumn,
    RegisterError,
    RegisterMissing,
    RegisterUnreadable,
    UnknownColumn,
)
from country_adapters.kit.sources.base import SourceRow, Wanted
from country_adapters.kit.sources.sql_table import Address, SqlOptions

PLANTED = "Victime Fictive 0012"
SQL = SqlOptions(
    kind="sql",
    table="victimes",
    changed_at="updated_at",
    id="id",
    address=Address(environment="SOUTHMED_TEST_REGISTER", file="register.url"),
    overlap_seconds=60,
)
SQL_WANTED = Wanted(used=("sexe",), ignored=("nom",))
NOON = datetime(2024, 5, 1, 12)
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> sa.Engine:
    (tmp_path / "register.url").write_text("sqlite:///register.sqlite\n")
    engine = sa.create_engine(f"sqlite:///{tmp_path}/register.sqlite")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE victimes (id INTEGER PRIMARY KEY, nom TEXT, sexe TEXT,"
            " updated_at TIMESTAMP NOT NULL)"
        )
    return engine


def put(engine: sa.Engine, number: int, sexe: str, at: datetime) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT OR REPLACE INTO victimes VALUES (:id, :nom, :sexe, :at)"),
            {"id": number, "nom": PLANTED, "sexe": sexe, "at": str(at)},
        )


def sql_rows(
    folder: Path, cursor: str | None = None, hours_later: float = 0, options: SqlOptions = SQL
) -> list[SourceRow]:
    source = options.open(folder, SQL_WANTED)
    source.clock = lambda: NOW + timedelta(hours=hours_later)
    return list(source.read(cursor))


def test_rows_come_as_they_changed_and_rows_of_one_instant_by_id(
    tmp_path: Path, database: sa.Engine
) -> None:
    for number, minutes in [(3, 0), (1, 5), (2, 0)]:
        put(database, number, "F", NOON + timedelta(minutes=minutes))
    rows = sql_rows(tmp_path)
    assert [row.locator for row in rows] == ["2", "3", "1"]
    assert rows[0].values == {"sexe": "F"}
    assert SQL.open(tmp_path, SQL_WANTED).size() == 3


def test_reading_goes_on_behind_the_cursor_but_for_the_overlap(
    tmp_path: Path, database: sa.Engine
) -> None:
    put(database, 1, "F", NOON)
    put(database, 2, "F", NOON + timedelta(minutes=10))
    cursor = sql_rows(tmp_path)[-1].cursor
    put(database, 3, "M", NOON + timedelta(minutes=9, seconds=30))  # became visible late
    put(database, 1, "M", NOON + timedelta(minutes=20))
    rows = sql_rows(tmp_path, cursor)
    assert [row.locator for row in rows] == ["3", "2", "1"]
    assert rows[0].cursor == cursor, "a cursor never goes back"


@pytest.mark.parametrize(
    ("hours", "later", "complete"), [(24, 23.9, False), (24, 24, True), (1, 2, True), (0, 0, True)]
)
def test_all_rows_are_read_again_when_a_complete_reading_is_due(
    tmp_path: Path, database: sa.Engine, hours: int, later: float, complete: bool
) -> None:
    for number in range(4):
        put(database, number, "F", NOON + timedelta(hours=number))
    cursor = sql_rows(tmp_path)[-1].cursor
    options = SQL.model_copy(update={"complete_every_hours": hours})
    assert len(sql_rows(tmp_path, cursor, later, options)) == (4 if complete else 1)


def test_a_cursor_from_before_there_were_complete_readings_begins_one(
    tmp_path: Path, database: sa.Engine
) -> None:
    for number in range(4):
        put(database, number, "F", NOON + timedelta(hours=number))
    assert len(sql_rows(tmp_path, '["2024-05-01 15:00:00", 3]')) == 4


def test_a_row_that_changes_during_a_complete_reading_is_not_missed(
    tmp_path: Path, database: sa.Engine
) -> None:
    with database.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO victimes VALUES (:id, '', 'F', :at)"),
            [{"id": n, "at": str(NOON + timedelta(seconds=n))} for n in range(1200)],
        )
    rows = SQL.open(tmp_path, SQL_WANTED).read(None)
    seen = [next(rows).locator]
    put(database, 1100, "M", NOON + timedelta(hours=1))
    seen += [row.locator for row in rows]
    assert sorted(map(int, seen)) == list(range(1200))
    assert seen[-1] == "1100"


def test_the_order_of_columns_does_not_matter(tmp_path: Path, database: sa.Engine) -> None:
    put(database, 1, "F", NOON)
    before = sql_rows(tmp_path)
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE victimes RENAME TO before")
        connection.exec_driver_sql(
            "CREATE TABLE victimes AS SELECT updated_at, sexe, nom, id FROM before"
        )
    assert sql_rows(tmp_path) == before


def test_every_row_of_many_pages_comes_once(tmp_path: Path, database: sa.Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO victimes VALUES (:id, '', 'F', :at)"),
            [{"id": n, "at": str(NOON + timedelta(seconds=n // 700))} for n in range(1500)],
        )
    assert [row.locator for row in sql_rows(tmp_path)] == [str(n) for n in range(1500)]


def test_what_is_no_date_in_a_date_column_is_left_to_the_mapping(
    tmp_path: Path, database: sa.Engine
) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE victimes ADD COLUMN date_retour DATE")
        connection.exec_driver_sql(
            "INSERT INTO victimes VALUES (1, '', 'F', '2024-05-01 12:00:00', '31/02/2020')"
        )
    [row] = SQL.open(tmp_path, Wanted(used=("date_retour",), ignored=("nom", "sexe"))).read(None)
    assert row.values == {"date_retour": "31/02/2020"}


def test_a_row_without_time_of_change_is_noticed(tmp_path: Path, database: sa.Engine) -> None:
    """It would never be seen again."""
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE victimes")
        connection.exec_driver_sql(
            "CREATE TABLE victimes (id INTEGER, nom TEXT, sexe TEXT, updated_at TIMESTAMP)"
        )
        connection.exec_driver_sql("INSERT INTO victimes VALUES (1, '', 'F', NULL)")
    with pytest.raises(RegisterUnreadable, match="time of change"):
        sql_rows(tmp_path)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("ALTER TABLE victimes DROP COLUMN sexe", MissingColumn),
        ("ALTER TABLE victimes DROP COLUMN updated_at", MissingColumn),
        ("ALTER TABLE victimes ADD COLUMN telephone TEXT", UnknownColumn),
        ("DROP TABLE victimes", RegisterMissing),
    ],
)
def test_a_changed_table_is_noticed(
    tmp_path: Path, database: sa.Engine, change: str, error: type[RegisterError]
) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(change)
    with pytest.raises(error):
        sql_rows(tmp_path)


def test_the_address_may_come_from_the_environment_and_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RegisterMissing, match="SOUTHMED_TEST_REGISTER"):
        sql_rows(tmp_path)
    monkeypatch.setenv("SOUTHMED_TEST_REGISTER", "sqlite:////hunter2/none/register.sqlite")
    with pytest.raises(RegisterUnreadable) as caught:
        sql_rows(tmp_path)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
