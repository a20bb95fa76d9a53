"""``southmed health``: ask a running process how it is, for probes where there is no curl."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException
from typing import Annotated

import typer

from deploy.running.health import LIVEZ, LOOPBACK, READYZ
from deploy.terminal import Exit, err, out

PROBE_SECONDS = 3.0

HealthOption = Annotated[
    int | None,
    typer.Option(
        "--health",
        envvar="SOUTHMED_HEALTH",
        min=1,
        max=65535,
        help="Serve /livez, /readyz and /metrics on this port of loopback.",
    ),
]


def health(
    port: Annotated[
        int, typer.Option("--port", envvar="SOUTHMED_HEALTH", help="Port given as --health.")
    ],
    ready: Annotated[
        bool, typer.Option("--ready", help="Ask whether it is ready, not only alive.")
    ] = False,
) -> None:
    """Asks a process on this machine whether it is alive, or ready; exits 0 or 1."""
    connection = HTTPConnection(LOOPBACK, port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", READYZ if ready else LIVEZ)
        answer = connection.getresponse()
        status, body = answer.status, answer.read().decode("ascii", errors="replace")
    except (OSError, HTTPException) as error:
        err.print(f"no answer on port {port}: {type(error).__name__}")
        raise typer.Exit(Exit.FAILED) from None
    finally:
        connection.close()
    out.print(body, markup=False, soft_wrap=True)
    if status != 200:
        raise typer.Exit(Exit.FAILED)
