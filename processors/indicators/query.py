"""From cells to indicators: totals, shares and rates.

A cell knows the finest value of every dimension of its measure. An indicator selects cells of one
or two measures, adds them up along the breakdowns asked for, and divides where it is a share or a
rate. The rules:

1. Along a multiple dimension (``EXPLOITATION``, ``SERVICE``, ``AUDIENCE``) nothing is added up:
   the total is the ``_T`` cell.
2. Shares leave unknowns out of the denominator; how many they are is told by ``DQ_UNK``.
3. A share of fewer than 20 carries OBS_STATUS ``U`` (low reliability).
4. What cannot be computed, because a denominator is missing or zero, is ``O`` (missing) and not 0.
5. A quarter of which some is told without its month counts more than its months do. Then none of
   these is told: they are ``Q`` (suppressed), not what happens to be known of them.

These are exact counts for the platform's operator. What analysts see are releases.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from processors.indicators.dimensions import DIMENSIONS, TOTAL, UNKNOWN
from processors.indicators.rules import RULES, Cell, months_of, period_at
from schemas.codelists import FOLDER, codelist
from schemas.errors import PlatformError
from schemas.indicators import catalogue

LOW_RELIABILITY = 20

Cells = Mapping[Cell, int]
Group = tuple[str, ...]
"""Reporting country, period, and the value of each breakdown."""


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
    """

    indicator: str
    ref_area: str
    time_period: str
    breakdown: Mapping[str, str]
    value: float | int | None
    obs_status: str
    numerator: int | None = None
    denominator: int | None = None


# --- Breakdowns: views on the dimensions ----------------------------------------------------------


def _as_recorded(value: str) -> str | None:
    return None if value == TOTAL else value


@cache
def _broad_age(value: str) -> str | None:
    """0-17, 18 and over, unknown."""
    parents = codelist("CL_AGE")
    parent = parents.parent(value)
    return value if parent in ("", TOTAL) else parent


def _starting_with(prefix: str) -> Callable[[str], str | None]:
    return lambda value: value if value.startswith(prefix) else None


def _form(value: str) -> str | None:
    return value if value in codelist("CL_EXPLOITATION") else None


VIEWS: dict[str, tuple[str, Callable[[str], str | None]]] = {
    **{name: (name, _as_recorded) for name in DIMENSIONS},
    "AGE": ("AGE", _broad_age),
    "AGE_BAND": ("AGE", _as_recorded),
    "FORM": ("EXPLOITATION", _form),
    "FORM_SDG": ("EXPLOITATION", _starting_with("SDG_")),
    "FORM_NAT": ("EXPLOITATION", _starting_with("NAT_")),
}
"""Breakdown to the dimension behind it, and to the value shown (None: not shown)."""

_DIMENSIONS_OF = {rule.measure: (*rule.by, *(("SEX",) if rule.split else ())) for rule in RULES} | {
    "DQ_UNK_NUM": ("DIMENSION",)
}


# --- Selecting and adding up ----------------------------------------------------------------------

Keep = Callable[[Mapping[str, str]], bool]


def _all(_: Mapping[str, str]) -> bool:
    return True


@dataclass(frozen=True)
class Select:
    """Cells of a measure, perhaps only some of them."""

    measure: str
    keep: Keep = field(default=_all)

    def add_up(self, cells: Cells, by: Sequence[str]) -> Counter[Group]:
        """Sums by country, period and breakdowns that the measure has; others are left out."""
        names = _DIMENSIONS_OF[self.measure]
        views = [VIEWS[breakdown] for breakdown in by if VIEWS[breakdown][0] in names]
        totals = [n for n in names if DIMENSIONS[n].multiple and n not in {v[0] for v in views}]
        sums: Counter[Group] = Counter()
        for cell, count in cells.items():
            if cell[0] != self.measure:
                continue
            values = dict(zip(names, cell[3:], strict=True))
            if any(values[name] != TOTAL for name in totals) or not self.keep(values):
                continue
            shown = [view(values[name]) for name, view in views]
            if None not in shown:
                sums[(cell[1], cell[2], *(value or "" for value in shown))] += count
        return sums


@dataclass(frozen=True)
class Count:
    """A number of persons, cases or events."""

    of: Select


@dataclass(frozen=True)
class Share:
    """A percentage of one selection in another."""

    of: Select
    among: Select


@dataclass(frozen=True)
class Rate:
    """A number for each 100,000 residents."""

    of: Select


Formula = Count | Share | Rate


def _is(name: str, *values: str) -> Keep:
    return lambda found: found[name] in values


def _known(name: str) -> Keep:
    return lambda found: found[name] != UNKNOWN


def _between_the_four(found: Mapping[str, str]) -> bool:
    four = codelist("CL_REPORTING_COUNTRY")
    ends = (found["ORIGIN"], found["DEST"])
    return ends[0] != ends[1] and all(end in four for end in ends)


