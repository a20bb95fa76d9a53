"""Feeds what is known of quality from Kafka.

The rules are those of alerts (`deploy.console.alerts.follow`): what does not verify is told,
counted and never shown; whatever ends the following, it begins again after a moment, from the
start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn

from deploy.console import lines
from deploy.console.alerts.boards import Access
from deploy.console.quality.board import QualityBoard
from deploy.consume.errors import TopicClosed
from deploy.consume.judge import Message
from deploy.consume.topic import reading
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.quality import open_quality
from schemas.topics import QUALITY
from schemas.trust import TrustDocument

AGAIN_AFTER = 2.0
Trust = Callable[[], TrustDocument]


async def follow_quality(
    broker: Broker, trust: Trust, board: QualityBoard, again_after: float = AGAIN_AFTER
) -> NoReturn:
    """Follows the topic until cancelled.

    Args:
        broker: The cluster.
        trust: Gives the trust document at hand.
        board: What to feed.
        again_after: Seconds to wait before it begins again.
    """
    told = ""
    while True:
        try:
            async with reading(broker, 0, QUALITY.name()) as reader:
                while True:
                    for message in await reader.more():
                        _take(board, message, trust)
                    if reader.caught_up:
                        board.put(board.known.standing(Access.LIVE))
                        told = ""
        except SouthmedError as error:
            if isinstance(error, TopicClosed):
                board.put(board.known.standing(Access.CLOSED))
            if error.code != told:
                told = error.code
                tell(lines.QUALITY_INTERRUPTED, code=error.code)
        await asyncio.sleep(again_after)


def _take(board: QualityBoard, message: Message, trust: Trust) -> None:
    try:
        value = message.value or b""
        board.put(board.known.having(open_quality(message.key, value, message.headers, trust())))
    except SouthmedError as error:
        known = board.known.refusing(message.offset, error.code)
        if known is not board.known:
            tell(lines.QUALITY_REFUSED, code=error.code, offset=message.offset)
        board.put(known)
