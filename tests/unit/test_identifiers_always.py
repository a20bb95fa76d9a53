"""What holds for every identifier, whatever people type: one value, no mixing, nothing told."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from itertools import permutations

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from country_adapters.kit.identifiers.errors import IdentifierError
from country_adapters.kit.identifiers.money import remainder_97
from country_adapters.kit.identifiers.normalise import NORMALISERS, normalise
from country_adapters.kit.identifiers.value import Normalised
from schemas.codelists import codelist
from schemas.topics import COUNTRY_CODES
from tests.unit.test_identifiers import rows

FOUR = codelist("CL_REPORTING_COUNTRY").codes
TYPES = st.sampled_from(sorted(NORMALISERS))
COUNTRIES = st.sampled_from(FOUR)
ZEROS = "0٠۰０𝟎"
"""The nought of Latin, Arabic-Indic, Persian, full-width and mathematical digits."""
MARKS = ("", "\u200f", "\u202a", "\ufeff")
"""Invisible marks that a copied cell brings along."""
KNOWN = [row[2] for name in ("identifiers", "identifier_spellings") for row in rows(f"{name}.csv")]


def in_digits_of(zero: str, text: str) -> str:
    return re.sub(r"[0-9]", lambda digit: chr(ord(zero) + int(digit[0])), text)


@st.composite
def typed(draw: st.DrawFn, text: str, between: tuple[str, ...] = ()) -> str:
    """A text in any digits, with marks around it, and with other signs where it has hyphens."""
    told = in_digits_of(draw(st.sampled_from(ZEROS)), text)
    if between:
        told = told.replace("-", draw(st.sampled_from(between)))
    return f"{draw(st.sampled_from(MARKS))} {told}{draw(st.sampled_from(MARKS))} "


def of(link_type: str, text: str, country: str) -> Normalised | None:
    try:
        return normalise(link_type, text, country)
    except IdentifierError:
        return None


# --- Whatever is typed -------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *("تونس", "TU", "أ", "A", "B", "NT", "TUN", "MAR", "LBN ", "fb:", "https://", "t.me/", "@"),
        *(
            "exemple",
            "Amel",
            "الأمل",
            "شركة",
            "sarl",
            ".tn",
            ".com",
            "id:",
            "/",
            "-",
            " ",
            ":",
            "0",
        ),
        *("+216", "00", "20123456", "123", "4567", "612345678", "1234567", "s", "l", "el", "ال"),
    ]
)
TYPED = st.one_of(
    st.sampled_from(KNOWN), st.text(max_size=40), st.lists(PIECES, max_size=7).map("".join)
)


@given(TYPES, TYPED, COUNTRIES, COUNTRIES)
@example("AGENCYNAME", "a el b", "TUN", "TUN")
@example("AGENCYNAME", "الالماس", "TUN", "TUN")
@example("AGENCYNAME", "b xx a", "TUN", "TUN")
def test_normalising_twice_changes_nothing(
    link_type: str, text: str, country: str, elsewhere: str
) -> None:
    """Also in another country: a value says by itself where it is from."""
    if found := of(link_type, text, country):
        assert normalise(found.link_type, found.value, elsewhere) == found


@given(TYPED, COUNTRIES)
def test_types_never_mix(text: str, country: str) -> None:
    found = {made for link_type in NORMALISERS if (made := of(link_type, text, country))}
    assert len({made.token_input for made in found}) == len(found)
    for made in found:
        assert made.token_input.split("|")[:2] == ["v1", made.link_type]


@given(TYPED)
def test_only_an_account_may_turn_out_to_be_of_another_type(text: str) -> None:
    for link_type in NORMALISERS:
        if made := of(link_type, text, "TUN"):
            expected = {"HANDLE", "PHONE"} if link_type == "HANDLE" else {link_type}
            assert made.link_type in expected


PLANT = "zaynab99887766"


@given(
    TYPES,
    TYPED,
    TYPED,
    st.sampled_from([PLANT, PLANT.upper(), f"{PLANT}@{PLANT}.tn", "99887766"]),
)
def test_no_error_tells_the_text(link_type: str, before: str, after: str, plant: str) -> None:
    try:
        normalise(link_type, f"{before}{plant}{after}", "TUN")
    except IdentifierError as error:
        told = "".join(traceback.format_exception(error, limit=0)) + repr(error) + repr(vars(error))
        assert "99887766" not in told
        assert "zaynab" not in told.lower()


# --- Spellings of one identifier ------------------------------------------------------------------

LINES = [
    (country, phonenumbers.example_number_for_type(COUNTRY_CODES[country].upper(), kind))
    for country in FOUR
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
]


@pytest.mark.parametrize(("country", "line"), LINES, ids=str)
@given(st.data())
def test_a_telephone_has_one_value_in_every_spelling(
    country: str, line: phonenumbers.PhoneNumber, data: st.DataObject
) -> None:
    formats = phonenumbers.PhoneNumberFormat
    value = phonenumbers.format_number(line, formats.E164)
    abroad = phonenumbers.format_number(line, formats.INTERNATIONAL)
    home = phonenumbers.format_number(line, formats.NATIONAL)
    spelling = data.draw(st.sampled_from([value, abroad, home, abroad.replace("+", "00")]))
    text = data.draw(typed(re.sub(r"[ -]", "-", spelling), ("-", " ", ".", "", "\u00a0")))
    label = data.draw(st.sampled_from(["", "tél. ", "هاتف: ", "(Whatsapp) "]))
    assert normalise("PHONE", label + text, country).value == value


@st.composite
def plates(draw: st.DrawFn) -> tuple[str, str, str]:
    """A plate as its country, its value, and some spelling of it."""
    number = st.integers(1, 9999).map(str)
    country = draw(COUNTRIES)
    if country == "TUN":
        series, running = draw(st.integers(1, 99)), draw(st.integers(1000, 9999))
        parts = [str(series), draw(st.sampled_from(["تونس", "TU", "tu", "تـونس"])), str(running)]
        value = f"TUN:RS:{series}:{running}"
    elif country == "MAR":
        letters = [
            ("A", "أ"),
            ("A", "ا"),
            ("B", "ب"),
            ("D", "د"),
            ("H", "ه"),
            ("W", "و"),
            ("T", "ط"),
        ]
        letter, arabic = draw(st.sampled_from(letters))
        running, place = draw(st.integers(100, 99999)), draw(st.integers(1, 99))
        parts = [str(running), draw(st.sampled_from([letter, letter.lower(), arabic])), str(place)]
        value = f"MAR:{running}:{letter}:{place}"
    elif country == "JOR":
        code, running = draw(st.integers(1, 99)), draw(st.integers(100, 99999))
        parts, value = [str(code), str(running)], f"JOR:{code}:{running}"
    else:
        letter, running_text = draw(st.sampled_from("BGMNOSTZ")), draw(number)
        parts, value = [letter, running_text], f"LBN:{letter}:{running_text}"
    order = draw(st.sampled_from(list(permutations(parts)))) if country != "JOR" else parts[::-1]
    return country, value, draw(typed("-".join(order), ("-", " ", "/", " | ", "  ")))


@given(plates(), COUNTRIES)
def test_a_plate_has_one_value_in_every_order_script_and_with_any_separators(
    plate: tuple[str, str, str], elsewhere: str
) -> None:
    country, value, spelling = plate
    assert normalise("PLATE", spelling, country).value == value
    assert normalise("PLATE", f"{country} {spelling}", elsewhere).value == value


@given(st.text("0123456789", min_size=20, max_size=20), st.data())
def test_an_account_has_one_iban_in_every_spelling_and_none_with_a_wrong_digit(
    account: str, data: st.DataObject
) -> None:
    value = f"TN{98 - remainder_97(f'TN00{account}'):02}{account}"
    grouped = "-".join(value[i : i + 4] for i in range(0, 24, 4))
    spelling = data.draw(
        typed(data.draw(st.sampled_from([grouped, grouped.lower()])), (" ", "", "-"))
    )
    assert normalise("IBAN", spelling, "JOR").value == value
    place = data.draw(st.integers(2, 23))
    slip = value[:place] + str((int(value[place]) + 1) % 10) + value[place + 1 :]
    assert of("IBAN", slip, "TUN") is None


WAYS: list[Callable[[str], str]] = [
    lambda name: f"https://www.facebook.com/{name}?ref=x",
    lambda name: f"m.facebook.com/{name.upper()}/",
    lambda name: f"HTTPS://FB.COM/{name}/photos",
    lambda name: f"Facebook : {name.title()}",
    lambda name: f"fb @{name}",
]


@given(st.from_regex(r"\A[a-z][a-z0-9.]{3,20}[a-z0-9]\Z"), st.sampled_from(WAYS))
def test_an_account_has_one_handle_however_it_is_linked(
    name: str, way: Callable[[str], str]
) -> None:
    made = of("HANDLE", f"facebook:{name}", "TUN")
    assert of("HANDLE", way(name), "TUN") == made
    assert made in (None, Normalised("HANDLE", f"facebook:{name}"))


@given(
    st.permutations(["الأمل", "الجنوب"]),
    st.sampled_from(["شركة {}", "مكتب {} للتشغيل", "{} ش.م.م"]),
)
def test_an_agency_has_one_key_whatever_stands_around_its_name(
    words: list[str], around: str
) -> None:
    assert normalise("AGENCYNAME", around.format(" ".join(words)), "LBN").value == "امل جنوب"
