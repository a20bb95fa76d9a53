"""Declarations: a wrong one is refused when it is loaded, with file, line and key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter

from country_adapters import REGISTERS
from country_adapters.kit.declaration import SourceOptions
from country_adapters.kit.errors import DeclarationInvalid
from country_adapters.kit.register import SHIPPED, load_register
from country_adapters.kit.sources.web import ServerOptions
from tests.unit.small_register import CODES, REGISTER, declare

AUTHORITY = (Path(__file__).parents[2] / "docs" / "authority.md").read_text(encoding="utf-8")

WRONG_DECLARATIONS = [
    ("authority: tn.test", "authority: INLTP", 1, "authority"),
    ("country: TUN", "country: FRA", 2, "country"),
    ("country: TUN", "", 1, "country"),
    ("country: TUN", "country: JOR", 1, "authority"),
    ("kind: csv", "kind: fax", 5, "source"),
    ("encoding: utf-8", "encoding: utf-9", 5, "encoding"),
    ("canary: Dossier N°", "canary: Nom", 5, "canary"),
    ("kind: date, order: dmy", "kind: date, order: mdy", 9, "reported.order"),
    ("kind: key", "kind: text", 7, "columns.case"),
    ("table: closure", "table: reasons", 11, "reason.table"),
    ("table: closure", "tables: closure", 11, "reason.tables"),
    ("row_key: [case, line]", "row_key: [case, nr]", 15, "row_key"),
    ("row_key: [case, line]", "row_key: [case, reported]", 15, "row_key"),
    ("    victim_key: [line]\n", "", 4, "tables.lines"),
    ("- [reported, ended]", "- [reported, reason]", 21, "order.0"),
    ("type: assistance.closed", "type: assistance.ended", 23, "type"),
    ("{filled: ended}", "{full: ended}", 24, "when"),
    ("{filled: ended}", "{filled: end}", 24, "when"),
    ("period: ended", "period: reason", 25, "period"),
    ("fields: {reason: reason}", "fields: {reason: region, note: reason}", 27, "fields.note"),
    ("fields: {reason: reason}", "fields: {reason: ended}", 27, "fields.reason"),
    ("fields: {reason: reason}", "fields: {reason: {if: reason}}", 27, "fields.reason"),
    ("fields: {reason: reason}", "fields: {reason: {const: DONE}}", 27, "fields.reason"),
    ("fields: {reason: reason}", "fields: {reason: reason, case_ref: reason}", 27, "case_ref"),
    ("          provider_type: {const: GOV}\n", "", 31, "provider_type"),
    ("        region: region\n", "", 13, "columns.region"),
    ("type: assistance.provided", "type: assistance.closed", 28, "events.1"),
    ("ignore: [Nom]", "ignore: [Nom]\n    ignore: [Prénom]", 14, "ignore"),
]


@pytest.mark.parametrize("options", get_args(get_args(SourceOptions)[0]))
def test_every_kind_of_source_and_each_of_its_options_is_documented(
    options: type[BaseModel],
) -> None:
    [kind] = get_args(options.model_fields["kind"].annotation)
    [line] = [line for line in AUTHORITY.splitlines() if line.startswith(f"| `{kind}` |")]
    told = set(re.findall(r"`(\w+)`", AUTHORITY if issubclass(options, ServerOptions) else line))
    assert set(options.model_fields) - {"kind"} <= told
    own = set(options.model_fields) - set(ServerOptions.model_fields) - {"kind"}
    assert own <= set(re.findall(r"`(\w+)`", line))


def test_the_documented_sources_are_declarations() -> None:
    examples = re.findall(r"^source: (.*)$", AUTHORITY, re.MULTILINE)
    kinds = [TypeAdapter(SourceOptions).validate_python(yaml.safe_load(line)) for line in examples]
    assert [options.kind for options in kinds] == ["kobo_api", "primero", "dhis2"]


@pytest.mark.parametrize(("old", "new", "line", "key"), WRONG_DECLARATIONS, ids=str)
def test_a_wrong_declaration_is_refused_with_line_and_key(
    tmp_path: Path, old: str, new: str, line: int, key: str
) -> None:
    assert old in REGISTER
    with pytest.raises(DeclarationInvalid) as caught:
        load_register(declare(tmp_path, REGISTER.replace(old, new, 1)))
    assert f"/register.yaml, line {line}, key " in caught.value.got
    assert key in caught.value.got.partition("key ")[2]


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("CL_CLOSURE", "CL_CLOSED", 2, "closure.list"),
        ("COMPLETED", "DONE", 4, "closure.values.DONE"),
        ("[psy]", "[psy, Foyer]", 9, "services.values.PSYCH.1"),
        ("[psy]", "['  ']", 9, "services.values.PSYCH.0"),
        ("list: CL_ASSIST", "codes: CL_ASSIST", 6, "services.codes"),
    ],
)
def test_a_wrong_table_of_words_is_refused_with_line_and_key(
    tmp_path: Path, old: str, new: str, line: int, key: str
) -> None:
    with pytest.raises(DeclarationInvalid) as caught:
        load_register(declare(tmp_path, codes=CODES.replace(old, new, 1)))
    assert f"/codes.yaml, line {line}, key {key}" in caught.value.got


@pytest.mark.parametrize("text", ["", "tables: [", "a: &a [*a]\n: :", "- x"])
def test_what_is_no_declaration_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DeclarationInvalid):
        load_register(declare(tmp_path, text))
    with pytest.raises(DeclarationInvalid, match=r"no .*register\.yaml"):
        load_register(tmp_path / "nowhere")


def test_yes_and_no_are_words(tmp_path: Path) -> None:
    codes = CODES.replace("[psy]", "[yes, no, on, 2020-01-01, 1_000]")
    words = load_register(declare(tmp_path, codes=codes)).words["services"]
    assert {word: words.code(word) for word in ("YES", "no", "On", "2020-01-01", "1_000")} == (
        dict.fromkeys(("YES", "no", "On", "2020-01-01", "1_000"), "PSYCH")
    )


@pytest.mark.parametrize("country", sorted(set(REGISTERS.values())))
def test_a_shipped_adapter_is_a_folder_of_declarations(country: str) -> None:
    """Its one line of Python would be the first: the file by which the folder is found is empty."""
    code = {path.name: path.read_text("utf-8") for path in (SHIPPED / country).rglob("*.py")}
    assert code == {"__init__.py": ""}
