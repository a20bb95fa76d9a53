"""A quota holds a runaway adapter back, and the others do not notice.

One authority writes what is no batch, as fast as it is let; another publishes event by event and
waits for each receipt. Rates and latencies are printed; what is asserted is how the runaway's
rates with and without its quota stand to each other, and that every event of the other is
receipted. No instant is asserted: the machine may be busy.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from deploy.bench.latency import publish_one_by_one
from deploy.topics.live import apply_changes, read_state
from deploy.topics.state import SetQuota, difference, wanted
from schemas.access import principals
from schemas.topics import PARTITIONS
from tests.kafka import requests as ask
from tests.kafka import wire
from tests.kafka.cluster import KafkaScene
from tests.kafka.runaway import Orders

RUNAWAY, OTHER, MOROCCO = "authority.tn", "authority.ma", "ma.cnclt"
TOPIC, KEPT = "southmed.cases.tn.v1", "southmed.quarantine.tn.v1"
SIZE, MEBIBYTE = 8 << 10, 1 << 20
SMALL, FLOOD = 256, 60_000
SECONDS = 8.0
BURST = 2.0
"""Seconds at the beginning in which a quota lets through what was not used in its window."""
EVENTS = 20
"""Of the other authority, in each phase."""
PHASES = ("alone", "beside a runaway with its quota", "beside a runaway without a quota")


@dataclass
class Runaway:
    """What a runaway achieved: instants, and bytes acknowledged by then."""

    told: list[tuple[float, int]]

    def rate(self, since: float = 0.0) -> float:
        """Bytes a second from an instant on."""
        begun = max(((at, sent) for at, sent in self.told if at <= since), default=(0.0, 0))
        ended = self.told[-1]
        return (ended[1] - begun[1]) / max(ended[0] - begun[0], 0.001)


def orders_for(place: KafkaScene, size: int, records: int) -> Orders:
    identity = str(place.reach.identity(RUNAWAY))
    return Orders(place.reach.servers, identity, TOPIC, size, records, SECONDS)


def lift_quota(place: KafkaScene) -> None:
    with place.cluster.admin() as admin:
        apply_changes(admin, [SetQuota(RUNAWAY, {"producer_byte_rate": None})])


@dataclass
class Phases:
    """Goes from phase to phase as the other authority's receipts come in."""

    place: KafkaScene
    phase: int = 0
    events: list[int] = field(default_factory=list)
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def on_event(self) -> None:
        self.events.append(self.phase)
        if self.events.count(self.phase) >= EVENTS and self.phase + 1 < len(PHASES):
            self.phase += 1
            self._begin()

    def _begin(self) -> None:
        if self.phase == 2:
            self.processes[1].wait(timeout=60)
            lift_quota(self.place)
        orders = orders_for(self.place, SIZE, records=64 * MEBIBYTE // SIZE)
        self.processes[self.phase] = subprocess.Popen(orders.command(), stdout=subprocess.PIPE)

    def ended(self, phase: int) -> Runaway:
        output, _ = self.processes[phase].communicate(timeout=60)
        return Runaway([(at, sent) for at, sent in json.loads(output)])


@contextmanager
def quota_given_back(place: KafkaScene) -> Iterator[None]:
    try:
        yield
    finally:
        with place.cluster.admin() as admin:
            apply_changes(admin, difference(read_state(admin), wanted(1)))


def test_a_runaway_is_held_back_and_the_other_s_batches_are_all_receipted(
    place: KafkaScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phases = Phases(place)
    with place.workers("a"), quota_given_back(place):
        publishing = publish_one_by_one(
            place.site,
            tmp_path,
            place.reach.of(OTHER),
            EVENTS * len(PHASES),
            phases.on_event,
            authority=MOROCCO,
        )
        waits = asyncio.run(asyncio.wait_for(publishing, timeout=180))
        held, free = phases.ended(1), phases.ended(2)
    quota = principals()[RUNAWAY].quota
    assert quota is not None
    by_phase: defaultdict[int, list[float]] = defaultdict(list)
    for phase, wait in zip(phases.events, waits, strict=True):
        by_phase[phase].append(wait * 1000)
    del by_phase[0][0]  # everybody wakes up with it
    with capsys.disabled():
        print(
            f"\nrunaway: quota {quota.producer_byte_rate / MEBIBYTE:.1f} MiB/s, "
            f"held at {held.rate(BURST) / MEBIBYTE:.2f} after a burst, "
            f"free {free.rate() / MEBIBYTE:.1f}"
        )
        for phase, name in enumerate(PHASES):
            told = sorted(by_phase[phase])
            print(f"  receipts {name}: median {told[len(told) // 2]:,.0f} ms, most {told[-1]:,.0f}")
    assert len(waits) == EVENTS * len(PHASES)
    assert held.rate(BURST) < 2 * quota.producer_byte_rate
    assert free.rate() > 4 * held.rate(BURST)


def test_a_flood_in_one_country_s_topic_does_not_make_the_others_wait_for_its_end(
    place: KafkaScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Many small records that are no batches, and a worker in the midst of them.

    What a fetch brings of one partition is worked off before another fetch is looked at. Counted
    is how far the flood is worked off while twelve events of another country get their receipts:
    with fetches as large as Kafka's default it would be most of it.
    """
    worked_off: list[int] = []

    def on_event() -> None:
        if not worked_off:
            orders = orders_for(place, SMALL, FLOOD).command()
            flood = subprocess.run(orders, capture_output=True, check=True)
            assert json.loads(flood.stdout)[-1][1] == SMALL * FLOOD
        with place.cluster.admin() as admin:
            worked_off.append(newest_offset(admin, KEPT))

    with place.workers("a"), quota_given_back(place):
        lift_quota(place)
        broker = place.reach.of(OTHER)
        publishing = publish_one_by_one(
            place.site, tmp_path, broker, 13, on_event, authority=MOROCCO
        )
        asyncio.run(asyncio.wait_for(publishing, timeout=120))
    each, meanwhile = FLOOD // PARTITIONS, worked_off[-1] - worked_off[0]
    with capsys.disabled():
        print(f"\n{meanwhile} of {each} records of a flooded partition while others had receipts")
    assert meanwhile < each // 2


def newest_offset(admin: KafkaAdminClient, topic: str) -> int:
    """The end of a topic's first partition."""
    answer = wire.send(admin, ask.list_offsets(topic))
    return int(answer.topics[0].partitions[0].offset)
