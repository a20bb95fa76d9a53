"""The k-anonymity gate: how much an authority tells of the persons of a quarter.

Pure: facts go in, a node and what each fact tells at it come out; the outbox keeps them. The rules:

1. A quarter, once over, is told at one **node** (`schemas.anonymity`): of all at which at most 5 %
   of the persons are in classes that are too small, the one with the smallest loss. A class is too
   small with fewer than k persons or fewer than l **forms**: sets of exploitation codes, or stages
   with their offence. Each event type is counted for itself.
2. Those of classes too small, the **residue**, are told at the top: country, quarter, what
   happened. The residue of an event type is no smaller than a class either; at first the smallest
   class goes with it if it must.
3. The node of a quarter stays. What comes late joins its class if that is large enough then, or
   the residue if that is; else it waits, two further quarters at most, and then goes out at the
   top. What was told at the top stays there. If a class has shrunk below k by corrections or
   withdrawals, the rest of it is told at the top too.
4. An event type with too few persons in all waits likewise; a quarter in which every type has, is
   undecided until then, and then told at the top.
5. Events that describe nobody are told at the node as well. In a case with a person of the residue,
   or one that waits, their region is not told.

A person with several facts of one type in a quarter counts in the class of one of them: classes are
never counted larger than they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from producers.rows import Fact, Told
from schemas.anonymity import (
    FIELDS,
    GATED,
    HEIGHTS,
    PERSONS,
    TOP,
    Fields,
    Node,
    ladder,
    last_month,
    nodes,
    tells_quarter,
    window_of,
)
from schemas.areas import level_of_area, level_of_region
from schemas.case_events import EVENT_TYPES

LONGEST_WAIT = 2
"""Quarters that a fact waits for others after it could have been told."""

Weight = Annotated[int, Field(ge=1, le=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Weights(_Part):
    """What it costs to tell nothing of an attribute. Corridors and months make the indicators."""

    sex: Weight = 2
    age: Weight = 2
    area: Weight = 3
    region: Weight = 1
    period: Weight = 3


class Policy(_Part):
    """What a register's gate holds. What was agreed between the authorities may only be sharpened.

    Attributes:
        k: Persons of the smallest class.
        l: Different forms in a class.
        most_suppressed_percent: Of the persons of a quarter, so many may be told at the top.
        weights: What losing each attribute costs.
    """

    k: Annotated[int, Field(ge=5, le=1000)] = 5
    l: Annotated[int, Field(ge=2, le=20)] = 2  # noqa: E741
    most_suppressed_percent: Annotated[int, Field(ge=0, le=5)] = 5
    weights: Weights = Weights()

    def large(self, count: Count) -> bool:
        """Whether a class is large enough."""
        return count.persons >= self.k and count.forms.bit_count() >= self.l

    def loss(self, node: Node) -> int:
        """What a node costs, in sixths so that it is exact."""
        return sum(
            getattr(self.weights, attribute) * 6 * level // height
            for attribute, level, height in zip(Node._fields, node, HEIGHTS, strict=True)
        )


# --- Telling at a node ---------------------------------------------------------------------------


def generalise(fields: Fields, node: Node) -> dict[str, Any]:
    """An event's fields as they are told at a node.

    Args:
        fields: Of an event under the gate, with ``event_type``.
        node: The node.
    """
    told, country = dict(fields), fields["country"]
    for name in FIELDS[fields["event_type"]]:
        told[name] = ladder(name, fields[name], country)[getattr(node, GATED[name].attribute)]
    if node.period:
        told["period"] = last_month(window_of(fields["period"]))
    coarser = [name for name in told if told[name] != fields[name]]
    if node.period and "period" not in coarser:
        coarser.append("period")
    told["region_level"] = level_of_region(told["region"], country)
    if "citizenship" in coarser:
        told["citizenship_level"] = level_of_area(told["citizenship"])[0]
    hidden = fields["suppressed_fields"]
    told["suppressed_fields"] = [*hidden, *(name for name in coarser if name not in hidden)]
    return told


# --- Classes -------------------------------------------------------------------------------------

Class = tuple[Any, ...]
"""An event type, and what the members of a class tell of each attribute."""


class Finest(NamedTuple):
    """A class of the finest node: for each attribute, what it tells at each level."""

    event_type: str
    steps: tuple[tuple[Any, ...], ...]

    def at(self, node: Node) -> Class:
        """The class that it is part of at a node."""
        sex, age, area, region, period = self.steps
        return (
            self.event_type,
            *(sex[node.sex], age[node.age], area[node.area]),
            *(region[node.region], period[node.period]),
        )


def finest(fields: Fields) -> Finest:
    """The finest class of an event that describes a person."""
    event_type, country = fields["event_type"], fields["country"]
    ladders: dict[str, list[tuple[Any, ...]]] = {attribute: [] for attribute in Node._fields}
    for name in FIELDS[event_type]:
        said = (_plain(step) for step in ladder(name, fields[name], country))
        ladders[GATED[name].attribute].append(tuple(said))
    quarter = window_of(fields["period"])
    ladders["period"] = [(quarter if tells_quarter(fields) else fields["period"], quarter)]
    return Finest(
        event_type, tuple(tuple(zip(*several, strict=True)) for several in ladders.values())
    )


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def form(fields: Fields) -> tuple[str, ...]:
    """What a class must not give away of all its members."""
    if "exploitation" in fields:
        return tuple(sorted(fields["exploitation"]))
    return (fields["stage"], fields["offence_basis"])


class Count(NamedTuple):
    """Who is in a class: number of persons, and a set of forms, one bit each."""

    persons: int = 0
    forms: int = 0

    def plus(self, other: Count) -> Count:
        """Both together."""
        return Count(self.persons + other.persons, self.forms | other.forms)


NOBODY = Count()
Counts = Mapping[Finest, Count]


class Division(NamedTuple):
    """The classes at a node, parted.

    Attributes:
        small: Those that are told at the top.
        few: Persons of classes that are too small by themselves, those left out who tell nothing.
        residue: Who is told at the top, by event type.
        suppressed: Persons told at the top although their node is finer.
    """

    small: frozenset[Class]
    few: int
    residue: Mapping[str, Count]
    suppressed: int


def divide(
    counts: Counts, node: Node, policy: Policy, before: Mapping[str, Count], *, take_along: bool
) -> Division:
    """Parts the classes at a node into those that are told at it and those told at the top.

    Args:
        counts: The finest classes.
        node: The node.
        policy: What is large enough.
        before: Who is at the top already, by event type.
        take_along: Let the smallest classes go along with a residue that is too small.
    """
    sizes: dict[Class, Count] = {}
    blank: set[Class] = set()
    for cell, count in counts.items():
        told = cell.at(node)
        sizes[told] = sizes.get(told, NOBODY).plus(count)
        if told == cell.at(TOP):
            blank.add(told)
    small = {told for told, count in sizes.items() if node == TOP or not policy.large(count)}
    few = sum(sizes[told].persons for told in small - blank)
    residue = defaultdict(Count, before)
    for told in small | blank:
        residue[told[0]] = residue[told[0]].plus(sizes[told])
    if take_along:
        for told in sorted(sizes.keys() - small - blank, key=lambda c: (sizes[c].persons, repr(c))):
            if residue[told[0]].persons and not policy.large(residue[told[0]]):
                small.add(told)
                residue[told[0]] = residue[told[0]].plus(sizes[told])
    suppressed = sum(sizes[told].persons for told in small - blank)
    return Division(frozenset(small), few, residue, suppressed)


def choose(counts: Counts, policy: Policy) -> Node | None:
    """The node of smallest loss at which few enough persons must be told at the top.

    Event types with too few persons in all have no say; the top is always good enough.

    Args:
        counts: The finest classes of a quarter.
        policy: What is agreed.

    Returns:
        The node, or None if no event type has enough persons.
    """
    counts = of_large_types(counts, policy)
    if not counts:
        return None
    bearable = sum(count.persons for count in counts.values()) * policy.most_suppressed_percent
    too_fine: list[Node] = []

    def is_good(node: Node) -> bool:
        # What is in too small a class is so at every finer node.
        if any(failed.covers(node) for failed in too_fine):
            return False
        parted = divide(counts, node, policy, {}, take_along=True)
        if parted.few * 100 > bearable:
            too_fine.append(node)
        return parted.suppressed * 100 <= bearable

    # Those that tell of one attribute only rule out most of the others.
    for node in _shoulders():
        is_good(node)
    return next(filter(is_good, sorted(nodes(), key=lambda node: (policy.loss(node), node))))


def _shoulders() -> Iterator[Node]:
    for place, height in enumerate(HEIGHTS):
        for level in range(height):
            yield Node(*(level if n == place else top for n, top in enumerate(TOP)))


def of_large_types(counts: Counts, policy: Policy) -> Counts:
    """The classes of the event types that have enough persons in all."""
    types: defaultdict[str, Count] = defaultdict(Count)
    for cell, count in counts.items():
        types[cell.event_type] = types[cell.event_type].plus(count)
    return {cell: n for cell, n in counts.items() if policy.large(types[cell.event_type])}


# --- A quarter -----------------------------------------------------------------------------------


@dataclass
class _Cell:
    """A finest class as it is gathered."""

    count: Count = NOBODY
    cases: set[bytes] = field(default_factory=set)


class Gate:
    """The gate of one quarter: it is shown every fact, decides, and says what each may tell.

    Args:
        policy: What is agreed.
        node: The node of the quarter, if it was decided before.
        over: Quarters that have ended after it.
    """

    def __init__(self, policy: Policy, node: Node | None, over: int) -> None:
        self.policy = policy
        self.node = node
        self._over = over
        self._cells: dict[Finest, _Cell] = {}
        self._counted: set[tuple[str, bytes]] = set()
        self._forms: dict[tuple[str, ...], int] = {}
        self._at_top: dict[str, Count] = {}
        self._small: frozenset[Class] = frozenset()
        self._residue: Mapping[str, Count] = {}
        self._cases: set[bytes] = set()

    def see(self, fact: Fact) -> None:
        """Counts a fact."""
        event_type = fact.fields["event_type"]
        if event_type not in PERSONS:
            return
        count = self._count(event_type, fact.fields)
        if fact.top:
            self._at_top[event_type] = self._at_top.get(event_type, NOBODY).plus(count)
            self._cases.add(fact.fields["case_ref"])
        else:
            cell = self._cells.setdefault(finest(fact.fields), _Cell())
            cell.count = cell.count.plus(count)
            cell.cases.add(fact.fields["case_ref"])

    def _count(self, event_type: str, fields: Fields) -> Count:
        person = (event_type, fields[EVENT_TYPES[event_type].subject])
        bit = self._forms.setdefault(form(fields), 1 << len(self._forms))
        if person in self._counted:
            return Count(0, bit)
        self._counted.add(person)
        return Count(1, bit)

    def decide(self) -> Node | None:
        """The node of the quarter, None if it stays undecided."""
        counts = {finest: cell.count for finest, cell in self._cells.items()}
        first = self.node is None
        if self.node is None:
            self.node = choose(counts, self.policy)
        if self.node is None and self._over >= LONGEST_WAIT:
            self.node = TOP
        if self.node is not None:
            parted = divide(counts, self.node, self.policy, self._at_top, take_along=first)
            self._small, self._residue = parted.small, parted.residue
            for finest, cell in self._cells.items():
                if finest.at(self.node) in self._small:
                    self._cases |= cell.cases
        return self.node

    def told(self, fact: Fact) -> Told | None:
        """What may be told of a fact, None if it waits or stays as it is."""
        if self.node is None:
            return None
        fields = fact.fields
        if fields["event_type"] not in PERSONS:
            hidden = fact.top or fields["case_ref"] in self._cases
            node = self.node._replace(region=TOP.region) if hidden else self.node
            return Told(generalise(fields, node), top=hidden)
        if not fact.top and finest(fields).at(self.node) not in self._small:
            return Told(generalise(fields, self.node), top=False)
        if self._waits(fact):
            return None
        return Told(generalise(fields, TOP), top=True)

    def _waits(self, fact: Fact) -> bool:
        """Whether a fact that is to be told at the top waits for others."""
        residue = self._residue.get(fact.fields["event_type"], NOBODY)
        settled = fact.top or fact.published or fact.waited >= LONGEST_WAIT
        return not settled and not self.policy.large(residue)
