"""The audit log: who did what and when, and never what stood there.

The rules:

1. Written before it is done: signing in and out, opening an alert, answering one, reading this log,
   and everything that was refused to somebody. What cannot be written is not done.
2. Entries are only ever added. Each carries the digest of the one before it, so that one that was
   changed or taken out is noticed, unless all that follow were made anew or taken out too.
3. An entry names a person, an action, and an address or an id: no evidence, no answer, no number.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal

from deploy.console.errors import AuditBroken, AuditUnusable

Action = Literal["signed in", "signed out", "opened", "answered", "not sent", "audited", "refused"]
LONGEST = 200
AN_HOUR = timedelta(hours=1)
TABLE = """
create table if not exists entries (
    number integer primary key, at text not null, who text not null, action text not null,
    what text not null, digest text not null
) strict;
create trigger if not exists only_added_1 before update on entries
    begin select raise(abort, 'entries are only added'); end;
create trigger if not exists only_added_2 before delete on entries
    begin select raise(abort, 'entries are only added'); end;
"""


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes:
        number: From 1 on, without holes.
        at: When, in UTC.
        who: The reader's name.
        action: What they did.
        what: Where, to what, or why it was refused.
        digest: Of this entry and all before it.
    """

    number: int
    at: str
    who: str
    action: Action
    what: str
    digest: str

    def follows(self, before: str) -> str:
        """The digest that it has to have after another."""
        told = [before, str(self.number), self.at, self.who, self.action, self.what]
        return sha256("\0".join(told).encode()).hexdigest()


class Audit:
    """The log.

    Args:
        path: The file; None for memory, as long as the process lives.
        now: The time.

    Raises:
        AuditUnusable: The file is no log of this kind, or cannot be written.
    """

    def __init__(
        self, path: Path | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._lately: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
        try:
            if path is not None:
                path.touch(mode=0o600)
            self._database = sqlite3.connect(path or ":memory:", check_same_thread=False)
            self._database.execute("pragma synchronous = full")
            self._database.executescript(TABLE)
        except (sqlite3.Error, OSError) as error:
            raise AuditUnusable(got=type(error).__name__) from None

    def write(self, who: str, action: Action, what: str) -> None:
        """Adds an entry; returns once it is on disk.

        Raises:
            AuditUnusable: It could not be written.
        """
        told = [_plain(text) for text in (who, what)]
        try:
            with self._lock, closing(self._database.cursor()) as cursor:
                cursor.execute("begin immediate")
                cursor.execute("select number, digest from entries order by number desc limit 1")
                number, before = cursor.fetchone() or (0, "")
                at = self._now().isoformat(timespec="milliseconds")
                entry = Entry(number + 1, at, told[0], action, told[1], "")
                row = (number + 1, at, told[0], action, told[1], entry.follows(before))
                cursor.execute("insert into entries values (?, ?, ?, ?, ?, ?)", row)
                self._database.commit()
        except sqlite3.Error as error:
            self._database.rollback()
            raise AuditUnusable(got=type(error).__name__) from None

    def write_once(self, who: str, action: Action, what: str) -> None:
        """The same, but once an hour: pages that are open ask for themselves again.

        Raises:
            AuditUnusable: It could not be written.
        """
        key, now = (who, action, what), self._now()
        while self._lately and next(iter(self._lately.values())) <= now - AN_HOUR:
            self._lately.popitem(last=False)
        if key not in self._lately:
            self.write(who, action, what)
            self._lately[key] = now

    def read(self, most: int = 500) -> list[Entry]:
        """The newest entries, the newest first."""
        query = "select * from entries order by number desc limit ?"
        with self._lock:
            return [Entry(*row) for row in self._database.execute(query, (most,))]

    def check(self) -> int:
        """Holds every entry against the one before it.

        Returns:
            How many there are.

        Raises:
            AuditBroken: One was changed, or is not there.
        """
        before, number = "", 0
        for number, entry in enumerate(self._all(), start=1):
            if entry.number != number or entry.digest != entry.follows(before):
                raise AuditBroken(expected=f"entry {number} as it was written")
            before = entry.digest
        return number

    def _all(self) -> Iterator[Entry]:
        with self._lock:
            rows = self._database.execute("select * from entries order by number").fetchall()
        yield from (Entry(*row) for row in rows)


def read_only(path: Path) -> Audit:
    """The log of a console that runs elsewhere.

    Raises:
        AuditUnusable: There is none.
    """
    if not path.is_file():
        raise AuditUnusable(expected=f"a log at {path}")
    return Audit(path)


def _plain(text: str) -> str:
    """One line of printable characters, not too long."""
    return "".join(c if c.isprintable() else "?" for c in text)[:LONGEST]
