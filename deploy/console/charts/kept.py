"""Charts that some page has shown, and their drawings as far as somebody looked at them.

A drawing takes some hundredths of a second of a whole processor. So each is drawn once, however
many ask for it at the same moment, and one after the other in a thread of their own: pages do not
stand in line behind them.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from deploy.console.charts.base import INK, Chart, Theme

MOST = 2000
"""Charts that are remembered; one that was forgotten is back with the next look at its page."""


class Charts:
    """Charts by their addresses, and their drawings as far as somebody looked at them."""

    def __init__(self) -> None:
        # Routes run in threads.
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Chart] = OrderedDict()
        self._drawn: dict[tuple[str, Theme], Future[bytes]] = {}
        self._pencil = ThreadPoolExecutor(1, thread_name_prefix="charts")

    def put(self, chart: Chart) -> str:
        """Remembers a chart and gives its address."""
        digest = chart.digest
        with self._lock:
            self._known[digest] = chart
            self._known.move_to_end(digest)
            while len(self._known) > MOST:
                gone, _ = self._known.popitem(last=False)
                for theme in INK:
                    self._drawn.pop((gone, theme), None)
        return digest

    async def drawn(self, digest: str, theme: Theme) -> bytes | None:
        """The drawing of a chart; None for one that is not known."""
        with self._lock:
            chart = self._known.get(digest)
            if chart is None:
                return None
            found = self._drawn.get((digest, theme))
            if found is None or (found.done() and found.exception()):
                found = self._drawn[digest, theme] = self._pencil.submit(chart.draw, theme)
        # Of those who wait, one that goes away takes nothing from the others.
        return await asyncio.shield(asyncio.wrap_future(found))

    def known(self, digest: str) -> Chart | None:
        """The chart of an address; None for one that is not known."""
        with self._lock:
            return self._known.get(digest)
