"""``southmed intake``: the platform's workers."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from dataclasses import replace
from typing import Annotated, NoReturn

import faust
import typer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.home import LiveSecrets, Site
from deploy.terminal import BrokerOption, IdentityOption, SiteOption, broker_at
from processors.intake.worker import Settings, calm_garbage_collector, create_app
from schemas.kafka import Broker

log = logging.getLogger(__name__)

START_SECONDS = 30.0

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
) -> None:
    """Runs one worker until it is stopped. Start several, each with a name of its own."""
    place = Site(site)
    # Faust may hang for good when its broker goes away while it starts.
    overdue = threading.Timer(START_SECONDS, start_anew)
    overdue.daemon = True
    reached = broker_at(broker, identity)
    if session_timeout is not None:
        reached = replace(reached, session_timeout=session_timeout)
    settings = Settings(
        broker=reached,
        ledger=place.ledgers / worker,
        secrets=LiveSecrets(place),
        signer=place.receipt_key(),
        on_stall=start_anew,
        on_start=overdue.cancel,
    )
    asyncio.run(wait_for(settings.broker))
    calm_garbage_collector()
    overdue.start()
    runner = faust.Worker(
        create_app(settings), override_logging=False, redirect_stdouts=False, quiet=True
    )
    runner.execute_from_commandline()


async def wait_for(broker: Broker) -> None:
    """Returns once a broker answers: Faust gives up where a ministry's cluster is restarting."""
    told = False
    while True:
        client = AIOKafkaClient(**broker.options())
        try:
            await client.bootstrap()
        except KafkaError:
            if not told:
                log.warning("no broker at %s yet; waiting", broker.servers)
                told = True
            await asyncio.sleep(1)
        else:
            return
        finally:
            await client.close()


def start_anew() -> NoReturn:
    """Replaces this process by one that was started in the same way; it keeps its process id."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command
