"""Whether every quarter in the ledgers here is as anonymous as agreed: the platform's own count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploy.anonymity import look, verdict_of
from deploy.doctor.findings import Finding, fail, ok, skipped, warn
from deploy.home import Site
from processors.intake.anonymity import Finding as Quarter
from processors.intake.anonymity import Verdict
from schemas.errors import KeyFileInvalid

CHECK = "anonymity"

LESS = (
    "Ask again where all partitions' ledgers are: `southmed intake anonymity`. If it stays, tell"
    " the authority, and give nothing of this quarter to anybody."
)
ADVICE = {
    Verdict.LESS_THAN_AGREED: LESS,
    Verdict.UNATTESTED: (
        "Its events came before the authority agreed. Have it state the quarter again by its gate."
    ),
    Verdict.FINER_THAN_BEFORE: (
        "What was hidden was told later. Ask the authority why its gate forgot what it attested."
    ),
    Verdict.SMALLER: (
        "Batches may be under way, or corrections and withdrawals came after the sealing. If it"
        " stays, ask the authority to attest the quarter again."
    ),
}


def judge(quarters: Iterable[Quarter]) -> Iterator[Finding]:
    """Judges every quarter by the worst that is to be said of it."""
    fine = 0
    for quarter in quarters:
        if not quarter.verdicts:
            fine += 1
            continue
        worst = min(quarter.verdicts, key=list(ADVICE).index)
        tell = fail if worst is Verdict.LESS_THAN_AGREED else warn
        subject = f"{quarter.authority} {quarter.window}"
        yield tell(CHECK, subject, verdict_of(quarter), ADVICE[worst])
    if fine:
        yield ok(CHECK, "ledgers", f"{fine} quarters are as attested")


def look_at_quarters(site: Site) -> Iterator[Finding]:
    """Counts what stands in the ledgers here; not where the trust document cannot be read."""
    try:
        quarters = look(site)
    except KeyFileInvalid:
        yield skipped(CHECK, "ledgers", "needs the trust document")
        return
    yield from judge(quarters)
