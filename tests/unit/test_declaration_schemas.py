"""The JSON Schemas of declarations: what lint accepts they accept, what is closed they know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from country_adapters.kit.register import SHIPPED
from country_adapters.kit.yaml_file import read_yaml
from deploy.documents.declaration_schemas import NAMES
from schemas.case_events import EVENT_TYPES
from tests.unit.small_register import CODES, REGISTER

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
COUNTRIES = ("tunisia", "morocco", "jordan", "lebanon")


def schema_of(file: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((SCHEMAS / NAMES[file]).read_text(encoding="utf-8"))
    return read


def problems(file: str, folder: Path) -> list[str]:
    """Where the schema underlines a file, read as the kit reads it."""
    found = Draft7Validator(schema_of(file)).iter_errors(read_yaml(folder / file).data)
    return [error.json_path for error in found]


def problems_of(tmp_path: Path, file: str, text: str) -> list[str]:
    (tmp_path / file).write_text(text, encoding="utf-8")
    return problems(file, tmp_path)


@pytest.mark.parametrize("file", NAMES)
def test_the_schemas_are_schemas(file: str) -> None:
    Draft7Validator.check_schema(schema_of(file))


@pytest.mark.parametrize("file", NAMES)
@pytest.mark.parametrize("country", COUNTRIES)
def test_the_shipped_declarations_are_as_their_schemas_say(country: str, file: str) -> None:
    assert problems(file, SHIPPED / country) == []


BROKEN_REGISTERS = [
    ("authority: tn.test", "authority: INLTP", "$.authority"),
    ("country: TUN", "country: FRA", "$.country"),
    ("country: TUN\n", "", "$"),
    ("kind: csv", "kind: fax", "$.tables.lines.source"),
    ("kind: date, order: dmy", "kind: date, order: mdy", "$.tables.lines.columns.reported"),
    ("kind: key", "kind: text", "$.tables.lines.columns.case"),
    ("table: closure", "tables: closure", "$.tables.lines.columns.reason"),
    ("row_key: [case, line]", "row_key: []", "$.tables.lines.row_key"),
    ("    case_key: [case]\n", "", "$.tables.lines"),
    ("- [reported, ended]", "- [reported]", "$.tables.lines.order[0]"),
    ("type: assistance.closed", "type: assistance.ended", "$.tables.lines.events[0].type"),
    ("{filled: ended}", "{full: ended}", "$.tables.lines.events[0].when"),
    ("{reason: reason}", "{}", "$.tables.lines.events[0].fields"),
    ("{reason: reason}", "{reason: reason, note: reason}", "$.tables.lines.events[0].fields"),
    ("{reason: reason}", "{reason: {if: reason}}", "$.tables.lines.events[0].fields.reason"),
    ("{reason: reason}", "{reason: {const: DONE}}", "$.tables.lines.events[0].fields.reason"),
    ("{reason: reason}", "{reason: {flag: reason}}", "$.tables.lines.events[0].fields.reason"),
]


@pytest.mark.parametrize(("old", "new", "place"), BROKEN_REGISTERS, ids=str)
def test_a_broken_register_is_underlined(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert problems_of(tmp_path, "register.yaml", REGISTER) == []
    assert old in REGISTER
    found = problems_of(tmp_path, "register.yaml", REGISTER.replace(old, new, 1))
    assert any(path.startswith(place) for path in found), found


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("CL_CLOSURE", "CL_CLOSED", "$.closure.list"),
        ("COMPLETED", "DONE", "$.closure.values"),
        ("list: CL_ASSIST", "codes: CL_ASSIST", "$.services"),
        ("[psy]", "psy", "$.services.values.PSYCH"),
        ("[psy]", "[psy, 7]", "$.services.values.PSYCH[1]"),
    ],
)
def test_broken_words_are_underlined(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert problems_of(tmp_path, "codes.yaml", CODES) == []
    assert old in CODES
    found = problems_of(tmp_path, "codes.yaml", CODES.replace(old, new, 1))
    assert any(path.startswith(place) for path in found), found


@pytest.mark.parametrize(
    ("rule", "accepted"),
    [
        ("reason", True),
        ("{column: reason}", True),
        ("{translate: reason, to: {COMPLETED: LEFT}, else: _U}", True),
        ("{translate: reason, to: {COMPLETED: LEFT}, otherwise: _U}", False),
        ("{const: LEFT}", True),
        ("{const: LEFT, column: reason}", False),
    ],
)
def test_rules_are_spelt_as_in_yaml(tmp_path: Path, rule: str, accepted: bool) -> None:
    text = REGISTER.replace("{reason: reason}", f"{{reason: {rule}}}")
    assert (problems_of(tmp_path, "register.yaml", text) == []) is accepted


def test_an_editor_can_explain_every_key_of_the_vocabulary() -> None:
    unexplained = [
        f"{name}.{key}"
        for name, part in schema_of("register.yaml")["$defs"].items()
        if not name.endswith(("Options", "Address"))
        for key, value in part.get("properties", {}).items()
        if "description" not in (value | part) and "$ref" not in value
    ]
    assert unexplained == []
    fields = schema_of("register.yaml")["$defs"]["EventRule"]["allOf"]
    assert [part["if"]["properties"]["type"]["const"] for part in fields] == list(EVENT_TYPES)
