"""No name, number or note has a way out of the country.

Into every column of every shipped register, in turn, a name, a telephone number and a note are
planted. The row may be mapped (a blank key cannot be told from a good one by its look) or rejected;
what was planted must be in no event, no rejection, no report, no preview and no log line.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from itertools import islice
from pathlib import Path

import pytest

from country_adapters.kit.mapping import TableMapper
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import Register
from country_adapters.kit.runner import judge, run, write_rejects
from country_adapters.kit.sources.base import SourceRow
from deploy.commands.joining import show_preview
from deploy.preview.document import document
from deploy.preview.page import page
from deploy.preview.seen import gather
from producers.outbox import Outbox
from producers.rows import MappedRow, RejectedRow
from tests.integration.golden import TODAY, messages, register

COUNTRIES = sorted(
    folder.name
    for folder in files("country_adapters").iterdir()
    if (folder / "register.yaml").is_file()
)
NAMES = Pseudonyms(bytes(32))
PLANTS = (
    "Zaynab Fictive",
    "زينب الوهمية",
    "+216 00 000 012",
    "à voir avec Zaynab, tél. 00 000 012",
    "12/03/1985 Zaynab",
    900_000_012,
)
TRACES = ("zaynab", "زينب", "000 012", "000012", "fictive")


def test_all_shipped_registers_are_attacked() -> None:
    assert {"tunisia", "jordan"} <= set(COUNTRIES)


def planted(row: SourceRow) -> Iterator[SourceRow]:
    """The row with each plant in each of its cells, and in each answer of its groups."""
    for header, cell in row.values.items():
        for plant in PLANTS:
            yield replace(row, values={**row.values, header: plant})
            if isinstance(cell, list):
                for key in cell[0]:
                    elements = [{**cell[0], key: plant}, *cell[1:]]
                    yield replace(row, values={**row.values, header: elements})


def told(result: MappedRow | RejectedRow) -> str:
    if isinstance(result, RejectedRow):
        return repr(result.rejection)
    events = json.dumps([draft.fields for draft in result.drafts], default=bytes.hex)
    return events + repr(result.identifiers) + repr(result.unusable)


def is_mapped(result: MappedRow | RejectedRow) -> bool:
    return isinstance(result, MappedRow)


def traces(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text.lower()]


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_planted_in_a_cell_stays_home(
    country: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    declared = register(country, tmp_path)
    for table in declared.tables:
        mapper = TableMapper(declared, table, NAMES, TODAY)
        rows = [row for row in declared.source(table).read(None) if is_mapped(mapper.map(row))]
        full = max(
            rows, key=lambda row: sum(cell not in (None, "") for cell in row.values.values())
        )
        results = [mapper.map(row) for row in planted(full)]
        assert sum(isinstance(result, RejectedRow) for result in results) > len(results) / 2
        assert [result for result in results if traces(told(result))] == []
    # Also in what a record holds and no writer would write.
    assert [vars(record) for record in caplog.records if traces(repr(vars(record)))] == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_planted_in_a_cell_is_in_no_preview(
    country: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither on the terminal, nor for programs, nor on the page that is signed."""
    declared = register(country, tmp_path)
    judged: list[tuple[str, str, MappedRow | RejectedRow]] = []
    for table in declared.tables:
        mapper = TableMapper(declared, table, NAMES, TODAY)
        for row in islice(declared.source(table).read(None), 3):
            judged += [(table, row.locator, mapper.map(each)) for each in (row, *planted(row))]
    seen = gather(declared, judged, name=country, day=TODAY, keep=len(judged))
    assert seen.refused > len(judged) / 2
    assert seen.count > 0
    show_preview(seen)
    shown = [page(seen), json.dumps(document(seen), ensure_ascii=False), capsys.readouterr().out]
    assert min(map(len, shown)) > 10_000
    assert [traces(text) for text in shown] == [[], [], []]


@pytest.mark.parametrize("country", COUNTRIES)
def test_no_pseudonym_and_no_number_of_a_case_is_in_a_preview(country: str, tmp_path: Path) -> None:
    declared = register(country, tmp_path)
    judged = list(judge(declared, pseudonyms=NAMES, today=TODAY))
    seen = gather(declared, judged, name=country, day=TODAY, keep=len(judged))
    shown = page(seen) + json.dumps(document(seen), ensure_ascii=False)
    words = set(re.findall(r"\w+", shown))
    drafts = [d for _, _, row in judged if isinstance(row, MappedRow) for d in row.drafts]
    refs = {v.hex() for d in drafts for v in (*d.fields.values(), d.slot) if isinstance(v, bytes)}
    assert len(refs) > 300
    assert refs & words == set()
    told = {*case_numbers(declared), *facilitators(declared)}
    assert [text for text in told if text in shown] == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_ignored_columns_are_dropped_by_the_source(country: str, tmp_path: Path) -> None:
    declared = register(country, tmp_path)
    for name, table in declared.declaration.tables.items():
        used = {table.header(column) for column in table.columns}
        for row in declared.source(name).read(None):
            assert set(row.values) == used
            assert used.isdisjoint(table.ignore)


@pytest.mark.parametrize("country", COUNTRIES)
def test_nothing_that_identifies_reaches_the_outbox(country: str, tmp_path: Path) -> None:
    """Neither case numbers nor facilitators, the only text that is read, nor invented names."""
    declared = register(country, tmp_path)
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, authority=declared.authority, streams=1, id_key=bytes(32))
    report = run(declared, outbox, pseudonyms=NAMES, today=TODAY)
    write_rejects(outbox, tmp_path / "rejects.csv")
    sealed = b"".join(messages(outbox))
    outbox.close()
    left = path.read_bytes() + sealed + (tmp_path / "rejects.csv").read_bytes()
    text = left.decode("utf-8", errors="replace") + repr(report)
    numbers = set(case_numbers(declared))
    assert len(numbers) > 10
    assert [number for number in (*numbers, *facilitators(declared)) if number in text] == []
    assert sum(report.identifiers.values()) > 30 or country in ("morocco", "jordan")
    assert "fictive" not in text.lower()
    assert "وهمي" not in text


def case_numbers(declared: Register) -> Iterator[str]:
    """The case numbers of a register that could not stand in its output by chance."""
    for name, table in declared.declaration.tables.items():
        for row in declared.source(name).read(None):
            cells = [str(row.values[table.header(column)]) for column in table.case_key]
            yield from (cell for cell in cells if len(cell) >= 7 and not cell.isdigit())


def facilitators(declared: Register) -> set[str]:
    """Identifiers of facilitators, as they stand in the register and in their one spelling."""
    found: set[str] = set()
    for name, table in declared.declaration.tables.items():
        mapper = TableMapper(declared, name, NAMES, TODAY)
        headers = {table.header(rule.column) for rule in table.identifiers}
        for row in declared.source(name).read(None):
            found |= {str(row.values[header]) for header in headers if row.values[header]}
            mapped = mapper.map(row)
            if isinstance(mapped, MappedRow):
                found |= {identifier.value for identifier in mapped.identifiers}
    return found
