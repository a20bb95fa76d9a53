"""``southmed broker``: brokers for trying southmed out."""

from __future__ import annotations

import signal

import typer

from deploy.brokers.embedded import EmbeddedBroker
from deploy.terminal import err, out

app = typer.Typer(help="Brokers for trying southmed out.", no_args_is_help=True)


@app.callback()
def _broker() -> None:
    """Brokers for trying southmed out."""


@app.command()
def embedded() -> None:
    """Runs the embedded broker on loopback until stopped. It forgets everything at its end."""
    with EmbeddedBroker() as broker:
        out.print(broker.servers)
        err.print("embedded broker; stop with Ctrl-C")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
