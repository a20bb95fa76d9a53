"""``southmed intake``: the platform's workers."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

import faust
import typer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.home import LiveSecrets, Site
from deploy.terminal import BrokerOption, SiteOption, broker_at
from processors.intake.worker import Settings, calm_garbage_collector, create_app
from schemas.kafka import Broker

log = logging.getLogger(__name__)

app = typer.Typer(help="Workers that verify, open and count batches.", no_args_is_help=True)


@app.callback()
def _intake() -> None:
    """Workers that verify, open and count batches."""


@app.command()
def run(
    site: SiteOption,
    broker: BrokerOption,
    worker: Annotated[
        str, typer.Option("--worker", help="Name of this worker; names its ledger folder.")
    ] = "worker-1",
) -> None:
    """Runs one worker until it is stopped. Start several, each with a name of its own."""
    place = Site(site)
    settings = Settings(
        broker=broker_at(broker),
        ledger=place.ledgers / worker,
        secrets=LiveSecrets(place),
        signer=place.receipt_key(),
    )
    asyncio.run(wait_for(settings.broker))
    calm_garbage_collector()
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
