"""Which release answers a question, and the numbers that it gives.

A question is a period and some dimensions. Several releases may answer it, each with noise of its
own; the one that sums the fewest cells is the surest, and of those that sum as many the one that is
settled. Everything else on pages is made of these answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from deploy.console.store import SETTLED, Snapshot
from deploy.console.views.figures import Figure, total
from deploy.exports.rows import is_monthly
from processors.release.tables import holds
from schemas.releases import Observation, Release

Cut = tuple[str, ...]
"""Dimensions beside the country and the period."""
Cell = tuple[str, ...]
WHOLE: Cut = ()
ALL = "_ALL"
"""In the place of a country: all four together."""


@dataclass(frozen=True)
class Answer:
    """The numbers of one period.

    Attributes:
        release: Where they come from.
        period: Year, quarter or month.
        cut: By what they are broken down, beside the country.
        figures: By country, then by the codes of the cut.
    """

    release: Release
    period: str
    cut: Cut
    figures: Mapping[str, Mapping[Cell, Figure]]

    def of(self, country: str, cell: Cell = ()) -> Figure:
        """One number."""
        return self.figures[country][cell]

    @property
    def cells(self) -> list[Cell]:
        """The codes of the cut, in the order of the table."""
        return list(next(iter(self.figures.values())))


def cuts(releases: Iterable[Release]) -> list[Cut]:
    """Every way in which some release lets its numbers be broken down, the simplest first."""
    found: dict[Cut, None] = {}
    for release in releases:
        by = [name for name in release.dimensions if name not in ("REF_AREA", "TIME_PERIOD")]
        for size in range(len(by) + 1):
            found |= dict.fromkeys(combinations(by, size))
    return sorted(found, key=lambda cut: (len(cut), list(found).index(cut)))


def periods(releases: Iterable[Release]) -> list[str]:
    """Every period that releases have numbers of, the newest first, years before their parts."""
    found: set[str] = set()
    for release in releases:
        found.add(release.period)
        if is_monthly(release):
            found.update(row.TIME_PERIOD for row in release.observations)
    return sorted(found, key=_newest_first, reverse=True)


def frequency(period: str) -> str:
    """A, Q or M."""
    return "A" if "-" not in period else "Q" if "Q" in period else "M"


def ending(period: str) -> str:
    """A year, quarter or month as the month with which it ends, so that periods compare."""
    year, _, part = period.partition("-")
    month = int(part[1]) * 3 if part.startswith("Q") else int(part or 12)
    return f"{year}-{month:02}"


def _newest_first(period: str) -> tuple[str, int]:
    return ending(period), "MQA".index(frequency(period))


def answer(snapshot: Snapshot, indicator: str, period: str, cut: Cut = WHOLE) -> Answer | None:
    """The surest answer to a question; None if no release answers it.

    Args:
        snapshot: What is known.
        indicator: Code of the catalogue.
        period: Year, quarter or month.
        cut: Dimensions.
    """
    candidates = [
        (release, rows)
        for release in snapshot.of_indicator(indicator)
        if set(cut) <= set(release.dimensions) and (rows := _rows(release, period))
    ]
    if not candidates:
        return None
    release, rows = min(candidates, key=_surest)
    return Answer(release, period, cut, _folded(release, rows, cut))


def _rows(release: Release, period: str) -> list[Observation]:
    """The rows of a release that together are all of a period; none if they are not all of it."""
    if release.period == period:
        return release.observations
    if not holds(release.period, period) or not is_monthly(release):
        return []
    return [row for row in release.observations if holds_or_is(period, row.TIME_PERIOD)]


def holds_or_is(period: str, part: str) -> bool:
    """Whether a row of a table of months belongs to a quarter or month."""
    return part == period or ("Q" in period and holds(period, part))


def _surest(candidate: tuple[Release, list[Observation]]) -> tuple[int, int, str]:
    release, rows = candidate
    return len(rows), SETTLED.index(release.vintage), release.key


def _folded(
    release: Release, rows: Sequence[Observation], cut: Cut
) -> dict[str, dict[Cell, Figure]]:
    groups: dict[str, dict[Cell, list[Observation]]] = {}
    together: dict[Cell, list[Observation]] = {}
    for row in rows:
        cell = tuple(str(getattr(row, name)) for name in cut)
        groups.setdefault(row.REF_AREA, {}).setdefault(cell, []).append(row)
        together.setdefault(cell, []).append(row)
    provisional = release.vintage == "PROVISIONAL"
    return {
        country: {cell: total(one, release.noise, provisional) for cell, one in cells.items()}
        for country, cells in {**groups, ALL: together}.items()
    }


def series(
    snapshot: Snapshot, indicator: str, like: str, cut: Cut = WHOLE, most: int = 24
) -> list[Answer]:
    """The answers for all periods of a frequency, the oldest first.

    Args:
        snapshot: What is known.
        indicator: Code of the catalogue.
        like: A period of the frequency.
        cut: Dimensions.
        most: How many periods at most; the newest are kept.
    """
    wanted = [
        period
        for period in periods(snapshot.of_indicator(indicator))
        if frequency(period) == frequency(like)
    ]
    found = [answer(snapshot, indicator, period, cut) for period in wanted]
    return [one for one in found if one is not None][:most][::-1]
