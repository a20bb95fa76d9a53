"""``/events``: tells browsers that something changed, never what; they look at their page again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from deploy.console.app_state import console_of
from deploy.console.follow import Live
from deploy.console.security import Reader, Role, reader

router = APIRouter()
PING = 15


@router.get("/events")
async def events(
    request: Request, _reader: Annotated[Reader, Depends(reader(Role.VIEWER))]
) -> EventSourceResponse:
    """How things stand and the number of the newest snapshot, now and whenever they change."""
    return EventSourceResponse(_told(console_of(request).live), ping=PING)


async def _told(live: Live) -> AsyncIterator[ServerSentEvent]:
    async for standing, number in live.changes():
        yield ServerSentEvent(
            json.dumps({"standing": standing, "number": number}), event="standing"
        )
