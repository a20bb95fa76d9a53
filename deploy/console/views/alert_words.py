"""What an alert says, in the words of a language, and of which countries and periods.

Nothing is said that does not stand in the message to its reader.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploy.console.alerts.boards import Board
from deploy.console.alerts.history import countries
from deploy.console.i18n import Tongue, noop
from deploy.exports.labels import label
from schemas.alerts import Alert, AnalystAlert, ContactAlert, Surge
from schemas.codelists import Language, codelist

SEPARATOR: Mapping[Language, str] = {"en": ", ", "fr": ", ", "ar": "، "}
DETECTORS: Mapping[str, str] = {
    "D1": noop("The same identifier"),
    "D2": noop("Cases that grew together"),
    "D3": noop("A surge"),
    "D4": noop("A displacement"),
    "D5": noop("A chain from recruitment to exploitation"),
    "D6": noop("The same way of working"),
}


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
    """The evidence in words, as it was signed; periods and digits as this reader writes them."""
    told = getattr(alert.evidence, "words", None)
    return tongue.prose(tongue.dated(str(getattr(told, tongue.language)))) if told else ""


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
    at, end = months(first)[0], months(last)[1]
    return [f"{n // 4}-Q{n % 4 + 1}" for n in range(at // 3, end // 3 + 1)]


def months(period: str) -> tuple[int, int]:
    """The first and the last month of a period, counted from the year 0."""
    year, _, part = period.partition("-")
    if not part:
        return int(year) * 12, int(year) * 12 + 11
    if part.startswith("Q"):
        first = int(year) * 12 + (int(part[1]) - 1) * 3
        return first, first + 2
    month = int(year) * 12 + int(part) - 1
    return month, month


def joined(what: str, more: str, tongue: Tongue) -> str:
    """One thing and what it is of, with the language's own colon."""
    return tongue.gettext("%(what)s: %(more)s", what=what, more=more) if more else what
