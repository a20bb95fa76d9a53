"""Measured: a process that folds many batches into one ledger, without Kafka.

The first third of the events fills the buffers of store and allocator; by how much the peak grows
from then on is what the events themselves hold. Peaks, because the store's buffers fill and empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from country_adapters import AUTHORITIES
from deploy.bench.children import Job, tell
from deploy.bench.events import stories
from deploy.bench.log import SEED, sealer_of
from deploy.home import LiveSecrets, Site
from deploy.processes import resident
from processors.intake.fold import Record, fold
from processors.intake.ledger import Ledger
from schemas.chain import GENESIS_HASH
from schemas.envelope import Place
from schemas.topics import CaseTopic

AUTHORITY, STREAM = "tn.inltp", 0


def main() -> None:
    """Folds batches made on the way, so that none lies in memory."""
    job = Job.from_arguments()
    topic = CaseTopic(AUTHORITIES[AUTHORITY], STREAM)
    secrets = LiveSecrets(Site(Path(job.site)))
    ledger = Ledger(Path(job.folder))
    start = resident("self")
    warm = end = 0
    for offset, message in enumerate(_batches(job)):
        ledger.commit(fold(Record(topic, offset, message), ledger.read, secrets()).writes)
        end = max(end, resident("self"))
        if offset + 1 == job.records // 3:
            warm = end
    ledger.close()
    disk = sum(path.stat().st_size for path in Path(job.folder).rglob("*") if path.is_file())
    held = (job.records - job.records // 3) * job.size
    tell(
        {
            "events": job.records * job.size,
            "buffers_mib": (warm - start) / 2**20,
            "resident_mib_per_million": (end - warm) / held * 1e6 / 2**20,
            "disk_mib_per_million": disk / (job.records * job.size) * 1e6 / 2**20,
        }
    )


def _batches(job: Job) -> Iterator[bytes]:
    """Sealed batches of one stream, the events of a story one after the other."""
    sealer = sealer_of(Site(Path(job.site)), AUTHORITY)
    told = stories(AUTHORITY, AUTHORITIES[AUTHORITY], SEED)
    waiting: list[bytes] = []
    previous = GENESIS_HASH
    for sequence in range(1, job.records + 1):
        while len(waiting) < job.size:
            waiting += [event.message for event in next(told) if event.stream == STREAM]
        place = Place(AUTHORITY, STREAM, 1, sequence, previous)
        sealed = sealer(waiting[: job.size], place)
        del waiting[: job.size]
        previous = sealed.hash
        yield sealed.message


if __name__ == "__main__":
    main()
