"""A file of SQLite in which a process keeps what it must not forget.

The rules:

1. WAL mode with ``synchronous=FULL``: what was committed is on the disk.
2. What is written together is written in one transaction, or not at all.
3. What SQLite says of the file is told by an error with a name and a code, and never by its text.
4. A file is one owner's; another's is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from schemas.errors import SouthmedError

Named = Callable[..., SouthmedError]
"""Makes an error out of what was expected and what came."""


class DurableFile:
    """An open file.

    Args:
        path: Where it is; made if it is not there.
        kind: What it is, for people: ``a trustee's book``.
        patience: Seconds to wait for another process that writes.
        unwritable: The error if the disk is full, or the file not ours to write.
        foreign: The error if the file is none of this kind, or another owner's.

    Attributes:
        db: The connection; each statement outside of a transaction is one by itself.
    """

    def __init__(
        self, path: Path, kind: str, *, patience: float, unwritable: Named, foreign: Named
    ) -> None:
        self._path, self._kind = path, kind
        self._unwritable, self._foreign = unwritable, foreign
        with self.named_errors():
            self.db = sqlite3.connect(path, isolation_level=None, timeout=patience)
        self.db.row_factory = sqlite3.Row
        try:
            with self.named_errors():
                self.db.execute("PRAGMA journal_mode=WAL")
                self.db.execute("PRAGMA synchronous=FULL")
        except BaseException:
            self.db.close()
            raise

    @contextmanager
    def named_errors(self) -> Iterator[None]:
        """Gives what SQLite says of the file a name; raises `unwritable` or `foreign`."""
        try:
            yield
        except sqlite3.OperationalError:
            raise self._unwritable(expected=f"a book at {self._path}") from None
        except sqlite3.DatabaseError:
            raise self._foreign(expected=f"{self._kind} at {self._path}") from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written in it, or nothing; raises as `named_errors`."""
        with self.named_errors():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                # After a full disk there is nothing left to take back, which is no news.
                with suppress(sqlite3.Error):
                    self.db.execute("ROLLBACK")
                raise

    def lay(self, tables: tuple[str, ...], owners: str, owner: str) -> None:
        """Makes what tables are missing, for an owner; raises `foreign` if it is another's.

        Args:
            tables: Statements that make them where they are not there.
            owners: The table with the owner's ``name``, one of those.
            owner: Whose file it is.
        """
        with self.transaction():
            for statement in tables:
                self.db.execute(statement)
            row = self.db.execute(f"SELECT name FROM {owners}").fetchone()  # noqa: S608 - ours
            if row is None:
                self.db.execute(f"INSERT INTO {owners} VALUES (?)", (owner,))  # noqa: S608
            elif row["name"] != owner:
                raise self._foreign(expected=f"the book of {owner}", got=f"that of {row['name']}")

    def close(self) -> None:
        self.db.close()
