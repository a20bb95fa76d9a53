"""Numbers with their uncertainty: a line through periods, or a bar for each code."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import altair as alt

from deploy.console.charts.base import INK, Chart, Theme
from deploy.console.views.figures import Figure

LABELS = 190
"""Most room for the words beside bars, in pixels."""


@dataclass(frozen=True)
class Mark:
    """One number of a chart."""

    label: str
    value: int
    lower: int
    upper: int
    hollow: bool

    @classmethod
    def of(cls, label: str, figure: Figure) -> Mark:
        hollow = figure.unsure or figure.provisional
        return cls(label, figure.value, figure.lower, figure.upper, hollow)


@dataclass(frozen=True)
class Numbers(Chart):
    """Numbers on one scale.

    Attributes:
        marks: The numbers, in reading order.
        top: Where the scale ends; the same for charts that stand side by side.
    """

    marks: tuple[Mark, ...]
    top: int


class Trend(Numbers):
    """A line through periods, with a band."""

    @property
    def size(self) -> tuple[int, int]:
        return 280, 180

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class."""
        labels = [mark.label for mark in self.marks]
        every = -(-len(labels) // 4)
        shown = [label for place, label in enumerate(labels[::-1]) if place % every == 0]
        x = alt.X(
            "label:N",
            sort=labels,
            scale=alt.Scale(type="point", padding=0.3, reverse=self.mirrored),
            axis=alt.Axis(values=shown, labelAngle=0, labelOverlap="greedy", grid=False),
            title=None,
        )
        base = alt.Chart(_data(self)).encode(x=x)
        numbers = _numbers(self, across=False)
        band = base.mark_area(opacity=0.22, color=INK[theme]["mark"]).encode(
            y=alt.Y("lower:Q", **numbers), y2="upper:Q"
        )
        line = base.mark_line(strokeWidth=2, color=INK[theme]["mark"]).encode(
            y=alt.Y("value:Q", **numbers)
        )
        points = base.mark_point(
            size=40, opacity=1, stroke=INK[theme]["mark"], strokeWidth=2
        ).encode(y=alt.Y("value:Q", **numbers), fill=_fill(theme))
        return alt.layer(band, line, points)


class Bars(Numbers):
    """A bar for each code, with a whisker."""

    @property
    def size(self) -> tuple[int, int]:
        return 380, 40 + 28 * len(self.marks)

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class."""
        y = alt.Y(
            "label:N",
            sort=[mark.label for mark in self.marks],
            axis=alt.Axis(
                orient=_side(self, across=False), grid=False, labelLimit=LABELS, ticks=False
            ),
            title=None,
        )
        base = alt.Chart(_data(self)).encode(y=y)
        numbers = _numbers(self, across=True)
        bars = base.mark_bar(size=14, stroke=INK[theme]["mark"], strokeWidth=1.5).encode(
            x=alt.X("value:Q", **numbers), fill=_fill(theme)
        )
        whiskers = base.mark_rule(strokeWidth=2, color=INK[theme]["text"]).encode(
            x=alt.X("lower:Q", **numbers), x2="upper:Q"
        )
        return alt.layer(bars, whiskers)


def _data(chart: Numbers) -> alt.InlineData:
    values = [{**asdict(mark), "place": place} for place, mark in enumerate(chart.marks)]
    return alt.InlineData(values=values)


def _numbers(chart: Numbers, *, across: bool) -> dict[str, Any]:
    reverse = chart.mirrored and across
    axis = alt.Axis(tickCount=4, format="~d", orient=_side(chart, across=across))
    scale = alt.Scale(domain=[0, max(chart.top, 1)], nice=True, reverse=reverse)
    return {"axis": axis, "scale": scale, "title": None}


def _side(chart: Numbers, *, across: bool) -> Any:
    if across:
        return "bottom"
    return "right" if chart.mirrored else "left"


def _fill(theme: Theme) -> Any:
    ink = INK[theme]
    hollow = alt.datum.hollow == True  # noqa: E712 - an expression of Vega's
    return alt.condition(hollow, alt.value(ink["ground"]), alt.value(ink["mark"]))
