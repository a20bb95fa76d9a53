"""Digits of Arabic: by habit, by choice, on everything that is counted and on nothing else."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console import pages
from deploy.console.app import create_app
from deploy.console.charts import Mark, Trend
from deploy.console.i18n import Tongue, tongue, usual_digits
from deploy.console.security.sessions import DIGITS
from deploy.console.views.alert_words import words
from tests.unit.console_guard import a_console, browser, only, token_in
from tests.unit.test_console_alerts import VIEWER

ARAB, LATN = tongue("ar", "arab"), tongue("ar", "latn")
HELD = "\N{LEFT-TO-RIGHT ISOLATE}\N{POP DIRECTIONAL ISOLATE}"
EUROPEAN = {ord("٠") + n: str(n) for n in range(10)}


@pytest.mark.parametrize(
    ("accepted", "digits"),
    [
        ("ar-TN", "latn"),
        ("ar-MA,fr;q=0.8", "latn"),
        ("ar-JO", "arab"),
        ("fr-FR, ar-LB;q=0.9", "arab"),
        ("ar-MA;q=0.2, ar-JO;q=0.9", "arab"),
        ("ar-JO;q=0, ar-TN", "latn"),
        ("ar", "latn"),
        ("", "latn"),
        ("fr", "latn"),
        ("ar-$$", "latn"),
    ],
)
def test_a_reader_of_arabic_has_the_digits_of_their_region(accepted: str, digits: str) -> None:
    assert usual_digits("ar", accepted) == digits
    assert usual_digits("fr", accepted) == "latn"


@given(st.text())
def test_whatever_a_browser_accepts_there_are_digits(accepted: str) -> None:
    assert usual_digits("ar", accepted) in ("latn", "arab")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (ARAB.number(12345), "١٢٬٣٤٥"),
        (ARAB.period("2023-Q2"), "الربع الثاني ٢٠٢٣"),
        (ARAB.period("2023-05"), "مايو ٢٠٢٣"),
        (ARAB.period("2023"), "٢٠٢٣"),
        (ARAB.day(date(2023, 5, 7)), "٧ مايو ٢٠٢٣"),
        (ARAB.moment(datetime(2023, 5, 7, 9, 30, tzinfo=UTC)), "٧ مايو ٢٠٢٣, ٠٩:٣٠ UTC"),
        (ARAB.ngettext("%(num)s cell.", "%(num)s cells.", 64), "٦٤ خلية."),
        (LATN.number(12345), "12,345"),
    ],
)
def test_numbers_periods_and_days_follow(told: str, expected: str) -> None:
    assert told == expected


def test_a_share_and_a_difference_follow() -> None:
    assert re.search(r"٩٧٫٩.?٪", ARAB.share(0.979))
    assert "٤" in ARAB.signed(-4)


@pytest.mark.parametrize(
    "code", ["F1", "F1|2023|FINAL", "sha256:12ab34", "v1.2.3", "ROW_12", "tn.12", "/ar/2023"]
)
def test_codes_stay_as_they_are_in_running_text(code: str) -> None:
    assert ARAB.prose(f"في {code} و12 من 97.9%") == f"في {code} و١٢ من ٩٧٫٩%"
    assert LATN.prose(f"في {code} و12") == f"في {code} و12"


@pytest.mark.parametrize(
    ("run", "shown"),
    [("2026-07", "2026-07"), ("2026-Q3", "2026-Q3"), ("2026-07-01", "2026-07-01"), ("4-9", "٤-٩")],
)
def test_what_has_a_hyphen_within_is_not_turned_about(run: str, shown: str) -> None:
    assert ARAB.prose(f"بين {run} و") == f"بين {HELD[0]}{shown}{HELD[1]} و"
    assert tongue("fr").prose(f"entre {run}") == f"entre {run}"


@given(st.text())
def test_running_text_says_the_same_with_any_digits(text: str) -> None:
    def plain(told: str) -> str:
        bare = "".join(one for one in told if one not in HELD)
        return bare.translate(EUROPEAN).replace("٫", ".")

    assert plain(ARAB.prose(text)) == plain(text)


def test_axes_and_addresses_of_charts_follow() -> None:
    marks = (Mark("٢٠٢٣", 40, 30, 50, hollow=False),)
    charts = [Trend("t", "d", True, marks, 40, voice=one.voice) for one in (ARAB, LATN)]
    assert "٤٠" in charts[0].draw("light").decode()
    assert "٤٠" not in charts[1].draw("light").decode()
    assert charts[0].digest != charts[1].digest


@pytest.mark.parametrize("speaks", [ARAB, LATN])
@pytest.mark.parametrize("board", ["tun", "analysts", "surges"])
def test_periods_in_the_signed_words_of_an_alert_are_told_as_its_reader_says_them(
    speaks: Tongue, board: str
) -> None:
    alert = only(board)
    shown, signed = words(alert, speaks), alert.evidence.words.ar
    iso = re.compile(r"20[0-9]{2}-(?:Q[1-4]|[0-9]{2})")
    assert iso.search(signed)
    assert not iso.search(shown)
    for period in iso.findall(signed):
        assert speaks.period(period) in shown
    # All the rest is as it was signed.
    bare = "".join(one for one in shown if one not in HELD)
    rest = iso.sub(lambda found: speaks.period(found[0]), signed)
    assert bare.translate(EUROPEAN) == rest.translate(EUROPEAN)
    fr = tongue("fr")
    assert words(alert, fr) == iso.sub(lambda found: fr.period(found[0]), alert.evidence.words.fr)


async def test_a_choice_is_kept_and_leads_back_and_outweighs_the_habit() -> None:
    async with browser(create_app(a_console(VIEWER))) as client:
        client.headers["accept-language"] = "ar-JO"
        habit = (await client.get("/ar/region?a=1")).text
        assert "٢٠٢٤" in habit
        sent = {"token": token_in(habit), "digits": "latn", "back": "/ar/region?a=1"}
        answer = await client.post("/ar/digits", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, "/ar/region?a=1")
        assert DIGITS in answer.cookies
        assert "٢٠٢٤" not in (await client.get("/ar/region")).text
        # Other languages have no such choice.
        assert "/ar/digits" not in (await client.get("/fr/region")).text


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"digits": "deva"}, 404), ({"digits": ""}, 404), ({"token": "0" * 64}, 403)],
)
async def test_what_is_no_choice_is_not_kept(wrong: dict[str, str], status: int) -> None:
    console = a_console(VIEWER)
    sent = {"token": console.tokens.of(VIEWER), "digits": "arab", "back": "/ar/region"}
    async with browser(create_app(console)) as client:
        answer = await client.post("/ar/digits", data={**sent, **wrong})
    assert (answer.status_code, DIGITS in answer.cookies) == (status, False)


async def test_a_choice_leads_to_no_other_site() -> None:
    console = a_console(VIEWER)
    sent = {"token": console.tokens.of(VIEWER), "digits": "arab", "back": "//elsewhere.example"}
    async with browser(create_app(console)) as client:
        assert (await client.post("/ar/digits", data=sent)).headers["location"] == "/"


async def test_downloads_and_codes_are_the_same_for_everybody() -> None:
    async with browser(create_app(a_console(VIEWER))) as client:
        files, texts = [], []
        for habit in ("ar-JO", "ar-TN"):
            client.headers["accept-language"] = habit
            files.append((await client.get("/ar/download/F1_2023_FINAL.csv")).content)
            texts.append((await client.get("/ar/releases/F1_2023_FINAL")).text)
    assert files[0] == files[1]
    assert "١٢٨ خلية" in texts[0]
    assert "128 خلية" in texts[1]
    codes = [re.findall(r"<code>(.*?)</code>", text) for text in texts]
    assert codes[0] == codes[1] != []


def test_every_page_speaks_with_the_digits_of_its_reader() -> None:
    folder = Path(pages.__file__).parent
    direct = [
        path.name
        for path in folder.glob("*.py")
        if path.name != "shared.py" and re.search(r"\btongue\(", path.read_text())
    ]
    assert direct == [], "use speaking(request, language)"
