"""Counting: what a subject adds to the cells, by the table of rules.

Everything counted is about a **subject**: a case, a victim in a case, or a suspect in a case. What
a subject adds to the cells is a function of all its events that stand at present, so a correction
or a withdrawal takes back exactly what was counted before: the ledger subtracts the cells of the
events as they were and adds those of the events as they are.

A **cell** is ``(measure, reporting country, period, value of each dimension ...)``. Each frequency
has its own cells. What a rule says is told in ``processors.indicators.rule``, the rules are the
table in ``processors.indicators.table``, and what cannot have happened as it is told is counted as
``DQ_SEQ`` (``processors.indicators.sequences``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from processors.indicators.dimensions import BANDS, DIMENSIONS, TOTAL, Event, Reader, Values
from processors.indicators.rule import (
    PERIOD_OF_FACT,
    Match,
    Once,
    Rule,
    hides_month,
    months_of,
    period_at,
)
from processors.indicators.sequences import faults_of
from processors.indicators.table import RULES

Cell = tuple[str, ...]
_Reading = tuple[Rule, Sequence[Reader]]
"""A rule with the readers of its dimensions."""

RULES_VERSION = 5
"""Raised with every change of what is counted or kept; a ledger of other rules is folded again."""

UNCOUNTED = frozenset({"network.linkage"})
"""Events that add to no cell: nothing that is made of identifiers is ever counted."""

MEASURES: dict[str, tuple[str, ...]] = {
    **{rule.measure: rule.dimensions for rule in RULES},
    "DQ_SEQ": ("FAULT",),
}
"""The dimensions of every measure's cells, in the order of their keys."""

MULTIPLE = {name for name, dimension in DIMENSIONS.items() if dimension.multiple}
"""Dimensions that are not additive; their total stands in ``_T``."""

_SHORTEST_FIRST = {band: place for place, band in enumerate(BANDS)}


@dataclass(frozen=True, eq=False)
class Counting:
    """Rules, and what they make of events.

    Attributes:
        rules: The rules.
        finds_faults: Whether what cannot have happened is counted too.
    """

    rules: tuple[Rule, ...]
    finds_faults: bool = True

    def cells_of(self, events: Sequence[Event]) -> Counter[Cell]:
        """What a subject adds to the cells.

        Args:
            events: All events of one subject that stand at present, in the order in which their
                facts were first told.

        Returns:
            The number to add to each cell.
        """
        by_type: defaultdict[str, list[Event]] = defaultdict(list)
        for event in events:
            if event["validation"] != "WITHDRAWN" and event["event_type"] not in UNCOUNTED:
                by_type[event["event_type"]].append(event)
                by_type["*"].append(event)
        person = _description(by_type)
        cells: dict[Cell, int] = {}
        for match, rules in _rules_for(self, frozenset(by_type)):
            counted = [event for event in by_type[match.event_type] if match.holds(event)]
            for rule, readers in rules if counted else ():
                if _applies(rule, by_type):
                    _add(cells, rule, readers, counted, person)
        for kind, event in faults_of(by_type) if self.finds_faults else ():
            cells["DQ_SEQ", event["country"], period_at(event["period"], "Q"), kind] = 1
        return Counter(cells)


COUNTING = Counting(RULES)
"""What ledgers count."""
cells_of = COUNTING.cells_of


@cache
def _rules_for(
    counting: Counting, event_types: frozenset[str]
) -> Sequence[tuple[Match, Sequence[_Reading]]]:
    """The rules that can apply to a subject with such events, by the event that they count."""
    found: defaultdict[Match, list[_Reading]] = defaultdict(list)
    for rule in counting.rules:
        if rule.counts.event_type in event_types:
            found[rule.counts].append((rule, tuple(DIMENSIONS[name].read for name in rule.by)))
    return tuple(found.items())


def _description(by_type: Mapping[str, Sequence[Event]]) -> Event:
    """The event that best describes the person: the latest identification, else presumption."""
    for event_type in ("victim.identified", "victim.presumed"):
        if described := by_type.get(event_type):
            return described[0] if len(described) == 1 else max(described, key=_said)
    return {}


