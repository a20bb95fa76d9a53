"""The inbox of alerts: those of the boards that a reader may see, as they chose to see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode

from deploy.console.alerts.boards import NAME_OF, Access, Board
from deploy.console.alerts.history import countries
from deploy.console.i18n import QUARTER, Tongue
from deploy.console.views.alert_words import (
    DETECTORS,
    audience,
    detector,
    detector_name,
    joined,
    named_countries,
    quarters,
    state_name,
    when,
    words,
)
from deploy.exports.labels import label
from schemas.alerts import CLOSED, STATES, Alert
from schemas.codelists import codelist

ALL = "ALL"
AT_ONCE = 25
"""Alerts on one page."""


@dataclass(frozen=True)
class Chosen:
    """What a reader wants to see of the inbox; empty for everything, closed ones aside.

    Attributes:
        part: Which page of it, from 1 on.
    """

    state: str = ""
    detector: str = ""
    country: str = ""
    quarter: str = ""
    part: int = 1

    def known(self) -> Chosen:
        """The same without what nothing is called."""
        known_countries = codelist("CL_REPORTING_COUNTRY").codes
        return replace(
            self,
            state=self.state if self.state in {*STATES, ALL} else "",
            detector=self.detector if self.detector in DETECTORS else "",
            country=self.country if self.country in known_countries else "",
            quarter=self.quarter if re.fullmatch(QUARTER, self.quarter) else "",
        )

    def query(self, part: int) -> str:
        """Of the address of another page of the same."""
        return urlencode({**asdict(self), "part": part})


@dataclass(frozen=True)
class Choice:
    """One entry of a list to choose from."""

    code: str
    name: str
    chosen: bool = False


@dataclass(frozen=True)
class Line:
    """One alert of the inbox."""

    board: str
    id: str
    title: str
    audience: str
    state: str
    state_code: str
    when: str
    words: str
    sent: bool


@dataclass(frozen=True)
class Inbox:
    """The page.

    Attributes:
        lines: Those of this page that fit, what was raised last first.
        fitting: How many fit on all pages.
        part: Which page this is; the last one, if fewer fit by now.
        parts: How many pages there are.
        others: Of the pages before and after this one, the address's query; empty if there is none.
        number: How many there are before anything is chosen, closed ones aside.
        choices: Lists to choose from, by the name of the field.
        closed: Boards that this console may not read, as people call them.
        starting: Whether a board is still being read.
    """

    lines: list[Line]
    fitting: int
    part: int
    parts: int
    others: tuple[str, str]
    number: int
    choices: Mapping[str, list[Choice]]
    closed: list[str]
    starting: bool


def inbox(boards: Sequence[Board], chosen: Chosen, tongue: Tongue) -> Inbox:
    """The alerts of some boards."""
    chosen = chosen.known()
    every = [(board, alert) for board in boards for alert in board.alerts.values()]
    every.sort(key=lambda one: (one[1].raised.on, one[1].id), reverse=True)
    fitting = [one for one in every if _fits(one[1], chosen)]
    parts = max(1, -(-len(fitting) // AT_ONCE))
    part = min(max(chosen.part, 1), parts)
    shown = fitting[(part - 1) * AT_ONCE : part * AT_ONCE]
    standing = [alert for _, alert in every if alert.state not in CLOSED]
    closed = [audience(board, tongue) for board in boards if board.access is Access.CLOSED]
    starting = any(board.access is Access.STARTING for board in boards)
    alerts = [alert for _, alert in every]
    return Inbox(
        [line(board, alert, tongue) for board, alert in shown],
        len(fitting),
        part,
        parts,
        (
            chosen.query(part - 1) if part > 1 else "",
            chosen.query(part + 1) if part < parts else "",
        ),
        len(standing),
        _choices(alerts, chosen, tongue),
        closed,
        starting,
    )


def _fits(alert: Alert, chosen: Chosen) -> bool:
    if chosen.state in ("", ALL):
        fits = chosen.state == ALL or alert.state not in CLOSED
    else:
        fits = alert.state == chosen.state
    return (
        fits
        and chosen.detector in ("", detector(alert))
        and (not chosen.country or chosen.country in countries(alert))
        and (not chosen.quarter or chosen.quarter in quarters(alert))
    )


def _choices(alerts: Sequence[Alert], chosen: Chosen, tongue: Tongue) -> Mapping[str, list[Choice]]:
    """What there is to choose, and what was chosen even if there is nothing of it."""

    def listed(
        codes: Iterable[str], name: Callable[[str], str], picked: str, *more: Choice
    ) -> list[Choice]:
        return [*more, *(Choice(code, name(code), code == picked) for code in codes)]

    say = tongue.gettext
    all_states = Choice(ALL, say("All, closed ones too"), chosen.state == ALL)
    told = {a.state for a in alerts} | {chosen.state}
    states = [state for state in STATES if state in told]
    found = {detector(a) for a in alerts} | {chosen.detector}
    named = {c for a in alerts for c in countries(a)} | {chosen.country}
    touched = {q for a in alerts for q in quarters(a)} | {chosen.quarter}
    return {
        "state": listed(
            states,
            lambda code: state_name(code, tongue),
            chosen.state,
            Choice("", say("All that are open"), chosen.state == ""),
            all_states,
        ),
        "detector": listed(
            sorted(found - {""}),
            lambda code: say(DETECTORS[code]),
            chosen.detector,
            Choice("", say("All kinds")),
        ),
        "country": listed(
            sorted(named - {""}),
            lambda code: label("REF_AREA", code, tongue.language),
            chosen.country,
            Choice("", say("All countries")),
        ),
        "quarter": listed(
            sorted(touched - {""}, reverse=True),
            tongue.period,
            chosen.quarter,
            Choice("", say("All quarters")),
        ),
    }


def line(board: Board, alert: Alert, tongue: Tongue) -> Line:
    say, kind = tongue.gettext, detector_name(alert, tongue)
    return Line(
        NAME_OF[board.channel],
        alert.id,
        joined(kind or say("A closed alert"), named_countries(alert, tongue), tongue),
        audience(board, tongue),
        state_name(alert.state, tongue),
        alert.state,
        when(alert, tongue),
        words(alert, tongue),
        alert.id in board.sent,
    )
