"""What an outbox has asked the holders of the linkage key, and what came of it.

The rules:

1. Of equal identifiers only one is asked for, and only in one request a year at a time.
2. A request is kept, with its blinds sealed, from before it is sent until it is answered. So what
   is sent again is the same request: it is answered alike, and uses no quota twice. It is signed
   when it is sent, by the key that is in use then.
3. Tokens, and that they are to be told, are recorded in the transaction that ends the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from producers.identifiers import Identifiers

_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS requests (
      request_id BLOB PRIMARY KEY,
      epoch TEXT NOT NULL,
      code TEXT NOT NULL DEFAULT '',
      holder TEXT NOT NULL DEFAULT '',
      due INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS asked (
      request_id BLOB NOT NULL,
      place INTEGER NOT NULL,
      name BLOB NOT NULL,
      element BLOB NOT NULL,
      sealed BLOB NOT NULL,
      PRIMARY KEY (request_id, place)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS asked_by_name ON asked (name)",
    """
    CREATE TABLE IF NOT EXISTS answers (
      request_id BLOB NOT NULL,
      holder TEXT NOT NULL,
      message BLOB NOT NULL,
      PRIMARY KEY (request_id, holder)
    ) WITHOUT ROWID
    """,
)
BLIND_LENGTH = 32


class Built(NamedTuple):
    """A request as it is to be kept: its id, and what it asks."""

    request_id: bytes
    blinds: Sequence[bytes]
    elements: Sequence[bytes]


class Asked(NamedTuple):
    """What a request asked, in its order; the inputs and blinds are secret."""

    epoch: str
    names: tuple[bytes, ...]
    inputs: tuple[bytes, ...]
    blinds: tuple[bytes, ...]
    elements: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Asked({self.epoch}, {len(self.names)} elements)"


class Waiting(NamedTuple):
    """A request that is not answered.

    Attributes:
        request_id: Its id.
        epoch: The year that it asks for.
        code: Why it was refused last; empty if it was not.
        due: When it may be sent again after that, in milliseconds since 1970.
    """

    request_id: bytes
    epoch: str
    code: str
    due: int


class Linked(NamedTuple):
    """How many identifiers of a type there are, and how far they have come.

    Attributes:
        link_type: A code of ``CL_LINK_TYPE``.
        waiting: Not asked for yet.
        asked: Asked for, and not answered.
        refused: Asked for and refused; they are asked for again.
        tokenised: Told with a token.
    """

    link_type: str
    waiting: int
    asked: int
    refused: int
    tokenised: int


class Requests(Identifiers):
    """The requests in the file of the outbox."""

    def __init__(self, path: Path, *, authority: str, streams: int) -> None:
        super().__init__(path, authority=authority, streams=streams)
        with self._transaction():
            for statement in _TABLES:
                self._db.execute(statement)

    def ask_next(self, epoch: str, build: Callable[[Sequence[bytes]], Built], most: int) -> int:
        """Makes the next request for a year, if anything is to be asked.

        Args:
            epoch: The year.
            build: Makes a request of inputs.
            most: How many it may ask.

        Returns:
            How many it asks.
        """
        with self._transaction():
            rows = self._db.execute(
                "SELECT name, slot, sealed, max(period) AS latest FROM identifiers"
                " WHERE NOT EXISTS (SELECT 1 FROM tokens"
                "   WHERE tokens.name = identifiers.name AND epoch = ?1)"
                " AND NOT EXISTS (SELECT 1 FROM asked JOIN requests USING (request_id)"
                "   WHERE asked.name = identifiers.name AND requests.epoch = ?1)"
                " GROUP BY name ORDER BY latest DESC, name LIMIT ?2",
                (epoch, most),
            ).fetchall()
            if not rows:
                return 0
            inputs = [self._vault.open(row["sealed"], row["slot"]) for row in rows]
            built = build(inputs)
            self._db.execute(
                "INSERT INTO requests (request_id, epoch) VALUES (?, ?)", (built.request_id, epoch)
            )
            self._db.executemany(
                "INSERT INTO asked VALUES (?, ?, ?, ?, ?)",
                [
                    (
                        *(built.request_id, place, row["name"], built.elements[place]),
                        self._vault.seal(blind + inputs[place], built.request_id),
                    )
                    for place, (row, blind) in enumerate(zip(rows, built.blinds, strict=True))
                ],
            )
        return len(rows)

    def requests(self) -> list[Waiting]:
        """The requests that are not answered, in the order in which they were made."""
        query = "SELECT request_id, epoch, code, due FROM requests ORDER BY rowid"
        return [Waiting(*row) for row in self._db.execute(query)]

    def elements(self, request_id: bytes) -> tuple[bytes, ...]:
        """The blinded elements of a request, in their order."""
        query = "SELECT element FROM asked WHERE request_id = ? ORDER BY place"
        return tuple(row["element"] for row in self._db.execute(query, (request_id,)))

    def asked(self, request_id: bytes) -> Asked | None:
        """What a request asked, None if it is answered or was never made here."""
        query = "SELECT epoch FROM requests WHERE request_id = ?"
        request = self._db.execute(query, (request_id,)).fetchone()
        if request is None:
            return None
        query = "SELECT name, element, sealed FROM asked WHERE request_id = ? ORDER BY place"
        rows = self._db.execute(query, (request_id,)).fetchall()
        opened = [self._vault.open(row["sealed"], request_id) for row in rows]
        return Asked(
            request["epoch"],
            names=tuple(row["name"] for row in rows),
            inputs=tuple(content[BLIND_LENGTH:] for content in opened),
            blinds=tuple(content[:BLIND_LENGTH] for content in opened),
            elements=tuple(row["element"] for row in rows),
        )

    def keep_answer(self, request_id: bytes, holder: str, message: bytes) -> None:
        """Keeps a holder's answer until there are enough."""
        self._db.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (request_id, holder, message)
        )

    def answers(self, request_id: bytes) -> dict[str, bytes]:
        """The answers to a request so far, by their holders."""
        query = "SELECT holder, message FROM answers WHERE request_id = ?"
        return dict(self._db.execute(query, (request_id,)).fetchall())

    def refused(self, request_id: bytes, holder: str, code: str, due: int) -> None:
        """Notes that a request came to nothing, and when it may be sent again."""
        self._db.execute(
            "UPDATE requests SET code = ?, holder = ?, due = ? WHERE request_id = ?",
            (code, holder, due, request_id),
        )

    def forget_answers(self, request_id: bytes) -> None:
        """Drops answers that do not go together any more."""
        self._db.execute("DELETE FROM answers WHERE request_id = ?", (request_id,))

    def answered(self, request_id: bytes, epoch: str, tokens: Mapping[bytes, bytes]) -> None:
        """Keeps the tokens that a request brought, by their names, and forgets the request."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO tokens SELECT ?1, ?2, ?3"
                " WHERE EXISTS (SELECT 1 FROM identifiers WHERE name = ?1)",
                [(name, epoch, token) for name, token in tokens.items()],
            )
            self._db.executemany(
                "UPDATE identifiers SET told = 0 WHERE name = ?", [(name,) for name in tokens]
            )
            self._drop(request_id)

    def give_up(self, request_id: bytes) -> None:
        """Forgets a request that can never be answered; what it asked is asked anew."""
        with self._transaction():
            self._drop(request_id)

    def _drop(self, request_id: bytes) -> None:
        for table in ("requests", "asked", "answers"):
            self._db.execute(f"DELETE FROM {table} WHERE request_id = ?", (request_id,))  # noqa: S608

    # --- Status ----------------------------------------------------------------------------------

    def linked(self) -> list[Linked]:
        """How the identifiers of each type stand."""
        rows = self._db.execute(
            """
            WITH open AS (
              SELECT name, max(code = '') AS asked FROM asked JOIN requests USING (request_id)
              GROUP BY name
            ), stand AS (
              SELECT link_type, open.asked AS asked,
                EXISTS (SELECT 1 FROM slots WHERE slots.slot = identifiers.slot AND stands) AS told
              FROM identifiers LEFT JOIN open USING (name)
            )
            SELECT link_type, sum(NOT told AND asked IS NULL), sum(NOT told AND asked IS 1),
              sum(NOT told AND asked IS 0), sum(told) FROM stand GROUP BY link_type
            ORDER BY link_type
            """
        )
        return [Linked(*row) for row in rows]

    def unanswered(self) -> list[dict[str, Any]]:
        """Requests that were refused: by whom, with which code, and how many elements wait."""
        rows = self._db.execute(
            "SELECT code, holder, epoch, count(*) AS elements FROM requests"
            " JOIN asked USING (request_id) WHERE code != '' GROUP BY code, holder, epoch"
            " ORDER BY epoch, code, holder"
        )
        return [dict(row) for row in rows]
