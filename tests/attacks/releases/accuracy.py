"""What the noise costs an analyst: errors by size of cell, a known trend, and SDG 16.2.2.

All of it from messages made by the release core. The trend is that of a country whose cases grow
by a sixth every year, month by month as published. SDG 16.2.2 (detected victims per 100,000) is
rebuilt for all country-years of the reference figures: exactly, as they are counted inside (that
the whole way from register to count gives them is held by the integration test of published
figures), and from the releases of such years. No table tells a country's total by itself, so it is
the mean of all tables' sums, each weighed by how few cells it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from processors.release.calendar import Item, due_on
from processors.release.sampler import coverage
from processors.release.snapshot import Population, Record
from processors.release.tables import quarters_of, shipped
from tests.attacks.releases.published import (
    ERRATUM,
    FINAL,
    PROVISIONAL,
    SIGMA2,
    Year,
    a_release,
    keys_of,
)
from tests.attacks.releases.scores import Score, Z, mean, share
from tests.attacks.releases.worlds import AREAS, draw, population

SIZES = ((0, 0), (1, 4), (5, 10), (11, 19), (20, 49), (50, 10**9))
TREND_YEARS = range(2019, 2029)
TREND_START, TREND_GROWTH = 120, 7 / 6
TREND_AREA = "LBN"


@dataclass(frozen=True)
class OfSize:
    """The errors of cells of a size."""

    cells: str
    number: int
    of_measurement: Score
    of_value: Score
    bias_of_value: Score
    within_band: Score

    @property
    def middle(self) -> float:
        return self.of_value.value


@dataclass(frozen=True)
class Rate:
    """SDG 16.2.2 of a country and year, exact and from releases."""

    area: str
    year: str
    victims: int
    rate: float
    published_victims: float
    published_rate: float
    half_width: float
    """Of the published rate: 1.96 deviations of the noise."""


@dataclass(frozen=True)
class Accuracy:
    """All three."""

    sizes: list[OfSize]
    months: list[str]
    exact: list[int]
    published: list[int]
    slope_exact: float
    slope_published: float
    rates: list[Rate]
    promised_coverage: float

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(years: Sequence[Year], seed: int) -> Accuracy:
    """Of all worlds, one trend, and the reference figures."""
    months, exact, published = _trend(seed)
    return Accuracy(
        _by_size(years),
        months,
        exact,
        published,
        _growth(exact),
        _growth(published),
        sdg_rates(seed),
        coverage(shipped().noise.band),
    )


def _by_size(years: Sequence[Year]) -> list[OfSize]:
    names = [*PROVISIONAL, *FINAL, ERRATUM]
    exact = np.concatenate([y.exact[n].ravel() for y in years for n in names])
    measured = np.concatenate([y.published.measured[n].ravel() for y in years for n in names])
    values = np.concatenate([y.published.values[n].ravel() for y in years for n in names])
    # Cells of a year are not independent of each other once they were made to add up.
    size = sum(y.exact[n].size for y in years[:1] for n in names)
    groups = np.repeat(np.arange(len(years)), size)
    band = shipped().noise.band
    found = []
    for low, high in SIZES:
        some = (exact >= low) & (exact <= high)
        truth, group = exact[some], groups[some]
        off, read = measured[some] - truth, values[some] - truth
        label = (
            f"{low}" if low == high else f"{low} to {high}" if high < 10**9 else f"{low} and more"
        )
        found.append(
            OfSize(
                label,
                int(some.sum()),
                mean(label, "mean error, measurement", np.abs(off), group),
                mean(label, "mean error, value", np.abs(read), group),
                mean(label, "bias, value", read, group),
                share(label, f"within {band}", np.abs(off) <= band),
            )
        )
    return found


def _trend(seed: int) -> tuple[list[str], list[int], list[int]]:
    """Months of one country over ten years, from the provisional tables."""
    rng = np.random.default_rng([seed, 9])
    area, keys = AREAS.index(TREND_AREA), keys_of(f"{seed} trend")
    months: list[str] = []
    exact: list[int] = []
    published: list[int] = []
    for number, year in enumerate(map(str, TREND_YEARS)):
        size = int(rng.poisson(TREND_START * TREND_GROWTH**number))
        people = population(draw(rng, area, size), year)
        for quarter in quarters_of(year):
            item = Item(due_on(shipped(), quarter, "PROVISIONAL"), "P1", quarter, "PROVISIONAL")
            for row in a_release(item, people, keys).observations:
                if row.REF_AREA == TREND_AREA and "Q" not in row.TIME_PERIOD:
                    months.append(row.TIME_PERIOD)
                    exact.append(sum(r.month == row.TIME_PERIOD for r in people["VICTIMS"]))
                    published.append(row.MEASUREMENT)
    return months, exact, published


def _growth(series: Sequence[int]) -> float:
    """Yearly growth by a line through the logarithms of the years' sums."""
    sums = np.array(series, dtype=float).reshape(-1, 12).sum(axis=1)
    return float(np.exp(np.polyfit(np.arange(len(sums)), np.log(sums), 1)[0]))


# --- SDG 16.2.2 ----------------------------------------------------------------------------------


def sdg_rates(seed: int) -> list[Rate]:
    """All country-years of the reference figures."""
    from tests.integration.test_published_figures import SDG_16_2_2, rows

    found = []
    cells = rows("register_cells.csv")
    for area, year, victims, residents, rate in SDG_16_2_2:
        records = [
            record
            for row in cells
            if row["country"] == area and row["year"] == year
            for record in _records(row)
        ]
        if len(records) != victims:
            raise ValueError(f"the register of {area} {year} does not have the published total")
        people: Population = {"VICTIMS": records, "TRAININGS": [], "REQUESTS": []}
        total, deviation = _total(people, area, year, seed)
        per = 100_000 / residents
        found.append(Rate(area, year, victims, rate, total, total * per, Z * deviation * per))
    return sorted(found, key=lambda each: (each.area, each.year))


def _records(row: Any) -> list[Record]:
    fold = shipped().fold
    values = {
        "REF_AREA": row["country"],
        "SEX": fold("SEX", [row["sex"]]),
        "AGE": fold("AGE", [row["age"]]),
        "FORM": fold("FORM", row["forms"].split("+")),
        "ORIGIN": "_U",
        "STAGE": "IDENTIFIED",
    }
    name = "|".join(row.values())
    return [
        Record(
            hashlib.sha256(f"{name}|{n}".encode()).digest(),
            f"{row['year']}-{n % 12 + 1:02}",
            values,
        )
        for n in range(int(row["victims"]))
    ]


def _total(people: Population, area: str, year: str, seed: int) -> tuple[float, float]:
    """The country's total from all its tables, and the deviation of its noise."""
    keys, tables = keys_of(f"{seed} sdg {area}"), shipped()
    sums: list[tuple[float, int]] = []
    for name in (*PROVISIONAL, *FINAL):
        vintage = tables.tables[name].vintage
        periods = quarters_of(year) if vintage == "PROVISIONAL" else (year,)
        noisy = []
        for period in periods:
            item = Item(due_on(tables, period, vintage), name, period, vintage)
            found = a_release(item, people, keys).observations
            noisy += [row.MEASUREMENT for row in found if area == row.REF_AREA]
        sums.append((float(sum(noisy)), len(noisy)))
    weight = sum(1 / size for _, size in sums)
    return sum(total / size for total, size in sums) / weight, (SIGMA2 / weight) ** 0.5
