"""How the data of each authority come in: a line for each, worst first, and what to do about it.

Silence is judged as of the week in which the ledgers were looked at, never later: an authority is
not silent because the platform did not look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from deploy.console.alerts.boards import Access
from deploy.console.i18n import Tongue
from deploy.console.quality.board import Known
from deploy.console.store import Snapshot
from deploy.console.views.quality_words import (
    DIMENSIONS,
    FINDINGS,
    GATES,
    LAGS,
    MUCH,
    ORDER,
    SEVERITY,
    SIGNS,
    SLOW,
    TROUBLES,
    Level,
)
from deploy.console.views.words import area
from schemas.quality import Quality, monday

LOOKED_EVERY = timedelta(days=14)
"""Older than that, what is told is not of lately."""


@dataclass(frozen=True)
class Cell:
    """One judgement: words, and a sign that says the same."""

    level: Level
    words: str

    @property
    def sign(self) -> str:
        return SIGNS[self.level]


@dataclass(frozen=True)
class Advice:
    """One trouble of an authority, in words."""

    sign: str
    level: Level
    title: str
    means: str
    todo: str
    ask: str


@dataclass(frozen=True)
class Line:
    """One authority.

    Attributes:
        authority: Its id.
        anchor: Where its details are on the page.
        country: Its country.
        level: The worst of it.
        cells: State, lag, refused, inconsistent, unknown.
        advice: What is the matter, worst first.
        facts: What the message says, name by value.
    """

    authority: str
    anchor: str
    country: str
    level: Level
    cells: tuple[Cell, ...]
    advice: list[Advice]
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class Counted:
    """How far a release counted the streams of an authority."""

    authority: str
    streams: int
    batches: int
    day: date


@dataclass(frozen=True)
class Page:
    """The page.

    Attributes:
        lines: One for each authority of which a message is published.
        counted: What statements of releases tell, where no message is published.
        wrong: How many authorities something is wrong with.
        refused: Offset and code of messages that did not verify.
        closed: Whether the console may not read the topic.
        starting: Whether it is still being read.
    """

    lines: list[Line]
    counted: list[Counted]
    wrong: int
    refused: Sequence[tuple[int, str]]
    closed: bool
    starting: bool


def quality(known: Known, snapshot: Snapshot, today: date, tongue: Tongue) -> Page:
    """The page at one moment.

    Args:
        known: What is published of quality.
        snapshot: The releases.
        today: The date to go by.
        tongue: The language.
    """
    lines = [_line(message, today, tongue) for message in known.messages.values()]
    lines.sort(key=lambda line: (SEVERITY.index(line.level), line.authority))
    return Page(
        lines=lines,
        counted=[] if lines else counted(snapshot),
        wrong=sum(line.level in (Level.WRONG, Level.LOOK) for line in lines),
        refused=known.refused,
        closed=known.access is Access.CLOSED,
        starting=known.access is Access.STARTING,
    )


def counted(snapshot: Snapshot) -> list[Counted]:
    """How far the newest release counted each authority's streams."""
    newest = max(snapshot.standing(), key=lambda r: r.statement.released_on, default=None)
    if newest is None:
        return []
    found: dict[str, list[int]] = {}
    for stream in newest.statement.streams:
        found.setdefault(stream.authority, []).append(stream.to_sequence)
    day = newest.statement.released_on
    return [Counted(name, len(ends), sum(ends), day) for name, ends in sorted(found.items())]


# --- What is the matter ---------------------------------------------------------------------------


def silence(message: Quality, today: date) -> str:
    """How an authority stands with what is expected of it: a code of `TROUBLES`, or nothing."""
    if message.last_accepted is None:
        return "NEVER"
    seen = min(today, message.looked + timedelta(days=6))
    # Of a week only its Monday is known: the authority has the benefit of the other days.
    days = (seen - message.last_accepted - timedelta(days=6)).days
    if days > message.expected.silent_after:
        return "SILENT"
    return "LATE" if days > message.expected.late_after else ""


def troubles(message: Quality, today: date) -> list[str]:
    """Everything that is the matter with an authority, in the order of the table."""
    stopped, month, quarter = message.chains, *message.windows
    holds = {
        silence(message, today): True,
        "CLOCK": message.clock_ahead,
        "SUSPENDED": bool(stopped.suspended),
        "GAP": bool(stopped.gaps),
        "WAITING": bool(stopped.waiting),
        "REFUSED": bool(month.refused or quarter.refused),
        "EVENTS": bool(month.events_refused or quarter.events_refused),
        message.gate: True,
        "SLOW": message.lag in SLOW,
        "UNKNOWN": bool(MUCH & set(message.unknown.values())),
        "IMPOSSIBLE": bool(message.impossible),
        "CELLS": not message.adds_up,
        "STALE": monday(today) - message.looked > LOOKED_EVERY,
    }
    return [code for code in ORDER if holds.get(code)]


# --- In words -------------------------------------------------------------------------------------


