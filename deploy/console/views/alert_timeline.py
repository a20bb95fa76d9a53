"""The timeline of an alert across countries: a table, and lanes beside it while it is open.

Months are those of all countries together, and stand in no country's lane: which month is whose is
not told. A country's lane has the day on which the alert came to name it, and nothing of when
anything happened there. Of a closed alert the steps of its life are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from deploy.console.alerts.boards import NAME_OF, Board
from deploy.console.alerts.history import Since, countries
from deploy.console.charts import Band, Chart, Lanes, Point
from deploy.console.i18n import Tongue, noop
from deploy.console.views.alert_words import (
    SEPARATOR,
    joined,
    months,
    named_countries,
    span,
    state_name,
    when,
)
from deploy.exports.labels import label
from schemas.alerts import CLOSED, Alert, Step
from schemas.codelists import codelist

ACTORS: Mapping[str, str] = {
    "PLATFORM": noop("The platform"),
    "CONTACT": noop("The contact point"),
    "ANALYST": noop("An analyst"),
}
MARGIN = 16
"""Days that a drawing has at least at either end, so that it holds the first day of some month."""
TICKS = 4


@dataclass(frozen=True)
class Event:
    """One row of a timeline: when, in whose lane, what happened, and to whom or by whom."""

    when: str
    lane: str
    what: str
    more: str
    kind: Literal["evidence", "step", "named", "changed", "end"]


@dataclass(frozen=True)
class Timeline:
    """What a page has of it.

    Attributes:
        events: From the first evidence to the end.
        chart: The same as lanes; None for an alert that is closed.
        since: Whether of something only that it was so by a day is known.
    """

    events: list[Event]
    chart: Chart | None
    since: bool


@dataclass(frozen=True)
class _Happening:
    """Something of a known day."""

    since: Since
    event: Event


def timeline(board: Board, alert: Alert, tongue: Tongue) -> Timeline:
    """Evidence first, then what happened in the order of days, and the end at last."""
    happened = sorted(_happened(board, alert, tongue), key=lambda one: one.since.on)
    events = [*_evidence(alert, tongue), *(one.event for one in happened), *_end(alert, tongue)]
    chart = _lanes(board, alert, happened, tongue) if board.open(alert.id) else None
    return Timeline(events, chart, any(not one.since.exactly for one in happened))


def _evidence(alert: Alert, tongue: Tongue) -> Iterator[Event]:
    say, (first, last) = tongue.gettext, span(alert)
    together, where = say("All together"), named_countries(alert, tongue)
    if first and first == last:
        yield Event(tongue.period(first), together, say("Evidence"), where, "evidence")
    elif first:
        yield Event(tongue.period(first), together, say("The first evidence"), where, "evidence")
        yield Event(tongue.period(last), together, say("The newest evidence"), where, "evidence")


def _happened(board: Board, alert: Alert, tongue: Tongue) -> Iterator[_Happening]:
    """Steps, then countries, then changes: so they stand where they are of one day."""
    say = tongue.gettext
    for step in alert.history:
        yield _Happening(Since(step.on), _step(step, tongue))
    history = board.histories.get(alert.id)
    if history is None:
        return
    for country in countries(alert):
        since = history.named[country]
        what = say("Named") if since.exactly else say("Known since this day")
        name = label("REF_AREA", country, tongue.language)
        yield _Happening(since, Event(tongue.day(since.on), name, what, "", "named"))
    for since in history.changed:
        what = say("The evidence changed") if since.exactly else say("The evidence had changed")
        yield _Happening(since, Event(tongue.day(since.on), say("The alert"), what, "", "changed"))


def _step(step: Step, tongue: Tongue) -> Event:
    reasons = codelist("CL_ALERT_REASON")
    why = reasons.label(step.reason, tongue.language) if step.reason else ""
    what = joined(state_name(step.state, tongue), why, tongue)
    by = tongue.gettext(ACTORS[step.by])
    return Event(tongue.day(step.on), tongue.gettext("The alert"), what, by, "step")


def _end(alert: Alert, tongue: Tongue) -> Iterator[Event]:
    if alert.state not in CLOSED:
        ends = str(getattr(alert, "expires", ""))
        words = tongue.gettext("Expires after this, unless there is more evidence by then")
        yield Event(tongue.period(ends), tongue.gettext("The alert"), words, "", "end")


# --- Lanes ----------------------------------------------------------------------------------------


def _lanes(board: Board, alert: Alert, happened: list[_Happening], tongue: Tongue) -> Lanes:
    say = tongue.gettext
    band = _band(alert, tongue)
    points = _points(happened, tongue)
    days = [band.first, band.last, *(point.day for point in points)]
    margin = max(MARGIN, (max(days) - min(days)) // 25)
    ends = (min(days) - margin, max(days) + margin)
    lanes = [label("REF_AREA", one, tongue.language) for one in countries(alert)]
    told = "; ".join(f"{one.when}: {one.lane}, {one.what}" for one in points)
    return Lanes(
        say("Across countries"),
        say(
            "A lane for each country and one for the alert. %(what)s: %(months)s. %(listed)s.",
            what=band.what,
            months=band.when,
            listed=told,
        ),
        tongue.direction == "rtl",
        (*lanes, say("The alert")),
        points,
        band,
        _ticks(ends, tongue),
        ends,
        (say("When"), say("What")),
        alert=(NAME_OF[board.channel], alert.id),
    )


def _band(alert: Alert, tongue: Tongue) -> Band:
    first, last = span(alert)
    what = tongue.gettext("Evidence of all countries together")
    return Band(_day(months(first)[0]), _day(months(last)[1] + 1), when(alert, tongue), what)


def _points(happened: list[_Happening], tongue: Tongue) -> tuple[Point, ...]:
    """What happened on one day in one lane is one point."""
    found: dict[tuple[str, date], list[_Happening]] = {}
    for one in happened:
        found.setdefault((one.event.lane, one.since.on), []).append(one)
    return tuple(
        Point(
            lane,
            on.toordinal(),
            tongue.day(on),
            SEPARATOR[tongue.language].join(one.event.what for one in ones),
            "circle" if ones[0].event.kind == "named" else "diamond",
            all(not one.since.exactly for one in ones),
        )
        for (lane, on), ones in found.items()
    )


def _ticks(ends: tuple[int, int], tongue: Tongue) -> tuple[tuple[int, str], ...]:
    """The first days of some months."""
    first, last = (date.fromordinal(end) for end in ends)
    every = range(first.year * 12 + first.month, last.year * 12 + last.month)
    some = every[:: -(-len(every) // TICKS)]
    return tuple((_day(n), tongue.period(f"{n // 12}-{n % 12 + 1:02}")) for n in some)


def _day(month: int) -> int:
    """The first day of a month that is counted from the year 0."""
    return date(month // 12, month % 12 + 1, 1).toordinal()
