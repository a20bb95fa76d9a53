"""What the two drawings of corridors share: flows, and one colour for each country that reports.

Colours only help the eye along: every flow begins and ends at words, and one that is not to be
relied on is dashed and not filled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt

from deploy.console.charts.base import INK, Theme, rows
from schemas.codelists import codelist

PALETTE: Mapping[Theme, tuple[str, ...]] = {
    "light": ("#1f5fa8", "#a84300", "#00724f", "#84368a"),
    "dark": ("#7db4f0", "#ffa866", "#5ed0a4", "#dba3e3"),
}
DASH = [4, 3]
Layer = Any
"""A part of a drawing: the types of Altair do not let layers be nested, Vega-Lite does."""


@dataclass(frozen=True)
class Flow:
    """Persons recruited in one place and counted by a country.

    Attributes:
        origin: Code of the place.
        to: Code of the country.
        value: How many.
        unsure: Whether that is too few to be relied on.
        told: All of that in words, for who points at it.
    """

    origin: str
    to: str
    value: int
    unsure: bool
    told: str = ""

    @property
    def key(self) -> str:
        return f"{self.origin}>{self.to}"


def colour(country: str, theme: Theme) -> str:
    """Of what comes to a country; ink for one that does not report."""
    known = codelist("CL_REPORTING_COUNTRY").codes
    colours = PALETTE[theme]
    return colours[known.index(country) % len(colours)] if country in known else INK[theme]["text"]


def pixel(name: str, **more: Any) -> Mapping[str, Any]:
    """An axis on which numbers are pixels already."""
    return {"shorthand": f"{name}:Q", "scale": None, "axis": None, **more}


def as_told(name: str) -> alt.Color:
    """A colour that stands in the data."""
    return alt.Color(f"{name}:N", scale=None, legend=None)


TOLD = alt.Tooltip("told:N")
"""What a flow says to who points at it."""


def words(labels: list[Mapping[str, Any]], theme: Theme, size: int) -> Iterator[Layer]:
    """Labels with a rim in the colour of the ground, so that lines below do not cut them."""
    for align in ("left", "center", "right"):
        base = alt.Chart(rows([one for one in labels if one["align"] == align]))
        base = base.encode(x=alt.X(**pixel("x")), y=alt.Y(**pixel("y")), text=alt.Text("text:N"))
        told: dict[str, Any] = {"align": align, "baseline": "middle", "fontSize": size}
        rim = INK[theme]["ground"]
        yield base.mark_text(**told, stroke=rim, strokeWidth=3, strokeJoin="round", color=rim)
        yield base.mark_text(**told, color=INK[theme]["text"])
