"""How an outbox stands, seen from outside.

The file is opened read-only: looking waits for nobody and changes nothing, while an adapter writes
or after one has crashed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from producers.errors import OutboxMissing
from producers.schema import has_times
from schemas.codec import decode_as
from schemas.trust import Position

PATIENCE = 5.0


@dataclass(frozen=True)
class Standing:
    """What waits in an outbox, and where its streams are.

    Attributes:
        authority: Whose it is.
        epochs: The epoch of each stream.
        next_positions: Of each stream, the position of the batch to be sealed next.
        unsealed: Events that no batch holds yet.
        pending: Batches without an accepting receipt.
        accepted: Batches with one.
        waiting: Facts that wait for their quarter, or for others in it.
        receipted: Of each stream with a receipt, the furthest position that one accepted.
        gaps: Of each stream that has some, batches without a receipt before that position in
            their epoch.
        last_receipt: When the newest accepting receipt came, milliseconds since 1970, if known.
        replay_from: Of each stream from which something can be sent again, the first position.
        oldest_pending: When the oldest of the pending was sealed, milliseconds since 1970.
        refused_batches: Pending batches that the platform refuses, by code.
        refused_events: Events that the platform refused, by code.
    """

    authority: str
    epochs: Mapping[int, int]
    next_positions: Mapping[int, Position]
    unsealed: int
    pending: int
    accepted: int
    oldest_pending: int | None
    refused_batches: Mapping[str, int]
    refused_events: Mapping[str, int]
    waiting: int = 0
    receipted: Mapping[int, Position] = field(default_factory=dict)
    gaps: Mapping[int, int] = field(default_factory=dict)
    last_receipt: int | None = None
    replay_from: Mapping[int, Position] = field(default_factory=dict)


def standing(path: Path) -> Standing:
    """Looks at an outbox.

    Raises:
        OutboxMissing: There is none.
        sqlite3.Error: The file is damaged, or not an outbox.
    """
    if not path.exists():
        raise OutboxMissing(expected=f"an outbox at {path}")
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE)) as db:
        return _read(db)


def _read(db: sqlite3.Connection) -> Standing:
    settings = dict(db.execute("SELECT name, value FROM settings"))
    opened = dict(db.execute("SELECT stream, epoch FROM epochs"))
    epochs = {stream: opened.get(stream, 1) for stream in range(int(settings["streams"]))}
    batches = dict(db.execute("SELECT state, count(*) FROM batches GROUP BY state"))
    receipted = {stream: at for stream in epochs if (at := _receipted(db, stream))}
    missing = {stream: _missing(db, stream, at) for stream, at in receipted.items()}
    unsealed = db.execute("SELECT count(*) FROM events WHERE sequence IS NULL").fetchone()[0]
    return Standing(
        authority=settings["authority"],
        epochs=epochs,
        next_positions={stream: _next(db, stream, epoch) for stream, epoch in epochs.items()},
        unsealed=unsealed,
        pending=batches.get("pending", 0),
        accepted=batches.get("accepted", 0),
        oldest_pending=_oldest(db),
        refused_batches=_by_code(db, "SELECT code FROM batches WHERE state = 'pending'"),
        refused_events=_by_code(db, "SELECT code FROM events"),
        waiting=_waiting(db),
        receipted=receipted,
        gaps={stream: number for stream, number in missing.items() if number},
        last_receipt=_last_receipt(db),
        replay_from={stream: at for stream in epochs if (at := _replay_from(db, stream))},
    )


def _waiting(db: sqlite3.Connection) -> int:
    """None in a file from before the gate."""
    known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'held'").fetchone()
    number: int = db.execute("SELECT count(*) FROM held").fetchone()[0] if known else 0
    return number


def _next(db: sqlite3.Connection, stream: int, epoch: int) -> Position:
    query = "SELECT max(sequence) FROM batches WHERE stream = ? AND epoch = ?"
    last = db.execute(query, (stream, epoch)).fetchone()[0]
    return (epoch, (last or 0) + 1)


def _receipted(db: sqlite3.Connection, stream: int) -> Position | None:
    query = """
        SELECT epoch, sequence FROM batches WHERE stream = ? AND state = 'accepted'
        ORDER BY epoch DESC, sequence DESC LIMIT 1
    """
    found: Position | None = db.execute(query, (stream,)).fetchone()
    return found


def _missing(db: sqlite3.Connection, stream: int, last: Position) -> int:
    query = """
        SELECT count(*) FROM batches INDEXED BY batches_pending
        WHERE stream = ? AND epoch = ? AND sequence < ? AND state = 'pending'
    """
    number: int = db.execute(query, (stream, *last)).fetchone()[0]
    return number


def _last_receipt(db: sqlite3.Connection) -> int | None:
    if not has_times(db):
        return None
    last: int | None = db.execute("SELECT max(accepted_at) FROM batches").fetchone()[0]
    return last


def _replay_from(db: sqlite3.Connection, stream: int) -> Position | None:
    """The first batch behind the last one whose bytes were dropped."""
    query = """
        SELECT epoch, sequence FROM batches WHERE stream = ?1 AND message IS NOT NULL
          AND (epoch, sequence) > (
            SELECT ifnull(max(epoch), 0), ifnull(max(sequence), 0) FROM (
              SELECT epoch, sequence FROM batches
              WHERE stream = ?1 AND state = 'accepted' AND message IS NULL
              ORDER BY epoch DESC, sequence DESC LIMIT 1))
        ORDER BY epoch, sequence LIMIT 1
    """
    found: Position | None = db.execute(query, (stream,)).fetchone()
    return found


def _oldest(db: sqlite3.Connection) -> int | None:
    """The first of each stream's pending batches is its oldest."""
    query = """
        SELECT message FROM batches AS b WHERE state = 'pending' AND (epoch, sequence) =
          (SELECT epoch, sequence FROM batches
            WHERE stream = b.stream AND state = 'pending' ORDER BY epoch, sequence LIMIT 1)
    """
    times = [_produced_at(message) for (message,) in db.execute(query)]
    return min(times, default=None)


def _produced_at(message: bytes) -> int:
    header = decode_as("batch_header", decode_as("sealed_batch", message)["header"])
    produced: int = header["produced_at"]
    return produced


def _by_code(db: sqlite3.Connection, rows: str) -> dict[str, int]:
    query = f"SELECT code, count(*) FROM ({rows}) WHERE code != '' GROUP BY code ORDER BY code"  # noqa: S608
    return dict(db.execute(query))
