"""Holders of the linkage key on the embedded broker, and authorities that ask them.

Everything goes through the commands and the topics, as in production: holders are processes of
``southmed linkage serve``; what an authority learns it reads from its own topic.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_bytes

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.demo import connecting
from deploy.demo import southmed as start
from deploy.home import Site
from deploy.reach import Reach
from deploy.trustee import Place, enrol, make_key
from schemas.errors import SealError
from schemas.evaluations import check_and_combine
from schemas.linkage import (
    TOKEN_LENGTH,
    Evaluation,
    Request,
    identifier_input,
    open_evaluation,
    sign_request,
)
from schemas.oprf import blind, unblind
from schemas.ristretto import Scalar
from schemas.topics import HOLDERS, LINKAGE_EVALUATIONS, LINKAGE_REQUESTS
from schemas.trust import Holder

TRUSTEE: Holder = "trustee.linkage"
YEAR = "2026"
SECONDS = 30.0


def a_trustee(site: Site, *years: str) -> Place:
    """A holder with the whole key of some years."""
    place = Place(site, TRUSTEE)
    enrol(place)
    for year in years or (YEAR,):
        make_key(place, year)
    return place


def serving(site: Site, reach: Reach, *more: str, holder: str = TRUSTEE) -> subprocess.Popen[bytes]:
    """``southmed linkage serve`` as a process of its own."""
    return start(
        *("linkage", "serve", "--site", str(site.root), "--holder", holder, *more),
        *connecting(reach, holder),
    )


def serve_once(site: Site, reach: Reach, *, holder: str = TRUSTEE) -> None:
    """Has a holder answer what waits."""
    process = serving(site, reach, "--once", holder=holder)
    assert process.wait(timeout=90) == 0


@dataclass(frozen=True)
class Question:
    """What an authority asked, and what it needs to understand the answer."""

    request: Request
    names: tuple[bytes, ...]
    blinds: tuple[Scalar, ...]


@dataclass(frozen=True)
class Asker:
    """An authority at home: its key, its country's topics, and nothing else."""

    site: Site
    reach: Reach
    authority: str

    @property
    def country(self) -> str:
        return self.site.trust().authority(self.authority).country

    @property
    def principal(self) -> str:
        return f"authority.{self.authority[:2]}"

    def question(self, numbers: Sequence[str], year: str = YEAR) -> Question:
        names = [identifier_input("PHONE", number) for number in numbers]
        blinds, blinded = blind(names, token_bytes)
        request = Request(self.authority, token_bytes(16), year, tuple(blinded))
        return Question(request, tuple(names), tuple(blinds))

    def signed(self, question: Question) -> bytes:
        return sign_request(question.request, self.site.signing_key(self.authority))

    def send(self, *messages: bytes, country: str = "") -> None:
        """Puts messages on the topic of requests, of its own country if no other is named."""

        async def run() -> None:
            producer = AIOKafkaProducer(**self.reach.of(self.principal).options(), acks="all")
            await producer.start()
            try:
                for message in messages:
                    topic = LINKAGE_REQUESTS.name(country or self.country)
                    await producer.send_and_wait(topic, message, partition=0)
            finally:
                await producer.stop()

        asyncio.run(run())

    def heard(self, number: int, seconds: float = SECONDS) -> list[Evaluation]:
        """Waits for so many answers on its country's topic; each is of a holder that signed it."""
        return [self._open(value) for value in self.raw(number, seconds)]

    def raw(self, number: int, seconds: float = SECONDS) -> list[bytes]:
        """So many answers as they came, or those that came in time."""

        async def run() -> list[bytes]:
            place = TopicPartition(LINKAGE_EVALUATIONS.name(self.country), 0)
            reader = AIOKafkaConsumer(
                **self.reach.of(self.principal).options(), enable_auto_commit=False
            )
            await reader.start()
            try:
                reader.assign([place])
                reader.seek(place, 0)
                found: list[bytes] = []
                deadline = time.monotonic() + seconds
                while len(found) < number and time.monotonic() < deadline:
                    got = await reader.getmany(place, timeout_ms=200)
                    found += [record.value for record in got.get(place, [])]
                return found
            finally:
                await reader.stop()

        return asyncio.run(run())

    def _open(self, value: bytes) -> Evaluation:
        for holder in HOLDERS:
            try:
                return open_evaluation(value, holder, self.site.trust())
            except SealError:
                continue
        raise AssertionError("an answer that no holder signed")

    def tokens(self, question: Question, answers: Sequence[Evaluation]) -> list[bytes]:
        """What an adapter makes of the answers to one question, every proof checked."""
        epoch = self.site.trust().linkage_epoch(question.request.epoch)
        mine = [one for one in answers if one.request_id == question.request.request_id]
        elements = check_and_combine(epoch, question.request.elements, mine)
        made = unblind(question.names, question.blinds, elements)
        return [one[:TOKEN_LENGTH] for one in made]
