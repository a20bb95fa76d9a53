"""Whether this machine's clock agrees with the broker's (`deploy.running.broker_clock`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from deploy.doctor.findings import Finding, fail, ok, skipped, warn
from deploy.running.broker_clock import PATIENCE, Answer, ask_the_time, best_of
from schemas.kafka import Broker

CHECK = "clock"
BEARABLE = 5.0
HARMFUL = 300.0
"""Seconds of difference that are warned of, and that are a fault."""

ADVICE = (
    "Set the clock by NTP, here and on the brokers: certificates are judged by it, and batches say"
    " when they were produced."
)


def judge_clock(answers: list[Answer]) -> Finding:
    """Whether the two clocks agree."""
    subject = "this machine"
    if not answers:
        return skipped(CHECK, subject, "the broker does not stamp records with its own time")
    best = best_of(answers)
    side = "ahead of" if best.ahead > 0 else "behind"
    what = f"{abs(best.ahead):.3f} s {side} the broker's clock, give or take {best.unsure:.3f} s"
    surely = abs(best.ahead) - best.unsure
    if surely > HARMFUL:
        return fail(CHECK, subject, what, ADVICE)
    if surely > BEARABLE:
        return warn(CHECK, subject, what, ADVICE)
    return ok(CHECK, subject, what)


def look_at_clock(broker: Broker, clock: Callable[[], float]) -> list[Answer]:
    """Asks the broker for the time.

    Raises:
        KafkaError: The broker does not answer, or does not let us ask.
        TimeoutError: It takes too long.
    """
    return asyncio.run(asyncio.wait_for(ask_the_time(broker, clock), PATIENCE))
