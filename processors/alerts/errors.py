"""What can go wrong with alerts."""

from __future__ import annotations

from schemas.errors import PlatformError


class AlertsError(PlatformError):
    """Something that alerts are made of cannot be used."""

    code = "ALERTS"
    summary = "alerts cannot be made"


class StopListInvalid(AlertsError):
    """A line of the stop list does not say whose identifier of which kind it stops."""

    code = "STOP_LIST_INVALID"
    summary = "the stop list cannot be used"
    advice = "Correct the line: token in hexadecimal, authority, kind, month; nothing was stopped."
