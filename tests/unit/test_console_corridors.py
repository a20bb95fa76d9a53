"""Corridors: which table answers, how sure they are, what changed, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.charts import Flow, FlowMap, Sankey
from deploy.console.i18n import Tongue, tongue
from deploy.console.maps import shipped_atlas
from deploy.console.store import Kept, Snapshot
from deploy.console.views.corridor_charts import MOST_LINES
from deploy.console.views.corridors import Chosen, Corridors, at_once, corridor_name, corridors
from deploy.console.views.cuts import ALL, answer
from deploy.console.views.figures import Figure, difference
from deploy.console.views.region import COUNTRIES, MAIN
from deploy.exports.labels import label
from tests.console.world import messages, releases, snapshot

EN, FR, AR = tongue("en"), tongue("fr"), tongue("ar")
BY_KEY = {release.key: release for release in releases()}


def shown(
    period: str = "", country: str = "", speaks: Tongue = EN, known: Snapshot | None = None
) -> Corridors:
    found = corridors(known or snapshot(), Chosen(period, country), shipped_atlas(), speaks)
    assert found is not None
    return found


# --- Which table answers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told", "key", "adjusted"),
    [
        # The newest year is surer than the newer quarters.
        (Chosen(), Chosen("2023"), "F3|2023|FINAL", False),
        (Chosen("2022", "LBN"), Chosen("2022", "LBN"), "F3|2022|FINAL", False),
        (Chosen("2024-Q4"), Chosen("2024-Q4"), "P3|2024-Q4|PROVISIONAL", False),
        # No table has corridors of a month.
        (Chosen("2023-05"), Chosen("2023"), "F3|2023|FINAL", True),
        (Chosen("2023", "FRA"), Chosen("2023"), "F3|2023|FINAL", True),
        (Chosen("1999"), Chosen("2023"), "F3|2023|FINAL", True),
    ],
)
def test_a_year_is_answered_by_the_final_table_and_a_quarter_by_the_provisional(
    asked: Chosen, told: Chosen, key: str, adjusted: bool
) -> None:
    page = shown(asked.period, asked.country)
    assert (page.chosen, page.answer.release.key, page.adjusted) == (told, key, adjusted)


def test_an_erratum_takes_the_place_of_the_final_table() -> None:
    erratum = BY_KEY["F3|2023|FINAL"].model_copy(update={"vintage": "ERRATUM"})
    known = snapshot().having(Kept(erratum, messages()[0]))
    assert shown("2023", known=known).answer.release.key == "F3|2023|ERRATUM"


def test_as_long_as_no_table_of_corridors_is_out_there_is_no_page() -> None:
    assert corridors(Snapshot(), Chosen(), shipped_atlas(), EN) is None
    other = Snapshot().having(Kept(BY_KEY["F1|2023|FINAL"], messages()[0]))
    assert corridors(other, Chosen(), shipped_atlas(), EN) is None


def test_without_a_year_the_newest_quarter_is_shown() -> None:
    quarter = Snapshot().having(Kept(BY_KEY["P3|2024-Q3|PROVISIONAL"], messages()[0]))
    page = shown(known=quarter)
    assert page.chosen.period == "2024-Q3"
    assert page.changes is None
    assert page.charts == []


# --- The table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2023", "2024-Q4"])
def test_every_cell_of_the_release_stands_in_the_table(period: str) -> None:
    page = shown(period)
    names = {row.name: row for row in page.rows}
    release = page.answer.release
    assert len(page.rows) * len(COUNTRIES) == len(release.observations) == page.corridors
    for cell in release.observations:
        name = label("ORIGIN", str(cell.ORIGIN), "en")
        figure = names[name].figures[COUNTRIES.index(cell.REF_AREA)]
        assert (figure.value, figure.lower, figure.upper, figure.unsure) == (
            cell.OBS_VALUE,
            cell.LOWER_BOUND,
            cell.UPPER_BOUND,
            cell.LOW_RELIABILITY,
        )
    assert page.unsure == sum(cell.LOW_RELIABILITY for cell in release.observations)


def test_the_largest_places_come_first_and_what_is_unknown_last() -> None:
    page = shown()
    totals = [row.figures[-1].value for row in page.rows]
    assert totals[:-2] == sorted(totals[:-2], reverse=True)
    assert [row.name for row in page.rows[-2:]] == [
        "Unknown",
        "Other, or told too coarsely to say",
    ]


def test_recruited_in_the_country_itself_is_marked() -> None:
    marked = {row.name: COUNTRIES[row.own] for row in shown().rows if row.own >= 0}
    assert marked == {"Tunisia": "TUN", "Morocco": "MAR", "Jordan": "JOR", "Lebanon": "LBN"}
    assert [row.name for row in shown(country="JOR").rows if row.own >= 0] == ["Jordan"]
    assert corridor_name("JOR", "JOR", EN) == "Jordan, in the country itself"


def test_of_one_country_its_own_column_alone_is_shown() -> None:
    page = shown(country="LBN")
    assert list(page.columns) == ["Lebanon"]
    assert page.corridors == 15
    assert all(len(row.figures) == 1 for row in page.rows)


def test_only_what_is_to_be_relied_on_is_told_as_the_largest() -> None:
    page = shown()
    assert 0 < len(page.largest) <= 10
    assert not any(one.figure.unsure for one in page.largest)
    values = [one.figure.value for one in page.largest]
    assert values == sorted(values, reverse=True)
    first = page.largest[0].figure
    assert page.largest[0].told == f"{first.value} (between {first.lower} and {first.upper})"


def test_an_arrow_points_the_way_of_reading() -> None:
    assert corridor_name("SYR", "LBN", EN) == "Syrian Arab Republic → Lebanon"
    assert corridor_name("SYR", "LBN", AR) == "الجمهورية العربية السورية ← لبنان"


# --- Through time ---------------------------------------------------------------------------------


def test_every_point_of_a_trend_stands_in_its_table() -> None:
    page = shown("2024-Q4")
    assert page.charts
    for column, chart in enumerate(page.charts):
        drawn = [mark.value for mark in chart.marks]  # type: ignore[attr-defined]
        assert drawn == [line.figures[column].value for line in reversed(page.lines)]
        assert chart.title == page.names[column]


def test_the_bounds_of_a_change_hold_for_all_compared_at_once() -> None:
    now, then = (answer(snapshot(), MAIN, year, ("ORIGIN",)) for year in ("2023", "2022"))
    assert now is not None
    assert then is not None
    one, other = now.of("TUN", ("MAR",)), then.of("TUN", ("MAR",))
    alone = difference(one, other)
    bands = [at_once((one, now), (other, then), many).band for many in (1, 15, 60)]
    # 2.83 x root of 2 = 4 is the spread of a difference: 2.3, 3.2 and 3.6 times that.
    assert bands == [10, 13, 15]
    assert alone.band <= bands[0]
    # A sum of four cells is half as sure as one.
    of_all = at_once((now.of(ALL, ("MAR",)), now), (then.of(ALL, ("MAR",)), then), 60)
    assert of_all.band == pytest.approx(2 * bands[2], abs=1)


def test_only_changes_beyond_the_noise_are_told_and_the_largest_first() -> None:
    page = shown("2023")
    assert page.changes is not None
    assert (page.changes.before, page.changes.compared) == ("2022", 60)
    assert page.changes.beyond
    for one in page.changes.beyond:
        change = one.now.measurement - one.before.measurement
        assert one.difference.change == change
        assert abs(change) > one.difference.band >= 15
    assert len(page.changes.beyond) < 60
    assert shown("2021").changes is None


def test_the_same_numbers_twice_are_no_change() -> None:
    release = BY_KEY["F3|2022|FINAL"]
    again = release.model_copy(update={"period": "2023", "vintage": "ERRATUM"})
    page = shown("2023", known=snapshot().having(Kept(again, messages()[0])))
    assert page.changes is not None
    assert page.changes.beyond == []


# --- What is drawn --------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2023", "2024-Q4"])
def test_every_number_of_a_drawing_stands_in_the_table(period: str) -> None:
    page = shown(period)
    cells = {
        f"{cell.ORIGIN}>{cell.REF_AREA}": (cell.OBS_VALUE, cell.LOW_RELIABILITY)
        for cell in page.answer.release.observations
    }
    for chart in (*page.drawings.maps, *page.drawings.sankeys):
        assert all(cells[flow.key] == (flow.value, flow.unsure) for flow in chart.flows)
    in_ribbons = {flow.key for flow in page.drawings.sankeys[0].flows}
    assert in_ribbons == {key for key, (value, _) in cells.items() if value > 0}
    on_map = page.drawings.maps[0].flows
    placed = [key for key in in_ribbons if not key.startswith("_")]
    assert len(on_map) == min(MOST_LINES, len(placed))
    assert page.drawings.left_out == len(placed) - len(on_map)
    assert [told.partition(":")[0] for told in page.drawings.placeless] == [
        row.name for row in page.rows[-2:]
    ]


@pytest.mark.parametrize("speaks", [EN, FR, AR], ids=["en", "fr", "ar"])
def test_a_drawing_tells_in_words_what_is_dashed(speaks: Tongue) -> None:
    page = shown("2024-Q4", speaks=speaks)
    dashed = sum(flow.unsure for flow in page.drawings.maps[0].flows)
    hollow = sum(flow.unsure for flow in page.drawings.sankeys[0].flows)
    assert speaks.number(dashed) in page.drawings.maps[0].description
    assert speaks.number(hollow) in page.drawings.sankeys[0].description
    assert min(dashed, hollow) > 0


def flow_map(*flows: Flow) -> FlowMap:
    names = {"TUN": "Tunisia", "JOR": "Jordan", "PHL": "Philippines", "KEN": "Kenya"}
    return FlowMap("t", "d", False, flows, names, ("TUN", "JOR"), 760, shipped_atlas())


def test_on_the_map_what_is_unsure_is_dashed_and_thin_and_the_rest_is_as_wide_as_it_tells() -> None:
    sure, unsure = Flow("KEN", "TUN", 40, False), Flow("KEN", "JOR", 4, True)
    marks = flow_map(sure, unsure).specification("light")
    (lines,) = of_kind(marks, "line")
    (trails,) = of_kind(marks, "trail")
    assert {row["flow"] for row in lines["data"]["values"]} == {unsure.key}
    assert {row["flow"] for row in trails["data"]["values"]} == {sure.key}
    assert lines["mark"]["strokeDash"]
    wide = [row["wide"] for row in trails["data"]["values"]]
    assert wide == sorted(wide)
    assert wide[-1] == pytest.approx(760 / 60, abs=0.01)


def of_kind(part: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """All layers of a mark, wherever they are nested, with their data in them."""
    data = part.get("datasets", {})

    def walk(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if one.get("mark", {}).get("type") == kind:
            given = one["data"]
            yield {
                **one,
                "data": {"values": data[given["name"]] if "name" in given else given["values"]},
            }
        for inner in one.get("layer", []):
            yield from walk(inner)

    return list(walk(part))


def test_in_the_country_itself_is_a_ring_and_no_line() -> None:
    marks = flow_map(Flow("TUN", "TUN", 40, False)).specification("light")
    assert [one["data"]["values"] for one in of_kind(marks, "trail")] == [[]]
    rings = [one for one in of_kind(marks, "point") if one["mark"]["filled"] is False]
    assert len(rings[0]["data"]["values"]) == 1


def test_who_comes_from_beyond_the_map_comes_from_its_edge_with_an_arrow() -> None:
    chart = flow_map(Flow("PHL", "JOR", 40, False))
    (x, _), side = chart.ends()["PHL"]
    assert side == "east"
    assert x < 760
    told = [
        row["text"]
        for one in of_kind(chart.specification("light"), "text")
        for row in one["data"]["values"]
    ]
    assert any("Philippines →" in text for text in told)


def test_only_who_counts_has_borders_and_neutral_shapes_have_no_country_s_colour() -> None:
    shapes = of_kind(flow_map(Flow("KEN", "JOR", 40, False)).specification("light"), "geoshape")
    land, home, neutral = shapes
    sizes = [len(one["data"]["values"]) for one in shapes]
    assert sizes == [len(shipped_atlas().shapes), 2, 1]
    assert land["mark"]["fill"] == land["mark"]["stroke"] == neutral["mark"]["fill"]
    assert neutral["mark"]["strokeDash"]
    assert neutral["mark"]["fill"] != home["mark"]["fill"]


def test_another_map_is_another_drawing() -> None:
    one = flow_map(Flow("KEN", "JOR", 40, False))
    assert one.digest == flow_map(Flow("KEN", "JOR", 40, False)).digest
    swapped = replace(one, atlas=replace(shipped_atlas(), digest="other"))
    assert one.digest != swapped.digest


def test_ribbons_are_mirrored_for_who_reads_from_right_to_left() -> None:
    usual, mirrored = shown().drawings.sankeys[0], shown(speaks=AR).drawings.sankeys[0]
    for chart, begins in ((usual, "right"), (mirrored, "left")):
        rows = [
            row
            for one in of_kind(chart.specification("light"), "text")
            for row in one["data"]["values"]
        ]
        origins = [row for row in rows if row["text"] in chart.origins.values()]
        countries = [row for row in rows if row["text"] in chart.countries.values()]
        assert {row["align"] for row in origins} == {begins}
        across = [min(r["x"] for r in one) for one in (origins, countries)]
        assert (across[0] < across[1]) is (chart is usual)


@given(st.lists(st.integers(1, 300), min_size=2, max_size=8))
def test_ribbons_on_paper_are_as_high_as_their_numbers(values: list[int]) -> None:
    codes = "ABCDEFGH"
    flows = tuple(Flow(codes[n], "TUN", value, n % 2 == 1) for n, value in enumerate(values))
    names = {flow.origin: flow.origin for flow in flows}
    chart = Sankey("t", "d", False, flows, names, {"TUN": "Tunisia"}, 760, 400)
    sure, unsure = of_kind(chart.specification("light"), "area")
    scale = {
        row["flow"]: row["y2"] - row["y"] for one in (sure, unsure) for row in one["data"]["values"]
    }
    whole = sum(values)
    total = sum(scale.values())
    for flow in flows:
        assert scale[flow.key] == pytest.approx(flow.value / whole * total, abs=0.25)
    assert {row["flow"] for row in unsure["data"]["values"]} == {f.key for f in flows if f.unsure}
    assert unsure["mark"]["fillOpacity"] == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("place", [0, 1])
def test_drawings_are_drawn_with_their_words(theme: str, place: int) -> None:
    page = shown()
    for chart in (page.drawings.maps[place], page.drawings.sankeys[place]):
        svg = chart.draw(theme)  # type: ignore[arg-type]
        width, height = chart.size
        assert f'width="{width}" height="{height}"'.encode() in svg[:400]
        assert b"Tunisia" in svg
        assert chart.description.encode()[:40] in svg


def test_a_figure_without_noise_has_plain_words() -> None:
    exact = Figure(3, 3, 3, 3, False, False, 1, 0)
    found = answer(snapshot(), "TRN_N", "2023")
    assert found is not None
    assert at_once((exact, found), (exact, found), 60).band == 0
