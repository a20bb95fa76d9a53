"""How what is followed is shown: a table for people, CSV or JSON lines for programs.

Rows of different tables come one after the other, so CSV has a column for every dimension there is,
empty where a table is not broken down by it. A withdrawal is a row of its own with the reason in
``WITHDRAWN``, and nothing else but the release that it is of: earlier rows of it no longer hold.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.markup import escape

from deploy.exports.labels import (
    BETWEEN,
    CONCEPTS,
    DETECTIONS,
    EXACT,
    NO_MONTH,
    REASONS,
    TRULY,
    UNSURE,
    VINTAGE_LABELS,
    WITHDRAWN_ON,
    codes_of,
    label,
)
from deploy.exports.rows import MONTH_TOLD, WHOSE, Row, columns, is_monthly, row
from deploy.terminal import table
from schemas.codelists import Language
from schemas.releases import DIMENSIONS, Observation, Release

Show = Callable[[Release], None]
WITHDRAWN = "WITHDRAWN"
EVERY_COLUMN = (*WHOSE, WITHDRAWN, *columns((*DIMENSIONS, MONTH_TOLD))[len(WHOSE) :])


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see; nothing for everything.

    Attributes:
        table: Id of a table.
        country: Alpha-3 code.
    """

    table: str = ""
    country: str = ""

    def observations(self, release: Release) -> list[Observation]:
        """The rows of a release that are wanted."""
        return [o for o in release.observations if self.country in ("", o.REF_AREA)]

    def release(self, release: Release) -> bool:
        """Whether anything of a release is wanted; a withdrawal, whoever's the rows were."""
        if self.table not in ("", release.table):
            return False
        return release.withdrawn is not None or bool(self.observations(release))


def as_csv(to: TextIO, wanted: Wanted, *, header: bool = True) -> Show:
    """Shows as CSV, with a header at first unless it goes on from an earlier file."""
    writer = csv.DictWriter(to, EVERY_COLUMN, restval="", lineterminator="\n")
    if header:
        writer.writeheader()

    def show(release: Release) -> None:
        for plain in _rows(release, wanted):
            unsure = plain.get("LOW_RELIABILITY")
            told = {} if unsure is None else {"LOW_RELIABILITY": str(unsure).lower()}
            writer.writerow(plain | told)
        to.flush()

    return show


def as_json_lines(to: TextIO, wanted: Wanted) -> Show:
    """Shows one JSON object a row."""

    def show(release: Release) -> None:
        for plain in _rows(release, wanted):
            to.write(json.dumps(plain, ensure_ascii=False) + "\n")
        to.flush()

    return show


def as_tables(to: Console, wanted: Wanted, language: Language) -> Show:
    """Shows a table for each release, with labels."""

    def show(release: Release) -> None:
        if not wanted.release(release):
            return
        head = escape(f"{release.key}  {getattr(release.title, language)}")
        if release.withdrawn is not None:
            reason = REASONS[release.withdrawn.reason][language]
            told = f"{WITHDRAWN_ON[language]} {release.withdrawn.on}: {reason}"
            to.print(f"[bold]{head}[/]\n  [red]{told}[/]")
            return
        # Where every row is of the release's own period, the head tells it.
        names = [n for n in release.dimensions if n != "TIME_PERIOD" or is_monthly(release)]
        values = [CONCEPTS["OBS_VALUE"][language] + "#", BETWEEN[language] + "#", ""]
        heads = [*(CONCEPTS[n][language] for n in names), *values]
        rows = [_cells(row(release, o), names, language) for o in wanted.observations(release)]
        to.print(table(head, heads, rows))
        to.print(f"[dim]{_foot(release, language)}[/]")

    return show


def _rows(release: Release, wanted: Wanted) -> list[Row]:
    if not wanted.release(release):
        return []
    if release.withdrawn is not None:
        whose = {"RELEASE": release.key, "TABLE": release.table, "VINTAGE": release.vintage}
        return [{**whose, WITHDRAWN: release.withdrawn.reason}]
    return [row(release, o) for o in wanted.observations(release)]


def _cells(plain: Row, names: Sequence[str], language: Language) -> list[str]:
    """Labels, then value, the two bounds, and a mark where the value is not to be relied on."""
    labels = [label(n, plain[n], language) if codes_of(n) else plain[n] for n in names]
    if "TIME_PERIOD" in names and plain["FREQ"] != "M":
        labels[names.index("TIME_PERIOD")] += f" ({NO_MONTH[language]})"
    bounds = f"{plain['LOWER_BOUND']:,} - {plain['UPPER_BOUND']:,}"
    return [*labels, f"{plain['OBS_VALUE']:,}", bounds, "?" if plain["LOW_RELIABILITY"] else ""]


def _foot(release: Release, language: Language) -> str:
    vintage, noise = VINTAGE_LABELS[release.vintage][language], release.noise
    if noise is None:
        return f"{vintage}; {EXACT[language]}"
    truly = TRULY[language].format(coverage=f"{noise.coverage:.1%}")
    unsure = UNSURE[language].format(least=noise.unreliable_below)
    return f"{vintage}; {DETECTIONS[language]}; {truly}; {unsure}"
