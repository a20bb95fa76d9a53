"""Since when an alert names each country: what its revisions told, one after the other.

A message has the days of the alert's own steps, and none for when a country came to be named. So it
is learned from the revisions as they come, each with its day. The rules:

1. Nothing is kept that the newest revision does not say: a country that it names no more is
   forgotten with its day, and of a closed alert everything is.
2. Nothing is kept of what a country brought: no months, no cases. A change is a day and no more.
3. The day of a revision is that of the platform's step in it, where there is one, as it is signed;
   else that on which the broker took it.
4. What came between two revisions that were not both read, or before the first one that was, is
   known to be so since that day, and not known to have begun on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from deploy.alerts.reader import Told
from schemas.alerts import CLOSED, MOST_STEPS, Alert, AnalystAlert, ContactAlert, Step, Surge
from schemas.codelists import codelist


@dataclass(frozen=True, order=True)
class Since:
    """A day on which something was so.

    Attributes:
        on: The day.
        exactly: Whether it began on this day; otherwise then or before.
    """

    on: date
    exactly: bool = True


@dataclass(frozen=True)
class History:
    """What is known of an open alert beside its newest revision.

    Attributes:
        named: Since when it names each country.
        changed: When its evidence changed otherwise; the newest of them.
    """

    named: Mapping[str, Since]
    changed: tuple[Since, ...] = ()


def countries(alert: Alert) -> list[str]:
    """The countries that an alert names, one's own first."""
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


def followed(history: History | None, before: Alert | None, told: Told) -> History | None:
    """What is known once a revision more was read.

    Args:
        history: What was known; None for nothing.
        before: The newest revision that was read; None for none.
        told: One that is newer, and its day.

    Returns:
        None for an alert that is closed now.
    """
    alert = told.alert
    if alert.state in CLOSED:
        return None
    opened = _opened(alert)
    if before is None or before.revision < opened.revision:
        # What was known is of before it was closed.
        history = None
    next_one = before is not None and before.revision + 1 == alert.revision
    made = [step for step in alert.history if step.revision == alert.revision]
    step = next((step for step in made if step.by == "PLATFORM"), None)
    day = Since(step.on if step else told.on, next_one or opened in made)
    known = {} if history is None else history.named
    named = {country: known.get(country, day) for country in countries(alert)}
    if isinstance(alert, ContactAlert) and not named[alert.country].exactly:
        # There is none without the country that it is told to.
        named[alert.country] = Since(opened.on)
    changed = () if history is None else history.changed
    otherwise = step is None and set(named) <= set(known)
    if before is not None and history is not None and otherwise and _differ(before, alert):
        changed = (*changed, day)[-MOST_STEPS:]
    return History(MappingProxyType(named), changed)


def _opened(alert: Alert) -> Step:
    """The step since which it is open."""
    closings = [at for at, step in enumerate(alert.history) if step.state in CLOSED]
    return alert.history[closings[-1] + 1 if closings else 0]


def _differ(before: Alert, alert: Alert) -> bool:
    """Whether two revisions tell different evidence, whatever its words."""

    def evidence(one: Alert) -> dict[str, object]:
        return one.evidence.model_dump(exclude={"words"}) if one.evidence else {}

    return evidence(before) != evidence(alert)
