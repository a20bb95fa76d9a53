"""``southmed indicators``: what the ledger counts, for the platform's operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.home import Site
from deploy.reconcile import read_cells
from deploy.terminal import JsonOption, SiteOption, err, out, print_json, table
from processors.indicators.additivity import gaps
from processors.indicators.formulas import FORMULAS, NotCounted
from processors.indicators.query import Observation, entry_of, observe, unknowns
from processors.indicators.select import is_multiple
from schemas.codelists import codelist
from schemas.indicators import Indicator, catalogue

app = typer.Typer(help="What the ledger counts; for the operator.", no_args_is_help=True)

WARNING = (
    "Exact counts for the platform's operator. They may identify persons and never leave the "
    "platform; analysts see releases (`southmed release`)."
)

IndicatorArgument = Annotated[str, typer.Argument(help="Code, e.g. VIC_IDENT.")]
CountryOption = Annotated[str, typer.Option("--country", help="Alpha-3 code.")]
PeriodOption = Annotated[
    str, typer.Option("--period", help="Year, quarter (2019-Q1) or month; years by default.")
]


@app.command(name="list")
def list_command(json: JsonOption = False) -> None:
    """Lists the indicators with their breakdowns."""
    if json:
        print_json([_as_json(indicator) for indicator in catalogue().values()])
        return
    rows = [
        (i.code, i.names["en"], i.status, i.unit, " ".join(map(_marked, i.breakdowns)))
        for i in catalogue().values()
    ]
    out.print(table("Indicators", ["code", "name", "status", "unit", "breakdowns"], rows))
    out.print("[dim]* A person may have several values: the parts do not add up.[/]")


def _as_json(indicator: Indicator) -> dict[str, object]:
    return {
        **asdict(indicator),
        "not_additive": [name for name in indicator.breakdowns if is_multiple(name)],
        "not_counted": _why_not(indicator.code),
    }


def _marked(breakdown: str) -> str:
    return breakdown + ("*" if is_multiple(breakdown) else "")


def _why_not(code: str) -> str | None:
    formula = FORMULAS[code]
    return formula.reason if isinstance(formula, NotCounted) else None


@app.command()
def show(
    site: SiteOption,
    indicator: IndicatorArgument,
    by: Annotated[str, typer.Option("--by", help="Breakdowns, e.g. SEX,FORM_SDG.")] = "",
    country: CountryOption = "",
    period: PeriodOption = "",
    json: JsonOption = False,
) -> None:
    """Shows an indicator from the ledgers of a site."""
    breakdowns = [name for name in by.upper().split(",") if name]
    found = observe(read_cells(Site(site).ledgers), indicator.upper(), breakdowns)
    yearly = any(len(o.time_period) == 4 for o in found)
    kept = [o for o in found if _wanted(o.ref_area, o.time_period, country, period, yearly)]
    err.print(f"[yellow]{WARNING}[/]", soft_wrap=True)
    if reason := _why_not(indicator.upper()):
        err.print(f"[yellow]{indicator.upper()} is not counted. {reason}[/]", soft_wrap=True)
    if json:
        print_json([asdict(o) for o in kept])
        return
    entry = entry_of(indicator.upper())
    names = list(kept[0].breakdown) if kept else breakdowns
    out.print(table(f"{entry.code}: {entry.names['en']}", _columns(names, kept), _rows(kept)))
    counted = codelist("CL_COUNT_STATUS").label(entry.status)
    out.print(f"[dim]Counted: {counted}.[/]")
    several = [name for name in names if is_multiple(name)]
    if several:
        out.print(f"[dim]{', '.join(several)}: several values a person, no sum.[/]")
    if caveat := entry.caveats["en"]:
        out.print(f"[dim]{caveat}[/]")


def _wanted(area: str, time: str, country: str, period: str, yearly: bool) -> bool:
    of_time = time == period if period else not yearly or len(time) == 4
    return country.upper() in ("", area) and of_time


def _columns(names: Sequence[str], kept: Sequence[Observation]) -> list[str]:
    banded = ["median"] if any(o.median for o in kept) else []
    return ["country", "period", *names, "value#", "status", "of#", "unknown#", *banded]


def _rows(kept: Sequence[Observation]) -> list[list[str]]:
    banded = any(o.median for o in kept)
    return [[*_row(o), *([o.median or ""] if banded else [])] for o in kept]


def _row(o: Observation) -> list[str]:
    """A rate to four decimals, a share to one, a count as it is."""
    decimals = 4 if o.indicator == "VIC_RATE" else 1
    value = "" if o.value is None else f"{o.value:,}"
    if isinstance(o.value, float):
        value = f"{o.value:,.{decimals}f}"
    of, unknown = ("" if n is None else f"{n:,}" for n in (o.denominator, o.unknown))
    return [o.ref_area, o.time_period, *o.breakdown.values(), value, o.obs_status, of, unknown]


@app.command()
def unknown(
    site: SiteOption,
    indicator: IndicatorArgument,
    country: CountryOption = "",
    period: PeriodOption = "",
    json: JsonOption = False,
) -> None:
    """Shows how much is unknown of what an indicator rests on."""
    found = unknowns(read_cells(Site(site).ledgers), indicator.upper())
    yearly = any(len(u.time_period) == 4 for u in found)
    kept = [u for u in found if _wanted(u.ref_area, u.time_period, country, period, yearly)]
    err.print(f"[yellow]{WARNING}[/]", soft_wrap=True)
    if json:
        print_json([{**asdict(u), "share": u.share} for u in kept])
        return
    rows = [
        (u.ref_area, u.time_period, u.dimension, f"{u.unknown:,}", f"{u.total:,}", f"{u.share:.1f}")
        for u in kept
    ]
    columns = ["country", "period", "dimension", "unknown#", "of#", "per cent#"]
    out.print(table(f"{indicator.upper()}: unknown values", columns, rows))


@app.command()
def quality(site: SiteOption, json: JsonOption = False) -> None:
    """Shows what cannot have happened as it is told, and whether the cells add up."""
    cells = read_cells(Site(site).ledgers)
    findings, wrong = observe(cells, "DQ_SEQ"), gaps(cells)
    err.print(f"[yellow]{WARNING}[/]", soft_wrap=True)
    if json:
        print_json({"findings": [asdict(o) for o in findings], "gaps": [asdict(g) for g in wrong]})
    else:
        rows = [(o.ref_area, o.time_period, o.breakdown["FAULT"], str(o.value)) for o in findings]
        columns = ["country", "quarter", "finding", "number#"]
        out.print(table("Impossible sequences", columns, rows))
        if wrong:
            lines = [(" ".join(g.cell), g.of, str(g.whole), str(g.parts)) for g in wrong]
            out.print(table("Cells that do not add up", ["cell", "of", "whole#", "parts#"], lines))
        else:
            out.print("The cells add up.")
    if wrong:
        err.print("[red]Cells do not add up: fold the log again, and compare.[/]")
        raise typer.Exit(1)
