"""``/events``: tells browsers that something changed, never what; they look at their page again."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from deploy.console.app_state import console_of
from deploy.console.security import Viewer

router = APIRouter()
PING = 15
MOMENT = 0.2
"""Seconds in which what follows is told together."""
PAUSE = 2.0
"""Seconds between two that are told. The first news after quiet is told at once; on a day of
release one message follows the other, and each would have every browser look again."""
IN_A_SECOND = 100
"""How many are told in a second, each in a turn of their own: all look at their page again, and who
comes with a wish of their own meanwhile should not have to wait behind everybody."""
LOOK_AGAIN = 30.0
"""Seconds after which who reads is asked for again, though nothing has changed."""


@router.get("/events")
async def events(request: Request, _reader: Viewer) -> EventSourceResponse:
    """How things stand and the number of the newest snapshot, now and whenever they change."""
    return EventSourceResponse(_told(request), ping=PING)


async def _told(request: Request, pause: float = PAUSE) -> AsyncIterator[ServerSentEvent]:
    """Tells as long as somebody may be told; of alerts only that those change that they may see."""
    console, told, clock = console_of(request), None, asyncio.get_running_loop().time
    bell, at = console.live.bell, clock() - pause
    with bell.attend():
        while (who := await console.doorkeeper(request)) is not None:
            rung, now = bell.listen(), (console.live.standing, console.number(who))
            if now != told:
                told, at = now, clock()
                data = json.dumps({"standing": now[0], "number": now[1]})
                yield ServerSentEvent(data, event="standing")
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN):
                    await rung.wait()
                turn = random.uniform(0, bell.attended / IN_A_SECOND)  # noqa: S311 - no secret
                await asyncio.sleep(max(MOMENT, at + pause - clock()) + turn)
