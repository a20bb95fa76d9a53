"""The identifiers of facilitators in an outbox, and their tokens.

An identifier stays at home, sealed (`producers.vault`), until it expires. What leaves of it is a
token that holders of the linkage key help to make. The rules:

1. A row states identifiers as it states drafts. Those that it no longer states are forgotten, and
   so are those that expired; their events are withdrawn.
2. Of equal identifiers only one is asked for; its token serves all of them, for a year each.
3. To tell a sighting is a comparison of what holds with what was told, as for any fact: nothing is
   told twice.
4. An identifier is told first with the token of the present year; from then on with the newest
   that there is, and that of the year before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from producers.rows import Identifier
from producers.streams import Streams
from producers.vault import Vault
from schemas.linkage import identifier_input

_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS identifiers (
      slot BLOB PRIMARY KEY,
      row_key BLOB NOT NULL,
      source TEXT NOT NULL,
      name BLOB NOT NULL,
      case_ref BLOB NOT NULL,
      link_type TEXT NOT NULL,
      role TEXT NOT NULL,
      evidence_grade TEXT NOT NULL,
      norm_version INTEGER NOT NULL,
      period TEXT NOT NULL,
      expires TEXT NOT NULL,
      sealed BLOB NOT NULL,
      told INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS identifiers_of_row ON identifiers (row_key)",
    "CREATE INDEX IF NOT EXISTS identifiers_by_name ON identifiers (name)",
    "CREATE INDEX IF NOT EXISTS identifiers_untold ON identifiers (told) WHERE told = 0",
    """
    CREATE TABLE IF NOT EXISTS tokens (
      name BLOB NOT NULL,
      epoch TEXT NOT NULL,
      token BLOB NOT NULL,
      PRIMARY KEY (name, epoch)
    ) WITHOUT ROWID
    """,
)
"""``told`` is 1 once the newest token of an identifier, and all that is told with it, was told."""
STATED = (
    "row_key",
    "source",
    "case_ref",
    "role",
    "evidence_grade",
    "norm_version",
    "period",
    "expires",
)
"""What a row may say anew of an identifier; its slot holds its type and value."""


class Identifiers(Streams):
    """The identifiers in the file of the outbox."""

    _vault: Vault
    _tidied = False

    def __init__(self, path: Path, *, authority: str, streams: int) -> None:
        super().__init__(path, authority=authority, streams=streams)
        with self._transaction():
            for statement in _TABLES:
                self._db.execute(statement)

    # --- What rows state -------------------------------------------------------------------------

    def _keep_identifiers(
        self, source: str, row_key: bytes, stated: Iterable[Identifier], month: str
    ) -> set[bytes]:
        """Keeps what a row states and forgets what it stated before; inside a transaction.

        Args:
            source: The source of the row.
            row_key: Its key.
            stated: Its identifiers.
            month: The present month; what expired before it is not kept.

        Returns:
            The slots of those that are kept.
        """
        lasting = {one.slot: one for one in stated if one.expires >= month}
        for one in lasting.values():
            self._keep_identifier(source, row_key, one)
        known = self._db.execute("SELECT slot FROM identifiers WHERE row_key = ?", (row_key,))
        for slot in {row["slot"] for row in known} - lasting.keys():
            self._db.execute("DELETE FROM identifiers WHERE slot = ?", (slot,))
        return set(lasting)

    def _keep_identifier(self, source: str, row_key: bytes, one: Identifier) -> None:
        known = self._db.execute("SELECT * FROM identifiers WHERE slot = ?", (one.slot,)).fetchone()
        says = {"row_key": row_key, "source": source, **{n: getattr(one, n) for n in STATED[2:]}}
        if known is None:
            content = identifier_input(one.link_type, one.value)
            says |= {"slot": one.slot, "link_type": one.link_type}
            says |= {"name": self._vault.name(content)}
            says |= {"sealed": self._vault.seal(content, one.slot)}
            marks = ", ".join("?" * len(says))
            self._db.execute(
                f"INSERT INTO identifiers ({', '.join(says)}) VALUES ({marks})",  # noqa: S608
                tuple(says.values()),
            )
        elif any(known[name] != value for name, value in says.items()):
            changes = ", ".join(f"{name} = ?" for name in says)
            self._db.execute(
                f"UPDATE identifiers SET {changes}, told = 0 WHERE slot = ?",  # noqa: S608
                (*says.values(), one.slot),
            )

    def _forget_identifiers(self, row_key: bytes) -> None:
        self._db.execute("DELETE FROM identifiers WHERE row_key = ?", (row_key,))

    def _expired(self, month: str, most: int) -> list[sqlite3.Row]:
        """Forgets identifiers that expired before a month; inside a transaction."""
        rows = self._db.execute(
            "DELETE FROM identifiers WHERE slot IN (SELECT slot FROM identifiers"
            " WHERE expires < ? LIMIT ?) RETURNING slot, row_key, source",
            (month, most),
        )
        return rows.fetchall()

    def _forget_tokens(self, epochs: Sequence[str], *, look: bool) -> None:
        """Drops tokens of identifiers that are gone, and of years that are told no more.

        Args:
            epochs: The years in which tokens are made at present.
            look: Look, though it was done before in this process; it takes a while.
        """
        if self._tidied and not look:
            return
        self._tidied = True
        self._db.execute("DELETE FROM tokens WHERE name NOT IN (SELECT name FROM identifiers)")
        if epochs:
            self._db.execute(
                "DELETE FROM tokens WHERE epoch < ? AND EXISTS (SELECT 1 FROM tokens AS newer"
                " WHERE newer.name = tokens.name AND newer.epoch = ?)",
                (str(int(epochs[-1]) - 1), epochs[-1]),
            )

    def _untold(self, epoch: str, most: int) -> list[sqlite3.Row]:
        """Identifiers that have a token and something to tell, with their newest token.

        One that was never told waits for the token of the present year.
        """
        rows = self._db.execute(
            "SELECT identifiers.*, newest.epoch AS epoch, newest.token AS token,"
            " (SELECT token FROM tokens AS before WHERE before.name = identifiers.name"
            "   AND before.epoch = CAST(newest.epoch - 1 AS TEXT)) AS previous"
            " FROM identifiers INDEXED BY identifiers_untold"
            " JOIN tokens AS newest ON newest.name = identifiers.name WHERE told = 0"
            " AND NOT EXISTS (SELECT 1 FROM tokens AS newer WHERE newer.name = newest.name"
            "   AND newer.epoch > newest.epoch)"
            " AND (newest.epoch = ? OR EXISTS (SELECT 1 FROM slots"
            "   WHERE slots.slot = identifiers.slot AND stands)) ORDER BY slot LIMIT ?",
            (epoch, most),
        )
        return rows.fetchall()

    def _note_told(self, slot: bytes) -> None:
        self._db.execute("UPDATE identifiers SET told = 1 WHERE slot = ?", (slot,))
