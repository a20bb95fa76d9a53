"""Runs the application on loopback until the process is told to stop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from deploy.brokers.errors import PortTaken
from deploy.console import lines
from deploy.console.alerts.follow import follow_alerts
from deploy.console.app import Console, create_app
from deploy.console.charts.base import draw_unchecked
from deploy.console.follow import follow
from deploy.console.quality.follow import follow_quality
from deploy.console.security.certificates import Showing
from deploy.console.security.desk import tls_context
from deploy.console.security.settings import Settings
from deploy.running.health import LOOPBACK
from schemas.kafka import Broker
from schemas.log_lines import tell

GRACE = 3
"""Seconds that open answers have when the process ends; streams of events end at once."""
KEPT = 75
"""Seconds that a connection is kept for the next request. Longer than what stands before it keeps
its own (60 s with nginx): who closes first must be who asks, or a request meets a closed door."""


def serve(
    console: Console,
    broker: Broker,
    port: int,
    told: Callable[[str], None],
    settings: Settings | None = None,
) -> None:
    """Serves a console that follows a cluster.

    Args:
        console: What the pages need.
        broker: The cluster.
        port: On loopback; 0 for any free one.
        told: Is told the address, once it answers there.
        settings: How it is reached; None for without TLS, and not behind anything.

    Raises:
        PortTaken: Somebody listens there already, or this user may not.
    """
    draw_unchecked()
    app = create_app(console, lambda: _follow(broker, console))
    context = tls_context(settings.tls) if settings and settings.tls else None
    with listening(port) as listener:
        at = listener.getsockname()[1]
        configuration = configured(
            app, context, behind_proxy=bool(settings and settings.behind_proxy)
        )
        told(f"{'https' if context else 'http'}://{LOOPBACK}:{at}/")
        tell(lines.SERVED, port=at)
        asyncio.run(uvicorn.Server(configuration).serve([listener]))


def configured(
    app: FastAPI, context: ssl.SSLContext | None = None, *, behind_proxy: bool = False
) -> uvicorn.Config:
    """uvicorn, which hands on the client certificate of a connection.

    Args:
        app: What answers.
        context: TLS; None for none.
        behind_proxy: Whether a proxy on this machine is believed where requests come from.
    """
    return uvicorn.Config(
        app,
        http=Showing,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=KEPT,
    )


async def _follow(broker: Broker, console: Console) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(follow(broker, console.trust, console.live))
        group.create_task(follow_alerts(broker, console.trust, console.boards))
        group.create_task(follow_quality(broker, console.trust, console.quality))


def listening(port: int) -> socket.socket:
    """A socket that listens on a port of loopback.

    Raises:
        PortTaken: Somebody listens there already, or this user may not.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        # Whoever connects from now on waits until the application answers.
        listener.listen()
    except OSError:
        listener.close()
        raise PortTaken(expected=f"port {port} free") from None
    return listener
