"""Rows of a table or view in an SQL database, read in the order in which they changed.

The rules:

1. The cursor is the pair (time of change, id) of the last row recorded; the next reading goes on
   behind it. Two rows of one instant are told apart by their id.
2. A transaction may become visible after another that began later. So each reading begins again a
   little before the cursor (``overlap_seconds``); rows read twice change nothing, and the cursor
   never goes back.
3. Nothing is held open: rows come in pages, each by its own query.
4. A deleted row does not change. So all rows are read again, in the same order, once in
   ``complete_every_hours``: a row that changes meanwhile moves to the end and is not missed.
5. The address of the database comes from an environment variable or a file, because it may hold a
   password. It is no argument, and no error repeats it.

A row whose time of change is not maintained is never seen again: declare a view where needed, and
let its time of change be the latest of those of the tables it joins. An index on (time of change,
id) makes a page cost the same wherever it stands.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError

from country_adapters.kit.errors import MissingColumn, RegisterMissing, RegisterUnreadable
from country_adapters.kit.sources.base import SourceRow, Wanted
from country_adapters.kit.sources.paged import Clock, is_due, now

PAGE = 500
CHANGED_AT = "southmed_changed_at"
Keys = tuple[Any, Any]
"""A time of change, in the database's own form, and an id (None: before every id)."""


class Address(BaseModel):
    """Where the SQLAlchemy URL of the database stands; the variable wins.

    Attributes:
        environment: Name of a variable.
        file: Name of a file in the register's folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: str
    file: str

    def url(self, folder: Path) -> str:
        """The URL; a relative SQLite path counts from the register's folder.

        Raises:
            RegisterMissing: Neither the variable nor the file is there.
        """
        if text := os.environ.get(self.environment, ""):
            return text.strip()
        try:
            return (folder / self.file).read_text(encoding="utf-8").strip()
        except OSError:
            raise RegisterMissing(
                expected=f"the variable {self.environment} or the file {self.file}", got="neither"
            ) from None


class SqlOptions(BaseModel):
    """Options of ``kind: sql``.

    Attributes:
        address: Where the database's URL stands.
        table: The table or view.
        changed_at: Its column with the time of the last change.
        id: Its column with a unique number or text that never changes.
        overlap_seconds: How far before the cursor reading begins.
        complete_every_hours: How often all rows are read again; 0 is in each run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["sql"]
    address: Address
    table: str
    changed_at: str
    id: str
    overlap_seconds: int = Field(default=300, ge=0)
    complete_every_hours: int = Field(default=24, ge=0)

    def open(self, folder: Path, wanted: Wanted) -> SqlTable:
        return SqlTable(self, sa.create_engine(anchored(self.address.url(folder), folder)), wanted)


def anchored(url: str, folder: Path) -> sa.URL:
    """The URL, a relative SQLite path in it counted from the folder.

    Raises:
        RegisterUnreadable: It is no URL.
    """
    try:
        parsed = sa.make_url(url)
    except SQLAlchemyError:
        raise RegisterUnreadable(expected="an SQLAlchemy URL", got="other text") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(database=str(folder / parsed.database))
    return parsed


