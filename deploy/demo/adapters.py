"""The four adapters of the demo: until all is published, and then as long as rows come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from rich.progress import Progress, TaskID

from country_adapters import AUTHORITIES
from deploy.adapter import Adapter, AdapterReport
from deploy.demo.registers import DemoSite, bring, trickle
from deploy.reach import Reach, authority_principal
from deploy.reconcile import LedgerTotals, Line, read_totals, reconcile
from deploy.registers.world import World
from producers.publisher import Pace

TRICKLE_SECONDS = 24.0
"""In which every register gets a fresh row."""
LATER_SECONDS = 60.0
"""After which the network that comes later begins to show itself."""
PATIENCE = 300.0
"""Seconds without a receipt after which an adapter gives up: a busy machine is no fault."""
LOOK_SECONDS = 8.0
"""Between two looks at a register: reading a workbook of some years takes a while."""


async def run_adapters(demo: DemoSite, reach: Reach, bars: Progress) -> dict[str, AdapterReport]:
    """Runs the four adapters side by side, with a progress bar each."""
    reports = await asyncio.gather(
        *(_run_adapter(demo, authority, reach, bars) for authority in demo.registers)
    )
    return {report.run.authority: report for report in reports}


async def _run_adapter(
    demo: DemoSite, authority: str, reach: Reach, bars: Progress
) -> AdapterReport:
    country = AUTHORITIES[authority]
    reading = bars.add_task(f"{country} rows read", total=None, note="")
    sending = bars.add_task(f"{country} events receipted", total=None, note="")
    broker = reach.of(authority_principal(authority))
    adapter = Adapter(demo.site, demo.registers[authority], broker, Pace(give_up_after=PATIENCE))
    done_before: dict[str, int] = {}

    def on_read(table: str, rows: int, total: int | None) -> None:
        done_before[table] = rows
        bars.update(reading, completed=sum(done_before.values()), total=total, note=table)

    report = await adapter.run_once(on_read, lambda tally: _show(bars, sending, tally))
    bars.update(reading, completed=report.run.rows, total=report.run.rows, note="")
    _show(bars, sending, report.outbox)
    return report


def _show(bars: Progress, bar: TaskID, tally: Mapping[str, int]) -> None:
    bars.update(bar, completed=tally["events_receipted"], total=tally["events"])


def account(demo: DemoSite, reports: Mapping[str, AdapterReport]) -> list[Line]:
    """The reconciliation of every authority."""
    totals = read_totals(demo.site.ledgers)
    return [
        reconcile(report, AUTHORITIES[authority], totals.get(authority, LedgerTotals()))
        for authority, report in reports.items()
    ]


# --- Fresh rows -----------------------------------------------------------------------------------


@asynccontextmanager
async def followed(demo: DemoSite, reach: Reach, later: Mapping[str, World]) -> AsyncIterator[None]:
    """Keeps all four adapters publishing what is new, and new rows coming.

    Args:
        demo: The registers.
        reach: The cluster.
        later: What comes into registers after a while, by country.
    """
    tasks = [
        asyncio.create_task(
            Adapter(demo.site, register, reach.of(authority_principal(authority))).follow(
                look_every=LOOK_SECONDS
            )
        )
        for authority, register in demo.registers.items()
    ]
    tasks.append(asyncio.create_task(trickle(demo, TRICKLE_SECONDS)))
    tasks.append(asyncio.create_task(bring(demo, later, LATER_SECONDS)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
