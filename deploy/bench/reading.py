"""Durable intake through Faust beside the plain loop, at several batch sizes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from deploy.bench.children import Job, measure
from deploy.bench.log import publish, seal_log
from deploy.brokers.embedded import EmbeddedBroker
from deploy.home import Site
from deploy.terminal import broker_at

TARGETS = {1: 3.0, 1_000: 2.0}
"""The most that durable intake shall cost, as a multiple of the plain loop, by batch size."""


@dataclass(frozen=True)
class Reading:
    """What reading costs at one batch size; microseconds of processor time are medians.

    Attributes:
        events_a_batch: The batch size.
        records: Batches read in each round.
        rounds: Number of rounds.
        intake_us: Microseconds an event, durable intake.
        plain_us: Microseconds an event, plain loop.
        ratio: Median of the rounds' ratios.
        lowest, highest: The least and the greatest of them.
        target: What the ratio shall not pass, where there is a target.
    """

    events_a_batch: int
    records: int
    rounds: int
    intake_us: float
    plain_us: float
    ratio: float
    lowest: float
    highest: float
    target: float | None

    @property
    def intake_events_per_core_second(self) -> float:
        return 1e6 / self.intake_us


def measure_reading(
    site: Site,
    folder: Path,
    events: dict[str, list[list[bytes]]],
    *,
    size: int,
    records: int,
    rounds: int,
    on_round: Callable[[], None],
) -> Reading:
    """Measures one batch size.

    Args:
        site: Keys of everyone.
        folder: For the workers' ledgers.
        events: Events of each authority by stream.
        size: Events a batch.
        records: Batches in all.
        rounds: Times that both are measured, by turns.
        on_round: Called after each round.
    """
    log = seal_log(site, events, size, records)
    intake, plain = [], []
    with EmbeddedBroker() as broker:
        asyncio.run(publish(log, broker_at(broker.servers)))
        for number in range(rounds):
            ledger = folder / f"ledger-{size}-{number}"
            name = f"southmed-bench-{size}-{number}"
            job = Job(str(site.root), str(ledger), broker.servers, log.records, size, name)
            plain.append(measure("plain_process", job)["us_per_event"])
            intake.append(measure("intake_process", job)["us_per_event"])
            shutil.rmtree(ledger)
            on_round()
    ratios = [ours / theirs for ours, theirs in zip(intake, plain, strict=True)]
    return Reading(
        size,
        log.records,
        rounds,
        median(intake),
        median(plain),
        median(ratios),
        min(ratios),
        max(ratios),
        TARGETS.get(size),
    )
