"""What time it is at the broker.

A broker stamps each record of the clock's topic with its own time, and tells it in the
acknowledgement. It was stamped between our question and the answer, so half of the time between
them bounds what we do not know; of several answers the quickest knows best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from schemas.codec import encode
from schemas.kafka import Broker
from schemas.topics import CLOCK

QUESTIONS = 5
PATIENCE = 15.0
LOG_APPEND_TIME = 1
"""Kafka's number for a time that the broker gave."""


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


async def ask_the_time(broker: Broker, clock: Callable[[], float]) -> list[Answer]:
    """Asks a few times; no answers from a broker that does not stamp records itself.

    Args:
        broker: Where Kafka is.
        clock: Our time, seconds since 1970.

    Raises:
        KafkaError: The broker does not answer, or does not let us ask.
    """
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


def best_of(answers: list[Answer]) -> Answer:
    """The one that knows best."""
    return min(answers, key=lambda answer: answer.unsure)
