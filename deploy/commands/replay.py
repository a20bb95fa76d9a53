"""``southmed adapter replay``: send again what a platform has lost.

A platform that lost its log, or was restored from an old backup, lacks batches that it has
receipted. They are sent again as they are, byte for byte, from a place on that its operator tells;
a platform that has some of them says that they are duplicates and counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.adapter import Adapter, ReplayReport
from deploy.commands.registers import RegisterArgument, open_register
from deploy.home import Site
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
from producers.rows import Replay
from schemas.topics import PARTITIONS
from schemas.trust import Position

GIVE_UP_SECONDS = 60.0


def position_of(text: str) -> Position:
    """Reads ``EPOCH:SEQUENCE``."""
    epoch, colon, sequence = text.partition(":")
    numbers = (epoch, sequence)
    if not colon or not all(n.isascii() and n.isdigit() and int(n) > 0 for n in numbers):
        raise typer.BadParameter("expected EPOCH:SEQUENCE, both from 1 on, such as 1:27")
    return (int(epoch), int(sequence))


def replay(
    register: RegisterArgument,
    site: SiteOption,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    stream: Annotated[
        list[int] | None,
        typer.Option("--stream", min=0, max=PARTITIONS - 1, help="A stream; all if not given."),
    ] = None,
    start: Annotated[
        str, typer.Option("--from", metavar="EPOCH:SEQUENCE", help="The first batch to send again.")
    ] = "1:1",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be sent; needs no broker.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Sends batches again, byte for byte, from a place on; for a platform that lost them.

    What the platform still has it takes for duplicates. Stopped on the way, the rest waits in the
    outbox and goes out with the next run.
    """
    place, streams = position_of(start), sorted(set(stream or range(PARTITIONS)))
    if not (broker or dry_run):
        raise typer.BadParameter("needed to send anything", param_hint="--broker")
    pace = Pace(give_up_after=GIVE_UP_SECONDS)
    reached = broker_at(broker, identity)
    adapter = Adapter(Site(site), open_register(register, None), reached, pace)
    if not adapter.outbox_file.exists():
        raise OutboxMissing(expected=f"an outbox at {adapter.outbox_file}")
    if dry_run:
        _show(ReplayReport(adapter.replayable(streams, place)), json=json, sent=False)
        return
    report = run_until_stopped(_with_bar(adapter, streams, place))
    if report is None:
        err.print("stopped; what was not receipted waits in the outbox, run again to go on")
        raise typer.Exit(Exit.FAILED)
    _show(report, json=json, sent=True)


async def _with_bar(adapter: Adapter, streams: Sequence[int], place: Position) -> ReplayReport:
    total = sum(one.batches for one in adapter.replayable(streams, place))
    with progress() as bars:
        bar = bars.add_task("batches receipted", total=total, note="")

        def on_receipt(tally: Mapping[str, int]) -> None:
            bars.update(bar, completed=max(0, total - tally["batches_pending"]))

        return await adapter.replay(streams, place, on_receipt)


def _show(report: ReplayReport, *, json: bool, sent: bool) -> None:
    if json:
        print_json({"sent": sent, **asdict(report)})
        return
    if not report.streams:
        out.print("nothing was sealed from there on")
        return
    rows = [_row(one) for one in report.streams]
    title = "sent again" if sent else "would be sent again"
    out.print(table(title, ["stream#", "from", "to", "batches#", "bytes#"], rows))
    if sent:
        out.print(f"new to the platform: {report.accepted}, known to it: {report.duplicate}")


def _row(one: Replay) -> tuple[object, ...]:
    first, last = (f"{epoch}:{sequence}" for epoch, sequence in (one.first, one.last))
    return (one.stream, first, last, one.batches, one.bytes)
