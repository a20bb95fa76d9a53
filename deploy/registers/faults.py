"""Faults as they occur in registers, planted on purpose and counted.

A line gets at most one fault, and each fault is of a kind for which the line must be rejected: a
date that does not exist or lies in the future, a word that is no code, a nationality that is no
country, a missing key, an identification before the report, a number that is none. Which kinds a
table can have at all is the table's own matter: a database refuses 31 February by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from deploy.registers.lines import Line, Raw, Value

SHARE = 0.05
"""About so many lines of a table are faulty."""

FUTURE = date(2091, 6, 1)


@dataclass(frozen=True)
class Kind:
    """A kind of fault in one field.

    Args:
        name: E.g. ``UNKNOWN_CODE``.
        field: The field of the line that is spoilt.
        value: What is written there; None leaves the cell blank, ``BEFORE_REPORT`` is a day
            before the report.
        needs: The line must have this field, or the fault would go unnoticed.
    """

    name: str
    field: str
    value: Value | Raw
    needs: str = "year"


BEFORE_REPORT = Raw("before the report")


@dataclass(frozen=True)
class Fault:
    """A fault as written: the table, the row as its source counts, the column, and the kind."""

    table: str
    row: int
    column: str
    kind: str


@dataclass(frozen=True)
class Written:
    """What was written to a register: data rows by table, and the faults among them."""

    path: Path
    rows: Mapping[str, int]
    faults: tuple[Fault, ...]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def plant(lines: Iterable[Line], kinds: Sequence[Kind], rng: Random | None) -> Iterator[Line]:
    """Spoils about one line in twenty, the kinds in turn; none without ``rng``."""
    waiting = list(kinds)
    for line in lines:
        spoil = rng is not None and rng.random() < SHARE
        kind = next((kind for kind in waiting if line.fields.get(kind.needs)), None)
        if not spoil or kind is None:
            yield line
            continue
        waiting.remove(kind)
        waiting.append(kind)
        yield Line({**line.fields, kind.field: _spoilt(kind, line)}, (kind.name, kind.field))


def _spoilt(kind: Kind, line: Line) -> Value | Raw:
    reported_on = line.fields.get("reported_on")
    if kind.value is BEFORE_REPORT and isinstance(reported_on, date):
        return reported_on - timedelta(days=40)
    return kind.value
