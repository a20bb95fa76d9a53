"""How much an event may tell of a person: levels, the lattice of nodes, and what a batch attests.

Persons who share what the world may know of them (sex, age, citizenship and route, place, time) are
a **class**. An authority tells so little of each that no class of a quarter is small. The rules:

1. Each of six **attributes** has levels, from 0 (as the contract allows) to its height (nothing).
   A **node** of the lattice is one level of each. All events of an authority in one quarter, its
   **window**, are told at one node: global recoding.
2. What a field says at each level is its **ladder**. A coarser level never tells apart what a finer
   one did not: each step is a function of the one before.
3. An event **conforms** to a node if every field says what its ladder has at the node's level, or
   at a higher one. Persons of classes that stay too small are told at the top: country, quarter
   and what happened remain.
4. The authority **attests** node, k and l of every quarter that a batch has events of, in the
   signed header, so that the count of whoever opens the batch can be held against it.

A month told at level 1 is the last of its quarter, with ``period`` among ``suppressed_fields``.

Sources: Samarati, "Protecting Respondents' Identities in Microdata Release", TKDE 13(6), 2001
(generalisation lattice, k-anonymity); Machanavajjhala et al., "l-Diversity", TKDD 1(1), 2007.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from schemas.areas import SPECIAL_AREAS, level_of_area
from schemas.codelists import codelist
from schemas.errors import Oversized, Undecodable

Fields = Mapping[str, Any]
"""An event's fields with ``event_type``."""
UNKNOWN = "_U"
MAX_WINDOWS = 200
"""Quarters of which one batch may hold events: fifty years."""

_WINDOW = re.compile(r"20[0-9]{2}-Q[1-4]")
_COUNTS = ("k", "l", "suppressed")
_MAX_INT = 2**31 - 1


class Node(NamedTuple):
    """A level of each attribute.

    Example:
        >>> Node(sex=0, age=1, citizenship=1, route=3, region=2, period=1) <= TOP
        True
    """

    sex: int
    age: int
    citizenship: int
    route: int
    region: int
    period: int

    def covers(self, other: Node) -> bool:
        """Whether this node tells nothing that the other one hides."""
        return all(mine >= theirs for mine, theirs in zip(self, other, strict=True))


HEIGHTS = Node(sex=1, age=2, citizenship=3, route=3, region=2, period=1)
TOP = HEIGHTS
"""The node that tells nothing but country, quarter, and what happened."""
BOTTOM = Node(0, 0, 0, 0, 0, 0)


def nodes() -> Iterator[Node]:
    """All nodes of the lattice, the finest first."""
    yield from (Node(*levels) for levels in product(*(range(height + 1) for height in HEIGHTS)))


@dataclass(frozen=True)
class Attestation:
    """What an authority attests of a quarter, as it stands when a batch is sealed.

    Attributes:
        window: The quarter, e.g. ``2025-Q1``.
        node: The level at which its events are told.
        k: Persons in its smallest class; those told at the top left out, unless all are.
        l: Different forms of exploitation in the class with the fewest, likewise.
        suppressed: Persons told at the top although the node is finer, rounded to 5.
    """

    window: str
    node: Node
    k: int
    l: int  # noqa: E741
    suppressed: int

    def as_fields(self) -> dict[str, Any]:
        """As it stands in a batch's header."""
        counts = {"k": self.k, "l": self.l, "suppressed": self.suppressed}
        return {"window": self.window, **self.node._asdict(), **counts}


def read_attestations(header: Sequence[Mapping[str, Any]]) -> tuple[Attestation, ...]:
    """The attestations of a batch's header.

    Raises:
        Oversized: Too many quarters.
        Undecodable: A quarter twice or none, a level beyond the lattice, a count beyond its type.
    """
    if len(header) > MAX_WINDOWS:
        raise Oversized(expected=f"at most {MAX_WINDOWS} quarters", got=str(len(header)))
    found = tuple(
        Attestation(
            each["window"], Node(*(each[a] for a in Node._fields)), *(each[c] for c in _COUNTS)
        )
        for each in header
    )
    if len({each.window for each in found}) < len(found):
        raise Undecodable(expected="one attestation for a quarter")
    for each in found:
        if not _WINDOW.fullmatch(each.window) or not TOP.covers(each.node) or min(each.node) < 0:
            raise Undecodable(expected="a quarter, and levels within the lattice")
        if not all(0 <= count <= _MAX_INT for count in (each.k, each.l, each.suppressed)):
            raise Undecodable(expected="k, l and suppressed from 0, within their types")
    return found


# --- Windows -------------------------------------------------------------------------------------


@cache
def window_of(month: str) -> str:
    """The quarter of a month.

    Example:
        >>> window_of("2025-05")
        '2025-Q2'
    """
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


@cache
def last_month(window: str) -> str:
    """The last month of a quarter.

    Example:
        >>> last_month("2025-Q2")
        '2025-06'
    """
    return f"{window[:4]}-{int(window[-1]) * 3:02}"


def quarters(window: str) -> int:
    """Quarters since the year 0, so that windows can be subtracted.

    Example:
        >>> quarters("2026-Q1") - quarters("2025-Q2")
        3
    """
    return int(window[:4]) * 4 + int(window[-1]) - 1


# --- Ladders -------------------------------------------------------------------------------------

Ladder = tuple[Any, ...]
"""What a field says at each level of its attribute."""


def _sex(value: str, _country: str) -> Ladder:
    return (value, UNKNOWN)


