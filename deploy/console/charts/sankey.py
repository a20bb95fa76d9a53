"""Corridors as a Sankey diagram: from places of recruitment to the countries that count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt

from deploy.console.charts.base import INK, Chart, Theme, rows
from deploy.console.charts.corridors import DASH, TOLD, Flow, Layer, as_told, colour, pixel, words
from deploy.console.charts.ribbons import Layout, Span, Stream, edge, layout
from deploy.console.maps.plane import LETTER

BLOCK, PADDING = 10, 12


@dataclass(frozen=True)
class Sankey(Chart):
    """Corridors as ribbons.

    Attributes:
        flows: In the order in which blocks are to stand; of none is the value zero.
        origins: What stands beside the blocks of places, by code.
        countries: What stands beside the blocks of countries, by code.
        width: In pixels.
        height: Likewise.
    """

    flows: tuple[Flow, ...]
    origins: Mapping[str, str]
    countries: Mapping[str, str]
    width: int
    height: int
    rigid = True

    @property
    def size(self) -> tuple[int, int]:
        """See the base class."""
        return self.width, self.height

    @property
    def letters(self) -> int:
        """Height of the words."""
        return 12 if self.width > 500 else 11

    @property
    def margins(self) -> tuple[int, int]:
        """Room for the words at the beginning and at the end."""
        texts = self.origins.values(), self.countries.values()
        longest = [max((len(text) for text in one), default=0) for one in texts]
        begin, end = (round(LETTER * self.letters * one) + 14 for one in longest)
        return begin, end

    def placed(self) -> Layout:
        """Where everything lies."""
        streams = [Stream(flow.origin, flow.to, flow.value) for flow in self.flows]
        return layout(streams, self.height - 2 * PADDING, self.letters + 4)

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class."""
        placed = self.placed()
        ribbons = {one.stream: one for one in placed.ribbons}
        rows: dict[bool, list[Mapping[str, Any]]] = {True: [], False: []}
        for flow in self.flows:
            one = ribbons[Stream(flow.origin, flow.to, flow.value)]
            for t, top, bottom in edge(one.leaves, one.arrives):
                x = self.margins[0] + BLOCK + t * self._way
                rows[flow.unsure].append(
                    {
                        "x": self._across(x),
                        "y": round(top + PADDING, 1),
                        "y2": round(bottom + PADDING, 1),
                        "flow": flow.key,
                        "told": flow.told,
                        "colour": colour(flow.to, theme),
                    }
                )
        sure = _areas(rows[False]).mark_area(opacity=0.5)
        unsure = _areas(rows[True]).mark_area(
            fillOpacity=0, strokeWidth=1, strokeDash=DASH, strokeOpacity=0.9
        )
        filled, outlined = as_told("colour"), alt.Stroke("colour:N", scale=None, legend=None)
        blocks = self._blocks(placed, theme)
        told = words(list(self._labels(placed)), theme, self.letters)
        drawn = alt.layer(sure.encode(color=filled), unsure.encode(stroke=outlined), blocks, *told)
        whole: alt.TopLevelMixin = drawn.properties(padding=0)
        return whole

    @property
    def _way(self) -> float:
        """How far ribbons go."""
        return self.width - sum(self.margins) - 2 * BLOCK

    def _across(self, x: float) -> float:
        """From right to left, for those who read so."""
        return round(self.width - x if self.mirrored else x, 1)

    def _columns(self, placed: Layout) -> Iterator[tuple[str, Span, float, bool]]:
        for code, span in placed.sources.items():
            yield code, span, float(self.margins[0]), True
        for code, span in placed.targets.items():
            yield code, span, float(self.width - self.margins[1] - BLOCK), False

    def _blocks(self, placed: Layout, theme: Theme) -> Layer:
        values = [
            {
                "x": self._across(x),
                "x2": self._across(x + BLOCK),
                "y": round(top + PADDING, 1),
                "y2": round(max(bottom, top + 1) + PADDING, 1),
                "colour": INK[theme]["text"] if begins else colour(code, theme),
            }
            for code, (top, bottom), x, begins in self._columns(placed)
        ]
        base = alt.Chart(rows(values)).mark_rect(opacity=1)
        x, y = alt.X(**pixel("x")), alt.Y(**pixel("y"))
        return base.encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"), color=as_told("colour"))

    def _labels(self, placed: Layout) -> Iterator[Mapping[str, Any]]:
        for code, (top, bottom), x, begins in self._columns(placed):
            at = x - 6 if begins else x + BLOCK + 6
            yield {
                "x": self._across(at),
                "y": round((top + bottom) / 2 + PADDING, 1),
                "text": (self.origins if begins else self.countries)[code],
                "align": "right" if begins != self.mirrored else "left",
            }


def _areas(values: list[Mapping[str, Any]]) -> alt.Chart:
    base = alt.Chart(rows(values))
    y = alt.Y(**pixel("y"))
    return base.encode(
        x=alt.X(**pixel("x")), y=y, y2=alt.Y2("y2:Q"), detail=alt.Detail("flow:N"), tooltip=TOLD
    )
