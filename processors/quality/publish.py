"""Publishes what has changed of how data come in, and nothing else.

The rules:

1. What is out is read from the topic first. A message whose bytes stand there already, under a
   signature that verifies, is not written again: the same state gives the same bytes.
2. What stands there and does not verify is as if it were not there, so a lost key heals itself.
3. Every message is whole and newer than the one before it, so a run that died half way is finished
   by the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from processors.compacted import Outgoing, Record, read_topics, write_records
from processors.quality.errors import QualityTopicUnreachable
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.quality import Quality, open_quality, sign_quality
from schemas.topics import QUALITY
from schemas.trust import TrustDocument

TOPIC = QUALITY.name()


class Known(NamedTuple):
    """What the topic holds.

    Attributes:
        newest: Of each authority the newest message that verifies.
        refused: Codes of the newest records that do not verify.
    """

    newest: Mapping[str, Quality]
    refused: Sequence[str]


def known(records: Iterable[Record], trust: TrustDocument) -> Known:
    """What the records say, of each key its newest."""
    by_key = {record.key: record for record in records}
    newest, refused = {}, []
    for record in by_key.values():
        try:
            value = record.value or b""
            quality = open_quality(record.key, value, record.headers, trust)
        except SouthmedError as error:
            refused.append(error.code)
        else:
            newest[quality.authority] = quality
    return Known(newest, refused)


def changed(messages: Iterable[Quality], there: Known) -> list[Quality]:
    """The messages that do not stand on the topic as they are."""
    newest = there.newest
    return [m for m in messages if newest.get(m.authority) != m]


async def look(broker: Broker, trust: TrustDocument) -> Known:
    """What is out.

    Raises:
        QualityTopicUnreachable: It cannot be read.
    """
    found = await read_topics(broker, [TOPIC], QualityTopicUnreachable)
    return known(found[TOPIC], trust)


async def publish(broker: Broker, messages: Iterable[Quality], signer: SigningKey) -> None:
    """Writes messages; returns once they are safe.

    Raises:
        QualityTopicUnreachable: They could not be written.
    """
    outgoing = [outgoing_of(message, signer) for message in messages]
    await write_records(broker, outgoing, QualityTopicUnreachable)


def outgoing_of(message: Quality, signer: SigningKey) -> Outgoing:
    """A message, signed, as it travels."""
    value = message.dump()
    return Outgoing(TOPIC, message.authority.encode(), value, sign_quality(value, signer))
