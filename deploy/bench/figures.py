"""All figures, measured one after the other."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from country_adapters import AUTHORITIES
from deploy.bench.children import Job, measure
from deploy.bench.counting import CountingCost, measure_counting
from deploy.bench.detecting import DetectorCost, measure_detecting
from deploy.bench.latency import Latency, measure_latency
from deploy.bench.linkage import LinkageCost, measure_linkage
from deploy.bench.log import STREAMS, events_of, sealer_of
from deploy.bench.reading import Reading, measure_reading
from deploy.bench.registers import WRITERS, RegisterFigures, measure_registers
from deploy.bench.sealing import Sealing, measure_sealing
from deploy.brokers.embedded import EmbeddedBroker
from deploy.brokers.kafka.bring_up import kafka
from deploy.home import init_site
from deploy.reach import Reach

Step = Callable[[str], None]
"""Told what was just done."""


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Attributes:
        records: Batches of a log, by batch size; multiples of the number of streams.
        rounds: Times that intake and plain loop are measured, by turns.
        sealing_seconds: Processor time for each batch size.
        linkage_seconds: Processor time for each step of making tokens, at each batch size.
        memory_batches: Batches of 1,000 folded into one ledger.
        latency_events: Events published one by one.
        register_rows: Rows of the registers that are read.
        series: Series that detectors look at.
    """

    records: dict[int, int]
    rounds: int
    sealing_seconds: float
    linkage_seconds: float
    memory_batches: int
    latency_events: int
    register_rows: int
    series: int

    @property
    def steps(self) -> int:
        return len(self.records) * self.rounds + self.latency_events + len(WRITERS) + 6


LINKAGE_SIZES = (1, 500)
"""Tokens a batch: one, and as many as a request may hold."""
FULL = Extent({1: 3_200, 10: 1_600, 100: 480, 1_000: 64}, 5, 2.0, 1.0, 300, 200, 1_000_000, 500)
QUICK = Extent({1: 160, 10: 96, 100: 32, 1_000: 32}, 1, 0.2, 0.02, 6, 5, 2_000, 10)


@dataclass(frozen=True)
class Figures:
    """Everything measured."""

    machine: dict[str, Any]
    sealing: list[Sealing]
    reading: list[Reading]
    counting: list[CountingCost]
    linkage: list[LinkageCost]
    memory: dict[str, float]
    latency: Latency
    registers: list[RegisterFigures] = field(default_factory=list)
    detecting: list[DetectorCost] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "machine": self.machine,
            "sealing": [
                {**asdict(s), "events_per_core_second": s.events_per_core_second}
                for s in self.sealing
            ],
            "reading": [
                {**asdict(r), "intake_events_per_core_second": r.intake_events_per_core_second}
                for r in self.reading
            ],
            "counting": [
                {**asdict(c), "events_per_core_second": c.events_per_core_second}
                for c in self.counting
            ],
            "linkage": [
                {**asdict(c), "tokens_per_core_second": c.tokens_per_core_second}
                for c in self.linkage
            ],
            "memory": self.memory,
            "latency": asdict(self.latency),
            "registers": [asdict(register) for register in self.registers],
            "detecting": [asdict(detector) for detector in self.detecting],
        }


def measure_all(folder: Path, extent: Extent, on_step: Step) -> Figures:
    """Measures everything.

    Args:
        folder: An empty folder for keys, ledgers and outbox.
        extent: How much.
        on_step: Called `Extent.steps` times.
    """
    # Invented events have passed no gate, so they are held to nothing.
    site = init_site(folder / "site", AUTHORITIES, anonymity=None)
    share = max(size * records // STREAMS for size, records in extent.records.items())
    events = {authority: events_of(authority, share) for authority in AUTHORITIES}
    on_step("events")
    authority = next(iter(AUTHORITIES))
    sealing = measure_sealing(
        sealer_of(site, authority),
        authority,
        events[authority][0],
        sizes=list(extent.records),
        seconds=extent.sealing_seconds,
    )
    on_step("sealing")
    reading = [
        measure_reading(
            site,
            folder,
            events,
            size=size,
            records=records,
            rounds=extent.rounds,
            on_round=lambda: on_step("reading"),
        )
        for size, records in extent.records.items()
    ]
    counting = measure_counting(events[authority][0][: max(extent.records)], extent.rounds)
    on_step("counting")
    linkage = measure_linkage(sizes=LINKAGE_SIZES, seconds=extent.linkage_seconds)
    on_step("linkage")
    detecting = measure_detecting(extent.series, extent.rounds)
    on_step("detecting")
    job = Job(str(site.root), str(folder / "memory"), records=extent.memory_batches, size=1_000)
    memory = measure("memory_process", job)
    on_step("memory")
    with EmbeddedBroker() as embedded:
        latency = measure_latency(
            site,
            folder,
            Reach(embedded.servers),
            events=extent.latency_events,
            on_event=lambda: on_step("latency"),
        )
    registers = measure_registers(
        folder, rows=extent.register_rows, on_register=lambda: on_step("registers")
    )
    rest = (memory, latency, registers, detecting)
    return Figures(_machine(), sealing, reading, counting, linkage, *rest)


def measure_latency_on_kafka(
    folder: Path, extent: Extent, nodes: int, on_step: Step
) -> dict[str, Any]:
    """From publishing to the receipt on Apache Kafka, over mutual TLS.

    Args:
        folder: An empty folder.
        extent: How much.
        nodes: How many brokers.
        on_step: Called as often as events are published.
    """
    site = init_site(folder / "site", AUTHORITIES, anonymity=None)
    with kafka(site, nodes=nodes) as cluster:
        latency = measure_latency(
            site,
            folder,
            Reach(cluster.plan.servers, cluster.plan.identities),
            events=extent.latency_events,
            on_event=lambda: on_step("latency"),
        )
    return {"machine": _machine(), "nodes": nodes, "latency": asdict(latency)}


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }
