"""From what stands in the ledgers to the records that a release counts, and their digest.

The rules:

1. One record is one person in one case (or one training, one request), with the values it counts
   under. A person counts once formally identified, and is described by the newest decision.
2. A person enters the tables in the month that its identification told when it was first accepted,
   or in the first that was not out by then. That never changes: closed periods do not grow, and
   everybody is in exactly one.
3. A record's key is a keyed hash of its pseudonym: it says nothing to whoever lacks the key, and
   is the same every time.
4. The snapshot is a Merkle root over the records of the period, sorted by their keys. What is
   published is a keyed digest of it, bound to the release: two published digests never compare, so
   nobody learns from them whether anything changed, and an empty period looks like any other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from processors.indicators.acceptance import Closing, end_of, month_counted
from processors.release.errors import OutsideTables
from processors.release.tables import MONTH, Cell, Counts, Tables, holds

Fields = Mapping[str, Any]
Subject = Sequence[Fields]
"""The events of one subject that stand."""


@dataclass(frozen=True)
class Record:
    """One thing that is counted.

    Attributes:
        key: Keyed hash of what it is about.
        month: Month in which it entered; its quarter, where the month is not told.
        values: Value of every dimension.
    """

    key: bytes
    month: str
    values: Mapping[str, str]

    def cell(self, by: Sequence[str]) -> Cell:
        """The one cell of a table that it falls in."""
        return tuple(self.month if name == MONTH else self.values[name] for name in by)

    @cached_property
    def leaf(self) -> bytes:
        """Its hash in the tree."""
        attributes = hashlib.sha256(_canonical(self.attributes())).digest()
        return hashlib.sha256(b"\0" + self.key + attributes).digest()

    def attributes(self) -> list[Any]:
        """What it counts under, in one way of writing."""
        return [self.month, *sorted(self.values.items())]


Population = Mapping[Counts, Sequence[Record]]


@dataclass(frozen=True)
class Entry:
    """Tells when what stands in the ledger of one partition enters the tables.

    Attributes:
        partition: Name of the partition, ``TUN-0``.
        closings: The months that are out, and how far the log was read for them.
    """

    partition: str
    closings: Sequence[Closing] = ()

    def month(self, counted: Sequence[Fields]) -> str:
        """The month in which the first of some facts counts, or its quarter if that is all."""
        months = (month_counted(event, self.partition, self.closings) for event in counted)
        return min(months, key=lambda month: (end_of(month), month))


# --- Records -------------------------------------------------------------------------------------

CONVICTED = frozenset({"CONV1", "CONVF"})
PROSECUTED = frozenset({"PROSEC", "ACQUIT", "APPEAL"})
"""Stages that nobody reaches who is not prosecuted."""


def population(
    ledgers: Iterable[tuple[Entry, Iterable[Subject]]], tables: Tables, record_key: bytes
) -> Population:
    """Everything that releases count.

    Args:
        ledgers: Of every partition, its subjects, and when they enter.
        tables: The file of tables.
        record_key: The secret behind records' keys.
    """
    found: dict[Counts, list[Record]] = {"VICTIMS": [], "TRAININGS": [], "REQUESTS": []}
    for entry, subjects in ledgers:
        maker = _Maker(tables, record_key, entry)
        victims: list[Subject] = []
        # All events of a case are in one ledger, so its proceedings are complete here.
        stages: defaultdict[tuple[str, bytes], set[str]] = defaultdict(set)
        for subject in subjects:
            for event in _standing(subject):
                match event["event_type"]:
                    case "justice.person_stage":
                        stages[(event["producer"], event["case_ref"])].add(event["stage"])
                    case "training.delivered":
                        found["TRAININGS"].append(maker.fact(event, ("AXIS", "MODE")))
                    case "cooperation.request":
                        found["REQUESTS"].append(maker.fact(event, ("DIRECTION", "KIND")))
            if any(map(_identified, _standing(subject))):
                victims.append(subject)
        found["VICTIMS"] += [maker.victim(subject, stages) for subject in victims]
    return found


def _standing(subject: Subject) -> list[Fields]:
    return [event for event in subject if event["validation"] != "WITHDRAWN"]


def _identified(event: Fields) -> bool:
    return (event["event_type"], event.get("status")) == ("victim.identified", "IDENTIFIED")


def _referred(event: Fields) -> bool:
    return (event["event_type"], event.get("accepted")) == ("victim.referred", "Y")


class _Maker:
    def __init__(self, tables: Tables, record_key: bytes, entry: Entry) -> None:
        self._tables = tables
        self._key = record_key
        self._entry = entry
        self._folded: dict[tuple[str, tuple[str, ...]], str] = {}

    def _fold(self, dimension: str, *codes: str) -> str:
        """The value that stands for codes; there are few combinations, and many persons."""
        asked = (dimension, codes)
        if asked not in self._folded:
            self._folded[asked] = self._tables.fold(dimension, codes)
        return self._folded[asked]

    def _hash(self, kind: bytes, event: Fields, reference: str) -> bytes:
        about = kind + b"|" + event["producer"].encode() + b"|" + event[reference]
        return hmac.digest(self._key, b"southmed record v1|" + about, "sha256")

    def fact(self, event: Fields, names: Sequence[str]) -> Record:
        values = {name: event[name.lower()] for name in names}
        values["REF_AREA"] = event["country"]
        return Record(self._hash(b"f", event, "fact_ref"), self._entry.month([event]), values)

    def victim(self, subject: Subject, stages: Mapping[tuple[str, bytes], set[str]]) -> Record:
        events = _standing(subject)
        person = [event for event in events if _identified(event)][-1]
        # A decision that was withdrawn counts nothing, but whoever entered by it stays there.
        decisions = [event for event in subject if _identified(event)]
        reached = stages.get((person["producer"], person["case_ref"]), set())
        values = {
            "REF_AREA": person["country"],
            "SEX": self._fold("SEX", person["sex"]),
            "AGE": self._fold("AGE", person["age_band"]),
            "FORM": self._fold("FORM", *person["exploitation"]),
            "ORIGIN": self._fold("ORIGIN", person["country_of_recruitment"]),
            "STAGE": _stage(reached, any(map(_referred, events))),
        }
        return Record(self._hash(b"v", person, "victim_ref"), self._entry.month(decisions), values)


def _stage(reached: set[str], referred: bool) -> str:
    """The highest stage that a person's case reached."""
    if reached & CONVICTED:
        return "CONV"
    if reached & PROSECUTED:
        return "PROSEC"
    return "REFERRED" if referred else "IDENTIFIED"


