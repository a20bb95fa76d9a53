"""Which rows a complete reading has found, so that rows that went are noticed.

The rules:

1. A complete reading gives every row that there is. It has a name (the digest of a file, the time
   at which a reading of a server began) and a number; a row keeps the number of the last reading
   that found it, in the transaction that records the row. So a reading may break off and go on.
2. When a reading comes to its end, the rows with an older number have gone. What a row said that
   was never mapped was never published: it is forgotten, and not counted.
3. A row that was found and rejected is not gone; what it published before stays.
4. Whether as many rows may go is not decided here: ``missing`` tells how many there are, and
   ``withdraw_gone`` of the outbox is called when they may. What was begun is finished, also after
   a crash.
5. Of two processes that read one register at once, only the one whose reading is the newest ends
   it; the other's rows are recorded like any.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from producers.rows import MappedRow, RejectedRow, Sighting
from producers.schema import SEEN
from producers.streams import Streams

OPEN, HELD, LEAVING, SETTLED = "open", "held", "leaving", "settled"
"""Not at its end; rows are missing and nobody said that they may go; they are going; done."""

OLDER = "source = ? AND reading < ?"


@dataclass(frozen=True)
class Missing:
    """What a complete reading did not find again.

    Attributes:
        gone: Rows that were found before, and not by this reading.
        known: Rows that were known when it began.
        may_go: Somebody said so already, and the process ended before all had gone.
    """

    gone: int
    known: int
    may_go: bool = False


@dataclass(frozen=True)
class Reading:
    """How the last complete reading of a source stands.

    Attributes:
        source: The source.
        known: Rows that were known when it began.
        held: Rows that it missed and that wait for a word of confirmation.
        gone: Rows that went and were withdrawn, in this reading and all before it.
    """

    source: str
    known: int
    held: int
    gone: int


class Sightings(Streams):
    """The rows that complete readings found, in the file of the outbox."""

    def __init__(self, path: Path, *, authority: str, streams: int) -> None:
        super().__init__(path, authority=authority, streams=streams)
        with self._transaction():
            for statement in SEEN:
                self._db.execute(statement)

    def begin_reading(self, source: str, name: str) -> int:
        """The number of a complete reading; a new one, unless the last has this name."""
        with self._transaction():
            last = self._reading(source)
            if last is not None and last["name"] == name:
                return int(last["number"])
            known = self._db.execute(
                "SELECT count(*) FROM seen WHERE source = ? AND stated", (source,)
            ).fetchone()[0]
            number, gone = (last["number"] + 1, last["gone"]) if last is not None else (1, 0)
            self._db.execute(
                "INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?, ?, ?)",
                (source, number, name, known, OPEN, 0, gone),
            )
        return int(number)

    def contents(self, reading: int, row_keys: Collection[bytes]) -> dict[bytes, bytes]:
        """What this reading noted of rows that it found already, by their key."""
        marks = ", ".join("?" * len(row_keys))
        query = f"SELECT row_key, content FROM seen WHERE reading = ? AND row_key IN ({marks})"  # noqa: S608
        return {r["row_key"]: r["content"] for r in self._db.execute(query, (reading, *row_keys))}

    def _see(
        self, source: str, rows: Sequence[MappedRow | RejectedRow], sighting: Sighting
    ) -> None:
        """Notes the rows as found; inside the transaction that records them."""
        self._db.executemany(
            "INSERT INTO seen VALUES (?, ?, ?, ?, ?) ON CONFLICT (row_key) DO UPDATE SET"
            " content = CASE WHEN excluded.reading < reading THEN content"
            " ELSE excluded.content END, reading = max(reading, excluded.reading),"
            " stated = max(stated, excluded.stated)",
            [
                (row.row_key, source, sighting.reading, content, isinstance(row, MappedRow))
                for row, content in zip(rows, sighting.contents, strict=True)
            ],
        )

    def missing(self, source: str, number: int, *, look: bool) -> Missing | None:
        """How many rows a reading that came to its end has not found, if that is still open.

        Args:
            source: The source.
            number: The number of the reading.
            look: Count them again, also if they were counted when the reading ended before.
        """
        last = self._reading(source)
        if last is None or last["number"] != number or last["state"] == SETTLED:
            return None
        if last["state"] == HELD and not look:
            return Missing(last["held"], last["known"])
        query = f"SELECT count(*) FROM seen WHERE {OLDER} AND stated"  # noqa: S608
        gone = self._db.execute(query, (source, number)).fetchone()[0]
        return Missing(gone, last["known"], last["state"] == LEAVING)

    def hold(self, source: str, number: int, missing: Missing) -> None:
        """Keeps rows that are missing until somebody says that they may go."""
        with self._transaction():
            self._db.execute(
                "UPDATE readings SET state = ?, held = ? WHERE source = ? AND number = ?",
                (HELD, missing.gone, source, number),
            )

    def readings(self) -> list[Reading]:
        """How the complete readings of all sources stand."""
        query = "SELECT source, known, held, gone FROM readings ORDER BY source"
        return [Reading(**row) for row in self._db.execute(query)]

    def _reading(self, source: str) -> sqlite3.Row | None:
        query = "SELECT * FROM readings WHERE source = ?"
        row: sqlite3.Row | None = self._db.execute(query, (source,)).fetchone()
        return row

    def _set_state(self, source: str, number: int, state: str) -> None:
        self._db.execute(
            "UPDATE readings SET state = ?, held = 0 WHERE source = ? AND number = ?",
            (state, source, number),
        )

    def _next_gone(self, source: str, number: int, after: bytes, most: int) -> list[sqlite3.Row]:
        """The next rows that have gone, in the order of their keys; inside a transaction."""
        query = f"SELECT row_key, stated FROM seen WHERE {OLDER} AND row_key > ?"  # noqa: S608
        found = self._db.execute(f"{query} ORDER BY row_key LIMIT ?", (source, number, after, most))
        return found.fetchall()

    def _forget(self, source: str, rows: Sequence[sqlite3.Row]) -> None:
        keys = [(row["row_key"],) for row in rows]
        self._db.executemany("DELETE FROM seen WHERE row_key = ?", keys)
        counted = sum(row["stated"] for row in rows)
        self._db.execute("UPDATE readings SET gone = gone + ? WHERE source = ?", (counted, source))

    def _forget_rejections(self, source: str, number: int) -> None:
        """Forgets rejections of rows that a complete reading no longer found wrong."""
        self._db.execute(
            "DELETE FROM rejections WHERE source = ? AND NOT EXISTS (SELECT 1 FROM seen"
            " WHERE seen.row_key = rejections.row_key AND reading >= ?)",
            (source, number),
        )
