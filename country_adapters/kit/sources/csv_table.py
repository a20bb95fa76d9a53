"""Rows of a CSV file in a declared encoding.

A one-byte encoding decodes any bytes to some letters, so a wrong declaration would pass in silence.
Therefore one text is declared as a canary, a header or, where all headers are plain ASCII, a word
that some cell always holds: if none reads exactly so, the file is not in that encoding. ASCII and
UTF-8 refuse the bytes of other encodings by themselves; with them the canary may be left out.

The file is read twice, line by line: once to check all of it before the first row is given, and
once for its rows. It is never held in memory.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from country_adapters.kit.errors import RegisterUnreadable, WrongEncoding
from country_adapters.kit.sources.base import FileSource, Record, Wanted, lines_below

Line = tuple[str, Sequence[object]]
"""A line's number and its cells."""
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

    def size(self) -> int:
        return self._checked

    @cached_property
    def _checked(self) -> int:
        """The number of records in a file that is as declared."""
        with self._lines() as (header, lines):
            canary = self.options.canary
            watched = _Watched(lines, canary, not canary or canary in header)
            records = lines_below(header, [header], watched, Wanted((), ()))
            number = sum(1 for _ in records)
            if not watched.found:
                raise self._wrong_encoding("no such header or cell")
            self.wanted.check(header, _place, self.path.name)
            return number

    def records(self) -> Iterator[Record]:
        with self._lines() as (header, lines):
            yield from lines_below(header, [header], lines, self.wanted)

    @contextmanager
    def _lines(self) -> Iterator[tuple[list[str], Iterator[Line]]]:
        """The header and the lines below it, each with its number."""
        try:
            with self.path.open(encoding=self.options.encoding, newline="") as file:
                reader = csv.reader(file, delimiter=self.options.delimiter)
                yield next(reader, []), ((str(reader.line_num), cells) for cells in reader)
        except UnicodeError:
            raise self._wrong_encoding("bytes that it does not have") from None
        except csv.Error:
            place = f"{self.path.name}, line {reader.line_num}"
            raise RegisterUnreadable(expected="CSV", got=place) from None
        except OSError:
            raise self.missing() from None

    def _wrong_encoding(self, got: str) -> WrongEncoding:
        wanted = f"{self.options.encoding} and the canary {self.options.canary!r}"
        return WrongEncoding(expected=wanted, got=f"{got} in {self.path.name}")


class _Watched:
    """Lines as they pass, looked at for the canary until it was found."""

    def __init__(self, lines: Iterator[Line], canary: str, found: bool) -> None:
        self._lines = lines
        self._canary = canary
        self.found = found

    def __iter__(self) -> Iterator[Line]:
        for line in self._lines:
            self.found = self.found or self._canary in line[1]
            yield line


def _place(index: int) -> str:
    return f"column {index + 1}"
