"""Jordan: two Arabic CSV files with semicolons, as two systems export them.

Victims and reports come from the Counter-Trafficking Unit in windows-1256. That code page has no
Arabic-Indic digits (it has no room for U+0660 to U+0669), so its numbers are in ASCII digits.
Suspects come from the courts in UTF-8 with a byte order mark, all numbers in Arabic-Indic digits,
with right-to-left marks left in by the editor. In both, dates have the day first, and some are
Hijri (Umm al-Qura), then marked with هـ. Forms: law 9 of 2009 as amended in 2021.

The victims' file was put together from two exports: the header line stands in the middle again,
and one line is there twice. The Arabic was written for this project and is unreviewed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

from hijridate import Gregorian

from deploy.registers.columns import Cell, Column, Hand, header_of
from deploy.registers.faults import BEFORE_REPORT, FUTURE, Fault, Kind, Written, plant
from deploy.registers.lines import Line, Raw, suspect_lines, victim_lines
from deploy.registers.world import World

CASE = "{year}/{case:04}"
VICTIMS = (
    Column("رقم القضية", "case", text=CASE),
    Column("رقم الضحية", "line"),
    Column("اسم الضحية", "person", text="ضحية وهمية {person:05}"),
    Column("رقم الهاتف", "person", text="+962 0 00 {person:06}"),
    Column("رقم الوثيقة", "person", text="وهمي {person:08}"),
    Column("تاريخ الإبلاغ", "reported_on"),
    Column("وسيلة الإبلاغ", "channel", "channel"),
    Column("الجهة المبلغة", "reporter", "reporter"),
    Column("عدد الضحايا", "n_presumed"),
    Column("وجود أطفال", "child", "yes_no"),
    Column("حالة عاجلة", "urgent", "yes_no"),
    Column("المحافظة", "region", "region"),
    Column("نوع الاتجار", "geography", "geography"),
    Column("تاريخ الفرز", "triaged_on"),
    Column("نتيجة الفرز", "triage", "triage"),
    Column("تاريخ التحويل", "transmitted_on"),
    Column("جهة التحويل", "recipient", "recipient"),
    Column("الجنس", "sex", "sex"),
    Column("تاريخ الميلاد", "born"),
    Column("العمر", "age"),
    Column("الجنسية", "citizenship", "citizenship"),
    Column("شكل الاستغلال", "forms", "forms"),
    Column("تاريخ الاشتباه", "presumed_on"),
    Column("جهة الكشف", "detected_by", "reporter"),
    Column("تاريخ التعرف", "identified_on"),
    Column("نتيجة التعرف", "decision", "decision"),
    Column("جهة القرار", "body", "body"),
    Column("الأفعال", "acts", "acts"),
    Column("الوسائل", "means", "means"),
    Column("وسائل السيطرة", "control", "control"),
    Column("القطاع", "sector", "sector"),
    Column("بلد الاستقدام", "recruited_in", "citizenship"),
    Column("بلدان العبور", "transit", "citizenship"),
    Column("بلد الاستغلال", "exploited_in", "citizenship"),
    Column("مدة الاستغلال", "duration", "duration"),
    Column("طريقة الاستقدام", "recruitment", "recruitment"),
    Column("صلة المستقدم", "relation", "relation"),
    Column("تاريخ الإحالة", "referred_on"),
    Column("جهة الإحالة", "referred_to", "referred_to"),
    Column("خدمات الإحالة", "referral_services", "services"),
    Column("قبول الإحالة", "accepted", "accepted"),
    Column("تاريخ الخدمة", "served_on"),
    Column("الخدمات المقدمة", "services", "services"),
    Column("مقدم الخدمة", "provider", "provider"),
    Column("تاريخ الإغلاق", "closed_on"),
    Column("سبب الإغلاق", "closure", "closure"),
    Column("تاريخ العودة", "returned_on"),
    Column("اتجاه العودة", "direction", "direction"),
    Column("بلد العودة", "return_country", "citizenship"),
    Column("عودة طوعية", "voluntary", "yes_no"),
    Column("ملاحظات", "remark", text="ملاحظة وهمية رقم {remark}، ستتصل الباحثة لاحقا"),
)
SUSPECTS = (
    Column("رقم القضية", "case", text=CASE),
    Column("رقم المشتبه به", "line"),
    Column("الاسم", "person", text="مشتبه وهمي {person:05}"),
    Column("الرقم الوطني", "person", text="وهمي {person:010}"),
    Column("هاتف المشتبه به", "recruiter_phone"),
    Column("رقم المركبة", "recruiter_car"),
    Column("رقم المكتب", "recruiter_agency"),
    Column("الجنس", "sex", "sex"),
    Column("بالغ", "adult", "yes_no"),
    Column("الجنسية", "citizenship", "citizenship"),
    Column("الدور", "roles", "roles"),
    Column("التكييف القانوني", "offence", "offence"),
    Column("المحافظة", "region", "region"),
    Column("تاريخ فتح التحقيق", "opened_on"),
    Column("شكل الاستغلال", "forms", "forms"),
    Column("تحقيق تلقائي", "proactive", "yes_no"),
    Column("تعاون دولي", "international", "yes_no"),
    Column("تاريخ الاشتباه", "suspected_on"),
    Column("تاريخ الإحالة إلى المحكمة", "prosecuted_on"),
    Column("تاريخ الحكم", "judged_on"),
    Column("نتيجة الحكم", "verdict", "verdict"),
    Column("تاريخ الحكم القطعي", "final_on"),
    Column("العقوبة", "sentence", "sentence"),
    Column("مصادرة", "confiscated", "yes_no"),
    Column("تعويض الضحية", "compensated", "yes_no"),
    Column("شخص اعتباري", "legal_person", "yes_no"),
)
KINDS = (
    Kind("UNKNOWN_CODE", "forms", Raw("حسب إفادة المشتكية"), needs="person"),
    Kind("IMPOSSIBLE_DATE", "reported_on", Raw("31/02/2020")),
    Kind("UNKNOWN_COUNTRY", "citizenship", Raw("وافدة"), needs="person"),
    Kind("WRONG_ORDER", "identified_on", BEFORE_REPORT, needs="identified_on"),
    Kind("IMPOSSIBLE_DATE", "reported_on", Raw("31/09/1441 هـ")),
    Kind("MISSING_KEY", "case", None),
    Kind("UNKNOWN_REGION", "region", Raw("خارج المدينة")),
    Kind("UNKNOWN_CODE", "sex", Raw("راجع الملف"), needs="person"),
    Kind("FUTURE_DATE", "reported_on", FUTURE),
    Kind("BAD_NUMBER", "n_presumed", Raw("عدة"), needs="n_presumed"),
)
SUSPECT_KINDS = (
    Kind("SKIPPED_STAGE", "prosecuted_on", None, needs="sentence"),
    Kind("UNKNOWN_CODE", "offence", Raw("قيد الدراسة")),
)

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT MARK}"
LAST_HIJRI = date(2077, 1, 1)
"""The Umm al-Qura tables of hijridate end in 2077."""


def _date(value: date, turn: int) -> str:
    """Day first; one in five is Hijri."""
    if turn % 5 == 2 and value < LAST_HIJRI:
        hijri = Gregorian.fromdate(value).to_hijri()
        return f"{hijri.day:02}/{hijri.month:02}/{hijri.year} هـ"
    return value.strftime("%d/%m/%Y" if turn % 2 else "%d-%m-%Y")


def _police(value: Cell, turn: int) -> Cell:
    return _date(value, turn) if isinstance(value, date) else value


def _court(value: Cell, turn: int) -> Cell:
    text = str(_police(value, turn)).translate(ARABIC_DIGITS)
    return RIGHT_TO_LEFT + text if turn % 7 == 0 else text


POLICE = Hand("jordan", "، ", _police)
COURT = Hand("jordan", "، ", _court)
HEADER_AGAIN, TWICE = 150, 200


def write(world: World, path: Path, *, faults: Random | None = None) -> Written:
    """Writes the victims' file and, beside it, the suspects' file.

    Args:
        world: What happened in Jordan.
        path: The victims' file, ``.csv``; the other's name ends in ``.suspects.csv``.
        faults: Chance for the faults; without it the registers are without fault.
    """
    beside = suspects_path(path)
    victims = list(plant(victim_lines(world), KINDS, faults))
    table = [[column.header for column in VICTIMS]]
    found: list[Fault] = []
    for line in victims:
        table.append(_texts(line, POLICE, VICTIMS))
        found += _fault(line, "victims", len(table), VICTIMS)
        if faults and len(table) == HEADER_AGAIN:
            table.append(table[0])
        if faults and len(table) == TWICE and line.fault is None:
            table.append(table[-1])
    _write_csv(path, "cp1256", table)

    suspects = list(plant(suspect_lines(world), SUSPECT_KINDS, faults))
    other = [_texts(line, COURT, SUSPECTS) for line in suspects]
    _write_csv(beside, "utf-8-sig", [[column.header for column in SUSPECTS], *other])
    for row, line in enumerate(suspects, start=2):
        found += _fault(line, "suspects", row, SUSPECTS)
    rows = {"victims": sum(cells != table[0] for cells in table), "suspects": len(other)}
    return Written(path, rows, tuple(found))


def append(world: World, path: Path) -> None:
    """Adds the lines of a world to both files."""
    victims = [_texts(line, POLICE, VICTIMS) for line in victim_lines(world)]
    _write_csv(path, "cp1256", victims, mode="a")
    suspects = [_texts(line, COURT, SUSPECTS) for line in suspect_lines(world)]
    _write_csv(suspects_path(path), "utf-8", suspects, mode="a")


def suspects_path(path: Path) -> Path:
    """Where the suspects' file lies, beside the victims'."""
    return path.with_suffix(".suspects.csv")


def _texts(line: Line, hand: Hand, columns: tuple[Column, ...]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in hand.row(line, columns)]


def _fault(line: Line, table: str, row: int, columns: tuple[Column, ...]) -> Iterator[Fault]:
    if line.fault:
        kind, field = line.fault
        yield Fault(table, row, header_of(columns, field), kind)


def _write_csv(path: Path, encoding: str, table: list[list[str]], *, mode: str = "w") -> None:
    with path.open(mode, encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=";").writerows(table)
