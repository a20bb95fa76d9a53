"""Rows that a server gives page by page: what makes sure that none is missing.

A page is a window on a list that others write to. While it is read, rows may come and rows may go,
and a window that slides over a list from which a row went skips another one in silence. Therefore:

1. Rows are asked for in the order in which they were made, so that new ones come at the end.
2. Each page holds as many rows as its place and the total that the server tells make due; the
   total may grow from page to page, and never falls. Only a page that is not full is the last.
3. A row of the page before does not come again; if it does, the order was not kept.
4. If rows went between two readings, the later one begins again at the first row.

One thing no count tells: a row deleted and another added between two pages. A row may then slide
past one complete reading; what it said is withdrawn, and stated again by the next one.

Whatever breaks these rules stops the run; what was recorded stays, and the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from country_adapters.kit.errors import RegisterUnreadable, SourceIncomplete

Clock = Callable[[], datetime]


class Page(NamedTuple):
    """One page.

    Attributes:
        rows: Its rows.
        total: How many rows the server counts in all.
    """

    rows: list[dict[str, Any]]
    total: int


class Window(NamedTuple):
    """What is to be read of one page.

    Attributes:
        rows: Its rows, but for those that an earlier reading recorded.
        before: The number of rows before them.
        total: How many rows the server counts in all.
        is_last: Whether there is no page behind it.
    """

    rows: list[dict[str, Any]]
    before: int
    total: int
    is_last: bool


@dataclass(frozen=True)
class Reached:
    """How far a reading came.

    Attributes:
        rows: The number of rows from the first on.
        total: The number of rows that there were then.
    """

    rows: int = 0
    total: int = 0


def numbered_pages(
    ask: Callable[[int], Page], size: int, identity: str, reached: Reached
) -> Iterator[Window]:
    """The rows of a list, page by page, from the first one on that was not yet read.

    Args:
        ask: Gives a page by its number, counted from 1.
        size: Rows on a page.
        identity: The field that tells one row from another.
        reached: Where an earlier reading stopped.

    Raises:
        SourceIncomplete: A page does not hold what is due, or the total fell.
    """
    known, total, before = reached.rows, reached.total, set[object]()
    page = ask(known // size + 1)
    if page.total < total:
        known, total = 0, 0
        page = ask(1)
    number = known // size + 1
    while True:
        start = (number - 1) * size
        _check_total(page, total)
        total = page.total
        due = min(size, max(0, total - start))
        if len(page.rows) != due:
            raise SourceIncomplete(
                expected=f"{due} rows on page {number} of {total} rows", got=f"{len(page.rows)}"
            )
        here = {row.get(identity) for row in page.rows}
        if len(here) < due or here & before:
            raise SourceIncomplete(expected="each row once", got=f"one again on page {number}")
        skipped = max(0, known - start)
        yield Window(page.rows[skipped:], start + skipped, total, due < size)
        if due < size:
            return
        number, before = number + 1, here
        page = ask(number)


def _check_total(page: Page, before: int) -> None:
    if page.total < before:
        raise SourceIncomplete(expected=f"{before} rows or more", got=f"{page.total}")


def count_of(answer: object, key: str, place: str) -> int:
    """A number of rows that a server tells.

    Raises:
        RegisterUnreadable: It tells none.
    """
    count = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise RegisterUnreadable(expected=f"`{key}` in {place}", got="none")
    return count


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def is_due(began: str, hours: int, at: datetime) -> bool:
    """Whether the last complete reading began so long ago that another one is due."""
    return at - datetime.fromisoformat(began) >= timedelta(hours=hours)
