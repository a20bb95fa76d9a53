"""``southmed adapter init``: from a list as it lies there to a declaration that lint accepts."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from typer.testing import CliRunner, Result

from country_adapters.kit.errors import (
    AnswerInvalid,
    HeadersNotFound,
    KeyNotFound,
    NotAReportingCountry,
)
from country_adapters.kit.lint import lint
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import load_register
from country_adapters.kit.runner import judge
from country_adapters.kit.yaml_file import read_yaml
from deploy.cli import app
from deploy.terminal import Exit
from producers.rows import MappedRow
from tests.unit.invented_lists import (
    ARABIC,
    ENGLISH,
    FRENCH,
    HIJRI,
    LATIN,
    NAMES,
    ROWS,
    WINDOWS,
    InventedList,
)

TODAY = date(2026, 6, 30)
SECRET = b"invented secret of thirty-two bytes."


def init(folder: Path, *options: object) -> Result:
    return CliRunner().invoke(app, ["adapter", "init", str(folder), *map(str, options), "--yes"])


def judged(folder: Path, data: Path) -> list[bool]:
    """For each row, whether it could be mapped."""
    register = load_register(folder, data)
    rows = judge(register, pseudonyms=Pseudonyms(SECRET), today=TODAY)
    return [isinstance(row, MappedRow) for _, _, row in rows]


def declared(folder: Path) -> Any:
    return read_yaml(folder / "register.yaml").data


def _text(folder: Path) -> str:
    return (folder / "register.yaml").read_text("utf-8")


def write(invented: InventedList, path: Path, how: str) -> Path:
    if how == "xlsx":
        return invented.xlsx(path / "list.xlsx", title="سجل / Registre")
    return invented.csv(path / "list.csv", how)


LISTS = {
    "French workbook": (FRENCH, "xlsx"),
    "French CSV of Excel": (FRENCH, "utf-8-sig"),
    "French CSV of old": (LATIN, "windows-1252"),
    "Arabic workbook": (ARABIC, "xlsx"),
    "Arabic workbook, Hijri": (HIJRI, "xlsx"),
    "Arabic CSV of old": (WINDOWS, "windows-1256"),
    "English CSV": (ENGLISH, "ascii"),
}


@pytest.mark.parametrize(("invented", "how"), LISTS.values(), ids=LISTS)
def test_a_list_becomes_a_declaration_by_which_its_rows_are_mapped(
    tmp_path: Path, invented: InventedList, how: str
) -> None:
    folder, data = tmp_path / "declared", write(invented, tmp_path, how)
    ran = init(folder, "--data", data, "--authority", invented.authority)
    assert ran.exit_code == Exit.OK, ran.output
    assert lint(folder) == []
    mapped = judged(folder, tmp_path)
    assert len(mapped) == ROWS
    assert sum(mapped) >= 0.8 * ROWS
    table = declared(folder)["tables"]["victims"]
    assert list(table["columns"]) == [
        *("case", "reported", "age", "sex", "citizenship", "region", "forms")
    ]
    unused = invented.headers[-2]  # who reported: no event uses it, as none tells what is urgent
    assert table["ignore"] == [invented.headers[1], invented.headers[-1], unused]


@pytest.mark.parametrize(("invented", "how"), LISTS.values(), ids=LISTS)
def test_no_name_of_a_list_is_written_or_shown(
    tmp_path: Path, invented: InventedList, how: str
) -> None:
    folder, data = tmp_path / "declared", write(invented, tmp_path, how)
    ran = init(folder, "--data", data, "--authority", invented.authority)
    shown = ran.output + "".join(path.read_text("utf-8") for path in folder.iterdir())
    assert [name for name in NAMES if name.partition(" ")[0] in shown] == []


def test_what_is_written_is_as_its_schema_says(tmp_path: Path) -> None:
    folder, data = tmp_path / "declared", write(FRENCH, tmp_path, "xlsx")
    init(folder, "--data", data, "--authority", FRENCH.authority)
    for name in ("register", "codes"):
        first = (folder / f"{name}.yaml").read_text("utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema={name}.schema.json"
        schema = json.loads((folder / f"{name}.schema.json").read_text("utf-8"))
        found = Draft7Validator(schema).iter_errors(read_yaml(folder / f"{name}.yaml").data)
        assert list(found) == []


def test_calendar_encoding_and_canary_are_declared(tmp_path: Path) -> None:
    for name, invented, how in (("a", WINDOWS, "windows-1256"), ("b", HIJRI, "xlsx")):
        (tmp_path / name).mkdir()
        data = write(invented, tmp_path / name, how)
        init(tmp_path / name / "declared", "--data", data, "--authority", invented.authority)
    csv = declared(tmp_path / "a/declared")["tables"]["victims"]["source"]
    assert (csv["encoding"], csv["canary"]) == ("windows-1256", "رقم القضية")
    assert "encoding" not in "".join(re.findall("#.*", _text(tmp_path / "a/declared")))
    dates = declared(tmp_path / "b/declared")["tables"]["victims"]["columns"]["reported"]
    assert (dates["order"], dates["calendar"]) == ("dmy", "hijri")


# --- Answers -------------------------------------------------------------------------------------


def test_answers_given_beforehand_complete_an_event(tmp_path: Path) -> None:
    folder, data = tmp_path / "declared", write(FRENCH, tmp_path, "xlsx")
    answers = tmp_path / "given.yaml"
    constants = {"report.received": {"urgent": False}}
    columns = {"Remarques": "ignore", "Signalé par": "detected_by"}
    answers.write_text(
        yaml.safe_dump({"tables": {"victims": {"constants": constants, "columns": columns}}})
    )
    init(folder, "--data", data, "--authority", FRENCH.authority, "--answers", answers)
    table = declared(folder)["tables"]["victims"]
    assert [event["type"] for event in table["events"]] == ["report.received", "victim.presumed"]
    assert table["events"][0]["fields"]["urgent"] == {"const": False}
    assert table["columns"]["detected_by"]["header"] == "Signalé par"
    assert all(judged(folder, tmp_path))


def test_another_run_begins_with_the_answers_that_were_kept(tmp_path: Path) -> None:
    folder, data = tmp_path / "declared", write(FRENCH, tmp_path, "xlsx")
    answers = tmp_path / "given.yaml"
    answers.write_text("tables: {victims: {columns: {Gouvernorat: ignore}}}")
    init(folder, "--data", data, "--authority", FRENCH.authority, "--answers", answers)
    first = _text(folder)
    assert init(folder, "--data", data).exit_code == Exit.USAGE
    assert _text(folder) == first
    assert init(folder, "--data", data, "--force").exit_code == Exit.OK
    assert _text(folder) == first
    assert "Gouvernorat" in declared(folder)["tables"]["victims"]["ignore"]


def test_dates_that_do_not_tell_day_from_month_are_marked_and_may_be_refused(
    tmp_path: Path,
) -> None:
    rows = tuple((*row[:2], "03/04/2024", *row[3:]) for row in FRENCH.rows)
    data = InventedList(FRENCH.headers, rows, "tn.frontier").csv(tmp_path / "list.csv", "utf-8")
    folder = tmp_path / "declared"
    init(folder, "--data", data, "--authority", "tn.frontier")
    text = _text(folder)
    assert "# check: no date tells day from month; taken for dmy\n      reported:" in text
    answers = tmp_path / "given.yaml"
    answers.write_text("tables: {victims: {orders: {Date du signalement: mdy}}}")
    again = init(folder, "--data", data, "--answers", answers, "--force")
    assert again.exit_code == Exit.PARTIAL
    assert "reported" not in declared(folder)["tables"]["victims"]["columns"]


def test_json_tells_what_was_found(tmp_path: Path) -> None:
    data = write(ENGLISH, tmp_path, "ascii")
    ran = init(tmp_path / "declared", "--data", data, "--authority", "lb.frontier", "--json")
    found = json.loads(ran.stdout)
    [table] = found["tables"]
    assert {column["name"]: column["header"] for column in table["columns"]}["sex"] == "Gender"
    assert [home["header"] for home in table["stay_home"]] == [
        *("Full Name", "Comments", "Reported by")
    ]
    assert table["left_out"] == [{"type": "report.received", "lacks": ["urgent"]}]
    assert found["faults"] == []


# --- What it refuses -----------------------------------------------------------------------------


def test_a_country_that_does_not_report_is_an_error_that_says_what_to_add(tmp_path: Path) -> None:
    data = write(ARABIC, tmp_path, "xlsx")
    ran = init(tmp_path / "declared", "--data", data, "--authority", "xa.natcom")
    assert isinstance(ran.exception, NotAReportingCountry)
    for file in ("CL_REPORTING_COUNTRY.csv", "CL_REGION.csv", "places.csv"):
        assert file in ran.exception.advice
    assert not (tmp_path / "declared").exists()


def test_a_line_of_data_is_never_taken_for_headers(tmp_path: Path) -> None:
    headless = InventedList(FRENCH.rows[0], FRENCH.rows[1:], "tn.frontier")
    for data in (
        headless.csv(tmp_path / "list.csv", "utf-8"),
        headless.xlsx(tmp_path / "list.xlsx"),
    ):
        ran = init(tmp_path / "declared", "--data", data, "--authority", "tn.frontier")
        assert isinstance(ran.exception, HeadersNotFound)


def test_a_list_without_numbers_of_cases_or_persons_is_refused(tmp_path: Path) -> None:
    unnumbered = InventedList(
        FRENCH.headers[1:], tuple(row[1:] for row in FRENCH.rows), "tn.frontier"
    )
    data = unnumbered.csv(tmp_path / "list.csv", "utf-8")
    folder = tmp_path / "declared"
    ran = init(folder, "--data", data, "--authority", "tn.frontier")
    assert isinstance(ran.exception, KeyNotFound)
    (tmp_path / "given.yaml").write_text("tables: {victims: {columns: {Remarques: case}}}")
    given = ("--answers", tmp_path / "given.yaml")
    assert init(folder, "--data", data, "--authority", "tn.frontier", *given).exit_code == Exit.OK
    assert all(judged(folder, tmp_path))


@pytest.mark.parametrize(
    "answers",
    [
        "about: {list.csv: persons}",
        "tables: {victims: {columns: {Sexe: gender}}}",
        "tables: {victims: {constants: {report.received: {urgent: perhaps}}}}",
    ],
)
def test_an_answer_that_is_none_is_refused(tmp_path: Path, answers: str) -> None:
    data = write(FRENCH, tmp_path, "utf-8")
    (tmp_path / "given.yaml").write_text(answers)
    given = ("--authority", "tn.frontier", "--answers", tmp_path / "given.yaml")
    ran = init(tmp_path / "declared", "--data", data, *given)
    assert isinstance(ran.exception, AnswerInvalid)


def test_files_of_one_register_lie_in_one_folder(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    both = (write(FRENCH, tmp_path, "utf-8"), write(FRENCH, tmp_path / "other", "xlsx"))
    options = [part for path in both for part in ("--data", path)]
    assert init(tmp_path / "declared", *options, "--authority", "tn.a1").exit_code == Exit.USAGE


@pytest.mark.parametrize("encoding", ["windows-1252", "windows-1256"])
def test_an_encoding_that_another_may_be_is_marked(tmp_path: Path, encoding: str) -> None:
    headers = ("N° dossier", "Date du signalement", "Sexe", "Crèche ÔÎ")
    rows = tuple((str(n), "25/03/2024", "femme", "") for n in range(5))
    data = InventedList(headers, rows, "tn.a1").csv(tmp_path / "list.csv", "windows-1252")
    (tmp_path / "given.yaml").write_text(f"files: {{list.csv: {{encoding: {encoding}}}}}")
    init(tmp_path / "taken", "--data", data, "--authority", "tn.a1")
    assert "check: the encoding windows-1252 is the likeliest" in _text(tmp_path / "taken")
    given = ("--answers", tmp_path / "given.yaml")
    init(tmp_path / "given", "--data", data, "--authority", "tn.a1", *given)
    assert declared(tmp_path / "given")["tables"]["victims"]["source"]["encoding"] == encoding
