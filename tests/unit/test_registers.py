"""Invented registers tell the truth about their world, and the adapters read exactly that truth.

A world is invented, written as a register, and read back through the country's adapter: the events
must be the facts of the world (``facts``), event for event, field for field. With faults planted,
exactly the faulty rows must be rejected, each for its fault.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import combinations, islice
from pathlib import Path
from random import Random

import openpyxl
import pytest
import sqlalchemy as sa

import country_adapters
from country_adapters.kit.mapping import TableMapper
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import Register, load_register
from country_adapters.kit.runner import judge
from deploy.registers import jordan, lebanon, morocco, tunisia
from deploy.registers.columns import Column, Hand
from deploy.registers.exact import Cell, exact_world
from deploy.registers.facilitators import KNOWN_TO_ALL, UNCLEAR, at_work, phones_of
from deploy.registers.faults import Fault
from deploy.registers.invent import build_world, fresh
from deploy.registers.lines import Line, suspect_lines, victim_lines
from deploy.registers.shipped import SHIPPED, world_of, write_shipped
from deploy.registers.world import World
from producers.rows import Draft, MappedRow, RejectedRow
from tests.unit.facts import comparable, facts

NAMES = Pseudonyms(bytes(32))
TODAY = date(2026, 6, 30)
HOME = Path(country_adapters.__file__).parent
COUNTRIES = sorted(SHIPPED)


def opened(name: str, folder: Path) -> Register:
    """The register in a folder; Morocco's dump is loaded into a database beside it."""
    if name == "morocco":
        (folder / "register.sqlite").unlink(missing_ok=True)
        engine = sa.create_engine(f"sqlite:///{folder / 'register.sqlite'}")
        morocco.load(folder / "register.sql", engine)
        engine.dispose()
        (folder / "register.url").write_text("sqlite:///register.sqlite", encoding="utf-8")
    return load_register(name, folder)


def mapped(register: Register) -> tuple[list[Draft], list[RejectedRow]]:
    """What an adapter makes of a register, without an outbox."""
    drafts: dict[bytes, Draft] = {}
    rejected: dict[tuple[str, str], RejectedRow] = {}
    for table in register.tables:
        mapper = TableMapper(register, table, NAMES, TODAY)
        for row in register.source(table).read(None):
            result = mapper.map(row)
            if isinstance(result, MappedRow):
                drafts |= {draft.slot: draft for draft in result.drafts}
            else:
                rejected[table, row.locator] = result
    return list(drafts.values()), list(rejected.values())


@pytest.mark.parametrize("name", COUNTRIES)
def test_the_adapter_reads_exactly_what_happened(name: str, tmp_path: Path) -> None:
    shipped = SHIPPED[name]
    world = build_world(shipped.country, (2020, 2021), 60, Random(7))
    shipped.write(world, tmp_path / shipped.file)
    drafts, rejected = mapped(opened(name, tmp_path))
    assert rejected == []
    told = Counter(comparable(draft.fields) for draft in drafts)
    assert told == Counter(comparable(fact) for fact in facts(world, name))


def facilitators(world: World, name: str) -> Iterator[tuple[str, str]]:
    """Type and value of every identifier that a register's own words can be understood to say."""
    if name == "tunisia":
        for network in world.networks:
            recruiter = at_work("TUN", network.number)
            yield from (("PHONE", phone) for phone in phones_of(network))
            yield "HANDLE", f"facebook:recruteur.fictif.{recruiter.number:03}"
            yield "PLATE", f"TUN:RS:100:{1000 + recruiter.number}"
    for case in world.cases if name == "lebanon" else ():
        if case.investigation:
            yield "PHONE", at_work("LBN", case.number).phone
            if case.number % 2:
                yield "AGENCYREG", f"LBN:9999{at_work('LBN', case.number).number:03}"
    for case in world.cases if name in ("morocco", "jordan") else ():
        # A person's identifier is one for each role that the file gives the person.
        first = case.investigation.suspects[:1] if case.investigation else ()
        for _ in first[0].roles if first and case.number % UNCLEAR else ():
            known = at_work(world.country, case.number)
            yield from (("PHONE", known.phone), ("PLATE", f"TUN:RS:100:{known.plate}"))


