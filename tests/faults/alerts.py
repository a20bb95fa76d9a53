"""Faults of the alerts process: killed again and again, and each alert is out once.

Two rounds: what four countries hold in common is told, then some of it is withdrawn and more comes.
In each, ``southmed alerts run`` is killed at random instants, and a broker under it. The oracle is
a site with the same keys and ledgers on a broker of its own, where nobody disturbs the two rounds:
every revision of every alert has to be there in the same bytes.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from kafka.admin import OffsetSpec
from kafka.structs import TopicPartition

from deploy.alerts.place import init_keys
from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import connecting, southmed
from deploy.home import Site
from deploy.reach import Reach
from processors.alerts.log import TopicLog, known
from processors.compacted import Record
from schemas.alerts import CHANNELS
from tests.faults.brokers import any_node, restart
from tests.faults.oracle import Difference
from tests.faults.recruiters import Network, network, shared_numbers
from tests.faults.releases import STARTED
from tests.faults.stage import Stage
from tests.faults.supervisor import Supervised
from tests.recruiters import Numbers

ALERTS = "processor.alerts"
ROWS = 12
KILLS = 3
"""In each of two rounds."""
WRITTEN = (1, 20)
"""Messages after which the others come: in the middle of writing."""
TOPICS = tuple(channel.topic for channel in CHANNELS)
PARTITIONS = tuple(TopicPartition(topic, 0) for topic in TOPICS)

Revisions = Counter[tuple[str, bytes]]
"""How often each revision stands: by topic, and the bytes of the alert."""


async def kills(stage: Stage) -> None:
    """``southmed alerts run --once`` is killed (signal 9) at random instants and started again."""
    with network(stage, ROWS) as place, EmbeddedBroker() as calm:
        init_keys(place.site)
        stage.add_worker("a")
        serving = place.serve()
        try:
            await place.publish()
            took = await asyncio.to_thread(_undisturbed, place, calm.servers)
            await _disturbed(place, took, broker_killed=False)
            place.tell(_later(place.numbers))
            await place.publish()
            took = await asyncio.to_thread(_undisturbed, place, calm.servers)
            await _disturbed(place, took, broker_killed=True)
        finally:
            await serving.end()
        found = await TopicLog(stage.place.reach.of(ALERTS)).read()
        due = await TopicLog(Reach(calm.servers).of(ALERTS)).read()
        out = known(due, place.site.trust()).out.values()
        assert stage.deeds, "every round had ended before anything was killed"
        states = {alert.state for alerts in out for alert in alerts.values()}
        assert states >= {"NEW", "RETRACTED"}, f"nothing to be told or taken back: {states}"
        stage.difference += place.difference() + compare(revisions(found), revisions(due))


def _later(numbers: Numbers) -> Numbers:
    """One row of each authority is gone, one names nothing any more, and others come."""
    more = shared_numbers(2, first=1_000_000)
    return {name: [[], *rows[1:], *more[name]] for name, rows in numbers.items()}


def _run(place: Network, site: Site, reach: Reach) -> subprocess.Popen[bytes]:
    where = ("--site", str(site.root), *connecting(reach, ALERTS))
    with place.stage.log("alerts").open("ab") as log:
        return southmed("alerts", "run", "--once", "--as-of", str(place.day), *where, output=log)


async def _disturbed(place: Network, took: float, *, broker_killed: bool) -> None:
    """One round, killed while it can be, and then to its end.

    Args:
        place: The registers.
        took: Seconds that the round took undisturbed.
        broker_killed: Whether a broker goes too.
    """
    stage = place.stage
    running = Supervised("alerts", lambda: _run(place, place.site, stage.place.reach), ends=True)
    running.begin()
    try:
        if broker_killed:
            number = any_node(stage)
            await asyncio.sleep(took * stage.rng.uniform(*STARTED))
            await asyncio.to_thread(stage.place.cluster.nodes[number].kill)
            stage.did("kill -9 of a broker under alerts")
        for attempt in range(KILLS):
            await _kill(stage, running, took, while_writing=bool(attempt % 2))
        if broker_killed:
            await restart(stage, number)
        async with asyncio.timeout(stage.patience):
            await running.done.wait()
    finally:
        await running.end()


async def _kill(stage: Stage, running: Supervised, took: float, *, while_writing: bool) -> None:
    """Waits for a random instant, and kills; nothing, if all was out by then."""
    async with asyncio.timeout(stage.patience):
        while not (running.alive or running.done.is_set()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    if while_writing:
        more = await asyncio.to_thread(_end, stage) + stage.rng.randint(*WRITTEN)
        while not running.done.is_set() and await asyncio.to_thread(_end, stage) < more:
            pass
    else:
        await asyncio.sleep(took * stage.rng.uniform(*STARTED))
    if running.send(signal.SIGKILL):
        stage.did(f"kill -9 of an alerts run{' while it wrote' if while_writing else ''}")


def _end(stage: Stage) -> int:
    """How many messages the topics of alerts hold."""
    asked = dict.fromkeys(PARTITIONS, OffsetSpec.LATEST)
    found = stage.place.cluster.ask(lambda admin: admin.list_partition_offsets(asked))
    return sum(int(told.offset) for told in found.values())


def _undisturbed(place: Network, servers: str) -> float:
    """The same round, of a site with the same keys and ledgers, on a broker that nobody kills.

    Returns:
        Seconds from the start of its process to the end.
    """
    calm = Site(place.site.root.with_name("calm"))
    ignore = shutil.ignore_patterns(
        place.site.ledgers.name, "alerts", "*.log", "oracle", "trustees"
    )
    shutil.copytree(place.site.root, calm.root, ignore=ignore)
    calm.ledgers.symlink_to(place.site.ledgers)
    began = time.monotonic()
    assert _run(place, calm, Reach(servers)).wait(timeout=120) == 0, "the undisturbed run failed"
    took = time.monotonic() - began
    shutil.rmtree(calm.root)
    return took


def revisions(records: Mapping[str, Sequence[Record]]) -> Revisions:
    """What stands on the topics of alerts."""
    return Counter((topic, record.value or b"") for topic in TOPICS for record in records[topic])


def compare(found: Revisions, due: Revisions) -> Difference:
    """Holds the topics against those of an undisturbed run.

    Returns:
        lost: Revisions that are not there. twice: Revisions that nobody was to be told; the same
        bytes a second time are the same revision, and readers show it once.
    """
    return Difference(lost=len(set(due) - set(found)), twice=len(set(found) - set(due)))
