"""Whatever stands in a list, suggestions write nothing of it but words of our own tables."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from datetime import date

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from country_adapters.kit.errors import RegisterError
from country_adapters.kit.suggest.columns import Setting
from country_adapters.kit.suggest.files import look_at
from country_adapters.kit.suggest.proposal import Proposal, suggest
from country_adapters.kit.suggest.questions import Decide, Question, by_default
from country_adapters.kit.suggest.vocabulary import header_phrases, meanings, words_of
from country_adapters.kit.suggest.writing import codes_yaml, register_yaml
from country_adapters.kit.text import fold
from schemas.codelists import FOLDER, codelist

TODAY = date(2026, 6, 30)
PHRASES = sorted({phrase for _, phrase in header_phrases()})
OURS = {
    word
    for meaning in meanings().values()
    if meaning.codes_of
    for known in words_of(meaning.codes_of)
    for word in known.split()
} | {
    word
    for path in FOLDER.iterdir()
    if path.name.startswith("CL_")
    for code in codelist(path.name.removesuffix(".csv"))
    for label in code.labels.values()
    for word in fold(label).split()
}

PLANTED = ("Zbynia Qorvath", "زبنيا قرفاث", "Wxembly O'Kzjart", "+216 98 765 432", "AB1234567")


def written(proposal: Proposal) -> str:
    return register_yaml(proposal, "r.json") + codes_yaml(proposal, "c.json")


def proposed(name: str, data: bytes, decide: Decide = by_default) -> Proposal | None:
    """What is suggested for a file, or nothing if it is refused."""
    try:
        looks = look_at(name, data, decide)
        return suggest("tn.frontier", looks, Setting("TUN", TODAY, decide))
    except RegisterError:
        return None


def csv_of(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    lines = (";".join(re.sub(r'[;"\r\n]', " ", cell) for cell in row) for row in (headers, *rows))
    return "\n".join(lines).encode()


def xlsx_of(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (headers, *rows):
        book.worksheets[0].append(list(row))
    book.save(file)
    return file.getvalue()


def told(text: str, cells: Sequence[str]) -> list[str]:
    """The words of cells, three letters or more and none of ours, that stand in a text."""
    said = set(fold(text).split())
    words = {word for cell in cells for word in fold(cell).split() if len(word) > 2}
    return sorted((words & said) - OURS)


# --- Names in every column -----------------------------------------------------------------------


GOOD = {"key": "{}", "date": "25/03/2024", "number": "17"}
"""Cells by which columns are used, so that events are stated and the others count."""


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("form", ["list.csv", "list.xlsx"])
@pytest.mark.parametrize("good", [{}, GOOD])
def test_a_name_in_every_column_of_every_meaning_is_never_written(
    planted: str, form: str, good: dict[str, str]
) -> None:
    for about in ("victims", "suspects", "reports", "trainings", "networks", "cooperation"):
        columns = [meaning for meaning in meanings().values() if about in meaning.about]
        headers = [
            next(phrase for name, phrase in header_phrases() if name == meaning.name)
            for meaning in columns
        ]
        rows = [
            [good.get(meaning.kind, f"{planted} {{}}").format(number) for meaning in columns]
            for number in range(6)
        ]
        data = csv_of(headers, rows) if form == "list.csv" else xlsx_of(headers, rows)
        proposal = proposed(form, data)
        assert proposal is not None
        assert told(written(proposal), [planted]) == []


def test_a_name_among_words_that_are_known_is_not_written_either() -> None:
    headers = ["N° dossier", "Signalé le", "Sexe", "Forme d'exploitation"]
    rows = [[str(n), "25/03/2024", "Femme", "Mendicité"] for n in range(9)]
    rows += [["10", "Zbynia", "Zbynia Qorvath", "Mendicité, Zbynia"]]
    proposal = proposed("list.csv", csv_of(headers, rows))
    assert proposal is not None
    assert "femme" in written(proposal).lower()
    assert told(written(proposal), ["Zbynia Qorvath"]) == []


@pytest.mark.parametrize("planted", PLANTED)
def test_a_list_without_headers_shows_no_line_of_it(planted: str) -> None:
    rows = [[planted, "Femme", "12/03/2024", "Tunis", "Police", planted]] * 3
    assert proposed("list.csv", csv_of(rows[0], rows[1:])) is None


# --- Whatever the cells --------------------------------------------------------------------------

LETTERS = "αβγδεζηθικλμνξοπρστυφχψωбгджзиклпфцчшщъыэюяაბგდევზთ"
"""Letters of scripts in which southmed has no word: one of them in a file comes from a cell."""
KNOWN = ("Femme", "homme", "Tunis", "تونسية", "12/03/2024", "25/04/2024", "25", "Police", "oui")
names = st.text(LETTERS, min_size=1, max_size=12)
known = st.sampled_from(KNOWN)
cells = st.one_of(
    known,
    names,
    st.builds("{} {}".format, known, names),
    st.builds("{},{}".format, names, known),
    st.just(""),
)
FIRST = ("n° dossier", "date de présomption")
"""Headers of columns without which no event would be stated and nothing be used."""
headers = st.lists(st.sampled_from(PHRASES), min_size=2, max_size=8, unique=True)


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Headers that are understood, and rows of names among words that are known."""
    said = [header for header in draw(headers) if header not in FIRST]
    columns = [draw(st.sampled_from([known, cells, names])) for _ in said]
    rows = draw(st.lists(st.tuples(*columns).map(list), min_size=1, max_size=8))
    return [*FIRST, *said], [[str(n), "25/04/2024", *row] for n, row in enumerate(rows)]


def answering(choices: st.DataObject) -> Callable[[Question], str]:
    """Someone who gives any of the answers that there are."""

    def decide(question: Question) -> str:
        if not question.choices or question.place[0] == "files":
            return question.default
        return str(choices.draw(st.sampled_from(question.choices)))

    return decide


@settings(max_examples=200)
@given(lists(), st.sampled_from(["list.csv", "list.xlsx"]), st.data())
def test_no_letter_of_a_name_is_written_wherever_it_stands_and_whoever_answers(
    made: tuple[list[str], list[list[str]]], form: str, choices: st.DataObject
) -> None:
    data = csv_of(*made) if form == "list.csv" else xlsx_of(*made)
    for decide in (by_default, answering(choices)):
        proposal = proposed(form, data, decide)
        if proposal is not None:
            assert not set(written(proposal)) & set(LETTERS)
