"""The whole way of an event on one machine: four registers, a broker, two workers, the totals.

Everything is the real thing but the registers' content: the shipped sample registers are read by
their adapters, sealed, published to the embedded broker or to Apache Kafka, and folded by two
intake workers that run as processes of their own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import IO, NoReturn

import sqlalchemy as sa
from rich.progress import Progress, TaskID

from country_adapters import AUTHORITIES, REGISTERS
from country_adapters.kit.register import Register, load_register
from deploy.adapter import Adapter, AdapterReport
from deploy.home import Site
from deploy.reach import Reach, authority_principal
from deploy.reconcile import LedgerTotals, Line, read_totals, reconcile
from deploy.registers import jordan, lebanon, morocco, tunisia
from deploy.registers.invent import fresh
from deploy.registers.world import World
from producers.publisher import Pace
from schemas.errors import PlatformError

Process = subprocess.Popen[bytes]

INTAKE = "processor.intake"
TRICKLE_SECONDS = 4.0
FIRST_FRESH_NUMBER = 90_000


@dataclass(frozen=True)
class DemoSite:
    """A site with registers to read.

    Attributes:
        site: Keys, outboxes and ledgers.
        registers: The authorities' registers, on copies that may be written to.
    """

    site: Site
    registers: Mapping[str, Register]


def prepare(site: Site) -> DemoSite:
    """Gives every authority a copy of its sample register."""
    return DemoSite(site, {id_: _copy_register(site, id_) for id_ in REGISTERS})


def _copy_register(site: Site, authority: str) -> Register:
    shipped = load_register(REGISTERS[authority])
    data = site.authority(authority) / "register"
    if not data.exists():
        copy_register(shipped.data, data)
    return load_register(REGISTERS[authority], data)


def copy_register(fixtures: Path, data: Path) -> None:
    """Puts a register's files where they may be written to; a dump becomes a database.

    Args:
        fixtures: Folder with the files as they are shipped.
        data: Folder to make.
    """
    data.mkdir(parents=True)
    for path in fixtures.glob("register*"):
        shutil.copyfile(path, data / path.name)
    if (dump := data / "register.sql").exists():
        morocco.load(dump, _database(data))
        (data / "register.url").write_text("sqlite:///register.sqlite\n", encoding="utf-8")


def _database(data: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{data / 'register.sqlite'}")


class WorkerEnded(PlatformError):
    """An intake worker ended although nobody stopped it."""

    code = "WORKER_ENDED"
    summary = "an intake worker ended by itself"
    advice = "Its log is in the site's platform folder; a supervisor would start it again."


# --- Workers --------------------------------------------------------------------------------------


@contextmanager
def intake_workers(site: Site, reach: Reach, count: int) -> Iterator[Sequence[Process]]:
    """Runs intake workers as processes of their own, and stops them at the end."""
    workers = [start_worker(site, reach, f"worker-{n + 1}") for n in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            try:
                worker.wait(timeout=10)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


async def watch(workers: Sequence[Process]) -> NoReturn:
    """Raises WorkerEnded as soon as a worker is no longer there."""
    while True:
        for number, worker in enumerate(workers, start=1):
            if (status := worker.poll()) is not None:
                raise WorkerEnded(expected=f"worker-{number} running", got=f"status {status}")
        await asyncio.sleep(0.5)


def start_worker(site: Site, reach: Reach, name: str, *more: str) -> Process:
    """Starts one intake worker, as ``southmed intake run`` does.

    Args:
        site: Where its ledger lies.
        reach: The cluster.
        name: Its name.
        more: Further options of the command.
    """
    log = (site.platform / f"{name}.log").open("ab")
    with log:
        return southmed(
            *("intake", "run", "--site", str(site.root), "--worker", name),
            *connecting(reach, INTAKE),
            *more,
            output=log,
        )


def southmed(
    *arguments: str,
    output: int | IO[bytes] = subprocess.DEVNULL,
    prefix: Sequence[str] = (),
) -> Process:
    """Starts a southmed command as a process of its own.

    Args:
        arguments: Of the command.
        output: Where it writes.
        prefix: A command that runs it, such as ``nice``.
    """
    return subprocess.Popen(  # noqa: S603 - our own command
        [*prefix, sys.executable, "-m", "deploy.cli", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=environment(),
    )


def environment() -> dict[str, str]:
    """Ours, but for an identity: a process that we start is told its own, or has none."""
    return {name: value for name, value in os.environ.items() if name != "SOUTHMED_IDENTITY"}


def connecting(reach: Reach, principal: str) -> list[str]:
    """What a command is told so that it reaches the cluster as a principal."""
    identity = reach.identity(principal)
    return ["--broker", reach.servers, *(["--identity", str(identity)] if identity else [])]


# --- Adapters -------------------------------------------------------------------------------------


async def run_adapters(demo: DemoSite, reach: Reach, bars: Progress) -> dict[str, AdapterReport]:
    """Runs the four adapters side by side, with a progress bar each."""
    reports = await asyncio.gather(
        *(_run_adapter(demo, authority, reach, bars) for authority in demo.registers)
    )
    return {report.run.authority: report for report in reports}


async def _run_adapter(
    demo: DemoSite, authority: str, reach: Reach, bars: Progress
) -> AdapterReport:
    country = AUTHORITIES[authority]
    reading = bars.add_task(f"{country} rows read", total=None, note="")
    sending = bars.add_task(f"{country} events receipted", total=None, note="")
    broker = reach.of(authority_principal(authority))
    adapter = Adapter(demo.site, demo.registers[authority], broker, Pace(give_up_after=60))
    done_before: dict[str, int] = {}

    def on_read(table: str, rows: int, total: int | None) -> None:
        done_before[table] = rows
        bars.update(reading, completed=sum(done_before.values()), total=total, note=table)

    report = await adapter.run_once(on_read, lambda tally: _show(bars, sending, tally))
    bars.update(reading, completed=report.run.rows, total=report.run.rows, note="")
    _show(bars, sending, report.outbox)
    return report


def _show(bars: Progress, bar: TaskID, tally: Mapping[str, int]) -> None:
    bars.update(bar, completed=tally["events_receipted"], total=tally["events"])


def account(demo: DemoSite, reports: Mapping[str, AdapterReport]) -> list[Line]:
    """The reconciliation of every authority."""
    totals = read_totals(demo.site.ledgers)
    return [
        reconcile(report, AUTHORITIES[authority], totals.get(authority, LedgerTotals()))
        for authority, report in reports.items()
    ]


# --- Fresh rows -----------------------------------------------------------------------------------


@asynccontextmanager
async def followed(demo: DemoSite, reach: Reach) -> AsyncIterator[None]:
    """Keeps all four adapters publishing what is new, and new rows coming."""
    tasks = [
        asyncio.create_task(
            Adapter(demo.site, register, reach.of(authority_principal(authority))).follow()
        )
        for authority, register in demo.registers.items()
    ]
    tasks.append(asyncio.create_task(_trickle(demo)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _trickle(demo: DemoSite) -> None:
    """Adds an invented row to one register after the other."""
    today = datetime.now(UTC).date()
    rng = Random()  # noqa: S311 - invented rows, nothing secret
    start = FIRST_FRESH_NUMBER + rng.randrange(1_000_000)
    worlds = {id_: fresh(AUTHORITIES[id_], start, today, rng) for id_ in demo.registers}
    while True:
        for authority, register in demo.registers.items():
            await asyncio.sleep(TRICKLE_SECONDS / len(demo.registers))
            await asyncio.to_thread(_append, authority, register.data, next(worlds[authority]))


def _append(authority: str, data: Path, world: World) -> None:
    writers: dict[str, Callable[[], None]] = {
        "tn.inltp": lambda: tunisia.append(world, data / "register.xlsx"),
        "ma.cnclt": lambda: morocco.append(world, _database(data)),
        "jo.ctu": lambda: jordan.append(world, data / "register.csv"),
        "lb.isf": lambda: lebanon.append(world, data / "register.json"),
    }
    writers[authority]()
