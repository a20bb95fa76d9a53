"""Lists of invented persons as authorities keep them, in French, English and Arabic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl

ROWS = 30
NAMES = ("Zbynia Fictive", "Qorvath Inventé", "Wembly Nobody", "فلانة الوهمية", "علان المخترع")


@dataclass(frozen=True)
class InventedList:
    """A list.

    Attributes:
        headers: Its headers.
        rows: Its rows.
        authority: Whose it is.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    authority: str

    def csv(self, path: Path, encoding: str, delimiter: str = ";") -> Path:
        """Writes it as CSV."""
        lines = (delimiter.join(row) for row in (self.headers, *self.rows))
        path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
        return path

    def xlsx(self, path: Path, title: str = "") -> Path:
        """Writes it as a workbook, below a title if there is one, and a sheet of notes."""
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        if title:
            sheet.append([title])
        for row in (self.headers, *self.rows):
            sheet.append(list(row))
        book.create_sheet("Notes").append(["brouillon"])
        book.save(path)
        return path


def _rows(
    dates: Sequence[str],
    words: Sequence[Sequence[str]],
    free: str,
) -> tuple[tuple[str, ...], ...]:
    """Number, name, date, age, then the words of each coded column in turn, then free text."""
    return tuple(
        (
            f"{number:03d}/24",
            f"{NAMES[number % len(NAMES)]} {number}",
            dates[number % len(dates)],
            str(9 + number),
            *(choices[number % len(choices)] for choices in words),
            f"{free} {number}",
        )
        for number in range(1, ROWS + 1)
    )


FRENCH = InventedList(
    (
        *("N° de dossier", "Nom et prénom", "Date du signalement", "Âge (ans)", "Sexe"),
        *("Nationalité", "Gouvernorat", "Forme d'exploitation", "Signalé par", "Remarques"),
    ),
    _rows(
        ("03/02/2024", "25/04/2024", "07/05/2024"),
        (
            ("Femme", "homme", "féminin"),
            ("Ivoirienne", "tunisienne", "Nigérian"),
            ("Le Kef", "Sfax", "Tunis"),
            ("Travail forcé", "travail domestique", "Mendicité"),
            ("ONG", "Police", "Hôpital"),
        ),
        "vue avec",
    ),
    "tn.frontier",
)
LATIN = InventedList(
    FRENCH.headers,
    tuple((row[0], "Wembly Nobody", *row[2:]) for row in FRENCH.rows),
    FRENCH.authority,
)
ARABIC = InventedList(
    (
        *("رقم القضية", "اسم الضحية", "تاريخ الإبلاغ", "العمر", "الجنس"),
        *("الجنسية", "المحافظة", "شكل الاستغلال", "الجهة المبلغة", "ملاحظات"),
    ),
    _rows(
        ("١٥/٠٢/٢٠٢٤", "٠٣/٠٤/٢٠٢٤", "٢٧/٠٥/٢٠٢٤"),
        (
            ("أنثى", "ذكر"),
            ("مصرية", "سورية", "أردني"),
            ("إربد", "الزرقاء", "العقبة"),
            ("عمل قسري", "عمالة منزلية", "تسول منظم"),
            ("الأمن العام", "جمعية", "مستشفى"),
        ),
        "نص حر",
    ),
    "jo.frontier",
)
HIJRI = InventedList(
    ARABIC.headers,
    _rows(
        ("١٥/٠٢/١٤٤٥", "٠٣/٠٤/١٤٤٥", "٢٧/٠٥/١٤٤٥"),
        (
            ("أنثى", "ذكر"),
            ("مصرية", "سورية"),
            ("إربد", "العقبة"),
            ("عمل قسري", "تسول"),
            ("جمعية", "مستشفى"),
        ),
        "نص حر",
    ),
    "jo.frontier",
)
WINDOWS = InventedList(
    ARABIC.headers,
    tuple(
        tuple(cell.translate(str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")) for cell in row)
        for row in ARABIC.rows
    ),
    "jo.frontier",
)
ENGLISH = InventedList(
    (
        *("Case No.", "Full Name", "Date of report", "Age", "Gender"),
        *("Nationality", "Governorate", "Type of exploitation", "Reported by", "Comments"),
    ),
    tuple(
        tuple("Wembly Nobody" if index == 1 else cell for index, cell in enumerate(row))
        for row in _rows(
            ("2024-02-03", "2024-04-25"),
            (
                ("Female", "male"),
                ("Lebanese", "Ethiopian", "Sri Lanka"),
                ("Beirut", "Akkar", "Bekaa"),
                ("Forced labour", "domestic work", "Sexual exploitation"),
                ("NGO", "police", "Hospital"),
            ),
            "seen with",
        )
    ),
    "lb.frontier",
)
