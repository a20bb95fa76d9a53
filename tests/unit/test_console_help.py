"""The help page: a stop at every page that its reader may open, in about ten minutes."""

from __future__ import annotations

import re

import httpx
import pytest

from deploy.console.app import create_app
from deploy.console.i18n import noop, tongue
from deploy.console.pages import shared
from deploy.console.pages.shared import PLACES, Place
from deploy.console.security import Reader, Role
from deploy.console.views.tour import STOPS, WORDS_A_MINUTE
from deploy.exports.labels import LANGUAGES
from schemas.codelists import Language
from tests.unit.console_guard import a_console, browser

EVERYTHING = Reader("somebody", frozenset(Role))
LINK = re.compile(r'href="([^"]+)"')
in_every_language = pytest.mark.parametrize("language", LANGUAGES)


async def shown(language: Language, who: Reader = EVERYTHING) -> str:
    """What stands between the head and the foot of the page."""
    async with browser(create_app(a_console(who))) as client:
        answer: httpx.Response = await client.get(f"/{language}/help")
    assert answer.status_code == 200
    return answer.text.partition("<main")[2].partition("</main>")[0]


def minutes(page: str) -> int:
    """The time that its first lines tell."""
    lead = re.search(r'<p class="lead">(.*?)</p>', page)
    assert lead is not None
    (number,) = re.findall(r"\d+", lead[1])
    return int(number)


def test_every_page_of_the_navigation_has_a_stop() -> None:
    assert {one.path for one in PLACES} <= set(STOPS)


@in_every_language
async def test_no_link_of_it_is_dead(language: Language) -> None:
    page = await shown(language)
    inner = [link[1:] for link in LINK.findall(page) if link.startswith("#")]
    assert len(inner) == 4 + len(PLACES)
    assert set(inner) <= set(re.findall(r'id="([^"]+)"', page))
    outer = {link for link in LINK.findall(page) if not link.startswith("#")}
    places = {f"/{language}/{one.path}" for one in PLACES if one.path != "help"}
    assert outer == places | {f"/{language}/api"}


async def test_nobody_is_sent_to_a_page_that_is_closed_to_them() -> None:
    viewer = Reader("somebody", frozenset({Role.VIEWER}))
    assert "/en/audit" not in await shown("en", viewer)
    assert "/en/audit" in await shown("en")


@in_every_language
async def test_all_of_it_takes_about_ten_minutes(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {one.path: one for one in PLACES}
    every = tuple(known.get(path, Place(path, noop("Region"))) for path in STOPS)
    monkeypatch.setattr(shared, "PLACES", every)
    assert 8 <= minutes(await shown(language)) <= 12


@in_every_language
async def test_the_time_is_that_of_its_words(language: Language) -> None:
    page = await shown(language)
    text = re.sub(r"<[^>]+>", " ", page.partition("</nav>")[2])
    words = len(re.findall(r"\w+", text))
    assert minutes(page) == pytest.approx(words / WORDS_A_MINUTE[language], abs=1)


@in_every_language
def test_every_stop_is_told_in_the_language(language: Language) -> None:
    speaks = tongue(language)
    told = [speaks.gettext(text) for stop in STOPS.values() for text in stop]
    english = [text for stop in STOPS.values() for text in stop]
    assert (told == english) == (language == "en")
    assert all(a != b for a, b in zip(told, english, strict=True)) == (language != "en")
