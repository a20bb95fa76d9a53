"""The contract: what the models say, the frozen schemas say; and nothing else has a way out."""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from avro import schema as avro_schema_parser
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from hypothesis import given
from hypothesis import strategies as st

from deploy.contract import AVRO, LOCK, pins, stale, versions
from schemas import avro_schema
from schemas.case_events import EVENT_TYPES, validate
from schemas.codec import decode, registry
from schemas.codelists import FOLDER, CodeOf, codelist
from schemas.errors import EventInvalid, Undecodable
from tests.generated import events
from tests.samples import (
    an_event,
    encoded,
    one_of_each,
)

Schema = dict[str, Any]
SUBJECTS = sorted(folder.name for folder in AVRO.iterdir() if folder.is_dir())
LISTS = sorted(path.name.removesuffix(".csv") for path in FOLDER.iterdir() if "CL_" in path.name)


# --- Models and frozen schemas -------------------------------------------------------------------


def test_every_model_is_frozen_as_it_is() -> None:
    """If this fails: `southmed contract freeze`, and never edit a frozen file."""
    assert [event_type for event_type, _ in stale()] == []


def test_pins_are_those_of_the_files() -> None:
    assert json.loads(LOCK.read_text(encoding="utf-8")) == pins()


def test_every_event_type_has_its_code_and_its_schema() -> None:
    assert set(codelist("CL_EVENT_TYPE").codes) == set(EVENT_TYPES)
    assert set(EVENT_TYPES) <= set(SUBJECTS)
    assert len(EVENT_TYPES) == 16


def test_no_two_schemas_share_a_fingerprint() -> None:
    files = [path for subject in SUBJECTS for path in versions(subject)]
    assert len(registry().by_fingerprint) == len(files)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_an_enum_has_the_very_codes_of_its_field(event_type: str) -> None:
    """Two choices from one list in one record may not end up under one name."""
    fields = {f["name"]: f["type"] for f in registry().newest[event_type].schema["fields"]}
    named: dict[str, Schema] = {}
    for name, info in EVENT_TYPES[event_type].model_fields.items():
        if name == "event_type":
            continue
        avro = fields[name]
        markers = [m for m in info.metadata if isinstance(m, CodeOf)]
        if isinstance(avro, dict) and avro["type"] == "array":
            (items,) = info.annotation.__args__  # type: ignore[union-attr]
            markers = [m for m in items.__metadata__ if isinstance(m, CodeOf)]
            avro = avro["items"]
        if isinstance(avro, dict):
            named[avro["name"]] = avro
        for marker in (m for m in markers if not m.grows):
            enum = avro if isinstance(avro, dict) else named[avro]
            assert tuple(enum["symbols"]) == marker.symbols, name


# --- Compatibility -------------------------------------------------------------------------------


def compatible(reader: Schema, writer: Schema) -> bool:
    """Whether one version reads what another wrote (Avro specification, schema resolution)."""
    result = ReaderWriterCompatibilityChecker().get_compatibility(
        avro_schema_parser.parse(json.dumps(reader)), avro_schema_parser.parse(json.dumps(writer))
    )
    return bool(result.compatibility is SchemaCompatibilityType.compatible)


def fully_compatible(schemas: list[Schema]) -> bool:
    """FULL_TRANSITIVE: every version reads every other, in both directions."""
    return all(compatible(reader, writer) for reader, writer in product(schemas, schemas))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_version_reads_every_other(subject: str) -> None:
    frozen = [json.loads(path.read_text(encoding="utf-8")) for path in versions(subject)]
    assert frozen
    assert fully_compatible(frozen)


def _field(schema: Schema, name: str) -> Schema:
    return next(field for field in schema["fields"] if field["name"] == name)


def _add_without_default(schema: Schema) -> None:
    schema["fields"].append({"name": "nickname", "type": "string"})


def _add_with_default(schema: Schema) -> None:
    schema["fields"].append({"name": "note_code", "type": "string", "default": "_U"})


def _remove_required(schema: Schema) -> None:
    schema["fields"].remove(_field(schema, "period"))


