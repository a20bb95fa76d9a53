"""Trainings and requests for cooperation: counts of events, not of persons, and so exact.

Each of the two has two dimensions. They are shown crossed, by country, and through the years; what
a reader chose of year and country stands in the address and holds for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from deploy.console.charts import Chart
from deploy.console.i18n import Tongue
from deploy.console.store import Snapshot
from deploy.console.views import words
from deploy.console.views.cuts import ALL, Answer, Cell, answer, frequency, periods, series
from deploy.console.views.drawing import bars, trends
from deploy.console.views.figures import Figure
from deploy.console.views.indicator import Choice
from deploy.console.views.region import COUNTRIES, Line
from deploy.exports.method import about_table, citation
from schemas.releases import Release

MOST_YEARS = 10
COUNTED = {"trainings": ("TRN_N", "AXIS", "MODE"), "requests": ("COOP_N", "DIRECTION", "KIND")}
"""Indicators and their dimensions, by the anchor under which they stand."""


@dataclass(frozen=True)
class Chosen:
    """What a reader may choose.

    Attributes:
        year: Empty for the newest.
        country: Alpha-3 code; empty for all four together.
    """

    year: str = ""
    country: str = ""

    def query(self) -> str:
        """As it stands in an address."""
        return urlencode({"year": self.year, "country": self.country})


@dataclass(frozen=True)
class Crossed:
    """A table with a row for each code and a column for each of another dimension, all last.

    Attributes:
        name: The dimension of the columns.
        corner: What the rows are.
        columns: What the columns are called.
        lines: The rows.
    """

    name: str
    corner: str
    columns: Sequence[str]
    lines: Sequence[Line]


@dataclass(frozen=True)
class Part:
    """One of the two.

    Attributes:
        anchor: Where it stands on the page.
        code: Of the catalogue.
        name: In the reader's language.
        release: Where the numbers of the year come from; None if none are out for it.
        none: Whether it is out, and counts nothing in the country.
        crossed: Both dimensions, in the country.
        charts: The rows and the columns of that, each by itself.
        countries: The countries by both dimensions.
        years: The years by country.
        trends: A line for each country; none for a single year.
        citation: How to quote the release.
        method: How it counts.
    """

    anchor: str
    code: str
    name: str
    release: Release | None = None
    none: bool = False
    crossed: Crossed | None = None
    charts: Sequence[Chart] = ()
    countries: Sequence[Crossed] = ()
    years: Crossed | None = None
    trends: Sequence[Chart] = ()
    citation: str = ""
    method: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """The page.

    Attributes:
        chosen: What is shown; None as long as nothing is out.
        adjusted: Whether that is not what was asked for.
        area: The country, in words.
        parts: The two.
        years: What can be chosen.
        countries: Likewise.
    """

    chosen: Chosen | None
    adjusted: bool
    area: str
    parts: Sequence[Part]
    years: Sequence[Choice]
    countries: Sequence[Choice]


def page(snapshot: Snapshot, chosen: Chosen, tongue: Tongue) -> Page:
    """The page, as the reader chose to see it."""
    known = _years(snapshot)
    areas = [Choice(code, words.area(code, tongue)) for code in COUNTRIES]
    choices = [Choice("", words.area(ALL, tongue)), *areas]
    if not known:
        return Page(None, False, "", [], [], choices)
    now = Chosen(
        chosen.year if chosen.year in known else known[0],
        chosen.country if chosen.country in COUNTRIES else "",
    )
    return Page(
        now,
        chosen not in (now, Chosen("", now.country)),
        words.area(now.country or ALL, tongue),
        [_part(snapshot, anchor, now, tongue) for anchor in COUNTED],
        [Choice(year, year) for year in known],
        choices,
    )


def _years(snapshot: Snapshot) -> list[str]:
    """The years of which either is out, the newest first."""
    of_both = {
        period
        for code, *_ in COUNTED.values()
        for period in periods(snapshot.of_indicator(code))
        if frequency(period) == "A"
    }
    return sorted(of_both, reverse=True)


def _part(snapshot: Snapshot, anchor: str, chosen: Chosen, tongue: Tongue) -> Part:
    code, down, across = COUNTED[anchor]
    name = words.indicator_name(code, tongue)
    found = answer(snapshot, code, chosen.year, (down, across))
    if found is None:
        return Part(anchor, code, name)
    place = chosen.country or ALL
    through = series(snapshot, code, chosen.year, (down, across), MOST_YEARS)
    areas = {one: words.area(one, tongue) for one in COUNTRIES}
    return Part(
        anchor,
        code,
        name,
        found.release,
        _sum(found, place).value == 0,
        _crossed(found, place, tongue),
        [_bars(found, place, at, tongue) for at in (0, 1)],
        [_by_country(found, at, tongue) for at in (0, 1)],
        _through(through, tongue),
        trends(through, areas, _sum, tongue) if len(through) > 1 else [],
        citation(found.release, tongue.language),
        about_table(found.release, tongue.language),
    )


def _sum(found: Answer, country: str, down: str = "", across: str = "") -> Figure:
    """All of a country, or what has a code of either dimension."""
    cells = [
        figure
        for (one, other), figure in _pairs(found, country)
        if down in ("", one) and across in ("", other)
    ]
    value = sum(figure.value for figure in cells)
    return Figure(value, value, value, value, False, False, len(cells), 0)


def _pairs(found: Answer, country: str) -> list[tuple[Cell, Figure]]:
    return list(found.figures[country].items())


def _codes(found: Answer, at: int) -> list[str]:
    return list(dict.fromkeys(cell[at] for cell in found.cells))


def _name(found: Answer, at: int, code: str, tongue: Tongue) -> str:
    return words.cell_name(found.cut[at : at + 1], (code,), tongue)


def _crossed(found: Answer, country: str, tongue: Tongue) -> Crossed:
    columns = {code: _name(found, 1, code, tongue) for code in _codes(found, 1)}
    rows = {code: _name(found, 0, code, tongue) for code in _codes(found, 0)}
    every = tongue.gettext("All")
    return Crossed(
        words.cut_name(found.cut[1:], tongue),
        words.cut_name(found.cut[:1], tongue),
        [*columns.values(), every],
        [
            Line(name, [_sum(found, country, row, column) for column in (*columns, "")])
            for row, name in {**rows, "": every}.items()
        ],
    )


def _bars(found: Answer, country: str, at: int, tongue: Tongue) -> Chart:
    title = words.of_period(words.cut_name(found.cut[at : at + 1], tongue), found.period, tongue)
    figures = {
        _name(found, at, code, tongue): _of(found, country, at, code) for code in _codes(found, at)
    }
    return bars(title, figures, tongue)


def _of(found: Answer, country: str, at: int, code: str) -> Figure:
    return _sum(found, country, *(("", code) if at else (code, "")))


def _by_country(found: Answer, at: int, tongue: Tongue) -> Crossed:
    codes = _codes(found, at)
    return Crossed(
        words.cut_name(found.cut[at : at + 1], tongue),
        words.cut_name(("REF_AREA",), tongue),
        [*(_name(found, at, code, tongue) for code in codes), tongue.gettext("All")],
        [
            Line(words.area(place, tongue), [_of(found, place, at, code) for code in (*codes, "")])
            for place in (*COUNTRIES, ALL)
        ],
    )


def _through(answers: Sequence[Answer], tongue: Tongue) -> Crossed:
    places = (*COUNTRIES, ALL)
    return Crossed(
        words.cut_name(("REF_AREA",), tongue),
        words.cut_name(("TIME_PERIOD",), tongue),
        [words.area(place, tongue) for place in places],
        [
            Line(tongue.period(one.period), [_sum(one, place) for place in places], one.release)
            for one in reversed(answers)
        ],
    )
