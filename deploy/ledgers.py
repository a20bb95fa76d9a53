"""All ledgers of a site at once, for whoever computes from everything that stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from processors.intake.errors import LedgerMissing
from processors.intake.ledger import Ledger, newest_ledgers
from schemas.topics import COUNTRY_CODES, PARTITIONS, CaseTopic


@contextmanager
def every_ledger(root: Path) -> Iterator[dict[CaseTopic, Ledger]]:
    """The newest ledger of every partition, each as it is at this moment.

    Raises:
        LedgerMissing: A partition has none here; what is computed without it would be too little.
    """
    newest = newest_ledgers(root)
    due = len(COUNTRY_CODES) * PARTITIONS
    if len(newest) < due:
        raise LedgerMissing(
            expected=f"ledgers of all {due} partitions under {root}", got=f"{len(newest)} of them"
        )
    with ExitStack() as stack:
        opened = {}
        for topic, path in sorted(newest.items(), key=lambda item: item[1].name):
            opened[topic] = ledger = Ledger(path, read_only=True)
            stack.callback(ledger.close)
        yield opened
