"""What suggestions make of headers and cells, in French, English and Arabic."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from country_adapters.kit.errors import RegisterError, RegisterUnreadable
from country_adapters.kit.suggest import vocabulary
from country_adapters.kit.suggest.cells import dates, separators, units, words
from country_adapters.kit.suggest.database import look_at_database
from country_adapters.kit.suggest.events import events_of
from country_adapters.kit.suggest.files import look_at
from country_adapters.kit.suggest.headers import matches, stays_home
from country_adapters.kit.suggest.keys import Keys
from country_adapters.kit.suggest.questions import answer_in, by_default, with_answer
from country_adapters.kit.suggest.vocabulary import HOME, events, header_phrases, meanings, words_of
from schemas.case_events import EVENT_TYPES
from schemas.codelists import codelist
from tests.unit.workbook_files import Cell, write_ods

TODAY = date(2026, 6, 30)

HEADERS = {
    "case": [
        "N° de dossier",
        "Numéro d'affaire",
        "Case No.",
        "CASE_NUMBER",
        "caseId",
        "رقم القضيه",
    ],
    "reported": ["Date du signalement", "Date Reported", "تاريخ الابلاغ", "Signalement / Date"],
    "sex": ["Sexe de la victime", "SEXE", "Gender of victim", "Genre (F/M)", "جنس"],
    "born": ["Date de naissance", "D.O.B.", "Né(e) le", "تاريخ الولاده"],
    "age": ["Âge (ans)", "Age (years)", "عمر"],
    "citizenship": ["Nationalité", "Nationality of the victim", "جنسية"],
    "region": ["Gouvernorat", "GOVERNORATE", "ولاية", "Wilaya"],
    "forms": ["Forme de l'exploitation", "Type of Exploitation", "نوع الإستغلال"],
    "identified": ["Date d'identification", "identification_date", "تاريخ التعرف على الضحية"],
    "channel": ["Canal de signalement", "Reporting channel", "وسيلة البلاغ"],
    "reporter": ["Source du signalement", "Reported by", "مصدر البلاغ"],
    "decision": ["Décision", "Victim status", "نتيجة التعرف"],
    "prosecuted": ["Date des poursuites", "Prosecution date", "تاريخ الإحالة إلى المحكمة"],
    "identity": ["Numéro CIN", "Passport No", "الرقم الوطني"],
    HOME: [
        *("Nom et prénom", "Nom de la victime", "Full Name", "prs_First_Name", "اسم الضحية الكامل"),
        *("N° téléphone", "Phone number", "رقم الهاتف الجوال", "Adresse complète", "E-mail"),
        *("Observations", "Case notes", "Nom de la mère", "بريد الكتروني", "الإسم واللقب"),
    ],
}


@pytest.mark.parametrize(
    ("header", "meaning"), [(header, name) for name, said in HEADERS.items() for header in said]
)
def test_a_header_is_understood(header: str, meaning: str) -> None:
    assert matches(header)[0].name == meaning
    assert stays_home(header) is (meaning == HOME)


@pytest.mark.parametrize("header", ["Couleur des yeux", "Religion", "ديانة", "Employeur", "", "?"])
def test_a_header_that_is_not_known_means_nothing(header: str) -> None:
    assert matches(header) == ()


@pytest.mark.parametrize(
    ("cells", "orders", "calendar"),
    [
        (["03/04/2024", "25/04/2024"], ("dmy",), "gregorian"),
        (["03/04/2024", "05/06/2024"], ("dmy", "mdy"), "gregorian"),
        (["2024-04-03", "2024-04-25T10:00:00"], ("iso",), "gregorian"),
        (["2024/04/03", "2024/04/25"], ("ymd",), "gregorian"),
        (["٢٥/٠٤/٢٠٢٤"], ("dmy",), "gregorian"),
        (["15/02/1445", "03/04/1446"], ("dmy",), "hijri"),
        (["١٥/٠٢/١٤٤٥ هـ", "25/04/2024"], ("dmy",), "marked"),
        ([date(2024, 4, 3)], ("dmy",), "gregorian"),
    ],
)
def test_dates_are_told_by_days_and_years(
    cells: list[object], orders: tuple[str, ...], calendar: str
) -> None:
    found = dates(cells, TODAY)
    assert found is not None
    assert (found.orders, found.calendar, found.serials) == (orders, calendar, False)


def test_serial_numbers_of_excel_are_told() -> None:
    found = dates([45_000, 45_100.0], TODAY)
    assert found is not None
    assert found.serials


def test_dates_with_the_month_first_are_never_read() -> None:
    found = dates(["04/25/2024", "05/06/2024"], TODAY)
    assert found is not None
    assert (found.orders, found.month_first) == ((), True)


@pytest.mark.parametrize("cells", [[], ["Tunis", "Sfax"], [7, 12], ["12", "x"]])
def test_what_is_no_date_is_none(cells: list[object]) -> None:
    assert dates(cells, TODAY) is None


def test_words_are_known_by_labels_synonyms_and_one_slip() -> None:
    found = words(["Travail forcé", "TRAVAIL FORCE", "prostitutoin", "Zbynia"], "CL_EXPLOITATION")
    assert set(found.values) == {"LAB", "SEX_PROST"}
    assert found.checks == {"prostitutoin"}
    assert (found.known, found.unknown) == (0.75, 1)


def test_a_word_is_written_as_our_tables_spell_it() -> None:
    assert words(["*** fEMME !"], "CL_SEX").values == {"F": ("femme",)}


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["Mendicité; Prostitution", "Mendicité"], ";"),
        (["تسول، دعارة"], "،"),
        (["ForcedLabour SexualExploitation"], " "),
        (["Travail forcé"], ""),
    ],
)
def test_the_sign_between_words_is_the_one_that_makes_them_known(
    cells: list[object], sign: str
) -> None:
    assert separators(cells, "CL_EXPLOITATION") == sign


def test_units_are_those_that_are_known() -> None:
    assert units(["17 ans", "٢٠ سنة", "12 Zbynia", 5]) == ("ans", "سنة")


# --- The tables ----------------------------------------------------------------------------------


def test_the_tables_of_the_vocabulary_fit_together() -> None:
    assert {name for name, _ in header_phrases()} == {*meanings(), HOME}
    for meaning in meanings().values():
        assert (meaning.kind == "code") == bool(meaning.codes_of and meaning.table)
        if meaning.codes_of:
            assert words_of(meaning.codes_of)
    for row in vocabulary._rows("words.csv"):
        assert row["code"] in codelist(row["list"])


def test_every_arabic_word_of_ours_is_marked_as_unreviewed() -> None:
    for name in ("headers.csv", "words.csv"):
        for row in vocabulary._rows(name):
            arabic = any("\u0600" <= letter <= "\u06ff" for letter in row["words"])
            assert (row["review"] == "unreviewed") is arabic, row


@pytest.mark.parametrize("event", events(), ids=lambda event: f"{event['type']} {event['period']}")
def test_every_event_of_the_vocabulary_has_the_fields_of_its_type(event: dict[str, object]) -> None:
    model = EVENT_TYPES[str(event["type"])]
    fields = event["fields"]
    assert isinstance(fields, dict)
    assert fields.keys() <= model.model_fields.keys()
    keys = Keys(("case",), ("case",), ("case",), "")
    about = str(next(iter(event["about"])))  # type: ignore[call-overload]
    stated, _ = events_of("t", about, set(meanings()), keys, by_default)
    assert event["type"] in [made.declared["type"] for made in stated]


def test_an_event_without_a_needed_field_is_left_out_and_told() -> None:
    keys = Keys(("case",), ("case",), ("case",), "")
    stated, left = events_of("t", "victims", {"case", "reported", "sex"}, keys, by_default)
    assert [event.declared["type"] for event in stated] == ["victim.presumed"]
    assert [(out.type, out.lacks) for out in left] == [("report.received", ("urgent",))]


# --- Answers -------------------------------------------------------------------------------------

places = st.lists(st.text(min_size=1), min_size=1, max_size=4).map(tuple)


@given(places, st.text(), places, st.text())
def test_an_answer_is_found_where_it_was_put(
    place: tuple[str, ...], answer: str, other: tuple[str, ...], another: str
) -> None:
    answers = with_answer(with_answer({}, place, answer), other, another)
    assert answer_in(answers, other) == another
    kept = place[: len(other)] != other and other[: len(place)] != place
    if kept:
        assert answer_in(answers, place) == answer


# --- Files ---------------------------------------------------------------------------------------

bodies = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(str.encode),
    st.lists(st.text(st.sampled_from('a;,"\n\r\t\0é{}[]:1'), max_size=9)).map(
        lambda lines: "\n".join(lines).encode()
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=300)
@given(bodies, st.sampled_from(["l.xlsx", "l.xls", "l.ods", "l.csv", "l.json", "l.pdf"]))
def test_a_file_that_is_no_list_is_refused_by_name(body: bytes, name: str) -> None:
    with pytest.raises(RegisterError):
        look_at(name, body, by_default)


def test_headers_may_stand_in_two_lines_below_a_title(tmp_path: Path) -> None:
    lines: list[list[Cell]] = [
        ["سجل الضحايا"],
        ["القضية", None, "الضحية", None],
        ["رقم القضية", "تاريخ الإبلاغ", "الجنس", "الجنسية"],
        ["7", date(2024, 3, 25), "أنثى", "تونسية"],
    ]
    write_ods(tmp_path / "l.ods", {"2024": lines, "2025": lines, "Autre": [["?"]]})
    [look] = look_at("l.ods", (tmp_path / "l.ods").read_bytes(), by_default)
    assert look.source["header_lines"] == [3, 3]
    assert (look.source["sheets"], look.source["other_sheets"]) == (r"\d{4}", ["Autre"])
    assert [len(look.filled(header)) for header in look.headers] == [2, 2, 2, 2]


def test_a_database_is_looked_at_by_its_address(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "r.sqlite")
    database.executescript(
        "CREATE TABLE dossiers (id INTEGER PRIMARY KEY, updated_at TEXT, numero TEXT, nom TEXT,"
        " date_signalement TEXT);"
        "CREATE TABLE sans_date (id INTEGER PRIMARY KEY, sexe TEXT, age TEXT);"
        "INSERT INTO dossiers VALUES (1, '2024-01-01', '7', 'Zbynia', '2024-03-25');"
    )
    database.close()
    (tmp_path / "r.url").write_text("sqlite:///r.sqlite")
    [look] = look_at_database(tmp_path / "r.url", "SOUTHMED_INVENTED_REGISTER")
    assert (look.source["table"], look.source["id"], look.source["changed_at"]) == (
        *("dossiers", "id", "updated_at"),
    )
    assert look.headers == ("numero", "nom", "date_signalement")
    (tmp_path / "r.url").write_text("no address")
    with pytest.raises(RegisterUnreadable):
        look_at_database(tmp_path / "r.url", "SOUTHMED_INVENTED_REGISTER")
