"""D2 for sightings that come one by one.

`Growth` keeps what `processors.alerts.growth` would compute anew: after any sightings, in any
order, its components are those of the sightings that it holds. The rules:

1. A new sighting only ever joins, and joining is what union-find can do: amortised O(alpha).
2. Whatever would have to part again asks for a rebuild, once, when somebody next asks: a sighting
   withdrawn, a month begun, an identifier that has become a hub.
3. `add` says when a component has grown, and again when it has doubled. Whether chance would have
   built its bridges is not asked here: that takes the shuffles of `find_growth`.

State: the sightings of the look-back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from processors.alerts.facts import LOOK_BACK, CaseKey, Month, Sighting, is_recent
from processors.alerts.growth import WINDOW, Size, components, recent_of
from processors.alerts.hubs import HUB_CASES, NO_STOPS, Stops, part
from processors.alerts.identify import Forest, identifiers


@dataclass
class _Tree:
    """A component: its cases, their countries, and the level last told of."""

    cases: set[CaseKey] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    told: int = -1

    @classmethod
    def of(cls, case: CaseKey) -> _Tree:
        return cls({case}, {case.country})

    @property
    def size(self) -> Size:
        return Size(len(self.cases), len(self.countries))

    def take(self, other: _Tree) -> None:
        self.cases |= other.cases
        self.countries |= other.countries
        self.told = max(self.told, other.told)

    def news(self) -> Size | None:
        """The size, if it has grown to a level that was not told yet."""
        size = self.size
        if not size.has_grown or size.level <= self.told:
            return None
        self.told = size.level
        return size


class Growth:
    """Components of cases, kept up to date.

    Args:
        now: The present month.
        stops: The stop list.

    Example:
        >>> def seen(fact: int, country: str) -> Sighting:
        ...     name = bytes([fact])
        ...     return Sighting(name, country, "a", name, (b"token",), "PHONE", "RECRUIT", 24312)
        >>> growth = Growth(now=24312)
        >>> [growth.add(seen(1, "TUN")), growth.add(seen(2, "LBN")), growth.add(seen(3, "LBN"))]
        [None, None, Size(cases=3, countries=2)]
    """

    def __init__(self, now: Month, stops: Stops = NO_STOPS) -> None:
        self._now = now
        self._stops = stops
        self._facts: dict[bytes, Sighting] = {}
        self._stale = True

    def __len__(self) -> int:
        """How many sightings are held."""
        return len(self._facts)

    def add(self, sighting: Sighting) -> Size | None:
        """Takes up a sighting.

        Returns:
            How large its component is, if it has grown by this or doubled.
        """
        if sighting.month <= self._now - LOOK_BACK or sighting.fact in self._facts:
            return None
        if self._stale:
            self._rebuild()
        self._facts[sighting.fact] = sighting
        if sighting.month > self._now:
            return None
        self._take(sighting)
        if self._stale:
            self._rebuild()
        tree = self._trees.get(self._cases.root(sighting.holder))
        return tree.news() if tree else None

    def withdraw(self, fact: bytes) -> None:
        """Takes a sighting back, as if it had never come."""
        self._stale |= self._facts.pop(fact, None) is not None

    def advance(self, now: Month) -> None:
        """Begins a month; what is older than the look-back is forgotten."""
        self._now = now
        oldest = now - LOOK_BACK
        self._facts = {f: s for f, s in self._facts.items() if s.month > oldest}
        self._stale = True

    def components(self) -> set[frozenset[CaseKey]]:
        """The cases of each component."""
        if self._stale:
            self._rebuild()
        return {frozenset(tree.cases) for tree in self._trees.values()}

    def _take(self, sighting: Sighting) -> None:
        """Joins what a sighting ties together, if it may."""
        name = self._named(sighting.tokens)
        held = self._held.setdefault(name, set())
        if sighting.backed:
            held.add(sighting.holder)
        is_stopped = not self._stops.keys().isdisjoint(sighting.tokens)
        if (is_stopped or len(held) > HUB_CASES) and name not in self._blocked:
            self._stale = True
        elif name not in self._blocked and self._is_tie(sighting):
            self._tie(self._anchors.setdefault(name, sighting.holder), sighting.holder)

    def _named(self, tokens: tuple[bytes, ...]) -> bytes:
        """The name of an identifier; what was known under two names has one from now on."""
        first, *others = (self._names.root(token) for token in tokens)
        for other in others:
            if self._names.root(other) == self._names.root(first):
                continue
            known = [self._names.root(first), self._names.root(other)]
            self._names.join(*known)
            self._rename(known, self._names.root(first))
        return self._names.root(first)

    def _rename(self, known: Iterable[bytes], name: bytes) -> None:
        names = list(known)
        held = [self._held.pop(each, set()) for each in names]
        anchors = [self._anchors.pop(each) for each in names if each in self._anchors]
        self._held[name] = set().union(*held)
        for anchor in anchors:
            self._anchors[name] = anchor
            self._tie(anchors[0], anchor)
        # Whoever shares a name with what is blocked is blocked as well.
        if not self._blocked.isdisjoint(names):
            self._blocked.add(name)
            self._stale = True

    def _is_tie(self, sighting: Sighting) -> bool:
        return sighting.backed and is_recent(sighting.month, self._now, WINDOW)

    def _tie(self, one: CaseKey, other: CaseKey) -> None:
        roots = {self._cases.root(case): case for case in (one, other)}
        trees = [self._trees.get(root, _Tree.of(case)) for root, case in roots.items()]
        for root in roots:
            self._trees.pop(root, None)
        self._cases.join(one, other)
        small, large = trees[0], trees[-1]
        if len(small.cases) > len(large.cases):
            small, large = large, small
        if small is not large:
            large.take(small)
        self._trees[self._cases.root(one)] = large

    def _rebuild(self) -> None:
        """Computes everything anew from the sightings held."""
        recent = [s for s in self._facts.values() if s.month <= self._now]
        found = identifiers(recent)
        free, _ = part(found, self._stops)
        self._names = Forest[bytes]()
        self._cases = Forest[CaseKey]()
        self._held: dict[bytes, set[CaseKey]] = {}
        self._anchors: dict[bytes, CaseKey] = {}
        self._trees: dict[CaseKey, _Tree] = {}
        allowed = {each.tokens for each in free}
        self._blocked: set[bytes] = set()
        for each in found:
            name = self._named(each.tokens)
            self._held[name] = {s.holder for s in each.sightings if s.backed}
            if each.tokens not in allowed:
                self._blocked.add(name)
        for component in components(recent_of(free, self._now)):
            for each in component:
                anchor = min(each.cases)
                self._anchors[self._names.root(each.tokens[0])] = anchor
                for case in each.cases:
                    self._tie(anchor, case)
        for tree in self._trees.values():
            tree.news()
        self._stale = False
