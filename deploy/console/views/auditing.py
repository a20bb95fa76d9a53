"""The audit log as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from deploy.console.errors import AuditBroken
from deploy.console.i18n import Tongue, noop
from deploy.console.security.audit import Action, Audit

ACTIONS: Mapping[Action, str] = {
    "signed in": noop("Signed in"),
    "signed out": noop("Signed out"),
    "opened": noop("Opened an alert"),
    "answered": noop("Answered an alert"),
    "not sent": noop("The answer could not be sent"),
    "audited": noop("Read the audit log"),
    "refused": noop("Refused"),
}


@dataclass(frozen=True)
class Line:
    """One entry."""

    number: int
    at: datetime
    who: str
    action: str
    what: str


@dataclass(frozen=True)
class Audited:
    """The page.

    Attributes:
        lines: The newest entries, the newest first.
        entries: How many there are.
        whole: Whether each follows the one before it.
    """

    lines: list[Line]
    entries: int
    whole: bool


def audited(audit: Audit, tongue: Tongue) -> Audited:
    """The page of a log."""
    found = [
        Line(
            entry.number,
            datetime.fromisoformat(entry.at),
            entry.who,
            tongue.gettext(ACTIONS[entry.action]),
            entry.what,
        )
        for entry in audit.read()
    ]
    try:
        audit.check()
    except AuditBroken:
        return Audited(found, found[0].number, whole=False)
    return Audited(found, found[0].number if found else 0, whole=True)
