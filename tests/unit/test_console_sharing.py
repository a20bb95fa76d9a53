"""What many readers share: contents and drawings are made once, and nobody takes another's turn."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import altair as alt
import pytest
from markupsafe import Markup

from deploy.console.app import create_app
from deploy.console.charts import Chart, Charts, Theme
from deploy.console.pages import events
from deploy.console.pages.content import Content
from deploy.console.pages.events import _told
from deploy.console.remembering import Remembered
from deploy.console.security import Reader, Role
from deploy.console.security.rates import RATES, Rate, Rates
from deploy.console.store import Kept
from deploy.console.views.words import slug
from tests.console.world import messages, releases
from tests.unit.console_guard import a_console, browser

VERA = Reader("vera", frozenset({Role.VIEWER}), "", "session", "a session")
NOUR = replace(VERA, name="nour", bound="another session")


def a_content(title: str = "a title") -> Content:
    return Content(Markup.escape(title), Markup(), ())


def slowly(made: list[str]) -> Callable[[], Content]:
    def make() -> Content:
        time.sleep(0.05)
        made.append("made")
        return a_content()

    return make


def test_a_content_that_many_ask_for_at_once_is_made_once() -> None:
    contents, made = Remembered[Content](), list[str]()
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(contents.get, "key", slowly(made)) for _ in range(8)]
    assert {id(one.result()) for one in asked} == {id(asked[0].result())}
    assert made == ["made"]


def test_a_content_that_failed_is_tried_again_by_who_comes_later() -> None:
    contents = Remembered[Content]()
    with pytest.raises(ZeroDivisionError):
        contents.get("key", lambda: a_content(str(1 // 0)))
    assert contents.get("key", a_content) == a_content()


def test_of_contents_only_the_last_ones_are_remembered() -> None:
    contents, made = Remembered[Content](most=2), list[str]()
    for key in ("first", "second", "third", "third", "first"):
        contents.get(key, slowly(made))
    assert len(made) == 4


@dataclass(frozen=True)
class Slow(Chart):
    @property
    def size(self) -> tuple[int, int]:
        return 1, 1

    def drawing(self, theme: Theme) -> alt.TopLevelMixin:
        raise NotImplementedError

    def draw(self, theme: Theme) -> bytes:
        DRAWN.append(threading.current_thread().name)
        time.sleep(0.05)
        if self.title == "fails":
            raise ValueError
        return theme.encode()


DRAWN: list[str] = []


async def test_a_chart_is_drawn_once_beside_the_loop_and_again_if_it_failed() -> None:
    DRAWN.clear()
    charts = Charts()
    good, bad = (charts.put(Slow(title, "", mirrored=False)) for title in ("good", "fails"))
    asked = [asyncio.create_task(charts.drawn(good, "dark")) for _ in range(5)]
    await asyncio.sleep(0.01)
    # Of five who wait one goes away.
    asked[0].cancel()
    assert await asyncio.gather(*asked[1:]) == [b"dark"] * 4
    assert len(DRAWN) == 1
    assert DRAWN[0] != threading.current_thread().name
    for _ in range(2):
        with pytest.raises(ValueError):  # noqa: PT011 - what was raised above
            await charts.drawn(bad, "dark")
    assert len(DRAWN) == 3
    assert await charts.drawn("unknown", "dark") is None


async def test_readers_share_a_content_and_have_frames_of_their_own() -> None:
    console = a_console(VERA)
    who = [VERA]

    async def keeper(_request: Any) -> Reader:
        return who[0]

    app = create_app(replace(console, doorkeeper=keeper))
    async with browser(app) as client:
        first = (await client.get("/en/region")).text
        who[0] = NOUR
        second = (await client.get("/en/region")).text
        french = (await client.get("/fr/region")).text
    assert "vera" in first
    assert "vera" not in second
    assert console.tokens.of(VERA) in first
    assert console.tokens.of(VERA) not in second
    assert console.tokens.of(NOUR) in second
    inner = [text.partition("<main")[2].partition("</main>")[0] for text in (first, second)]
    assert inner[0] == inner[1] != french.partition("<main")[2].partition("</main>")[0]


async def test_what_is_new_is_in_the_next_page_and_never_a_page_older_than_it_says() -> None:
    console = a_console(VERA)
    async with browser(create_app(console)) as client:
        before = (await client.get("/en/releases")).text
        release = releases()[3]
        withdrawn = release.model_copy(update={"withdrawn": releases()[-1].withdrawn})
        console.live.put(console.live.snapshot.having(Kept(withdrawn, messages()[3])))
        after = (await client.get("/en/releases")).text
    assert before != after
    number = console.number(VERA)
    assert f'data-number="{number - 1}"' in before
    assert f'data-number="{number}"' in after


async def test_who_asks_without_end_waits_and_nobody_else_does() -> None:
    rates = Rates(lambda: 0.0, {"request": Rate(3, 60.0)})
    who = [VERA]

    async def keeper(_request: Any) -> Reader:
        return who[0]

    console = replace(a_console(VERA, rates=rates), doorkeeper=keeper)
    async with browser(create_app(console)) as client:
        statuses = [(await client.get("/en/help")).status_code for _ in range(6)]
        assert statuses == [200, 200, 200, 429, 429, 429]
        who[0] = NOUR
        assert (await client.get("/en/help")).status_code == 200
    # Noted once, however often.
    assert [(e.who, e.what) for e in console.audit.read()] == [("vera", "CONSOLE_TOO_OFTEN")]


def test_a_ministry_behind_one_address_comes_in_at_once() -> None:
    rates = Rates(lambda: 0.0)
    for _ in range(200):
        rates.check("sign-in", "192.0.2.1")
    # A page with charts, every three seconds, and a stream.
    assert RATES["request"].times >= 20 * 20 + 1


async def test_a_file_is_written_once_until_its_release_changes() -> None:
    console = a_console(VERA)
    kept = console.live.snapshot.kept[releases()[3].key]
    name = f"/en/download/{slug(kept.release.key)}.xlsx"
    async with browser(create_app(console)) as client:
        # A workbook says when it was written.
        first, again = [(await client.get(name)).content for _ in range(2)]
        assert first == again
        french = (await client.get(name.replace("en", "fr", 1))).content
        withdrawn = kept.release.model_copy(update={"withdrawn": releases()[-1].withdrawn})
        message = kept.message._replace(offset=kept.message.offset + 1000)
        console.live.put(console.live.snapshot.having(Kept(withdrawn, message)))
        after = (await client.get(name)).content
    assert len({first, french, after}) == 3


async def test_what_comes_in_one_moment_is_told_once_and_the_next_after_a_pause() -> None:
    console, clock = a_console(VERA), asyncio.get_running_loop().time
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(console=console)))
    stream, since = _told(request, pause=0.5), clock()
    await anext(stream)
    told = asyncio.ensure_future(anext(stream))
    for release, message in zip(releases()[:5], messages()[:5], strict=True):
        await asyncio.sleep(0.01)
        console.live.put(console.live.snapshot.having(Kept(release, message)))
    assert f'"number": {console.number(VERA)}' in str((await told).data)
    assert clock() - since >= 0.5


async def test_where_many_listen_each_is_told_in_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    console, clock = a_console(VERA), asyncio.get_running_loop().time
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(console=console)))
    monkeypatch.setattr(events.random, "uniform", lambda _first, last: last)
    waited = []
    for others in (0, events.IN_A_SECOND // 2):
        console.live.bell.attended = others
        stream = _told(request, pause=0)
        await anext(stream)
        assert console.live.bell.attended == others + 1
        told, since = asyncio.ensure_future(anext(stream)), clock()
        await asyncio.sleep(0)
        console.live.put(replace(console.live.snapshot, number=console.live.snapshot.number + 1))
        await told
        waited.append(clock() - since)
        await stream.aclose()
        assert console.live.bell.attended == others
    assert waited[0] >= events.MOMENT
    assert waited[1] >= events.MOMENT + 0.5