@pytest.mark.parametrize("name", COUNTRIES)
def test_the_adapter_names_exactly_the_facilitators_who_were_noted(
    name: str, tmp_path: Path
) -> None:
    """And no one else."""
    shipped = SHIPPED[name]
    world = build_world(shipped.country, (2019, 2020, 2021), 60, Random(7))
    shipped.write(world, tmp_path / shipped.file)
    register = opened(name, tmp_path)
    rows = [row for _, _, row in judge(register, pseudonyms=NAMES, today=TODAY)]
    found = [i for row in rows if isinstance(row, MappedRow) for i in row.identifiers]
    told = Counter((identifier.link_type, identifier.value) for identifier in found)
    assert told == Counter(facilitators(world, name))
    assert told


def test_some_facilitators_are_noted_in_two_countries() -> None:
    """That is what linkage is to find in the registers that are shipped."""
    noted = {n: dict.fromkeys(facilitators(world_of(n), n)) for n in COUNTRIES}
    for one, other in combinations(COUNTRIES, 2):
        shared = noted[one].keys() & noted[other].keys()
        assert len({value for link_type, value in shared if link_type == "PHONE"}) == KNOWN_TO_ALL


FAULT_CODES = {
    "IMPOSSIBLE_DATE": {"DATE_IMPOSSIBLE"},
    "FUTURE_DATE": {"DATE_IN_FUTURE"},
    "UNKNOWN_CODE": {"UNKNOWN_VALUE"},
    "UNKNOWN_COUNTRY": {"UNRESOLVED_COUNTRY"},
    "UNKNOWN_REGION": {"UNRESOLVED_PLACE"},
    "MISSING_KEY": {"MISSING_KEY"},
    "WRONG_ORDER": {"DATES_OUT_OF_ORDER"},
    "BAD_NUMBER": {"NUMBER_UNREADABLE", "NUMBER_OUT_OF_RANGE", "EVENT_INVALID"},
    "SKIPPED_STAGE": {"MISSING_VALUE"},
}
BESIDE = {"Formations": "trainings", "Réseaux": "networks"}


def place(name: str, fault: Fault) -> tuple[str, str]:
    """Table and row of a fault as the adapter calls them."""
    if name == "tunisia":
        return BESIDE.get(fault.table, "victims"), f"{fault.table}!{fault.row}"
    return fault.table, str(fault.row)


@pytest.mark.parametrize("name", COUNTRIES)
def test_exactly_the_faulty_rows_are_rejected_each_for_its_fault(name: str, tmp_path: Path) -> None:
    written = write_shipped(name, tmp_path)
    _, rejected = mapped(opened(name, tmp_path))
    reasons = {
        (row.rejection.table, row.rejection.row): {p.code for p in row.rejection.problems}
        for row in rejected
    }
    planted = {place(name, fault): FAULT_CODES[fault.kind] for fault in written.faults}
    assert reasons.keys() == planted.keys()
    assert all(reasons[where] <= expected for where, expected in planted.items())
    assert 0.03 <= len(planted) / written.total <= 0.07
    assert written.total >= 300


# --- The committed registers ---------------------------------------------------------------------


def content(folder: Path, file: str) -> object:
    """What a register says; a workbook's own bytes hold the time of writing."""
    if file.endswith(".xlsx"):
        book = openpyxl.load_workbook(folder / file)
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    stem = file.partition(".")[0]
    return {
        path.name: path.read_bytes()
        for path in folder.glob(f"{stem}.*")
        if path.suffix in (".csv", ".json", ".sql")
    }


@pytest.mark.parametrize("name", COUNTRIES)
def test_the_committed_register_is_what_the_generator_makes(name: str, tmp_path: Path) -> None:
    write_shipped(name, tmp_path)
    file = SHIPPED[name].file
    assert content(HOME / name / "fixtures", file) == content(tmp_path, file)


@pytest.mark.parametrize("name", COUNTRIES)
def test_another_seed_tells_another_story(name: str) -> None:
    country = SHIPPED[name].country
    assert world_of(name) == world_of(name)
    assert build_world(country, (2020,), 20, Random(1)) != build_world(
        country, (2020,), 20, Random(2)
    )


