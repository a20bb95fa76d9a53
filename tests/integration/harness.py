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
from deploy.demo import INTAKE, connecting, prepare, southmed, start_worker
from deploy.home import Site, init_site
from deploy.reach import Reach, authority_principal
from deploy.reconcile import read_cells
from processors.indicators.rules import Cell, cells_of
from processors.intake.audit import Finding, audit
from processors.intake.ledger import newest_ledgers
from processors.intake.records import subject_key
from producers.outbox import Outbox
from schemas.codec import decode
from schemas.kafka import Broker

TUNISIA = "tn.inltp"


@dataclass
class Scene:
    """A site with its broker."""

    site: Site
    reach: Reach
    registers: dict[str, Register]

    @property
    def broker(self) -> Broker:
        """The cluster as intake sees it."""
        return self.reach.of(INTAKE)

    def adapter(self, authority: str = TUNISIA) -> Adapter:
        broker = self.reach.of(authority_principal(authority))
        return Adapter(self.site, self.registers[authority], broker)

    def start_adapter(self, authority: str = TUNISIA) -> subprocess.Popen[bytes]:
        """``southmed adapter run`` as a process of its own."""
        return southmed(
            *("adapter", "run", REGISTERS[authority], "--site", str(self.site.root)),
            *("--data", str(self.registers[authority].data), "--json"),
            *connecting(self.reach, authority_principal(authority)),
        )

    def start_worker(self, name: str, *more: str) -> subprocess.Popen[bytes]:
        """A worker that its group gives up soon, so that tests need not wait for long."""
        return start_worker(self.site, self.reach, name, "--session-timeout", "6", *more)

    @contextmanager
    def workers(self, *names: str) -> Iterator[list[subprocess.Popen[bytes]]]:
        started = [self.start_worker(name) for name in names]
        try:
            yield started
        finally:
            for worker in started:
                stop(worker)

    def cells(self) -> dict[Cell, int]:
        """What the ledgers count, but for when it was accepted: that is each run's own."""
        cells = read_cells(self.site.ledgers)
        return {cell: number for cell, number in cells.items() if cell[0] != "DQ_LATE"}

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


@dataclass
class EmbeddedScene(Scene):
    """A site with the embedded broker."""

    embedded: EmbeddedBroker


@contextmanager
def scene(root: Path) -> Iterator[EmbeddedScene]:
    """A fresh site and broker."""
    place = prepare(init_site(root, AUTHORITIES))
    with EmbeddedBroker() as embedded:
        yield EmbeddedScene(place.site, Reach(embedded.servers), dict(place.registers), embedded)


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
    """Counts a register's events, as they leave, without broker, sealing or ledger."""
    folder.mkdir(parents=True)
    site = init_site(folder / "site", {register.authority: AUTHORITIES[register.authority]})
    adapter = Adapter(site, register, Broker(""))
    adapter.read_once()
    outbox = adapter.open_outbox()
    total = count_outbox(outbox)
    outbox.close()
    return total


def count_outbox(outbox: Outbox) -> Counter[Cell]:
    """Counts the newest event of each fact in an outbox."""
    total: Counter[Cell] = Counter()
    for events in standing_in(outbox).values():
        total.update(cells_of(events))
    return total


def standing_in(outbox: Outbox) -> dict[bytes, list[dict[str, Any]]]:
    """The newest event of each fact in an outbox, by subject."""
    by_subject: defaultdict[bytes, list[dict[str, Any]]] = defaultdict(list)
    for row in outbox._db.execute("SELECT message FROM slots"):
        decoded = decode(row["message"])
        fields = {"event_type": decoded.subject, **decoded.fields}
        by_subject[subject_key(fields)].append(fields)
    return by_subject


def finish(scene_: Scene, authority: str = TUNISIA) -> None:
    """Runs an adapter to its end, however it was treated before."""
    asyncio.run(asyncio.wait_for(scene_.adapter(authority).run_once(), timeout=90))
