"""``southmed demo``: the whole way of an event, on one machine, in one command."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import webbrowser
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.live import Live

from country_adapters import AUTHORITIES
from deploy.brokers.embedded import EmbeddedBroker
from deploy.brokers.kafka.bring_up import kafka
from deploy.commands.console import missing_library
from deploy.demo import platform
from deploy.demo.adapters import account, followed, run_adapters
from deploy.demo.platform import Told
from deploy.demo.processes import Process, StepFailed, ended, start_worker, watch
from deploy.demo.registers import write_registers
from deploy.demo.stages import Stages
from deploy.demo.summary import document, next_steps, print_balance, print_told
from deploy.demo.world import invent_until
from deploy.home import Site, init_site
from deploy.reach import Reach
from deploy.reconcile import read_cells, read_totals
from deploy.terminal import Exit, JsonOption, err, out, print_json, progress, run_until_stopped
from producers.standing import standing

T = TypeVar("T")


class BrokerKind(StrEnum):
    """Which broker the demo runs on."""

    EMBEDDED = "embedded"
    KAFKA = "kafka"


@dataclass(frozen=True)
class Wanted:
    """How the demo is to run."""

    broker: BrokerKind
    workers: int
    once: bool
    json: bool
    opens: bool
    kept: bool


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Stop when all is there; exit 0 only if it is.")
    ] = False,
    json: JsonOption = False,
    broker: Annotated[
        BrokerKind, typer.Option("--broker", help="Embedded, or Apache Kafka (needs java and mvn).")
    ] = BrokerKind.EMBEDDED,
    workers: Annotated[int, typer.Option("--workers", min=1, max=4, help="Intake workers.")] = 2,
    site: Annotated[
        Path | None, typer.Option("--site", help="Keep everything in this folder; must be new.")
    ] = None,
    opens: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the console in the browser.")
    ] = True,
) -> None:
    """Runs the whole platform on three invented years, shows that it balances, opens the console.

    Four adapters, a broker, the intake, a trustee, releases, alerts. New rows trickle into the
    registers until it is stopped, and after some minutes a network shows itself.
    """
    wanted = Wanted(broker, workers, once, json, opens, kept=site is not None)
    folder = nullcontext(str(site)) if site else tempfile.TemporaryDirectory(prefix="southmed-")
    with folder as root:
        whole = run_until_stopped(_demo(Path(root), wanted))
    if not whole and (once or whole is not None):
        raise typer.Exit(Exit.FAILED)


@contextmanager
def _broker(kind: BrokerKind, site: Site) -> Iterator[Reach]:
    """A broker that lives as long as the demo."""
    if kind is BrokerKind.EMBEDDED:
        with EmbeddedBroker() as embedded:
            yield Reach(embedded.servers)
        return
    with err.status("starting Apache Kafka") as status, kafka(site, status.update) as cluster:
        status.stop()
        yield Reach(cluster.plan.servers, site.pki)


@dataclass
class _Running:
    """Processes that go on until the demo ends."""

    stack: ExitStack
    processes: dict[str, Process] = field(default_factory=dict)

    def add(self, name: str, process: Process) -> Process:
        self.stack.enter_context(ended([process]))
        self.processes[name] = process
        return process

    async def unless_one_ends(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work, or raises WorkerEnded if a process ends before it is done."""
        return await unless(watch(self.processes), work)


async def _demo(root: Path, wanted: Wanted) -> bool:
    site, today = init_site(root, AUTHORITIES), datetime.now(UTC).date()
    step = Stages(err)
    with _broker(wanted.broker, site) as reach, ExitStack() as stack:
        running = _Running(stack)
        try:
            with step("inventing three years of four countries, and a network or two"):
                invented = await asyncio.to_thread(invent_until, today)
                platform.make_keys(site, invented.since, today)
            with step(f"starting {wanted.workers} intake workers and the linkage trustee"):
                for name in (f"worker-{n + 1}" for n in range(wanted.workers)):
                    running.add(name, start_worker(site, reach, name))
                running.add("trustee", platform.serve_trustee(site, reach))
                place = await asyncio.to_thread(write_registers, site, invented)
            with step("reading registers, sealing, counting", spinner=False), progress() as bars:
                reports = await running.unless_one_ends(run_adapters(place, reach, bars))
                lines, cells = account(place, reports), read_cells(site.ledgers)
            if not wanted.json:
                print_balance(lines, cells)
            told = await running.unless_one_ends(_tell(running, site, reach, invented.since, step))
        except StepFailed:
            _show_logs(site)
            raise
        if wanted.json:
            print_json({**document(lines, cells), **told.as_dict()})
        else:
            print_told(told)
        whole = all(line.balances for line in lines) and not told.missing
        if not wanted.json and (wanted.kept or not wanted.once):
            out.print(next_steps(site.root), soft_wrap=True)
        if not wanted.once:
            running.add("alerts", platform.go_on_alerting(site, reach))
            _point_to(told, opens=wanted.opens)
            async with followed(place, reach, invented.later):
                await running.unless_one_ends(_show_growth(site, told))
    return whole


