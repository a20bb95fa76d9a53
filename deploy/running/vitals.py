"""What the health servers of long-running processes tell: plain functions of what is seen.

An intake worker is alive while its loop turns and its watchdog is content; it is ready while it is
in its group, has partitions, and does not lag behind. An adapter is alive while its loop turns,
and ready while the broker answers: what it cannot send is safe in its outbox. A trustee is alive
while its loop turns, and ready while the broker answers and it has every key that it is named for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
)

from deploy.identity import Identity
from deploy.running.broker_clock import ask_the_time, best_of
from deploy.running.guard import LoopGuard
from deploy.running.health import Check, Checks, Told
from processors.intake.metrics import IntakeMeters
from processors.intake.watchdog import Sight
from processors.intake.worker import PATIENCE, Vitals
from processors.linkage.judge import Office
from processors.linkage.metrics import KEYS, TrusteeMeters
from producers.metrics import PublisherMeters
from producers.outbox import Outbox
from schemas.kafka import Broker
from schemas.metrics import CERTIFICATE_EXPIRY, CLOCK_SKEW, Meters

MAX_LAG = 1_000
"""Records that may wait while a worker counts as ready."""
ASKING_SECONDS = 5.0
ASK_CLOCK_EVERY = 60.0
UNSEEN = Sight(reachable=False, joined=False, folded=0, waiting=0)


def intake_live(guard: LoopGuard, vitals: Vitals) -> Checks:
    """Whether a worker goes on."""
    watchdog = {"ok": vitals.still <= PATIENCE, "still_seconds": round(vitals.still, 3)}
    return {"loop": {"ok": guard.alive}, "watchdog": watchdog}


def intake_ready(sight: Sight | None) -> Checks:
    """Whether a worker does its work.

    Example:
        >>> checks = intake_ready(Sight(True, True, folded=9, waiting=2000, assigned=16))
        >>> [name for name, check in checks.items() if not check["ok"]]
        ['lag']
    """
    seen = sight or UNSEEN
    lag: Check = {
        "ok": seen.reachable and seen.waiting <= MAX_LAG,
        "records": seen.waiting,
        "limit": MAX_LAG,
    }
    return {
        "broker": {"ok": seen.reachable},
        "group": {"ok": seen.joined},
        "partitions": {"ok": seen.assigned > 0, "assigned": seen.assigned},
        "lag": lag,
    }


class Surroundings:
    """What every process looks at around it: its certificate's end, and the broker's clock.

    Args:
        meters: Where it is told.
        broker: Where Kafka is.
        identity: The process's identity, if it has one.
    """

    def __init__(self, meters: Meters, broker: Broker, identity: Path | None) -> None:
        self._meters = meters
        self._broker = broker
        self._identity = Identity(identity) if identity else None
        self._asked = -ASK_CLOCK_EVERY

    async def look(self) -> None:
        """Looks; the clock is asked for once in a while only."""
        if self._identity is not None:
            self._identity.refresh()
            self._meters.set(CERTIFICATE_EXPIRY, self._identity.not_after.timestamp())
        if time.monotonic() - self._asked < ASK_CLOCK_EVERY:
            return
        self._asked = time.monotonic()
        async with asyncio.timeout(ASKING_SECONDS):
            if answers := await ask_the_time(self._broker, time.time):
                self._meters.set(CLOCK_SKEW, best_of(answers).ahead)


def of_intake(
    guard: LoopGuard, vitals: Vitals, meters: IntakeMeters, broker: Broker, identity: Path | None
) -> Told:
    """What is told of an intake worker.

    Args:
        guard: The guard of its loop.
        vitals: What the worker sees of itself.
        meters: Its metrics.
        broker: Where Kafka is.
        identity: Its identity, if it has one.
    """
    return Told(
        live=lambda: intake_live(guard, vitals),
        ready=lambda: intake_ready(vitals.sight),
        registry=_with_process(meters),
        look=Surroundings(meters, broker, identity).look,
    )


def of_adapter(
    guard: LoopGuard,
    meters: PublisherMeters,
    broker: Broker,
    identity: Path | None,
    open_outbox: Callable[[], Outbox],
) -> Told:
    """What is told of an adapter that follows its register.

    Args:
        guard: The guard of its loop.
        meters: The publisher's metrics.
        broker: Where Kafka is.
        identity: Its identity, if it has one.
        open_outbox: Opens the outbox once more: SQLite wants a connection for each thread.
    """
    seen = {"reachable": False}
    outboxes: list[Outbox] = []
    surroundings = Surroundings(meters, broker, identity)

    async def look() -> None:
        seen["reachable"] = await answers(broker)
        meters.reached(seen["reachable"])
        if not outboxes:
            outboxes.append(open_outbox())
        meters.look(outboxes[0], time.monotonic())
        if seen["reachable"]:
            await surroundings.look()

    return Told(
        live=lambda: {"loop": {"ok": guard.alive}},
        ready=lambda: {"broker": {"ok": seen["reachable"]}},
        registry=_with_process(meters),
        look=look,
    )


def of_trustee(
    guard: LoopGuard,
    meters: TrusteeMeters,
    broker: Broker,
    identity: Path | None,
    office: Callable[[], Office],
) -> Told:
    """What is told of a holder of the linkage key.

    Args:
        guard: The guard of its loop.
        meters: Its metrics.
        broker: Where Kafka is.
        identity: Its identity, if it has one.
        office: Gives what it has, as of now; the health server's own.
    """
    seen = {"reachable": False, "named": 0, "held": 0}
    surroundings = Surroundings(meters, broker, identity)

    async def look() -> None:
        seen["reachable"] = await answers(broker)
        meters.reached(bool(seen["reachable"]))
        now = office()
        seen["named"] = sum(now.share(one.epoch) is not None for one in now.trust.linkage)
        seen["held"] = sum(now.holds(one.epoch) for one in now.trust.linkage)
        meters.set(KEYS, seen["held"])
        if seen["reachable"]:
            await surroundings.look()

    def ready() -> Checks:
        held = {"ok": 0 < seen["held"] == seen["named"], **{n: seen[n] for n in ("held", "named")}}
        return {"broker": {"ok": bool(seen["reachable"])}, "keys": held}

    return Told(
        live=lambda: {"loop": {"ok": guard.alive}},
        ready=ready,
        registry=_with_process(meters),
        look=look,
    )


def _with_process(meters: Meters) -> CollectorRegistry:
    """The registry of a process's metrics, with what the machine knows of the process."""
    ProcessCollector(registry=meters.registry)
    PlatformCollector(registry=meters.registry)
    GCCollector(registry=meters.registry)
    return meters.registry


async def answers(broker: Broker) -> bool:
    """Whether a broker answers."""
    client = AIOKafkaClient(**broker.options(), request_timeout_ms=int(ASKING_SECONDS * 1000))
    try:
        await client.bootstrap()
    except KafkaError:
        return False
    else:
        return True
    finally:
        await client.close()
