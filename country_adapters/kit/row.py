"""A row as the rules see it, and what every rule is.

Cells are read before any rule runs (``columns``), so a rule sees clean values only: codes, dates,
numbers, or None for a blank. A rule that looks at a column whose cell could not be read says
nothing, because that cell is a problem of the row already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from country_adapters.kit.columns import Value
from country_adapters.kit.errors import DatesOutOfOrder, MissingValue

CODED = ("code", "country", "region")
PLAIN = (*CODED, "number")
DATED = ("date",)

Need = tuple[str, tuple[str, ...]]
"""A column that a rule looks at, and the kinds that it may have."""


class SpoiltError(Exception):
    """A rule looked at a column that could not be read; that is reported already."""


@dataclass(frozen=True)
class Row:
    """The values of a row by the short names of its columns.

    Attributes:
        values: None where the cell is blank.
        spoilt: Columns whose cell could not be read.
        country: The reporting country.
    """

    values: Mapping[str, Value | None] = field(repr=False)
    spoilt: frozenset[str]
    country: str

    def __getitem__(self, name: str) -> Value | None:
        if name in self.spoilt:
            raise SpoiltError
        return self.values[name]

    def needed(self, name: str) -> Value:
        """The value of a column that may not be blank here.

        Raises:
            MissingValue: It is blank.
        """
        value = self[name]
        if value is None:
            raise MissingValue(expected="a value", got="a blank", columns=(name,))
        return value

    def day(self, name: str) -> date | None:
        value = self[name]
        return value if isinstance(value, date) else None

    def codes(self, name: str) -> tuple[str, ...]:
        """The codes of a column, as a tuple also where there is but one, or none."""
        return as_codes(self[name])

    def each(self, name: str) -> Iterator[tuple[str, Row]]:
        """The row once for each code of a column, or each element of a group.

        Yields:
            What tells the item from its sisters (its code, or its place in the group), and the row
            in which the column stands for that item alone.
        """
        items = self[name] or ()
        for place, item in enumerate(items if isinstance(items, tuple) else (items,), start=1):
            if isinstance(item, Mapping):
                inner = {f"{name}.{column}": value for column, value in item.items()}
                yield str(place), replace(self, values={**self.values, **inner})
            else:
                yield str(item), replace(self, values={**self.values, name: item})


def backwards(earlier: str, later: str) -> DatesOutOfOrder:
    """The problem of two date columns that run backwards."""
    return DatesOutOfOrder(
        expected="the first date not after the second",
        got="the other way round",
        columns=(earlier, later),
    )


def as_codes(value: Value | None) -> tuple[str, ...]:
    """A code, several codes or nothing as a tuple of codes."""
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


class Rule(BaseModel):
    """One word of the vocabulary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def needs(self) -> Iterator[Need]:
        """The columns that the rule looks at."""
        yield from ()

    def value(self, row: Row) -> Any:
        """What the field becomes.

        Raises:
            CellError: The row does not allow the rule to be followed.
            SpoiltError: A column that it needs could not be read.
        """
        raise NotImplementedError
