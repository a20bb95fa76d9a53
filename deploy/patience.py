"""Asks what may never answer, and waits so long and no longer.

Kafka's administrative client waits for ever where a broker takes the connection and then says
nothing, whatever times it was given. So it is asked on a thread of its own, which is left to itself
when our patience ends; it does not keep the process alive.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What work returns, or raises, if it does so in time.

    Args:
        seconds: How long to wait.
        work: What to do.

    Raises:
        TimeoutError: It takes longer.

    Example:
        >>> within(1.0, lambda: 1 + 1)
        2
    """
    answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=run, daemon=True, name="within").start()
    try:
        answer, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]
