"""Corridors: from where people were recruited to the country that counted them.

A corridor is one cell of a table by country of recruitment: of a year the final one or its erratum,
of a quarter the provisional one. What changed since the period before is told only where it is more
than noise explains in any of all the corridors compared: of sixty differences one or two would be
beyond the bounds of a single one by noise alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, hypot, sqrt
from statistics import NormalDist
from urllib.parse import urlencode

from deploy.console.charts import Chart
from deploy.console.i18n import Tongue
from deploy.console.maps import Atlas
from deploy.console.store import Snapshot
from deploy.console.views import words
from deploy.console.views.corridor_charts import Drawings, drawings
from deploy.console.views.cuts import ALL, Answer, Cut, answer, frequency, periods, series
from deploy.console.views.drawing import told, trends
from deploy.console.views.figures import Difference, Figure, difference, total
from deploy.console.views.region import COUNTRIES, MAIN, Line
from deploy.exports.labels import label
from deploy.exports.method import about_table, citation

BY: Cut = ("ORIGIN",)
MOST_TOLD, MOST_TRENDS = 10, 6


@dataclass(frozen=True)
class Chosen:
    """What a reader may choose.

    Attributes:
        period: Year or quarter; empty for the newest year, or what else is newest.
        country: That counts; empty for all.
    """

    period: str = ""
    country: str = ""

    def query(self) -> str:
        """As it stands in an address."""
        return urlencode({"period": self.period, "country": self.country})


@dataclass(frozen=True)
class Corridor:
    """One corridor.

    Attributes:
        origin: Code of the place.
        country: Code of the country that counts.
        name: In words.
        figure: How many.
        told: The same with its bounds, in words.
    """

    origin: str
    country: str
    name: str
    figure: Figure
    told: str


@dataclass(frozen=True)
class Row:
    """A line of the table: a place of recruitment.

    Attributes:
        name: Of the place.
        figures: By country.
        own: The column in which the place is the country itself; -1 for none.
    """

    name: str
    figures: Sequence[Figure]
    own: int


@dataclass(frozen=True)
class Change:
    """A corridor that changed by more than noise explains."""

    name: str
    now: Figure
    before: Figure
    difference: Difference


@dataclass(frozen=True)
class Changes:
    """What changed since the period before.

    Attributes:
        before: That period.
        beyond: Corridors that changed, by how much first.
        compared: How many corridors were compared.
    """

    before: str
    beyond: Sequence[Change]
    compared: int


@dataclass(frozen=True)
class Corridors:
    """The page.

    Attributes:
        chosen: What is shown.
        adjusted: Whether that is not what was asked.
        answer: Its numbers.
        columns: Countries that count, and all together if there are several.
        rows: Places of recruitment, the largest first.
        largest: Corridors that are to be relied on, the largest first.
        unsure: How many corridors are not.
        corridors: How many there are.
        drawings: The map and the Sankey diagram.
        charts: The largest corridors through time.
        names: What those are called.
        lines: Their table, the newest first.
        changes: Since the period before; None if there is none.
        citation: How to quote.
        method: How the table counts.
        periods: What can be chosen.
        countries: Likewise.
    """

    chosen: Chosen
    adjusted: bool
    answer: Answer
    columns: Sequence[str]
    rows: Sequence[Row]
    largest: Sequence[Corridor]
    unsure: int
    corridors: int
    drawings: Drawings
    charts: Sequence[Chart]
    names: Sequence[str]
    lines: Sequence[Line]
    changes: Changes | None
    citation: str
    method: Sequence[str]
    periods: Sequence[tuple[str, str]]
    countries: Sequence[tuple[str, str]]


def corridors(snapshot: Snapshot, chosen: Chosen, atlas: Atlas, tongue: Tongue) -> Corridors | None:
    """The page; None as long as no table of corridors is out."""
    known = [p for p in periods(snapshot.of_indicator(MAIN)) if answer(snapshot, MAIN, p, BY)]
    if not known:
        return None
    years = [period for period in known if frequency(period) == "A"]
    period = chosen.period if chosen.period in known else (years or known)[0]
    country = chosen.country if chosen.country in COUNTRIES else ""
    found = answer(snapshot, MAIN, period, BY)
    assert found is not None  # noqa: S101 - it is of the periods that have an answer
    counting = [country] if country else list(COUNTRIES)
    listed = _listed(found, counting, tongue)
    through = series(snapshot, MAIN, period, BY)
    traced = [one for one in listed if not one.figure.unsure][:MOST_TRENDS]
    traced_names = {f"{one.origin}>{one.country}": one.name for one in traced}
    unsure = sum(one.figure.unsure for one in listed)
    return Corridors(
        chosen=Chosen(period, country),
        adjusted=chosen.period not in ("", period) or chosen.country != country,
        answer=found,
        columns=[words.area(code, tongue) for code in _columns(counting)],
        rows=_rows(found, counting, tongue),
        largest=[one for one in listed if not one.figure.unsure][:MOST_TOLD],
        unsure=unsure,
        corridors=len(listed),
        drawings=_drawings(found, listed, counting, atlas, tongue),
        charts=trends(through, traced_names, _pick, tongue) if len(through) > 1 else [],
        names=list(traced_names.values()),
        lines=[
            Line(tongue.period(one.period), [_pick(one, key) for key in traced_names], one.release)
            for one in reversed(through)
        ],
        changes=_changes(through, found, listed),
        citation=citation(found.release, tongue.language),
        method=about_table(found.release, tongue.language),
        periods=[(one, tongue.period(one)) for one in known],
        countries=[
            ("", tongue.gettext("Each country")),
            *((code, words.area(code, tongue)) for code in COUNTRIES),
        ],
    )


def corridor_name(origin: str, country: str, tongue: Tongue) -> str:
    """``Syrian Arab Republic → Lebanon``."""
    to = words.area(country, tongue)
    if origin == country:
        return tongue.gettext("%(country)s, in the country itself", country=to)
    place = label("ORIGIN", origin, tongue.language)
    return tongue.gettext("%(origin)s → %(country)s", origin=place, country=to)


def _columns(counting: Sequence[str]) -> list[str]:
    return [*counting, ALL] if len(counting) > 1 else list(counting)


def _residual(code: str) -> bool:
    return code.startswith("_")


def _ordered(found: Answer, counting: Sequence[str]) -> list[str]:
    """Places of recruitment, the largest first, what is unknown or another last."""
    whole = ALL if len(counting) > 1 else counting[0]
    codes = [cell[0] for cell in found.cells]
    return sorted(codes, key=lambda code: (_residual(code), -found.of(whole, (code,)).value))


def _listed(found: Answer, counting: Sequence[str], tongue: Tongue) -> list[Corridor]:
    """Every corridor, the largest first, what is unknown or another last."""
    cells = [
        Corridor(code, to, corridor_name(code, to, tongue), figure, told(figure, tongue))
        for code in _ordered(found, counting)
        for to in counting
        for figure in [found.of(to, (code,))]
    ]
    return sorted(cells, key=lambda one: (_residual(one.origin), -one.figure.value))


def _rows(found: Answer, counting: Sequence[str], tongue: Tongue) -> list[Row]:
    columns = _columns(counting)
    return [
        Row(
            label("ORIGIN", code, tongue.language),
            [found.of(to, (code,)) for to in columns],
            columns.index(code) if code in columns else -1,
        )
        for code in _ordered(found, counting)
    ]


def _pick(one: Answer, key: str) -> Figure:
    origin, country = key.split(">")
    return one.of(country, (origin,))


def _drawings(
    found: Answer, listed: Sequence[Corridor], counting: Sequence[str], atlas: Atlas, tongue: Tongue
) -> Drawings:
    order = _ordered(found, counting)
    whole = ALL if len(counting) > 1 else counting[0]
    shown = sorted(listed, key=lambda one: (order.index(one.origin), counting.index(one.country)))
    name = words.of_period(tongue.gettext("Corridors"), found.period, tongue)
    return drawings(
        name,
        [(one.origin, one.country, one.figure, one.name) for one in shown],
        {code: found.of(whole, (code,)) for code in order},
        {code: _arrived(found, code) for code in counting},
        atlas,
        tongue,
    )


def _arrived(found: Answer, area: str) -> Figure:
    """All that a country counts: the sum of its corridors."""
    rows = [row for row in found.release.observations if row.key(("REF_AREA",)) == (area,)]
    return total(rows, found.release.noise, found.release.vintage == "PROVISIONAL")


# --- What changed ---------------------------------------------------------------------------------


def at_once(now: tuple[Figure, Answer], before: tuple[Figure, Answer], compared: int) -> Difference:
    """A difference with bounds that hold for all that are compared at once.

    Args:
        now: A number, and where it comes from.
        before: Likewise.
        compared: How many differences are looked at.
    """
    plain = difference(now[0], before[0])
    noises = [(one[0], one[1].release.noise) for one in (now, before)]
    spread = hypot(*(noise.sigma * sqrt(figure.cells) for figure, noise in noises if noise))
    wrong = max((1 - noise.coverage for _, noise in noises if noise), default=1.0)
    times = NormalDist().inv_cdf(1 - wrong / (2 * compared)) if spread else 0.0
    return Difference(plain.change, max(plain.band, ceil(times * spread)))


def _changes(
    through: Sequence[Answer], found: Answer, listed: Sequence[Corridor]
) -> Changes | None:
    place = [one.period for one in through].index(found.period)
    if place == 0:
        return None
    before = through[place - 1]
    beyond = []
    for one in listed:
        then = before.of(one.country, (one.origin,))
        apart = at_once((one.figure, found), (then, before), len(listed))
        if apart.beyond_noise:
            beyond.append(Change(one.name, one.figure, then, apart))
    beyond.sort(key=lambda one: -abs(one.difference.change))
    return Changes(before.period, beyond, len(listed))
