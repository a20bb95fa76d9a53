"""``southmed console``: pages on which people read what was published."""

from __future__ import annotations

import asyncio
import socket
from typing import Annotated

import typer
import uvicorn

from deploy.brokers.errors import PortTaken
from deploy.commands.consume import TrustOption
from deploy.console import lines
from deploy.console.app import Console, create_app
from deploy.console.catalogues import TRANSLATED, extracted, problems, update_all
from deploy.console.errors import NoWayIn, TextsStale
from deploy.console.follow import Live, follow
from deploy.console.security import unsafe_open as everybody
from deploy.consume.trusting import LiveTrust
from deploy.running.health import LOOPBACK
from deploy.terminal import BrokerOption, IdentityOption, broker_at, err, out
from schemas.log_lines import tell

app = typer.Typer(help="Pages for analysts, fed by the published topics.", no_args_is_help=True)
PORT = 8470


@app.command()
def serve(
    broker: BrokerOption,
    trust: TrustOption,
    identity: IdentityOption = None,
    port: Annotated[int, typer.Option("--port", help="On loopback; 0 for any free one.")] = PORT,
    unsafe_open: Annotated[
        bool,
        typer.Option(
            "--unsafe-open", help="Let everybody on this machine read everything. For demos."
        ),
    ] = False,
) -> None:
    """Serves the console on loopback until stopped, fed live from the topic of releases."""
    if not unsafe_open:
        raise NoWayIn()
    trusted = LiveTrust(trust)
    trusted()
    reached, live = broker_at(broker, identity), Live()
    application = create_app(
        Console(live, trusted, everybody), lambda: follow(reached, trusted, live)
    )
    err.print("[bold red]--unsafe-open[/] everybody on this machine reads everything")
    with listening(port) as listener:
        at = listener.getsockname()[1]
        out.print(f"http://{LOOPBACK}:{at}/")
        tell(lines.SERVED, port=at)
        configuration = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
        asyncio.run(uvicorn.Server(configuration).serve([listener]))


def listening(port: int) -> socket.socket:
    """A socket that listens on a port of loopback.

    Raises:
        PortTaken: Somebody listens there already, or this user may not.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise PortTaken(expected=f"port {port} free") from None
    return listener


@app.command()
def texts(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether catalogues are whole and current.")
    ] = False,
) -> None:
    """Brings the texts of templates and modules into the catalogues of translations."""
    if not check:
        for path in update_all():
            out.print(f"wrote {path}")
    sources = extracted()
    found = [problem for language in TRANSLATED for problem in problems(language, sources)]
    for problem in found:
        err.print(problem, markup=False)
    if found:
        raise TextsStale(got=f"{len(found)} problems")
    out.print("the catalogues are whole and current")
