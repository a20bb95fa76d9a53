"""Lanes through time: a line for each of some things that go on, from the day on which they began.

What is known of all of them together, and of none alone, is a band behind all lanes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import altair as alt

from deploy.console.charts.base import INK, Chart, Theme, filled, rows

LABELS = 120
"""Most room for the names of lanes, in pixels."""
POINTED = 500
"""Area about a mark that answers a pointer, in pixels."""


@dataclass(frozen=True)
class Point:
    """Something that happened.

    Attributes:
        lane: Where.
        day: When, counted as by `datetime.date.toordinal`.
        when: The same in words.
        what: What it was.
        shape: Its kind.
        hollow: Whether it was then or before.
    """

    lane: str
    day: int
    when: str
    what: str
    shape: Literal["circle", "diamond"]
    hollow: bool


@dataclass(frozen=True)
class Band:
    """A time that belongs to all lanes together.

    Attributes:
        first: Its first day.
        last: The day after its last.
        when: The same in words.
        what: What it is.
    """

    first: int
    last: int
    when: str
    what: str


@dataclass(frozen=True)
class Lanes(Chart):
    """Lanes through time.

    Attributes:
        lanes: Their names, from above.
        points: What happened; at most one a day and lane.
        band: What belongs to all.
        ticks: Days that are named below, each with its name.
        ends: The first and the last day of the scale.
        heads: What tooltips call a day and what happened on it.
    """

    lanes: tuple[str, ...]
    points: tuple[Point, ...]
    band: Band
    ticks: tuple[tuple[int, str], ...]
    ends: tuple[int, int]
    heads: tuple[str, str]
    zooms = ("x",)

    @property
    def size(self) -> tuple[int, int]:
        return 380, 50 + 34 * len(self.lanes)

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class."""
        return alt.layer(*self._layers(theme))

    def explored(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class; the band tells its months, and what is about a mark the mark's."""
        shade, *rest = self._layers(theme)
        near = self._marks().mark_point(size=POINTED, filled=True, opacity=0)
        return alt.layer(shade.encode(tooltip=self._hints()), *rest, near.encode(**self._places()))

    def _layers(self, theme: Theme) -> list[Any]:
        ink = INK[theme]
        band = {**asdict(self.band), "lane": self.band.what}
        shade = alt.Chart(rows([band])).mark_rect(color=ink["mark"], opacity=0.22)
        shade = shade.encode(x=self._x("first"), x2=alt.X2("last"))
        firsts = {point.lane: point.day for point in reversed(self.points)}
        spans = [{"lane": lane, "from": day, "to": self.ends[1]} for lane, day in firsts.items()]
        lines = alt.Chart(rows(spans)).mark_rule(color=ink["mark"], strokeWidth=3)
        lines = lines.encode(x=self._x("from"), x2=alt.X2("to"), y=self._y())
        marks = self._marks().mark_point(size=110, opacity=1, strokeWidth=2, stroke=ink["mark"])
        shape = alt.Shape("shape:N", scale=None)
        return [shade, lines, marks.encode(**self._places(), fill=filled(theme), shape=shape)]

    def _marks(self) -> alt.Chart:
        return alt.Chart(rows([asdict(point) for point in self.points]))

    def _places(self) -> dict[str, Any]:
        return {"x": self._x("day"), "y": self._y(), "tooltip": self._hints()}

    def _hints(self) -> list[alt.Tooltip]:
        day, what = self.heads
        # What is called "title" stands above the others.
        return [
            alt.Tooltip("lane:N", title="title"),
            alt.Tooltip("when:N", title=day),
            alt.Tooltip("what:N", title=what),
        ]

    def _x(self, name: str) -> alt.X:
        names = json.dumps(dict(self.ticks), ensure_ascii=False)
        axis = alt.Axis(
            values=[day for day, _ in self.ticks],
            labelExpr=f"{names}[datum.value]",
            labelAngle=0,
            labelFlush=False,
            labelOverlap="greedy",
            labelSeparation=8,
            grid=False,
        )
        scale = alt.Scale(domain=[*self.ends], nice=False, zero=False, reverse=self.mirrored)
        return alt.X(f"{name}:Q", scale=scale, axis=axis, title=None)

    def _y(self) -> alt.Y:
        axis = alt.Axis(
            orient="right" if self.mirrored else "left",
            grid=True,
            ticks=False,
            labelLimit=LABELS,
            labelPadding=6,
        )
        scale = alt.Scale(domain=[*self.lanes])
        return alt.Y("lane:N", sort=[*self.lanes], scale=scale, axis=axis, title=None)
