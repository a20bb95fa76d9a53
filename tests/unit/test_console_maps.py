"""Maps of the console: which files are maps, and where places, lines and words lie on them."""

from __future__ import annotations

import json
from itertools import combinations
from math import hypot, isclose
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deploy.console.errors import MapInvalid, SettingsInvalid
from deploy.console.maps import Atlas, read_atlas, shipped_atlas
from deploy.console.maps.atlas import MOST, parse_atlas
from deploy.console.maps.plane import Plane, arc, labelled, middle, shortened
from deploy.console.security.settings import read_settings
from deploy.console.starting import guarded
from processors.release.tables import shipped
from schemas.codelists import codelist
from schemas.kafka import Broker
from tests.openid import ROLES
from tests.published import trusting

COUNTRIES = codelist("CL_REPORTING_COUNTRY").codes
PLACES = [code for code in shipped().dimensions["ORIGIN"] if not code.startswith("_")]


def square(code: str, west: float = 0.0, layer: str = "country") -> dict[str, Any]:
    ring = [[west, 10], [west + 4, 10], [west + 4, 14], [west, 14], [west, 10]]
    about = {"code": code, "layer": layer}
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": about, "geometry": shape}


def point(code: str, at: list[float]) -> dict[str, Any]:
    where = {"type": "Point", "coordinates": at}
    return {"type": "Feature", "properties": {"code": code}, "geometry": where}


def collection(*more: Any, **other: Any) -> dict[str, Any]:
    features = [square(code, 5.0 * n) for n, code in enumerate(COUNTRIES)]
    told = {"type": "FeatureCollection", "bbox": [0, 0, 30, 20], "features": [*features, *more]}
    return {**told, **other}


def atlas(*more: Any, **other: Any) -> Atlas:
    return parse_atlas(json.dumps(collection(*more, **other)).encode())


# --- The file -------------------------------------------------------------------------------------


def test_the_map_that_ships_has_a_place_for_every_origin_and_a_shape_for_every_country() -> None:
    ships = shipped_atlas()
    shapes = {shape.code for shape in ships.shapes if shape.layer == "country"}
    assert set(COUNTRIES) <= shapes
    assert set(PLACES) <= set(ships.anchors)
    assert {"ESH", "PSE"} <= {shape.code for shape in ships.shapes}


def test_of_the_map_that_ships_western_sahara_alone_is_neutral() -> None:
    neutral = [shape.code for shape in shipped_atlas().shapes if shape.layer == "neutral"]
    assert neutral == ["ESH"]


def test_the_map_that_ships_shows_every_country_whole() -> None:
    west, south, east, north = shipped_atlas().frame
    for shape in shipped_atlas().shapes:
        if shape.code in COUNTRIES:
            for x, y in (at for polygon in shape.polygons for ring in polygon for at in ring):
                assert west < x < east
                assert south < y < north


def test_a_point_says_where_corridors_begin_and_without_one_it_is_the_middle() -> None:
    own = atlas(point("TUN", [1, 11]), point("PHL", [120, 12]))
    assert own.anchors["TUN"] == (1, 11)
    assert own.anchors["PHL"] == (120, 12)
    assert own.anchors["MAR"] == (7, 12)


def test_what_a_file_says_beside_is_left_alone() -> None:
    extra = {**square(""), "id": "x", "properties": {"name": "Land", "population": 1}}
    assert atlas(extra, generator="somebody").shapes[-1].code == ""


WRONG: dict[str, Any] = {
    "a list": [],
    "no collection": square("TUN"),
    "no frame": {key: value for key, value in collection().items() if key != "bbox"},
    "a frame inside out": collection(bbox=[30, 0, 0, 20]),
    "a frame of nothing": collection(bbox=[0, 0, 0, 20]),
    "a country without a shape": {**collection(), "features": collection()["features"][1:]},
    "a country that is neutral alone": {
        **collection(),
        "features": [square("TUN", layer="neutral"), *collection()["features"][1:]],
    },
    "a code that is none": collection(square("XXX")),
    "a layer that is none": collection(square("EGY", layer="mine")),
    "a line": collection(
        {**square("EGY"), "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}
    ),
    "a place off the earth": collection(point("EGY", [200, 10])),
    "metres for degrees": collection(point("EGY", [3_000_000, 3_000_000])),
    "no number": collection(point("EGY", [float("nan"), 1])),
    "nothing drawn": collection({**square("EGY"), "geometry": None}),
    "two corners": collection(
        {**square("EGY"), "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}
    ),
}


@pytest.mark.parametrize("why", WRONG)
def test_a_file_that_is_no_map_is_refused(why: str) -> None:
    with pytest.raises(MapInvalid):
        parse_atlas(json.dumps(WRONG[why]).encode())


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b" " * (MOST + 1)])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(MapInvalid):
        parse_atlas(content)


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(MapInvalid, match=r"gone\.geojson"):
        read_atlas(tmp_path / "gone.geojson")


