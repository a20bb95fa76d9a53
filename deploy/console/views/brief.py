"""A brief: what was published of a country or of all four in a year, on one page, for a minister.

It is made of answers as every other page is, and holds nothing else than they do: the number with
its bounds, the trend, forms, corridors, how far cases came, what all that is and is not, and where
it can be verified. The same model becomes a page of the console and a PDF.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from deploy.console.charts import Chart, Mark
from deploy.console.charts.strips import Strips, WideTrend
from deploy.console.i18n import Tongue
from deploy.console.store import Snapshot
from deploy.console.views import brief_words as say
from deploy.console.views import words
from deploy.console.views.brief_words import Named
from deploy.console.views.cuts import (
    ALL,
    Answer,
    Cell,
    answer,
    ending,
    frequency,
    periods,
    series,
)
from deploy.console.views.drawing import told, top
from deploy.console.views.figures import Figure, total
from deploy.console.views.region import COUNTRIES, MAIN
from deploy.exports.method import citation
from schemas.releases import Release

AREAS = (*COUNTRIES, ALL)
REGION = "ALL"
"""All four countries, in addresses and on the command line."""
CORRIDORS = 6
"""Countries of recruitment with a row of their own; the others share one."""
QUARTERS = 12
COURT = ("PROSEC", "CONV")


@dataclass(frozen=True)
class Part:
    """A table with the sentence above it and the bars beside it.

    Attributes:
        id: Of its heading.
        title: Its heading.
        sentence: What it says.
        column: What its rows are.
        rows: Its numbers.
        strips: A bar for each; None where nothing is published.
    """

    id: str
    title: str
    sentence: str
    column: str
    rows: Sequence[Named]
    strips: Chart | None


@dataclass(frozen=True)
class Source:
    """A release that numbers come from."""

    key: str
    title: str
    day: date
    vintage: str
    digest: str


@dataclass(frozen=True)
class Brief:
    """The page.

    Attributes:
        area: Code of the country, or of all.
        period: The year.
        title: What it is about.
        name: The area's name.
        day: When the number was published.
        vintage: In which vintage.
        figure: How many were identified.
        sentences: What is to be said of that.
        trend: The line through quarters.
        trend_told: All its numbers in words.
        through: All its numbers.
        quarters: Those of the year.
        parts: Forms, corridors, stages, and for all four the countries.
        are: What the numbers are and are not.
        sources: Releases that the year's numbers come from.
        others: Keys of those that only the trend and the year before come from.
        citation: How to cite.
    """

    area: str
    period: str
    title: str
    name: str
    day: date
    vintage: str
    figure: Figure
    sentences: Sequence[str]
    trend: Chart | None
    trend_told: str
    through: Sequence[Named]
    quarters: Sequence[Named]
    parts: Sequence[Part]
    are: Sequence[str]
    sources: Sequence[Source]
    others: Sequence[str]
    citation: str


def years(snapshot: Snapshot) -> list[str]:
    """The years of which there can be a brief, the newest first."""
    known = periods(snapshot.of_indicator(MAIN))
    return [one for one in known if frequency(one) == "A"]


def area_of(code: str) -> str | None:
    """The area of a code in an address; None if there is none."""
    inner = ALL if code == REGION else code
    return inner if inner in AREAS and code != ALL else None


def code_of(area: str) -> str:
    """The code of an area in addresses."""
    return REGION if area == ALL else area


def brief(snapshot: Snapshot, area: str, period: str, tongue: Tongue) -> Brief | None:
    """The brief of an area and a year; None if nothing is published of it.

    Args:
        snapshot: What is known.
        area: A country, or ``_ALL``.
        period: The year.
        tongue: Language of the words.
    """
    year = answer(snapshot, MAIN, period) if frequency(period) == "A" else None
    if year is None:
        return None
    past = str(int(period) - 1)
    before = answer(snapshot, MAIN, past)
    quarters = _quarters(snapshot, period)
    through = [Named(tongue.period(one.period), one.of(area)) for one in quarters]
    found = {name: answer(snapshot, MAIN, period, (name,)) for name in ("FORM", "ORIGIN", "STAGE")}
    used = [year, *(one for one in found.values() if one is not None)]
    figure, noise = year.of(area), year.release.noise
    return Brief(
        area=area,
        period=period,
        title=say.title(area, period, tongue),
        name=words.area(area, tongue),
        day=year.release.statement.released_on,
        vintage=words.vintage(year.release, tongue),
        figure=figure,
        sentences=[
            say.identified(area, period, figure, tongue),
            *([say.between(figure, noise.coverage, tongue)] if noise else []),
            say.change(figure, before.of(area) if before else None, past, tongue),
        ],
        trend=_trend(through, tongue),
        trend_told=_all_told(through, tongue),
        through=through,
        quarters=[
            named
            for one, named in zip(quarters, through, strict=True)
            if one.period.startswith(period)
        ],
        parts=[
            _forms(found["FORM"], area, tongue),
            _corridors(found["ORIGIN"], area, tongue),
            _stages(found["STAGE"], area, tongue),
            *([_countries(year, tongue)] if area == ALL else []),
        ],
        are=say.are_and_are_not(area, tongue),
        sources=_sources(used, tongue),
        others=_others([*quarters, *([before] if before else [])], used),
        citation=citation(year.release, tongue.language),
    )


# --- The trend ------------------------------------------------------------------------------------


def _quarters(snapshot: Snapshot, year: str) -> list[Answer]:
    """The quarters up to the end of a year, the oldest first."""
    through = series(snapshot, MAIN, "2000-Q1", most=len(periods(snapshot.of_indicator(MAIN))))
    return [one for one in through if ending(one.period) <= ending(year)][-QUARTERS:]


def _trend(through: Sequence[Named], tongue: Tongue) -> Chart | None:
    if len(through) < 2:
        return None
    return WideTrend(
        tongue.gettext("The trend by quarter"),
        _all_told(through, tongue),
        tongue.direction == "rtl",
        tuple(Mark.of(one.name, one.figure) for one in through),
        top(one.figure for one in through),
    )


def _all_told(through: Sequence[Named], tongue: Tongue) -> str:
    return tongue.gettext(
        "Line with a band of uncertainty. %(listed)s.", listed=_listed(through, tongue)
    )


def _listed(rows: Sequence[Named], tongue: Tongue) -> str:
    return "; ".join(f"{row.name}: {told(row.figure, tongue)}" for row in rows)


# --- The parts ------------------------------------------------------------------------------------


def _ranked(found: Answer, area: str, tongue: Tongue) -> list[tuple[Cell, Named]]:
    """The codes that say something, the largest number first."""
    named = [
        (cell, Named(words.cell_name(found.cut, cell, tongue), figure))
        for cell, figure in found.figures[area].items()
        if not cell[0].startswith("_")
    ]
    return sorted(named, key=lambda one: -one[1].figure.value)


def _residuals(found: Answer, area: str, tongue: Tongue) -> list[Named]:
    """Other and unknown, which stand last."""
    return [
        Named(words.cell_name(found.cut, cell, tongue), figure)
        for cell, figure in found.figures[area].items()
        if cell[0].startswith("_")
    ]


def _part(
    name: str, title: str, sentence: str, column: str, rows: Sequence[Named], tongue: Tongue
) -> Part:
    strips = Strips(
        title,
        tongue.gettext(
            "Bars with whiskers of uncertainty. %(listed)s.", listed=_listed(rows, tongue)
        ),
        tongue.direction == "rtl",
        tuple(Mark.of(row.name, row.figure) for row in rows),
        top(row.figure for row in rows),
    )
    return Part(name, title, sentence, column, rows, strips)


def _unpublished(name: str, title: str, tongue: Tongue) -> Part:
    sentence = tongue.gettext("No table of this stands for the year.")
    return Part(name, title, sentence, "", (), None)


def _forms(found: Answer | None, area: str, tongue: Tongue) -> Part:
    title = tongue.gettext("Forms of exploitation")
    if found is None:
        return _unpublished("forms", title, tongue)
    ranked = [named for _, named in _ranked(found, area, tongue)]
    rows = [*ranked, *_residuals(found, area, tongue)]
    column = words.cut_name(found.cut, tongue)
    return _part("forms", title, say.FORMS.of(ranked, tongue), column, rows, tongue)


def _corridors(found: Answer | None, area: str, tongue: Tongue) -> Part:
    title = tongue.gettext("Corridors")
    if found is None:
        return _unpublished("corridors", title, tongue)
    ranked = _ranked(found, area, tongue)
    shown, rest = ranked[:CORRIDORS], [cell for cell, _ in ranked[CORRIDORS:]]
    rows = [named for _, named in shown]
    sentence = say.CORRIDORS.of(rows, tongue)
    if rest:
        label = tongue.ngettext(
            "%(num)s more country", "%(num)s more countries together", len(rest)
        )
        rows.append(Named(label, _summed(found, area, rest)))
    rows += _residuals(found, area, tongue)
    column = words.cut_name(found.cut, tongue)
    return _part("corridors", title, sentence, column, rows, tongue)


def _stages(found: Answer | None, area: str, tongue: Tongue) -> Part:
    title = tongue.gettext("How far cases came")
    if found is None:
        return _unpublished("stages", title, tongue)
    rows = [
        Named(words.cell_name(found.cut, cell, tongue), found.of(area, cell))
        for cell in found.cells
    ]
    court = _summed(found, area, [(stage,) for stage in COURT])
    column = words.cut_name(found.cut, tongue)
    return _part("stages", title, say.of_stages(court, tongue), column, rows, tongue)


def _countries(year: Answer, tongue: Tongue) -> Part:
    rows = [Named(words.area(code, tongue), year.of(code)) for code in COUNTRIES]
    return _part(
        "countries",
        tongue.gettext("Where they were identified"),
        tongue.gettext("Each country counts what its own authorities found."),
        tongue.gettext("Country"),
        rows,
        tongue,
    )


def _summed(found: Answer, area: str, cells: Sequence[Cell]) -> Figure:
    """Several cells of an answer as one number, with the noise of all of them."""
    release = found.release
    rows = [
        row
        for row in release.observations
        if area in (ALL, row.REF_AREA)
        and tuple(str(getattr(row, name)) for name in found.cut) in cells
    ]
    return total(rows, release.noise, release.vintage == "PROVISIONAL")


# --- Where it comes from --------------------------------------------------------------------------


def _sources(used: Sequence[Answer], tongue: Tongue) -> list[Source]:
    return [
        Source(
            release.key,
            words.title(release, tongue),
            release.statement.released_on,
            words.vintage(release, tongue),
            release.statement.output,
        )
        for release in _once(used)
    ]


def _others(more: Sequence[Answer], used: Sequence[Answer]) -> list[str]:
    known = {release.key for release in _once(used)}
    return sorted(release.key for release in _once(more) if release.key not in known)


def _once(answers: Iterable[Answer]) -> list[Release]:
    return list({one.release.key: one.release for one in answers}.values())
