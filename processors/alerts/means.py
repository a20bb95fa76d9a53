"""D6: cases of two countries that were done in the same way.

Each case is the set of its codes. Common codes say little, so each code c weighs

    idf(c) = ln(N / n(c)),    N cases, n(c) of them with code c

and two cases are as alike as the weights they share (Jaccard; idf by Spaerck Jones 1972):

    s(A, B) = sum of idf over A & B / sum of idf over A | B

Cases with s >= 0.6 are neighbours. A case with 6 neighbours or more is a core; cores that are
neighbours make a cluster, and whoever neighbours a core belongs to it (DBSCAN, Ester et al. 1996;
a case between two clusters goes to its most alike core). D6 finds clusters of >= 5 cases in >= 2
countries; only cases with >= 4 codes are compared. Source: research, section 4.1, D6.

This is a **lead**, for a person to look into, and never an alert: half of what it finds is chance.
It needs no token, so it also sees networks that change their telephones.

DBSCAN is written out here, because scipy has its one difficult part, the components: scikit-learn
would bring 40 MB for the rest, and wants all distances at once. Likeness is computed in blocks.
State: the newest 20,000 cases of the look-back; time: quadratic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from processors.alerts.facts import FEWEST_COUNTRIES, CaseProfile, Finding, Month, is_recent

ALIKE = 0.6
FEWEST_NEIGHBOURS = 6
FEWEST_CASES = 5
FEWEST_CODES = 4
MOST_CASES = 20_000
BLOCK = 512
"""Cases compared with all others at once."""
ROUNDING = 1e-9

Weights = NDArray[np.float64]
Places = NDArray[np.int64]


def find_means(profiles: Iterable[CaseProfile], now: Month) -> list[Finding]:
    """Clusters of cases across borders that were done in the same way.

    Args:
        profiles: How cases were done, one for each case.
        now: The present month.
    """
    coded = [p for p in profiles if is_recent(p.month, now) and len(p.codes) >= FEWEST_CODES]
    newest = sorted(coded, key=lambda p: (-p.month, p.holder))[:MOST_CASES]
    clusters = (_finding(cluster) for cluster in _clusters(newest))
    return [
        found
        for found in clusters
        if len(found.cases) >= FEWEST_CASES and len(found.countries) >= FEWEST_COUNTRIES
    ]


def _finding(cluster: Sequence[CaseProfile]) -> Finding:
    return Finding(
        detector="D6",
        tokens=(),
        cases=tuple(sorted(profile.holder for profile in cluster)),
        unbacked=frozenset(),
        link_types=(),
        roles=(),
        first=min(profile.month for profile in cluster),
        last=max(profile.month for profile in cluster),
    )


def _clusters(profiles: Sequence[CaseProfile]) -> list[list[CaseProfile]]:
    """DBSCAN over the likeness of cases, in two passes, so that no pair need be remembered."""
    if len(profiles) <= FEWEST_NEIGHBOURS:
        return []
    likeness = _Likeness(profiles)
    counts = [(block >= ALIKE - ROUNDING).sum(axis=1) for _, block in likeness.blocks()]
    # A case is always its own neighbour, and does not count.
    is_core = np.concatenate(counts) - 1 >= FEWEST_NEIGHBOURS
    labels = np.arange(len(profiles))
    home = np.full(len(profiles), -1)
    for rows, block in likeness.blocks():
        near = np.where(is_core & (block >= ALIKE - ROUNDING), block, 0.0)
        one, other = np.nonzero(near[is_core[rows]])
        labels = _joined(labels, rows[is_core[rows]][one], other)
        home[rows] = np.where(near.any(axis=1), near.argmax(axis=1), -1)
    clusters: dict[int, list[CaseProfile]] = {}
    for profile, core in zip(profiles, home.tolist(), strict=True):
        if core >= 0:
            clusters.setdefault(int(labels[core]), []).append(profile)
    return list(clusters.values())


def _joined(labels: Places, one: Places, other: Places) -> Places:
    """Labels of the components after some more cases were joined."""
    size = len(labels)
    ends = np.concatenate([np.arange(size), one]), np.concatenate([labels, other])
    graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(size, size))
    _, found = connected_components(graph, directed=False)
    # A component is named after one of its cases, so that names can be joined again.
    _, first = np.unique(found, return_index=True)
    return np.asarray(first[found], dtype=np.int64)


class _Likeness:
    """How alike all pairs of cases are, a block of rows at a time."""

    def __init__(self, profiles: Sequence[CaseProfile]) -> None:
        codes = sorted({code for profile in profiles for code in profile.codes})
        column = {code: number for number, code in enumerate(codes)}
        cells = [
            (row, column[code])
            for row, profile in enumerate(profiles)
            for code in sorted(profile.codes)
        ]
        ends = tuple(np.array(cells, dtype=np.int64).T)
        shape = len(profiles), len(codes)
        self._has: csr_array = coo_array((np.ones(len(cells)), ends), shape=shape).tocsr()
        self._idf = np.log(len(profiles) / self._has.sum(axis=0))
        self._weight: Weights = self._has @ self._idf

    def blocks(self) -> Iterator[tuple[Places, Weights]]:
        """The rows of each block, and how alike they are to every case."""
        columns = self._has.T.tocsr()
        for start in range(0, len(self._weight), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(self._weight)))
            shared = ((self._has[rows] * self._idf) @ columns).toarray()
            either = self._weight[rows][:, None] + self._weight[None, :] - shared
            yield rows, shared / np.maximum(either, ROUNDING)
