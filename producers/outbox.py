"""The outbox: what leaves the country, kept durably until the platform has it.

One SQLite file an authority, in WAL mode with ``synchronous=FULL``. The rules:

1. A chunk of rows and the reading cursor behind it are recorded in one transaction: after a crash
   the register is read on from exactly there.
2. A row states what holds now, as drafts; each draft has a slot, the identity of the fact. The
   outbox compares with what it recorded for the row before and decides: new, unchanged, changed
   (a correction that supersedes), or gone (a withdrawal). Reading a row twice changes nothing.
   A fact belongs to the row that stated it last.
3. An event's id is a keyed digest of slot, revision and content. An authority that lost its outbox
   and reads its register again makes the same ids, and the ledger counts nothing twice.
4. Sealing takes events and the next place in the chain in one transaction, and keeps the sealed
   bytes. What is sent again is the same bytes, so a stream can never fork by a crash or by two
   processes on one outbox.
5. Sealed bytes are dropped only when a receipt says that the batch was accepted.
6. A row that cannot be mapped is kept here as a rejection: where it stands and what is wrong with
   it, never what it says. What the row published before stays.

SQLite serialises writers, so two processes may use one outbox at once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from producers.errors import OutboxMismatch
from producers.rows import (
    Draft,
    MappedRow,
    PendingBatch,
    Problem,
    Recorded,
    RejectedRow,
    Rejection,
)
from producers.schema import SCHEMA, connect
from schemas.case_events import validate
from schemas.chain import GENESIS_HASH
from schemas.codec import decode, encode
from schemas.envelope import MAX_EVENTS, Place, Sealed
from schemas.errors import StaleEpoch
from schemas.trust import Position

WITHDRAWN = "WITHDRAWN"


class Outbox:
    """The outbox of one authority.

    Args:
        path: The SQLite file; made if it is not there.
        authority: The authority id; an outbox serves one only.
        streams: Number of streams; cases are spread over them by their pseudonym.
        id_key: Secret of the authority from which event ids are derived.

    Raises:
        OutboxMismatch: The file was made for another authority or number of streams.
    """

    def __init__(self, path: Path, *, authority: str, streams: int, id_key: bytes) -> None:
        self.path = path
        self.authority = authority
        self.streams = streams
        self._id_key = id_key
        self._db = connect(path)
        with self._transaction():
            for statement in SCHEMA:
                self._db.execute(statement)
            self._check_owner()

    def _check_owner(self) -> None:
        mine = {"authority": self.authority, "streams": str(self.streams)}
        for name, value in mine.items():
            self._db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (name, value))
        kept = dict(self._db.execute("SELECT name, value FROM settings").fetchall())
        if {name: kept[name] for name in mine} != mine:
            raise OutboxMismatch(
                expected=f"{kept['authority']} with {kept['streams']} streams",
                got=f"{self.authority} with {self.streams} streams",
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Takes the write lock at once, so that what is read inside cannot change."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._db.close()

    # --- Recording -------------------------------------------------------------------------------

    def cursor(self, source: str) -> str | None:
        """How far a source was read, or None at the first time."""
        row = self._db.execute("SELECT cursor FROM cursors WHERE source = ?", (source,)).fetchone()
        return row["cursor"] if row else None

    def record(self, source: str, rows: Sequence[MappedRow | RejectedRow], cursor: str) -> Recorded:
        """Records what rows say now and how far the source was read, or nothing at all.

        Raises:
            EventInvalid: A draft breaks the contract; the mapping should have rejected its row.
        """
        total = Recorded()
        with self._transaction():
            for row in rows:
                if isinstance(row, RejectedRow):
                    total += self._reject(source, row)
                else:
                    total += self._state(source, row)
            self._db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (source, cursor))
        return total

    def _reject(self, source: str, row: RejectedRow) -> Recorded:
        rejection = json.dumps(asdict(row.rejection), ensure_ascii=False)
        self._db.execute(
            "INSERT OR REPLACE INTO rejections VALUES (?, ?, ?)", (row.row_key, source, rejection)
        )
        return Recorded(rejected=1)

    def end_of_snapshot(self, source: str, rejected: Collection[bytes]) -> None:
        """Forgets rejections of rows that a complete reading no longer found wrong.

        Args:
            source: The source that was read from its first row to its last.
            rejected: Keys of the rows that this reading rejected.
        """
        with self._transaction():
            kept = self._db.execute("SELECT row_key FROM rejections WHERE source = ?", (source,))
            gone = [(row["row_key"],) for row in kept if row["row_key"] not in rejected]
            self._db.executemany("DELETE FROM rejections WHERE row_key = ?", gone)

    def _state(self, source: str, row: MappedRow) -> Recorded:
        self._db.execute("DELETE FROM rejections WHERE row_key = ?", (row.row_key,))
        known = {
            slot["slot"]: slot
            for slot in self._db.execute("SELECT * FROM slots WHERE row_key = ?", (row.row_key,))
        }
        total = Recorded()
        for draft in row.drafts:
            before = known.pop(draft.slot, None) or self._take_over(draft.slot, row.row_key)
            total += self._put(source, row.row_key, draft, before)
        for gone in known.values():
            total += self._withdraw(source, row.row_key, gone)
        return total

    def _take_over(self, slot: bytes, row_key: bytes) -> sqlite3.Row | None:
        """What another row stated of this fact, if any; from now on the fact is this row's."""
        self._db.execute("UPDATE slots SET row_key = ? WHERE slot = ?", (row_key, slot))
        found: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM slots WHERE slot = ?", (slot,)
        ).fetchone()
        return found

    def _put(
        self, source: str, row_key: bytes, draft: Draft, known: sqlite3.Row | None
    ) -> Recorded:
        digest = _digest(draft.fields)
        if known is not None and known["digest"] == digest:
            return Recorded(unchanged=1)
        revision = 0 if known is None else known["revision"] + 1
        event_id = self._event_id(draft.slot, revision, digest)
        event = {
            **draft.fields,
            "event_id": event_id,
            "revision": revision,
            "supersedes": None if known is None else known["event_id"],
        }
        event = validate(event).model_dump()
        subject = event.pop("event_type")
        message = encode(subject, event)
        self._db.execute(
            "INSERT INTO events (event_id, stream, message) VALUES (?, ?, ?)",
            (event_id, self._stream(event["case_ref"]), message),
        )
        self._db.execute(
            "INSERT OR REPLACE INTO slots VALUES (?, ?, ?, ?, ?, ?, ?)",
            (draft.slot, row_key, source, event_id, revision, digest, message),
        )
        return Recorded(new=1) if known is None else Recorded(corrected=1)

    def _withdraw(self, source: str, row_key: bytes, gone: sqlite3.Row) -> Recorded:
        last = decode(gone["message"])
        if last.fields["validation"] == WITHDRAWN:
            return Recorded(unchanged=1)
        content = {**last.fields, "event_type": last.subject, "validation": WITHDRAWN}
        for assigned in ("event_id", "revision", "supersedes"):
            del content[assigned]
        self._put(source, row_key, Draft(gone["slot"], content), gone)
        return Recorded(withdrawn=1)

    def _event_id(self, slot: bytes, revision: int, digest: bytes) -> bytes:
        """A UUID of version 8 (RFC 9562): custom bits, here a MAC. No time of entry shows."""
        message = slot + revision.to_bytes(4, "big") + digest
        mac = bytearray(hmac.digest(self._id_key, b"event" + message, "sha256")[:16])
        mac[6] = mac[6] & 0x0F | 0x80
        mac[8] = mac[8] & 0x3F | 0x80
        return bytes(mac)

    def _stream(self, case_ref: bytes) -> int:
        """All events of a case go to one stream, so that they stay in order."""
        return int.from_bytes(case_ref[:8], "big") % self.streams

    def rejections(self) -> list[Rejection]:
        """The rows that stay home at present, in the order of their place."""
        rows = self._db.execute("SELECT rejection FROM rejections").fetchall()
        found = [_read_rejection(row["rejection"]) for row in rows]
        return sorted(found, key=lambda r: (r.table, [_natural(p) for p in r.row.split("!")]))

    # --- Sealing and sending ---------------------------------------------------------------------

    def unsealed(self, stream: int) -> int:
        """Number of events that no batch holds yet."""
        query = "SELECT count(*) FROM events WHERE stream = ? AND sequence IS NULL"
        count: int = self._db.execute(query, (stream,)).fetchone()[0]
        return count

    def seal_next(
        self, stream: int, seal: Callable[[Sequence[bytes], Place], Sealed], *, even_empty: bool
    ) -> PendingBatch | None:
        """Seals the next batch of a stream, if there is anything to seal.

        Args:
            stream: The stream.
            seal: Seals events at a place (`producers.sealer.Sealer`).
            even_empty: Make a batch of no events: a sign of life.
        """
        with self._transaction():
            rows = self._db.execute(
                "SELECT id, message FROM events WHERE stream = ? AND sequence IS NULL"
                " ORDER BY id LIMIT ?",
                (stream, MAX_EVENTS),
            ).fetchall()
            if not rows and not even_empty:
                return None
            place = self._next_place(stream)
            sealed = seal([row["message"] for row in rows], place)
            self._db.execute(
                "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, 'pending', '')",
                (stream, place.epoch, place.sequence, sealed.hash, sealed.message, len(rows)),
            )
            self._db.executemany(
                "UPDATE events SET epoch = ?, sequence = ? WHERE id = ?",
                [(place.epoch, place.sequence, row["id"]) for row in rows],
            )
        return PendingBatch(stream, place.epoch, place.sequence, sealed.hash, sealed.message)

    def next_position(self, stream: int) -> Position:
        """Epoch and sequence of the next batch to be sealed."""
        place = self._next_place(stream)
        return (place.epoch, place.sequence)

    def _next_place(self, stream: int) -> Place:
        head = self._db.execute(
            "SELECT epoch, sequence, hash FROM batches WHERE stream = ?"
            " ORDER BY epoch DESC, sequence DESC LIMIT 1",
            (stream,),
        ).fetchone()
        epoch = self.epoch(stream)
        if head is None or head["epoch"] < epoch:
            return Place(self.authority, stream, epoch, 1, GENESIS_HASH)
        return Place(self.authority, stream, epoch, head["sequence"] + 1, head["hash"])

    def epoch(self, stream: int) -> int:
        """The epoch that new batches of a stream belong to."""
        row = self._db.execute("SELECT epoch FROM epochs WHERE stream = ?", (stream,)).fetchone()
        return row["epoch"] if row else 1

    def open_epoch(self, stream: int, epoch: int) -> None:
        """Begins a new epoch; the trust document must announce it before it is accepted.

        Batches of the old epoch that were never accepted are dissolved: their events are sealed
        again in the new one.

        Raises:
            StaleEpoch: The stream is already in a later epoch.
        """
        with self._transaction():
            if epoch < (current := self.epoch(stream)):
                raise StaleEpoch(expected=f"epoch {current} or later", got=f"epoch {epoch}")
            self._db.execute("INSERT OR REPLACE INTO epochs VALUES (?, ?)", (stream, epoch))
            lost = self._db.execute(
                "SELECT epoch, sequence FROM batches WHERE stream = ? AND state != 'accepted'"
                " AND epoch < ?",
                (stream, epoch),
            ).fetchall()
            for batch in lost:
                self._dissolve(stream, batch["epoch"], batch["sequence"])

    def _dissolve(self, stream: int, epoch: int, sequence: int) -> None:
        place = (stream, epoch, sequence)
        self._db.execute(
            "UPDATE events SET epoch = NULL, sequence = NULL"
            " WHERE stream = ? AND epoch = ? AND sequence = ?",
            place,
        )
        self._db.execute(
            "UPDATE batches SET state = 'dissolved', message = NULL"
            " WHERE stream = ? AND epoch = ? AND sequence = ?",
            place,
        )

    def pending(self, stream: int, *, after: int = 0, limit: int = 1_000) -> list[PendingBatch]:
        """Sealed batches of the current epoch without an accepting receipt, in order."""
        rows = self._db.execute(
            "SELECT * FROM batches WHERE stream = ? AND epoch = ? AND sequence > ?"
            " AND state = 'pending' ORDER BY sequence LIMIT ?",
            (stream, self.epoch(stream), after, limit),
        ).fetchall()
        return [
            PendingBatch(r["stream"], r["epoch"], r["sequence"], r["hash"], r["message"])
            for r in rows
        ]

    # --- Receipts --------------------------------------------------------------------------------

    def accept(
        self, stream: int, epoch: int, sequence: int, refused: Sequence[tuple[int, str]]
    ) -> None:
        """Notes that the platform accepted a batch, and which of its events it refused.

        Args:
            stream: Stream of the batch.
            epoch: Its epoch.
            sequence: Its sequence.
            refused: Place in the batch and code of each refused event.
        """
        place = (stream, epoch, sequence)
        with self._transaction():
            self._db.execute(
                "UPDATE batches SET state = 'accepted', message = NULL, code = ''"
                " WHERE stream = ? AND epoch = ? AND sequence = ?",
                place,
            )
            where = "WHERE stream = ? AND epoch = ? AND sequence = ?"
            found = self._db.execute(f"SELECT id FROM events {where} ORDER BY id", place)  # noqa: S608
            ids = [row["id"] for row in found]
            self._db.execute(f"UPDATE events SET message = NULL {where}", place)  # noqa: S608
            self._db.executemany(
                "UPDATE events SET code = ? WHERE id = ?",
                [(code, ids[index]) for index, code in refused if index < len(ids)],
            )

    def note_refusal(self, stream: int, epoch: int, sequence: int, code: str) -> None:
        """Notes why the platform refuses a batch; the batch stays pending."""
        self._db.execute(
            "UPDATE batches SET code = ? WHERE stream = ? AND epoch = ? AND sequence = ?",
            (code, stream, epoch, sequence),
        )

    def tally(self) -> dict[str, int]:
        """Counts for status and reconciliation: events and batches by state."""
        query = """
            SELECT
              (SELECT count(*) FROM events) AS events,
              (SELECT count(*) FROM events WHERE sequence IS NULL) AS events_unsealed,
              (SELECT count(*) FROM events JOIN batches USING (stream, epoch, sequence)
                WHERE state = 'accepted') AS events_receipted,
              (SELECT count(*) FROM events WHERE code != '') AS events_refused,
              (SELECT count(*) FROM batches WHERE state = 'pending') AS batches_pending,
              (SELECT count(*) FROM batches WHERE state = 'accepted') AS batches_accepted,
              (SELECT count(*) FROM rejections) AS rows_rejected
        """
        return dict(self._db.execute(query).fetchone())

    def refusals(self) -> dict[str, int]:
        """Numbers of events that the platform refused, by code."""
        query = "SELECT code, count(*) FROM events WHERE code != '' GROUP BY code ORDER BY code"
        return dict(self._db.execute(query).fetchall())


def _digest(content: dict[str, Any]) -> bytes:
    """SHA-256 of a draft's content, whatever the order of its fields."""
    canonical = json.dumps(content, sort_keys=True, default=bytes.hex)
    return hashlib.sha256(canonical.encode()).digest()


def _read_rejection(text: str) -> Rejection:
    document = json.loads(text)
    problems = tuple(Problem(**problem) for problem in document["problems"])
    return Rejection(document["table"], document["row"], problems)


def _natural(part: str) -> tuple[int, str]:
    """Sorts "2" before "10"."""
    digits = "".join(c for c in part if c.isdigit())
    return (int(digits or 0), part)
