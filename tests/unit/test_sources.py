"""Files as sources: rows in a stable order, columns checked before the first row."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from country_adapters.kit.errors import (
    DuplicateColumn,
    ExportIncomplete,
    MissingColumn,
    RegisterMissing,
    RegisterUnreadable,
    UnknownColumn,
    WrongEncoding,
    WrongSheets,
)
from country_adapters.kit.sources.base import Source, Wanted
from country_adapters.kit.sources.csv_table import CsvOptions
from country_adapters.kit.sources.kobo import KoboOptions
from country_adapters.kit.sources.workbook import WorkbookOptions
from tests.unit.workbook_files import Cell, Sheets, write_ods, write_xls

PLANTED = "Victime Fictive 0012"
WANTED = Wanted(used=("رقم القضية", "الجنس"), ignored=("اسم الضحية",))
CSV = CsvOptions(
    kind="csv", file="r.csv", encoding="windows-1256", delimiter=";", canary="رقم القضية"
)
LINES = ["رقم القضية;اسم الضحية;الجنس", "2021/1;Victime Fictive 0012;أنثى", "2021/2;x;ذكر"]


def values(source: Source, cursor: str | None = None) -> list[list[object]]:
    return [list(row.values.values()) for row in source.read(cursor)]


def csv_source(folder: Path, lines: Sequence[str], encoding: str = "windows-1256") -> Source:
    (folder / "r.csv").write_bytes("\r\n".join(lines).encode(encoding))
    return CSV.open(folder, WANTED)


# --- CSV -----------------------------------------------------------------------------------------


def test_csv_rows_come_with_their_line_and_without_ignored_columns(tmp_path: Path) -> None:
    rows = list(csv_source(tmp_path, LINES).read(None))
    assert [row.locator for row in rows] == ["2", "3"]
    assert rows[0].values == {"رقم القضية": "2021/1", "الجنس": "أنثى"}
    assert PLANTED not in str([row.values for row in rows])


@pytest.mark.parametrize("written", ["iso-8859-6", "utf-8", "utf-16", "mac-arabic"])
def test_a_wrong_encoding_is_noticed_by_the_canary(tmp_path: Path, written: str) -> None:
    with pytest.raises(WrongEncoding):
        list(csv_source(tmp_path, LINES, written).read(None))


@pytest.mark.parametrize("written", ["windows-1256", "iso-8859-6", "utf-8"])
def test_where_headers_are_plain_a_cell_may_be_the_canary(tmp_path: Path, written: str) -> None:
    options = CSV.model_copy(update={"canary": "أنثى"})
    lines = ["case;name;sex", *LINES[1:]]
    (tmp_path / "r.csv").write_bytes("\r\n".join(lines).encode(written))
    source = options.open(tmp_path, Wanted(used=("case", "sex"), ignored=("name",)))
    if written == "windows-1256":
        assert values(source) == [["2021/1", "أنثى"], ["2021/2", "ذكر"]]
    else:
        with pytest.raises(WrongEncoding):
            values(source)


def test_the_order_of_columns_does_not_matter(tmp_path: Path) -> None:
    turned = [";".join(reversed(line.split(";"))) for line in LINES]
    assert values(csv_source(tmp_path, turned)) == values(csv_source(tmp_path, LINES))


def test_empty_lines_and_repeated_headers_are_no_rows(tmp_path: Path) -> None:
    lines = [*LINES[:2], "", ";;", LINES[0], LINES[2]]
    source = csv_source(tmp_path, lines)
    assert source.size() == 2
    assert [row.locator for row in source.read(None)] == ["2", "6"]


def test_a_line_break_within_quotes_does_not_end_a_row(tmp_path: Path) -> None:
    lines = [LINES[0], '2021/1;"Victime\nFictive";أنثى', LINES[2]]
    assert values(csv_source(tmp_path, lines)) == [["2021/1", "أنثى"], ["2021/2", "ذكر"]]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    lines = [line.rpartition(";")[0] for line in LINES]
    with pytest.raises(MissingColumn, match="الجنس"):
        list(csv_source(tmp_path, lines).read(None))


def test_an_undeclared_column_is_refused_by_place_only(tmp_path: Path) -> None:
    """What stands in an undeclared header may be a line of data."""
    lines = [LINES[0] + f";{PLANTED}", *LINES[1:]]
    with pytest.raises(UnknownColumn, match="column 4") as caught:
        list(csv_source(tmp_path, lines).read(None))
    assert PLANTED not in str(caught.value)


def test_a_header_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DuplicateColumn, match="column 4"):
        list(csv_source(tmp_path, [LINES[0] + ";الجنس"]).read(None))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegisterMissing, match=r"r\.csv"):
        list(CSV.open(tmp_path, WANTED).read(None))


def test_a_file_that_was_read_to_its_end_is_read_again_only_if_it_changed(tmp_path: Path) -> None:
    rows = list(csv_source(tmp_path, LINES).read(None))
    assert values(csv_source(tmp_path, LINES), rows[-1].cursor) == []
    assert len(values(csv_source(tmp_path, LINES), rows[0].cursor)) == 2, "broken off"
    assert len(values(csv_source(tmp_path, [*LINES, "2021/3;x;ذكر"]), rows[-1].cursor)) == 3


# --- Workbook ------------------------------------------------------------------------------------

BOOK = WorkbookOptions(
    kind="workbook",
    file="r.xlsx",
    sheets=r"\d{4}",
    other_sheets=["Notes"],
    header_lines=(2, 3),
)
BOOK_WANTED = Wanted(
    used=("Dossier", "Victime / Sexe", "Victime / Âge"), ignored=("Victime / Nom",)
)
HEADERS: list[list[Any]] = [
    ["Registre"],
    ["Dossier", "Victime", None, None],
    [None, "Nom", "Sexe", "Âge"],
]


def book_source(folder: Path, sheets: dict[str, list[list[Any]]]) -> Source:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in [*HEADERS, *rows]:
            sheet.append(row)
        for merged in ("A1:D1", "A2:A3", "B2:D2"):
            sheet.merge_cells(merged)
    book.save(folder / "r.xlsx")
    return BOOK.open(folder, BOOK_WANTED)


def test_merged_headers_are_joined_and_sheets_read_in_turn(tmp_path: Path) -> None:
    source = book_source(
        tmp_path,
        {
            "2019": [["D1", PLANTED, "F", 17]],
            "Notes": [["left alone"]],
            "2020": [["D2", PLANTED, "H", "31 ans"]],
        },
    )
    rows = list(source.read(None))
    assert [row.locator for row in rows] == ["2019!4", "2020!4"]
    assert rows[0].values == {"Dossier": "D1", "Victime / Sexe": "F", "Victime / Âge": 17}
    assert PLANTED not in str([row.values for row in rows])


def test_cells_keep_their_type(tmp_path: Path) -> None:
    day = datetime(2019, 3, 12)
    [row] = book_source(tmp_path, {"2019": [[12, None, True, day]]}).read(None)
    assert [row.values["Dossier"], row.values["Victime / Sexe"]] == [12, True]
    cell = row.values["Victime / Âge"]
    assert (cell.year, cell.month, cell.day) == (2019, 3, 12)  # type: ignore[attr-defined]


def test_empty_and_repeated_header_lines_of_a_sheet_are_no_rows(tmp_path: Path) -> None:
    rows = [["D1", "x", "F", 1], [], HEADERS[1], HEADERS[2], ["D2", "x", "F", 2]]
    source = book_source(tmp_path, {"2019": rows})
    assert [row.locator for row in source.read(None)] == ["2019!4", "2019!8"]


@pytest.mark.parametrize("names", [["Notes"], ["2019", "2019 suite"]])
def test_sheets_that_are_missing_or_not_declared_are_refused(
    tmp_path: Path, names: list[str]
) -> None:
    with pytest.raises(WrongSheets):
        list(book_source(tmp_path, {name: [] for name in names}).read(None))


def test_an_undeclared_column_of_a_sheet_is_refused_by_its_letter(tmp_path: Path) -> None:
    source = book_source(tmp_path, {"2019": []})
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    book["2019"]["E3"] = PLANTED
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(UnknownColumn, match="column E of sheet 2019") as caught:
        list(source.read(None))
    assert PLANTED not in str(caught.value)


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.xlsx").write_bytes(b"Dossier;Sexe")
    with pytest.raises(RegisterUnreadable):
        list(BOOK.open(tmp_path, BOOK_WANTED).read(None))


# --- The same table in every format of workbooks --------------------------------------------------

LIST = WorkbookOptions(kind="workbook", file="", sheets="قائمة", other_sheets=["Notes"])
LIST_WANTED = Wanted(used=("رقم القضية", "Âge", "Constaté"), ignored=("Nom",))
LIST_HEADER: list[Cell] = ["رقم القضية", "Nom", "Âge", "Constaté"]
LIST_LINES: list[list[Cell]] = [
    ["2021/1", PLANTED, 17, date(2021, 3, 12)],
    [None, None, None, None],
    ["2021/2", PLANTED, None, date(2021, 4, 1)],
]


def write_xlsx(path: Path, sheets: Sheets) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    book.save(path)


WRITERS: dict[str, Callable[[Path, Sheets], None]] = {
    "xlsx": write_xlsx,
    "xls": write_xls,
    "ods": write_ods,
}
every_format = pytest.mark.parametrize("kind", WRITERS)


def list_source(folder: Path, kind: str, lines: list[list[Cell]]) -> Source:
    WRITERS[kind](folder / f"r.{kind}", {"قائمة": lines, "Notes": [["left alone"]]})
    return LIST.model_copy(update={"file": f"r.{kind}"}).open(folder, LIST_WANTED)


@every_format
def test_a_list_reads_alike_from_every_format(tmp_path: Path, kind: str) -> None:
    rows = list(list_source(tmp_path, kind, [LIST_HEADER, *LIST_LINES]).read(None))
    assert [row.locator for row in rows] == ["قائمة!2", "قائمة!4"]
    cells = [list(row.values.values()) for row in rows]
    assert [(case, age) for case, age, _ in cells] == [("2021/1", 17), ("2021/2", "")]
    days = [(day.year, day.month, day.day) for *_, day in cells]  # type: ignore[attr-defined]
    assert days == [(2021, 3, 12), (2021, 4, 1)]
    assert PLANTED not in str(cells)


def test_a_table_may_begin_anywhere_on_its_sheet_and_another_be_empty(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "قائمة"
    for number, line in enumerate([LIST_HEADER, LIST_LINES[0]], start=4):
        for column, cell in enumerate(line, start=3):
            book.active.cell(number, column, cell)
    book.create_sheet("Notes")
    book.save(tmp_path / "r.xlsx")
    options = LIST.model_copy(update={"file": "r.xlsx", "header_lines": (4, 4)})
    [row] = options.open(tmp_path, LIST_WANTED).read(None)
    assert (row.locator, row.values["Âge"]) == ("قائمة!5", 17)
    with pytest.raises(MissingColumn):
        list(options.model_copy(update={"sheets": ".*"}).open(tmp_path, LIST_WANTED).read(None))


@every_format
def test_the_order_of_columns_of_a_workbook_does_not_matter(tmp_path: Path, kind: str) -> None:
    lines = [LIST_HEADER, *LIST_LINES]
    before = values(list_source(tmp_path, kind, lines))
    assert values(list_source(tmp_path, kind, [line[::-1] for line in lines])) == before


@every_format
def test_a_missing_column_of_a_workbook_is_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(MissingColumn, match="Constaté"):
        list(
            list_source(tmp_path, kind, [line[:3] for line in [LIST_HEADER, *LIST_LINES]]).read(
                None
            )
        )


@every_format
def test_a_workbook_that_was_read_to_its_end_is_read_again_only_if_it_changed(
    tmp_path: Path, kind: str
) -> None:
    lines = [LIST_HEADER, *LIST_LINES]
    cursor = list(list_source(tmp_path, kind, lines).read(None))[-1].cursor
    source = LIST.model_copy(update={"file": f"r.{kind}"}).open(tmp_path, LIST_WANTED)
    assert list(source.read(cursor)) == []
    longer = [*lines, ["2021/3", PLANTED, 9, date(2021, 5, 1)]]
    assert len(list(list_source(tmp_path, kind, longer).read(cursor))) == 3


def test_merged_headers_are_joined_in_xls_and_not_told_by_ods(tmp_path: Path) -> None:
    """An ods file reads without its merged cells; a header is then what its own column holds."""
    lines: list[list[Cell]] = [*HEADERS, ["D1", PLANTED, "F", 17]]
    write_xls(tmp_path / "r.xls", {"2019": lines}, [(1, 0, 2, 0), (1, 1, 1, 3)])
    write_ods(tmp_path / "r.ods", {"2019": lines})
    xls = BOOK.model_copy(update={"file": "r.xls"}).open(tmp_path, BOOK_WANTED)
    assert values(xls) == [["D1", "F", 17]]
    own = Wanted(used=("Dossier", "Sexe", "Âge"), ignored=("Victime / Nom",))
    ods = BOOK.model_copy(update={"file": "r.ods"}).open(tmp_path, own)
    assert values(ods) == [["D1", "F", 17]]


# --- KoBo ----------------------------------------------------------------------------------------

KOBO = KoboOptions(kind="kobo", file="r.json")
KOBO_WANTED = Wanted(
    used=("sex", "services"),
    ignored=("_id", "name"),
    groups={"services": Wanted(used=("services/type",), ignored=("services/note",))},
)
SUBMISSIONS: list[dict[str, Any]] = [
    {"_id": 41, "name": PLANTED, "sex": "f"},
    {"_id": 42, "services": [{"services/type": "shelter", "services/note": PLANTED}]},
]


def kobo_source(folder: Path, export: object) -> Source:
    (folder / "r.json").write_text(json.dumps(export), encoding="utf-8")
    return KOBO.open(folder, KOBO_WANTED)


@pytest.mark.parametrize(
    "export", [SUBMISSIONS, {"count": 2, "next": None, "results": SUBMISSIONS}]
)
def test_unanswered_questions_are_blanks(tmp_path: Path, export: object) -> None:
    rows = list(kobo_source(tmp_path, export).read(None))
    assert [row.locator for row in rows] == ["41", "42"]
    assert [row.values["sex"] for row in rows] == ["f", None]


def test_the_order_of_questions_does_not_matter(tmp_path: Path) -> None:
    turned = [dict(reversed(submission.items())) for submission in SUBMISSIONS]
    before = values(kobo_source(tmp_path, SUBMISSIONS))
    assert values(kobo_source(tmp_path, turned)) == before


@pytest.mark.parametrize("page", [{"count": 3}, {"count": 2, "next": "https://kobo.example/2"}])
def test_a_page_is_not_taken_for_the_whole_export(tmp_path: Path, page: dict[str, Any]) -> None:
    with pytest.raises(ExportIncomplete):
        list(kobo_source(tmp_path, {**page, "results": SUBMISSIONS}).read(None))


@pytest.mark.parametrize("submission", [{"phone": "+216"}, {"services": [{"services/who": "x"}]}])
def test_a_question_that_is_not_declared_is_refused(
    tmp_path: Path, submission: dict[str, Any]
) -> None:
    with pytest.raises(UnknownColumn):
        list(kobo_source(tmp_path, [*SUBMISSIONS, submission]).read(None))


@pytest.mark.parametrize("export", ["text", [1], {"results": 3}, [{"services": "x"}]])
def test_what_is_no_export_is_refused(tmp_path: Path, export: object) -> None:
    with pytest.raises(RegisterUnreadable):
        list(kobo_source(tmp_path, export).read(None))
