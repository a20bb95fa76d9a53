"""How much of the shipped registers suggestions get right: measured, and held."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from country_adapters.kit.columns import Column, DateColumn
from country_adapters.kit.declaration import TableDeclaration
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import SHIPPED, Register, load_register
from country_adapters.kit.runner import judge
from country_adapters.kit.suggest.columns import ColumnProposal, Setting
from country_adapters.kit.suggest.database import look_at_database
from country_adapters.kit.suggest.files import look_at
from country_adapters.kit.suggest.looks import Look
from country_adapters.kit.suggest.proposal import Proposal, TableProposal, suggest
from country_adapters.kit.suggest.questions import Question, by_default
from country_adapters.kit.suggest.writing import codes_yaml, register_yaml
from producers.rows import MappedRow

TODAY = date(2026, 6, 30)
FILES = {
    "tunisia": ["register.xlsx"],
    "morocco": [],
    "jordan": ["register.csv", "register.suspects.csv"],
    "lebanon": ["register.json"],
}
FLOORS = {"tunisia": 1.0, "morocco": 1.0, "jordan": 1.0, "lebanon": 0.9}
"""Share of the declared columns for which the same is suggested."""


def looks(country: str) -> list[Look]:
    folder = SHIPPED / country / "fixtures"
    if country == "morocco":
        with TemporaryDirectory() as made:
            database = sqlite3.connect(Path(made) / "register.sqlite")
            database.executescript((folder / "register.sql").read_text("utf-8"))
            database.close()
            (Path(made) / "register.url").write_text("sqlite:///register.sqlite")
            return look_at_database(Path(made) / "register.url", "SOUTHMED_INVENTED_REGISTER")
    return [
        look
        for name in FILES[country]
        for look in look_at(name, (folder / name).read_bytes(), by_default)
    ]


def answered(question: Question) -> str:
    """The one answer that is needed beside columns: a Lebanese case is exploited in Lebanon."""
    known = question.place[-1] == "country_of_exploitation" and "LBN" in question.choices
    return "LBN" if known else question.default


@cache
def proposal_for(country: str) -> Proposal:
    register = load_register(country)
    decide = answered if country == "lebanon" else by_default
    return suggest(register.authority, looks(country), Setting(register.country, TODAY, decide))


RENAMED = {
    ("networks", "type"): "network_type",
    ("networks", "recruitment"): "recruit_channels",
    ("networks", "outcome"): "network_outcome",
    ("dossiers", "presumed"): "victims",
    ("formations", "reference"): "number",
    ("cooperation", "reference"): "number",
    ("cooperation", "direction"): "coop_direction",
    ("cooperation", "type"): "coop_kind",
    ("cooperation", "outcome"): "coop_outcome",
    ("suspects", "cooperation"): "international",
    ("submissions", "presumed_victims"): "victims",
    ("submissions", "type"): "forms",
    ("submissions", "decided"): "identified",
    ("submissions", "status"): "decision",
    ("submissions", "method"): "recruitment",
}
"""What the registers call otherwise than the vocabulary does: table and column."""


@dataclass
class Score:
    right: int = 0
    declared: int = 0
    leaks: int = 0


def same(name: str, column: Column, table: str, suggested: ColumnProposal) -> bool:
    """Whether a column means the same and is read alike: kind, code list, order of dates."""
    if (RENAMED.get((table, name), name), column.kind) != (
        suggested.name,
        suggested.options["kind"],
    ):
        return False
    return not isinstance(column, DateColumn) or column.order == suggested.options["order"]


def matching(table: TableDeclaration, proposal: Proposal) -> TableProposal:
    """The suggested table that is read from the same place."""
    source = table.source.model_dump()
    [found] = [
        t
        for t in proposal.tables
        if all(source.get(part) == t.source.get(part) for part in ("file", "sheets", "table"))
    ]
    return found


def score(country: str) -> Score:
    found = Score()
    for title, table in load_register(country).declaration.tables.items():
        suggested = matching(table, proposal_for(country))
        by_header = {column.header: column for column in suggested.columns}
        found.leaks += len(set(table.ignore) & by_header.keys())
        for name, column in _suggestible(table).items():
            found.declared += 1
            mine = by_header.get(table.header(name))
            found.right += mine is not None and same(name, column, title, mine)
    return found


def _suggestible(table: TableDeclaration) -> dict[str, Column]:
    """All columns but identifiers: only a person may say that they are a facilitator's."""
    return {name: c for name, c in table.columns.items() if c.kind != "identifier"}


@pytest.mark.parametrize("country", FLOORS)
def test_most_of_a_shipped_register_is_suggested_as_it_was_declared(country: str) -> None:
    found = score(country)
    assert found.right / found.declared >= FLOORS[country], found


@pytest.mark.parametrize("country", FLOORS)
def test_no_column_that_stays_home_is_suggested_for_use(country: str) -> None:
    assert score(country).leaks == 0


@pytest.mark.parametrize("country", ["tunisia", "morocco", "jordan"])
def test_every_event_that_was_declared_is_suggested(country: str) -> None:
    for table in load_register(country).declaration.tables.values():
        stated = [event.declared["type"] for event in matching(table, proposal_for(country)).events]
        assert [event.type for event in table.events if event.type not in stated] == []


def mapped(register: Register) -> int:
    """How many rows of a register can be mapped."""
    rows = judge(register, pseudonyms=Pseudonyms(bytes(32)), today=TODAY)
    return sum(isinstance(row, MappedRow) for _, _, row in rows)


@pytest.mark.parametrize("country", ["tunisia", "jordan", "lebanon"])
def test_nearly_all_rows_are_mapped_by_what_was_suggested(tmp_path: Path, country: str) -> None:
    proposal = proposal_for(country)
    (tmp_path / "register.yaml").write_text(register_yaml(proposal, "r.json"), "utf-8")
    (tmp_path / "codes.yaml").write_text(codes_yaml(proposal, "c.json"), "utf-8")
    suggested = load_register(tmp_path, SHIPPED / country / "fixtures")
    assert mapped(suggested) >= 0.97 * mapped(load_register(country))
