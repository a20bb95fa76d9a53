"""``southmed adapter``: read a national register and publish it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deploy.adapter import Adapter, AdapterReport
from deploy.commands import joining
from deploy.commands.health import HealthOption
from deploy.commands.registers import DataOption, RegisterArgument, open_register
from deploy.home import Site
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
from producers.standing import Standing, standing
from schemas.envelope import MAX_EVENTS

app = typer.Typer(help="Read a national register and publish it.", no_args_is_help=True)

app.command(name="lint")(joining.lint)
app.command(name="check")(joining.check)
app.command(name="preview")(joining.preview)

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
    health_port: HealthOption = None,
    json: JsonOption = False,
) -> None:
    """Reads what is new in a register and publishes it; resumes where it stopped.

    Rows that cannot be mapped stay home, listed in rejects.csv beside the outbox.
    """
    heartbeat, patience = (HEARTBEAT_SECONDS, None) if follow else (None, GIVE_UP_SECONDS)
    pace = Pace(heartbeat=heartbeat, give_up_after=patience, full=batch_events)
    adapter = Adapter(Site(site), open_register(register, data), broker_at(broker, identity), pace)
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
            {**asdict(t), "problems": dict(t.problems), "events": asdict(t.events)}
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
            }
        )
        return
    rows = [
        (t.table, t.rows, t.mapped, t.rejected, t.events.new, t.events.corrected)
        for t in report.run.tables
    ]
    columns = ["table", "rows#", "mapped#", "rejected#", "new events#", "corrections#"]
    out.print(table(report.run.authority, columns, rows))
    out.print(f"facts that wait for their quarter, or for others in it: {report.facts_waiting}")
    out.print(f"events receipted by the platform: {report.outbox['events_receipted']}")
    for code, count in report.refusals.items():
        out.print(f"events refused by the platform: {count} {code}")
    if report.run.rejected:
        out.print(f"rows that stay home are listed in {report.rejects_file}")


@app.command()
def status(register: RegisterArgument, site: SiteOption, json: JsonOption = False) -> None:
    """Tells how the outbox stands: what waits and how long, receipts, gaps, refusals, quarters.

    Exits 3 if rows stay home or the platform refused events. When the last receipt came is not
    kept; how far receipts reach is.
    """
    adapter = Adapter(Site(site), open_register(register, None), broker_at(""))
    if not adapter.outbox_file.exists():
        raise OutboxMissing(expected=f"an outbox at {adapter.outbox_file}")
    outbox = adapter.open_outbox()
    tally, refusals, quarters = outbox.tally(), outbox.refusals(), outbox.quarters()
    outbox.close()
    seen = standing(adapter.outbox_file)
    waited = None if seen.oldest_pending is None else time.time() - seen.oldest_pending / 1000
    if json:
        streams = _streams(seen)
        standing_now = {"refusals": refusals, "oldest_waits_seconds": waited, "streams": streams}
        print_json({**tally, **standing_now, "quarters": as_documents(quarters)})
    else:
        rows = [(name.replace("_", " "), count) for name, count in tally.items()]
        rows += [(f"refused {code}", count) for code, count in refusals.items()]
        out.print(table(adapter.register.authority, ["outbox", "number#"], rows))
        _show_streams(seen, waited)
        out.print(as_table(quarters))
    if tally["rows_rejected"] or refusals:
        raise typer.Exit(Exit.PARTIAL)


def _streams(seen: Standing) -> list[dict[str, object]]:
    """Each stream: where it stands, how far receipts reach, what is missing before that."""
    return [
        {
            "stream": stream,
            "epoch": epoch,
            "next": seen.next_positions[stream],
            "last_receipted": seen.receipted.get(stream),
            "gaps": seen.gaps.get(stream, 0),
        }
        for stream, epoch in seen.epochs.items()
    ]


def _show_streams(seen: Standing, waited: float | None) -> None:
    rows = [
        (s["stream"], s["epoch"], s["last_receipted"] or "none yet", s["next"], s["gaps"])
        for s in _streams(seen)
    ]
    columns = ["stream#", "epoch#", "last receipt (epoch, sequence)", "next to seal", "gaps#"]
    out.print(table("streams", columns, rows))
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
