"""Ends a process whose event loop no longer turns.

A watchdog that runs inside the loop cannot see the loop itself hang: in a fold that never comes to
its end, or in a write to a disk that does not answer. So a thread of its own looks at the ticks
that the loop makes every second.

The rules:

1. The guard counts its own looks, not the time between them. Each look without a new tick spends
   one look's worth of patience. A process that was stopped for an hour and goes on has spent one
   look, though every clock has jumped.
2. Before the first tick there is nothing to guard: start-up has a limit of its own.
3. When its patience is spent, the guard tells so and ends the process with status 70, without any
   cleaning up: what has to last is in the ledger or outbox already. The supervisor starts it again.

The guard needs the interpreter to turn, if not the loop. Code that never gives the interpreter's
lock back is seen only from outside, where `/livez` no longer answers.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from deploy.running import lines
from processors.intake.watchdog import EXIT_UNFORESEEN
from schemas.log_lines import tell

T = TypeVar("T")

TICK_EVERY = 1.0
LOOK_EVERY = 2.0
LATE = 10.0
"""Seconds without a tick after which the loop counts as not alive."""
TELLING_SECONDS = 1.0
PATIENCE = 60.0
"""Seconds without a tick after which the process ends: longer than a slow disk takes, as a rule."""


class Patience:
    """How much of the patience is spent, by looks.

    Args:
        look: Seconds that one look without a tick spends.

    Example:
        >>> patience = Patience(look=2.0)
        >>> [patience.spent_at(ticks) for ticks in (0, 0, 5, 5, 5, 6)]
        [0.0, 0.0, 0.0, 2.0, 4.0, 0.0]
    """

    def __init__(self, look: float) -> None:
        self._look = look
        self._ticks = 0
        self.spent = 0.0

    def spent_at(self, ticks: int) -> float:
        """Looks once.

        Args:
            ticks: Ticks that the loop has made so far.
        """
        stuck = ticks > 0 and ticks == self._ticks
        self.spent = self.spent + self._look if stuck else 0.0
        self._ticks = ticks
        return self.spent


def end_hanging(seconds: float) -> NoReturn:
    """Tells that the loop hangs and ends the process, also when nothing can be told any more."""
    # The loop may hang in a log line that nobody reads; the telling would then hang too.
    telling = threading.Thread(target=lambda: tell(lines.LOOP_HANGS, seconds=seconds), daemon=True)
    telling.start()
    telling.join(TELLING_SECONDS)
    os._exit(EXIT_UNFORESEEN)


class LoopGuard:
    """A thread that looks at an event loop's ticks.

    Args:
        patience: Seconds without a tick that are borne.
        look_every: Seconds between two looks.
        tick_every: Seconds between two ticks of the loop.
        on_hang: Called in the guard's thread when the patience is spent.
    """

    def __init__(
        self,
        *,
        patience: float = PATIENCE,
        look_every: float = LOOK_EVERY,
        tick_every: float = TICK_EVERY,
        on_hang: Callable[[float], object] = end_hanging,
    ) -> None:
        self._ticks = 0
        self._limit = patience
        self._every = look_every
        self._tick_every = tick_every
        self._on_hang = on_hang
        self._patience = Patience(look_every)

    @property
    def alive(self) -> bool:
        """Whether the loop has ticked lately, or has not begun yet."""
        return self._patience.spent <= LATE

    def start(self) -> None:
        """Starts looking; the thread ends with the process."""
        threading.Thread(target=self._look_forever, name="loop-guard", daemon=True).start()

    async def tick_forever(self) -> None:
        """To be run by the loop that is guarded."""
        while True:
            self._ticks += 1
            await asyncio.sleep(self._tick_every)

    def _look_forever(self) -> None:
        while True:
            time.sleep(self._every)
            if self._patience.spent_at(self._ticks) > self._limit:
                self._on_hang(self._patience.spent)


async def beside(companion: Coroutine[Any, Any, None], work: Awaitable[T]) -> T:
    """Does work, and something else for as long as the work lasts."""
    task = asyncio.create_task(companion)
    try:
        return await work
    finally:
        task.cancel()
