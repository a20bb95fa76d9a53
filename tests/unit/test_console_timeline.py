"""The timeline of an alert across countries, and who is given its drawing."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from deploy.console.alerts.boards import NAMES
from deploy.console.app import Console, create_app
from deploy.console.charts import Lanes
from deploy.console.i18n import tongue
from deploy.console.views.alert_timeline import Timeline, timeline
from deploy.exports.labels import LANGUAGES
from schemas.codelists import Language
from tests.unit.alert_story import TUN, story
from tests.unit.console_guard import a_console, boards, browser, only
from tests.unit.test_alert_history import read
from tests.unit.test_console_alerts import SEES, TUNIS


def shown(*revisions: int, language: Language = "en") -> Timeline:
    """The timeline of the one alert once some revisions were read."""
    board = read(revisions)
    (alert,) = board.alerts.values()
    return timeline(board, alert, tongue(language))


def rows(model: Timeline) -> list[tuple[str, str, str]]:
    return [(one.when, one.lane, one.what) for one in model.events]


def lanes(model: Timeline) -> Lanes:
    assert isinstance(model.chart, Lanes)
    return model.chart


@pytest.mark.parametrize("board", NAMES)
def test_a_timeline_goes_from_the_evidence_over_the_life_to_the_end(board: str) -> None:
    model = timeline(boards()[NAMES[board]], only(board), tongue("en"))
    kinds = [event.kind for event in model.events]
    named = kinds.count("named")
    assert kinds == ["evidence", "step", *["named"] * named, "end"]
    assert named == {"surges": 1}.get(board, 2)
    assert model.events[1].what == "New: Found"
    assert not model.since


def test_days_stand_in_the_lanes_of_countries_and_months_in_none() -> None:
    assert rows(shown(1, 2, 3, 4)) == [
        ("June 2026", "All together", "The first evidence"),
        ("July 2026", "All together", "The newest evidence"),
        ("15 July 2026", "The alert", "New: Found"),
        ("15 July 2026", "The alert", "Confirmed: A joint case was opened"),
        ("15 July 2026", "Tunisia", "Named"),
        ("15 July 2026", "Lebanon", "Named"),
        ("20 July 2026", "Jordan", "Named"),
        ("1 August 2026", "The alert", "The evidence changed"),
        (
            "July 2028",
            "The alert",
            "Expires after this, unless there is more evidence by then",
        ),
    ]


def test_what_was_not_followed_is_known_since_a_day_and_hollow() -> None:
    model = shown(3)
    told = {one.lane: one.what for one in model.events if one.kind == "named"}
    assert told == {
        "Tunisia": "Named",
        "Jordan": "Known since this day",
        "Lebanon": "Known since this day",
    }
    assert model.since
    hollow = {point.lane: point.hollow for point in lanes(model).points}
    assert hollow == {"Tunisia": False, "Jordan": True, "Lebanon": True, "The alert": False}


def test_a_closed_alert_has_the_steps_of_its_life_and_nothing_else() -> None:
    model = shown(1, 2, 3, 4, 5, 6)
    assert [one.kind for one in model.events] == ["step", "step", "step"]
    assert model.chart is None
    assert not model.since


@pytest.mark.parametrize("language", LANGUAGES)
def test_lanes_show_what_the_table_says_and_tell_it_in_words(language: Language) -> None:
    model = shown(1, 2, 3, 4, language=language)
    chart = lanes(model)
    rest = [one for one in model.events if one.kind not in {"evidence", "end"}]
    for event in rest:
        (point,) = [one for one in chart.points if (one.when, one.lane) == (event.when, event.lane)]
        assert event.what in point.what
        assert f"{point.when}: {point.lane}, {point.what}" in chart.description
    assert {point.lane for point in chart.points} == set(chart.lanes)
    assert chart.band.when in chart.description
    assert chart.mirrored == (language == "ar")
    assert chart.lanes[-1] == tongue(language).gettext("The alert")


def test_the_band_is_all_of_its_months_and_the_scale_holds_everything() -> None:
    chart = lanes(shown(1, 2))
    first, last = (date.fromordinal(day) for day in (chart.band.first, chart.band.last))
    assert (first, last) == (date(2026, 6, 1), date(2026, 8, 1))
    days = [chart.band.first, chart.band.last, *(point.day for point in chart.points)]
    assert chart.ends[0] < min(days)
    assert max(days) < chart.ends[1]
    assert [name for _, name in chart.ticks] == ["June 2026", "July 2026", "August 2026"]


# --- Who is given the drawing ---------------------------------------------------------------------


async def get(console: Console, path: str) -> Any:
    async with browser(create_app(console)) as client:
        return await client.get(path)


async def drawing(console: Console, board: str) -> str:
    """Opens an alert's page and gives the address of its lanes."""
    page = (await get(console, f"/en/alerts/{board}/{only(board).id}")).text
    (found,) = re.findall(r'src="/charts/([0-9a-f]{32})-light\.svg"', page)
    return str(found)


@pytest.mark.parametrize("who", SEES)
@pytest.mark.parametrize("board", NAMES)
async def test_a_drawing_is_for_those_the_alert_was_told_to(who: str, board: str) -> None:
    reader, sees = SEES[who]
    console = a_console(next(one for one, boards in SEES.values() if board in boards))
    address = await drawing(console, board)
    mine = a_console(reader)
    chart = console.charts.known(address)
    assert chart is not None
    assert mine.charts.put(chart) == address
    for end in ("svg", "json"):
        answer = await get(mine, f"/charts/{address}-dark.{end}")
        assert answer.status_code == (200 if board in sees else 404)
        assert answer.headers["cache-control"] == "no-store"


async def test_the_drawing_of_a_closed_alert_is_gone() -> None:
    console = a_console(TUNIS)
    alert = story()[1].alert
    console.boards.put(TUN, *(story()[revision] for revision in (1, 2)))
    page = (await get(console, f"/en/alerts/tun/{alert.id}")).text
    assert "Known since" not in page
    (address,) = re.findall(r'src="(/charts/[0-9a-f]{32}-light\.svg)"', page)
    assert (await get(console, address)).status_code == 200
    console.boards.put(TUN, *(story()[revision] for revision in (3, 4, 5, 6)))
    assert (await get(console, address)).status_code == 404
    page = (await get(console, f"/en/alerts/tun/{alert.id}")).text
    assert "/charts/" not in page
    assert "Jordan" not in page
    assert "Retracted" in page
