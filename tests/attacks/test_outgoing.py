"""Whatever a faulty mapping would let out is held back by the scanner, and nothing else is.

The mapping and the contract stand before the scanner and are tested elsewhere; here they are taken
away. Text of every kind that identifies is put straight into the values of events, in every
position and in the spellings of several scripts.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from country_adapters.kit.errors import OutgoingError
from country_adapters.kit.mapping import TableMapper
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.runner import RunReport, run, write_rejects
from country_adapters.kit.scanner import Scanner, shape_of, spoken, words_of_contract
from country_adapters.kit.sources.base import SourceRow
from producers.outbox import Outbox
from producers.rows import Draft, MappedRow, RejectedRow
from schemas.case_events import EVENT_TYPES
from schemas.errors import tree
from tests.generated import fields_of
from tests.integration.golden import TODAY, register
from tests.unit.small_register import GOOD
from tests.unit.test_runner import read

AUTHORITY = "tn.inltp"
SCANNER = Scanner(AUTHORITY)
NAMES = Pseudonyms(bytes(32))
SLOT = bytes(32)
COUNTRIES = ("tunisia", "morocco", "jordan", "lebanon")
CODES = {error.code for error in tree(OutgoingError)} - {OutgoingError.code}

Fields = dict[str, Any]
Spelling = Callable[[str], str]


def codes(fields: Fields, cells: Mapping[str, object] | None = None) -> set[str]:
    return {problem.code for problem in SCANNER.problems([Draft(SLOT, fields)], cells or {})}


# --- Spellings: the same thing as people and machines write it ----------------------------------

ZEROS = "0٠۰०０𝟎"
"""The nought of Latin, Arabic-Indic, Persian, Devanagari, full-width and mathematical digits."""
BETWEEN = ("", " ", "-", ".", "/", "\u200f", "\u2009", "\u0640", "\u0301", " - ")


def in_digits_of(zero: str, text: str) -> str:
    """The text with its ASCII digits in the script of a nought."""
    return "".join(chr(ord(zero) + int(c)) if c.isascii() and c.isdigit() else c for c in text)


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@st.composite
def spelt(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A number with its digits in any script and anything that people put between them."""
    text = in_digits_of(draw(st.sampled_from(ZEROS)), draw(texts))
    return draw(st.sampled_from(BETWEEN)).join(text)


@st.composite
def with_check_digits(draw: st.DrawFn) -> str:
    """An IBAN of a country of the region, or of another, that is valid by its check digits."""
    country, length = draw(st.sampled_from([("TN", 24), ("JO", 30), ("LB", 28), ("FR", 27)]))
    account = draw(st.text("0123456789ABCXYZ", min_size=length - 4, max_size=length - 4))
    number = int("".join(str(int(sign, 36)) for sign in f"{account}{country}00"))
    iban = f"{country}{98 - number % 97:02}{account}"
    blocks = [iban[i : i + 4] for i in range(0, length, 4)]
    return draw(st.sampled_from([iban, " ".join(blocks), iban.lower(), wide(iban)]))


def numbers(*patterns: str) -> st.SearchStrategy[str]:
    """Numbers by pattern; a # is any digit."""

    @st.composite
    def one(draw: st.DrawFn) -> str:
        pattern = draw(st.sampled_from(patterns))
        digits = st.sampled_from("0123456789")
        return "".join(draw(digits) if c == "#" else c for c in pattern)

    return one()


PHONES = spelt(
    numbers(
        *("+216########", "00216########", "2#######", "5#######"),
        *("+2126########", "06########", "05########"),
        *("+9627########", "079#######", "062######"),
        *("+9617#######", "03######", "71######", "+3361########"),
    )
)
IDENTITIES = spelt(numbers("0#######", "1#######", "9#########", "2#########"))
DOCUMENTS = numbers("AB######", "k#####", "LR#######", "A 123 ###", "131-15C#####").flatmap(
    lambda text: st.sampled_from([text, wide(text), in_digits_of("٠", text)])
)
RUNS = spelt(st.text("0123456789", min_size=6, max_size=40))
EMAILS = st.sampled_from(
    ["zaynab@exemple.tn", "Z.Fictive+a@mail.exemple.ma", "زينب@مثال.تونس", "a @ b . jo"]
).flatmap(lambda text: st.sampled_from([text, text.upper(), wide(text)]))
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31)).flatmap(
    lambda day: st.sampled_from(
        [f"{day:%Y-%m-%d}", f"{day:%d/%m/%Y}", f"{day.day}.{day.month}.{day.year}", "5 / 3 / 1446"]
    )
)
TELLING = {
    "OUTGOING_EMAIL": EMAILS,
    "OUTGOING_IBAN": with_check_digits(),
    "OUTGOING_DAY": st.builds(in_digits_of, st.sampled_from(ZEROS), DAYS),
    "OUTGOING_IDENTITY": IDENTITIES | DOCUMENTS,
    "OUTGOING_PHONE": PHONES,
    "OUTGOING_DIGITS": RUNS,
}
ALSO = {
    "OUTGOING_PHONE": {"OUTGOING_IDENTITY"},  # 01 234567 is a telephone in Beirut, a card in Tunis
    "OUTGOING_DIGITS": {"OUTGOING_PHONE", "OUTGOING_IDENTITY"},
}
"""A number may have two shapes; it is named after the first."""

