"""The trustee on Apache Kafka, over TLS, each as itself: who is served, and who reads nothing."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from schemas.linkage import TOKEN_LENGTH
from schemas.oprf import token
from schemas.topics import CASES, LINKAGE_EVALUATIONS, LINKAGE_REQUESTS, RECEIPTS
from tests.integration.trustees import TRUSTEE, YEAR, Asker, a_trustee, serve_once
from tests.kafka.cluster import KafkaScene

TUNISIA, NUMBER = "TUN", "+21620000101"
REQUESTS, EVALUATIONS = LINKAGE_REQUESTS.name(TUNISIA), LINKAGE_EVALUATIONS.name(TUNISIA)


def reads(place: KafkaScene, principal: str, topic: str) -> int:
    """How many records a principal reads of a topic.

    Raises:
        TopicAuthorizationFailedError: None, because it may not.
    """

    async def run() -> int:
        consumer = AIOKafkaConsumer(**place.reach.of(principal).options(), enable_auto_commit=False)
        await consumer.start()
        try:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            consumer.seek(partition, 0)
            async with asyncio.timeout(20):
                found = await consumer.getmany(partition, timeout_ms=10_000)
            return len(found.get(partition, []))
        finally:
            await consumer.stop()

    return asyncio.run(run())


def writes(place: KafkaScene, principal: str, topic: str) -> None:
    """Has a principal write to a topic; raises as `reads`."""

    async def run() -> None:
        producer = AIOKafkaProducer(**place.reach.of(principal).options(), acks="all")
        await producer.start()
        try:
            async with asyncio.timeout(20):
                await producer.send_and_wait(topic, b"x", partition=0)
        finally:
            await producer.stop()

    asyncio.run(run())


@pytest.fixture
def asked(place: KafkaScene) -> KafkaScene:
    """A cluster on which a request of Tunisia was answered by the trustee, as its principal."""
    key = a_trustee(place.site).key(YEAR)
    tunisia = Asker(place.site, place.reach, "tn.inltp")
    question = tunisia.question([NUMBER])
    tunisia.send(tunisia.signed(question))
    serve_once(place.site, place.reach)
    due = token(key._scalar, question.names[0])[:TOKEN_LENGTH]
    assert tunisia.tokens(question, tunisia.heard(1)) == [due]
    return place


def test_the_trustee_answers_as_itself_and_nobody_else_reads_or_writes(asked: KafkaScene) -> None:
    """One scene, because a cluster is emptied for each: what each principal tries, in turn."""
    assert reads(asked, "authority.tn", EVALUATIONS) == 1
    assert reads(asked, TRUSTEE, REQUESTS) == 1
    for principal in ("authority.ma", "authority.lb", "processor.intake", "analyst.coe", TRUSTEE):
        with pytest.raises(TopicAuthorizationFailedError):
            reads(asked, principal, EVALUATIONS)
    for principal in ("authority.ma", "authority.tn", "processor.intake", "operator"):
        with pytest.raises(TopicAuthorizationFailedError):
            reads(asked, principal, REQUESTS)
    for principal in ("authority.ma", "authority.tn", "processor.intake", "operator"):
        with pytest.raises(TopicAuthorizationFailedError):
            writes(asked, principal, EVALUATIONS)
    for principal in ("authority.ma", TRUSTEE):
        with pytest.raises(TopicAuthorizationFailedError):
            writes(asked, principal, REQUESTS)
    for topic in (CASES.name(TUNISIA), RECEIPTS.name(TUNISIA)):
        with pytest.raises(TopicAuthorizationFailedError):
            reads(asked, TRUSTEE, topic)
