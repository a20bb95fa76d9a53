"""The region at a glance: what is newest, the countries side by side, the trend, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from deploy.console.charts import Chart
from deploy.console.i18n import Tongue
from deploy.console.store import Snapshot
from deploy.console.views import words
from deploy.console.views.cuts import ALL, Answer, answer, frequency, periods, series
from deploy.console.views.drawing import bars, trends
from deploy.console.views.figures import Difference, Figure, difference
from schemas.codelists import codelist
from schemas.releases import Release

MAIN = "VIC_IDENT"
COUNTRIES = codelist("CL_REPORTING_COUNTRY").codes


@dataclass(frozen=True)
class Line:
    """A line of a table.

    Attributes:
        name: What it is called.
        figures: Its numbers.
        source: The release that they come from, where lines have one each.
    """

    name: str
    figures: Sequence[Figure]
    source: Release | None = None


@dataclass(frozen=True)
class Change:
    """A country's newest quarter against the one before."""

    country: str
    now: Figure
    before: Figure
    difference: Difference


@dataclass(frozen=True)
class Region:
    """The page.

    Attributes:
        day: When something was published last.
        newest: What was published then.
        before: The day of publication before.
        year: The newest year of which numbers are out; its numbers by country, all of them last.
        charts: The trend of each country.
        answers: The quarters of the trend; its table has them too.
        forms: The newest numbers by form of exploitation.
        changes: The newest quarter against the one before.
    """

    day: date
    before: date | None
    newest: Sequence[Release]
    year: Answer | None
    year_chart: Chart | None
    countries: Sequence[Line]
    answers: Sequence[Answer]
    charts: Sequence[Chart]
    trend: Sequence[Line]
    forms: Answer | None
    forms_chart: Chart | None
    form_lines: Sequence[Line]
    changes: Sequence[Change]


def region(snapshot: Snapshot, tongue: Tongue) -> Region | None:
    """The page; None as long as nothing is out."""
    days = snapshot.days()
    if not days:
        return None
    of_main = periods(snapshot.of_indicator(MAIN))
    quarters = series(snapshot, MAIN, "2000-Q1", most=12)
    year = _newest(snapshot, [p for p in of_main if frequency(p) == "A"], ())
    forms = _newest(snapshot, of_main, ("FORM",))
    names = {code: words.area(code, tongue) for code in COUNTRIES}
    return Region(
        day=days[0],
        before=days[1] if len(days) > 1 else None,
        newest=snapshot.of_day(days[0]),
        year=year,
        year_chart=_year_chart(year, tongue),
        countries=[] if year is None else _by_country(year, tongue),
        answers=quarters,
        charts=_trend_charts(quarters, names, tongue),
        trend=[
            Line(
                tongue.period(one.period),
                [one.of(code) for code in (*COUNTRIES, ALL)],
                one.release,
            )
            for one in reversed(quarters)
        ],
        forms=forms,
        forms_chart=_forms_chart(forms, tongue),
        form_lines=[] if forms is None else _by_form(forms, tongue),
        changes=_changes(quarters, tongue),
    )


def _newest(snapshot: Snapshot, known: Sequence[str], cut: tuple[str, ...]) -> Answer | None:
    found = (answer(snapshot, MAIN, period, cut) for period in known)
    return next((one for one in found if one is not None), None)


def _by_country(year: Answer, tongue: Tongue) -> list[Line]:
    return [Line(words.area(code, tongue), [year.of(code)]) for code in (*COUNTRIES, ALL)]


def _year_chart(year: Answer | None, tongue: Tongue) -> Chart | None:
    if year is None:
        return None
    name = words.of_period(words.indicator_name(MAIN, tongue), year.period, tongue)
    return bars(name, {words.area(code, tongue): year.of(code) for code in COUNTRIES}, tongue)


def _trend_charts(quarters: Sequence[Answer], names: dict[str, str], tongue: Tongue) -> list[Chart]:
    return trends(quarters, names, lambda one, code: one.of(code), tongue) if quarters else []


def _ordered(forms: Answer) -> list[tuple[str, ...]]:
    """Largest first, what is unknown or another last."""
    return sorted(
        forms.cells, key=lambda cell: (cell[0].startswith("_"), -forms.of(ALL, cell).value)
    )


def _forms_chart(forms: Answer | None, tongue: Tongue) -> Chart | None:
    if forms is None:
        return None
    figures = {
        words.cell_name(forms.cut, cell, tongue): forms.of(ALL, cell) for cell in _ordered(forms)
    }
    name = words.of_period(words.cut_name(forms.cut, tongue), forms.period, tongue)
    return bars(name, figures, tongue)


def _by_form(forms: Answer, tongue: Tongue) -> list[Line]:
    return [
        Line(
            words.cell_name(forms.cut, cell, tongue),
            [forms.of(code, cell) for code in (*COUNTRIES, ALL)],
        )
        for cell in _ordered(forms)
    ]


def _changes(quarters: Sequence[Answer], tongue: Tongue) -> list[Change]:
    if len(quarters) < 2:
        return []
    before, now = quarters[-2:]
    return [
        Change(
            words.area(code, tongue),
            now.of(code),
            before.of(code),
            difference(now.of(code), before.of(code)),
        )
        for code in (*COUNTRIES, ALL)
    ]
