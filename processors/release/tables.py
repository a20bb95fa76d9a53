"""The file of tables: what is published, when, and what it may cost (``tables.yaml``).

A data protection board reads and signs that one file; this module reads it and refuses one that
does not hold together:

1. The tables of persons together cost no more than the budget, errata no more than the reserve.
2. Every code is of its list, and every dimension of persons has ``_O`` and ``_U``, so that
   whatever a register and its gate tell of a person, it falls in exactly one cell.
3. The noise is that of the table of the sampler.

The digest of the file stands in every release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from processors.indicators.rules import months_of
from processors.release.errors import TablesInvalid
from processors.release.sampler import table_variance
from schemas.codelists import codelist
from schemas.releases import CODELISTS, OTHER, RESIDUALS, UNKNOWN, Names, Vintage

Counts = Literal["VICTIMS", "TRAININGS", "REQUESTS"]
MONTH = "MONTH"
"""In ``by``: the rows are months of the period, and quarters for what tells no month."""
OF_PERSONS = ("SEX", "AGE", "FORM", "ORIGIN")
Cell = tuple[str, ...]
Part = Annotated[Fraction, BeforeValidator(lambda text: Fraction(str(text)))]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class NoiseRule(_Closed):
    variance: Annotated[int, Field(ge=1)]
    band: Annotated[int, Field(ge=1, le=20)]
    unreliable_below: Annotated[int, Field(ge=0)]


class Budget(_Closed):
    rho: Part
    reserve: Part
    delta: Part


class CalendarRule(_Closed):
    since: Annotated[int, Field(ge=2000, le=2099)]
    provisional_after_days: Annotated[int, Field(ge=0)]
    final_after_months: Annotated[int, Field(ge=0)]


class Table(_Closed):
    """One table: what it counts, by what, and in which vintage it is published."""

    title: Names
    counts: Counts
    indicator: str
    unit: str
    vintage: Literal["PROVISIONAL", "FINAL"]
    by: tuple[str, ...]

    @property
    def of_persons(self) -> bool:
        """Whether it counts persons, and so has noise and a cost."""
        return self.counts == "VICTIMS"


class Erratum(_Closed):
    """A correction that the board decided on."""

    table: str
    period: str
    decision: Annotated[str, Field(min_length=5)]
    due: date


class Tables(_Closed):
    """The whole file."""

    version: Literal[1]
    noise: NoiseRule
    budget: Budget
    calendar: CalendarRule
    dimensions: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, Table]
    errata: tuple[Erratum, ...] = ()
    digest: str = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for problem in (*self._wrong_dimensions(), *self._wrong_tables(), *self._wrong_budget()):
            raise ValueError(problem)
        return self

    def _wrong_dimensions(self) -> Iterator[str]:
        for name, values in self.dimensions.items():
            if name not in CODELISTS:
                yield f"dimensions.{name}: no such column"
                continue
            listed = codelist(CODELISTS[name])
            if any(value not in listed and value not in RESIDUALS for value in values):
                yield f"dimensions.{name}: a code that its list does not have"
            if len(set(values)) != len(values):
                yield f"dimensions.{name}: a code twice"
            if name in OF_PERSONS and not {OTHER, UNKNOWN} <= set(values):
                yield f"dimensions.{name}: without _O or _U"
            if name not in OF_PERSONS and set(values) != set(listed.codes):
                yield f"dimensions.{name}: not every code of its list"

    def _wrong_tables(self) -> Iterator[str]:
        for name, table in self.tables.items():
            if "REF_AREA" not in table.by or len(set(table.by)) != len(table.by):
                yield f"tables.{name}.by: without REF_AREA, or a dimension twice"
            if unknown := set(table.by) - set(self.dimensions) - {MONTH}:
                yield f"tables.{name}.by: {len(unknown)} dimensions that the file does not have"
        for erratum in self.errata:
            due = self.tables.get(erratum.table)
            if due is None or due.vintage != "FINAL" or not erratum.period.isdigit():
                yield "errata: only final tables of a year have errata"

    def _wrong_budget(self) -> Iterator[str]:
        if self.noise.variance != table_variance():
            yield "noise.variance: not that of the sampler's table"
        if sum(map(self.rho, self.tables)) > self.budget.rho:
            yield "budget.rho: the tables together cost more"
        for period in {erratum.period for erratum in self.errata}:
            cost = sum(self.rho(e.table) for e in self.errata if e.period == period)
            if cost > self.budget.reserve:
                yield "budget.reserve: the errata of a year cost more"

    def rho(self, table: str) -> Fraction:
        """What one release of a table costs every person in it."""
        return Fraction(1, 2 * self.noise.variance) if self.tables[table].of_persons else Fraction()

    # --- Cells -----------------------------------------------------------------------------------

    def cells(self, table: str, period: str) -> list[Cell]:
        """Every cell that can be occupied, in the order of the file."""
        return list(product(*(self._values(name, period) for name in self.tables[table].by)))

    def _values(self, dimension: str, period: str) -> Sequence[str]:
        return rows_of(period) if dimension == MONTH else self.dimensions[dimension]

    def fold(self, dimension: str, codes: Iterable[str]) -> str:
        """The one value of a dimension that stands for all that is told of it.

        Args:
            dimension: Of the file.
            codes: What is told; of several, the value counts that stands first in the file.
        """
        listing = codelist(CODELISTS[dimension])
        told = {above for code in codes for above in _with_ancestors(listing.list_id, code)}
        found = next((value for value in self.dimensions[dimension] if value in told), None)
        return found or (UNKNOWN if told <= RESIDUALS.keys() | {"_T"} else OTHER)


@cache
def _with_ancestors(list_id: str, code: str) -> tuple[str, ...]:
    listing = codelist(list_id)
    return (code, *listing.ancestors(code)) if code in listing else (code,)


def quarters_of(period: str) -> tuple[str, ...]:
    """The quarters of a year, or the quarter itself.

    Example:
        >>> quarters_of("2023"), quarters_of("2023-Q2")
        (('2023-Q1', '2023-Q2', '2023-Q3', '2023-Q4'), ('2023-Q2',))
    """
    return (period,) if "-" in period else tuple(f"{period}-Q{n}" for n in range(1, 5))


@cache
def rows_of(period: str) -> tuple[str, ...]:
    """The months of a quarter or year, each quarter followed by itself for untold months."""
    return tuple(row for q in quarters_of(period) for row in (*months_of(q), q))


def holds(period: str, month: str) -> bool:
    """Whether a quarter or year holds a month (or a quarter whose month is not told)."""
    return month in rows_of(period)


def read_tables(content: bytes) -> Tables:
    """Reads a file of tables.

    Raises:
        TablesInvalid: With the places that are wrong.
    """
    try:
        document: Any = yaml.safe_load(content)
        return Tables.model_validate({**document, "digest": hashlib.sha256(content).hexdigest()})
    except ValidationError as error:
        wrong = [".".join(map(str, e["loc"])) or e["msg"] for e in error.errors()[:5]]
        raise TablesInvalid(got="; ".join(wrong)) from None
    except (yaml.YAMLError, TypeError):
        raise TablesInvalid(expected="YAML") from None


@cache
def shipped() -> Tables:
    """The file that this version of southmed publishes by."""
    return read_tables((files("processors.release") / "tables.yaml").read_bytes())


__all__ = ["MONTH", "Cell", "Counts", "Table", "Tables", "Vintage", "read_tables", "shipped"]
