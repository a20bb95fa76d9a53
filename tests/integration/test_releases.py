"""Releases on a real topic: published once though killed, readable by anyone, verified by all."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import southmed
from deploy.home import Site
from processors.release.accountant import Accountant
from processors.release.log import Message, TopicLog, open_all
from processors.release.tables import shipped
from schemas.header_signatures import SIGNATURE_HEADER
from schemas.kafka import Broker
from tests.integration.harness import kill_after
from tests.unit.release_site import a_site, lose_key, put, victims

pytestmark = pytest.mark.broker

ON = "2024-07-01"
KEYS = 5 * 19 + 3


class Stage:
    """A site, a broker, and the command as a process of its own."""

    def __init__(self, site: Site, servers: str) -> None:
        self.site, self.servers = site, servers

    def start(self, *words: str, output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        where = ("--site", str(self.site.root), "--broker", self.servers)
        return southmed("release", *words, *where, output=output)

    def ask(self, *words: str) -> Any:
        process = self.start(*words, "--json", output=subprocess.PIPE)
        told, problem = process.communicate(timeout=60)
        assert process.returncode == 0, problem
        return json.loads(told)

    def consume(self) -> tuple[int, list[str], str]:
        """Exit status, the keys that an analyst is shown, and what else is told."""
        process = southmed(
            *("consume", "--broker", self.servers, "--trust", str(self.site.trust_file)),
            *("--once", "--format", "jsonl"),
            output=subprocess.PIPE,
        )
        told, problem = process.communicate(timeout=60)
        lines = [json.loads(line) for line in told.splitlines()]
        return process.returncode, sorted({line["RELEASE"] for line in lines}), problem.decode()

    def messages(self) -> list[Message]:
        return asyncio.run(TopicLog(Broker(self.servers)).read())


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with EmbeddedBroker() as broker:
        yield Stage(a_site(tmp_path / "site", victims(40)), broker.servers)


def test_killed_at_random_instants_while_records_change_each_table_is_out_once(
    stage: Stage,
) -> None:
    rng, hit = random.Random(20240701), 0
    for attempt in range(8):
        hit += kill_after(stage.start("run", "--as-of", ON), rng, most=3.0)
        put(stage.site, victims(3, first=1000 + 10 * attempt), sequence=8 + attempt)
    assert hit > 0, "no kill hit a living process: the test proves nothing"
    stage.ask("run", "--as-of", ON)
    messages = stage.messages()
    releases = open_all(messages, stage.site.trust())
    assert len({release.key for release in releases}) == KEYS
    assert len({message.value for message in messages}) == KEYS
    assert Accountant.of(releases, shipped().budget).overspent() == []
    assert stage.ask("verify")["sound"]


def test_days_given_one_after_the_other_date_each_table_by_its_day(stage: Stage) -> None:
    """As where a platform begins with years that lie behind it; years before them stay out."""
    days = ("--as-of", "2020-08-20", "--as-of", "2020-05-20")
    stage.ask("run", *days, "--since", "2020")
    out = open_all(stage.messages(), stage.site.trust())
    told = {(release.period, str(release.statement.released_on)) for release in out}
    assert told == {("2020-Q1", "2020-05-20"), ("2020-Q2", "2020-08-20")}


def test_anyone_reads_the_topic_without_our_code(stage: Stage) -> None:
    """What kcat, Kafka Connect or a notebook would see: JSON, plain keys, a header of text."""
    stage.ask("run", "--as-of", "2019-06-01")

    async def read() -> list[tuple[bytes, bytes, Any]]:
        consumer = AIOKafkaConsumer(bootstrap_servers=stage.servers, enable_auto_commit=False)
        await consumer.start()
        consumer.assign([TopicPartition("southmed.indicators.v1", 0)])
        await consumer.seek_to_beginning()
        records = [await consumer.getone() for _ in range(3)]
        await consumer.stop()
        return [(r.key, r.value, r.headers) for r in records]

    for key, value, headers in asyncio.run(read()):
        document = json.loads(value)
        assert key.decode() == "|".join(document[n] for n in ("table", "period", "vintage"))
        assert sum(row["OBS_VALUE"] for row in document["observations"]) >= 0
        assert [name for name, _ in headers] == [SIGNATURE_HEADER]
        keyid, _, signature = headers[0][1].decode().partition(":")
        assert (len(keyid), len(signature)) == (64, 88)


def test_a_release_withdrawn_on_the_topic_is_withdrawn_for_everyone(stage: Stage) -> None:
    stage.ask("run", "--as-of", "2019-06-01")
    key = "P2|2019-Q1|PROVISIONAL"
    process = stage.start("withdraw", key, "--reason", "METHOD_ERROR", "--as-of", "2019-06-02")
    assert process.wait(timeout=60) == 0
    assert stage.ask("show", key)["withdrawn"] == {"reason": "METHOD_ERROR", "on": "2019-06-02"}
    assert stage.ask("run", "--as-of", "2019-06-03") == {"published": []}


def test_after_a_lost_key_killed_at_random_instants_all_is_signed_again_and_read(
    stage: Stage,
) -> None:
    stage.ask("run", "--as-of", "2020-07-01")
    gone = stage.start(
        *("withdraw", "P2|2019-Q1|PROVISIONAL", "--reason", "METHOD_ERROR"),
        *("--as-of", "2020-07-01"),
    )
    assert gone.wait(timeout=60) == 0
    noted = {message.key: message.value for message in stage.messages()}
    paid, sent = stage.ask("budget"), len(stage.messages())
    lose_key(stage.site)
    status, shown, problem = stage.consume()
    assert (status, shown) == (1, [])
    assert "KEY_COMPROMISED" in problem

    rng = random.Random(20261126)
    died = sum(kill_after(stage.start("resign"), rng, most=1.6) for _ in range(6))
    assert died > 0, "no kill hit a living process: the test proves nothing"
    stage.ask("resign")
    assert {release["state"] for release in stage.ask("resign")["releases"]} == {"sound"}

    messages = stage.messages()
    assert {message.key: message.value for message in messages} == noted
    assert len({message.value for message in messages}) == sent
    assert len(open_all(messages, stage.site.trust())) >= len(noted)
    assert stage.ask("budget") == paid
    assert stage.ask("verify")["sound"]
    assert stage.ask("run", "--as-of", "2020-07-01") == {"published": []}
    status, shown, problem = stage.consume()
    assert (status, shown) == (0, sorted(noted)), problem


def test_a_broker_that_is_not_there_is_named(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        servers = broker.servers
    began = time.monotonic()
    process = Stage(a_site(tmp_path / "site"), servers).start("plan", output=subprocess.PIPE)
    _, problem = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"RELEASE_TOPIC_UNREACHABLE" in problem
    assert time.monotonic() - began < 50
