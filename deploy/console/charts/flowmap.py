"""Corridors on a map: from where people were recruited to who counted them.

Lines thicken towards their end and are as wide as what they tell; what is not to be relied on is a
thin dashed line, since its width would tell more than is known. Who was recruited in the country
itself is a ring about it. Borders are drawn only of the countries that count: the rest is land, and
other places are points. Neutral shapes have a dashed line, and never a country's colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import altair as alt

from deploy.console.charts.base import INK, Chart, Theme, rows
from deploy.console.charts.corridors import DASH, TOLD, Flow, Layer, as_told, colour, pixel, words
from deploy.console.maps import Atlas
from deploy.console.maps.atlas import Shape
from deploy.console.maps.plane import Plane, Point, arc, labelled, shortened

Where = Literal["country", "east", "west", "north", "south"]
SHADES: Mapping[Theme, Mapping[str, str]] = {
    "light": {"land": "#e9edf1", "home": "#b9c9da", "border": "#ffffff"},
    "dark": {"land": "#232d38", "home": "#46586c", "border": "#161d26"},
}
ARROWS = {"east": "{} →", "west": "← {}", "north": "↑ {}", "south": "↓ {}"}
ISOLATED = "\N{LEFT-TO-RIGHT ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"
"""Arrows point to the side of the map, whatever the direction of reading."""
RIM = 7
"""Pixels about an anchor that lines leave free."""


@dataclass(frozen=True)
class FlowMap(Chart):
    """Corridors on a map.

    Attributes:
        flows: The largest first.
        names: What every place of them is called.
        reporting: The countries that count.
        width: In pixels.
        atlas: Shapes and anchors.
    """

    flows: tuple[Flow, ...]
    names: Mapping[str, str]
    reporting: tuple[str, ...]
    width: int
    atlas: Atlas
    rigid = True

    @property
    def size(self) -> tuple[int, int]:
        """See the base class."""
        return self.width, self.plane.height

    @property
    def plane(self) -> Plane:
        """Where degrees lie on it."""
        return Plane(self.atlas.frame, self.width)

    def told(self) -> Any:
        """See the base class: the atlas by its digest."""
        flows = [asdict(flow) for flow in self.flows]
        shown = [self.title, self.description, self.names, self.reporting, self.width]
        return [flows, shown, self.mirrored, self.atlas.digest]

    def drawn(self) -> tuple[Flow, ...]:
        """The flows that have a place on the map at both ends."""
        known = self.atlas.anchors
        return tuple(f for f in self.flows if f.origin in known and f.to in known)

    def ends(self) -> dict[str, tuple[Point, Where]]:
        """Where the places of the flows lie, and on which side of the map if beyond it."""
        codes = dict.fromkeys([*self.reporting, *(f.origin for f in self.drawn())])
        found: dict[str, tuple[Point, Where]] = {}
        for code in codes:
            if code in self.atlas.anchors:
                at = self.plane.place(self.atlas.anchors[code])
                held, beyond = self.plane.held(at, 6)
                found[code] = held, _side(at, self.size) if beyond else "country"
        return found

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """See the base class."""
        size = 12 if self.width > 500 else 10
        labels = words(self._labels(size), theme, size)
        layers = [*self._ground(theme), *self._lines(theme), *self._marks(theme), *labels]
        whole: alt.TopLevelMixin = alt.layer(*layers).properties(padding=0)
        return whole

    # --- Shapes ----------------------------------------------------------------------------------

    def _ground(self, theme: Theme) -> Iterator[Layer]:
        shade = SHADES[theme]
        yield self._area(self.atlas.shapes, shade["land"], stroke=shade["land"])
        own = [one for one in self.atlas.shapes if one.layer == "country"]
        home = [one for one in own if one.code in self.reporting]
        yield self._area(home, shade["home"], stroke=shade["border"], strokeWidth=0.8)
        neutral = [one for one in self.atlas.shapes if one.layer == "neutral"]
        line = {"stroke": INK[theme]["text"], "strokeWidth": 0.8, "strokeDash": [2, 2]}
        yield self._area(neutral, shade["land"], **line)

    def _area(self, shapes: Iterable[Shape], fill: str, **style: Any) -> Layer:
        values = [self._feature(shape) for shape in shapes]
        return (
            alt.Chart(rows(values))
            .mark_geoshape(fill=fill, clip=True, **style)
            .project(type="identity", scale=1, translate=[0, 0])
        )

    def _feature(self, shape: Shape) -> dict[str, Any]:
        place = self.plane.place
        polygons = [[[place(at) for at in ring] for ring in one] for one in shape.polygons]
        geometry = {"type": "MultiPolygon", "coordinates": polygons}
        return {"type": "Feature", "properties": {}, "geometry": geometry}

    # --- Flows -----------------------------------------------------------------------------------

    def _wide(self, flow: Flow) -> float:
        top = max((one.value for one in self.drawn()), default=1)
        return round(max(1.2, flow.value / max(top, 1) * self.width / 60), 2)

    def _lines(self, theme: Theme) -> Iterator[Layer]:
        ends = self.ends()
        sure: list[Mapping[str, Any]] = []
        unsure: list[Mapping[str, Any]] = []
        for flow in self.drawn():
            if flow.origin == flow.to:
                continue
            curve = shortened(arc(ends[flow.origin][0], ends[flow.to][0]), RIM)
            for step, (x, y) in enumerate(curve):
                wide = self._wide(flow) * (0.35 + 0.65 * step / (len(curve) - 1))
                (unsure if flow.unsure else sure).append(
                    {
                        "x": round(x, 1),
                        "y": round(y, 1),
                        "step": step,
                        "flow": flow.key,
                        "told": flow.told,
                        "wide": round(wide, 2),
                        "colour": colour(flow.to, theme),
                    }
                )
        yield _curves(unsure).mark_line(strokeDash=DASH, strokeWidth=1.2, opacity=0.8)
        trails = _curves(sure).mark_trail(opacity=0.75)
        yield trails.encode(size=alt.Size("wide:Q", scale=None, legend=None))

    def _marks(self, theme: Theme) -> Iterator[Layer]:
        ends, ink = self.ends(), INK[theme]
        dots = [
            {"x": at[0], "y": at[1], "colour": colour(code, theme)}
            for code, (at, _) in ends.items()
        ]
        rings = [
            {
                "told": flow.told,
                "x": ends[flow.to][0][0],
                "y": ends[flow.to][0][1],
                "wide": 1.2 if flow.unsure else self._wide(flow) * 0.6,
                "around": (2 * RIM) ** 2,
                "dash": DASH if flow.unsure else [1, 0],
                "colour": colour(flow.to, theme),
            }
            for flow in self.drawn()
            if flow.origin == flow.to
        ]
        ring = _points(rings).mark_point(filled=False, opacity=1)
        yield ring.encode(
            stroke=alt.Stroke("colour:N", scale=None, legend=None),
            strokeWidth=alt.StrokeWidth("wide:Q", scale=None, legend=None),
            strokeDash=alt.StrokeDash("dash:N", scale=None, legend=None),
            size=alt.Size("around:Q", scale=None, legend=None),
            tooltip=TOLD,
        )
        dot = _points(dots).mark_point(
            filled=True, opacity=1, size=30, stroke=ink["ground"], strokeWidth=1
        )
        yield dot.encode(color=as_told("colour"))

    def _labels(self, size: int) -> list[Mapping[str, Any]]:
        wanted = []
        for code, (at, side) in self.ends().items():
            name = self.names[code]
            if side in ARROWS:
                name = ISOLATED.format(ARROWS[side].format(name))
            wanted.append((name, at))
        bounds = (2.0, 2.0, self.size[0] - 2.0, self.size[1] - 2.0)
        return [
            {
                "text": one.text,
                "x": round(one.at[0], 1),
                "y": round(one.at[1], 1),
                "align": one.align,
            }
            for one in labelled(wanted, bounds, size, RIM)
        ]


def _side(at: Point, size: tuple[int, int]) -> Where:
    """On which side of the map a place lies that is beyond it."""
    if at[0] > size[0]:
        return "east"
    if at[0] < 0:
        return "west"
    return "north" if at[1] < 0 else "south"


def _points(values: list[Any]) -> alt.Chart:
    base = alt.Chart(rows(values))
    return base.encode(x=alt.X(**pixel("x")), y=alt.Y(**pixel("y")))


def _curves(values: list[Mapping[str, Any]]) -> alt.Chart:
    return _points(values).encode(
        detail=alt.Detail("flow:N"),
        order=alt.Order("step:Q"),
        color=as_told("colour"),
        tooltip=TOLD,
    )
