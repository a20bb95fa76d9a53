"""A register of any number of rows, for measuring how one is read.

It is the Jordanian register of suspects, invented without a fault, its lines written again and
again under new case numbers: once as the CSV file that the shipped mapping reads, and once as a
table of a database with the same columns. So both are read by one mapping and state the same
events, three a row.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from random import Random

from country_adapters.kit.declaration import SourceOptions
from country_adapters.kit.register import Register, load_register
from country_adapters.kit.sources.sql_table import Address, SqlOptions
from deploy.registers.invent import build_world
from deploy.registers.jordan import suspects_path
from deploy.registers.shipped import SHIPPED, YEARS

NAME, TABLE = "jordan", "suspects"
ENCODING, DELIMITER = "utf-8-sig", ";"
SEED = 20260101
VICTIMS_A_YEAR = 100
FILE = suspects_path(Path(SHIPPED[NAME].file)).name
DATABASE = "register.sqlite"
ADDRESS = Address(environment="SOUTHMED_BENCH_REGISTER", file="register.url")
SQL = SqlOptions(
    kind="sql", address=ADDRESS, table=TABLE, changed_at="changed_at", id="id", overlap_seconds=0
)


def write_csv(folder: Path, rows: int) -> Path:
    """Writes the register as a file; returns its path."""
    header, lines = _lines(folder)
    path = folder / FILE
    with path.open("w", encoding=ENCODING, newline="") as file:
        writer = csv.writer(file, delimiter=DELIMITER)
        writer.writerow(header)
        writer.writerows(islice(lines, rows))
    return path


def write_sql(folder: Path, rows: int) -> Path:
    """Writes the register as a table of an SQLite database; returns its path."""
    header, lines = _lines(folder)
    path = folder / DATABASE
    columns = ", ".join(f'"{name}" TEXT' for name in header)
    marks = ", ".join("?" * len(header))
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY, changed_at TEXT, {columns})")
        db.executemany(
            f"INSERT INTO {TABLE} VALUES (?, ?, {marks})",  # noqa: S608
            ((number, _changed(number), *line) for number, line in _numbered(lines, rows)),
        )
        db.execute(f"CREATE INDEX changed ON {TABLE} (changed_at, id)")
    db.close()
    (folder / ADDRESS.file).write_text(f"sqlite:///{DATABASE}")
    return path


def declared(folder: Path, kind: str) -> Register:
    """The register in a folder: ``csv`` or ``sql``, with the one table that is measured."""
    shipped = load_register(NAME, folder)
    table = shipped.declaration.tables[TABLE]
    source: SourceOptions = SQL if kind == SQL.kind else table.source
    tables = {TABLE: table.model_copy(update={"source": source})}
    return replace(shipped, declaration=shipped.declaration.model_copy(update={"tables": tables}))


def _lines(folder: Path) -> tuple[list[str], Iterator[list[str]]]:
    """The header, and lines without end."""
    shipped = SHIPPED[NAME]
    world = build_world(shipped.country, YEARS, VICTIMS_A_YEAR, Random(SEED))  # noqa: S311
    path = folder / "one.csv"
    shipped.write(world, path)
    with suspects_path(path).open(encoding=ENCODING, newline="") as file:
        header, *lines = csv.reader(file, delimiter=DELIMITER)
    again = ([f"{line[0]}/{copy}", *line[1:]] for copy in count() for line in lines)
    return header, again


def _numbered(lines: Iterator[list[str]], rows: int) -> Iterator[tuple[int, list[str]]]:
    return enumerate(islice(lines, rows), start=1)


def _changed(number: int) -> str:
    """Times of change: a thousand rows in one second."""
    seconds = number // 1_000
    return f"2026-01-01 {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
