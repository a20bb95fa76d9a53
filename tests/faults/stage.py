"""A stage: one site on the cluster, its workers and adapters under supervision, and what was done.

A scenario is given a stage with everything running. It does its deeds, each told to the stage, and
returns; the stage waits until all is published and folded, and is then held against the oracle.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kafka.admin import OffsetSpec
from kafka.structs import TopicPartition

from country_adapters import REGISTERS
from deploy.demo import INTAKE, connecting, southmed
from deploy.reach import Reach, authority_principal
from processors.intake.errors import LedgerMissing
from processors.intake.ledger import Ledger, newest_ledgers
from schemas.topics import CASES, COUNTRY_CODES, PARTITIONS, CaseTopic
from tests.faults.network import Far
from tests.faults.oracle import Counted, Difference
from tests.faults.supervisor import Supervised
from tests.kafka.cluster import KafkaScene

BATCH_EVENTS = 25
"""Small batches, so that there are many of them to be hit."""
FINISH_SECONDS = 240.0
SESSION_SECONDS = 6.0
"""After so long without a word the group gives a worker up."""


@dataclass
class Stage:
    """Where a scenario happens.

    Attributes:
        place: The site and its cluster.
        rng: The only source of chance.
        due: What must come out.
        far: The far side of a network, where there is one.
        workers: Intake workers by name.
        adapters: Adapters by authority.
        deeds: What was done, and how often.
        prefixes: A command to put before each process, by its name.
        reaches: Another way to the cluster, by a process's name.
        batch_events: Events that fill a batch.
        patience: Seconds in which everything has to be done.
        difference: What a scenario found amiss by an oracle of its own.
    """

    place: KafkaScene
    rng: random.Random
    due: Counted
    far: Far | None
    workers: dict[str, Supervised] = field(default_factory=dict)
    adapters: dict[str, Supervised] = field(default_factory=dict)
    deeds: Counter[str] = field(default_factory=Counter)
    prefixes: dict[str, Sequence[str]] = field(default_factory=dict)
    reaches: dict[str, Reach] = field(default_factory=dict)
    batch_events: int = BATCH_EVENTS
    patience: float = FINISH_SECONDS
    difference: Difference = field(default_factory=Difference)

    def did(self, what: str) -> None:
        """Notes a deed."""
        self.deeds[what] += 1

    # --- Processes --------------------------------------------------------------------------------

    def add_worker(self, name: str) -> Supervised:
        """Starts a worker under supervision."""

        def start() -> subprocess.Popen[bytes]:
            with self.log(name).open("ab") as log:
                return southmed(
                    *("intake", "run", "--site", str(self.place.site.root), "--worker", name),
                    *("--session-timeout", str(SESSION_SECONDS)),
                    *connecting(self.reaches.get(name, self.place.reach), INTAKE),
                    output=log,
                    prefix=self.prefixes.get(name, ()),
                )

        self.workers[name] = Supervised(name, start, ends=False)
        self.workers[name].begin()
        return self.workers[name]

    def add_adapter(self, authority: str) -> Supervised:
        """Starts an adapter under supervision; it rests when everything is receipted."""

        def start() -> subprocess.Popen[bytes]:
            reach = self.reaches.get(authority, self.place.reach)
            with self.log(authority).open("ab") as log:
                return southmed(
                    *("adapter", "run", REGISTERS[authority]),
                    *("--site", str(self.place.site.root), "--json"),
                    *("--data", str(self.place.registers[authority].data)),
                    *("--batch-events", str(self.batch_events)),
                    *connecting(reach, authority_principal(authority)),
                    output=log,
                    prefix=self.prefixes.get(authority, ()),
                )

        self.adapters[authority] = Supervised(authority, start, ends=True)
        self.adapters[authority].begin()
        return self.adapters[authority]

    def log(self, name: str) -> Path:
        """Where a process writes what it has to tell."""
        return self.place.site.root / f"{name}.log"

    def events(self, name: str) -> list[str]:
        """The events that a process has logged, in order."""
        lines = self.log(name).read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["event"] for line in lines if line.startswith('{"timestamp"')]

    def begin(self, workers: Sequence[str] = ("a", "b")) -> None:
        """Starts workers, and the adapters of all registers."""
        for name in workers:
            self.add_worker(name)
        for authority in self.place.registers:
            self.add_adapter(authority)

    async def end(self) -> None:
        """Ends everything."""
        await asyncio.gather(*(p.end() for p in self.processes()))

    def processes(self) -> Iterator[Supervised]:
        yield from self.adapters.values()
        yield from self.workers.values()

    # --- Waiting ----------------------------------------------------------------------------------

    @property
    def all_published(self) -> bool:
        return all(adapter.done.is_set() for adapter in self.adapters.values())

    async def published(self) -> None:
        """Waits until every adapter has receipts for everything."""
        async with asyncio.timeout(self.patience):
            await asyncio.gather(*(adapter.done.wait() for adapter in self.adapters.values()))

    async def folded(self) -> None:
        """Waits until the newest ledgers have folded every record of the log."""
        ends = await asyncio.to_thread(self.ends)
        await self.until(lambda: self.offsets() == ends)

    async def until(self, fact: Callable[[], bool], seconds: float = 0) -> None:
        """Waits until something holds, for so long or as long as everything may take."""
        async with asyncio.timeout(seconds or self.patience):
            while not await asyncio.to_thread(fact):  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    async def repeat(
        self, deed: Callable[[], Awaitable[None]], pause: tuple[float, float], most: int
    ) -> None:
        """Does something again and again while adapters publish.

        Args:
            deed: What to do.
            pause: Seconds between two deeds, at least and at most.
            most: How often at most.
        """
        for _ in range(most):
            await asyncio.sleep(self.rng.uniform(*pause))
            if self.all_published:
                return
            await deed()

    async def underway(self, records: int = 40) -> None:
        """Waits until so many records were folded: the middle of the work."""
        await self.until(lambda: sum(self.offsets().values()) >= records)

    # --- Looking ----------------------------------------------------------------------------------

    def ends(self) -> dict[CaseTopic, int]:
        """Where the log of every partition ends that holds anything."""
        asked = {
            TopicPartition(CASES.name(country), partition): OffsetSpec.LATEST
            for country in COUNTRY_CODES
            for partition in range(PARTITIONS)
        }
        found = self.place.cluster.ask(lambda admin: admin.list_partition_offsets(asked))
        return {
            CaseTopic.of(tp.topic, tp.partition): told.offset
            for tp, told in found.items()
            if told.offset > 0
        }

    def offsets(self) -> dict[CaseTopic, int]:
        """How far the newest ledgers have folded."""
        return {topic: state for topic, state in self._states() if state > 0}

    def _states(self) -> list[tuple[CaseTopic, int]]:
        try:
            paths = newest_ledgers(self.place.site.ledgers)
        except LedgerMissing:
            return []
        states = []
        for topic, path in paths.items():
            ledger = Ledger(path, read_only=True)
            states.append((topic, ledger.state.next_offset))
            ledger.close()
        return states
