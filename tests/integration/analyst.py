"""A broker and an analyst before it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from deploy.brokers.embedded import EmbeddedBroker
from deploy.consume.judge import Message
from schemas.kafka import Broker
from schemas.topics import RELEASES
from tests.published import (
    message,
    releases,
    trusting,
)

F1, F2, P1, E1 = (releases()[name] for name in ("F1", "F2", "P1", "E1"))


class Scene:
    """A broker, and what an analyst has at hand."""

    def __init__(self, folder: Path, embedded: EmbeddedBroker) -> None:
        self.folder = folder
        self.embedded = embedded
        self.servers = embedded.servers
        self.trust = folder / "trust.json"
        self.state = folder / "state.json"
        self.trust.write_bytes(trusting().dump())

    @property
    def connecting(self) -> tuple[str, ...]:
        return ("--broker", self.servers, "--trust", str(self.trust))

    def publish(self, *messages: Message) -> None:
        async def send() -> None:
            async with AIOKafkaProducer(**Broker(self.servers).options()) as producer:
                for told in messages:
                    headers = list(told.headers)
                    await producer.send_and_wait(
                        RELEASES.name(), told.value, told.key, 0, headers=headers
                    )

        asyncio.run(send())

    def start(self, *more: str) -> subprocess.Popen[str]:
        """A follower as a process of its own."""
        command = [sys.executable, "-m", "deploy.cli", "consume", *self.connecting, *more]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def tampered() -> Message:
    """One value changed on its way, under the signature of what was published."""
    value = F1.dump().replace(b'"OBS_VALUE":', b'"OBS_VALUE":1', 1)
    return message(F1)._replace(value=value)


def by_release(text: str) -> list[str]:
    """The releases of JSON lines, in their order."""
    return list(dict.fromkeys(line["RELEASE"] for line in lines(text)))
