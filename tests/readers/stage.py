"""What readers stand before: a broker, a provider, and a console as a process of its own."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import httpx
from aiokafka import AIOKafkaProducer

from deploy.brokers.embedded import EmbeddedBroker
from deploy.console.alerts.boards import NAME_OF
from deploy.console.security.sessions import FLOW, SESSION
from schemas.alerts import ANALYSTS, CHANNELS, CONTACTS, EVERYBODY, Channel, sign_alert
from schemas.kafka import Broker
from schemas.topics import RELEASES
from schemas.trust import TrustDocument, TrustedKey
from tests.console.process import LIMIT, console_process
from tests.console.world import messages
from tests.openid import providing
from tests.published import OTHER_KEY, trusting
from tests.unit.console_guard import told, write_settings

BEFORE = 49
"""Releases that are out when readers come."""
TICKS = os.sysconf("SC_CLK_TCK")
HEARERS = {"nour": CONTACTS["TUN"], "idir": CONTACTS["MAR"], "anna": ANALYSTS}
"""Who hears of more than everybody."""


class News(NamedTuple):
    """Something that is published, as it travels.

    Attributes:
        channel: Of an alert; None for a release.
    """

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    channel: Channel | None = None

    def is_for(self, who: str) -> bool:
        """Whether a reader may know of it."""
        return self.channel in (None, EVERYBODY, HEARERS.get(who))


@cache
def releases() -> tuple[News, ...]:
    """Every release of the invented region, in the order in which they came out."""
    return tuple(
        News(RELEASES.name(), m.key or b"", m.value or b"", list(m.headers)) for m in messages()
    )


@cache
def alerts() -> tuple[News, ...]:
    """Every alert of it."""
    found = []
    for channel in CHANNELS:
        for alert in told()[NAME_OF[channel]]:
            value = alert.dump()
            headers = sign_alert(channel, value, OTHER_KEY)
            found.append(News(channel.topic, alert.id.encode(), value, headers, channel))
    return tuple(found)


def trust() -> TrustDocument:
    """A trust document of the region's platform."""
    alerts_key = TrustedKey.of(OTHER_KEY.verify_key, owner="platform", purpose="alert")
    listed = trusting()
    return listed.model_copy(update={"keys": [*listed.keys, alerts_key]})


@dataclass
class Stage:
    """A console that answers, and what it follows.

    Attributes:
        url: Where it answers.
        process: It.
        servers: Its broker.
    """

    url: str
    process: subprocess.Popen[str]
    servers: str

    async def publish(self, news: Sequence[News]) -> None:
        """Publishes; back once the broker has it all."""
        async with AIOKafkaProducer(**Broker(self.servers).options()) as producer:
            for one in news:
                await producer.send_and_wait(one.topic, one.value, one.key, 0, headers=one.headers)

    def processor(self) -> float:
        """Seconds of processor time that the console took."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def memory(self, what: str) -> int:
        """Bytes: VmRSS for now, VmHWM for at most."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{what}:")[2].split()[0]) * 1024

    async def signed_in(self, who: str, context: ssl.SSLContext) -> str:
        """The cookie of somebody who signed in."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60, verify=context) as browser:
            begun = await browser.get("/sign-in?back=/en/region")
            assert begun.status_code == 303, begun.status_code
            # Browsers send cookies for TLS alone to loopback too; libraries do not.
            browser.headers["cookie"] = _cookie(begun, FLOW)
            async with httpx.AsyncClient(verify=context) as outside:
                there = await outside.get(f"{begun.headers['location']}&who={who}")
            back = await browser.get(there.headers["location"])
            assert back.status_code == 303, back.status_code
            return _cookie(back, SESSION)


def _cookie(answer: httpx.Response, name: str) -> str:
    told = "\n".join(answer.headers.get_list("set-cookie"))
    found = re.search(rf"{name}=([^;\n]+)", told)
    assert found is not None
    return f"{name}={found[1]}"


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Everything, started and ended.

    Args:
        folder: Where the console keeps what it has to.
    """
    (folder / "trust.json").write_bytes(trust().dump())
    with EmbeddedBroker() as broker, providing() as provider:
        port = _free()
        config = write_settings(folder, provider, f"http://127.0.0.1:{port}")
        where = ("--broker", broker.servers, "--trust", str(folder / "trust.json"))
        options = (*where, "--port", str(port), "--config", str(config))
        with console_process(*options) as (url, process):
            yield Stage(url, process, broker.servers)


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until_live(stage: Stage) -> None:
    """Waits until the console has read what there is."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if httpx.get(f"{stage.url}/readyz").json()["standing"] == "live":
            return
        time.sleep(0.1)
    raise AssertionError("the console was never live")
