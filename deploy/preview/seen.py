"""What a register would state, gathered from its rows.

The rules:

1. A row is known by its place only. Of its cells nothing is kept; of its events the values of
   fields that are shown (``fields``), which are codes, months and counts.
2. A fact that two rows state in the same words leaves once, as the outbox has it.
3. What the outbox holds is not looked at: a preview is of the whole register, whether or not parts
   of it left before, and as if every quarter that is over were told today (``gated``).
4. The digest is taken over every event, every refusal, and the types of identifiers in the order of
   reading, of which only
   the first few are kept. It holds no pseudonym, so whoever has the same register and declarations
   finds the same digest, without any key.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from country_adapters.kit.register import Register
from country_adapters.kit.runner import Judged
from deploy.preview.columns import ColumnAtHome, ColumnRead, columns_at_home, columns_read
from deploy.preview.fields import shown_fields, values_of
from deploy.preview.gated import QuarterSeen
from deploy.preview.identifiers import IdentifiersSeen
from producers.identity import content_digest
from producers.rows import Draft, Problem, RejectedRow
from schemas.case_events import EVENT_TYPES

MOST_PLACES = 200
"""Places of refused rows that are listed for one reason."""


@dataclass
class TableSeen:
    """Numbers of one table."""

    table: str
    rows: int = 0
    refused: int = 0


@dataclass(frozen=True)
class EventSeen:
    """One event, by its type and the values of its fields."""

    event_type: str
    fields: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class RowSeen:
    """One row: what it states, or why it stays home; of identifiers the types only."""

    table: str
    place: str
    events: tuple[EventSeen, ...] = ()
    problems: tuple[Problem, ...] = ()
    identifiers: tuple[str, ...] = ()
    unusable: tuple[Problem, ...] = ()


@dataclass
class EventsSeen:
    """The events of one type: how many, and how often each value of each field."""

    count: int = 0
    fields: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, event: EventSeen) -> None:
        """Counts an event."""
        self.count += 1
        for name, values in event.fields.items():
            self.fields.setdefault(name, Counter()).update(values)


@dataclass
class RefusalsSeen:
    """The rows that one column keeps home for one reason, and where the first of them stand."""

    table: str
    column: str
    code: str
    count: int = 0
    places: list[str] = field(default_factory=list)

    def add(self, place: str) -> None:
        """Counts a row."""
        self.count += 1
        if len(self.places) < MOST_PLACES:
            self.places.append(place)


@dataclass(frozen=True)
class Preview:
    """What a register would state.

    Attributes:
        register: The name of the register's folder.
        authority: Whose it is.
        country: The reporting country.
        day: The day of the preview.
        declarations: SHA-256 of the declarations, in hex.
        content: SHA-256 of what was previewed, in hex.
        tables: Numbers of each table.
        home: Columns that stay home.
        read: Columns that are read, and what leaves of each.
        events: What leaves, by event type.
        refusals: What is refused, by table, column and reason.
        rows: The first rows one by one.
        identifiers: How many identifiers of facilitators wait at home, by type.
        quarters: How the quarters would be told.
    """

    register: str
    authority: str
    country: str
    day: date
    declarations: str
    content: str
    tables: tuple[TableSeen, ...]
    home: tuple[ColumnAtHome, ...]
    read: tuple[ColumnRead, ...]
    events: Mapping[str, EventsSeen]
    refusals: tuple[RefusalsSeen, ...]
    rows: tuple[RowSeen, ...]
    identifiers: IdentifiersSeen = field(default_factory=IdentifiersSeen)
    quarters: tuple[QuarterSeen, ...] = ()

    @property
    def count(self) -> int:
        """Number of events."""
        return sum(seen.count for seen in self.events.values())

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return sum(table.rows for table in self.tables)

    @property
    def refused(self) -> int:
        """Number of rows that are refused."""
        return sum(table.refused for table in self.tables)


def gather(
    register: Register, judged: Iterable[Judged], *, name: str, day: date, keep: int
) -> Preview:
    """A preview of the rows of a register.

    Args:
        register: The register.
        judged: Its rows (`country_adapters.kit.runner.judge`).
        name: The name of its folder.
        day: Today.
        keep: How many rows to keep one by one.
    """
    tables = {table: TableSeen(table) for table in register.tables}
    events: dict[str, EventsSeen] = {}
    refusals: dict[tuple[str, str, str], RefusalsSeen] = {}
    identifiers = IdentifiersSeen()
    kept: list[RowSeen] = []
    digest = hashlib.sha256()
    for row in _seen(judged):
        tables[row.table].rows += 1
        tables[row.table].refused += bool(row.problems)
        for event in row.events:
            events.setdefault(event.event_type, EventsSeen()).add(event)
        for column, code in dict.fromkeys((p.column, p.code) for p in row.problems):
            key = (row.table, column, code)
            refusals.setdefault(key, RefusalsSeen(*key)).add(row.place)
        identifiers.add(row.table, row.place, row.identifiers, row.unusable)
        if len(kept) < keep:
            kept.append(row)
        digest.update(_line(row))
    return Preview(
        register=name,
        authority=register.authority,
        country=register.country,
        day=day,
        declarations=register.digest,
        content=digest.hexdigest(),
        tables=tuple(tables.values()),
        home=columns_at_home(register.declaration),
        read=columns_read(register.declaration),
        events=events,
        refusals=tuple(refusals.values()),
        rows=tuple(kept),
        identifiers=identifiers,
    )


def _seen(judged: Iterable[Judged]) -> Iterator[RowSeen]:
    """Rows without anything that is not shown, and without what was stated before."""
    stated: dict[bytes, bytes] = {}
    named: set[bytes] = set()
    for table, place, row in judged:
        if isinstance(row, RejectedRow):
            yield RowSeen(table, place, problems=row.rejection.problems)
            continue
        events = []
        for draft in row.drafts:
            content = content_digest(draft.fields)
            if stated.get(draft.slot) != content:
                events.append(_event(draft))
            stated[draft.slot] = content
        types = [each.link_type for each in row.identifiers if each.slot not in named]
        named.update(each.slot for each in row.identifiers)
        yield RowSeen(table, place, tuple(events), (), tuple(types), row.unusable)


def _event(draft: Draft) -> EventSeen:
    event_type: str = draft.fields["event_type"]
    known = EVENT_TYPES[event_type].model_fields
    values = {
        name: values_of(draft.fields.get(name, known[name].default))
        for name in shown_fields(event_type)
    }
    return EventSeen(event_type, values)


def _line(row: RowSeen) -> bytes:
    """A row for the digest."""
    said = [row.table, row.place]
    events = [[event.event_type, dict(event.fields)] for event in row.events]
    problems = [[problem.column, problem.code] for problem in row.problems]
    line: list[object] = [*said, events, problems]
    if row.identifiers or row.unusable:
        line += [row.identifiers, [[problem.column, problem.code] for problem in row.unusable]]
    return json.dumps(line, sort_keys=True).encode() + b"\n"
