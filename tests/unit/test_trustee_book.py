"""The trustee's book: all that follows from a record at once, and each record once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest

from processors.linkage.book import HOUR_MS, KEEP_DAYS, Book
from processors.linkage.errors import BookForeign, BookMissing
from processors.linkage.judge import Decision, State, judge
from processors.linkage.quota import BURST, DAY_MS
from tests.unit.trustees import COE, NOON, OFFICE, TRUSTEE, TUNISIA, a_question


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book(tmp_path / "book.sqlite", TRUSTEE)
    yield made
    made.close()


def decided(book: Book, message: bytes, now: int = NOON) -> Decision:
    return judge(message, "TUN", book, OFFICE, now, token_bytes)


def test_all_that_follows_from_a_record_is_there_when_the_book_is_opened_anew(
    book: Book, tmp_path: Path
) -> None:
    asked = a_question(7)
    decision = decided(book, asked.message)
    assert book.record("TUN", 0, decision)
    again = Book(tmp_path / "book.sqlite", TRUSTEE)
    assert again.next_offset("TUN") == 1
    assert again.next_offset("MAR") == 0
    assert again.kept(TUNISIA, asked.request.request_id) == decision.kept
    assert again.account(TUNISIA).left((), NOON) == BURST - 7
    (answer,) = again.waiting()
    assert (answer.country, answer.message) == ("TUN", decision.message)
    (line,) = again.lines(limit=10)
    assert (line.authority, line.state, line.elements, line.left) == (
        TUNISIA,
        State.EVALUATED,
        7,
        BURST - 7,
    )
    again.close()


def test_a_record_is_decided_on_once_whoever_comes_second(book: Book, tmp_path: Path) -> None:
    """Two processes on one book: the second sees that the record was taken, and changes nothing."""
    other = Book(tmp_path / "book.sqlite", TRUSTEE)
    message = a_question(9).message
    mine, theirs = decided(book, message), decided(other, message)
    assert book.record("TUN", 0, mine)
    assert not other.record("TUN", 0, theirs)
    assert len(other.waiting()) == 1
    assert other.account(TUNISIA).left((), NOON) == BURST - 9
    other.close()


def test_nothing_is_booked_if_not_all_is(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = decided(book, a_question().message)

    def full(country: str, decision: Decision) -> bool:
        raise sqlite3.OperationalError(country, decision)

    refused = decided(book, b"nothing")
    monkeypatch.setattr(book, "_counted", full)
    with pytest.raises(sqlite3.OperationalError):
        book.record("TUN", 0, refused)
    assert (book.next_offset("TUN"), book.lines(limit=9)) == (0, [])
    assert book.record("TUN", 0, decision)


def test_an_answer_waits_until_kafka_has_it(book: Book) -> None:
    for offset in range(3):
        book.record("TUN", offset, decided(book, a_question().message))
    first, *rest = book.waiting()
    book.sent([first])
    assert book.waiting() == rest
    assert book.number_waiting() == 2


def test_what_is_old_is_no_longer_kept_but_its_line_is(book: Book) -> None:
    asked = a_question()
    book.record("TUN", 0, decided(book, asked.message))
    book.tidy(NOON + KEEP_DAYS * DAY_MS)
    assert book.kept(TUNISIA, asked.request.request_id) is not None
    book.tidy(NOON + KEEP_DAYS * DAY_MS + 1)
    assert book.kept(TUNISIA, asked.request.request_id) is None
    assert len(book.lines(limit=9)) == 1
    assert book.account(TUNISIA).left((), NOON) == BURST - 1


def test_what_costs_nothing_does_not_fill_the_log(book: Book) -> None:
    asked = a_question(2)
    messages = [asked.message, *[asked.message] * 50, *[b"nothing"] * 50]
    for offset, message in enumerate(messages):
        book.record("TUN", offset, decided(book, message, NOON + offset))
    lines = book.lines(limit=99)
    assert [(line.state, line.times, line.elements) for line in lines] == [
        (State.EVALUATED, 1, 2),
        (State.REPEATED, 50, 100),
        (State.REFUSED, 50, 0),
    ]
    assert (lines[1].at, lines[1].last) == (NOON + 1, NOON + 50)
    book.record("TUN", 101, decided(book, b"nothing", NOON + 51 + HOUR_MS))
    assert [line.times for line in book.lines(limit=99)] == [1, 50, 50, 1]
    assert book.totals()[TUNISIA, State.REPEATED] == (50, 100)


def test_the_log_can_be_asked_for_one_authority_or_for_refusals(book: Book) -> None:
    for offset, message in enumerate([a_question().message, b"nothing"]):
        book.record("TUN", offset, decided(book, message))
    assert [line.state for line in book.lines(limit=9, authority=TUNISIA)] == [State.EVALUATED]
    assert [line.state for line in book.lines(limit=9, refused=True)] == [State.REFUSED]
    assert [line.state for line in book.lines(limit=1)] == [State.REFUSED]


@pytest.mark.usefixtures("book")
def test_a_book_belongs_to_one_holder(tmp_path: Path) -> None:
    with pytest.raises(BookForeign, match=r"trustee\.coe"):
        Book(tmp_path / "book.sqlite", COE)
    (tmp_path / "letter.sqlite").write_bytes(b"Dear colleagues, this is no book." * 99)
    with pytest.raises(BookForeign):
        Book(tmp_path / "letter.sqlite", TRUSTEE)
    with pytest.raises(BookMissing):
        Book(tmp_path / "none.sqlite", TRUSTEE, make=False)
