"""Identifiers of alleged facilitators in a register: declared, read, counted, and kept at home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from country_adapters.kit.identifiers.normalise import NORM_VERSION
from country_adapters.kit.lint import lint
from country_adapters.kit.mapping import TableMapper
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import Register, load_register
from country_adapters.kit.runner import RunReport, run, write_rejects
from country_adapters.kit.scanner import Scanner
from country_adapters.kit.sources.base import SourceRow
from deploy.adapter import AdapterReport
from deploy.commands import adapter
from deploy.commands.joining import show_preview
from deploy.preview import look
from deploy.preview.document import document
from deploy.preview.page import page
from deploy.preview.reasons import reasons
from deploy.preview.words import WORDS
from producers.outbox import Outbox
from producers.rows import Draft, Identifier, MappedRow, RejectedRow
from schemas.areas import level_of_region
from schemas.case_events import EVENT_TYPES, validate
from tests.integration.golden import messages
from tests.unit.small_register import GOOD, HEADER, REGISTER, TODAY, declare
from tests.unit.test_mapping import GROUPED

NAMES = Pseudonyms(bytes(32))
COLUMNS = """\
      phone: {header: Tél. du recruteur, kind: identifier, type: PHONE, of: facilitator, split: ;}
      car: {header: Véhicule, kind: identifier, type: PLATE, of: facilitator}
"""
RULES = """\
    identifiers:
      - {column: phone, role: RECRUIT, evidence_grade: B, period: reported}
      - column: car
        role: TRANSP
        evidence_grade: A
        period: ended
        keep_months: 6
        when: {column: reason, is: COMPLETED}
