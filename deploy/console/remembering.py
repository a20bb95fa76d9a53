"""What is the same for all readers: made once, however many ask for it.

After a release everybody's browser asks for its page again in the same moment. Whoever is first has
the content made, the others wait for it; only the frame about it, which names the reader, is each
reader's own. Files are made once, too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

MOST = 100
"""Things of a kind that are remembered; contents with the charts that all of them show."""
Made = TypeVar("Made")


class Remembered(Generic[Made]):
    """Things by what they follow from, those that were asked for last.

    Args:
        most: How many.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, Future[Made]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The thing, made now if nobody asked for it before.

        Args:
            key: Everything that it follows from.
            make: Makes it.
        """
        with self._lock:
            found = self._known.get(key)
            if found is None:
                ours = self._known[key] = Future()
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
        if found is not None:
            return found.result()
        try:
            ours.set_result(make())
        except BaseException as error:
            # Whoever waits fails with us; whoever comes later tries again.
            with self._lock:
                if self._known.get(key) is ours:
                    del self._known[key]
            ours.set_exception(error)
        return ours.result()