# --- Counting and digest -------------------------------------------------------------------------


def of_period(records: Iterable[Record], period: str) -> list[Record]:
    """The records that entered in a quarter or year."""
    return [record for record in records if holds(period, record.month)]


def count(records: Iterable[Record], tables: Tables, table: str, period: str) -> dict[Cell, int]:
    """How many records fall in each cell, empty ones too.

    Raises:
        OutsideTables: A record falls in no cell.
    """
    cells = dict.fromkeys(tables.cells(table, period), 0)
    by = tables.tables[table].by
    for cell, number in Counter(record.cell(by) for record in records).items():
        if cell not in cells:
            raise OutsideTables(expected=f"a cell of {table}")
        cells[cell] = number
    return cells


def merkle_root(records: Iterable[Record]) -> bytes:
    """The root over the records in the order of their keys; RFC 6962's shape of tree."""
    nodes = [record.leaf for record in sorted(records, key=lambda record: record.key)]
    if not nodes:
        return hashlib.sha256(b"").digest()
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=False)
        odd = nodes[-1:] if len(nodes) % 2 else []
        nodes = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs] + odd
    return nodes[0]


def snapshot(records: Iterable[Record], release: str, record_key: bytes) -> bytes:
    """The digest of the records, bound to the release that is made of them."""
    root = merkle_root(records)
    return hmac.digest(
        record_key, b"southmed snapshot v1|" + release.encode() + b"|" + root, "sha256"
    )


def _canonical(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


# --- Kept for the audit --------------------------------------------------------------------------


def pack(records: Iterable[Record]) -> bytes:
    """Records as a private file, one JSON line each, so that a release can be computed again."""
    ordered = sorted(records, key=lambda record: record.key)
    lines = (_canonical([r.key.hex(), r.month, dict(sorted(r.values.items()))]) for r in ordered)
    return b"".join(line + b"\n" for line in lines)


def unpack(content: bytes) -> list[Record]:
    """Reads what `pack` wrote."""
    rows = (json.loads(line) for line in content.splitlines())
    return [Record(bytes.fromhex(key), month, values) for key, month, values in rows]