def _applies(rule: Rule, by_type: Mapping[str, Sequence[Event]]) -> bool:
    if not (rule.given or rule.unless):
        return True

    def has(match: Match) -> bool:
        return any(match.holds(event) for event in by_type.get(match.event_type, ()))

    return all(has(m) for m in rule.given) and not any(has(m) for m in rule.unless)


def _add(
    cells: dict[Cell, int],
    rule: Rule,
    readers: Sequence[Reader],
    counted: Sequence[Event],
    person: Event,
) -> None:
    """Adds what the counted events give under one rule."""
    if rule.once is Once.EVER and len(counted) > 1:
        counted = [_earliest(rule, counted)]
    for periods, group in _groups(rule, counted):
        if not periods:
            continue
        country = group[0]["country"]
        for values in product(*_values(readers, group, person)):
            for period in periods:
                key = (rule.measure, country, period, *values)
                if rule.split is None:
                    cells[key] = cells.get(key, 0) + 1
                    continue
                for sex, number in rule.split(group[0]):
                    cells[(*key, sex)] = cells.get((*key, sex), 0) + number


def _earliest(rule: Rule, counted: Sequence[Event]) -> Event:
    """The first of several events; of those that are equally early, always the same one."""
    earliest = min(_first(rule, event) for event in counted)
    tied = [event for event in counted if _first(rule, event) == earliest]
    return tied[0] if len(tied) == 1 else min(tied, key=_said)


def _first(rule: Rule, event: Event) -> tuple[str, int]:
    """By what the first of several events is told: its month, then perhaps its delay."""
    delay = event[rule.shortest] if rule.shortest else ""
    return str(event["period"]), _SHORTEST_FIRST.get(delay, len(BANDS))


_NOT_SAID = frozenset({"revision", "supersedes", "first_accepted", "first_offset", "first_told"})


def _said(event: Event) -> tuple[str, str]:
    """The month and all that an event says, but for references and when it came.

    What is counted may not depend on the order in which facts were told: under the gate facts of a
    quarter leave together, and a month that is not told is the same for all of them.
    """
    told = [(n, v) for n, v in event.items() if not isinstance(v, bytes) and n not in _NOT_SAID]
    return str(event["period"]), repr(sorted(told))


def _groups(rule: Rule, counted: Sequence[Event]) -> Iterable[tuple[Values, Sequence[Event]]]:
    """The counted events as groups that count once each, with the periods they count in."""
    if rule.once is not Once.PERIOD:
        return [(_periods_of(event, rule), (event,)) for event in counted]
    by_period: defaultdict[str, list[Event]] = defaultdict(list)
    for event in counted:
        for period in _periods_of(event, rule):
            by_period[period].append(event)
    return [((period,), group) for period, group in by_period.items()]


def _periods_of(event: Event, rule: Rule) -> Values:
    if rule.dated != PERIOD_OF_FACT:
        day = event.get(rule.dated)
        return _periods(day[:7], rule.frequencies) if day else ()
    hidden = hides_month(event)
    frequencies = rule.frequencies.replace("M", "") if hidden else rule.frequencies
    return _periods(event["period"], frequencies)


@cache
def _periods(month: str, frequencies: str) -> Values:
    return tuple(period_at(month, frequency) for frequency in frequencies)


def _values(readers: Sequence[Reader], group: Sequence[Event], person: Event) -> Sequence[Values]:
    """Of every dimension the values of the events that count once together."""
    if len(group) == 1:
        event = group[0]
        return [read(event, person) for read in readers]
    return [
        tuple(sorted({value for event in group for value in read(event, person)}))
        for read in readers
    ]


__all__ = [
    "COUNTING",
    "MEASURES",
    "MULTIPLE",
    "RULES",
    "RULES_VERSION",
    "TOTAL",
    "Cell",
    "Counting",
    "Match",
    "Once",
    "Rule",
    "cells_of",
    "months_of",
    "period_at",
]
