"""How far this machine's clock is from the broker's.

A broker stamps each record of the clock's topic with its own time, and tells it in the
acknowledgement. It was stamped between our question and the answer, so half of the time between
them bounds what we do not know; of several answers the quickest knows best.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from deploy.doctor.findings import Finding, fail, ok, skipped, warn
from schemas.codec import encode
from schemas.kafka import Broker
from schemas.topics import CLOCK

CHECK = "clock"
QUESTIONS = 5
PATIENCE = 15.0
BEARABLE = 5.0
HARMFUL = 300.0
"""Seconds of difference that are warned of, and that are a fault."""
LOG_APPEND_TIME = 1
"""Kafka's number for a time that the broker gave."""

ADVICE = (
    "Set the clock by NTP, here and on the brokers: certificates are judged by it, and batches say"
    " when they were produced."
)


@dataclass(frozen=True)
class Answer:
    """One question for the time; all in seconds since 1970.

    Attributes:
        asked: When we asked, by our clock.
        told: The time by the broker's clock.
        heard: When the answer came, by our clock.
    """

    asked: float
    told: float
    heard: float

    @property
    def ahead(self) -> float:
        """By how much our clock is ahead of the broker's."""
        return (self.asked + self.heard) / 2 - self.told

    @property
    def unsure(self) -> float:
        """By how much `ahead` may be wrong, either way."""
        return abs(self.heard - self.asked) / 2


def judge_clock(answers: Sequence[Answer]) -> Finding:
    """Whether the two clocks agree."""
    subject = "this machine"
    if not answers:
        return skipped(CHECK, subject, "the broker does not stamp records with its own time")
    best = min(answers, key=lambda answer: answer.unsure)
    side = "ahead of" if best.ahead > 0 else "behind"
    what = f"{abs(best.ahead):.3f} s {side} the broker's clock, give or take {best.unsure:.3f} s"
    surely = abs(best.ahead) - best.unsure
    if surely > HARMFUL:
        return fail(CHECK, subject, what, ADVICE)
    if surely > BEARABLE:
        return warn(CHECK, subject, what, ADVICE)
    return ok(CHECK, subject, what)


def ask_the_time(broker: Broker, clock: Callable[[], float]) -> list[Answer]:
    """Asks a few times; no answers from a broker that does not stamp records itself.

    Raises:
        KafkaError: The broker does not answer, or does not let us ask.
        TimeoutError: It takes too long.
    """
    return asyncio.run(asyncio.wait_for(_ask(broker, clock), PATIENCE))


async def _ask(broker: Broker, clock: Callable[[], float]) -> list[Answer]:
    topic, question = CLOCK.name(), encode(CLOCK.message, {})
    milliseconds = int(PATIENCE * 1000)
    producer = AIOKafkaProducer(**broker.options(), acks="all", request_timeout_ms=milliseconds)
    await producer.start()
    try:
        answers = []
        for _ in range(QUESTIONS):
            asked = clock()
            stamped = await producer.send_and_wait(topic, question, partition=0)
            heard = clock()
            if stamped.timestamp_type == LOG_APPEND_TIME:
                answers.append(Answer(asked, stamped.timestamp / 1000, heard))
        return answers
    finally:
        await producer.stop()
