"""What can be wrong with messages of alerts."""

from __future__ import annotations

from schemas.errors import WireError


class AlertInvalid(WireError):
    """The value of a record is no alert of its topic."""

    code = "ALERT_INVALID"
    summary = "not an alert"
    advice = "Ask the platform's operator which process wrote it."


class AlertMisplaced(WireError):
    """An alert stands under another key, or on the topic of another country."""

    code = "ALERT_MISPLACED"
    summary = "an alert stands where it does not belong"
    advice = "Do not use it. Ask the platform's operator who wrote it."


class AssessmentInvalid(WireError):
    """The value of a record is no assessment of its topic."""

    code = "ASSESSMENT_INVALID"
    summary = "not an assessment"
    advice = "Write it with `southmed alerts assess`, as the reader whose topic it is."
