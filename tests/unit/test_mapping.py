"""Rows: what one states, and why one stays home."""

from __future__ import annotations

from pathlib import Path

import pytest

from country_adapters.kit.errors import (
    DeclarationInvalid,
    UnknownColumn,
)
from country_adapters.kit.mapping import TableMapper
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import load_register
from country_adapters.kit.sources.base import SourceRow
from producers.rows import MappedRow, Problem, RejectedRow
from tests.unit.small_register import GOOD, HEADER, TODAY, declare


def mapped(folder: Path, *lines: str) -> list[MappedRow | RejectedRow]:
    (folder / "r.csv").write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    register = load_register(declare(folder), folder)
    mapper = TableMapper(register, "lines", Pseudonyms(bytes(32)), TODAY)
    return [mapper.map(row) for row in register.source("lines").read(None)]


def problems(row: MappedRow | RejectedRow) -> list[tuple[str, str]]:
    assert isinstance(row, RejectedRow)
    return [(problem.column, problem.code) for problem in row.rejection.problems]


def test_a_row_states_its_events(tmp_path: Path) -> None:
    [row] = mapped(tmp_path, GOOD)
    assert isinstance(row, MappedRow)
    told = [
        (d.fields["event_type"], d.fields["period"], d.fields["region"], d.fields.get("service"))
        for d in row.drafts
    ]
    assert told == [
        ("assistance.closed", "2020-04", "TN-33", None),
        ("assistance.provided", "2020-02", "_U", "PSYCH"),
        ("assistance.provided", "2020-02", "_U", "SHELTER"),
    ]
    assert len({draft.slot for draft in row.drafts}) == 3
    assert len({draft.fields["victim_ref"] for draft in row.drafts}) == 1


def test_a_fact_keeps_its_slot_when_others_come_before_it(tmp_path: Path) -> None:
    [one] = mapped(tmp_path, GOOD.replace("psy; foyer", "foyer"))
    [two] = mapped(tmp_path, GOOD)
    assert isinstance(one, MappedRow)
    assert isinstance(two, MappedRow)
    assert one.row_key == two.row_key
    assert {draft.slot for draft in one.drafts} < {draft.slot for draft in two.drafts}


def test_the_same_person_in_another_case_is_another_pseudonym(tmp_path: Path) -> None:
    one, two = mapped(tmp_path, GOOD, GOOD.replace("D1", "D2"))
    assert isinstance(one, MappedRow)
    assert isinstance(two, MappedRow)
    for ref in ("case_ref", "victim_ref"):
        assert one.drafts[0].fields[ref] != two.drafts[0].fields[ref]


def test_a_row_is_rejected_whole_with_all_its_problems(tmp_path: Path) -> None:
    [row] = mapped(tmp_path, "D1,1,x,31/02/2020,03/04/2020,voir note,massage,la montagne")
    assert problems(row) == [
        ("Signalé", "DATE_IMPOSSIBLE"),
        ("Motif", "UNKNOWN_VALUE"),
        ("Services", "UNKNOWN_VALUE"),
        ("Lieu", "UNRESOLVED_PLACE"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (",1,x,01/02/2020,,,,", [("Dossier N°", "MISSING_KEY")]),
        (" \u200f,,x,01/02/2020,,,,", [("Dossier N°", "MISSING_KEY"), ("Ligne", "MISSING_KEY")]),
        ("D1,1,x,,,,,", [("Signalé", "MISSING_VALUE")]),
        ("D1,1,x,01/02/2020,02/02/2020,,,", [("Motif", "MISSING_VALUE")]),
        ("D1,1,x,01/02/2020,31/01/2020,achevée,,", [("Signalé, Clos", "DATES_OUT_OF_ORDER")]),
        ("D1,1,x,01/02/1999,,,psy,", [("assistance.provided", "EVENT_INVALID")]),
        ("D1,1,x,01/02/2020,,voir note,,", [("Motif", "UNKNOWN_VALUE")]),
    ],
)
def test_why_a_row_stays_home(tmp_path: Path, line: str, expected: list[tuple[str, str]]) -> None:
    [row] = mapped(tmp_path, line)
    assert problems(row) == expected


def test_a_row_without_identity_is_known_by_its_place(tmp_path: Path) -> None:
    rows = mapped(tmp_path, ",1,x,01/02/2020,,,,", ",1,x,01/02/2020,,,,")
    assert rows[0].row_key != rows[1].row_key


