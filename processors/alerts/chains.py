"""D5: recruited here, moved there, exploited elsewhere.

A sighting has a stage by its role (`STAGES`). Among the sightings of a line (below), a **chain** is
a triple

    (t1, a, recruit), (t2, b, transit), (t3, c, exploit):
    t1 <= t2 <= t3,  t1 < t3,  t3 - t1 <= 6 months,  a != c, in three different cases

This is a delta-temporal motif of three edges (Paranjape, Benson and Leskovec 2017), delta = 6
months, with the change of country; research, section 4.1, D5. Months are all that is known of
time, so two stages may share a month, but not the first and the last.

Two things make triples without any chain, and each has its test. Both are Monte Carlo tests of 999
rounds: p = (1 + rounds with at least as many chains) / 1000.

**Wrong codes**, for a single identifier. Mostly its holder does one thing, and a role was coded
wrongly now and then. So in each round every sighting has the holder's usual stage, but with
probability 0.2 a stage drawn from those of its month. What is usual is not known: the largest p of
the three stages counts. Who is seen in many roles at random would pass this test, so the stages
must also be where and when they belong: shuffled among the identifier's own sightings, they may
make as many chains in no more than one round in four.

**Many hands**, for identifiers that cases tie together (as the components of D2 are). One telephone
may recruit and another drive, so many roles prove nothing; that they follow each other from country
to country does. Each case has the stage that most of its sightings tell; in each round the stages
are shuffled among the cases. An identifier of one case ties nothing and does not count. Nor does
one of a single country that is told in several stages: a shared line, which says nothing of order.

D5 finds the lines that Benjamini and Hochberg's rule (1995) keeps, in two families: identifiers
with three or more staged cases in two countries, at a false discovery rate of 0.1; and such groups
that show every stage, since no order makes a chain of the others (Tarone 1990), at 0.05.

The null of the research shuffles stages among all sightings of a month, against the 95 % quantile
of the largest count. It was measured first and found one planted chain in four: holders of any
role, with whom it compares, make many triples, while real holders mostly have one role.

Only sightings of backed cases count. State: sightings in the look-back; time: for each line cubic
in its staged sightings, of which there are at most `MOST_CASES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.alerts.chance import shuffles, stream_of
from processors.alerts.facts import (
    FEWEST_COUNTRIES,
    CaseKey,
    Finding,
    Month,
    Sighting,
    finding_of,
)
from processors.alerts.growth import components
from processors.alerts.identify import Identifier

DELTA = 6
"""Months from recruitment to exploitation at most."""
RECRUIT, TRANSIT, EXPLOIT = 1, 2, 3
STAGES: dict[str, int] = {
    "RECRUIT": RECRUIT,
    "BROKER": RECRUIT,
    "TRANSP": TRANSIT,
    "HARBOUR": TRANSIT,
    "DOCFRAUD": TRANSIT,
    "EXPLOIT": EXPLOIT,
    "CONTROL": EXPLOIT,
}
"""Stage by role. Money, officials and the unknown belong to no stage."""
FEWEST_CASES = 3
MOST_CASES = 60
"""A component larger than this is no single line; its identifiers are still looked at."""
WRONG = 0.2
"""How often a role is wrong, rather too high than too low."""
MISPLACED = 0.25
ROUNDS = 999
FALSE_ALONE, FALSE_GROUPS = 0.1, 0.05
"""Shares of false ones that are put up with; order alone is the weaker evidence."""

Stages = NDArray[np.int64]


class _Visit(NamedTuple):
    """That a line was seen in a case, and at which stage."""

    month: Month
    case: CaseKey
    stage: int


def find_chains(found: Iterable[Identifier], seed: bytes) -> list[Finding]:
    """The identifiers, and groups of them, that chains run along.

    Args:
        found: Identifiers as seen in the look-back, hubs taken out.
        seed: Seed of the facts.
    """
    staged = [each for each in map(_staged, found) if each.sightings]
    usual = _by_month(staged)
    single = [_Line([each], _visits(each.sightings)) for each in staged if _may_have_one(each)]
    wrong = [line.chance_of_wrong_codes(usual, seed) for line in single]
    tied = components(each for each in staged if _ties(each))
    groups = [_Line(group, _by_case(group)) for group in tied if _is_group(group)]
    order = [line.chance_of_order(seed) for line in groups]
    kept = [
        *compress(single, discoveries(wrong, FALSE_ALONE)),
        *compress(groups, discoveries(order, FALSE_GROUPS)),
    ]
    return [
        finding_of(
            "D5", (s for each in line.identifiers for s in each.sightings), level=line.chains
        )
        for line in kept
    ]


def discoveries(chances: Sequence[float], rate: float) -> list[bool]:
    """Which of several tests to believe (Benjamini and Hochberg 1995).

    Example:
        >>> discoveries([0.01, 0.6, 0.02], 0.05)
        [True, False, True]
    """
    ranked = sorted(chances)
    highest = max(
        (p for rank, p in enumerate(ranked, start=1) if p <= rate * rank / len(ranked)), default=0.0
    )
    return [p <= highest for p in chances]


def _staged(found: Identifier) -> Identifier:
    """What counts of an identifier: what has a stage, in cases that are backed."""
    return found.only(s for s in found.sightings if s.backed and s.role in STAGES)


def _may_have_one(found: Identifier) -> bool:
    return len(found.countries) >= FEWEST_COUNTRIES and len(found.cases) >= FEWEST_CASES


def _ties(found: Identifier) -> bool:
    """Whether an identifier ties cases, and is no line that many use inside one country."""
    stages = {STAGES[sighting.role] for sighting in found.sightings}
    return len(found.cases) > 1 and (len(found.countries) > 1 or len(stages) == 1)


def _is_group(group: Sequence[Identifier]) -> bool:
    cases = {case for each in group for case in each.cases}
    countries = {case.country for case in cases}
    few = FEWEST_CASES <= len(cases) <= MOST_CASES
    if len(group) == 1 or not few or len(countries) < FEWEST_COUNTRIES:
        return False
    return {visit.stage for visit in _by_case(group)} == {RECRUIT, TRANSIT, EXPLOIT}


def _visits(sightings: Iterable[Sighting]) -> list[_Visit]:
    return [_Visit(s.month, s.holder, STAGES[s.role]) for s in sightings]


def _by_case(group: Iterable[Identifier]) -> list[_Visit]:
    """One visit a case: its first month, and the stage told most often (the earlier, if equal)."""
    told: dict[CaseKey, list[_Visit]] = {}
    for each in group:
        for visit in _visits(each.sightings):
            told.setdefault(visit.case, []).append(visit)
    return sorted(
        _Visit(min(v.month for v in visits), case, _most_told(v.stage for v in visits))
        for case, visits in told.items()
    )


def _most_told(stages: Iterable[int]) -> int:
    counted = Counter(stages)
    return min(counted, key=lambda stage: (-counted[stage], stage))


def _by_month(found: Iterable[Identifier]) -> dict[Month, Stages]:
    """The stages that were told in each month."""
    told: dict[Month, list[int]] = {}
    for each in found:
        for sighting in each.sightings:
            told.setdefault(sighting.month, []).append(STAGES[sighting.role])
    return {month: np.array(sorted(stages)) for month, stages in told.items()}


class _Line:
    """What is followed, and the triples of its visits that are chains if their stages are right."""

    def __init__(self, found: Sequence[Identifier], visits: Sequence[_Visit]) -> None:
        self.identifiers = found
        self._name = min(each.tokens[0] for each in found).hex()
        self._months = [visit.month for visit in visits]
        self._stages = np.array([visit.stage for visit in visits])
        self._triples = np.array(list(_triples(visits)), dtype=np.int64).reshape(-1, 3)
        self.chains = int(self._count(self._stages[None, :])[0])

    def chance_of_wrong_codes(self, usual: dict[Month, Stages], seed: bytes) -> float:
        """The chance of so many chains if the holder has one stage and codes are wrong at times."""
        if not self.chains or self.chance_of_order(seed) > MISPLACED:
            return 1.0
        shape = ROUNDS, len(self._months)
        stream = stream_of(seed, f"D5 codes {self._name}")
        is_wrong = stream.random_raw(shape) < np.uint64(WRONG * 2**64)
        drawn = stream.random_raw(shape)
        told = np.empty(shape, dtype=np.int64)
        for place, month in enumerate(self._months):
            stages = usual[month]
            told[:, place] = stages[drawn[:, place] % np.uint64(len(stages))]
        return max(
            self._chance(np.where(is_wrong, told, stage)) for stage in (RECRUIT, TRANSIT, EXPLOIT)
        )

    def chance_of_order(self, seed: bytes) -> float:
        """The chance of so many chains if the same stages come in any order."""
        if not self.chains:
            return 1.0
        stream = stream_of(seed, f"D5 order {len(self.identifiers)} {self._name}")
        orders = np.array(list(shuffles([0] * len(self._stages), ROUNDS, stream)))
        return self._chance(self._stages[orders])

    def _chance(self, stages: Stages) -> float:
        return float(1 + (self._count(stages) >= self.chains).sum()) / (1 + ROUNDS)

    def _count(self, stages: Stages) -> Stages:
        first, middle, last = self._triples.T
        is_chain = (stages == RECRUIT)[:, first] & (stages == TRANSIT)[:, middle]
        return np.asarray((is_chain & (stages == EXPLOIT)[:, last]).sum(axis=1))


def _triples(visits: Sequence[_Visit]) -> Iterator[tuple[int, int, int]]:
    """Places of three visits in order, in three cases, the last in another country."""
    for first, one in enumerate(visits):
        for last, other in enumerate(visits):
            if not 0 < other.month - one.month <= DELTA or one.case.country == other.case.country:
                continue
            for middle, between in enumerate(visits):
                is_inside = one.month <= between.month <= other.month
                if is_inside and between.case not in {one.case, other.case}:
                    yield first, middle, last