NOTES = st.sampled_from(["", "voir ", "tél. ", "انظر ", "« ", "\n"])

WORDS = ("Zaynab", "Fictive", "Émilie", "زينب", "الوهمية", "Ζηνοβία", "Зайнаб", "ゼイナブ")
SPELLINGS: tuple[Spelling, ...] = (
    str,
    str.upper,
    str.lower,
    wide,
    "\u0640".join,  # tatweel between the letters
    "\u0301".join,  # accents
    "\u200d".join,  # joiners
)
BESIDE: tuple[Spelling, ...] = (str, lambda word: f"M. {word}, fils", lambda word: f"x{word}x")


# --- Every value of every event ------------------------------------------------------------------


def genuine(fields: Fields) -> Fields:
    """A generated event with what only an adapter makes: the authority's id, and pseudonyms."""
    made = {
        name: hashlib.sha256(value).digest()[: len(value)]
        for name, value in fields.items()
        if isinstance(value, bytes)
    }
    return {**fields, **made, "producer": AUTHORITY}


MAPPED = sorted(EVENT_TYPES.keys() - {"network.linkage"})
"""Event types that a mapping states; tokens come later, and from no cell."""
REAL = st.sampled_from(MAPPED).flatmap(fields_of).map(genuine)


def planted(fields: Fields, plant: object) -> Iterator[Fields]:
    """The event with a plant as each of its values, in each of its lists, and as a field's name."""
    for name, value in fields.items():
        yield {**fields, name: plant}
        if isinstance(value, list):
            yield {**fields, name: [*value, plant]}
            yield {**fields, name: (plant, *value)}
    yield {**fields, str(plant): True}


@given(REAL, st.dictionaries(st.text(), st.sampled_from(sorted(words_of_contract())) | st.text()))
def test_whatever_the_contract_allows_may_leave(fields: Fields, cells: Mapping[str, str]) -> None:
    """Also beside a row that is written in the contract's own codes."""
    own = {f"Col. {name}": value for name, value in fields.items() if isinstance(value, str | list)}
    assert SCANNER.problems([Draft(SLOT, fields)], {**cells, **own}) == ()


@pytest.mark.parametrize("code", TELLING)
@given(data=st.data())
def test_what_identifies_is_refused_by_name_wherever_it_stands(
    code: str, data: st.DataObject
) -> None:
    fields = data.draw(REAL)
    plant = data.draw(NOTES) + data.draw(TELLING[code])
    for event in planted(fields, plant):
        found = codes(event)
        assert found
        assert found <= {code, *ALSO.get(code, ())}


@given(REAL, st.sampled_from(WORDS), *[st.sampled_from(SPELLINGS)] * 2, st.sampled_from(BESIDE))
def test_a_word_of_the_row_is_refused_in_every_spelling(
    fields: Fields, word: str, in_row: Spelling, in_event: Spelling, beside: Spelling
) -> None:
    cells = {"N°": 7, "Nom": in_row(word), "Note": "vu"}
    for event in planted(fields, beside(in_event(word))):
        assert codes(event, cells) == {"OUTGOING_ROW_TEXT"}


@given(REAL, st.text())
def test_any_other_text_is_refused_too(fields: Fields, text: str) -> None:
    if text not in words_of_contract():
        for event in planted(fields, text):
            assert len(codes(event)) == 1


STRANGE: tuple[object, ...] = (
    *(TODAY, 1.5, 100_001, -1, 20_000_000, object()),
    *({"name": True}, {"F"}, [["F"]], frozenset({"F"})),
)


@given(REAL, st.sampled_from(STRANGE))
def test_what_no_event_can_hold_is_refused(fields: Fields, value: object) -> None:
    for event in planted(fields, value):
        assert codes(event)


FILLERS = st.binary(max_size=16)


@given(st.sampled_from(WORDS), FILLERS, FILLERS, st.sampled_from([16, 32]))
def test_a_pseudonym_that_shows_a_word_of_its_row_is_refused(
    word: str, before: bytes, after: bytes, length: int
) -> None:
    """As if somebody had written the identity there instead of a MAC of it."""
    cells = {"people": [{"name": f"M. {word.upper()} {word}{word}"}]}
    for shown in (word, word.lower(), f"{word}{word}".lower()):
        written = (shown.encode() + after.ljust(length))[:length]
        for ref in (written, before + shown.encode()):
            assert codes({"victim_ref": ref}, cells) == {"OUTGOING_ROW_TEXT"}


def test_a_word_that_was_cut_to_the_length_of_a_pseudonym_is_refused() -> None:
    for word in ("abdelrahmanfictive", "عبدالرحمنالوهمي"):
        ref = word.encode()[:16]
        assert codes({"victim_ref": ref}, {"Nom": word}) == {"OUTGOING_ROW_TEXT"}


