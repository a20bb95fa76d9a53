"""The printed brief: one page, for everyone, the same bytes again, the numbers of the release."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.console.app import Console, create_app
from deploy.console.brief.printed import Imprint, printed
from deploy.console.errors import BriefUnanswered
from deploy.console.follow import Live, Standing
from deploy.console.i18n import tongue
from deploy.console.security import unsafe_open
from deploy.console.views.brief import AREAS, Brief, Part, brief, code_of
from deploy.console.views.brief_words import Named
from deploy.console.views.cuts import ALL
from deploy.exports.errors import LibraryMissing
from deploy.exports.labels import LANGUAGES
from processors.release.log import Message
from schemas.codelists import Language
from schemas.errors import SealError
from tests.console.world import TODAY, releases, snapshot
from tests.extras import library
from tests.published import OTHER_KEY, PLATFORM_KEY, trusting

IMPRINT = Imprint(date(2025, 3, 1), "https://console.example.org/en/brief?area=TUN&period=2023")
AGAIN = Imprint(date(2025, 3, 2), IMPRINT.address)
BY_KEY = {release.key: release for release in releases()}
in_every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(autouse=True)
def _libraries() -> None:
    library("typst", "console")
    library("pypdf", "dev")


def a_brief(language: Language, area: str = "TUN", period: str = "2023") -> Brief:
    found = brief(snapshot(), area, period, tongue(language))
    assert found is not None
    return found


@cache
def pdf(language: Language, area: str = "TUN", period: str = "2023") -> bytes:
    return printed(a_brief(language, area, period), tongue(language), IMPRINT)


def opened(content: bytes) -> Any:
    return library("pypdf", "dev").PdfReader(io.BytesIO(content))


def text(content: bytes) -> str:
    (page,) = opened(content).pages
    return str(page.extract_text())


def closely(words: str) -> str:
    """Without spaces, of which readers of PDF find more or fewer, most of all in Arabic."""
    return re.sub(r"\s", "", words)


# --- What stands on it ----------------------------------------------------------------------------


@in_every_language
@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("period", ["2022", "2023"])
def test_it_is_one_page(language: Language, area: str, period: str) -> None:
    assert len(opened(pdf(language, area, period)).pages) == 1


@in_every_language
def test_its_numbers_and_bounds_are_those_of_the_release(language: Language) -> None:
    said, found = closely(text(pdf(language))), 0
    rows = [row for row in BY_KEY["F3|2023|FINAL"].observations if row.REF_AREA == "TUN"]
    for row in sorted(rows, key=lambda row: -row.OBS_VALUE)[:5]:
        assert not row.LOW_RELIABILITY
        assert f"{row.OBS_VALUE}{row.LOWER_BOUND}–{row.UPPER_BOUND}" in said
        found += 1
    assert found == 5


@pytest.mark.parametrize("language", ["en", "fr"])
def test_its_sentences_stand_on_it_whole(language: Language) -> None:
    told, said = a_brief(language), closely(text(pdf(language)))
    sentences = [*told.sentences, *told.are, *(part.sentence for part in told.parts), told.citation]
    for sentence in sentences:
        assert closely(sentence) in said


def test_its_arabic_words_are_letters_and_not_forms_of_letters() -> None:
    said = text(pdf("ar"))
    for word in ("ضحايا", "الاتجار", "المسارات", "القضايا", "تشويش", "موجز"):
        assert word in said
    assert re.search("[\ufb50-\ufdff\ufe70-\ufefc]", said) is None


@in_every_language
def test_it_tells_where_it_comes_from_and_where_to_verify_it(language: Language) -> None:
    said = closely(text(pdf(language)))
    for source in a_brief(language).sources:
        assert source.key in said
        assert source.digest in said
    assert IMPRINT.address in said
    (page,) = opened(pdf(language)).pages
    links = [note.get_object()["/A"]["/URI"] for note in page["/Annots"]]
    assert links == [IMPRINT.address]


def test_without_a_console_it_tells_the_topic() -> None:
    said = text(printed(a_brief("en"), tongue("en"), Imprint(date(2025, 3, 1))))
    assert "southmed.indicators.v1" in said
    assert "https://" not in said


# --- For everyone ---------------------------------------------------------------------------------


def elements(node: Any) -> list[Any]:
    """Every element of a tree of tags."""
    node = node.get_object()
    if isinstance(node, list):
        return [one for child in node for one in elements(child)]
    if not hasattr(node, "get"):
        return []
    return [node, *(elements(node["/K"]) if "/K" in node else [])]


@in_every_language
def test_it_can_be_read_out(language: Language) -> None:
    reader = opened(pdf(language))
    root = reader.trailer["/Root"]
    assert str(root["/Lang"]).partition("-")[0] == language
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == a_brief(language).title
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    found = elements(root["/StructTreeRoot"])
    kinds = [str(one.get("/S")) for one in found]
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") == 6
    assert kinds.count("/Table") == 4
    told = [str(one["/Alt"]) for one in found if "/Alt" in one]
    expected = re.sub("[\u2066-\u2069]", "", a_brief(language).trend_told)
    assert told == [expected]


def test_it_is_shaped_with_its_own_letters_alone() -> None:
    (page,) = opened(pdf("ar")).pages
    fonts = {str(one.get_object()["/BaseFont"]) for one in page["/Resources"]["/Font"].values()}
    assert {name.partition("+")[2].partition("-")[0] for name in fonts} == {"IBMPlexSansArabic"}


# --- The same again -------------------------------------------------------------------------------


@in_every_language
def test_the_same_numbers_on_the_same_day_are_the_same_bytes(language: Language) -> None:
    again = printed(a_brief(language), tongue(language), IMPRINT)
    assert again == pdf(language)
    assert printed(a_brief(language), tongue(language), AGAIN) != again
    assert opened(again).metadata.creation_date.date() == IMPRINT.day


# --- Whatever comes -------------------------------------------------------------------------------


def longer(part: Part) -> Part:
    rows = [Named(f"{row.name} {row.name}", replace_numbers(row)) for row in part.rows]
    return replace(part, rows=rows, sentence=f"{part.sentence} {part.sentence}")


def replace_numbers(row: Named) -> Any:
    return replace(row.figure, value=1_234_567, lower=1_234_000, upper=1_235_000)


@in_every_language
def test_names_twice_as_long_and_numbers_in_millions_stay_on_one_page(language: Language) -> None:
    told = a_brief(language, ALL)
    long = replace(
        told,
        parts=[longer(part) for part in told.parts],
        title=f"{told.title} {told.title}",
        sentences=[*told.sentences, *told.sentences],
        others=[f"P2|202{y}-Q{q}|PROVISIONAL" for y in (1, 2, 3) for q in (1, 2, 3, 4)],
    )
    content = printed(long, tongue(language), IMPRINT)
    assert len(opened(content).pages) == 1
    assert closely(long.parts[0].rows[0].name) in closely(text(content)) or language == "ar"


def test_no_word_is_read_as_markup() -> None:
    wild = "*a* #panic() $x$ @y <z> [w] \\ = //"
    told = replace(a_brief("en"), title=wild, are=[wild], citation=wild)
    said = text(printed(told, tongue("en"), IMPRINT))
    assert said.count(wild) == 3


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(LibraryMissing, match=r"southmed\[console\].*typst"):
        printed(a_brief("en"), tongue("en"), IMPRINT)


# --- The command ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [Message.of(release, PLATFORM_KEY).dump() for release in releases()]
    (tmp_path / "releases.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "trust.json").write_bytes(trusting().dump())
    return tmp_path


def run(folder: Path, *more: str, period: str = "2023") -> Any:
    where = ["--file", str(folder / "releases.jsonl"), "--trust", str(folder / "trust.json")]
    to = ["--output", str(folder / "out" / "brief.pdf"), "--date", "2025-03-01"]
    return CliRunner().invoke(app, ["brief", *where, "--period", period, *to, *more])


def test_the_command_writes_what_the_console_shows(folder: Path) -> None:
    address = ("--address", "https://console.example.org/")
    done = run(folder, "--area", "tun", "--language", "fr", "--json", *address)
    assert done.exit_code == 0
    written = (folder / "out" / "brief.pdf").read_bytes()
    assert json.loads(done.stdout)["bytes"] == len(written)
    where = "https://console.example.org/fr/brief?area=TUN&period=2023"
    assert written == printed(a_brief("fr"), tongue("fr"), Imprint(date(2025, 3, 1), where))


def test_of_a_year_that_is_not_out_the_command_names_those_that_are(folder: Path) -> None:
    error = run(folder, period="2024").exception
    assert isinstance(error, BriefUnanswered)
    assert "2023, 2022" in str(error)
    assert not (folder / "out").exists()


@pytest.mark.parametrize("more", [("--area", "FRA"), ("--language", "de"), ("--date", "soon")])
def test_what_cannot_be_is_wrong_usage(folder: Path, more: tuple[str, str]) -> None:
    assert run(folder, *more).exit_code == 2


def test_of_a_file_with_a_forgery_nothing_is_written(folder: Path) -> None:
    with (folder / "releases.jsonl").open("ab") as file:
        file.write(Message.of(releases()[0], OTHER_KEY).dump())
    assert isinstance(run(folder).exception, SealError)
    assert not (folder / "out").exists()


# --- The page -------------------------------------------------------------------------------------


async def get(path: str) -> httpx.Response:
    live = Live(snapshot(), Standing.LIVE)
    console = create_app(Console(live, trusting, unsafe_open, today=lambda: TODAY))
    transport = httpx.ASGITransport(app=console)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


@pytest.mark.parametrize("area", AREAS)
async def test_the_console_gives_the_page_and_the_file(area: str) -> None:
    code = code_of(area)
    shown = await get(f"/fr/brief?area={code}&period=2023")
    assert f"/fr/brief/{code}-2023.pdf" in shown.text
    taken = await get(f"/fr/brief/{code}-2023.pdf")
    assert taken.headers["content-type"] == "application/pdf"
    assert f'filename="southmed-{code}-2023.pdf"' in taken.headers["content-disposition"]
    assert a_brief("fr", area).citation in shown.text
    assert f"http://localhost/fr/brief?area={code}&period=2023" in closely(text(taken.content))


@pytest.mark.parametrize("name", ["FRA-2023", "TUN-2024", "_ALL-2023", "TUN-2023-Q1", "TUN-", "x"])
async def test_of_what_is_not_there_no_file_is_made(name: str) -> None:
    assert (await get(f"/en/brief/{name}.pdf")).status_code == 404


async def test_a_choice_that_nothing_answers_is_put_right_and_said() -> None:
    odd = await get("/en/brief?area=FRA&period=1999")
    assert odd.status_code == 200
    assert "This is the nearest view." in odd.text
    assert a_brief("en", ALL).title in odd.text
    assert "This is the nearest view." not in (await get("/en/brief")).text
