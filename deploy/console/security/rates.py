"""How often something may be done: so many times in a while, for each who does it.

The count is in memory, and bounded: whoever has not come for a while is forgotten first.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from deploy.console.errors import TooOften


class Rate(NamedTuple):
    """So many times in so many seconds."""

    times: int
    seconds: float


RATES: Mapping[str, Rate] = {
    "sign-in": Rate(300, 60.0),
    "request": Rate(1200, 60.0),
    "assessment": Rate(20, 60.0),
    "api": Rate(300, 60.0),
}
"""Beginnings of sign-ins by the address that somebody comes from: a whole ministry may come from
one, all at nine o'clock. Requests by session, and a stream of events is one. Answers, and what
programs ask, by name."""
MOST = 10_000
"""Of whom is kept count at the same time."""


class Rates:
    """Keeps count.

    Args:
        clock: Seconds that only grow.
        rates: The table to go by; what does not stand there is not counted.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, rates: Mapping[str, Rate] = RATES
    ) -> None:
        self._clock = clock
        self._rates = rates
        self._done: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def check(self, what: str, who: str) -> None:
        """Counts one more time.

        Raises:
            TooOften: It is one too many; it is not counted.
        """
        if what not in self._rates:
            return
        rate, now = self._rates[what], self._clock()
        done = self._done.setdefault((what, who), deque())
        self._done.move_to_end((what, who))
        while len(self._done) > MOST:
            self._done.popitem(last=False)
        while done and done[0] <= now - rate.seconds:
            done.popleft()
        if len(done) >= rate.times:
            raise TooOften(expected=f"{rate.times} times in {rate.seconds:g} seconds")
        done.append(now)
