"""``southmed console``: pages on which people read what was published."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.commands.consume import TrustOption
from deploy.console.errors import NoWayIn, TextsStale
from deploy.consume.trusting import LiveTrust
from deploy.exports.libraries import needed
from deploy.terminal import BrokerOption, IdentityOption, broker_at, err, out

app = typer.Typer(help="Pages for analysts, fed by the published topics.", no_args_is_help=True)
PORT = 8470
EXTRA = "console"
LIBRARIES = ("fastapi", "uvicorn", "sse_starlette", "jinja2", "babel", "altair", "vl_convert")


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
    _need_libraries()
    from deploy.console.app import Console  # noqa: PLC0415 - it needs an extra
    from deploy.console.follow import Live  # noqa: PLC0415
    from deploy.console.security import unsafe_open as everybody  # noqa: PLC0415
    from deploy.console.serving import serve as serve_console  # noqa: PLC0415

    if not unsafe_open:
        raise NoWayIn()
    trusted = LiveTrust(trust)
    trusted()
    reached = broker_at(broker, identity)
    err.print("[bold red]--unsafe-open[/] everybody on this machine reads everything")
    serve_console(Console(Live(), trusted, everybody), reached, port, out.print)


@app.command()
def texts(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether catalogues are whole and current.")
    ] = False,
) -> None:
    """Brings the texts of templates and modules into the catalogues of translations."""
    _need_libraries()
    from deploy.console.catalogues import (  # noqa: PLC0415 - it needs an extra
        all_problems,
        update_all,
    )

    if not check:
        for path in update_all():
            out.print(f"wrote {path}")
    found = all_problems()
    for problem in found:
        err.print(problem, markup=False)
    if found:
        raise TextsStale(got=f"{len(found)} problems")
    out.print("the catalogues are whole and current")


def _need_libraries() -> None:
    for name in LIBRARIES:
        needed(name, EXTRA)
