"""Identifiers of facilitators: every spelling has one value, and what is none is refused.

``data/identifiers.csv`` holds the cases of the project's domain notes: invented numbers, the
documentation examples of IBANs, and spellings as registers of the four countries have them. A case
without a value must be refused. ``data/identifier_spellings.csv`` adds spellings of our own, with
the value or the code of the refusal.
"""

from __future__ import annotations

import csv
import hashlib
import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pytest

from country_adapters.kit.identifiers.errors import IdentifierError
from country_adapters.kit.identifiers.normalise import (
    LONGEST,
    MADE_WITH,
    NORM_VERSION,
    NORMALISERS,
    normalise,
)
from country_adapters.kit.identifiers.protected import names_protected
from schemas.case_events import EVENT_TYPES
from schemas.codelists import codelist

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[tuple[str, ...]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


NOTED = rows("identifiers.csv")


def told(link_type: str, text: str, country: str = "TUN") -> str:
    """What a text becomes, with its type if that is another; or the code of its refusal."""
    try:
        found = normalise(link_type, text, country)
    except IdentifierError as error:
        return error.code
    return found.value if found.link_type == link_type else f"{found.link_type} {found.value}"


@pytest.mark.parametrize(("link_type", "country", "raw", "becomes", "value"), NOTED)
def test_the_cases_of_the_domain_notes(
    link_type: str, country: str, raw: str, becomes: str, value: str
) -> None:
    if value:
        found = normalise(link_type, raw, country)
        assert (found.link_type, found.value) == (becomes, value)
    else:
        with pytest.raises(IdentifierError):
            normalise(link_type, raw, country)


def test_every_type_of_the_contract_is_normalised() -> None:
    assert set(NORMALISERS) == set(codelist("CL_LINK_TYPE").codes)
    assert {row[0] for row in NOTED} < set(NORMALISERS)
    assert len(NOTED) == 35


@pytest.mark.parametrize(
    ("link_type", "country", "raw", "becomes"), rows("identifier_spellings.csv")
)
def test_spellings_and_what_becomes_of_them(
    link_type: str, country: str, raw: str, becomes: str
) -> None:
    assert told(link_type, raw, country) == becomes


def test_every_type_has_spellings_that_are_used_and_some_that_are_refused() -> None:
    for link_type in NORMALISERS:
        ends = [row[3] for row in rows("identifier_spellings.csv") if row[0] == link_type]
        assert any(end.startswith("IDENTIFIER_") for end in ends)
        assert any(not end.startswith("IDENTIFIER_") for end in ends)


@pytest.mark.parametrize("link_type", NORMALISERS)
def test_a_text_of_any_length_is_answered(link_type: str) -> None:
    assert told(link_type, "1" * (LONGEST + 1)) == "IDENTIFIER_UNREADABLE"


def test_a_value_shows_itself_in_no_repr() -> None:
    found = normalise("PHONE", "20123456", "TUN")
    assert "20123456" not in repr(found)
    assert found.token_input.split("|") == ["v1", "PHONE", "+21620123456"]


# --- The number of the normaliser ----------------------------------------------------------------

TABLES = {
    *("platforms.csv", "plates.csv", "agency_registers.csv", "agency_labels.csv"),
    *("agency_words.csv", "iban_lengths.csv"),
}
STANDS_FOR = {1: "b9accd30f843159b3756dfa5cc974efbc0d77e28ff9b559ce669a9eaace84acc"}
"""What each number of the normaliser was given for. A change of tables or libraries that outputs
follow from needs the next number, and its line here."""


def test_the_number_of_the_normaliser_stands_for_its_tables_and_libraries() -> None:
    folder = files("country_adapters.kit.identifiers")
    digest = hashlib.sha256(json.dumps(MADE_WITH, sort_keys=True).encode())
    for name in sorted(TABLES):
        digest.update((folder / name).read_bytes())
    assert {NORM_VERSION: digest.hexdigest()} == {max(STANDS_FOR): STANDS_FOR[max(STANDS_FOR)]}
    beside = {file.name for file in folder.iterdir() if file.name.endswith(".csv")}
    assert beside == {*TABLES, "protected_headers.csv"}


@pytest.mark.parametrize("library", MADE_WITH)
def test_the_installed_libraries_are_those_of_the_number(library: str) -> None:
    assert version(library) == MADE_WITH[library]


def test_the_contract_has_room_for_the_number() -> None:
    [_, *limits] = EVENT_TYPES["network.linkage"].model_fields["norm_version"].metadata
    assert NORM_VERSION in range(1, 1001)
    assert limits


# --- Whose identifiers -------------------------------------------------------------------------

OF_OTHERS = (
    *("Victime / Téléphone", "Tél. victimes", "victim_phone", "prs_MobilePhone", "vic_phone"),
    *("Téléphone du plaignant", "Contact déclarante", "Témoin : compte", "Enfant / Tél."),
    *("Reporter's phone", "phone (complainant)", "witness e-mail", "child_phone"),
    *("هاتف الضحية", "هواتف الضحايا", "رقم المبلِّغ", "حساب للمشتكي", "بريد الشاهد", "هاتف ضحيّة"),
)
OF_FACILITATORS = (
    *("Téléphone du recruteur", "Suspect / Tél.", "Recruiter phone", "agency_number", "IBAN"),
    *("هاتف المستقطِب", "لوحة السيارة", "رقم مكتب التشغيل", "Service (véhicule)", "Vice / lieu"),
)


@pytest.mark.parametrize("header", OF_OTHERS)
def test_headers_of_victims_and_reporters_are_known(header: str) -> None:
    assert names_protected(header)


@pytest.mark.parametrize("header", OF_FACILITATORS)
def test_headers_of_facilitators_are_not_taken_for_theirs(header: str) -> None:
    assert not names_protected(header)
