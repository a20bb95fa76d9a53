"""A fifth authority, of an invented country: one Arabic workbook that nobody has declared yet.

The country is called Examplia (إكزامبليا) and has the code XEX, which ISO 3166-1 leaves to users.
Its office keeps one sheet, one line a person, under a title. Headers are its own, numbers and most
dates are typed in Arabic-Indic digits, and names, telephones and remarks stand between the rest.
`docs/authority.md` takes this list from nothing to accepted batches.

What happened is told from a world of Jordan, in other places. The Arabic was written for this
project and is unreviewed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

from deploy.registers.columns import Cell, Column, Hand, header_of
from deploy.registers.faults import Fault, Kind, Written, plant
from deploy.registers.invent import build_world
from deploy.registers.jordan import ARABIC_DIGITS
from deploy.registers.lines import Line, Raw, Value, victim_lines

YEARS = (2023, 2024, 2025)
VICTIMS_PER_YEAR = 180
SEED = "a fifth authority"
SHEET = "السجل"
TITLE = "المكتب الوطني - بيانات وهمية"

COLUMNS = (
    Column("رقم الملف", "case", text="{year}-{case:04}"),
    Column("رقم الشخص", "line"),
    Column("الاسم الكامل", "person", text="شخص وهمي {person:05}"),
    Column("رقم الجوال", "person", text="000 {person:06}"),
    Column("رقم الهوية", "person", text="وهمي {person:08}"),
    Column("تاريخ البلاغ", "reported_on"),
    Column("طريقة البلاغ", "channel", "channel"),
    Column("مصدر البلاغ", "reporter", "reporter"),
    Column("عدد الضحايا", "n_presumed"),
    Column("وجود أطفال", "child", "yes_no"),
    Column("عاجل", "urgent", "yes_no"),
    Column("الولاية", "region"),
    Column("نوع الاتجار", "geography", "geography"),
    Column("الجنس", "sex", "sex"),
    Column("العمر", "age"),
    Column("الجنسية", "citizenship", "citizenship"),
    Column("شكل الاستغلال", "forms", "forms"),
    Column("تاريخ الاشتباه", "presumed_on"),
    Column("تاريخ التعرف", "identified_on"),
    Column("نتيجة التعرف", "decision", "decision"),
    Column("جهة القرار", "body", "body"),
    Column("الأفعال", "acts", "acts"),
    Column("الوسائل", "means", "means"),
    Column("وسائل السيطرة", "control", "control"),
    Column("بلد الاستقدام", "recruited_in", "citizenship"),
    Column("تاريخ الإحالة", "referred_on"),
    Column("جهة الإحالة", "referred_to", "referred_to"),
    Column("خدمات الإحالة", "referral_services", "services"),
    Column("قبول الإحالة", "accepted", "accepted"),
    Column("ملاحظات الباحث", "remark", text="ملاحظة وهمية رقم {remark}"),
)
KINDS = (
    Kind("IMPOSSIBLE_DATE", "reported_on", Raw("٣١/٠٢/٢٠٢٤")),
    Kind("UNKNOWN_COUNTRY", "citizenship", Raw("من الشمال"), needs="person"),
    Kind("MISSING_KEY", "case", None),
)

COUNTRY = "إكزامبليا"
REGIONS = ("الولاية الشمالية", "الولاية الجنوبية", "الولاية الساحلية")


def write(path: Path) -> Written:
    """Writes the list; always the same content."""
    from openpyxl import Workbook  # noqa: PLC0415 - optional dependency

    world = build_world("JOR", YEARS, VICTIMS_PER_YEAR, Random(SEED))  # noqa: S311 - invented data
    lines = plant(_elsewhere(victim_lines(world)), KINDS, Random(f"{SEED} faults"))  # noqa: S311
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    sheet.sheet_view.rightToLeft = True
    sheet.append([TITLE])
    sheet.append([column.header for column in COLUMNS])
    faults = []
    for row, line in enumerate(lines, start=3):
        sheet.append(HAND.row(line, COLUMNS))
        if line.fault:
            kind, field = line.fault
            faults.append(Fault(SHEET, row, header_of(COLUMNS, field), kind))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return Written(path, {SHEET: sheet.max_row - 2}, tuple(faults))


def _elsewhere(lines: Iterator[Line]) -> Iterator[Line]:
    """The same stories in Examplia; every victim's age was asked, whatever papers there are."""
    for line in lines:
        yield replace(line, fields={**line.fields, **_moved(line.fields)})


def _moved(fields: Mapping[str, Value | Raw]) -> dict[str, Value | Raw]:
    moved: dict[str, Value | Raw] = {
        "region": Raw(REGIONS[sum(map(ord, str(fields["region"]))) % 3])
    }
    moved |= {
        name: Raw(COUNTRY) for name in ("citizenship", "recruited_in") if fields.get(name) == "JOR"
    }
    born, told = fields.get("born"), fields.get("reported_on")
    if isinstance(born, date) and isinstance(told, date):
        moved["age"] = told.year - born.year - ((told.month, told.day) < (born.month, born.day))
    return moved


def _shown(value: Cell, turn: int) -> Cell:
    """Every fourth date is one of the workbook's own; the others are typed, day first."""
    if isinstance(value, date) and turn % 4 == 0:
        return value
    text = value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value)
    return text.translate(ARABIC_DIGITS)


HAND = Hand("jordan", "، ", _shown)
