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
5. A source names the complete reading that it begins or goes on with. When ``read`` comes to its
   end, every row there is has been given since the reading of that name began; so whoever kept
   count knows which rows have gone. A file that was written to meanwhile does not come to its end.
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
    RegisterChanged,
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
        reading: The name of the complete reading; told when ``read`` gives its first row, or ends.
    """

    snapshot: bool

    @property
    def reading(self) -> str: ...

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


END = "end"
"""What the cursor behind the last row of a file tells instead of its number."""


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

    def size(self) -> int:
        """The number of records; the whole file is checked for it."""
        raise NotImplementedError

    def records(self) -> Iterator[Record]:
        """The records, once more from the first; subclasses know the format."""
        raise NotImplementedError

    @cached_property
    def reading(self) -> str:
        """The digest of the file as it was found."""
        return self._digest()

    def _digest(self) -> str:
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise self.missing() from None

    def missing(self) -> RegisterMissing:
        return RegisterMissing(expected=f"the file {self.path.name}", got="none")

    def read(self, cursor: str | None) -> Iterator[SourceRow]:
        """All rows, unless the file was read to its end before and is the same.

        Raises:
            RegisterChanged: The file was written to meanwhile.
        """
        digest = self.reading
        if cursor == f"{digest}:{END}":
            return
        last = self.size()
        for number, record in enumerate(self.records(), start=1):
            place = END if number == last else str(number)
            yield SourceRow(record.locator, record.values, f"{digest}:{place}")
        if self._digest() != digest:
            raise RegisterChanged(expected="the same file to its end", got=self.path.name)


class WholeFile(FileSource):
    """A file whose format has to be held in memory as a whole to be read."""

    def parse(self, data: bytes) -> list[Record]:
        """Parses the file; subclasses know the format."""
        raise NotImplementedError

    @cached_property
    def _records(self) -> list[Record]:
        try:
            return self.parse(self.path.read_bytes())
        except OSError:
            raise self.missing() from None

    def size(self) -> int:
        return len(self._records)

    def records(self) -> Iterator[Record]:
        return iter(self._records)


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
        if all(map(is_blank, cells)) or _repeats(cells, headers):
            continue
        values = {
            name: cells[index] if index < len(cells) else None for name, index in index_of.items()
        }
        yield Record(locator, values)


def _repeats(cells: Sequence[object], headers: list[list[str]]) -> bool:
    """Whether a line is a header line once more; its first cell mostly tells that it is not."""
    first = [squeeze(cell) for cell in cells[:1]]
    return any(line[:1] == first and line == _squeezed(cells) for line in headers)


def _squeezed(line: Sequence[object]) -> list[str]:
    return [squeeze(cell) for cell in line]
