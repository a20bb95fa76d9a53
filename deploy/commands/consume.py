"""``southmed consume``: follows the topic of releases, verifies, and shows."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.markup import escape

from deploy.consume.follow import Follower
from deploy.consume.judge import Judge, Refused
from deploy.consume.show import Show, Wanted, as_csv, as_json_lines, as_tables
from deploy.consume.state import State, read_state, write_state
from deploy.consume.topic import reading
from deploy.consume.trusting import LiveTrust
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    broker_at,
    err,
    out,
    progress,
    run_until_stopped,
)
from schemas.codelists import Language, codelist
from schemas.errors import SealError
from schemas.kafka import Broker

TrustOption = Annotated[
    Path,
    typer.Option(
        "--trust", envvar="SOUTHMED_TRUST", help="The trust document: who may sign releases."
    ),
]
LanguageOption = Annotated[Language, typer.Option("--language", help="Of labels.")]


class Format(StrEnum):
    """What `consume` prints."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


class Start(NamedTuple):
    """Where to begin, and with what knowledge."""

    offset: int | None
    judge: Judge


def country_code(value: str) -> str:
    """Checks the code of a country."""
    code = value.upper()
    if code and code not in codelist("CL_REPORTING_COUNTRY"):
        listed = ", ".join(codelist("CL_REPORTING_COUNTRY").codes)
        raise typer.BadParameter(f"not one of {listed}")
    return code


def table_id(value: str) -> str:
    """Checks the id of a table, as far as it can be known from outside."""
    if value and re.fullmatch(r"[A-Z][0-9]{1,2}", value.upper(), re.ASCII) is None:
        raise typer.BadParameter("not like P1 or F2")
    return value.upper()


def consume(
    broker: BrokerOption,
    trust: TrustOption,
    identity: IdentityOption = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    table: Annotated[
        str, typer.Option("--table", callback=table_id, help="Only this table, e.g. P1.")
    ] = "",
    country: Annotated[
        str, typer.Option("--country", callback=country_code, help="Only rows of it (alpha-3).")
    ] = "",
    language: LanguageOption = "en",
    once: Annotated[
        bool, typer.Option("--once", help="Stop at the end of the topic; otherwise follow it.")
    ] = False,
    from_beginning: Annotated[
        bool | None,
        typer.Option(
            "--from-beginning/--from-now",
            help="Where to begin. By default where --state says, otherwise at the beginning.",
        ),
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", help="File that keeps where to go on next time.")
    ] = None,
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="CSV: print the names of the columns.")
    ] = True,
) -> None:
    """Follows the published releases, verifies each, and prints them.

    Exits 1 if a message did not verify, or --once was stopped before the end; what does verify is
    printed all the same.
    """
    wanted = Wanted(table, country)
    start = _start(LiveTrust(trust), state, from_beginning=from_beginning)
    reached = broker_at(broker, identity)

    def save(offset: int) -> None:
        if state is not None:
            write_state(state, State(next_offset=offset, known=start.judge.known))

    follower = Follower(
        start.judge, _show(output, wanted, language, header=header), tell_refused, save
    )
    finished = run_until_stopped(_run(follower, reached, start.offset, once=once))
    met = follower.met
    err.print(
        f"{met.releases} releases ({met.withdrawn} withdrawn), {len(met.refused)} messages refused"
    )
    if met.refused or (once and not finished):
        raise typer.Exit(Exit.FAILED)


def tell_refused(refused: Refused) -> None:
    """Tells people of a message that is not to be believed."""
    line = f"refused offset {refused.offset}, {refused.key}: {refused.error}"
    err.print(f"[bold red]{escape(line)}[/]", soft_wrap=True)
    advice = refused.error.advice
    if refused.may_heal:
        advice = "Get the newest trust document; with --state the message is then read again."
    elif isinstance(refused.error, SealError):
        advice = "Do not use it: it is not as the platform signed it. Tell the platform's operator."
    err.print(f"  {escape(advice)}", soft_wrap=True)


def _start(trust: LiveTrust, state: Path | None, *, from_beginning: bool | None) -> Start:
    """By the options; what is known from before holds wherever one begins."""
    trust()
    kept = None if state is None else read_state(state)
    if kept is None:
        kept = State()
    offset = {None: kept.next_offset, True: 0, False: None}[from_beginning]
    return Start(offset, Judge(trust, kept.known, again=bool(from_beginning)))


def _show(output: Format, wanted: Wanted, language: Language, *, header: bool) -> Show:
    match output:
        case Format.TABLE:
            return as_tables(out, wanted, language)
        case Format.CSV:
            return as_csv(sys.stdout, wanted, header=header)
        case Format.JSONL:
            return as_json_lines(sys.stdout, wanted)


async def _run(follower: Follower, broker: Broker, offset: int | None, *, once: bool) -> bool:
    with watched(follower):
        async with reading(broker, offset) as reader:
            await follower.follow(reader, once=once)
    return True


@contextmanager
def watched(follower: Follower) -> Iterator[None]:
    """Shows on a terminal how far the reading of what is there already has come."""
    with progress() as bar:
        task = bar.add_task("reading releases", total=None, note="")

        def tell(at: int, end: int) -> None:
            bar.update(task, completed=at, total=end, visible=at < end)

        follower.progress = tell
        yield
