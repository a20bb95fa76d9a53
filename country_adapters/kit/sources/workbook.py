"""Rows of a workbook (xlsx, xls, xlsb, ods) whose table may be spread over sheets, one a year.

Headers may take several lines with merged cells: each column's header is its cells from top to
bottom, joined with " / ", a merged cell counting for every cell that it covers. So "Victime" over
"Sexe" and "Âge" reads as "Victime / Sexe" and "Victime / Âge". Cells with formulas count with the
value that the workbook holds for them. An ods file reads without its merged cells; there a header
is what stands in the lines of its own column.

Every sheet must be declared, as one to read or as one to leave, so that a forgotten sheet is
noticed and not lost.

A workbook has to be held in memory as it is read, its cells in the reader's own compact form; a
line becomes a row only when it is asked for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from country_adapters.kit.errors import RegisterUnreadable, WrongSheets
from country_adapters.kit.sources.base import (
    FileSource,
    Lines,
    Record,
    Wanted,
    lines_below,
    squeeze,
)

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


@dataclass(frozen=True)
class _Sheet:
    """A sheet that was checked.

    Attributes:
        sheet: The sheet.
        header: The lines of the header.
        names: The headers, one a column.
    """

    sheet: CalamineSheet
    header: Lines
    names: list[str]

    def below(self, last: int) -> Iterator[tuple[str, Sequence[object]]]:
        """The lines below the header, each made when it is asked for."""
        left = [""] * (self.sheet.start or (0, 0))[1]
        for number, cells in enumerate(self.sheet.iter_rows(), start=1):
            if number > last:
                yield f"{self.sheet.name}!{number}", [*left, *cells]


class Workbook(FileSource):
    """A workbook (xlsx, xls, xlsb or ods)."""

    def __init__(self, options: WorkbookOptions, path: Path, wanted: Wanted) -> None:
        super().__init__(path, wanted)
        self.options = options

    def size(self) -> int:
        return self._size

    @cached_property
    def _size(self) -> int:
        return sum(1 for _ in self.records())

    def records(self) -> Iterator[Record]:
        last = self.options.header_lines[1]
        for checked in self._sheets:
            yield from lines_below(checked.names, checked.header, checked.below(last), self.wanted)

    @cached_property
    def _sheets(self) -> list[_Sheet]:
        """The sheets of this table, all checked before a row is given."""
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(self.path.read_bytes()))
            sheets = [book.get_sheet_by_name(name) for name in self._names(book.sheet_names)]
        except OSError:
            raise self.missing() from None
        except CalamineError:
            raise RegisterUnreadable(expected="a workbook", got=self.path.name) from None
        return [self._checked(sheet) for sheet in sheets]

    def _names(self, names: Sequence[str]) -> list[str]:
        mine = [name for name in names if re.fullmatch(self.options.sheets, name)]
        if not mine:
            raise WrongSheets(expected=f"sheets named {self.options.sheets}", got="none")
        for number, name in enumerate(names, start=1):
            left = any(re.fullmatch(other, name) for other in self.options.other_sheets)
            if name not in mine and not left:
                raise WrongSheets(expected="declared sheets only", got=f"another as sheet {number}")
        return mine

    def _checked(self, sheet: CalamineSheet) -> _Sheet:
        first, last = self.options.header_lines
        top = sheet.to_python(skip_empty_area=False, nrows=last)
        names = joined_headers(top, (first - 1, last - 1), sheet.merged_cell_ranges or [])
        self.wanted.check(names, lambda index: f"column {letters(index)}", f"sheet {sheet.name}")
        return _Sheet(sheet, top[first - 1 : last], names)


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
