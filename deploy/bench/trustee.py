"""What a trustee gets through: requests on a topic, decided on, booked on disk, answers on a topic.

All of ``southmed linkage serve`` but for TLS: signatures, quota, evaluation, proof, one transaction
a request that is forced to the disk, and Kafka on both sides (the embedded broker). Beside the
evaluation alone (`deploy.bench.linkage`) this is what the rest costs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from secrets import token_bytes

from aiokafka import AIOKafkaProducer

from country_adapters import AUTHORITIES
from deploy.home import Site, init_site
from deploy.trustee import LiveOffice, Place, enrol, make_key
from processors.linkage.book import Book
from processors.linkage.judge import Office
from processors.linkage.quota import Grant
from processors.linkage.service import Trustee
from schemas.kafka import Broker
from schemas.linkage import Request, identifier_input, sign_request
from schemas.oprf import blind
from schemas.topics import LINKAGE_REQUESTS

YEAR = "2026"
ENOUGH = 10_000_000


@dataclass(frozen=True)
class TrusteeFigures:
    """What a trustee gets through at one size of requests.

    Attributes:
        elements_a_request: The size.
        requests: How many were answered.
        seconds: Until Kafka had the last answer, connecting included.
        core_seconds: Processor time of it.
    """

    elements_a_request: int
    requests: int
    seconds: float
    core_seconds: float

    @property
    def elements_per_second(self) -> float:
        return self.elements_a_request * self.requests / self.seconds

    @property
    def elements_per_core_second(self) -> float:
        return self.elements_a_request * self.requests / self.core_seconds


def measure_trustee(
    folder: Path, broker: Broker, *, requests: dict[int, int]
) -> list[TrusteeFigures]:
    """Has a trustee answer requests of each size.

    Args:
        folder: An empty folder for its site.
        broker: A cluster on which nobody has asked for anything.
        requests: How many, by their size.
    """
    site = init_site(folder, AUTHORITIES)
    place = Place(site, "trustee.linkage")
    enrol(place)
    make_key(place, YEAR)
    authority = next(iter(AUTHORITIES))
    grant = Grant(
        authority=authority, elements=ENOUGH, until=date(2099, 12, 31), reason="Nobody waits here."
    )
    live = LiveOffice(place)

    def office() -> Office:
        now = live()
        return Office(now.holder, now.trust, now.keys, now.signer, (grant,))

    book = Book(place.book, place.holder)
    trustee = Trustee(book, office, broker, token_bytes)
    figures = []
    for size, number in requests.items():
        asyncio.run(_ask(broker, authority, _requests(site, authority, size, number)))
        clock, core = time.perf_counter(), time.process_time()
        asyncio.run(trustee.run(once=True))
        spent = time.perf_counter() - clock, time.process_time() - core
        figures.append(TrusteeFigures(size, number, *spent))
    book.close()
    return figures


def _requests(site: Site, authority: str, size: int, number: int) -> list[bytes]:
    """Requests of invented numbers; the blinded elements are the same in all of them."""
    names = [identifier_input("PHONE", f"+216{20_000_000 + one}") for one in range(size)]
    _, blinded = blind(names, token_bytes)
    signer = site.signing_key(authority)
    return [
        sign_request(Request(authority, token_bytes(16), YEAR, tuple(blinded)), signer)
        for _ in range(number)
    ]


async def _ask(broker: Broker, authority: str, messages: Sequence[bytes]) -> None:
    producer = AIOKafkaProducer(**broker.options(), acks="all")
    await producer.start()
    try:
        topic = LINKAGE_REQUESTS.name(AUTHORITIES[authority])
        for message in messages:
            await producer.send_and_wait(topic, message, partition=0)
    finally:
        await producer.stop()
