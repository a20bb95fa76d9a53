"""The page of one alert: its evidence, its timeline, and what may be answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.alerts.answering import ANSWERS
from deploy.console.alerts.boards import Board, Sent
from deploy.console.i18n import Tongue
from deploy.console.views.alert_timeline import Timeline, timeline
from deploy.console.views.alert_words import SEPARATOR, detector, joined, state_name
from deploy.console.views.inbox import Choice, Line, line
from deploy.exports.labels import label
from processors.alerts import typology
from processors.alerts.life import may_follow
from schemas.alerts import Alert, AnalystAlert, ContactAlert, Surge, reasons_of
from schemas.codelists import codelist


@dataclass(frozen=True)
class Concerned:
    """A country concerned, and what is known of its cases."""

    name: str
    known: str
    mine: bool


@dataclass(frozen=True)
class Answers:
    """The answers that lead to one state."""

    name: str
    choices: list[Choice]


@dataclass(frozen=True)
class Whole:
    """The page of an alert.

    Attributes:
        line: As the inbox has it.
        revision: Which one it is.
        doubtful: Whether it may be a line that many share.
        lead: Whether it is only a lead.
        facts: Names and values of what else it says.
        resembles: Patterns of the field.
        concerned: The countries.
        cases: One's own cases: authority and pseudonym.
        timeline: From the first evidence to the end, across countries.
        into: The alert that goes on in its place.
        answers: What may be answered now; empty for nothing.
        sent: What was answered and not taken up yet.
    """

    line: Line
    revision: int
    doubtful: bool
    lead: bool
    facts: list[tuple[str, str]]
    resembles: list[str]
    concerned: list[Concerned]
    cases: list[tuple[str, str]]
    timeline: Timeline
    into: str
    answers: list[Answers]
    sent: str


def whole(board: Board, alert: Alert, tongue: Tongue) -> Whole:
    """The page of an alert on its board."""
    about = alert.evidence
    cases = [(c.authority, c.case) for c in getattr(about, "cases", [])]
    sent = board.sent.get(alert.id)
    return Whole(
        line(board, alert, tongue),
        alert.revision,
        bool(getattr(about, "doubtful", False)),
        bool(getattr(about, "lead", False)),
        list(_facts(alert, tongue)),
        [typology.label(code, tongue.language) for code in getattr(about, "resembles", [])],
        list(_concerned(alert, tongue)),
        cases,
        timeline(board, alert, tongue),
        alert.into or "",
        _answers(board, alert, tongue),
        _sent(sent, tongue) if sent else "",
    )


def _facts(alert: Alert, tongue: Tongue) -> Iterator[tuple[str, str]]:
    say, language = tongue.gettext, tongue.language
    about = alert.evidence
    if isinstance(alert, ContactAlert) and alert.about:
        kinds = codelist("CL_LINK_TYPE")
        named = [kinds.label(code, language) for code in alert.about.link_types]
        yield say("Kinds of identifiers"), SEPARATOR[language].join(named)
    if isinstance(alert, AnalystAlert) and alert.about:
        yield say("Cases"), tongue.written(alert.about.size)
    if isinstance(alert, Surge) and alert.about:
        yield say("Table"), alert.about.table
        yield say("Statistic"), tongue.written(f"{alert.about.statistic:.3g}")
        yield say("Threshold"), tongue.written(f"{alert.about.threshold:.3g}")
    if about is not None:
        yield say("Detector"), detector(alert)


def _concerned(alert: Alert, tongue: Tongue) -> Iterator[Concerned]:
    say = tongue.gettext
    if isinstance(alert, ContactAlert) and alert.about:
        number = len(alert.about.cases)
        mine = tongue.ngettext("%(num)s case", "%(num)s cases", number)
        known = say("More than the identifier is known") if alert.backed else say("Only this")
        yield Concerned(
            label("REF_AREA", alert.country, tongue.language), f"{mine}. {known}.", mine=True
        )
        for other in alert.about.counterparts:
            known = say("More than the identifier is known") if other.backed else say("Only this")
            name = label("REF_AREA", other.country, tongue.language)
            yield Concerned(name, f"{known}.", mine=False)


def _answers(board: Board, alert: Alert, tongue: Tongue) -> list[Answers]:
    role, reasons = board.channel.role, codelist("CL_ALERT_REASON")
    if board.channel.answers is None:
        return []
    found = []
    for state in ANSWERS:
        if not may_follow(alert.state, state, role):  # type: ignore[arg-type]
            continue
        choices = [
            Choice(f"{state}.{reason}", reasons.label(reason, tongue.language))
            for reason in reasons_of(state)
        ]
        name = state_name(state, tongue)
        found.append(Answers(name, choices or [Choice(state, name)]))
    return found


def _sent(sent: Sent, tongue: Tongue) -> str:
    reasons, answer = codelist("CL_ALERT_REASON"), sent.answer
    what = state_name(answer.state, tongue)
    if answer.reason:
        what = joined(what, reasons.label(answer.reason, tongue.language), tongue)
    return tongue.gettext(
        "Sent on %(moment)s: %(what)s. The platform takes it up with its next round.",
        moment=tongue.moment(sent.at),
        what=what,
    )
