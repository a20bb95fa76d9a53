"""Numbers with their uncertainty: a line through periods, or a bar for each code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt

from deploy.console.charts.base import INK, Chart, Theme, filled, rows
from deploy.console.views.figures import Figure
from deploy.exports.labels import CONCEPTS

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

    zooms = ("x", "y")

    @property
    def size(self) -> tuple[int, int]:
        return 280, 180

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class."""
        every = -(-len(self.marks) // 4)
        return alt.layer(*self._line(theme, range(len(self.marks) - 1, -1, -every)))

    def explored(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class; the whole column of a period tells its numbers."""
        places = range(len(self.marks))
        hints = _hints(self).encode(x=self._x("before", places), x2=alt.X2("after"))
        return alt.layer(*self._line(theme, places), hints)

    def _line(self, theme: Theme, shown: Sequence[int]) -> list[Any]:
        base = alt.Chart(_data(self)).encode(x=self._x("place", shown))
        numbers = _numbers(self, across=False)
        band = base.mark_area(opacity=0.22, color=INK[theme]["mark"]).encode(
            y=alt.Y("lower:Q", **numbers), y2=alt.Y2("upper:Q")
        )
        line = base.mark_line(strokeWidth=2, color=INK[theme]["mark"]).encode(
            y=alt.Y("value:Q", **numbers)
        )
        points = base.mark_point(
            size=40, opacity=1, stroke=INK[theme]["mark"], strokeWidth=2
        ).encode(y=alt.Y("value:Q", **numbers), fill=filled(theme))
        return [band, line, points]

    def _x(self, name: str, shown: Sequence[int]) -> alt.X:
        """Periods as far from each other as they are one after the other, so they can be zoomed."""
        labels = json.dumps([mark.label for mark in self.marks], ensure_ascii=False)
        return alt.X(
            f"{name}:Q",
            scale=alt.Scale(
                domain=[-0.3, len(self.marks) - 0.7],
                nice=False,
                zero=False,
                reverse=self.mirrored,
            ),
            axis=alt.Axis(
                values=[*shown],
                labelExpr=f"{labels}[datum.value]",
                labelAngle=0,
                labelFlush=False,
                labelOverlap="greedy",
                labelSeparation=8,
                grid=False,
            ),
            title=None,
        )


class Bars(Numbers):
    """A bar for each code, with a whisker."""

    zooms = ("x",)

    @property
    def size(self) -> tuple[int, int]:
        return 380, 40 + 28 * len(self.marks)

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class."""
        return alt.layer(*self._bars(theme))

    def explored(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class; the whole line of a code tells its numbers."""
        return alt.layer(*self._bars(theme), _hints(self).encode(y=self._y()))

    def _y(self) -> alt.Y:
        return alt.Y(
            "label:N",
            sort=[mark.label for mark in self.marks],
            axis=alt.Axis(
                orient=_side(self, across=False), grid=False, labelLimit=LABELS, ticks=False
            ),
            title=None,
        )

    def _bars(self, theme: Theme) -> list[Any]:
        base = alt.Chart(_data(self)).encode(y=self._y())
        numbers = _numbers(self, across=True)
        bars = base.mark_bar(size=14, stroke=INK[theme]["mark"], strokeWidth=1.5).encode(
            x=alt.X("value:Q", **numbers), fill=filled(theme)
        )
        whiskers = base.mark_rule(strokeWidth=2, color=INK[theme]["text"]).encode(
            x=alt.X("lower:Q", **numbers), x2=alt.X2("upper:Q")
        )
        return [bars, whiskers]


def _data(chart: Numbers) -> alt.InlineData:
    values = [
        {**asdict(mark), "place": at, "before": at - 0.5, "after": at + 0.5}
        for at, mark in enumerate(chart.marks)
    ]
    return rows(values)


def _hints(chart: Numbers) -> Any:
    """Something to point at, which is not seen itself: it tells a number with its bounds."""
    told = {"value": "OBS_VALUE", "lower": "LOWER_BOUND", "upper": "UPPER_BOUND"}
    names = {name: CONCEPTS[concept][chart.voice.language] for name, concept in told.items()}
    # What is called "title" stands above the others.
    hints = [alt.Tooltip("label:N", title="title")]
    hints += [alt.Tooltip(f"{name}:Q", title=names[name], format=",d") for name in told]
    return alt.Chart(_data(chart)).mark_rect(opacity=0).encode(tooltip=hints)


def _numbers(chart: Numbers, *, across: bool) -> dict[str, Any]:
    reverse = chart.mirrored and across
    axis = alt.Axis(tickCount=4, tickMinStep=1, format=",~d", orient=_side(chart, across=across))
    scale = alt.Scale(domain=[0, max(chart.top, 1)], nice=True, reverse=reverse)
    return {"axis": axis, "scale": scale, "title": None}


def _side(chart: Numbers, *, across: bool) -> Any:
    if across:
        return "bottom"
    return "right" if chart.mirrored else "left"
