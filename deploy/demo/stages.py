"""Tells whoever waits what is being done, in plain words, and how long each step took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

STEPS = 7
"""Steps in all; the adapters' step has bars of its own."""


class Stages:
    """The steps of the demo, one after the other.

    Args:
        console: Where they are told: a spinner and then a line each; elsewhere than on a terminal
            a line each.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._number = 0

    @contextmanager
    def __call__(self, doing: str, *, spinner: bool = True) -> Iterator[None]:
        """Does a step.

        Args:
            doing: What, in plain words.
            spinner: Whether it turns meanwhile; not beside bars.
        """
        self._number += 1
        said, began = f"[{self._number}/{STEPS}] {doing}", time.monotonic()
        if spinner:
            with self._console.status(said):
                yield
        else:
            self._console.print(said, markup=False)
            yield
        self._console.print(f"{said}: {time.monotonic() - began:.1f} s", markup=False)
