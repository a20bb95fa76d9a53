"""``southmed quality``: how the data of each authority come in, published and read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from json import loads
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.consume import TrustOption
from deploy.consume.trusting import LiveTrust
from deploy.home import Site
from deploy.quality import office
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    broker_at,
    err,
    out,
    print_json,
    run_until_stopped,
    table,
)
from processors.quality.publish import look
from schemas.quality import Quality

app = typer.Typer(help="Who is silent, late or refused: how data come in.", no_args_is_help=True)

COLUMNS = ["authority", "last batch", "30 days", "refused", "lag", "gate"]


@app.command()
def run(
    site: SiteOption,
    broker: BrokerOption,
    identity: IdentityOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="The date to go by; today's in UTC."),
    ] = None,
    expectations: Annotated[
        Path | None,
        typer.Option(
            "--expectations", help="CSV: after how many days an authority is late, and silent."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Publish nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Publishes how each authority's data come in, where that has changed; once, then stops."""
    day: date = (as_of or datetime.now(UTC)).date()
    expected, reached = office.expectations(expectations), broker_at(broker, identity)
    done = run_until_stopped(office.run(Site(site), reached, expected, day, dry=dry_run))
    if done is None:
        raise typer.Exit(Exit.FAILED)
    if json:
        print_json(
            {
                "published": not dry_run,
                "changed": [message.authority for message in done.written],
                "messages": [loads(message.dump()) for message in done.messages],
            }
        )
        return
    out.print(table("How data come in", COLUMNS, [_row(message) for message in done.messages]))
    told = "would be published" if dry_run else "published"
    out.print(f"{len(done.written)} of {len(done.messages)} changed and {told}")


@app.command()
def show(
    broker: BrokerOption,
    trust: TrustOption,
    identity: IdentityOption = None,
    json: JsonOption = False,
) -> None:
    """Shows what is published of how data come in, each message verified."""
    found = run_until_stopped(look(broker_at(broker, identity), LiveTrust(trust)()))
    if found is None:
        raise typer.Exit(Exit.FAILED)
    messages = [found.newest[authority] for authority in sorted(found.newest)]
    if json:
        shown = [loads(message.dump()) for message in messages]
        print_json({"messages": shown, "refused": list(found.refused)})
    else:
        out.print(table("How data come in", COLUMNS, [_row(message) for message in messages]))
        for code in found.refused:
            err.print(f"[bold red]refused[/] a message: {code}")
    if found.refused:
        raise typer.Exit(Exit.PARTIAL)


def _row(message: Quality) -> tuple[str, ...]:
    window = message.windows[0]
    refused = [*window.refused, *window.events_refused]
    stopped = {*message.chains.suspended, *message.chains.gaps, *message.chains.waiting}
    if stopped:
        refused.append(f"streams stopped: {', '.join(map(str, sorted(stopped)))}")
    return (
        message.authority,
        message.last_accepted.isoformat() if message.last_accepted else "never",
        window.accepted,
        ", ".join(refused),
        message.lag or "",
        message.gate,
    )
