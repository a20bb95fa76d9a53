"""The vocabulary of columns: what a cell of a register can be read as.

Each column that the mapping uses is declared once, with its header and its kind; the rules then
speak of the column by its short name and get a clean value: a code, a country, a date, a number.
There is no kind for free text, so text has no way out.

========== ============================================== ===================================
kind       a cell becomes                                 options
========== ============================================== ===================================
key        part of an identity; only pseudonyms are made
           of it
code       a code, by a table of ``codes.yaml``           ``table``, ``split``, ``blank``
country    an ISO alpha-3 code, ``STATELESS`` or ``_U``   ``split``, ``blank``
region     a code of ``CL_REGION``                        ``blank``
date       a day; only months and bands of it leave       ``order``, ``calendar``, ``serials``
number     a whole number                                 ``min``, ``max``, ``units``
identifier a telephone, plate, account, ... of an alleged ``type``, ``of``, ``split``
           facilitator; no event is made of it
group      a list of elements with columns of their own   ``columns``, ``ignore``
========== ============================================== ===================================

``split`` makes the column many-valued. A blank cell has no value, unless ``blank`` names the code
that it stands for. A cell that is not what its column declares is a problem of its row, whether or
not a rule would have used it; but an identifier that cannot be used is only told, since the facts
of its row are as good without it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from country_adapters.kit.codes import CodeTable
from country_adapters.kit.countries import resolve_country
from country_adapters.kit.dates import DateFormat, read_date
from country_adapters.kit.digits import plain
from country_adapters.kit.errors import NumberOutOfRange, NumberUnreadable, UnknownValue
from country_adapters.kit.identifiers.errors import IdentifierError, IdentifierUnreadable
from country_adapters.kit.identifiers.normalise import normalise
from country_adapters.kit.identifiers.value import Normalised
from country_adapters.kit.places import resolve_region
from country_adapters.kit.text import UNKNOWN, fold


@dataclass(frozen=True)
class Identifiers:
    """What a cell of identifiers holds: those that can be used, and why others cannot."""

    usable: tuple[Normalised, ...] = ()
    unusable: tuple[IdentifierError, ...] = ()

    def __add__(self, other: Identifiers) -> Identifiers:
        usable = dict.fromkeys((*self.usable, *other.usable))
        return Identifiers(tuple(usable), (*self.unusable, *other.unusable))


Value = str | int | date | tuple[str, ...] | tuple["Element", ...] | Identifiers
Element = Mapping[str, Value | None]
"""One element of a group, by the short names of its columns."""


@dataclass(frozen=True)
class Reading:
    """What columns need to know besides the cell."""

    tables: Mapping[str, CodeTable]
    country: str
    today: date


class _Column(BaseModel):
    """What every column declares.

    Attributes:
        header: The header as it stands in the register; the short name if not given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: str = ""

    def read(self, cell: object, reading: Reading) -> Value | None:
        """The value of a cell that is not blank."""
        raise NotImplementedError

    def of_blank(self) -> Value | None:
        """The value of a blank cell."""
        return None


class KeyColumn(_Column):
    """Part of an identity: compared letter by letter, but for case, spaces and kinds of digits."""

    kind: Literal["key"]

    def read(self, cell: object, reading: Reading) -> str:  # noqa: ARG002
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        return " ".join(plain(unicodedata.normalize("NFKC", str(cell))).casefold().split())


class _CodedColumn(_Column):
    """A column of codes, one or many.

    Attributes:
        split: What stands between the words of a cell; makes the column many-valued.
        blank: The code that a blank cell stands for; without it, a blank has no value.
    """

    split: tuple[str, ...] | str = ()
    blank: str | None = None

    @property
    def many(self) -> bool:
        return bool(self.split)

    def one(self, word: str, reading: Reading) -> str:
        """The code of one word."""
        raise NotImplementedError

    def read(self, cell: object, reading: Reading) -> Value | None:
        text = _as_text(cell)
        if not self.split:
            return self.one(text, reading)
        codes = [self.one(word, reading) for word in _parts(text, self.split)]
        return tuple(dict.fromkeys(codes)) or self.of_blank()

    def of_blank(self) -> Value | None:
        return (self.blank,) if self.blank and self.split else self.blank


class CodeColumn(_CodedColumn):
    """A code of a table of ``codes.yaml``.

    Attributes:
        table: The name of the table.
    """

    kind: Literal["code"]
    table: str

    def one(self, word: str, reading: Reading) -> str:
        return reading.tables[self.table].code(word)