@cache
def _age(value: str, _country: str) -> Ladder:
    above = codelist("CL_AGE").parent(value)
    return (value, value if above == "_T" else above, UNKNOWN)


@cache
def _citizenship(value: str, country: str) -> Ladder:
    if value == UNKNOWN:
        return (UNKNOWN,) * 4
    if value in (country, "NATIONAL"):
        return (value, "NATIONAL", "NATIONAL", UNKNOWN)
    above = "FOREIGN" if value == "STATELESS" else _subregion(value) or "FOREIGN"
    return (value, above, "FOREIGN", UNKNOWN)


@cache
def _origin(value: str, country: str) -> Ladder:
    if value == country:
        return (value, value, value, UNKNOWN)
    return (value, _subregion(value) or UNKNOWN, UNKNOWN, UNKNOWN)


@cache
def _destination(value: str, country: str) -> Ladder:
    if value == country:
        return (value, value, value, UNKNOWN)
    above = _subregion(value) or value
    return (value, above, above, UNKNOWN)


@cache
def _counterpart(value: str, country: str) -> Ladder:
    """The contract has no code for an unknown counterpart: a sub-region is the least it tells."""
    above = _subregion(value) or value
    return (value, value, value, above) if value == country else (value, above, above, above)


def _transit(value: list[str], _country: str) -> Ladder:
    return (value, [], [], [])


@cache
def _region(value: str, country: str) -> Ladder:
    above = "" if value == UNKNOWN else codelist("CL_REGION").parent(value)
    return (value, above if above not in ("", country) else value, UNKNOWN)


def _subregion(value: str) -> str:
    """The sub-region of a country, ``""`` if it is in none; anything else as it is."""
    if value in SPECIAL_AREAS or level_of_area(value) != ("ISO3",):
        return value
    return codelist("CL_AREA").parent(value)


class Gated(NamedTuple):
    """A field under the gate: its attribute, and its ladder by value and reporting country."""

    attribute: str
    ladder: Callable[[Any, str], Ladder]


GATED: Mapping[str, Gated] = {
    "sex": Gated("sex", _sex),
    "age_band": Gated("age", _age),
    "adult": Gated("age", _age),
    "citizenship": Gated("citizenship", _citizenship),
    "country_of_recruitment": Gated("route", _origin),
    "country_of_exploitation": Gated("route", _destination),
    "counterpart": Gated("route", _counterpart),
    "transit_countries": Gated("route", _transit),
    "region": Gated("region", _region),
}
"""The fields under the gate, but the period. Delays and sizes are bands and count as attributes."""

_PLACED = ("region",)
_PERSON = ("sex", "age_band", "citizenship", "region")
_CASE_TYPES = (
    *("report.received", "report.triaged", "report.transmitted"),
    *("victim.referred", "assistance.provided", "assistance.closed"),
    *("justice.investigation_opened", "justice.sentence"),
    *("cooperation.request", "network.intercepted"),
)

FIELDS: Mapping[str, tuple[str, ...]] = {
    "victim.presumed": _PERSON,
    "victim.identified": (
        *_PERSON,
        *("country_of_recruitment", "country_of_exploitation", "transit_countries"),
    ),
    "justice.person_stage": ("sex", "adult", "citizenship", "region"),
    "victim.return": ("counterpart", "region"),
    **dict.fromkeys(_CASE_TYPES, _PLACED),
}
"""The fields under the gate of each event type; every one of these also has its period.

Trainings hold no persons, and tokens say nothing of a victim, so neither is here. A case
event says nothing of a person but where and when, which its persons' events must not say finer.
"""

PERSONS = ("victim.presumed", "victim.identified", "justice.person_stage")
"""The event types that describe a person; their classes are counted, each type for itself."""


def ladder(field: str, value: Any, country: str) -> Ladder:
    """What a field says at each level.

    Example:
        >>> ladder("citizenship", "CIV", "TUN"), ladder("age_band", "Y18T29", "TUN")
        (('CIV', '011', 'FOREIGN', '_U'), ('Y18T29', 'Y_GE18', '_U'))
    """
    return GATED[field].ladder(value, country)


def conforms(event: Fields, node: Node) -> bool:
    """Whether an event tells no more than its window's node allows.

    Args:
        event: Its fields.
        node: The node that its authority attests.
    """
    return not told_too_fine(event, node)


def told_too_fine(event: Fields, node: Node) -> str:
    """The first field that tells more than a node allows, ``""`` if none does.

    Args:
        event: Its fields.
        node: The node that its authority attests.
    """
    if event["event_type"] not in FIELDS:
        return ""
    if node.period and not tells_quarter(event):
        return "period"
    country = event["country"]
    for field, level, climb in _steps(event["event_type"], node):
        value = event[field]
        if value != climb(value, country)[level]:
            return field
    return ""


@cache
def _steps(
    event_type: str, node: Node
) -> tuple[tuple[str, int, Callable[[Any, str], Ladder]], ...]:
    """Each field of a type with its level at a node and its ladder; level 0 holds nobody back."""
    steps = ((f, getattr(node, GATED[f].attribute), GATED[f].ladder) for f in FIELDS[event_type])
    return tuple(step for step in steps if step[1])


def tells_quarter(event: Fields) -> bool:
    """Whether an event tells the quarter of its fact and not the month."""
    month = event["period"]
    return "period" in event["suppressed_fields"] and month == last_month(window_of(month))
