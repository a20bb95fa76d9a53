"""How long an authority waits for its receipt: events one by one, at leisure, as shipped.

From `Outbox.record` returning to the receipt being noted in the outbox lie the publisher's linger,
sealing, the broker, the worker's fetch and fold, the signed receipt, and its way back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles

from country_adapters import AUTHORITIES
from deploy.bench.events import stories
from deploy.bench.log import SEED, sealer_of
from deploy.demo import INTAKE, connecting, southmed
from deploy.home import Site
from deploy.reach import Reach, authority_principal
from producers.outbox import ASSIGNED, Outbox
from producers.publisher import Publisher
from producers.rows import Draft, MappedRow
from schemas.codec import decode
from schemas.kafka import Broker
from schemas.topics import PARTITIONS

AUTHORITY = "tn.inltp"
PAUSE = (0.1, 0.3)
"""Seconds between a receipt and the next event, at random, so that no timer keeps in step."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the outbox to the receipt."""

    events: int
    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, waits: Sequence[float]) -> Latency:
        """From the seconds that each event waited."""
        cuts = quantiles(waits, n=100, method="inclusive")
        return cls(len(waits), cuts[49] * 1000, cuts[98] * 1000)


def measure_latency(
    site: Site, folder: Path, reach: Reach, *, events: int, on_event: Callable[[], None]
) -> Latency:
    """Publishes events one by one against a running worker.

    Args:
        site: Keys of everyone.
        folder: For outbox and ledger.
        reach: The cluster.
        events: Number of events measured, after one that everyone wakes up with.
        on_event: Called after each receipt.
    """
    broker = reach.of(authority_principal(AUTHORITY))
    with _worker(site, reach):
        waits = asyncio.run(publish_one_by_one(site, folder, broker, events + 1, on_event))
    return Latency.of(waits[1:])


@contextmanager
def _worker(site: Site, reach: Reach) -> Iterator[None]:
    (site.ledgers / "bench").mkdir(parents=True)
    worker = southmed(
        *("intake", "run", "--site", str(site.root), "--worker", "bench"),
        *connecting(reach, INTAKE),
    )
    try:
        yield
    finally:
        worker.kill()
        worker.wait()


async def publish_one_by_one(
    site: Site,
    folder: Path,
    broker: Broker,
    events: int,
    on_event: Callable[[], None],
    *,
    authority: str = AUTHORITY,
) -> list[float]:
    """Seconds that each event waited for its receipt.

    Args:
        site: Keys of everyone.
        folder: For the outbox.
        broker: The cluster as the authority sees it.
        events: How many.
        on_event: Called after each receipt.
        authority: Who publishes.
    """
    outbox = Outbox(
        folder / "outbox.sqlite",
        authority=authority,
        streams=PARTITIONS,
        id_key=site.pseudonym_key(authority),
    )
    noted = asyncio.Event()
    sealer, trust = sealer_of(site, authority), site.trust()
    publisher = Publisher(outbox, sealer, trust, broker, on_progress=noted.set)
    publishing = asyncio.create_task(publisher.run(lambda: False))
    rng, waits = Random(SEED), list[float]()  # noqa: S311 - pauses, no secrets
    try:
        for row in _rows(authority, events):
            noted.clear()
            outbox.record("bench", [row], str(len(waits)))
            since = time.perf_counter()
            hearing = asyncio.create_task(noted.wait())
            await asyncio.wait({publishing, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if publishing.done():
                publishing.result()
            waits.append(time.perf_counter() - since)
            on_event()
            await asyncio.sleep(rng.uniform(*PAUSE))
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        outbox.close()
    return waits


def _rows(authority: str, count: int) -> Iterator[MappedRow]:
    """Rows of one event each, none a correction."""
    told = stories(authority, AUTHORITIES[authority], SEED)
    while count:
        for event in next(told):
            decoded = decode(event.message)
            fields = {n: v for n, v in decoded.fields.items() if n not in ASSIGNED}
            if not count or decoded.fields["supersedes"] is not None:
                continue
            slot = decoded.fields["event_id"] * 2
            yield MappedRow(slot, (Draft(slot, {"event_type": decoded.subject, **fields}),))
            count -= 1
