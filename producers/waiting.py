"""What waits in the outbox for its quarter to end, and what was decided of each quarter.

A fact under the gate (`schemas.anonymity`) is not published when it is read: how much may be told
of it depends on all others of its quarter. The rules:

1. A new or changed fact is **held** until its quarter is **settled**. What was held before is
   replaced; what is gone before it was published is forgotten.
2. Settling a quarter is one transaction: a judge is shown all its facts, decides the node once and
   for ever, and says what may be told of each. What it does not let out goes on waiting. What would
   say the same as what was published is not published again.
3. A withdrawal does not wait: it takes the fact back as it was told.
4. A quarter is settled again when something of it changed, and in every later quarter while
   something of it waits.
5. What is attested of a quarter are its classes as they stand published, counted here from what the
   events say, when a batch is sealed.

An outbox from before the gate holds facts told at the finest level. Their quarters are undecided,
so the next settling tells them again, coarser.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from producers.rows import Fact, Quarter
from producers.schema import WAITING, add_columns
from producers.streams import Streams
from schemas.anonymity import (
    FIELDS,
    PERSONS,
    TOP,
    Attestation,
    Node,
    conforms,
    quarters,
    window_of,
)
from schemas.case_events import EVENT_TYPES
from schemas.codec import decode

WITHDRAWN = "WITHDRAWN"
ASSIGNED = ("event_id", "fact_ref", "supersedes", "revision")
"""Fields that the outbox gives to an event."""
FACTS_AT_ONCE = 1_000
STEP = 5
"""What is attested as suppressed is rounded to a multiple of it."""


def window_of_fact(fields: Mapping[str, Any]) -> str:
    """The quarter of a fact under the gate, ``""`` of another."""
    return window_of(fields["period"]) if fields["event_type"] in FIELDS else ""


def content_of(message: bytes) -> dict[str, Any]:
    """What an event says, without what the outbox assigned."""
    said = decode(message)
    content = {name: value for name, value in said.fields.items() if name not in ASSIGNED}
    return {**content, "event_type": said.subject}


class Waiting(Streams):
    """The facts of an outbox that wait, and its quarters."""

    def __init__(self, path: Path, *, authority: str, streams: int) -> None:
        super().__init__(path, authority=authority, streams=streams)
        with self._transaction():
            add_columns(self._db)
            for statement in WAITING:
                self._db.execute(statement)
            self._take_in_older_facts()

    def _take_in_older_facts(self) -> None:
        """Notes the quarters of facts that were published before the outbox kept any."""
        noted = "INSERT OR IGNORE INTO settings VALUES ('quarters', 'kept')"
        if self._db.execute(noted).rowcount == 0:
            return
        for (slot,) in self._db.execute("SELECT slot FROM slots").fetchall():
            query = "SELECT message FROM slots WHERE slot = ?"
            content = content_of(self._db.execute(query, (slot,)).fetchone()["message"])
            window, stands = window_of_fact(content), content["validation"] != WITHDRAWN
            self._db.execute(
                "UPDATE slots SET window = ?, stands = ? WHERE slot = ?", (window, stands, slot)
            )
            self._touch(window)

    # --- Facts that wait -------------------------------------------------------------------------

    def _held(self, slot: bytes) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM held WHERE slot = ?", (slot,)
        ).fetchone()
        return found

    def _held_of_row(self, row_key: bytes) -> set[bytes]:
        rows = self._db.execute("SELECT slot FROM held WHERE row_key = ?", (row_key,))
        return {row["slot"] for row in rows}

    def _release(self, slot: bytes) -> bool:
        """Forgets what waits of a fact; False if nothing did."""
        return self._db.execute("DELETE FROM held WHERE slot = ?", (slot,)).rowcount > 0

    def _first_told_in(self, window: str, now: str) -> str:
        """The quarter in which a fact that comes now could be told at the earliest."""
        row = self._db.execute("SELECT node FROM windows WHERE window = ?", (window,)).fetchone()
        after = _next(window)
        return max(now, after) if row and row["node"] else after

    # --- Quarters --------------------------------------------------------------------------------

    def _touch(self, window: str) -> None:
        """Notes that something of a quarter changed."""
        if window:
            self._db.execute(
                "INSERT INTO windows (window) VALUES (?)"
                " ON CONFLICT DO UPDATE SET settled = '', counts = ''",
                (window,),
            )

    def to_settle(self, now: str) -> list[str]:
        """The quarters before the present one that are to be settled.

        Args:
            now: The present quarter.
        """
        rows = self._db.execute(
            "SELECT window FROM windows WHERE window < ? AND (settled = '' OR (settled < ?"
            " AND (node = '' OR EXISTS (SELECT 1 FROM held WHERE held.window = windows.window))))"
            " ORDER BY window",
            (now, now),
        )
        return [row["window"] for row in rows]

    def quarters(self) -> list[Quarter]:
        """How all quarters stand."""
        rows = self._db.execute("""
            SELECT window, node,
              (SELECT count(*) FROM slots WHERE slots.window = windows.window AND stands)
                AS published,
              (SELECT count(*) FROM held WHERE held.window = windows.window) AS waiting,
              (SELECT min(since) FROM held WHERE held.window = windows.window) AS since
            FROM windows ORDER BY window
        """)
        return [
            Quarter(r["window"], _node(r["node"]), r["published"], r["waiting"], r["since"])
            for r in rows
        ]

    def facts(self) -> tuple[int, int]:
        """Numbers of facts: that stand published, and that were not published and wait.

        Sightings of identifiers are not among them.
        """
        query = """
            SELECT (SELECT count(*) FROM slots WHERE stands
              AND slot NOT IN (SELECT slot FROM identifiers)), count(*) FROM held
            WHERE NOT EXISTS (SELECT 1 FROM slots WHERE slots.slot = held.slot AND stands)
        """
        published, waiting = self._db.execute(query).fetchone()
        return published, waiting

    def told(self, slot: bytes) -> dict[str, Any] | None:
        """What stands published of a fact, None if nothing does."""
        query = "SELECT message FROM slots WHERE slot = ? AND stands"
        row = self._db.execute(query, (slot,)).fetchone()
        return content_of(row["message"]) if row else None

    def _node_of(self, window: str) -> Node | None:
        row = self._db.execute("SELECT node FROM windows WHERE window = ?", (window,)).fetchone()
        return _node(row["node"]) if row else None

    def _facts(self, window: str, now: str) -> Iterator[tuple[bytes, Fact]]:
        """The facts of a quarter with their slots, always in one order."""
        after = b""
        while slots := self._slots_of(window, after):
            for after in slots:
                yield after, self._fact(after, window, now)

    def _slots_of(self, window: str, after: bytes) -> list[bytes]:
        """The next slots of a quarter, so few that a quarter may be of any size."""
        rows = self._db.execute(
            "SELECT slot FROM (SELECT slot FROM slots"
            " WHERE window = ?1 AND stands = 1 AND slot > ?2 ORDER BY slot LIMIT ?3)"
            " UNION SELECT slot FROM (SELECT slot FROM held"
            " WHERE window = ?1 AND slot > ?2 ORDER BY slot LIMIT ?3) ORDER BY slot LIMIT ?3",
            (window, after, FACTS_AT_ONCE),
        )
        return [row["slot"] for row in rows]

    def _fact(self, slot: bytes, window: str, now: str) -> Fact:
        told = self._db.execute("SELECT * FROM slots WHERE slot = ?", (slot,)).fetchone()
        held = self._held(slot)
        newest = told if held is None else held
        return Fact(
            fields=content_of(newest["message"]),
            published=told is not None and bool(told["stands"]),
            top=told is not None and told["window"] == window and bool(told["top"]),
            waited=0 if held is None else quarters(now) - quarters(held["since"]),
        )

    def _settled(self, window: str, node: Node | None, now: str) -> None:
        self._db.execute(
            "UPDATE windows SET node = ?, settled = ? WHERE window = ?",
            ("" if node is None else json.dumps(node), now, window),
        )

    # --- Attesting -------------------------------------------------------------------------------

    def _attest(self, windows: Iterable[str]) -> list[Attestation]:
        found = (self.attestation(window) for window in sorted(set(windows)))
        return [attestation for attestation in found if attestation is not None]

    def attestation(self, window: str) -> Attestation | None:
        """What is attested of a quarter as it stands now, None if it is not decided."""
        query = "SELECT node, counts FROM windows WHERE window = ?"
        row = self._db.execute(query, (window,)).fetchone()
        node = _node(row["node"]) if row else None
        if node is None:
            return None
        if row["counts"]:
            return Attestation(window, node, *json.loads(row["counts"]))
        counts = _count(self._standing_persons(window), node)
        self._db.execute(
            "UPDATE windows SET counts = ? WHERE window = ?", (json.dumps(counts), window)
        )
        return Attestation(window, node, *counts)

    def _standing_persons(self, window: str) -> Iterator[dict[str, Any]]:
        query = "SELECT message FROM slots WHERE window = ? AND stands"
        for row in self._db.execute(query, (window,)):
            content = content_of(row["message"])
            if content["event_type"] in PERSONS:
                yield content


def _count(events: Iterable[Mapping[str, Any]], node: Node) -> tuple[int, int, int]:
    """k, l and the number suppressed of what stands published of a quarter."""
    persons: defaultdict[tuple[str, ...], set[bytes]] = defaultdict(set)
    forms: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    at_top = set()
    for event in events:
        event_type = event["event_type"]
        hidden = " ".join(sorted(event["suppressed_fields"]))
        told = (repr(event[name]) for name in FIELDS[event_type])
        said = (event_type, event["period"], hidden, *told)
        persons[said].add(event[EVENT_TYPES[event_type].subject])
        sensitive = event.get("exploitation") or (event["stage"], event["offence_basis"])
        forms[said].add(repr(sorted(sensitive)))
        if conforms(event, TOP):
            at_top.add(said)
    residue = at_top if persons.keys() - at_top else set()
    counted = persons.keys() - residue
    suppressed = 0 if node == TOP else sum(len(persons[said]) for said in residue)
    return (
        min((len(persons[said]) for said in counted), default=0),
        min((len(forms[said]) for said in counted), default=0),
        (suppressed + STEP // 2) // STEP * STEP,
    )


def _next(window: str) -> str:
    """The quarter after a quarter."""
    year, quarter = divmod(quarters(window) + 1, 4)
    return f"{year}-Q{quarter + 1}"


def _node(text: str) -> Node | None:
    return Node(*json.loads(text)) if text else None
