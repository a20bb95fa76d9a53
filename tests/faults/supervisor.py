"""Processes under a supervisor, as systemd or Kubernetes would have them: ended, they start again.

A process that was killed, or ended by itself with anything but success, is started again after a
short while. An adapter that has published everything ends with success and rests.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress

from tests.integration.harness import stop

RESTART_AFTER = 0.3
LOOK_EVERY = 0.1
DONE = (0, 3)
"""Exit statuses of an adapter that published everything; 3: some rows stayed home."""


class Supervised:
    """A process that is kept going.

    Args:
        name: For people.
        start: Starts it.
        ends: Whether it ends by itself when its work is done.
    """

    def __init__(
        self, name: str, start: Callable[[], subprocess.Popen[bytes]], *, ends: bool
    ) -> None:
        self.name = name
        self._start = start
        self._ends = ends
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self.starts = 0
        self.statuses: list[int] = []
        self.done = asyncio.Event()

    def begin(self) -> None:
        """Starts the process and its supervision."""
        self._task = asyncio.create_task(self._supervise())

    async def _supervise(self) -> None:
        while True:
            self._process = self._start()
            self.starts += 1
            while (status := self._process.poll()) is None:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY)
            self.statuses.append(status)
            if self._ends and status in DONE:
                self.done.set()
                return
            await asyncio.sleep(RESTART_AFTER)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> bool:
        """Sends a signal; False if the process was not there to get it."""
        if self._process is None or not self.alive:
            return False
        self._process.send_signal(number)
        return True

    async def end(self) -> None:
        """Ends supervision, then the process."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._process is not None:
            self.send(signal.SIGCONT)
            await asyncio.to_thread(stop, self._process)
