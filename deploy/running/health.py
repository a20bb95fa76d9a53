"""The health server of a long-running process: is it alive, is it ready, what does it count.

The rules:

1. Off unless a port is given; on loopback only, whatever happens. Who has to reach it from another
   machine puts something in front of it that knows who may.
2. It runs in a thread with an event loop of its own, so that it still answers while the process's
   own loop hangs, and says so.
3. It only tells: numbers, and whether checks hold. Only GET and HEAD; nothing can be changed.

=============  =====================================  =============================================
path           200                                    503
=============  =====================================  =============================================
``/livez``     the process goes on                    it should be started anew
``/readyz``    it does its work                       it waits: for the broker, its group, its lag
``/metrics``   the figures, in Prometheus's text      never
=============  =====================================  =============================================
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from deploy.brokers.errors import PortTaken
from deploy.running import lines
from schemas.log_lines import tell

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
LOOK_EVERY = 5.0
LIVEZ, READYZ, METRICS = "/livez", "/readyz", "/metrics"
PATHS = {
    LIVEZ: "200 while the event loop turns and the watchdog is content, else 503: start it anew.",
    READYZ: "200 while the process does its work, else 503. Intake: the broker answers, the worker"
    " is in its group and has partitions, and no more records wait than the limit in the answer."
    " Adapter: the broker answers. Trustee: the broker answers, and it has every key that it is"
    " named for.",
    METRICS: "All metrics, as Prometheus's text format 0.0.4.",
}
Check = Mapping[str, bool | int | float]
"""Whether something holds (``ok``), and the numbers behind it."""
Checks = Mapping[str, Check]


@dataclass(frozen=True)
class Told:
    """What a health server tells of a process.

    Attributes:
        live: The checks of ``/livez``.
        ready: The checks of ``/readyz``.
        registry: The figures of ``/metrics``.
        look: Called every few seconds in the server's thread, to measure what has to be asked for.
    """

    live: Callable[[], Checks]
    ready: Callable[[], Checks]
    registry: CollectorRegistry
    look: Callable[[], Awaitable[None]] | None = None


@contextmanager
def serve(port: int | None, told: Told) -> Iterator[None]:
    """Serves health on a port of loopback as long as the context lasts; nothing without a port.

    Raises:
        PortTaken: Somebody listens there already, or this user may not.
    """
    if port is None:
        yield
        return
    loop = asyncio.new_event_loop()
    server = threading.Thread(target=_run, args=(loop,), name="health", daemon=True)
    server.start()
    try:
        runner = _done(_listen(port, told), loop)
        tell(lines.HEALTH_SERVED, port=port)
        looking = asyncio.run_coroutine_threadsafe(_look_forever(told), loop)
        try:
            yield
        finally:
            looking.cancel()
            _done(runner.cleanup(), loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        server.join(LOOK_EVERY)


def _done(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """Has the server's thread do something, and waits for it."""
    return asyncio.run_coroutine_threadsafe(work, loop).result(LOOK_EVERY)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


async def _look_forever(told: Told) -> None:
    while told.look is not None:
        try:
            await told.look()
        except Exception as error:
            # The next look may succeed; a process must not end because it could not be measured.
            tell(lines.LOOK_FAILED, error=type(error).__name__)
        await asyncio.sleep(LOOK_EVERY)


async def _listen(port: int, told: Told) -> web.AppRunner:
    runner = web.AppRunner(application(told), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        await runner.cleanup()
        raise PortTaken(expected=f"port {port} free", got=type(error).__name__) from None
    return runner


def application(told: Told) -> web.Application:
    """The three paths."""

    async def livez(_: web.Request) -> web.Response:
        return _answer(told.live())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(told.ready())

    async def metrics(_: web.Request) -> web.Response:
        text = generate_latest(told.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    made = web.Application()
    made.on_response_prepare.append(_say_little)
    made.add_routes(
        [web.get(LIVEZ, livez), web.get(READYZ, readyz), web.get(METRICS, metrics)],
    )
    return made


async def _say_little(_: web.Request, response: web.StreamResponse) -> None:
    """What the server is made of is nobody's business."""
    with suppress(KeyError):
        del response.headers["Server"]


def _answer(checks: Checks) -> web.Response:
    ok = all(check["ok"] for check in checks.values())
    body = json.dumps({"ok": ok, "checks": checks})
    return web.Response(status=200 if ok else 503, text=body, content_type="application/json")
