"""From identification to conviction: how far the cases of identified persons have come.

The releases that tell it count every person once, under the highest stage that was reached by the
day of the release. So *at least this stage* is the sum of the cells from that stage on. What a
reader chose stands in the address; a choice that nothing answers is put right, and that is said.

A share is of all persons identified, of the same release, and told only where these are enough
(`shares`). A table comes out once, half a year after its year, so years had the same time, and none
of them is finished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from deploy.console.charts import Bars, Chart, Mark, Trend
from deploy.console.i18n import Tongue, noop
from deploy.console.store import Snapshot
from deploy.console.views import words
from deploy.console.views.cuts import ALL
from deploy.console.views.drawing import bars
from deploy.console.views.figures import Figure, total
from deploy.console.views.indicator import Choice
from deploy.console.views.region import COUNTRIES, MAIN
from deploy.console.views.shares import Share, share
from deploy.exports.labels import codes_of, label
from deploy.exports.method import about_table, citation
from schemas.codelists import codelist
from schemas.releases import Observation, Release

STAGES = codelist("CL_CASE_STAGE").codes
"""From the first to the highest."""
AT_LEAST: Mapping[str, str] = {
    "IDENTIFIED": noop("Identified"),
    "REFERRED": noop("Referred, or further"),
    "PROSEC": noop("Case prosecuted, or further"),
    "CONV": noop("Conviction in the case"),
}
UNTOLD: Mapping[str, str] = {"IDENTIFIED": noop("Reported"), "PROSEC": noop("Assisted")}
"""Steps of a case that no release tells, by the stage before which readers look for them."""
MOST_YEARS = 10


@dataclass(frozen=True)
class Chosen:
    """What a reader may choose.

    Attributes:
        year: Empty for the newest.
        country: Alpha-3 code; empty for all four together.
        form: Code of a form of exploitation; empty for all.
    """

    year: str = ""
    country: str = ""
    form: str = ""

    def query(self) -> str:
        """As it stands in an address."""
        return urlencode({"year": self.year, "country": self.country, "form": self.form})


@dataclass(frozen=True)
class Step:
    """A line of the cascade.

    Attributes:
        untold: The step before it that no release tells; empty for none.
        name: What whoever is counted reached at least.
        label: What its stage is called where it is the highest.
        figure: How many reached it.
        stopped: How many came exactly so far by then.
        share: Of those identified; None if they are too few.
    """

    untold: str
    name: str
    label: str
    figure: Figure
    stopped: Figure
    share: Share | None


@dataclass(frozen=True)
class Shares:
    """A line of a table of shares: of a form, a country or a year."""

    name: str
    identified: Figure
    shares: Sequence[Share | None]
    source: Release | None = None


@dataclass(frozen=True)
class View:
    """What was chosen and what answers it.

    Attributes:
        area: The country, in words.
        form: The form, in words.
        subject: What the cascade is of: both and the year.
        chart: The cascade.
        forms: By form, for the country; none where a form was chosen.
        countries: The countries side by side, for the form; all of them last.
        country_charts: A chart of shares for each country of which they can be told.
        years: The newest first.
        trends: A line of shares for each stage after the first; none for a single year.
        citation: How to quote the release.
        method: How it counts.
    """

    chosen: Chosen
    adjusted: bool
    area: str
    form: str
    subject: str
    release: Release
    steps: Sequence[Step]
    chart: Chart
    forms: Sequence[Shares]
    countries: Sequence[Shares]
    country_charts: Sequence[Chart]
    years: Sequence[Shares]
    trends: Sequence[Chart]
    citation: str
    method: Sequence[str]


@dataclass(frozen=True)
class Page:
    """The page.

    Attributes:
        columns: Names of the stages after the first, as columns of shares.
        stages: Every stage's label, in order.
        view: None as long as nothing is out.
        years: What can be chosen.
        countries: Likewise.
        forms: Likewise.
    """

    columns: Sequence[str]
    stages: Sequence[str]
    view: View | None
    years: Sequence[Choice]
    countries: Sequence[Choice]
    forms: Sequence[Choice]


def releases_of(snapshot: Snapshot) -> dict[str, Release]:
    """The releases that tell stages, by year, the newest first."""
    found = {r.period: r for r in snapshot.of_indicator(MAIN) if "STAGE" in r.dimensions}
    return dict(sorted(found.items(), reverse=True))


def page(snapshot: Snapshot, chosen: Chosen, tongue: Tongue) -> Page:
    """The page, as the reader chose to see it."""
    known = releases_of(snapshot)
    codes = _forms(next(iter(known.values()), None))
    return Page(
        [tongue.gettext(AT_LEAST[stage]) for stage in STAGES[1:]],
        [label("STAGE", stage, tongue.language) for stage in STAGES],
        _view(known, chosen, tongue) if known else None,
        [Choice(year, year) for year in known],
        [Choice("", words.area(ALL, tongue)), *_named_areas(tongue)],
        [
            Choice("", tongue.gettext("All forms")),
            *(Choice(code, label("FORM", code, tongue.language)) for code in codes),
        ],
    )


def _named_areas(tongue: Tongue) -> list[Choice]:
    return [Choice(code, words.area(code, tongue)) for code in COUNTRIES]


def _forms(release: Release | None) -> list[str]:
    """The forms of a release; of none as long as nothing is out."""
    return list(dict.fromkeys(str(row.FORM) for row in release.observations)) if release else []


def _view(known: Mapping[str, Release], chosen: Chosen, tongue: Tongue) -> View:
    newest = next(iter(known))
    now = Chosen(
        chosen.year if chosen.year in known else newest,
        chosen.country if chosen.country in COUNTRIES else "",
        chosen.form if chosen.form in codes_of("FORM") else "",
    )
    release = known[now.year]
    steps = _steps(release, now, tongue)
    names = {"": words.area(ALL, tongue), **{one.value: one.name for one in _named_areas(tongue)}}
    form = label("FORM", now.form, tongue.language) if now.form else tongue.gettext("All forms")
    subject = " · ".join([names[now.country], form, tongue.period(now.year)])
    countries = [_shares(release, code, now.form, names[code]) for code in (*COUNTRIES, "")]
    years = [
        _shares(one, now.country, now.form, tongue.period(year), one)
        for year, one in list(known.items())[:MOST_YEARS]
    ]
    return View(
        chosen=now,
        adjusted=chosen not in (now, Chosen("", now.country, now.form)),
        area=names[now.country],
        form=form,
        subject=subject,
        release=release,
        steps=steps,
        chart=bars(subject, {step.name: step.figure for step in steps}, tongue),
        forms=[] if now.form else _by_form(release, now.country, tongue),
        countries=countries,
        country_charts=_country_charts(countries[:-1], tongue),
        years=years,
        trends=_trends(years[::-1], tongue) if len(years) > 1 else [],
        citation=citation(release, tongue.language),
        method=about_table(release, tongue.language),
    )


# --- Numbers -------------------------------------------------------------------------------------


def _rows(release: Release, country: str, form: str) -> list[Observation]:
    return [
        row
        for row in release.observations
        if country in ("", row.REF_AREA) and form in ("", row.FORM)
    ]


def _split(rows: Sequence[Observation], stage: str) -> tuple[list[Observation], list[Observation]]:
    """The cells from a stage on, and those before it."""
    least = STAGES.index(stage)
    reached = [row for row in rows if STAGES.index(str(row.STAGE)) >= least]
    return reached, [row for row in rows if STAGES.index(str(row.STAGE)) < least]


def _share(release: Release, rows: Sequence[Observation], stage: str) -> Share | None:
    reached, rest = _split(rows, stage)
    return share(reached, rest, release.noise) if rest and release.noise else None


def _steps(release: Release, chosen: Chosen, tongue: Tongue) -> list[Step]:
    rows = _rows(release, chosen.country, chosen.form)
    return [
        Step(
            tongue.gettext(UNTOLD[stage]) if stage in UNTOLD else "",
            tongue.gettext(AT_LEAST[stage]),
            label("STAGE", stage, tongue.language),
            total(_split(rows, stage)[0], release.noise, provisional=False),
            total([row for row in rows if stage == row.STAGE], release.noise, provisional=False),
            _share(release, rows, stage),
        )
        for stage in STAGES
    ]


def _shares(
    release: Release, country: str, form: str, name: str, source: Release | None = None
) -> Shares:
    rows = _rows(release, country, form)
    identified = total(rows, release.noise, provisional=False)
    return Shares(name, identified, [_share(release, rows, one) for one in STAGES[1:]], source)


def _by_form(release: Release, country: str, tongue: Tongue) -> list[Shares]:
    return [
        _shares(release, country, code, label("FORM", code, tongue.language))
        for code in _forms(release)
    ]


# --- Charts --------------------------------------------------------------------------------------


def told(one: Share, tongue: Tongue) -> str:
    """A share and its bounds in words."""
    value, lower, upper = map(tongue.share, one.percent)
    return tongue.gettext(
        "%(value)s (between %(lower)s and %(upper)s)", value=value, lower=lower, upper=upper
    )


def _mark(name: str, one: Share) -> Mark:
    """In whole percent; hollow where the part is too small to be relied on."""
    value, lower, upper = (round(end * 100) for end in one.percent)
    return Mark(name, value, lower, upper, one.part.unsure)


def _country_charts(lines: Sequence[Shares], tongue: Tongue) -> list[Chart]:
    charts: list[Chart] = []
    for line in lines:
        marks, listed = [], []
        for stage, one in zip(STAGES[1:], line.shares, strict=True):
            if one is not None:
                name = tongue.gettext(AT_LEAST[stage])
                marks.append(_mark(name, one))
                listed.append(f"{name}: {told(one, tongue)}")
        if marks:
            words = tongue.gettext(
                "Bars with whiskers of uncertainty. %(listed)s.", listed="; ".join(listed)
            )
            title = tongue.gettext("%(name)s, per cent of those identified", name=line.name)
            charts.append(Bars(title, words, tongue.direction == "rtl", tuple(marks), 100))
    return charts


def _trends(lines: Sequence[Shares], tongue: Tongue) -> list[Chart]:
    charts: list[Chart] = []
    for place, stage in enumerate(STAGES[1:]):
        points = [(one.name, one.shares[place]) for one in lines]
        drawn = [(year, one) for year, one in points if one is not None]
        if len(drawn) < 2:
            continue
        words = tongue.gettext(
            "Line with a band of uncertainty. %(first)s: %(then)s. %(last)s: %(now)s.",
            first=drawn[0][0],
            then=told(drawn[0][1], tongue),
            last=drawn[-1][0],
            now=told(drawn[-1][1], tongue),
        )
        title = tongue.gettext(
            "%(name)s, per cent of those identified", name=tongue.gettext(AT_LEAST[stage])
        )
        marks = tuple(_mark(year, one) for year, one in drawn)
        charts.append(Trend(title, words, tongue.direction == "rtl", marks, 100))
    return charts
