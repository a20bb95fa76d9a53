"""What commands share: output for people and for programs, exit codes, progress."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Coroutine, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.identity import Identity, check_plaintext
from deploy.running.logs import install
from schemas.errors import SouthmedError
from schemas.kafka import Broker

T = TypeVar("T")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

SiteOption = Annotated[
    Path, typer.Option("--site", envvar="SOUTHMED_SITE", help="Folder of keys, outboxes, ledgers.")
]
BrokerOption = Annotated[
    str, typer.Option("--broker", envvar="SOUTHMED_BROKER", help="Kafka servers, host:port,...")
]
IdentityOption = Annotated[
    Path | None,
    typer.Option(
        "--identity",
        envvar="SOUTHMED_IDENTITY",
        help="Folder of the identity to show to the broker; without one, no TLS.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]

EMBEDDED_SESSION_TIMEOUT = 6.0


class Exit(IntEnum):
    """Exit statuses of all commands."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3


def broker_at(servers: str, identity: Path | None = None) -> Broker:
    """Kafka over TLS, or without it as the embedded broker is.

    Args:
        servers: Comma-separated ``host:port`` pairs.
        identity: Folder of an identity; without one, only this machine is spoken to.

    Raises:
        TlsRequired: No identity, and a server on another machine.
        IdentityInvalid: The folder does not hold a usable identity.
    """
    if identity is not None:
        return Broker(servers, ssl=Identity(identity).context)
    check_plaintext(servers)
    return Broker(servers, session_timeout=EMBEDDED_SESSION_TIMEOUT)


def tell_error(error: SouthmedError) -> None:
    """What happened, and what to do, on standard error."""
    err.print(f"[bold red]{type(error).__name__}[/] {escape(str(error))}", soft_wrap=True)
    if error.advice:
        err.print(f"  {escape(error.advice)}", soft_wrap=True)


def print_json(document: Any) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table; columns whose name ends in ``#`` hold numbers."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(
            column.removesuffix("#"), justify="right" if column.endswith("#") else "left"
        )
    for row in rows:
        made.add_row(*(str(value) for value in row))
    return made


def progress() -> Progress:
    """Progress bars on a terminal; on anything else they stay away."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[dim]{task.fields[note]}"),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
    )


def run_until_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    """Runs a coroutine; SIGINT and SIGTERM cancel it, so that it can clean up."""

    async def main() -> T | None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return None

    return asyncio.run(main())


def set_up_logging(*, verbose: bool) -> None:
    """Log lines of level warning and above, or of level info too if asked for."""
    install(verbose=verbose)