def _line(message: Quality, today: date, tongue: Tongue) -> Line:
    found = troubles(message, today)
    advice = sorted((_advice(code, tongue) for code in found), key=_severity)
    return Line(
        authority=message.authority,
        anchor=message.authority.replace(".", "-"),
        country=area(message.country, tongue),
        level=advice[0].level if advice else Level.WELL,
        cells=(
            _state(message, today, tongue),
            _lag(message, tongue),
            _among(found, ("SUSPENDED", "GAP", "WAITING", "REFUSED", "EVENTS"), tongue),
            _among(found, ("BELOW_AGREED", "TAKEN_BACK", "IMPOSSIBLE", "CELLS"), tongue),
            _unknown(message, tongue),
        ),
        advice=advice,
        facts=list(_facts(message, tongue)),
    )


def _severity(advice: Advice) -> int:
    return SEVERITY.index(advice.level)


def _advice(code: str, tongue: Tongue) -> Advice:
    trouble, say = TROUBLES[code], tongue.gettext
    return Advice(
        SIGNS[trouble.level],
        trouble.level,
        say(trouble.title),
        say(trouble.means),
        say(trouble.todo),
        say(trouble.ask),
    )


def _state(message: Quality, today: date, tongue: Tongue) -> Cell:
    code, last = silence(message, today), message.last_accepted
    trouble = TROUBLES.get(code or ("CLOCK" if message.clock_ahead else ""))
    what = tongue.gettext(trouble.title) if trouble else ""
    if trouble and (last is None or not code):
        return Cell(trouble.level, what)
    day = tongue.day(last or message.looked)
    if trouble:
        since = tongue.gettext("%(what)s since the week of %(day)s", what=what, day=day)
        return Cell(trouble.level, since)
    return Cell(Level.WELL, tongue.gettext("On time, last in the week of %(day)s", day=day))


def _lag(message: Quality, tongue: Tongue) -> Cell:
    if message.lag is None:
        return _untold(tongue)
    level = Level.LOOK if message.lag in SLOW else Level.WELL
    return Cell(level, tongue.gettext("%(band)s days", band=tongue.apart(LAGS[message.lag])))


def _among(found: Sequence[str], codes: Sequence[str], tongue: Tongue) -> Cell:
    these = [TROUBLES[code] for code in found if code in codes]
    if not these:
        return Cell(Level.WELL, tongue.gettext("Nothing"))
    worst = min((trouble.level for trouble in these), key=SEVERITY.index)
    return Cell(worst, "; ".join(tongue.gettext(trouble.title) for trouble in these))


def _unknown(message: Quality, tongue: Tongue) -> Cell:
    if not message.unknown:
        return _untold(tongue)
    much = [name for name, band in message.unknown.items() if band in MUCH]
    if not much:
        return Cell(Level.WELL, tongue.gettext("Below a fifth of every dimension"))
    return Cell(Level.LOOK, "; ".join(_dimension(name, tongue) for name in much))


def _untold(tongue: Tongue) -> Cell:
    return Cell(Level.UNTOLD, tongue.gettext("Too few to be told"))


def _dimension(code: str, tongue: Tongue) -> str:
    return tongue.gettext(DIMENSIONS[code]) if code in DIMENSIONS else code


def _finding(code: str, tongue: Tongue) -> str:
    kind = next((words for name, words in FINDINGS.items() if f"_{name}" in code), "")
    told = tongue.apart(code)
    return f"{told} ({tongue.gettext(kind)})" if kind else told


def _facts(message: Quality, tongue: Tongue) -> Iterator[tuple[str, str]]:
    say = tongue.gettext
    yield say("Looked at"), say("Week of %(day)s", day=tongue.day(message.looked))
    last = message.last_accepted
    yield (
        say("Newest accepted batch"),
        say("Week of %(day)s", day=tongue.day(last)) if last else say("None"),
    )
    yield (
        say("Expected"),
        say(
            "Late after %(late)s days, silent after %(silent)s",
            late=tongue.number(message.expected.late_after),
            silent=tongue.number(message.expected.silent_after),
        ),
    )
    for window in message.windows:
        days = tongue.number(window.days)
        yield say("Batches accepted in %(days)s days", days=days), tongue.apart(window.accepted)
        yield say("Batches refused in %(days)s days", days=days), _bands(window.refused, tongue)
        yield (
            say("Events refused in %(days)s days", days=days),
            _bands(window.events_refused, tongue),
        )
    yield say("Anonymity"), say(GATES[message.gate])
    first, last_quarter = message.quarters[0], message.quarters[-1]
    yield (
        say("What follows is of"),
        say(
            "%(first)s to %(last)s",
            first=tongue.period(first),
            last=tongue.period(last_quarter),
        ),
    )
    yield say("Median lag"), _lag(message, tongue).words
    shares = [
        f"{_dimension(code, tongue)} {tongue.apart(f'{band} %')}"
        for code, band in message.unknown.items()
    ]
    yield say("Unknown values"), "; ".join(shares) or say("Too few to be told")
    findings = [
        f"{_finding(code, tongue)} {tongue.apart(band)}"
        for code, band in message.impossible.items()
    ]
    yield say("Impossible sequences"), "; ".join(findings) or say("None, or too few to be told")


def _bands(numbers: Mapping[str, str], tongue: Tongue) -> str:
    told = [tongue.apart(f"{code} {band}") for code, band in numbers.items()]
    return "; ".join(told) or tongue.gettext("None, or too few to be told")
