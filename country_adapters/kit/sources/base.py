"""What every source of rows promises.

The rules:

1. A source reads the rows of one table, in a stable order, and gives with each row the cursor from
   which reading goes on after it. Cursors are opaque text; the outbox keeps them.
2. Before the first row is given, the columns are checked: a column that the mapping uses must be
   there, and a column that is neither used nor ignored stops the run. The cells of ignored columns
   are dropped here and reach no rule.
3. A file is a snapshot: it is read again from its first row when it changed, or when the last
   reading did not come to its end. The outbox knows the rows that did not change. Only so can two
   rows of one file that contradict each other be noticed, wherever a reading broke off.
4. Empty lines and repeated header lines are no rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from country_adapters.kit.columns import is_blank
from country_adapters.kit.errors import (
    DuplicateColumn,
    MissingColumn,
    RegisterMissing,
    UnknownColumn,
)


@dataclass(frozen=True)
class SourceRow:
    """One row of a register.

    Attributes:
        locator: Where the row stands, for people: ``2019!17``. Never a cell of a person.
        values: Cells by header, of the columns used only; never shown when the row is printed.
        cursor: Where reading goes on after this row.
    """

    locator: str
    values: Mapping[str, object] = field(repr=False)
    cursor: str


class Source(Protocol):
    """A table of a register that can be read.

    Attributes:
        snapshot: Whether one reading sees each row once, as in a file; then two rows with the same
            key contradict each other.
    """

    snapshot: bool

    def read(self, cursor: str | None) -> Iterator[SourceRow]:
        """The rows after a cursor.

        Raises:
            RegisterError: The register is not as declared; raised before the first row.
        """

    def size(self) -> int | None:
        """The number of rows in the table, if that is cheap to tell; for progress bars."""


@dataclass(frozen=True)
class Wanted:
    """The headers that a declaration uses and those that it ignores, as one allow-list.

    Attributes:
        used: Headers of mapped columns.
        ignored: Headers of columns that stay home.
        groups: The same for the elements of each repeated group.
    """

    used: tuple[str, ...]
    ignored: tuple[str, ...]
    groups: Mapping[str, Wanted] = field(default_factory=dict)

    def check(self, found: Sequence[str], place: Callable[[int], str], table: str) -> None:
        """Compares the headers of a register with the allow-list.

        Args:
            found: The headers, in the register's order.
            place: How to name the header at an index without telling what stands there.
            table: Where the headers were found, for the error.

        Raises:
            MissingColumn: Names the header that is declared and not found.
            UnknownColumn: Names the place of a header that is not declared.
            DuplicateColumn: Names the place of the second one.
        """
        known = {squeeze(header) for header in (*self.used, *self.ignored)}
        headers = [squeeze(header) for header in found]
        for header in self.used:
            if squeeze(header) not in headers:
                raise MissingColumn(expected=f"the column {header!r}", got=f"none in {table}")
        for index, header in enumerate(headers):
            where = f"{place(index)} of {table}"
            if header and header not in known:
                raise UnknownColumn(expected="a declared column", got=where)
            if header and header in headers[:index]:
                raise DuplicateColumn(expected="each header once", got=where)


def squeeze(header: object) -> str:
    """A header on one line, with single spaces."""
    return " ".join(str(header).split()) if header is not None else ""


@dataclass(frozen=True)
class Record:
    """A line of a file, before cursors."""

    locator: str
    values: Mapping[str, object] = field(repr=False)


class FileSource:
    """What sources that read a file share: the digest of the file is their cursor.

    Args:
        path: The file.
        wanted: The columns to use and to ignore.
    """

    snapshot = True

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self.path = path
        self.wanted = wanted

    def records(self, data: bytes) -> list[Record]:
        """Parses the whole file; subclasses know the format."""
        raise NotImplementedError

    @cached_property
    def _content(self) -> tuple[str, list[Record]]:
        try:
            data = self.path.read_bytes()
        except OSError:
            raise RegisterMissing(expected=f"the file {self.path.name}", got="none") from None
        return hashlib.sha256(data).hexdigest(), self.records(data)

    def size(self) -> int | None:
        return len(self._content[1])

    def read(self, cursor: str | None) -> Iterator[SourceRow]:
        digest, records = self._content
        if cursor == f"{digest}:{len(records)}":
            return
        for number, record in enumerate(records, start=1):
            yield SourceRow(record.locator, record.values, f"{digest}:{number}")


Lines = Sequence[Sequence[object]]


def lines_below(
    header: Sequence[str],
    repeated: Lines,
    lines: Iterable[tuple[str, Sequence[object]]],
    wanted: Wanted,
) -> Iterator[Record]:
    """The records of a table of lines: no empty lines, no repeated header, used columns only.

    Args:
        header: The headers as found, one a column.
        repeated: The lines that the headers were found in.
        lines: Locator and cells of each line below.
        wanted: The columns to use.
    """
    names = [squeeze(name) for name in header]
    index_of = {name: names.index(squeeze(name)) for name in wanted.used}
    headers = [_squeezed(line) for line in repeated]
    for locator, cells in lines:
        if all(map(is_blank, cells)) or _squeezed(cells) in headers:
            continue
        values = {
            name: cells[index] if index < len(cells) else None for name, index in index_of.items()
        }
        yield Record(locator, values)


def _squeezed(line: Sequence[object]) -> list[str]:
    return [squeeze(cell) for cell in line]