class CountryColumn(_CodedColumn):
    """A country or a citizenship, however it is spelt."""

    kind: Literal["country"]

    def one(self, word: str, reading: Reading) -> str:  # noqa: ARG002
        return _country(word)


class RegionColumn(_CodedColumn):
    """A region of the reporting country, however it is spelt."""

    kind: Literal["region"]
    split: tuple[()] = ()

    def one(self, word: str, reading: Reading) -> str:
        return _region(word, reading.country)


class DateColumn(_Column, DateFormat):
    """A day, in the declared order and calendar."""

    kind: Literal["date"]

    def read(self, cell: object, reading: Reading) -> date:
        return read_date(cell, self, reading.today)


class NumberColumn(_Column):
    """A whole number, alone or followed by one of its units ("17 ans").

    Attributes:
        min: The lowest number that is in order.
        max: The highest.
        units: Words that may follow the number.
    """

    kind: Literal["number"]
    min: int = 0
    max: int = 100_000
    units: list[str] = []

    def read(self, cell: object, reading: Reading) -> int:  # noqa: ARG002
        number = _integer(cell, self.units)
        if number is None:
            got = KIND_OF_CELL.get(type(cell), "a date or other type")
            raise NumberUnreadable(expected="a whole number", got=got)
        if not self.min <= number <= self.max:
            raise NumberOutOfRange(expected=f"{self.min} to {self.max}", got="a number outside")
        return number


class IdentifierColumn(_Column):
    """Identifiers of alleged facilitators, never of victims or reporters.

    Attributes:
        type: A code of ``CL_LINK_TYPE``.
        of: Whose they are; whoever declares the column says it.
        split: What stands between several in one cell.
    """

    kind: Literal["identifier"]
    type: str
    of: Literal["facilitator"]
    split: tuple[str, ...] | str = ()

    def read(self, cell: object, reading: Reading) -> Identifiers:
        usable: dict[Normalised, None] = {}
        unusable: list[IdentifierError] = []
        try:
            texts = _parts(_as_text(cell), self.split)
        except UnknownValue as error:
            wrong = IdentifierUnreadable(expected="text or a number", got=error.got)
            return Identifiers(unusable=(wrong,))
        for text in texts:
            if fold(text) in _SAID_UNKNOWN:
                continue
            try:
                usable[normalise(self.type, text, reading.country)] = None
            except IdentifierError as error:
                unusable.append(error)
        return Identifiers(tuple(usable), tuple(unusable))


AnySimple = (
    KeyColumn
    | CodeColumn
    | CountryColumn
    | RegionColumn
    | DateColumn
    | NumberColumn
    | IdentifierColumn
)
SimpleColumn = Annotated[AnySimple, Field(discriminator="kind")]


class GroupColumn(_Column):
    """A repeated group of answers: a list in one cell, each element with columns of its own.

    Rules reach the columns of an element with ``each``, as ``group.column``.

    Attributes:
        columns: The columns of an element, by short name.
        ignore: Headers of an element's columns that stay home.
    """

    kind: Literal["group"]
    columns: dict[str, SimpleColumn]
    ignore: list[str] = []


Column = Annotated[AnySimple | GroupColumn, Field(discriminator="kind")]

# A register has few names in many cells; what is refused is not remembered.
_country = lru_cache(maxsize=4096)(resolve_country)
_region = lru_cache(maxsize=4096)(resolve_region)

_SAID_UNKNOWN = frozenset(map(fold, UNKNOWN))

KIND_OF_CELL: dict[type, str] = {
    str: "text",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    bool: "true or false",
    type(None): "a blank",
}


def is_blank(cell: object) -> bool:
    """Whether nothing was entered: no cell, or only white space and invisible marks."""
    if isinstance(cell, str):
        return not cell or (not cell[0].isalnum() and not plain(cell))
    return cell is None


def _parts(text: str, split: str | tuple[str, ...]) -> list[str]:
    """The text, or what stands between the separators; without blanks."""
    separators = filter(None, (split,) if isinstance(split, str) else split)
    pattern = "|".join(map(re.escape, separators))
    parts = re.split(pattern, text) if pattern else [text]
    return [part.strip() for part in parts if part.strip()]


def _as_text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool | int):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    raise UnknownValue(expected="a word", got=KIND_OF_CELL.get(type(cell), "a date or other type"))


def _integer(cell: object, units: Sequence[str]) -> int | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int):
        return cell
    if isinstance(cell, float | Decimal):
        return int(cell) if float(cell).is_integer() else None
    if isinstance(cell, str):
        match = re.fullmatch(r"(-?\d{1,9})\s*(.*)", plain(cell))
        return int(match[1]) if match and match[2] in ("", *units) else None
    return None
