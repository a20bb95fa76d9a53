"""Corridors by quarter, in three ways: as registers hold them, as ledgers do, and as published.

- **registers**: what authorities entered, at home, where nothing is hidden.
- **ledgers**: what the gates let out, counted as releases count it, exactly: an origin that is told
  too coarsely is of no corridor.
- **published**: the same with the noise of releases.

A quarter is counted once, in the second month after it, as its provisional table is, and stays as
it was then. Who comes later counts in a quarter that is still open (`processors.indicators`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from deploy.registers.world import Case
from deploy.simulate.extent import HISTORY
from deploy.simulate.story import Story
from processors.alerts.displacement import Displacement, displacements
from processors.alerts.facts import Month
from processors.alerts.series import QUARTERS, Series
from processors.alerts.surge import Surge, surges
from processors.indicators.acceptance import Closing
from processors.release.snapshot import Entry, of_period, population
from processors.release.tables import Tables, shipped
from schemas.releases import RESIDUALS
from tests.detect.platform import Platform

KINDS = ("registers", "ledgers", "published")
Corridor = tuple[str, str]
"""Origin and country."""
Counts = Mapping[Corridor, int]


@dataclass(frozen=True)
class Looked:
    """What was found in a quarter, on the day on which its table is published.

    Attributes:
        quarter: Its first month.
        surges: D3.
        displacements: D4.
    """

    quarter: Month
    surges: tuple[Surge, ...]
    displacements: tuple[Displacement, ...]


@dataclass
class Counting:
    """Counts quarters as they come due.

    Args:
        story: What happens.
    """

    story: Story
    told: dict[str, dict[Month, Counts]] = field(default_factory=lambda: {k: {} for k in KINDS})
    unheard: dict[str, set[Month]] = field(default_factory=dict)
    closings: list[Closing] = field(default_factory=list)
    looked: dict[str, list[Looked]] = field(default_factory=lambda: {k: [] for k in KINDS})

    def __post_init__(self) -> None:
        self._tables = shipped()
        self._noise = np.random.default_rng([self.story.truth.seed, 8])

    def go_on(self, platform: Platform, month: Month) -> None:
        """Counts the quarter that ended a month ago, if one did; the history with the first."""
        ended = month - 1
        if (ended + 1) % QUARTERS:
            return
        quarter = ended - QUARTERS + 1
        if quarter < self.story.truth.first:
            return
        begun = self.told["ledgers"]
        start = quarter if begun else self.story.truth.first - HISTORY
        due = list(range(start, quarter + 1, QUARTERS))
        self._count(platform, due, month)
        self.closings.append(Closing(_text(ended), dict(platform.offsets)))
        for country in self._silent(month):
            self.unheard.setdefault(country, set()).add(quarter)
        for kind in KINDS:
            series = self.series(kind)
            found = tuple(surges(series, quarter)), tuple(displacements(series, quarter))
            self.looked[kind].append(Looked(quarter, *found))

    def series(self, kind: str) -> list[Series]:
        """All corridors as told so far, as the process that alerts has them."""
        told = self.told[kind]
        if not told:
            return []
        noise = float(self._tables.noise.variance) if kind == "published" else 0.0
        return [
            Series(
                (origin, country),
                min(told),
                tuple(told[quarter].get((origin, country), 0) for quarter in sorted(told)),
                country=country,
                noise=noise,
                step=QUARTERS,
                unheard=frozenset(self.unheard.get(country, ())),
            )
            for origin, country in corridors(self._tables)
        ]

    def _silent(self, month: Month) -> list[str]:
        country, _ = self.story.truth.silent
        return [country] if self.story.is_silent(country, month) else []

    def _count(self, platform: Platform, quarters: Iterable[Month], month: Month) -> None:
        entries = ((Entry(name, self.closings), subjects) for name, subjects in platform.subjects())
        people = population(entries, self._tables, bytes(32))["VICTIMS"]
        at_home = entered(self.story, month)
        for quarter in quarters:
            records = of_period(people, f"{quarter // 12}-Q{quarter % 12 // QUARTERS + 1}")
            exact = Counter((r.values["ORIGIN"], r.values["REF_AREA"]) for r in records)
            self.told["ledgers"][quarter] = exact
            self.told["published"][quarter] = {
                corridor: exact[corridor] + self._drawn() for corridor in corridors(self._tables)
            }
            own = (at_home[quarter + n] for n in range(QUARTERS))
            self.told["registers"][quarter] = sum(own, Counter())

    def _drawn(self) -> int:
        spread = sqrt(float(self._tables.noise.variance))
        return int(np.rint(self._noise.normal(0.0, spread)))


def corridors(tables: Tables) -> list[Corridor]:
    """All corridors that are watched."""
    dimensions = tables.dimensions
    return [
        (origin, country)
        for origin in dimensions["ORIGIN"]
        if origin not in RESIDUALS
        for country in dimensions["REF_AREA"]
    ]


def entered(story: Story, month: Month) -> dict[Month, Counter[Corridor]]:
    """Identified victims by their month, as registers had them at the end of a month."""
    counts: dict[Month, Counter[Corridor]] = {
        m: Counter() for m in range(story.truth.first - HISTORY, story.truth.last + 1)
    }
    for entry in story.entries:
        what = entry.at(month)
        for victim in what.victims if isinstance(what, Case) else ():
            if victim.identification is not None:
                day = victim.identification.on
                origin = victim.identification.recruited_in
                counts[day.year * 12 + day.month - 1][origin, entry.country] += 1
    return counts


def _text(month: Month) -> str:
    return f"{month // 12}-{month % 12 + 1:02}"
