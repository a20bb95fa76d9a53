"""Stories lived through on the platform, and what detectors told, month after month.

The rules, as for streams (`tests.detect.score`):

1. Detectors are asked at every reading, of what stands in the ledgers then.
2. An alert is one message: about something not told of before, or whose level has risen. D5 and D1
   are told once.
3. An alert of D1 is true if its identifier is of a planted network; one of D2 or D5 if at least
   half of its cases, in two countries, are of one network (for D5: a chain).
4. A network that was found by no true alert was missed, also if too little of it was ever noted.
5. Waiting is counted from three beginnings: the first case of a network; the month from which on
   registers held enough for the detector's definition; and the month from which on the ledgers
   did. Between the last two lie reading, asking, and the gate: a case counts for D2 and D5 once
   another event of it stands, and those wait until their quarter is over.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.simulate.extent import Extent
from deploy.simulate.story import invent
from deploy.simulate.truth import Change, Network, Noted, Truth
from processors.alerts.detect import process
from processors.alerts.facts import CaseKey, Finding, Month, Sighting
from tests.detect.corridors import KINDS, Counting, Looked
from tests.detect.platform import Platform

Held = Mapping[CaseKey, set[str]]
"""The identifiers that each case holds."""
DETECTORS = ("D1", "D2", "D5")
MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one
GRACE = 3
"""Months after a change within which an alarm is still about it."""


@dataclass(frozen=True)
class Alert:
    """What was told, when, and about which planted network, if about one."""

    detector: str
    month: Month
    network: str | None


@dataclass(frozen=True)
class Passed:
    """How a planted network fared with a detector; months, None where it never came to that.

    Attributes:
        name: The network.
        is_chain: Whether it is a chain.
        begins: Its first case.
        detectable: From when on registers held enough.
        knowable: From when on ledgers did.
        found: When it was told of.
    """

    name: str
    is_chain: bool
    begins: Month
    detectable: Month | None
    knowable: Month | None
    found: Month | None


@dataclass(frozen=True)
class Outcome:
    """What came of a world.

    Attributes:
        truth: What was planted.
        alerts: Everything told by D1, D2 and D5.
        passed: How each network fared, by detector.
        looked: What D3 and D4 found, by kind of counts.
        victims: How many identified victims are of a corridor, by kind of counts.
        sightings: How many stood in the end.
    """

    truth: Truth
    alerts: tuple[Alert, ...]
    passed: Mapping[str, tuple[Passed, ...]]
    looked: Mapping[str, tuple[Looked, ...]]
    victims: Mapping[str, int]
    sightings: int

    @property
    def years(self) -> float:
        return (self.truth.last - self.truth.first + 1) / 12


@dataclass
class _Teller:
    """Tells what is news, and of whom it is."""

    names: Mapping[bytes, str]
    networks: Sequence[Network]
    told: dict[str, dict[bytes, int]] = field(default_factory=lambda: defaultdict(dict))
    alerts: list[Alert] = field(default_factory=list)

    def hear(self, findings: Sequence[Finding], now: Month, held: Held) -> None:
        """Tells what is news among the findings of a month."""
        for finding in findings:
            known = self.told[finding.detector]
            level = finding.level if finding.detector == "D2" else 0
            before = max((known.get(token, -1) for token in finding.tokens), default=-1)
            known.update(dict.fromkeys(finding.tokens, max(before, level)))
            if level > before:
                self.alerts.append(Alert(finding.detector, now, self._about(finding, held)))

    def _about(self, finding: Finding, held: Held) -> str | None:
        names = {self.names[token] for token in finding.tokens}
        for network in self.networks:
            if finding.detector == "D5" and not network.is_chain:
                continue
            if finding.detector == "D1":
                if not names.isdisjoint(network.identifiers):
                    return network.name
                continue
            own = [c for c in finding.cases if not held[c].isdisjoint(network.identifiers)]
            if 2 * len(own) >= len(finding.cases) and len({c.country for c in own}) > 1:
                return network.name
        return None


@dataclass
class _Known:
    """What stood in the ledgers from when on: each fact once, and once more when it was backed."""

    noted: dict[bytes, Noted] = field(default_factory=dict)
    backed: dict[bytes, Noted] = field(default_factory=dict)

    def see(self, sightings: Sequence[Sighting], now: Month, names: Mapping[bytes, str]) -> None:
        for s in sightings:
            number = int.from_bytes(s.case)
            seen = Noted(s.country, number, s.month, now, names[s.tokens[0]], s.role)
            self.noted.setdefault(s.fact, seen)
            if s.backed:
                self.backed.setdefault(s.fact, seen)

    def knowable(self, network: Network, detector: str) -> Month | None:
        facts = self.noted if detector == "D1" else self.backed
        own = tuple(n for n in facts.values() if n.identifier in network.identifiers)
        return replace(network, noted=own).detectable[detector] if own else None


def live(seed: int, extent: Extent) -> Outcome:
    """Invents a world and lives through it."""
    place = str(MEMORY) if MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="southmed-detect-", dir=place) as folder:
        platform = Platform(invent(seed, extent), Path(folder))
        try:
            return _lived(platform)
        finally:
            platform.close()


def lived(seeds: Sequence[int], extent: Extent, processes: int | None = None) -> list[Outcome]:
    """What came of the worlds of some seeds, in their order.

    In fresh processes: one that was forked while ledgers are open may wait for ever.
    """
    fresh = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=fresh, initializer=_calm) as pool:
        return list(pool.map(partial(live, extent=extent), seeds))


def _calm() -> None:
    """Adapters tell whenever a quota is used up; here that is part of the plan."""
    logging.disable(logging.WARNING)


def _lived(platform: Platform) -> Outcome:
    story = platform.story
    truth, names, stops = story.truth, platform.names(), platform.stops()
    teller, known, counting = _Teller(names, truth.networks), _Known(), Counting(story)
    held: defaultdict[CaseKey, set[str]] = defaultdict(set)
    sightings: list[Sighting] = []
    for month in range(truth.first, truth.last + 1):
        platform.go_on(month)
        sightings = platform.sightings(month)
        known.see(sightings, month, names)
        for sighting in sightings:
            held[sighting.holder].add(names[sighting.tokens[0]])
        teller.hear([*process(sightings, (), month, stops)], month, held)
        if story.extent.surges or story.extent.displacements:
            counting.go_on(platform, month)
    alerts = tuple(teller.alerts)
    return Outcome(
        truth,
        alerts,
        {d: tuple(_passed(n, d, alerts, known) for n in truth.networks) for d in DETECTORS},
        {kind: tuple(counting.looked[kind]) for kind in KINDS},
        {kind: sum(sum(s.counts) for s in counting.series(kind)) for kind in KINDS},
        len(sightings),
    )


def _passed(network: Network, detector: str, alerts: Sequence[Alert], known: _Known) -> Passed:
    told = (a.month for a in alerts if (a.detector, a.network) == (detector, network.name))
    return Passed(
        network.name,
        network.is_chain,
        network.begins,
        network.detectable[detector],
        known.knowable(network, detector),
        min(told, default=None),
    )


# --- Changes -------------------------------------------------------------------------------------


def when_found(change: Change, looked: Sequence[Looked]) -> Month | None:
    """The last month of the first quarter in which a change was told; None if it never was."""
    for each in looked:
        if _overlaps(change, each.quarter) and _tells(change, each):
            return each.quarter + 2
    return None


def _tells(change: Change, each: Looked) -> bool:
    if change.kind == "surge":
        return any(s.key == (change.origin, change.country) for s in each.surges)
    wanted = (change.origin, change.fell_in, change.country)
    moves = ((d.shared, d.fell.series.country, d.rose.series.country) for d in each.displacements)
    return wanted in moves


def _overlaps(change: Change, quarter: Month) -> bool:
    return change.start - 2 <= quarter < change.start + change.months + GRACE


def false_surges(changes: Sequence[Change], looked: Sequence[Looked]) -> list[Month]:
    """Quarters in which an alarm of D3 began that is about nothing planted."""
    return [
        each.quarter
        for each in looked
        for surge in each.surges
        if surge.raised == each.quarter
        and not any(
            (change.origin, change.country) == surge.key and _overlaps(change, each.quarter)
            for change in changes
        )
    ]


def false_displacements(changes: Sequence[Change], looked: Sequence[Looked]) -> list[Month]:
    """Quarters in which D4 told of a pair of which neither the fall nor the rise was planted."""
    return [
        each.quarter
        for each in looked
        for moved in each.displacements
        if not any(
            change.origin == moved.shared
            and _overlaps(change, each.quarter)
            and {change.country, change.fell_in}
            & {moved.fell.series.country, moved.rose.series.country}
            for change in changes
        )
    ]
