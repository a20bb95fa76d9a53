"""Faults of what is sent: twice, out of order, by two adapters with one key; wrong clocks."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from country_adapters import AUTHORITIES, REGISTERS
from deploy.demo import INTAKE, connecting, southmed
from deploy.home import announce_epoch
from deploy.reach import authority_principal
from schemas.topics import CASES, COUNTRY_CODES, QUARANTINE, Topic
from tests.faults.stage import Stage
from tests.faults.supervisor import Supervised

TUNISIA = "tn.inltp"
Records = dict[TopicPartition, list[bytes]]


async def twice(stage: Stage) -> None:
    """Batches are sent again in any order while others are still coming; then the whole topic."""
    stage.begin()
    for _ in range(3):
        await stage.underway()
        records = await everything(stage)
        for values in records.values():
            stage.rng.shuffle(values)
        await send(stage, records)
        stage.did("batches sent again, shuffled")
    await stage.published()
    await send(stage, await everything(stage))
    stage.did("whole case topics replayed")


async def everything(stage: Stage) -> Records:
    """The values of all records on the case topics, as they lie there."""
    found: Records = defaultdict(list)
    async for tp, record in read(stage, CASES, INTAKE):
        found[tp].append(record.value)
    return found


async def read(
    stage: Stage, topic: Topic, principal: str
) -> AsyncIterator[tuple[TopicPartition, ConsumerRecord[bytes, bytes]]]:
    """Every record of a national topic in all countries, as a principal reads it."""
    options = stage.place.reach.of(principal).options()
    partitions = [
        TopicPartition(topic.name(country), partition)
        for country in COUNTRY_CODES
        for partition in range(topic.partitions)
    ]
    async with AIOKafkaConsumer(**options, enable_auto_commit=False) as consumer:
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    yield tp, record


async def send(stage: Stage, records: Records) -> None:
    """Sends records to where they came from, each country's with its own rights."""
    for authority, country in AUTHORITIES.items():
        broker = stage.place.reach.of(authority_principal(authority))
        async with AIOKafkaProducer(**broker.options(), acks="all") as producer:
            for tp, values in records.items():
                if tp.topic == CASES.name(country):
                    for value in values:
                        await producer.send(tp.topic, value, partition=tp.partition)
            await producer.flush()


async def two_adapters(stage: Stage) -> None:
    """Somebody runs a copy of an authority's adapter, with its key and an outbox of its own.

    Two histories are signed: the streams are suspended, both histories are kept, and both adapters
    say why they stop. Then the authority opens a new epoch, as its officers have announced.
    """
    twin_site = copy_of_adapter(stage)
    twin = Supervised("twin", lambda: run_twin(stage, twin_site), ends=True)
    stage.begin()
    twin.begin()
    adapter = stage.adapters[TUNISIA]
    await stage.until(lambda: 1 in twin.statuses and 1 in adapter.statuses, 120)
    stage.did("two adapters with one key")
    await twin.end()
    await adapter.end()
    codes = await quarantined(stage)
    assert codes.get("EQUIVOCATION"), "two histories, and none was kept"
    stage.did("both histories kept, streams suspended")
    announce_epoch(stage.place.site, TUNISIA)
    command = ("adapter", "open-epoch", REGISTERS[TUNISIA], "--site", str(stage.place.site.root))
    run = [sys.executable, "-m", "deploy.cli", *command]
    await asyncio.to_thread(subprocess.run, run, check=True, capture_output=True)
    stage.did("new epoch opened")
    stage.add_adapter(TUNISIA)


def copy_of_adapter(stage: Stage) -> str:
    """A site that has an authority's keys, and no outbox."""
    site = stage.place.site
    copy = site.root / "twin"
    theirs = copy / "authorities" / TUNISIA
    theirs.mkdir(parents=True)
    shutil.copy(site.trust_file, copy / "trust.json")
    for name in ("signing.key", "pseudonyms.key"):
        shutil.copy(site.authority(TUNISIA) / name, theirs / name)
    return str(copy)


def run_twin(stage: Stage, site: str) -> subprocess.Popen[bytes]:
    with stage.log("twin").open("ab") as log:
        return southmed(
            *("adapter", "run", REGISTERS[TUNISIA], "--site", site, "--json"),
            *("--data", str(stage.place.registers[TUNISIA].data)),
            *connecting(stage.place.reach, authority_principal(TUNISIA)),
            output=log,
        )


async def quarantined(stage: Stage) -> Counter[str]:
    """How many records lie in quarantine, by code."""
    found = [record async for _, record in read(stage, QUARANTINE, "operator")]
    return Counter(dict(record.headers)["code"].decode() for record in found)


def clock(offset: str) -> Sequence[str]:
    """A command that runs another one with its clock off; what counts seconds goes on as it is."""
    return ("env", "DONT_FAKE_MONOTONIC=1", "faketime", "-f", offset)


async def clocks(stage: Stage) -> None:
    """Adapters and workers whose clocks are an hour ahead or behind."""
    names = [*stage.place.registers, "a", "b"]
    for name, offset in zip(names, ("+1h", "-1h", "+1h", "-1h", "-1h", "+1h"), strict=True):
        stage.prefixes[name] = clock(offset)
        stage.did("clock an hour off")
    stage.begin()
