"""What cannot have happened as it is told: findings about the quality of data.

A fault is found in the standing events of one subject, and counted as ``DQ_SEQ`` in the quarter of
the event at fault, once for each subject and kind. Nothing else changes: the events count as they
are told, because only their authority knows which of them is wrong. It corrects or withdraws one,
and the finding goes with it.

* ``WITHOUT``: an event that needs another one, and there is none.
* ``BEFORE``: an event that lies before the first of those that come before it in life. Months are
  compared, or quarters where one of the two is hidden: nothing is found that may be right.
* ``DIFFERS``: two events that describe one person differently. Parts by such a field do not add up
  from one indicator to the next.

What two subjects say together (a report and its victims) is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

from processors.indicators.dimensions import UNKNOWN, Event
from processors.indicators.rule import Match, hides_month, period_at
from processors.indicators.table import (
    ASSISTED,
    CLOSED,
    CONVICTED,
    DECIDED,
    PRESUMED,
    RECEIVED,
    REFERRED,
    SENTENCED,
    TRANSMITTED,
    TRIAGED,
    staged,
)

ByType = Mapping[str, Sequence[Event]]
"""The events of a subject that stand and are not withdrawn, by their type."""


class Check(Enum):
    """What is wrong with an event beside the others."""

    WITHOUT = "without"
    BEFORE = "before"
    DIFFERS = "differs"


@dataclass(frozen=True)
class Fault:
    """One row of the table.

    Attributes:
        kind: Code of the finding.
        event: The event at fault.
        check: What is wrong with it.
        others: The events that it needs, comes after, or is compared with; any of them.
        field: The field compared.
    """

    kind: str
    event: Match
    check: Check
    others: tuple[Match, ...]
    field: str = ""


KNOWN = (PRESUMED, DECIDED)
PROSECUTED = staged("PROSEC")
WITHOUT, BEFORE, DIFFERS = Check.WITHOUT, Check.BEFORE, Check.DIFFERS

FAULTS: tuple[Fault, ...] = (
    Fault("TRIAGE_WITHOUT_REPORT", TRIAGED, WITHOUT, (RECEIVED,)),
    Fault("TRIAGE_BEFORE_REPORT", TRIAGED, BEFORE, (RECEIVED,)),
    Fault("TRANSMITTED_WITHOUT_REPORT", TRANSMITTED, WITHOUT, (RECEIVED,)),
    Fault("TRANSMITTED_BEFORE_REPORT", TRANSMITTED, BEFORE, (RECEIVED,)),
    Fault("DECIDED_BEFORE_PRESUMED", DECIDED, BEFORE, (PRESUMED,)),
    Fault("REFERRED_WITHOUT_STATUS", REFERRED, WITHOUT, KNOWN),
    Fault("REFERRED_BEFORE_STATUS", REFERRED, BEFORE, KNOWN),
    Fault("ASSISTED_WITHOUT_STATUS", ASSISTED, WITHOUT, KNOWN),
    Fault("ASSISTED_BEFORE_STATUS", ASSISTED, BEFORE, KNOWN),
    Fault("CLOSED_WITHOUT_ASSISTANCE", CLOSED, WITHOUT, (ASSISTED,)),
    Fault("CLOSED_BEFORE_ASSISTANCE", CLOSED, BEFORE, (ASSISTED,)),
    Fault("PROSECUTED_BEFORE_SUSPECTED", PROSECUTED, BEFORE, (staged("SUSPECT"),)),
    Fault("CONVICTED_WITHOUT_PROSECUTION", CONVICTED, WITHOUT, (PROSECUTED,)),
    Fault("CONVICTED_BEFORE_PROSECUTION", CONVICTED, BEFORE, (PROSECUTED,)),
    Fault("FINAL_BEFORE_FIRST_INSTANCE", staged("CONVF"), BEFORE, (staged("CONV1"),)),
    Fault("SENTENCED_WITHOUT_CONVICTION", SENTENCED, WITHOUT, (CONVICTED,)),
    Fault("SENTENCED_BEFORE_CONVICTION", SENTENCED, BEFORE, (CONVICTED,)),
    Fault("SEX_DIFFERS", DECIDED, DIFFERS, (PRESUMED,), "sex"),
    Fault("CITIZENSHIP_DIFFERS", DECIDED, DIFFERS, (PRESUMED,), "citizenship"),
)


def faults_of(by_type: ByType) -> Iterator[tuple[str, Event]]:
    """The faults of a subject, each with the event that is at fault."""
    for fault in _faults_for(frozenset(by_type)):
        found = [e for e in by_type[fault.event.event_type] if fault.event.holds(e)]
        if found and (wrong := _wrong(fault, found, by_type)) is not None:
            yield fault.kind, wrong


@cache
def _faults_for(event_types: frozenset[str]) -> tuple[Fault, ...]:
    """The faults that a subject with such events can have."""
    return tuple(
        fault
        for fault in FAULTS
        if fault.event.event_type in event_types
        and (fault.check is WITHOUT or any(o.event_type in event_types for o in fault.others))
    )


def _wrong(fault: Fault, found: Sequence[Event], by_type: ByType) -> Event | None:
    """The first event at fault, if any is."""
    others = [e for o in fault.others for e in by_type.get(o.event_type, ()) if o.holds(e)]
    first = min(found, key=_month)
    if fault.check is WITHOUT:
        return None if others else first
    if not others:
        return None
    if fault.check is DIFFERS:
        return next((e for e in found if any(_differ(fault.field, e, o) for o in others)), None)
    return first if all(_lies_before(first, other) for other in others) else None


def _month(event: Event) -> str:
    return str(event["period"])


def _lies_before(event: Event, other: Event) -> bool:
    """Whether one event lies before another for certain."""
    if hides_month(event) or hides_month(other):
        return period_at(event["period"], "Q") < period_at(other["period"], "Q")
    return _month(event) < _month(other)


def _differ(field: str, event: Event, other: Event) -> bool:
    """Whether two events say different things of a field that both tell in full."""
    if any(field in e["suppressed_fields"] or e[field] == UNKNOWN for e in (event, other)):
        return False
    level = f"{field}_level"
    same_level = event.get(level) == other.get(level)
    return same_level and str(event[field]) != str(other[field])
