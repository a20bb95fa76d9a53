"""Where releases are published: the topic, or a file that stands for it.

Both are an append-only list of messages; the newest of a key holds. A file holds one message a
line, as JSON; it serves tests, rehearsals, and those who hand releases over without a broker.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from processors.release.accountant import Measurement
from processors.release.errors import ReleasedTwice, ReleaseTopicUnreachable
from schemas.errors import KeyCompromised, ReleaseInvalid
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.releases import Headers, Release, open_release, sign_release, stands_for
from schemas.topics import RELEASES
from schemas.trust import TrustDocument

PATIENCE = 60.0
"""Seconds in which the topic must have been read or written."""
TOPIC = RELEASES.name()


class Message(NamedTuple):
    """One record of the topic."""

    key: str
    value: bytes
    headers: Headers

    @classmethod
    def of(cls, release: Release, signer: SigningKey) -> Message:
        """The release, signed, as it travels."""
        value = release.dump()
        return cls(release.key, value, sign_release(value, signer))

    def dump(self) -> bytes:
        """The message as one line of a file."""
        headers = [[name, value.decode()] for name, value in self.headers]
        fields = {"key": self.key, "value": self.value.decode(), "headers": headers}
        return json.dumps(fields, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Message:
        """Reads a line.

        Raises:
            ReleaseInvalid: It is no such line.
        """
        try:
            fields = json.loads(line)
            headers = [(str(name), str(value).encode()) for name, value in fields["headers"]]
            return cls(str(fields["key"]), str(fields["value"]).encode(), headers)
        except (ValueError, KeyError, TypeError):
            raise ReleaseInvalid(expected="a line with key, value and headers") from None

    def open(self, trust: TrustDocument) -> Release:
        """The release, once its signature was verified; raises as `open_release`."""
        return open_release(self.key.encode(), self.value, self.headers, trust)

    def stands_for(self, earlier: Message) -> bool:
        """Whether this message, once verified, stands for one that came before it."""
        return self.key == earlier.key and stands_for(earlier.value, self.value)


class ReleaseLog(Protocol):
    """An append-only list of messages."""

    async def read(self) -> list[Message]:
        """All messages, oldest first."""
        ...

    async def append(self, messages: Sequence[Message]) -> None:
        """Adds messages; returns once they are safe."""
        ...


def open_all(messages: Iterable[Message], trust: TrustDocument) -> list[Release]:
    """Every message as a release.

    One of a compromised key is passed over if a later one stands for it (`stands_for`).

    Raises:
        SealError, WireError: One does not verify, or is no release.
        ReleasedTwice: Two of one key are of different records.
    """
    releases: list[Release] = []
    seen: dict[str, Release] = {}
    doubtful: list[tuple[Message, KeyCompromised]] = []
    for message in messages:
        try:
            release = message.open(trust)
        except KeyCompromised as error:
            doubtful.append((message, error))
            continue
        doubtful = [doubt for doubt in doubtful if not message.stands_for(doubt[0])]
        before = seen.setdefault(release.key, release)
        if Measurement.of(before) != Measurement.of(release):
            raise ReleasedTwice(got=release.key)
        releases.append(release)
    if doubtful:
        raise doubtful[0][1]
    return releases


# --- A file --------------------------------------------------------------------------------------


class FileLog:
    """A file in the place of the topic.

    Args:
        path: The file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> list[Message]:
        if not self._path.exists():
            return []
        content = self._path.read_bytes()
        # A line that was cut off by a crash was never published.
        return [Message.parse(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]

    async def append(self, messages: Sequence[Message]) -> None:
        with self._path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.write(b"".join(message.dump() for message in messages))
            file.flush()
            os.fsync(file.fileno())


# --- The topic -----------------------------------------------------------------------------------


class TopicLog:
    """The topic of releases.

    Args:
        broker: Where Kafka is.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def read(self) -> list[Message]:
        # Not read from its very beginning, a topic would look as if less had been published.
        settings = {"enable_auto_commit": False, "auto_offset_reset": "earliest"}
        consumer = AIOKafkaConsumer(**self._broker.options(), **settings, fetch_max_wait_ms=100)
        partition = TopicPartition(TOPIC, 0)
        found: list[Message] = []
        async with _reached(), _running(consumer):
            consumer.assign([partition])
            offset = (await consumer.beginning_offsets([partition]))[partition]
            end = (await consumer.end_offsets([partition]))[partition]
            consumer.seek(partition, offset)
            # Compaction leaves holes, but never takes the newest record.
            while offset < end:
                record = await consumer.getone(partition)
                key = (record.key or b"").decode(errors="replace")
                found.append(Message(key, record.value or b"", record.headers))
                offset = record.offset + 1
        return found

    async def append(self, messages: Sequence[Message]) -> None:
        options = self._broker.options()
        producer = AIOKafkaProducer(**options, acks="all", enable_idempotence=True)
        async with _reached(), _running(producer):
            for message in messages:
                key, headers = message.key.encode(), list(message.headers)
                await producer.send_and_wait(
                    TOPIC, message.value, key, partition=0, headers=headers
                )


@asynccontextmanager
async def _reached() -> AsyncIterator[None]:
    """Gives what Kafka raises a name, and does not wait for ever."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (KafkaError, TimeoutError, OSError) as error:
        raise ReleaseTopicUnreachable(expected=TOPIC, got=type(error).__name__) from None


@asynccontextmanager
async def _running(client: AIOKafkaConsumer | AIOKafkaProducer) -> AsyncIterator[None]:
    try:
        await client.start()
        yield
    finally:
        await client.stop()
