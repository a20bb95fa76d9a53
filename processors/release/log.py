"""Where releases are published: the topic, or a file that stands for it.

Both are an append-only list of messages; the newest of a key holds. A file holds one message a
line, as JSON; it serves tests, rehearsals, and those who hand releases over without a broker.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from processors.compacted import Outgoing, read_topics, write_records
from processors.release.accountant import Measurement
from processors.release.errors import ReleasedTwice, ReleaseTopicUnreachable
from schemas.errors import KeyCompromised, ReleaseInvalid
from schemas.header_signatures import Headers
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.releases import Release, open_release, sign_release, stands_for
from schemas.topics import RELEASES
from schemas.trust import TrustDocument

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
        found = await read_topics(self._broker, [TOPIC], ReleaseTopicUnreachable)
        return [
            Message((r.key or b"").decode(errors="replace"), r.value or b"", r.headers)
            for r in found[TOPIC]
        ]

    async def append(self, messages: Sequence[Message]) -> None:
        records = (Outgoing(TOPIC, m.key.encode(), m.value, m.headers) for m in messages)
        await write_records(self._broker, records, ReleaseTopicUnreachable)
