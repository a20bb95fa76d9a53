"""The application: what it is made of, put together. Nothing here knows how a page is made."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from deploy.console.alerts.boards import Boards
from deploy.console.charts import Charts
from deploy.console.errors import NothingToSendWith
from deploy.console.follow import Live
from deploy.console.maps import Atlas, shipped_atlas
from deploy.console.pages.content import Content
from deploy.console.pages.failing import failures
from deploy.console.pages.routes import ROUTERS
from deploy.console.quality.board import QualityBoard
from deploy.console.remembering import Remembered
from deploy.console.security import LOOPBACK_NAMES, Doorkeeper, Guarded, Reader, closed
from deploy.console.security.audit import Audit
from deploy.console.security.desk import Desk
from deploy.console.security.forms import Tokens
from deploy.console.security.rates import Rates
from processors.release.tables import Tables, shipped
from schemas.alerts import Assessment, Channel
from schemas.trust import TrustDocument

PRESSED = 5
"""How hard answers are pressed by gzip. Nine takes twice the time for two in a hundred bytes."""
Send = Callable[[Channel, Assessment], Awaitable[None]]
"""Writes an answer to an alert to its topic."""


async def nowhere(_channel: Channel, _answer: Assessment) -> None:
    """Sends nothing: of a console that has no broker."""
    raise NothingToSendWith()


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Console:
    """What the pages need.

    Attributes:
        live: What is known, and how things stand with the broker.
        trust: Gives the trust document at hand.
        doorkeeper: Says who reads; by default nobody does.
        tables: The file of tables at hand.
        today: The date to go by.
        charts: What is drawn.
        contents: What pages say that say the same to everybody.
        files: What releases are as files.
        hosts: Names under which the console answers.
        desk: Where people sign in; None for nowhere.
        boards: What is told of networks and surges.
        quality: What is told of how data come in.
        send: Passes an answer on.
        audit: What readers do.
        tokens: What their forms carry.
        rates: How often they may do what.
        atlas: What maps are drawn of.
        run: Tells this process from others; snapshots are numbered anew in each.
    """

    live: Live
    trust: Callable[[], TrustDocument]
    doorkeeper: Doorkeeper = closed
    tables: Tables = field(default_factory=shipped)
    today: Callable[[], date] = _today
    charts: Charts = field(default_factory=Charts)
    contents: Remembered[Content] = field(default_factory=Remembered)
    files: Remembered[bytes] = field(default_factory=Remembered)
    hosts: tuple[str, ...] = tuple(LOOPBACK_NAMES)
    desk: Desk | None = None
    boards: Boards = field(default_factory=Boards)
    quality: QualityBoard = field(default_factory=QualityBoard)
    send: Send = nowhere
    audit: Audit = field(default_factory=Audit)
    tokens: Tokens = field(default_factory=Tokens)
    rates: Rates = field(default_factory=Rates)
    atlas: Atlas = field(default_factory=shipped_atlas)
    run: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self) -> None:
        # Whoever watches hears one bell, whatever has changed.
        self.boards.bell = self.quality.bell = self.live.bell

    def number(self, reader: Reader) -> int:
        """Grows with every change that a reader may see, and with no other."""
        told = self.boards.number(reader) + self.quality.number(reader)
        return self.live.snapshot.number + told


def create_app(console: Console, follow: Callable[[], Awaitable[None]] | None = None) -> FastAPI:
    """The application.

    Args:
        console: What the pages need.
        follow: Feeds ``console.live`` as long as the application runs; None for nobody.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.ensure_future(follow()) if follow else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    # FastAPI's own pages of documentation would load scripts from elsewhere.
    app = FastAPI(
        title="southmed", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None
    )
    app.state.console = console
    for router in ROUTERS:
        app.include_router(router)
    failures(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=PRESSED)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(console.hosts))
    app.add_middleware(Guarded)
    return app
