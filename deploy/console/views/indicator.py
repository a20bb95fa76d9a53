"""An indicator: what it is, and any cut of what was released of it.

What a reader chose stands in the address, so the address brings the same view again. A choice that
nothing answers is put right rather than refused: the nearest one is shown, and said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from deploy.console.charts import Chart
from deploy.console.i18n import Tongue
from deploy.console.store import Snapshot
from deploy.console.views import words
from deploy.console.views.cuts import (
    ALL,
    WHOLE,
    Answer,
    Cut,
    answer,
    cuts,
    periods,
    series,
)
from deploy.console.views.drawing import told, trends
from deploy.console.views.figures import Figure
from deploy.console.views.region import COUNTRIES, Line
from deploy.documents.indicators_table import counting_text, formula_text
from deploy.exports.method import about_table, citation
from processors.indicators.formulas import FORMULAS
from schemas.codelists import codelist
from schemas.indicators import Indicator, catalogue

MOST_LINES = 12
"""Lines that are drawn; the table has all."""


@dataclass(frozen=True)
class Chosen:
    """What a reader may choose.

    Attributes:
        period: Year, quarter or month; empty for the newest.
        by: Dimensions with commas between; empty for none.
        country: Alpha-3 code; empty for all, each by itself.
    """

    period: str = ""
    by: str = ""
    country: str = ""

    @property
    def cut(self) -> Cut:
        return tuple(name for name in self.by.split(",") if name)

    def query(self) -> str:
        """As it stands in an address."""
        return urlencode({"period": self.period, "by": self.by, "country": self.country})


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen."""

    value: str
    name: str


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    country: str
    cell: str
    figure: Figure


@dataclass(frozen=True)
class View:
    """What was chosen and what answers it."""

    chosen: Chosen
    adjusted: bool
    answer: Answer
    rows: Sequence[Row]
    charts: Sequence[Chart]
    columns: Sequence[str]
    lines: Sequence[Line]
    left_out: int
    citation: str
    cut: str
    method: Sequence[str]


@dataclass(frozen=True)
class Page:
    """The page of an indicator.

    Attributes:
        entry: Its row of the catalogue.
        name: In the reader's language.
        unit: Likewise.
        status: Likewise: in which status persons are counted.
        frequencies: Likewise.
        breakdowns: Likewise.
        formula: How it follows from what was counted, and how that is counted; in English.
        view: Numbers; None where nothing of it was released.
        periods: What can be chosen.
        cuts: Likewise.
        countries: Likewise.
    """

    entry: Indicator
    name: str
    unit: str
    status: str
    frequencies: Sequence[str]
    breakdowns: Sequence[str]
    formula: Sequence[str]
    view: View | None
    periods: Sequence[Choice]
    cuts: Sequence[Choice]
    countries: Sequence[Choice]


@dataclass(frozen=True)
class Listed:
    """An indicator in the list of all."""

    code: str
    name: str
    status: str
    standard: str
    released: bool


def listed(snapshot: Snapshot, tongue: Tongue) -> list[Listed]:
    """All indicators of the catalogue, those of which numbers are out first."""
    released = snapshot.indicators()
    rows = [
        Listed(
            code,
            entry.names[tongue.language],
            codelist("CL_COUNT_STATUS").label(entry.status, tongue.language),
            entry.standard,
            code in released,
        )
        for code, entry in catalogue().items()
    ]
    return sorted(rows, key=lambda row: not row.released)


def page(snapshot: Snapshot, code: str, chosen: Chosen, tongue: Tongue) -> Page | None:
    """The page of an indicator; None if the catalogue does not have it."""
    entry = catalogue().get(code)
    if entry is None:
        return None
    releases = snapshot.of_indicator(code)
    language = tongue.language
    return Page(
        entry,
        entry.names[language],
        codelist("CL_UNIT").label(entry.unit, language),
        codelist("CL_COUNT_STATUS").label(entry.status, language),
        [codelist("CL_FREQ").label(name, language) for name in entry.frequencies],
        list(entry.breakdowns),
        formula(code),
        _view(snapshot, code, chosen, tongue),
        [Choice(period, tongue.period(period)) for period in periods(releases)],
        [Choice(",".join(cut), words.cut_name(cut, tongue)) for cut in cuts(releases)],
        [Choice("", tongue.gettext("Each country")), *_areas(tongue)],
    )


