"""What charts hand to browsers: whole, in the reader's language, as often as it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import pytest
from altair.utils.schemapi import SchemaValidationError

from deploy.console.app import create_app
from deploy.console.charts import (
    Band,
    Bars,
    Chart,
    Flow,
    FlowMap,
    Lanes,
    Mark,
    Point,
    Sankey,
    Trend,
    strips,
)
from deploy.console.charts.base import INK, Theme, rows
from deploy.console.i18n import Voice, tongue
from deploy.console.maps import shipped_atlas
from deploy.console.pages.assets import VEGA, asset
from tests.unit.console_guard import a_console, browser
from tests.unit.test_console_alerts import VIEWER

MARKS = tuple(
    Mark(f"Q{n} \N{LEFT DOUBLE QUOTATION MARK}23'\"\\", n, n - 1, n + 1, hollow=False)
    for n in (1, 2, 3)
)
FLOW = Flow("NGA", "TUN", 3, False, "Nigeria - Tunisia: 3 (between 0 and 9)")
NAMES = {"NGA": "Nigeria", "TUN": "Tunisia"}
CHARTS: dict[str, Chart] = {
    "a trend": Trend("A trend", "From one to three.", False, MARKS, 4),
    "a map": FlowMap("A map", "Three.", False, (FLOW,), NAMES, ("TUN",), 340, shipped_atlas()),
    "ribbons": Sankey("Ribbons", "Three.", True, (FLOW,), NAMES, {"TUN": "Tunisia"}, 340, 200),
    "bars": Bars("Bars", "One, two and three.", True, MARKS, 4),
    "lanes": Lanes(
        "Lanes",
        "Three lanes.",
        True,
        tuple(mark.label for mark in MARKS),
        tuple(
            Point(mark.label, 739000 + mark.value, "a day", mark.label, "circle", hollow=True)
            for mark in MARKS
        ),
        Band(739000, 739100, "a quarter", "All"),
        ((739001, MARKS[0].label),),
        (738990, 739110),
        ("Day", "What"),
    ),
}


def found(name: str, told: Any) -> Iterator[Any]:
    """Everything of a name in a specification."""
    if isinstance(told, dict):
        yield from ([told[name]] if name in told else [])
        for one in told.values():
            yield from found(name, one)
    elif isinstance(told, list):
        for one in told:
            yield from found(name, one)


def kinds(base: type[Chart] = Chart) -> Iterator[type[Chart]]:
    """Every kind of chart that pages are made of; strips stand on paper."""
    for kind in base.__subclasses__():
        if kind.__module__.startswith("deploy.") and kind.__module__ != strips.__name__:
            yield from ([] if kind.__abstractmethods__ else [kind])
            yield from kinds(kind)


def test_every_kind_of_chart_is_tried_here() -> None:
    assert {type(chart) for chart in CHARTS.values()} == set(kinds())


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_tells_its_numbers_to_who_looks_closer(name: str) -> None:
    assert list(found("tooltip", CHARTS[name].exploration("light")))


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_zoomed_by_the_scales_that_its_kind_names(name: str) -> None:
    chart = CHARTS[name]
    made = chart.exploration("light")
    bound = [one["select"]["encodings"] for one in made.get("params", [])]
    assert bound == ([[*chart.zooms]] if chart.zooms else [])
    assert set(made["usermeta"]["zooms"]) == set(chart.zooms)


@pytest.mark.parametrize("name", ["a trend", "bars"])
def test_a_picture_holds_every_label_whatever_stands_in_it(name: str) -> None:
    svg = CHARTS[name].draw("light").decode()
    assert "Q3 \N{LEFT DOUBLE QUOTATION MARK}23" in svg


def test_another_language_is_another_address_though_the_words_were_the_same() -> None:
    chart = CHARTS["a trend"]
    french = replace(chart, voice=Voice("fr"))
    assert chart.digest != french.digest
    assert chart.digest == replace(chart).digest


def test_numbers_are_grouped_as_the_language_does() -> None:
    marks = (Mark("2023", 12345, 12000, 13000, hollow=False),)
    for language, told in (("en", "12,000"), ("fr", "12\u202f000")):
        voice = tongue(language).voice  # type: ignore[arg-type]
        assert told in Trend("t", "d", False, marks, 12000, voice=voice).draw("light").decode()


async def test_a_specification_is_for_those_who_may_see_the_picture_and_kept_as_long() -> None:
    for reader, status in ((VIEWER, 200), (None, 401)):
        console = a_console(reader)
        digest = console.charts.put(CHARTS["bars"])
        async with browser(create_app(console)) as client:
            for end in ("svg", "json"):
                answer = await client.get(f"/charts/{digest}-dark.{end}")
                assert answer.status_code == status
                kept = "private, max-age=31536000, immutable"
                assert (answer.headers["cache-control"] == kept) == (status == 200)
                unknown = await client.get(f"/charts/{'0' * 32}-dark.{end}")
                assert unknown.status_code == (404 if reader else 401)


async def test_what_makes_charts_alive_is_served_from_here_and_kept_for_ever() -> None:
    async with browser(create_app(a_console(None))) as client:
        answer = await client.get(asset(VEGA))
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text.rstrip().endswith("as vegaEmbed};")


@pytest.mark.parametrize("theme", INK)
@pytest.mark.parametrize("name", ["a trend", "bars", "lanes", "strips"])
def test_what_is_not_to_be_relied_on_is_drawn_hollow(name: str, theme: Theme) -> None:
    chart: Any = CHARTS.get(name) or strips.Strips("Strips", "Three.", False, MARKS, 4)
    marked = "points" if name == "lanes" else "marks"
    marks = getattr(chart, marked)

    def filled(*, hollow: bool) -> int:
        drawn = replace(chart, **{marked: tuple(replace(one, hollow=hollow) for one in marks)})
        return drawn.draw(theme).decode().count(f'fill="{INK[theme]["mark"]}"')

    assert filled(hollow=False) - filled(hollow=True) == len(marks)


@dataclass(frozen=True)
class Wrong(Chart):
    """A drawing that Vega-Lite does not know."""

    @property
    def size(self) -> tuple[int, int]:
        return 1, 1

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        return alt.Chart(rows([])).mark_bar().encode(x=alt.X(field=theme, type="nonsense"))


def test_tests_hold_every_drawing_to_the_schema_of_vega_lite() -> None:
    with pytest.raises(SchemaValidationError):
        Wrong("t", "d", mirrored=False).specification("light")
