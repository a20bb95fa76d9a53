"""An adapter that has gone mad: it writes what is no batch, as fast as it is let.

Run as a process of its own with one JSON object as argument, so that it takes nothing of the clock
of whoever is measured beside it; tells what the broker acknowledged, second by second.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from deploy.terminal import broker_at
from schemas.topics import PARTITIONS

UNDER_WAY = 500


@dataclass(frozen=True)
class Orders:
    """What to do.

    Attributes:
        servers: The cluster.
        identity: Folder of the identity to show.
        topic: Where to write.
        size: Bytes of a record.
        records: How many at most.
        seconds: For how long at most.
    """

    servers: str
    identity: str
    topic: str
    size: int
    records: int
    seconds: float

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.kafka.runaway", json.dumps(asdict(self))]


async def run(orders: Orders) -> list[tuple[float, int]]:
    """Instants since the beginning, and bytes that were acknowledged by then."""
    broker = broker_at(orders.servers, Path(orders.identity))
    producer = AIOKafkaProducer(**broker.options(), acks="all", max_batch_size=1 << 18)
    garbage, acknowledged = os.urandom(orders.size), 0
    waiting: set[asyncio.Future[Any]] = set()
    await producer.start()
    since = time.monotonic()
    told = [(0.0, 0)]
    for number in range(orders.records):
        waiting.add(await producer.send(orders.topic, garbage, partition=number % PARTITIONS))
        if len(waiting) >= UNDER_WAY:
            left = orders.seconds - (time.monotonic() - since)
            first = asyncio.FIRST_COMPLETED
            done, waiting = await asyncio.wait(waiting, timeout=max(0.0, left), return_when=first)
            acknowledged += len(done) * orders.size
            told.append((time.monotonic() - since, acknowledged))
            if told[-1][0] >= orders.seconds:
                return told
    done, _ = await asyncio.wait(waiting, timeout=orders.seconds) if waiting else (set(), set())
    told.append((time.monotonic() - since, acknowledged + len(done) * orders.size))
    return told


async def main() -> None:
    """Tells and ends at once: what is still under way is nobody's loss."""
    os.write(1, json.dumps(await run(Orders(**json.loads(sys.argv[1])))).encode())
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