def formula(code: str) -> list[str]:
    """How an indicator follows from what was counted, and how that is counted; in English."""
    told = (formula_text(FORMULAS[code]), *counting_text(code))
    return [text.replace("`", "") for text in told]


def _areas(tongue: Tongue) -> list[Choice]:
    return [Choice(code, words.area(code, tongue)) for code in (*COUNTRIES, ALL)]


def settled(snapshot: Snapshot, code: str, chosen: Chosen) -> Answer | None:
    """The answer to what was chosen, or to the nearest question that has one."""
    known = periods(snapshot.of_indicator(code))
    cut = chosen.cut if chosen.cut in cuts(snapshot.of_indicator(code)) else WHOLE
    tries = [(chosen.period, cut)] if chosen.period in known else []
    tries += [(period, cut) for period in known]
    for period, wanted in tries:
        if (found := answer(snapshot, code, period, wanted)) is not None:
            return found
    return None


def _view(snapshot: Snapshot, code: str, chosen: Chosen, tongue: Tongue) -> View | None:
    found = settled(snapshot, code, chosen)
    if found is None:
        return None
    country = chosen.country if chosen.country in (*COUNTRIES, ALL) else ""
    now = Chosen(found.period, ",".join(found.cut), country)
    adjusted = (chosen.period not in ("", now.period)) or chosen.by != now.by
    adjusted = adjusted or chosen.country != now.country
    through = series(snapshot, code, found.period, found.cut)
    names = _lines(found, country, tongue)
    pick, rows = _pick(country), _rows(found, country, tongue)
    drawn = dict(list(names.items())[:MOST_LINES])
    return View(
        chosen=now,
        adjusted=adjusted,
        answer=found,
        rows=rows,
        charts=trends(through, drawn, pick, tongue) if len(through) > 1 else [],
        columns=list(names.values()),
        lines=[
            Line(tongue.period(one.period), [pick(one, key) for key in names], one.release)
            for one in reversed(through)
        ],
        left_out=len(names) - len(drawn),
        citation=_citation(code, found, rows, tongue),
        cut=words.cut_name(found.cut, tongue),
        method=about_table(found.release, tongue.language),
    )


def _rows(found: Answer, country: str, tongue: Tongue) -> list[Row]:
    return [
        Row(words.area(code, tongue), words.cell_name(found.cut, cell, tongue), figure)
        for code in ([country] if country else (*COUNTRIES, ALL))
        for cell, figure in found.figures[code].items()
    ]


def _citation(code: str, found: Answer, rows: Sequence[Row], tongue: Tongue) -> str:
    """How to quote what is shown: the number too, where it is one."""
    release = citation(found.release, tongue.language)
    if len(rows) != 1:
        return release
    return (
        tongue.gettext(
            "%(indicator)s, %(country)s, %(period)s: %(number)s.",
            indicator=words.indicator_name(code, tongue),
            country=rows[0].country,
            period=tongue.period(found.period),
            number=told(rows[0].figure, tongue),
        )
        + f" {release}"
    )


def _lines(found: Answer, country: str, tongue: Tongue) -> Mapping[str, str]:
    """What goes through time: countries, or the codes of the cut in one country or in all."""
    if not found.cut:
        return {code: words.area(code, tongue) for code in ([country] if country else COUNTRIES)}
    return {"|".join(cell): words.cell_name(found.cut, cell, tongue) for cell in found.cells}


def _pick(country: str) -> Callable[[Answer, str], Figure]:
    """Takes from an answer the number of a line."""

    def pick(one: Answer, key: str) -> Figure:
        return one.of(country or ALL, tuple(key.split("|"))) if one.cut else one.of(key)

    return pick
