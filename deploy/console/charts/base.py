"""What every chart is: plain values with words beside them, drawn by Vega-Lite in one style.

Everybody is shown a chart as a picture. Who wants to look closer gets the same drawing alive in its
place: numbers under the pointer, and scales that can be zoomed where that means something. Each
kind of chart says itself what it adds for that (`Chart.explored`, `Chart.zooms`).
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from html import escape
from importlib import import_module
from typing import Any, ClassVar, Literal

import altair as alt
import vl_convert
from altair.utils import schemapi

from deploy.console.i18n import Voice

Theme = Literal["light", "dark"]

INK: Mapping[Theme, Mapping[str, str]] = {
    "light": {"mark": "#1f5fa8", "text": "#1c2733", "faint": "#d5dce3", "ground": "#ffffff"},
    "dark": {"mark": "#7db4f0", "text": "#e4eaf0", "faint": "#3a4654", "ground": "#161d26"},
}
# Altair asks pandas about values once anything has begun to import it. Files for readers do, in a
# thread beside: begun here, it is whole before there are threads.
with suppress(ImportError):
    import_module("pandas")

FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans Arabic', sans-serif"
VEGA_LITE = "6.4"
ZOOM = "zoom"
"""What a drawing that is alive calls the selection that its scales follow."""


@dataclass(frozen=True)
class Chart(ABC):
    """What a chart shows.

    Attributes:
        title: What it is of.
        description: What it shows, for people who do not see it.
        mirrored: Whether it is read from right to left.
        voice: How its numbers are written; the page on which it stands says so.
        alert: Of what is told to a few, the board and the alert; None for what all may see.
        zooms: Scales that can be zoomed; they are of numbers, and no map has any.
        rigid: Whether it has one width only, because its places are pixels.
    """

    title: str
    description: str
    mirrored: bool
    voice: Voice = field(default=Voice(), kw_only=True)
    alert: tuple[str, str] | None = field(default=None, kw_only=True)
    zooms: ClassVar[tuple[Literal["x", "y"], ...]] = ()
    rigid: ClassVar[bool] = False

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height of the drawing, so that pages keep room for it."""

    @abstractmethod
    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """What Vega-Lite is to draw."""

    def explored(self, theme: Theme) -> alt.TopLevelMixin:
        """What Vega-Lite is to draw for who looks closer: with tooltips."""
        return self.drawing(theme)

    def told(self) -> Any:
        """All that it shows, as JSON has it."""
        return asdict(self)

    @cached_property
    def digest(self) -> str:
        """Its address."""
        told = json.dumps([type(self).__name__, self.told()], sort_keys=True).encode()
        return hashlib.sha256(told).hexdigest()[:32]

    def specification(self, theme: Theme) -> dict[str, Any]:
        """The drawing with its room and style, as Vega-Lite reads it."""
        width, height = self.size
        fit = alt.AutoSizeParams(type="fit", contains="padding")
        placed = self.drawing(theme).properties(width=width, height=height, autosize=fit)
        return _written(placed, theme)

    def exploration(self, theme: Theme) -> dict[str, Any]:
        """The drawing as browsers make it alive: as wide as there is room if it can, with its zoom.

        What Vega-Lite does not know stands in ``usermeta``: how numbers are written, and the
        signals that hold the ends of each scale that can be zoomed.
        """
        placed: Any = self.explored(theme)
        if self.zooms:
            bound = alt.selection_interval(name=ZOOM, bind="scales", encodings=[*self.zooms])
            placed = placed.add_params(bound)
        fit = alt.AutoSizeParams(type="fit", contains="padding")
        width = self.size[0] if self.rigid else "container"
        placed = placed.properties(width=width, height=self.size[1], autosize=fit)
        made = _written(placed, theme)
        first = made.get("layer", [made])[0]
        made["usermeta"] = {
            "numbers": self.voice.numerals(),
            "zooms": {one: f"{ZOOM}_{first['encoding'][one]['field']}" for one in self.zooms},
        }
        return made

    def draw(self, theme: Theme) -> bytes:
        """The chart as an SVG document."""
        specification = self.specification(theme)
        svg = vl_convert.vegalite_to_svg(
            specification, vl_version=VEGA_LITE, format_locale=self.voice.numerals()
        )
        return self._named(svg).encode()

    def _named(self, svg: str) -> str:
        """Names the drawing for those who have it read out."""
        opening, rest = svg.split(">", 1)
        words = f"<title>{escape(self.title)}</title><desc>{escape(self.description)}</desc>"
        return f'{opening} role="img">{words}{rest}'


def draw_unchecked() -> None:
    """From now on this process holds no drawing to the schema of Vega-Lite.

    That takes longer than all the rest of a drawing, and finds nothing that a test of its kind has
    not found: tests hold every drawing to it.
    """
    schemapi.disable_debug_mode()


def _written(drawing: Any, theme: Theme) -> dict[str, Any]:
    styled = drawing.configure(**_style(theme))
    made: dict[str, Any] = styled.to_dict(validate=schemapi.DEBUG_MODE)
    return {**made, "datasets": {name: [*told] for name, told in made["datasets"].items()}}


def rows(values: Iterable[Mapping[str, Any]]) -> alt.InlineData:
    """What a drawing is made from.

    Altair copies lists, all that is in them too, whenever it puts layers together; tuples it does
    not.
    """
    return alt.InlineData(values=tuple(values))


def filled(theme: Theme) -> alt.FillValue:
    """The fill of a mark: none of what is hollow."""
    hollow = {"test": "datum.hollow", "value": INK[theme]["ground"]}
    return alt.FillValue(INK[theme]["mark"], condition=hollow)


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
