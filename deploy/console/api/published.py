"""What was published, as programs read it: pure functions of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from deploy.console.api.models import (
    CalendarLine,
    IndicatorLine,
    ReleaseLine,
    Signature,
    SignedMessage,
    TableLine,
)
from deploy.console.api.parameters import ObservationsAsked, ReleasesAsked
from deploy.console.store import Kept, Snapshot
from deploy.console.views.calendar import shown, state
from deploy.console.views.indicator import formula
from deploy.console.views.words import slug
from processors.release.tables import Tables
from schemas.header_signatures import SIGNATURE_HEADER
from schemas.indicators import Indicator, catalogue
from schemas.releases import PAYLOAD_TYPE, Names, Observation, Release

Cell = tuple[Release, Observation]
"""An observation and the release that it is of."""


# --- Releases -------------------------------------------------------------------------------------


def releases(snapshot: Snapshot, tables: Tables, asked: ReleasesAsked) -> list[ReleaseLine]:
    """Those that fit, the newest first."""
    standing = {release.key for release in snapshot.standing()}
    lines = [release_line(one, tables, one.key in standing) for one in snapshot.releases()]
    fitting = [line for line in lines if _fits(line, asked)]
    return sorted(fitting, key=lambda line: (line.released_on, line.key), reverse=True)


def _fits(line: ReleaseLine, asked: ReleasesAsked) -> bool:
    return (
        asked.table in (None, line.table)
        and asked.period in (None, line.period)
        and asked.vintage in (None, line.vintage)
        and asked.indicator in (None, line.indicator)
        and (asked.since is None or line.released_on >= asked.since)
    )


def release_line(release: Release, tables: Tables, stands: bool) -> ReleaseLine:
    """A release in a list."""
    return ReleaseLine(
        key=release.key,
        name=slug(release.key),
        table=release.table,
        indicator=_indicator(release, tables),
        period=release.period,
        vintage=release.vintage,
        title=release.title,
        dimensions=list(release.dimensions),
        released_on=release.statement.released_on,
        rows=len(release.observations),
        exact=release.exact,
        noise=release.noise,
        withdrawn=release.withdrawn,
        stands=stands,
        output=release.statement.output,
    )


def _indicator(release: Release, tables: Tables) -> str:
    if release.observations:
        return release.observations[0].INDICATOR
    # One that was withdrawn has no rows that say so.
    table = tables.tables.get(release.table)
    return table.indicator if table else ""


def signed(kept: Kept) -> SignedMessage:
    """The message of a release as it travelled."""
    return SignedMessage(
        payload_type=PAYLOAD_TYPE,
        key=kept.release.key,
        value=(kept.message.value or b"").decode(),
        signatures=[
            Signature(name=name, value=value.decode("ascii", "replace"))
            for name, value in kept.message.headers
            if name == SIGNATURE_HEADER
        ],
    )


# --- Observations ---------------------------------------------------------------------------------


class Cells(NamedTuple):
    """Observations of one table.

    Attributes:
        table: Any release of it, for its columns.
        cells: Those that fit, the oldest release first.
    """

    table: Release
    cells: list[Cell]


def cells(snapshot: Snapshot, indicator: str, asked: ObservationsAsked) -> Cells | None:
    """What stands of a table; None if nothing does."""
    found = [one for one in snapshot.of_indicator(indicator) if one.table == asked.TABLE]
    if not found:
        return None
    found.sort(key=lambda one: one.period)
    fitting = [(one, cell) for one in found for cell in one.observations if asked.fits(cell)]
    return Cells(found[0], fitting)


# --- Indicators -----------------------------------------------------------------------------------


def indicators(snapshot: Snapshot) -> list[IndicatorLine]:
    """The catalogue."""
    return [indicator_line(one, snapshot) for one in catalogue().values()]


def indicator_line(one: Indicator, snapshot: Snapshot) -> IndicatorLine:
    """An indicator and the tables by which it is published."""
    return IndicatorLine(
        code=one.code,
        names=Names.model_validate(one.names),
        status=one.status,
        unit=one.unit,
        frequencies=list(one.frequencies),
        breakdowns=list(one.breakdowns),
        standard=one.standard,
        caveats=Names.model_validate(one.caveats),
        formula=formula(one.code),
        tables=list(_tables(snapshot, one.code)),
    )


def _tables(snapshot: Snapshot, indicator: str) -> Iterator[TableLine]:
    of: dict[str, list[Release]] = {}
    for release in snapshot.of_indicator(indicator):
        of.setdefault(release.table, []).append(release)
    for table, found in sorted(of.items()):
        yield TableLine(
            table=table,
            title=found[-1].title,
            dimensions=list(found[-1].dimensions),
            releases=sorted(one.key for one in found),
        )


# --- The calendar ---------------------------------------------------------------------------------


def calendar(snapshot: Snapshot, tables: Tables, today: date) -> list[CalendarLine]:
    """What is due and out, what comes last first."""
    return [
        CalendarLine(
            due=item.due,
            key=item.key,
            table=item.table,
            period=item.period,
            vintage=item.vintage,
            title=tables.tables[item.table].title,
            state=state(item.due, item.key, snapshot, today),
        )
        for item in shown(snapshot, tables, today)
    ]
