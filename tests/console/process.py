"""A console as a process of its own, as ``southmed console serve`` starts it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT = 30
"""Seconds in which it has to end when it is asked to."""


@contextmanager
def console_process(
    *options: str, ending: signal.Signals = signal.SIGTERM
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serves until the end of the block, whatever happens in it.

    Args:
        options: Of ``southmed console serve``.
        ending: How it is told to end.

    Yields:
        Its address, and the process.
    """
    command = [sys.executable, "-m", "deploy.cli", "console", "serve", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().rstrip("/"), process
        finally:
            process.send_signal(ending)
        assert process.wait(LIMIT) in (0, -ending)