def _remove_optional(schema: Schema) -> None:
    schema["fields"].remove(_field(schema, "transit_countries"))


def _change_type(schema: Schema) -> None:
    _field(schema, "period")["type"] = "int"


def _rename_enum(schema: Schema) -> None:
    _field(schema, "geography")["type"]["name"] = "southmed.codes.CL_OTHER"


def _drop_symbol_without_default(schema: Schema) -> None:
    _field(schema, "validation")["type"]["symbols"].remove("WITHDRAWN")


CHANGES = [
    (_add_with_default, True),
    (_remove_optional, True),
    (_add_without_default, False),
    (_remove_required, False),
    (_change_type, False),
    (_rename_enum, False),
    (_drop_symbol_without_default, False),
]


@pytest.mark.parametrize(("change", "allowed"), CHANGES)
def test_the_check_knows_good_changes_from_bad(
    change: Callable[[Schema], None], allowed: bool
) -> None:
    first = registry().newest["victim.identified"].schema
    second = copy.deepcopy(first)
    change(second)
    assert fully_compatible([first, second]) is allowed


def test_a_changed_model_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_schema, "NAMESPACE", "southmed.elsewhere")
    assert {event_type for event_type, _ in stale()} == set(EVENT_TYPES)


# --- There and back ------------------------------------------------------------------------------


@given(events)
def test_every_event_comes_back_as_it_was(fields: dict[str, Any]) -> None:
    decoded = decode(encoded(validate(fields).model_dump()))
    assert {"event_type": decoded.subject, **decoded.fields} == fields
    assert validate({"event_type": decoded.subject, **decoded.fields}) == validate(fields)


# --- Closed --------------------------------------------------------------------------------------

CANARY = "Victime Fictive 0012"


NAMES = [CANARY, [CANARY], CANARY.encode(), {CANARY: CANARY}]


@pytest.mark.parametrize("event", one_of_each(), ids=lambda event: event["event_type"])
def test_no_field_takes_a_name_and_no_error_repeats_it(event: dict[str, Any]) -> None:
    for name, value in product(event, NAMES):
        with pytest.raises(EventInvalid) as caught:
            validate({**event, name: value})
        assert "Fictive" not in f"{caught.value} {caught.value!r}", name


@pytest.mark.parametrize("event", one_of_each(), ids=lambda event: event["event_type"])
def test_an_unknown_field_is_refused_unnamed(event: dict[str, Any]) -> None:
    with pytest.raises(EventInvalid) as caught:
        validate({**event, CANARY: "x"})
    assert "Fictive" not in str(caught.value)
    with pytest.raises(Undecodable) as unencodable:
        encoded({**event, CANARY: "x"})
    assert "Fictive" not in str(unencodable.value)


BROKEN_RULES: list[tuple[str, dict[str, Any], str]] = [
    ("victim.identified", {"sex": "_T"}, "sex"),
    ("victim.identified", {"sex": "X"}, "sex"),
    ("victim.identified", {"exploitation": []}, "exploitation"),
    ("victim.identified", {"exploitation": ["SEX", "SEX"]}, "exploitation"),
    ("victim.identified", {"exploitation": ["SEX", "_U"]}, "exploitation"),
    ("victim.identified", {"exploitation": "SEX"}, "exploitation"),
    ("victim.identified", {"acts": ["RECRUIT", "RECRUIT"]}, "acts"),
    ("victim.identified", {"status": "PRESUMED"}, "status"),
    ("victim.identified", {"period": "2023-13"}, "period"),
    ("victim.identified", {"period": "2023-05-14"}, "period"),
    ("victim.identified", {"period": "2023-05\n"}, "period"),
    ("victim.identified", {"region": "MA-N"}, "region"),
    ("victim.identified", {"region_level": "L1"}, "region"),
    ("victim.identified", {"citizenship": "011"}, "citizenship"),
    ("victim.identified", {"citizenship": "FOREIGN"}, "citizenship"),
    ("victim.identified", {"supersedes": bytes(16)}, "revision"),
    ("victim.identified", {"revision": 1}, "revision"),
    ("victim.identified", {"case_ref": bytes(15)}, "case_ref"),
    ("victim.identified", {"transit_countries": ["CIV", "DZA", "MLI", "NER"]}, "transit"),
    ("victim.identified", {"conf_status": "A"}, "conf_status"),
    ("victim.identified", {"suppressed_fields": ["surname"]}, "suppressed_fields"),
    ("network.linkage", {"evidence_grade": "C"}, "evidence_grade"),
    ("network.linkage", {"token": bytes(31)}, "token"),
    ("training.delivered", {"participants_total": 8}, "participants_total"),
    ("training.delivered", {"participants_f": 2, "participants_total": 4}, "participants_f"),
    ("training.delivered", {"hours": "12"}, "hours"),
    ("training.delivered", {"hours": True}, "hours"),
    ("justice.person_stage", {"stage": "INVEST"}, "stage"),
    ("no.such.event", {}, "event_type"),
]


