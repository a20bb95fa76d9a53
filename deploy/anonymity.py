"""Agreed, attested, counted: the quarters of a site's ledgers, for people and for programs.

What is counted stands in `processors.intake.anonymity`. Like every count it is only as whole as the
ledgers that it reads: it is asked where the ledgers of all partitions lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from typing import Any

from rich.table import Table

from deploy.home import Site
from deploy.quarters import in_words
from deploy.terminal import table
from processors.intake.anonymity import Finding, Verdict, examine
from processors.intake.ledger import Ledger, newest_ledgers


def look(site: Site) -> list[Finding]:
    """Counts what stands in the newest ledgers of a site.

    Raises:
        LedgerMissing: There is no ledger.
    """
    with ExitStack() as opened:
        ledgers = [
            opened.enter_context(closing(Ledger(path, read_only=True)))
            for path in newest_ledgers(site.ledgers).values()
        ]
        return examine(ledgers, site.trust())


def verdict_of(finding: Finding) -> str:
    """The verdicts in one line."""
    k_less, l_less = finding.missing
    by = ", ".join(f"{n} by {less}" for n, less in (("k", k_less), ("l", l_less)) if less)
    said = [f"{v} ({by})" if v is Verdict.SMALLER else str(v) for v in finding.verdicts]
    return "; ".join(said) or "as attested"


def as_table(findings: Sequence[Finding]) -> Table:
    """One row for each quarter of an authority."""
    columns = ["authority", "quarter", "told", "attested#", "counted#", "suppressed#", "verdict"]
    return table("k/l by quarter", columns, [_row(finding) for finding in findings])


def _row(finding: Finding) -> list[str]:
    kept, counted = finding.kept, finding.counted
    return [
        finding.authority,
        finding.window,
        in_words(kept.attested.node) if kept else "",
        f"{kept.attested.k}/{kept.attested.l}" if kept else "",
        f"{counted.k}/{counted.l}",
        str(counted.suppressed),
        verdict_of(finding),
    ]


def as_dict(finding: Finding) -> dict[str, Any]:
    """For programs."""
    return {
        "authority": finding.authority,
        "window": finding.window,
        "agreed": finding.agreed.model_dump() if finding.agreed else None,
        "attested": finding.kept.attested.as_fields() if finding.kept else None,
        "counted": asdict(finding.counted),
        "verdicts": [str(verdict) for verdict in finding.verdicts],
    }
