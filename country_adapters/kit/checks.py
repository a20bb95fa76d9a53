"""What a declaration must keep beyond its form, checked once when it is loaded.

1. Every name in a rule is a declared column, of a kind that the rule can use.
2. Every declared column is used; what is not used belongs under ``ignore``.
3. An event has all fields of its type and no others; constants are codes of their field.
4. Two rules for one event type have different slots.
5. Every table of words that a column names exists.
6. A column of a group stands in an event rule with ``each`` of this group, as nobody could say of
   which element it is elsewhere.
7. Identifiers are of a known type, are used by a rule that the contract allows, and stand under no
   header that names victims or reporters.
8. The authority's id begins with its country's code, as in the trust document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from country_adapters.kit.columns import CodeColumn, GroupColumn, IdentifierColumn
from country_adapters.kit.declaration import (
    ANY_KIND,
    EventRule,
    IdentifierRule,
    RegisterDeclaration,
    TableDeclaration,
)
from country_adapters.kit.facilitators import EVENT_TYPE as LINKAGE
from country_adapters.kit.identifiers.normalise import NORMALISERS
from country_adapters.kit.identifiers.protected import names_protected
from country_adapters.kit.row import CODED, DATED, Need
from country_adapters.kit.rules import Const
from country_adapters.kit.yaml_file import Document, Fault
from schemas.case_events import EVENT_TYPES
from schemas.codelists import codelist
from schemas.event_fields import CaseEvent
from schemas.topics import COUNTRY_CODES

FILLED_BY_KIT = frozenset(
    {
        *("event_id", "fact_ref", "event_type", "producer", "country", "supersedes", "revision"),
        *("case_ref", "victim_ref", "suspect_ref", "period", "region", "region_level"),
        *("citizenship_level", "suppressed_fields"),
    }
)
WITH_DEFAULT = frozenset({"validation", "conf_status"})

Place = tuple[str | int, ...]
Use = tuple[Place, Need]


def check(document: Document, declared: RegisterDeclaration, words: Collection[str]) -> None:
    """Checks a whole declaration.

    Args:
        document: The file.
        declared: What it says.
        words: The names of the tables of ``codes.yaml``.

    Raises:
        DeclarationInvalid: With file, line and key of the first rule broken.
    """
    for fault in faults(document, declared, words):
        raise fault.error()


def faults(
    document: Document, declared: RegisterDeclaration, words: Collection[str]
) -> Iterator[Fault]:
    """Every rule that a declaration breaks."""
    for place, problem in _problems(declared, words):
        yield document.fault(place, problem)


def _problems(declared: RegisterDeclaration, words: Collection[str]) -> Iterator[tuple[Place, str]]:
    if declared.country not in codelist("CL_REPORTING_COUNTRY"):
        yield ("country",), "a reporting country"
    elif not declared.authority.startswith(f"{COUNTRY_CODES[declared.country]}."):
        yield ("authority",), "an id that begins with the country's code"
    for name, table in declared.tables.items():
        at = ("tables", name)
        uses = list(_uses(table))
        yield from _use_problems(at, table, uses)
        yield from _slot_problems(at, table)
        for index, rule in enumerate(table.events):
            yield from _event_problems((*at, "events", index), rule, table)
        for index, identifiers in enumerate(table.identifiers):
            yield from _identifier_problems((*at, "identifiers", index), identifiers)
        yield from _repeated_rules(at, table)
        yield from _column_problems(at, table, uses, words)


def _use_problems(
    at: Place, table: TableDeclaration, uses: Iterable[Use]
) -> Iterator[tuple[Place, str]]:
    kinds = _kinds(table)
    for place, (name, allowed) in uses:
        if name not in kinds:
            yield (*at, *place), f"a declared column; {name} is none"
        elif kinds[name] not in allowed:
            yield (*at, *place), f"a column of kind {' or '.join(allowed)}; {name} is another"
        elif (group := name.rpartition(".")[0]) and not _of_element(table, place, group):
            yield (*at, *place), f"a column of the row; {name} is one of each element of {group}"


def _of_element(table: TableDeclaration, place: Place, group: str) -> bool:
    """Whether what stands at a place is about one element of a group."""
    match place:
        case ("events", int(index), part, *_):
            return part != "each" and table.events[index].each == group
        case ("identifiers", _, part):
            return part == "column"
    return False


def _column_problems(
    at: Place, table: TableDeclaration, uses: Iterable[Use], words: Collection[str]
) -> Iterator[tuple[Place, str]]:
    used = {name.partition(".")[0] for _, (name, _) in uses}
    for name, column in table.columns.items():
        if name not in used:
            yield (*at, "columns", name), "a column that a rule uses; others go to ignore"
        inner = column.columns if isinstance(column, GroupColumn) else {"": column}
        for key, simple in inner.items():
            if isinstance(simple, CodeColumn) and simple.table not in words:
                yield (*at, "columns", name, "table"), "a table of codes.yaml"
            if isinstance(simple, IdentifierColumn):
                place = (*at, "columns", name, *(("columns", key) if key else ()))
                said = (name, column.header, key, simple.header)
                yield from _identifier_column_problems(place, simple, said)


def _identifier_column_problems(
    at: Place, column: IdentifierColumn, said: Iterable[str]
) -> Iterator[tuple[Place, str]]:
    """The faults of a column of identifiers; ``said`` is all that it and its group are called."""
    if column.type not in NORMALISERS:
        yield (*at, "type"), "a code of CL_LINK_TYPE"
    if any(map(names_protected, said)):
        yield (*at, "header"), "a facilitator's column; this header names victims or reporters"


def _identifier_problems(at: Place, rule: IdentifierRule) -> Iterator[tuple[Place, str]]:
    model = EVENT_TYPES[LINKAGE]
    for name, code in (("role", rule.role), ("evidence_grade", rule.evidence_grade)):
        if not _allows(model, name, code):
            yield (*at, name), f"a code that {LINKAGE} allows"


def _repeated_rules(at: Place, table: TableDeclaration) -> Iterator[tuple[Place, str]]:
    seen: set[tuple[str, str]] = set()
    for index, rule in enumerate(table.identifiers):
        if (rule.column, rule.role) in seen:
            yield (*at, "identifiers", index, "role"), "one rule for a column and a role"
        seen.add((rule.column, rule.role))


def _kinds(table: TableDeclaration) -> dict[str, str]:
    """The kind of every column, and of those in groups as ``group.column``."""
    kinds: dict[str, str] = {}
    for name, column in table.columns.items():
        kinds[name] = column.kind
        if isinstance(column, GroupColumn):
            kinds |= {f"{name}.{key}": inner.kind for key, inner in column.columns.items()}
    return kinds


def _uses(table: TableDeclaration) -> Iterator[Use]:
    """Every place of a table that names a column."""
    for part in ("row_key", "case_key", "victim_key", "suspect_key"):
        yield from (((part,), (name, ("key",))) for name in getattr(table, part))
    for index, requirement in enumerate(table.required):
        place: Place = ("required", index)
        yield from ((place, (name, ANY_KIND)) for name in requirement.columns)
        yield from ((place, need) for each in requirement.when for need in each.needs())
    for index, names in enumerate(table.order):
        yield from ((("order", index), (name, DATED)) for name in names)
    for index, rule in enumerate(table.events):
        yield from ((("events", index, *place), need) for place, need in _uses_of_event(rule))
    for index, identifiers in enumerate(table.identifiers):
        place = ("identifiers", index)
        yield (*place, "column"), (identifiers.column, ("identifier",))
        yield (*place, "period"), (identifiers.period, DATED)
        yield from (((*place, "when"), need) for w in identifiers.when for need in w.needs())


def _uses_of_event(rule: EventRule) -> Iterator[Use]:
    yield ("period",), (rule.period, DATED)
    yield from ((("region",), need) for need in rule.region.needs())
    if rule.each:
        yield ("each",), (rule.each, (*CODED, "group"))
    yield from ((("when",), need) for each in rule.when for need in each.needs())
    for name, field in rule.fields.items():
        yield from ((("fields", name), need) for need in field.needs())


def _event_problems(
    at: Place, rule: EventRule, table: TableDeclaration
) -> Iterator[tuple[Place, str]]:
    model = EVENT_TYPES.get(rule.type)
    if model is None:
        yield (*at, "type"), "an event type"
        return
    for name in ("victim", "suspect"):
        if f"{name}_ref" in model.model_fields and not getattr(table, f"{name}_key"):
            yield at[:2], f"a {name}_key, as {rule.type} is about a {name}"
    for name, field in rule.fields.items():
        if name in FILLED_BY_KIT or name not in model.model_fields:
            yield (*at, "fields", name), f"a field of {rule.type} that is not filled in by itself"
        elif isinstance(field, Const) and not _allows(model, name, field.const):
            yield (*at, "fields", name), "a constant that the field allows"
    for name, info in model.model_fields.items():
        given = name in rule.fields or name in FILLED_BY_KIT or name in WITH_DEFAULT
        if info.is_required() and not given:
            yield (*at, "fields", name), f"a rule for every field of {rule.type}"


def _allows(model: type[CaseEvent], name: str, const: Any) -> bool:
    info = model.model_fields[name]
    annotation: Any = info.annotation
    for constraint in info.metadata:
        annotation = Annotated[annotation, constraint]
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    for value in (const, [const]):
        try:
            adapter.validate_python(value, strict=True)
        except ValidationError:
            continue
        return True
    return False


def _slot_problems(at: Place, table: TableDeclaration) -> Iterator[tuple[Place, str]]:
    seen: set[tuple[str, str]] = set()
    for index, rule in enumerate(table.events):
        if (rule.type, rule.slot) in seen:
            yield (*at, "events", index, "slot"), "a slot of its own, as the type is there already"
        seen.add((rule.type, rule.slot))
