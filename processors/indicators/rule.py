"""What a counting rule says. The rules themselves are the table in ``processors.indicators.table``.

A rule says which event is counted, and how often:

* ``EVER``: the subject counts once, at its first such event (identified victims). A later decision
  to the contrary does not undo it; a correction or withdrawal of the first one does.
* ``PERIOD``: the subject counts once in every period in which it has such an event (assisted
  victims), so quarters do not add up to the year.
* ``EACH``: every such event counts (reports, networks).

``given`` and ``unless`` ask for other events of the same subject; with them a cohort is followed:
``VIC_PRES2ID_NUM`` counts, in the period of the presumption, those later identified.

Periods are months (``2021-03``), quarters (``2021-Q1``) or years (``2021``). An event whose month
is hidden (``period`` among its ``suppressed_fields``) tells its quarter: it has no month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache

from processors.indicators.dimensions import Event, Values
from schemas.anonymity import window_of

PERIOD_OF_FACT = "period"


class Once(Enum):
    """How often a subject counts."""

    EVER = "ever"
    PERIOD = "period"
    EACH = "each"


@dataclass(frozen=True)
class Match:
    """An event type, and one field that has to have one of some values."""

    event_type: str
    field: str = ""
    values: tuple[str, ...] = ()

    def holds(self, event: Event) -> bool:
        """Whether an event is of this kind."""
        if self.event_type not in ("*", event["event_type"]):
            return False
        return not self.field or event[self.field] in self.values


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
        shortest: A field with a delay: of several first events of one period the one with the
            shortest counts.
        dated: The field that says when it counts.
    """

    measure: str
    counts: Match
    by: tuple[str, ...] = ()
    frequencies: str = "A"
    once: Once = Once.EACH
    given: tuple[Match, ...] = ()
    unless: tuple[Match, ...] = ()
    split: Callable[[Event], Iterable[tuple[str, int]]] | None = None
    shortest: str = ""
    dated: str = PERIOD_OF_FACT

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of all that stands in a key after country and period."""
        return (*self.by, "SEX") if self.split else self.by


# --- Periods -------------------------------------------------------------------------------------


@cache
def period_at(month: str, frequency: str) -> str:
    """A month as the period that holds it.

    Example:
        >>> [period_at("2021-05", f) for f in "MQA"]
        ['2021-05', '2021-Q2', '2021']
    """
    return {"M": month, "Q": window_of(month), "A": month[:4]}[frequency]


def months_of(quarter: str) -> Values:
    """The months of a quarter.

    Example:
        >>> months_of("2021-Q2")
        ('2021-04', '2021-05', '2021-06')
    """
    first = int(quarter[-1]) * 3 - 2
    return tuple(f"{quarter[:4]}-{number:02}" for number in range(first, first + 3))


def hides_month(event: Event) -> bool:
    """Whether only the quarter of an event is told."""
    return "period" in event["suppressed_fields"]
