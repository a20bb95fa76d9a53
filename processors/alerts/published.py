"""Surges and displacements in what is published: from releases to what detectors found in them.

The rules:

1. Only releases are looked at, with their noise; so whatever is found could be found by anybody,
   and costs nobody anything more (post-processing).
2. Watched are the provisional tables of `WATCHED`, a series for each value and country, by quarter.
   What is unknown or another one is no series. A quarter whose release is missing or withdrawn was
   not heard.
3. The last `LASTS` quarters are each looked at as of then: what was a surge goes on being told
   until it is too old, though the newest quarter be calm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from processors.alerts.displacement import FDR, displacements
from processors.alerts.facts import Month
from processors.alerts.series import QUARTERS, Series
from processors.alerts.surge import surges
from processors.alerts.surging import LASTS, Rise
from schemas.releases import RESIDUALS, Release

WATCHED: Mapping[str, str] = {"P2": "FORM", "P3": "ORIGIN"}
"""Tables, and what their series are of beside the country."""
VINTAGE = "PROVISIONAL"


def rises(releases: Iterable[Release]) -> list[Rise]:
    """What surges or moved in the newest releases of each key."""
    newest = {release.key: release for release in releases}
    found: list[Rise] = []
    for table, dimension in WATCHED.items():
        told = {
            _month(release.period): release
            for release in newest.values()
            if (release.table, release.vintage) == (table, VINTAGE) and not release.withdrawn
        }
        series = series_of(told, dimension)
        for month in sorted(told)[-LASTS:]:
            found += _surges(table, dimension, series, month)
            found += _displacements(table, dimension, series, month)
    return found


def series_of(told: Mapping[Month, Release], dimension: str) -> list[Series]:
    """The series of a table.

    Args:
        told: Releases by the first month of their quarter.
        dimension: What they are of beside the country.
    """
    if not told:
        return []
    quarters = range(min(told), max(told) + 1, QUARTERS)
    unheard = frozenset(month for month in quarters if month not in told)
    counts: dict[tuple[str, str], dict[Month, int]] = {}
    for month, release in told.items():
        for row in release.observations:
            value = str(getattr(row, dimension))
            if value not in RESIDUALS:
                counts.setdefault((value, row.REF_AREA), {})[month] = row.MEASUREMENT
    noise = max(release.noise.sigma2 if release.noise else 0.0 for release in told.values())
    return [
        Series(
            key,
            min(told),
            tuple(by_month.get(month, 0) for month in quarters),
            country=key[1],
            noise=noise,
            step=QUARTERS,
            unheard=unheard,
        )
        for key, by_month in sorted(counts.items())
    ]


def _surges(table: str, dimension: str, series: Sequence[Series], month: Month) -> Iterator[Rise]:
    for surge in surges(series, month):
        value, country = surge.key
        yield Rise(
            "D3",
            table,
            ((dimension, value), ("REF_AREA", country)),
            _quarter(surge.raised),
            _quarter(surge.month),
            surge.decided.statistic,
            surge.decided.threshold,
        )


def _displacements(
    table: str, dimension: str, series: Sequence[Series], month: Month
) -> Iterator[Rise]:
    for moved in displacements(series, month):
        where = (("FROM", moved.fell.series.country), ("REF_AREA", moved.rose.series.country))
        quarter = _quarter(moved.month)
        yield Rise("D4", table, ((dimension, moved.shared), *where), quarter, quarter, moved.q, FDR)


def _month(period: str) -> Month:
    """The first month of a quarter."""
    year, _, part = period.partition("-Q")
    return int(year) * 12 + 3 * (int(part) - 1)


def _quarter(month: Month) -> str:
    return f"{month // 12}-Q{month % 12 // 3 + 1}"
