"""Charts as SVG, drawn on the server: one style, light and dark, each told in words too.

A chart is what it shows, as plain values; its address is a digest of them, so it may be kept for
ever, and what nobody looks at is never drawn. Uncertainty is drawn with every number: a band about
a line, a whisker over a bar. What is not settled or not to be relied on is hollow: nothing is told
by colour alone.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

import altair as alt
import vl_convert

from deploy.console.views.figures import Figure

Theme = Literal["light", "dark"]
Kind = Literal["trend", "bars"]

INK: Mapping[Theme, Mapping[str, str]] = {
    "light": {"mark": "#1f5fa8", "text": "#1c2733", "faint": "#d5dce3", "ground": "#ffffff"},
    "dark": {"mark": "#7db4f0", "text": "#e4eaf0", "faint": "#3a4654", "ground": "#161d26"},
}
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans Arabic', sans-serif"
WIDTH: Mapping[Kind, int] = {"trend": 280, "bars": 380}
LABELS = 190
VEGA_LITE = "6.4"
MOST = 2000
"""Charts that are remembered; one that was forgotten is back with the next look at its page."""


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
class Chart:
    """What a chart shows.

    Attributes:
        kind: A line through periods, or a bar for each code.
        title: What it is of.
        description: What it shows, for people who do not see it.
        marks: The numbers, in reading order.
        top: Where the scale ends; the same for charts that stand side by side.
        mirrored: Whether it is read from right to left.
    """

    kind: Kind
    title: str
    description: str
    marks: tuple[Mark, ...]
    top: int
    mirrored: bool

    @property
    def digest(self) -> str:
        """Its address."""
        told = json.dumps(asdict(self), sort_keys=True).encode()
        return hashlib.sha256(told).hexdigest()[:32]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the drawing, so that pages keep room for it."""
        return WIDTH[self.kind], 180 if self.kind == "trend" else 40 + 28 * len(self.marks)


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
            found = self._drawn[digest, theme] = draw(chart, theme)
        return found


def draw(chart: Chart, theme: Theme) -> bytes:
    """The chart as an SVG document."""
    drawing = _trend(chart, theme) if chart.kind == "trend" else _bars(chart, theme)
    specification = drawing.configure(**_style(theme)).to_dict()
    svg: str = vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE)
    return _told(svg, chart).encode()


def _told(svg: str, chart: Chart) -> str:
    """Names the drawing for those who have it read out."""
    opening, rest = svg.split(">", 1)
    words = f"<title>{escape(chart.title)}</title><desc>{escape(chart.description)}</desc>"
    return f'{opening} role="img">{words}{rest}'


def _data(chart: Chart) -> alt.InlineData:
    values = [{**asdict(mark), "place": place} for place, mark in enumerate(chart.marks)]
    return alt.InlineData(values=values)


def _numbers(chart: Chart, *, across: bool) -> dict[str, Any]:
    reverse = chart.mirrored and across
    axis = alt.Axis(tickCount=4, format="~d", orient=_side(chart, across=across))
    scale = alt.Scale(domain=[0, max(chart.top, 1)], nice=True, reverse=reverse)
    return {"axis": axis, "scale": scale, "title": None}


def _side(chart: Chart, *, across: bool) -> Any:
    if across:
        return "bottom"
    return "right" if chart.mirrored else "left"


def _trend(chart: Chart, theme: Theme) -> alt.TopLevelMixin:
    labels = [mark.label for mark in chart.marks]
    every = -(-len(labels) // 4)
    shown = [label for place, label in enumerate(labels[::-1]) if place % every == 0]
    x = alt.X(
        "label:N",
        sort=labels,
        scale=alt.Scale(type="point", padding=0.3, reverse=chart.mirrored),
        axis=alt.Axis(values=shown, labelAngle=0, labelOverlap="greedy", grid=False),
        title=None,
    )
    base = alt.Chart(_data(chart)).encode(x=x)
    numbers = _numbers(chart, across=False)
    band = base.mark_area(opacity=0.22, color=INK[theme]["mark"]).encode(
        y=alt.Y("lower:Q", **numbers), y2="upper:Q"
    )
    line = base.mark_line(strokeWidth=2, color=INK[theme]["mark"]).encode(
        y=alt.Y("value:Q", **numbers)
    )
    points = base.mark_point(size=40, opacity=1, stroke=INK[theme]["mark"], strokeWidth=2).encode(
        y=alt.Y("value:Q", **numbers), fill=_fill(theme)
    )
    return alt.layer(band, line, points).properties(**_room(chart))


def _bars(chart: Chart, theme: Theme) -> alt.TopLevelMixin:
    y = alt.Y(
        "label:N",
        sort=[mark.label for mark in chart.marks],
        axis=alt.Axis(
            orient=_side(chart, across=False), grid=False, labelLimit=LABELS, ticks=False
        ),
        title=None,
    )
    base = alt.Chart(_data(chart)).encode(y=y)
    numbers = _numbers(chart, across=True)
    bars = base.mark_bar(size=14, stroke=INK[theme]["mark"], strokeWidth=1.5).encode(
        x=alt.X("value:Q", **numbers), fill=_fill(theme)
    )
    whiskers = base.mark_rule(strokeWidth=2, color=INK[theme]["text"]).encode(
        x=alt.X("lower:Q", **numbers), x2="upper:Q"
    )
    return alt.layer(bars, whiskers).properties(**_room(chart))


def _room(chart: Chart) -> dict[str, Any]:
    width, height = chart.size
    fit = alt.AutoSizeParams(type="fit", contains="padding")
    return {"width": width, "height": height, "autosize": fit}


def _fill(theme: Theme) -> Any:
    ink = INK[theme]
    hollow = alt.datum.hollow == True  # noqa: E712 - an expression of Vega's
    return alt.condition(hollow, alt.value(ink["ground"]), alt.value(ink["mark"]))


def _style(theme: Theme) -> dict[str, Any]:
    ink = INK[theme]
    return {
        "background": ink["ground"],
        "font": FONT,
        "view": alt.ViewConfig(stroke=None),
        "axis": alt.AxisConfig(
            labelColor=ink["text"],
            labelFontSize=12,
            gridColor=ink["faint"],
            domainColor=ink["faint"],
            tickColor=ink["faint"],
        ),
    }
