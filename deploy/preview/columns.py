"""What becomes of each column of a register, told from its declaration alone.

A column either stays home, or is read; of one that is read, something leaves in one of a few ways,
from a code down to nothing at all. The ways are words of ``words``; here they have short names:

============= ==================================================================================
``codes``     codes of closed lists
``number``    a count, as it is
``month``     the month of a day
``age``       a band of age, or only whether adult or child
``delay``     a band of days between two days
``months``    a band of months
``size``      a band of how many persons
``geography`` only whether borders were crossed
``flag``      only yes or no
``filled``    only whether anything stands there
``token``     nothing yet: it waits at home for a keyed token
``pseudonym`` nothing but keyed pseudonyms made of it
``decides``   nothing: it decides whether something is stated, or which rows are refused
============= ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from country_adapters.kit.columns import GroupColumn
from country_adapters.kit.declaration import EventRule, RegisterDeclaration, TableDeclaration
from country_adapters.kit.row import Rule
from country_adapters.kit.rules import (
    Adult,
    AgeBand,
    Delay,
    Filled,
    Flag,
    Geography,
    MonthsBand,
    SizeBand,
)

WAYS = (
    *("codes", "number", "month", "age", "delay", "months", "size"),
    *("geography", "flag", "filled", "token", "pseudonym", "decides"),
)
WAY_OF: dict[type[Rule], str] = {
    Adult: "age",
    AgeBand: "age",
    Delay: "delay",
    Filled: "filled",
    Flag: "flag",
    Geography: "geography",
    MonthsBand: "months",
    SizeBand: "size",
}
"""Ways of the rules that leave less than a code."""


@dataclass(frozen=True)
class ColumnRead:
    """A column that is read, and what leaves of it."""

    table: str
    header: str
    kind: str
    ways: tuple[str, ...]


@dataclass(frozen=True)
class ColumnAtHome:
    """A column that is dropped before any rule could see it."""

    table: str
    header: str


def columns_at_home(declared: RegisterDeclaration) -> tuple[ColumnAtHome, ...]:
    """The columns that stay home, by name."""
    return tuple(
        ColumnAtHome(name, header)
        for name, table in declared.tables.items()
        for header in (*table.ignore, *_ignored_in_groups(table))
    )


def _ignored_in_groups(table: TableDeclaration) -> Iterator[str]:
    for name, column in table.columns.items():
        if isinstance(column, GroupColumn):
            yield from (f"{table.header(name)} / {header}" for header in column.ignore)


def columns_read(declared: RegisterDeclaration) -> tuple[ColumnRead, ...]:
    """The columns that are read, each with the ways in which something of it leaves."""
    return tuple(column for name, table in declared.tables.items() for column in _read(name, table))


def _read(name: str, table: TableDeclaration) -> Iterator[ColumnRead]:
    kinds = dict(_kinds(table))
    found: dict[str, set[str]] = {column: set() for column in kinds}
    for rule in table.events:
        for column, way in _leaving(rule, kinds):
            found[column].add(way)
    for identifiers in table.identifiers:
        found[identifiers.column].add("token")
        found[identifiers.period].add("month")
    for column in (*table.row_key, *table.case_key, *table.victim_key, *table.suspect_key):
        found[column].add("pseudonym")
    for column, kind in kinds.items():
        ways = tuple(way for way in WAYS if way in found[column]) or ("decides",)
        yield ColumnRead(name, _header(table, column), kind, ways)


def _kinds(table: TableDeclaration) -> Iterator[tuple[str, str]]:
    """Every column and its kind; of a group, its columns."""
    for name, column in table.columns.items():
        if isinstance(column, GroupColumn):
            yield from ((f"{name}.{key}", inner.kind) for key, inner in column.columns.items())
        else:
            yield name, column.kind


def _leaving(rule: EventRule, kinds: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield rule.period, "month"
    for field in (rule.region, *rule.fields.values()):
        for column, _ in field.needs():
            plain = "number" if kinds[column] == "number" else "codes"
            yield column, WAY_OF.get(type(field), plain)


def _header(table: TableDeclaration, column: str) -> str:
    group, _, inner = column.partition(".")
    return f"{table.header(group)} / {table.header(column)}" if inner else table.header(column)
