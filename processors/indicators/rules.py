"""What is counted: the counting rules as a table, and the one function that applies them.

Everything counted is about a **subject**: a case, a victim in a case, or a suspect in a case. What
a subject adds to the cells is a function of all its events that stand at present, so a correction
or a withdrawal takes back exactly what was counted before: the ledger subtracts the cells of the
events as they were and adds those of the events as they are.

A rule says which event is counted, and how often:

* ``EVER``: the subject counts once, at its first such event (identified victims). A later decision
  to the contrary does not undo it; a correction or withdrawal of the first one does.
* ``PERIOD``: the subject counts once in every period in which it has such an event (assisted
  victims), so quarters do not add up to the year.
* ``EACH``: every such event counts (reports, networks).

``given`` and ``unless`` ask for other events of the same subject; with them a cohort is followed:
``VIC_PRES2ID_NUM`` counts, in the period of the presumption, those later identified.

A **cell** is ``(measure, reporting country, period, value of each dimension ...)``. Periods are
months (``2021-03``), quarters (``2021-Q1``) or years (``2021``); each frequency has its own cells.
An event whose month is hidden (``period`` among its ``suppressed_fields``) tells its quarter: it
counts in quarters and years, and in no month.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import product

from processors.indicators.dimensions import DIMENSIONS, TOTAL, UNKNOWN, Event, Reader, Values

Cell = tuple[str, ...]

RULES_VERSION = 2
"""Raised with every change of what is counted; a ledger counted by other rules is folded again."""


class Once(Enum):
    """How often a subject counts."""

    EVER = "ever"
    PERIOD = "period"
    EACH = "each"


@dataclass(frozen=True)
class Match:
    """An event type, and one field that has to have a certain value."""

    event_type: str
    field: str = ""
    value: str = ""

    def holds(self, event: Event) -> bool:
        if self.event_type not in ("*", event["event_type"]):
            return False
        return not self.field or event[self.field] == self.value


@dataclass(frozen=True)
class Rule:
    """One row of the table.

    Attributes:
        measure: First part of the cells' keys.
        counts: The event counted.
        by: Dimensions, in the order of the cells' keys.
        frequencies: Of ``M``, ``Q``, ``A``.
        once: How often a subject counts.
        given: Events that the subject must have besides.
        unless: Events that the subject must not have.
        split: Gives the numbers that an event adds, by ``SEX`` as one more dimension, last in
            the key; without it an event adds 1.
    """

    measure: str
    counts: Match
    by: tuple[str, ...] = ()
    frequencies: str = "A"
    once: Once = Once.EACH
    given: tuple[Match, ...] = ()
    unless: tuple[Match, ...] = ()
    split: Callable[[Event], Iterable[tuple[str, int]]] | None = None


PRESUMED = Match("victim.presumed")
IDENTIFIED = Match("victim.identified", "status", "IDENTIFIED")
REFERRED = Match("victim.referred", "accepted", "Y")
RETURNED = Match("victim.return", "direction", "IN")
RECEIVED = Match("report.received")
ACCEPTED = Match("report.triaged", "outcome", "ACCEPTED")
TRANSMITTED = Match("report.transmitted")
TRAINED = Match("training.delivered")


def _participants(event: Event) -> list[tuple[str, int]]:
    known = {"F": event["participants_f"] or 0, "M": event["participants_m"] or 0}
    rest = event["participants_total"] - sum(known.values())
    return [(sex, number) for sex, number in (*known.items(), (UNKNOWN, rest)) if number]


def _stage(code: str) -> Match:
    return Match("justice.person_stage", "stage", code)


PERSON = ("SEX", "AGE", "NATFOR")
FLOW = ("ORIGIN", "TRANSIT", "DEST", "EXPLOITATION")
EVER, PERIOD = Once.EVER, Once.PERIOD

RULES: tuple[Rule, ...] = (
    Rule("VIC_PRES", PRESUMED, ("SEX", "AGE"), "QA", EVER),
    Rule("VIC_IDENT", IDENTIFIED, (*PERSON, "EXPLOITATION"), "QA", EVER),
    Rule("VIC_CITIZ", IDENTIFIED, ("CITIZ",), "A", EVER),
    Rule("VIC_PRES2ID_DEN", PRESUMED, (), "A", EVER),
    Rule("VIC_PRES2ID_NUM", PRESUMED, (), "A", EVER, given=(IDENTIFIED,)),
    Rule("COR_FLOW", IDENTIFIED, FLOW, "A", EVER),
    Rule("COR_FLOW", RETURNED, FLOW, "A", EVER, unless=(IDENTIFIED,)),
    Rule("REF_COV_NUM", IDENTIFIED, ("SEX", "AGE"), "A", EVER, given=(REFERRED,)),
    Rule("AST_N", Match("assistance.provided"), ("SERVICE", "SEX", "AGE"), "QA", PERIOD),
    Rule("REP_N", RECEIVED, ("REGION", "CHANNEL", "REPORTER"), "MQA"),
    Rule("REP_TRANS_SH_DEN", RECEIVED, (), "A", EVER, given=(ACCEPTED,)),
    Rule("REP_TRANS_SH_NUM", RECEIVED, (), "A", EVER, given=(ACCEPTED, TRANSMITTED)),
    Rule("INV_N", Match("justice.investigation_opened"), ("OFFENCE", "EXPLOITATION"), "QA"),
    Rule("SUS_N", _stage("SUSPECT"), PERSON, "A", EVER),
    Rule("PRO_N", _stage("PROSEC"), (*PERSON, "OFFENCE"), "A", EVER),
    Rule("CONV_N", _stage("CONV1"), (*PERSON, "OFFENCE", "STAGE"), "A", EVER),
    Rule("CONV_N", _stage("CONVF"), (*PERSON, "OFFENCE", "STAGE"), "A", EVER),
    Rule("NET_N", Match("network.intercepted"), ("TYPE", "OUTCOME"), "A"),
    Rule("TRN_N", TRAINED, ("AXIS", "AUDIENCE", "MODE"), "QA"),
    Rule("TRN_N_PER", TRAINED, ("AXIS", "AUDIENCE", "MODE"), "QA", split=_participants),
    Rule("DQ_UNK_DEN", Match("*"), ("DIMENSION",), "Q"),
    Rule("DQ_UNK_NUM", Match("*"), ("DIMENSION_UNKNOWN",), "Q"),
)


@cache
def period_at(month: str, frequency: str) -> str:
    """A month as the period that holds it.

    Example:
        >>> [period_at("2021-05", f) for f in "MQA"]
        ['2021-05', '2021-Q2', '2021']
    """
    year, number = month.split("-")
    quarter = (int(number) + 2) // 3
    return {"M": month, "Q": f"{year}-Q{quarter}", "A": year}[frequency]


def months_of(quarter: str) -> Values:
    """The months of a quarter.

    Example:
        >>> months_of("2021-Q2")
        ('2021-04', '2021-05', '2021-06')
    """
    first = int(quarter[-1]) * 3 - 2
    return tuple(f"{quarter[:4]}-{number:02}" for number in range(first, first + 3))


def cells_of(events: Sequence[Event]) -> Counter[Cell]:
    """What a subject adds to the cells.

    Args:
        events: All events of one subject that stand at present, in the order in which their facts
            were first told.

    Returns:
        The number to add to each cell.
    """
    by_type: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event["validation"] != "WITHDRAWN":
            by_type[event["event_type"]].append(event)
            by_type["*"].append(event)
    person = _description(by_type)
    cells: dict[Cell, int] = {}
    for rule, readers in _rules_for(frozenset(by_type)):
        counted = [event for event in by_type[rule.counts.event_type] if rule.counts.holds(event)]
        if counted and _applies(rule, by_type):
            _add(cells, rule, readers, counted, person)
    return Counter(cells)


@cache
def _rules_for(event_types: frozenset[str]) -> tuple[tuple[Rule, tuple[Reader, ...]], ...]:
    """The rules that can apply to a subject with such events, with their dimensions' readers."""
    return tuple(
        (rule, tuple(DIMENSIONS[name].read for name in rule.by))
        for rule in RULES
        if rule.counts.event_type in event_types
    )


