"""What the integration tests share: a broker, a site, adapters and workers as real processes.

The oracle is an undisturbed count: the same register, read once into an outbox that is never
published, its events grouped by subject and counted by the rules. Whatever is killed, cut or sent
twice, the ledgers must come to the oracle's cells.
"""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from country_adapters import AUTHORITIES, REGISTERS
from country_adapters.kit.register import Register
from deploy.adapter import Adapter
from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import environment, identity_options, prepare, start_worker
from deploy.home import Site, init_site
from deploy.reconcile import read_cells
from deploy.terminal import broker_at
from processors.indicators.rules import Cell, cells_of
from processors.intake.audit import Finding, audit
from processors.intake.ledger import newest_ledgers
from processors.intake.records import subject_key
from schemas.codec import decode
from schemas.kafka import Broker

TUNISIA = "tn.inltp"


@dataclass
class Scene:
    """A site with its broker."""

    site: Site
    embedded: EmbeddedBroker
    registers: dict[str, Register]

    @property
    def broker(self) -> Broker:
        return broker_at(self.embedded.servers)

    def adapter(self, authority: str = TUNISIA) -> Adapter:
        return Adapter(self.site, self.registers[authority], self.broker)

    def start_adapter(
        self, authority: str = TUNISIA, identity: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """``southmed adapter run`` as a process of its own."""
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "deploy.cli", "adapter", "run", REGISTERS[authority]),
                *("--site", str(self.site.root), "--broker", self.embedded.servers),
                *("--data", str(self.registers[authority].data), "--json"),
                *identity_options(identity),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )

    def start_worker(self, name: str, identity: Path | None = None) -> subprocess.Popen[bytes]:
        return start_worker(self.site, self.broker, name, identity)

    @contextmanager
    def workers(self, *names: str) -> Iterator[list[subprocess.Popen[bytes]]]:
        started = [self.start_worker(name) for name in names]
        try:
            yield started
        finally:
            for worker in started:
                stop(worker)

    def cells(self) -> dict[Cell, int]:
        return read_cells(self.site.ledgers)

    def oracle(self, scratch: Path, *authorities: str) -> dict[Cell, int]:
        """The cells of an undisturbed count of the authorities' registers."""
        total: Counter[Cell] = Counter()
        for authority in authorities or (TUNISIA,):
            total.update(count_undisturbed(self.registers[authority], scratch / authority))
        return dict(total)

    def audit(self, scratch: Path) -> list[Finding]:
        """Folds the whole log again, as ``southmed verify`` does."""
        from deploy.home import LiveSecrets

        async def run() -> list[Finding]:
            return [
                await audit(
                    topic, path, scratch / path.name, self.broker, LiveSecrets(self.site).at
                )
                for topic, path in newest_ledgers(self.site.ledgers).items()
            ]

        return asyncio.run(run())


@contextmanager
def scene(root: Path) -> Iterator[Scene]:
    """A fresh site and broker."""
    place = prepare(init_site(root, AUTHORITIES))
    with EmbeddedBroker() as embedded:
        yield Scene(place.site, embedded, dict(place.registers))


def stop(process: subprocess.Popen[bytes]) -> None:
    """Asks a process to end, and ends it if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def kill_after(process: subprocess.Popen[bytes], rng: random.Random, most: float) -> bool:
    """Kills with signal 9 at a random instant; False if the process had ended by then."""
    time.sleep(rng.uniform(0.3, most))
    alive = process.poll() is None
    process.kill()
    process.wait()
    return alive


def count_undisturbed(register: Register, folder: Path) -> Counter[Cell]:
    """Counts a register's events without broker, sealing or ledger."""
    folder.mkdir(parents=True)
    site = init_site(folder / "site", {register.authority: AUTHORITIES[register.authority]})
    adapter = Adapter(site, register, Broker(""))
    adapter.read_once()
    outbox = adapter.open_outbox()
    by_subject: defaultdict[bytes, list[dict[str, Any]]] = defaultdict(list)
    for row in outbox._db.execute("SELECT message FROM events ORDER BY id"):
        decoded = decode(row["message"])
        fields = {"event_type": decoded.subject, **decoded.fields}
        by_subject[subject_key(fields)].append(fields)
    outbox.close()
    total: Counter[Cell] = Counter()
    for events in by_subject.values():
        total.update(cells_of(events))
    return total


def finish(scene_: Scene, authority: str = TUNISIA) -> None:
    """Runs an adapter to its end, however it was treated before."""
    asyncio.run(asyncio.wait_for(scene_.adapter(authority).run_once(), timeout=90))
