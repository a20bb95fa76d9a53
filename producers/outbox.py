"""The outbox: what leaves the country, kept durably until the platform has it.

One SQLite file an authority, in WAL mode with ``synchronous=FULL``. The rules:

1. A chunk of rows and the reading cursor behind it are recorded in one transaction: after a crash
   the register is read on from exactly there.
2. A row states what holds now, as drafts; each draft has a slot, the identity of the fact. The
   outbox compares with what it recorded for the row before and decides: new, unchanged, changed
   (a correction that supersedes), or gone (a withdrawal). Reading a row twice changes nothing.
   A fact belongs to the row that stated it last.
3. A fact keeps its ``fact_ref`` for ever, and the newest event of a fact stands in the ledger. An
   authority that lost its outbox opens a new epoch and states its register again: nothing is
   counted twice. A fact that moves to another case or person is withdrawn there and stated here.
4. Sealing takes events and the next place in the chain in one transaction, and keeps the sealed
   bytes. What is sent again is the same bytes, so a stream can never fork by a crash or by two
   processes on one outbox.
5. Sealed bytes are dropped only when a receipt says that the batch was accepted.
6. A fact under the gate waits until its quarter is over and it is settled how much may be told of
   it (see ``producers.waiting``).
7. A row that cannot be mapped is kept here as a rejection: where it stands and what is wrong with
   it, never what it says. What the row published before stays.
8. Identifiers of facilitators stay here too, sealed, and are told as tokens once they have them
   (see ``producers.identifiers``).
9. What a row said that a complete reading no longer found is withdrawn (see ``producers.seen``).

SQLite serialises writers, so two processes may use one outbox at once.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from producers.identity import content_digest, event_id, fact_ref
from producers.linkage import sighting
from producers.rejections import Rejections
from producers.requests import Requests
from producers.rows import (
    Draft,
    Judge,
    MappedRow,
    Recorded,
    RejectedRow,
    Sighting,
    Told,
)
from producers.seen import LEAVING, SETTLED, Sightings
from producers.vault import Vault
from producers.waiting import ASSIGNED, WITHDRAWN, Waiting, content_of, window_of_fact
from schemas.anonymity import Node, quarters
from schemas.case_events import EVENT_TYPES, validate
from schemas.codec import decode, encode
from schemas.envelope import Random
from schemas.errors import WrongProducer
from schemas.topics import stream_of

__all__ = ["ASSIGNED", "Outbox"]

AT_ONCE = 200
"""Rows that have gone, or identifiers, that are told of in one transaction."""


class Outbox(Sightings, Waiting, Requests, Rejections):
    """The outbox of one authority.

    Args:
        path: The SQLite file; made if it is not there.
        authority: The authority id; an outbox serves one only.
        streams: Number of streams; cases are spread over them by their pseudonym.
        id_key: Secret of the authority from which event ids are derived, and the key that seals
            identifiers.
        random: Source of random bytes for sealing them.

    Raises:
        OutboxMismatch: The file was made for another authority or number of streams.
    """

    def __init__(
        self,
        path: Path,
        *,
        authority: str,
        streams: int,
        id_key: bytes,
        random: Random = secrets.token_bytes,
    ) -> None:
        super().__init__(path, authority=authority, streams=streams)
        self._id_key = id_key
        self._vault = Vault(id_key, random)

    def cursor(self, source: str) -> str | None:
        """How far a source was read, or None at the first time."""
        row = self._db.execute("SELECT cursor FROM cursors WHERE source = ?", (source,)).fetchone()
        return row["cursor"] if row else None

    def record(
        self,
        source: str,
        rows: Sequence[MappedRow | RejectedRow],
        cursor: str,
        sighting: Sighting | None = None,
        *,
        now: str | None = None,
        month: str = "",
    ) -> Recorded:
        """Records what rows say now and how far the source was read, or nothing at all.

        Args:
            source: The source.
            rows: Rows of it.
            cursor: Where it is read on after them.
            sighting: The complete reading that found them, if they belong to one.
            now: The present quarter: facts under the gate wait. If not given, all are published.
            month: The present month: identifiers that expired before it are not kept.

        Raises:
            EventInvalid: A draft breaks the contract; the mapping should have rejected its row.
        """
        total = Recorded()
        with self._transaction():
            for row in rows:
                if isinstance(row, RejectedRow):
                    total += self._reject(source, row)
                else:
                    total += self._state(source, row, now, month)
            if sighting is not None:
                self._see(source, rows, sighting)
            self._db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (source, cursor))
        return total

    def withdraw_gone(self, source: str, number: int) -> Recorded:
        """Withdraws what the rows said that a reading did not find, and closes the reading.

        Args:
            source: The source that was read to its end.
            number: The number of the reading.
        """
        with self._transaction():
            self._set_state(source, number, LEAVING)
        total, after, more = Recorded(), b"", True
        while more:
            with self._transaction():
                rows = self._next_gone(source, number, after, AT_ONCE)
                for row in rows:
                    total += self.withdraw_row(source, row["row_key"])
                    after = row["row_key"]
                self._forget(source, rows)
                if more := len(rows) == AT_ONCE:
                    continue
                self._forget_rejections(source, number)
                self._set_state(source, number, SETTLED)
        return total

    def withdraw_row(self, source: str, row_key: bytes) -> Recorded:
        """Withdraws all that a row still says, because it has gone; inside a transaction."""
        slots = self._db.execute("SELECT * FROM slots WHERE row_key = ?", (row_key,)).fetchall()
        held = self._held_of_row(row_key) - {slot["slot"] for slot in slots}
        self._forget_identifiers(row_key)
        withdrawn = sum(self._withdraw(source, row_key, slot).withdrawn for slot in slots)
        return Recorded(withdrawn=withdrawn + sum(map(self._release, held)))

    def _state(self, source: str, row: MappedRow, now: str | None, month: str) -> Recorded:
        self._db.execute("DELETE FROM rejections WHERE row_key = ?", (row.row_key,))
        known = {
            slot["slot"]: slot
            for slot in self._db.execute("SELECT * FROM slots WHERE row_key = ?", (row.row_key,))
        }
        held = self._held_of_row(row.row_key)
        total = Recorded()
        for draft in row.drafts:
            before = known.pop(draft.slot, None) or self._take_over(draft.slot, row.row_key)
            held.discard(draft.slot)
            if now is not None and window_of_fact(draft.fields):
                total += self._hold(source, row.row_key, draft, before, now)
            else:
                self._release(draft.slot)
                total += self._put(source, row.row_key, draft, before)
        linked = self._keep_identifiers(source, row.row_key, row.identifiers, month)
        for gone in (slot for slot in known.values() if slot["slot"] not in linked):
            held.discard(gone["slot"])
            total += self._withdraw(source, row.row_key, gone)
        return total + Recorded(withdrawn=sum(map(self._release, held)))

    def _take_over(self, slot: bytes, row_key: bytes) -> sqlite3.Row | None:
        """What another row stated of this fact, if any; from now on the fact is this row's."""
        self._db.execute("UPDATE slots SET row_key = ? WHERE slot = ?", (row_key, slot))
        self._db.execute("UPDATE held SET row_key = ? WHERE slot = ?", (row_key, slot))
        return self._slot(slot)

    def _put(
        self, source: str, row_key: bytes, draft: Draft, known: sqlite3.Row | None
    ) -> Recorded:
        digest = content_digest(draft.fields)
        if known is not None and known["digest"] == digest:
            return Recorded(unchanged=1)
        self._restate(source, row_key, draft, known, digest=digest)
        return Recorded(new=1) if known is None else Recorded(corrected=1)

    def _restate(
        self,
        source: str,
        row_key: bytes,
        draft: Draft,
        known: sqlite3.Row | None,
        *,
        digest: bytes,
        top: bool = False,
    ) -> None:
        """Publishes what a fact says now; ``digest`` is of what the register says of it."""
        moved = known is not None and _subject(known) != _subject_of(draft.fields)
        if known is not None and moved:
            self._withdraw(source, row_key, known)
            known = self._take_over(draft.slot, row_key)
        revision = 0 if known is None else known["revision"] + 1
        corrects = known is not None and not moved
        self._publish(
            draft,
            event_id=self._event_id(draft, revision, digest),
            supersedes=known["event_id"] if known is not None and corrects else None,
            revision=revision if corrects else 0,
            slot=(row_key, source, revision, digest),
            top=top,
        )

    def _publish(
        self,
        draft: Draft,
        *,
        event_id: bytes,
        supersedes: bytes | None,
        revision: int,
        slot: tuple[bytes, str, int, bytes],
        top: bool,
    ) -> None:
        """Puts an event among those to be sealed, and remembers it as what its fact says now."""
        message = self._event(draft, event_id, supersedes, revision)
        window, stands = window_of_fact(draft.fields), draft.fields["validation"] != WITHDRAWN
        self._db.execute(
            "INSERT INTO events (event_id, stream, message, window) VALUES (?, ?, ?, ?)",
            (event_id, stream_of(draft.fields["case_ref"], self.streams), message, window),
        )
        row_key, source, stated, digest = slot
        self._db.execute(
            "INSERT OR REPLACE INTO slots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(draft.slot, row_key, source, event_id, stated, digest, message),
                *(window, top, stands),
            ),
        )
        self._touch(window)

    def _event(
        self, draft: Draft, event_id: bytes, supersedes: bytes | None = None, revision: int = 0
    ) -> bytes:
        if draft.fields["producer"] != self.authority:
            raise WrongProducer(expected=self.authority)
        assigned = {
            "event_id": event_id,
            "fact_ref": fact_ref(self._id_key, draft.slot),
            "supersedes": supersedes,
            "revision": revision,
        }
        event = validate({**draft.fields, **assigned}).model_dump()
        return encode(event.pop("event_type"), event)

    def _withdraw(self, source: str, row_key: bytes, gone: sqlite3.Row) -> Recorded:
        """Takes back what was published of a fact, as it was told, and forgets what waits of it."""
        forgotten = self._release(gone["slot"])
        if not gone["stands"]:
            return Recorded(withdrawn=1) if forgotten else Recorded(unchanged=1)
        content = {**content_of(gone["message"]), "validation": WITHDRAWN}
        digest = content_digest(content)
        draft = Draft(gone["slot"], content)
        self._restate(source, row_key, draft, gone, digest=digest, top=bool(gone["top"]))
        return Recorded(withdrawn=1)

    # --- Sightings of identifiers ----------------------------------------------------------------

    def tell_sightings(self, epochs: Sequence[str], month: str) -> Recorded:
        """Puts into events what is new of identifiers with a token, and withdraws what expired.

        Args:
            epochs: The years in which tokens are made at present, oldest first.
            month: The present month.
        """
        total, more, newest = Recorded(), True, epochs[-1] if epochs else ""
        while more:
            with self._transaction():
                expired, untold = self._expired(month, AT_ONCE), self._untold(newest, AT_ONCE)
                for gone in expired:
                    total += self._withdraw_slot(gone["source"], gone["row_key"], gone["slot"])
                for one in untold:
                    draft = Draft(one["slot"], sighting(self.authority, dict(one)))
                    known = self._slot(one["slot"])
                    total += self._put(one["source"], one["row_key"], draft, known)
                    self._note_told(one["slot"])
                more = bool(expired or untold)
                self._forget_tokens(epochs, look=more)
        return total

    def _withdraw_slot(self, source: str, row_key: bytes, slot: bytes) -> Recorded:
        told = self._slot(slot)
        return Recorded() if told is None else self._withdraw(source, row_key, told)

    def _slot(self, slot: bytes) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM slots WHERE slot = ?", (slot,)
        ).fetchone()
        return found

    # --- Under the gate --------------------------------------------------------------------------

    def _hold(
        self, source: str, row_key: bytes, draft: Draft, known: sqlite3.Row | None, now: str
    ) -> Recorded:
        """Keeps what a fact says now until its quarter is settled."""
        window, digest = window_of_fact(draft.fields), content_digest(draft.fields)
        held = self._held(draft.slot)
        says = held or known
        if says is not None and says["digest"] == digest:
            return Recorded(unchanged=1)
        if known is not None and known["stands"]:
            moved = _subject(known) != _subject_of(draft.fields)
            if moved or known["window"] != window:
                self._withdraw(source, row_key, known)
        waiting = held is not None and held["window"] == window
        since = held["since"] if held and waiting else self._first_told_in(window, now)
        self._db.execute(
            "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?, ?)",
            (draft.slot, row_key, source, window, since, digest, self._event(draft, bytes(16))),
        )
        self._touch(window)
        return Recorded(new=1) if says is None else Recorded(corrected=1)

    def settle(
        self, window: str, now: str, judge_of: Callable[[Node | None, int], Judge]
    ) -> Node | None:
        """Publishes what may be told of a quarter that has ended.

        Args:
            window: The quarter.
            now: The present one.
            judge_of: Makes a judge, of the node decided before and the number of quarters that have
                ended since.

        Returns:
            The node of the quarter, None if it stays undecided.
        """
        with self._transaction():
            judge = judge_of(self._node_of(window), quarters(now) - quarters(window) - 1)
            for _, fact in self._facts(window, now):
                judge.see(fact)
            node = judge.decide()
            for slot, fact in self._facts(window, now):
                told = judge.told(fact)
                if told is not None:
                    self._tell(slot, told)
            self._settled(window, node, now)
        return node

    def _tell(self, slot: bytes, told: Told) -> None:
        """Publishes what may be told of a fact, unless it says the same already."""
        known = self._db.execute("SELECT * FROM slots WHERE slot = ?", (slot,)).fetchone()
        held = self._held(slot)
        origin = held or known
        row_key, source, digest = origin["row_key"], origin["source"], origin["digest"]
        self._release(slot)
        if known is not None and content_of(known["message"]) == told.fields:
            self._db.execute(
                "UPDATE slots SET row_key = ?, source = ?, digest = ?, top = ? WHERE slot = ?",
                (row_key, source, digest, told.top, slot),
            )
            return
        draft = Draft(slot, told.fields)
        self._restate(source, row_key, draft, known, digest=digest, top=told.top)

    def _event_id(self, draft: Draft, revision: int, digest: bytes) -> bytes:
        epoch = self.epoch(stream_of(draft.fields["case_ref"], self.streams))
        return event_id(self._id_key, draft.slot, epoch, revision, digest)


def _subject_of(fields: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Case and person (or case again) that a fact is about; a correction may not change them."""
    return (fields["case_ref"], fields[EVENT_TYPES[fields["event_type"]].subject])


def _subject(slot: sqlite3.Row) -> tuple[bytes, bytes]:
    """The same of what a fact said last."""
    last = decode(slot["message"])
    return _subject_of({**last.fields, "event_type": last.subject})