def test_a_column_that_is_neither_used_nor_ignored_is_refused(tmp_path: Path) -> None:
    register = load_register(declare(tmp_path), tmp_path)
    (tmp_path / "r.csv").write_text(f"{HEADER},Téléphone\n{GOOD},+216 00 000 012", encoding="utf-8")
    with pytest.raises(UnknownColumn):
        next(register.source("lines").read(None))


GROUPED = """\
authority: lb.test
country: LBN
tables:
  forms:
    source: {kind: kobo, file: r.json}
    columns:
      id: {header: _id, kind: key}
      services:
        kind: group
        columns:
          type: {header: services/type, kind: code, table: services}
          on: {header: services/on, kind: date, order: iso}
        ignore: [services/note]
    row_key: [id]
    case_key: [id]
    victim_key: [id]
    events:
      - type: assistance.provided
        each: services
        period: services.on
        fields:
          service: services.type
          provider_type: {const: NGO}
          days_from_referral: {const: _U}
"""


def test_a_repeated_group_states_one_event_an_element(tmp_path: Path) -> None:
    register = load_register(declare(tmp_path, GROUPED), tmp_path)
    mapper = TableMapper(register, "forms", Pseudonyms(bytes(32)), TODAY)
    elements = [
        {"services/type": "psy", "services/on": "2020-01-05"},
        {"services/type": "psy", "services/on": "2020-02-05"},
    ]
    row = mapper.map(SourceRow("7", {"_id": 7, "services": elements}, ""))
    assert isinstance(row, MappedRow)
    told = [(draft.fields["service"], draft.fields["period"]) for draft in row.drafts]
    assert told == [("PSYCH", "2020-01"), ("PSYCH", "2020-02")]
    elements[1]["services/type"] = "voir note"
    rejected = mapper.map(SourceRow("7", {"_id": 7, "services": elements}, ""))
    assert isinstance(rejected, RejectedRow)
    assert rejected.rejection.problems == (
        Problem("services/type", "UNKNOWN_VALUE", "a word of the table services", "another word"),
    )


CONDITIONS = {
    "a column of the element is filled": ("{filled: services.on}", ["2020-01", "2020-03"]),
    "it has a code": ("{column: services.type, is: PSYCH}", ["2020-01"]),
    "one of both, of row and element": (
        "{any_of: [{blank: id}, {column: services.type, is: SHELTER}]}",
        ["2020-03"],
    ),
    "row and element": ("[{filled: id}, {filled: services.on}]", ["2020-01", "2020-03"]),
    "no row": ("[{blank: id}, {filled: services.on}]", []),
}


@pytest.mark.parametrize(("when", "periods"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition_on_an_element_keeps_out_that_element_alone(
    tmp_path: Path, when: str, periods: list[str]
) -> None:
    text = GROUPED.replace("period: services.on", f"period: services.on\n        when: {when}")
    register = load_register(declare(tmp_path, text), tmp_path)
    elements = [
        {"services/type": "psy", "services/on": "2020-01-05"},
        {"services/type": "", "services/on": ""},
        {"services/type": "foyer", "services/on": "2020-03-05"},
    ]
    if "services.on" not in when:
        elements[1:2] = []
    mapper = TableMapper(register, "forms", Pseudonyms(bytes(32)), TODAY)
    row = mapper.map(SourceRow("7", {"_id": 7, "services": elements}, ""))
    assert isinstance(row, MappedRow)
    assert [draft.fields["period"] for draft in row.drafts] == periods


OUT_OF_PLACE = {
    "an event of the row": ("        each: services\n", "", "events.0.period"),
    "a requirement": (
        "    events:",
        "    required: [{columns: [id], when: {filled: services.on}}]\n    events:",
        "required.0",
    ),
    "the order of days": (
        "    events:",
        "    order: [[services.on, services.on]]\n    events:",
        "order.0",
    ),
}


@pytest.mark.parametrize(("old", "new", "key"), OUT_OF_PLACE.values(), ids=OUT_OF_PLACE)
def test_a_column_of_a_group_is_refused_where_no_element_is_meant(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert old in GROUPED
    with pytest.raises(DeclarationInvalid) as caught:
        load_register(declare(tmp_path, GROUPED.replace(old, new, 1)), tmp_path)
    assert caught.value.code == "DECLARATION_INVALID"
    assert f"key tables.forms.{key}" in caught.value.got
    assert "services.on is one of each element of services" in caught.value.expected
