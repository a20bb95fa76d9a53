"""What a row may state, by the columns that there are.

The rules:

1. An event needs the date that its month comes from. A date that is only near is a suggestion.
2. For each field the first rule of ``events.yaml`` is taken whose columns are all there; of a list
   of columns, those that are there.
3. A field that no column fills is the contract's "unknown" where it has one. Where it has none,
   whoever runs this may give a constant; else the event is left out, and what is missing is told.
4. An event of a case is stated by the first row of the case only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter

from country_adapters.kit.rules import FieldRule
from country_adapters.kit.suggest.keys import Keys
from country_adapters.kit.suggest.questions import LEAVE_OUT, Decide, Question
from country_adapters.kit.suggest.vocabulary import events
from schemas.case_events import EVENT_TYPES
from schemas.codelists import CodeOf

_RULE: TypeAdapter[Any] = TypeAdapter(FieldRule)
_LISTS = ("of", "at", "first_of", "all_of")


@dataclass(frozen=True)
class EventProposal:
    """An event that rows state.

    Attributes:
        declared: The event as it stands in ``register.yaml``.
        checks: What must be looked at.
        uses: The columns that it looks at.
    """

    declared: Mapping[str, Any]
    checks: tuple[str, ...]
    uses: frozenset[str]


@dataclass(frozen=True)
class LeftOut:
    """An event that its date would allow, and what it lacks."""

    type: str
    lacks: tuple[str, ...]


def events_of(
    table: str, about: str, columns: Collection[str], keys: Keys, decide: Decide
) -> tuple[list[EventProposal], list[LeftOut]]:
    """The events that rows of a table state, and those that they nearly do."""
    stated: list[EventProposal] = []
    left: list[LeftOut] = []
    for event in events():
        if about not in event["about"]:
            continue
        made = _event(event, table, columns, keys, decide)
        if isinstance(made, EventProposal):
            stated.append(made)
        elif made is not None:
            left.append(made)
    return stated, left


def _event(
    event: Mapping[str, Any], table: str, columns: Collection[str], keys: Keys, decide: Decide
) -> EventProposal | LeftOut | None:
    name = event["type"]
    if not {event.get("each"), event.get("filled")} - {None} <= set(columns):
        return None
    period = next((date for date in event["period"] if date in columns), None)
    if period is None:
        return None
    checks: list[str] = []
    if period != event["period"][0]:
        period = decide(
            Question(
                ("tables", table, "periods", name),
                f"No column says when it came to {name}. Is it the date «{period}»?",
                period,
                (period, LEAVE_OUT),
            )
        )
        if period == LEAVE_OUT:
            return None
        checks.append(f"check: no column has a date of its own for this, taken is {period}")
    if event.get("once") and keys.first is None:
        return LeftOut(name, ("a column that tells the first row of a case",))
    fields, lacks = _fields(event, table, columns, decide, checks)
    if lacks:
        return LeftOut(name, tuple(lacks))
    return _declared(event, period, fields, columns, keys, checks)


def _declared(
    event: Mapping[str, Any],
    period: str,
    fields: Mapping[str, Any],
    columns: Collection[str],
    keys: Keys,
    checks: list[str],
) -> EventProposal:
    when: list[dict[str, Any]] = [{"filled": event.get("filled", period)}]
    if event.get("once") and keys.first:
        when.insert(0, {"column": "line", "is": keys.first})
    region = {"region": "region"} if "region" in columns else {}
    slot = {"slot": event["slot"]} if "slot" in event else {}
    each = {"each": event["each"]} if "each" in event else {}
    declared = {"type": event["type"], **slot, "when": when if len(when) > 1 else when[0]}
    declared |= {**each, "period": period, **region, "fields": dict(fields)}
    uses = {period, *region, event.get("filled", period)} | {event.get("each", period)}
    uses |= {"line"} if len(when) > 1 else set()
    uses |= {need for rule in fields.values() for need in _columns_of(rule)}
    return EventProposal(declared, tuple(checks), frozenset(uses))


def _fields(
    event: Mapping[str, Any],
    table: str,
    columns: Collection[str],
    decide: Decide,
    checks: list[str],
) -> tuple[dict[str, Any], list[str]]:
    """The rule of each field, and the fields that have none."""
    model = EVENT_TYPES[event["type"]]
    fields: dict[str, Any] = {}
    lacks: list[str] = []
    for name, candidates in event["fields"].items():
        usable = (_usable(rule, columns) for rule in candidates)
        rule = next((rule for rule in usable if rule is not None), None)
        if rule is None and not model.model_fields[name].is_required():
            continue
        if rule is None and not lacks:  # what lacks one field is left out, whatever the others are
            rule = _constant(event["type"], name, table, decide)
        if rule is None:
            lacks.append(name)
            continue
        if rule not in candidates and isinstance(rule, dict) and "const" in rule:
            checks.append(f"check: {name} is the same in every row")
        fields[name] = rule
    return fields, lacks


def _usable(rule: Any, columns: Collection[str]) -> Any | None:
    """A rule with the columns that there are, or None if they are too few."""
    if isinstance(rule, str):
        return rule if rule in columns else None
    kept = _kept(rule, columns)
    return kept if kept is not None and set(_columns_of(kept)) <= set(columns) else None


def _kept(rule: Mapping[str, Any], columns: Collection[str]) -> dict[str, Any] | None:
    """The rule with lists of columns cut down to those that there are."""
    made: dict[str, Any] = {}
    for word, value in rule.items():
        if isinstance(value, Mapping):
            inner = _kept(value, columns)
            if inner is None:
                return None
            made[word] = inner
        elif word in _LISTS:
            made[word] = [name for name in value if name in columns]
            if not made[word]:
                return None
        else:
            made[word] = value
    return made


def _columns_of(rule: Any) -> Iterator[str]:
    return (name for name, _ in _RULE.validate_python(rule).needs())


# --- Constants -----------------------------------------------------------------------------------


def _constant(event_type: str, field: str, table: str, decide: Decide) -> Any | None:
    """What whoever runs the register says holds for every row, if anything does."""
    allowed = _allowed(event_type, field)
    if not allowed:
        return None
    answer = decide(
        Question(
            ("tables", table, "constants", event_type, field),
            f"No column tells `{field}` of {event_type}. Is it the same in every row?",
            LEAVE_OUT,
            (*allowed, LEAVE_OUT),
        )
    )
    return {"const": allowed[answer]} if answer in allowed else None


def _allowed(event_type: str, field: str) -> Mapping[str, str | bool]:
    """The constants that a field allows, by how they are spelt in an answer."""
    info = EVENT_TYPES[event_type].model_fields[field]
    pending: list[Any] = [*info.metadata, info.annotation]
    while pending:
        part = pending.pop(0)
        if isinstance(part, CodeOf):
            return {code: code for code in part.symbols}
        if part is bool:
            return {"true": True, "false": False}
        if get_origin(part) is not Literal:
            pending += [*getattr(part, "__metadata__", ()), *get_args(part)]
    return {}
