"""Rows of a workbook (xlsx, xls, xlsb, ods) whose table may be spread over sheets, one a year.

Headers may take several lines with merged cells: each column's header is its cells from top to
bottom, joined with " / ", a merged cell counting for every cell that it covers. So "Victime" over
"Sexe" and "Âge" reads as "Victime / Sexe" and "Victime / Âge". Cells with formulas count with the
value that the workbook holds for them. An ods file reads without its merged cells; there a header
is what stands in the lines of its own column.

Every sheet must be declared, as one to read or as one to leave, so that a forgotten sheet is
noticed and not lost.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from country_adapters.kit.errors import RegisterUnreadable, WrongSheets
from country_adapters.kit.sources.base import Record, Wanted, WholeFile, lines_below, squeeze

JOINED = " / "


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise ValueError("a regular expression") from None
    return text


class WorkbookOptions(BaseModel):
    """Options of ``kind: workbook``.

    Attributes:
        file: Name of the file in the register's folder.
        sheets: Regular expression of the names of the sheets to read, whole.
        other_sheets: The same for each group of sheets that this table leaves alone.
        header_lines: First and last line of the headers, counted from 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["workbook"]
    file: str
    sheets: Annotated[str, AfterValidator(_pattern)]
    other_sheets: list[Annotated[str, AfterValidator(_pattern)]] = []
    header_lines: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (1, 1)

    def open(self, folder: Path, wanted: Wanted) -> Workbook:
        return Workbook(self, folder / self.file, wanted)


class Workbook(WholeFile):
    """A workbook (xlsx, xls, xlsb or ods)."""

    def __init__(self, options: WorkbookOptions, path: Path, wanted: Wanted) -> None:
        super().__init__(path, wanted)
        self.options = options

    def parse(self, data: bytes) -> list[Record]:
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            sheets = [book.get_sheet_by_name(name) for name in self._names(book.sheet_names)]
        except CalamineError:
            raise RegisterUnreadable(expected="a workbook", got=self.path.name) from None
        return [record for sheet in sheets for record in self._below(sheet)]

    def _names(self, names: Sequence[str]) -> list[str]:
        mine = [name for name in names if re.fullmatch(self.options.sheets, name)]
        if not mine:
            raise WrongSheets(expected=f"sheets named {self.options.sheets}", got="none")
        for number, name in enumerate(names, start=1):
            left = any(re.fullmatch(other, name) for other in self.options.other_sheets)
            if name not in mine and not left:
                raise WrongSheets(expected="declared sheets only", got=f"another as sheet {number}")
        return mine

    def _below(self, sheet: CalamineSheet) -> Iterator[Record]:
        first, last = self.options.header_lines
        lines = sheet.to_python(skip_empty_area=False)
        headers = joined_headers(lines, (first - 1, last - 1), sheet.merged_cell_ranges or [])
        self.wanted.check(headers, lambda index: f"column {letters(index)}", f"sheet {sheet.name}")
        below = (
            (f"{sheet.name}!{number}", cells)
            for number, cells in enumerate(lines[last:], start=last + 1)
        )
        return lines_below(headers, lines[first - 1 : last], below, self.wanted)


Cell = tuple[int, int]


def joined_headers(
    lines: Sequence[Sequence[object]], span: tuple[int, int], merged: Sequence[tuple[Cell, Cell]]
) -> list[str]:
    """One header a column out of several lines with merged cells.

    Args:
        lines: The cells of the sheet.
        span: Index of the first and of the last header line.
        merged: Top left and bottom right (line, column) of merged ranges.
    """
    first, last = span
    source = {
        (line, column): (top, left)
        for (top, left), (bottom, right) in merged
        for line in range(top, bottom + 1)
        for column in range(left, right + 1)
        if line <= last
    }
    headers = []
    for column in range(max((len(line) for line in lines), default=0)):
        cells = [source.get((line, column), (line, column)) for line in range(first, last + 1)]
        parts = [squeeze(_at(lines, *cell)) for cell in dict.fromkeys(cells)]
        headers.append(JOINED.join(part for part in parts if part))
    return headers


def _at(lines: Sequence[Sequence[object]], line: int, column: int) -> object:
    return lines[line][column] if line < len(lines) and column < len(lines[line]) else None


def letters(index: int) -> str:
    """The name of a column in a workbook.

    Example:
        >>> letters(0), letters(25), letters(26)
        ('A', 'Z', 'AA')
    """
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
