"""Dates as registers write them, read only as declared.

The rules:

1. A column declares the order in which its dates are typed (``dmy``, ``ymd``, ``iso``) and their
   calendar. Nothing is tried in turn: 03/04/2019 is the third of April under ``dmy`` and refused
   under ``ymd``.
2. The calendar is ``gregorian``, ``hijri`` (Umm al-Qura, 1343 to 1500 AH), or ``marked``: Gregorian
   unless the cell bears the mark of Hijri dates (هـ). A mark that contradicts the calendar is
   refused.
3. A cell that the workbook or database itself holds as a date is that date. A bare number is a
   date only where the column declares Excel's serial numbers.
4. Any decimal digits are read, Arabic-Indic ones too; invisible direction marks are skipped. A
   year has four digits.
5. Impossible days, days after ``today`` and days before 1900 are refused.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Literal

from hijridate import Hijri
from pydantic import BaseModel, ConfigDict

from country_adapters.kit.digits import plain
from country_adapters.kit.errors import (
    DateAmbiguous,
    DateImpossible,
    DateInFuture,
    DateOutOfRange,
    DateUnreadable,
)

EARLIEST = date(1900, 1, 1)
EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of the 1900 date system as it counts from March 1900 on (ECMA-376, part 1, 18.17.4)."""

_SEPARATED = r"(?P<sep>[/.\-\s؍])"
_MARK = r"\s*(?P<mark>[هم]?)\.?"
_PATTERNS = {
    "dmy": rf"(?P<d>\d{{1,2}}){_SEPARATED}(?P<m>\d{{1,2}})(?P=sep)(?P<y>\d{{4}}|\d{{2}}){_MARK}",
    "ymd": rf"(?P<y>\d{{4}}|\d{{2}}){_SEPARATED}(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}}){_MARK}",
    "iso": r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?P<mark>)"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?",
}
_COMPILED = {order: re.compile(pattern) for order, pattern in _PATTERNS.items()}
_HIJRI, _GREGORIAN = "ه", "م"
_REFUSED_MARK = {"gregorian": _HIJRI, "hijri": _GREGORIAN, "marked": "-"}
_TATWEEL = "ـ"


class DateFormat(BaseModel):
    """How a column writes its dates.

    Attributes:
        order: ``dmy``, ``ymd``, or ``iso`` (a time of day may follow and is dropped).
        calendar: ``gregorian``, ``hijri``, or ``marked``.
        serials: Whether a bare number is an Excel serial date.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: Literal["dmy", "ymd", "iso"]
    calendar: Literal["gregorian", "hijri", "marked"] = "gregorian"
    serials: bool = False


def read_date(cell: object, how: DateFormat, today: date) -> date:
    """The day that a cell names.

    Args:
        cell: Text, a date, a datetime or a number, as the source gave it.
        how: The declared format.
        today: No date may lie after it.

    Raises:
        DateUnreadable: Not a date in the declared order and calendar.
        DateAmbiguous: The year has two digits.
        DateImpossible: No such day.
        DateOutOfRange: Before 1900.
        DateInFuture: After today.

    Example:
        >>> read_date("١٢/٣/١٤٤٥ هـ", DateFormat(order="dmy", calendar="marked"), date(2026, 1, 1))
        datetime.date(2023, 9, 27)
    """
    day = _as_date(cell, how)
    if day < EARLIEST:
        raise DateOutOfRange(expected=f"{EARLIEST.year} or later", got="an earlier date")
    if day > today:
        raise DateInFuture(expected="a date up to today", got="a later date")
    return day


def _as_date(cell: object, how: DateFormat) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, str):
        return _from_text(cell, how)
    if how.serials and isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_serial(cell)
    raise DateUnreadable(expected=_wanted(how), got="a number or another type")


def _from_serial(number: float) -> date:
    try:
        return EXCEL_EPOCH + timedelta(days=int(number))
    except (OverflowError, ValueError):
        raise DateImpossible(expected="an Excel date", got="a number out of range") from None


def _from_text(text: str, how: DateFormat) -> date:
    match = _COMPILED[how.order].fullmatch(plain(text).replace(_TATWEEL, ""))
    if match is None or match["mark"] == _REFUSED_MARK[how.calendar]:
        raise DateUnreadable(expected=_wanted(how), got="text")
    if len(match["y"]) == 2:
        raise DateAmbiguous(expected="a year of four digits", got="two digits")
    year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
    hijri = how.calendar == "hijri" or (how.calendar == "marked" and match["mark"] == _HIJRI)
    try:
        if hijri:
            return date(*Hijri(year, month, day).to_gregorian().datetuple())
        return date(year, month, day)
    except (ValueError, OverflowError):
        calendar = "Hijri" if hijri else "Gregorian"
        raise DateImpossible(expected=f"a {calendar} date", got="no such day") from None


def _wanted(how: DateFormat) -> str:
    return f"a date as {how.order}, {how.calendar}"
