"""``southmed adapter``: read a national register and publish it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from country_adapters.kit.runner import TableReport
from deploy.adapter import Adapter, AdapterReport
from deploy.commands import conformance, init, joining, replay
from deploy.commands.health import HealthOption
from deploy.commands.registers import DataOption, RegisterArgument, open_register
from deploy.home import Site
from deploy.linking import linking
from deploy.preview.identifiers import words_of
from deploy.quarters import as_documents, as_table
from deploy.running import health
from deploy.running.guard import LoopGuard, beside
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
    progress,
    run_until_stopped,
    table,
)
from producers.errors import OutboxMissing
from producers.publisher import Pace
from producers.rows import Keep
from producers.standing import Standing, standing
from schemas.envelope import MAX_EVENTS

app = typer.Typer(help="Read a national register and publish it.", no_args_is_help=True)

app.command(name="init")(init.init)
app.command(name="lint")(joining.lint)
app.command(name="check")(joining.check)
app.command(name="preview")(joining.preview)
app.command(name="conform")(conformance.conform)
app.command(name="replay")(replay.replay)

HEARTBEAT_SECONDS = 300.0
GIVE_UP_SECONDS = 60.0


@app.command()
def run(
    register: RegisterArgument,
    site: SiteOption,
    broker: BrokerOption,
    identity: IdentityOption = None,
    data: DataOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep publishing what is new until stopped.")
    ] = False,
    batch_events: Annotated[
        int,
        typer.Option("--batch-events", min=1, max=MAX_EVENTS, help="Events that fill a batch."),
    ] = MAX_EVENTS,
    rows_gone: Annotated[
        int | None,
        typer.Option(
            "--rows-gone",
            min=1,
            help="So many rows of a table were deleted on purpose: the number that ROWS_GONE told.",
        ),
    ] = None,
    keep_days: Annotated[
        int,
        typer.Option(
            "--keep-days", min=0, help="Days for which accepted batches are kept for a replay."
        ),
    ] = Keep.days,
    keep_megabytes: Annotated[
        int, typer.Option("--keep-megabytes", min=0, help="Room for them; the oldest go first.")
    ] = Keep.megabytes,
    linkage: Annotated[
        bool,
        typer.Option("--linkage/--no-linkage", help="Ask for tokens of facilitators' identifiers."),
    ] = True,
    health_port: HealthOption = None,
    json: JsonOption = False,
) -> None:
    """Reads what is new in a register and publishes it; resumes where it stopped.

    Rows that cannot be mapped stay home, listed in rejects.csv beside the outbox. What deleted rows
    said is withdrawn; if more are missing than may go unasked, nothing is, and the run fails.
    Tokens of identifiers are asked for meanwhile; what has none yet waits for the next run.
    """
    heartbeat, patience = (HEARTBEAT_SECONDS, None) if follow else (None, GIVE_UP_SECONDS)
    pace = Pace(heartbeat=heartbeat, give_up_after=patience, full=batch_events)
    adapter = Adapter(
        Site(site),
        open_register(register, data),
        broker_at(broker, identity),
        pace,
        Keep(keep_days, keep_megabytes),
        rows_gone=rows_gone,
        links=linkage,
    )
    if follow:
        _follow(adapter, health_port, identity)
        return
    report = run_until_stopped(_with_bars(adapter))
    if report is None:
        err.print("stopped; what was read waits in the outbox, run again to go on")
        raise typer.Exit(Exit.FAILED)
    _show(report, json=json)
    if report.run.rejected or report.refusals:
        raise typer.Exit(Exit.PARTIAL)


def _follow(adapter: Adapter, health_port: int | None, identity: Path | None) -> None:
    """Follows the register; health is told of a process that stays, not of one that ends."""
    guard = LoopGuard()
    guard.start()
    with health.serve(health_port, adapter.told(guard, identity)):
        run_until_stopped(beside(guard.tick_forever(), adapter.follow()))


async def _with_bars(adapter: Adapter) -> AdapterReport:
    with progress() as bars:
        reading = bars.add_task("reading", total=None, note="")
        sending = bars.add_task("receipted", total=None, note="")

        def on_read(name: str, rows: int, total: int | None) -> None:
            bars.update(reading, completed=rows, total=total, note=name)

        def on_receipt(tally: Mapping[str, int]) -> None:
            bars.update(sending, completed=tally["events_receipted"], total=tally["events"])

        report = await adapter.run_once(on_read, on_receipt)
        on_receipt(report.outbox)
        return report


def _show(report: AdapterReport, *, json: bool) -> None:
    if json:
        tables = [
            {
                **asdict(t),
                "problems": dict(t.problems),
                "identifiers": dict(t.identifiers),
                "unusable": dict(t.unusable),
                "events": asdict(t.events),
            }
            for t in report.run.tables
        ]
        print_json(
            {
                "authority": report.run.authority,
                "tables": tables,
                "quarters": as_documents(report.run.quarters),
                "outbox": report.outbox,
                "refusals": report.refusals,
                "rejects_file": str(report.rejects_file),
                "linkage": report.linking.document(),
            }
        )
        return
    rows = [
        (t.table, t.rows, t.mapped, t.rejected, t.rows_gone, *_events(t)) for t in report.run.tables
    ]
    events = ["new events#", "corrections#", "withdrawals#"]
    columns = ["table", "rows#", "mapped#", "rejected#", "gone#", *events]
    out.print(table(report.run.authority, columns, rows))
    out.print(f"facts that wait for their quarter, or for others in it: {report.facts_waiting}")
    out.print(f"events receipted by the platform: {report.outbox['events_receipted']}")
    for code, count in report.refusals.items():
        out.print(f"events refused by the platform: {count} {code}")
    if told := words_of(report.run.identifiers, report.run.unusable):
        out.print(told, soft_wrap=True)
    for line in report.linking.words():
        out.print(line, soft_wrap=True)
    if report.run.rejected:
        out.print(f"rows that stay home are listed in {report.rejects_file}")


def _events(read: TableReport) -> tuple[int, int, int]:
    return read.events.new, read.events.corrected, read.events.withdrawn


@app.command()
def status(register: RegisterArgument, site: SiteOption, json: JsonOption = False) -> None:
    """Tells how the outbox stands: what waits, receipts, gaps, refusals, quarters, tokens.

    Exits 3 if rows stay home or the platform refused events, 1 if more rows are missing from the
    register than may go unasked.
    """
    adapter = Adapter(Site(site), open_register(register, None), broker_at(""))
    if not adapter.outbox_file.exists():
        raise OutboxMissing(expected=f"an outbox at {adapter.outbox_file}")
    outbox = adapter.open_outbox()
    tally, refusals, readings = outbox.tally(), outbox.refusals(), outbox.readings()
    quarters, linked = outbox.quarters(), linking(outbox, adapter.site.trust())
    outbox.close()
    seen = standing(adapter.outbox_file)
    waited, silent = _seconds_since(seen.oldest_pending), _seconds_since(seen.last_receipt)
    if json:
        streams = _streams(seen)
        print_json(
            {
                **tally,
                "rows_gone": sum(reading.gone for reading in readings),
                "rows_missing": sum(reading.held for reading in readings),
                "refusals": refusals,
                "oldest_waits_seconds": waited,
                "last_receipt_seconds_ago": silent,
                "streams": streams,
                "quarters": as_documents(quarters),
                "linkage": linked.document(),
            }
        )
    else:
        rows = [(name.replace("_", " "), count) for name, count in tally.items()]
        rows.append(("rows gone", sum(reading.gone for reading in readings)))
        rows += [(f"refused {code}", count) for code, count in refusals.items()]
        out.print(table(adapter.register.authority, ["outbox", "number#"], rows))
        _show_streams(seen, waited, silent)
        out.print(as_table(quarters))
        for line in linked.words():
            out.print(line, soft_wrap=True)
        for reading in readings:
            if reading.held:
                told = f"of table {reading.source} {reading.held} rows are missing (ROWS_GONE)"
                out.print(f"{told}: restore the register, or run with --rows-gone {reading.held}")
    if any(reading.held for reading in readings):
        raise typer.Exit(Exit.FAILED)
    if tally["rows_rejected"] or refusals:
        raise typer.Exit(Exit.PARTIAL)


def _seconds_since(moment: int | None) -> float | None:
    """Seconds since a time in milliseconds since 1970."""
    return None if moment is None else time.time() - moment / 1000


def _streams(seen: Standing) -> list[dict[str, object]]:
    """Each stream: where it stands, how far receipts reach, what is missing before that."""
    return [
        {
            "stream": stream,
            "epoch": epoch,
            "next": seen.next_positions[stream],
            "last_receipted": seen.receipted.get(stream),
            "gaps": seen.gaps.get(stream, 0),
            "replay_from": seen.replay_from.get(stream),
        }
        for stream, epoch in seen.epochs.items()
    ]


def _place(position: object) -> str:
    """A position as `--from` takes it."""
    return f"{position[0]}:{position[1]}" if isinstance(position, tuple) else ""


def _show_streams(seen: Standing, waited: float | None, silent: float | None) -> None:
    rows = [
        (
            s["stream"],
            _place(s["last_receipted"]) or "none yet",
            _place(s["next"]),
            s["gaps"],
            _place(s["replay_from"]) or "nothing",
        )
        for s in _streams(seen)
    ]
    columns = ["stream#", "last receipt", "next to seal", "gaps#", "kept from"]
    out.print(table("streams, by epoch:sequence", columns, rows))
    if silent is not None:
        out.print(f"the last receipt came {silent:.0f} s ago")
    if waited is not None:
        out.print(f"the oldest batch without a receipt waits for {waited:.0f} s")
    for code, count in seen.refused_batches.items():
        out.print(f"batches refused by the platform: {count} {code}")


@app.command(name="open-epoch")
def open_epoch(register: RegisterArgument, site: SiteOption) -> None:
    """Begins the epoch that the trust document announces, after an outbox was lost or restored.

    Events without a receipt are sealed again in the new epoch. After a lost outbox, run the
    adapter: it states the whole register again, and nothing is counted twice.
    """
    adapter = Adapter(Site(site), open_register(register, None), broker_at(""))
    authority = adapter.site.trust().authority(adapter.register.authority)
    outbox = adapter.open_outbox()
    try:
        for stream in range(outbox.streams):
            outbox.open_epoch(stream, authority.epoch_of(stream))
            out.print(f"stream {stream} is in epoch {outbox.epoch(stream)}")
    finally:
        outbox.close()
