"""Reads a register into the outbox: the one place where source, mapping and outbox meet.

The rules:

1. Rows are recorded in chunks; each chunk and the cursor behind it are one transaction of the
   outbox. Stopped at any instant, the next run goes on from the last chunk.
2. When the declaration changed, reading begins again, and the outbox finds out what changed.
3. In a snapshot (a file), a row whose key was there already is skipped if it says the same, and
   rejected if it does not.
4. When all tables were read, every quarter that is over is told through the gate
   (``gate``), as far as something of it is new or waits. What is of the present quarter waits.
5. Whatever the mapping made of a row, the scanner looks at it before the outbox does. A row that
   it refuses is rejected like one that could not be mapped.
6. At the end of a complete reading, what the rows said that it no longer found is withdrawn, and
   rejections of rows that are in order now are forgotten. If more are missing than the declaration
   lets go (``gone``), nothing is withdrawn until somebody tells how many are meant to be gone.
7. Nothing that grows with the register is held in memory: the outbox knows the rows seen.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path

from country_adapters.kit.errors import RowsGone
from country_adapters.kit.gate import Gate
from country_adapters.kit.mapping import TableMapper
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import Register
from country_adapters.kit.scanner import Scanner
from country_adapters.kit.sources.base import Source, SourceRow
from producers.outbox import Outbox
from producers.rows import MappedRow, Quarter, Recorded, RejectedRow, Rejection, Sighting
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
        identifiers: Number of facilitators' identifiers by type; their tokens come later.
        unusable: Number of identifiers that cannot be used, by code; their rows are mapped.
        events: What the outbox made of the mapped rows.
        rows_gone: Rows that a complete reading no longer found, and whose facts were withdrawn.
    """

    table: str
    rows: int = 0
    mapped: int = 0
    rejected: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    identifiers: Counter[str] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)
    events: Recorded = field(default_factory=Recorded)
    rows_gone: int = 0

    def add(self, row: MappedRow | RejectedRow) -> None:
        """Counts a row."""
        self.rows += 1
        if isinstance(row, MappedRow):
            self.mapped += 1
            self.identifiers.update(identifier.link_type for identifier in row.identifiers)
            self.unusable.update(problem.code for problem in row.unusable)
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
    def identifiers(self) -> Counter[str]:
        return sum((table.identifiers for table in self.tables), Counter())

    @property
    def unusable(self) -> Counter[str]:
        return sum((table.unusable for table in self.tables), Counter())

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
    rows_gone: int | None = None,
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
        rows_gone: So many rows of a table are known to be gone, though more than may go unasked.
        unsafe_without_gate: Publish everything at once and as it was mapped. For tests only.

    Raises:
        RowsGone: More rows are missing than may go unasked, or not as many as told.
        RegisterError: The register is not as declared; what was recorded before stays.
    """
    now = None if unsafe_without_gate else window_of(today.isoformat()[:7])
    reports = []
    for table in register.tables:
        reading = _TableRun(register, table, pseudonyms, today)
        reports.append(reading.into(outbox, progress, chunk, now, rows_gone))
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
        seen: dict[bytes, bytes] = {}
        for row in reading.source.read(None):
            yield table, row.locator, reading.compared(row, reading.map(row), seen)[0]


class _TableRun:
    """One table of one run."""

    def __init__(self, register: Register, table: str, pseudonyms: Pseudonyms, today: date) -> None:
        self.mapper = TableMapper(register, table, pseudonyms, today)
        self.scanner = Scanner(register.authority)
        self.source: Source = register.source(table)
        self.fingerprint = register.fingerprint
        self.limits = register.declaration.tables[table].gone
        self.report = TableReport(table)
        self.month = f"{today:%Y-%m}"

    def into(
        self,
        outbox: Outbox,
        progress: Progress | None,
        chunk: int,
        now: str | None,
        rows_gone: int | None,
    ) -> TableReport:
        table = self.report.table
        kept = (outbox.cursor(table) or "").partition("|")
        cursor = kept[2] if kept[0] == self.fingerprint else None
        reading = 0
        rows = self.source.read(cursor)
        while found := list(islice(rows, chunk)):
            reading = reading or self._begin(outbox)
            self._record(outbox, reading, found, now)
            if progress:
                progress(table, self.report.rows, self.source.size())
        self._end(outbox, reading or self._begin(outbox), rows_gone)
        return self.report

    def _begin(self, outbox: Outbox) -> int:
        """The number of the complete reading that the rows belong to."""
        return outbox.begin_reading(self.report.table, f"{self.fingerprint}|{self.source.reading}")

    def _record(
        self, outbox: Outbox, reading: int, rows: Sequence[SourceRow], now: str | None
    ) -> None:
        """Maps a chunk of rows and records it with the cursor behind it."""
        mapped = [self.map(row) for row in rows]
        seen: dict[bytes, bytes] = {}
        if self.source.snapshot:
            seen = outbox.contents(reading, {row.row_key for row in mapped})
        pairs = [self.compared(*pair, seen) for pair in zip(rows, mapped, strict=True)]
        for row, _ in pairs:
            self.report.add(row)
        self.report.events += outbox.record(
            self.report.table,
            [row for row, _ in pairs],
            f"{self.fingerprint}|{rows[-1].cursor}",
            Sighting(reading, [content for _, content in pairs]),
            now=now,
            month=self.month,
        )

    def _end(self, outbox: Outbox, reading: int, rows_gone: int | None) -> None:
        """Lets the rows go that a reading did not find, or holds them if they are too many."""
        table = self.report.table
        missing = outbox.missing(table, reading, look=self.report.rows > 0)
        if missing is None:
            return
        meant = missing.may_go or missing.gone == rows_gone
        if not meant and not self.limits.may_go(missing.gone, missing.known):
            outbox.hold(table, reading, missing)
            raise RowsGone(
                expected=f"the {missing.known} rows known of table {table}",
                got=f"{missing.gone} of them missing",
            )
        self.report.events += outbox.withdraw_gone(table, reading)
        self.report.rows_gone = missing.gone

    def map(self, row: SourceRow) -> MappedRow | RejectedRow:
        """What a row states now, or why it stays home."""
        return self._scanned(self.mapper.map(row), row)

    def compared(
        self, row: SourceRow, mapped: MappedRow | RejectedRow, seen: dict[bytes, bytes]
    ) -> tuple[MappedRow | RejectedRow, bytes]:
        """A row with an eye on those before it, and the digest of its content.

        Args:
            row: The row.
            mapped: What became of it, taken alone.
            seen: Content by key of the rows before it; this row's is added.
        """
        if not self.source.snapshot:
            return mapped, b""
        content = self.mapper.content(row)
        if seen.setdefault(mapped.row_key, content) != content:
            return self.mapper.contradictory(row), content
        return mapped, content

    def _scanned(self, mapped: MappedRow | RejectedRow, row: SourceRow) -> MappedRow | RejectedRow:
        """The row as it was mapped, or its rejection if an event of it may not leave."""
        if isinstance(mapped, RejectedRow):
            return mapped
        values = [identifier.value for identifier in mapped.identifiers]
        problems = self.scanner.problems(mapped.drafts, row.values, values)
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