def _description(by_type: Mapping[str, Sequence[Event]]) -> Event:
    """The event that best describes the person: the identification, else the presumption."""
    for event_type in ("victim.identified", "victim.presumed"):
        if described := by_type.get(event_type):
            return described[-1]
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
        counted = [min(counted, key=lambda event: str(event["period"]))]
    for periods, group in _groups(rule, counted):
        country = group[0]["country"]
        for values in product(*(_values(read, group, person) for read in readers)):
            for period in periods:
                key = (rule.measure, country, period, *values)
                if rule.split is None:
                    cells[key] = cells.get(key, 0) + 1
                    continue
                for sex, number in rule.split(group[0]):
                    cells[(*key, sex)] = cells.get((*key, sex), 0) + number


def _groups(rule: Rule, counted: Sequence[Event]) -> Iterable[tuple[Values, Sequence[Event]]]:
    """The counted events as groups that count once each, with the periods they count in."""
    if rule.once is not Once.PERIOD:
        return [(_periods_of(event, rule.frequencies), (event,)) for event in counted]
    by_period: defaultdict[str, list[Event]] = defaultdict(list)
    for event in counted:
        for period in _periods_of(event, rule.frequencies):
            by_period[period].append(event)
    return [((period,), group) for period, group in by_period.items()]


def _periods_of(event: Event, frequencies: str) -> Values:
    hidden = "period" in event["suppressed_fields"]
    return _periods(event["period"], frequencies.replace("M", "") if hidden else frequencies)


@cache
def _periods(month: str, frequencies: str) -> Values:
    return tuple(period_at(month, frequency) for frequency in frequencies)


def _values(read: Reader, group: Sequence[Event], person: Event) -> Values:
    if len(group) == 1:
        return read(group[0], person)
    return tuple(sorted({value for event in group for value in read(event, person)}))


MULTIPLE = {name for name, dimension in DIMENSIONS.items() if dimension.multiple}
"""Dimensions that are not additive; their total stands in ``_T``."""

__all__ = [
    "MULTIPLE",
    "RULES",
    "RULES_VERSION",
    "TOTAL",
    "Cell",
    "Once",
    "Rule",
    "cells_of",
    "months_of",
    "period_at",
]
