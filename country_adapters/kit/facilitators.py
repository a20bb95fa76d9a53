"""From the identifier columns of a row to what linkage tokens will be made of.

The rules:

1. Identifiers come from columns that are declared to be a facilitator's, under the conditions of
   their rule, and from nowhere else. A victim who was forced to recruit is kept out by a condition.
2. No event is made of them here. They go beside the events of the row; the outbox keeps them
   sealed until it can tell a token in place of each.
3. An identifier that cannot be used is told with its column and its code; the row stays.
4. The month is that of the fact, and the month of expiry follows from it: a row that is read again
   later does not live longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from country_adapters.kit.columns import Identifiers
from country_adapters.kit.declaration import IdentifierRule, TableDeclaration
from country_adapters.kit.errors import MissingValue
from country_adapters.kit.identifiers.normalise import NORM_VERSION
from country_adapters.kit.row import Row
from producers.rows import Identifier, Problem
from schemas.errors import SouthmedError

EVENT_TYPE = "network.linkage"
"""The event that will carry the token."""

Slot = Callable[[Sequence[str]], bytes]


@dataclass
class Named:
    """The identifiers that a row names, and those that cannot be used."""

    identifiers: list[Identifier] = field(default_factory=list)
    unusable: list[Problem] = field(default_factory=list)


def named(declared: TableDeclaration, row: Row, case_ref: bytes, slot: Slot) -> Named:
    """What a row names that could be mapped.

    Args:
        declared: Its table.
        row: The row; none of its columns is spoilt.
        case_ref: Pseudonym of its case.
        slot: Makes the keyed identity of a fact of the row out of what tells it from others.
    """
    found = Named()
    told: set[str] = set()
    for rule in declared.identifiers:
        if not all(each.holds(row) for each in rule.when):
            continue
        cell = _identifiers_in(row, rule.column)
        header = declared.header(rule.column)
        if rule.column not in told:
            found.unusable += [_problem(header, error) for error in cell.unusable]
            told.add(rule.column)
        day = row.day(rule.period)
        if day is None:
            missing = MissingValue(expected="the month of the fact", got="a blank")
            found.unusable += [_problem(header, missing)] * len(cell.usable)
            continue
        found.identifiers += _made_of(rule, cell, day, case_ref, slot)
    return found


def _identifiers_in(row: Row, name: str) -> Identifiers:
    """What a column holds, or a column of a group in all its elements together."""
    group, _, inner = name.partition(".")
    value = row[group]
    elements = value if isinstance(value, tuple) else ()
    parts = [e[inner] for e in elements if isinstance(e, Mapping)] if inner else [value]
    return sum((part for part in parts if isinstance(part, Identifiers)), Identifiers())


def _made_of(
    rule: IdentifierRule, cell: Identifiers, day: date, case_ref: bytes, slot: Slot
) -> Iterator[Identifier]:
    for one in cell.usable:
        yield Identifier(
            slot=slot((EVENT_TYPE, rule.column, rule.role, one.link_type, one.value)),
            case_ref=case_ref,
            link_type=one.link_type,
            value=one.value,
            role=rule.role,
            evidence_grade=rule.evidence_grade,
            norm_version=NORM_VERSION,
            period=f"{day:%Y-%m}",
            expires=months_later(day, rule.keep_months),
        )


def months_later(day: date, months: int) -> str:
    """The month that lies so many months after that of a day.

    Example:
        >>> months_later(date(2021, 11, 30), 24), months_later(date(2021, 12, 1), 1)
        ('2023-11', '2022-01')
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return f"{year}-{month + 1:02}"


def _problem(header: str, error: SouthmedError) -> Problem:
    return Problem(header, error.code, error.expected, error.got)
