"""A log to measure with: sealed batches of all streams, and how they come to a broker.

The embedded broker keeps no more than 5 MB or 100,000 records of a partition, so a log is spread
evenly over every stream of the four countries.
"""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from aiokafka import AIOKafkaProducer

from country_adapters import AUTHORITIES
from deploy.bench.events import stories
from deploy.home import Site
from producers.sealer import Sealer
from schemas.chain import GENESIS_HASH
from schemas.envelope import Place
from schemas.kafka import Broker
from schemas.topics import CASES, PARTITIONS, CaseTopic

STREAMS = len(AUTHORITIES) * PARTITIONS
SEED = 2
FLUSH_EVERY = 200
"""Batches that may be under way to the broker at once."""


@dataclass(frozen=True)
class Log:
    """Sealed batches of the same number of events each, by the partition that they go to."""

    batches: dict[CaseTopic, list[bytes]]
    events_a_batch: int

    @property
    def records(self) -> int:
        return sum(len(batches) for batches in self.batches.values())


def events_of(authority: str, count: int) -> list[list[bytes]]:
    """So many events for each stream of an authority, in the order of their months."""
    told = stories(authority, AUTHORITIES[authority], SEED)
    streams: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
    while len(streams) < PARTITIONS or min(map(len, streams.values())) < count:
        for event in next(told):
            streams[event.stream].append((event.month, event.message))
    by_month = [sorted(streams[n], key=lambda event: event[0]) for n in range(PARTITIONS)]
    return [[message for _, message in stream[:count]] for stream in by_month]


def sealer_of(site: Site, authority: str) -> Sealer:
    """The sealer of an authority of the site."""
    return Sealer(
        site.signing_key(authority),
        site.trust(),
        now=lambda: time.time_ns() // 1_000_000,
        random=secrets.token_bytes,
    )


def seal_stream(
    sealer: Sealer, authority: str, stream: int, events: Sequence[bytes], size: int
) -> list[bytes]:
    """A stream's events as a chain of sealed batches."""
    previous, messages = GENESIS_HASH, []
    for sequence, start in enumerate(range(0, len(events), size), start=1):
        place = Place(authority, stream, 1, sequence, previous)
        sealed = sealer(events[start : start + size], place)
        messages.append(sealed.message)
        previous = sealed.hash
    return messages


def seal_log(site: Site, events: dict[str, list[list[bytes]]], size: int, records: int) -> Log:
    """Seals a log.

    Args:
        site: Keys of the authorities.
        events: Events of each authority by stream, at least as many as are needed.
        size: Events a batch.
        records: Batches in all, a multiple of the number of streams.
    """
    batches = {}
    for authority, streams in events.items():
        sealer = sealer_of(site, authority)
        for number, stream in enumerate(streams):
            taken = list(islice(stream, size * records // STREAMS))
            topic = CaseTopic(AUTHORITIES[authority], number)
            batches[topic] = seal_stream(sealer, authority, number, taken, size)
    return Log(batches, size)


async def publish(log: Log, broker: Broker) -> None:
    """Sends a log to a broker that has none yet."""
    async with AIOKafkaProducer(**broker.options(), acks="all") as producer:
        sent = 0
        for topic, batches in log.batches.items():
            for message in batches:
                name = CASES.name(topic.country)
                await producer.send(name, message, partition=topic.partition)
                sent += 1
                if sent % FLUSH_EVERY == 0:
                    await producer.flush()
        await producer.flush()
