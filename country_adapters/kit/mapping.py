"""From a row of a register to events, or to the reasons why it stays home.

The rules:

1. Every declared cell of a row is read, also those that no event of the row would use.
2. A row with any problem is rejected whole, with all its problems. What it published before stays.
3. Every draft is validated against the contract here, so that a bad one is a rejection at home and
   not a refusal abroad.
4. A row and a fact are known by their pseudonyms only. A row without identity is known by its
   place.
5. Identifiers of alleged facilitators go beside the events (``facilitators``); one that cannot be
   used keeps no row home.
6. A problem names columns and the kind of thing found; never what stood in a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import combinations
from typing import Any, get_origin

from country_adapters.kit.columns import (
    Column,
    Element,
    GroupColumn,
    Reading,
    SimpleColumn,
    Value,
    is_blank,
)
from country_adapters.kit.declaration import EventRule, TableDeclaration
from country_adapters.kit.errors import (
    CellError,
    ContradictoryRow,
    MissingKey,
    MissingValue,
)
from country_adapters.kit.facilitators import Named, named
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import Register
from country_adapters.kit.row import Row, SpoiltError, backwards
from country_adapters.kit.sources.base import SourceRow
from producers.rows import Draft, MappedRow, Problem, RejectedRow, Rejection
from schemas.areas import level_of_area, level_of_region
from schemas.case_events import EVENT_TYPES, validate
from schemas.errors import EventInvalid, SouthmedError

NO_ID = bytes(16)
CONTENT_LENGTH = 16
DEFAULTS: dict[str, Any] = {"validation": "VALID", "conf_status": "F", "suppressed_fields": []}


@dataclass(frozen=True)
class _Read:
    """The cells of a row after reading."""

    values: dict[str, Value | None]
    spoilt: frozenset[str]
    problems: tuple[Problem, ...]


class TableMapper:
    """Maps the rows of one table.

    Args:
        register: The register.
        table: The name of the table in its declaration.
        pseudonyms: The authority's.
        today: No date may lie after it.
    """

    def __init__(self, register: Register, table: str, pseudonyms: Pseudonyms, today: date) -> None:
        self.name = table
        self.declared: TableDeclaration = register.declaration.tables[table]
        self.authority = register.authority
        self.country = register.country
        self.pseudonyms = pseudonyms
        self.reading = Reading(register.words, register.country, today)

    def map(self, source_row: SourceRow) -> MappedRow | RejectedRow:
        """What a row states now, or why it stays home."""
        read = self._read(source_row.values)
        row = Row(read.values, read.spoilt, self.country)
        problems = [*read.problems, *self._table_problems(row)]
        drafts: list[Draft] = []
        if not any(problem.code == MissingKey.code for problem in problems):
            for rule in self.declared.events:
                drafts += self._drafts(rule, row, problems)
        if problems:
            return self._rejected(self._row_key(row, source_row.locator), source_row, problems)
        found = self._named(row) if self.declared.identifiers else Named()
        row_key = self._row_key(row, source_row.locator)
        return MappedRow(row_key, tuple(drafts), tuple(found.identifiers), tuple(found.unusable))

    def contradictory(self, source_row: SourceRow) -> RejectedRow:
        """The rejection of a row that another row with the same key contradicts."""
        error = ContradictoryRow(
            expected="one content for a key", got="two", columns=tuple(self.declared.row_key)
        )
        key = self.pseudonyms.row([self.authority, self.name, "contradicts", source_row.locator])
        return self._rejected(key, source_row, [self._problem(error)])

    def content(self, source_row: SourceRow) -> bytes:
        """A keyed digest of what stands in a row, to tell whether another says the same."""
        cells = repr(sorted(source_row.values.items()))
        return self.pseudonyms.row([self.authority, self.name, "content", cells])[:CONTENT_LENGTH]

    # --- Reading cells ---------------------------------------------------------------------------

    def _read(self, cells: Mapping[str, object]) -> _Read:
        values: dict[str, Value | None] = {}
        spoilt: set[str] = set()
        problems: list[Problem] = []
        for name, column in self.declared.columns.items():
            cell = cells.get(self.declared.header(name))
            try:
                values[name] = self._value(name, column, cell)
            except SouthmedError as error:
                spoilt.add(name)
                problems.append(self._problem(error, name))
            except _ElementError as element:
                spoilt.add(name)
                problems.append(self._problem(element.error, element.column))
        return _Read(values, frozenset(spoilt), tuple(problems))

    def _value(self, name: str, column: Column, cell: object) -> Value | None:
        if not isinstance(column, GroupColumn):
            return column.of_blank() if is_blank(cell) else column.read(cell, self.reading)
        elements = cell if isinstance(cell, list) else []
        return tuple(self._element(name, column.columns, element) for element in elements) or None

    def _element(
        self, group: str, columns: Mapping[str, SimpleColumn], answers: Mapping[str, object]
    ) -> Element:
        element: dict[str, Value | None] = {}
        for name, column in columns.items():
            cell = answers.get(column.header or name)
            try:
                element[name] = self._value(name, column, cell)
            except SouthmedError as error:
                raise _ElementError(f"{group}.{name}", error) from None
        return element

    # --- Rules of the whole row ------------------------------------------------------------------

    def _table_problems(self, row: Row) -> Iterator[Problem]:
        for name in dict.fromkeys((*self.declared.row_key, *self.declared.case_key)):
            if row[name] is None:
                error = MissingKey(expected="a part of the identity", got="a blank")
                yield self._problem(error, name)
        for requirement in self.declared.required:
            if _holds(requirement.when, row):
                for name in requirement.columns:
                    if name not in row.spoilt and row[name] is None:
                        yield self._problem(MissingValue(expected="a value", got="a blank"), name)
        for names in self.declared.order:
            yield from self._order_problems(names, row)

    def _order_problems(self, names: Sequence[str], row: Row) -> Iterator[Problem]:
        dated = [(name, row.day(name)) for name in names if name not in row.spoilt]
        days = [(name, day) for name, day in dated if day is not None]
        for (earlier, first), (later, second) in combinations(days, 2):
            if second < first:
                yield self._problem(backwards(earlier, later))

    # --- Events ----------------------------------------------------------------------------------

    def _drafts(self, rule: EventRule, row: Row, problems: list[Problem]) -> Iterator[Draft]:
        """The drafts of one rule; what goes wrong is added to the problems."""
        try:
            if not all(condition.holds(row) for condition in rule.on_row):
                return
            items = list(row.each(rule.each)) if rule.each else [("", row)]
        except SpoiltError:
            return
        for item, each in items:
            if not all(condition.holds(each) for condition in rule.on_element):
                continue
            fields = self._fields(rule, each, problems)
            if fields is not None:
                yield Draft(self._slot(rule, row, item), fields)

    def _fields(self, rule: EventRule, row: Row, problems: list[Problem]) -> dict[str, Any] | None:
        """All fields of an event, or None if one of them has a problem."""
        fields: dict[str, Any] = {}
        parts: dict[str, Callable[[], Any]] = {
            "period": lambda: _month(row, rule.period),
            "region": lambda: rule.region.value(row),
            **{name: partial(field.value, row) for name, field in rule.fields.items()},
            **self._references(rule, row),
        }
        for name, value in parts.items():
            try:
                fields[name] = _shaped(rule.type, name, value())
            except SpoiltError:
                pass
            except CellError as error:
                problems.append(self._problem(error))
        if len(fields) < len(parts):
            return None
        constant = {**DEFAULTS, "event_type": rule.type, "producer": self.authority}
        return self._valid({**constant, **fields, **self._places(fields)}, problems)

    def _named(self, row: Row) -> Named:
        """Identifiers of facilitators, beside the events."""
        slot = partial(self._slot_of, _key(row, self.declared.row_key))
        return named(self.declared, row, self.pseudonyms.case(self._case(row)), slot)

    def _references(self, rule: EventRule, row: Row) -> dict[str, Callable[[], bytes]]:
        """How to make the pseudonyms that an event type has."""
        declared, known = self.declared, EVENT_TYPES[rule.type].model_fields
        case = self._case(row)
        ways: dict[str, Callable[[], bytes]] = {
            "case_ref": lambda: self.pseudonyms.case(case),
            "victim_ref": lambda: self.pseudonyms.victim([*case, *_key(row, declared.victim_key)]),
            "suspect_ref": lambda: self.pseudonyms.suspect(
                [*case, *_key(row, declared.suspect_key)]
            ),
        }
        return {name: way for name, way in ways.items() if name in known}

    def _places(self, fields: Mapping[str, Any]) -> dict[str, str]:
        """The country, and the levels of places; an adapter tells them as precisely as it can."""
        places = {
            "country": self.country,
            "region_level": level_of_region(fields["region"], self.country),
        }
        if "citizenship" in fields:
            places["citizenship_level"] = level_of_area(fields["citizenship"])[0]
        return places

    def _valid(self, fields: dict[str, Any], problems: list[Problem]) -> dict[str, Any] | None:
        try:
            validate({**fields, "event_id": NO_ID, "fact_ref": NO_ID})
        except EventInvalid as error:
            kind = fields["event_type"]
            problems.append(Problem(kind, error.code, f"the rules of {kind}", error.got))
            return None
        return fields

    # --- Identities and problems -----------------------------------------------------------------

    def _row_key(self, row: Row, locator: str) -> bytes:
        keys = self.declared.row_key
        if any(row[name] is None for name in keys):
            return self.pseudonyms.row([self.authority, self.name, "place", locator])
        return self.pseudonyms.row([self.authority, self.name, "key", *_key(row, keys)])

    def _case(self, row: Row) -> list[str]:
        declared = self.declared
        return [self.authority, declared.case_space, *_key(row, declared.case_key)]

    def _slot(self, rule: EventRule, row: Row, item: str) -> bytes:
        key = _key(row, self.declared.row_key)
        return self._slot_of(key, (rule.type, rule.slot, item))

    def _slot_of(self, key: Sequence[str], fact: Sequence[str]) -> bytes:
        return self.pseudonyms.slot([self.authority, self.name, *key, *fact])

    def _problem(self, error: SouthmedError, name: str = "") -> Problem:
        columns = error.columns if isinstance(error, CellError) and error.columns else (name,)
        headers = ", ".join(self.declared.header(column) for column in columns)
        return Problem(headers, error.code, error.expected, error.got)

    def _rejected(
        self, row_key: bytes, source_row: SourceRow, problems: Iterable[Problem]
    ) -> RejectedRow:
        unique = tuple(dict.fromkeys(problems))
        return RejectedRow(row_key, Rejection(self.name, source_row.locator, unique))


class _ElementError(Exception):
    """A cell in a group cannot be read."""

    def __init__(self, column: str, error: SouthmedError) -> None:
        self.column = column
        self.error = error


def _holds(conditions: Iterable[Any], row: Row) -> bool:
    try:
        return all(condition.holds(row) for condition in conditions)
    except SpoiltError:
        return False


def _key(row: Row, names: Sequence[str]) -> list[str]:
    """The parts of an identity.

    Raises:
        MissingKey: One of them is blank.
    """
    parts = [row[name] for name in names]
    blank = tuple(name for name, part in zip(names, parts, strict=True) if part is None)
    if blank:
        raise MissingKey(expected="a part of the identity", got="a blank", columns=blank)
    return [str(part) for part in parts]


def _month(row: Row, name: str) -> str:
    day = row.needed(name)
    return f"{day:%Y-%m}" if isinstance(day, date) else ""


@cache
def _list_fields(event_type: str) -> frozenset[str]:
    """The fields of an event type that hold lists."""
    fields = EVENT_TYPES[event_type].model_fields
    return frozenset(name for name, info in fields.items() if get_origin(info.annotation) is list)


def _shaped(event_type: str, name: str, value: Any) -> Any:
    """A value as its field takes it: one code alone as a list where the field holds several."""
    if name not in _list_fields(event_type):
        return value
    if value is None:
        return []
    return list(value) if isinstance(value, tuple | list) else [value]
