"""Charts that some page has shown, and their drawings as far as somebody looked at them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from deploy.console.charts.base import INK, Chart, Theme

MOST = 2000
"""Charts that are remembered; one that was forgotten is back with the next look at its page."""


class Charts:
    """Charts by their addresses, and their drawings as far as somebody looked at them."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Chart] = OrderedDict()
        self._drawn: dict[tuple[str, Theme], bytes] = {}

    def put(self, chart: Chart) -> str:
        """Remembers a chart and gives its address."""
        digest = chart.digest
        self._known[digest] = chart
        self._known.move_to_end(digest)
        while len(self._known) > MOST:
            gone, _ = self._known.popitem(last=False)
            for theme in INK:
                self._drawn.pop((gone, theme), None)
        return digest

    def drawn(self, digest: str, theme: Theme) -> bytes | None:
        """The drawing of a chart; None for one that is not known."""
        chart = self._known.get(digest)
        if chart is None:
            return None
        if (found := self._drawn.get((digest, theme))) is None:
            found = self._drawn[digest, theme] = chart.draw(theme)
        return found

    def exploration(self, digest: str, theme: Theme) -> dict[str, Any] | None:
        """What a browser makes alive of a chart; None for one that is not known."""
        chart = self._known.get(digest)
        return None if chart is None else chart.exploration(theme)
