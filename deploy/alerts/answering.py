"""Answering an alert as the reader that it was told to, from a command or from a page."""

from __future__ import annotations

from pydantic import ValidationError

from processors.alerts.errors import AlertTopicUnreachable, AnswerRefused
from processors.alerts.life import may_follow
from processors.compacted import Outgoing, write_records
from schemas.alert_errors import AssessmentInvalid
from schemas.alerts import Alert, Assessment, Channel, reasons_of
from schemas.kafka import Broker

ANSWERS = ("SEEN", "ASSESSED", "DISMISSED", "CONFIRMED")


def assessment(
    channel: Channel, alert: Alert, revision: int, state: str, reason: str
) -> Assessment:
    """The answer to an alert; refused where it could not be heard.

    Args:
        channel: Whose reader answers.
        alert: As it is out.
        revision: The one that was read.
        state: To which the answer leads.
        reason: A code that leads there; empty for none.

    Raises:
        AssessmentInvalid: No such state, or not a reason that leads there.
        AnswerRefused: The alert's state may not be followed by that one.
    """
    told = {
        "alert": alert.id,
        "revision": revision,
        "state": state,
        "reason": reason or None,
        "role": channel.role,
    }
    try:
        answer = Assessment.model_validate(told)
    except ValidationError:
        raise AssessmentInvalid(expected=", ".join(reasons_of(state)) or "no reason") from None
    if not may_follow(alert.state, answer.state, channel.role):
        raise AnswerRefused(expected=f"what may follow {alert.state}", got=answer.state)
    return answer


async def send(broker: Broker, channel: Channel, answer: Assessment) -> None:
    """Writes an answer to its topic; returns once it is safe there.

    Raises:
        AlertTopicUnreachable: It could not be written.
    """
    if channel.answers is None:
        raise AnswerRefused(expected="an alert that somebody answers")
    record = Outgoing(channel.answers, answer.alert.encode(), answer.dump(), [])
    await write_records(broker, [record], AlertTopicUnreachable)
