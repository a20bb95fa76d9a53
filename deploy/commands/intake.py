"""``southmed intake``: the platform's workers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import version
from typing import Annotated, NoReturn

import faust
import typer
from mode.types import ServiceT

from deploy.anonymity import as_dict, as_table, look
from deploy.commands.health import HealthOption
from deploy.home import LiveSecrets, Site
from deploy.running import health, lines, vitals
from deploy.running.guard import LoopGuard
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    broker_at,
    out,
    print_json,
)
from processors.intake.worker import Settings, calm_garbage_collector, create_app
from schemas.kafka import Broker
from schemas.log_lines import tell

START_SECONDS = 30.0
STOP_SECONDS = 10.0
"""Within them a worker ends that was asked to; supervisors wait longer before they kill."""

app = typer.Typer(help="Workers that verify, open and count batches.", no_args_is_help=True)


@app.callback()
def _intake() -> None:
    """Workers that verify, open and count batches."""


@app.command()
def run(
    site: SiteOption,
    broker: BrokerOption,
    identity: IdentityOption = None,
    worker: Annotated[
        str, typer.Option("--worker", help="Name of this worker; names its ledger folder.")
    ] = "worker-1",
    session_timeout: Annotated[
        float | None,
        typer.Option(
            "--session-timeout",
            min=6,
            max=300,
            help="Seconds of silence after which the group gives a worker up.",
        ),
    ] = None,
    health_port: HealthOption = None,
) -> None:
    """Runs one worker until it is stopped. Start several, each with a name of its own."""
    tell(lines.WORKER_STARTS, worker=worker, version=version("southmed"))
    place, guard = Site(site), LoopGuard()
    # Faust may hang for good when its broker goes away while it starts.
    overdue = after(START_SECONDS, start_overdue)
    reached = broker_at(broker, identity)
    if session_timeout is not None:
        reached = replace(reached, session_timeout=session_timeout)
    settings = Settings(
        broker=reached,
        ledger=place.ledgers / worker,
        secrets=LiveSecrets(place),
        signer=place.receipt_key(),
        on_no_start=start_anew,
        on_start=overdue.cancel,
        beside=guard.tick_forever,
    )
    told = vitals.of_intake(guard, settings.vitals, settings.meters, reached, identity)
    with health.serve(health_port, told):
        asyncio.run(wait_for(settings.broker))
        calm_garbage_collector()
        overdue.start()
        guard.start()
        runner = Quiet(
            create_app(settings), override_logging=False, redirect_stdouts=False, quiet=True
        )
        runner.overdue = overdue
        try:
            runner.execute_from_commandline()
        except SystemExit as end:
            if end.code and overdue.is_alive() and not runner.asked:
                tell(lines.START_FAILED)
                start_anew()
            raise


@app.command()
def anonymity(site: SiteOption, json: JsonOption = False) -> None:
    """Counts k and l of every quarter anew and holds them against what was attested and agreed.

    Exits 1 if a quarter is not as attested. Reads the newest ledger of every partition here.
    """
    findings = look(Site(site))
    if json:
        quarters = [as_dict(finding) for finding in findings]
        print_json({"as_attested": not any(f.verdicts for f in findings), "quarters": quarters})
    elif findings:
        out.print(as_table(findings))
    else:
        out.print("No authority has agreed on anything, and none attests anything.")
    if any(finding.verdicts for finding in findings):
        raise typer.Exit(Exit.FAILED)


class Quiet(faust.Worker):
    """Faust's worker without what it shows to developers.

    On SIGUSR1 it would print every local variable of every task, decrypted events among them, and
    on SIGUSR2 open a debugger; while it starts it draws on standard output.

    Attributes:
        overdue: What starts the process anew unless it has started in time.
        asked: Whether a signal has asked the worker to end. Who was asked does not start anew, and
            does not wait for a broker for ever.
    """

    overdue: threading.Timer
    asked = False

    def on_init_dependencies(self) -> Iterable[ServiceT]:
        self.spinner = None
        return super().on_init_dependencies()

    async def _sentinel_task(self) -> None:
        """The last thing that the loop does; Faust lets it sleep for a second."""
        await asyncio.sleep(0.05)

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        if not self.asked:
            self.asked = True
            self.overdue.cancel()
            after(STOP_SECONDS, stop_overdue).start()
        super()._schedule_shutdown(signal)

    def _install_signal_handlers_unix(self) -> None:
        super()._install_signal_handlers_unix()
        for name in (signal.SIGUSR1, signal.SIGUSR2):
            self.loop.remove_signal_handler(name)
            signal.signal(name, signal.SIG_IGN)


async def wait_for(broker: Broker) -> None:
    """Returns once a broker answers: Faust gives up where a ministry's cluster is restarting."""
    told = False
    while not await vitals.answers(broker):
        if not told:
            tell(lines.BROKER_AWAITED, broker=broker.servers.partition(",")[0])
            told = True
        await asyncio.sleep(1)


def after(seconds: float, call: Callable[[], object]) -> threading.Timer:
    """Calls a function later, in a thread that keeps no process alive; to be started."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    return timer


def stop_overdue() -> NoReturn:
    """Ends the process, which was asked to end and has not: its client waits for a broker.

    Nothing is lost: what was folded is in the ledger, and the rest is folded from there.
    """
    tell(lines.STOP_OVERDUE, seconds=STOP_SECONDS)
    os._exit(Exit.OK)


def start_overdue() -> NoReturn:
    """Starts anew because start-up took too long."""
    tell(lines.START_OVERDUE, seconds=START_SECONDS)
    start_anew()


def start_anew() -> NoReturn:
    """Replaces this process by one that was started in the same way; it keeps its process id."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command
