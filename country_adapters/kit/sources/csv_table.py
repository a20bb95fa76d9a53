"""Rows of a CSV file in a declared encoding.

A one-byte encoding decodes any bytes to some letters, so a wrong declaration would pass in silence.
Therefore one text is declared as a canary, a header or, where all headers are plain ASCII, a word
that some cell always holds: if none reads exactly so, the file is not in that encoding. ASCII and
UTF-8 refuse the bytes of other encodings by themselves; with them the canary may be left out.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from country_adapters.kit.errors import RegisterUnreadable, WrongEncoding
from country_adapters.kit.sources.base import FileSource, Record, Wanted, lines_below

STRICT = ("ascii", "utf-8", "utf-8-sig")
"""Encodings that refuse the bytes of others, as Python names them."""


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError("the name of an encoding") from None


def _beyond_ascii(canary: str) -> str:
    if canary and canary.isascii():
        raise ValueError("a text with letters beyond ASCII, as others read alike everywhere")
    return canary


class CsvOptions(BaseModel):
    """Options of ``kind: csv``.

    Attributes:
        file: Name of the file in the register's folder.
        encoding: As Python names it: ``utf-8-sig``, ``windows-1256``.
        delimiter: One character.
        canary: A header or cell with letters beyond ASCII that must read exactly so; needed with
            every encoding but ASCII and UTF-8.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["csv"]
    file: str
    encoding: Annotated[str, AfterValidator(_known_encoding)]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    canary: Annotated[str, AfterValidator(_beyond_ascii)] = ""

    @model_validator(mode="after")
    def _has_a_canary(self) -> Self:
        if not self.canary and self.encoding not in STRICT:
            raise ValueError("a canary, as this encoding decodes any bytes")
        return self

    def open(self, folder: Path, wanted: Wanted) -> CsvTable:
        return CsvTable(self, folder / self.file, wanted)


class CsvTable(FileSource):
    """A CSV file; quoting as in RFC 4180."""

    def __init__(self, options: CsvOptions, path: Path, wanted: Wanted) -> None:
        super().__init__(path, wanted)
        self.options = options

    def records(self, data: bytes) -> list[Record]:
        try:
            text = data.decode(self.options.encoding)
        except UnicodeDecodeError:
            raise self._wrong_encoding("bytes that it does not have") from None
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.options.delimiter)
        try:
            header = next(reader, [])
            lines = list(_numbered(reader))
            canary = self.options.canary
            if canary and not any(canary in cells for cells in (header, *_cells(lines))):
                raise self._wrong_encoding("no such header or cell")
            self.wanted.check(header, _place, self.path.name)
            return list(lines_below(header, [header], lines, self.wanted))
        except csv.Error:
            raise RegisterUnreadable(
                expected="CSV", got=f"{self.path.name}, line {reader.line_num}"
            ) from None

    def _wrong_encoding(self, got: str) -> WrongEncoding:
        wanted = f"{self.options.encoding} and the canary {self.options.canary!r}"
        return WrongEncoding(expected=wanted, got=f"{got} in {self.path.name}")


def _place(index: int) -> str:
    return f"column {index + 1}"


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[str, Sequence[object]]]:
    for cells in reader:
        yield str(reader.line_num), cells  # type: ignore[attr-defined]


def _cells(lines: Iterable[tuple[str, Sequence[object]]]) -> Iterator[Sequence[object]]:
    return (cells for _, cells in lines)
