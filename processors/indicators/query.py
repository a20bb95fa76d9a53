"""From cells to indicators: totals, shares, bands and rates.

A cell knows the finest value of every dimension of its measure. An indicator selects cells of one
or two measures, adds them up along the breakdowns asked for (`processors.indicators.select`), and
divides where it is a share or a rate (`processors.indicators.formulas`). The rules:

1. Shares leave unknowns out of the denominator, and tell beside it how many they are. What is
   unknown of an indicator can be asked, dimension by dimension, with `unknowns`.
2. A share of fewer than 20 carries OBS_STATUS ``U`` (low reliability).
3. What cannot be computed, because a denominator is missing or zero, is ``O`` (missing) and not 0.
4. A quarter of which some is told without its month counts more than its months do. Then none of
   these is told: they are ``Q`` (suppressed), not what happens to be known of them.
5. A cohort is followed from its first event on: those convicted among those prosecuted in a year,
   whenever they were convicted; never one year's convictions over the same year's prosecutions.
6. A median is told as the band of days by whose end half of the known are reached.

These are exact counts for the platform's operator. What analysts see are releases.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from processors.indicators.dimensions import BANDS, TOTAL, UNKNOWN
from processors.indicators.formulas import (
    FORMULAS,
    Bands,
    Count,
    Formula,
    NotCounted,
    Parts,
    Rate,
    Share,
)
from processors.indicators.rules import RULES, months_of, period_at
from processors.indicators.select import VIEWS, Cells, Group, Select
from schemas.codelists import FOLDER
from schemas.errors import PlatformError
from schemas.indicators import Indicator, catalogue

LOW_RELIABILITY = 20


class UnknownIndicator(PlatformError):
    """There is no such indicator, or it has no such breakdown."""

    code = "UNKNOWN_INDICATOR"
    summary = "no such indicator or breakdown"
    advice = "See `southmed indicators list`."


@dataclass(frozen=True)
class Observation:
    """One value of an indicator.

    Attributes:
        indicator: Its code.
        ref_area: Reporting country.
        time_period: Month, quarter or year.
        breakdown: Value of each breakdown, by name.
        value: None where it cannot be computed.
        obs_status: Code of ``CL_OBS_STATUS``.
        numerator, denominator: What a share or rate was made of.
        unknown: How many are left out of the denominator, because what is asked is not known.
        median: The band of the median, where values are bands of days.
    """

    indicator: str
    ref_area: str
    time_period: str
    breakdown: Mapping[str, str]
    value: float | int | None
    obs_status: str
    numerator: int | None = None
    denominator: int | None = None
    unknown: int | None = None
    median: str | None = None


@dataclass(frozen=True)
class Unknown:
    """How much of an indicator is unknown along one dimension.

    Attributes:
        indicator: Its code.
        ref_area: Reporting country.
        time_period: Month, quarter or year.
        dimension: The dimension.
        unknown: Things of unknown or suppressed value.
        total: All things.
    """

    indicator: str
    ref_area: str
    time_period: str
    dimension: str
    unknown: int
    total: int

    @property
    def share(self) -> float:
        """Per cent."""
        return self.unknown / self.total * 100


_MONTHLY = {rule.measure for rule in RULES if "M" in rule.frequencies}
"""Measures that are counted by the month; such a rule counts every event."""


# --- Observations ---------------------------------------------------------------------------------


def observe(cells: Cells, indicator: str, by: Sequence[str] = ()) -> list[Observation]:
    """The values of an indicator.

    Args:
        cells: The cells of the ledgers.
        indicator: Its code.
        by: Breakdowns of the catalogue.

    Raises:
        UnknownIndicator: The catalogue has no such indicator or breakdown.
    """
    entry = entry_of(indicator)
    if wrong := set(by) - set(entry.breakdowns):
        raise UnknownIndicator(
            expected=f"{indicator} by {', '.join(entry.breakdowns) or 'nothing'}",
            got=", ".join(sorted(wrong)),
        )
    behind = [VIEWS[name][0][0] for name in by]
    if len(set(behind)) < len(behind):
        raise UnknownIndicator(expected="one breakdown of a dimension", got=", ".join(by))
    formula = FORMULAS[indicator]
    found = _compute(formula, cells, (*_always(formula, by), *by), indicator)
    kept = (o for o in found if _frequency(o.time_period) in entry.frequencies)
    return sorted(kept, key=_in_order)


def _in_order(o: Observation) -> tuple[str, ...]:
    """Bands of days stand in their own order, all else in that of the alphabet."""
    values = (str(list(BANDS).index(v)) if v in BANDS else v for v in o.breakdown.values())
    return o.ref_area, o.time_period, *values


def entry_of(indicator: str) -> Indicator:
    """The catalogue's entry of an indicator.

    Raises:
        UnknownIndicator: There is none.
    """
    entry = catalogue().get(indicator)
    if entry is None:
        raise UnknownIndicator(expected=f"one of {', '.join(catalogue())}", got=indicator)
    return entry


def _always(formula: Formula, by: Sequence[str]) -> tuple[str, ...]:
    """The breakdown without which an indicator says nothing, if it was not asked for."""
    wanted: tuple[str, ...]
    match formula:
        case Count() | Share():
            wanted = (formula.always_by,) if formula.always_by else ()
        case Parts():
            wanted = () if set(by) & set(formula.along) else formula.along[:1]
        case Bands():
            wanted = (formula.along,)
        case _:
            wanted = ()
    return tuple(name for name in wanted if name not in by)


def _frequency(period: str) -> str:
    return {4: "A", 7: "Q" if "Q" in period else "M"}[len(period)]


def _compute(
    formula: Formula, cells: Cells, by: Sequence[str], indicator: str
) -> Iterable[Observation]:
    match formula:
        case Count():
            return _counts(formula, cells, by, indicator)
        case Share():
            return _shares(formula, cells, by, indicator)
        case Parts():
            return _parts(formula.of, [n for n in by if n in formula.along], cells, by, indicator)
        case Bands():
            found = _parts(formula.of, [formula.along], cells, by, indicator)
            return _with_medians(list(found), formula.along)
        case Rate():
            return _rates(formula, cells, by, indicator)
        case NotCounted():
            return []


def _observation(indicator: str, group: Group, by: Sequence[str], value: int | None) -> Observation:
    area, period, *values = group
    breakdown = dict(zip(by, values, strict=True))
    return Observation(indicator, area, period, breakdown, value, "Q" if value is None else "A")


def _counts(
    formula: Count, cells: Cells, by: Sequence[str], indicator: str
) -> Iterable[Observation]:
    counts = formula.of.add_up(cells, by)
    hidden = _hidden_months(counts) if formula.of.measure in _MONTHLY else set()
    for group in counts.keys() | hidden:
        yield _observation(indicator, group, by, None if group in hidden else counts[group])


def _hidden_months(counts: Mapping[Group, int]) -> set[Group]:
    """The months of every quarter that counts more than they do together."""
    rest: Counter[Group] = Counter()
    for (area, period, *values), count in counts.items():
        frequency = _frequency(period)
        if frequency != "A":
            quarter = period if frequency == "Q" else period_at(period, "Q")
            rest[(area, quarter, *values)] += count if frequency == "Q" else -count
    return {
        (area, month, *values)
        for (area, quarter, *values), more in rest.items()
        if more > 0
        for month in months_of(quarter)
    }


# --- Shares ---------------------------------------------------------------------------------------


def _divided(o: Observation, count: int, base: int | None, scale: int, least: int) -> Observation:
    """An observation with its quotient."""
    value = count / base * scale if base else None
    status = "O" if value is None else "U" if (base or 0) < least else "A"
    return replace(o, value=value, obs_status=status, numerator=count, denominator=base)


def _shares(
    formula: Share, cells: Cells, by: Sequence[str], indicator: str
) -> Iterable[Observation]:
    counts = formula.of.add_up(cells, by)
    known = formula.among.add_up(cells, by)
    # Where all are unknown there is a missing share, not none.
    for group, number in formula.among.of_all().add_up(cells, by).items():
        o = _observation(indicator, group, by, None)
        told = replace(o, unknown=number - known[group]) if formula.among.known else o
        yield _divided(told, counts[group], known[group], 100, LOW_RELIABILITY)


def _parts(
    of: Select, along: Sequence[str], cells: Cells, by: Sequence[str], indicator: str
) -> Iterable[Observation]:
    known = replace(of, known=(*of.known, *(of.behind(name) for name in along)))
    rest = [name for name in by if name not in along]
    every, bases = of.add_up(cells, rest), known.add_up(cells, rest)
    places = [place for place, name in enumerate(by) if name not in along]
    empty = set(every)
    for group, count in known.add_up(cells, by).items():
        base = (*group[:2], *(group[2 + place] for place in places))
        empty.discard(base)
        o = _observation(indicator, group, by, None)
        told = replace(o, unknown=every[base] - bases[base])
        yield _divided(told, count, bases[base], 100, LOW_RELIABILITY)
    for base in empty:
        values = dict(zip(rest, base[2:], strict=True))
        group = (*base[:2], *(values.get(name, UNKNOWN) for name in by))
        o = _observation(indicator, group, by, None)
        yield _divided(replace(o, unknown=every[base]), 0, None, 100, LOW_RELIABILITY)


def _with_medians(found: Sequence[Observation], along: str) -> Iterable[Observation]:
    """Tells the median band beside every band of a group."""
    bands: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for o in found:
        bands[_beside(o, along)][o.breakdown[along]] += o.numerator or 0
    for o in found:
        yield replace(o, median=median_band(bands[_beside(o, along)]))


def _beside(o: Observation, along: str) -> tuple[str, ...]:
    return o.ref_area, o.time_period, *(v for n, v in o.breakdown.items() if n != along)


def median_band(numbers: Mapping[str, int]) -> str | None:
    """The band by whose end half of the things are reached; None where nothing is known.

    Example:
        >>> median_band({"D0T7": 2, "D8T30": 1, "D_GT365": 2})
        'D8T30'
    """
    reached, half = 0, sum(numbers.get(band, 0) for band in BANDS) / 2
    for band in BANDS:
        reached += numbers.get(band, 0)
        if reached and reached >= half:
            return band
    return None


# --- Rates ----------------------------------------------------------------------------------------


def _rates(formula: Rate, cells: Cells, by: Sequence[str], indicator: str) -> Iterable[Observation]:
    for group, count in formula.of.add_up(cells, by).items():
        o = _observation(indicator, group, by, None)
        yield _divided(o, count, residents(group, by), 100_000, 0)


@cache
def _population() -> dict[tuple[str, str, str, str], int]:
    """Mid-year residents by country, year, sex and age (``_T`` for all)."""
    table: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    with (FOLDER / "population.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = (row["country"], row["year"], row.get("sex") or TOTAL, row.get("age") or TOTAL)
            table[key] = int(row["population"])
    return dict(table)


def residents(group: Group, by: Sequence[str]) -> int | None:
    """The population that belongs to a group, or None where it is not known.

    A rate by form of exploitation is a part of the country's rate; a rate by sex or age needs the
    residents of that sex or age (SDG 16.2.2 metadata).
    """
    area, period, *values = group
    breakdown = dict(zip(by, values, strict=True))
    sex, age = breakdown.get("SEX", TOTAL), breakdown.get("AGE", TOTAL)
    return _population().get((area, period, sex, age))


# --- What is unknown ------------------------------------------------------------------------------


def unknowns(cells: Cells, indicator: str) -> list[Unknown]:
    """How much is unknown of what an indicator rests on, dimension by dimension.

    By quarters and years: a month may be known in part only.

    Args:
        cells: The cells of the ledgers.
        indicator: Its code.

    Raises:
        UnknownIndicator: The catalogue has no such indicator.
    """
    entry, formula = entry_of(indicator), FORMULAS[indicator]
    if isinstance(formula, NotCounted):
        return []
    of = (formula.among if isinstance(formula, Share) else formula.of).of_all()
    resting = {*(of.behind(name) for name in entry.breakdowns), *_rests_on(formula)}
    names = [name for name in of.dimensions if name in resting]
    asked = set(entry.frequencies) - {"M"}
    totals = {g: n for g, n in of.add_up(cells, ()).items() if _frequency(g[1]) in asked}
    found = {name: _unknown_along(of, name, cells) for name in names}
    return [
        Unknown(indicator, area, period, name, found[name][area, period], total)
        for (area, period), total in sorted(totals.items())
        for name in names
    ]


def _rests_on(formula: Formula) -> tuple[str, ...]:
    return formula.among.known if isinstance(formula, Share) else ()


def _unknown_along(of: Select, name: str, cells: Cells) -> Counter[Group]:
    """The things whose value of a dimension is unknown, by country and period."""
    known = replace(of, known=(name,)).add_up(cells, ())
    return Counter({g: total - known[g] for g, total in of.add_up(cells, ()).items()})
