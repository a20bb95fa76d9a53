"""Whatever is typed into a cell, in whatever script: nothing of it leaves.

For every register and every column of it, a name, a number or an address in one of many scripts is
written into a row that could be mapped, and the register is read as an adapter reads it. Then
everything that comes out is searched: the bytes that are published, rejects, reports, log records,
metrics, the texts of errors with all their causes, and the preview in its three forms. The outbox
stays home; of it, what waits and what is kept for withdrawals is searched as well.

A word that comes out of the untouched row as well, as a name of a field may, proves nothing and is
left out.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from country_adapters.kit.register import Register
from country_adapters.kit.runner import judge, run, write_rejects
from country_adapters.kit.sources.base import Source, SourceRow
from deploy.commands.joining import show_preview
from deploy.preview.document import document
from deploy.preview.page import page
from deploy.preview.seen import gather
from producers.metrics import PublisherMeters
from producers.outbox import Outbox
from producers.rows import MappedRow
from tests.attacks.test_planted_text import COUNTRIES, NAMES
from tests.integration.golden import TODAY, messages, register

# --- What is typed -------------------------------------------------------------------------------

SCRIPTS = {
    "Latin": "abcdefghijklmnopqrstuvwxyzéèçœ",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Persian": "پچژگکیابتدرسم",
    "Tifinagh": "ⴰⴱⴳⴷⴹⴻⴼⴽⵀⵃⵄⵅⵇⵉⵊⵍⵎⵏⵓⵔ",
    "Ethiopic": "ሀለመረሰሸቀበተነአከወዘየደገጠፈ",
    "Bengali": "কখগঘচছজঝটঠডঢতথদধনপফবভমযরলশষসহ",
    "Tamil": "கஙசஞடணதநபமயரலவழளறன",
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщ",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "Han": "张王李赵刘陈杨黄周吴徐孙马朱胡",
}
DIGITS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "০১২৩৪৫৬৭৮৯")


def words(least: int = 7) -> st.SearchStrategy[str]:
    return st.sampled_from(list(SCRIPTS.values())).flatmap(lambda letters: _written(letters, least))


def _written(letters: str, least: int) -> st.SearchStrategy[str]:
    """Texts of some letters; a list, because text strategies also try words of the source code."""
    return st.lists(st.sampled_from(letters), min_size=least, max_size=14).map("".join)


def numbers() -> st.SearchStrategy[str]:
    """Of telephones and documents: nine digits or more, so that none is a day or a year."""
    return st.sampled_from(DIGITS).flatmap(lambda digits: _written(digits, 9))


@dataclass(frozen=True)
class Plant:
    """What is typed, and the parts of it that may be found nowhere."""

    text: str
    traces: tuple[str, ...]


NAME = st.tuples(words(), words()).map(lambda w: Plant(" ".join(w), w))
NUMBER = numbers().map(lambda n: Plant(n, (n,)))
ADDRESS = st.tuples(st.integers(1, 99), words(), words()).map(
    lambda a: Plant(f"{a[0]}, {a[1]} - {a[2]}", a[1:])
)
PLANTS = st.one_of(NAME, NUMBER, ADDRESS)


DIGIT_OF = {
    point: str(digit)
    for point in range(sys.maxunicode + 1)
    if (digit := unicodedata.digit(chr(point), None)) is not None
}
"""Every digit of every script, as ASCII has it."""


def found(plant: Plant, text: str) -> list[str]:
    """What of a plant stands in a text, also in another script's digits or another form."""
    forms = [text.lower(), unicodedata.normalize("NFKC", text).lower()]
    forms.append(forms[1].translate(DIGIT_OF))
    sought = {t.lower() for t in plant.traces}
    sought |= {t.translate(DIGIT_OF) for t in sought}
    return [trace for trace in sought if any(trace in form for form in forms)]


# --- Where it is typed ---------------------------------------------------------------------------


