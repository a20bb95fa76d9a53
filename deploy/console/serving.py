"""Runs the application on loopback until the process is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn

from deploy.brokers.errors import PortTaken
from deploy.console import lines
from deploy.console.app import Console, create_app
from deploy.console.follow import follow
from deploy.running.health import LOOPBACK
from schemas.kafka import Broker
from schemas.log_lines import tell

GRACE = 3
"""Seconds that open answers have when the process ends; streams of events end at once."""


def serve(console: Console, broker: Broker, port: int, told: Callable[[str], None]) -> None:
    """Serves a console that follows a cluster.

    Args:
        console: What the pages need.
        broker: The cluster.
        port: On loopback; 0 for any free one.
        told: Is told the address, once it answers there.

    Raises:
        PortTaken: Somebody listens there already, or this user may not.
    """
    app = create_app(console, lambda: follow(broker, console.trust, console.live))
    with listening(port) as listener:
        at = listener.getsockname()[1]
        configuration = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        told(f"http://{LOOPBACK}:{at}/")
        tell(lines.SERVED, port=at)
        asyncio.run(uvicorn.Server(configuration).serve([listener]))


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
