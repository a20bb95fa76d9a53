"""A table as it was found: headers, cells, and how to read it again.

Where the headers stand is found by what they mean: of the first lines of a sheet those are taken
in which most headers are understood, and at least ``FEWEST`` for certain. A line with a long
number, an address or a date is data. So a line of data is never taken for headers, whose words are
written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from country_adapters.kit.columns import is_blank
from country_adapters.kit.sources.base import squeeze
from country_adapters.kit.suggest.headers import matches

FEWEST = 2
"""Headers that must be understood before a line is taken for a line of headers."""

SAMPLE = 20_000
"""Rows that are looked at."""

Cells = Sequence[object]


@dataclass(frozen=True)
class Look:
    """A table of a register, looked at.

    Attributes:
        place: The file, and within it the sheet or table, for people.
        source: The options of ``source`` that read it.
        headers: One for each column; empty where there is none.
        rows: Its cells; never shown when the look is printed.
        notes: What must be looked at before it can be read.
    """

    place: str
    source: Mapping[str, object]
    headers: tuple[str, ...]
    rows: tuple[Cells, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    def cells(self, header: str) -> list[object]:
        """All cells under a header, blanks as None."""
        index = self.headers.index(header)
        found = (row[index] if index < len(row) else None for row in self.rows)
        return [None if is_blank(cell) else cell for cell in found]

    def filled(self, header: str) -> list[object]:
        """The cells under a header that hold something."""
        return [cell for cell in self.cells(header) if cell is not None]


def understood(headers: Sequence[str]) -> int:
    """How many different headers have a meaning for certain, ``home`` among them."""
    found = (matches(header) for header in dict.fromkeys(headers) if header)
    return sum(bool(likely) and likely[0].certain for likely in found)


def may_be_headers(line: Cells) -> bool:
    """Whether a line holds text only, without long numbers: else it is a line of data."""
    filled = [cell for cell in line if not is_blank(cell)]
    return bool(filled) and all(
        isinstance(cell, str) and not re.search(r"\d{3,}|@", cell) for cell in filled
    )


def body(rows: Sequence[Cells], headers: Sequence[str]) -> tuple[Cells, ...]:
    """The first rows of a table without empty lines and without its headers repeated."""
    said = [squeeze(header) for header in headers]
    return tuple(
        row
        for row in rows[:SAMPLE]
        if not all(map(is_blank, row)) and [squeeze(c) for c in row] != said
    )


def repeated(headers: Sequence[str]) -> tuple[str, ...]:
    """A note if two columns have one header, as they cannot be told apart."""
    named = [header for header in headers if header]
    if len(set(named)) == len(named):
        return ()
    return ("check: two columns have the same header; rename one of them in the register",)