# --- console.yaml ---------------------------------------------------------------------------------


def console_yaml(folder: Path, **more: Any) -> Path:
    openid = {"issuer": "https://login.example.org", "client_id": "console", "roles": ROLES}
    told = {"address": "https://console.example.org", "state": "state", "openid": openid, **more}
    path = folder / "console.yaml"
    path.write_text(json.dumps(told))
    return path


def test_a_host_swaps_the_map_by_one_key(tmp_path: Path) -> None:
    (tmp_path / "own.geojson").write_text(json.dumps(collection()))
    path = console_yaml(tmp_path, map="own.geojson")
    assert read_settings(path).map == tmp_path / "own.geojson"
    console, _ = guarded(Broker("127.0.0.1:1"), trusting, path)
    assert console.atlas.frame == (0, 0, 30, 20)


def test_without_the_key_the_map_that_ships_is_drawn(tmp_path: Path) -> None:
    console, _ = guarded(Broker("127.0.0.1:1"), trusting, console_yaml(tmp_path))
    assert console.atlas == shipped_atlas()


def test_a_map_that_is_none_stops_the_console_before_it_keeps_anything(tmp_path: Path) -> None:
    (tmp_path / "own.geojson").write_text("{}")
    with pytest.raises(MapInvalid):
        guarded(Broker("127.0.0.1:1"), trusting, console_yaml(tmp_path, map="own.geojson"))
    assert not (tmp_path / "state").exists()
    with pytest.raises(SettingsInvalid):
        read_settings(console_yaml(tmp_path, map=7))


# --- The plane ------------------------------------------------------------------------------------

degrees = st.tuples(st.floats(-20, 60), st.floats(-5, 45))
pixels = st.tuples(st.floats(0, 760), st.floats(0, 480))


@given(degrees)
def test_every_place_of_the_frame_lies_on_the_map_and_north_is_up(at: tuple[float, float]) -> None:
    plane = Plane((-21, -6, 66, 45), 760)
    x, y = plane.place(at)
    assert plane.held((x, y), 6) == ((x, y), False)
    assert plane.place((at[0], at[1] + 1))[1] < y
    assert plane.place((at[0] + 1, at[1]))[0] > x


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_place_beyond_the_frame_stands_at_the_edge(longitude: float, latitude: float) -> None:
    plane = Plane((-21, -6, 66, 45), 760)
    (x, y), _ = plane.held(plane.place((longitude, latitude)), 6)
    assert 0 <= x <= plane.width
    assert 0 <= y <= plane.height
    assert plane.held(plane.place((121, 12)), 6)[1]


@given(st.floats(-20, 60), st.floats(-5, 45), st.floats(1, 10), st.floats(1, 10))
def test_the_middle_of_a_rectangle_is_its_middle(
    x: float, y: float, wide: float, high: float
) -> None:
    ring = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
    small = ((50.0, 50.0), (50.1, 50.0), (50.1, 50.1))
    for turned in (ring, ring[::-1]):
        found = middle([small, turned])
        assert isclose(found[0], x + wide / 2, abs_tol=0.01)
        assert isclose(found[1], y + high / 2, abs_tol=0.01)


@given(pixels, pixels)
def test_there_and_back_bow_out_to_different_sides(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    assume(hypot(one[0] - other[0], one[1] - other[1]) > 1)
    there, back = arc(one, other), arc(other, one)
    assert there[0] == pytest.approx(one)
    assert there[-1] == pytest.approx(other)
    half = len(there) // 2
    straight = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
    for axis in (0, 1):
        both = (there[half][axis] + back[half][axis]) / 2
        assert both == pytest.approx(straight[axis], abs=1e-6)
    assert hypot(there[half][0] - back[half][0], there[half][1] - back[half][1]) > 0.1


@given(pixels, pixels, st.floats(0, 20))
def test_a_line_ends_at_the_rim_of_its_mark(
    one: tuple[float, float], other: tuple[float, float], rim: float
) -> None:
    assume(hypot(one[0] - other[0], one[1] - other[1]) > 60)
    cut = shortened(arc(one, other), rim)
    assert len(cut) >= 2
    assert cut[0] == pytest.approx(one)
    assert all(hypot(x - other[0], y - other[1]) >= rim for x, y in cut)


@pytest.mark.parametrize(("width", "size"), [(760, 12), (340, 10)])
def test_on_the_map_that_ships_no_words_cover_others_or_are_cut_off(width: int, size: int) -> None:
    plane = Plane(shipped_atlas().frame, width)
    wanted = [
        (codelist("CL_AREA").label(code), plane.held(plane.place(at), 6)[0])
        for code, at in shipped_atlas().anchors.items()
        if code in PLACES
    ]
    bounds = (0.0, 0.0, float(plane.width), float(plane.height))
    boxes = [one.box(size) for one in labelled(wanted, bounds, size, 7)]
    assert len(boxes) == len(PLACES)
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= width
        assert bottom <= plane.height
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart
