"""An intake worker whose Kafka client hangs, as it does when its broker goes away: for a test.

    python -m tests.integration.hanging_worker starting|stopping ARGUMENTS OF southmed...

It says on standard output when it hangs in its start, or has started and would hang in its stop.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, NoReturn

import faust

from deploy.cli import main
from deploy.commands import intake


async def _hang(*_: Any, **__: Any) -> NoReturn:
    print("hangs", flush=True)
    await asyncio.Event().wait()
    raise AssertionError


class Hanging(intake.Quiet):
    """Hangs where it was told to, whoever cancels it."""

    where = "starting"

    async def on_first_start(self) -> None:
        await super().on_first_start()  # Here signals get their handlers.
        if self.where == "starting":
            await _hang()

    async def on_started(self) -> None:
        print("hangs", flush=True)
        await super().on_started()

    async def stop(self) -> None:
        await asyncio.shield(_hang())


def replace(where: str, stop_seconds: float) -> None:
    """Has the command use such a worker, with less patience."""
    Hanging.where = where
    intake.Quiet = Hanging  # type: ignore[misc]
    intake.START_SECONDS, intake.STOP_SECONDS = 3.0, stop_seconds


if __name__ == "__main__":
    assert issubclass(intake.Quiet, faust.Worker)
    replace(sys.argv[1], stop_seconds=1.0)
    sys.argv[1:] = sys.argv[2:]
    main()
