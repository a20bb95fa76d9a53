"""Alerts as pages show them: in words, as a timeline, with what may be answered.

Nothing is said that does not stand in the message to this reader. Its months are those of all
countries together, so the timeline has no line of each country: which month is whose is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.alerts.answering import ANSWERS
from deploy.console.alerts.boards import NAME_OF, Access, Board, Sent
from deploy.console.i18n import Tongue, noop
from deploy.exports.labels import label
from processors.alerts import typology
from processors.alerts.life import may_follow
from schemas.alerts import (
    CLOSED,
    STATES,
    Alert,
    AnalystAlert,
    ContactAlert,
    Step,
    Surge,
    reasons_of,
)
from schemas.codelists import Language, codelist

ALL = "ALL"
SEPARATOR: Mapping[Language, str] = {"en": ", ", "fr": ", ", "ar": "، "}
DETECTORS: Mapping[str, str] = {
    "D1": noop("The same identifier"),
    "D2": noop("Cases that grew together"),
    "D3": noop("A surge"),
    "D4": noop("A displacement"),
    "D5": noop("A chain from recruitment to exploitation"),
    "D6": noop("The same way of working"),
}
ACTORS: Mapping[str, str] = {
    "PLATFORM": noop("The platform"),
    "CONTACT": noop("The contact point"),
    "ANALYST": noop("An analyst"),
}


@dataclass(frozen=True)
class Chosen:
    """What a reader wants to see of the inbox; empty for everything, closed ones aside."""

    state: str = ""
    detector: str = ""
    country: str = ""
    quarter: str = ""


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
    audience: str
    state: str
    state_code: str
    detector: str
    when: str
    countries: str
    words: str
    sent: bool


@dataclass(frozen=True)
class Inbox:
    """The page.

    Attributes:
        lines: Those that fit, what was raised last first.
        number: How many there are before anything is chosen, closed ones aside.
        choices: Lists to choose from, by the name of the field.
        closed: Boards that this console may not read, as people call them.
        starting: Whether a board is still being read.
    """

    lines: list[Line]
    number: int
    choices: Mapping[str, list[Choice]]
    closed: list[str]
    starting: bool


def inbox(boards: Sequence[Board], chosen: Chosen, tongue: Tongue) -> Inbox:
    """The alerts of some boards."""
    every = [(board, alert) for board in boards for alert in board.alerts.values()]
    every.sort(key=lambda one: (one[1].raised.on, one[1].id), reverse=True)
    fitting = [_line(board, alert, tongue) for board, alert in every if _fits(alert, chosen)]
    standing = [alert for _, alert in every if alert.state not in CLOSED]
    closed = [audience(board, tongue) for board in boards if board.access is Access.CLOSED]
    starting = any(board.access is Access.STARTING for board in boards)
    alerts = [alert for _, alert in every]
    return Inbox(fitting, len(standing), _choices(alerts, chosen, tongue), closed, starting)


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
    def listed(
        codes: Iterable[str], name: Callable[[str], str], picked: str, *more: Choice
    ) -> list[Choice]:
        return [*more, *(Choice(code, name(code), code == picked) for code in codes)]

    text = tongue.gettext
    all_states = Choice(ALL, text("All, closed ones too"), chosen.state == ALL)
    states = [state for state in STATES if any(a.state == state for a in alerts)]
    found = sorted({detector(a) for a in alerts} - {""})
    return {
        "state": listed(
            states,
            lambda code: state_name(code, tongue),
            chosen.state,
            Choice("", text("All that are open"), chosen.state == ""),
            all_states,
        ),
        "detector": listed(
            found,
            lambda code: text(DETECTORS[code]),
            chosen.detector,
            Choice("", text("All kinds")),
        ),
        "country": listed(
            sorted({c for a in alerts for c in countries(a)}),
            lambda code: label("REF_AREA", code, tongue.language),
            chosen.country,
            Choice("", text("All countries")),
        ),
        "quarter": listed(
            sorted({q for a in alerts for q in quarters(a)}, reverse=True),
            tongue.period,
            chosen.quarter,
            Choice("", text("All quarters")),
        ),
    }


def _line(board: Board, alert: Alert, tongue: Tongue) -> Line:
    return Line(
        NAME_OF[board.channel],
        alert.id,
        audience(board, tongue),
        state_name(alert.state, tongue),
        alert.state,
        detector_name(alert, tongue),
        when(alert, tongue),
        named_countries(alert, tongue),
        words(alert, tongue),
        alert.id in board.sent,
    )


# --- What an alert says ---------------------------------------------------------------------------


def audience(board: Board, tongue: Tongue) -> str:
    """To whom a board tells."""
    if board.channel.country:
        country = label("REF_AREA", board.channel.country, tongue.language)
        return tongue.gettext("Contact point of %(country)s", country=country)
    return tongue.gettext("Analysts") if board.channel.answers else tongue.gettext("Everybody")


def state_name(state: str, tongue: Tongue) -> str:
    """A state as people call it."""
    return codelist("CL_ALERT_REASON").label(state, tongue.language)


def detector(alert: Alert) -> str:
    """What found it; empty once it is closed."""
    return str(getattr(alert.evidence, "detector", ""))


def detector_name(alert: Alert, tongue: Tongue) -> str:
    """The same in words."""
    code = detector(alert)
    return tongue.gettext(DETECTORS[code]) if code else ""


def words(alert: Alert, tongue: Tongue) -> str:
    """The evidence in words, as it was signed."""
    told = getattr(alert.evidence, "words", None)
    return str(getattr(told, tongue.language)) if told else ""


def countries(alert: Alert) -> list[str]:
    """The countries that it names, one's own first."""
    match alert:
        case ContactAlert(about=about, country=mine) if about:
            return [mine, *(other.country for other in about.counterparts)]
        case ContactAlert(country=mine):
            return [mine]
        case AnalystAlert(about=about) if about:
            return list(about.countries)
        case Surge(about=about) if about:
            named = [about.series.get(name, "") for name in ("REF_AREA", "FROM")]
            return [code for code in named if code in codelist("CL_REPORTING_COUNTRY").codes]
    return []