CHILDREN = codelist("CL_AGE").descendants("Y0T17")

FORMULAS: dict[str, Formula] = {
    "VIC_IDENT": Count(Select("VIC_IDENT")),
    "VIC_RATE": Rate(Select("VIC_IDENT")),
    "VIC_PRES": Count(Select("VIC_PRES")),
    "VIC_PRES2ID": Share(Select("VIC_PRES2ID_NUM"), Select("VIC_PRES2ID_DEN")),
    "VIC_CHILD_SH": Share(
        Select("VIC_IDENT", _is("AGE", *CHILDREN)), Select("VIC_IDENT", _known("AGE"))
    ),
    "VIC_FOR_SH": Share(
        Select("VIC_IDENT", _is("NATFOR", "FOREIGN", "STATELESS")),
        Select("VIC_IDENT", _known("NATFOR")),
    ),
    "VIC_CITIZ": Count(Select("VIC_CITIZ")),
    "COR_FLOW": Count(Select("COR_FLOW")),
    "COR_4": Count(Select("COR_FLOW", _between_the_four)),
    "REP_N": Count(Select("REP_N")),
    "REP_CSO_SH": Share(
        Select("REP_N", _is("REPORTER", "NGO", "IGO")), Select("REP_N", _known("REPORTER"))
    ),
    "REP_TRANS_SH": Share(Select("REP_TRANS_SH_NUM"), Select("REP_TRANS_SH_DEN")),
    "REF_COV": Share(Select("REF_COV_NUM"), Select("VIC_IDENT")),
    "AST_N": Count(Select("AST_N")),
    "INV_N": Count(Select("INV_N")),
    "SUS_N": Count(Select("SUS_N")),
    "PRO_N": Count(Select("PRO_N")),
    "CONV_N": Count(Select("CONV_N")),
    "NET_N": Count(Select("NET_N")),
    "TRN_N": Count(Select("TRN_N")),
    "TRN_PER": Count(Select("TRN_N_PER")),
    "DQ_UNK": Share(Select("DQ_UNK_NUM"), Select("DQ_UNK_DEN")),
}

_MONTHLY = {rule.measure for rule in RULES if "M" in rule.frequencies}
"""Measures that are counted by the month; such a rule counts every event."""

_ALWAYS_BY = {"DQ_UNK": "DIMENSION", "VIC_CITIZ": "CITIZ", "CONV_N": "STAGE"}
"""Breakdowns without which the indicator says nothing."""


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
    entry = catalogue().get(indicator)
    if entry is None:
        raise UnknownIndicator(expected=f"one of {', '.join(catalogue())}", got=indicator)
    if unknown := set(by) - set(entry.breakdowns):
        raise UnknownIndicator(
            expected=f"{indicator} by {', '.join(entry.breakdowns) or 'nothing'}",
            got=", ".join(sorted(unknown)),
        )
    behind = [VIEWS[name][0] for name in by]
    if len(set(behind)) < len(behind):
        raise UnknownIndicator(expected="one breakdown of a dimension", got=", ".join(by))
    needed = _ALWAYS_BY.get(indicator)
    by = by if needed is None or needed in by else (needed, *by)
    found = _compute(FORMULAS[indicator], cells, by, indicator)
    kept = (o for o in found if _frequency(o.time_period) in entry.frequencies)
    return sorted(kept, key=lambda o: (o.ref_area, o.time_period, *o.breakdown.values()))


def _frequency(period: str) -> str:
    return {4: "A", 7: "Q" if "Q" in period else "M"}[len(period)]


def _compute(
    formula: Formula, cells: Cells, by: Sequence[str], indicator: str
) -> Iterable[Observation]:
    counts = formula.of.add_up(cells, by)
    if isinstance(formula, Count):
        hidden = _hidden_months(counts) if formula.of.measure in _MONTHLY else set()
        for group in counts.keys() | hidden:
            area, period, *values = group
            breakdown = dict(zip(by, values, strict=True))
            told = (None, "Q") if group in hidden else (counts[group], "A")
            yield Observation(indicator, area, period, breakdown, *told)
        return
    if isinstance(formula, Share):
        known = formula.among.add_up(cells, by)
        # Where all are unknown there is a missing share, not none.
        bases: Mapping[Group, int | None] = {
            group: known[group] for group in Select(formula.among.measure).add_up(cells, by)
        }
        scale, least = 100, LOW_RELIABILITY
    else:
        bases = {group: residents(group, by) for group in counts}
        scale, least = 100_000, 0
    for group, base in bases.items():
        area, period, *values = group
        breakdown = dict(zip(by, values, strict=True))
        count = counts[group]
        value = count / base * scale if base else None
        status = "O" if value is None else "U" if (base or 0) < least else "A"
        yield Observation(indicator, area, period, breakdown, value, status, count, base)


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
