"""Languages of the console: catalogues are whole, numbers and days are told by locale."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.catalogues import TRANSLATED, all_problems, extracted, problems
from deploy.console.i18n import preferred, tongue
from deploy.exports.labels import LANGUAGES


def test_every_text_of_the_console_is_translated_and_no_translation_is_outdated() -> None:
    assert all_problems() == []


def test_a_text_that_is_new_makes_every_catalogue_stale() -> None:
    sources = extracted()
    sources.add("A sentence that nobody has translated.")
    for language in TRANSLATED:
        told = list(problems(language, sources))
        assert f"{language}: not what the sources have" in told


def test_all_sources_are_read() -> None:
    texts = {message.id for message in extracted() if message.id}
    # A template, a view, the navigation, an error, a step of verifying, a plural.
    for text in ("Skip to the content", "All four countries", "Releases", "There is nothing here"):
        assert text in texts
    assert "Signature and schema" in texts
    assert ("%(num)s cell.", "%(num)s cells.") in texts


@pytest.mark.parametrize(
    ("language", "direction", "number", "quarter", "month", "day"),
    [
        ("en", "ltr", "12,345", "Q2 2023", "May 2023", "7 May 2023"),
        ("fr", "ltr", "12\u202f345", "T2 2023", "mai 2023", "7 mai 2023"),
        ("ar", "rtl", "12,345", "الربع الثاني 2023", "مايو 2023", "7 مايو 2023"),
    ],
)
def test_numbers_and_days_are_told_by_locale(
    language: str, direction: str, number: str, quarter: str, month: str, day: str
) -> None:
    speaks = tongue(language)  # type: ignore[arg-type]
    assert speaks.direction == direction
    assert speaks.number(12345) == number
    assert speaks.period("2023-Q2") == quarter
    assert speaks.period("2023-05") == month
    assert speaks.period("2023") == "2023"
    assert speaks.day(date(2023, 5, 7)) == day


@pytest.mark.parametrize(
    ("number", "form"), [(1, "خلية واحدة"), (2, "خليتان"), (3, "خلايا"), (64, "خلية")]
)
def test_arabic_has_its_plurals(number: int, form: str) -> None:
    assert form in tongue("ar").ngettext("%(num)s cell.", "%(num)s cells.", number)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("de, ar-TN;q=0.8, fr;q=0.9", "fr"),
        ("ar", "ar"),
        ("de", "en"),
        ("ar;q=x, fr;q=0.1", "fr"),
        ("en;q=0.2, ar;q=0.3", "ar"),
    ],
)
def test_the_browser_has_its_first_language_of_ours(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


@given(st.text())
def test_whatever_a_browser_accepts_a_language_of_ours_comes_out(accepted: str) -> None:
    assert preferred(accepted) in LANGUAGES
