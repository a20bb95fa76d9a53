"""Bars that stand beside the rows of a table, one a row; the table has the names and numbers."""

from __future__ import annotations

from dataclasses import asdict

import altair as alt

from deploy.console.charts.base import INK, Theme, filled, rows
from deploy.console.charts.numbers import Numbers, Trend

ROW = 22
"""Height of a row, in pixels."""


class Strips(Numbers):
    """A bar with a whisker for each row of a table, without words and without an axis."""

    @property
    def size(self) -> tuple[int, int]:
        return 150, ROW * len(self.marks)

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class."""
        ink = INK[theme]
        values = [{**asdict(mark), "place": place} for place, mark in enumerate(self.marks)]
        down = alt.Scale(paddingInner=0.4, paddingOuter=0.2)
        across = alt.Scale(domain=[0, max(self.top, 1)], nice=False, reverse=self.mirrored)
        base = alt.Chart(rows(values)).encode(y=alt.Y("place:O", axis=None, scale=down))
        bars = base.mark_bar(stroke=ink["mark"], strokeWidth=1).encode(
            x=alt.X("value:Q", axis=None, scale=across),
            fill=filled(theme),
        )
        whiskers = base.mark_rule(strokeWidth=1.5, color=ink["text"]).encode(
            x=alt.X("lower:Q", axis=None, scale=across), x2=alt.X2("upper:Q")
        )
        return alt.layer(bars, whiskers).properties(padding=0)


class WideTrend(Trend):
    """A line through periods across the half of a sheet."""

    @property
    def size(self) -> tuple[int, int]:
        return 460, 180