"""
WITH = REGISTER.replace("    ignore: [Nom]\n", f"{COLUMNS}    ignore: [Nom]\n") + RULES
TOP = f"{HEADER},Tél. du recruteur,Véhicule"
LINE = f"{GOOD},20 123 456 ; +961 3 000 101,123 تونس 4567"
VALUES = ("+21620123456", "+9613000101", "TUN:RS:123:4567")
TRACES = ("20123456", "20 123 456", "3000101", "3 000 101", "123:4567", "4567")


def register(folder: Path, *lines: str, declared: str = WITH) -> Register:
    (folder / "r.csv").write_text("\n".join([TOP, *lines]), encoding="utf-8")
    return load_register(declare(folder, declared), folder)


def mapped(folder: Path, *lines: str) -> list[MappedRow | RejectedRow]:
    opened = register(folder, *lines)
    mapper = TableMapper(opened, "lines", NAMES, TODAY)
    return [mapper.map(row) for row in opened.source("lines").read(None)]


def named(folder: Path, line: str) -> MappedRow:
    [row] = mapped(folder, line)
    assert isinstance(row, MappedRow)
    return row


def unusable(row: MappedRow) -> list[tuple[str, str]]:
    return [(problem.column, problem.code) for problem in row.unusable]


# --- What a row names ----------------------------------------------------------------------------


def test_a_row_names_its_facilitators_beside_its_events(tmp_path: Path) -> None:
    row = named(tmp_path, LINE)
    told = [
        (i.link_type, i.value, i.role, i.evidence_grade, i.period, i.expires)
        for i in row.identifiers
    ]
    assert told == [
        ("PHONE", VALUES[0], "RECRUIT", "B", "2020-02", "2022-02"),
        ("PHONE", VALUES[1], "RECRUIT", "B", "2020-02", "2022-02"),
        ("PLATE", VALUES[2], "TRANSP", "A", "2020-04", "2020-10"),
    ]
    assert {i.case_ref for i in row.identifiers} == {d.fields["case_ref"] for d in row.drafts}
    assert {i.norm_version for i in row.identifiers} == {NORM_VERSION}
    assert len({i.slot for i in row.identifiers}) == 3
    assert row.unusable == ()


def test_the_events_are_those_of_a_register_without_the_columns(tmp_path: Path) -> None:
    row = named(tmp_path, LINE)
    (tmp_path / "r.csv").write_text(f"{HEADER}\n{GOOD}", encoding="utf-8")
    plain = load_register(declare(tmp_path, REGISTER), tmp_path)
    [source_row] = plain.source("lines").read(None)
    bare = TableMapper(plain, "lines", NAMES, TODAY).map(source_row)
    assert isinstance(bare, MappedRow)
    assert row.drafts == bare.drafts
    assert bare.identifiers == ()


def test_an_identifier_keeps_its_slot_when_others_come_or_it_is_spelt_otherwise(
    tmp_path: Path,
) -> None:
    before = named(tmp_path, f"{GOOD},+216 20 123 456,")
    after = named(tmp_path, f"{GOOD},+961 3 000101;٢٠١٢٣٤٥٦,")
    assert {i.slot for i in before.identifiers} < {i.slot for i in after.identifiers}


def test_an_identifier_that_stands_twice_in_a_cell_counts_once(tmp_path: Path) -> None:
    row = named(tmp_path, f"{GOOD},20123456; 00216 20-123-456,")
    assert [i.value for i in row.identifiers] == [VALUES[0]]


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (",", []),
        ("inconnu,غير معروف", []),
        ("?,", [("Tél. du recruteur", "IDENTIFIER_UNREADABLE")]),
        ("12; 20123456,voir dossier", ["IDENTIFIER_INVALID", "IDENTIFIER_UNREADABLE"]),
        ("20123456 / 20123457,", ["IDENTIFIER_SEVERAL"]),
    ],
)
def test_an_identifier_that_cannot_be_used_is_told_and_keeps_no_row_home(
    tmp_path: Path, cells: str, codes: list[str | tuple[str, str]]
) -> None:
    row = named(tmp_path, f"{GOOD},{cells}")
    assert len(row.drafts) == 3
    assert [code for _, code in unusable(row)] == [
        code if isinstance(code, str) else code[1] for code in codes
    ]


def test_a_condition_keeps_an_identifier_out_and_its_faults_too(tmp_path: Path) -> None:
    """As where the recruiter is a victim who was forced."""
    open_line = GOOD.replace("03/04/2020,achevée", ",")
    assert named(tmp_path, f"{open_line},,123 TU 4567").identifiers == ()
    assert named(tmp_path, f"{open_line},,voir dossier").unusable == ()


def test_without_the_month_of_the_fact_an_identifier_cannot_be_used(tmp_path: Path) -> None:
    row = named(tmp_path, f"{GOOD.replace('03/04/2020', '')},,123 TU 4567")
    assert row.identifiers == ()
    assert unusable(row) == [("Véhicule", "MISSING_VALUE")]


def test_a_row_that_stays_home_names_nobody(tmp_path: Path) -> None:
    [row] = mapped(tmp_path, LINE.replace("01/02/2020", "31/02/2020"))
    assert isinstance(row, RejectedRow)


@pytest.mark.parametrize(
    ("cell", "values"), [(20123456, 1), (20123456.0, 1), (20123456.5, 0), (TODAY, 0), (True, 0)]
)
def test_a_cell_of_a_workbook_is_read_as_what_it_shows(
    tmp_path: Path, cell: object, values: int
) -> None:
    opened = register(tmp_path, LINE)
    [row] = opened.source("lines").read(None)
    other = replace(row, values={**row.values, "Tél. du recruteur": cell, "Véhicule": None})
    found = TableMapper(opened, "lines", NAMES, TODAY).map(other)
    assert isinstance(found, MappedRow)
    assert [i.value for i in found.identifiers] == [VALUES[0]] * values
    assert len(found.unusable) == 1 - values


def test_it_has_what_the_contract_asks_of_a_linkage_event(tmp_path: Path) -> None:
    """All but the token, which is made of the value."""
    known = EVENT_TYPES["network.linkage"].model_fields
    assert {f.name for f in fields(Identifier)} - {"slot", "value"} <= set(known)
    for identifier in named(tmp_path, LINE).identifiers:
        told = {f.name: getattr(identifier, f.name) for f in fields(Identifier)}
        assert identifier.value not in repr(identifier)
        del told["slot"], told["value"]
        made = {"token": bytes(32), "token_epoch": "2026", "event_type": "network.linkage"}
        place = {
            "country": "TUN",
            "region": "_U",
            "region_level": level_of_region("_U", "TUN"),
            "producer": "tn.test",
        }
        ids = {"event_id": bytes(16), "fact_ref": bytes(16), "suppressed_fields": []}
        validate({**told, **made, **place, **ids, "validation": "VALID", "conf_status": "F"})


IN_A_GROUP = (
    GROUPED.replace(
        "    row_key: [id]\n",
        """\
      opened: {header: opened, kind: date, order: iso}
      suspects:
        kind: group
        columns:
          phone: {header: suspects/phone, kind: identifier, type: PHONE, of: facilitator}
    row_key: [id]
