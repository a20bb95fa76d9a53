"""Where alerts are published, and where readers answer: the topics, read and verified.

Both are read whole. Of each alert the newest revision holds; the same bytes may stand there twice,
for a process that died before it saw its record sends it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from processors.alerts import lines
from processors.alerts.errors import AlertsOverwritten, AlertTopicUnreachable
from processors.alerts.plan import Answer
from processors.compacted import Outgoing, Record, read_topics, write_records
from schemas.alerts import CHANNELS, Alert, Channel, open_alert, open_assessment, sign_alert
from schemas.errors import WireError
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.log_lines import tell
from schemas.trust import TrustDocument

TOPICS = tuple(topic for channel in CHANNELS for topic in (channel.topic, channel.answers) if topic)
BY_TOPIC: Mapping[str, Channel] = {channel.topic: channel for channel in CHANNELS}

Records = Mapping[str, Sequence[Record]]


class AlertLog(Protocol):
    """The topics of alerts and assessments."""

    async def read(self) -> Records:
        """All records of every topic, oldest first."""
        ...

    async def append(self, messages: Sequence[Outgoing]) -> None:
        """Writes records; returns once they are safe."""
        ...


class TopicLog:
    """The topics on a cluster.

    Args:
        broker: Where Kafka is.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def read(self) -> Records:
        return await read_topics(self._broker, TOPICS, AlertTopicUnreachable)

    async def append(self, messages: Sequence[Outgoing]) -> None:
        await write_records(self._broker, messages, AlertTopicUnreachable)


@dataclass(frozen=True)
class Known:
    """What the topics hold.

    Attributes:
        out: The newest revision of every alert, by channel and id.
        heard: The newest answer to each.
    """

    out: Mapping[Channel, Mapping[str, Alert]]
    heard: Mapping[Channel, Mapping[str, Answer]]


def message_of(channel: Channel, alert: Alert, signer: SigningKey) -> Outgoing:
    """An alert, signed, as it travels."""
    value = alert.dump()
    return Outgoing(channel.topic, alert.id.encode(), value, sign_alert(channel, value, signer))


def open_record(channel: Channel, record: Record, trust: TrustDocument) -> Alert:
    """A record of a channel as an alert; raises as `open_alert`."""
    return open_alert(channel, record.key, record.value or b"", record.headers, trust)


def known(records: Records, trust: TrustDocument) -> Known:
    """What the records say.

    Raises:
        SealError, WireError: A record of ours does not verify, or is no alert.
        AlertsOverwritten: Two records are the same revision of an alert, and differ.
    """
    out = {channel: _newest(channel, records.get(channel.topic, ()), trust) for channel in CHANNELS}
    heard = {
        channel: _answers(channel, records.get(channel.answers, ()))
        for channel in CHANNELS
        if channel.answers
    }
    return Known(out, heard)


def _newest(channel: Channel, records: Sequence[Record], trust: TrustDocument) -> dict[str, Alert]:
    newest: dict[str, Alert] = {}
    for record in records:
        alert = open_record(channel, record, trust)
        before = newest.get(alert.id)
        if before is not None and before.revision == alert.revision and before != alert:
            raise AlertsOverwritten(got=f"revision {alert.revision} of {alert.id} twice")
        if before is None or before.revision < alert.revision:
            newest[alert.id] = alert
    return newest


def _answers(channel: Channel, records: Sequence[Record]) -> dict[str, Answer]:
    """The newest answers; what is none is told and passed over, for readers may write anything."""
    newest: dict[str, Answer] = {}
    for record in records:
        try:
            assessment = open_assessment(channel, record.key, record.value or b"")
        except WireError as error:
            tell(lines.ANSWER_PASSED_OVER, code=error.code)
            continue
        on = datetime.fromtimestamp(record.timestamp / 1000, UTC).date()
        newest[assessment.alert] = Answer(assessment, on)
    return newest
