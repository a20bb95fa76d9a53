"""Runs scenarios one after the other on one cluster, and holds each against the oracle."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from country_adapters import AUTHORITIES
from country_adapters.kit.register import Register
from deploy.brokers.kafka.cluster import KafkaCluster
from deploy.home import LiveSecrets, Site, init_site
from deploy.reach import Reach
from processors.intake.audit import audit
from processors.intake.ledger import newest_ledgers
from tests.faults.network import Far
from tests.faults.oracle import Counted, Difference, compare, in_ledgers, same_pseudonyms
from tests.faults.stage import Stage
from tests.kafka.cluster import KafkaScene, empty

Play = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """A row of the table of scenarios.

    Attributes:
        name: Short.
        play: What is done.
        runs: How often in a full run, each with a seed of its own.
        quick: How often in a quick one.
        needs_far: Whether it needs the far side of a network.
        needs: A program that it needs.
    """

    name: str
    play: Play
    runs: int = 1
    quick: int = 0
    needs_far: bool = False
    needs: str = ""


@dataclass(frozen=True)
class Result:
    """What a run came to.

    Attributes:
        scenario: Its name.
        seed: Its seed.
        deeds: What was done, and how often.
        facts: How many facts the ledgers hold.
        records: How many records the log holds.
        seconds: How long it took.
        difference: From the oracle, and what the scenario found by one of its own.
        disagreeing: Partitions whose ledger is not what folding the log again gives.
        error: Why it did not come to its end; nothing if it did.
    """

    scenario: str
    seed: int
    deeds: Mapping[str, int]
    facts: int
    records: int
    seconds: float
    difference: Difference
    disagreeing: int
    error: str = ""

    @property
    def sound(self) -> bool:
        """Whether nothing was lost or counted twice, and something was done."""
        return not (self.difference or self.disagreeing or self.error) and bool(self.deeds)

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "sound": self.sound}


@dataclass
class Theatre:
    """What all runs share.

    Attributes:
        cluster: Three brokers.
        registers: What the adapters read.
        keys: A site whose pseudonym keys all runs use.
        due: What must come out of the registers.
        far: The far side of a network, or None.
        folder: Where sites go; those of runs that failed are kept.
        options: Of every stage.
    """

    cluster: KafkaCluster
    registers: dict[str, Register]
    keys: Site
    due: Counted
    far: Far | None
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, scenario: Scenario, seed: int) -> Result:
        """One run of a scenario."""
        root = self.folder / f"{scenario.name.replace(' ', '-')}-{seed}"
        self.cluster.start()
        empty(self.cluster)
        site = init_site(root, AUTHORITIES)
        same_pseudonyms(self.keys, site, self.registers)
        reach = Reach(self.cluster.plan.servers, self.cluster.plan.identities)
        place = KafkaScene(site, reach, self.registers, self.cluster)
        stage = Stage(place, random.Random(seed), self.due, self.far, **self.options)
        began = time.monotonic()
        error = asyncio.run(_play(scenario.play, stage))
        result = self._result(scenario, seed, stage, time.monotonic() - began, error)
        if result.sound:
            shutil.rmtree(root)
        return result

    def _result(
        self, scenario: Scenario, seed: int, stage: Stage, seconds: float, error: str
    ) -> Result:
        try:
            found = in_ledgers(stage.place.site)
            difference = compare(found, self.due) + stage.difference
            disagreeing = asyncio.run(_audit(stage))
            records = sum(stage.offsets().values())
        except Exception as failed:
            return Result(
                *(scenario.name, seed, stage.deeds, 0, 0, seconds),
                *(compare(Counted({}, {}), self.due), 0, error or repr(failed)),
            )
        return Result(
            *(scenario.name, seed, stage.deeds, found.total, records, seconds),
            *(difference, disagreeing, error),
        )


async def _play(play: Play, stage: Stage) -> str:
    """Plays a scenario to its end; returns what went wrong, if it did."""
    try:
        await play(stage)
        await stage.published()
        await stage.folded()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    finally:
        await stage.end()
    return ""


async def _audit(stage: Stage) -> int:
    """How many ledgers are not what folding the log again gives."""
    scratch = stage.place.site.root / "again"
    disagreeing = 0
    for topic, path in newest_ledgers(stage.place.site.ledgers).items():
        secrets = LiveSecrets(stage.place.site).at
        finding = await audit(topic, path, scratch / path.name, stage.place.broker, secrets)
        disagreeing += not finding.agrees
    return disagreeing
