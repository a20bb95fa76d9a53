"""What a console has to remember of people, on its own disk: sign-ins under way, and sessions.

The rules:

1. A browser gets a random secret, signed; here lies only its digest. Whoever reads the file can
   sign in with nothing of it.
2. Everything ends at a moment that is set when it begins. What has ended is not there.
3. Deleting the file ends every session at once.
4. That something is used is written down once in a while, not each time: every writing waits for
   the disk, and a page asks for a dozen things. What ends by idleness ends that much earlier.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, Signer

TABLE = """
create table if not exists kept (
    kind text not null, digest blob not null, content text not null,
    ends real not null, idle real not null, used real not null,
    primary key (kind, digest)
) strict, without rowid
"""
FRESH = 1 / 60
"""Of the time of idleness: how long a use that was written down stands for those that follow."""


class Keeping:
    """Things that are kept for whoever holds their secrets.

    Args:
        path: Where they lie; None for memory.
        key: Signs what browsers are given.
        clock: The time, in seconds since 1970.
    """

    def __init__(
        self,
        path: Path | None = None,
        key: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._signer = Signer(key or secrets.token_bytes(32), salt="southmed.console")
        self._clock = clock
        # Routes run in threads.
        self._lock = threading.Lock()
        if path is not None:
            path.touch(mode=0o600)
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False)
        self._database.execute(TABLE)
        self._database.commit()

    def put(self, kind: str, content: Mapping[str, Any], lasts: float, idle: float = 0.0) -> str:
        """Keeps something, and gives what its holder has to show.

        Args:
            kind: Of what kind it is.
            content: As JSON.
            lasts: Seconds until it ends.
            idle: Seconds without use after which it ends, too; 0 for none.
        """
        secret, now = secrets.token_urlsafe(32), self._clock()
        row = (kind, _digest(secret), json.dumps(content), now + lasts, idle or lasts, now)
        with self._lock, self._database:
            self._database.execute(
                "delete from kept where ends <= ? or used + idle <= ?", (now,) * 2
            )
            self._database.execute("insert into kept values (?, ?, ?, ?, ?, ?)", row)
        return self._signer.sign(secret).decode()

    def get(self, kind: str, shown: str, *, touch: bool = False) -> dict[str, Any] | None:
        """What is kept for who shows this; None for nothing.

        Args:
            kind: Of what kind it is.
            shown: What the holder has.
            touch: Whether it is used now.
        """
        secret = self._opened(shown)
        if secret is None:
            return None
        now, where = self._clock(), (kind, _digest(secret))
        with self._lock, self._database, closing(self._database.cursor()) as cursor:
            cursor.execute(
                "select content, used + idle * ? <= ? from kept"
                " where kind = ? and digest = ? and ends > ? and used + idle > ?",
                (FRESH, now, *where, now, now),
            )
            row = cursor.fetchone()
            if row and touch and row[1]:
                cursor.execute(
                    "update kept set used = ? where kind = ? and digest = ?", (now, *where)
                )
        found: dict[str, Any] | None = json.loads(row[0]) if row else None
        return found

    def take(self, kind: str, shown: str) -> dict[str, Any] | None:
        """The same, and from now on it is not there."""
        found = self.get(kind, shown)
        secret = self._opened(shown)
        if secret is not None:
            with self._lock, self._database:
                done = self._database.execute(
                    "delete from kept where kind = ? and digest = ?", (kind, _digest(secret))
                )
            # Of two who come at the same moment one takes it.
            return found if done.rowcount else None
        return found

    def bound(self, shown: str) -> str:
        """What stands for the secret where the secret itself may not stand."""
        return _digest(self._opened(shown) or "").hex()

    def _opened(self, shown: str) -> str | None:
        try:
            return self._signer.unsign(shown).decode()
        except (BadSignature, UnicodeDecodeError):
            return None


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
