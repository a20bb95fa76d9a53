"""How an officer fills a column: the neutral value of a line becomes what stands in the cell.

A register is a list of columns. Each names the field that it shows and, for codes, the list of
words to write it in; or a text with the fields' names in braces, for numbers of files and for the
invented names. The hand of the country decides how dates and numbers look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from deploy.registers.lines import Line, Raw, Value
from deploy.registers.wording import typed

Cell = str | int | date | None


class Column(NamedTuple):
    """A column: its header, the field it shows, and the words or the text it shows it in."""

    header: str
    field: str
    words: str = ""
    text: str = ""


def as_it_is(value: Cell, _turn: int) -> Cell:
    """Leaves a value as it is: a real date stays a date, a number a number."""
    return value


@dataclass(frozen=True)
class Hand:
    """How one register is written.

    Args:
        words: Name of the table of words.
        separator: What stands between the values of one cell.
        shown: How days and numbers look, given the value and a turn that varies by line.
    """

    words: str
    separator: str
    shown: Callable[[Cell, int], Cell] = as_it_is

    def cell(self, line: Line, column: Column) -> Cell:
        """What stands in one cell; None where it is blank."""
        value = line.fields.get(column.field)
        if value is None:
            return None
        if isinstance(value, Raw):
            return value.text
        turn = self._turn(line)
        if column.text:
            return self.shown(column.text.format_map(line.fields), turn)
        if column.words:
            return self._typed(value, column.words, turn)
        return self.shown(value if not isinstance(value, tuple) else None, turn)

    def row(self, line: Line, columns: Sequence[Column]) -> list[Cell]:
        """All cells of a line."""
        return [self.cell(line, column) for column in columns]

    def _typed(self, value: Value, listing: str, turn: int) -> str | None:
        codes = value if isinstance(value, tuple) else (str(value),)
        texts = (typed(self.words, listing, code, turn) for code in codes)
        return self.separator.join(text for text in texts if text) or None

    @staticmethod
    def _turn(line: Line) -> int:
        turn = line.fields.get("person") or line.fields.get("case") or 0
        return turn if isinstance(turn, int) else 0


def header_of(columns: Sequence[Column], field: str) -> str:
    """The header under which a field is written."""
    return next(column.header for column in columns if column.field == field)
