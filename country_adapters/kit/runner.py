"""Reads a register into the outbox: the one place where source, mapping and outbox meet.

The rules:

1. Rows are recorded in chunks; each chunk and the cursor behind it are one transaction of the
   outbox. Stopped at any instant, the next run goes on from the last chunk.
2. When the declaration changed, reading begins again, and the outbox finds out what changed.
3. In a snapshot (a file), a row whose key was there already is skipped if it says the same, and
   rejected if it does not. At its end, rejections of rows that are in order now are forgotten.
4. When all tables were read, every quarter that is over is told through the gate
   (``gate``), as far as something of it is new or waits. What is of the present quarter waits.
5. Whatever the mapping made of a row, the scanner looks at it before the outbox does. A row that
   it refuses is rejected like one that could not be mapped.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from country_adapters.kit.gate import Gate
from country_adapters.kit.mapping import TableMapper
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import Register
from country_adapters.kit.scanner import Scanner
from country_adapters.kit.sources.base import Source, SourceRow
from producers.outbox import Outbox
from producers.rows import MappedRow, Quarter, Recorded, RejectedRow, Rejection
from schemas.anonymity import window_of

Progress = Callable[[str, int, int | None], None]
"""Called with the table, the rows read so far, and the number of rows if it is known."""


@dataclass
class TableReport:
    """What became of the rows of one table.

    Attributes:
        table: Its name in the declaration.
        rows: Rows read.
        mapped: Rows that could be mapped, among them repeated ones.
        rejected: Rows that stay home.
        problems: Number of rows by code of their problems; a row may have several.
        events: What the outbox made of the mapped rows.
    """

    table: str
    rows: int = 0
    mapped: int = 0
    rejected: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    events: Recorded = field(default_factory=Recorded)

    def add(self, row: MappedRow | RejectedRow) -> None:
        """Counts a row."""
        self.rows += 1
        if isinstance(row, MappedRow):
            self.mapped += 1
        else:
            self.rejected += 1
            self.problems.update({problem.code for problem in row.rejection.problems})


@dataclass(frozen=True)
class RunReport:
    """What became of a register in one run.

    Attributes:
        authority: Whose register it is.
        tables: What became of each table's rows.
        quarters: How the quarters stand after it.
    """

    authority: str
    tables: tuple[TableReport, ...]
    quarters: tuple[Quarter, ...] = ()

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def mapped(self) -> int:
        return sum(table.mapped for table in self.tables)

    @property
    def rejected(self) -> int:
        return sum(table.rejected for table in self.tables)

    @property
    def problems(self) -> Counter[str]:
        return sum((table.problems for table in self.tables), Counter())

    @property
    def events(self) -> Recorded:
        return sum((table.events for table in self.tables), Recorded())

    @property
    def waiting(self) -> int:
        """Facts that wait for their quarter, or for others in it."""
        return sum(quarter.waiting for quarter in self.quarters)


def run(
    register: Register,
    outbox: Outbox,
    *,
    pseudonyms: Pseudonyms,
    today: date,
    progress: Progress | None = None,
    chunk: int = 200,
    unsafe_without_gate: bool = False,
) -> RunReport:
    """Reads what is new in a register and records it in the outbox.

    Args:
        register: The register.
        outbox: The outbox of the same authority.
        pseudonyms: The authority's pseudonyms.
        today: No date of the register may lie after it.
        progress: Told after each chunk.
        chunk: Rows recorded in one transaction.
        unsafe_without_gate: Publish everything at once and as it was mapped. For tests only.

    Raises:
        RegisterError: The register is not as declared; what was recorded before stays.
    """
    now = None if unsafe_without_gate else window_of(today.isoformat()[:7])
    reports = []
    for table in register.tables:
        reading = _TableRun(register, table, pseudonyms, today)
        reports.append(reading.into(outbox, progress, chunk, now))
    if now is not None:
        gate = partial(Gate, register.declaration.anonymity)
        for window in outbox.to_settle(now):
            outbox.settle(window, now, gate)
    return RunReport(register.authority, tuple(reports), tuple(outbox.quarters()))


Judged = tuple[str, str, MappedRow | RejectedRow]
"""A table, the place of a row in it, and what became of the row."""


def judge(register: Register, *, pseudonyms: Pseudonyms, today: date) -> Iterator[Judged]:
    """What ``run`` would make of every row of a register; nothing is recorded.

    Raises:
        RegisterError: The register is not as declared.
    """
    for table in register.tables:
        reading = _TableRun(register, table, pseudonyms, today)
        for row in reading.source.read(None):
            yield table, row.locator, reading.map(row)


class _TableRun:
    """One table of one run."""

    def __init__(self, register: Register, table: str, pseudonyms: Pseudonyms, today: date) -> None:
        self.mapper = TableMapper(register, table, pseudonyms, today)
        self.scanner = Scanner(register.authority)
        self.source: Source = register.source(table)
        self.fingerprint = register.fingerprint
        self.report = TableReport(table)
        self._seen: dict[bytes, bytes] = {}
        self._rejected: set[bytes] = set()

    def into(
        self, outbox: Outbox, progress: Progress | None, chunk: int, now: str | None
    ) -> TableReport:
        table = self.report.table
        kept = (outbox.cursor(table) or "").partition("|")
        cursor = kept[2] if kept[0] == self.fingerprint else None
        for rows, reached in self._chunks(self.source.read(cursor), chunk):
            self.report.events += outbox.record(
                table, rows, f"{self.fingerprint}|{reached}", now=now
            )
            if progress:
                progress(table, self.report.rows, self.source.size())
        if self.source.snapshot and self.report.rows:
            outbox.end_of_snapshot(table, self._rejected)
        return self.report

    def _chunks(
        self, rows: Iterator[SourceRow], chunk: int
    ) -> Iterator[tuple[list[MappedRow | RejectedRow], str]]:
        """Mapped rows in chunks, each with the cursor behind it."""
        mapped: list[MappedRow | RejectedRow] = []
        cursor = ""
        for row in rows:
            mapped.append(self.map(row))
            self.report.add(mapped[-1])
            if isinstance(mapped[-1], RejectedRow):
                self._rejected.add(mapped[-1].row_key)
            cursor = row.cursor
            if len(mapped) == chunk:
                yield mapped, cursor
                mapped = []
        if mapped:
            yield mapped, cursor

    def map(self, row: SourceRow) -> MappedRow | RejectedRow:
        """What a row states now, or why it stays home, with an eye on those before it."""
        mapped = self._scanned(self.mapper.map(row), row)
        if self.source.snapshot:
            content = hashlib.sha256(repr(sorted(row.values.items())).encode()).digest()
            if self._seen.setdefault(mapped.row_key, content) != content:
                return self.mapper.contradictory(row)
        return mapped

    def _scanned(self, mapped: MappedRow | RejectedRow, row: SourceRow) -> MappedRow | RejectedRow:
        """The row as it was mapped, or its rejection if an event of it may not leave."""
        if isinstance(mapped, RejectedRow):
            return mapped
        problems = self.scanner.problems(mapped.drafts, row.values)
        if not problems:
            return mapped
        return RejectedRow(mapped.row_key, Rejection(self.report.table, row.locator, problems))


def write_rejects(outbox: Outbox, path: Path) -> int:
    """Writes the rows that stay home as CSV, one line a problem; returns the number of lines."""
    lines = [
        (
            rejection.table,
            rejection.row,
            problem.column,
            problem.code,
            problem.expected,
            problem.got,
        )
        for rejection in outbox.rejections()
        for problem in rejection.problems
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("table", "row", "column", "code", "expected", "got"))
        writer.writerows(lines)
    return len(lines)
