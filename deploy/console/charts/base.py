"""What every chart is: plain values with words beside them, drawn by Vega-Lite in one style."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

import altair as alt
import vl_convert

Theme = Literal["light", "dark"]

INK: Mapping[Theme, Mapping[str, str]] = {
    "light": {"mark": "#1f5fa8", "text": "#1c2733", "faint": "#d5dce3", "ground": "#ffffff"},
    "dark": {"mark": "#7db4f0", "text": "#e4eaf0", "faint": "#3a4654", "ground": "#161d26"},
}
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans Arabic', sans-serif"
VEGA_LITE = "6.4"


@dataclass(frozen=True)
class Chart(ABC):
    """What a chart shows.

    Attributes:
        title: What it is of.
        description: What it shows, for people who do not see it.
        mirrored: Whether it is read from right to left.
    """

    title: str
    description: str
    mirrored: bool

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height of the drawing, so that pages keep room for it."""

    @abstractmethod
    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        """What Vega-Lite is to draw."""

    def told(self) -> Any:
        """All that it shows, as JSON has it."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """Its address."""
        told = json.dumps([type(self).__name__, self.told()], sort_keys=True).encode()
        return hashlib.sha256(told).hexdigest()[:32]

    def specification(self, theme: Theme) -> dict[str, Any]:
        """The drawing with its room and style, as Vega-Lite reads it."""
        width, height = self.size
        fit = alt.AutoSizeParams(type="fit", contains="padding")
        placed = self.drawing(theme).properties(width=width, height=height, autosize=fit)
        made: dict[str, Any] = placed.configure(**_style(theme)).to_dict()
        return made

    def draw(self, theme: Theme) -> bytes:
        """The chart as an SVG document."""
        svg = vl_convert.vegalite_to_svg(self.specification(theme), vl_version=VEGA_LITE)
        return self._named(svg).encode()

    def _named(self, svg: str) -> str:
        """Names the drawing for those who have it read out."""
        opening, rest = svg.split(">", 1)
        words = f"<title>{escape(self.title)}</title><desc>{escape(self.description)}</desc>"
        return f'{opening} role="img">{words}{rest}'


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
