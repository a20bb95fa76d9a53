"""The ``southmed`` command: one word for each thing that people do with southmed.

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 done but some rows or events were refused. All
commands that read have ``--json``. Secrets come from files, never from arguments.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from deploy.commands import (
    adapter,
    bench,
    broker,
    conformance,
    consume,
    contract,
    demo,
    doctor,
    documents,
    exporting,
    health,
    indicators,
    intake,
    linkage,
    pki,
    release,
    simulate,
    site,
    topics,
    verify,
)
from deploy.terminal import Exit, set_up_logging, tell_error
from schemas.errors import SouthmedError

app = typer.Typer(
    name="southmed",
    help="Data exchange against trafficking in persons: sealed, counted exactly once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(name="demo")(demo.demo)
app.add_typer(site.app, name="site")
app.add_typer(pki.app, name="pki")
app.add_typer(adapter.app, name="adapter")
app.add_typer(conformance.app, name="conformance")
app.add_typer(intake.app, name="intake")
app.add_typer(indicators.app, name="indicators")
app.add_typer(release.app, name="release")
release.app.command(name="export")(exporting.export)
app.add_typer(linkage.app, name="linkage")
app.command(name="consume")(consume.consume)
app.command(name="health")(health.health)
app.command(name="verify")(verify.verify)
app.command(name="doctor")(doctor.doctor)
app.add_typer(broker.app, name="broker")
app.add_typer(topics.app, name="topics")
app.add_typer(contract.app, name="contract")
app.add_typer(documents.app, name="docs")
app.command(name="bench")(bench.bench)
app.command(name="simulate")(simulate.simulate)


@app.callback()
def common(
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