@pytest.mark.parametrize(("event_type", "changes", "named"), BROKEN_RULES)
def test_a_broken_rule_is_told_by_its_field(
    event_type: str, changes: dict[str, Any], named: str
) -> None:
    known = event_type if event_type in EVENT_TYPES else "report.triaged"
    with pytest.raises(EventInvalid, match=named):
        validate({**an_event(known), "event_type": event_type, **changes})


@given(events, st.data())
def test_whatever_is_wrong_with_an_event_it_is_a_named_error(
    fields: dict[str, Any], data: st.DataObject
) -> None:
    """Any value of any field's code list in any other field: refused or right, never a crash."""
    others = st.sampled_from(sorted(codelist("CL_REGION").codes + codelist("CL_AREA").codes))
    name = data.draw(st.sampled_from(sorted(fields)))
    odd = data.draw(others | st.none() | st.integers() | st.binary() | st.lists(others))
    with suppress(EventInvalid):
        encoded(validate({**fields, name: odd}).model_dump())


# --- Code lists ----------------------------------------------------------------------------------


@pytest.mark.parametrize("list_id", LISTS)
def test_every_code_has_three_labels_and_a_parent_that_exists(list_id: str) -> None:
    listing = codelist(list_id)
    elsewhere = {*codelist("CL_AREA").codes, *codelist("CL_REPORTING_COUNTRY").codes, "_T"}
    for code in listing:
        assert all(code.labels[language].strip() for language in ("en", "fr", "ar")), code.code
        assert not code.parent or code.parent in listing or code.parent in elsewhere, code.code
        assert code.code not in listing.ancestors(code.code)


@pytest.mark.parametrize("list_id", LISTS)
def test_no_code_is_listed_twice(list_id: str) -> None:
    with (FOLDER / f"{list_id}.csv").open(encoding="utf-8") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    assert len(set(codes)) == len(codes)


def test_arabic_labels_are_arabic_where_they_are_words() -> None:
    letters = {
        (list_id, code.code)
        for list_id in LISTS
        for code in codelist(list_id)
        if any(c.isalpha() for c in code.labels["ar"])
        and not any("\u0600" <= c <= "\u06ff" for c in code.labels["ar"])
    }
    assert letters == set()


def test_every_form_of_exploitation_has_both_groups() -> None:
    with (FOLDER / "exploitation_groups.csv").open(encoding="utf-8") as file:
        groups = {row["code"]: (row["sdg"], row["national"]) for row in csv.DictReader(file)}
    assert set(groups) == set(codelist("CL_EXPLOITATION").codes) - {"_U"}
    for sdg, national in groups.values():
        assert sdg in codelist("CL_FORM_SDG")
        assert national in codelist("CL_FORM_NAT")


def test_codes_name_their_sisters_in_the_standards_of_the_field() -> None:
    named = {standard for list_id in LISTS for c in codelist(list_id) for standard in c.maps_to}
    assert {"HTCDS", "CTDC", "GLOTIP", "SDG"} <= named
    for list_id in LISTS:
        for code in codelist(list_id):
            for standard, codes in code.maps_to.items():
                assert standard == standard.strip() != ""
                assert all(c == c.strip() != "" for c in codes), (list_id, code.code)
