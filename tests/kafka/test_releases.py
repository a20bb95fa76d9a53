"""Releases on Apache Kafka over mutual TLS, through the command line, on the contract's rights.

What must come out is what an undisturbed run publishes into a file from the same ledgers: the same
bytes, each once.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.brokers.kafka.cluster import KafkaCluster
from deploy.demo import connecting, southmed
from deploy.home import Site
from deploy.reach import Reach
from processors.release.log import FileLog, Message, TopicLog
from schemas.topics import RELEASES
from tests.kafka.cluster import empty
from tests.unit.release_site import a_site, put, victims

RELEASE, ANALYST, TUNISIA, TRUSTEE = (
    *("processor.release", "analyst.coe"),
    *("authority.tn", "trustee.linkage"),
)
ON = ("--as-of", "2024-07-01")
PARTITION = TopicPartition(RELEASES.name(), 0)
PATIENCE = 60.0


@dataclass(frozen=True)
class Office:
    """A site that publishes, what it must come to, and the cluster."""

    site: Site
    due: list[Message]
    budget: Any
    reach: Reach

    def start(self, who: str, *words: str) -> subprocess.Popen[bytes]:
        """A command on the site, as a principal of the cluster."""
        more = ("--site", str(self.site.root), *connecting(self.reach, who))
        return southmed("release", *words, *more, output=subprocess.PIPE)

    def consume(self, who: str) -> subprocess.Popen[bytes]:
        """What somebody reads who has a certificate and the trust document."""
        trust = ("--trust", str(self.site.trust_file))
        words = ("consume", "--once", "--format", "jsonl", *trust)
        return southmed(*words, *connecting(self.reach, who), output=subprocess.PIPE)

    def messages(self) -> list[Message]:
        return asyncio.run(TopicLog(self.reach.of(RELEASE)).read())


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """Status and what was told, once a command has ended."""
    told, problem = process.communicate(timeout=PATIENCE)
    return process.returncode, told.decode(), problem.decode()


def succeeded(process: subprocess.Popen[bytes]) -> str:
    status, told, problem = ended(process)
    assert status == 0, problem
    return told


@pytest.fixture
def office(cluster: KafkaCluster, tmp_path: Path) -> Office:
    empty(cluster)
    site = a_site(tmp_path / "site", victims(40))
    calm = tmp_path / "calm"
    shutil.copytree(site.root, calm)
    out = tmp_path / "undisturbed"
    succeeded(southmed("release", "run", "--site", str(calm), "--out", str(out), *ON, output=-1))
    there = ("--site", str(calm), "--file", str(out), "--json")
    budget = json.loads(succeeded(southmed("release", "budget", *there, output=-1)))
    due = asyncio.run(FileLog(out).read())
    return Office(site, due, budget, Reach(cluster.plan.servers, cluster.plan.identities))


async def kill_once_written(office: Office, process: subprocess.Popen[bytes], many: int) -> int:
    """Kills with signal 9 as soon as the topic holds so many messages; how many it then holds."""
    settings = {"enable_auto_commit": False, **office.reach.of(RELEASE).options()}
    async with AIOKafkaConsumer(**settings) as looking, asyncio.timeout(PATIENCE):
        while (await looking.end_offsets([PARTITION]))[PARTITION] < many:
            assert process.poll() is None, "it ended before it could be killed"
        process.kill()
        process.communicate()
        return int((await looking.end_offsets([PARTITION]))[PARTITION])


def test_killed_in_the_middle_of_publishing_everything_is_out_once_and_paid_once(
    office: Office,
) -> None:
    for attempt, many in enumerate((1, 30, 60)):
        run = office.start(RELEASE, "run", *ON)
        written = asyncio.run(kill_once_written(office, run, many))
        assert many <= written < len(office.due), "it was not killed in the middle"
        # What comes in between belongs to no release that was begun.
        put(office.site, victims(3, first=1000 + 10 * attempt), sequence=8 + attempt)
    done = json.loads(succeeded(office.start(RELEASE, "run", *ON, "--json")))
    assert len(done["published"]) == len(office.due)
    assert sorted(m.value for m in office.messages()) == sorted(m.value for m in office.due)
    assert json.loads(succeeded(office.start(RELEASE, "budget", "--json"))) == office.budget
    assert json.loads(succeeded(office.start(RELEASE, "verify", "--json")))["sound"]
    again = json.loads(succeeded(office.start(RELEASE, "run", *ON, "--json")))
    assert again == {"published": []}


def test_an_analyst_and_an_authority_read_what_was_published_and_may_not_publish(
    office: Office,
) -> None:
    """Even with the platform's own keys in their hands: the broker knows them by certificate."""
    for who in (ANALYST, TUNISIA):
        status, _, problem = ended(office.start(who, "run", *ON))
        assert (status, "TopicAuthorizationFailed" in problem) == (1, True), problem
    assert office.messages() == []
    succeeded(office.start(RELEASE, "run", *ON))
    rows = [json.loads(line) for line in succeeded(office.consume(ANALYST)).splitlines()]
    published = [json.loads(message.value) for message in office.due]
    assert len(rows) == sum(len(document["observations"]) for document in published) > 0
    assert {row["RELEASE"] for row in rows} == {message.key for message in office.due}
    assert succeeded(office.consume(TUNISIA)) == succeeded(office.consume(ANALYST))


def test_who_stands_in_no_row_of_the_contract_reads_nothing(office: Office) -> None:
    status, told, problem = ended(office.consume(TRUSTEE))
    assert (status, told) == (1, "")
    assert "TOPIC_CLOSED" in problem, problem
