"""When what is published: a function of the file of tables and of a date.

A provisional table is due some days after its quarter, a final one some months after its year, an
erratum on the day that the board decided. Nothing is published earlier, and nothing else ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from processors.release.errors import NotDue
from processors.release.tables import Tables, quarters_of
from schemas.releases import Vintage, release_key


@dataclass(frozen=True, order=True)
class Item:
    """One release of the calendar; items sort by the day they are due."""

    due: date
    table: str
    period: str
    vintage: Vintage

    @property
    def key(self) -> str:
        return release_key(self.table, self.period, self.vintage)


def months_later(day: date, months: int) -> date:
    """The last day of the month that comes so many months after the month of a day.

    Example:
        >>> months_later(date(2023, 12, 31), 6)
        datetime.date(2024, 6, 30)
    """
    years, month = divmod(day.month + months, 12)
    return date(day.year + years, month + 1, 1) - timedelta(days=1)


def last_day(period: str) -> date:
    """The last day of a quarter or year.

    Example:
        >>> last_day("2023-Q1"), last_day("2023")
        (datetime.date(2023, 3, 31), datetime.date(2023, 12, 31))
    """
    year, _, quarter = period.partition("-Q")
    return months_later(date(int(year), 1, 1), int(quarter or 4) * 3 - 1)


def due_on(tables: Tables, period: str, vintage: Vintage) -> date:
    """The day on which a provisional or final release is due."""
    rule = tables.calendar
    if vintage == "PROVISIONAL":
        return last_day(period) + timedelta(days=rule.provisional_after_days)
    return months_later(last_day(period), rule.final_after_months)


def items(tables: Tables, until: date, since: int = 0) -> list[Item]:
    """Everything that is due up to a date, in the order in which it is published.

    Args:
        tables: The file of tables.
        until: The date.
        since: Leaves out the years before this one, of which nothing was ever counted.
    """
    due = (item for item in _all(tables, until.year) if item.due <= until)
    return sorted(item for item in due if int(item.period[:4]) >= since)


def item_of(tables: Tables, key: str, on: date) -> Item:
    """The item of a key.

    Raises:
        NotDue: It is not in the calendar, or not yet.
    """
    for item in items(tables, on):
        if item.key == key:
            return item
    raise NotDue(expected=f"a release that is due by {on}", got=key)


def _all(tables: Tables, last_year: int) -> Iterator[Item]:
    for year in range(tables.calendar.since, last_year + 1):
        for name, table in tables.tables.items():
            quarterly = table.vintage == "PROVISIONAL"
            for period in quarters_of(str(year)) if quarterly else (str(year),):
                yield Item(due_on(tables, period, table.vintage), name, period, table.vintage)
    for erratum in tables.errata:
        yield Item(erratum.due, erratum.table, erratum.period, "ERRATUM")
