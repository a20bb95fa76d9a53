"""Does it balance? Rows against facts, facts against events, receipts against the ledger.

Every row that was read is either mapped or rejected with a reason; every fact that mapped rows
state is published or waits for its quarter; every event that was published is receipted, and the
ledger either accepted or refused it. The numbers come from three places that do not share memory:
the adapter's report, its outbox, and the platform's ledgers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.adapter import AdapterReport
from processors.indicators.rules import Cell
from processors.intake.ledger import Ledger, newest_ledgers
from processors.intake.records import CELLS, JOURNAL, Journal, read_cell, unpack_count


@dataclass(frozen=True)
class LedgerTotals:
    """Events of one authority over all partitions of the ledger."""

    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    batches: int = 0


@dataclass(frozen=True)
class Line:
    """One authority's line of the reconciliation."""

    authority: str
    country: str
    rows_read: int
    rows_mapped: int
    rows_rejected: int
    rejected_by_code: Mapping[str, int]
    facts_stated: int
    facts_published: int
    facts_waiting: int
    events_published: int
    events_receipted: int
    events_accepted: int
    events_refused: int
    refused_by_code: Mapping[str, int]
    batches: int
    rejects_file: str

    @property
    def balances(self) -> bool:
        """Whether no row and no event is unaccounted for."""
        return (
            self.rows_read == self.rows_mapped + self.rows_rejected
            and self.facts_stated == self.facts_published + self.facts_waiting
            and self.events_published == self.events_receipted
            and self.events_receipted == self.events_accepted + self.events_refused
            and self.events_refused == sum(self.refused_by_code.values())
        )

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "balances": self.balances}


def reconcile(report: AdapterReport, country: str, ledger: LedgerTotals) -> Line:
    """Puts the three accounts of one authority side by side, whose outbox was empty before."""
    return Line(
        authority=report.run.authority,
        country=country,
        rows_read=report.run.rows,
        rows_mapped=report.run.mapped,
        rows_rejected=report.run.rejected,
        rejected_by_code=dict(sorted(report.run.problems.items())),
        facts_stated=report.run.events.new - report.run.events.withdrawn,
        facts_published=report.facts_published,
        facts_waiting=report.facts_waiting,
        events_published=report.outbox["events"],
        events_receipted=report.outbox["events_receipted"],
        events_accepted=ledger.accepted,
        events_refused=ledger.refused,
        refused_by_code=report.refusals,
        batches=ledger.batches,
        rejects_file=str(report.rejects_file),
    )


def read_totals(root: Path) -> dict[str, LedgerTotals]:
    """What the ledgers accepted, by authority."""
    sums: dict[str, Counter[str]] = {}
    for journal in _journals(newest_ledgers(root).values()):
        counts = sums.setdefault(journal.authority, Counter())
        counts["accepted"] += journal.accepted if journal.status == "ACCEPTED" else 0
        counts["duplicate"] += journal.duplicate if journal.status == "ACCEPTED" else 0
        counts["refused"] += journal.refused if journal.status == "ACCEPTED" else 0
        counts["batches"] += journal.status == "ACCEPTED"
    return {authority: LedgerTotals(**counts) for authority, counts in sums.items()}


def _journals(paths: Iterable[Path]) -> Iterable[Journal]:
    for path in paths:
        ledger = Ledger(path, read_only=True)
        try:
            for _, value in ledger.items(JOURNAL):
                yield Journal.unpack(value)
        finally:
            ledger.close()


def read_cells(root: Path) -> dict[Cell, int]:
    """All cells of the newest ledgers, added up over the partitions."""
    cells: Counter[Cell] = Counter()
    for path in newest_ledgers(root).values():
        ledger = Ledger(path, read_only=True)
        for key, value in ledger.items(CELLS):
            cells[read_cell(key)] += unpack_count(value)
        ledger.close()
    return dict(cells)
