"""Rings when something has changed, for whoever waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """A bell; it is rung in the loop of those who wait.

    Attributes:
        attended: How many stand by it, whether they wait just now or not.
    """

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.attended = 0

    @contextmanager
    def attend(self) -> Iterator[None]:
        """Is one of those who stand by it."""
        self.attended += 1
        try:
            yield
        finally:
            self.attended -= 1

    def listen(self) -> asyncio.Event:
        """What the next ringing sets. To be asked for before looking, or a change is missed."""
        return self._next

    def ring(self) -> None:
        """Wakes everybody who waits."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()
