"""Measured for comparison: the least that any consumer has to do.

A bare aiokafka loop: verify, open, decode, count in memory. It validates nothing, finds no
duplicate, follows no chain, answers nobody, and forgets everything when it ends.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.bench.children import Job, Meter
from deploy.home import LiveSecrets, Site
from deploy.terminal import broker_at, set_up_logging
from processors.indicators.rules import Cell, cells_of
from schemas.codec import decode, registry
from schemas.envelope import open_body, verify
from schemas.topics import CASES, COUNTRY_CODES, PARTITIONS, CaseTopic


async def read(job: Job) -> None:
    """Counts the whole log."""
    meter, cells = Meter(job), Counter[Cell]()
    secrets = LiveSecrets(Site(Path(job.site)))()
    options = broker_at(job.servers).options()
    topics = {CASES.name(country): country for country in COUNTRY_CODES}
    async with AIOKafkaConsumer(**options, enable_auto_commit=False) as consumer:
        consumer.assign([TopicPartition(name, n) for name in topics for n in range(PARTITIONS)])
        await consumer.seek_to_beginning()
        async for record in consumer:
            meter.take()
            topic = CaseTopic(topics[record.topic], record.partition)
            batch = verify(record.value, topic, secrets.trust)
            for message in open_body(batch, secrets.keys):
                event = decode(message)
                cells.update(cells_of([{"event_type": event.subject, **event.fields}]))


def main() -> None:
    set_up_logging(verbose=False)
    registry()
    asyncio.run(read(Job.from_arguments()))


if __name__ == "__main__":
    main()
