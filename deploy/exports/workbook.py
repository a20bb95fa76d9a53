"""A workbook for people: labels first, codes behind, the note of method on sheets of its own.

For Arabic the sheets run from right to left. Values that are too small to be relied on are grey and
slanted: the eye sees what a flag in the last column does not tell it.
"""

from __future__ import annotations

import io
from datetime import datetime, time
from typing import Any

from deploy.exports.labels import CONCEPTS, LANGUAGES, YES_NO, codes_of, label
from deploy.exports.libraries import needed
from deploy.exports.method import note, title
from deploy.exports.plain import Style
from deploy.exports.rows import BEFORE, VALUES, Row, dimensions_of, labelled, rows
from schemas.codelists import Language, codelist
from schemas.releases import Release

EXTRA = "xlsx"
RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar"})
_WIDEST, _NOTE_WIDTH, _GREY = 44, 110, "00808080"


def write_xlsx(release: Release, style: Style) -> bytes:
    """An Excel workbook: the table, then its note in each language, the asked one first."""
    openpyxl = needed("openpyxl", EXTRA)
    book = openpyxl.Workbook()
    book.properties.creator, book.properties.title = "southmed", release.key
    book.properties.created = datetime.combine(release.statement.released_on, time())
    _table(book.active, release, style.language)
    for language in sorted(LANGUAGES, key=lambda at: at != style.language):
        _note(
            book.create_sheet(codelist("CL_LANGUAGE").label(language, language)), release, language
        )
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def shown(release: Release) -> tuple[str, ...]:
    """The columns that people look at."""
    return (*BEFORE, *dimensions_of(release), *VALUES)


def _table(sheet: Any, release: Release, language: Language) -> None:
    styles = needed("openpyxl.styles", EXTRA)
    # Excel allows no "|" nor "/" in some places and 31 characters; a key with "_" always fits.
    sheet.title = release.key.replace("|", "_")
    sheet.sheet_view.rightToLeft = language in RIGHT_TO_LEFT
    codes = [name for name in labelled(dimensions_of(release)) if name in shown(release)]
    sheet.append([*(CONCEPTS[name][language] for name in shown(release)), *codes])
    for cell in sheet[1]:
        cell.font = styles.Font(bold=True)
    unsure = styles.Font(italic=True, color=_GREY)
    for row in rows(release):
        sheet.append(
            [*(_cell(row, name, language) for name in shown(release)), *_codes(row, codes)]
        )
        if row["LOW_RELIABILITY"]:
            for cell in sheet[sheet.max_row]:
                cell.font = unsure
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for column in sheet.columns:
        longest = max(len(str(cell.value)) for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(longest, _WIDEST) + 4


def _cell(row: Row, name: str, language: Language) -> str | int:
    value = row[name]
    if isinstance(value, bool):
        return YES_NO[value][language]
    return label(name, value, language) if codes_of(name) else value


def _codes(row: Row, names: list[str]) -> list[str]:
    return [row[name] for name in names]


def _note(sheet: Any, release: Release, language: Language) -> None:
    styles = needed("openpyxl.styles", EXTRA)
    sheet.sheet_view.rightToLeft = language in RIGHT_TO_LEFT
    sheet.column_dimensions["A"].width = _NOTE_WIDTH
    for paragraph in [title(release, language), *note(release, language)]:
        sheet.append([paragraph])
        sheet.cell(sheet.max_row, 1).alignment = styles.Alignment(wrap_text=True, vertical="top")
    sheet["A1"].font = styles.Font(bold=True, size=14)
