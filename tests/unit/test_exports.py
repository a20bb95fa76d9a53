"""Exports: the same observations in every format, labels beside codes, and the note of method."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.exports.formats import FORMATS, NOTE, FormatName, files_of
from deploy.exports.labels import CONCEPTS, LANGUAGES, REASONS, VINTAGE_LABELS, codes_of, label
from deploy.exports.method import about_table, markdown, note, texts, title
from deploy.exports.plain import SEPARATORS, Style, write_csv, write_jsonl
from deploy.exports.rows import MONTH_TOLD, columns, dimensions_of, labelled, row, rows, sister
from schemas.codelists import Language
from schemas.errors import SouthmedError
from schemas.releases import DIMENSIONS, Release, plain
from tests.extras import library
from tests.published import releases, withdrawn
from tests.releases import made, some_records

TABLES = sorted(releases())
every_table = pytest.mark.parametrize("name", TABLES)
every_language = pytest.mark.parametrize("language", LANGUAGES)

WHOSE = {"RELEASE", "TABLE", "VINTAGE"}


def observations(release: Release) -> list[dict[str, Any]]:
    """What was published, as plain values."""
    return [plain(observation) for observation in release.observations]


def read_csv(content: bytes, separator: str = ",") -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


def bare(row: dict[str, Any], language: Language) -> dict[str, Any]:
    """A row without labels, without what tells whose it is and what follows from the rest."""
    return {
        name: value
        for name, value in row.items()
        if name not in (*WHOSE, MONTH_TOLD) and not name.endswith(f"_{language.upper()}")
    }


# --- Rows ----------------------------------------------------------------------------------------


@every_table
def test_rows_are_the_observations_and_nothing_else(name: str) -> None:
    release = releases()[name]
    told = rows(release)
    assert [bare(row, "en") for row in told] == observations(release)
    assert {(row["RELEASE"], row["TABLE"], row["VINTAGE"]) for row in told} == {
        (release.key, release.table, release.vintage)
    }


@every_table
@every_language
def test_every_code_has_a_label_beside_it(name: str, language: Language) -> None:
    release = releases()[name]
    for told in rows(release, language):
        for column in labelled(dimensions_of(release)):
            name_ = told[sister(column, language)]
            assert name_
            assert name_ == label(column, told[column], language)


def test_an_indicator_that_this_version_does_not_know_keeps_its_code() -> None:
    release = releases()["F1"]
    newer = release.observations[0].model_copy(update={"INDICATOR": "VIC_NEWER"})
    assert row(release, newer, "ar")["INDICATOR_AR"] == "VIC_NEWER"
    assert row(release, release.observations[0], "fr")["INDICATOR_FR"] == "Victimes identifiées"


def test_another_code_without_a_label_is_a_defect() -> None:
    with pytest.raises(KeyError):
        label("SEX", "NEITHER", "en")


def test_every_column_that_may_stand_in_a_release_has_a_name_in_every_language() -> None:
    names = columns((*DIMENSIONS, MONTH_TOLD))
    assert set(names) == set(CONCEPTS)
    for language in LANGUAGES:
        told = [CONCEPTS[name][language] for name in names]
        assert all(told)
        assert len(set(told)) == len(told)


@every_language
def test_every_code_that_a_column_may_have_is_named(language: Language) -> None:
    coded = [name for name in CONCEPTS if codes_of(name)]
    assert len(coded) == len(CONCEPTS) - 8
    for name in coded:
        assert all(labels[language] for labels in codes_of(name).values())
    assert all(labels[language] for labels in (*VINTAGE_LABELS.values(), *REASONS.values()))


def test_other_tells_that_it_may_also_be_too_coarse() -> None:
    assert codes_of("SEX")["_O"]["en"] == "Other, or told too coarsely to say"


# --- CSV and JSON lines --------------------------------------------------------------------------


@every_table
@pytest.mark.parametrize("separator", SEPARATORS.values())
def test_csv_is_read_back_as_it_was_published(name: str, separator: str) -> None:
    release = releases()[name]
    content = write_csv(release, Style("ar", separator))
    expected = [
        {
            name: str(value).lower()
            if value in (True, False) and isinstance(value, bool)
            else str(value)
            for name, value in row.items()
        }
        for row in rows(release, "ar")
    ]
    assert read_csv(content, separator) == expected


def test_csv_begins_with_a_mark_and_keeps_arabic() -> None:
    content = write_csv(releases()["F1"], Style("ar", ";"))
    assert content[:3] == b"\xef\xbb\xbf"
    assert content.count(b"\r\n") == content.count(b"\n") == len(releases()["F1"].observations) + 1
    assert read_csv(content, ";")[0]["REF_AREA_AR"] == "تونس"


@every_table
@every_language
def test_json_lines_are_read_back_as_they_were_published(name: str, language: Language) -> None:
    release = releases()[name]
    read = [json.loads(line) for line in write_jsonl(release, Style(language)).splitlines()]
    assert read == rows(release, language)
    assert [bare(row, language) for row in read] == observations(release)


@settings(max_examples=25)
@given(
    st.integers(0, 120), st.integers(0, 1000), st.sampled_from(["F1|2023|FINAL", "F5|2023|FINAL"])
)
def test_whatever_was_measured_is_what_stands_in_the_file(size: int, seed: int, key: str) -> None:
    release = made(key, some_records(size, seed=seed)).release
    read = read_csv(write_csv(release, Style()))
    assert [(int(r["OBS_VALUE"]), int(r["MEASUREMENT"])) for r in read] == [
        (o.OBS_VALUE, o.MEASUREMENT) for o in release.observations
    ]


# --- Workbook ------------------------------------------------------------------------------------


def workbook(release: Release, language: Language) -> Any:
    openpyxl = library("openpyxl", "xlsx")
    end = ".xlsx"
    files = files_of(release, [FormatName.XLSX], Style(language))
    content = next(content for name, content in files.items() if name.endswith(end))
    return openpyxl.load_workbook(io.BytesIO(content))


@every_table
def test_a_workbook_holds_every_value_as_a_number_and_every_code(name: str) -> None:
    release = releases()[name]
    sheet = workbook(release, "fr").worksheets[0]
    head, *body = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(body) == len(release.observations)
    for cells, told in zip(body, rows(release), strict=True):
        read = dict(zip(head, cells, strict=True))
        for number in ("OBS_VALUE", "MEASUREMENT", "LOWER_BOUND", "UPPER_BOUND"):
            assert read[CONCEPTS[number]["fr"]] == told[number]
        for code in labelled(dimensions_of(release)):
            if code != "VINTAGE":
                assert read[code] == told[code]
                assert read[CONCEPTS[code]["fr"]] == label(code, told[code], "fr")


@every_language
def test_a_workbook_runs_from_right_to_left_where_it_is_arabic(language: Language) -> None:
    first, *notes = workbook(releases()["F1"], language).worksheets
    assert first.sheet_view.rightToLeft is (language == "ar")
    directions = {sheet.title: sheet.sheet_view.rightToLeft for sheet in notes}
    assert directions == {"English": False, "Français": False, "العربية": True}


@every_language
def test_a_workbook_has_its_note_in_three_languages_the_asked_one_first(language: Language) -> None:
    release = releases()["F1"]
    _, *notes = workbook(release, language).worksheets
    order = [language, *(at for at in LANGUAGES if at != language)]
    for sheet, at in zip(notes, order, strict=True):
        told = [cell.value for (cell,) in sheet.iter_rows()]
        assert told == [title(release, at), *note(release, at)]


def test_what_is_not_reliable_looks_different() -> None:
    release = releases()["F1"]
    sheet = workbook(release, "en").worksheets[0]
    slanted = [row[0].font.italic for row in sheet.iter_rows(min_row=2)]
    assert [bool(mark) for mark in slanted] == [o.LOW_RELIABILITY for o in release.observations]
    assert True in slanted


# --- Parquet -------------------------------------------------------------------------------------


@every_table
def test_parquet_is_read_back_with_its_types_note_and_statement(name: str) -> None:
    parquet = library("pyarrow.parquet", "parquet")
    release = releases()[name]
    files = files_of(release, [FormatName.PARQUET], Style("fr"))
    content = files[release.key.replace("|", "_") + ".parquet"]
    read = parquet.read_table(io.BytesIO(content))
    assert read.to_pylist() == rows(release, "fr")
    told = {key.decode(): value.decode() for key, value in read.schema.metadata.items()}
    assert json.loads(told["southmed.statement"]) == release.statement.model_dump(mode="json")
    for language in LANGUAGES:
        assert told[f"southmed.method.{language}"] == "\n\n".join(note(release, language))


# --- The note of method --------------------------------------------------------------------------


@every_language
def test_a_note_tells_what_the_noise_is_and_how_to_cite(language: Language) -> None:
    release = releases()["F1"]
    told = "\n".join(note(release, language))
    assert release.noise is not None
    for part in ("±6", "97.9%", f"{release.noise.sigma:.2f}", release.statement.output, "F1"):
        assert part in told
    assert "{" not in told
    assert ("prevalence" in told) == (language == "en")


@every_language
@pytest.mark.parametrize("name", ["P1", "F1", "F5"])
def test_a_note_of_months_tells_that_a_row_of_the_quarter_is_no_total(
    name: str, language: Language
) -> None:
    warned = texts()[language]["months"] in note(releases()[name], language)
    assert warned == (name != "F1")


@every_language
def test_a_note_of_an_exact_table_speaks_of_no_noise(language: Language) -> None:
    told = "\n".join(note(releases()["E1"], language))
    assert "±" not in told
    assert texts()[language]["exact"] in told


def test_french_and_arabic_say_that_nobody_reviewed_them() -> None:
    for language in LANGUAGES:
        marked = texts()[language].get("unreviewed", "") in note(releases()["F1"], language)
        assert marked == (language != "en")


def test_notes_have_the_same_parts_in_every_language() -> None:
    parts = {language: list(texts()[language]) for language in LANGUAGES}
    assert parts["fr"] == parts["ar"] == [*parts["en"], "unreviewed"]


def test_what_holds_for_the_table_names_no_release() -> None:
    release = releases()["P1"]
    for language in LANGUAGES:
        told = "\n".join(about_table(release, language))
        assert release.period not in told
        assert release.statement.output not in told


def test_the_note_as_a_file_has_all_languages() -> None:
    text = markdown(releases()["F1"]).decode()
    assert [line[:18] for line in text.splitlines() if line.startswith("# ")] == [
        "# Note of method: ",
        "# Note méthodologi",
        "# مذكرة منهجية: ال",
    ]


# --- Formats -------------------------------------------------------------------------------------


def test_every_format_is_in_the_table_and_tells_what_it_is_for() -> None:
    assert set(FORMATS) == set(FormatName)
    ends = [end for entry in FORMATS.values() for end in entry.writers]
    assert len(set(ends)) == len(ends)
    assert all(entry.meaning for entry in FORMATS.values())


def test_the_note_comes_with_every_export() -> None:
    files = files_of(releases()["P1"], [FormatName.CSV], Style())
    assert list(files) == [f"P1_2023-Q2_PROVISIONAL{NOTE}", "P1_2023-Q2_PROVISIONAL.csv"]


def test_the_same_release_gives_the_same_bytes() -> None:
    plainly = [FormatName.CSV, FormatName.JSONL]
    release = releases()["F1"]
    again = Release.parse(release.dump())
    assert files_of(release, plainly, Style("fr")) == files_of(again, plainly, Style("fr"))


def test_what_was_withdrawn_is_not_exported() -> None:
    with pytest.raises(SouthmedError) as refused:
        files_of(withdrawn(releases()["F1"]), [FormatName.CSV], Style())
    assert refused.value.code == "RELEASE_WITHDRAWN"
    assert refused.value.got == "METHOD_ERROR"


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        (FormatName.XLSX, "openpyxl", "xlsx"),
        (FormatName.PARQUET, "pyarrow", "parquet"),
        (FormatName.SDMX_CSV, "pysdmx.io", "sdmx"),
        (FormatName.SDMX_ML, "pysdmx.io", "sdmx"),
    ],
)
def test_a_missing_library_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, name: FormatName, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, "pysdmx.io.format", None)
    with pytest.raises(SouthmedError) as refused:
        files_of(releases()["F1"], [name], Style())
    assert refused.value.code == "LIBRARY_MISSING"
    assert refused.value.expected == f"southmed[{extra}]" == f"southmed[{FORMATS[name].extra}]"


def test_one_row_is_told_as_it_stands() -> None:
    release = releases()["F1"]
    first = row(release, release.observations[0])
    assert list(first) == list(columns(dimensions_of(release)))
