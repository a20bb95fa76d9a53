"""Which sightings are of one identifier.

The rule: two sightings are of one identifier if they share any token. In the year of a new key an
identifier is stated by its token of this year and that of the year before, and so ties what was
seen under the old key to what is seen under the new one. So tokens are joined first, by
union-find (Tarjan 1975; path halving and union by size), and the joined tokens are the identifier.

Tokens of two kinds of identifiers never meet, because the kind is part of what is tokenised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Generic, TypeVar

from processors.alerts.facts import CaseKey, Sighting, is_recent

Node = TypeVar("Node", bound=Hashable)


class Forest(Generic[Node]):
    """Union-find over anything hashable: what was joined has one root.

    Example:
        >>> forest = Forest[str]()
        >>> forest.join("a", "b")
        >>> forest.root("a") == forest.root("b")
        True
    """

    def __init__(self) -> None:
        self._above: dict[Node, Node] = {}
        self._size: dict[Node, int] = {}

    def root(self, node: Node) -> Node:
        """The root of a node; a node not seen before is a tree of its own."""
        above = self._above
        if node not in above:
            above[node] = node
            return node
        while (parent := above[node]) != node:
            above[node] = node = above[parent]
        return node

    def join(self, one: Node, other: Node) -> None:
        """Makes two trees one."""
        one, other = self.root(one), self.root(other)
        if one == other:
            return
        size = self._size
        small, large = sorted((one, other), key=lambda root: size.get(root, 1))
        self._above[small] = large
        size[large] = size.get(large, 1) + size.pop(small, 1)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._above)

    def trees(self) -> list[list[Node]]:
        """The nodes of each tree."""
        trees: dict[Node, list[Node]] = {}
        for node in self:
            trees.setdefault(self.root(node), []).append(node)
        return list(trees.values())


@dataclass(frozen=True)
class Identifier:
    """An identifier by its tokens, with everything seen of it.

    Attributes:
        tokens: Sorted.
        sightings: By month, then by fact.
    """

    tokens: tuple[bytes, ...]
    sightings: tuple[Sighting, ...]

    @cached_property
    def cases(self) -> frozenset[CaseKey]:
        return frozenset(sighting.holder for sighting in self.sightings)

    @cached_property
    def cases_by_country(self) -> dict[str, int]:
        return dict(sorted(Counter(case.country for case in self.cases).items()))

    @cached_property
    def countries(self) -> frozenset[str]:
        return frozenset(sighting.country for sighting in self.sightings)

    def only(self, sightings: Iterable[Sighting]) -> Identifier:
        """The same identifier with a part of what was seen of it."""
        return Identifier(self.tokens, tuple(sightings))


def identify(sightings: Iterable[Sighting]) -> dict[bytes, int]:
    """The number of the identifier that each token belongs to.

    Numbers follow the smallest token of each identifier, so the order of sightings is nothing to
    them.
    """
    alone: set[bytes] = set()
    forest = Forest[bytes]()
    for sighting in sightings:
        first, *others = sighting.tokens
        alone.add(first)
        for other in others:
            alone.add(other)
            forest.join(first, other)
    smallest: dict[bytes, bytes] = {}
    for tree in forest.trees():
        smallest.update(dict.fromkeys(tree, min(tree)))
    names = sorted(token for token in alone if smallest.get(token, token) == token)
    numbers = {token: number for number, token in enumerate(names)}
    for token, name in smallest.items():
        numbers[token] = numbers[name]
    return numbers


def identifiers(sightings: Iterable[Sighting]) -> list[Identifier]:
    """All identifiers with their sightings, by their smallest token."""
    seen = list(sightings)
    numbers = identify(seen)
    tokens: list[list[bytes]] = [[] for _ in range(max(numbers.values(), default=-1) + 1)]
    found: list[list[Sighting]] = [[] for _ in tokens]
    for token, number in numbers.items():
        tokens[number].append(token)
    for sighting in seen:
        found[numbers[sighting.tokens[0]]].append(sighting)
    by_time = attrgetter("month", "fact")
    return [
        Identifier(tuple(sorted(names)), tuple(sorted(group, key=by_time)))
        for names, group in zip(tokens, found, strict=True)
    ]


def within(found: Iterable[Identifier], now: int, months: int) -> list[Identifier]:
    """Identifiers as they were seen in the last months; those not seen then are left out."""
    recent = (
        each.only(s for s in each.sightings if is_recent(s.month, now, months)) for each in found
    )
    return [each for each in recent if each.sightings]


def backed_only(found: Iterable[Identifier]) -> list[Identifier]:
    """Identifiers as cases hold them of which more than tokens is known."""
    backed = (each.only(s for s in each.sightings if s.backed) for each in found)
    return [each for each in backed if each.sightings]