async def _tell(running: _Running, site: Site, reach: Reach, since: int, step: Stages) -> Told:
    """Releases, alerts, and the console that shows them."""
    today = datetime.now(UTC).date()
    console = None
    lacking = missing_library()
    if not lacking:
        console = running.add("console", platform.serve_console(site, reach))
    with step(f"publishing the tables of {since} to {today.year}, with noise, each as of its day"):
        releases = await platform.publish(site, reach, since, today)
    with step("looking for networks across borders, and for surges"):
        alerts = await platform.alert(site, reach)
    with step("judging how the data of each authority come in"):
        judged = await platform.judge(site, reach)
    answer = None
    if console is not None:
        with step("opening the console"):
            answer = await platform.console_answers(site, console)
    else:
        err.print(f"[bold]no console:[/] {lacking} is not installed; pip install southmed[console]")
    due = [item.key for item in platform.due(since, today)]
    return Told(releases, due, alerts, judged, answer)


async def unless(alarm: Coroutine[Any, Any, NoReturn], work: Coroutine[Any, Any, T]) -> T:
    """Does the work, or raises what the alarm raises if that comes first."""
    tasks = (asyncio.create_task(work), asyncio.create_task(alarm))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[1].done():
            tasks[1].result()
        return tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _show_logs(site: Site) -> None:
    """The ends of the logs of what may have failed: the folder may be gone soon."""
    for path in sorted(site.platform.glob("*.log")):
        if end := path.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]:
            err.print(f"{path.name}:", *end, sep="\n  ", markup=False, soft_wrap=True)


# --- Afterwards -----------------------------------------------------------------------------------


def _point_to(told: Told, *, opens: bool) -> None:
    """Prints where the console is, and opens it where there is somebody to look at it."""
    if told.console is None:
        return
    out.print(f"\nThe console: [bold]{told.console.address}[/]", soft_wrap=True)
    if opens and is_watched(terminal=err.is_terminal):
        webbrowser.open(told.console.address)


def is_watched(*, terminal: bool) -> bool:
    """Whether a person sits at this machine: a terminal, a display, and no CI."""
    if os.environ.get("CI") or not terminal:
        return False
    displays = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, displays))


async def _show_growth(site: Site, told: Told) -> None:
    """Shows how the ledgers and what waits at home grow, until cancelled."""
    before = {name: totals.accepted for name, totals in read_totals(site.ledgers).items()}
    err.print(
        "\nFresh rows are trickling in; what is of this quarter waits. In some minutes, a new "
        "network is told of. Stop with Ctrl-C.",
        soft_wrap=True,
    )
    where = f"\nthe console: {told.console.address}" if told.console else ""
    with Live(console=err, refresh_per_second=2) as live:
        while True:
            await asyncio.sleep(1)
            totals = await asyncio.to_thread(read_totals, site.ledgers)
            fresh = {
                AUTHORITIES[name]: t.accepted - before.get(name, 0)
                for name, t in totals.items()
                if name in AUTHORITIES
            }
            growth = "   ".join(f"{area} +{count}" for area, count in sorted(fresh.items()))
            waits = {country: _waiting(site, name) for name, country in AUTHORITIES.items()}
            waiting = "   ".join(f"{area} {count}" for area, count in sorted(waits.items()))
            live.update(f"accepted since the summary: {growth}\nfacts that wait: {waiting}{where}")


def _waiting(site: Site, authority: str) -> int:
    """Facts that wait in an authority's outbox."""
    return standing(site.authority(authority) / "outbox.sqlite").waiting