class SqlTable:
    """A table or view with a keyset of (time of change, id)."""

    snapshot = False

    def __init__(
        self, options: SqlOptions, engine: sa.Engine, wanted: Wanted, clock: Clock = now
    ) -> None:
        self.options = options
        self.wanted = wanted
        self._engine = engine
        self.clock = clock
        self.reading = ""

    @cached_property
    def _table(self) -> sa.Table:
        """The table as the database describes it, its columns checked."""
        try:
            table = sa.Table(self.options.table, sa.MetaData(), autoload_with=self._engine)
        except sa.exc.NoSuchTableError:
            raise RegisterMissing(expected=f"the table {self.options.table}", got="none") from None
        except SQLAlchemyError:
            raise self._unreadable() from None
        names = list(table.columns.keys())
        for name in (self.options.changed_at, self.options.id):
            if name not in names:
                raise MissingColumn(expected=f"the column {name}", got=f"none in {table.name}")
        mine = (self.options.changed_at, self.options.id)
        allowed = Wanted(self.wanted.used, (*self.wanted.ignored, *mine))
        allowed.check(names, lambda index: f"column {names[index]}", f"table {table.name}")
        return table

    def size(self) -> int | None:
        return self._size

    @cached_property
    def _size(self) -> int:
        """The number of rows when it is first asked for."""
        [row] = self._rows(sa.select(sa.func.count().label("size")).select_from(self._table))
        return int(row["size"])

    def read(self, cursor: str | None) -> Iterator[SourceRow]:
        """The rows that changed since the cursor, and those of the overlap before it.

        All rows, if a complete reading is due.

        Raises:
            RegisterUnreadable: The database does not answer, or a row has no time of change.
        """
        undated = sa.select(self._table.c[self.options.id]).where(self._changed_at.is_(None))
        if self._rows(undated.limit(1)):
            raise RegisterUnreadable(expected="a time of change in every row", got="a blank")
        self.reading, kept = self._due(cursor)
        reached, after = self._start(kept)
        while page := self._page(after):
            for row in page:
                after = (row[CHANGED_AT], row[self.options.id])
                reached = after if reached is None else max(reached, after)
                values = {name: row[name] for name in self.wanted.used}
                yield SourceRow(str(after[1]), values, _write_cursor(self.reading, reached))

    def _column(self, name: str) -> sa.ColumnElement[Any]:
        """A column with the values that the database itself holds and compares.

        SQLite keeps dates and times as text, which need not be one, with or without fractions of
        a second; whether it is a date is for the mapping to say.
        """
        column = self._table.c[name]
        return sa.type_coerce(column, sa.types.NullType()) if self._in_text else column

    @property
    def _changed_at(self) -> sa.ColumnElement[Any]:
        return self._column(self.options.changed_at)

    @property
    def _in_text(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    def _due(self, cursor: str | None) -> tuple[str, Sequence[Any] | None]:
        """When the complete reading began that this one belongs to, and the keys it reached."""
        at = self.clock()
        kept = json.loads(cursor) if cursor is not None else None
        # A cursor without the time is one from before there were complete readings.
        hours = self.options.complete_every_hours
        if isinstance(kept, dict) and not is_due(kept["began"], hours, at):
            return kept["began"], kept["reached"]
        return at.isoformat(), None

    def _start(self, kept: Sequence[Any] | None) -> tuple[Keys | None, Keys | None]:
        """The keys reached, and those behind which reading begins."""
        if kept is None:
            return None, None
        text, number = kept
        changed_at = datetime.fromisoformat(text)
        since = changed_at - timedelta(seconds=self.options.overlap_seconds)
        if self._in_text:
            return (text, number), (since.isoformat(" "), None)
        return (changed_at, number), (since, None)

    def _page(self, after: Keys | None) -> Sequence[sa.RowMapping]:
        changed, number = self._changed_at, self._table.c[self.options.id]
        names = dict.fromkeys([*self.wanted.used, self.options.id])
        columns = [self._column(name).label(name) for name in names]
        query = sa.select(changed.label(CHANGED_AT), *columns)
        query = query.order_by(changed, number).limit(PAGE)
        if after is not None:
            query = query.where(_behind(changed, number, after))
        return self._rows(query)

    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        """All rows of a query, without holding anything open."""
        try:
            with self._engine.connect() as connection:
                return connection.execute(query).mappings().all()
        except SQLAlchemyError:
            raise self._unreadable() from None

    def _unreadable(self) -> RegisterUnreadable:
        return RegisterUnreadable(
            expected=f"rows of {self.options.table}", got="an error of the database"
        )


def _write_cursor(began: str, keys: Keys) -> str:
    changed_at, number = keys
    text = changed_at if isinstance(changed_at, str) else changed_at.isoformat()
    return json.dumps({"began": began, "reached": [text, number]})


def _behind(
    changed: sa.ColumnElement[Any], number: sa.ColumnElement[Any], after: Keys
) -> sa.ColumnElement[bool]:
    since, last = after
    later: sa.ColumnElement[bool] = changed >= since
    if last is not None:
        # The first part is what an index on both is entered by.
        later = sa.and_(changed >= since, sa.or_(changed > since, number > last))
    return later