def named_countries(alert: Alert, tongue: Tongue) -> str:
    """The same in words."""
    names = [label("REF_AREA", code, tongue.language) for code in countries(alert)]
    return SEPARATOR[tongue.language].join(names)


def span(alert: Alert) -> tuple[str, str]:
    """The first and the last period of its evidence; empty once it is closed."""
    match alert:
        case ContactAlert(about=about) if about:
            return about.months.first, about.months.last
        case AnalystAlert(about=about) if about:
            return about.quarter, about.quarter
        case Surge(about=about) if about:
            return about.period, about.period
    return "", ""


def when(alert: Alert, tongue: Tongue) -> str:
    """The same in words."""
    first, last = span(alert)
    if first == last:
        return tongue.period(first) if first else ""
    return f"{tongue.period(first)} – {tongue.period(last)}"


def quarters(alert: Alert) -> list[str]:
    """The quarters that its evidence touches."""
    first, last = span(alert)
    if not first:
        return []
    at, end = _months(first)[0], _months(last)[1]
    return [f"{n // 4}-Q{n % 4 + 1}" for n in range(at // 3, end // 3 + 1)]


def _months(period: str) -> tuple[int, int]:
    """The first and the last month of a period, counted from the year 0."""
    year, _, part = period.partition("-")
    if not part:
        return int(year) * 12, int(year) * 12 + 11
    if part.startswith("Q"):
        first = int(year) * 12 + (int(part[1]) - 1) * 3
        return first, first + 2
    month = int(year) * 12 + int(part) - 1
    return month, month


# --- The page of one ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """One entry of a timeline: when, what happened, and to whom or by whom."""

    when: str
    what: str
    more: str
    kind: str


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
        timeline: From the first evidence to the end.
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
    timeline: list[Event]
    into: str
    answers: list[Answers]
    sent: str


def whole(board: Board, alert: Alert, tongue: Tongue) -> Whole:
    """The page of an alert on its board."""
    about = alert.evidence
    cases = [(c.authority, c.case) for c in getattr(about, "cases", [])]
    sent = board.sent.get(alert.id)
    return Whole(
        _line(board, alert, tongue),
        alert.revision,
        bool(getattr(about, "doubtful", False)),
        bool(getattr(about, "lead", False)),
        list(_facts(alert, tongue)),
        [typology.label(code, tongue.language) for code in getattr(about, "resembles", [])],
        list(_concerned(alert, tongue)),
        cases,
        _timeline(alert, tongue),
        alert.into or "",
        _answers(board, alert, tongue),
        _sent(sent, tongue) if sent else "",
    )


def _facts(alert: Alert, tongue: Tongue) -> Iterator[tuple[str, str]]:
    text, language = tongue.gettext, tongue.language
    about = alert.evidence
    if isinstance(alert, ContactAlert) and alert.about:
        kinds = codelist("CL_LINK_TYPE")
        named = [kinds.label(code, language) for code in alert.about.link_types]
        yield text("Kinds of identifiers"), SEPARATOR[language].join(named)
    if isinstance(alert, AnalystAlert) and alert.about:
        yield text("Cases"), alert.about.size
    if isinstance(alert, Surge) and alert.about:
        yield text("Table"), alert.about.table
        yield text("Statistic"), f"{alert.about.statistic:.3g}"
        yield text("Threshold"), f"{alert.about.threshold:.3g}"
    if about is not None:
        yield text("Detector"), detector(alert)


def _concerned(alert: Alert, tongue: Tongue) -> Iterator[Concerned]:
    text = tongue.gettext
    if isinstance(alert, ContactAlert) and alert.about:
        number = len(alert.about.cases)
        mine = tongue.ngettext("%(num)s case", "%(num)s cases", number)
        known = text("More than the identifier is known") if alert.backed else text("Only this")
        yield Concerned(
            label("REF_AREA", alert.country, tongue.language), f"{mine}. {known}.", mine=True
        )
        for other in alert.about.counterparts:
            known = text("More than the identifier is known") if other.backed else text("Only this")
            name = label("REF_AREA", other.country, tongue.language)
            yield Concerned(name, f"{known}.", mine=False)


def _timeline(alert: Alert, tongue: Tongue) -> list[Event]:
    """Evidence first, then the alert's life, in the order of time, and its end at last."""
    text, (first, last) = tongue.gettext, span(alert)
    where, events = named_countries(alert, tongue), []
    if first and first == last:
        events.append(Event(tongue.period(first), text("Evidence"), where, "evidence"))
    elif first:
        events.append(Event(tongue.period(first), text("The first evidence"), where, "evidence"))
        events.append(Event(tongue.period(last), text("The newest evidence"), where, "evidence"))
    events += [_step(step, tongue) for step in alert.history]
    if alert.state not in CLOSED:
        ends = str(getattr(alert, "expires", ""))
        words = text("Expires after this, unless there is more evidence by then")
        events.append(Event(tongue.period(ends), words, "", "end"))
    return events


def _step(step: Step, tongue: Tongue) -> Event:
    reasons = codelist("CL_ALERT_REASON")
    why = reasons.label(step.reason, tongue.language) if step.reason else ""
    what = state_name(step.state, tongue)
    by = tongue.gettext(ACTORS[step.by])
    return Event(tongue.day(step.on), f"{what}: {why}" if why else what, by, "step")


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
        what = f"{what}: {reasons.label(answer.reason, tongue.language)}"
    return tongue.gettext(
        "Sent on %(moment)s: %(what)s. The platform takes it up with its next round.",
        moment=tongue.moment(sent.at),
        what=what,
    )