@cache
def best_rows(country: str) -> dict[str, SourceRow]:
    """Of each table the fullest row that can be mapped."""
    with TemporaryDirectory() as scratch:
        declared = register(country, Path(scratch))
        mapped = {
            (table, place)
            for table, place, row in judge(declared, pseudonyms=NAMES, today=TODAY)
            if isinstance(row, MappedRow)
        }
        return {
            table: max(
                (r for r in declared.source(table).read(None) if (table, r.locator) in mapped),
                key=lambda row: sum(cell not in (None, "") for cell in row.values.values()),
            )
            for table in declared.tables
        }


CELLS = {
    country: [(table, header) for table, row in best_rows(country).items() for header in row.values]
    for country in COUNTRIES
}


class Planted(Source):
    """A source with one row, or none."""

    snapshot = True

    def __init__(self, rows: list[SourceRow]) -> None:
        self._rows = rows

    @property
    def reading(self) -> str:
        return "planted"

    def size(self) -> int:
        return len(self._rows)

    def read(self, cursor: str | None) -> Iterator[SourceRow]:  # noqa: ARG002 - one reading
        yield from self._rows


def typed(row: SourceRow, header: str, plant: Plant) -> SourceRow:
    """The row with the plant in a cell, or in every answer of a group."""
    before, cell = row.values[header], plant.text
    if isinstance(before, list):
        answers = [dict.fromkeys(element, cell) for element in before]
        return replace(row, values={**row.values, header: answers})
    return replace(row, values={**row.values, header: cell})


# --- What comes out ------------------------------------------------------------------------------


class Everything(logging.Handler):
    """Every log record, with all that it holds."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += repr(vars(record)) + record.getMessage()


def outcome(declared: Register, folder: Path, show: Callable[[], str]) -> str:
    """All that leaves when the register is read, published and previewed."""
    outbox = Outbox(
        folder / "outbox.sqlite", authority=declared.authority, streams=1, id_key=bytes(32)
    )
    meters = PublisherMeters()
    log = Everything()
    root = logging.getLogger()
    root.addHandler(log)
    told = ""
    try:
        report = run(declared, outbox, pseudonyms=NAMES, today=TODAY, unsafe_without_gate=True)
        told += repr(report)
        judged = list(judge(declared, pseudonyms=NAMES, today=TODAY))
        seen = gather(declared, judged, name="planted", day=TODAY, keep=len(judged))
        show_preview(seen)
        told += page(seen) + json.dumps(document(seen), ensure_ascii=False) + show()
    except Exception as error:
        told += "".join(traceback.format_exception(error)) + repr(error)
    finally:
        root.removeHandler(log)
    write_rejects(outbox, folder / "rejects.csv")
    meters.look(outbox, 0.0)
    published = b"".join(messages(outbox))
    outbox.close()
    kept = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    metrics = generate_latest(meters.registry).decode()
    return told + log.text + metrics + (published + kept).decode("utf-8", errors="replace")


@pytest.mark.parametrize("country", COUNTRIES)
def test_whatever_is_typed_into_a_cell_comes_out_nowhere(
    country: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = register(country, tmp_path)

    def come_out(table: str, row: SourceRow) -> str:
        def source(_: Register, name: str) -> Source:
            return Planted([row] if name == table else [])

        with TemporaryDirectory() as folder, patch.object(Register, "source", source):
            return outcome(declared, Path(folder), lambda: capsys.readouterr().out)

    untouched = {table: come_out(table, row) for table, row in best_rows(country).items()}

    @settings(max_examples=100, deadline=None, print_blob=False)
    @given(st.sampled_from(CELLS[country]), PLANTS)
    def check(cell: tuple[str, str], plant: Plant) -> None:
        table, header = cell
        assume(not found(plant, untouched[table]))
        text = come_out(table, typed(best_rows(country)[table], header, plant))
        assert len(text) > 10_000
        assert found(plant, text) == []

    check()


def test_what_would_come_out_is_found() -> None:
    """The search finds a plant in every disguise it looks for."""
    plant = Plant("Zaynabi ١٢٣٤٥٦٧٨٩", ("Zaynabi", "١٢٣٤٥٦٧٨٩"))
    for text in ("about zaynabi", "no. 123456789", "no. ۱۲۳۴۵۶۷۸۹", "ＺＡＹＮＡＢＩ"):
        assert found(plant, text), text
    assert found(plant, "zayna 12345678") == []
