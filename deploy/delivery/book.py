"""The book of a delivery: how each recipient stands with each alert, and the letters.

One SQLite file, in WAL mode with ``synchronous=FULL``; it holds ids of alerts, names of recipients
and times, and no address. The rules:

1. A letter and what it makes of its alerts are written in one transaction, before it is sent. From
   then on it is the same letter, whatever comes.
2. Topics are read from their beginning at every start, so there is no offset to lose: what was
   decided on before is known by its revision.
3. One process at a time: the file beside it ending in ``.lock`` is held as long as it is open.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deploy.delivery.errors import (
    DeliveryBookForeign,
    DeliveryBookUnwritable,
    DeliveryUnderWay,
)
from deploy.delivery.hours import Instant
from deploy.delivery.plan import Item, Letter, Outcome, Stand, put_into_letter
from processors.durable_file import DurableFile

PATIENCE = 30.0
_EVER = 1 << 62
_TABLES = (
    "CREATE TABLE IF NOT EXISTS reader (name TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS stands (recipient TEXT NOT NULL, alert TEXT NOT NULL,"
    " seen INTEGER NOT NULL, told INTEGER NOT NULL, waiting INTEGER NOT NULL,"
    " since INTEGER NOT NULL, PRIMARY KEY (recipient, alert)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS stands_waiting ON stands (recipient) WHERE waiting > 0",
    "CREATE TABLE IF NOT EXISTS letters (number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " recipient TEXT NOT NULL, items TEXT NOT NULL, made INTEGER NOT NULL,"
    " state TEXT NOT NULL, attempts INTEGER NOT NULL, next INTEGER NOT NULL,"
    " status INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS letters_due ON letters (state, next)",
)


class Entry(NamedTuple):
    """A letter in the book.

    Attributes:
        number: Its number.
        letter: What it is.
        made: When it was made.
        state: What became of the last attempt; DELAYED if there was none.
        attempts: How often it was tried.
        next: When it may be tried.
        status: What the server answered last, as a number; 0 for nothing.
    """

    number: int
    letter: Letter
    made: Instant
    state: Outcome
    attempts: int
    next: Instant
    status: int


class Book:
    """The book of one reader's deliveries.

    Args:
        path: The SQLite file.
        reader: Whose alerts they are.

    Raises:
        DeliveryUnderWay: Another process has it.
        DeliveryBookForeign: It is another reader's, or no book.
        DeliveryBookUnwritable: It cannot be written.
    """

    def __init__(self, path: Path, reader: str) -> None:
        self._path = path
        self._lock = self._taken()
        try:
            self._file = DurableFile(
                path,
                "a book of deliveries",
                patience=PATIENCE,
                unwritable=DeliveryBookUnwritable,
                foreign=DeliveryBookForeign,
            )
            self._db, self._transaction = self._file.db, self._file.transaction
            self._file.lay(_TABLES, "reader", reader)
        except BaseException:
            self.close()
            raise

    def _taken(self) -> int:
        name = self._path.with_name(f"{self._path.name}.lock")
        try:
            lock = os.open(name, os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError:
            raise DeliveryBookUnwritable(expected=f"a book at {self._path}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise DeliveryUnderWay(expected=f"{self._path} for one process") from None
        return lock

    def _rows(self, query: str, values: tuple[object, ...]) -> list[Any]:
        with self._file.named_errors():
            return self._db.execute(query, values).fetchall()

    def close(self) -> None:
        """Closes it, and lets others have it."""
        if hasattr(self, "_file"):
            self._file.close()
        os.close(self._lock)

    # --- Standing --------------------------------------------------------------------------------

    def stand(self, recipient: str, alert: str) -> Stand:
        """How a recipient stands with an alert."""
        rows = self._rows(
            "SELECT seen, told, waiting, since FROM stands WHERE recipient = ? AND alert = ?",
            (recipient, alert),
        )
        return Stand(*rows[0]) if rows else Stand()

    def waiting(self, recipient: str) -> dict[str, Stand]:
        """What waits for a recipient, by the alerts' ids."""
        rows = self._rows(
            "SELECT alert, seen, told, waiting, since FROM stands"
            " WHERE recipient = ? AND waiting > 0",
            (recipient,),
        )
        return {alert: Stand(*rest) for alert, *rest in rows}

    def put(self, stands: Mapping[tuple[str, str], Stand]) -> None:
        """Writes how recipients stand, by their names and the alerts' ids; all or nothing."""
        with self._transaction():
            self._put(stands)

    def _put(self, stands: Mapping[tuple[str, str], Stand]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO stands VALUES (?, ?, ?, ?, ?, ?)",
            [(*who, s.seen, s.told, s.waiting, s.since) for who, s in stands.items()],
        )

    # --- Letters ---------------------------------------------------------------------------------

    def write(self, letter: Letter, now: Instant) -> None:
        """Writes a letter that is to be sent; what it tells waits no more."""
        name = letter.recipient
        with self._transaction():
            self._db.execute(
                "INSERT INTO letters (recipient, items, made, state, attempts, next, status)"
                " VALUES (?, ?, ?, ?, 0, ?, 0)",
                (name, json.dumps(letter.items), now, Outcome.DELAYED, now),
            )
            stands = {item.alert: self.stand(name, item.alert) for item in letter.items}
            self._put({(name, alert): put_into_letter(s) for alert, s in stands.items()})

    def due(self, recipients: Iterable[str], now: Instant) -> list[Entry]:
        """The letters to these recipients that are to be tried now, oldest first."""
        names = set(recipients)
        entries = self._entries(Outcome.DELAYED, now)
        return [entry for entry in entries if entry.letter.recipient in names]

    def refused(self) -> list[Entry]:
        """The letters that were refused for good."""
        return self._entries(Outcome.REFUSED, _EVER)

    def number_waiting(self) -> int:
        """How many letters have not been taken yet."""
        ((number,),) = self._rows(
            "SELECT COUNT(*) FROM letters WHERE state = ?", (Outcome.DELAYED,)
        )
        return int(number)

    def tried(self, number: int, outcome: Outcome, next_: Instant, status: int) -> None:
        """Notes what became of an attempt."""
        with self._transaction():
            self._db.execute(
                "UPDATE letters SET state = ?, attempts = attempts + 1, next = ?, status = ?"
                " WHERE number = ?",
                (outcome, next_, status, number),
            )

    def try_refused_again(self, now: Instant) -> int:
        """Has letters that were refused for good tried once more; returns how many."""
        with self._transaction():
            done = self._db.execute(
                "UPDATE letters SET state = ?, next = ? WHERE state = ?",
                (Outcome.DELAYED, now, Outcome.REFUSED),
            )
        return done.rowcount

    def _entries(self, state: Outcome, until: Instant) -> list[Entry]:
        rows = self._rows(
            "SELECT number, recipient, items, made, state, attempts, next, status FROM letters"
            " WHERE state = ? AND next <= ? ORDER BY number",
            (state, until),
        )
        return [
            Entry(number, _letter(recipient, items), made, Outcome(state), *rest)
            for number, recipient, items, made, state, *rest in rows
        ]


def _letter(recipient: str, items: str) -> Letter:
    return Letter(recipient, tuple(Item(*item) for item in json.loads(items)))
