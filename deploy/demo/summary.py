"""What the demo prints: does it balance, what stays home, what was published and told."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from country_adapters import AUTHORITIES
from deploy.demo.platform import Told
from deploy.reconcile import Line
from deploy.terminal import err, out, table
from processors.indicators.query import observe
from processors.indicators.rules import Cell
from schemas.indicators import catalogue

DETECTORS = {
    "D1": "an identifier that cases of two countries share",
    "D2": "cases across borders that hang together",
    "D3": "a surge in a published table",
    "D4": "a displacement between two countries",
    "D5": "recruitment, transit and exploitation in a chain",
    "D6": "cases that were done alike; a lead",
}
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


def document(lines: Sequence[Line], cells: Mapping[Cell, int]) -> dict[str, Any]:
    """The reconciliation and the exact indicators, for ``--json``."""
    newest = _newest_year(cells)
    return {
        "balanced": all(line.balances for line in lines),
        "authorities": [line.as_dict() for line in lines],
        "year": newest,
        "indicators": {
            code: {o.ref_area: o.value for o in observe(cells, code) if o.time_period == newest}
            for code in SHOWN
        },
    }


def _newest_year(cells: Mapping[Cell, int]) -> str:
    """The newest year in which every country received reports."""
    years: dict[str, set[str]] = {}
    for o in observe(cells, "REP_N"):
        if len(o.time_period) == 4:
            years.setdefault(o.time_period, set()).add(o.ref_area)
    complete = [year for year, areas in years.items() if len(areas) == len(AUTHORITIES)]
    return max(complete, default="")


def print_balance(lines: Sequence[Line], cells: Mapping[Cell, int]) -> None:
    """What became of rows and events, and what operators see of it."""
    out.print(_reconciliation(lines))
    out.print(_rejections(lines))
    balances = all(line.balances for line in lines)
    verdict = "[bold green]balances[/]" if balances else "[bold red]does NOT balance[/]"
    out.print(f"\nEvery row and every event is accounted for: {verdict}\n")
    out.print(_indicators(cells))
    out.print(
        "[dim]Invented registers; detections, not prevalence. Exact counts are the operator's and "
        "never leave the platform.[/]\n",
        soft_wrap=True,
    )


def print_told(told: Told) -> None:
    """What was published, by year, and the alerts by detector."""
    released = Counter((key.split("|")[1][:4], key.split("|")[2].lower()) for key in told.releases)
    rows = [(year, vintage, number) for (year, vintage), number in sorted(released.items())]
    out.print(table("Tables published", ["year", "vintage", "tables#"], rows))
    alerts = [(name, DETECTORS.get(name, ""), number) for name, number in told.alerts.items()]
    out.print(table("New alerts, counted once for each reader", ["", "what", "alerts#"], alerts))
    for missing in told.missing:
        err.print(f"[bold red]missing:[/] {missing}")


def next_steps(root: Path) -> str:
    """Commands that show more of it."""
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


def _indicators(cells: Mapping[Cell, int]) -> Table:
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
