"""Folding: what it makes equal, what it keeps apart, and that it never decides."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from country_adapters.kit.text import (
    LOST_LETTER,
    fold,
    guessed,
    index_names,
    listed,
    with_and_without_article,
)

NO_NOISE = re.compile("(?!)")


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  Côte-d’Ivoire ", "cote d ivoire"),
        ("TÜRKİYE", "turkiye"),
        ("Łódź, Ærø, Straße", "lodz aero strasse"),
        ("ＴＵＮＩＳ", "tunis"),  # full-width
        ("ﺗﻮﻧﺲ", "تونس"),  # presentation forms
        ("تُونِسُ", "تونس"),  # harakat
        ("تـــونس", "تونس"),  # tatweel
        ("\u200fتونس\u200e", "تونس"),  # bidi marks
        ("\ufeffTu\u200bnis", "tunis"),  # byte order mark, zero-width space
        ("أريانة", "اريانه"),  # alef with hamza, ta marbuta
        ("إربد", "اربد"),
        ("آسفي", "اسفي"),
        ("ایران", "ايران"),  # Persian yeh
        ("مصرى", "مصري"),  # alef maqsura for yeh
        ("الزرقاء", "الزرقا"),  # lone hamza
        ("١٢٣ ۴۵", "123 45"),  # Arabic-Indic and Persian digits
        ("Ma‘ān", "ma an"),
        (f"T{LOST_LETTER}rkiye", f"t{LOST_LETTER}rkiye"),  # the lost letter is kept
        (" -?! ", ""),
    ],
)
def test_folding(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@given(st.text())
@example("\u0345\u03b1")
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_folded_text_is_letters_digits_and_single_spaces(text: str) -> None:
    assert re.fullmatch(rf"([\w{LOST_LETTER}]+( [\w{LOST_LETTER}]+)*)?", fold(text))


@given(st.text(alphabet="تونسيةأإآؤئ", min_size=1), st.data())
def test_harakat_and_tatweel_never_matter(word: str, data: st.DataObject) -> None:
    marks = st.text(alphabet="\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0640", max_size=2)
    marked = "".join(letter + data.draw(marks) for letter in word)
    assert fold(marked) == fold(word)


def test_a_name_with_two_meanings_is_a_fault_of_the_table() -> None:
    with pytest.raises(ValueError, match="stands for TUN and for DZA"):
        index_names([("Tunisie", "TUN"), ("TUNISIE", "DZA")])


def test_the_article_comes_and_goes() -> None:
    assert with_and_without_article("الكاف") == with_and_without_article("كاف") == ("كاف", "الكاف")
    assert with_and_without_article("ألباني")[0] == "ألباني"  # its first letters are no article


TABLE = index_names([("Gabès", "A"), ("Ruanda", "B"), ("Niger", "C"), ("Nigeria", "D")])


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [("GABES", "A"), ("Ga bès", "A"), ("GabÃ¨s", "A"), ("Gabas", None), ("", None)],
)
def test_listed(cell: str, meaning: str | None) -> None:
    assert listed(cell, TABLE, NO_NOISE) == meaning


@pytest.mark.parametrize(
    ("cell", "meanings"),
    [
        (f"Gab{LOST_LETTER}s", {"A"}),
        (f"Gab{LOST_LETTER * 2}s", {"A"}),  # a letter of two bytes lost as two marks
        (f"{LOST_LETTER * 5}", set()),  # fits everything, says nothing
        ("Ruwanda", {"B"}),
        ("Runada", {"B"}),  # two letters swapped
        ("Luanda", set()),  # the first letter stands
        ("Nigera", {"C", "D"}),
        ("Gabos", set()),  # too short for a slip
    ],
)
def test_guessed(cell: str, meanings: set[str]) -> None:
    assert guessed(cell, TABLE, NO_NOISE) == meanings
