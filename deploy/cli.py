"""The ``southmed`` command: one word for each thing that people do with southmed.

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 done but some rows or events were refused. All
commands that read have ``--json``. Secrets come from files, never from arguments.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Annotated

import typer

from deploy.commands.later import later
from deploy.terminal import Exit, out, set_up_logging, tell_error
from schemas.errors import SouthmedError

WORDS = {
    "demo": "deploy.commands.demo:demo",
    "site": "deploy.commands.site:app",
    "pki": "deploy.commands.pki:app",
    "adapter": "deploy.commands.adapter:app",
    "conformance": "deploy.commands.conformance:app",
    "intake": "deploy.commands.intake:app",
    "indicators": "deploy.commands.indicators:app",
    "release": "deploy.commands.release:app",
    "linkage": "deploy.commands.linkage:app",
    "alerts": "deploy.commands.alerts:app",
    "quality": "deploy.commands.quality:app",
    "consume": "deploy.commands.consume:consume",
    "console": "deploy.commands.console:app",
    "brief": "deploy.commands.brief:brief",
    "health": "deploy.commands.health:health",
    "verify": "deploy.commands.verify:verify",
    "doctor": "deploy.commands.doctor:doctor",
    "broker": "deploy.commands.broker:app",
    "topics": "deploy.commands.topics:app",
    "contract": "deploy.commands.contract:app",
    "docs": "deploy.commands.documents:app",
    "bench": "deploy.commands.bench:bench",
    "simulate": "deploy.commands.simulate:simulate",
}

app = typer.Typer(
    name="southmed",
    cls=later(WORDS),
    help="Data exchange against trafficking in persons: sealed, counted exactly once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        out.print(f"southmed {version('southmed')}", highlight=False)
        raise typer.Exit


@app.callback()
def common(
    _asked: Annotated[
        bool,
        typer.Option(
            "--version", help="Say which version this is.", callback=_version, is_eager=True
        ),
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tell more.")] = False,
) -> None:
    """Sets up logging, and keeps what commands write from other users of the machine."""
    os.umask(0o077)
    set_up_logging(verbose=verbose)


def main() -> None:
    """Entry point; turns southmed's own errors into one line that says what to do."""
    try:
        app()
    except SouthmedError as error:
        tell_error(error)
        raise SystemExit(Exit.FAILED) from None


if __name__ == "__main__":
    main()
