"""``southmed demo``: the whole way of an event, on one machine, in one command."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.live import Live
from rich.table import Table

from country_adapters import AUTHORITIES
from deploy.brokers.embedded import EmbeddedBroker
from deploy.brokers.kafka.bring_up import kafka
from deploy.demo import (
    DemoSite,
    account,
    followed,
    intake_workers,
    prepare,
    run_adapters,
    watch,
)
from deploy.home import Site, init_site
from deploy.reach import Reach
from deploy.reconcile import Line, read_cells, read_totals
from deploy.terminal import (
    Exit,
    JsonOption,
    err,
    out,
    print_json,
    progress,
    run_until_stopped,
    table,
)
from processors.indicators.query import observe
from processors.indicators.rules import Cell
from producers.standing import standing
from schemas.indicators import catalogue

T = TypeVar("T")


class BrokerKind(StrEnum):
    """Which broker the demo runs on."""

    EMBEDDED = "embedded"
    KAFKA = "kafka"


SHOWN = (
    "REP_N",
    "VIC_PRES",
    "VIC_IDENT",
    "VIC_RATE",
    "VIC_CHILD_SH",
    "VIC_FOR_SH",
    "REF_COV",
    "AST_N",
    "PRO_N",
    "CONV_N",
    "TRN_N",
)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Stop after the summary; exit 0 only if it balances.")
    ] = False,
    json: JsonOption = False,
    broker: Annotated[
        BrokerKind, typer.Option("--broker", help="Embedded, or Apache Kafka (needs java and mvn).")
    ] = BrokerKind.EMBEDDED,
    workers: Annotated[int, typer.Option("--workers", min=1, max=4, help="Intake workers.")] = 2,
    site: Annotated[
        Path | None, typer.Option("--site", help="Keep everything in this folder; must be new.")
    ] = None,
) -> None:
    """Runs four adapters, a broker and the intake, shows that it balances, and goes on.

    New rows trickle into the four registers until it is stopped.
    """
    folder = nullcontext(str(site)) if site else tempfile.TemporaryDirectory(prefix="southmed-")
    with folder as root:
        work = _demo(Path(root), broker, workers, once=once, json=json, kept=site is not None)
        balanced = run_until_stopped(work)
    if not balanced and (once or balanced is not None):
        raise typer.Exit(Exit.FAILED)


@contextmanager
def _broker(kind: BrokerKind, site: Site) -> Iterator[Reach]:
    """A broker that lives as long as the demo."""
    if kind is BrokerKind.EMBEDDED:
        with EmbeddedBroker() as embedded:
            yield Reach(embedded.servers)
        return
    with err.status("starting Apache Kafka") as status, kafka(site, status.update) as cluster:
        status.stop()
        yield Reach(cluster.plan.servers, site.pki)


async def _demo(
    root: Path, kind: BrokerKind, workers: int, *, once: bool, json: bool, kept: bool
) -> bool:
    place = prepare(init_site(root, AUTHORITIES))
    with (
        _broker(kind, place.site) as reach,
        intake_workers(place.site, reach, workers) as processes,
    ):
        err.print(f"{kind} broker {reach.servers}, {workers} intake workers, four adapters")
        with progress() as bars:
            reports = await unless(watch(processes), run_adapters(place, reach, bars))
        lines = account(place, reports)
        balanced = all(line.balances for line in lines)
        cells = read_cells(place.site.ledgers)
        if json:
            print_json(_document(lines, cells, balanced=balanced))
        else:
            _summary(lines, cells, place, balanced=balanced, kept=kept or not once)
        if not once:
            async with followed(place, reach):
                await unless(watch(processes), _show_growth(place.site))
    return balanced


async def unless(alarm: Coroutine[Any, Any, NoReturn], work: Coroutine[Any, Any, T]) -> T:
    """Does the work, or raises what the alarm raises if that comes first."""
    tasks = (asyncio.create_task(work), asyncio.create_task(alarm))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[1].done():
            tasks[1].result()
        return tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# --- The summary ----------------------------------------------------------------------------------


def _document(lines: Sequence[Line], cells: dict[Cell, int], *, balanced: bool) -> dict[str, Any]:
    newest = _newest_year(cells)
    return {
        "balanced": balanced,
        "authorities": [line.as_dict() for line in lines],
        "year": newest,
        "indicators": {
            code: {o.ref_area: o.value for o in observe(cells, code) if o.time_period == newest}
            for code in SHOWN
        },
    }


def _newest_year(cells: dict[Cell, int]) -> str:
    """The newest year in which every country received reports."""
    years: dict[str, set[str]] = {}
    for o in observe(cells, "REP_N"):
        if len(o.time_period) == 4:
            years.setdefault(o.time_period, set()).add(o.ref_area)
    complete = [year for year, areas in years.items() if len(areas) == len(AUTHORITIES)]
    return max(complete, default="")


def _summary(
    lines: Sequence[Line], cells: dict[Cell, int], place: DemoSite, *, balanced: bool, kept: bool
) -> None:
    out.print(_reconciliation(lines))
    out.print(_rejections(lines))
    verdict = "[bold green]balances[/]" if balanced else "[bold red]does NOT balance[/]"
    out.print(f"\nEvery row and every event is accounted for: {verdict}\n")
    out.print(_indicators(cells))
    out.print(
        "[dim]Invented registers; detections, not prevalence. Exact counts are the operator's and "
        "never leave the platform.[/]\n",
        soft_wrap=True,
    )
    if kept:
        out.print(_next_steps(place.site.root), soft_wrap=True)


def _next_steps(root: Path) -> str:
    # As it was called here, so that it works when copied: .venv/bin/southmed.
    command = sys.argv[0] if Path(sys.argv[0]).name == "southmed" else "southmed"
    return (
        "Where to look next:\n"
        f"  {command} indicators show VIC_IDENT --by FORM_SDG --site {root}\n"
        f"  {command} adapter status tunisia --site {root}\n"
        f"  {root}/authorities/jo.ctu/rejects.csv\n"
        "  docs/architecture.md"
    )


def _reconciliation(lines: Sequence[Line]) -> Table:
    columns = [
        *("", "rows read#", "rejected#", "facts#", "waiting#"),
        *("published#", "accepted#", "refused#", ""),
    ]
    rows = [
        (
            line.country,
            line.rows_read,
            line.rows_rejected,
            line.facts_stated,
            line.facts_waiting,
            line.events_published,
            line.events_accepted,
            line.events_refused,
            "balances" if line.balances else "DIFFERS",
        )
        for line in lines
    ]
    return table("Rows of the registers, events on their way to the ledger", columns, rows)


def _rejections(lines: Sequence[Line]) -> Table:
    """Why rows stay home; a row with several problems counts under each."""
    codes = sorted({code for line in lines for code in line.rejected_by_code})
    rows = [
        [code.lower().replace("_", " "), *(line.rejected_by_code.get(code, "") for line in lines)]
        for code in codes
    ]
    columns = ["reason", *(f"{line.country}#" for line in lines)]
    return table("Rows that stay home, with their reasons", columns, rows)


def _indicators(cells: dict[Cell, int]) -> Table:
    year = _newest_year(cells)
    rows = []
    for code in SHOWN:
        values = {o.ref_area: o.value for o in observe(cells, code) if o.time_period == year}
        shown = [_tell(values.get(area)) for area in AUTHORITIES.values()]
        rows.append([catalogue()[code].names["en"], catalogue()[code].unit, *shown])
    columns = ["indicator", "unit", *(f"{area}#" for area in AUTHORITIES.values())]
    return table(f"Indicators, {year}", columns, rows)


def _tell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


# --- Afterwards -----------------------------------------------------------------------------------


async def _show_growth(site: Site) -> None:
    """Shows how the ledgers and what waits at home grow, until cancelled."""
    before = {name: totals.accepted for name, totals in read_totals(site.ledgers).items()}
    err.print("\nFresh rows are trickling in; what is of this quarter waits. Stop with Ctrl-C.")
    with Live(console=err, refresh_per_second=2) as live:
        while True:
            await asyncio.sleep(1)
            totals = await asyncio.to_thread(read_totals, site.ledgers)
            fresh = {
                AUTHORITIES[name]: t.accepted - before.get(name, 0)
                for name, t in totals.items()
                if name in AUTHORITIES
            }
            told = "   ".join(f"{area} +{count}" for area, count in sorted(fresh.items()))
            waits = {country: _waiting(site, name) for name, country in AUTHORITIES.items()}
            waiting = "   ".join(f"{area} {count}" for area, count in sorted(waits.items()))
            live.update(f"accepted since the summary: {told}\nfacts that wait: {waiting}")


def _waiting(site: Site, authority: str) -> int:
    """Facts that wait in an authority's outbox."""
    return standing(site.authority(authority) / "outbox.sqlite").waiting
