"""``southmed indicators``: what the ledger counts, for the platform's operator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from deploy.home import Site
from deploy.reconcile import read_cells
from deploy.terminal import JsonOption, SiteOption, err, out, print_json, table
from processors.indicators.query import Observation, observe
from schemas.indicators import catalogue

app = typer.Typer(help="What the ledger counts; for the operator.", no_args_is_help=True)

WARNING = (
    "Exact counts for the platform's operator. They may identify persons and never leave the "
    "platform; analysts see releases (`southmed release`)."
)


@app.command(name="list")
def list_command(json: JsonOption = False) -> None:
    """Lists the indicators with their breakdowns."""
    if json:
        print_json([asdict(indicator) for indicator in catalogue().values()])
        return
    rows = [(i.code, i.names["en"], i.unit, " ".join(i.breakdowns)) for i in catalogue().values()]
    out.print(table("Indicators", ["code", "name", "unit", "breakdowns"], rows))


@app.command()
def show(
    site: SiteOption,
    indicator: Annotated[str, typer.Argument(help="Code, e.g. VIC_IDENT.")],
    by: Annotated[str, typer.Option("--by", help="Breakdowns, e.g. SEX,FORM_SDG.")] = "",
    country: Annotated[str, typer.Option("--country", help="Alpha-3 code.")] = "",
    period: Annotated[
        str, typer.Option("--period", help="Year, quarter (2019-Q1) or month; years by default.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Shows an indicator from the ledgers of a site."""
    breakdowns = [name for name in by.upper().split(",") if name]
    found = observe(read_cells(Site(site).ledgers), indicator.upper(), breakdowns)
    yearly = any(len(o.time_period) == 4 for o in found)
    kept = [
        o
        for o in found
        if country.upper() in ("", o.ref_area)
        and (o.time_period == period if period else not yearly or len(o.time_period) == 4)
    ]
    err.print(f"[yellow]{WARNING}[/]", soft_wrap=True)
    if json:
        print_json([asdict(o) for o in kept])
        return
    entry = catalogue()[indicator.upper()]
    names = list(kept[0].breakdown) if kept else breakdowns
    columns = ["country", "period", *names, "value#", "status", "of#"]
    out.print(table(f"{entry.code}: {entry.names['en']}", columns, [_row(o) for o in kept]))
    if entry.caveat:
        out.print(f"[dim]{entry.caveat}[/]")


def _row(o: Observation) -> list[str]:
    """A rate to four decimals, a share to one, a count as it is."""
    decimals = 4 if o.indicator == "VIC_RATE" else 1
    value = "" if o.value is None else f"{o.value:,}"
    if isinstance(o.value, float):
        value = f"{o.value:,.{decimals}f}"
    of = "" if o.denominator is None else f"{o.denominator:,}"
    return [o.ref_area, o.time_period, *o.breakdown.values(), value, o.obs_status, of]
