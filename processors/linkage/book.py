"""The trustee's book: how far requests were read, who has asked for what, what was answered.

One SQLite file a holder, in WAL mode with ``synchronous=FULL``. The rules:

1. Everything that follows from a record is written in one transaction, before any of it is sent:
   the next offset, the account, what is kept, the line of the log, the answer that is to go out.
2. A record is decided on once. Whoever comes second with the same offset changes nothing, be it
   after a crash or because two processes run on one book.
3. An answer waits here until Kafka has it. After a crash it may go out twice; its request's id
   tells whoever asked.
4. What was evaluated is kept for `KEEP_DAYS`, longer than its request stands in the topic, so that
   it is answered alike. The log and the accounts are kept for ever.
5. Nobody can fill the disk with what costs nothing: refusals of one kind, and repetitions, are
   counted in one line of the log for an hour.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from processors.durable_file import DurableFile
from processors.linkage.errors import BookForeign, BookMissing, BookUnwritable
from processors.linkage.judge import Decision, Kept, State
from processors.linkage.quota import DAY_MS, Account

PATIENCE = 60.0
KEEP_DAYS = 100
HOUR_MS = 3600 * 1000

_TABLES = (
    "CREATE TABLE IF NOT EXISTS holder (name TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS offsets (country TEXT PRIMARY KEY, next INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS accounts"
    " (authority TEXT PRIMARY KEY, drops INTEGER NOT NULL, at INTEGER NOT NULL,"
    " used TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS kept"
    " (authority TEXT NOT NULL, request_id BLOB NOT NULL, at INTEGER NOT NULL,"
    " digest BLOB NOT NULL, keyid TEXT NOT NULL, message BLOB NOT NULL,"
    " PRIMARY KEY (authority, request_id))",
    "CREATE INDEX IF NOT EXISTS kept_at ON kept (at)",
    "CREATE TABLE IF NOT EXISTS waiting"
    " (id INTEGER PRIMARY KEY AUTOINCREMENT, country TEXT NOT NULL, message BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS log"
    " (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, last INTEGER NOT NULL,"
    " country TEXT NOT NULL, authority TEXT NOT NULL, request_id BLOB NOT NULL,"
    " state TEXT NOT NULL, code TEXT NOT NULL, times INTEGER NOT NULL,"
    " elements INTEGER NOT NULL, left INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS log_kind ON log (country, authority, state, code, at)",
)


class Waiting(NamedTuple):
    """An answer that Kafka does not have yet."""

    id: int
    country: str
    message: bytes


class Line(NamedTuple):
    """A line of the log.

    Attributes:
        at: When it began, in milliseconds since 1970.
        last: When the last request of the line came.
        country: Whose topic it came on.
        authority: Who asked, or claims to have.
        request_id: Of the first request of the line.
        state: What became of it.
        code: Why it was refused.
        times: How many requests of one kind the line stands for.
        elements: How many elements they asked for.
        left: What the authority could ask for after the last of them.
    """

    at: int
    last: int
    country: str
    authority: str
    request_id: bytes
    state: State
    code: str
    times: int
    elements: int
    left: int


class Book:
    """The book of one holder.

    Args:
        path: The SQLite file.
        holder: Whose it is.
        make: Whether to make one where there is none.

    Raises:
        BookMissing: There is none, and none is to be made.
        BookForeign: It is another holder's, or no book at all.
        BookUnwritable: It cannot be written.
    """

    def __init__(self, path: Path, holder: str, *, make: bool = True) -> None:
        if not make and not path.exists():
            raise BookMissing(expected=f"a book at {path}")
        self._file = DurableFile(
            path,
            "a trustee's book",
            patience=PATIENCE,
            unwritable=BookUnwritable,
            foreign=BookForeign,
        )
        self._db, self._transaction = self._file.db, self._file.transaction
        try:
            self._file.lay(_TABLES, "holder", holder)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._file.close()

    # --- What is booked --------------------------------------------------------------------------

    def kept(self, authority: str, request_id: bytes) -> Kept | None:
        """The evaluation that a request was given, if it was."""
        row = self._db.execute(
            "SELECT digest, keyid, message FROM kept WHERE authority = ? AND request_id = ?",
            (authority, request_id),
        ).fetchone()
        return Kept(*row) if row else None

    def account(self, authority: str) -> Account:
        """How an authority stands; with a full bucket, if it never asked."""
        row = self._db.execute(
            "SELECT drops, at, used FROM accounts WHERE authority = ?", (authority,)
        ).fetchone()
        return Account(row["drops"], row["at"], json.loads(row["used"])) if row else Account()

    def next_offset(self, country: str) -> int:
        """The offset in a country's topic that has not been decided on."""
        row = self._db.execute("SELECT next FROM offsets WHERE country = ?", (country,)).fetchone()
        return row["next"] if row else 0

    def waiting(self, limit: int = 100) -> list[Waiting]:
        """The oldest answers that Kafka does not have yet."""
        rows = self._db.execute("SELECT * FROM waiting ORDER BY id LIMIT ?", (limit,))
        return [Waiting(*row) for row in rows]

    def number_waiting(self) -> int:
        """How many answers Kafka does not have yet."""
        (number,) = self._db.execute("SELECT COUNT(*) FROM waiting").fetchone()
        return int(number)

    def lines(self, *, limit: int, authority: str = "", refused: bool = False) -> list[Line]:
        """The newest lines of the log, oldest first.

        Args:
            limit: At most so many.
            authority: Of one authority only.
            refused: Refusals only.
        """
        rows = self._db.execute(
            "SELECT at, last, country, authority, request_id, state, code, times, elements, left"
            " FROM log WHERE (? = '' OR authority = ?) AND (? = 0 OR state = ?)"
            " ORDER BY last DESC, id DESC LIMIT ?",
            (authority, authority, refused, State.REFUSED, limit),
        )
        return [Line(*row)._replace(state=State(row["state"])) for row in rows][::-1]

    def totals(self) -> dict[tuple[str, State], tuple[int, int]]:
        """Requests and elements of all time, by authority and what became of them."""
        rows = self._db.execute(
            "SELECT authority, state, SUM(times), SUM(elements) FROM log GROUP BY authority, state"
        )
        return {(row[0], State(row[1])): (row[2], row[3]) for row in rows}

    # --- Booking ---------------------------------------------------------------------------------

    def record(self, country: str, offset: int, decision: Decision) -> bool:
        """Books all that follows from a record.

        Args:
            country: Whose topic the record stands in.
            offset: Where.
            decision: What was decided on it.

        Returns:
            Whether it was booked; False if the record had been decided on before.
        """
        with self._transaction():
            if offset < self.next_offset(country):
                return False
            self._db.execute("INSERT OR REPLACE INTO offsets VALUES (?, ?)", (country, offset + 1))
            self._write(country, decision)
        return True

    def go_to(self, country: str, offset: int) -> None:
        """Has a topic read from another offset on, because what the book knows of is not there."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO offsets VALUES (?, ?)", (country, offset))

    def sent(self, answers: Sequence[Waiting]) -> None:
        """Forgets answers that Kafka has."""
        with self._transaction():
            self._db.executemany("DELETE FROM waiting WHERE id = ?", [(a.id,) for a in answers])

    def tidy(self, now: int) -> None:
        """Drops what was evaluated so long ago that its request stands in the topic no more."""
        with self._transaction():
            self._db.execute("DELETE FROM kept WHERE at < ?", (now - KEEP_DAYS * DAY_MS,))

    def _write(self, country: str, decision: Decision) -> None:
        who = decision.authority
        if (account := decision.account) is not None:
            used = json.dumps(account.used, sort_keys=True)
            self._db.execute(
                "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?)",
                (who, account.drops, account.at, used),
            )
        if decision.kept is not None:
            self._db.execute(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?)",
                (who, decision.request_id, decision.at, *decision.kept),
            )
        if decision.message is not None:
            self._db.execute(
                "INSERT INTO waiting (country, message) VALUES (?, ?)", (country, decision.message)
            )
        if decision.state is State.EVALUATED or not self._counted(country, decision):
            self._db.execute(
                "INSERT INTO log (at, last, country, authority, request_id, state, code, times,"
                " elements, left) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
                (
                    *(decision.at, decision.at, country, who, decision.request_id),
                    *(decision.state, decision.code, decision.elements, decision.left),
                ),
            )

    def _counted(self, country: str, decision: Decision) -> bool:
        """Counts a decision in a line of its kind that is not an hour old, if there is one."""
        kind = (country, decision.authority, decision.state, decision.code)
        done = self._db.execute(
            "UPDATE log SET times = times + 1, elements = elements + ?, left = ?, last = ?"
            " WHERE id = (SELECT id FROM log WHERE country = ? AND authority = ? AND state = ?"
            " AND code = ? AND at > ? ORDER BY at DESC LIMIT 1)",
            (decision.elements, decision.left, decision.at, *kind, decision.at - HOUR_MS),
        )
        return done.rowcount > 0