""",
    )
    + """\
    identifiers:
      - {column: suspects.phone, role: _U, evidence_grade: B, period: opened}
"""
)


def test_of_a_repeated_group_every_element_is_read(tmp_path: Path) -> None:
    opened = load_register(declare(tmp_path, IN_A_GROUP), tmp_path)
    suspects = [{"suspects/phone": text} for text in ("03 000 101", None, "voir", "+9613000101")]
    answers = {"_id": 7, "services": None, "opened": "2020-01-05", "suspects": suspects}
    row = TableMapper(opened, "forms", NAMES, TODAY).map(SourceRow("7", answers, ""))
    assert isinstance(row, MappedRow)
    assert [i.value for i in row.identifiers] == [VALUES[1]]
    assert unusable(row) == [("suspects/phone", "IDENTIFIER_UNREADABLE")]
    none = TableMapper(opened, "forms", NAMES, TODAY).map(
        SourceRow("8", {**answers, "suspects": None}, "")
    )
    assert isinstance(none, MappedRow)
    assert (none.identifiers, none.unusable) == ((), ())


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("      suspects:\n", "      victims:\n", "phone.header"),
        ("suspects/phone", "suspects/victim_phone", "phone.header"),
        ("period: opened", "period: services.on", "identifiers.0.period"),
        ("period: opened", "period: opened, when: {filled: services.type}", "identifiers.0.when"),
    ],
)
def test_a_wrong_declaration_of_a_group_is_told_by_its_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert lint(declare(tmp_path, IN_A_GROUP)) == []
    wrong = IN_A_GROUP.replace(old, new)
    if "victims" in new:
        wrong = wrong.replace("suspects.phone", "victims.phone")
    faults = lint(declare(tmp_path, wrong))
    assert [fault.key for fault in faults if fault.key.endswith(key)], faults


# --- Nothing leaves ------------------------------------------------------------------------------


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "o.sqlite", authority="tn.test", streams=1, id_key=bytes(32))
    yield made
    made.close()


def ran(folder: Path, outbox: Outbox, *lines: str) -> RunReport:
    return run(register(folder, *lines), outbox, pseudonyms=NAMES, today=TODAY)


def test_a_run_counts_them_by_type_and_the_outbox_has_none(tmp_path: Path, outbox: Outbox) -> None:
    second = f"{GOOD.replace('D1', 'D2')},12,voir"
    report = ran(tmp_path, outbox, LINE, second)
    assert (report.mapped, report.rejected) == (2, 0)
    assert report.identifiers == {"PHONE": 2, "PLATE": 1}
    assert report.unusable == {"IDENTIFIER_INVALID": 1, "IDENTIFIER_UNREADABLE": 1}
    assert outbox.tally()["events"] == 6
    write_rejects(outbox, tmp_path / "rejects.csv")
    kept = (tmp_path / "rejects.csv").read_text(encoding="utf-8") + repr(report)
    sealed = b"".join(messages(outbox))
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("o.sqlite*"))
    left = kept + (stored + sealed).decode("utf-8", errors="replace")
    assert [trace for trace in (*TRACES, *VALUES) if trace in left] == []


@pytest.mark.parametrize("as_json", [True, False])
def test_the_report_of_a_run_counts_them_for_people_and_for_programs(
    tmp_path: Path, outbox: Outbox, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    done = ran(tmp_path, outbox, LINE, f"{GOOD.replace('D1', 'D2')},12,")
    told = AdapterReport(
        done,
        *outbox.facts(),
        outbox=outbox.tally(),
        refusals=outbox.refusals(),
        rejects_file=tmp_path / "rejects.csv",
    )
    adapter._show(told, json=as_json)
    shown = capsys.readouterr().out
    if as_json:
        [table] = json.loads(shown)["tables"]
        assert table["identifiers"] == {"PHONE": 2, "PLATE": 1}
        assert table["unusable"] == {"IDENTIFIER_INVALID": 1}
    else:
        assert "2 PHONE, 1 PLATE; 1 cannot be used: 1 IDENTIFIER_INVALID" in " ".join(shown.split())
    assert [trace for trace in (*TRACES, *VALUES) if trace in shown] == []


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("length", [16, 32])
def test_the_scanner_finds_an_identifier_in_a_pseudonym(value: str, length: int) -> None:
    """Also one that is cut to fit, or too short of letters for a word of the row."""
    shown = value.encode()[:length].ljust(length, b"\xff")
    draft = Draft(bytes(32), {"event_type": "victim.presumed", "case_ref": shown})
    [problem] = Scanner("tn.test").problems([draft], {}, [value])
    assert problem.code in {"OUTGOING_ROW_TEXT", "OUTGOING_DIGITS"}
    other = Draft(bytes(32), {"event_type": "victim.presumed", "case_ref": b"\xff" * length})
    assert Scanner("tn.test").problems([other], {}, [value]) == ()


class Faulty(TableMapper):
    """A mapper that writes an identifier where a pseudonym belongs, past the contract."""

    def map(self, source_row: SourceRow) -> MappedRow | RejectedRow:
        row = super().map(source_row)
        assert isinstance(row, MappedRow)
        first, *others = row.drafts
        leak = {**first.fields, "case_ref": row.identifiers[-1].value.encode()}
        return replace(row, drafts=(Draft(first.slot, leak), *others))


def test_a_row_whose_event_would_show_an_identifier_stays_home(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("country_adapters.kit.runner.TableMapper", Faulty)
    report = ran(tmp_path, outbox, LINE)
    assert report.problems == {"OUTGOING_ROW_TEXT": 1}
    assert report.identifiers == {}
    assert outbox.tally()["events"] == 0


# --- Declaring them ------------------------------------------------------------------------------

ONE_PHONE = "      - {column: phone, role: RECRUIT, evidence_grade: B, period: reported}\n"
WRONG = [
    ("type: PLATE", "type: NUMBERPLATE", "columns.car.type"),
    ("type: PLATE, of: facilitator", "type: PLATE", "columns.car.of"),
    ("type: PLATE, of: facilitator", "type: PLATE, of: victim", "columns.car.of"),
    ("header: Véhicule", "header: Victime / Véhicule", "columns.car.header"),
    ("header: Véhicule", "header: رقم هاتف الضحية", "columns.car.header"),
    ("header: Véhicule", "header: Tél. du plaignant", "columns.car.header"),
    (ONE_PHONE, "", "columns.phone"),
    ("role: TRANSP", "role: DRIVER", "identifiers.1.role"),
    ("evidence_grade: A", "evidence_grade: C", "identifiers.1.evidence_grade"),
    ("period: ended\n        keep", "period: reason\n        keep", "identifiers.1.period"),
    ("column: car", "column: reason", "identifiers.1.column"),
    ("column: car", "column: bus", "identifiers.1.column"),
    ("keep_months: 6", "keep_months: 0", "identifiers.1.keep_months"),
    ("is: COMPLETED", "if: COMPLETED", "identifiers.1.when.column.if"),
    (ONE_PHONE, ONE_PHONE * 2, "identifiers.1.role"),
    ("fields: {reason: reason}", "fields: {reason: phone}", "events.0.fields.reason"),
    ("row_key: [case, line]", "row_key: [case, phone]", "row_key"),
    ("{filled: ended}", "{filled: phone}", "events.0.when"),
    ("each: services", "each: phone", "events.1.each"),
]


@pytest.mark.parametrize(("old", "new", "key"), WRONG)
def test_a_wrong_declaration_is_told_by_its_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert old in WITH
    found = [fault.key for fault in lint(declare(tmp_path, WITH.replace(old, new, 1)))]
    assert [told for told in found if told.endswith(key)], found


def test_a_name_of_a_column_may_not_say_that_it_is_a_victims_either(tmp_path: Path) -> None:
    wrong = WITH.replace("car: {header: Véhicule, ", "victim_car: {header: Véhicule, ")
    [fault] = lint(declare(tmp_path, wrong.replace("column: car", "column: victim_car")))
    assert fault.key == "tables.lines.columns.victim_car.header"
    assert "victims or reporters" in fault.expected


def test_a_right_declaration_has_no_fault(tmp_path: Path) -> None:
    assert lint(declare(tmp_path, WITH)) == []


# --- What the data-protection officer sees -------------------------------------------------------


def test_a_preview_counts_them_and_shows_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = f"{GOOD.replace('D1', 'D2')},20123456 / 20123457,4567"
    seen = look(register(tmp_path, LINE, LINE, second), name="small", day=TODAY, keep=5)
    assert seen.identifiers.types == {"PHONE": 2, "PLATE": 1}, "a row that stands twice, once"
    assert [(u.column, u.code, u.places) for u in seen.identifiers.unusable.values()] == [
        ("Tél. du recruteur", "IDENTIFIER_SEVERAL", ["4"]),
        ("Véhicule", "IDENTIFIER_UNREADABLE", ["4"]),
    ]
    assert seen.refused == 0
    show_preview(seen)
    terminal = capsys.readouterr().out
    assert "identifiers to be tokenised: 2 PHONE, 1 PLATE; 2 cannot be used" in terminal
    html, told = page(seen), json.dumps(document(seen), ensure_ascii=False)
    for language, words in WORDS.items():
        assert words["identifiers"] in html
        assert words["identifiers_lead"] in html
        assert words["way_token"] in html
        assert reasons("IDENTIFIER_SEVERAL")[language] in html
    assert document(seen)["identifiers"]["types"] == {"PHONE": 2, "PLATE": 1}
    for shown in (terminal, html, told):
        assert [trace for trace in (*TRACES, *VALUES) if trace in shown] == []


def test_what_is_signed_counts_identifiers_but_holds_none(tmp_path: Path) -> None:
    def digest(line: str) -> str:
        return look(register(tmp_path, line), name="small", day=TODAY, keep=0).content

    usual = digest(LINE)
    assert digest(LINE.replace("20 123 456", "20 123 457")) == usual
    assert digest(LINE.replace("20 123 456 ; ", "")) != usual
    assert digest(LINE.replace("123 تونس 4567", "4567")) != usual


def test_a_register_without_such_columns_says_so(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(f"{HEADER}\n{GOOD}", encoding="utf-8")
    seen = look(load_register(declare(tmp_path), tmp_path), name="s", day=TODAY, keep=0)
    assert all(words["no_identifiers"] in page(seen) for words in WORDS.values())
