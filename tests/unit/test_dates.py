"""Dates are read as declared, or refused; nothing is tried in turn."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hijridate import Gregorian
from hypothesis import given
from hypothesis import strategies as st

from country_adapters.kit.dates import EARLIEST, DateFormat, read_date
from country_adapters.kit.errors import (
    CellError,
    DateAmbiguous,
    DateImpossible,
    DateInFuture,
    DateOutOfRange,
    DateUnreadable,
)

TODAY = date(2026, 6, 30)
DMY = DateFormat(order="dmy")
YMD = DateFormat(order="ymd")
ISO = DateFormat(order="iso")
MARKED = DateFormat(order="dmy", calendar="marked")
HIJRI = DateFormat(order="dmy", calendar="hijri")
SERIAL = DateFormat(order="dmy", serials=True)

READ = [
    ("12/03/2019", DMY, date(2019, 3, 12)),
    ("12-3-2019", DMY, date(2019, 3, 12)),
    ("12.03.2019", DMY, date(2019, 3, 12)),
    (" 1/2/2020 ", DMY, date(2020, 2, 1)),
    ("29/02/2020", DMY, date(2020, 2, 29)),
    ("2019/03/12", YMD, date(2019, 3, 12)),
    ("2019-03-12", ISO, date(2019, 3, 12)),
    ("2019-03-12T23:59:59.000+03:00", ISO, date(2019, 3, 12)),
    ("١٢/٠٣/٢٠٢١", DMY, date(2021, 3, 12)),
    ("\u200f١٢/٠٣/٢٠٢١\u200f", DMY, date(2021, 3, 12)),
    ("12/03/2021 م", DMY, date(2021, 3, 12)),
    ("14/05/1442 هـ", MARKED, date(2020, 12, 29)),
    ("١٤/٠٥/١٤٤٢ هـ", MARKED, date(2020, 12, 29)),
    ("14/05/1442ه", MARKED, date(2020, 12, 29)),
    ("12/03/2021", MARKED, date(2021, 3, 12)),
    ("14/05/1442", HIJRI, date(2020, 12, 29)),
    (date(2019, 3, 12), DMY, date(2019, 3, 12)),
    (datetime(2019, 3, 12, 23, 59), DMY, date(2019, 3, 12)),
    (date(2019, 3, 12), HIJRI, date(2019, 3, 12)),
    (43536, SERIAL, date(2019, 3, 12)),
    (43536.75, SERIAL, date(2019, 3, 12)),
]

REFUSED = [
    ("31/02/2020", DMY, DateImpossible),
    ("29/02/2019", DMY, DateImpossible),
    ("03/14/2019", DMY, DateImpossible),
    ("31/02/1446 هـ", MARKED, DateImpossible),
    ("30/05/1446 هـ", MARKED, DateImpossible),
    ("12/03/1200 هـ", MARKED, DateImpossible),
    ("12/03/19", DMY, DateAmbiguous),
    ("19/03/12", YMD, DateAmbiguous),
    ("2019/03/12", DMY, DateUnreadable),
    ("12/03/2019", YMD, DateUnreadable),
    ("12/03/2019", ISO, DateUnreadable),
    ("12/03-2019", DMY, DateUnreadable),
    ("14/05/1442 هـ", DMY, DateUnreadable),
    ("12/03/2021 م", HIJRI, DateUnreadable),
    ("mars 2019", DMY, DateUnreadable),
    ("2019", DMY, DateUnreadable),
    ("", DMY, DateUnreadable),
    (43536, DMY, DateUnreadable),
    (True, SERIAL, DateUnreadable),
    (1e12, SERIAL, DateImpossible),
    (None, DMY, DateUnreadable),
    ("14/05/1442", MARKED, DateOutOfRange),
    ("31/12/1899", DMY, DateOutOfRange),
    ("01/07/2026", DMY, DateInFuture),
    (date(2091, 1, 1), DMY, DateInFuture),
]


@pytest.mark.parametrize(("cell", "how", "day"), READ)
def test_dates_that_are_read(cell: object, how: DateFormat, day: date) -> None:
    assert read_date(cell, how, TODAY) == day


@pytest.mark.parametrize(("cell", "how", "error"), REFUSED)
def test_dates_that_are_refused(cell: object, how: DateFormat, error: type[CellError]) -> None:
    with pytest.raises(error) as caught:
        read_date(cell, how, TODAY)
    if cell:
        assert str(cell) not in str(caught.value)


@pytest.mark.parametrize("how", [DMY, YMD, ISO, MARKED])
@given(day=st.dates(EARLIEST, TODAY))
def test_every_day_is_read_back_in_its_order(how: DateFormat, day: date) -> None:
    order = {"dmy": "%d/%m/%Y", "ymd": "%Y/%m/%d", "iso": "%Y-%m-%d"}[how.order]
    text = day.strftime(order)
    arabic = text.translate({ord("0") + n: ord("٠") + n for n in range(10)})
    assert read_date(text, how, TODAY) == read_date(arabic, how, TODAY) == day


@given(day=st.dates(date(1925, 1, 1), TODAY))
def test_every_hijri_day_is_the_day_of_the_umm_al_qura_calendar(day: date) -> None:
    hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    assert read_date(f"{hijri.day}/{hijri.month}/{hijri.year} هـ", MARKED, TODAY) == day


@given(day=st.dates(EARLIEST, TODAY))
def test_excel_serials_count_days(day: date) -> None:
    assert read_date((day - date(1899, 12, 30)) / timedelta(days=1), SERIAL, TODAY) == day


@given(text=st.text(max_size=20))
def test_whatever_is_typed_ends_in_a_day_or_a_named_refusal(text: str) -> None:
    try:
        day = read_date(text, MARKED, TODAY)
    except CellError:
        return
    assert EARLIEST <= day <= TODAY