INVENTED = re.compile(
    r"fictive|fictif|fictitious|وهمي|\+(216 00|212 0 00|962 0 00|961 ?00) ?\d{6}|(XX|ZZ)\d{6}",
    re.IGNORECASE,
)
FILLED_IN = ("con_Consent", "prenom", "prs_First_Name")
"""Columns that stay home and hold the same word in every line."""
PEOPLE: dict[str, list[tuple[Hand, tuple[Column, ...], Callable[[World], Iterator[Line]]]]] = {
    "tunisia": [(tunisia.HAND, tunisia.VICTIMS, victim_lines)],
    "morocco": [
        (morocco.HAND, morocco.VICTIMES, victim_lines),
        (morocco.HAND, morocco.MIS_EN_CAUSE, suspect_lines),
    ],
    "jordan": [
        (jordan.POLICE, jordan.VICTIMS, victim_lines),
        (jordan.COURT, jordan.SUSPECTS, suspect_lines),
    ],
    "lebanon": [(lebanon.HAND, lebanon.ANSWERS, lebanon.submission_lines)],
}


@pytest.mark.parametrize("name", COUNTRIES)
def test_what_stays_home_looks_invented(name: str) -> None:
    """Names, telephones, papers and remarks: every column that the mapping ignores."""
    tables = load_register(name).declaration.tables.values()
    ignored = {header for table in tables for header in table.ignore} - {*FILLED_IN}
    for hand, columns, lines in PEOPLE[name]:
        private = [column for column in columns if column.header in ignored]
        assert private
        cells = [hand.cell(line, column) for line in lines(world_of(name)) for column in private]
        assert all(INVENTED.search(str(cell)) for cell in cells if cell is not None)


# --- Published figures and the trickle -----------------------------------------------------------

JORDAN_2019: dict[Cell, int] = {
    ("F", "Y_GE18", "LAB_DOM"): 7,
    ("F", "Y_GE18", "SEX_PROST"): 1,
    ("M", "_U", "OTH"): 1,
}
TUNISIA_2019: dict[Cell, int] = {
    ("F", "Y_GE18", "LAB"): 361,
    ("M", "Y0T17", "SLV_CHILD"): 348,
    ("_U", "_U", "SEX"): 66,
}
GROUPS = {"_U": "_U", **dict.fromkeys(("Y0T8", "Y9T17"), "Y0T17")}


@pytest.mark.parametrize(
    ("name", "year", "cells"), [("jordan", 2019, JORDAN_2019), ("tunisia", 2019, TUNISIA_2019)]
)
def test_exact_worlds_have_exactly_the_given_victims(
    name: str, year: int, cells: dict[Cell, int], tmp_path: Path
) -> None:
    shipped = SHIPPED[name]
    shipped.write(exact_world(shipped.country, year, cells), tmp_path / shipped.file)
    drafts, rejected = mapped(opened(name, tmp_path))
    assert rejected == []
    found = [d.fields for d in drafts if d.fields["event_type"] == "victim.identified"]
    assert {fields["period"][:4] for fields in found} == {str(year)}
    counted = Counter(
        (f["sex"], GROUPS.get(f["age_band"], "Y_GE18"), *f["exploitation"]) for f in found
    )
    assert counted == cells


def add(name: str, world: World, folder: Path) -> None:
    """Appends to a register as the trickle of the demonstration does."""
    if name == "morocco":
        engine = sa.create_engine(f"sqlite:///{folder / 'register.sqlite'}")
        morocco.append(world, engine)
        engine.dispose()
        return
    module = {"tunisia": tunisia, "jordan": jordan, "lebanon": lebanon}[name]
    module.append(world, folder / SHIPPED[name].file)


@pytest.mark.parametrize("name", COUNTRIES)
def test_the_trickle_adds_its_facts_and_no_others(name: str, tmp_path: Path) -> None:
    shipped = SHIPPED[name]
    written = write_shipped(name, tmp_path)
    register = opened(name, tmp_path)
    before = Counter(comparable(draft.fields) for draft in mapped(register)[0])
    news = list(islice(fresh(shipped.country, 5000, TODAY, Random(3)), 5))
    for world in news:
        add(name, world, tmp_path)
    drafts, rejected = mapped(load_register(name, tmp_path))
    after = Counter(comparable(draft.fields) for draft in drafts)
    assert len(rejected) == len(written.faults)
    assert after - before == Counter(
        comparable(fact) for world in news for fact in facts(world, name)
    )
