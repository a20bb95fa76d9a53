"""Classes of persons, and the level of a quarter at which few enough of them are small.

Pure: this module tells events at a node, counts classes and chooses the node; ``gate`` says what
follows for each fact. The rules:

1. A quarter is told at one **node** (`schemas.anonymity`): of all at which at most 5 % of the
   persons are in classes that are too small, the one with the smallest loss. A class is too small
   with fewer than k persons or fewer than l **forms**: sets of exploitation codes, or stages with
   their offence. Each event type is counted for itself.
2. Those of classes too small, the **residue**, are told at the top: country, quarter, what
   happened. The residue of an event type is no smaller than a class either: when the node is
   chosen, the smallest class goes with it if it must.
3. Persons are counted, not facts: a suspect who reached two stages in a quarter is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from schemas.anonymity import (
    FIELDS,
    GATED,
    HEIGHTS,
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

LARGEST_K = 1000
"""The largest k that may be declared."""
Weight = Annotated[int, Field(ge=1, le=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Weights(_Part):
    """What it costs to tell nothing of an attribute; SDG 16.2.2 is told by sex and age."""

    sex: Weight = 3
    age: Weight = 3
    citizenship: Weight = 2
    route: Weight = 2
    region: Weight = 1
    period: Weight = 2


class Policy(_Part):
    """What a register's gate holds. What was agreed between the authorities may only be sharpened.

    Attributes:
        k: Persons of the smallest class.
        l: Different forms in a class.
        most_suppressed_percent: Of the persons of a quarter, so many may be told at the top.
        weights: What losing each attribute costs.
    """

    k: Annotated[int, Field(ge=5, le=LARGEST_K)] = 5
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

    ``suppressed_fields`` names every field that the node coarsens, whether or not there was
    anything to hide: it would tell otherwise whose age or transit was not known.

    Args:
        fields: Of an event under the gate, with ``event_type``.
        node: The node.
    """
    told, country, hidden = dict(fields), fields["country"], list(fields["suppressed_fields"])
    for name in FIELDS[fields["event_type"]]:
        level = getattr(node, GATED[name].attribute)
        told[name] = ladder(name, fields[name], country)[level]
        if level:
            hidden.append(name)
    if node.period:
        told["period"] = last_month(window_of(fields["period"]))
        hidden.append("period")
    told["region_level"] = level_of_region(told["region"], country)
    if told.get("citizenship") != fields.get("citizenship"):
        told["citizenship_level"] = level_of_area(told["citizenship"])[0]
    told["suppressed_fields"] = list(dict.fromkeys(hidden))
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
        event_type, (sex, age, citizenship, route, region, period) = self
        a, b, c, d, e, f = node
        return event_type, sex[a], age[b], citizenship[c], route[d], region[e], period[f]


def finest(fields: Fields) -> Finest:
    """The finest class of an event that describes a person."""
    event_type, country = fields["event_type"], fields["country"]
    ladders: dict[str, list[tuple[Any, ...]]] = {attribute: [] for attribute in Node._fields}
    for name in FIELDS[event_type]:
        said = (_plain(step) for step in ladder(name, fields[name], country))
        ladders[GATED[name].attribute].append(tuple(said))
    quarter = window_of(fields["period"])
    ladders["period"] = [(quarter if tells_quarter(fields) else fields["period"], quarter)]
    return Finest(event_type, tuple(map(_steps, ladders.values(), HEIGHTS)))


def _steps(ladders: list[tuple[Any, ...]], height: int) -> tuple[Any, ...]:
    """What fields say together at each level; a type that has none of them says nothing."""
    return tuple(zip(*ladders, strict=True)) or ((),) * (height + 1)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def form(fields: Fields) -> tuple[str, ...]:
    """What a class must not give away of all its members."""
    if "exploitation" in fields:
        return tuple(sorted(fields["exploitation"]))
    return (fields["stage"], fields["offence_basis"])


class Count(NamedTuple):
    """Who is in a class.

    Attributes:
        single: Number of persons who are in no other class.
        forms: A set of forms, one bit each.
        several: The persons who are in others too.
    """

    single: int = 0
    forms: int = 0
    several: frozenset[bytes] = frozenset()

    @property
    def persons(self) -> int:
        return self.single + len(self.several)

    def plus(self, other: Count) -> Count:
        """Both together; where there are more than any k, nobody is told apart any more."""
        single, forms = self.single + other.single, self.forms | other.forms
        several = self.several | other.several if other.several else self.several
        if len(several) > LARGEST_K:
            return Count(single + len(several), forms)
        return Count(single, forms, several)


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
        if told in sizes:
            sizes[told] = sizes[told].plus(count)
        else:
            sizes[told] = count
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
