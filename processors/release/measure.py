"""Makes a release: counts, noise, consistent values, statement. Everything comes in as arguments.

Given the same records, keys, file of tables and origin, the bytes of the message are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from processors.release.calendar import Item
from processors.release.consistent import consistent
from processors.release.sampler import Sampler, coverage, table_digest
from processors.release.snapshot import Population, Record, count, of_period, snapshot
from processors.release.tables import MONTH, Cell, Table, Tables
from schemas.releases import (
    LogRange,
    Noise,
    Observation,
    Reason,
    Release,
    Statement,
    StreamRange,
    Withdrawal,
    output_digest,
)


@dataclass(frozen=True)
class ReleaseKeys:
    """The secrets behind releases; they never leave the platform.

    Attributes:
        record: Behind the keys of records and the digests of snapshots.
        noise: For each year, behind the noise of its releases.
    """

    record: bytes
    noise: Mapping[str, bytes]


@dataclass(frozen=True)
class Origin:
    """Where the counts come from, for the statement."""

    logs: Sequence[LogRange]
    streams: Sequence[StreamRange]
    trust_version: int
    version: str
    code: str


@dataclass(frozen=True)
class Made:
    """A release and the records that it was made of."""

    release: Release
    records: Sequence[Record]


def make(
    item: Item, people: Population, tables: Tables, keys: ReleaseKeys, origin: Origin, on: date
) -> Made:
    """Computes a release of the calendar.

    Args:
        item: Which.
        people: Everything that is counted.
        tables: The file of tables.
        keys: The secrets; the noise key of the year must be there.
        origin: Where the counts come from.
        on: The date for which it is computed.
    """
    table = tables.tables[item.table]
    records = of_period(people[table.counts], item.period)
    digest = snapshot(records, item.key, keys.record)
    observed = observations(item, records, digest, tables, keys)
    statement = Statement(
        released_on=on,
        logs=list(origin.logs),
        streams=list(origin.streams),
        trust_version=origin.trust_version,
        snapshot=digest.hex(),
        parameters=tables.digest,
        sampler=table_digest(),
        version=origin.version,
        code=origin.code,
        rho=float(tables.rho(item.table)),
        output=output_digest(observed),
    )
    release = Release(
        table=item.table,
        period=item.period,
        vintage=item.vintage,
        title=table.title,
        exact=not table.of_persons,
        noise=_noise(tables) if table.of_persons else None,
        withdrawn=None,
        dimensions=[*columns_of(table)],
        observations=observed,
        statement=statement,
    )
    return Made(release, records)


def observations(
    item: Item, records: Sequence[Record], digest: bytes, tables: Tables, keys: ReleaseKeys
) -> list[Observation]:
    """The rows of a release: the only place where counts and noise meet."""
    counts = count(records, tables, item.table, item.period)
    if not tables.tables[item.table].of_persons:
        return rows(item, counts, tables)
    sampler = Sampler(keys.noise[item.period[:4]], item.key, digest)
    noisy = {cell: n + sampler.noise("|".join(cell)) for cell, n in counts.items()}
    return rows(item, noisy, tables)


def rows(item: Item, measured: Mapping[Cell, int], tables: Tables) -> list[Observation]:
    """The rows that follow from measurements: from here on nothing is secret."""
    table = tables.tables[item.table]
    values = measured
    if table.of_persons:
        values = consistent(measured, item.key, group=table.by.index("REF_AREA"))
    return [_row(item, table, tables, cell, n, values[cell]) for cell, n in measured.items()]


def withdraw(release: Release, reason: Reason, on: date) -> Release:
    """The marker that takes the place of a release that no longer holds."""
    marker = {"withdrawn": Withdrawal(reason=reason, on=on), "observations": []}
    return Release.model_validate(release.model_copy(update=marker).model_dump())


def _row(
    item: Item, table: Table, tables: Tables, cell: Cell, measured: int, value: int
) -> Observation:
    codes = dict(zip(table.by, cell, strict=True))
    period = codes.pop(MONTH, item.period)
    band = tables.noise.band if table.of_persons else 0
    unsure = table.of_persons and value < tables.noise.unreliable_below
    settled = "P" if item.vintage == "PROVISIONAL" else "A"
    return Observation.model_validate(
        {
            **codes,
            "FREQ": {4: "A", 7: "M" if "Q" not in period else "Q"}[len(period)],
            "INDICATOR": table.indicator,
            "TIME_PERIOD": period,
            "OBS_VALUE": value,
            "MEASUREMENT": measured,
            "LOWER_BOUND": max(0, measured - band),
            "UPPER_BOUND": max(0, measured + band),
            "OBS_STATUS": "U" if unsure else settled,
            "CONF_STATUS": "F",
            "UNIT_MEASURE": table.unit,
            "LOW_RELIABILITY": unsure,
        }
    )


def columns_of(table: Table) -> list[str]:
    """Area and period first, as SDMX has them; a table of months has its months as periods."""
    return ["REF_AREA", "TIME_PERIOD", *(n for n in table.by if n not in ("REF_AREA", MONTH))]


def _noise(tables: Tables) -> Noise:
    return Noise(
        distribution="discrete Gaussian",
        sigma2=tables.noise.variance,
        sigma=round(sqrt(tables.noise.variance), 3),
        band=tables.noise.band,
        coverage=round(coverage(tables.noise.band), 4),
        unreliable_below=tables.noise.unreliable_below,
    )


def item_of(release: Release) -> Item:
    """The item of the calendar that a release is."""
    told = release.statement.released_on
    return Item(told, release.table, release.period, release.vintage)


def reproduces(
    release: Release, records: Sequence[Record], tables: Tables, keys: ReleaseKeys
) -> bool:
    """Whether records and keys give exactly the release that was published."""
    digest = snapshot(records, release.key, keys.record)
    if digest.hex() != release.statement.snapshot:
        return False
    again = observations(item_of(release), records, digest, tables, keys)
    return output_digest(again) == release.statement.output
