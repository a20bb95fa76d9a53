"""Rings when something has changed, for whoever waits."""

from __future__ import annotations

import asyncio


class Bell:
    """A bell; it is rung in the loop of those who wait."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """What the next ringing sets. To be asked for before looking, or a change is missed."""
        return self._next

    def ring(self) -> None:
        """Wakes everybody who waits."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()
