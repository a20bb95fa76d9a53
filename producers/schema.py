"""The tables of the outbox, and how its file is opened.

``slots`` is what the register says at present, ``events`` what was or will be published,
``batches`` the chain of each stream. The bytes of events are kept until a receipt accepts them,
those of batches for some time longer (`producers.rows.Keep`); ``slots`` keeps the newest event of
each fact for withdrawals. ``held`` is what waits for its quarter, ``windows`` what was decided of
each (`producers.waiting`). ``seen`` holds the rows that complete readings found (`producers.seen`).

``accepted_at`` is when a receipt accepted the batch, in milliseconds since 1970, by this machine's
clock. It stays when the batch is sent again. Batches whose bytes were dropped at once have none.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

PATIENCE = 60.0
"""Seconds to wait for another process that writes."""
CACHE_KIB = 32 * 1024
CHECKPOINT_PAGES = 10_000
"""A chunk of rows touches a page here and there in a file of any size: pages of several chunks are
written back together, 40 MB of log at a time."""


def connect(path: Path) -> sqlite3.Connection:
    """Opens the file in WAL mode, every commit forced to the disk."""
    db = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
    db.row_factory = sqlite3.Row
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:
            # Two processes that make the file at once: only this statement does not wait its turn.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    db.execute("PRAGMA synchronous=FULL")
    db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    return db


def lay(db: sqlite3.Connection) -> None:
    """Makes the tables that are not there, and adds what a file of an earlier version lacks."""
    for statement in SCHEMA:
        db.execute(statement)
    if not has_times(db):
        db.execute("ALTER TABLE batches ADD COLUMN accepted_at INTEGER")


def has_times(db: sqlite3.Connection) -> bool:
    """Whether the file tells when batches were accepted; an earlier version's does not."""
    return any(column[1] == "accepted_at" for column in db.execute("PRAGMA table_info(batches)"))


SCHEMA = (
    "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS cursors (source TEXT PRIMARY KEY, cursor TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS epochs (stream INTEGER PRIMARY KEY, epoch INTEGER NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS slots (
      slot BLOB PRIMARY KEY,
      row_key BLOB NOT NULL,
      source TEXT NOT NULL,
      event_id BLOB NOT NULL,
      revision INTEGER NOT NULL,
      digest BLOB NOT NULL,
      message BLOB NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS slots_of_row ON slots (row_key)",
    """
    CREATE TABLE IF NOT EXISTS events (
      id INTEGER PRIMARY KEY,
      event_id BLOB NOT NULL UNIQUE,
      stream INTEGER NOT NULL,
      epoch INTEGER,
      sequence INTEGER,
      message BLOB,
      code TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX IF NOT EXISTS events_by_batch ON events (stream, epoch, sequence)",
    """
    CREATE TABLE IF NOT EXISTS batches (
      stream INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      hash BLOB NOT NULL,
      message BLOB,
      events INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'dissolved')),
      code TEXT NOT NULL,
      accepted_at INTEGER,
      PRIMARY KEY (stream, epoch, sequence)
    ) WITHOUT ROWID
    """,
    # What waits is asked for many times a second, and is little beside what was ever sent. SQLite
    # would not choose it by itself.
    """
    CREATE INDEX IF NOT EXISTS batches_pending ON batches (stream, epoch, sequence)
    WHERE state = 'pending'
    """,
    """
    CREATE TABLE IF NOT EXISTS rejections (
      row_key BLOB PRIMARY KEY,
      source TEXT NOT NULL,
      rejection TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)

SEEN = (
    """
    CREATE TABLE IF NOT EXISTS readings (
      source TEXT PRIMARY KEY,
      number INTEGER NOT NULL,
      name TEXT NOT NULL,
      known INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'held', 'leaving', 'settled')),
      held INTEGER NOT NULL,
      gone INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS seen (
      row_key BLOB PRIMARY KEY,
      source TEXT NOT NULL,
      reading INTEGER NOT NULL,
      content BLOB NOT NULL,
      stated INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    # Before the first complete reading is noted: the rows of an outbox that is older than that.
    """
    INSERT OR IGNORE INTO seen SELECT row_key, source, 0, x'', 1 FROM slots
    WHERE NOT EXISTS (SELECT 1 FROM readings)
    """,
)
"""The tables of complete readings."""
ADDED = (
    ("slots", "window", "TEXT NOT NULL DEFAULT ''"),
    ("slots", "top", "INTEGER NOT NULL DEFAULT 0"),
    ("slots", "stands", "INTEGER NOT NULL DEFAULT 1"),
    ("events", "window", "TEXT NOT NULL DEFAULT ''"),
)
"""Columns that an older file does not have: table, name, type."""

WAITING = (
    """
    CREATE TABLE IF NOT EXISTS held (
      slot BLOB PRIMARY KEY,
      row_key BLOB NOT NULL,
      source TEXT NOT NULL,
      window TEXT NOT NULL,
      since TEXT NOT NULL,
      digest BLOB NOT NULL,
      message BLOB NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS held_of_row ON held (row_key)",
    "CREATE INDEX IF NOT EXISTS held_of_window ON held (window)",
    "CREATE INDEX IF NOT EXISTS slots_of_window ON slots (window, stands)",
    """
    CREATE TABLE IF NOT EXISTS windows (
      window TEXT PRIMARY KEY,
      node TEXT NOT NULL DEFAULT '',
      settled TEXT NOT NULL DEFAULT '',
      counts TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID
    """,
)
"""The tables of what waits."""


def add_columns(db: sqlite3.Connection) -> None:
    """Gives an older file the columns that it lacks."""
    for table, name, kind in ADDED:
        if name not in {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}:
            db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
