"""What can be wrong when quality is published."""

from __future__ import annotations

from schemas.errors import PlatformError


class QualityTopicUnreachable(PlatformError):
    """The topic of quality cannot be read or written at the moment."""

    code = "QUALITY_TOPIC_UNREACHABLE"
    summary = "the topic of quality cannot be reached"
    advice = "Is the broker up, the topic made and the right granted? `southmed doctor` tells."


class ExpectationsInvalid(PlatformError):
    """The table of what is expected of authorities is not one."""

    code = "EXPECTATIONS_INVALID"
    summary = "the table of expectations cannot be used"
    advice = (
        "A CSV file with the columns authority, late_after and silent_after, in days; the row `*`"
        " holds for all that have none of their own."
    )
