"""The streams of an outbox: sealing, sending again, receipts.

This half of the outbox knows events only as bytes. It gives every event a place in the chain of
its stream and keeps the sealed bytes; the other half (`producers.outbox`) decides what there is to
say. The bytes:

1. A batch is **pending** until a receipt accepts it. Pending batches are sent, in order, again and
   again; nothing drops them.
2. An accepted batch is kept for some time longer (`Keep`), for a platform that lost its log or was
   restored from an old backup. The oldest go first, so what is kept of a stream has no holes.
3. A **replay** makes kept batches pending again. From there all is as ever: the same bytes, the
   same receipts, and a platform that has them says that they are duplicates.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from producers.errors import BatchNotKept, OutboxMismatch
from producers.rows import Keep, PendingBatch, Replay
from producers.schema import connect, lay
from schemas.anonymity import MAX_WINDOWS, Attestation
from schemas.chain import GENESIS_HASH
from schemas.envelope import MAX_EVENTS, Place, Sealed
from schemas.errors import StaleEpoch
from schemas.trust import Position

UNSEALED = "stream = ? AND epoch IS NULL AND sequence IS NULL"
"""Both, so that the index of events by batch finds them without a look at what was sealed."""
KEPT = "state = 'accepted' AND message IS NOT NULL"
DAY = 24 * 3600 * 1000
MEGABYTE = 1 << 20


class Streams:
    """The streams of one authority, in one SQLite file.

    Args:
        path: The SQLite file; made if it is not there.
        authority: The authority id; a file serves one only.
        streams: Number of streams.

    Raises:
        OutboxMismatch: The file was made for another authority or number of streams.
    """

    def __init__(self, path: Path, *, authority: str, streams: int) -> None:
        self.path = path
        self.authority = authority
        self.streams = streams
        self._db: sqlite3.Connection = connect(path)
        with self._transaction():
            lay(self._db)
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

    # --- Sealing and sending ---------------------------------------------------------------------

    def unsealed(self, stream: int) -> int:
        """Number of events that no batch holds yet."""
        query = f"SELECT count(*) FROM events WHERE {UNSEALED}"  # noqa: S608
        count: int = self._db.execute(query, (stream,)).fetchone()[0]
        return count

    def seal_next(
        self,
        stream: int,
        seal: Callable[[Sequence[bytes], Place, Sequence[Attestation]], Sealed],
        *,
        even_empty: bool,
        most: int = MAX_EVENTS,
    ) -> PendingBatch | None:
        """Seals the next batch of a stream, if there is anything to seal.

        Args:
            stream: The stream.
            seal: Seals events at a place (`producers.sealer.Sealer`).
            even_empty: Make a batch of no events: a sign of life.
            most: Events that the batch may hold.
        """
        with self._transaction():
            found = self._db.execute(
                f"SELECT id, message, window FROM events WHERE {UNSEALED} ORDER BY id LIMIT ?",  # noqa: S608
                (stream, most),
            ).fetchall()
            rows = _of_few_windows(found)
            if not rows and not even_empty:
                return None
            place = self._next_place(stream)
            attested = self._attest(row["window"] for row in rows)
            sealed = seal([row["message"] for row in rows], place, attested)
            self._db.execute(
                "INSERT INTO batches (stream, epoch, sequence, hash, message, events, state, code)"
                " VALUES (?, ?, ?, ?, ?, ?, 'pending', '')",
                (stream, place.epoch, place.sequence, sealed.hash, sealed.message, len(rows)),
            )
            self._db.executemany(
                "UPDATE events SET epoch = ?, sequence = ? WHERE id = ?",
                [(place.epoch, place.sequence, row["id"]) for row in rows],
            )
        return PendingBatch(stream, place.epoch, place.sequence, sealed.hash, sealed.message)

    def _attest(self, windows: Iterable[str]) -> Sequence[Attestation]:
        """What is attested of quarters; the other half of the outbox knows it."""
        raise NotImplementedError

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
        again in the new one. Those of a replay go out as they are, before the new epoch's.

        Raises:
            StaleEpoch: The stream is already in a later epoch.
        """
        with self._transaction():
            if epoch < (current := self.epoch(stream)):
                raise StaleEpoch(expected=f"epoch {current} or later", got=f"epoch {epoch}")
            self._db.execute("INSERT OR REPLACE INTO epochs VALUES (?, ?)", (stream, epoch))
            lost = self._db.execute(
                "SELECT epoch, sequence FROM batches WHERE stream = ? AND state != 'accepted'"
                " AND accepted_at IS NULL AND epoch < ?",
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

    def pending(
        self, stream: int, *, after: Position = (0, 0), limit: int = 1_000
    ) -> list[PendingBatch]:
        """Sealed batches without an accepting receipt, in order."""
        rows = self._db.execute(
            "SELECT * FROM batches INDEXED BY batches_pending"
            " WHERE stream = ? AND (epoch, sequence) > (?, ?) AND state = 'pending'"
            " ORDER BY epoch, sequence LIMIT ?",
            (stream, *after, limit),
        ).fetchall()
        return [
            PendingBatch(r["stream"], r["epoch"], r["sequence"], r["hash"], r["message"])
            for r in rows
        ]

    def pending_positions(self, stream: int) -> list[Position]:
        """Where the batches stand that no receipt has accepted, in order."""
        rows = self._db.execute(
            "SELECT epoch, sequence FROM batches WHERE stream = ? AND state = 'pending'"
            " ORDER BY epoch, sequence",
            (stream,),
        )
        return [(row["epoch"], row["sequence"]) for row in rows]

    def batch_hash(self, stream: int, position: Position) -> bytes | None:
        """The hash of the batch that was sealed at a position, or None if there is none."""
        query = "SELECT hash FROM batches WHERE stream = ? AND (epoch, sequence) = (?, ?)"
        row = self._db.execute(query, (stream, *position)).fetchone()
        return row["hash"] if row else None

    # --- Receipts --------------------------------------------------------------------------------

    def accept(
        self,
        stream: int,
        epoch: int,
        sequence: int,
        refused: Sequence[tuple[int, str]],
        *,
        at: int | None = None,
    ) -> None:
        """Notes that the platform accepted a batch, and which of its events it refused.

        Args:
            stream: Stream of the batch.
            epoch: Its epoch.
            sequence: Its sequence.
            refused: Place in the batch and code of each refused event.
            at: Milliseconds since 1970. Without a time the batch cannot grow old, so its bytes
                are dropped at once.
        """
        kept = "NULL" if at is None else "message"
        place = (stream, epoch, sequence)
        with self._transaction():
            self._db.execute(
                f"UPDATE batches SET state = 'accepted', message = {kept}, code = '',"  # noqa: S608
                " accepted_at = ? WHERE stream = ? AND epoch = ? AND sequence = ?"
                " AND state != 'accepted'",
                (at, *place),
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

    # --- Sending again ---------------------------------------------------------------------------

    def replayable(self, stream: int, start: Position) -> Replay | None:
        """What a replay from a position on would send again; None if there is nothing.

        Raises:
            BatchNotKept: The bytes of a batch at or behind the position were dropped.
        """
        rows = self._db.execute(
            "SELECT epoch, sequence, length(message) AS size FROM batches"
            " WHERE stream = ? AND (epoch, sequence) >= (?, ?) AND state != 'dissolved'"
            " ORDER BY epoch, sequence",
            (stream, *start),
        ).fetchall()
        if not rows:
            return None
        positions = [(row["epoch"], row["sequence"]) for row in rows]
        dropped = [n for n, row in enumerate(rows) if row["size"] is None]
        if dropped:
            behind = positions[dropped[-1] + 1 :]
            possible = f"from {_tell(behind[0])} on" if behind else "nothing"
            raise BatchNotKept(
                expected=f"of stream {stream} {possible}", got=_tell(positions[dropped[0]])
            )
        size = sum(row["size"] for row in rows)
        return Replay(stream, positions[0], positions[-1], len(rows), size)

    def replay(self, stream: int, start: Position) -> Replay | None:
        """Makes every batch from a position on pending again, or none.

        Raises:
            BatchNotKept: As `replayable`.
        """
        with self._transaction():
            found = self.replayable(stream, start)
            self._db.execute(
                "UPDATE batches SET state = 'pending' WHERE stream = ?"
                " AND (epoch, sequence) >= (?, ?) AND state = 'accepted'",
                (stream, *start),
            )
        return found

    def tidy(self, keep: Keep, now: int) -> None:
        """Drops the bytes of accepted batches that need not be kept any longer.

        Args:
            keep: What is kept.
            now: Milliseconds since 1970.
        """
        room = keep.megabytes * MEGABYTE // self.streams
        for stream in range(self.streams):
            if newest := self._newest_to_drop(stream, now - keep.days * DAY, room):
                self._db.execute(
                    "UPDATE batches SET message = NULL WHERE stream = ?"  # noqa: S608
                    f" AND (epoch, sequence) <= (?, ?) AND {KEPT}",
                    (stream, *newest),
                )

    def _newest_to_drop(self, stream: int, oldest: int, room: int) -> Position | None:
        """The newest batch that is too old, or that finds no room beside newer ones."""
        rows = self._db.execute(
            "SELECT epoch, sequence, accepted_at, length(message) AS size FROM batches"  # noqa: S608
            f" WHERE stream = ? AND {KEPT} ORDER BY epoch DESC, sequence DESC",
            (stream,),
        )
        held = 0
        for row in rows:
            held += row["size"]
            if row["accepted_at"] <= oldest or held > room:
                return (row["epoch"], row["sequence"])
        return None

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
              (SELECT count(*) FROM held) AS facts_waiting,
              (SELECT count(*) FROM rejections) AS rows_rejected
        """
        return dict(self._db.execute(query).fetchone())

    def refusals(self) -> dict[str, int]:
        """Numbers of events that the platform refused, by code."""
        query = "SELECT code, count(*) FROM events WHERE code != '' GROUP BY code ORDER BY code"
        return dict(self._db.execute(query).fetchall())


def _tell(position: Position) -> str:
    return f"{position[0]}:{position[1]}"


def _of_few_windows(rows: Sequence[sqlite3.Row]) -> Sequence[sqlite3.Row]:
    """As many of the first events as are of no more quarters than a batch may attest."""
    windows: set[str] = set()
    for number, row in enumerate(rows):
        windows.add(row["window"])
        if len(windows - {""}) > MAX_WINDOWS:
            return rows[:number]
    return rows
