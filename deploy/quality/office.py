"""Makes the messages of quality from a site's ledgers, and publishes what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from deploy.home import Site
from deploy.ledgers import every_ledger
from deploy.release import KeyFiles
from processors.quality.errors import ExpectationsInvalid
from processors.quality.expectations import Expectations, shipped
from processors.quality.facts import find
from processors.quality.judge import ended_quarters, judge
from processors.quality.publish import changed, look, publish
from schemas.kafka import Broker
from schemas.quality import Quality


class Run(NamedTuple):
    """What a run came to.

    Attributes:
        messages: One for each authority of the trust document.
        written: Those that were not out yet.
    """

    messages: Sequence[Quality]
    written: Sequence[Quality]


def expectations(path: Path | None) -> Expectations:
    """What is expected of authorities: a file's table, or the one that southmed comes with.

    Raises:
        ExpectationsInvalid: It is no such table.
    """
    if path is None:
        return shipped()
    try:
        return Expectations.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ExpectationsInvalid(expected=f"a file at {path}") from None


def make(site: Site, expected: Expectations, today: date) -> list[Quality]:
    """The messages of all authorities of the trust document.

    Raises:
        LedgerMissing: A partition has no ledger here.
    """
    trust = site.trust()
    with every_ledger(site.ledgers) as ledgers:
        found = find(ledgers.items(), ended_quarters(today))
    return [
        judge(
            authority,
            found.of(authority.id),
            expected.of(authority.id),
            today,
            adds_up=authority.country not in found.unsound,
        )
        for authority in sorted(trust.authorities, key=lambda one: one.id)
    ]


async def run(
    site: Site, broker: Broker, expected: Expectations, today: date, *, dry: bool = False
) -> Run:
    """Publishes what has changed.

    Args:
        site: With the ledgers of all partitions and the key of releases.
        broker: Where Kafka is.
        expected: What is expected of authorities.
        today: The day to go by.
        dry: Only says what would be written.
    """
    signer, trust = KeyFiles(site).signer(), site.trust()
    messages = make(site, expected, today)
    due = changed(messages, await look(broker, trust))
    if due and not dry:
        await publish(broker, due, signer)
    return Run(messages, due)
