"""A console that runs in a thread of its own, and what a test does to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from deploy.console.alerts.boards import Boards
from deploy.console.app import Console, create_app
from deploy.console.follow import Live, Standing
from deploy.console.quality.board import QualityBoard
from deploy.console.security import unsafe_open
from deploy.console.serving import listening
from deploy.console.store import Snapshot
from tests.console.world import TODAY
from tests.published import trusting

LIMIT = 20


@dataclass(frozen=True)
class Served:
    """A console that answers.

    Attributes:
        url: Where.
        live: What it knows; to be changed by `do` alone.
        loop: Of its thread.
    """

    url: str
    live: Live
    loop: asyncio.AbstractEventLoop

    def do(self, change: Callable[[Live], None]) -> None:
        """Changes what the console knows, as following Kafka would."""

        async def changed() -> None:
            change(self.live)

        asyncio.run_coroutine_threadsafe(changed(), self.loop).result(LIMIT)


@contextmanager
def served(
    known: Snapshot,
    port: int = 0,
    boards: Boards | None = None,
    quality: QualityBoard | None = None,
) -> Iterator[Served]:
    """A console that knows something.

    Args:
        known: What it knows.
        port: Where it listens; 0 for any free one.
        boards: What it knows of alerts; nothing by default.
        quality: What it knows of how data come in; nothing by default.
    """
    live = Live(known, Standing.LIVE)
    app = create_app(
        Console(
            live,
            trusting,
            unsafe_open,
            today=lambda: TODAY,
            boards=boards or Boards(),
            quality=quality or QualityBoard(),
        )
    )
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    )
    listener, loop = listening(port), asyncio.new_event_loop()

    async def serve() -> None:
        await server.serve([listener])
        # Watchers of streams that were open.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", live, loop)
    finally:
        server.should_exit = True
        thread.join(LIMIT)
        listener.close()
        loop.close()
