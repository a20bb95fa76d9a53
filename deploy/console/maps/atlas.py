"""The file of a map: GeoJSON (RFC 7946), read once and refused if a map cannot be drawn of it.

1. ``bbox`` of the collection is what the map shows: west, south, east, north.
2. A polygon is a shape. Its ``code`` is that of the code list of areas (ISO 3166-1 alpha-3); a
   shape without one is land, and no corridor begins or ends there. Its ``layer`` is ``country``
   or ``neutral``: neutral shapes are drawn with a dashed line and never in a country's colour.
3. A point is where corridors of its ``code`` begin and end. A shape without one has its middle.
   A point beyond ``bbox`` stands at the edge.
4. Every country that reports has a shape: without them it is no map of this region.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from deploy.console.errors import MapInvalid
from deploy.console.maps.plane import Point, Ring, middle
from schemas.codelists import codelist

MOST = 5_000_000
"""Bytes of a file; the one that ships has 81,000."""
Layer = Literal["country", "neutral"]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Position = tuple[Longitude, Latitude]
Rings = Annotated[list[Annotated[list[Position], Field(min_length=4)]], Field(min_length=1)]


class _Told(BaseModel):
    # GeoJSON lets files say more than anybody asks for.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Point(_Told):
    type: Literal["Point"]
    coordinates: Position


class _Polygon(_Told):
    type: Literal["Polygon"]
    coordinates: Rings


class _MultiPolygon(_Told):
    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(min_length=1)]


class _Properties(_Told):
    code: str = ""
    layer: Layer = "country"

    @field_validator("code")
    @classmethod
    def _is_listed(cls, code: str) -> str:
        if code and code not in codelist("CL_AREA"):
            raise ValueError("not a code of CL_AREA")
        return code


class _Feature(_Told):
    type: Literal["Feature"]
    properties: _Properties
    geometry: Annotated[_Point | _Polygon | _MultiPolygon, Field(discriminator="type")]


class _Collection(_Told):
    type: Literal["FeatureCollection"]
    bbox: tuple[Longitude, Latitude, Longitude, Latitude]
    features: list[_Feature]

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        west, south, east, north = self.bbox
        if not (west < east and south < north):
            raise ValueError("bbox: west, south, east, north")
        return self


@dataclass(frozen=True)
class Shape:
    """An area.

    Attributes:
        code: Alpha-3; empty for land of which nothing is told.
        layer: Whether it is drawn as a country's.
        polygons: Each an outer ring and its holes, in degrees.
    """

    code: str
    layer: Layer
    polygons: tuple[tuple[Ring, ...], ...]


@dataclass(frozen=True)
class Atlas:
    """What maps are drawn of.

    Attributes:
        frame: West, south, east and north, in degrees.
        shapes: Areas, in the order of the file.
        anchors: Where corridors begin and end, by code.
        digest: Of the file.
    """

    frame: tuple[float, float, float, float]
    shapes: tuple[Shape, ...]
    anchors: Mapping[str, Point]
    digest: str


def parse_atlas(content: bytes) -> Atlas:
    """Reads a file.

    Raises:
        MapInvalid: No map can be drawn of it.
    """
    if len(content) > MOST:
        raise MapInvalid(expected=f"at most {MOST} bytes", got=f"{len(content)}")
    try:
        told = _Collection.model_validate(json.loads(content))
    except (ValueError, RecursionError) as problem:
        raise MapInvalid(expected="GeoJSON with a bbox", got=_places(problem)) from None
    shapes = tuple(_shapes(told))
    anchors = {shape.code: _middle(shape) for shape in shapes if shape.code}
    anchors |= {
        one.properties.code: one.geometry.coordinates
        for one in told.features
        if one.geometry.type == "Point" and one.properties.code
    }
    drawn = {shape.code for shape in shapes if shape.layer == "country"}
    if missing := [code for code in codelist("CL_REPORTING_COUNTRY").codes if code not in drawn]:
        raise MapInvalid(expected="a shape of every reporting country", got=f"none of {missing}")
    return Atlas(told.bbox, shapes, anchors, hashlib.sha256(content).hexdigest())


def read_atlas(path: Path) -> Atlas:
    """Reads the map of a host's own.

    Raises:
        MapInvalid: It is not there, or no map can be drawn of it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except OSError as error:
        raise MapInvalid(expected=f"a file {path}", got=type(error).__name__) from None
    return parse_atlas(content)


@cache
def shipped_atlas() -> Atlas:
    """The map that ships."""
    return parse_atlas((files("deploy") / "console" / "maps" / "shapes.geojson").read_bytes())


def _shapes(told: _Collection) -> Iterator[Shape]:
    for one in told.features:
        geometry, about = one.geometry, one.properties
        match geometry:
            case _Polygon(coordinates=rings):
                yield Shape(about.code, about.layer, (_frozen(rings),))
            case _MultiPolygon(coordinates=polygons):
                yield Shape(about.code, about.layer, tuple(map(_frozen, polygons)))


def _frozen(rings: list[list[Position]]) -> tuple[Ring, ...]:
    return tuple(tuple(ring) for ring in rings)


def _middle(shape: Shape) -> Point:
    return middle([polygon[0] for polygon in shape.polygons])


def _places(problem: Exception) -> str:
    if not isinstance(problem, ValidationError):
        return "no JSON"
    wrong: list[Any] = problem.errors(include_input=False, include_context=False)[:3]
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in wrong)
