"""Faults of the trustee: killed again and again, no token comes twice and no quota is used twice.

The oracles: the tokens that the two keys make of the registers' telephones, each as often as a case
names it; and of the book, that each authority paid once for each of its telephones.
"""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from unittest.mock import patch

from aiokafka import AIOKafkaConsumer, TopicPartition

from country_adapters import AUTHORITIES
from deploy.reach import authority_principal
from processors.linkage.book import Book
from processors.linkage.judge import State
from processors.linkage.quota import BURST
from schemas.linkage import open_evaluation
from schemas.topics import LINKAGE_EVALUATIONS
from tests.faults.oracle import Difference
from tests.faults.recruiters import Network, network
from tests.faults.stage import Stage
from tests.integration.trustees import TRUSTEE

ROWS = 60
A_REQUEST = 20
"""Small requests, so that there are many of them to be hit."""
KILLS = 8
LIVES = (0.6, 2.0)
"""Seconds that a trustee lives: its start takes most of the first."""


async def kills(stage: Stage) -> None:
    """``southmed linkage serve`` is killed (signal 9) at random instants while countries ask."""
    with network(stage, ROWS) as place, patch("producers.asking.MOST_ASKED", A_REQUEST):
        stage.add_worker("a")
        serving = place.serve()
        publishing = asyncio.create_task(place.publish())
        try:
            for _ in range(KILLS):
                await asyncio.sleep(stage.rng.uniform(*LIVES))
                if publishing.done():
                    break
                if serving.send(signal.SIGKILL):
                    stage.did("kill -9 of the trustee")
            await publishing
        finally:
            publishing.cancel()
            await serving.end()
        stage.difference += place.difference()
        stage.difference += quotas(place)
        stage.difference += await answers(place)


def quotas(place: Network) -> Difference:
    """How far the book is from one payment for each telephone of each authority."""
    book = Book(place.trustee.book, TRUSTEE, make=False)
    totals = book.totals()
    lost = twice = 0
    for authority, rows in place.numbers.items():
        due = len({phone for phones in rows for phone in phones})
        _, evaluated = totals.get((authority, State.EVALUATED), (0, 0))
        paid = BURST - book.account(authority).left((), now=0)
        lost += max(due - evaluated, 0)
        twice += max(evaluated - due, 0) + max(paid - due, 0)
    book.close()
    return Difference(lost=lost, twice=twice)


async def answers(place: Network) -> Difference:
    """Requests that were answered in more than one way; the same answer may well stand twice."""
    told: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for authority, country in AUTHORITIES.items():
        partition = TopicPartition(LINKAGE_EVALUATIONS.name(country), 0)
        options = place.stage.place.reach.of(authority_principal(authority)).options()
        async with AIOKafkaConsumer(**options, enable_auto_commit=False) as consumer:
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            end = (await consumer.end_offsets([partition]))[partition]
            while await consumer.position(partition) < end:
                record = await consumer.getone(partition)
                answer = open_evaluation(record.value, TRUSTEE, place.site.trust())
                told[answer.request_id].add(record.value)
    return Difference(twice=sum(len(ways) > 1 for ways in told.values()))
