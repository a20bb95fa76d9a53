"""The book of a delivery is one reader's, and one process's."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.delivery.book import Book
from deploy.delivery.errors import DeliveryBookForeign, DeliveryBookUnwritable, DeliveryUnderWay


def test_a_book_is_one_readers_and_one_processes(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    book = Book(path, "contact.tn")
    with pytest.raises(DeliveryUnderWay):
        Book(path, "contact.tn")
    book.close()
    with pytest.raises(DeliveryBookForeign):
        Book(path, "contact.lb")
    Book(path, "contact.tn").close()
    (tmp_path / "text").write_text("no book at all, but some text that is long enough" * 30)
    with pytest.raises(DeliveryBookForeign):
        Book(tmp_path / "text", "contact.tn")
    with pytest.raises(DeliveryBookUnwritable):
        Book(tmp_path / "nowhere" / "book.sqlite", "contact.tn")