def test_letters_that_a_decoder_lost_are_in_no_pseudonym() -> None:
    """A name may have been read as marks of loss; so would be the bytes of any pseudonym."""
    ref = b"Zk4pQw" + bytes(range(0xF6, 0x100))
    assert codes({"victim_ref": ref}, {"Nom": "\ufffd" * 6}) == set()


@given(numbers("########"), st.sampled_from(ZEROS), FILLERS, FILLERS)
def test_a_pseudonym_that_shows_a_number_is_refused(
    number: str, zero: str, before: bytes, after: bytes
) -> None:
    ref = before + in_digits_of(zero, number).encode() + after
    assert codes({"victim_ref": ref}) == {"OUTGOING_DIGITS"}


def test_pseudonyms_of_the_row_itself_may_leave() -> None:
    for number in range(5_000):
        cells = {"case": f"dossier {number} fictive", "line": number}
        ref = NAMES.victim([f"dossier {number} fictive", str(number)])
        assert codes({"victim_ref": ref}, cells) == set()


def test_no_word_of_the_contract_has_a_shape_that_identifies() -> None:
    words = set(spoken())
    assert len(words) > 300
    assert {word for word in words if shape_of(word) is not None} == set()


def test_an_authority_that_is_called_like_a_number_is_not_known() -> None:
    fields = {"producer": "tn.20123456"}
    [problem] = Scanner("tn.20123456").problems([Draft(SLOT, fields)], {})
    assert (problem.column, problem.code) == ("an event: producer", "OUTGOING_IDENTITY")


def test_a_problem_tells_the_place_and_no_value() -> None:
    fields = {"event_type": "Zaynab", "Fictive": "01234567", "sex": "Fictive"}
    problems = SCANNER.problems([Draft(SLOT, fields)], {"Nom": "Zaynab Fictive"})
    assert [(problem.column, problem.code) for problem in problems] == [
        ("an event: event_type", "OUTGOING_ROW_TEXT"),
        ("an event: a field", "OUTGOING_ROW_TEXT"),
        ("an event: a field", "OUTGOING_IDENTITY"),
        ("an event: sex", "OUTGOING_ROW_TEXT"),
    ]
    told = repr(problems).lower()
    assert "zaynab" not in told
    assert "fictive" not in told
    assert "01234567" not in told
    assert {problem.code for problem in problems} < CODES


# --- In a run ------------------------------------------------------------------------------------


@pytest.mark.parametrize("country", COUNTRIES)
def test_nothing_of_the_shipped_registers_is_refused(country: str, tmp_path: Path) -> None:
    declared = register(country, tmp_path)
    outbox = Outbox(tmp_path / "o.sqlite", authority=declared.authority, streams=1, id_key=SLOT)
    report = run(declared, outbox, pseudonyms=NAMES, today=TODAY)
    outbox.close()
    assert report.events.new > 900
    assert CODES.isdisjoint(report.problems)


class Faulty(TableMapper):
    """A mapper with a hole: it writes one cell of each row into an event, past the contract."""

    field, header = "reason", "Dossier N°"

    def map(self, source_row: SourceRow) -> MappedRow | RejectedRow:
        mapped = super().map(source_row)
        assert isinstance(mapped, MappedRow)
        first, *others = mapped.drafts
        leak = {**first.fields, self.field: source_row.values[self.header]}
        return MappedRow(mapped.row_key, (Draft(first.slot, leak), *others))


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox.sqlite", authority="tn.test", streams=1, id_key=SLOT)
    yield outbox
    outbox.close()


def read_faultily(
    monkeypatch: pytest.MonkeyPatch, folder: Path, outbox: Outbox, line: str
) -> RunReport:
    with monkeypatch.context() as patched:
        patched.setattr("country_adapters.kit.runner.TableMapper", Faulty)
        return read(folder, outbox, [line])


def test_a_row_that_a_faulty_mapping_would_let_out_stays_home_whole(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = read_faultily(monkeypatch, tmp_path, outbox, GOOD.replace("D1", "Zaynab-٠٧"))
    assert (report.mapped, report.rejected) == (0, 1)
    assert report.problems == {"OUTGOING_ROW_TEXT": 1}
    assert outbox.tally()["events"] == 0
    write_rejects(outbox, tmp_path / "rejects.csv")
    with (tmp_path / "rejects.csv").open(encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines[1:] == [
        [
            *("lines", "2", "assistance.closed: reason", "OUTGOING_ROW_TEXT"),
            *("a code, a month, a count or a pseudonym", "a word of the row"),
        ]
    ]
    assert b"zaynab" not in (tmp_path / "outbox.sqlite").read_bytes().lower()


def test_what_such_a_row_published_before_stays(
    tmp_path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, outbox, [GOOD])
    changed = GOOD.replace("Le Kef", "Tunis")
    report = read_faultily(monkeypatch, tmp_path, outbox, changed)
    assert (report.events.new, report.events.corrected, report.events.withdrawn) == (0, 0, 0)
    assert report.rejected == 1
    assert read(tmp_path, outbox, [changed, ""]).events.corrected == 1
