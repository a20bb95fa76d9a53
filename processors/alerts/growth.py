"""D2: cases and identifiers that grow together across a border.

Cases and identifiers are the two kinds of nodes of a graph; a sighting is an edge. Taken are the
sightings of backed cases in the last W = 12 months, hubs taken out. D2 looks at the connected
components (union-find, Tarjan 1975). A component of n cases **has grown** when

    it has cases of >= 2 countries  and  n >= 3

and is told again whenever n has doubled: level = floor(log2(n / 3)). Source: research, section
4.1, D2.

**Null.** Identifiers meet in a case by chance too, and a graph dense enough grows together without
any network. So the identifiers are exchanged among the cases of the same country and month. That
leaves alone in which countries and months an identifier is seen: it breaks up **bridges**, that is
identifiers meeting in one case, and nothing else. A component has grown therefore if

    one identifier alone is held by >= 3 of its cases in >= 2 countries (no bridge is needed), or
    n is larger than the 95 % quantile, over the exchanges, of the largest component across
    borders in which no identifier alone reaches that far.

The largest component of all would be the wrong measure: what one far-reaching identifier holds
together is as large after every exchange as before, so the largest network would hide all others.

Union-find has no deletion. What is withdrawn or grows too old is taken out by computing anew from
the sightings that stand (`find_growth`); `Growth` is the same for sightings that come one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from processors.alerts.chance import ROUNDS, quantile, shuffles, stream_of
from processors.alerts.facts import FEWEST_COUNTRIES, CaseKey, Finding, Month, Sighting, finding_of
from processors.alerts.identify import Forest, Identifier, backed_only, within

WINDOW = 12
"""Months in which cases belong together."""
FEWEST_CASES = 3

Component = list[Identifier]


class Size(NamedTuple):
    """How large a component is."""

    cases: int
    countries: int

    @property
    def has_grown(self) -> bool:
        return self.cases >= FEWEST_CASES and self.countries >= FEWEST_COUNTRIES

    @property
    def level(self) -> int:
        """How often a component that has grown has doubled since."""
        return (self.cases // FEWEST_CASES).bit_length() - 1


def find_growth(found: Iterable[Identifier], now: Month, seed: bytes) -> list[Finding]:
    """The components that have grown across a border.

    Args:
        found: Identifiers as seen in the look-back, hubs taken out.
        now: The present month.
        seed: Seed of the facts.
    """
    recent = recent_of(found, now)
    grown = [
        (component, size)
        for component in components(recent)
        if (size := _size(case for each in component for case in each.cases)).has_grown
    ]
    carried = [any(map(_reaches_far, component)) for component, _ in grown]
    most_by_chance = 0 if all(carried) else _largest_by_chance(recent, seed)
    return [
        finding_of("D2", (s for each in component for s in each.sightings), level=size.level)
        for (component, size), needs_no_bridge in zip(grown, carried, strict=True)
        if needs_no_bridge or size.cases > most_by_chance
    ]


def recent_of(found: Iterable[Identifier], now: Month) -> list[Identifier]:
    """Identifiers as D2 looks at them: in its window, held by backed cases."""
    return backed_only(within(found, now, WINDOW))


def components(found: Iterable[Identifier]) -> list[Component]:
    """Identifiers that cases tie together, hanging on each other over any number of steps."""
    listed = list(found)
    forest = Forest[CaseKey]()
    anchors = [min(each.cases) for each in listed]
    for each, anchor in zip(listed, anchors, strict=True):
        for case in each.cases:
            forest.join(anchor, case)
    tied: dict[CaseKey, Component] = {}
    for each, anchor in zip(listed, anchors, strict=True):
        tied.setdefault(forest.root(anchor), []).append(each)
    return list(tied.values())


def _size(cases: Iterable[CaseKey]) -> Size:
    distinct = set(cases)
    return Size(len(distinct), len({case.country for case in distinct}))


def _reaches_far(found: Identifier) -> bool:
    """Whether an identifier alone makes a component that has grown."""
    return Size(len(found.cases), len(found.countries)).has_grown


def _largest_by_chance(found: Sequence[Identifier], seed: bytes) -> float:
    """The size that bridged components do not pass by chance."""
    edges = sorted(
        ((s, number) for number, each in enumerate(found) for s in each.sightings),
        key=lambda edge: edge[0].fact,
    )
    cases = {case: number for number, case in enumerate(dict.fromkeys(s.holder for s, _ in edges))}
    places = {place: number for number, place in enumerate(sorted({_place(s) for s, _ in edges}))}
    names = sorted({country for country, _ in places})
    # An identifier seen once holds nothing together, but others come to its place.
    shared = np.array([len(found[number].sightings) > 1 for _, number in edges])
    bridging = _Bridging(
        held_by=np.array([cases[s.holder] for s, _ in edges]),
        country=np.array([names.index(case.country) for case in cases]),
        far=np.array([_reaches_far(each) for each in found]),
    )
    identifiers = np.array([number for _, number in edges])
    largest = []
    groups = [places[_place(s)] for s, _ in edges]
    for order in shuffles(groups, ROUNDS, stream_of(seed, "D2")):
        largest.append(bridging.largest(identifiers[order], shared[order]))
    return quantile(largest)


def _place(sighting: Sighting) -> tuple[str, Month]:
    return sighting.country, sighting.month


class _Bridging(NamedTuple):
    """The graph whose edges are exchanged: by edge the case, by case the country."""

    held_by: NDArray[np.int64]
    country: NDArray[np.int64]
    far: NDArray[np.bool_]

    def largest(self, identifiers: NDArray[np.int64], shared: NDArray[np.bool_]) -> int:
        """Cases of the largest component across borders in which nothing alone reaches far."""
        cases, held = self.held_by[shared], identifiers[shared]
        nodes = len(self.country) + len(self.far)
        ends = cases, held + len(self.country)
        graph = coo_array((np.ones(len(cases), dtype=np.int8), ends), shape=(nodes, nodes))
        count, labels = connected_components(graph, directed=False)
        of_cases, of_identifiers = np.split(labels, [len(self.country)])
        crosses = sum(
            (np.bincount(of_cases[self.country == country], minlength=count) > 0).astype(int)
            for country in range(int(self.country.max()) + 1)
        )
        is_carried = np.bincount(of_identifiers, weights=self.far, minlength=count) > 0
        sizes = np.bincount(of_cases, minlength=count)
        return int(sizes[(crosses >= FEWEST_COUNTRIES) & ~is_carried].max(initial=0))
